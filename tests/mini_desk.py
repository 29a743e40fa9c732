"""A keyless desk on real tools, a real store and the bundled series, without the graph."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bullpen_agents.offline.planner import OfflineModel
from bullpen_agents.roster import Roster
from bullpen_agents.task import Line, Reply, Task
from bullpen_agents.turn import take_turn
from bullpen_memory.market import Market
from bullpen_memory.records import WORKSPACE
from bullpen_memory.store import Store
from bullpen_tools.bundled import seed
from bullpen_tools.context import LocalFile, ToolContext
from bullpen_tools.figures import render, told
from bullpen_tools.receipts import Receipts
from bullpen_tools.tool import BoundTool, Outcome, ToolSpec
from bullpen_tools.toolbox import default_toolbox

LINK = "http://127.0.0.1:4747/archives/C1/p1"


@dataclass
class Colleague:
    """`ask` or `assign` as the orchestrator supplies them, made of one function."""

    spec: ToolSpec
    answer: Any

    async def call(self, args: dict[str, Any], *, call_key: str) -> Outcome:
        return await self.answer(args, call_key)


@dataclass
class MiniDesk:
    """Routes as the orchestrator does, without its graph: one agent, or plan, work and close."""

    home: Path
    roster: Roster
    store: Store
    market: Market
    receipts: Receipts
    journal: Any
    new_watch: Any
    files: tuple[LocalFile, ...] = ()
    history: tuple[Line, ...] = ()
    said: list[tuple[str, str]] = field(default_factory=list)
    turns: int = 0
    run_id: str = "run1"

    async def ask(self, agent: str, text: str) -> Reply:
        return await self.turn(agent, "answer", text)

    async def lead(self, text: str) -> Reply:
        plan = await self.turn("architect", "plan", text)
        if "assign" not in plan.meta:
            return plan
        pieces = plan.meta["assign"][0]["assignments"]
        if len(pieces) == 1:
            return await self.turn(pieces[0]["agent"], "answer", pieces[0]["task"])
        done = await asyncio.gather(*(self.turn(p["agent"], "work", p["task"]) for p in pieces))
        reports = tuple(
            Line(speaker=self.roster.agents[p["agent"]].name, text=r.text, author=p["agent"])
            for p, r in zip(pieces, done, strict=True)
        )
        return await self.turn("architect", "close", text, reports)

    async def turn(
        self, agent_id: str, purpose: Any, text: str, reports: tuple[Line, ...] = ()
    ) -> Reply:
        self.turns += 1
        agent = self.roster.agents[agent_id]
        task = Task(
            run_id=self.run_id,
            turn_id=f"{self.run_id}/{self.turns}",
            purpose=purpose,
            text=text,
            asked_by="Ada",
            reports=reports,
            history=self.history,
            files=tuple(file.name for file in self.files),
            channel="#desk",
        )
        reply = await take_turn(
            agent,
            task,
            model=OfflineModel(),
            tools=self.tools(agent_id, purpose),
            journal=self.journal,
            watch=self.new_watch(),
            default_model="offline",
        )
        self.said.append((agent_id, reply.text))
        return reply

    def tools(self, agent_id: str, purpose: str) -> dict[str, BoundTool]:
        agent = self.roster.agents[agent_id]
        ctx = ToolContext(
            run_id=self.run_id,
            agent=agent_id,
            requester="U1",
            scopes=frozenset({WORKSPACE}),
            home=WORKSPACE,
            thread_link=LINK,
            thread_title="#desk",
            store=self.store,
            market=self.market,
            receipts=self.receipts,
            artifacts=self.home / "artifacts",
            files=self.files,
        )
        names = [name for name in agent.tools if name not in ("ask", "assign")]
        tools: dict[str, BoundTool] = dict(default_toolbox(self.receipts).bind(ctx, names))
        for name, answer in (("ask", self._ask(agent_id)), ("assign", self._assign)):
            if name in agent.tools and (name != "assign" or purpose == "plan"):
                spec = ToolSpec(name=name, description=name, schema={"type": "object"})
                tools[name] = Colleague(spec, answer)
        return tools

    def _ask(self, asker: str) -> Any:
        async def ask(args: dict[str, Any], key: str) -> Outcome:
            self.said.append((asker, f"@{args['agent']}: {args['question']}"))
            reply = await self.turn(args["agent"], "reply", args["question"])
            name = self.roster.agents[args["agent"]].name
            text = f"{name} replies:\n{reply.text}"
            return Outcome(text=text, meta={"receipts": list(reply.receipts)})

        return ask

    async def _assign(self, args: dict[str, Any], key: str) -> Outcome:
        return Outcome(text="given", meta=args)

    def read(self, reply: Reply, question: str = "") -> str:
        """The reply as people read it: every reference resolves, every number has a source."""
        made = self.receipts.by_run(self.run_id)
        shown = render(reply.text, self.receipts.get, allow=f"{question} {told(made)}")
        assert shown.missing == ()
        assert shown.unsourced == ()
        return shown.text


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A context store with the bundled series, made once and copied for each test."""
    path = tmp_path_factory.mktemp("seeded") / "context.db"
    store = Store(path)
    seed(Market(store))
    store.close()
    return path


@pytest.fixture
def desk(tmp_path: Path, seeded: Path, journal, make_watch) -> Iterable[MiniDesk]:
    shutil.copytree(seeded.parent, tmp_path, dirs_exist_ok=True)
    store = Store(tmp_path / "context.db")
    (tmp_path / "artifacts").mkdir()
    receipts = Receipts(tmp_path / "receipts.db")
    yield MiniDesk(tmp_path, Roster.load(), store, Market(store), receipts, journal, make_watch)
    receipts.close()
    store.close()


def plain(text: str) -> str:
    """Without superscripts and emphasis."""
    return re.sub(r"[¹²³⁴⁵⁶⁷⁸⁹⁰*]", "", text)
