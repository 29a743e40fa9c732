"""Whole panes of the page: a channel, a thread, the App Home, the open modal.

The rule it protects: a pane is the same HTML whether it comes with a full load, with a change of
channel or through the WebSocket. It changes nothing in the workspace.
"""

from dataclasses import replace
from typing import Any

from markupsafe import Markup

from bullpen_workspace.notices import NOTICES
from bullpen_workspace.office import Office
from bullpen_workspace.page import emoji
from bullpen_workspace.page.deeds import source
from bullpen_workspace.page.faces import Faces, portrait
from bullpen_workspace.page.mrkdwn import plain, safe_url
from bullpen_workspace.page.present import Presenter
from bullpen_workspace.page.rail import Here, Rail
from bullpen_workspace.page.render import Renderer, said
from bullpen_workspace.page.views import (
    Ask,
    BookmarkLink,
    Marks,
    Place,
    Room,
)
from bullpen_workspace.people import SLACKBOT
from bullpen_workspace.types import App, Channel, Message

WINDOW, REPLIES, MOST_REPLIES = 50, 100, 900
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


class Screens:
    """Renders panes for one person of the workspace."""

    def __init__(self, office: Office, user: str) -> None:
        self._office = office
        self.rooms = office.rooms
        self.me = user
        self.faces = Faces(office.rooms, self.me)
        self.rail = Rail(office, user, self.faces)
        self.renderer = Renderer(
            self.faces.names,
            url=office.url,
            size=self.faces.image_size,
            choices=self._choices,
        )
        self.present = Presenter(office.rooms, self.faces, self.renderer.content)

    # -- a channel -----------------------------------------------------------------------

    def room(self, channel: Channel) -> Room:
        """The head of a channel for the template."""
        title = self.faces.title(channel)
        app = self.rail.app()
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
            topic=source(channel.topic, self.faces.names()) or ("" if direct else channel.purpose),
            purpose=purpose,
            direct=direct,
            joined=self.rooms.channels.is_member(channel.id, self.me),
            home_href=f"/home/{app.id}" if with_app and app else "",
            absent=portrait(app.name, icon=app.icon)
            if app and not direct and app.bot_user not in channel.members
            else None,
            face=self.rail.other(channel) if direct else None,
            private=channel.kind == "private",
            members=len(channel.members),
            archived=channel.archived,
            asks=self._asks(app, direct=direct),
        )

    def _asks(self, app: App | None, *, direct: bool) -> tuple[Ask, ...]:
        # In a direct message an app suggests its own prompts.
        if app is None or direct:
            return ()
        faces = {agent.name.lower(): agent for agent in app.agents}
        asks: list[Ask] = []
        for name, text, why in _ASKS:
            agent = faces.get(name)
            if name and agent is None:
                continue
            start = f"@{app.name} "
            to = f"{name}: " if name else ""
            face = portrait(
                agent.name if agent else app.name, icon=agent.icon if agent else app.icon
            )
            asks.append(Ask(text=f"{start}{to}{text}", why=why, face=face))
        return tuple(asks)

    def entries(
        self, messages: list[Message], *, place: Place, before: Message | None, **more: str
    ) -> Markup:
        """List items for messages in order."""
        made = self.present.entries(messages, place=place, before=before, **more)
        shortcuts = self.rail.shortcuts("message")
        return Markup("").join(
            self.renderer.versioned("message.html", e=entry, shortcuts=shortcuts) for entry in made
        )

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
            "count": self._said(channel.id),
            "older": older,
            "status": self.status(channel.id),
            "marks": self.marks(channel.id),
        }

    def _said(self, channel: str) -> bool:
        """Whether anybody has said something; a channel's own notices are nobody's word."""
        found = self.rooms.messages.timeline(channel, viewer=self.me, limit=WINDOW)
        return any(message.subtype not in NOTICES for message in found)

    def marks(self, channel: str) -> Marks:
        """What is pinned and bookmarked at the head of a channel."""
        board = self.rooms.pinboard
        links = tuple(
            BookmarkLink(id=b.id, title=plain(b.title), link=safe, glyph=emoji.glyph(b.emoji) or "")
            for b in board.bookmarks(channel)
            if (safe := safe_url(b.link))
        )
        canvases = tuple((c.id, plain(c.title)) for c in self.rooms.canvases.of(channel))
        return Marks(pins=len(board.pins(channel)), bookmarks=links, canvases=canvases)

    def head(self, channel: str) -> Markup:
        """The line with pins and bookmarks, as it is pushed."""
        return self.renderer.fragment("marks.html", marks=self.marks(channel))

    def pins(self, channel: Channel) -> dict[str, Any]:
        """What pins.html needs: the pinned messages, the last pinned first."""
        found = [
            self.rooms.messages.require(p.channel, p.ts)
            for p in self.rooms.pinboard.pins(channel.id)
        ]
        shown = Markup("").join(self.entries([m], place="f", before=None) for m in found)
        return {"room": self.room(channel), "messages": shown}

    def message(self, message: Message, place: Place) -> Markup:
        """One message in its place, grouped under the one above it."""
        above = self.rooms.messages.above(message, viewer=self.me, thread=place == "t")
        return self.entries([message], place=place, before=above)

    # -- a thread ------------------------------------------------------------------------

    def root(self, channel: str, root: str, *, flash: str = "") -> Markup:
        """The message that a thread answers."""
        message = self.rooms.messages.require(channel, root)
        return self.entries([message], place="t", before=None, flash=flash)

    def replies(
        self, channel: str, root: str, *, before: str = "", flash: str = ""
    ) -> tuple[Markup, bool]:
        """The newest replies before a ts, and whether there are older ones.

        With `flash` they reach back to that reply, however long the thread is.
        """
        limit = REPLIES
        if flash and flash != root:
            since = self.rooms.messages.replies_since(channel, root, flash)
            limit = min(max(limit, since + 10), MOST_REPLIES)
        found = self.rooms.messages.replies(
            channel, root, viewer=self.me, before=before, limit=limit + 1
        )
        older = len(found) > limit
        above = found[0] if older else self.rooms.messages.require(channel, root)
        shown = found[1:] if older else found
        return self.entries(shown, place="t", before=above, flash=flash), older

    def thread_pane(self, channel: Channel, root: str, *, flash: str = "") -> dict[str, Any] | None:
        """What thread.html needs; None when the root does not exist."""
        if self.rooms.messages.get(channel.id, root) is None:
            return None
        replies, older = self.replies(channel.id, root, flash=flash)
        return {
            "channel": channel.id,
            "ts": root,
            "place": self.room(channel).label,
            "root": self.root(channel.id, root, flash=flash),
            "messages": replies,
            "older": older,
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
        return self.renderer.versioned("sidebar.html", side=self.rail.sidebar(here))

    def members(self, channel: Channel) -> dict[str, Any]:
        """What members.html needs: who is in the channel, and who could be invited."""
        everybody = [user for user in self.rooms.people.all() if user.id != SLACKBOT]
        return {
            "room": self.room(channel),
            "inside": [self.rail.member(user) for user in everybody if user.id in channel.members],
            "marks": self.marks(channel.id),
            "outside": [
                self.rail.member(user) for user in everybody if user.id not in channel.members
            ],
        }

    def modal(self, window: str = "") -> Markup:
        """The topmost open modal of a window; empty when there is none."""
        views = self.rooms.surfaces.modals(self.me, window=window)
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
