"""The routes of the chat page, and the seats from which people look at it.

The rule it protects: every address a person can copy (a channel, a message, the App Home) opens
what it names. Who may ask at all is `security.py`'s matter; every deed is `deeds.py`'s.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from starlette.requests import HTTPConnection, Request
from starlette.responses import (
    FileResponse,
    HTMLResponse,
    JSONResponse,
    RedirectResponse,
    Response,
)
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from bullpen_workspace.actions import Person
from bullpen_workspace.inspector import Tape
from bullpen_workspace.office import ACTING, Office
from bullpen_workspace.page.deeds import Deeds, refused, source
from bullpen_workspace.page.feeds import FeedName, Feeds
from bullpen_workspace.page.live import Live
from bullpen_workspace.page.mrkdwn import plain
from bullpen_workspace.page.pushes import Pushes
from bullpen_workspace.page.rail import Here
from bullpen_workspace.page.render import Renderer
from bullpen_workspace.page.screens import Screens
from bullpen_workspace.page.search import Searches
from bullpen_workspace.types import Channel, Message

HERE = Path(__file__).parent
_KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}

Handler = Callable[["Seat", Request], Awaitable[Response]]


def page_routes(office: Office, tape: Tape) -> list[BaseRoute]:
    """The chat page of the workspace's people, to be mounted behind the guard."""
    return Site(office, tape).routes()


