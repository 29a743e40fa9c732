"""Socket Mode and delivery: tickets, one of n, acknowledgement, retries, the queue, refresh."""

import asyncio
import json
import sqlite3
from contextlib import AsyncExitStack, closing

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bullpen_workspace.actions import Person
from bullpen_workspace.config import Timing
from bullpen_workspace.server import Workspace

QUICK = Timing(ack=0.2, retries=(0.0, 0.1, 0.2), trigger=30.0)


class RawApp:
    """A Socket Mode client that acknowledges only when told to."""

    def __init__(self, workspace: Workspace, session: aiohttp.ClientSession) -> None:
        self._workspace, self._session = workspace, session
        self._stack = AsyncExitStack()

    async def open_address(self) -> str:
        url = f"{self._workspace.url}/api/apps.connections.open"
        headers = {"Authorization": f"Bearer {self._workspace.credentials.app_token}"}
        async with self._session.post(url, headers=headers) as response:
            return (await response.json())["url"]

    async def connect(self) -> aiohttp.ClientWebSocketResponse:
        socket = await self._session.ws_connect(await self.open_address())
        self._stack.push_async_callback(socket.close)
        hello = await socket.receive_json()
        assert hello["type"] == "hello"
        return socket

    async def close(self) -> None:
        await self._stack.aclose()


@pytest.fixture
async def quick(start) -> Workspace:
    return await start(timing=QUICK)


@pytest.fixture
async def app(quick: Workspace, session: aiohttp.ClientSession):
    raw = RawApp(quick, session)
    yield raw
    await raw.close()


def post(workspace: Workspace, text: str) -> str:
    channel = workspace.rooms.channels.by_name("desk")
    assert channel is not None
    return Person(workspace.office, workspace.credentials.person_id).post(channel.id, text).ts


async def frame(socket: aiohttp.ClientWebSocketResponse, seconds: float = 5.0) -> dict:
    return await socket.receive_json(timeout=seconds)


async def ack(socket: aiohttp.ClientWebSocketResponse, envelope: dict) -> None:
    await socket.send_json({"envelope_id": envelope["envelope_id"]})


async def test_ticket_opens_one_socket_only(quick: Workspace, app: RawApp, session) -> None:
    address = await app.open_address()
    first = await session.ws_connect(address)
    assert (await frame(first))["connection_info"]["app_id"] == quick.credentials.app_id
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        await session.ws_connect(address)
    assert caught.value.status == 403
    await first.close()


async def test_event_has_slacks_outer_shape(quick: Workspace, app: RawApp) -> None:
    socket = await app.connect()
    ts = post(quick, "hello")
    envelope = await frame(socket)
    assert envelope["type"] == "events_api"
    # A first delivery carries attempt 0: clients that test for presence would drop it.
    assert envelope["retry_attempt"] == 0
    payload = envelope["payload"]
    assert payload["type"] == "event_callback"
    assert payload["team_id"] == quick.credentials.team_id
    assert payload["api_app_id"] == quick.credentials.app_id
    assert payload["event_id"].startswith("Ev")
    assert payload["authorizations"][0]["user_id"] == quick.credentials.bot_user_id
    assert payload["event"]["ts"] == payload["event"]["event_ts"] == ts
    await ack(socket, envelope)


async def test_each_envelope_goes_to_one_of_the_sockets(quick: Workspace, app: RawApp) -> None:
    sockets = [await app.connect() for _ in range(3)]
    for number in range(6):
        post(quick, str(number))
    got: list[str] = []
    for socket in sockets:
        for _ in range(2):
            envelope = await frame(socket)
            got.append(envelope["payload"]["event"]["text"])
            await ack(socket, envelope)
    assert sorted(got) == ["0", "1", "2", "3", "4", "5"]


async def test_silence_is_retried_on_another_socket_then_given_up(
    quick: Workspace, app: RawApp, until
) -> None:
    sockets = [await app.connect(), await app.connect()]
    post(quick, "is anybody there")
    seen = []
    for turn in range(4):
        envelope = await frame(sockets[turn % 2])
        seen.append((envelope["retry_attempt"], envelope["retry_reason"]))
    assert seen == [(0, ""), (1, "timeout"), (2, "timeout"), (3, "timeout")]
    await until(lambda: not quick.rooms.deliveries.pending(quick.credentials.app_id))


