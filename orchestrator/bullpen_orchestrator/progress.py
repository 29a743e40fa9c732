"""The plan of a run as its people see it: one step for each colleague, or for each tool of one.

The rule it protects: a step says what is, never what is hoped: pending, at work, done, or ended
early; and nothing here can break a turn or is needed to continue one. Results are said elsewhere.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from textwrap import shorten

import structlog

from bullpen_agents.task import Agent
from bullpen_orchestrator import messages
from bullpen_orchestrator.entries import Run, RunStatus
from bullpen_orchestrator.outbox import Outbox
from bullpen_orchestrator.ports import Chat, Plan, Post, Step

_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)
_TITLE = 140
_SETTLED = 3.0
"""Seconds that the end of a run waits for the post of its plan."""


@dataclass(slots=True)
class _Tool:
    label: str
    open: int = 0
    failed: bool = False
    receipts: list[str] = field(default_factory=list[str])


@dataclass(slots=True)
class _Turn:
    """One turn. `step` is its place in a plan that was given out; `agent` is "" until it begins."""

    agent: str
    tools: dict[str, _Tool] = field(default_factory=dict[str, _Tool])
    step: Step | None = None
    ended: bool = False
    failed: bool = False


@dataclass(slots=True)
class _Shown:
    """What one run shows: the post that holds its plan, or the live message opened for it."""

    run: Run
    since: float
    post_key: str = ""
    live: str | None = None
    turns: dict[str, _Turn] = field(default_factory=dict[str, _Turn])


class Progress:
    """Lives in the desk's event loop. A turn without a plan shows its tools after `patience` s."""

    def __init__(self, chat: Chat, outbox: Outbox, patience: float) -> None:
        self._chat = chat
        self._outbox = outbox
        self._patience = patience
        self._runs: dict[str, _Shown] = {}

    async def begin(self, run: Run, agent: Agent, turn_id: str) -> None:
        """A turn begins: its step in the plan that was given out, or the first of its own."""
        shown = self._runs.get(run.id)
        if shown is None:
            shown = self._runs[run.id] = _Shown(run, time.monotonic())
        post = self._planned(run.id)
        steps = post.plan.steps if post and post.plan else ()
        if post and not shown.post_key:
            shown.post_key = post.key
            for given in steps:
                shown.turns[given.id] = _Turn("", step=given, ended=self._said(given.id))
        step = next((given for given in steps if given.id == turn_id), None)
        shown.turns[turn_id] = _Turn(agent.name, step=step)
        await self._show(shown)

    async def doing(self, run_id: str, turn_id: str, label: str) -> None:
        """A tool of the turn begins; `label` is a short present participle."""
        turn = self._turn(run_id, turn_id)
        if turn is not None:
            turn.tools.setdefault(label, _Tool(label)).open += 1
            await self._show(self._runs[run_id], working=True)

    async def did(
        self, run_id: str, turn_id: str, label: str, *, failed: bool, receipts: Sequence[str]
    ) -> None:
        """A tool of the turn has ended; a retry that works mends an earlier failure."""
        turn = self._turn(run_id, turn_id)
        tool = turn.tools.get(label) if turn else None
        if tool is not None:
            tool.open = max(0, tool.open - 1)
            tool.failed = failed
            tool.receipts += [r for r in receipts if not failed and r not in tool.receipts]
            await self._show(self._runs[run_id])

    async def ended(self, run_id: str, turn_id: str, *, failed: bool) -> None:
        """The turn is over."""
        turn = self._turn(run_id, turn_id)
        if turn is not None:
            turn.ended, turn.failed = True, failed
            await self._show(self._runs[run_id])

    async def end(self, run_id: str, status: RunStatus) -> None:
        """The run is over: what was not done is not shown as under way any more."""
        shown = self._runs.pop(run_id, None)
        if shown is None or not (shown.post_key or shown.live):
            return
        if shown.post_key and status == "done":
            await self._outbox.settled(run_id, _SETTLED)
        for turn in shown.turns.values():
            turn.failed = turn.failed or not (turn.ended or status == "done")
            turn.ended = True
        await self._show(shown, over=status)

    def _planned(self, run_id: str) -> Post | None:
        row = self._outbox.row(f"{run_id}:plan:say")
        return row.post if row is not None and row.post.plan is not None else None

    def _said(self, turn_id: str) -> bool:
        """Whether an earlier process brought this turn to its end."""
        return self._outbox.row(f"{turn_id}:say") is not None

    def _turn(self, run_id: str, turn_id: str) -> _Turn | None:
        shown = self._runs.get(run_id)
        return shown.turns.get(turn_id) if shown else None

    async def _show(self, shown: _Shown, *, working: bool = False, over: RunStatus | None = None) -> None:  # fmt: skip
        try:
            if shown.post_key:
                row = self._outbox.row(shown.post_key)
                if row is not None and row.state == "sent":
                    await self._chat.show_plan(replace(row.post, plan=_plan(shown, over)), row.ts)
            elif over or shown.live:
                await self._grow(shown, over)
            elif working and shown.live is None:
                await self._open(shown)
        except Exception as error:  # noqa: BLE001 - the plan is a courtesy; the work goes on
            _log.warning("plan not shown", run=shown.run.id, error=repr(error))

    async def _open(self, shown: _Shown) -> None:
        if time.monotonic() - shown.since < self._patience:
            return
        said, agent = shown.run.inbound, shown.run.route.agents[:1]
        shown.live = ""
        ts = await self._chat.open_plan(
            said.channel, said.thread_ts, agent[0] if agent else "", said.user, _plan(shown, None)
        )
        shown.live = ts or ""

    async def _grow(self, shown: _Shown, over: RunStatus | None) -> None:
        if shown.live:
            channel = shown.run.inbound.channel
            await self._chat.grow_plan(channel, shown.live, _plan(shown, over), over=bool(over))


