"""The sidebar and what frames every pane: places, views, colleagues, pages, what completion offers.

The rule it protects: what is unread is counted once, here, for every pane. It renders no message.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bullpen_workspace.config import NavLink
from bullpen_workspace.downloads import MAX_UPLOAD
from bullpen_workspace.office import Office
from bullpen_workspace.page import emoji
from bullpen_workspace.page.faces import Faces, portrait
from bullpen_workspace.page.render import embedded
from bullpen_workspace.page.views import Colleague, Link, Member, Portrait, Sidebar
from bullpen_workspace.people import SLACKBOT
from bullpen_workspace.types import App, Channel, User

_INSPECTOR = NavLink(label="Inspector", href="/inspector", icon="bolt")


@dataclass(frozen=True, slots=True)
class Here:
    """What one browser window shows: a channel and perhaps a thread, an App Home, or a page.

    `page` is the address of a page beside the chat, which shows nothing of ours but the sidebar;
    `feed` the view across channels that stands in the channel's place; `window` the window's own
    name, by which it gets the modals that were asked for in it.
    """

    channel: str = ""
    thread: str = ""
    home: str = ""
    page: str = ""
    feed: str = ""
    window: str = ""


class Rail:
    """What stands around the panes of one person."""

    def __init__(self, office: Office, user: str, faces: Faces) -> None:
        self._office = office
        self.rooms = office.rooms
        self.me = user
        self.faces = faces

    def app(self) -> App | None:
        return self.rooms.people.app(self._office.credentials.app_id)

    def shortcuts(self, kind: str) -> list[dict[str, str]]:
        """The shortcuts of the app on messages, or for everywhere ("global")."""
        app = self.app()
        return [
            {"app": app.id, "callback": shortcut.callback_id, "label": shortcut.label}
            for shortcut in (app.shortcuts if app else ())
            if app and shortcut.kind == kind
        ]

    def sidebar(self, here: Here) -> Sidebar:
        app = self.app()
        channels: list[Link] = []
        directs: list[Link] = []
        fresh, threads = False, 0
        for channel in self.rooms.channels.of(self.me):
            if channel.archived:
                continue
            unread = self.rooms.channels.unread(self.me, channel.id)
            # In the channel one looks at, the threads carry their own marks.
            away = channel.id != here.channel or bool(here.feed)
            waiting = self.rooms.channels.unread_replies(self.me, channel.id)
            threads += len(waiting)
            # Replies are for the other view; a dot here must lead to something.
            fresh = fresh or unread.messages > 0
            replies = waiting if away else {}
            title = self.faces.title(channel)
            link = Link(
                id=channel.id,
                name=title,
                href=f"/archives/{channel.id}",
                icon="lock" if channel.kind == "private" else "hash",
                face=None if channel.name else self.other(channel),
                unread=unread.messages + sum(replies.values()),
                mentions=unread.mentions,
                current=channel.id == here.channel and not here.feed,
            )
            (channels if channel.name else directs).append(link)
        return Sidebar(
            team=self.rooms.people.team().name,
            me=self.faces.of_user(self.me),
            channels=tuple(channels),
            directs=tuple(directs),
            views=_views(here, fresh, threads),
            agents=() if here.page else tuple(self.colleagues(app)),
            beside=bool(here.page),
            people=tuple(self.others()),
            pages=tuple(self._pages(here)),
        )

    def other(self, channel: Channel) -> Portrait:
        others = [user for user in channel.members if user != self.me] or [self.me]
        return self.faces.of_user(others[0])

    def colleagues(self, app: App | None) -> list[Colleague]:
        """The agents of the app, as the sidebar and completion offer them."""
        if app is None:
            return []
        return [
            Colleague(
                face=portrait(agent.name, icon=agent.icon, app=True),
                title=agent.title,
                address=f"@{app.name} {agent.name.lower()}: ",
                aliases=agent.aliases,
            )
            for agent in app.agents
        ]

    def _pages(self, here: Here) -> list[Link]:
        return [
            Link(
                id="",
                name=link.label,
                href=link.href,
                icon=link.icon.strip(":") or "page",
                glyph=emoji.glyph(link.icon) or "" if link.icon.startswith(":") else "",
                current=bool(here.page) and here.page.startswith(link.href.rstrip("/")),
            )
            for link in (*self._office.config.nav, _INSPECTOR)
        ]

    def joinable(self) -> list[Channel]:
        """Public channels that the person is not in."""
        return [
            channel
            for channel in self.rooms.channels.all()
            if channel.kind == "public" and not channel.archived and self.me not in channel.members
        ]

    def archived(self) -> list[Channel]:
        """Archived channels that the person may read."""
        return [
            channel
            for channel in self.rooms.channels.all()
            if channel.archived and (channel.kind == "public" or self.me in channel.members)
        ]

    def member(self, user: User) -> Member:
        face = self.faces.of_user(user.id)
        return Member(id=user.id, face=face, handle=user.name, me=user.id == self.me)

    def others(self) -> list[Member]:
        """The people of the workspace that the page can be shown as, when there are several."""
        people = [u for u in self.rooms.people.all() if not u.is_bot and u.id != SLACKBOT]
        return [self.member(user) for user in people] if len(people) > 1 else []

    def frame(self, here: Here) -> dict[str, Any]:
        """What page.html needs besides the panes."""
        app = self.app()
        offers = {
            "app": {
                "name": app.name,
                "user": app.bot_user,
                "glyph": portrait(app.name, icon=app.icon).glyph,
            }
            if app
            else None,
            "agents": [
                {
                    "name": agent.face.name,
                    "glyph": agent.face.glyph,
                    "title": agent.title,
                    "aliases": list(agent.aliases),
                }
                for agent in self.colleagues(app)
            ],
            "commands": [
                {"name": c.name, "usage": c.usage, "description": c.description}
                for c in (app.commands if app else ())
            ],
            "shortcuts": self.shortcuts("global"),
            "most": MAX_UPLOAD,
            "people": [
                {"name": user.real_name or user.name, "user": user.id}
                for user in self.rooms.people.all()
                if not user.is_bot and user.id not in (self.me, SLACKBOT)
            ],
        }
        return {
            "side": self.sidebar(here),
            "me": self.me,
            "agents_json": embedded(offers),
            "joinable": self.joinable(),
            "archived": self.archived(),
            "view": None,
        }


def _views(here: Here, unread: bool, threads: int) -> tuple[Link, ...]:
    """The views across channels at the head of the sidebar."""
    return (
        Link(
            id="unreads",
            name="Unreads",
            href="/unreads",
            icon="inbox",
            unread=int(unread),
            current=here.feed == "unreads",
        ),
        Link(
            id="threads",
            name="Threads",
            href="/threads",
            icon="threads",
            mentions=threads,
            unread=threads,
            current=here.feed == "threads",
        ),
    )
