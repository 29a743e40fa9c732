"""The views across channels: the person's threads, and everything they have not read.

The rule it protects: they show only places the person is in, and reading there is reading: what
is marked read is read everywhere. They change nothing themselves.
"""

from __future__ import annotations

from typing import Any, Literal

from markupsafe import Markup

from bullpen_workspace.notices import NOTICES
from bullpen_workspace.page.present import permalink
from bullpen_workspace.page.screens import Screens
from bullpen_workspace.page.views import FeedPart
from bullpen_workspace.types import Channel, Message

FeedName = Literal["threads", "unreads"]
TITLES: dict[str, str] = {"threads": "Threads", "unreads": "Unreads"}
_THREADS, _REPLIES, _UNREAD = 25, 3, 20


class Feeds:
    """Renders both views for one person."""

    def __init__(self, screens: Screens) -> None:
        self._screens = screens
        self._rooms = screens.rooms
        self._me = screens.me

    def pane(self, name: FeedName) -> dict[str, Any]:
        """What feed.html needs."""
        team = self._rooms.people.team().name
        return {"feed": name, "title": f"{TITLES[name]} · {team}", "parts": self.inside(name)}

    def inside(self, name: FeedName) -> Markup:
        """The list alone, as it is pushed."""
        parts = self._threads() if name == "threads" else self._unreads()
        return self._screens.renderer.fragment("feed_parts.html", feed=name, parts=parts)

    def _mine(self) -> list[Channel]:
        return [c for c in self._rooms.channels.of(self._me) if not c.archived]

    def _threads(self) -> list[FeedPart]:
        channels = {channel.id: channel for channel in self._mine()}
        unread = {
            channel: self._rooms.channels.unread_replies(self._me, channel) for channel in channels
        }
        found = self._rooms.messages.threads_of(self._me, list(channels), limit=_THREADS)
        parts: list[FeedPart] = []
        for channel_id, root_ts in found:
            root = self._rooms.messages.get(channel_id, root_ts)
            if root is None:
                continue
            last = self._rooms.messages.replies(
                channel_id, root_ts, viewer=self._me, limit=_REPLIES
            )
            parts.append(
                FeedPart(
                    **self._place(channels[channel_id]),
                    href=permalink(channel_id, root_ts) + "?thread=1",
                    ts=root_ts,
                    unread=unread[channel_id].get(root_ts, 0),
                    hidden=max(0, root.reply_count - len(last)),
                    first=self._entries([root]),
                    rest=self._entries(last, before=root),
                )
            )
        return parts

    def _unreads(self) -> list[FeedPart]:
        parts: list[FeedPart] = []
        for channel in self._mine():
            unread = self._rooms.channels.unread(self._me, channel.id)
            if not unread.messages:
                continue
            found = self._rooms.messages.timeline(
                channel.id, viewer=self._me, after=unread.last_read, limit=_UNREAD
            )
            shown = [m for m in found if m.user != self._me and m.subtype not in NOTICES]
            parts.append(
                FeedPart(
                    **self._place(channel),
                    href=f"/archives/{channel.id}",
                    unread=unread.messages,
                    hidden=max(0, unread.messages - len(shown)),
                    rest=self._entries(shown),
                )
            )
        return parts

    def _place(self, channel: Channel) -> dict[str, Any]:
        room = self._screens.room(channel)
        return {
            "channel": channel.id,
            "label": room.label,
            "channel_href": room.href,
            "face": room.face,
        }

    def _entries(self, messages: list[Message], *, before: Message | None = None) -> Markup:
        return self._screens.entries(messages, place="f", before=before)
