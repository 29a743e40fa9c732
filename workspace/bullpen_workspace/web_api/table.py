"""The form of a Web API method: its name, what it needs, and the function that answers.

The rule it protects: what a method requires is declared beside its name and checked in one
place. It holds no methods; each family file has its own table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bullpen_workspace.args import Arguments
from bullpen_workspace.auth import Caller
from bullpen_workspace.errors import SlackError
from bullpen_workspace.office import Office
from bullpen_workspace.rooms import Rooms
from bullpen_workspace.types import Channel, Json, Message, TokenKind

BOT_OR_USER: frozenset[TokenKind] = frozenset({"bot", "user"})
BOT: frozenset[TokenKind] = frozenset({"bot"})
APP_LEVEL: frozenset[TokenKind] = frozenset({"app"})
ANY: frozenset[TokenKind] = frozenset({"bot", "user", "app"})
NOBODY: frozenset[TokenKind] = frozenset()
"""For methods that need no token."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call: the office, who calls, and with which arguments."""

    office: Office
    caller: Caller
    args: Arguments

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
        if member and not inside:
            raise SlackError("not_in_channel")
        return found

    def message(self, channel: Channel, ts: str) -> Message:
        """A message by its ts. Raises SlackError message_not_found."""
        message = self.rooms.messages.get(channel.id, ts)
        if message is None or message.visible_to:
            raise SlackError("message_not_found")
        return message


Handler = Callable[[Call], Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """A method: `needs` are required arguments, `tokens` the kinds of token it takes."""

    name: str
    handler: Handler
    needs: tuple[str, ...] = ()
    tokens: frozenset[TokenKind] = BOT_OR_USER
