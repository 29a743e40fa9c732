"""What a series did over a span, when it crossed a level, the spread of two series, and how their correlation moved.

The rule it protects: a spread is taken on the dates that both series have and in one unit; a percentile
names the span that it is of. It forecasts nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Literal

import numpy as np
from pydantic import Field

from bullpen_memory.errors import InputError
from bullpen_tools import measures
from bullpen_tools.asof import pinned
from bullpen_tools.context import Artifact, Result, ToolContext, Value
from bullpen_tools.drawing import Panel, draw_panel, panel_csv
from bullpen_tools.histories import Common, History, load, load_common
from bullpen_tools.style import save
from bullpen_tools.tool import Arguments, tool

_BACK, _GAP = 45, 35
"""Days before a span in which its base is looked for, and by which its first value may come late (monthly data)."""


class Span(Arguments):
    """Which series, over which span."""

    series: str = Field(description="Name, symbol or id of the series")
    start: date | None = Field(default=None, description="First day")
    end: date | None = Field(default=None, description="Last day")
    as_of: date | None = Field(default=None, description="See only what was known on this day")


@tool(risk="read", label="measuring the span", version="1")
def series_span(ctx: ToolContext, asked: Span) -> Result:
    """One series over a span: average, median, standard deviation of the values, lowest and highest with
    their days, first and last value, the change between them, and where the last value stands among all
    values of the span (percentile: share of them at or below it).
    """
    history = load(pinned(ctx, asked.as_of), asked.series, asked.start, asked.end, at_least=1)
    line = history.values
    values = _level_figures(history, ("average", "Average"), float(np.mean(line)))
    values |= _level_figures(history, ("median", "Median"), float(np.median(line)))
    if len(line) > 1:
        values |= _level_figures(
            history, ("deviation", "Standard deviation of the values"), float(np.std(line, ddof=1))
        )
    base, notes = _base(ctx, history, asked)
    values |= _ends(history) | _change(history, base)
    values["percentile"] = Value(
        value=float(np.mean(line <= line[-1]) * 100), unit="pct", kind=history.kind,
        label="Percentile of the last value", metric="percentile", entity=history.info.id,
    )  # fmt: skip
    values["n"] = Value(value=len(line), unit="count", label="Observations")
    return Result(
        summary=_about(history),
        values=values,
        data=(history.ref,),
        warnings=(*history.warnings, *notes),
        as_of=history.dates[-1],
        known_at=history.known_at,
    )


class Crossing(Span):
    """Which level, from which side."""

    level: float = Field(description="The level, in the unit of the series")
    side: Literal["above", "below"] = Field(
        default="above", description="above: greater than the level; below: less than it"
    )


@tool(risk="read", label="looking for the level", version="1")
def series_crossing(ctx: ToolContext, asked: Crossing) -> Result:
    """When a series was above or below a level: the last and the first day, the share of all days, the
    number of separate spells and the longest one, and whether it is there now.
    """
    history = load(pinned(ctx, asked.as_of), asked.series, asked.start, asked.end, at_least=1)
    there = history.values > asked.level if asked.side == "above" else history.values < asked.level
    at = np.flatnonzero(there)
    spells = _spells(there)
    values: dict[str, Value] = {
        "level": Value(value=asked.level, unit=history.info.unit.lower(), kind="assumed", label="Level"),
        "days": Value(value=len(at), unit="count", kind=history.kind, label=f"Observations {asked.side} it"),
        "n": Value(value=len(there), unit="count", label="Observations"),
        "share": Value(value=float(np.mean(there) * 100), unit="pct", kind=history.kind, label=f"Share {asked.side} it"),
        "spells": Value(value=len(spells), unit="count", kind=history.kind, label="Separate spells"),
        "now": Value(value=float(history.values[-1]), unit=history.info.unit.lower(), kind=history.kind, label="Latest"),
        "now_date": _day(history, len(there) - 1, "Latest on"),
    }  # fmt: skip
    if len(at):
        values |= {"last": _level(history, int(at[-1]), "Last value there"), "last_date": _day(history, int(at[-1]), f"Last {asked.side} it")}  # fmt: skip
        values["first_date"] = _day(history, int(at[0]), f"First {asked.side} it")
        longest = max(spells, key=lambda ends: ends[1] - ends[0])
        values["longest"] = Value(value=longest[1] - longest[0], unit="count", kind=history.kind, label="Longest spell, observations")  # fmt: skip
        values["longest_from"] = _day(history, longest[0], "Longest spell from")
        values["longest_to"] = _day(history, longest[1] - 1, "Longest spell to")
    return Result(
        summary=f"Days of {history.info.title} ({history.info.id}) {asked.side} {asked.level:g}, {_dates(history)}. "
        f"Source: {history.info.source}",
        values=values,
        data=(history.ref,),
        warnings=history.warnings,
        as_of=history.dates[-1],
        known_at=history.known_at,
    )


class Pair(Arguments):
    """Two series, over which span."""

    a: str = Field(description="Name, symbol or id of the first series")
    b: str = Field(description="Name, symbol or id of the second series")
    start: date | None = Field(default=None, description="First day")
    end: date | None = Field(default=None, description="Last day")
    as_of: date | None = Field(default=None, description="See only what was known on this day")


class Spread(Pair):
    """How the two are set against each other."""

    how: Literal["difference", "ratio"] = Field(
        default="difference", description="difference: a less b, in one unit; ratio: a over b"
    )


@tool(risk="read", label="taking the spread", version="1")
def series_spread(ctx: ToolContext, asked: Spread) -> Result:
    """The difference or the ratio of two series on the dates that both have: latest, average, lowest and
    highest with their days, the change over the span, the latest value's percentile, and a chart. A
    difference of two series in percent is in basis points.
    """
    common = load_common(pinned(ctx, asked.as_of), (asked.a, asked.b), asked.start, asked.end)
    history = _combined(common, asked.how)
    line = history.values
    values = _ends(history) | _change(history)
    values |= _level_figures(history, ("average", "Average"), float(np.mean(line)))
    values["percentile"] = Value(
        value=float(np.mean(line <= line[-1]) * 100), unit="pct", kind=history.kind,
        label="Percentile of the latest value", metric="percentile", entity=history.info.id,
    )  # fmt: skip
    values["n"] = Value(value=len(line), unit="count", label="Common dates")
    return _of_both(ctx, common, history, values)


class Rolled(Pair):
    """Over which window."""

    window: int = Field(default=60, ge=10, le=2500, description="Returns in the window")


@tool(risk="read", label="rolling the correlation", version="1")
def rolling_correlation(ctx: ToolContext, asked: Rolled) -> Result:
    """The correlation of the returns of two series over a rolling window: now, average, lowest and
    highest with their days, beside that of the whole span, and a chart. A rate enters with its changes.
    """
    common = load_common(pinned(ctx, asked.as_of), (asked.a, asked.b), asked.start, asked.end)
    x, y = (_steps(one) for one in common.histories)
    if len(x) < asked.window + 1:
        raise InputError(
            f"A window of {asked.window} returns does not fit.",
            f"The two series share {len(x)} returns in this span.",
            "Choose a shorter window or a longer span.",
        )
    line = _rolling(x, y, asked.window)
    if not np.all(np.isfinite(line)):
        raise InputError(
            "There is no correlation in one of the windows.",
            "One of the series does not change there.",
            "Choose a longer window.",
        )
    one, other = common.histories
    title = f"Correlation of {one.info.title} and {other.info.title}, {asked.window} returns"
    history = _made(common, f"correlation_{one.key}_{other.key}", title, "ratio", line, common.dates[asked.window :])  # fmt: skip
    values = _ends(history)
    values |= _level_figures(history, ("average", "Average"), float(np.mean(line)))
    values["whole"] = Value(
        value=measures.correlation(x, y), unit="ratio", kind=history.kind, label="Over the whole span",
        metric="correlation", entity=f"{one.info.id}, {other.info.id}",
    )  # fmt: skip
    values["n"] = Value(value=len(line), unit="count", label="Windows")
    return _of_both(ctx, common, history, values)


def _of_both(
    ctx: ToolContext, common: Common, history: History, values: dict[str, Value]
) -> Result:
    """What a line made of two series comes to, with its chart and where it is from."""
    return Result(
        summary=_about(history),
        values=values,
        data=tuple(one.ref for one in common.histories),
        warnings=common.warnings,
        artifacts=_drawn(ctx, history),
        as_of=common.dates[-1],
        known_at=max(one.known_at for one in common.histories),
    )


def _about(history: History) -> str:
    return f"{history.info.title} ({history.info.id}, {history.info.frequency}), {_dates(history)}. Source: {history.info.source}"


def _dates(history: History) -> str:
    return f"{history.dates[0]} to {history.dates[-1]}"


def _day(history: History, at: int, label: str) -> Value:
    return Value(value=history.dates[at].isoformat(), unit="date", kind=history.kind, label=label)


def _level(history: History, at: int, label: str) -> Value:
    return _one(history, "", label, float(history.values[at]))


def _one(history: History, metric: str, label: str, number: float) -> Value:
    return Value(
        value=number if np.isfinite(number) else None, unit=history.info.unit.lower(), kind=history.kind,
        label=label, metric=metric, entity=history.info.id if metric else "",
    )  # fmt: skip


def _level_figures(history: History, key: tuple[str, str], number: float) -> dict[str, Value]:
    return {key[0]: _one(history, key[0], key[1], number)}


def _ends(history: History) -> dict[str, Value]:
    low, high = int(np.argmin(history.values)), int(np.argmax(history.values))
    values: dict[str, Value] = {}
    for key, at, label in (
        ("last", -1, "Latest"), ("first", 0, "First"), ("min", low, "Lowest"), ("max", high, "Highest"),
    ):  # fmt: skip
        values[key] = _one(history, key, label, float(history.values[at]))
        values[f"{key}_date"] = _day(history, at, f"{label} on")
    return values


def _base(ctx: ToolContext, history: History, asked: Span) -> tuple[float | None, list[str]]:
    """Where the change of a span begins: the last value before it, where one is near; and a note on it."""
    if asked.start is None or (history.dates[0] - asked.start).days > _GAP:
        return None, []
    before = pinned(ctx, asked.as_of).market.slice(
        history.info.id, scopes=ctx.scopes, start=(asked.start - timedelta(days=_BACK)).isoformat(),
        end=(asked.start - timedelta(days=1)).isoformat(), as_of=pinned(ctx, asked.as_of).as_of,
    )  # fmt: skip
    held = [row for row in before.observations if row.value is not None]
    if not held:
        return None, []
    note = f"{history.info.id}: the change counts from the value of {held[-1].period[:10]}, the last before the span."
    return held[-1].value, [note]


def _change(history: History, base: float | None = None) -> dict[str, Value]:
    """From the base, or the first value, to the last; of a rate in basis points, of a price in percent too."""
    first = float(history.values[0]) if base is None else base
    last = float(history.values[-1])
    rate = history.info.unit.lower() == "pct"
    change = _one(history, "change", "Change, first to last", (last - first) * (100 if rate else 1))
    values = {"change": replace(change, unit="bp") if rate else change}
    if history.positive and first > 0 and history.info.unit.lower() not in ("bp", "ratio"):
        values["change_pct"] = Value(
            value=(last / first - 1) * 100, unit="pct", kind=history.kind, label="Change in percent",
            metric="change_pct", entity=history.info.id,
        )  # fmt: skip
    return values


def _spells(there: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> list[tuple[int, int]]:
    """The stretches in which it holds: (first position, position behind the last)."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], there.astype(np.int8), [0]))))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _combined(common: Common, how: str) -> History:
    """a less b, or a over b, as a history of its own."""
    one, other = common.histories
    if how == "ratio":
        if not np.all(other.values):
            raise InputError(
                "There is no ratio.",
                f"{other.info.id} is zero on some days.",
                "Take the difference.",
            )
        title, sign = f"{one.info.title} over {other.info.title}", "over"
        return _made(common, f"{one.key}_{sign}_{other.key}", title, "ratio", one.values / other.values)  # fmt: skip
    units = {part.info.unit.lower() for part in common.histories}
    if len(units) > 1:
        listed = " and ".join(
            f"{part.info.id} is in {part.info.unit or 'no unit'}" for part in common.histories
        )
        raise InputError(
            "These two cannot be taken from each other.",
            f"{listed.capitalize()}.",
            "Ask for their ratio (how: ratio), or convert one of them.",
        )
    rate = units == {"pct"}
    line = (one.values - other.values) * (100 if rate else 1)
    title = f"{one.info.title} less {other.info.title}"
    unit = "bp" if rate else one.info.unit
    return _made(common, f"{one.key}_less_{other.key}", title, unit, line)


