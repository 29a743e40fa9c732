"""Whole panes of the page: the sidebar, a channel, a thread, the App Home, the open modal.

The rule it protects: a pane is the same HTML whether it comes with a full load, with a change of
channel or through the WebSocket. It changes nothing in the workspace.
"""

from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup

from bullpen_workspace.config import NavLink
from bullpen_workspace.office import Office
from bullpen_workspace.page import emoji
from bullpen_workspace.page.faces import Faces, portrait
from bullpen_workspace.page.present import Presenter
from bullpen_workspace.page.render import Renderer, embedded, said
from bullpen_workspace.page.views import Ask, Colleague, Link, Member, Portrait, Room, Sidebar
from bullpen_workspace.people import SLACKBOT
from bullpen_workspace.types import App, Channel, Message, User

WINDOW = 50
_INSPECTOR = NavLink(label="Inspector", href="/inspector", icon="bolt")

_ASKS = (
    (
        "quant",
        "what do I make on the SLV June 70-90-110 call butterfly bought at 2.50?",
        "One agent by name. Every figure comes with a footnote to how it was worked out.",
    ),
    (
        "",
        "compare the volatility of oil and the S&P 500 over the data you hold, chart it, "
        "and write up what we should remember",
        "The architect leads and shares the work out; you can follow it in the thread.",
    ),
    (
        "",
        "what do we know about oil volatility?",
        "Answered from what the desk remembers, with a link to where it came from.",
    ),
)


@dataclass(frozen=True, slots=True)
class Here:
    """What one browser window shows: a channel and perhaps a thread, an App Home, or a page.

    `page` is the address of a page beside the chat, which shows nothing of ours but the sidebar.
    """

    channel: str = ""
    thread: str = ""
    home: str = ""
    page: str = ""


