"""The composition root: builds every part of a desk and closes it again.

The rule it protects: parts are made here and nowhere else, and whatever was opened is closed in
the reverse order, also when the start fails half-way. The page opens first; the slow imports
happen behind it. It holds no behaviour of its own.
"""

from __future__ import annotations

import asyncio
import importlib
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from bullpen import messages, models, syncing
from bullpen.log import start_logging, stop_logging
from bullpen.pages.ideas import IdeasPage
from bullpen.pages.look import Drawing, Frame, Link, Viewer
from bullpen.pages.memory import MemoryPage
from bullpen.pages.proof import Proof, Verify
from bullpen.pages.receipts import ReceiptsPage
from bullpen.runfile import HomeLock, RunningDesk
from bullpen.settings import Settings, prepare_home
from bullpen.slack import setup_messages
from bullpen.warmth import warm_up
from bullpen_agents.roster import Roster
from bullpen_memory import policy
from bullpen_memory.embed import local_embedder
from bullpen_memory.errors import OperatorError
from bullpen_memory.records import WORKSPACE, channel_scope, person_scope
from bullpen_memory.store import Store
from bullpen_tools.receipts import Receipts

if TYPE_CHECKING:
    from bullpen.replaying import Replays
    from bullpen.slack.connect import Connection, Identity
    from bullpen.slack.limits import Pace
    from bullpen.slack.side import SlackSide
    from bullpen_memory.market import Market
    from bullpen_orchestrator.desk import Desk
    from bullpen_orchestrator.schedule import Schedule
    from bullpen_tools.toolbox import Toolbox
    from bullpen_workspace.server import Workspace

SLOW = ("bullpen.slack.side", "bullpen_orchestrator.desk", "bullpen_tools.toolbox")
VIEW_SECONDS = 5.0


