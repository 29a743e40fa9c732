"""Charts of a computation on stored series: bars, histogram, scatter, heat maps, curve, fan.

The rule it protects: a chart shows what the stored data say, names them with the first letters of
their hash, and has its numbers beside it as CSV; numbers that a model typed in are not drawn.
The pictures are in `pictures.py`; lines over time and payoffs in `charts.py`.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise

import numpy as np

from bullpen_memory.errors import InputError
from bullpen_tools import measures, pictures, style
from bullpen_tools.asof import pinned
from bullpen_tools.context import Result, ToolContext, Value
from bullpen_tools.histories import Common, History, load, load_common, require_returns
from bullpen_tools.pictures import Cloud, Cone
from bullpen_tools.plot_frames import (
    Drawn,
    Plot,
    changes_of,
    frame_of,
    long_day,
    short_name,
    span_of,
    the_one,
)
from bullpen_tools.readings import grouped
from bullpen_tools.tool import tool

_QUANTILES = (
    (5, -1.6448536269514722),
    (25, -0.6744897501960817),
    (50, 0.0),
    (75, 0.6744897501960817),
    (95, 1.6448536269514722),
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WORDS = {"pct": "percent", "bp": "basis points"}
_STEP = {"daily": 1.4, "weekly": 7.0, "monthly": 30.44, "quarterly": 91.3, "annual": 365.25}


@tool(risk="read", label="drawing the chart", version="1")
def plot_chart(ctx: ToolContext, plot: Plot) -> Result:
    """Draw a bar chart, histogram, scatter, heat map, curve or fan from stored series, as PNG and SVG with
    the numbers as CSV. Lines over time and drawdowns: `series_chart`; option payoffs: `payoff_chart`.
    """
    drawn = _DRAWERS[plot.kind](pinned(ctx, plot.as_of), plot)
    frame, histories = drawn.frame, drawn.histories
    artifact = style.save(
        drawn.sheet, ctx.artifacts, name=f"{plot.kind} {' '.join(h.key for h in histories)}",
        title=frame.title, alt=frame.alt, rows=frame.csv(),
    )  # fmt: skip
    notes = [note for history in histories for note in history.warnings]
    return Result(
        summary=f"A chart: {frame.title}. {frame.subtitle}.",
        values=drawn.values,
        data=tuple(history.ref for history in histories),
        warnings=tuple(dict.fromkeys((*notes, *drawn.notes))),
        artifacts=(artifact,),
        as_of=max(history.dates[-1] for history in histories),
        known_at=max(history.known_at for history in histories),
    )


def _bar(ctx: ToolContext, plot: Plot) -> Drawn:
    history = the_one(ctx, plot)
    ends = [(name, float(values[-1])) for name, values in grouped(history, plot.grain)]
    if len(ends) < 3:
        raise InputError(
            "There is nothing to draw.",
            f"The span holds {len(ends)} {plot.grain}s.",
            "Choose a longer span or shorter periods.",
        )
    if len(ends) > 121:
        raise InputError(
            "These are too many bars to read.",
            f"The span holds {len(ends)} {plot.grain}s.",
            "Choose a shorter span or longer periods.",
        )
    names = [name for name, _ in ends[1:]]
    levels = np.array([value for _, value in ends])
    scale, step = history.step
    unit = "pct" if history.positive else step
    values = (levels[1:] / levels[:-1] - 1) * 100 if history.positive else np.diff(levels) * scale
    what = "Return" if history.positive else "Change"
    frame = frame_of(plot, [history], f"{short_name(history)} by {plot.grain}", f"{what} of each {plot.grain} in {_WORDS.get(unit, unit) or 'its own unit'}, {span_of(history)}",
                   ((plot.grain, what.lower()), list(zip(names, values.tolist(), strict=True))))  # fmt: skip
    best, worst = int(values.argmax()), int(values.argmin())
    figures = {
        "best": Value(
            value=float(values[best]), unit=unit, kind=history.kind, label=f"Best: {names[best]}"
        ),
        "worst": Value(
            value=float(values[worst]), unit=unit, kind=history.kind, label=f"Worst: {names[worst]}"
        ),
    }
    running = (
        (f"The last {plot.grain} may not be over.",) if history.info.frequency == "daily" else ()
    )
    return Drawn(pictures.bars(frame, names, values, unit), frame, (history,), figures, running)


def _histogram(ctx: ToolContext, plot: Plot) -> Drawn:
    history = the_one(ctx, plot)
    values, unit = changes_of(history)
    low, high = (float(v) for v in np.percentile(values, (0.25, 99.75)))
    edge = max(abs(low), abs(high)) or 1.0
    edges = np.linspace(-edge, edge, 61 if len(values) > 1500 else 31)
    clipped = np.clip(values, -edge, edge)
    mean, five, one = (
        float(values.mean()),
        float(np.percentile(values, 5)),
        float(np.percentile(values, 1)),
    )
    marks = [
        (f"1 % fall below {pictures.reading(one, unit)}", one),
        (f"5 % fall below {pictures.reading(five, unit)}", five),
    ]
    counts, _ = np.histogram(clipped, bins=edges)
    frame = frame_of(plot, [history], f"How {short_name(history)} moves", f"{_moves(history, unit)}, {history.info.frequency}, {span_of(history)}; the outermost bars hold all beyond",
                   (("from", "to", "count"), list(zip(edges[:-1].tolist(), edges[1:].tolist(), counts.tolist(), strict=True))))  # fmt: skip
    spread = float(values.std(ddof=1))
    figures = {
        key: Value(value=number, unit=unit if key not in ("skewness", "excess_kurtosis") else "num", kind=history.kind, label=label)
        for key, number, label in (
            ("mean", mean, "Mean"), ("deviation", spread, "Deviation"), ("percentile_5", five, "5th percentile"), ("percentile_1", one, "1st percentile"),
            ("skewness", float(np.mean(((values - mean) / spread) ** 3)), "Skewness"),
            ("excess_kurtosis", float(np.mean(((values - mean) / spread) ** 4) - 3), "Excess kurtosis"),
        )
    }  # fmt: skip
    return Drawn(pictures.histogram(frame, clipped, edges, unit, marks), frame, (history,), figures)


def _scatter(ctx: ToolContext, plot: Plot) -> Drawn:
    if len(plot.series) != 2:
        raise InputError(
            "A scatter shows two series.",
            f"{len(plot.series)} were named.",
            "Name the one across and the one up.",
        )
    common = load_common(ctx, plot.series, plot.start, plot.end)
    across, up = common.histories
    (x, unit), (y, other) = changes_of(across), changes_of(up)
    slope, intercept = (float(v) for v in np.polyfit(x, y, 1))
    r = measures.correlation(x, y)
    if r is None:
        raise InputError(
            "There is nothing to draw.", "One of the series does not vary.", "Choose another span."
        )
    distance = ((x - x.mean()) / x.std()) ** 2 + ((y - y.mean()) / y.std()) ** 2
    named = tuple((int(i), long_day(common.dates[int(i) + 1])) for i in np.argsort(-distance)[:2])
    note = f"slope {slope:.2f}\ncorrelation {r:.2f}"
    cloud = Cloud(x=x, y=y, x_label=short_name(across), y_label=short_name(up), slope=slope, intercept=intercept, note=note,
                  unit="pct" if unit == other == "pct" else "", named=named)  # fmt: skip
    how = dict.fromkeys((_moves(across, unit), _moves(up, other)))
    frame = frame_of(plot, common.histories, f"{short_name(up)} against {short_name(across)}", f"{' against '.join(how)}, {across.info.frequency}, {common.span}",
                   (("date", across.info.id, up.info.id), [(d.isoformat(), a, b) for d, a, b in zip(common.dates[1:], x.tolist(), y.tolist(), strict=True)]))  # fmt: skip
    figures = _cloud_figures(common, slope, r, len(x))
    return Drawn(pictures.scatter(frame, cloud), frame, common.histories, figures, common.warnings)


def _cloud_figures(common: Common, slope: float, r: float, pairs: int) -> dict[str, Value]:
    across, up = common.histories
    about = f"{across.info.id}, {up.info.id}"
    return {
        "slope": Value(value=slope, unit="num", kind=up.kind, label="Slope", metric="slope_of_returns", entity=about),
        "correlation": Value(value=r, unit="ratio", kind=up.kind, label="Correlation", metric="correlation", entity=about),
        "n": Value(value=pairs, unit="count", label="Pairs"),
    }  # fmt: skip


def _correlation_map(ctx: ToolContext, plot: Plot) -> Drawn:
    if not 2 <= len(plot.series) <= 8:
        raise InputError(
            "A map of correlations shows two to eight series.",
            f"{len(plot.series)} were named.",
            "Name that many.",
        )
    common = load_common(ctx, plot.series, plot.start, plot.end)
    columns = [changes_of(history)[0] for history in common.histories]
    grid = np.array([[measures.correlation(a, b) or np.nan for b in columns] for a in columns])
    names = [short_name(history) for history in common.histories]
    frame = frame_of(plot, common.histories, "What moves together", f"Correlation of {common.histories[0].info.frequency} returns, {common.span}",
                   (("series", *names), [(name, *row) for name, row in zip(names, grid.tolist(), strict=True)]))  # fmt: skip
    figures: dict[str, Value] = {}
    for i, one in enumerate(common.histories):
        for j, other in enumerate(common.histories[:i]):
            number = float(grid[i, j])
            figures[f"correlation_{other.key}_{one.key}"] = Value(
                value=number if math.isfinite(number) else None, unit="ratio", kind=one.kind, label=f"{names[j]} and {names[i]}",
                metric="correlation", entity=f"{other.info.id}, {one.info.id}",
            )  # fmt: skip
    sheet = pictures.heat_map(
        frame, names, [name[:16] for name in names], grid, limit=1.0, percent=False
    )
    return Drawn(sheet, frame, common.histories, figures, common.warnings)


def _moves(history: History, unit: str) -> str:
    return "Log returns in percent" if history.positive else f"Changes in {_WORDS.get(unit, unit)}"


def _calendar_map(ctx: ToolContext, plot: Plot) -> Drawn:
    history = the_one(ctx, plot)
    require_returns(history)
    ends = [(name, float(values[-1])) for name, values in grouped(history, "month")]
    returns = {name: (b / a - 1) * 100 for (_, a), (name, b) in pairwise(ends)}
    years = sorted({name[:4] for name in returns})
    if len(years) > 30:
        raise InputError(
            "These are too many years to read.",
            f"The span holds {len(years)} years.",
            "Choose 30 or fewer.",
        )
    grid = np.array(
        [[returns.get(f"{year}-{month:02d}", np.nan) for month in range(1, 13)] for year in years]
    )
    limit = float(np.nanpercentile(np.abs(grid), 97)) or 1.0
    frame = frame_of(plot, [history], f"{short_name(history)}, month by month", f"Return of each month in percent, {span_of(history)}",
                   (("year", *_MONTHS), [(year, *("" if math.isnan(v) else v for v in row)) for year, row in zip(years, grid.tolist(), strict=True)]))  # fmt: skip
    best, worst = max(returns, key=lambda k: returns[k]), min(returns, key=lambda k: returns[k])
    figures = {
        "best": Value(value=returns[best], unit="pct", kind=history.kind, label=f"Best: {best}"),
        "worst": Value(
            value=returns[worst], unit="pct", kind=history.kind, label=f"Worst: {worst}"
        ),
        "share_up": Value(
            value=sum(v > 0 for v in returns.values()) / len(returns) * 100,
            unit="pct",
            kind=history.kind,
            label="Months that rose",
        ),
    }
    return Drawn(
        pictures.heat_map(frame, years, _MONTHS, grid, limit=limit, percent=True),
        frame,
        (history,),
        figures,
    )


def _curve(ctx: ToolContext, plot: Plot) -> Drawn:
    if len(plot.series) < 2:
        raise InputError(
            "A curve needs two or more series.",
            "One was named.",
            "Name them from the near to the far end.",
        )
    histories = [load(ctx, name, None, plot.end, at_least=1) for name in plot.series]
    units = {history.info.unit.lower() for history in histories}
    if len(units) > 1:
        raise InputError(
            "These series do not share an axis.",
            f"Their units are {', '.join(sorted(units))}.",
            "Choose series of one unit.",
        )
    days = plot.dates or [min(history.dates[-1] for history in histories)]
    lines = [
        (long_day(day), np.array([_at(history, day) for history in histories])) for day in days
    ]
    plain = [short_name(history) for history in histories]
    names = [textwrap.fill(name, 18) for name in plain]
    frame = frame_of(plot, histories, "The curve", f"Values on {', '.join(long_day(day) for day in days)}, in {units.pop() or 'no stated unit'}",
                   (("series", *(label for label, _ in lines)), [(name, *(float(line[i]) for _, line in lines)) for i, name in enumerate(plain)]))  # fmt: skip
    figures = {
        f"{history.key}_{n}": Value(value=float(line[i]), unit=history.info.unit.lower(), kind="observed", label=f"{plain[i]}, {label}")
        for n, (label, line) in enumerate(lines, 1)
        for i, history in enumerate(histories)
    }  # fmt: skip
    return Drawn(
        pictures.curves(frame, names, lines, histories[0].info.unit.lower()),
        frame,
        tuple(histories),
        figures,
    )


def _at(history: History, day: date) -> float:
    """The value on the day, or the last one within a week before it."""
    known = [i for i, one in enumerate(history.dates) if one <= day]
    if (
        not known
        or (day - history.dates[known[-1]]).days > _STEP.get(history.info.frequency, 7) * 1.5 + 6
    ):
        raise InputError(
            f"{history.info.title} has no value near {day}.",
            f"It covers {span_of(history)}.",
            "Choose another date.",
        )
    return float(history.values[known[-1]])


def _fan(ctx: ToolContext, plot: Plot) -> Drawn:
    """Quantiles of a lognormal without drift, with the volatility of the span: exp(z s sqrt(t))."""
    history = the_one(ctx, plot)
    require_returns(history)
    deviation = float(np.std(measures.log_returns(history.values), ddof=1))
    t = np.arange(1, plot.horizon + 1)
    last, day = float(history.values[-1]), history.dates[-1]
    ahead = tuple(
        day + timedelta(days=round(float(n) * _STEP.get(history.info.frequency, 1.4))) for n in t
    )
    bands = tuple((f"{q} %", last * np.exp(z * deviation * np.sqrt(t))) for q, z in _QUANTILES)
    shown = slice(-min(len(history.values), 3 * plot.horizon), None)
    cone = Cone(
        dates=history.dates[shown],
        values=history.values[shown],
        ahead=ahead,
        bands=bands,
        unit=history.info.unit.lower(),
    )
    yearly = deviation * math.sqrt(history.per_year or 1) * 100
    frame = frame_of(plot, [history], f"{short_name(history)}: the range its past volatility implies", f"{plot.horizon} observations ahead, no drift, {yearly:.1f}% volatility from {span_of(history)}",
                   (("date", *(label for label, _ in bands)), [(d.isoformat(), *(float(b[i]) for _, b in bands)) for i, d in enumerate(ahead)]))  # fmt: skip
    figures = {
        f"quantile_{q}": Value(
            value=float(band[-1]),
            unit=history.info.unit.lower(),
            kind=history.kind,
            label=f"{q} % quantile at the end",
        )
        for (q, _), (_, band) in zip(_QUANTILES, bands, strict=True)
    } | {"volatility": Value(value=yearly, unit="pct", kind=history.kind, label="Volatility used")}
    notes = (
        "A fan is no forecast: it assumes lognormal returns, no drift, and that the volatility of this span goes on.",
    )
    return Drawn(pictures.fan(frame, cone), frame, (history,), figures, notes)


_DRAWERS: dict[str, Callable[[ToolContext, Plot], Drawn]] = {
    "bar": _bar, "histogram": _histogram, "scatter": _scatter, "correlation_map": _correlation_map,
    "calendar_map": _calendar_map, "curve": _curve, "fan": _fan,
}  # fmt: skip
