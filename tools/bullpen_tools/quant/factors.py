"""Beta and correlation of one series to a named factor, with intervals and over time, as a tool.

The rule it protects: a beta states its units (percent of a return for a basis point of a yield is not a
ratio), and its interval. One factor; several are the data analyst's `regression`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np

from bullpen_tools import measures
from bullpen_tools.context import Result, Scalar, ToolContext, Value
from bullpen_tools.histories import Common, History, load_common, require_changes
from bullpen_tools.quant import tails
from bullpen_tools.quant.answers import Table, count, figure, percent, refuse
from bullpen_tools.tool import tool


@tool(risk="read", label="regressing on the factor", version="2")
def factor_beta(
    ctx: ToolContext,
    series: str,
    factor: str,
    start: date | None = None,
    end: date | None = None,
    window: int = 60,
) -> Result:
    """Beta and correlation of one series to a named factor, each with its 95 % interval (Newey-West
    errors for beta, Fisher for the correlation), the share of variance explained, and how the rolling
    correlation has moved. Prices enter with log returns, yields with changes in basis points.

    Args:
        series: Name, symbol or id of the series.
        factor: Name, symbol or id of the factor, such as silver or sp500.
        start: First day to use, YYYY-MM-DD. Default: the whole common span.
        end: Last day to use, YYYY-MM-DD. Default: the whole common span.
        window: Returns in the rolling window, at least 10.
    """
    common = load_common(ctx, [series, factor], start, end)
    one, other = common.histories
    for history in common.histories:
        require_changes(history)
    if window < 10 or len(common.dates) < 12:
        raise refuse(
            "The sample is too short.",
            f"There are {len(common.dates)} common dates and a window of {window}.",
            "Use a longer span and a window of 10 or more.",
        )
    y, x = _moves(one), _moves(other)
    if not np.ptp(x):
        raise refuse(
            f"There is no beta to {other.info.id}.",
            "It does not change in this span.",
            "Choose another factor or span.",
        )
    values = {**_line(y, x, _beta_unit(one, other)), **_correlations(y, x)}
    rolled, rows = _over_time(common, x, y, window)
    how = " on ".join("log returns" if h.positive else "changes in bp" for h in common.histories)
    if one.positive and other.positive:
        how = "log returns"
    return Result(
        summary=f"{one.info.title} against {other.info.title}, {how}, {common.span}; intervals of 95 %.",
        values={key: _of(value, common) for key, value in (values | rolled).items()},
        data=(one.ref, other.ref),
        warnings=(
            *common.warnings,
            "The intervals take the relation to be one and the same over the whole span.",
        ),
        table=rows,
        as_of=common.dates[-1],
        known_at=max(one.known_at, other.known_at),
    )


def _moves(history: History) -> measures.Numbers:
    """Returns in percent, or changes of a rate in basis points."""
    return history.changes * 100 if history.positive else history.changes


def _beta_unit(one: History, other: History) -> str:
    if one.change_unit == other.change_unit:
        return "ratio"
    return f"{one.change_unit}/{other.change_unit}"


def _of(value: Value, common: Common) -> Value:
    """A value computed from made-up data is told as made up."""
    made_up = any(history.kind == "synthetic" for history in common.histories)
    return replace(value, kind="synthetic") if made_up else value


def _line(y: measures.Numbers, x: measures.Numbers, unit: str) -> dict[str, Value]:
    fitted = tails.slope(y, x)
    if fitted is None:
        return {}
    reach = 1.959963984540054 * fitted.error
    return {
        "beta": figure(fitted.beta, unit, "Beta"),
        "beta_low": figure(fitted.beta - reach, unit, "Beta, interval from"),
        "beta_high": figure(fitted.beta + reach, unit, "Beta, interval to"),
        "explained": percent(fitted.r_squared, "Share of variance explained"),
    }


def _correlations(y: measures.Numbers, x: measures.Numbers) -> dict[str, Value]:
    r = measures.correlation(x, y)
    low, high = (None if r is None else measures.fisher_interval(r, len(x))) or (None, None)
    return {
        "correlation": figure(r, "ratio", "Correlation"),
        "correlation_low": figure(low, "ratio", "Correlation, interval from"),
        "correlation_high": figure(high, "ratio", "Correlation, interval to"),
        "n": count(len(x), "Pairs of returns"),
    }


def _over_time(
    common: Common, x: measures.Numbers, y: measures.Numbers, window: int
) -> tuple[dict[str, Value], Table]:
    """The rolling correlation: now, lowest, highest, and some sixty rows of it."""
    rolling = _rolling_correlation(x, y, window)
    rows: list[tuple[Scalar, ...]] = [("date", "rolling_correlation")]
    values: dict[str, Value] = {}
    # A window in which one of them does not move has no correlation.
    if not len(rolling) or not np.isfinite(rolling).any():
        return values, tuple(rows)
    for key, at in (
        ("now", int(np.flatnonzero(np.isfinite(rolling))[-1])),
        ("lowest", int(np.nanargmin(rolling))),
        ("highest", int(np.nanargmax(rolling))),
    ):
        values[f"rolling_{key}"] = figure(
            float(rolling[at]), "ratio", f"Rolling correlation, {key}"
        )
        values[f"rolling_{key}_date"] = figure(
            common.dates[at + window].isoformat(), "date", f"Rolling correlation, {key}, on"
        )
    step = max(1, len(rolling) // 60)
    rows += [
        (common.dates[i + window].isoformat(), float(rolling[i]))
        for i in range(0, len(rolling), step)
        if np.isfinite(rolling[i])
    ]
    return values, tuple(rows)


def _rolling_correlation(x: measures.Numbers, y: measures.Numbers, window: int) -> measures.Numbers:
    if len(x) < window:
        return np.empty(0)
    views = [np.lib.stride_tricks.sliding_window_view(v, window) for v in (x, y)]
    a, b = (v - v.mean(axis=1, keepdims=True) for v in views)
    scale = np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1))
    return np.where(scale > 0, (a * b).sum(axis=1) / np.where(scale > 0, scale, 1.0), np.nan)
