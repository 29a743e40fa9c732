"""When a turn is going in circles: the same call again, or one error after another.

The rule it protects: a model that does not learn from a result is told so once, and is stopped
when it goes on. Pure bookkeeping; it runs no tool and knows no budget.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from bullpen_agents.model import ToolCall

SAME_CALL = 3
ERRORS_IN_A_ROW = 3


@dataclass(slots=True)
class Guards:
    """What one turn has called so far. Rebuilt from the journal on a replay, call by call."""

    seen: Counter[str] = field(default_factory=Counter[str])
    errors: int = 0
    reason: str = ""

    def admit(self, call: ToolCall) -> str:
        """ "" when the call may run, else the sentence the model is told instead of a result.

        The third equal call is refused with that sentence; the fourth ends the turn (`reason`).
        """
        key = call.name + " " + json.dumps(call.input, sort_keys=True, default=str)
        self.seen[key] += 1
        if self.seen[key] < SAME_CALL:
            return ""
        if self.seen[key] > SAME_CALL:
            self.reason = f"I stopped because I kept calling `{call.name}` with the same input."
        return (
            f"This exact call of `{call.name}` was already made {SAME_CALL - 1} times and gives the "
            "same result. Use that result, change the input, or answer with what you have."
        )

    def note(self, failed: Iterable[bool]) -> None:
        """Record one round of results: a round counts as an error when every call in it failed."""
        flags = list(failed)
        self.errors = self.errors + 1 if flags and all(flags) else 0
        if self.errors >= ERRORS_IN_A_ROW and not self.reason:
            self.reason = f"I stopped after {ERRORS_IN_A_ROW} rounds of tool calls that all failed."
