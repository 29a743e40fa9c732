"""Slash commands, words in threads, shortcuts and prompts, in the real local workspace."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bullpen import duties
from bullpen.slack import home
from bullpen.slack.commands import Commands
from bullpen.slack.manifest import ASK_SHORTCUT, OPEN_SHORTCUT
from bullpen.slack.reception import Reception
from bullpen.wiring import Bullpen, build
from bullpen_memory.records import Draft, Query, Source
from bullpen_orchestrator.desk import Running
from bullpen_orchestrator.limits import Spent
from bullpen_workspace.controls import Controls
from real_desk import Someone, here, keyless, words

__all__ = ["keyless"]


@pytest.fixture
async def bullpen(tmp_path: Path) -> AsyncIterator[Bullpen]:
    made = await build(here(tmp_path))
    yield made
    await made.stop()


@pytest.fixture
def hands(bullpen: Bullpen) -> Controls:
    assert bullpen.workspace is not None
    return Controls(bullpen.workspace.office, bullpen.workspace.credentials.person_id)


async def until(true: Callable[[], Awaitable[Any]]) -> Any:
    deadline = time.monotonic() + 20
    while not (found := await true()):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
    return found


async def heard(bullpen: Bullpen, hands: Controls, line: str) -> str:
    """What `line` answers, to this person only."""
    assert bullpen.workspace is not None
    rooms = bullpen.workspace.office.rooms
    place = await Someone(bullpen).channel("desk")
    await hands.slash(place, line)
    found = [m for m in rooms.messages.timeline(place, viewer=hands.user) if m.visible_to]
    return found[-1].text


async def test_slash_commands_answer_in_sentences(bullpen: Bullpen, hands: Controls) -> None:
    ada = Someone(bullpen)
    await ada.ask("desk", "quant: what do I make on the SLV June 70-90-110 call butterfly at 2.50?")
    expected = {
        "/bullpen": "What I understand",
        "/bullpen help": "`/bullpen approvals`",
        "/bullpen agents": "*Data Analyst* (`data_analyst`)",
        "/bullpen status": "Nothing is running here.",
        "/bullpen stop": "nothing to stop",
        "/bullpen memory": "2 messages",
        "/bullpen memory butterfly": "source>",
        "/bullpen memory xyzzyplugh": "matches “xyzzyplugh”",
        "/bullpen approvals": "No run waits for a person's approval",
        "/bullpen spend": "Quant: ",
        "/bullpen ask": "There was nothing to ask",
        "/bullpen stauts": "Did you mean `/bullpen status`?",
    }
    for line, answer in expected.items():
        assert answer in await heard(bullpen, hands, line), line


async def test_words_in_a_thread_are_answered_there(bullpen: Bullpen) -> None:
    ada = Someone(bullpen)
    root = (await ada.ask("desk", "what data do you hold?"))[0]["thread_ts"]
    place = await ada.channel("desk")
    answers = {
        "!status": "Nothing is running here.",
        "!agents": "Data Analyst",
        "!help": "`!stop`",
        "!stop": "Nothing is running in this thread",
        "!fly": "I know no `!fly`",
    }
    for word, answer in answers.items():
        before = len((await ada.client.conversations_replies(channel=place, ts=root))["messages"])
        await ada.client.chat_postMessage(channel=place, text=word, thread_ts=root)

        async def replied(before: int = before) -> Any:
            page = await ada.client.conversations_replies(channel=place, ts=root)
            return page["messages"] if len(page["messages"]) > before + 1 else None

        assert answer in words((await until(replied))[-1]), word


async def test_the_message_shortcut_asks_in_the_thread(bullpen: Bullpen, hands: Controls) -> None:
    ada = Someone(bullpen)
    assert bullpen.workspace is not None
    app = bullpen.workspace.credentials.app_id
    place = await ada.channel("desk")
    ts = (await ada.client.chat_postMessage(channel=place, text="Oil fell again."))["ts"]
    hands.message_shortcut(app, ASK_SHORTCUT, place, ts)
    view = await until(lambda: modal(bullpen))
    empty = form("  ", "quant")
    assert (await hands.submit(view.id, empty)).errors == {
        "question": "Write what you want to know."
    }
    assert not (await hands.submit(view.id, form("what data do you hold?", "quant"))).open
    answers = await ada.answers(place, ts)
    assert "Ada asks: quant: what data do you hold?" in answers[0]["text"]
    assert answers[-1]["username"] == "Quant"


async def test_the_global_shortcut_makes_a_task_or_says_why_not(
    bullpen: Bullpen, hands: Controls
) -> None:
    ada = Someone(bullpen)
    assert bullpen.workspace is not None
    app = bullpen.workspace.credentials.app_id
    hands.shortcut(app, OPEN_SHORTCUT)
    view = await until(lambda: modal(bullpen))
    question = form("what data do you hold?", "anyone")

    private = (await ada.client.conversations_create(name="quiet", is_private=True))["channel"][
        "id"
    ]
    told = await hands.submit(view.id, question | where(private))
    assert "Invite me" in told.errors["channel"]
    place = await ada.channel("research")
    assert not (await hands.submit(view.id, question | where(place))).open

    async def posted() -> Any:
        page = await ada.client.conversations_history(channel=place)
        return [m for m in page["messages"] if "Ada asks" in m["text"]]

    [root] = await until(posted)
    assert await ada.answers(place, root["ts"])


async def test_the_messages_tab_suggests_what_to_ask(bullpen: Bullpen, hands: Controls) -> None:
    assert bullpen.workspace is not None
    keys = bullpen.workspace.credentials
    rooms = bullpen.workspace.office.rooms
    hands.open_home(keys.app_id, tab="messages")
    direct = rooms.channels.direct((keys.bot_user_id,), creator=keys.person_id)

    async def suggested() -> Any:
        return [s.prompts for s in rooms.surfaces.statuses(direct.id) if s.prompts]

    [prompts] = await until(suggested)
    assert {"title", "message"} <= set(prompts[0])


async def test_an_answer_can_be_judged(bullpen: Bullpen, hands: Controls) -> None:
    ada = Someone(bullpen)
    assert bullpen.workspace is not None
    answer = (await ada.ask("desk", "quant: what data do you hold?"))[-1]
    key = answer["metadata"]["event_payload"]["key"]
    place = await ada.channel("desk")
    block = next(b for b in answer["blocks"] if b["type"] == "context_actions")
    for verdict in ("misleading", "helpful"):
        hands.press(
            place, answer["ts"], "feedback", block_id=block["block_id"],
            choice={"value": f"{verdict}|{key}"},
        )  # fmt: skip

        async def kept(verdict: str = verdict) -> Any:
            found = bullpen.desk.ledger.people.judgements(key)
            return [f for f in found if f.verdict == verdict]

        [feedback] = await until(kept)
        assert (feedback.person, feedback.person_name) == (hands.user, "Ada")
        assert feedback.at.startswith("20")


async def test_who_was_misled_says_by_what_and_proposes_the_correction(
    bullpen: Bullpen, hands: Controls
) -> None:
    ada = Someone(bullpen)
    assert bullpen.workspace is not None
    source = Source(kind="person", ref="p1")
    wrong = bullpen.store.add(
        Draft(kind="finding", title="Oil is calm", text="Oil volatility is 3 percent a year.",
              author="quant", source=source, scope="workspace", confidence=0.8)
    )  # fmt: skip
    hidden = bullpen.store.add(
        Draft(kind="finding", text="Oil volatility, in private.", author="quant", source=source,
              scope="person:USOMEBODY")
    )  # fmt: skip
    answer = (await ada.ask("desk", "quant: what do we know about oil volatility?"))[-1]
    run = answer["metadata"]["event_payload"]["key"].partition(":answer")[0]
    bullpen.store.log_recall(run_id=run, agent="quant", query="oil", record_ids=[hidden.id])
    place = await ada.channel("desk")
    block = next(b for b in answer["blocks"] if b["type"] == "context_actions")
    hands.press(
        place, answer["ts"], "feedback", block_id=block["block_id"],
        choice={"value": f"misleading|{answer['metadata']['event_payload']['key']}"},
    )  # fmt: skip
    view = await until(lambda: modal(bullpen))
    asked = {b["block_id"]: b for b in view.body["blocks"]}
    options = asked["records"]["element"]["options"]
    assert wrong.id in [option["value"] for option in options]
    assert hidden.id not in json.dumps(view.body)
    empty = {"records": {"value": {"selected_options": []}}, "right": {"value": {"value": ""}}}
    assert "right" in (await hands.submit(view.id, empty)).errors
    picked = next(option for option in options if option["value"] == wrong.id)
    said = "Oil volatility is 38 percent a year."
    state = {
        "records": {"value": {"selected_options": [picked]}}, "right": {"value": {"value": said}}
    }  # fmt: skip
    assert not (await hands.submit(view.id, state)).open

    async def proposed() -> Any:
        found = bullpen.store.find(
            Query(scopes=frozenset({"workspace"}), statuses=frozenset({"proposed"}))
        )
        return [hit.record for hit in found.hits]

    [correction] = await until(proposed)
    assert (correction.text, correction.author, correction.supersedes) == (
        said,
        hands.user,
        wrong.id,
    )
    now = bullpen.store.get(wrong.id)
    assert now is not None
    assert (now.tags, now.status) == (("disputed",), "active")
    assert now.confidence is not None
    assert now.confidence < 0.8
    assert bullpen.store.changes(wrong.id)[-1].by == hands.user


async def test_a_thousand_of_everything_is_published_and_paged(
    bullpen: Bullpen, hands: Controls
) -> None:
    assert bullpen.workspace is not None
    rooms, keys = bullpen.workspace.office.rooms, bullpen.workspace.credentials
    drafts = [
        Draft(kind="finding", text=f"Fact {n}: " + "word " * 300, author="quant", status="proposed",
              source=Source(kind="person", ref=f"p{n}"), scope="workspace", title=f"Fact {n}")
        for n in range(1_000)
    ]  # fmt: skip
    bullpen.store.add_many(drafts, vectors=False)
    crowded: Any = Crowded()
    reception = Reception(
        client=bullpen.connection.client, directory=bullpen.slack.directory,
        desk=crowded, roster=bullpen.roster, memory=bullpen.store,
        commands=Commands(crowded, bullpen.roster, bullpen.store),
    )  # fmt: skip
    for pages, line in (
        (home.Pages(), "1 to 10 of 1,000"),
        (home.Pages(runs=50, inbox=99), "991 to 1,000 of 1,000"),
    ):
        await reception.show(hands.user, pages)
        view = rooms.surfaces.home(keys.person_id, keys.app_id)
        assert view is not None
        assert len(view.body["blocks"]) <= 100
        assert line in json.dumps(view.body)
        stops = [b for b in view.body["blocks"] if "accessory" in b]
        assert len(stops) == home.PAGE


async def test_an_opened_home_follows_what_happens(bullpen: Bullpen, hands: Controls) -> None:
    assert bullpen.workspace is not None
    rooms, keys = bullpen.workspace.office.rooms, bullpen.workspace.credentials
    hands.open_home(keys.app_id)

    async def home_with(part: str) -> Any:
        view = rooms.surfaces.home(keys.person_id, keys.app_id)
        return view and part in json.dumps(view.body, ensure_ascii=False)

    await until(lambda: home_with("no model calls"))
    await Someone(bullpen).ask("desk", "what data do you hold?")
    await until(lambda: home_with("Architect: "))


async def test_the_home_shows_the_schedule_and_cancels_a_duty(
    bullpen: Bullpen, hands: Controls
) -> None:
    assert bullpen.workspace is not None
    home_folder, app = bullpen.settings.home, bullpen.workspace.credentials.app_id
    duties.add(home_folder, "ideas", "monday 08:00", "desk", "track record")
    duties.add(home_folder, "secret", "monday 08:00", "nowhere", "what is hidden?")
    hands.open_home(app)

    async def home_with(part: str, *, absent: str = "what is hidden?") -> Any:
        view = bullpen.workspace.office.rooms.surfaces.home(hands.user, app)  # type: ignore[union-attr]
        shown = json.dumps(view.body, ensure_ascii=False) if view else ""
        return view if view and part in shown and absent not in shown else None

    view = await until(lambda: home_with("ideas: track record · #desk · next Mon"))
    block = next(b for b in view.body["blocks"] if b.get("accessory", {}).get("value") == "ideas")
    hands.press_in_view(view.id, home.CANCEL, block_id=block["block_id"])
    await until(lambda: home_with("is no longer scheduled", absent="ideas: track record"))
    assert [one.name for one in duties.load(home_folder)] == ["secret"]


async def test_the_home_is_where_records_are_decided_on_and_work_is_stopped(
    bullpen: Bullpen, hands: Controls
) -> None:
    assert bullpen.workspace is not None
    app, me = bullpen.workspace.credentials.app_id, hands.user
    rooms, store = bullpen.workspace.office.rooms, bullpen.store
    drafts = [
        Draft(kind="finding", text=f"Oil fact number {n} is so.", author="quant", status="proposed",
              source=Source(kind="person", ref=f"p{n}"), scope="workspace", title=f"Fact {n}")
        for n in range(23)
    ]  # fmt: skip
    records = {record.id for record in store.add_many(drafts)}
    hands.open_home(app)

    async def home_with(*parts: str) -> Any:
        view = rooms.surfaces.home(me, app)
        shown = json.dumps(view.body, ensure_ascii=False) if view else ""
        return view if view and all(part in shown for part in parts) else None

    async def press(view: Any, action: str, value: str = "") -> None:
        for block in view.body["blocks"]:
            for element in block.get("elements", []):
                if element["action_id"] == action and (not value or element["value"] == value):
                    hands.press_in_view(view.id, action, block_id=block["block_id"])
                    return
        raise AssertionError(action)

    view = await until(lambda: home_with("1 to 10 of 23", "no model calls"))
    await press(view, "home_turn:inbox:on")
    view = await until(lambda: home_with("11 to 20 of 23"))
    await press(view, "home_approve")
    view = await until(lambda: home_with("is in force now", "1 to 10 of 22"))
    await press(view, "home_retract")
    view = await until(lambda: home_with("is retracted", "1 to 10 of 21"))
    found = [record for id_ in records if (record := store.get(id_))]
    statuses = [record.status for record in found]
    assert (statuses.count("active"), statuses.count("retracted")) == (1, 1)
    decided = [r.id for r in found if r.status in ("active", "retracted")]
    assert {store.changes(id_)[-1].by for id_ in decided} == {me}


class Crowded:
    """A desk with a thousand runs under way."""

    def status(self) -> list[Running]:
        return [
            Running(run_id=f"r{n}", channel="C1", thread_ts=f"{n}.0", agents=("quant",),
                    asked_by="Ada", user="U1", audience="public", text=f"question {n} " * 90,
                    since="", waiting=n > 5)
            for n in range(1_000)
        ]  # fmt: skip

    def spending(self, since: str = "") -> dict[str, Spent]:
        return {"quant": Spent(calls=1_000_000, tokens=10**12)}


async def modal(bullpen: Bullpen) -> Any:
    assert bullpen.workspace is not None
    found = bullpen.workspace.office.rooms.surfaces.modals(bullpen.workspace.credentials.person_id)
    return found[-1] if found else None


def form(text: str, agent: str) -> dict[str, Any]:
    option = {"selected_option": {"value": agent}}
    return {"question": {"value": {"value": text}}, "agent": {"value": option}}


def where(channel: str) -> dict[str, Any]:
    return {"channel": {"value": {"selected_conversation": channel}}}
