"""From changes in the rooms to the fragments that one open page must exchange.

The rule it protects: only what changed is rendered again, and applying the same push twice does
no harm. It sends nothing; `live.py` does.
"""

from collections.abc import Callable, Iterable
from typing import Any

from markupsafe import escape

from bullpen_workspace.notices import NOTICES
from bullpen_workspace.page.deeds import source
from bullpen_workspace.page.feeds import Feeds
from bullpen_workspace.page.present import permalink
from bullpen_workspace.page.rail import Here
from bullpen_workspace.page.screens import Screens
from bullpen_workspace.types import Change, Message

Op = dict[str, Any]
_OF_HEAD = ("pinned", "unpinned", "channel_changed")
_OF_ROOM = ("channel_archived", "channel_unarchived", "channel_renamed")
_OF_FEED = (
    "message",
    "message_changed",
    "message_deleted",
    "read",
    "reaction_added",
    "reaction_removed",
)
_OF_MESSAGES = ("message", "message_changed", "ephemeral", "reaction_added", "reaction_removed")
_OF_SIDEBAR = (
    *("message", "message_deleted", "channel_created", "channel_changed", "member_joined"),
    *("member_left", "read", "app", "channel_renamed", "channel_archived", "channel_unarchived"),
)


class Pushes:
    """Renders pushes for the windows of one person. `key_of` finds the key of a sent message."""

    def __init__(self, screens: Screens, key_of: Callable[[str, str], str]) -> None:
        self._screens = screens
        self._feeds = Feeds(screens)
        self._key_of = key_of

    def everything(self, here: Here) -> list[Op]:
        """All that a window shows, for one that has just connected, moved or woken up."""
        ops = [self._sidebar(here)]
        if here.page:
            return ops
        ops.append(self._modal(here))
        if here.home:
            ops.extend(self._home(here))
        if here.feed:
            ops.append(self._feed(here))
        channel = self._screens.rooms.channels.get(here.channel) if here.channel else None
        if channel is None:
            return ops
        if not here.feed:
            ops.extend([self._window(here), *self._head(here)])
        ops.extend(self._statuses(here))
        if here.thread:
            ops.extend(self._thread(here))
        return ops

    def of(self, changes: Iterable[Change], here: Here) -> list[Op]:
        """What `changes` mean for a window that shows `here`, each message once."""
        ops: list[Op] = []
        touched: dict[str, bool] = {}
        kinds: set[str] = set()
        gone = False
        changes = list(changes)
        for change in changes:
            kinds.add("sidebar" if change.kind in _OF_SIDEBAR else "")
            kinds.add("home" if change.kind == "home" else "")
            kinds.add("modal" if change.kind == "modal" and change.user == self._screens.me else "")
            kinds.add("feed" if change.kind in _OF_FEED and not change.detail.get("stream") else "")
            if change.channel != here.channel or not here.channel:
                continue
            kinds.add("head" if change.kind in _OF_HEAD else "")
            kinds.add("room" if change.kind in _OF_ROOM else "")
            if change.kind in (*_OF_MESSAGES, "pinned", "unpinned"):
                touched[change.ts] = touched.get(change.ts, False) or change.kind == "message"
            if change.kind == "message_deleted":
                gone = True
            if change.kind == "status":
                kinds.add("status")
                touched.setdefault(change.thread_ts, False)
            if change.thread_ts and change.kind in ("message", "message_deleted", "read"):
                touched.setdefault(change.thread_ts, False)
        for change in changes:
            ops.extend(self._knock(change) if change.kind == "message" else [])
        for ts, fresh in touched.items():
            ops.extend(self._message(here, ts, fresh=fresh))
        ops.extend(self._gone(here) if gone else [])
        ops.extend(self._statuses(here) if "status" in kinds else [])
        ops.extend(self._home(here) if "home" in kinds and here.home else [])
        ops.extend([self._modal(here)] if "modal" in kinds and not here.page else [])
        ops.extend([self._feed(here)] if "feed" in kinds and here.feed else [])
        ops.extend(self._head(here) if "head" in kinds and not here.feed else [])
        ops.extend([{"op": "again"}] if "room" in kinds else [])
        ops.extend([self._sidebar(here)] if "sidebar" in kinds else [])
        return ops

    def _message(self, here: Here, ts: str, *, fresh: bool) -> list[Op]:
        message = self._screens.rooms.messages.get(here.channel, ts) if ts else None
        if message is None or message.visible_to not in ("", self._screens.me):
            return []
        more: Op = {"fresh": fresh and message.user != self._screens.me}
        if key := self._key_of(message.channel, message.ts):
            more["key"] = key
        ops: list[Op] = []
        if not message.thread_ts or message.broadcast:
            made = self._screens.message(message, "m")
            ops.append({"op": "put", "target": "#messages", "html": made, **more})
        if here.thread and here.thread in (message.ts, message.thread_ts):
            made = self._screens.message(message, "t")
            target = "#root" if here.thread == message.ts else "#replies"
            ops.append({"op": "put", "target": target, "html": made, **more})
        if more["fresh"] and (ops or not message.thread_ts):
            ops.append({"op": "announce", "text": self._spoken(message)})
        return ops

    def _knock(self, change: Change) -> list[Op]:
        """A message that concerns the person wherever they are: for a desktop notification."""
        rooms, me = self._screens.rooms, self._screens.me
        message = rooms.messages.get(change.channel, change.ts)
        channel = rooms.channels.get(change.channel)
        if message is None or channel is None or message.user == me or me not in channel.members:
            return []
        if message.subtype in NOTICES:
            return []
        mentioned = f"<@{me}>" in message.text
        thread = message.thread_ts
        mine = thread and thread in rooms.channels.unread_replies(me, channel.id)
        if not (mentioned or mine or not channel.name):
            return []
        title = self._screens.faces.title(channel)
        who = self._screens.faces.of(message.face, app=False).name
        return [
            {
                "op": "knock",
                "title": f"{who} in #{title}" if channel.name else who,
                "text": self._plain(message.text)[:200] or "is answering",
                "href": permalink(channel.id, message.ts, thread),
                "tag": f"{channel.id}-{thread or message.ts}",
            }
        ]

    def _plain(self, text: str) -> str:
        return source(text, self._screens.faces.names())

    def _spoken(self, message: Message) -> str:
        who = self._screens.faces.of(message.face, app=False).name
        return f"{who}: {self._plain(message.text)[:140]}" if message.text else f"{who} posted"

    def _gone(self, here: Here) -> list[Op]:
        window = [] if here.feed else [self._window(here)]
        return [*window, *(self._thread(here) if here.thread else [])]

    def _window(self, here: Here) -> Op:
        last_read = self._screens.rooms.channels.last_read(self._screens.me, here.channel)
        html, older = self._screens.window(here.channel, last_read=last_read)
        return {"op": "sync", "target": "#messages", "html": html, "older": older}

    def _thread(self, here: Here) -> list[Op]:
        if self._screens.rooms.messages.get(here.channel, here.thread) is None:
            return [{"op": "gone"}]
        root = self._screens.root(here.channel, here.thread)
        html, older = self._screens.replies(here.channel, here.thread)
        return [
            {"op": "sync", "target": "#root", "html": root, "older": False},
            {"op": "sync", "target": "#replies", "html": html, "older": older},
        ]

    def _statuses(self, here: Here) -> list[Op]:
        ops = [{"op": "inner", "target": "#status", "html": self._screens.status(here.channel)}]
        if here.thread:
            html = self._screens.status(here.channel, here.thread)
            ops.append({"op": "inner", "target": "#thread-status", "html": html})
        return ops

    def _sidebar(self, here: Here) -> Op:
        return {"op": "replace", "target": "#side", "html": self._screens.sidebar(here)}

    def _modal(self, here: Here) -> Op:
        views = self._screens.rooms.surfaces.modals(self._screens.me, window=here.window)
        view = views[-1].id if views else ""
        return {"op": "modal", "view": view, "html": self._screens.modal(here.window)}

    def _feed(self, here: Here) -> Op:
        name = "threads" if here.feed == "threads" else "unreads"
        return {"op": "inner", "target": "#feed", "html": self._feeds.inside(name)}

    def _head(self, here: Here) -> list[Op]:
        channel = self._screens.rooms.channels.require(here.channel)
        topic = escape(self._screens.room(channel).topic)
        return [
            {"op": "inner", "target": "#marks", "html": self._screens.head(here.channel)},
            {"op": "inner", "target": "#main .topic", "html": topic},
        ]

    def _home(self, here: Here) -> list[Op]:
        app = self._screens.rooms.people.app(here.home)
        if app is None:
            return []
        return [{"op": "inner", "target": "#home", "html": self._screens.home(app)["blocks"]}]
