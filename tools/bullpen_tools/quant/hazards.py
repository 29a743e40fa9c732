"""Default intensities over time: flat between the tenors that are quoted, survival from them.

The rule it protects: an intensity below zero (quotes that no firm can have) is refused, never floored. It knows
no premium leg; `cds.py` and `cds_isda.py` bring theirs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bullpen_tools.quant.answers import bisect, refuse

HIGHEST = 50.0
"""An intensity of 5,000 % a year: half of the survivors default within five days."""


@dataclass(frozen=True, slots=True)
class Hazards:
    """Piecewise flat intensities a year: `rates[i]` holds up to `ends[i]` years, the last for ever."""

    ends: tuple[float, ...]
    rates: tuple[float, ...]

    @staticmethod
    def flat(rate: float) -> Hazards:
        """One intensity for all times."""
        return Hazards((math.inf,), (rate,))

    def survival(self, years: float) -> float:
        """The probability to live to `years`: exp of minus the integral of the intensity."""
        total = start = 0.0
        for end, rate in zip(self.ends, self.rates, strict=True):
            total += rate * (min(years, end) - start)
            start = end
            if years <= end:
                return math.exp(-total)
        return math.exp(-total - self.rates[-1] * (years - start))


Fair = Callable[[Hazards, float], float]
"""(hazards, years to maturity) -> par spread as a fraction a year."""


def implied(fair: Fair, points: Sequence[tuple[float, float]]) -> Hazards:
    """The intensities under which every (years, par spread as a fraction) is fair, tenor by tenor.

    Raises InputError where a tenor's spread is too low, or too high, for those before it.
    """
    ends: tuple[float, ...] = ()
    rates: tuple[float, ...] = ()
    for years, spread in points:

        def miss(rate: float, years: float = years, spread: float = spread) -> float:
            return fair(Hazards((*ends, years), (*rates, rate)), years) - spread  # noqa: B023

        if miss(1e-9) > 0 or miss(HIGHEST) < 0:
            side = "low" if miss(1e-9) > 0 else "high"
            raise refuse(
                f"No default intensity gives {spread * 1e4:g} bp at {years:g} years.",
                f"The spread is too {side} for {'the shorter ones' if ends else 'this recovery'}: the chance "
                "to survive would have to rise with time."
                if side == "low"
                else "Even a firm that defaults at once would not cost that much at this recovery.",
                "Check the quotes, their unit (basis points a year) and the recovery.",
            )
        rates = (*rates, bisect(miss, 1e-9, HIGHEST, steps=80))
        ends = (*ends, years)
    return Hazards(ends, rates)
