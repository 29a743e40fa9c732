"""A book of several series: its volatility target, its optimal weights.

The rule it protects: weights are constant and rebalanced at every date, which the answer says; an
optimiser that is not installed is named with the command that installs it. No weight is advice.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from typing import Any, Literal

import numpy as np
from pydantic import Field

from bullpen_memory.errors import OperatorError
from bullpen_tools import measures
from bullpen_tools.context import Result, Scalar, ToolContext, Value
from bullpen_tools.histories import Common, load, load_common, require_returns
from bullpen_tools.quant import pictures
from bullpen_tools.quant.answers import count, figure, percent, positive, refuse
from bullpen_tools.tool import Arguments, tool


class Holding(Arguments):
    """One line of the book."""

    series: str = Field(description="Name, symbol or id of the series")
    weight_pct: float = Field(description="Weight in percent of the book; negative when short")


class Target(Arguments):
    """A book and the volatility it should have."""

    holdings: list[Holding] = Field(
        min_length=1, max_length=12, description="The lines of the book"
    )
    target_pct: float = Field(description="Volatility target, percent a year: 30")
    window: int = Field(default=60, ge=10, description="Returns in the rolling window")
    factor: str = Field(
        default="", description="A series to correlate the book with, such as silver"
    )
    max_leverage: float = Field(default=3.0, description="Most that the book may be scaled up to")
    start: date | None = Field(default=None, description="First day, YYYY-MM-DD")
    end: date | None = Field(default=None, description="Last day, YYYY-MM-DD")


@tool(risk="read", label="scaling the book", version="1")
def volatility_target(ctx: ToolContext, target: Target) -> Result:
    """Scale a book to a volatility target: its volatility now and over the whole span, the leverage
    that meets the target, the scaled weights, each line's share of the risk, and the correlation of the
    book to a factor over time. Use it for "a vol target of 30 on this silver-heavy book".
    """
    goal = positive(target.target_pct, "The target") / 100
    positive(target.max_leverage, "The highest leverage")
    names = [holding.series for holding in target.holdings]
    extra = [target.factor] if target.factor and target.factor not in names else []
    common = _common(ctx, [*names, *extra], target.start, target.end)
    weights = np.array([holding.weight_pct / 100 for holding in target.holdings])
    returns = np.array([_simple(h.values) for h in common.histories[: len(names)]])
    book = weights @ returns
    per_year = common.histories[0].per_year or 1
    now = _now(book, target.window, per_year)
    wanted = goal / now
    leverage = min(wanted, target.max_leverage)
    whole = measures.annualised_deviation(book, per_year)
    values = {
        **_scale(target, now, whole, leverage),
        **_lines(target, common, returns, leverage),
    }
    drawn, table = (), ()
    if target.factor:
        at = names.index(target.factor) if target.factor in names else len(names)
        found, table, drawn = _against(
            ctx, target, common, book, _simple(common.histories[at].values)
        )
        values |= found
    capped = wanted > target.max_leverage
    return Result(
        summary=f"A book of {len(names)} at a volatility target, {common.span}, rolling over {target.window} returns.",
        values=values,
        data=tuple(history.ref for history in common.histories),
        warnings=(
            *common.warnings,
            "Weights are constant and rebalanced at every date; past volatility is the forecast.",
            *(
                ["The target would take more leverage than allowed: it was capped."]
                if capped
                else []
            ),
        ),
        table=table,
        artifacts=drawn,
        as_of=common.dates[-1],
        known_at=max(history.known_at for history in common.histories),
    )


def _now(book: measures.Numbers, window: int, per_year: int) -> float:
    """The rolling volatility of the book today; InputError where it has none."""
    if len(book) <= window:
        raise refuse(
            "The sample is too short.",
            f"It has {len(book)} returns for a window of {window}.",
            "Use a longer span or a shorter window.",
        )
    now = float(measures.rolling_deviation(book, window, per_year)[-1])
    if not now > 0:
        raise refuse(
            "The book has no volatility.",
            "Its lines did not move, or cancel out.",
            "Check the weights.",
        )
    return now


def _scale(target: Target, now: float, whole: float | None, leverage: float) -> dict[str, Value]:
    weights = [holding.weight_pct / 100 for holding in target.holdings]
    gross, net = sum(abs(w) for w in weights), sum(weights)
    return {
        "target": figure(target.target_pct, "pct", "Volatility target", kind="assumed"),
        "volatility_now": percent(now, "Volatility of the book now, rolling window"),
        "volatility": percent(whole, "Volatility of the book, whole span"),
        "leverage": figure(leverage, "x", "Leverage that meets the target"),
        "exposure": percent(leverage * gross, "Exposure that meets the target, of capital"),
        "cash": percent(1 - leverage * net, "Left in cash (negative: borrowed)"),
    }


def _lines(
    target: Target, common: Common, returns: measures.Numbers, leverage: float
) -> dict[str, Value]:
    """Each holding's scaled weight and its share of the risk in the window."""
    weights = np.array([holding.weight_pct / 100 for holding in target.holdings])
    shares = _shares(weights, returns[:, -target.window :])
    values: dict[str, Value] = {}
    for n, holding in enumerate(target.holdings):
        key = common.histories[n].key
        values[f"weight_{key}"] = percent(
            float(weights[n]) * leverage, f"Scaled weight of {holding.series}"
        )
        values[f"risk_{key}"] = percent(
            float(shares[n]), f"Share of the risk from {holding.series}"
        )
    return values


