"""Merton's firm: equity as a call on the assets, in units of the firm's assets. Pure arithmetic.

The rule it protects: the equations are solved for every root, never from one starting guess. It
knows no currency, no tool and no market convention.

`share` is the promised debt discounted at the riskless rate, divided by the assets (Merton, 1974;
Hull, ch. "Credit risk", "Using equity prices to estimate default probabilities").
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from bullpen_tools.quant.answers import bisect, minimum, roots, spaced
from bullpen_tools.quant.black_scholes import cdf

HIGHEST = 24.0
"""2400 %: the highest asset volatility that is looked at."""


@dataclass(frozen=True, slots=True)
class Firm:
    """One solution: asset volatility and discounted debt share, at a horizon in years."""

    share: float
    vol: float
    years: float

    @property
    def d1(self) -> float:
        deviation = self.vol * math.sqrt(self.years)
        return -math.log(self.share) / deviation + deviation / 2

    @property
    def d2(self) -> float:
        return self.d1 - self.vol * math.sqrt(self.years)

    @property
    def equity(self) -> float:
        """Equity divided by assets."""
        return cdf(self.d1) - self.share * cdf(self.d2)

    @property
    def debt(self) -> float:
        """Market value of the debt divided by assets."""
        return cdf(-self.d1) + self.share * cdf(self.d2)

    @property
    def equity_vol(self) -> float:
        """Volatility of the equity: asset vol * N(d1) * assets / equity (Ito's lemma)."""
        return self.vol * cdf(self.d1) / self.equity if self.equity > 0 else math.inf

    @property
    def spread(self) -> float:
        """Yield of the debt over the riskless rate, continuous."""
        return -math.log(self.debt / self.share) / self.years

    @property
    def default_probability(self) -> float:
        """Risk-neutral probability that the assets end below the debt."""
        return cdf(-self.d2)

    @property
    def recovery(self) -> float | None:
        """Expected recovery on the promised debt given default, discounted."""
        if self.default_probability < 1e-12:
            return None
        return 1 - (1 - self.debt / self.share) / self.default_probability

    @property
    def hedge_ratio(self) -> float:
        """Percent move of the debt for one percent of the equity (Schaefer and Strebulaev, 2008)."""
        return (1 / cdf(self.d1) - 1) * self.equity / self.debt


def from_equity(
    equity: float, discounted_debt: float, equity_vol: float, years: float
) -> list[tuple[float, Firm]]:
    """All (assets, firm) with this equity and equity volatility.

    At a given asset volatility the equity determines the assets (a call's value rises with them),
    and the asset volatility is at most that of the equity.
    """

    def firm(vol: float) -> Firm:
        def gap(assets: float) -> float:
            return assets * Firm(discounted_debt / assets, vol, years).equity - equity

        assets = bisect(gap, equity, (equity + discounted_debt) * (1 + 1e-12), steps=80)
        return Firm(discounted_debt / assets, vol, years)

    grid = [equity_vol * 1e-3 ** (1 - x) for x in spaced(0, 1, 120)]
    found = roots(lambda vol: firm(vol).equity_vol - equity_vol, grid)
    return [(discounted_debt / firm(vol).share, firm(vol)) for vol in found]


def from_spread(spread: float, equity_vol: float, years: float) -> tuple[list[Firm], Firm]:
    """(all firms with this spread and this equity volatility, the one with the least equity volatility).

    At a given spread the share determines the asset volatility, and the equity volatility is a
    valley over the share: it is met twice, once, or not at all.
    """

    def firm(share: float) -> Firm:
        def gap(vol: float) -> float:
            return Firm(share, vol, years).spread - spread

        return Firm(share, bisect(gap, 1e-5, HIGHEST, steps=80), years)

    # Without volatility the spread of a share above one is log(share) / years.
    top = math.exp(spread * years)
    grid = [0.002 * (top * (1 - 1e-6) / 0.002) ** x for x in spaced(0, 1, 240)]
    lowest = min(range(len(grid)), key=lambda i: firm(grid[i]).equity_vol)
    low, high = grid[max(lowest - 1, 0)], grid[min(lowest + 1, len(grid) - 1)]
    bottom, _ = minimum(lambda share: firm(share).equity_vol, low, high)
    found = roots(lambda share: firm(share).equity_vol - equity_vol, sorted([*grid, bottom]))
    return [firm(share) for share in found], firm(bottom)
