"""A journal and a watch in memory, for turns that are taken without an orchestrator."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Literal

from bullpen_agents.model import Completed


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
    outcomes: list[tuple[str, bool, tuple[str, ...]]] = field(default_factory=list)

    async def text(self, so_far: str) -> None:
        self.texts.append(so_far)

    async def doing(self, tool: str, label: str) -> None:
        self.tools.append(tool)

    async def did(self, tool: str, label: str, *, failed: bool, receipts: Any) -> None:
        self.outcomes.append((tool, failed, tuple(receipts)))

    async def charge(self, completed: Completed, *, answered: bool = True) -> None:
        self.charged.append(completed)

    async def may_go_on(self) -> Literal["yes", "stopped", "budget"]:
        return self.verdicts.pop(0) if self.verdicts else "yes"
