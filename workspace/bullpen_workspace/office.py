"""What the parts of a running workspace share: rooms, courier, credentials, short-lived grants.

The rule it protects: there is one of each, made by `server.py` and handed to whoever needs it.
It holds no behaviour beyond the grants (trigger ids, socket tickets, codes), which
live in memory because Slack's too end within minutes.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from bullpen_workspace.config import Credentials, WorkspaceConfig
from bullpen_workspace.delivery import Courier
from bullpen_workspace.entrance import Entrance
from bullpen_workspace.limits import RateLimits
from bullpen_workspace.people import SLACKBOT
from bullpen_workspace.rooms import Rooms

T = TypeVar("T")

ACTING = "act_as"
"""The cookie that names the person for whom the page is shown."""

_CODE = 600.0
"""Seconds for which Slack takes an OAuth code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """The right to open a modal for `user`, over `view_id` when it came from a modal.

    `window` is the browser window of the person's deed, where the modal will show.
    """

    user: str
    app_id: str
    view_id: str = ""
    window: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Install:
    """What a person allowed an app on the authorize page.

    `code_challenge` is the S256 challenge of PKCE, "" where the app sent none.
    """

    app_id: str
    user: str
    scopes: tuple[str, ...]
    user_scopes: tuple[str, ...]
    redirect_uri: str
    code_challenge: str = ""


class Grants(Generic[T]):
    """Unguessable keys that stand for a value until they expire or were used up."""

    def __init__(self, seconds: float, *, uses: int = 1, prefix: str = "") -> None:
        self._seconds, self._uses, self._prefix = seconds, uses, prefix
        self._held: dict[str, tuple[T, float, int]] = {}

    def issue(self, value: T, *, now: float) -> str:
        self._held = {key: held for key, held in self._held.items() if held[1] > now - 60}
        key = self._prefix + secrets.token_urlsafe(24)
        self._held[key] = (value, now + self._seconds, self._uses)
        return key

    def change(self, key: str, change: Callable[[T], T]) -> None:
        """Replace the value of a key that was issued."""
        value, until, uses = self._held[key]
        self._held[key] = (change(value), until, uses)

    def redeem(self, key: str, *, now: float) -> tuple[T | None, str]:
        """The value and "", or None and why not: "unknown", "expired" or "used"."""
        held = self._held.get(key)
        if held is None:
            return None, "unknown"
        value, until, uses = held
        if now > until:
            return None, "expired"
        if uses < 1:
            return None, "used"
        self._held[key] = (value, until, uses - 1)
        return value, ""


@dataclass(kw_only=True)
class Office:
    """One running workspace, as its handlers and its page see it. `url` has no slash at its end."""

    rooms: Rooms
    courier: Courier
    config: WorkspaceConfig
    credentials: Credentials
    url: str
    entrance: Entrance
    triggers: Grants[Trigger] = field(init=False)
    tickets: Grants[str] = field(init=False)
    codes: Grants[Install] = field(init=False)
    limits: RateLimits = field(init=False)

    def __post_init__(self) -> None:
        timing = self.config.timing
        self.triggers = Grants(timing.trigger)
        self.tickets = Grants(timing.ticket)
        self.codes = Grants(_CODE)
        self.limits = RateLimits(self.rooms.clock)

    def now(self) -> float:
        """Unix seconds."""
        return self.rooms.clock()

    def person_at(self, cookies: Mapping[str, str]) -> str:
        """For whom a browser shows the page: the founder, or the local person its cookie names."""
        wanted = cookies.get(ACTING, "")
        return wanted if self.is_person(wanted) else self.credentials.person_id

    def is_person(self, user: str) -> bool:
        """Whether somebody is a person of this workspace; apps and Slackbot are not."""
        found = self.rooms.people.get(user) if user else None
        return found is not None and not found.is_bot and user != SLACKBOT
