"""The workspace as a server: one Starlette application on a loopback port, in the caller's loop.

The rule it protects: `start` returns when requests are answered and `stop` when everything is
closed and on disk; in between the process's signals stay the caller's. It does not choose
what is served; `web_api/`, `socket_mode.py`, `downloads.py` and `page/` do.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import ipaddress
import logging
import secrets
import socket
import sqlite3
from collections.abc import Callable, Generator

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket

from bullpen_workspace import downloads
from bullpen_workspace.config import Credentials, WorkspaceConfig
from bullpen_workspace.control import control_routes
from bullpen_workspace.delivery import Courier
from bullpen_workspace.doorkeeper import Doorkeeper
from bullpen_workspace.entrance import KEY, Entrance
from bullpen_workspace.errors import WorkspaceError
from bullpen_workspace.events import Announcer
from bullpen_workspace.founding import found, found_more, found_people
from bullpen_workspace.http_delivery import Endpoint
from bullpen_workspace.inspector import Inspector, Tape
from bullpen_workspace.installing import install_routes
from bullpen_workspace.office import Office
from bullpen_workspace.rooms import Rooms
from bullpen_workspace.security import Guard
from bullpen_workspace.socket_mode import serve_socket
from bullpen_workspace.streams import expire_statuses, expire_streams
from bullpen_workspace.web_api.dispatch import api_routes

_log = logging.getLogger(__name__)


class Workspace:
    """A local Slack. State lives in `config.path` and `config.files` and survives a restart.

    `url` and `office` exist from `start` on, `credentials` (of the first app), `apps` (of all) and
    `people` (tokens of the further people, by name) from construction on.
    """

    def __init__(self, config: WorkspaceConfig) -> None:
        """Open the state. Raises WorkspaceError when it cannot be opened or `host` is not loopback."""
        _require_loopback(config.host)
        self.config = config
        self.rooms = Rooms(config.path, config.files)
        self.credentials: Credentials = found(self.rooms, config)
        self.apps = (self.credentials, *found_more(self.rooms, config, self.credentials.person_id))
        self.people = found_people(self.rooms, config, self.credentials.app_id)
        self.courier = Courier(self.rooms, config.timing)
        self._office: Office | None = None
        self._server: uvicorn.Server | None = None
        self._serving: asyncio.Task[None] | None = None
        self._sweeping: asyncio.Task[None] | None = None
        self._unsubscribe: Callable[[], None] = lambda: None
        self._port = config.port
        session = self.rooms.secret("session_key", lambda: secrets.token_urlsafe(32))
        self._entrance = Entrance(self.credentials.team_id, session)

    @property
    def url(self) -> str:
        """The base of every address here, without a slash at its end. The page needs a key, too."""
        return f"http://{self.config.host}:{self._port}"

    def address(self, path: str = "/", *, once: bool = False) -> str:
        """An address that lets a browser in to the page: for who may read it, until `stop`.

        With `once` it opens a single time, within five minutes.
        """
        mark = "&" if "?" in path else "?"
        return f"{self.url}{path}{mark}{KEY}={self._entrance.key(once=once)}"

    @property
    def office(self) -> Office:
        """What the page and further pages work with. RuntimeError before `start`."""
        if self._office is None:
            raise RuntimeError("the workspace has not been started")
        return self._office

    async def start(self) -> None:
        """Listen. Raises WorkspaceError when the port cannot be had."""
        listener = _bind(self.config.host, self.config.port)
        self._port = int(listener.getsockname()[1])
        self._office = Office(
            rooms=self.rooms,
            courier=self.courier,
            config=self.config,
            credentials=self.credentials,
            url=self.url,
            entrance=self._entrance,
        )
        self._unsubscribe()
        announcer, doorkeeper = Announcer(self._office), Doorkeeper(self.rooms)
        ends = [self.rooms.subscribe(each.hear, inside=True) for each in (announcer, doorkeeper)]
        self._unsubscribe = lambda: _all(ends)
        await self.courier.start()
        self._attach_endpoints()
        self._sweeping = asyncio.create_task(self._sweep(), name="sweep")
        server = self._server = _Server(
            uvicorn.Config(
                self._application(self._office),
                lifespan="off",
                log_level="warning",
                access_log=False,
                server_header=False,
                ws="websockets-sansio",
                ws_max_size=1 << 20,
                timeout_graceful_shutdown=2,
            )
        )
        self._serving = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:
            if self._serving.done():
                await self._serving
                raise WorkspaceError(
                    "The workspace's server ended while it was starting.",
                    "The reason is in the log above.",
                    "Start it again; if it ends again, report it.",
                )
            await asyncio.sleep(0.005)

    def _attach_endpoints(self) -> None:
        """Apps with a request URL are connected from the start."""
        for app in self.rooms.people.apps():
            if app.settings.request_url:
                endpoint = Endpoint(app, self.courier, seconds=self.config.timing.ack)
                self.courier.attach(app.id, endpoint)

    async def stop(self) -> None:
        """Close every connection and the database. Calling it again does nothing."""
        self._unsubscribe()
        if self._sweeping is not None:
            self._sweeping.cancel()
            await asyncio.gather(self._sweeping, return_exceptions=True)
        await self.courier.stop()
        if self._server is not None and self._serving is not None:
            self._server.should_exit = True
            await self._serving
            self._server = None
        self.rooms.close()

    async def _sweep(self) -> None:
        """Do what is due: end old streams and status lines, post what was scheduled."""
        while True:
            try:
                expire_streams(self.rooms, self.config.timing.stream)
                expire_statuses(self.rooms, self.config.timing.status)
                self.rooms.schedule.post_due()
            except sqlite3.Error:
                _log.exception("a round of what is due failed and is tried again")
            await asyncio.sleep(self.config.timing.sweep)

    def _application(self, office: Office) -> Starlette:
        # They import templates: only to serve.
        from bullpen_workspace.page.nowhere import nowhere
        from bullpen_workspace.page.site import page_routes

        async def link(websocket: WebSocket) -> None:
            await serve_socket(office, websocket)

        tape = Tape()
        routes: list[BaseRoute] = [
            *api_routes(office),
            WebSocketRoute("/link/", link),
            *downloads.routes(office),
            *control_routes(office),
            *install_routes(office),
            *self.config.mounts,
            *page_routes(office, tape),
        ]
        guard = Middleware(
            Guard,
            port=lambda: self._port,
            entrance=office.entrance,
            for_clients=tuple(self.config.client_paths),
        )
        return Starlette(
            routes=routes,
            middleware=[guard, Middleware(Inspector, tape=tape)],
            exception_handlers={404: nowhere},
        )


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: Ctrl-C belongs to whoever started the loop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


def _require_loopback(host: str) -> None:
    try:
        is_loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = host == "localhost"
    if not is_loopback:
        raise WorkspaceError(
            f"The workspace will not listen on {host}.",
            "It has no accounts: whoever reaches it is taken for you.",
            "Use 127.0.0.1, and a tunnel with its own login for other machines.",
        )


def _bind(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise WorkspaceError(
                f"The workspace cannot listen on port {port}.",
                "Another program, perhaps another Bullpen, already does.",
                "Stop that program, or choose another port.",
            ) from error
        raise WorkspaceError(
            f"The workspace cannot listen on {host} port {port}.",
            f"The system says: {error.strerror}.",
            "Choose another port.",
        ) from error
    return listener


def _all(ends: list[Callable[[], None]]) -> None:
    for end in ends:
        end()
