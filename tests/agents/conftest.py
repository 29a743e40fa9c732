"""Parts that the tests of turns share: a journal and a watch in memory, and a tool of plain Python."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest

from bullpen_agents.model import Completed
from bullpen_agents.task import Agent, Task
from bullpen_tools.tool import Outcome, ToolSpec


@dataclass
class MemoryJournal:
    """A `Journal` that keeps JSON text, so that only what survives JSON comes back."""

    rows: dict[str, str] = field(default_factory=dict)

    async def get(self, key: str) -> dict[str, Any] | None:
        return json.loads(self.rows[key]) if key in self.rows else None

    async def put(self, key: str, value: dict[str, Any]) -> dict[str, Any]:
        return json.loads(self.rows.setdefault(key, json.dumps(value)))


@dataclass
class NotingWatch:
    """A `Watch` that writes down what it sees and answers `verdicts` in order, then "yes"."""

    verdicts: list[Literal["yes", "stopped", "budget"]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    tools: list[str] = field(default_factory=list)
    charged: list[Completed] = field(default_factory=list)

    async def text(self, so_far: str) -> None:
        self.texts.append(so_far)

    async def doing(self, tool: str, label: str) -> None:
        self.tools.append(tool)

    async def charge(self, completed: Completed) -> None:
        self.charged.append(completed)

    async def may_go_on(self) -> Literal["yes", "stopped", "budget"]:
        return self.verdicts.pop(0) if self.verdicts else "yes"


@dataclass
class PlainTool:
    """A `BoundTool` around one async function; it counts its calls and keeps their keys."""

    name: str
    run: Callable[[dict[str, Any]], Awaitable[Outcome]]
    keys: list[str] = field(default_factory=list)

    @property
    def spec(self) -> ToolSpec:
        return ToolSpec(name=self.name, description=self.name, schema={"type": "object"})

    async def call(self, args: dict[str, Any], *, call_key: str) -> Outcome:
        self.keys.append(call_key)
        return await self.run(args)


def echo(name: str = "echo") -> PlainTool:
    """A tool that answers its input as JSON, and an error for {"fail": true}."""

    async def run(args: dict[str, Any]) -> Outcome:
        return Outcome(text=json.dumps(args), error=bool(args.get("fail")))

    return PlainTool(name, run)


@pytest.fixture
def journal() -> MemoryJournal:
    return MemoryJournal()


@pytest.fixture
def watch() -> NotingWatch:
    return NotingWatch()


@pytest.fixture
def quant() -> Agent:
    return Agent(
        id="quant",
        name="Quant",
        title="quantitative analyst",
        icon=":triangular_ruler:",
        prompt="You are Quant.",
        tools=("echo",),
        max_steps=8,
    )


@pytest.fixture
def task() -> Task:
    return Task(
        run_id="run1",
        turn_id="run1/quant/1",
        purpose="answer",
        text="how volatile is oil?",
        asked_by="Ada",
        channel="#desk",
        today="2026-11-22",
    )


@pytest.fixture
def make_echo() -> Callable[..., PlainTool]:
    return echo


@pytest.fixture
def make_tool() -> Callable[..., PlainTool]:
    return PlainTool