async def test_acknowledged_envelope_is_not_sent_again(
    quick: Workspace, app: RawApp, until
) -> None:
    socket = await app.connect()
    post(quick, "once")
    await ack(socket, await frame(socket))
    await until(lambda: not quick.rooms.deliveries.pending(quick.credentials.app_id))
    with pytest.raises(TimeoutError):
        await frame(socket, seconds=3 * QUICK.ack)


async def test_closed_socket_hands_its_envelopes_on(quick: Workspace, app: RawApp) -> None:
    first = await app.connect()
    post(quick, "half way")
    envelope = await frame(first)
    second = await app.connect()
    await first.close()
    again = await frame(second)
    assert again["payload"]["event_id"] == envelope["payload"]["event_id"]
    await ack(second, again)


async def test_queue_waits_for_a_socket_and_a_restart(start, session) -> None:
    workspace = await start()
    for number in range(3):
        post(workspace, str(number))
    await workspace.stop()
    again = await start()
    app = RawApp(again, session)
    socket = await app.connect()
    texts = []
    for _ in range(3):
        envelope = await frame(socket)
        assert envelope["retry_attempt"] == 0
        texts.append(envelope["payload"]["event"]["text"])
        await ack(socket, envelope)
    assert texts == ["0", "1", "2"]
    await app.close()


async def test_a_database_that_fails_for_a_moment_leaves_no_app_deaf(
    start, session, until, caplog
) -> None:
    workspace = await start()
    app = RawApp(workspace, session)
    socket = await app.connect()
    with closing(sqlite3.connect(workspace.config.path)) as other:
        post(workspace, "before")
        other.execute("ALTER TABLE deliveries RENAME TO elsewhere")
        workspace.courier.wake()
        await until(lambda: "tried again" in caplog.text)
        other.execute("ALTER TABLE elsewhere RENAME TO deliveries")
    envelope = await frame(socket)
    assert envelope["payload"]["event"]["text"] == "before"
    await ack(socket, envelope)
    await app.close()


async def test_refresh_loses_nothing(workspace: Workspace, connect, until) -> None:
    texts: list[str] = []

    def listen(app) -> None:
        @app.event("message")
        async def _(event) -> None:
            texts.append(event["text"])

    await connect(workspace, listen)
    app_id = workspace.credentials.app_id
    for number in range(30):
        post(workspace, str(number))
        if number == 10:
            await workspace.courier.disconnect(app_id, "refresh_requested")
        await asyncio.sleep(0)
    await until(lambda: len(set(texts)) == 30)
    assert len(texts) == 30


@pytest.mark.parametrize("reason", ["warning", "link_disabled"])
async def test_disconnect_names_its_reason(quick: Workspace, app: RawApp, reason: str) -> None:
    socket = await app.connect()
    await quick.courier.disconnect(quick.credentials.app_id, reason)
    told = await frame(socket)
    assert (told["type"], told["reason"]) == ("disconnect", reason)
    still_open = reason == "warning"
    assert bool(quick.courier.sockets(quick.credentials.app_id)) is still_open


async def test_eleventh_socket_is_sent_away(quick: Workspace, app: RawApp, session) -> None:
    for _ in range(10):
        await app.connect()
    socket = await session.ws_connect(await app.open_address())
    told = await frame(socket)
    assert (told["type"], told["reason"]) == ("disconnect", "too_many_websockets")
    await socket.close()


async def test_frames_that_are_no_acknowledgement_are_ignored(
    quick: Workspace, app: RawApp
) -> None:
    socket = await app.connect()
    for text in ("{", "[]", '"x"', '{"envelope_id": 1}', '{"envelope_id": "unknown"}'):
        await socket.send_str(text)
    post(quick, "still here")
    envelope = await frame(socket)
    assert envelope["payload"]["event"]["text"] == "still here"
    await ack(socket, envelope)


async def test_wrong_app_token_gets_no_address(workspace: Workspace, session) -> None:
    client = AsyncWebClient(base_url=f"{workspace.url}/api/", session=session)
    answer = await client.api_call("auth.test", json={"token": workspace.credentials.bot_token})
    assert answer["ok"] is True
    url = f"{workspace.url}/api/apps.connections.open"
    async with session.post(url, headers={"Authorization": "Bearer xapp-1-no"}) as response:
        assert json.loads(await response.text())["error"] == "invalid_auth"