def _common(ctx: ToolContext, names: Sequence[str], start: date | None, end: date | None) -> Common:
    if len(names) == 1:
        history = load(ctx, names[0], start, end, at_least=30)
        common = Common((history,), history.warnings)
    else:
        common = load_common(ctx, names, start, end)
    for history in common.histories:
        require_returns(history)
    return common


def _simple(values: measures.Numbers) -> measures.Numbers:
    return np.diff(values) / values[:-1]


def _shares(weights: measures.Numbers, returns: measures.Numbers) -> measures.Numbers:
    """Each line's part of the variance: weight times covariance with the book (Euler)."""
    covariance = np.atleast_2d(np.cov(returns))
    total = float(weights @ covariance @ weights)
    return weights * (covariance @ weights) / total if total > 0 else np.zeros(len(weights))


def _against(
    ctx: ToolContext,
    target: Target,
    common: Common,
    book: measures.Numbers,
    factor: measures.Numbers,
) -> tuple[dict[str, Value], tuple[tuple[Scalar, ...], ...], tuple[Any, ...]]:
    """Correlation with the factor: whole span, now, and year by year."""
    r = measures.correlation(book, factor)
    low, high = (None if r is None else measures.fisher_interval(r, len(book))) or (None, None)
    recent = measures.correlation(book[-target.window :], factor[-target.window :])
    values = {
        "correlation": figure(r, "ratio", f"Correlation with {target.factor}, whole span"),
        "correlation_low": figure(low, "ratio", f"Correlation with {target.factor}, interval from"),
        "correlation_high": figure(high, "ratio", f"Correlation with {target.factor}, interval to"),
        "correlation_now": figure(
            recent, "ratio", f"Correlation with {target.factor}, rolling window now"
        ),
    }
    rows: list[tuple[Scalar, ...]] = [("year", "correlation", "returns")]
    years = np.array([day.year for day in common.dates[1:]])
    for year in sorted(set(years.tolist())):
        inside = years == year
        if inside.sum() >= 10:
            rows.append(
                (int(year), measures.correlation(book[inside], factor[inside]), int(inside.sum()))
            )
    points = [
        (float(row[0]), float(row[1]))
        for row in rows[1:]
        if isinstance(row[0], int) and isinstance(row[1], float)
    ]
    if len(points) < 2:
        return values, tuple(rows), ()
    picture = pictures.Picture(
        title=f"Correlation of the book with {target.factor}",
        subtitle="Correlation of daily returns within each year"
        if common.histories[0].info.frequency == "daily"
        else "Correlation of returns within each year",
        source=f"Source: {', '.join(h.info.id for h in common.histories)}, {common.span}",
        x_label="year",
        lines=[pictures.Line("correlation", [x for x, _ in points], [y for _, y in points])],
        whole=True,
    )
    return values, tuple(rows), (pictures.draw(ctx, picture, name="book correlation"),)


