"""Who may sit down at the page: the keys of its address and the cookie they are exchanged for.

The rule it protects: a browser gets the page's session only by an address that this process gave
out, to whoever may read its output; from then on the session outlives restarts. The keys end with
the process. It does not look at requests beyond that; `security.py` does.
"""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, urlencode

KEY = "key"
"""The name of the query argument that carries a key."""

_ONCE_SECONDS = 300.0
_SESSION_SECONDS = 365 * 24 * 3600


class Entrance:
    """The keys and the session of one workspace. `session` is kept; the keys are new each start.

    The cookie carries the workspace's id in its name, because a browser shares the cookies of a
    host among all of its ports.
    """

    def __init__(
        self, workspace_id: str, session: str, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.cookie_name = f"bullpen_session_{workspace_id}"
        self._session = session
        self._clock = clock
        self._key = secrets.token_urlsafe(24)
        self._once: dict[str, float] = {}

    @property
    def cookie(self) -> str:
        """The session as a browser sends it: name=value."""
        return f"{self.cookie_name}={self._session}"

    @property
    def set_cookie(self) -> str:
        """The header that gives a browser the session for a year."""
        return f"{self.cookie}; Path=/; Max-Age={_SESSION_SECONDS}; HttpOnly; SameSite=Strict"

    def key(self, *, once: bool = False) -> str:
        """A key for the page's address: the one of this start, or one that opens a single time.

        The single one is for a command line, which other users of the machine can read.
        """
        if not once:
            return self._key
        now = self._clock()
        self._once = {key: until for key, until in self._once.items() if until > now}
        fresh = secrets.token_urlsafe(24)
        self._once[fresh] = now + _ONCE_SECONDS
        return fresh

    def opens(self, key: str) -> bool:
        """Whether a key lets in; one that opens a single time is used up by this."""
        if hmac.compare_digest(key.encode(), self._key.encode()):
            return True
        until = self._once.pop(key, None)
        return until is not None and self._clock() <= until

    def knows(self, cookies: str) -> bool:
        """Whether a request's Cookie header holds the session."""
        try:
            morsel = SimpleCookie(cookies).get(self.cookie_name)
        except CookieError:
            return False
        return morsel is not None and hmac.compare_digest(
            morsel.value.encode(), self._session.encode()
        )


def parted(query: str) -> tuple[str | None, str]:
    """The key of a query string (None when it has none) and the query without it."""
    pairs = parse_qsl(query, keep_blank_values=True)
    key = next((value for name, value in pairs if name == KEY), None)
    return key, urlencode([(name, value) for name, value in pairs if name != KEY])


CLOSED = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Open this page with its key</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>:root {{ color-scheme: light dark }} body {{ margin: 0; min-height: 100vh; display: grid; place-items: center;
font: 16px/1.55 system-ui, sans-serif; background: light-dark(#faf9f6, #17181a); color: light-dark(#22211e, #e8e6e1) }}
main {{ max-width: 34rem; padding: 24px }} h1 {{ font-size: 22px; margin: 0 0 8px }} p {{ margin: 8px 0 }}
code {{ padding: 1px 5px; border-radius: 5px; background: light-dark(#eceae4, #2a2b2e); font-size: 14px }}
a {{ color: light-dark(#16644f, #6fcbb0) }}</style></head>
<body><main><h1>{title}</h1><p>{why}</p>
<p>Open the address that was printed where it was started; it ends in <code>?key=…</code>.
For a desk, <code>bullpen doctor</code> prints it again.</p>
<p>A browser that was let in before needs no key: <a href="{path}">try again from here</a>.</p></main></body></html>"""
"""What a browser without the session is shown."""
