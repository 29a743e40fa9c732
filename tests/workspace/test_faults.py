"""Faults on demand: what was ordered goes wrong, and an app built on Bolt survives it."""

from collections import Counter
from collections.abc import Awaitable, Callable

import aiohttp
import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bullpen_workspace.actions import Person
from bullpen_workspace.config import Timing
from bullpen_workspace.server import Workspace

QUICK = Timing(ack=0.3, retries=(0.0, 0.1, 0.2))
Control = Callable[..., Awaitable[dict]]


@pytest.fixture
async def workspace(start) -> Workspace:
    return await start(timing=QUICK, control_token="let-me")


@pytest.fixture
def control(workspace: Workspace, session: aiohttp.ClientSession) -> Control:
    """Orders by the control API: control("sockets/drop"), control("faults", duplicate=1)."""

    async def order(path: str, method: str = "POST", **body: object) -> dict:
        headers = {"Authorization": "Bearer let-me"}
        url = f"{workspace.url}/_control/{path}"
        async with session.request(method, url, json=body, headers=headers) as response:
            return {"status": response.status, **await response.json()}

    return order


@pytest.fixture
async def heard(workspace: Workspace, connect) -> list[dict]:
    """Every event that reaches the app's listener, as often as it comes."""
    bodies: list[dict] = []

    def listen(app: AsyncApp) -> None:
        @app.event("message")
        async def _(body) -> None:
            bodies.append(body)

    await connect(workspace, listen)
    return bodies


def texts(bodies: list[dict]) -> list[str]:
    return [body["event"]["text"] for body in bodies]


IN_FLIGHT = 20
"""Events that are on their way at most; a backlog would be sent again whole at every drop."""


async def drop_while_talking(workspace: Workspace, events: int, drops: int, until) -> list[str]:
    """Post `events` messages and drop all sockets `drops` times meanwhile; the texts sent."""
    person = Person(workspace.office, workspace.credentials.person_id)
    channel = workspace.rooms.channels.by_name("desk")
    assert channel is not None
    app_id = workspace.credentials.app_id
    dropped, every = 0, events // drops
    for number in range(events):
        await until(lambda: len(workspace.rooms.deliveries.pending(app_id)) < IN_FLIGHT)
        falls = number % every == every - 1
        if falls:  # The acknowledgements on their way fall with the socket.
            await until(lambda: workspace.courier.sockets(app_id))
            workspace.courier.faults.refuse_acks = 3
        person.post(channel.id, f"event {number}")
        if falls:
            await until(lambda: workspace.courier.faults.refuse_acks < 3)
            workspace.courier.faults.clear()
            dropped += bool(await workspace.courier.drop(app_id))
    assert dropped == drops
    return [f"event {number}" for number in range(events)]


async def survive(workspace: Workspace, heard: list[dict], events: int, drops: int, until) -> int:
    """Nothing is lost, nothing is left; how many came more than once before dedupe."""
    sent = await drop_while_talking(workspace, events, drops, until)
    app_id = workspace.credentials.app_id
    await until(lambda: not workspace.rooms.deliveries.pending(app_id), seconds=60)
    await until(lambda: len({body["event_id"] for body in heard}) >= events)
    by_id = {body["event_id"]: body["event"]["text"] for body in heard}
    assert Counter(by_id.values()) == Counter(sent)
    return len(heard) - len(by_id)


async def test_sockets_drop_and_nothing_is_lost(workspace: Workspace, heard, until) -> None:
    """Slack delivers at least once: what was on its way when a socket fell may come again."""
    assert 5 <= await survive(workspace, heard, 200, 5, until) <= 5 * IN_FLIGHT


@pytest.mark.slow
async def test_fifty_drops_during_two_thousand_events(workspace: Workspace, heard, until) -> None:
    again = await survive(workspace, heard, 2000, 50, until)
    assert 50 <= again <= 50 * IN_FLIGHT
    print(f"lost 0, duplicated after dedupe 0, delivered again before dedupe {again}")


async def test_refused_acks_are_retried(
    workspace: Workspace, person: Person, heard, control: Control, until, desk: str
) -> None:
    await control("faults", refuse_acks=2)
    person.post(desk, "hello")
    await until(lambda: len(heard) == 3)
    assert len({body["event_id"] for body in heard}) == 1
    await until(lambda: not workspace.rooms.deliveries.pending(workspace.credentials.app_id))


