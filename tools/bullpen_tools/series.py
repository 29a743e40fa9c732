"""What the desk holds as time series, and what can be measured on it.

The rule it protects: every value names its unit, its series and its span, and a measure that a
series does not allow is refused or given in the unit that it does allow. It draws nothing and
imports nothing (see `charts.py` and `files.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import combinations

import numpy as np

from bullpen_memory.errors import InputError
from bullpen_memory.market import Listing
from bullpen_tools import measures
from bullpen_tools.context import Result, Scalar, ToolContext, Value, ValueKind
from bullpen_tools.histories import Common, History, load, load_common, require_returns
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
        values={"series": _count(len(listed), "Series")},
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


@tool(risk="read", label="measuring the series", version="1")
def series_stats(
    ctx: ToolContext, series: str, start: date | None = None, end: date | None = None
) -> Result:
    """Last value, total return, growth rate, annualised volatility and worst drawdown of one series.

    Volatility is the sample standard deviation of log returns times the square root of the
    periods per year (252 for daily data, 365 when it has weekends too). A yield, and a series that is not always above zero,
    gets changes in its own unit instead of returns.

    Args:
        series: Name, symbol or id of the series, such as oil, SPX or sp500.
        start: First day to use, YYYY-MM-DD. Default: all there is.
        end: Last day to use, YYYY-MM-DD. Default: all there is.
    """
    history = load(ctx, series, start, end)
    values = _levels(history)
    warnings = list(history.warnings)
    if history.positive:
        base, notes = _base(ctx, history, start)
        values |= _relative(history, base)
        warnings += notes
    else:
        values |= _differences(history)
        warnings.append(
            f"{history.info.id} is a rate or is not always above zero: changes are differences "
            "in its own unit, and it has no returns, growth rate or drawdown."
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


@tool(risk="read", label="comparing volatilities", version="1")
def compare_volatility(
    ctx: ToolContext,
    series: list[str],
    start: date | None = None,
    end: date | None = None,
    window: int = 60,
) -> Result:
    """Compare the annualised volatility of two to six series over the dates that all of them have:
    volatility of the whole span, ratios, current and highest rolling volatility, correlation of
    returns.

    Args:
        series: Names, symbols or ids of two to six series of one frequency.
        start: First day to use, YYYY-MM-DD. Default: the whole common span.
        end: Last day to use, YYYY-MM-DD. Default: the whole common span.
        window: Number of returns in the rolling window, at least 5.
    """
    _check_comparison(series, window)
    common = load_common(ctx, series, start, end)
    for history in common.histories:
        require_returns(history)
    values: dict[str, Value] = {"n": _count(len(common.dates), "Common dates")}
    rows: list[tuple[Scalar, ...]] = []
    for history in common.histories:
        found = _volatilities(history, window)
        values |= found
        rows.append((history.info.title, *(value.value for value in found.values())))
    values |= _pairs(common)
    header = ("series", "volatility", f"now ({window})", f"highest ({window})", "highest on")
    warnings = [*common.warnings]
    if len(common.dates) <= window:
        warnings.append(f"There are fewer than {window} returns: no rolling volatility.")
    return Result(
        summary=f"Annualised volatility of {', '.join(h.info.title for h in common.histories)} "
        f"on the dates they share, {common.span}{common.histories[0].convention}; rolling over "
        f"{window} returns.",
        values=values,
        data=tuple(history.ref for history in common.histories),
        warnings=tuple(warnings),
        table=(header, *rows),
        as_of=common.dates[-1],
        known_at=max(history.known_at for history in common.histories),
    )


@tool(risk="read", label="correlating the series", version="1")
def correlation(
    ctx: ToolContext, a: str, b: str, start: date | None = None, end: date | None = None
) -> Result:
    """Correlation of the returns of two series on their common dates, with the 95 % interval of
    Fisher's z and the number of returns. A rate, or a series not always above zero, enters with
    its differences.

    Args:
        a: Name, symbol or id of the first series.
        b: Name, symbol or id of the second series.
        start: First day to use, YYYY-MM-DD. Default: the whole common span.
        end: Last day to use, YYYY-MM-DD. Default: the whole common span.
    """
    common = load_common(ctx, [a, b], start, end)
    one, other = common.histories
    x, y = _changes(one), _changes(other)
    r = measures.correlation(x, y)
    interval = None if r is None else measures.fisher_interval(r, len(x))
    low, high = interval or (None, None)
    kind = _joint_kind(common.histories)
    about = f"{one.info.id}, {other.info.id}"
    warnings = list(common.warnings)
    if r is None:
        warnings.append("One of the series never changes: there is no correlation.")
    warnings.append("The interval takes the returns to be independent and jointly normal.")
    return Result(
        summary=f"Correlation of the changes of {one.info.title} and {other.info.title}, "
        f"{common.span}.",
        values={
            "correlation": Value(
                value=r,
                unit="ratio",
                kind=kind,
                label="Correlation of returns",
                metric="correlation",
                entity=about,
            ),
            "correlation_low": Value(value=low, unit="ratio", kind=kind, label="95 % from"),
            "correlation_high": Value(value=high, unit="ratio", kind=kind, label="95 % to"),
            "n": _count(len(x), "Pairs of returns"),
        },
        data=(one.ref, other.ref),
        warnings=tuple(warnings),
        as_of=common.dates[-1],
        known_at=max(one.known_at, other.known_at),
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
        values[f"{key}_date"] = _day(history.dates[at], f"{label} on", kind == "synthetic")
    return values | {
        "n": _count(len(history.dates), "Observations"),
        "missing": _count(history.missing, "Periods without a value"),
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
    deviation = _volatility(history)
    synthetic = history.kind == "synthetic"
    return {
        "total_return": _percent(history, "total_return", last / first - 1, "Total price return"),
        "cagr": _percent(history, "cagr", rate, "Growth rate a year (CAGR)"),
        "volatility": _percent(history, "volatility", deviation, "Annualised volatility"),
        "max_drawdown": _percent(history, "max_drawdown", fall.depth, "Worst drawdown"),
        "drawdown_peak_date": _day(history.dates[fall.peak], "Drawdown began", synthetic),
        "drawdown_trough_date": _day(history.dates[fall.trough], "Deepest on", synthetic),
    }


def _differences(history: History) -> dict[str, Value]:
    """Changes of a rate in basis points, of anything else in its own unit."""
    rate = history.info.unit.lower() == "pct"
    unit, scale = ("bp", 100.0) if rate else (history.info.unit.lower(), 1.0)
    steps = np.diff(history.values) * scale
    yearly = (
        None if history.per_year is None else measures.annualised_deviation(steps, history.per_year)
    )
    total = float(history.values[-1] - history.values[0]) * scale
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


def _volatility(history: History) -> float | None:
    if history.per_year is None:
        return None
    return measures.annualised_deviation(measures.log_returns(history.values), history.per_year)


def _volatilities(history: History, window: int) -> dict[str, Value]:
    per_year = history.per_year or 1
    rolling = measures.rolling_deviation(measures.log_returns(history.values), window, per_year)
    name, title = history.key, history.info.title
    now = float(rolling[-1]) if len(rolling) else None
    top = int(np.argmax(rolling)) if len(rolling) else None
    # rolling[i] ends with return i + window - 1, which ends at date i + window.
    day = None if top is None else history.dates[top + window]
    highest = None if top is None else float(rolling[top])
    values = {
        f"vol_{name}": _percent(
            history, "volatility", _volatility(history), f"Volatility of {title}"
        ),
        f"rolling_vol_{name}": _percent(
            history, f"rolling_vol_{window}", now, f"{title}, last {window} returns"
        ),
        f"rolling_high_{name}": _percent(
            history, f"rolling_high_{window}", highest, f"{title}, highest over {window} returns"
        ),
    }
    synthetic = history.kind == "synthetic"
    return values | {f"rolling_high_date_{name}": _day(day, f"{title}, highest on", synthetic)}


def _pairs(common: Common) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for one, other in combinations(common.histories, 2):
        a, b = _volatility(one), _volatility(other)
        kind = _joint_kind((one, other))
        about = f"{one.info.id}, {other.info.id}"
        r = measures.correlation(_changes(one), _changes(other))
        values[f"ratio_{one.key}_{other.key}"] = Value(
            value=a / b if a is not None and b else None,
            unit="x",
            kind=kind,
            label=f"Volatility of {one.info.title} / {other.info.title}",
            metric="volatility_ratio",
            entity=about,
        )
        values[f"correlation_{one.key}_{other.key}"] = Value(
            value=r,
            unit="ratio",
            kind=kind,
            label=f"Correlation of returns, {one.info.title} and {other.info.title}",
            metric="correlation",
            entity=about,
        )
    return values


def _changes(history: History) -> measures.Numbers:
    if history.positive:
        return measures.log_returns(history.values)
    return np.diff(history.values)


def _check_comparison(series: Sequence[str], window: int) -> None:
    if not 2 <= len(series) <= 6:
        raise InputError(
            f"{len(series)} series cannot be compared.",
            "A comparison takes two to six.",
            "Name that many.",
        )
    if window < 5:
        raise InputError(
            f"A window of {window} returns is too short.",
            "A deviation of so few numbers says nothing.",
            "Use 5 or more; 20, 60 and 250 are usual for daily data.",
        )


def _percent(history: History, metric: str, fraction: float | None, label: str) -> Value:
    return Value(
        value=None if fraction is None else fraction * 100,
        unit="pct",
        kind=history.kind,
        label=label,
        metric=metric,
        entity=history.info.id,
    )


def _day(day: date | None, label: str, synthetic: bool) -> Value:
    return Value(
        value=day.isoformat() if day else None,
        unit="date",
        kind="synthetic" if synthetic else "derived",
        label=label,
    )


def _count(number: int, label: str) -> Value:
    return Value(value=number, unit="count", label=label)


def _joint_kind(histories: Sequence[History]) -> ValueKind:
    return "synthetic" if any(h.kind == "synthetic" for h in histories) else "derived"
