"""The form of a Web API method: its name, what it needs, and the function that answers.

The rule it protects: what a method requires is declared beside its name and checked in one
place. It holds no methods; each family file has its own table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from bullpen_workspace.args import Arguments
from bullpen_workspace.auth import Caller, require_scope
from bullpen_workspace.errors import SlackError
from bullpen_workspace.office import Office
from bullpen_workspace.rooms import Rooms
from bullpen_workspace.types import Channel, ChannelKind, Json, Message, TokenKind

BOT_OR_USER: frozenset[TokenKind] = frozenset({"bot", "user"})
BOT: frozenset[TokenKind] = frozenset({"bot"})
APP_LEVEL: frozenset[TokenKind] = frozenset({"app"})
ANY: frozenset[TokenKind] = frozenset({"bot", "user", "app"})
NOBODY: frozenset[TokenKind] = frozenset()
"""For methods that need no token."""

READ = ("channels:read", "groups:read", "im:read", "mpim:read")
HISTORY = ("channels:history", "groups:history", "im:history", "mpim:history")
MANAGE = ("channels:manage", "channels:write", "groups:write", "im:write", "mpim:write")
_SCOPE_OF: dict[ChannelKind, str] = {
    "public": "channels:",
    "private": "groups:",
    "im": "im:",
    "mpim": "mpim:",
}
"""How a scope begins that is for one kind of conversation."""

Tier = Literal["t1", "t2", "t3", "t4", "t5"]
"""Slack's rate limit tiers; t5 is its "special"."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call: the office, who calls, with which arguments; `scopes` are the method's."""

    office: Office
    caller: Caller
    args: Arguments
    scopes: tuple[str, ...] = ()

    @property
    def rooms(self) -> Rooms:
        return self.office.rooms

    def channel(self, name: str = "channel", *, member: bool = False) -> Channel:
        """The channel named by an argument: an id, #name, or a user id for a direct message.

        Raises SlackError channel_not_found, or not_in_channel when `member` is asked for.
        Private places do not exist for those who are not in them.
        """
        wanted = self.args.text(name)
        found = self.rooms.channels.get(wanted) or self.rooms.channels.by_name(wanted)
        if found is None and wanted.startswith("U") and self.rooms.people.get(wanted):
            found = self.rooms.channels.direct((wanted,), creator=self.caller.user)
        inside = found is not None and self.caller.user in found.members
        if found is None or (found.kind != "public" and not inside):
            raise SlackError("channel_not_found")
        self.require_scope_for(found.kind)
        if member and not inside:
            raise SlackError("not_in_channel")
        return found

    def require_scope_for(self, kind: ChannelKind) -> None:
        """Raises SlackError missing_scope when the method has scopes by kind and none fits."""
        if not self.office.config.strict_scopes:
            return
        mine = tuple(scope for scope in self.scopes if scope.startswith(_SCOPE_OF[kind]))
        require_scope(self.caller, mine)

    def require_scope(self, scope: str) -> None:
        """Raises SlackError missing_scope when scopes are enforced and the token lacks it."""
        if self.office.config.strict_scopes:
            require_scope(self.caller, (scope,))

    def message(self, channel: Channel, ts: str) -> Message:
        """A message by its ts. Raises SlackError message_not_found."""
        message = self.rooms.messages.get(channel.id, ts)
        if message is None or message.visible_to:
            raise SlackError("message_not_found")
        return message


Handler = Callable[[Call], Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """A method: `needs` are required arguments, `tokens` the kinds of token it takes.

    `scopes` are alternatives: any one of them will do. `missing` is the error for a required
    argument that is not there, where Slack documents one of its own ("" for all others).
    """

    name: str
    handler: Handler
    needs: tuple[str, ...] = ()
    tokens: frozenset[TokenKind] = BOT_OR_USER
    scopes: tuple[str, ...] = ()
    tier: Tier = "t3"
    missing: Mapping[str, str] = field(default_factory=dict[str, str])

    def check_needs(self, args: Arguments) -> None:
        """Raises SlackError for the required arguments that are not there."""
        absent = [name for name in self.needs if name not in args]
        if not absent:
            return
        code = self.missing.get(absent[0]) or self.missing.get("", "invalid_arguments")
        messages = [f"[ERROR] missing required field: {name}" for name in absent]
        raise SlackError(code, response_metadata={"messages": messages})
