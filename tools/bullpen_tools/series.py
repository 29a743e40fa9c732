"""What the desk holds as time series, and what can be measured on it.

The rule it protects: every value names its unit, its series and its span, and a measure that a
series does not allow is refused or given in the unit that it does allow. It draws nothing and
imports nothing (see `charts.py` and `files.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np

from bullpen_memory.market import Listing
from bullpen_tools import measures
from bullpen_tools.context import Result, Scalar, ToolContext, Value
from bullpen_tools.histories import History, load
from bullpen_tools.lookback import Last
from bullpen_tools.tool import tool


@tool(risk="read", label="looking up the series", version="1")
def series_catalogue(ctx: ToolContext, search: str = "") -> Result:
    """List the time series that the desk holds: id, title, unit, frequency, span, source, names.

    Args:
        search: Words to look for in id, title, names, source and notes. Default: list all.
    """
    words = search.casefold().split()
    listed = [
        line for line in ctx.market.catalogue(ctx.scopes, ctx.as_of) if _mentions(line, words)
    ]
    header = ("id", "title", "unit", "frequency", "start", "end", "rows", "kind", "names", "source")
    rows = tuple(_catalogue_row(line) for line in listed)
    notes = [f"{line.info.id}: {line.info.notes}" for line in listed if line.info.notes]
    what = f" that mention “{search}”" if words else ""
    return Result(
        summary=f"The series of the desk{what}." if listed else f"The desk holds no series{what}.",
        values={"series": count_of(len(listed), "Series")},
        warnings=tuple(notes) if len(listed) <= 3 else (),
        table=(header, *rows),
    )


def _mentions(line: Listing, words: Sequence[str]) -> bool:
    info = line.info
    text = " ".join((info.id, info.title, *info.symbols, info.source, info.notes)).casefold()
    return all(word in text for word in words)


def _catalogue_row(line: Listing) -> tuple[Scalar, ...]:
    info = line.info
    return (
        info.id, info.title, info.unit, info.frequency, line.start, line.end, line.rows,
        info.kind, ", ".join(info.symbols), info.source,
    )  # fmt: skip


_BACK, _GAP = 45, 7
"""Days before a span in which its base is looked for, and by which its first value may come late."""


@tool(risk="read", label="measuring the series", version="2")
def series_stats(
    ctx: ToolContext,
    series: str,
    start: date | None = None,
    end: date | None = None,
    last: Last | None = None,
) -> Result:
    """Last value, total return, growth rate, annualised volatility and worst drawdown of one series.

    Volatility is the sample standard deviation of log returns times the square root of the
    periods per year (252 for daily data, 365 when it has weekends too). A yield, and a series that is not always above zero,
    gets changes in its own unit instead of returns.

    Args:
        series: Name, symbol or id of the series, such as oil, SPX or sp500.
        start: First day to use, YYYY-MM-DD. Default: all there is.
        end: Last day to use, YYYY-MM-DD. Default: all there is.
        last: Only the end of it: `60 days` (calendar) or `60 observations`.
    """
    history = load(ctx, series, start, end, last=last)
    values = _levels(history)
    warnings = list(history.warnings)
    if history.positive:
        base, notes = _base(ctx, history, start)
        values |= _relative(history, base)
        warnings += notes
    else:
        values |= _differences(history)
        why = "is a rate" if history.rate else "is not always above zero"
        unit = "basis points" if history.change_unit == "bp" else "its own unit"
        warnings.append(
            f"{history.info.id} {why}: its changes are differences in {unit}, and it has no "
            "returns, growth rate or drawdown."
        )
    if history.per_year is None:
        warnings.append(f"{history.info.id} has no regular frequency: nothing is annualised.")
    if "average" in history.info.title.lower():
        warnings.append(
            f"{history.info.id} holds averages: its volatility is lower than that of prices "
            "(Working, 1960)."
        )
    return Result(
        summary=f"{history.info.title} ({history.info.id}, {history.info.frequency}) from "
        f"{history.dates[0]} to {history.dates[-1]}{history.convention}. "
        f"Source: {history.info.source}",
        values=values,
        data=(history.ref,),
        warnings=tuple(warnings),
        as_of=history.dates[-1],
        known_at=history.known_at,
    )


def _levels(history: History) -> dict[str, Value]:
    """What was observed: first, last, least and greatest value with their days."""
    kind = "synthetic" if history.kind == "synthetic" else "observed"
    low, high = int(np.argmin(history.values)), int(np.argmax(history.values))
    values: dict[str, Value] = {}
    for key, at, label in (
        ("last", -1, "Last"),
        ("first", 0, "First"),
        ("min", low, "Lowest"),
        ("max", high, "Highest"),
    ):
        values[key] = Value(
            value=float(history.values[at]),
            unit=history.info.unit.lower(),
            kind=kind,
            label=label,
            metric=key,
            entity=history.info.id,
        )
        values[f"{key}_date"] = day_of(history.dates[at], f"{label} on", kind == "synthetic")
    return values | {
        "n": count_of(len(history.dates), "Observations"),
        "missing": count_of(history.missing, "Periods without a value"),
    }


def _base(
    ctx: ToolContext, history: History, start: date | None
) -> tuple[tuple[date, float], list[str]]:
    """Where the return of a span begins: the last value before it, as markets count, or its first."""
    first = (history.dates[0], float(history.values[0]))
    if start is None or (history.dates[0] - start).days > _GAP:
        return first, []
    before = ctx.market.slice(
        history.info.id, scopes=ctx.scopes, start=start - timedelta(days=_BACK),
        end=start - timedelta(days=1), as_of=ctx.as_of,
    )  # fmt: skip
    held = [row for row in before.observations if row.value is not None and row.value > 0]
    if not held:
        return first, []
    day = date.fromisoformat(held[-1].period)
    note = (
        f"{history.info.id}: the return counts from the value of {day}, the last before the span."
    )
    return (day, held[-1].value or first[1]), [note]


def _relative(history: History, base: tuple[date, float]) -> dict[str, Value]:
    prices = history.values
    first, last = base[1], float(prices[-1])
    years = (history.dates[-1] - base[0]).days / 365.25
    rate = measures.growth_rate(first, last, years)
    fall = measures.deepest_drawdown(prices)
    deviation = volatility_of(history)
    synthetic = history.kind == "synthetic"
    return {
        "total_return": percent_of(history, "total_return", last / first - 1, "Total price return"),
        "cagr": percent_of(history, "cagr", rate, "Growth rate a year (CAGR)"),
        "volatility": percent_of(history, "volatility", deviation, "Annualised volatility"),
        "max_drawdown": percent_of(history, "max_drawdown", fall.depth, "Worst drawdown"),
        "drawdown_peak_date": day_of(history.dates[fall.peak], "Drawdown began", synthetic),
        "drawdown_trough_date": day_of(history.dates[fall.trough], "Deepest on", synthetic),
    }


def _differences(history: History) -> dict[str, Value]:
    """Changes of a rate in basis points, of anything else in its own unit."""
    unit, steps = history.change_unit, history.changes
    yearly = (
        None if history.per_year is None else measures.annualised_deviation(steps, history.per_year)
    )
    total = float(steps.sum())
    return {
        "change": Value(
            value=total, unit=unit, kind=history.kind, label="Change over the span",
            metric="change", entity=history.info.id,
        ),
        "change_volatility": Value(
            value=yearly, unit=unit, kind=history.kind, label="Annualised deviation of changes",
            metric="change_volatility", entity=history.info.id,
        ),
    }  # fmt: skip


def volatility_of(history: History) -> float | None:
    """Per year, of the changes: a fraction for a price, basis points for a rate."""
    if history.per_year is None:
        return None
    return measures.annualised_deviation(history.changes, history.per_year)


def percent_of(history: History, metric: str, fraction: float | None, label: str) -> Value:
    return Value(
        value=None if fraction is None else fraction * 100,
        unit="pct",
        kind=history.kind,
        label=label,
        metric=metric,
        entity=history.info.id,
    )


def day_of(day: date | None, label: str, synthetic: bool) -> Value:
    return Value(
        value=day.isoformat() if day else None,
        unit="date",
        kind="synthetic" if synthetic else "derived",
        label=label,
    )


def count_of(number: int, label: str) -> Value:
    return Value(value=number, unit="count", label=label)
