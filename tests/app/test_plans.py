"""Plans and growing answers in the live workspace: cards that change, streams that end or die."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bullpen.slack.chat import SlackChat
from bullpen.slack.connect import Connection
from bullpen.slack.identity import OneApp
from bullpen.slack.limits import Unpaced
from bullpen.slack.line import Line
from bullpen.slack.messages import PLAN_RESTARTED, PLAN_STOPPED
from bullpen.slack.planbook import PlanBook
from bullpen.wiring import build
from bullpen_agents.roster import Roster
from bullpen_orchestrator.ports import Plan, Post, Step
from bullpen_workspace.config import Timing, WorkspaceConfig
from bullpen_workspace.server import Workspace
from real_desk import Someone, here, keyless, words

__all__ = ["keyless"]

LONG = "word " * 2_500


async def eventually(look: Callable[[], Awaitable[Any]], seconds: float = 8.0) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := await look()):
        assert time.monotonic() < deadline, "the deadline passed"
        await asyncio.sleep(0.05)
    return found


def plan_of(message: dict[str, Any]) -> dict[str, Any]:
    return next((b for b in message.get("blocks", []) if b["type"] == "plan"), {})


def statuses(message: dict[str, Any]) -> list[str]:
    return [task["status"] for task in plan_of(message).get("tasks", [])]


def steps(*given: str) -> tuple[Step, ...]:
    return tuple(
        Step(id=f"s{i}", title=f"Quant: piece {i}", status=status, output="r1")  # type: ignore[arg-type]
        for i, status in enumerate(given)
    )


async def test_the_hand_off_shows_the_plan_and_how_it_ended(tmp_path: Path) -> None:
    bullpen = await build(here(tmp_path))
    try:
        ada = Someone(bullpen)
        thread = await ada.ask("desk", "compare the volatility of oil and the S&P 500, chart it")
        place, root = await ada.channel("desk"), thread[0]["thread_ts"]

        async def done() -> dict[str, Any]:
            page = await ada.client.conversations_replies(channel=place, ts=root)
            given = next(m for m in page["messages"] if plan_of(m))
            over = "done in" in plan_of(given)["title"]
            return given if over and set(statuses(given)) == {"complete"} else {}

        given = await eventually(done)
        assert given["username"] == "Architect"
        plan = plan_of(given)
        assert plan["title"].startswith("2 colleagues: done in")
        assert [t["title"].partition(":")[0] for t in plan["tasks"]] == ["Data Analyst", "Quant"]
        assert "side by side" in words(given)
        assert "•" not in words(given)
        alone = await ada.ask("desk", "how volatile is oil since 1990?")
        assert [m["username"] for m in alone] == ["Architect", "Quant"]
        assert "feedback_buttons" in str(alone[-1]["blocks"])
    finally:
        await bullpen.stop()


async def test_who_asked_in_a_channel_sees_the_steps_live(
    chat: SlackChat, person: AsyncWebClient, workspace: Workspace, desk_channel: str
) -> None:
    me = workspace.credentials.person_id
    root = (await person.chat_postMessage(channel=desk_channel, text="q"))["ts"]
    plan = Plan(title="Quant at work", steps=steps("in_progress"))
    ts = await chat.open_plan(desk_channel, root, "quant", me, plan)
    assert ts is not None

    async def shown(*wanted: str) -> Any:
        page = await person.conversations_replies(channel=desk_channel, ts=root)
        return statuses(page["messages"][-1]) == list(wanted) and page["messages"][-1]

    assert (await eventually(lambda: shown("in_progress")))["username"] == "Quant"
    for over, now in ((False, ("complete", "in_progress")), (True, ("complete", "error"))):
        plan = Plan(title="Quant: done", steps=steps(*now))
        await chat.grow_plan(desk_channel, ts, plan, over=over)
        message = await eventually(lambda now=now: shown(*now))
    assert plan_of(message)["title"] == "Quant: done"
    assert plan_of(message)["tasks"][0]["output"]["elements"][0]["elements"][0]["text"] == "r1"
    [state] = [s for s in workspace.office.rooms.surfaces.statuses(desk_channel)]
    assert state.session == "processing"


async def test_a_form_that_is_refused_says_the_plan_in_words(
    chat: SlackChat, person: AsyncWebClient, desk_channel: str
) -> None:
    root = (await person.chat_postMessage(channel=desk_channel, text="q"))["ts"]
    plan = Plan(title="t", steps=(Step(id="", title="Quant: price <!channel>"),))
    post = Post(
        key="k", channel=desk_channel, thread_ts=root, agent="quant", text="Look.", plan=plan
    )
    await chat.post(post)
    page = await person.conversations_replies(channel=desk_channel, ts=root)
    assert page["messages"][-1]["text"] == "Look.\n• Quant: price &lt;!channel&gt;"


@pytest.fixture
async def hurried(tmp_path: Path) -> AsyncIterator[tuple[SlackChat, AsyncWebClient, Workspace]]:
    """A workspace in which a stream dies after a moment, as Slack's do after minutes."""
    made = Workspace(
        WorkspaceConfig(
            path=tmp_path / "w.db", files=tmp_path / "f", port=0, timing=Timing(stream=0.4)
        )
    )
    await made.start()
    keys = made.credentials
    connection = await Connection.open(
        base_url=f"{made.url}/api/", bot_token=keys.bot_token, app_token=keys.app_token
    )
    chat = SlackChat(OneApp(Line(connection, Roster.load().agents, Unpaced())))
    client = AsyncWebClient(
        keys.user_token, base_url=f"{made.url}/api/", session=connection.session
    )
    client.proxy = None
    yield chat, client, made
    await chat.close()
    await connection.close()
    await made.stop()


