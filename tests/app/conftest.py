"""A real local workspace, the real SDK's connection to it, and a person in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bullpen.installed import apps
from bullpen.slack.chat import SlackChat
from bullpen.slack.connect import Connection
from bullpen.slack.identity import OneApp
from bullpen.slack.limits import Unpaced
from bullpen.slack.line import Line
from bullpen_agents.roster import Roster
from bullpen_workspace.config import WorkspaceConfig
from bullpen_workspace.server import Workspace


@pytest.fixture
async def workspace(tmp_path: Path) -> AsyncIterator[Workspace]:
    made = Workspace(
        WorkspaceConfig(
            path=tmp_path / "workspace.db",
            files=tmp_path / "wfiles",
            port=0,
            app=apps(Roster.load(), per_agent=False)[0],
        )
    )
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def connection(workspace: Workspace) -> AsyncIterator[Connection]:
    keys = workspace.credentials
    opened = await Connection.open(
        base_url=f"{workspace.url}/api/", bot_token=keys.bot_token, app_token=keys.app_token
    )
    yield opened
    await opened.close()


@pytest.fixture
async def chat(connection: Connection) -> AsyncIterator[SlackChat]:
    made = SlackChat(OneApp(Line(connection, Roster.load().agents, Unpaced())))
    yield made
    await made.close()


@pytest.fixture
async def person(workspace: Workspace, connection: Connection) -> AsyncWebClient:
    client = AsyncWebClient(
        workspace.credentials.user_token,
        base_url=f"{workspace.url}/api/",
        session=connection.session,
    )
    client.proxy = None
    return client


@pytest.fixture
async def desk_channel(person: AsyncWebClient) -> str:
    channels = (await person.conversations_list())["channels"]
    return next(c["id"] for c in channels if c["name"] == "desk")
