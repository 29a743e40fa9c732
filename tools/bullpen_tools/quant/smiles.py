"""A smile as one slice of total variance: Gatheral's SVI, its fit, and its arbitrage.

The rule it protects: a slice is told with its fit error and whether it admits a butterfly; nothing is
repaired in silence. Pure arithmetic on log-moneyness and total variance.

w(k) = a + b (rho (k - m) + sqrt((k - m)^2 + sigma^2)) (Gatheral, 2004; Gatheral and Jacquier, 2014).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from bullpen_tools.measures import Numbers


@dataclass(frozen=True, slots=True)
class Slice:
    """The five parameters of one expiry."""

    a: float
    b: float
    rho: float
    m: float
    sigma: float

    def variance(self, k: Numbers) -> Numbers:
        """Total implied variance at log-moneyness k = log(strike / forward)."""
        x = k - self.m
        return self.a + self.b * (self.rho * x + np.sqrt(x * x + self.sigma * self.sigma))

    def density(self, k: Numbers) -> Numbers:
        """Durrleman's g(k): negative where the slice admits a butterfly arbitrage."""
        x = k - self.m
        root = np.sqrt(x * x + self.sigma * self.sigma)
        w = self.variance(k)
        first = self.b * (self.rho + x / root)
        second = self.b * self.sigma**2 / root**3
        safe = np.where(w > 0, w, np.nan)
        return (1 - k * first / (2 * safe)) ** 2 - first**2 / 4 * (1 / safe + 0.25) + second / 2


def fit(k: Numbers, variance: Numbers, weights: Numbers) -> tuple[Slice, float]:
    """(slice, root mean square error of the volatility-scale residual) by bounded least squares.

    The start is Zeliade's (2009): for given m and sigma the rest is a linear fit; the best of a grid
    of m and sigma is refined. Needs five points or more.
    """
    from scipy.optimize import least_squares

    span = max(float(np.ptp(k)), 0.05)
    best, least = np.zeros(5), math.inf
    for m in np.linspace(float(k.min()), float(k.max()), 7):
        for sigma in span * np.array([0.05, 0.15, 0.4, 1.0]):
            x = k - m
            design = np.column_stack([np.ones_like(k), x, np.sqrt(x * x + sigma * sigma)])
            found = np.linalg.lstsq(design * weights[:, None], variance * weights, rcond=None)[0]
            b = max(float(found[2]), 1e-6)
            rho = float(np.clip(found[1] / b, -0.99, 0.99))
            guess = np.array([float(found[0]), b, rho, m, sigma])
            loss = float(
                (((Slice(*guess).variance(k)) - variance) * weights)
                @ ((Slice(*guess).variance(k) - variance) * weights)
            )
            if loss < least:
                best, least = guess, loss
    top = float(variance.max())
    low = np.array([-top, 1e-8, -0.999, float(k.min()) - span, 1e-4])
    high = np.array([2 * top, 50 * top / span + 1, 0.999, float(k.max()) + span, 5 * span])

    def residual(p: Any) -> Any:
        return (Slice(*(float(v) for v in p)).variance(k) - variance) * weights

    solved = least_squares(
        residual, np.clip(best, low + 1e-9, high - 1e-9), bounds=(low, high), max_nfev=2000
    )
    error = math.sqrt(float(np.mean(residual(solved.x) ** 2)))
    return Slice(*(float(value) for value in solved.x)), error
