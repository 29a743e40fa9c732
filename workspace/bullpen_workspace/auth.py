"""Who is calling the Web API.

The rule it protects: a call acts as exactly the user or app whose token it carries, in the
Authorization header or the body; a token in the address is not looked at, so none ends up in a
log. It grants every scope an installed app asks for: scopes are not enforced here.
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from bullpen_workspace.args import Arguments
from bullpen_workspace.errors import SlackError
from bullpen_workspace.rooms import Rooms
from bullpen_workspace.types import App, Token, TokenKind

SCOPES = (
    "app_mentions:read,assistant:write,channels:history,channels:join,channels:manage,"
    "channels:read,chat:write,chat:write.customize,commands,emoji:read,"
    "files:read,files:write,groups:history,groups:read,groups:write,im:history,im:read,im:write,"
    "metadata.message:read,mpim:history,mpim:read,mpim:write,reactions:read,reactions:write,"
    "team:read,users:read,users:read.email"
)
"""What the x-oauth-scopes header says that a bot token was granted."""


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
    """The caller of a token value. Raises SlackError invalid_auth or not_allowed_token_type."""
    token = rooms.people.token(value)
    app = rooms.people.app(token.app_id) if token else None
    if token is None or app is None:
        raise SlackError("invalid_auth")
    if token.kind not in allowed:
        raise SlackError("not_allowed_token_type")
    return Caller(token=token, app=app)