async def test_deliveries_are_delayed_doubled_and_turned_round(
    workspace: Workspace, person: Person, heard, control: Control, until, desk: str
) -> None:
    await control("faults", duplicate=1)
    person.post(desk, "twice")
    await until(lambda: texts(heard) == ["twice", "twice"])
    heard.clear()
    await control("faults", reorder=3)
    for text in ("a", "b", "c"):
        person.post(desk, text)
    await until(lambda: len(heard) == 3)
    assert texts(heard) == ["c", "b", "a"]
    heard.clear()
    await control("faults", delay={"times": 1, "seconds": 0.3})
    person.post(desk, "late")
    person.post(desk, "early")
    await until(lambda: len(heard) == 2)
    assert texts(heard) == ["early", "late"]


async def test_calls_fail_before_or_after_they_took_effect(
    workspace: Workspace, bot: AsyncWebClient, control: Control, desk: str
) -> None:
    calls = [{"method": "chat.postMessage", "status": 429, "retry_after": 7, "times": 1}]
    await control("faults", calls=calls)
    with pytest.raises(SlackApiError) as caught:
        await bot.chat_postMessage(channel=desk, text="never")
    assert caught.value.response.status_code == 429
    assert caught.value.response.headers["Retry-After"] == "7"
    calls = [{"method": "chat.postMessage", "status": 500, "when": "after"}]
    await control("faults", calls=calls)
    with pytest.raises(SlackApiError) as caught:
        await bot.chat_postMessage(channel=desk, text="said all the same")
    assert caught.value.response.status_code == 500
    assert (await bot.chat_postMessage(channel=desk, text="then well"))["ok"]
    said = [message.text for message in workspace.rooms.messages.timeline(desk)]
    assert said == ["said all the same", "then well"]


async def test_stream_expires_on_demand(
    workspace: Workspace, person: Person, bot: AsyncWebClient, control: Control, desk: str
) -> None:
    credentials = workspace.credentials
    stream = await bot.chat_startStream(
        channel=desk,
        thread_ts=person.post(desk, "go").ts,
        recipient_user_id=credentials.person_id,
        recipient_team_id=credentials.team_id,
    )
    assert (await control("streams/expire", channel=desk, ts=stream["ts"]))["ok"]
    with pytest.raises(SlackApiError) as caught:
        await bot.chat_appendStream(channel=desk, ts=stream["ts"], markdown_text="more")
    assert caught.value.response["error"] == "message_not_in_streaming_state"
    again = await control("streams/expire", channel=desk, ts=stream["ts"])
    assert (again["status"], again["error"]) == (400, "message_not_in_streaming_state")


async def test_orders_are_shown_and_taken_back(control: Control) -> None:
    told = await control("faults", duplicate=3, calls=[{"method": "auth.test", "times": 2}])
    assert (told["faults"]["duplicate"], told["faults"]["calls"]) == (3, {"auth.test": 2})
    assert (await control("faults", "GET"))["faults"] == told["faults"]
    cleared = (await control("faults", "DELETE"))["faults"]
    assert (cleared["duplicate"], cleared["calls"]) == (0, {})
    assert (await control("faults", calls=[{"method": "x", "status": 404}]))["status"] == 400
    assert (await control("sockets/disconnect", reason="boredom"))["status"] == 400
    assert (await control("sockets/drop", app_id="A0NOWHERE00"))["status"] == 400


async def test_sockets_go_by_order(
    workspace: Workspace, heard, person: Person, control: Control, until, desk: str
) -> None:
    assert (await control("sockets/drop"))["dropped"] == 1
    assert (await control("sockets/disconnect", reason="refresh_requested"))["ok"]
    person.post(desk, "still there")
    await until(lambda: "still there" in texts(heard))


async def test_control_needs_its_token(workspace: Workspace, session) -> None:
    url = f"{workspace.url}/_control/faults"
    for headers in ({}, {"Authorization": "Bearer guess"}):
        async with session.get(url, headers=headers) as response:
            assert response.status == 401
    token = {"Authorization": f"Bearer {workspace.credentials.bot_token}"}
    async with session.post(url, headers=token, json={}) as response:
        assert response.status == 401


async def test_control_is_off_unless_asked_for(start, session) -> None:
    workspace = await start()
    for headers in ({}, {"Authorization": "Bearer "}):
        async with session.get(f"{workspace.url}/_control/faults", headers=headers) as response:
            assert response.status == 404
