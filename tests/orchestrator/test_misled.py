"""“This misled us” under an answer reaches the records that it cited."""

from __future__ import annotations

from bullpen_agents.model import Request
from bullpen_agents.scripted import ScriptedModel
from bullpen_memory.records import WORKSPACE, Draft, Source
from bullpen_orchestrator.entries import Feedback
from real_parts import FakeChat, OpenDesk, said


async def test_a_verdict_marks_what_the_answer_cited(open_desk: OpenDesk) -> None:
    def answer(request: Request) -> str:
        return f"Silver is abundant, see {wrong.id}."

    chat = FakeChat()
    desk = await open_desk(chat, ScriptedModel(answer))
    store = desk.parts.store

    def finding(text: str):
        source = Source(kind="person", ref="U1")
        return store.add(
            Draft(kind="finding", text=text, author="quant", source=source, scope=WORKSPACE)
        )

    wrong, other = finding("Silver is abundant in the vaults"), finding("Silver is a metal")
    await desk.receive(said("quant: is silver abundant?", ts="1.0"))
    await desk.idle(10)
    key = chat.posts[0].key
    assert await desk.judge(
        Feedback(message_id=key, verdict="misleading", person="U9", person_name="Maya")
    )
    marked = store.get(wrong.id)
    assert marked is not None
    assert (marked.tags, marked.confidence) == (("disputed",), 0.4)
    assert store.changes(wrong.id)[-1].by == "U9"
    assert store.get(other.id) == other


async def test_a_helpful_answer_changes_nothing(open_desk: OpenDesk) -> None:
    chat = FakeChat()
    desk = await open_desk(chat, ScriptedModel(["Yes."]))
    await desk.receive(said("quant: is silver abundant?", ts="1.0"))
    await desk.idle(10)
    before = desk.parts.store.count(None)
    assert await desk.judge(
        Feedback(message_id=chat.posts[0].key, verdict="helpful", person="U9", person_name="Maya")
    )
    assert desk.parts.store.count(None) == before
    assert not await desk.judge(
        Feedback(message_id="x", verdict="misleading", person="U9", person_name="Maya")
    )
