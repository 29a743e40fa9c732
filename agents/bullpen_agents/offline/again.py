"""An answer once more: where it comes from, whether it holds, the same in other units.

The rule it protects: nothing is repeated from what was posted; the tools compute it again, and what
cannot be checked by computing is said. It decides nothing about who does the work.
"""

from __future__ import annotations

import re

from bullpen_agents.grammar.again import Again
from bullpen_agents.grammar.intents import Chart, Compare, Correlate
from bullpen_agents.grammar.options import Payoff
from bullpen_agents.offline.desk import Desk
from bullpen_agents.offline.series import meant
from bullpen_agents.offline.work import work_of


def again(desk: Desk, asked: Again) -> str:
    """The answer, computed again, as the follow-up wants it."""
    text = work_of(asked.of)[2](desk, asked.of)
    if "{{" not in text and "attached" not in text:
        return text
    if asked.how == "source":
        return _source(desk, asked)
    if asked.how == "sure":
        return _sure(text, asked)
    return _in_units(text, asked.how)


def _source(desk: Desk, asked: Again) -> str:
    names = asked.of.series if isinstance(asked.of, Chart | Compare | Correlate) else ()
    tool = next((name for name in ("series_value", "series_stats") if desk.has(name)), "")
    if names and tool:
        # These tools do not name the source of each series.
        desk.use_all(*((tool, {"series": meant(name)}) for name in names))
    found = [seen.summary for seen in desk.results() if "Source: " in seen.summary]
    stale = [
        note
        for seen in desk.results()
        for note in seen.warnings
        if "stale" in note or "begins on" in note
    ]
    if not found:
        return (
            "The figures are computed from the terms in your question; no market data went in. The footnote under each "
            "answer names its receipt, with the tool, its version and every input."
        )
    lines = [f"- {line}" for line in dict.fromkeys([*found, *stale])]
    return "It comes from the desk's own store:\n\n" + "\n".join(lines)


def _sure(text: str, asked: Again) -> str:
    paragraphs = text.split("\n\n")
    shown = paragraphs[:2] if isinstance(asked.of, Payoff) else paragraphs[:1]
    return "\n\n".join(
        [
            "I computed it again, from the data and the terms as they are now:",
            *shown,
            "What I can have wrong is how I read the question. If so, say which part.",
        ]
    )


def _in_units(text: str, unit: str) -> str:
    other = "pct" if unit == "bp" else "bp"
    head = text.split("\n\n", 1)[0]
    if f"|{other}}}}}" not in head:
        names = {"bp": "basis points", "pct": "percent"}
        return f"{head}\n\nNothing there is in {names[other]}, so I leave the units as they are."
    return re.sub(rf"\|{other}\}}\}}", f"|{unit}}}}}", text)