class Site:
    """The page of one workspace: every request is answered from one person's seat.

    The person who founded the workspace sits there unless the cookie names another local person.
    Apps and people who are not in this workspace are never acted for.
    """

    def __init__(self, office: Office, tape: Tape) -> None:
        self._office = office
        self._tape = tape
        self._seats: dict[str, Seat] = {}

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/", self._for(Seat.start)),
            Route("/archives/{channel}", self._for(Seat.channel)),
            Route("/archives/{channel}/{message}", self._for(Seat.channel)),
            Route("/home/{app}", self._for(Seat.home)),
            Route("/threads", self._for(Seat.threads)),
            Route("/unreads", self._for(Seat.unreads)),
            Route("/page/pins", self._for(Seat.pins)),
            Route("/page/canvas", self._for(Seat.canvas)),
            Route("/page/older", self._for(Seat.older)),
            Route("/page/side", self._for(Seat.side)),
            Route("/page/search", self._for(Seat.search)),
            Route("/page/members", self._for(Seat.members)),
            Route("/page/source", self._for(Seat.source)),
            Route("/page/at/{version}/{asset}", _asset),
            Route("/inspector", self._for(Seat.inspector)),
            Route("/page/tape", self._records),
            Route("/page/act", self._act, methods=["POST"]),
            Route("/page/upload", self._for(Seat.upload), methods=["POST"]),
            WebSocketRoute("/page/live", self._live),
            Route("/page/{asset}", _asset, methods=["GET"]),
            Route("/page/{deed}", self._for(Seat.deed), methods=["POST"]),
        ]

    def _for(self, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            return await handler(self._seat(request), request)

        return answer

    def _seat(self, connection: HTTPConnection) -> Seat:
        user = self._office.person_at(connection.cookies)
        if user not in self._seats:
            self._seats[user] = Seat(self._office, user)
        return self._seats[user]

    async def _act(self, request: Request) -> Response:
        """POST {"user": id}: from now on this browser shows the page as that person sees it."""
        asked = await request.json()
        user = str(asked.get("user", "")) if isinstance(asked, dict) else ""
        if not self._office.is_person(user):
            return refused(
                "Nobody was chosen: only people of this workspace can be acted for.", 409
            )
        answer = JSONResponse({})
        answer.set_cookie(ACTING, user, httponly=True, samesite="strict")
        return answer

    async def _records(self, request: Request) -> Response:
        """What went to and from the apps after record number `after`, as list items."""
        number = request.query_params.get("after", "0")
        found = self._tape.after(int(number) if number.isdigit() else 0)
        renderer = self._seat(request).renderer
        return HTMLResponse(renderer.fragment("tape.html", records=found))

    async def _live(self, socket: WebSocket) -> None:
        await self._seat(socket).live(socket)


class Seat:
    """The page as one person sees and uses it."""

    def __init__(self, office: Office, user: str) -> None:
        self._office = office
        self._screens = Screens(office, user)
        self._feeds = Feeds(self._screens)
        self._searches = Searches(office.rooms, self._screens.faces)
        self._person = Person(office, user)
        self._deeds = Deeds(self._person, office)
        self._pushes = Pushes(self._screens, office.rooms.sent.key_of)
        # The line to the app is there from the first look on.
        office.rooms.channels.direct((office.credentials.bot_user_id,), creator=user)

    async def start(self, request: Request) -> Response:
        mine = [c for c in self._screens.rooms.channels.of(self._screens.me) if not c.archived]
        last = request.cookies.get("last_channel", "")
        known = [c.id for c in mine]
        if not known:
            return HTMLResponse("There is no channel.", 404)
        return RedirectResponse(f"/archives/{last if last in known else known[0]}", 303)

    async def channel(self, request: Request) -> Response:
        rooms = self._screens.rooms
        channel = rooms.channels.get(request.path_params["channel"])
        if channel is None or not self._may_see(channel):
            return self._nowhere("There is no such channel, or it is not open to you.")
        message = self._linked(channel, request.path_params.get("message", ""))
        thread, flash = "", ""
        if message is not None:
            wants_thread = "thread" in request.query_params
            newest = rooms.messages.timeline(channel.id, viewer=self._screens.me)
            shown = any(m.ts == message.ts for m in newest)
            if wants_thread or message.thread_ts or message.reply_count or not shown:
                thread = message.thread_ts or message.ts
            flash = "" if wants_thread else message.ts
        if not channel.name and not request.query_params:
            self._person.apps.open_home(self._office.credentials.app_id, tab="messages")
        answer = self._page(request, Here(channel=channel.id, thread=thread), flash)
        answer.set_cookie("last_channel", channel.id, max_age=31_536_000, samesite="strict")
        return answer

    def _may_see(self, channel: Channel) -> bool:
        return channel.kind == "public" or self._screens.me in channel.members

    def _linked(self, channel: Channel, part: str) -> Message | None:
        """The message of a permalink: p1732272000000100 is ts 1732272000.000100."""
        digits = part.removeprefix("p")
        if not digits.isdigit() or len(digits) < 7:
            return None
        return self._screens.rooms.messages.get(channel.id, f"{digits[:-6]}.{digits[-6:]}")

    def _page(self, request: Request, here: Here, flash: str) -> Response:
        """The whole page, or for the script only the panes that it does not have yet."""
        channel = self._screens.rooms.channels.require(here.channel)
        renderer = self._screens.renderer
        partial = "x-pane" in request.headers
        have = request.headers.get("x-have", "")
        keeps = partial and (have == "feed" or (have == here.channel and not flash))
        pane = {} if keeps else self._screens.channel_pane(channel, flash=flash)
        thread = (
            self._screens.thread_pane(channel, here.thread, flash=flash) if here.thread else None
        )
        room = self._screens.room(channel)
        if not partial:
            frame = {**self._frame(request, here), **pane, "thread": thread}
            return HTMLResponse(renderer.fragment("page.html", **frame))
        side = renderer.fragment("thread.html", thread=thread, room=room) if thread else ""
        main = "" if keeps else renderer.fragment("channel.html", **pane)
        return JSONResponse({"main": main, "thread": side, "url": _address(request)})

    async def home(self, request: Request) -> Response:
        app = self._screens.rooms.people.app(request.path_params["app"])
        if app is None:
            return self._nowhere("There is no such app.")
        self._person.apps.open_home(app.id)
        home = self._screens.home(app)
        pane: dict[str, Any] = {"home": home, "title": f"{app.name} · Home", "thread": None}
        if "x-pane" in request.headers:
            main = self._screens.renderer.fragment("home.html", **pane)
            return JSONResponse({"main": main, "thread": "", "url": _address(request)})
        frame = {**self._frame(request, Here(home=app.id)), **pane}
        return HTMLResponse(self._screens.renderer.fragment("page.html", **frame))

    async def threads(self, request: Request) -> Response:
        return self._feed(request, "threads")

    async def unreads(self, request: Request) -> Response:
        return self._feed(request, "unreads")

    def _feed(self, request: Request, name: FeedName) -> Response:
        """A view across channels."""
        pane = {**self._feeds.pane(name), "thread": None}
        if "x-pane" in request.headers:
            main = self._screens.renderer.fragment("feed.html", **pane)
            return JSONResponse({"main": main, "thread": "", "url": _address(request)})
        frame = {**self._frame(request, Here(feed=name)), **pane}
        return HTMLResponse(self._screens.renderer.fragment("page.html", **frame))

    def _frame(self, request: Request, here: Here) -> dict[str, Any]:
        theme = request.cookies.get("theme", "")
        return {
            **self._screens.rail.frame(here),
            "theme": theme if theme in ("light", "dark") else "",
        }

    def _nowhere(self, sentence: str) -> Response:
        html = self._screens.renderer.fragment("nowhere.html", sentence=sentence)
        return HTMLResponse(html, 404)

    async def older(self, request: Request) -> Response:
        channel = self._screens.rooms.channels.get(request.query_params.get("channel", ""))
        if channel is None or not self._may_see(channel):
            return refused("There is no such channel.", 404)
        before, thread = (request.query_params.get(name, "") for name in ("before", "thread"))
        if not thread:
            html, older = self._screens.window(channel.id, before=before)
        elif self._screens.rooms.messages.get(channel.id, thread) is None:
            return refused("The thread is gone.", 404)
        else:
            html, older = self._screens.replies(channel.id, thread, before=before)
        return JSONResponse({"html": html, "older": older})

    async def side(self, request: Request) -> Response:
        """The sidebar, for pages beside the chat; `at` is the address of the one that asks."""
        here = Here(page=request.query_params.get("at", "/"))
        return HTMLResponse(self._screens.sidebar(here))

    async def source(self, request: Request) -> Response:
        asked = request.query_params
        message = self._screens.rooms.messages.get(asked.get("channel", ""), asked.get("ts", ""))
        if message is None or message.user != self._screens.me:
            return refused("Only your own messages can be edited.", 404)
        return JSONResponse({"text": source(message.text, self._screens.faces.names())})

    async def search(self, request: Request) -> Response:
        """What fits `q`, as list items for the search dialog."""
        hits = self._searches.find(request.query_params.get("q", "")[:200])
        return HTMLResponse(self._screens.renderer.fragment("hits.html", hits=hits))

    async def members(self, request: Request) -> Response:
        """Who is in a channel, as the inside of a dialog."""
        channel = self._screens.rooms.channels.get(request.query_params.get("channel", ""))
        if channel is None or not self._may_see(channel):
            return refused("There is no such channel.", 404)
        pane = self._screens.members(channel)
        return HTMLResponse(self._screens.renderer.fragment("members.html", **pane))

    async def pins(self, request: Request) -> Response:
        """What is pinned in a channel, as the inside of a dialog."""
        channel = self._screens.rooms.channels.get(request.query_params.get("channel", ""))
        if channel is None or not self._may_see(channel):
            return refused("There is no such channel.", 404)
        return HTMLResponse(
            self._screens.renderer.fragment("pins.html", **self._screens.pins(channel))
        )

    async def canvas(self, request: Request) -> Response:
        """A canvas of a channel, as the inside of a dialog."""
        rooms = self._screens.rooms
        canvas = rooms.canvases.get(request.query_params.get("canvas", ""))
        channel = rooms.channels.get(canvas.channel) if canvas else None
        if canvas is None or channel is None or not self._may_see(channel):
            return refused("There is no such canvas.", 404)
        shown = {"title": plain(canvas.title), "text": canvas.markdown}
        return HTMLResponse(self._screens.renderer.fragment("canvas.html", **shown))

    @property
    def renderer(self) -> Renderer:
        return self._screens.renderer

    async def inspector(self, request: Request) -> Response:
        """The page that shows what went to and from the apps."""
        frame = self._frame(request, Here(page="/inspector"))
        return HTMLResponse(self.renderer.fragment("inspector.html", title="Inspector", **frame))

    async def upload(self, request: Request) -> Response:
        return await self._deeds.upload(request)

    async def deed(self, request: Request) -> Response:
        return await self._deeds.answer(request)

    async def live(self, socket: WebSocket) -> None:
        await Live(socket, self._screens.rooms, self._person, self._pushes).serve()


def _address(request: Request) -> str:
    """The path a browser should show: without the script's own query."""
    path = request.url.path
    return path if "thread" not in request.query_params else f"{path}?thread=1"


async def _asset(request: Request) -> Response:
    name = request.path_params["asset"]
    kind = _KINDS.get(Path(name).suffix)
    if kind is None or not (HERE / name).is_file():
        return refused("There is no such file.", 404)
    lasting = "version" in request.path_params or request.query_params.get("v")
    fresh = "max-age=31536000, immutable" if lasting else "no-cache"
    return FileResponse(HERE / name, media_type=kind, headers={"cache-control": fresh})
