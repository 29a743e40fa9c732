"""Who is calling the Web API.

The rule it protects: a call acts as exactly the user or app whose token it carries, in the
Authorization header or the body; a token in the address is not looked at, so none ends up in a
log. Scopes are enforced only where the workspace was started with `strict_scopes`.
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from bullpen_workspace.args import Arguments
from bullpen_workspace.errors import SlackError
from bullpen_workspace.rooms import Rooms
from bullpen_workspace.types import App, Token, TokenKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The token and its app. `user` is the bot user or the person, "" for an app token."""

    token: Token
    app: App

    @property
    def user(self) -> str:
        return self.token.user

    @property
    def is_bot(self) -> bool:
        return self.token.kind == "bot"


def identify(
    rooms: Rooms, request: Request, arguments: Arguments, allowed: frozenset[TokenKind]
) -> Caller:
    """The caller. Raises SlackError not_authed, invalid_auth or not_allowed_token_type."""
    value = bearer(request) or arguments.text("token")
    if not value:
        raise SlackError("not_authed")
    return caller(rooms, value, allowed)


def bearer(request: Request) -> str:
    """The token in the Authorization header, "" when there is none."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    return value.strip() if scheme.lower() == "bearer" else ""


def caller(rooms: Rooms, value: str, allowed: frozenset[TokenKind]) -> Caller:
    """The caller of a token value.

    Raises SlackError invalid_auth, token_expired or not_allowed_token_type.
    """
    token = rooms.people.token(value)
    app = rooms.people.app(token.app_id) if token else None
    if token is None or app is None:
        raise SlackError("invalid_auth")
    if token.expires and token.expires < rooms.clock():
        raise SlackError("token_expired")
    if token.kind not in allowed:
        raise SlackError("not_allowed_token_type")
    return Caller(token=token, app=app)


def require_scope(caller: Caller, scopes: tuple[str, ...]) -> None:
    """Raises SlackError missing_scope unless the token was granted one of `scopes`."""
    if scopes and not set(scopes) & set(caller.token.scopes):
        raise SlackError(
            "missing_scope", needed=",".join(scopes), provided=",".join(caller.token.scopes)
        )
