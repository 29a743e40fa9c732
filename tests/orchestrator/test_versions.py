"""A message that its author changes or deletes: the work follows, and the ledger keeps both."""

from __future__ import annotations

import sqlite3

from bullpen_agents.scripted import ScriptedModel
from bullpen_memory.records import Query
from bullpen_orchestrator.desk import Desk
from real_parts import FakeChat, Hanging, OpenDesk, said, until

MESSAGE = "T:C1:1.000001"


def texts(desk: Desk) -> list[tuple[str, str]]:
    with sqlite3.connect(desk.parts.home / "ledger.db") as db:
        sql = "SELECT id, text FROM messages WHERE kind = 'person' ORDER BY seq"
        found = [(str(row[0]), str(row[1])) for row in db.execute(sql)]
    db.close()
    return found


async def test_an_edit_restarts_the_running_work_and_says_so_once(open_desk: OpenDesk) -> None:
    chat, models = FakeChat(), [Hanging()]
    quick = ScriptedModel(["Silver it is."])
    desk = await open_desk(chat, quick, model_for=lambda agent: models[0] if models else quick)
    await desk.receive(said("quant: oil"))
    await until(lambda: models[0].begun)
    models.clear()
    edit = said("quant: silver", event_id="E2")
    assert await desk.correct(edit) == "new"
    assert await desk.correct(edit) == "duplicate"
    await desk.idle(10)
    assert [post.text for post in chat.posts] == [
        "Ada corrected the message while I was at it: I start again with the new text.",
        "Silver it is.",
    ]
    assert quick.requests[-1].meta["purpose"] == "answer"
    assert texts(desk) == [(MESSAGE, "quant: oil"), (f"{MESSAGE}:v2", "quant: silver")]
    assert desk.ledger.busy() == []


async def test_an_edit_of_an_answered_message_is_answered_as_a_correction(
    open_desk: OpenDesk,
) -> None:
    desk = await open_desk(chat := FakeChat(), ScriptedModel(["Oil.", "Silver.", "Gold."]))
    await desk.receive(said("what about oil?"))
    await desk.idle(10)
    for n, metal in enumerate(("silver", "gold"), 2):
        await desk.correct(said(f"what about {metal}?", event_id=f"E{n}"))
        await desk.idle(10)
    assert [post.text for post in chat.posts][2::2] == ["Silver.", "Gold."]
    assert all("corrected the message after" in post.text for post in chat.posts[1::2])
    everyone = frozenset({"workspace"})
    found = desk.parts.store.find(Query(text="what about", scopes=everyone)).hits
    assert [hit.record.text for hit in found if hit.record.author == "U1"] == ["what about gold?"]


async def test_an_edit_that_adds_the_mention_is_a_new_message(open_desk: OpenDesk) -> None:
    desk = await open_desk(chat := FakeChat(), ScriptedModel(["Here."]))
    assert await desk.receive(said("is anybody there?", addressed=False)) == "ignored"
    await desk.correct(said("is anybody there?!", event_id="E2"))
    await desk.idle(10)
    assert [post.text for post in chat.posts] == ["Here."]
    assert await desk.correct(said("hello", event_id="E3", ts="3.000001", addressed=False))


async def test_the_same_words_are_no_correction(open_desk: OpenDesk) -> None:
    desk = await open_desk(chat := FakeChat(), ScriptedModel(["Once."]))
    await desk.receive(said("hello"))
    await desk.idle(10)
    assert await desk.correct(said("hello", event_id="E2")) == "duplicate"
    assert len(chat.posts) == 1


async def test_a_deleted_message_ends_its_work_without_a_word(open_desk: OpenDesk) -> None:
    desk = await open_desk(chat := FakeChat(), Hanging())
    await desk.receive(said("quant: oil"))
    await until(lambda: ("status", "quant", "thinking") in chat.shown)
    assert await desk.withdraw(MESSAGE, "E2", "Ada") == "new"
    assert await desk.withdraw(MESSAGE, "E2", "Ada") == "unknown"
    await desk.idle(5)
    assert chat.posts == []
    assert chat.shown[-1] == ("session", "1.000001", "closed")
    assert texts(desk) == [(MESSAGE, "quant: oil")]
    await desk.stop()
    await desk.start()
    await desk.idle(5)
    assert chat.posts == []


async def test_what_was_remembered_of_a_deleted_message_is_retracted(open_desk: OpenDesk) -> None:
    desk = await open_desk(FakeChat(), ScriptedModel(["Noted."]))
    await desk.receive(said("silver is dear"))
    await desk.idle(10)
    await desk.withdraw(MESSAGE, "E2", "Ada")
    found = desk.parts.store.find(Query(text="silver", scopes=frozenset({"workspace"}))).hits
    assert "U1" not in {hit.record.author for hit in found}
