"""What was forgotten stands nowhere in the conversation's own files, and that it was, stays."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from bullpen_agents.model import Request
from bullpen_agents.scripted import Answer, ScriptedModel, calls
from bullpen_orchestrator.erasing import GONE, erase, message_at, tombstones
from bullpen_orchestrator.ledger import Ledger
from real_parts import FakeChat, Hanging, OpenDesk, said, until

SECRET = "the merger of Alpha and Omega closes on Friday"


def chatty(request: Request) -> Answer:
    """Hands the secret on in tasks, questions and answers."""
    match request.meta["purpose"], request.agent, request.meta["step"]:
        case "plan", _, 0:
            work = [{"agent": a, "task": f"Mind that {SECRET}"} for a in ("quant", "data_analyst")]
            return calls(("assign", {"assignments": work}), text=f"Since {SECRET}: two of us.")
        case "work", "quant", 0:
            return calls(("ask", {"agent": "developer", "question": f"Is it true that {SECRET}?"}))
        case _:
            return f"Noted, {SECRET.upper()}."


def traces(home: Path) -> list[str]:
    """The files that hold the secret, in whatever case, rows and free pages alike."""
    found = []
    for path in [*home.glob("ledger.db*"), *home.glob("checkpoints.db*")]:
        data = path.read_bytes()
        if SECRET.encode() in data or SECRET.upper().encode() in data:
            found.append(path.name)
    return found


async def test_a_text_is_erased_from_every_file_of_the_conversation(
    open_desk: OpenDesk, tmp_path: Path
) -> None:
    desk = await open_desk(FakeChat(), ScriptedModel(chatty))
    await desk.receive(said(f"remember that {SECRET}, and what does it mean?"))
    await desk.receive(said("how volatile is oil this year?", ts="2.000001"))
    await desk.idle(20)
    assert traces(tmp_path)
    done = await desk.erase(texts=(SECRET,), by="Ada", reason="under embargo")
    assert "T:C1:1.000001" in done.messages
    assert min(done.runs, done.journal, done.posts) > 0
    assert not done.waiting
    again = await desk.erase(texts=(SECRET,), by="Ada", reason="again")
    assert not again.messages
    entries = desk.ledger.thread("C1", "1.000001", before=10_000, limit=99)
    assert {entry.text for entry in entries} == {GONE}
    assert [t.message_id for t in tombstones(tmp_path)] == list(done.messages)
    assert {(t.by, t.reason) for t in tombstones(tmp_path)} == {("Ada", "under embargo")}
    kept = desk.ledger.thread("C1", "2.000001", before=10_000, limit=99)
    assert kept[0].text == "how volatile is oil this year?"
    await desk.receive(said("and tomorrow?", ts="3.000001"))
    await desk.idle(20)
    await desk.stop()
    # The other thread's answers repeat the secret: the model says it each time. Erase those, too.
    erase(tmp_path, texts=(SECRET,), by="Ada")
    assert traces(tmp_path) == []


async def test_a_message_is_erased_whatever_it_says(open_desk: OpenDesk, tmp_path: Path) -> None:
    desk = await open_desk(FakeChat(), ScriptedModel(lambda request: "Fine."))
    await desk.receive(said("hi"))
    await desk.idle(10)
    person, answer = message_at(tmp_path, "C1", "1.000001"), message_at(tmp_path, "C1", "9.000001")
    assert person == ("T:C1:1.000001",)
    assert len(answer) == 1
    done = await desk.erase(message_ids=person, by="Ada", reason="")
    assert done.messages == person
    assert desk.ledger.run(person[0]).inbound.text == GONE
    # "hi" is too short to be looked for elsewhere.
    assert [e.text for e in desk.ledger.thread("C1", "1.000001", before=99, limit=9)] == [GONE, "Fine."]  # fmt: skip
    assert message_at(tmp_path, "C1", "4.000004") == ()


async def test_a_run_under_way_is_named_and_clean_once_it_has_ended(
    open_desk: OpenDesk, tmp_path: Path
) -> None:
    desk = await open_desk(FakeChat(), model := Hanging())
    await desk.receive(said(f"quant: {SECRET}?"))
    await until(lambda: model.begun)
    first = await desk.erase(texts=(SECRET,), by="Ada", reason="")
    assert first.waiting == ("T:C1:1.000001",)
    await desk.stop_thread("C1", "1.000001", "Ada")
    await desk.idle(10)
    second = await desk.erase(texts=(SECRET,), by="Ada", reason="")
    assert second.waiting == ()
    await desk.stop()
    assert traces(tmp_path) == []


def test_what_was_said_is_changed_by_nothing_else(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.db")
    ledger.close()

    db = sqlite3.connect(tmp_path / "ledger.db")
    db.execute(
        "INSERT INTO messages (id, kind, team, channel, channel_name, audience, thread_ts, ts, author,"
        " author_name, addressee, run_id, text, shown, images, permalink, at)"
        " VALUES ('m', 'person', '', '', '', '', '', '', '', '', '', '', 't', 't', '[]', '', '')"
    )
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        db.execute("UPDATE messages SET text = 'x'")
    db.close()
