"""Charts of a computation in a question: bars, histograms, scatters, heat maps, curves and fans.

The rule it protects: a chart is drawn of the series that were named, over the span that was named.
Lines over time stay with the rest of the grammar.

Grammar (a period may follow):
    bar chart of the yearly returns of X | histogram of X | scatter of Y against X
    heat map of the correlations of X, Y and Z | monthly heat map of X | fan chart of X
"""

from __future__ import annotations

import re
from typing import Any

from bullpen_agents.grammar.family import Family
from bullpen_agents.grammar.lookup import DataLookup, dated, lookup
from bullpen_agents.grammar.series import read_names, read_period

_KINDS = (
    ("scatter", re.compile(r"\bscatter\w*(?: ?plots?)?\b")),
    ("histogram", re.compile(r"\bhistograms?\b|\bdistributions? of\b")),
    ("fan", re.compile(r"\b(?:fan|cone)(?: ?charts?)?\b|\bvolatility cone\b")),
    ("correlation_map", re.compile(r"\bcorrelation (?:matrix|map|heat ?map)s?\b|\bheat ?maps? of (?:the )?correlations?\b")),
    ("calendar_map", re.compile(r"\bheat ?maps?\b|\bmonth by month\b|\bseasonality\b")),
    ("bar", re.compile(r"\bbar (?:charts?|graphs?|plots?)\b|\bbars of\b")),
)  # fmt: skip
_GRAINS = (
    ("year", r"\b(?:year|annual)"),
    ("quarter", r"\bquarter"),
    ("month", r"\bmonth"),
    ("week", r"\bweek"),
)
_WORDS = re.compile(
    r"\b(?:charts?|plots?|draw|graph|daily|weekly|monthly|quarterly|yearly|annual|by|year|month|quarter|week|correlations?|heat ?maps?|"
    r"matrix|map|changes|returns?|over)\b"
)


def read_plots(original: str, lower: str) -> DataLookup | None:
    """The one chart of a computation that a question asks for, or None."""
    del original
    for kind, pattern in _KINDS:
        if found := pattern.search(lower):
            return _plot(kind, f"{lower[: found.start()]} {lower[found.end() :]}", lower)
    return None


def _plot(kind: str, rest: str, lower: str) -> DataLookup | None:
    period, rest = read_period(rest)
    names = read_names(_WORDS.sub(" ", rest))
    args: dict[str, Any] = {
        "kind": "correlation_map" if kind == "calendar_map" and len(names) > 1 else kind
    }
    if kind == "bar":
        args["grain"] = next((grain for grain, word in _GRAINS if re.search(word, lower)), "year")
    if not names:
        return lookup(
            "plot_chart", args, "Of which series? For example `histogram of oil since 2000`."
        )
    # "Y against X" has Y up and X across.
    order = tuple(reversed(names)) if kind == "scatter" else names
    return lookup("plot_chart", args, "", "", {"series": order}, period)


FAMILY = Family(
    "charts",
    dated(read_plots),
    ("histogram of oil since 2000", "bar chart of the yearly returns of oil", "scatter of oil against the S&P 500"),
)  # fmt: skip
