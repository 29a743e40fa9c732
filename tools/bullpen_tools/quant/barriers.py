"""Closed formulas for single-barrier options and one-touch digitals, watched all the time.

The rule it protects: a barrier that is touched already is knocked, and says so; the rebate of a
knock-out is paid at the touch, that of a knock-in at expiry. It does not treat double barriers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from bullpen_tools.quant.black_scholes import Terms, cdf, value

BETA = 0.5825971579390106
"""-zeta(1/2) / sqrt(2 pi), the shift of Broadie, Glasserman and Kou (1997)."""


@dataclass(frozen=True, slots=True)
class Barrier:
    """A barrier at `level`: `up` or down, knocking `out` or in, with a cash rebate."""

    level: float
    up: bool
    out: bool
    rebate: float = 0.0

    def touched(self, spot: float) -> bool:
        """Whether the spot is at the barrier or beyond it."""
        return spot >= self.level if self.up else spot <= self.level

    def watched(self, vol: float, step: float) -> Barrier:
        """The barrier for discrete watching every `step` years (Broadie, Glasserman, Kou, 1997)."""
        away = math.exp(BETA * vol * math.sqrt(step))
        return replace(self, level=self.level * (away if self.up else 1 / away))


def barrier_value(t: Terms, b: Barrier) -> float:
    """Reiner and Rubinstein (1991) as in Haug, ch. 4.17.1; a touched barrier is a knocked one."""
    if b.touched(t.spot):
        return b.rebate if b.out else value(t)
    parts = _parts(t, b)
    phi, beyond = t.sign, t.strike > b.level
    if b.up == (phi == 1):
        inside = parts["A"] if beyond == b.up else parts["B"] - parts["C"] + parts["D"]
    else:
        inside = parts["C"] if beyond != b.up else parts["A"] - parts["B"] + parts["D"]
    plain = parts["A"]
    if b.out:
        return plain - inside + parts["F"]
    return inside + parts["E"]


def _parts(t: Terms, b: Barrier) -> dict[str, float]:
    """The building blocks A to F of Haug's table."""
    phi, eta = t.sign, -1 if b.up else 1
    s, v = t.deviation, t.vol * t.vol
    mu = (t.carry - v / 2) / v
    ratio = b.level / t.spot
    lean = (1 + mu) * s
    grow = math.exp((t.carry - t.rate) * t.years)

    def block(x: float, sign: int, mirrored: bool) -> float:
        up, down = (ratio ** (2 * (mu + 1)), ratio ** (2 * mu)) if mirrored else (1.0, 1.0)
        return phi * (
            t.spot * grow * up * cdf(sign * x) - t.strike * t.discount * down * cdf(sign * (x - s))
        )

    x1 = math.log(t.spot / t.strike) / s + lean
    x2 = math.log(t.spot / b.level) / s + lean
    y1 = math.log(b.level * ratio / t.strike) / s + lean
    y2 = math.log(ratio) / s + lean
    paid_late = t.discount * (cdf(eta * (x2 - s)) - ratio ** (2 * mu) * cdf(eta * (y2 - s)))
    return {
        "A": block(x1, phi, False),
        "B": block(x2, phi, False),
        "C": block(y1, eta, True),
        "D": block(y2, eta, True),
        "E": b.rebate * paid_late,
        "F": b.rebate * touch_value(t, b),
    }


def touch_value(t: Terms, b: Barrier) -> float:
    """Value of one unit of cash paid at the first touch before expiry (Rubinstein and Reiner, 1991)."""
    if b.touched(t.spot):
        return 1.0
    s, v = t.deviation, t.vol * t.vol
    eta = -1 if b.up else 1
    mu = (t.carry - v / 2) / v
    lam = math.sqrt(max(mu * mu + 2 * t.rate / v, 0.0))
    z = math.log(b.level / t.spot) / s + lam * s
    ratio = b.level / t.spot
    return ratio ** (mu + lam) * cdf(eta * z) + ratio ** (mu - lam) * cdf(eta * (z - 2 * lam * s))


def touch_probability(t: Terms, b: Barrier) -> float:
    """Risk-neutral probability that the barrier is touched before expiry."""
    return touch_value(replace(t, rate=0.0), b)
