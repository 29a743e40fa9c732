"""Reading a series: its value on a day, its best and worst periods, its rolling statistics, its rows.

The rule it protects: a value is given with the period that it belongs to, so that the last value
before a holiday is never passed off as the holiday's own. It draws nothing and stores nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from types import MappingProxyType
from typing import Literal

import numpy as np
from pydantic import Field

from bullpen_memory.errors import InputError
from bullpen_tools import plain_csv
from bullpen_tools.asof import pinned
from bullpen_tools.context import Result, Scalar, ToolContext, Value, ValueKind
from bullpen_tools.histories import History, load
from bullpen_tools.measures import Numbers
from bullpen_tools.stored import store_text
from bullpen_tools.tool import Arguments, tool
from bullpen_tools.units import rescale

Grain = Literal["day", "week", "month", "quarter", "year"]
How = Literal["last", "mean", "sum", "min", "max"]
_STATISTICS = ("mean", "median", "deviation", "min", "max", "sum", "zscore", "percentile")
_HOW: MappingProxyType[str, Callable[[Numbers], float]] = MappingProxyType(
    {
        "last": lambda v: float(v[-1]),
        "mean": lambda v: float(np.mean(v)),
        "sum": lambda v: float(np.sum(v)),
        "min": lambda v: float(np.min(v)),
        "max": lambda v: float(np.max(v)),
    }
)
_SHOWN = 60
_CITED = 24
"""The last rows, which are figures of their own."""


def observed(history: History) -> ValueKind:
    """The kind of a value that stands in the data as it is."""
    return "synthetic" if history.info.kind == "synthetic" else "observed"


@tool(risk="read", label="looking up the value", version="1")
def series_value(
    ctx: ToolContext, series: str, on: date | None = None, as_of: date | None = None
) -> Result:
    """The value of a series on one day, or the last one before it, with its own date and the change
    from the value before. Without a day: the latest value.

    Args:
        series: Name, symbol or id of the series.
        on: The day, YYYY-MM-DD. Default: the latest.
        as_of: See only what was known on this day. Default: now.
    """
    seen = pinned(ctx, as_of)
    history = load(seen, series, None, on, at_least=1)
    at = history.dates[-1]
    value, unit, kind = float(history.values[-1]), history.info.unit.lower(), observed(history)
    scale, step = history.step
    before = float(history.values[-2]) if len(history.values) > 1 else None
    values = {
        "value": Value(value=value, unit=unit, kind=kind, label=history.info.title, metric="level", entity=history.info.id),
        "date": Value(value=at.isoformat(), unit="date", kind=kind, label="Its date"),
        "before": Value(value=before, unit=unit, kind=kind, label="The value before"),
        "change": Value(value=None if before is None else (value - before) * scale, unit=step, kind=history.kind, label="Change"),
    }  # fmt: skip
    if history.positive and before:
        values["change_pct"] = Value(value=(value / before - 1) * 100, unit="pct", kind=history.kind, label="Change in percent")  # fmt: skip
    warnings = [note for note in history.warnings if "left out" not in note]
    if on is not None and at != on:
        warnings.append(f"{history.info.id} has no value on {on}; this is the last one before it, of {at}.")  # fmt: skip
    return Result(
        summary=f"{history.info.title} ({history.info.id}) on {at}. Source: {history.info.source}",
        values=values,
        data=(history.ref,),
        warnings=tuple(warnings),
        as_of=at,
        known_at=history.known_at,
    )


class Ranking(Arguments):
    """Which periods to rank."""

    series: str = Field(description="Name, symbol or id of the series")
    grain: Grain = Field(default="month", description="Length of the periods that are ranked")
    measure: Literal["return", "change", "level"] = Field(
        default="return",
        description="return: percent over the period; change: in its own unit; level: average",
    )
    count: int = Field(default=5, ge=1, le=25, description="How many at each end")
    start: date | None = Field(default=None, description="First day")
    end: date | None = Field(default=None, description="Last day")
    as_of: date | None = Field(default=None, description="See only what was known on this day")


@tool(risk="read", label="ranking the periods", version="1")
def series_rank(ctx: ToolContext, ranking: Ranking) -> Result:
    """The best and the worst days, weeks, months, quarters or years of one series, by return, by
    change in its own unit, or by average level. A period counts when it is complete; returns run
    from the last value of the period before.
    """
    history = load(pinned(ctx, ranking.as_of), ranking.series, ranking.start, ranking.end)
    if ranking.measure == "return" and not history.positive:
        raise InputError(
            f"{history.info.title} ({history.info.id}) has no returns to rank.",
            history.rate.why if history.rate else "It is not always above zero.",
            "Rank its changes with measure change.",
        )
    scored = _scores(history, ranking)
    if len(scored) < 2:
        raise InputError(
            "There is nothing to rank.",
            f"The span holds {len(scored)} whole {ranking.grain}s.",
            "Choose a longer span or shorter periods.",
        )
    ordered = sorted(scored, key=lambda item: item[1], reverse=True)
    best, worst = ordered[: ranking.count], ordered[: -ranking.count - 1 : -1]
    unit = _ranked_unit(history, ranking)
    values: dict[str, Value] = {
        "n": Value(value=len(scored), unit="count", label=f"{ranking.grain.title()}s ranked")
    }
    for word, side in (("best", best), ("worst", worst)):
        for n, (period, score) in enumerate(side, start=1):
            tail = "" if n == 1 else f"_{n}"
            metric = f"{word}_{ranking.grain}_{ranking.measure}{tail}"
            values[f"{word}{tail}"] = Value(
                value=score, unit=unit, kind=history.kind, label=f"{word.title()} {ranking.grain} {n}",
                metric=metric, entity=history.info.id,
            )  # fmt: skip
            values[f"{word}_period{tail}"] = Value(
                value=period, unit="date" if ranking.grain == "day" else "text", kind=history.kind, label=f"{word.title()} {ranking.grain} {n} was"
            )  # fmt: skip
    share = sum(score > 0 for _, score in scored) / len(scored) * 100
    if ranking.measure != "level":
        values["share_up"] = Value(
            value=share, unit="pct", kind=history.kind, label=f"{ranking.grain.title()}s that rose"
        )
    rows = [(n, *one, *other) for n, (one, other) in enumerate(zip(best, worst, strict=True), 1)]
    return Result(
        summary=f"{ranking.grain.title()}s of {history.info.title} ({history.info.id}) by {ranking.measure}, "
        f"{history.dates[0]} to {history.dates[-1]}. Source: {history.info.source}",
        values=values,
        data=(history.ref,),
        warnings=history.warnings,
        table=(("rank", "best", f"{ranking.measure} ({unit})", "worst", f"{ranking.measure} ({unit}) "), *rows),
        as_of=history.dates[-1],
        known_at=history.known_at,
    )  # fmt: skip


def _ranked_unit(history: History, ranking: Ranking) -> str:
    if ranking.measure == "return":
        return "pct"
    return history.step[1] if ranking.measure == "change" else history.info.unit.lower()


def bucket(day: date, grain: Grain) -> str:
    """The name of the period that a day lies in: 2020-03-31, 2020-W14, 2020-03, 2020-Q1, 2020."""
    if grain == "day":
        return day.isoformat()
    if grain == "week":
        year, week, _ = day.isocalendar()
        return f"{year}-W{week:02d}"
    if grain == "month":
        return f"{day:%Y-%m}"
    return f"{day.year}-Q{(day.month + 2) // 3}" if grain == "quarter" else f"{day.year}"


def grouped(history: History, grain: Grain) -> list[tuple[str, Numbers]]:
    """The values of each period, in order."""
    groups: dict[str, list[float]] = {}
    for day, value in zip(history.dates, history.values.tolist(), strict=True):
        groups.setdefault(bucket(day, grain), []).append(value)
    return [(name, np.array(values)) for name, values in groups.items()]


def _scores(history: History, ranking: Ranking) -> list[tuple[str, float]]:
    groups = _whole(history, ranking.grain)
    if ranking.measure == "level":
        return [(name, float(np.mean(values))) for name, values in groups]
    ends = [(name, float(values[-1])) for name, values in groups]
    if ranking.measure == "change":
        return [(name, (b - a) * history.step[0]) for (_, a), (name, b) in pairwise(ends)]
    return [(name, (b / a - 1) * 100) for (_, a), (name, b) in pairwise(ends)]


def _whole(history: History, grain: Grain) -> list[tuple[str, Numbers]]:
    """The periods without a last one that is still running."""
    groups = grouped(history, grain)
    last = history.dates[-1]
    running = grain != "day" and bucket(last + timedelta(days=4), grain) == bucket(last, grain)
    return groups[:-1] if running and history.info.frequency in ("daily", "weekly") else groups


class Rolling(Arguments):
    """Which statistic over which window."""

    series: str = Field(description="Name, symbol or id of the series")
    statistic: Literal["mean", "median", "deviation", "min", "max", "sum", "zscore", "percentile"] = Field(
        default="mean",
        description="deviation: sample standard deviation of the values; zscore: distance of the last value from the "
        "window's mean in deviations; percentile: share of the window at or below the last value",
    )  # fmt: skip
    window: int = Field(default=60, ge=2, le=5000, description="Observations in the window")
    start: date | None = Field(default=None, description="First day")
    end: date | None = Field(default=None, description="Last day")
    as_of: date | None = Field(default=None, description="See only what was known on this day")


@tool(risk="read", label="rolling the statistic", version="1")
def series_rolling(ctx: ToolContext, rolling: Rolling) -> Result:
    """A rolling statistic of a series' values: its latest value, and where it was highest and lowest.
    For rolling volatility use `compare_volatility` or `series_chart`.
    """
    history = load(pinned(ctx, rolling.as_of), rolling.series, rolling.start, rolling.end)
    if len(history.values) < rolling.window:
        raise InputError(
            f"A window of {rolling.window} does not fit.",
            f"{history.info.id} has {len(history.values)} values in this span.",
            "Choose a shorter window or a longer span.",
        )
    views = np.lib.stride_tricks.sliding_window_view(history.values, rolling.window)
    line = _rolled(views, rolling.statistic)
    dates = history.dates[rolling.window - 1 :]
    unit = {"zscore": "ratio", "percentile": "pct"}.get(
        rolling.statistic, history.info.unit.lower()
    )
    name = f"{rolling.statistic} over {rolling.window}"
    values: dict[str, Value] = {}
    for word, at in (
        ("now", len(line) - 1),
        ("highest", _place(line, 1)),
        ("lowest", _place(line, -1)),
    ):
        number = float(line[at])
        values[word] = Value(
            value=number if np.isfinite(number) else None, unit=unit, kind=history.kind,
            label=f"{name}, {word}", metric=f"rolling_{rolling.statistic}_{rolling.window}_{word}", entity=history.info.id,
        )  # fmt: skip
        values[f"{word}_date"] = Value(
            value=dates[at].isoformat(), unit="date", kind=history.kind, label=f"{word.title()} on"
        )
    return Result(
        summary=f"Rolling {name} observations of {history.info.title} ({history.info.id}), {dates[0]} to {dates[-1]}. "
        f"Source: {history.info.source}",
        values=values,
        data=(history.ref,),
        warnings=history.warnings,
        as_of=dates[-1],
        known_at=history.known_at,
    )


def _place(line: Numbers, sign: int) -> int:
    finite = np.where(np.isfinite(line), line * sign, -np.inf)
    return int(np.argmax(finite))


def _rolled(views: Numbers, statistic: str) -> Numbers:
    last = views[:, -1]
    if statistic in ("deviation", "zscore"):
        deviation = np.std(views, axis=1, ddof=1)
        if statistic == "deviation":
            return deviation
        # A constant window has no z-score: NaN, which becomes "no value".
        safe = np.where(deviation > 0, deviation, np.nan)
        return (last - np.mean(views, axis=1)) / safe
    if statistic == "percentile":
        return np.mean(views <= last[:, None], axis=1) * 100
    plain = {"mean": np.mean, "median": np.median, "min": np.min, "max": np.max, "sum": np.sum}
    return np.asarray(plain[statistic](views, axis=1))


class Rows(Arguments):
    """Which rows of a series, and how."""

    series: str = Field(description="Name, symbol or id of the series")
    grain: Grain | None = Field(default=None, description="Resample to this. Default: as stored")
    how: How = Field(default="last", description="What stands for a resampled period")
    unit: str = Field(
        default="", description="Convert to this unit, such as usd/kg. Default: its own"
    )
    start: date | None = Field(default=None, description="First day")
    end: date | None = Field(default=None, description="Last day")
    as_of: date | None = Field(default=None, description="See only what was known on this day")


@dataclass(frozen=True, slots=True)
class _Column:
    names: list[str]
    values: list[float]
    unit: str


@tool(risk="read", label="reading the series", version="1")
def series_rows(ctx: ToolContext, rows: Rows) -> Result:
    """The rows of a series as a table and a CSV file: as stored or resampled (last, mean, sum, min,
    max), in its own unit or converted, as known on a day.
    """
    history = load(pinned(ctx, rows.as_of), rows.series, rows.start, rows.end, at_least=1)
    column = _column(history, rows)
    if rows.unit:
        factor = rescale(column.unit, rows.unit, title=history.info.title)
        column = replace(
            column, values=[value * factor for value in column.values], unit=rows.unit.lower()
        )
    kind = observed(history) if rows.how == "last" and not rows.unit else history.kind
    ends = {"first": (0, "First"), "last": (-1, "Last")}
    values = {"n": Value(value=len(column.values), unit="count", label="Rows")} | {
        key: Value(value=column.values[at], unit=column.unit, kind=kind, label=f"{label}, {column.names[at]}")
        for key, (at, label) in ends.items()
    }  # fmt: skip
    recent = range(max(0, len(column.values) - _CITED), len(column.values))
    values |= {
        f"row_{n}": Value(
            value=column.values[at], unit=column.unit, kind=kind, label=column.names[at]
        )
        for n, at in enumerate(recent, start=1)
    }
    table = list(zip(column.names, column.values, strict=True))
    header = ("period", f"value ({column.unit})" if column.unit else "value")
    artifact = store_text(
        ctx.artifacts, f"{history.key}.csv", plain_csv.write(header, table), title=f"{history.info.title}, {len(table)} rows"
    )  # fmt: skip
    warnings = list(history.warnings)
    if len(table) > _SHOWN:
        warnings.append(f"The last {_SHOWN} of {len(table):,} rows are shown; the file holds all.")
    how = f", {rows.how} of each {rows.grain}" if rows.grain else ""
    shown: Sequence[tuple[Scalar, ...]] = table[-_SHOWN:]
    return Result(
        summary=f"{history.info.title} ({history.info.id}){how}, {history.dates[0]} to {history.dates[-1]}. "
        f"Source: {history.info.source}",
        values=values,
        data=(history.ref,),
        warnings=tuple(warnings),
        artifacts=(artifact,),
        table=(header, *shown),
        as_of=history.dates[-1],
        known_at=history.known_at,
    )


def _column(history: History, rows: Rows) -> _Column:
    unit = history.info.unit.lower()
    if rows.grain is None:
        return _Column([day.isoformat() for day in history.dates], history.values.tolist(), unit)
    groups = grouped(history, rows.grain)
    return _Column(
        [name for name, _ in groups], [_HOW[rows.how](values) for _, values in groups], unit
    )