async def test_a_plan_that_a_crash_left_open_is_closed_by_the_next_desk(
    tmp_path: Path,
    connection: Connection,
    person: AsyncWebClient,
    workspace: Workspace,
    desk_channel: str,
) -> None:
    me, book = workspace.credentials.person_id, PlanBook(tmp_path / "plans.db")
    agents, bot = Roster.load().agents, connection.identity.bot_id
    root = (await person.chat_postMessage(channel=desk_channel, text="q"))["ts"]
    plan = Plan(title="Quant at work", steps=steps("complete", "in_progress", "pending"))
    crashed = SlackChat(OneApp(Line(connection, agents, Unpaced(), book=book)))
    ts = await crashed.open_plan(desk_channel, root, "quant", me, plan)
    assert [(channel, kept) for channel, kept, _ in book.of(bot)] == [(desk_channel, ts)]

    async def shown() -> dict[str, Any]:
        page = await person.conversations_replies(channel=desk_channel, ts=root)
        return page["messages"][-1]

    # Nothing closes it: the next process finds it in the book.
    again = Line(connection, agents, Unpaced(), book=PlanBook(tmp_path / "plans.db"))
    await again.plans.mend()
    left = await shown()
    assert (plan_of(left)["title"], statuses(left)) == (
        PLAN_RESTARTED, ["complete", "error", "pending"],
    )  # fmt: skip
    assert "streaming_state" not in left
    assert book.of(bot) == []
    # A desk that is stopped closes its own at once.
    second = await SlackChat(OneApp(again)).open_plan(desk_channel, root, "quant", me, plan)
    assert second is not None
    await again.plans.close()
    assert (plan_of(await shown())["title"], book.of(bot)) == (PLAN_STOPPED, [])


async def test_a_plan_goes_on_when_its_stream_dies(
    hurried: tuple[SlackChat, AsyncWebClient, Workspace],
) -> None:
    chat, person, workspace = hurried
    channels = (await person.conversations_list())["channels"]
    place = next(c["id"] for c in channels if c["name"] == "desk")
    root = (await person.chat_postMessage(channel=place, text="q"))["ts"]
    me = workspace.credentials.person_id
    ts = await chat.open_plan(place, root, "quant", me, Plan(title="a", steps=steps("pending")))
    assert ts is not None
    await asyncio.sleep(0.6)
    await chat.grow_plan(place, ts, Plan(title="b", steps=steps("complete")), over=True)

    async def shown() -> bool:
        page = await person.conversations_replies(channel=place, ts=root)
        return statuses(page["messages"][-1]) == ["complete"]

    assert await eventually(shown)


async def test_text_goes_on_when_its_stream_dies_and_none_is_lost(
    hurried: tuple[SlackChat, AsyncWebClient, Workspace],
) -> None:
    chat, person, workspace = hurried
    keys = workspace.credentials
    direct = (await person.conversations_open(users=keys.bot_user_id))["channel"]["id"]
    root = (await person.chat_postMessage(channel=direct, text="hello"))["ts"]
    ts = await chat.open_live(direct, root, "quant", keys.person_id)
    assert ts is not None
    await chat.grow_live(direct, ts, "The beginning. ")
    await asyncio.sleep(0.6)
    await chat.grow_live(direct, ts, "The beginning. " + "And the rest. " * 30)

    async def text() -> str:
        page = await person.conversations_replies(channel=direct, ts=root)
        return page["messages"][-1]["text"]

    async def whole() -> bool:
        return (await text()).count("And the rest.") == 30

    assert await eventually(whole)
    assert (await text()).startswith("The beginning.")


async def test_a_text_beyond_slacks_limit_rolls_over(
    chat: SlackChat, person: AsyncWebClient, workspace: Workspace
) -> None:
    keys = workspace.credentials
    direct = (await person.conversations_open(users=keys.bot_user_id))["channel"]["id"]
    root = (await person.chat_postMessage(channel=direct, text="hello"))["ts"]
    ts = await chat.open_live(direct, root, "quant", keys.person_id)
    assert ts is not None
    for size in (300, 9_000, len(LONG)):
        await chat.grow_live(direct, ts, LONG[:size])
        await asyncio.sleep(0.1)

    async def page() -> list[dict[str, Any]]:
        found = await person.conversations_replies(channel=direct, ts=root)
        return found["messages"][1:]

    async def rolled() -> bool:
        return (await page())[0]["text"].endswith("…")

    assert await eventually(rolled)
    done = Post(key="k", channel=direct, thread_ts=root, agent="quant", text=LONG, live_ts=ts)
    assert await chat.post(done) == ts
    said = "".join(words(m) for m in await page())
    assert said.split() == LONG.split()


async def test_a_contradiction_is_a_card_that_warns(
    chat: SlackChat, person: AsyncWebClient, desk_channel: str
) -> None:
    root = (await person.chat_postMessage(channel=desk_channel, text="q"))["ts"]
    alert = (
        "Two values for volatility of WTI: quant has **10.0%** (r1); data_analyst has 12.0% (r2)."
    )
    post = Post(
        key="k", channel=desk_channel, thread_ts=root, agent="quant", text="", alerts=(alert,)
    )
    await chat.post(post)
    page = await person.conversations_replies(channel=desk_channel, ts=root)
    [block] = page["messages"][-1]["blocks"]
    assert (block["type"], block["level"]) == ("alert", "warning")
    assert "*10.0%* (r1)" in block["text"]["text"]
    assert page["messages"][-1]["text"].startswith("Two values for volatility")
