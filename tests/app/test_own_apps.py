"""One Slack app per agent: the whole product on the local workspace with six installed apps."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bullpen.slack.connect import Connection
from bullpen.slack.limits import Unpaced
from bullpen.slack.side import Access, SlackSide
from bullpen.wiring import Bullpen, build
from bullpen_agents.roster import Roster
from bullpen_memory.errors import OperatorError
from bullpen_workspace.config import WorkspaceConfig
from bullpen_workspace.server import Workspace
from real_desk import Someone, here, keyless, priority, words

__all__ = ["keyless"]

PRICE = "what do I make on the SLV June 70-90-110 call butterfly at 2.50?"


@pytest.fixture
async def bullpen(tmp_path: Path) -> AsyncIterator[Bullpen]:
    made = await build(here(tmp_path).model_copy(update={"slack_apps": "per-agent"}))
    yield made
    await made.stop()


def bots(bullpen: Bullpen) -> dict[str, str]:
    """The bot user of every app, by agent id; "" is the desk's."""
    return {line.agent: line.me.bot_user_id for line in bullpen.slack.identity.lines}


async def until(true: Callable[[], Awaitable[Any]], seconds: float = 30) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := await true()):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
    return found


async def replies(ada: Someone, place: str, root: str) -> list[dict[str, Any]]:
    page = await ada.client.conversations_replies(
        channel=place, ts=root, include_all_metadata=True, limit=200
    )
    return page["messages"][1:]


async def say(bullpen: Bullpen, ada: Someone, place: str, text: str) -> list[dict[str, Any]]:
    root = (await ada.client.chat_postMessage(channel=place, text=text))["ts"]
    await until(lambda: replies(ada, place, root))
    await bullpen.desk.idle(60)
    return await replies(ada, place, root)


async def test_six_apps_hear_once_and_each_agent_speaks_through_its_own(bullpen: Bullpen) -> None:
    ada, us = Someone(bullpen), bots(bullpen)
    assert set(us) == {"", *bullpen.roster.agents}
    place = await ada.channel("desk")
    answers = await say(bullpen, ada, place, f"<@{us['quant']}> {PRICE}")
    assert {m["user"] for m in answers} == {us["quant"]}
    assert not any("username" in m for m in answers)
    assert "17.50" in words(answers[-1])
    assert [priority(m) for m in answers].count("answer") == 1

    async def released() -> bool:
        assert bullpen.workspace is not None
        shown = bullpen.workspace.office.rooms.surfaces.statuses(place)
        return {status.session for status in shown} <= {"", "active"}

    await until(released)
    image = next(b for b in answers[-1]["blocks"] if b["type"] == "image")
    [line] = [line for line in bullpen.slack.identity.lines if line.agent == "quant"]
    info = await line.connection.client.files_info(file=image["slack_file"]["id"])
    assert info["file"]["user"] == us["quant"]
    both = await say(
        bullpen, ada, place, f"<@{us['quant']}> <@{us['data_analyst']}> what data do you hold?"
    )
    assert {m["user"] for m in both} == {us["quant"], us["data_analyst"]}
    lead = await say(bullpen, ada, place, f"<@{us['']}> what data do you hold?")
    assert us["architect"] in {m["user"] for m in lead}
    assert us[""] not in {m.get("user") for m in lead}


async def test_a_thread_belongs_to_the_agent_whose_app_was_mentioned(bullpen: Bullpen) -> None:
    ada, us = Someone(bullpen), bots(bullpen)
    place = await ada.channel("desk")
    first = await say(bullpen, ada, place, f"<@{us['developer']}> what can you do?")
    root = first[0]["thread_ts"]
    await ada.client.chat_postMessage(channel=place, text="and what else?", thread_ts=root)

    async def more() -> bool:
        return len(await replies(ada, place, root)) > len(first) + 1

    await until(more)
    await bullpen.desk.idle(60)
    found = await replies(ada, place, root)
    assert {m["user"] for m in found if m["user"] != ada.me} == {us["developer"]}
    await ada.client.chat_postMessage(channel=place, text=f"<@{us['quant']}> stop", thread_ts=root)

    async def stopped() -> bool:
        last = (await replies(ada, place, root))[-1]
        return "blocks" in last and "to stop" in words(last)

    await until(stopped)


async def test_a_direct_message_to_an_agents_app_stays_there(bullpen: Bullpen) -> None:
    ada, us = Someone(bullpen), bots(bullpen)
    direct = (await ada.client.conversations_open(users=us["quant"]))["channel"]["id"]
    answers = await say(bullpen, ada, direct, PRICE)
    assert {m["user"] for m in answers} == {us["quant"]}
    assert "17.50" in words(answers[-1])
    guests = await say(bullpen, ada, direct, "data analyst: what data do you hold?")
    assert {m["user"] for m in guests} == {us["quant"]}
    assert words(guests[-1]).startswith("**Data Analyst:**")


async def test_an_agent_that_is_not_in_the_channel_speaks_through_the_app_that_is(
    bullpen: Bullpen,
) -> None:
    ada, us = Someone(bullpen), bots(bullpen)
    made = await ada.client.conversations_create(name="deals", is_private=True)
    place = made["channel"]["id"]
    await ada.client.conversations_invite(channel=place, users=us[""])
    answers = await say(bullpen, ada, place, f"<@{us['']}> quant: {PRICE}")
    assert {m["user"] for m in answers} == {us[""]}
    assert words(answers[-1]).startswith("**Quant:**")
    await ada.client.conversations_invite(channel=place, users=us["developer"])
    own = await say(bullpen, ada, place, f"<@{us['developer']}> what can you do?")
    assert {m["user"] for m in own} == {us["developer"]}


async def test_an_app_that_stands_for_two_is_refused(tmp_path: Path) -> None:
    made = Workspace(WorkspaceConfig(path=tmp_path / "w.db", files=tmp_path / "f", port=0))
    await made.start()
    keys = (made.credentials.bot_token, made.credentials.app_token)
    access = Access(api=f"{made.url}/api/", desk=keys, agents={"quant": keys})
    try:
        with pytest.raises(OperatorError, match="SLACK_BOT_TOKEN_QUANT") as told:
            await SlackSide.open(access, Roster.load(), lambda me: Unpaced(), tmp_path)
        assert "app of the desk" in told.value.cause
        with pytest.raises(OperatorError, match="SLACK_APP_TOKEN_QUANT"):
            await Connection.open(
                base_url=access.api, bot_token=keys[0], app_token="xapp-wrong", agent="quant"
            )
    finally:
        await made.stop()
