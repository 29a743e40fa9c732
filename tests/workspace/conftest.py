"""Fixtures for the workspace's tests: a running workspace and Slack's own clients against it.

Slack's clients read proxy settings from the environment and ignore NO_PROXY, so the fixtures
take the settings away for as long as a test runs.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk import WebClient
from slack_sdk.web.async_client import AsyncWebClient

from bullpen_workspace.actions import Person
from bullpen_workspace.config import AppSpec, Timing, WorkspaceConfig
from bullpen_workspace.server import Workspace
from bullpen_workspace.types import AgentFace, Command, Shortcut

_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")

SPEC = AppSpec(
    name="Bullpen",
    display_name="Bullpen",
    agents=(AgentFace(name="Quant", icon=":abacus:", aliases=("quant",)),),
    commands=(Command(name="/bullpen", usage="ask quant …", description="Ask the desk"),),
    shortcuts=(
        Shortcut(callback_id="new_task", label="New task", kind="global"),
        Shortcut(callback_id="ask_agent", label="Ask an agent about this", kind="message"),
    ),
)


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in _PROXIES:
        monkeypatch.delenv(name, raising=False)


def make_config(folder: Path, **changes: object) -> WorkspaceConfig:
    fields: dict = {
        "path": folder / "workspace.db",
        "files": folder / "files",
        "port": 0,
        "app": SPEC,
        "timing": Timing(trigger=30.0),
    }
    return WorkspaceConfig(**{**fields, **changes})


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Callable[..., Awaitable[Workspace]]]:
    """Start a workspace in the test's folder; every one is stopped at the end."""
    started: list[Workspace] = []

    async def begin(**changes: object) -> Workspace:
        workspace = Workspace(make_config(tmp_path, **changes))
        started.append(workspace)
        await workspace.start()
        return workspace

    yield begin
    for workspace in started:
        await workspace.stop()


@pytest.fixture
async def workspace(start: Callable[..., Awaitable[Workspace]]) -> Workspace:
    return await start()


@pytest.fixture
def person(workspace: Workspace) -> Person:
    return Person(workspace.office, workspace.credentials.person_id)


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


@pytest.fixture
def bot(workspace: Workspace, session: aiohttp.ClientSession) -> AsyncWebClient:
    """Slack's async client with the bot token."""
    return AsyncWebClient(
        token=workspace.credentials.bot_token, base_url=f"{workspace.url}/api/", session=session
    )


@pytest.fixture
def sync_bot(workspace: Workspace) -> WebClient:
    """Slack's sync client with the bot token; call it in a thread."""
    return WebClient(token=workspace.credentials.bot_token, base_url=f"{workspace.url}/api/")


@pytest.fixture
def desk(workspace: Workspace) -> str:
    """The id of #desk."""
    channel = workspace.rooms.channels.by_name("desk")
    assert channel is not None
    return channel.id


@pytest.fixture
async def connect(session: aiohttp.ClientSession) -> AsyncIterator[Callable[..., Awaitable]]:
    """Connect a Bolt app over Socket Mode; `listen` adds its listeners first."""
    async with AsyncExitStack() as stack:

        async def begin(workspace: Workspace, listen: Callable[[AsyncApp], None]):
            client = AsyncWebClient(
                token=workspace.credentials.bot_token,
                base_url=f"{workspace.url}/api/",
                session=session,
            )
            app = AsyncApp(client=client, ignoring_self_events_enabled=False)
            listen(app)
            handler = AsyncSocketModeHandler(app, workspace.credentials.app_token)
            await handler.connect_async()
            stack.push_async_callback(handler.close_async)
            return handler

        yield begin


async def eventually(truth: Callable[[], object], *, seconds: float = 8.0) -> object:
    """Wait until `truth` gives something true and return it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := truth():
            return found
        await asyncio.sleep(0.01)
    raise AssertionError(f"it did not become true within {seconds:g} s")


@pytest.fixture
def until() -> Callable[..., Awaitable[object]]:
    return eventually
