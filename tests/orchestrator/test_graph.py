"""The graph is resumed where it was, also in the narrow place between the last write and a checkpoint."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import aiosqlite
import pytest
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from bullpen_orchestrator.graph import build, resume_or_start
from bullpen_orchestrator.nodes import Nodes
from bullpen_orchestrator.ports import pass_by
from bullpen_orchestrator.state import Assignment, Report


class Stations:
    """Stands for the nodes: one planned run with two pieces of work."""

    def __init__(self, passed: list[str]) -> None:
        self.passed = passed

    def __getattr__(self, name: str) -> Any:
        async def station(state: dict[str, Any]) -> dict[str, Any]:
            index = state["assignment"]["index"] if name == "work" else 0
            self.passed.append(f"work{index}" if name == "work" else name)
            empty = Report(agent="quant", text="", receipts=[], index=index, ended="done")
            piece = Assignment(agent="quant", task="", purpose="work", index=0)
            changes: dict[str, Any] = {
                "plan": {"assignments": [piece, piece | {"index": 1}]},
                "work": {"reports": [empty]},
                "remember": {"warnings": [str(len(state.get("reports", [])))]},
            }
            return changes.get(name, {"leads": ["architect"]})

        return station


class DyingSaver(AsyncSqliteSaver):
    """Fails instead of writing the n-th checkpoint, as a killed process does."""

    left = 0

    async def aput(self, *args: Any, **kwargs: Any) -> Any:
        self.left -= 1
        if self.left == 0:
            raise ConnectionAbortedError("killed")
        return await super().aput(*args, **kwargs)


@pytest.mark.parametrize("checkpoint", range(1, 10))
async def test_a_graph_that_dies_before_any_checkpoint_passes_every_station(
    tmp_path: Path, checkpoint: int
) -> None:
    passed: list[str] = []
    async with aiosqlite.connect(tmp_path / "checkpoints.db") as database:
        saver = DyingSaver(database)
        graph = build(cast(Nodes, Stations(passed)), saver)
        saver.left = checkpoint
        try:
            await resume_or_start(graph, "r", pass_by)
        except ConnectionAbortedError:
            await resume_or_start(graph, "r", pass_by)
        await resume_or_start(graph, "r", pass_by)
        state = await graph.aget_state({"configurable": {"thread_id": "r"}})
    assert set(passed) >= {"route", "plan", "work0", "work1", "review", "answer", "say", "remember"}
    assert passed[-1] == "remember"
    assert len(passed) <= 9 + (checkpoint == 4)
    assert state.values["warnings"] == ["2"]
