"""A thread looks worked on while it is, and never longer."""

from __future__ import annotations

from typing import Any

import pytest

from bullpen_agents.model import Request
from bullpen_agents.scripted import ScriptedModel, calls
from bullpen_memory.errors import OperatorError
from bullpen_orchestrator.ledger import Ledger
from real_parts import FakeChat, Hanging, OpenDesk, said, until


def states(chat: FakeChat) -> list[tuple[str, ...]]:
    return [shown[1:] for shown in chat.shown if shown[0] == "session"]


@pytest.mark.parametrize(
    "script",
    [["Done."], [OperatorError("A.", "B.", "C.")], [ZeroDivisionError("oops")]],
    ids=["answer", "wrong key", "defect"],
)
async def test_every_end_releases_the_thread(open_desk: OpenDesk, script: list[Any]) -> None:
    desk = await open_desk(chat := FakeChat(), ScriptedModel(script))
    await desk.receive(said("hello"))
    await desk.idle(10)
    assert states(chat) == [("1.000001", "processing"), ("1.000001", "active")]
    assert desk.ledger.busy() == []


async def test_a_stop_releases_the_thread(open_desk: OpenDesk) -> None:
    desk = await open_desk(chat := FakeChat(), Hanging())
    await desk.receive(said("quant: take your time"))
    await until(lambda: ("status", "quant", "thinking") in chat.shown)
    assert await desk.stop_thread("C1", "1.000001", "Ada") == 1
    await desk.idle(5)
    assert states(chat)[-1] == ("1.000001", "active")


async def test_a_desk_that_closes_leaves_no_thread_looking_busy(open_desk: OpenDesk) -> None:
    desk = await open_desk(chat := FakeChat(), Hanging())
    await desk.receive(said("quant: take your time"))
    await until(lambda: ("status", "quant", "thinking") in chat.shown)
    await desk.stop()
    assert states(chat)[-1] == ("1.000001", "suspended")


async def test_what_a_crash_left_busy_is_released_at_the_next_start(open_desk: OpenDesk) -> None:
    desk = await open_desk(chat := FakeChat(), ScriptedModel([]))
    await desk.stop()
    ledger = Ledger(desk.parts.home / "ledger.db")
    ledger.mark_busy("C1", "7.000001")
    ledger.close()
    await desk.start()
    await until(lambda: states(chat) == [("7.000001", "active")])
    await until(lambda: desk.ledger.busy() == [])


async def test_a_release_that_has_to_wait_is_tried_again(open_desk: OpenDesk) -> None:
    class Patient(FakeChat):
        refusals = 2

        async def session(self, channel: str, thread_ts: str, state: str, **more: Any) -> bool:
            await super().session(channel, thread_ts, state, **more)
            if state == "active" and self.refusals:
                self.refusals -= 1
                return False
            return True

    desk = await open_desk(chat := Patient(), ScriptedModel(["Done."]), patience=0.05)
    await desk.receive(said("hello"))
    await desk.idle(10)
    await until(lambda: desk.ledger.busy() == [])
    assert [state for _, state in states(chat)].count("active") == 3


async def test_side_by_side_one_status_does_not_end_the_session(open_desk: OpenDesk) -> None:
    def answer(request: Request):
        if request.meta["step"] == 0:
            return calls(("measure", {"value": 1.0}))
        return "Done."

    desk = await open_desk(chat := FakeChat(), ScriptedModel(answer))
    await desk.receive(said("quant, data analyst: measure it"))
    await desk.idle(10)
    assert {post.agent for post in chat.posts} == {"quant", "data_analyst"}
    assert [state for _, state in states(chat)] == ["processing", "active"]
