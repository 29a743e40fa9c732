"""Posts a channel's notices of itself when somebody comes or goes, or the channel is changed.

The rule it protects: whoever changed it and by whichever way, a change of a channel is told once,
in the transaction of the change. Direct messages have no notices, and neither has the founding of
the workspace. It judges no right and answers nobody.
"""

from __future__ import annotations

from collections.abc import Callable

from bullpen_workspace.rooms import Rooms
from bullpen_workspace.types import Change, Channel, Json, Message


class Doorkeeper:
    """Turns changes of channels into messages. `hear` is a listener inside the rooms' transactions."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._tell: dict[str, Callable[[Change, Channel], None]] = {
            "channel_created": self._created,
            "member_joined": self._joined,
            "member_left": self._left,
            "channel_changed": self._described,
            "channel_renamed": self._renamed,
            "channel_archived": self._rested,
            "channel_unarchived": self._rested,
        }

    def hear(self, change: Change) -> None:
        tell = self._tell.get(change.kind)
        channel = self._rooms.channels.get(change.channel) if tell else None
        if tell and channel is not None and channel.name:
            tell(change, channel)

    def _created(self, change: Change, channel: Channel) -> None:
        for user in channel.members:
            self._join(channel, user, "" if user == change.user else change.user)

    def _joined(self, change: Change, channel: Channel) -> None:
        self._join(channel, change.user, str(change.detail.get("inviter", "")))

    def _join(self, channel: Channel, user: str, inviter: str) -> None:
        more: Json = {"inviter": inviter} if inviter else {}
        self._say(channel, "channel_join", user, "has joined the channel", more)

    def _left(self, change: Change, channel: Channel) -> None:
        self._say(channel, "channel_leave", change.user, "has left the channel", {})

    def _described(self, change: Change, channel: Channel) -> None:
        """A bookmark changes a channel as well, and is told of by nobody."""
        for name, word in (("topic", "topic"), ("purpose", "description")):
            if change.user and name in change.detail:
                value = str(change.detail[name])
                words = f"set the channel {word}: {value}" if value else f"cleared channel {word}"
                self._say(channel, f"channel_{name}", change.user, words, {name: value})

    def _renamed(self, change: Change, channel: Channel) -> None:
        old = str(change.detail["old_name"])
        words = f'has renamed the channel from "{old}" to "{channel.name}"'
        names: Json = {"old_name": old, "name": channel.name}
        self._say(channel, "channel_name", change.user, words, names)

    def _rested(self, change: Change, channel: Channel) -> None:
        words = "archived the channel" if channel.archived else "un-archived the channel"
        more: Json = {"members": list(channel.members)} if channel.archived else {}
        subtype = "channel_archive" if channel.archived else "channel_unarchive"
        self._say(channel, subtype, change.user, words, more)

    def _say(self, channel: Channel, subtype: str, user: str, words: str, more: Json) -> None:
        self._rooms.messages.post(
            Message(
                channel=channel.id,
                ts="",
                user=user,
                text=f"<@{user}> {words}",
                subtype=subtype,
                notice=more,
            )
        )
