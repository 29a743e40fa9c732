"""Estimators of risk: EWMA variance, value at risk and expected shortfall, a slope with a robust error.

The rule it protects: each method has a name and a source, losses are positive numbers, and a sample too
small for a quantile gives None. Pure arithmetic on returns as fractions; it knows no series.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from bullpen_tools.measures import Numbers

DECAY = 0.94
"""RiskMetrics' decay for daily data (J.P. Morgan and Reuters, 1996)."""


def ewma_deviation(returns: Numbers, decay: float = DECAY) -> float | None:
    """The last exponentially weighted deviation per period, mean taken as zero (RiskMetrics, 1996)."""
    if len(returns) < 20:
        return None
    weights = decay ** np.arange(len(returns) - 1, -1, -1)
    return float(math.sqrt(np.sum(weights * returns**2) / np.sum(weights)))


@dataclass(frozen=True, slots=True)
class Tail:
    """A loss that is exceeded with probability 1 - confidence, and the mean loss beyond it (fractions)."""

    var: float | None
    shortfall: float | None


def historical(returns: Numbers, confidence: float) -> Tail:
    """The empirical quantile, and the mean of the losses at or beyond it. None below ten tail points."""
    losses = np.sort(-returns)
    beyond = len(losses) * (1 - confidence)
    if beyond < 5:
        return Tail(None, None)
    quantile = float(np.quantile(losses, confidence))
    return Tail(quantile, float(losses[losses >= quantile].mean()))


def normal(mean: float, deviation: float, confidence: float) -> Tail:
    """Normal returns (McNeil, Frey and Embrechts, Quantitative Risk Management, examples 2.11, 2.14)."""
    z = NormalDist().inv_cdf(confidence)
    density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    return Tail(-mean + deviation * z, -mean + deviation * density / (1 - confidence))


def cornish_fisher(returns: Numbers, confidence: float) -> float | None:
    """VaR with the normal quantile bent by skewness and kurtosis (Cornish and Fisher, 1937); None
    for returns that are all the same."""
    mean, deviation = float(returns.mean()), float(returns.std(ddof=1))
    if not deviation:
        return None
    x = (returns - mean) / deviation
    skew, kurtosis = float((x**3).mean()), float((x**4).mean()) - 3
    z = NormalDist().inv_cdf(1 - confidence)
    bent = (
        z
        + (z * z - 1) * skew / 6
        + (z**3 - 3 * z) * kurtosis / 24
        - (2 * z**3 - 5 * z) * skew * skew / 36
    )
    return -(mean + deviation * bent)


@dataclass(frozen=True, slots=True)
class Slope:
    """A least-squares line y = alpha + beta x with the robust standard error of beta."""

    alpha: float
    beta: float
    error: float
    r_squared: float
    lags: int


def slope(y: Numbers, x: Numbers) -> Slope | None:
    """Beta with Newey and West's (1987) error, lags 4 (n / 100) ^ (2/9); None for a constant x."""
    n = len(y)
    if n < 10 or np.ptp(x) == 0:
        return None
    centred = x - x.mean()
    beta = float(centred @ (y - y.mean()) / (centred @ centred))
    alpha = float(y.mean() - beta * x.mean())
    rest = y - alpha - beta * x
    moments = centred * rest
    lags = int(4 * (n / 100) ** (2 / 9))
    total = float(moments @ moments)
    for lag in range(1, lags + 1):
        total += 2 * (1 - lag / (lags + 1)) * float(moments[lag:] @ moments[:-lag])
    error = math.sqrt(max(total, 0.0)) / float(centred @ centred) * math.sqrt(n / (n - 2))
    spread = float(((y - y.mean()) ** 2).sum())
    return Slope(alpha, beta, error, 1 - float(rest @ rest) / spread if spread else 0.0, lags)