def _made(
    common: Common,
    name: str,
    title: str,
    unit: str,
    line: measures.Numbers,
    dates: Sequence[date] = (),
) -> History:
    """A line that was made of the common histories, with their sources."""
    first = common.histories[0]
    kinds = {one.info.kind for one in common.histories}
    sources = "; ".join(dict.fromkeys(one.info.source for one in common.histories))
    info = replace(
        first.info, id=name, title=title, unit=unit, source=sources,
        kind="synthetic" if "synthetic" in kinds else "observed",
    )  # fmt: skip
    return replace(
        first, info=info, values=line, dates=tuple(dates) or common.dates, missing=0, shortened=()
    )


def _steps(history: History) -> measures.Numbers:
    return measures.log_returns(history.values) if history.positive else np.diff(history.values)


def _rolling(x: measures.Numbers, y: measures.Numbers, window: int) -> measures.Numbers:
    """Pearson's coefficient of each window; NaN where a side does not change."""
    views = [np.lib.stride_tricks.sliding_window_view(side, window) for side in (x, y)]
    a, b = (view - view.mean(axis=1, keepdims=True) for view in views)
    spread = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((a * b).sum(axis=1) / spread)


def _drawn(ctx: ToolContext, history: History) -> tuple[Artifact, ...]:
    if len(history.dates) < 2:
        return ()
    panel = Panel.of(Common((history,), ()), "level", 0, history.info.title)
    return (
        save(
            draw_panel(panel), ctx.artifacts, name=history.info.id, title=panel.title, alt=panel.alt,
            rows=panel_csv(panel),
        ),
    )  # fmt: skip
