"""Measures of a price history: returns, volatility, drawdown, correlation. Pure arithmetic.

The rule it protects: every number has a definition that can be looked up, and an input it is not
defined for gives None, never a zero or an infinity. It knows no series and no unit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

PERIODS_PER_YEAR = MappingProxyType(
    {"daily": 252, "weekly": 52, "monthly": 12, "quarterly": 4, "annual": 1}
)
"""Observations in a year; 252 trading days is the markets' convention (Hull, ch. "The
Black-Scholes-Merton model": "Trading days vs. calendar days")."""
EVERY_DAY = 365
"""Observations in a year of what also trades at weekends, such as currencies of a blockchain."""
_SEVEN_DAY_SHARE = 0.1


def trades_every_day(dates: Sequence[date]) -> bool:
    """Whether weekends belong to a daily series: two days in seven, were none missing.

    A single Saturday among many days is a special session and does not count.
    """
    weekend = sum(day.weekday() >= 5 for day in dates)
    return weekend > _SEVEN_DAY_SHARE * len(dates)


def log_returns(prices: Numbers) -> Numbers:
    """ln(p[t] / p[t-1]) for positive prices; one shorter than `prices`."""
    return np.diff(np.log(prices))


def annualised_deviation(changes: Numbers, per_year: int) -> float | None:
    """Sample standard deviation (n - 1) of the changes times sqrt(periods per year).

    For log returns this is the historical volatility (Hull, ch. "The Black-Scholes-Merton
    model", "Estimating volatility from historical data"), as a fraction: 0.2 is 20 %.
    None for fewer than two changes.
    """
    if len(changes) < 2:
        return None
    return float(np.std(changes, ddof=1) * math.sqrt(per_year))


def growth_rate(first: float, last: float, years: float) -> float | None:
    """Compound annual growth rate (last / first) ** (1 / years) - 1, as a fraction.

    None for a span of less than a day or for prices that are not positive.
    """
    if first <= 0 or last <= 0 or years < 1 / 366:
        return None
    try:
        rate = (last / first) ** (1 / years) - 1
    except OverflowError:
        return None
    return rate if math.isfinite(rate) else None


@dataclass(frozen=True, slots=True)
class Drawdown:
    """The deepest fall from a running peak: `depth` is a fraction <= 0, with positions."""

    depth: float
    peak: int
    trough: int


def drawdowns(prices: Numbers) -> Numbers:
    """price / running maximum - 1, for positive prices; every entry <= 0."""
    return prices / np.maximum.accumulate(prices) - 1


def deepest_drawdown(prices: Numbers) -> Drawdown:
    """The lowest of `drawdowns` with the peak before it (Magdon-Ismail and Atiya, 2004)."""
    falls = drawdowns(prices)
    trough = int(np.argmin(falls))
    return Drawdown(float(falls[trough]), int(np.argmax(prices[: trough + 1])), trough)


def rolling_deviation(changes: Numbers, window: int, per_year: int) -> Numbers:
    """`annualised_deviation` of each `window` consecutive changes; the first window ends at 0.

    Empty when there are fewer changes than the window holds. `window` is at least 2.
    """
    if len(changes) < window:
        return np.empty(0)
    views = np.lib.stride_tricks.sliding_window_view(changes, window)
    return np.asarray(np.std(views, axis=1, ddof=1) * math.sqrt(per_year))


def correlation(a: Numbers, b: Numbers) -> float | None:
    """Pearson's coefficient in [-1, 1]; None for fewer than two pairs or a constant side."""
    if len(a) < 2 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return None
    return float(np.clip(np.corrcoef(a, b)[0, 1], -1, 1))


def fisher_interval(r: float, n: int) -> tuple[float, float] | None:
    """The 95 % interval of a correlation: tanh(atanh r ± 1.959964 / sqrt(n - 3)) (Fisher, 1921).

    It assumes independent, jointly normal pairs. None for n < 4 or |r| = 1.
    """
    if n < 4 or abs(r) >= 1:
        return None
    centre, half = math.atanh(r), 1.959963984540054 / math.sqrt(n - 3)
    return math.tanh(centre - half), math.tanh(centre + half)


def adf_lags(values: Numbers) -> int:
    """The lags of an augmented Dickey-Fuller test with a constant by Akaike's criterion, up to Schwert's
    12 (n / 100)^(1/4), all on the sample of the longest.

    The models are nested, so one QR decomposition gives the residual sums of them all.
    """
    steps = np.diff(values)
    most = min(math.ceil(12 * (len(values) / 100) ** 0.25), len(values) // 2 - 2)
    if most < 1:
        return 0
    target = steps[most:]
    columns = [np.ones(len(target)), values[most:-1]]
    columns += [steps[most - lag : len(steps) - lag] for lag in range(1, most + 1)]
    q, _ = np.linalg.qr(np.column_stack(columns))
    explained = np.cumsum((q.T @ target) ** 2)[1:]
    left = np.maximum(float(target @ target) - explained, 1e-300)
    penalty = 2 * np.arange(2, most + 3)
    return int(np.argmin(len(target) * np.log(left) + penalty))