class Screens:
    """Renders panes for one person of the workspace."""

    def __init__(self, office: Office, user: str) -> None:
        self._office = office
        self.rooms = office.rooms
        self.me = user
        self.faces = Faces(office.rooms, self.me)
        self.renderer = Renderer(
            self.faces.names,
            url=office.url,
            size=self.faces.image_size,
            choices=self._choices,
        )
        self.present = Presenter(office.rooms, self.faces, self.renderer.content)

    # -- a channel -----------------------------------------------------------------------

    def app(self) -> App | None:
        return self.rooms.people.app(self._office.credentials.app_id)

    def room(self, channel: Channel) -> Room:
        """The head of a channel for the template."""
        title = self.faces.title(channel)
        app = self.app()
        direct = not channel.name
        with_app = direct and app is not None and app.bot_user in channel.members
        purpose = channel.purpose or "Messages here are seen by everybody in the channel."
        if direct:
            purpose = "Only you and the desk read this." if with_app else "Only the two of you."
        return Room(
            id=channel.id,
            name=title,
            label=title if direct else f"#{title}",
            href=f"/archives/{channel.id}",
            topic=channel.topic or ("" if direct else channel.purpose),
            purpose=purpose,
            direct=direct,
            joined=self.rooms.channels.is_member(channel.id, self.me),
            home_href=f"/home/{app.id}" if with_app and app else "",
            absent=portrait(app.name, icon=app.icon)
            if app and not direct and app.bot_user not in channel.members
            else None,
            face=self._other(channel) if direct else None,
            private=channel.kind == "private",
            members=len(channel.members),
            asks=self._asks(app, direct=direct),
        )

    def _asks(self, app: App | None, *, direct: bool) -> tuple[Ask, ...]:
        if app is None:
            return ()
        faces = {agent.name.lower(): agent for agent in app.agents}
        asks: list[Ask] = []
        for name, text, why in _ASKS:
            agent = faces.get(name)
            if name and agent is None:
                continue
            start = "" if direct else f"@{app.name} "
            to = f"{name}: " if name else ""
            face = portrait(
                agent.name if agent else app.name, icon=agent.icon if agent else app.icon
            )
            asks.append(Ask(text=f"{start}{to}{text}", why=why, face=face))
        return tuple(asks)

    def entries(
        self, messages: list[Message], *, place: str, before: Message | None, **more: str
    ) -> Markup:
        """List items for messages in order."""
        made = self.present.entries(
            messages, place="m" if place == "m" else "t", before=before, **more
        )
        shortcuts = self._shortcuts("message")
        return Markup("").join(
            self.renderer.versioned("message.html", e=entry, shortcuts=shortcuts) for entry in made
        )

    def _shortcuts(self, kind: str) -> list[dict[str, str]]:
        """The shortcuts of the app on messages, or for everywhere ("global")."""
        app = self.app()
        return [
            {"app": app.id, "callback": shortcut.callback_id, "label": shortcut.label}
            for shortcut in (app.shortcuts if app else ())
            if app and shortcut.kind == kind
        ]

    def window(
        self, channel: str, *, before: str = "", flash: str = "", last_read: str = ""
    ) -> tuple[Markup, bool]:
        """The newest messages before a ts, and whether there are older ones."""
        found = self.rooms.messages.timeline(
            channel, viewer=self.me, before=before, limit=WINDOW + 1
        )
        older = len(found) > WINDOW
        above = found[0] if older else None
        shown = found[1:] if older else found
        return self.entries(shown, place="m", before=above, flash=flash, last_read=last_read), older

    def channel_pane(self, channel: Channel, *, flash: str = "") -> dict[str, Any]:
        """What channel.html needs."""
        last_read = self.rooms.channels.last_read(self.me, channel.id)
        messages, older = self.window(channel.id, flash=flash, last_read=last_read)
        return {
            "room": self.room(channel),
            "title": f"{self.room(channel).label} · {self.rooms.people.team().name}",
            "messages": messages,
            "count": len(messages),
            "older": older,
            "status": self.status(channel.id),
        }

    def message(self, message: Message, place: str) -> Markup:
        """One message in its place, grouped under the one above it."""
        above = self.rooms.messages.above(message, viewer=self.me, thread=place == "t")
        return self.entries([message], place=place, before=above)

    # -- a thread ------------------------------------------------------------------------

    def replies(self, channel: str, root: str, *, flash: str = "") -> Markup:
        messages = self.rooms.messages.thread(channel, root, viewer=self.me)
        return self.entries(messages, place="t", before=None, flash=flash)

    def thread_pane(self, channel: Channel, root: str, *, flash: str = "") -> dict[str, Any] | None:
        """What thread.html needs; None when the root does not exist."""
        if self.rooms.messages.get(channel.id, root) is None:
            return None
        return {
            "channel": channel.id,
            "ts": root,
            "place": self.room(channel).label,
            "messages": self.replies(channel.id, root, flash=flash),
            "status": self.status(channel.id, root),
        }

    def status(self, channel: str, thread: str = "") -> Markup:
        """The line over a composer: of one thread, or of everything in the channel."""
        lines = self.present.working(channel)
        if thread:
            shown = [lines[thread]] if thread in lines else []
            # In its own thread the line needs no link to itself.
            shown = [replace(line, href="") for line in shown]
        else:
            shown = list(lines.values())
        prompts = self.present.prompts(channel, thread)
        return self.renderer.fragment("status.html", lines=shown, prompts=prompts)

    # -- around it -----------------------------------------------------------------------

    def sidebar(self, here: Here) -> Markup:
        return self.renderer.versioned("sidebar.html", side=self._sidebar(here))

    def _sidebar(self, here: Here) -> Sidebar:
        app = self.app()
        channels: list[Link] = []
        directs: list[Link] = []
        for channel in self.rooms.channels.of(self.me):
            if channel.archived:
                continue
            unread = self.rooms.channels.unread(self.me, channel.id)
            # In the channel one looks at, the threads carry their own marks.
            away = channel.id != here.channel
            replies = self.rooms.channels.unread_replies(self.me, channel.id) if away else {}
            title = self.faces.title(channel)
            link = Link(
                id=channel.id,
                name=title,
                href=f"/archives/{channel.id}",
                icon="lock" if channel.kind == "private" else "hash",
                face=None if channel.name else self._other(channel),
                unread=unread.messages + sum(replies.values()),
                mentions=unread.mentions,
                current=channel.id == here.channel,
            )
            (channels if channel.name else directs).append(link)
        return Sidebar(
            team=self.rooms.people.team().name,
            me=self.faces.of_user(self.me),
            channels=tuple(channels),
            directs=tuple(directs),
            agents=() if here.page else tuple(self.colleagues(app)),
            beside=bool(here.page),
            people=tuple(self.others()),
            pages=tuple(self._pages(here)),
        )

    def _other(self, channel: Channel) -> Portrait:
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

    def members(self, channel: Channel) -> dict[str, Any]:
        """What members.html needs: who is in the channel, and who could be invited."""
        everybody = [user for user in self.rooms.people.all() if user.id != SLACKBOT]
        return {
            "room": self.room(channel),
            "inside": [self._member(user) for user in everybody if user.id in channel.members],
            "outside": [self._member(user) for user in everybody if user.id not in channel.members],
        }

    def _member(self, user: User) -> Member:
        face = self.faces.of_user(user.id)
        return Member(id=user.id, face=face, handle=user.name, me=user.id == self.me)

    def others(self) -> list[Member]:
        """The people of the workspace that the page can be shown as, when there are several."""
        people = [u for u in self.rooms.people.all() if not u.is_bot and u.id != SLACKBOT]
        return [self._member(user) for user in people] if len(people) > 1 else []

    def modal(self) -> Markup:
        """The topmost open modal; empty when there is none."""
        views = self.rooms.surfaces.modals(self.me)
        if not views:
            return Markup("")
        body = views[-1].body
        view = {
            "id": views[-1].id,
            "title": said(body.get("title")) or "Bullpen",
            "close": said(body.get("close")) or "Close",
            "submit": said(body.get("submit")) or self._default_submit(body),
            "blocks": self.renderer.blocks(body.get("blocks"), **self._choices()),
        }
        return self.renderer.fragment("modal.html", view=view)

    def _default_submit(self, body: dict[str, Any]) -> str:
        inputs = any(block.get("type") == "input" for block in body.get("blocks") or ())
        return "Submit" if inputs else ""

    def _choices(self) -> dict[str, object]:
        people = [(user.id, user.real_name or user.name) for user in self.rooms.people.all()]
        channels = [(c.id, f"#{c.name}") for c in self.rooms.channels.of(self.me) if c.name]
        return {"everyone": people, "rooms": channels}

    def home(self, app: App) -> dict[str, Any]:
        """What home.html needs."""
        view = self.rooms.surfaces.home(self.me, app.id)
        empty = Markup('<p class="empty">{} has not put anything on its Home yet.</p>')
        direct = self.rooms.channels.direct((app.bot_user,), creator=self.me)
        return {
            "app": app.id,
            "href": f"/home/{app.id}",
            "messages_href": f"/archives/{direct.id}",
            "face": portrait(app.name, icon=app.icon, app=True),
            "view": view.id if view else "",
            "blocks": self.renderer.blocks(view.body.get("blocks"), **self._choices())
            if view
            else empty.format(app.name),
        }

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
            "shortcuts": self._shortcuts("global"),
            "people": [
                {"name": user.real_name or user.name, "user": user.id}
                for user in self.rooms.people.all()
                if not user.is_bot and user.id not in (self.me, SLACKBOT)
            ],
        }
        return {
            "side": self._sidebar(here),
            "me": self.me,
            "agents_json": embedded(offers),
            "joinable": self.joinable(),
            "view": None,
        }