class Bullpen:
    """One running desk. Make it with `build`; `stop` closes everything.

    `url` is the base of the page's addresses and `address` what lets a browser in to it (both "" in
    a real Slack workspace), `model` and `place` what
    people read about the model and about where they talk.
    """

    desk: Desk
    market: Market
    slack: SlackSide
    connection: Connection
    toolbox: Toolbox

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.url = ""
        self.address = ""
        self.place = ""
        self.workspace: Workspace | None = None
        self.ready = False
        self._stack = AsyncExitStack()
        self._view: tuple[float, Viewer] | None = None
        self._warming: asyncio.Task[None] | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._clock: asyncio.Task[None] | None = None
        self._verify: Verify | None = None
        self.replays: Replays | None = None

    async def open_page(self) -> None:
        """Take the home, open the records, and answer on the page's address."""
        home = self.settings.home
        prepare_home(home)
        self._lock = HomeLock(home)
        self._stack.callback(self._lock.release)
        handler = start_logging(home)
        self._stack.callback(stop_logging, handler)
        self.models = models.choose(self.settings)
        self._stack.push_async_callback(self.models.close)
        self.model = self.models.label
        self.roster = Roster.load(home / "agents")
        self.receipts = Receipts(home / "receipts.db")
        self._stack.callback(self.receipts.close)
        self.store = Store(self.settings.memory, embedder=local_embedder())
        self._stack.callback(self.store.close)
        self.store.policy = policy.load(home / "memory-policy.toml")
        if self.settings.slack_mode == "workspace":
            await self._open_workspace()
            self.place = messages.in_workspace()
        else:
            self.settings.slack_tokens()
            self.settings.own_tokens(list(self.roster.agents))

    async def _open_workspace(self) -> None:
        from bullpen.installed import apps
        from bullpen_workspace.config import NavLink, WorkspaceConfig
        from bullpen_workspace.errors import WorkspaceError
        from bullpen_workspace.server import Workspace

        home = self.settings.home
        drawing = Drawing(
            Frame("Bullpen", (Link("Channels", "/"), Link("Memory", "/memory/"), Link("Receipts", "/receipts/"), Link("Ideas", "/ideas/")))
        )  # fmt: skip
        desk, *own = apps(self.roster, per_agent=self.settings.slack_apps == "per-agent")
        config = WorkspaceConfig(
            path=home / "workspace.db",
            files=home / "workspace-files",
            port=self.settings.port,
            person_name=self.settings.person,
            app=desk,
            more_apps=tuple(own),
            mounts=(
                MemoryPage(self.store, self.receipts, drawing, self.viewer).mount(),
                ReceiptsPage(
                    self.receipts, home / "artifacts", drawing, self.viewer, lambda: self.replays
                ).mount(),
                IdeasPage(self.store, drawing, self.viewer).mount(),
                Proof(lambda: self._verify, self._token).mount(),
            ),
            client_paths=("/desk/",),
            nav=(
                NavLink(label="Memory", href="/memory/", icon="book"),
                NavLink(label="Receipts", href="/receipts/", icon="receipt"),
                NavLink(label="Ideas", href="/ideas/", icon="idea"),
            ),
        )
        try:
            self.workspace = workspace = Workspace(config)
            self._stack.push_async_callback(workspace.stop)
            await workspace.start()
        except WorkspaceError as error:
            if "port" in str(error).lower() and self.settings.port:
                raise messages.port_in_use(self.settings.port) from error
            raise OperatorError(error.fact, error.cause, error.remedy) from error
        self.url, self.address = workspace.url, workspace.address()

    async def start_desk(self) -> None:
        """Import what is slow, connect to Slack, and let the desk go on where it was."""
        # The model's library, too: its first import inside the loop would stop everything for long.
        model = () if self.settings.model_mode == "offline" else ("anthropic",)
        for name in (*SLOW, *model):
            await asyncio.to_thread(importlib.import_module, name)
        await self._connect()
        await asyncio.to_thread(self._prepare_memory)
        await self._open_desk()
        await self._listen()
        self._publish()
        self.ready = True
        self._clock = asyncio.create_task(self._schedule().watch())
        embedder = self.store.embedder
        steps = (lambda: embedder.embed(["warm"]),) if embedder is not None else ()
        self._warming = asyncio.create_task(warm_up(*steps))
        from bullpen.upkeep import keep_up

        self._keeping = asyncio.create_task(keep_up(self.store))

    async def _connect(self) -> None:
        from bullpen.slack.side import Access, SlackSide

        agents = list(self.roster.agents)
        if self.workspace is not None:
            keys, *own = ((app.bot_token, app.app_token) for app in self.workspace.apps)
            access = Access(
                api=f"{self.url}/api/", desk=keys, agents=dict(zip(agents, own, strict=False))
            )
        else:
            read = self.settings
            access = Access(
                api=read.slack_api_url, desk=read.slack_tokens(), agents=read.own_tokens(agents)
            )
        self.slack = await SlackSide.open(access, self.roster, self._pace, self.settings.home)
        self._stack.push_async_callback(self.slack.close)
        self.connection = self.slack.connection
        if self.workspace is None:
            self.place = setup_messages.in_slack(self.connection.identity.team)

    def _pace(self, me: Identity) -> Pace:
        from bullpen.slack.limits import Tiers, Unpaced
        from bullpen.slack.pacebook import PaceBook

        if self.workspace is not None:
            return Unpaced()
        book = PaceBook(self.settings.home / "pace.db", f"{me.team_id}:{me.bot_id}")
        self._stack.callback(book.close)
        return Tiers(book=book)

    def _prepare_memory(self) -> None:
        from bullpen_memory.index import ChromaIndex
        from bullpen_memory.indexer import Indexer
        from bullpen_memory.market import Market
        from bullpen_tools.bundled import seed

        self.market = Market(self.store)
        seed(self.market)
        if self.store.embedder is not None:
            index = ChromaIndex(self.settings.home / "chroma")
            self._stack.callback(index.close)
            indexer = Indexer(self.store, index)
            self._stack.callback(indexer.stop)
            indexer.start()
            self._verify = indexer.verify

    async def _open_desk(self) -> None:
        from bullpen.replaying import Replays
        from bullpen_orchestrator.desk import Desk, DeskParts
        from bullpen_orchestrator.limits import Limits
        from bullpen_tools.toolbox import default_toolbox

        settings = self.settings
        fetching = syncing.fetching_of(settings) if settings.sync == "on" else None
        limits = Limits(
            model_calls=settings.max_model_calls, tokens=settings.max_tokens, usd=settings.max_usd
        )
        self.toolbox = default_toolbox(self.receipts, fetching)
        self.replays = Replays(self.toolbox, self.store, self.market)
        parts = DeskParts(
            home=settings.home, roster=self.roster, model_for=self.models.for_agent,
            toolbox=self.toolbox, receipts=self.receipts, store=self.store,
            market=self.market, chat=self.slack.chat, default_model=self.models.default,
            limits=limits, team=self.connection.identity.team_id,
        )  # fmt: skip
        self.desk = Desk(parts)
        self._stack.push_async_callback(self.desk.stop)
        await self.desk.start()

    async def _listen(self) -> None:
        from bullpen.acts import Acts
        from bullpen.blame import Blame
        from bullpen.calls import Calls
        from bullpen.duties import Kept
        from bullpen.slack.app import Books
        from bullpen.slack.attachments import Attachments

        self._stack.push_async_callback(self.slack.deafen)
        folder, limit = self.settings.home / "files", self.settings.max_file_bytes
        books = Books(
            self.roster, self.receipts, self.store, Blame(self.store), Kept(self.settings.home),
            Acts(self.store, self.receipts),
            Calls(self.toolbox, self.store, self.market, self.settings.home / "artifacts"),
            self.replays,
        )  # fmt: skip
        sees = self.settings.sees_pictures
        await self.slack.listen(
            self.desk, books, lambda line: Attachments(line.client, folder, limit, pictures=sees)
        )

    def _schedule(self) -> Schedule:
        from bullpen.duties import clock

        side, me = self.slack, self.connection.identity
        return clock(self.settings.home, self.desk, side.chat, side.directory, self.roster, me)

    def _token(self) -> str:
        return self.workspace.credentials.user_token if self.workspace else ""

    def _publish(self) -> None:
        import os

        token = self._token()
        bot = self.connection.identity.bot_user_id
        self._lock.publish(RunningDesk(os.getpid(), self.url, token, bot, self.address))

    async def viewer(self) -> Viewer:
        """Who looks at the local pages: the person of the workspace, with what they may see."""
        workspace = self.workspace
        assert workspace is not None
        now = time.monotonic()
        if self._view is not None and now - self._view[0] < VIEW_SECONDS:
            return self._view[1]
        person = workspace.credentials.person_id
        names = {agent.id: agent.name for agent in self.roster.agents.values()}
        names |= {user.id: user.name for user in workspace.office.rooms.people.all()}
        names[person] = self.settings.person
        channels: dict[str, str] = {}
        scopes = {WORKSPACE, person_scope(person)}
        if self.ready:
            for channel in await self.slack.directory.channels_of(person):
                channels[channel.id] = channel.name
                scopes.add(channel_scope(channel.id))
        viewer = Viewer(person, frozenset(scopes), names, channels)
        if self.ready:
            self._view = (now, viewer)
        return viewer

    async def stop(self) -> None:
        """Close everything, last opened first. Runs under way go on at the next start."""
        self.ready = False
        for task in (self._warming, self._keeping, self._clock):
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        await self._stack.aclose()


async def build(
    settings: Settings, *, on_page: Callable[[Bullpen], None] = lambda _: None
) -> Bullpen:
    """Start a desk. `on_page` is called once the page answers, before the desk does.

    Raises OperatorError with nothing left open.
    """
    bullpen = Bullpen(settings)
    try:
        await bullpen.open_page()
        on_page(bullpen)
        await bullpen.start_desk()
    except BaseException:
        await bullpen.stop()
        raise
    return bullpen