def steps_of(work: Sequence[tuple[str, str, str]]) -> tuple[Step, ...]:
    """The steps of a plan that is given out; each is (turn id, colleague, task)."""
    return tuple(Step(id=turn, title=_title(f"{name}: {task}")) for turn, name, task in work)


def _title(text: str) -> str:
    return shorten(text, _TITLE, placeholder=" …")


def _plan(shown: _Shown, over: RunStatus | None) -> Plan:
    seconds = max(1, round(time.monotonic() - shown.since))
    if shown.post_key:
        steps = [_piece(turn) for turn in shown.turns.values() if turn.step is not None]
        who = [step.title.partition(":")[0] for step in steps]
    else:
        steps = [s for id_, turn in shown.turns.items() for s in _own_steps(id_, turn, shown)]
        who = [turn.agent for turn in shown.turns.values()]
    steps.sort(key=lambda step: step.id)
    title = messages.plan_title(list(dict.fromkeys(who)), over, seconds)
    return Plan(title=title, steps=tuple(steps))


def _piece(turn: _Turn) -> Step:
    """The step of a colleague; under it what they do, or what they have made."""
    assert turn.step is not None
    labels = " · ".join(tool.label for tool in turn.tools.values())
    made = [receipt for tool in turn.tools.values() for receipt in tool.receipts]
    if turn.ended:
        output = messages.made(made)
        return replace(turn.step, status="error" if turn.failed else "complete", output=output)
    if not turn.agent:
        return turn.step
    return replace(turn.step, status="in_progress", detail=labels or messages.THINKING)


def _own_steps(turn_id: str, turn: _Turn, shown: _Shown) -> list[Step]:
    several = len(shown.turns) > 1
    found: list[Step] = []
    for number, tool in enumerate(turn.tools.values()):
        words = tool.label[:1].upper() + tool.label[1:]
        done = not tool.open or turn.ended
        wrong = tool.failed or (turn.failed and bool(tool.open))
        status = ("error" if wrong else "complete") if done else "in_progress"
        found.append(
            Step(
                id=f"{turn_id}:{number:02d}",
                title=_title(f"{turn.agent}: {words}" if several else words),
                status=status,
                output=messages.made(tool.receipts) if done else "",
            )
        )
    return found
