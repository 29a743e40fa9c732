"""What the offline quant says about a computation: one sentence with the answer, then the figures.

The rule it protects: every number in the answer is a reference to the receipt of the tool; the tool's
own warnings stand below it. Which words lead to which tool stands in `grammar_quant`.
"""

from __future__ import annotations

from collections.abc import Callable

from bullpen_agents.grammar_intents import Compute
from bullpen_agents.offline_desk import Desk, Seen, table
from bullpen_agents.offline_quant_credit import CREDIT
from bullpen_agents.offline_quant_growth import GROWTH
from bullpen_agents.offline_quant_pricing import PRICING

Headline = Callable[[Seen, Compute], str]
_HEADLINES: dict[str, Headline] = {**PRICING, **CREDIT, **GROWTH}
_HIDDEN = ("_textbook",)
_MOST = 24


def compute(desk: Desk, asked: Compute) -> str:
    """Call the tool and tell its figures; what is missing, or its own refusal, otherwise."""
    if asked.missing:
        return asked.missing
    found = desk.use(asked.tool, **asked.args)
    if found.error:
        return found.text
    head = _HEADLINES.get(asked.tool, _plain)(found, asked)
    told = set(_cited(head, found))
    rows = [
        [found.label(key), found.cite(key)]
        for key in found.values
        if found.known(key) and key not in told and not key.endswith(_HIDDEN)
    ]
    more = f"{len(rows) - _MOST} more figures are in the receipt." if len(rows) > _MOST else ""
    drawn = "The chart is attached." if found.artifacts else ""
    shown = table(["", ""], rows[:_MOST])
    foot = " ".join(part for part in (drawn, more) if part)
    return "\n\n".join(part for part in (head, shown, foot) if part) + found.notes()


def _plain(found: Seen, asked: Compute) -> str:
    del asked
    return found.summary


def _cited(text: str, found: Seen) -> list[str]:
    return [key for key in found.values if found.cite(key) in text]
