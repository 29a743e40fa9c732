"""The plan of a run as people see it: what is pending, at work, done and ended early."""

from __future__ import annotations

import asyncio
import re

from bullpen_agents.model import Request
from bullpen_agents.scripted import ScriptedModel, calls
from real_parts import FakeChat, Hanging, OpenDesk, said, until


def two_pieces(request: Request):
    match request.agent, request.meta["purpose"], request.meta["step"]:
        case "architect", "plan", 0:
            pieces = [("quant", "measure oil"), ("data_analyst", "check it")]
            work = [{"agent": agent, "task": task} for agent, task in pieces]
            return calls(("assign", {"assignments": work}), text="Two of us will look.")
        case "quant", "work", 0:
            return calls(("measure", {"value": 10.0}))
        case "data_analyst", "work", 0:
            return calls(("measure", {"value": "high"}))
        case _:
            return "Done."


async def test_the_plan_that_was_given_out_shows_who_is_how_far(open_desk: OpenDesk) -> None:
    chat = FakeChat()
    desk = await open_desk(chat, ScriptedModel(two_pieces))
    await desk.receive(said("how volatile is oil?"))
    await desk.idle(10)
    given = chat.posts[0]
    assert given.text == "Two of us will look."
    assert given.plan is not None
    assert [(step.title, step.status) for step in given.plan.steps] == [
        ("Quant: measure oil", "pending"),
        ("Data Analyst: check it", "pending"),
    ]
    # In the thread's history and in memory the hand-off stands in words.
    [entry] = [e for e in desk.ledger.thread("C1", "1.000001", before=99, limit=9) if e.kind == "handoff"]  # fmt: skip
    assert "• **Quant**: measure oil" in entry.shown
    assert {ts for ts, _ in chat.plans} == {"9.000001"}
    statuses = [tuple(step.status for step in plan.steps) for _, plan in chat.plans if plan]
    assert any("in_progress" in now for now in statuses)
    assert statuses[-1] == ("complete", "complete")
    last = chat.plans[-1][1]
    assert last is not None
    assert last.title.startswith("2 colleagues: done in")
    assert re.fullmatch(r"Receipt r[12]", last.steps[0].output)


async def test_the_tools_of_a_named_colleague_are_steps_when_it_takes_long(
    open_desk: OpenDesk,
) -> None:
    chat = FakeChat()
    model = ScriptedModel(
        {"quant": [calls(("measure", {"value": 1.0})), calls(("measure", {"value": 2.0})), "Two."]}
    )
    desk = await open_desk(chat, model, planning=0.0)
    await desk.receive(said("quant: how volatile is oil?"))
    await desk.idle(10)
    assert chat.plans[0][0] == "opened by quant"
    ts, last = chat.plans[-1]
    assert ts == "7.000001 over"
    assert last is not None
    [step] = last.steps
    assert (step.title, step.status, step.output) == ("Measuring", "complete", "Receipts r1, r2")
    assert last.title.startswith("Quant: done in")


async def test_what_is_quick_shows_no_steps(open_desk: OpenDesk) -> None:
    chat = FakeChat()
    desk = await open_desk(
        chat, ScriptedModel({"quant": [calls(("measure", {"value": 1.0})), "One."]})
    )
    await desk.receive(said("quant: how volatile is oil?"))
    await desk.idle(10)
    assert chat.plans == []


class PlansThenHangs(Hanging):
    """Gives out work and then never ends."""

    def __init__(self) -> None:
        self._script = ScriptedModel(two_pieces)

    async def stream(self, request: Request):
        if request.meta["purpose"] == "plan":
            async for event in self._script.stream(request):
                yield event
            return
        self.begun = True
        await asyncio.Event().wait()


async def test_a_stop_leaves_no_step_that_looks_alive(open_desk: OpenDesk) -> None:
    chat, model = FakeChat(), PlansThenHangs()
    desk = await open_desk(chat, model)
    await desk.receive(said("how volatile is oil?"))
    await until(lambda: model.begun and chat.posts)
    await desk.stop_thread("C1", "1.000001", "Ada")
    await desk.idle(10)
    last = chat.plans[-1][1]
    assert last is not None
    assert {step.status for step in last.steps} == {"error"}
    assert "ended early" in last.title


async def test_a_plan_that_cannot_be_shown_holds_nothing_up(open_desk: OpenDesk) -> None:
    class Refusing(FakeChat):
        async def show_plan(self, post, ts) -> None:
            raise RuntimeError("no plans here")

    chat = Refusing()
    desk = await open_desk(chat, ScriptedModel(two_pieces))
    await desk.receive(said("how volatile is oil?"))
    await desk.idle(10)
    assert chat.posts[-1].text.startswith("Done.")
