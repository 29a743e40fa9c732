"""Ratios of performance and tails of losses of a list of simple returns in percent.

The rule it protects: every ratio states its definition in its label, and one that divides by nothing has no value. Losses
are positive numbers. It reads no series.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from bullpen_tools.context import Value
from bullpen_tools.measures import Numbers
from bullpen_tools.quant import tails


class Terms(Protocol):
    """What the ratios need beside the returns."""

    @property
    def periods_per_year(self) -> float | None: ...
    @property
    def riskless_pct(self) -> float: ...
    @property
    def confidence_pct(self) -> float: ...


def measures(returns: Sequence[float], terms: Terms) -> dict[str, Value]:
    """Growth, ratios, drawdown and tails. Sharpe: mean excess over its deviation (n - 1), times the root
    of the periods in a year (Sharpe, 1994); Sortino: over the root mean square of the shortfalls below
    the riskless return (Sortino and van der Meer, 1991)."""
    r = np.array(returns)
    per_year = terms.periods_per_year or 1.0
    excess = r - terms.riskless_pct / per_year
    wealth = np.concatenate([[1.0], np.cumprod(1 + r / 100)])
    fall = 1 - wealth / np.maximum.accumulate(wealth)
    down = math.sqrt(float(np.mean(np.minimum(excess, 0.0) ** 2)))
    sharpe = _over(float(excess.mean()), _deviation(excess), per_year)
    sortino = _over(float(excess.mean()), down, per_year)
    growth = float(wealth[-1]) ** (per_year / len(r)) - 1
    variance = float(np.var(r / 100, ddof=1))
    kelly = float(excess.mean()) / 100 / variance if variance > 0 else None
    per = _per(terms)
    return {
        "total_return": _percent(float(wealth[-1] - 1) * 100, "Total return"),
        "growth": _percent(growth * 100, f"Geometric mean return, {per}"),
        "volatility": _percent(_deviation(r) * math.sqrt(per_year), f"Deviation of returns, {per}"),
        "sharpe": _ratio(sharpe, f"Sharpe ratio, {per}"),
        "sortino": _ratio(sortino, f"Sortino ratio, {per}, downside from the riskless return"),
        "max_drawdown": _percent(float(fall.max()) * 100, "Worst drawdown, as a loss (positive)"),
        "calmar": _ratio(growth / float(fall.max()) if fall.max() > 0 else None, "Growth over worst drawdown"),
        "kelly": _ratio(kelly, "Kelly's fraction: mean excess over variance"),
        "share_up": _percent(float((r > 0).mean()) * 100, "Share of periods that gained"),
        **_tails(r / 100, terms.confidence_pct / 100),
    }  # fmt: skip


def _tails(r: Numbers, confidence: float) -> dict[str, Value]:
    bell = tails.normal(float(r.mean()), float(r.std(ddof=1)), confidence)
    losses = np.sort(-r)[::-1]
    beyond = max(1, math.floor(len(r) * (1 - confidence) + 1e-9))
    values = {
        "var_normal": _percent(_scaled(bell.var), "Value at risk, normal, one period"),
        "es_normal": _percent(_scaled(bell.shortfall), "Expected shortfall, normal"),
    }
    if len(r) * (1 - confidence) >= 1 - 1e-9:
        values["var_historical"] = _percent(
            float(losses[beyond - 1]) * 100, f"Value at risk, historical: loss number {beyond}"
        )
        values["es_historical"] = _percent(
            float(losses[:beyond].mean()) * 100,
            "Expected shortfall, historical: mean of these losses",
        )
    if len(r) >= 10 and np.ptp(r) > 0:
        values["var_cornish_fisher"] = _percent(
            _scaled(tails.cornish_fisher(r, confidence)), "Value at risk, Cornish-Fisher"
        )
    return values


def against(returns: Sequence[float], other: Sequence[float], terms: Terms) -> dict[str, Value]:
    """Beta, Jensen's alpha, tracking error and information ratio to a benchmark."""
    y, x = np.array(returns), np.array(other)
    per_year = terms.periods_per_year or 1.0
    riskless = terms.riskless_pct / per_year
    spread = float(np.var(x, ddof=1))
    beta = float(np.cov(y, x)[0, 1]) / spread if spread > 0 else None
    active, per = y - x, _per(terms)
    alpha = None
    if beta is not None:
        alpha = (float(y.mean()) - riskless - beta * (float(x.mean()) - riskless)) * per_year
    correlation = float(np.corrcoef(y, x)[0, 1]) if spread > 0 and np.ptp(y) > 0 else None
    return {
        "beta": _ratio(beta, "Beta to the benchmark"),
        "alpha": _percent(alpha, f"Jensen's alpha, {per}"),
        "treynor": _ratio(
            (float(y.mean()) - riskless) * per_year / beta if beta else None,
            f"Treynor ratio: excess return, percent {per}, over beta",
        ),
        "correlation": _ratio(correlation, "Correlation with the benchmark"),
        "tracking_error": _percent(
            _deviation(active) * math.sqrt(per_year), f"Tracking error, {per}"
        ),
        "information_ratio": _ratio(
            _over(float(active.mean()), _deviation(active), per_year), f"Information ratio, {per}"
        ),
        "active_return": _percent(
            float(active.mean()) * per_year, f"Mean return over the benchmark, {per}"
        ),
    }


def _per(terms: Terms) -> str:
    return "a year" if terms.periods_per_year else "per period"


def _deviation(numbers: Numbers) -> float:
    return float(np.std(numbers, ddof=1))


def _over(mean: float, deviation: float, per_year: float) -> float | None:
    return mean / deviation * math.sqrt(per_year) if deviation > 1e-15 else None


def _scaled(fraction: float | None) -> float | None:
    return None if fraction is None else fraction * 100


def _percent(number: float | None, label: str) -> Value:
    return Value(value=number, unit="pct", label=label)


def _ratio(number: float | None, label: str) -> Value:
    return Value(value=number, unit="ratio", label=label)
