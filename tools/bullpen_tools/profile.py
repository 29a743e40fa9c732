"""What is odd about a series before anybody computes on it: gaps, outliers, constant runs, zeros.

The rule it protects: what looks wrong is named with its place and left as it is; a hole is never
filled and a zero is never taken for a measurement without being said. It changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby, pairwise

import numpy as np

from bullpen_tools import freshness
from bullpen_tools.asof import pinned
from bullpen_tools.context import Result, Scalar, ToolContext, Value
from bullpen_tools.histories import History, load
from bullpen_tools.importing import HOLE
from bullpen_tools.tool import tool

_FAR = 8.0
"""Robust z-scores (by the median absolute deviation) beyond this are outliers."""
_MAD = 1.4826
_LONG_RUN = {"daily": 5, "weekly": 4, "monthly": 4, "quarterly": 3, "annual": 3, "irregular": 6}
_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Oddity:
    """One thing to look at."""

    kind: str
    where: str
    what: str


def outliers(history: History) -> list[Oddity]:
    """Changes that lie far outside of the usual, and jump back or stay.

    Robust z-score: |change - median| / (1.4826 * median absolute deviation), in log changes where
    all values are positive (Iglewicz and Hoaglin, 1993).
    """
    if len(history.values) < 12:
        return []
    changes = np.diff(np.log(history.values)) if history.positive else np.diff(history.values)
    centre = float(np.median(changes))
    spread = float(np.median(np.abs(changes - centre))) * _MAD
    if spread == 0:
        return []
    scores = (changes - centre) / spread
    places = [int(i) for i in np.argsort(-np.abs(scores)) if abs(scores[i]) > _FAR]
    found: list[Oddity] = []
    for i in places:
        a, b = history.values[i], history.values[i + 1]
        found.append(
            Oddity(
                "outlier",
                f"{history.dates[i + 1]}",
                f"from {a:g} to {b:g}, {abs(scores[i]):.0f} usual changes",
            )
        )
    return found


def runs(history: History) -> list[Oddity]:
    """Stretches of one unchanged value, longest first."""
    least = _LONG_RUN[history.info.frequency]
    found: list[tuple[int, Oddity]] = []
    at = 0
    for value, group in groupby(history.values.tolist()):
        length = len(list(group))
        if length >= least:
            where = f"{history.dates[at]} to {history.dates[at + length - 1]}"
            found.append((length, Oddity("constant run", where, f"{value:g} for {length} periods")))
        at += length
    return [one for _, one in sorted(found, key=lambda item: -item[0])]


def gaps(history: History) -> list[Oddity]:
    """Stretches without a period, longer than holidays explain; longest first."""
    limit = HOLE[history.info.frequency]
    holes = [(a, b) for a, b in pairwise(history.dates) if (b - a).days > limit]
    holes.sort(key=lambda hole: hole[0] - hole[1])
    return [Oddity("gap", f"{a} to {b}", f"{(b - a).days} days") for a, b in holes]


def zeros(history: History) -> list[Oddity]:
    """Zeros in a series that is otherwise never near zero: the mark of a missing value."""
    values = history.values
    at = np.flatnonzero(values == 0)
    rest = np.abs(values[values != 0])
    if not len(at) or not len(rest) or (np.min(rest) < 0.05 * np.median(rest) and len(at) < 3):
        return []
    first, last = history.dates[at[0]], history.dates[at[-1]]
    return [
        Oddity(
            "zeros", f"{first} to {last}", f"{len(at)} zeros among values of {np.median(rest):g}"
        )
    ]


@tool(risk="read", label="profiling the series", version="1")
def series_profile(ctx: ToolContext, series: str, as_of: date | None = None) -> Result:
    """Check a series before computing on it: span, freshness, holes, outliers, constant runs, zeros
    that mean missing, published vintages, licence.

    Args:
        series: Name, symbol or id of the series.
        as_of: See only what was known on this day. Default: now.
    """
    seen = pinned(ctx, as_of)
    history = load(seen, series, None, None, at_least=2)
    groups = {
        "gaps": gaps(history),
        "outliers": outliers(history),
        "constant_runs": runs(history),
        "zeros": zeros(history),
    }
    found = [one for group in groups.values() for one in group[:_SHOWN]]
    ledger = ctx.market.ledger(scopes=seen.scopes, as_of=seen.as_of)
    vintages = len({line.known_at for line in ledger.lines if line.series == history.info.id})
    now = freshness.today(seen.as_of)
    age = freshness.overdue(history.info.frequency, history.dates[-1], now)
    values = _counts(history, groups) | {
        "publications": Value(value=vintages, unit="count", label="Times of publication"),
        "fresh": Value(value=age is None, label="Fresh"),
        "licence": Value(value=history.info.licence, unit="text", label="Licence"),
    }
    rows: list[tuple[Scalar, ...]] = [(one.kind, one.where, one.what) for one in found]
    return Result(
        summary=f"{history.info.title} ({history.info.id}, {history.info.frequency}, "
        f"{history.info.unit or 'no stated unit'}), {history.dates[0]} to {history.dates[-1]}"
        f"{'' if found else ': nothing odd'}. Source: {history.info.source}",
        values=values,
        data=(history.ref,),
        warnings=(*history.warnings, *_advice(history, groups)),
        table=(("kind", "where", "what"), *rows) if rows else (),
        as_of=history.dates[-1],
        known_at=history.known_at,
    )


def _counts(history: History, groups: dict[str, list[Oddity]]) -> dict[str, Value]:
    counts = {
        "n": ("Values", len(history.values)),
        "missing": ("Periods without a value", history.missing),
    }
    counts |= {
        key: (key.replace("_", " ").capitalize(), len(found)) for key, found in groups.items()
    }
    values = {key: Value(value=n, unit="count", label=label) for key, (label, n) in counts.items()}
    for key, number in (
        ("min", history.values.min()),
        ("median", np.median(history.values)),
        ("max", history.values.max()),
    ):
        values[key] = Value(
            value=float(number),
            unit=history.info.unit.lower(),
            kind=history.kind,
            label=key.title(),
        )
    return values


def _advice(
    history: History, groups: dict[str, Sequence[Oddity]] | dict[str, list[Oddity]]
) -> list[str]:
    notes: list[str] = []
    if groups["zeros"] and not any("its zeros look like" in said for said in history.warnings):
        notes.append(
            f"{history.info.id}: its zeros look like missing values ({groups['zeros'][0].what}); leave them out "
            "before computing."
        )
    if not history.info.unit:
        notes.append(f"{history.info.id} states no unit.")
    return notes
