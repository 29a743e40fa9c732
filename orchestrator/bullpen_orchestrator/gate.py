"""The gate before effects: what changes something outside the desk is not done by a model alone.

The rule it protects: a tool of risk "effect" runs only when a person approved exactly this call.
Nobody can approve yet, so none runs, whatever a model was talked into. Reading, calculating and
writing to the desk's own memory pass.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bullpen_orchestrator import messages
from bullpen_tools.tool import BoundTool, Outcome, ToolSpec


@dataclass(frozen=True, slots=True)
class Gated:
    """A tool that is not run: the model is told why, and what it can do instead."""

    tool: BoundTool

    @property
    def spec(self) -> ToolSpec:
        return self.tool.spec

    async def call(self, args: dict[str, Any], *, call_key: str) -> Outcome:
        """Refuse; nothing is run and nothing is stored."""
        del args, call_key
        return Outcome(text=messages.needs_approval(self.spec.name), error=True)


def gated(tools: Mapping[str, BoundTool]) -> dict[str, BoundTool]:
    """The tools, with those that have effects behind the gate."""
    return {
        name: Gated(tool) if tool.spec.risk == "effect" else tool for name, tool in tools.items()
    }
