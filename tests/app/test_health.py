"""Sockets that drop, a server that goes quiet, and what was said meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bullpen.slack.app import Books, Listeners
from bullpen.slack.attachments import Attachments
from bullpen.slack.catchup import CatchUp
from bullpen.slack.chat import SlackChat
from bullpen.slack.connect import Connection
from bullpen.slack.directory import Directory
from bullpen.slack.health import Timing
from bullpen.slack.inbound import Reader
from bullpen.slack.limits import Unpaced
from bullpen_agents.roster import Roster
from bullpen_agents.scripted import ScriptedModel
from bullpen_orchestrator.desk import Desk
from bullpen_workspace.config import WorkspaceConfig
from bullpen_workspace.server import Workspace
from real_parts import close_parts, make_parts

QUICK = Timing(look=0.1, deaf=30.0, probe=0.2)


async def until(true: Callable[[], Awaitable[Any]], seconds: float = 20) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := await true()):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)
    return found


class Office:
    """A desk with a scripted model on a connection of its own; `open` and `close` as one likes."""

    def __init__(self, home: Path, workspace: Workspace) -> None:
        self.home, self.workspace = home, workspace

    async def open(self, timing: Timing = QUICK) -> Connection:
        keys, url = self.workspace.credentials, self.workspace.url
        self.connection = connection = await Connection.open(
            base_url=f"{url}/api/", bot_token=keys.bot_token, app_token=keys.app_token
        )
        chat = SlackChat(connection, Roster.load().agents, Unpaced())
        self.parts = make_parts(self.home, chat, ScriptedModel(lambda request: "Yes."))
        self.desk = Desk(self.parts)
        await self.desk.start()
        directory = Directory(connection.reader)
        (self.home / "files").mkdir(exist_ok=True)
        reader = Reader(
            connection.identity, directory, Attachments(connection.client, self.home / "files", 99)
        )
        books = Books(self.parts.roster, self.parts.receipts, self.parts.store)
        said = Listeners(connection, reader, directory, self.desk, books).said
        catch_up = CatchUp(connection.reader, Unpaced(), connection.identity, self.desk, said)
        await connection.listen(catch_up, timing=timing)
        return connection

    async def close(self) -> None:
        await self.desk.stop()
        await self.connection.close()
        close_parts(self.parts)

    def lose_events(self) -> None:
        """What Slack does after its retries: the events that nobody took are gone."""
        rooms, app = self.workspace.office.rooms, self.workspace.credentials.app_id
        for delivery in rooms.deliveries.pending(app):
            rooms.deliveries.remove(delivery.id)


async def answers(person: AsyncWebClient, channel: str, ts: str) -> list[str]:
    page = await person.conversations_replies(channel=channel, ts=ts)
    return [m["text"] for m in page["messages"] if m.get("username")]


async def test_what_was_said_while_nobody_listened_is_answered_once(
    tmp_path: Path, workspace: Workspace, person: AsyncWebClient, desk_channel: str
) -> None:
    bot = workspace.credentials.bot_user_id
    office = Office(tmp_path / "home", workspace)
    office.home.mkdir()
    early = await person.chat_postMessage(channel=desk_channel, text=f"<@{bot}> before your time")
    office.lose_events()
    await office.open()
    root = (await person.chat_postMessage(channel=desk_channel, text=f"<@{bot}> first"))["ts"]
    await until(lambda: answers(person, desk_channel, root))
    await office.desk.idle(10)
    await office.close()
    direct = (await person.conversations_open(users=bot))["channel"]["id"]
    alone = (await person.chat_postMessage(channel=direct, text="hello?"))["ts"]
    await person.chat_postMessage(channel=desk_channel, text="and more", thread_ts=root)
    late = (await person.chat_postMessage(channel=desk_channel, text=f"<@{bot}> second"))["ts"]
    office.lose_events()
    await office.open()
    try:
        await until(lambda: answers(person, direct, alone))
        await until(lambda: answers(person, desk_channel, late))
        await workspace.office.courier.sockets(workspace.credentials.app_id)[0].close()
        await until(office.connection.connected)
        await office.desk.idle(10)
        assert len(await answers(person, desk_channel, root)) == 2
        assert len(await answers(person, desk_channel, late)) == 1
        assert await answers(person, desk_channel, early["ts"]) == []
    finally:
        await office.close()


async def test_dropped_sockets_lose_and_repeat_nothing(
    tmp_path: Path, workspace: Workspace, person: AsyncWebClient, desk_channel: str
) -> None:
    keys, courier = workspace.credentials, workspace.office.courier
    office = Office(tmp_path / "home", workspace)
    office.home.mkdir()
    await office.open()
    try:
        assert len(courier.sockets(keys.app_id)) == 2
        roots: list[str] = []
        for n in range(12):
            if n % 3 == 1:
                await courier.sockets(keys.app_id)[0].close()
            elif n == 5:
                await courier.disconnect(keys.app_id, "refresh_requested")
            sent = await person.chat_postMessage(
                channel=desk_channel, text=f"<@{keys.bot_user_id}> {n}"
            )
            roots.append(sent["ts"])
        for root in roots:
            await until(lambda root=root: answers(person, desk_channel, root))
        await office.desk.idle(10)
        said = [len(await answers(person, desk_channel, root)) for root in roots]
        assert said == [1] * 12
        await until(office.connection.connected)
    finally:
        await office.close()


async def test_a_server_that_goes_is_noticed_and_met_again(
    tmp_path: Path, workspace: Workspace
) -> None:
    office = Office(tmp_path / "home", workspace)
    office.home.mkdir()
    await office.open()
    watch = office.connection.watch
    assert watch is not None
    port = int(workspace.url.rpartition(":")[2])
    try:
        await workspace.stop()

        async def troubled() -> str:
            return watch.trouble

        assert await until(troubled)
        again = Workspace(
            WorkspaceConfig(path=tmp_path / "workspace.db", files=tmp_path / "wfiles", port=port)
        )
        await again.start()
        try:
            await until(office.connection.connected, 40)
        finally:
            await again.stop()
    finally:
        await office.close()