class Universe(Arguments):
    """What may be held."""

    series: list[str] = Field(
        min_length=2, max_length=20, description="Names, symbols or ids of the series"
    )
    method: Literal[
        "minimum_variance",
        "risk_parity",
        "hierarchical_risk_parity",
        "maximum_sharpe",
        "inverse_volatility",
        "equal",
    ] = Field(default="risk_parity", description="How the weights are found")
    max_weight_pct: float = Field(
        default=100.0,
        description="Most that one line may have, percent (minimum_variance, maximum_sharpe)",
    )
    start: date | None = Field(default=None, description="First day, YYYY-MM-DD")
    end: date | None = Field(default=None, description="Last day, YYYY-MM-DD")


@tool(risk="read", label="optimising the portfolio", version="1")
def portfolio_weights(ctx: ToolContext, universe: Universe) -> Result:
    """Long-only weights of a portfolio by one method (risk parity, minimum variance, maximum Sharpe,
    hierarchical risk parity, inverse volatility, equal), with its volatility and each line's share of
    the risk. Needs the extra `portfolio` (skfolio).
    """
    common = _common(ctx, universe.series, universe.start, universe.end)
    returns = np.array([_simple(history.values) for history in common.histories])
    if returns.shape[1] < 60:
        raise refuse(
            "The sample is too short.",
            f"It has {returns.shape[1]} common returns.",
            "Use 60 or more.",
        )
    if universe.max_weight_pct / 100 * len(universe.series) < 1:
        raise refuse(
            f"Weights of at most {universe.max_weight_pct:g} % do not add up to 100 %.",
            "There are too few lines.",
            "Raise the limit.",
        )
    still = [
        h.info.id for h, line in zip(common.histories, returns, strict=True) if not np.ptp(line)
    ]
    if still:
        raise refuse(
            f"{', '.join(still)} never changes in this span.",
            "A line without risk has no weight by its risk.",
            "Leave it out: it is cash.",
        )
    weights = _optimised(universe, returns)
    book = weights @ returns
    per_year = common.histories[0].per_year or 1
    values = {
        "volatility": percent(
            measures.annualised_deviation(book, per_year), "Volatility a year, in sample"
        ),
        "mean": percent(float(book.mean()) * per_year, "Mean return a year, in sample"),
    }
    for history, weight, share in zip(
        common.histories, weights, _shares(weights, returns), strict=True
    ):
        values[f"weight_{history.key}"] = percent(float(weight), f"Weight of {history.info.title}")
        values[f"risk_{history.key}"] = percent(
            float(share), f"Share of the risk from {history.info.title}"
        )
    values["n"] = count(returns.shape[1], "Common returns")
    return Result(
        summary=f"Weights by {universe.method.replace('_', ' ')}, {common.span}, rebalanced at every date.",
        values=values,
        data=tuple(history.ref for history in common.histories),
        warnings=(
            *common.warnings,
            "The weights are fitted to this very sample: out of it they will do worse.",
        ),
        as_of=common.dates[-1],
        known_at=max(history.known_at for history in common.histories),
    )


def _optimised(universe: Universe, returns: measures.Numbers) -> measures.Numbers:
    try:
        from skfolio import RiskMeasure
        from skfolio.optimization import (
            EqualWeighted,
            HierarchicalRiskParity,
            InverseVolatility,
            MeanRisk,
            ObjectiveFunction,
            RiskBudgeting,
        )
    except ImportError as error:
        raise OperatorError(
            "Portfolios cannot be optimised here.",
            "The package skfolio is not installed.",
            "Install it with: pip install 'bullpen[portfolio]'.",
        ) from error
    most = universe.max_weight_pct / 100
    models: dict[str, Any] = {
        "minimum_variance": lambda: MeanRisk(risk_measure=RiskMeasure.VARIANCE, max_weights=most),
        "maximum_sharpe": lambda: MeanRisk(
            objective_function=ObjectiveFunction.MAXIMIZE_RATIO,
            risk_measure=RiskMeasure.VARIANCE,
            max_weights=most,
        ),
        "risk_parity": lambda: RiskBudgeting(risk_measure=RiskMeasure.VARIANCE),
        "hierarchical_risk_parity": HierarchicalRiskParity,
        "inverse_volatility": InverseVolatility,
        "equal": EqualWeighted,
    }
    model = models[universe.method]()
    model.fit(returns.T)
    found = np.asarray(model.weights_, dtype=np.float64)
    if not math.isclose(float(found.sum()), 1.0, abs_tol=1e-4):
        raise refuse(
            "The optimiser found no weights.", "Its constraints cannot all hold.", "Relax them."
        )
    return found
