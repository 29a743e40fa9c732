"""Two or more series beside each other: their volatilities, and their correlation with its interval.

The rule it protects: only what moves in one unit is compared (returns with returns, basis points with
basis points), on the dates that all of them have. It draws nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import combinations

import numpy as np

from bullpen_memory.errors import InputError
from bullpen_tools import measures
from bullpen_tools.context import Result, Scalar, ToolContext, Value, ValueKind
from bullpen_tools.histories import Common, History, load_common, require_changes
from bullpen_tools.lookback import Last
from bullpen_tools.series import count_of, day_of, percent_of, volatility_of
from bullpen_tools.tool import tool


@tool(risk="read", label="comparing volatilities", version="2")
def compare_volatility(
    ctx: ToolContext,
    series: list[str],
    start: date | None = None,
    end: date | None = None,
    window: int = 60,
    last: Last | None = None,
) -> Result:
    """Compare the annualised volatility of two to six series over the dates that all of them have:
    volatility of the whole span, ratios, current and highest rolling volatility, correlation of
    returns. Yields are compared with yields, in basis points.

    Args:
        series: Names, symbols or ids of two to six series of one frequency.
        start: First day to use, YYYY-MM-DD. Default: the whole common span.
        end: Last day to use, YYYY-MM-DD. Default: the whole common span.
        window: Number of returns in the rolling window, at least 5.
        last: Only the end of it: `60 days` (calendar) or `60 observations`.
    """
    _check_comparison(series, window)
    common = load_common(ctx, series, start, end, last=last)
    _check_units(common)
    values: dict[str, Value] = {"n": count_of(len(common.dates), "Common dates")}
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


@tool(risk="read", label="correlating the series", version="2")
def correlation(
    ctx: ToolContext,
    a: str,
    b: str,
    start: date | None = None,
    end: date | None = None,
    last: Last | None = None,
) -> Result:
    """Correlation of the returns of two series on their common dates, with the 95 % interval of
    Fisher's z and the number of returns. A rate, or a series not always above zero, enters with
    its differences.

    Args:
        a: Name, symbol or id of the first series.
        b: Name, symbol or id of the second series.
        start: First day to use, YYYY-MM-DD. Default: the whole common span.
        end: Last day to use, YYYY-MM-DD. Default: the whole common span.
        last: Only the end of it: `60 days` (calendar) or `60 observations`.
    """
    common = load_common(ctx, [a, b], start, end, last=last)
    one, other = common.histories
    x, y = one.changes, other.changes
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
            "n": count_of(len(x), "Pairs of returns"),
        },
        data=(one.ref, other.ref),
        warnings=tuple(warnings),
        as_of=common.dates[-1],
        known_at=max(one.known_at, other.known_at),
    )


def _check_units(common: Common) -> None:
    """Volatilities compare in percent or in basis points, never one against the other."""
    for history in common.histories:
        require_changes(history)
    rates = [history.info.id for history in common.histories if not history.positive]
    prices = [history.info.id for history in common.histories if history.positive]
    if rates and prices:
        raise InputError(
            "These volatilities cannot be compared.",
            f"{', '.join(rates)} {'is a rate' if len(rates) == 1 else 'are rates'} and moves in basis "
            f"points; {', '.join(prices)} moves in percent.",
            "Compare rates with rates and prices with prices, or ask for their `correlation`.",
        )


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


def _volatilities(history: History, window: int) -> dict[str, Value]:
    per_year = history.per_year or 1
    rolling = measures.rolling_deviation(history.changes, window, per_year)
    name, title = history.key, history.info.title
    now = float(rolling[-1]) if len(rolling) else None
    top = int(np.argmax(rolling)) if len(rolling) else None
    # rolling[i] ends with return i + window - 1, which ends at date i + window.
    day = None if top is None else history.dates[top + window]
    highest = None if top is None else float(rolling[top])
    values = {
        f"vol_{name}": _moved(
            history, "volatility", volatility_of(history), f"Volatility of {title}"
        ),
        f"rolling_vol_{name}": _moved(
            history, f"rolling_vol_{window}", now, f"{title}, last {window} returns"
        ),
        f"rolling_high_{name}": _moved(
            history, f"rolling_high_{window}", highest, f"{title}, highest over {window} returns"
        ),
    }
    synthetic = history.kind == "synthetic"
    return values | {f"rolling_high_date_{name}": day_of(day, f"{title}, highest on", synthetic)}


def _moved(history: History, metric: str, move: float | None, label: str) -> Value:
    """A size of changes: in percent for a price, in basis points for a rate."""
    if history.positive:
        return percent_of(history, metric, move, label)
    return Value(
        value=move, unit=history.change_unit, kind=history.kind, label=label,
        metric=f"{metric}_of_changes", entity=history.info.id,
    )  # fmt: skip


def _pairs(common: Common) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for one, other in combinations(common.histories, 2):
        a, b = volatility_of(one), volatility_of(other)
        kind = _joint_kind((one, other))
        about = f"{one.info.id}, {other.info.id}"
        r = measures.correlation(one.changes, other.changes)
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


def _joint_kind(histories: Sequence[History]) -> ValueKind:
    return "synthetic" if any(h.kind == "synthetic" for h in histories) else "derived"
