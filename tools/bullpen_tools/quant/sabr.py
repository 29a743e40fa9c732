"""The SABR model's implied volatility and its fit to one expiry.

The rule it protects: the expansion is named (Hagan's, or with Obloj's leading term), beta is told as given or as fitted,
and a density below zero is found, not hidden. Pure arithmetic on forwards above zero.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from bullpen_tools.measures import Numbers

Variant = Literal["hagan", "obloj"]
_NEAR = 1e-6


@dataclass(frozen=True, slots=True)
class Sabr:
    """dF = alpha F^beta dW, dalpha = nu alpha dZ, dW dZ = rho dt; `forward` and `years` of the expiry."""

    alpha: float
    beta: float
    rho: float
    nu: float
    forward: float
    years: float
    variant: Variant = "hagan"

    def volatility(self, k: Numbers) -> Numbers:
        """Lognormal volatility at log-moneyness k = log(strike / forward), as a fraction.

        Hagan, Kumar, Lesniewski and Woodward, "Managing smile risk" (2002), equation 2.17; with
        `obloj` the leading term of Obloj, "Fine-tune your smile" (2008).
        """
        x = -np.asarray(k, dtype=np.float64)  # log(F / K)
        c = 1 - self.beta
        middle = (self.forward * self.forward * np.exp(-x)) ** (c / 2)  # (F K)^((1 - beta) / 2)
        time = (
            c * c / 24 * self.alpha**2 / middle**2
            + self.rho * self.beta * self.nu * self.alpha / (4 * middle)
            + (2 - 3 * self.rho**2) / 24 * self.nu**2
        ) * self.years
        leading = self._obloj(x) if self.variant == "obloj" else self._hagan(x, middle)
        return leading * (1 + time)

    def _hagan(self, x: Numbers, middle: Numbers) -> Numbers:
        c = 1 - self.beta
        bent = 1 + (c * x) ** 2 / 24 + (c * x) ** 4 / 1920
        z = self.nu / self.alpha * middle * x
        return self.alpha / (middle * bent) * self._over_chi(z)

    def _obloj(self, x: Numbers) -> Numbers:
        c = 1 - self.beta
        if c < _NEAR:
            return self.alpha * self._over_chi(self.nu / self.alpha * x)
        strike = self.forward * np.exp(-x)
        # nu (F^c - K^c) / (alpha c), and its limit at the money.
        z = self.nu * (self.forward**c - strike**c) / (self.alpha * c)
        safe = np.where(np.abs(x) < _NEAR, 1.0, x)
        chi = self._chi(z)
        away = (
            self.nu * safe / np.where(np.abs(x) < _NEAR, 1.0, chi)
            if self.nu > 0
            else (
                self.alpha
                * c
                * safe
                / np.where(np.abs(x) < _NEAR, 1.0, self.forward**c - strike**c)
            )
        )
        return np.where(np.abs(x) < _NEAR, self.alpha / self.forward**c, away)

    def _chi(self, z: Numbers) -> Numbers:
        root = np.sqrt(1 - 2 * self.rho * z + z * z)
        return np.log((root + z - self.rho) / (1 - self.rho))

    def _over_chi(self, z: Numbers) -> Numbers:
        """z / chi(z), 1 - rho z / 2 near zero."""
        near = np.abs(z) < _NEAR
        safe = np.where(near, 1.0, z)
        return np.where(near, 1 - self.rho * z / 2, safe / self._chi(safe))

    def variance(self, k: Numbers) -> Numbers:
        """Total implied variance at log-moneyness k."""
        vols = self.volatility(k)
        return vols * vols * self.years

    def density(self, k: Numbers) -> Numbers:
        """Durrleman's g(k) by central differences: negative where a butterfly can be traded."""
        step = 1e-4
        low, w, high = (self.variance(k + move) for move in (-step, 0.0, step))
        first, second = (high - low) / (2 * step), (high - 2 * w + low) / step**2
        return (1 - k * first / (2 * w)) ** 2 - first**2 / 4 * (1 / w + 0.25) + second / 2


def fit(
    k: Numbers, vols: Numbers, forward: float, years: float, beta: float | None
) -> tuple[Sabr, float]:
    """(model, root mean square error in volatility) by least squares; beta is fitted where it is None.

    alpha starts at the at-the-money volatility times forward^(1 - beta). Needs four points, five with beta.
    """
    from scipy.optimize import least_squares

    level = float(np.interp(0.0, k, vols))

    def model(p: Any) -> Sabr:
        exponent = float(p[3]) if beta is None else beta
        # alpha is searched as a volatility, so that its size does not depend on the forward's.
        alpha = float(p[0]) * forward ** (1 - exponent)
        return Sabr(alpha, exponent, float(p[1]), float(p[2]), forward, years)

    def residual(p: Any) -> Any:
        return model(p).volatility(k) - vols

    start, low, high = [level, 0.0, 0.5], [1e-4, -0.999, 1e-4], [10.0, 0.999, 20.0]
    if beta is None:
        start, low, high = [*start, 0.7], [*low, 0.0], [*high, 1.0]
    best = min(
        (
            least_squares(residual, [level, rho, nu, *start[3:]], bounds=(low, high), max_nfev=500)
            for rho in (-0.5, 0.3)
            for nu in (0.3, 1.5)
        ),
        key=lambda found: float(found.cost),
    )
    return model(best.x), math.sqrt(float(np.mean(residual(best.x) ** 2)))
