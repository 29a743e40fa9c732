"""The whole way of a message: named agents, plans, asks, failures, stops, memory."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bullpen_agents.model import Event, Request
from bullpen_agents.roster import Roster
from bullpen_agents.scripted import ScriptedModel, calls
from bullpen_memory.errors import OperatorError
from bullpen_memory.records import Query
from bullpen_orchestrator.ports import Busy, Undeliverable
from bullpen_tools.context import LocalFile, Result, ToolContext
from bullpen_tools.tool import tool
from real_parts import FakeChat, OpenDesk, said, until, write_charters


def purpose(request: Request) -> tuple[str, str, int]:
    return request.agent, request.meta["purpose"], request.meta["step"]


async def test_a_named_agent_answers_with_figures_chart_and_receipts(open_desk: OpenDesk) -> None:
    chat = FakeChat()
    model = ScriptedModel(
        {"quant": [calls(("measure", {"value": 17.5, "chart": True})), "It is {{r1.vol}}, or 3."]}
    )
    desk = await open_desk(chat, model)
    assert await desk.receive(said("quant: how volatile is oil?")) == "new"
    await desk.idle(10)
    [post] = chat.posts
    assert post.agent == "quant"
    assert post.text.startswith("It is 17.5")
    assert "{{" not in post.text
    assert any("r1" in note for note in post.footnotes)
    assert "Without a receipt: 3" in post.footnotes
    assert [alt for _, alt in post.images] == ["A line"]
    assert [(b.action, b.value) for b in post.buttons] == [("receipts", "T:C1:1.000001")]
    assert post.meta["model"] == "scripted model"
    assert ("status", "quant", "thinking") in chat.shown
    assert chat.shown[-2:] == [("status", "quant", ""), ("session", "1.000001", "active")]


async def test_the_architect_plans_the_colleagues_work_and_it_closes(open_desk: OpenDesk) -> None:
    def answer(request: Request):
        match purpose(request):
            case ("architect", "plan", 0):
                work = [
                    {"agent": "quant", "task": "measure it"},
                    {"agent": "data analyst", "task": "check it"},
                ]
                return calls(("assign", {"assignments": work}), text="Two of us will look.")
            case ("quant", "work", 0):
                return calls(("measure", {"value": 10.0}))
            case ("quant", "work", 1):
                return calls(("ask", {"agent": "developer", "question": "is it right?"}))
            case ("developer", "reply", 0):
                return "It is right."
            case ("data_analyst", "work", 0):
                return calls(("measure", {"value": 12.0}))
            case (_, "work", _):
                return "Done."
            case ("architect", "close", 0):
                return "So be it."
            case other:
                raise AssertionError(other)

    chat, model = FakeChat(), ScriptedModel(answer)
    desk = await open_desk(chat, model)
    await desk.receive(said("how volatile is oil?"))
    await desk.idle(10)
    assert chat.posts[0].agent == "architect"
    assert "Quant: measure it" in str(chat.posts[0].plan)
    said_by = [(post.agent, post.text.split("\n")[0]) for post in chat.posts]
    assert ("quant", "@Developer is it right?") in said_by
    assert said_by.index(("developer", "It is right.")) < said_by.index(("quant", "Done."))
    closing = chat.posts[-1]
    assert (closing.agent, closing.priority) == ("architect", "answer")
    assert closing.text.startswith("So be it.")
    [alert] = closing.alerts
    assert alert.startswith("Two values for volatility of WTI: ")
    assert "quant has 10.0%" in alert
    assert {"(r1, measure)", "(r2, measure)"} <= set(re.findall(r"\(r\d, measure\)", alert))
    assert any(note.startswith("² ") for note in closing.footnotes)
    assert [b.action for b in closing.buttons] == ["receipts"]
    reports = model.requests[-1].meta["reports"]
    assert [line["speaker"] for line in reports] == ["Quant", "Data Analyst", "Review"]


async def test_what_was_said_is_found_next_day_in_another_channel(open_desk: OpenDesk) -> None:
    chat = FakeChat()
    model = ScriptedModel(
        {
            "quant": [calls(("measure", {"value": 31.0})), "Oil volatility is {{r1.vol}}."],
            "architect": ["We know it: {{r1.vol}}."],
        }
    )
    desk = await open_desk(chat, model)
    await desk.receive(said("quant: what is oil volatility?"))
    await desk.idle(10)
    await desk.stop()
    await desk.start()
    await desk.receive(said("what do we know about oil volatility?", ts="2.000001", channel="C2"))
    await desk.idle(10)
    memories = model.requests[-1].meta["memories"]
    assert any("31" in line and "[r1]" in line for line in memories)
    assert any("https://desk.test/C1/" in line for line in memories)
    assert not any("what do we know" in line for line in memories)
    [button] = chat.posts[-1].buttons
    assert button.value == "r1"


async def test_a_direct_message_is_remembered_for_its_person_only(open_desk: OpenDesk) -> None:
    desk = await open_desk(chat := FakeChat(), ScriptedModel(["My secret is kept."]))
    await desk.receive(said("the secret is 42", audience="direct", channel="D1"))
    await desk.idle(10)
    store = desk.parts.store
    everyone = Query(text="secret", scopes=frozenset({"workspace"}))
    ada = Query(text="secret", scopes=frozenset({"person:U1"}))
    assert store.find(everyone).hits == ()
    assert {hit.record.author for hit in store.find(ada).hits} == {"U1", "architect"}
    assert len(chat.posts) == 1


async def test_a_redelivery_and_a_twin_event_are_one_run(open_desk: OpenDesk) -> None:
    desk = await open_desk(chat := FakeChat(), ScriptedModel(["Once."]))
    assert await desk.receive(said("hello")) == "new"
    assert await desk.receive(said("hello")) == "duplicate"
    assert await desk.receive(said("hello", event_id="the mention")) == "duplicate"
    await desk.idle(10)
    assert [post.text for post in chat.posts] == ["Once."]


async def test_a_wrong_key_is_told_once_and_the_thread_goes_on(open_desk: OpenDesk) -> None:
    error = OperatorError("Claude refused.", "The key is wrong.", "Set ANTHROPIC_API_KEY.")
    model = ScriptedModel([error, "Back again."])
    desk = await open_desk(chat := FakeChat(), model)
    await desk.receive(said("hello"))
    await desk.idle(10)
    assert [post.text for post in chat.posts] == [
        "Claude refused. The key is wrong. Set ANTHROPIC_API_KEY."
    ]
    await desk.receive(said("and now?", ts="1.000002", thread_ts="1.000001", addressed=False))
    await desk.idle(10)
    assert chat.posts[-1].text == "Back again."


async def test_a_defect_ends_in_an_apology_with_the_run_id(open_desk: OpenDesk) -> None:
    desk = await open_desk(chat := FakeChat(), ScriptedModel([ZeroDivisionError("oops")]))
    with capture_logs() as logs:
        await desk.receive(said("hello"))
        await desk.idle(10)
    assert [(line["event"], str(line["exc_info"])) for line in logs] == [("run broke", "oops")]
    [post] = chat.posts
    assert "T:C1:1.000001" in post.text
    assert "oops" not in post.text


async def test_a_home_with_work_for_another_team_is_refused_and_left_as_it_is(
    open_desk: OpenDesk,
) -> None:
    chat = FakeChat(trouble=[Busy(60)])
    desk = await open_desk(chat, ScriptedModel(["For the first team."]), team="T")
    await desk.receive(said("quant: hello"))
    await until(lambda: not chat.trouble)
    await desk.stop()
    elsewhere = FakeChat(trouble=[Undeliverable("channel_not_found")])
    with pytest.raises(
        OperatorError, match=r"requests or posts are unfinished.*team T,.*BULLPEN_HOME"
    ):
        await open_desk(elsewhere, ScriptedModel([]), team="T2")
    assert elsewhere.trouble
    desk = await open_desk(chat, ScriptedModel([]), team="T")
    await desk.idle(10)
    assert [post.text for post in chat.posts] == ["For the first team."]


async def test_a_finished_home_moves_to_another_team_with_what_it_remembers(
    open_desk: OpenDesk,
) -> None:
    desk = await open_desk(FakeChat(), ScriptedModel(["Hello."]))
    await desk.receive(said("hello"))
    await desk.idle(10)
    early = (await desk.heard()).since
    await desk.stop()
    desk = await open_desk(FakeChat(), ScriptedModel([]), team="T2")
    moved = await desk.heard()
    assert moved.since > early
    assert moved.channels["C1"] > 0
    assert desk.parts.store.count(None)["message"] == 2
    await desk.stop()
    await open_desk(chat := FakeChat(), ScriptedModel(["Here, too."]), team="T2")
    assert chat.posts == []


@pytest.mark.parametrize("point", ["run.begun", "turn.done", "graph.step", "run.ended"])
async def test_a_full_disk_is_waited_out(open_desk: OpenDesk, point: str) -> None:
    faults = [sqlite3.OperationalError("database or disk is full")] * 4

    def full(name: str) -> None:
        if name == point and faults:
            raise faults.pop()

    desk = await open_desk(chat := FakeChat(), ScriptedModel(["Here it is."]), checkpoint=full)
    with capture_logs() as logs:
        await desk.receive(said("quant: work please"))
        await desk.idle(20)
    assert [post.text for post in chat.posts] == ["Here it is."]
    assert desk.ledger.run("T:C1:1.000001").status == "done"
    assert {line["event"] for line in logs} == {"run waits for the disk"}


async def test_a_run_whose_conducting_broke_goes_on_after_a_restart(open_desk: OpenDesk) -> None:
    faults = [ZeroDivisionError("outside of the graph")]

    def broken(name: str) -> None:
        if name == "run.begun" and faults:
            raise faults.pop()

    desk = await open_desk(chat := FakeChat(), ScriptedModel(["Late."]), checkpoint=broken)
    await desk.receive(said("quant: work please"))
    await until(lambda: not faults)
    await desk.stop()
    await desk.start()
    await desk.idle(10)
    assert [post.text for post in chat.posts] == ["Late."]


class Gate(ScriptedModel):
    """Answers once it is opened."""

    def __init__(self, text: str) -> None:
        super().__init__([text])
        self.opened = asyncio.Event()
        self.asked = False

    async def stream(self, request: Request) -> AsyncIterator[Event]:
        self.asked = True
        await self.opened.wait()
        async for event in super().stream(request):
            yield event


def breaks_once(faults: list[Exception], point: str) -> Callable[[str], None]:
    def checkpoint(name: str) -> None:
        if name == point and faults:
            raise faults.pop()

    return checkpoint


async def test_a_stop_that_broke_off_after_its_claim_is_done_at_the_redelivery(
    open_desk: OpenDesk,
) -> None:
    faults: list[Exception] = []
    model, chat = Gate("Never said."), FakeChat()
    desk = await open_desk(chat, model, checkpoint=breaks_once(faults, "claimed"))
    await desk.receive(said("quant: work please"))
    await until(lambda: model.asked)
    faults.append(RuntimeError("the process is ending"))
    stop = said("stop", ts="2.0", thread_ts="1.000001")
    with pytest.raises(RuntimeError):
        await desk.receive(stop)
    assert await desk.receive(stop) == "duplicate"
    await desk.idle(10)
    assert await desk.receive(stop) == "duplicate"
    await desk.idle(10)
    assert [post.text.split(".")[0] for post in chat.posts] == ["Stopped by Ada"]
    assert desk.ledger.run("T:C1:1.000001").status == "stopped"


async def test_a_stop_holds_when_the_desk_ends_right_after_its_claim(open_desk: OpenDesk) -> None:
    faults: list[Exception] = []
    model, chat = Gate("Never said."), FakeChat()
    desk = await open_desk(chat, model, checkpoint=breaks_once(faults, "claimed"))
    await desk.receive(said("quant: work please"))
    await until(lambda: model.asked)
    faults.append(RuntimeError("the process is ending"))
    with pytest.raises(RuntimeError):
        await desk.receive(said("stop", ts="2.0", thread_ts="1.000001"))
    await desk.stop()
    await desk.start()
    await desk.idle(10)
    assert [post.text.split(".")[0] for post in chat.posts] == ["Stopped by Ada"]


async def test_a_run_that_was_claimed_and_not_queued_is_queued_at_the_redelivery(
    open_desk: OpenDesk,
) -> None:
    faults: list[Exception] = [OSError("database is locked")]
    chat = FakeChat()
    desk = await open_desk(
        chat, ScriptedModel(["Here."]), checkpoint=breaks_once(faults, "claimed")
    )
    with pytest.raises(OSError, match="locked"):
        await desk.receive(said("quant: work please"))
    assert await desk.receive(said("quant: work please")) == "duplicate"
    await desk.idle(10)
    assert [post.text for post in chat.posts] == ["Here."]


async def test_a_refused_answer_fails_the_run_and_is_told_to_who_asked(open_desk: OpenDesk) -> None:
    chat = FakeChat(trouble=[Undeliverable("not_in_channel")])
    desk = await open_desk(chat, ScriptedModel(["The answer."]))
    with capture_logs() as logs:
        await desk.receive(said("quant: work please"))
        await desk.idle(10)
    assert [line["event"] for line in logs] == ["post refused"]
    [told] = chat.posts
    assert (told.channel, told.thread_ts) == ("DU1", "")
    assert "#desk" in told.text
    assert "“not_in_channel”" in told.text
    assert desk.ledger.run("T:C1:1.000001").status == "failed"


@tool(risk="read", label="listing", version="1")
def list_files(ctx: ToolContext) -> Result:
    """Name the files of the conversation."""
    return Result(summary=", ".join(f"{f.name}={f.sha256}" for f in ctx.files) or "none")


async def test_a_file_can_be_used_in_the_whole_thread_and_not_outside(
    open_desk: OpenDesk, tmp_path: Path
) -> None:
    def file(name: str, sha256: str) -> LocalFile:
        path = tmp_path / sha256
        return LocalFile(name=name, path=path, mimetype="text/csv", sha256=sha256, size=1)

    charters = write_charters(tmp_path / "own")
    quant = (charters / "quant.md").read_text().replace("measure", "list_files")
    (charters / "quant.md").write_text(quant)
    model = ScriptedModel({"quant": [calls(("list_files", {})), "Seen."] * 3})
    desk = await open_desk(FakeChat(), model, roster=Roster.load(charters))
    desk.parts.toolbox.register(list_files)
    thread = {"thread_ts": "1.0"}
    first = (file("a.csv", "1"), file("b.csv", "2"))
    for message in (
        said("quant: look", ts="1.0", files=first),
        said("quant: again", ts="2.0", files=(file("a.csv", "3"),), **thread),
        said("quant: elsewhere", ts="3.0"),
    ):
        await desk.receive(message)
        await desk.idle(10)
    seen = [
        receipt.result.summary
        for ts in ("1.0", "2.0", "3.0")
        for receipt in desk.parts.receipts.by_run(f"T:C1:{ts}")
    ]
    assert seen == ["a.csv=1, b.csv=2", "b.csv=2, a.csv=3", "none"]
