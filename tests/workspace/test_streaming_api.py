"""Streams: text that grows, tasks and plans, and the three ways a stream ends."""

import asyncio

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.models.messages.chunk import (
    BlocksChunk,
    MarkdownTextChunk,
    PlanUpdateChunk,
    TaskUpdateChunk,
)
from slack_sdk.web.async_client import AsyncWebClient

from bullpen_workspace.actions import Person
from bullpen_workspace.config import Timing
from bullpen_workspace.server import Workspace


async def refused(call) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value.response["error"]


@pytest.fixture
def to(workspace: Workspace, person: Person, desk: str) -> dict[str, str]:
    """Where a stream in #desk goes: in the thread of a question of the person."""
    return {
        "channel": desk,
        "thread_ts": person.post(desk, "question").ts,
        "recipient_user_id": person.user,
        "recipient_team_id": workspace.credentials.team_id,
    }


async def test_stream_helper_grows_one_message(
    bot: AsyncWebClient, workspace: Workspace, to: dict[str, str]
) -> None:
    stream = await bot.chat_stream(**to, username="Quant", icon_emoji=":abacus:", buffer_size=4)
    await stream.append(markdown_text="hello ")
    message = workspace.rooms.messages.require(to["channel"], str(stream.ts))
    assert (message.text, message.streaming, message.username) == ("hello ", True, "Quant")
    await stream.append(markdown_text="wor")
    done = await stream.stop(markdown_text="ld", blocks=[{"type": "divider"}])
    assert done["message"]["text"] == "hello world"
    assert [block["type"] for block in done["message"]["blocks"]] == ["markdown", "divider"]
    message = workspace.rooms.messages.require(to["channel"], str(stream.ts))
    assert (message.streaming, message.thread_ts) == (False, to["thread_ts"])


async def test_sync_stream_helper(
    sync_bot: WebClient, workspace: Workspace, to: dict[str, str]
) -> None:
    def run() -> str:
        stream = sync_bot.chat_stream(**to)
        stream.append(markdown_text="a" * 300)
        return stream.stop(markdown_text="b")["message"]["text"]

    assert await asyncio.to_thread(run) == "a" * 300 + "b"


async def test_all_four_chunk_kinds_as_a_timeline(bot: AsyncWebClient, to: dict[str, str]) -> None:
    started = await bot.chat_startStream(
        **to,
        task_display_mode="timeline",
        chunks=[
            PlanUpdateChunk(title="Pricing"),
            TaskUpdateChunk(id="1", title="Load", status="in_progress"),
            MarkdownTextChunk(text="first "),
            BlocksChunk(blocks=[{"type": "divider"}]),
        ],
    )
    done = await bot.chat_stopStream(
        channel=to["channel"],
        ts=started["ts"],
        chunks=[
            TaskUpdateChunk(id="1", title="Load", status="complete", output="20 rows"),
            MarkdownTextChunk(text="second"),
        ],
    )
    blocks = done["message"]["blocks"]
    assert [block["type"] for block in blocks] == ["task_card", "markdown", "divider", "markdown"]
    assert blocks[0]["status"] == "complete"
    assert blocks[0]["output"]["type"] == "rich_text"
    assert done["message"]["text"] == "first second"


async def test_plan_mode_gathers_the_tasks(bot: AsyncWebClient, to: dict[str, str]) -> None:
    started = await bot.chat_startStream(
        **to,
        task_display_mode="plan",
        chunks=[
            TaskUpdateChunk(id="1", title="Load", status="complete"),
            TaskUpdateChunk(id="2", title="Fit", status="pending"),
            PlanUpdateChunk(title="Volatility"),
        ],
    )
    done = await bot.chat_stopStream(channel=to["channel"], ts=started["ts"])
    (plan,) = done["message"]["blocks"]
    assert (plan["type"], plan["title"]) == ("plan", "Volatility")
    assert [task["title"] for task in plan["tasks"]] == ["Load", "Fit"]


async def test_what_is_refused(bot: AsyncWebClient, to: dict[str, str]) -> None:
    no_one = {**to, "recipient_user_id": None}
    assert await refused(bot.chat_startStream(**no_one)) == "missing_recipient_user_id"
    no_team = {**to, "recipient_team_id": None}
    assert await refused(bot.chat_startStream(**no_team)) == "missing_recipient_team_id"
    ts = (await bot.chat_startStream(**to, markdown_text="a"))["ts"]
    where = {"channel": to["channel"], "ts": ts}
    long = bot.chat_appendStream(**where, markdown_text="x" * 12_001)
    assert await refused(long) == "msg_blocks_too_long"
    wrong = bot.chat_appendStream(**where, chunks=[{"type": "song"}])
    assert await refused(wrong) == "invalid_chunks"
    assert await refused(bot.chat_update(**where, text="x")) == "streaming_state_conflict"
    await bot.chat_stopStream(**where)
    late = bot.chat_appendStream(**where, markdown_text="b")
    assert await refused(late) == "message_not_in_streaming_state"
    plain = (await bot.chat_postMessage(channel=to["channel"], text="x"))["ts"]
    never = bot.chat_appendStream(channel=to["channel"], ts=plain, markdown_text="b")
    assert await refused(never) == "message_not_in_streaming_state"


async def test_direct_message_needs_no_recipient(bot: AsyncWebClient, person: Person) -> None:
    channel = (await bot.conversations_open(users=person.user))["channel"]["id"]
    ts = (await bot.chat_startStream(channel=channel, thread_ts=None, markdown_text="hi"))["ts"]
    assert (await bot.chat_stopStream(channel=channel, ts=ts))["message"]["text"] == "hi"


async def test_stream_dies_of_age_and_update_recovers_it(start, session) -> None:
    workspace = await start(timing=Timing(stream=0.0))
    credentials = workspace.credentials
    bot = AsyncWebClient(
        token=credentials.bot_token, base_url=f"{workspace.url}/api/", session=session
    )
    channel = workspace.rooms.channels.by_name("desk")
    assert channel is not None
    started = await bot.chat_startStream(
        channel=channel.id,
        thread_ts=None,
        recipient_user_id=credentials.person_id,
        recipient_team_id=credentials.team_id,
        markdown_text="half",
    )
    where = {"channel": channel.id, "ts": started["ts"]}
    late = bot.chat_appendStream(**where, markdown_text="x")
    assert await refused(late) == "message_not_in_streaming_state"
    assert workspace.rooms.messages.require(channel.id, started["ts"]).streaming is False
    whole = await bot.chat_update(**where, markdown_text="half and whole")
    assert whole["message"]["text"] == "half and whole"


async def test_stop_button_ends_the_stream_and_tells_the_app(
    bot: AsyncWebClient, workspace: Workspace, person: Person, connect, until, to: dict[str, str]
) -> None:
    stops: list[dict] = []

    def listen(app) -> None:
        @app.event("agent_session_stopped")
        async def _(event) -> None:
            stops.append(event)

    await connect(workspace, listen)
    ts = (await bot.chat_startStream(**to, markdown_text="a"))["ts"]
    (status,) = workspace.rooms.surfaces.statuses(to["channel"])
    assert (status.session, status.thread_ts) == ("processing", to["thread_ts"])
    person.apps.stop(to["channel"], to["thread_ts"])
    await until(lambda: stops)
    assert stops[0]["streaming_message_ts"] == [ts]
    assert stops[0]["user"] == person.user
    late = bot.chat_appendStream(channel=to["channel"], ts=ts, markdown_text="b")
    assert await refused(late) == "stopped_by_user"
