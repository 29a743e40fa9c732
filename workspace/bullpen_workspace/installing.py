"""The authorize page of OAuth v2: the person at the page allows an app in.

The rule it protects: only a click on the workspace's own page makes a code (the guard checks
cookie and origin), and the code goes only to an address that the app named in its manifest, or,
when it named none, to this machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from bullpen_workspace.manifest import LOOPBACK
from bullpen_workspace.office import Install, Office
from bullpen_workspace.types import App

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>
<main><h1>{title}</h1>{body}</main></html>"""
_FIELDS = (
    *("client_id", "scope", "user_scope", "redirect_uri", "state"),
    *("code_challenge", "code_challenge_method"),
)


def install_routes(office: Office) -> list[BaseRoute]:
    """Ask the person (GET), and send the code on (POST)."""

    async def ask(request: Request) -> Response:
        return _ask(office, request.query_params)

    async def allow(request: Request) -> Response:
        async with request.form() as form:
            given = {key: value for key, value in form.items() if isinstance(value, str)}
        return _allow(office, given)

    return [
        Route("/oauth/v2/authorize", ask, methods=["GET"]),
        Route("/oauth/v2/authorize", allow, methods=["POST"]),
    ]


def _ask(office: Office, given: Mapping[str, str]) -> Response:
    app = _app(office, given)
    if isinstance(app, Response):
        return app
    wanted = [*_scopes(given, "scope"), *_scopes(given, "user_scope")]
    items = "".join(f"<li><code>{escape(scope)}</code></li>" for scope in wanted)
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{escape(given.get(name, ""))}">'
        for name in _FIELDS
    )
    return _page(
        f"Allow {app.name}?",
        f"<p>It asks for:</p><ul>{items}</ul><form method='post'>{hidden}"
        "<button>Allow</button></form>",
    )


def _allow(office: Office, given: Mapping[str, str]) -> Response:
    app = _app(office, given)
    if isinstance(app, Response):
        return app
    install = Install(
        app_id=app.id,
        user=office.credentials.person_id,
        scopes=_scopes(given, "scope"),
        user_scopes=_scopes(given, "user_scope"),
        redirect_uri=given.get("redirect_uri", ""),
        code_challenge=given.get("code_challenge", ""),
    )
    code = office.codes.issue(install, now=office.now())
    back = given.get("redirect_uri") or app.settings.redirect_urls[0]
    answer = urlencode({"code": code, "state": given.get("state", "")})
    address = f"{back}{'&' if urlsplit(back).query else '?'}{answer}"
    # A redirect after a form is stopped by our own form-action policy; a refresh is not.
    headers = {"Refresh": f"0;url={address}"}
    link = f'<p><a href="{escape(address)}">Go on to {escape(app.name)}</a></p>'
    return _page(f"{app.name} is allowed", link, headers=headers)


def _app(office: Office, given: Mapping[str, str]) -> App | Response:
    """The app that asks, or the page that says why it may not."""
    wanted = given.get("client_id", "")
    app = next((a for a in office.rooms.people.apps() if a.settings.client_id == wanted), None)
    if app is None or not wanted:
        return _page("No such app", "<p>The client id is not known here.</p>", status=400)
    if given.get("code_challenge") and given.get("code_challenge_method") != "S256":
        told = "<p>code_challenge_method must be S256.</p>"
        return _page("Wrong code challenge", told, status=400)
    back = given.get("redirect_uri", "")
    known = app.settings.redirect_urls
    listed = any(_is_below(back, url) for url in known) if known else _is_local(back)
    if not listed and (back or not known):
        told = "<p>The address to return to is not in the app's manifest.</p>"
        return _page("Wrong return address", told, status=400)
    return app


def _is_local(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme in ("http", "https") and parts.hostname in LOOPBACK


def _is_below(address: str, known: str) -> bool:
    """Whether the address has the known one's origin and begins with its path."""
    given, named = urlsplit(address), urlsplit(known)
    same = (given.scheme, given.netloc) == (named.scheme, named.netloc)
    return same and given.scheme in ("http", "https") and given.path.startswith(named.path)


def _scopes(given: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(part for part in given.get(name, "").replace(" ", ",").split(",") if part)


def _page(
    title: str, body: str, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    html = _PAGE.format(title=escape(title), body=body)
    return HTMLResponse(html, status, headers=headers)
