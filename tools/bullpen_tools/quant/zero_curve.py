"""A zero curve: continuous zero rates by maturity, bootstrapped from bonds, par rates or given, linear in between.

The rule it protects: rates are continuous fractions inside and every instrument that built the curve is priced back
by it. Beyond its ends the curve is flat. It knows no currency and no calendar.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bullpen_tools.quant.answers import bisect, refuse


@dataclass(frozen=True, slots=True)
class Instrument:
    """What builds the curve: `price` per 1 of face for coupons of `coupon` a year, `often` times a year.

    A zero bond has no coupon; a par rate is a coupon at a price of 1.
    """

    years: float
    price: float
    coupon: float
    often: int
    new: bool = False

    def flows(self) -> list[tuple[float, float]]:
        """(years, amount) of every payment: coupons counted back from maturity, then the face."""
        return coupons(self.years, self.coupon, self.often, new=self.new)


def coupons(
    years: float, coupon: float, often: int, *, new: bool = False
) -> list[tuple[float, float]]:
    """(years, amount) per 1 of face, coupons counted back from maturity; the last holds the face.

    A bond that has run for a while pays a whole first coupon; a `new` one (a par rate, a swap that
    begins now) pays for the days since now only.
    """
    if not coupon:
        return [(years, 1.0)]
    count = math.ceil(years * often - 1e-9)
    times = [years - n / often for n in range(count - 1, -1, -1)]
    first = times[0] if new else 1 / often
    shares = [first, *(1 / often for _ in times[1:])]
    return [
        (t, coupon * share + (1.0 if t == times[-1] else 0.0))
        for t, share in zip(times, shares, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class Curve:
    """Continuous zero rates at ascending maturities, as fractions."""

    years: tuple[float, ...]
    rates: tuple[float, ...]

    def zero(self, t: float) -> float:
        """The zero rate for `t` years."""
        at = bisect_left(self.years, t)
        if at == 0:
            return self.rates[0]
        if at == len(self.years):
            return self.rates[-1]
        low, high = self.years[at - 1], self.years[at]
        share = (t - low) / (high - low)
        return self.rates[at - 1] + share * (self.rates[at] - self.rates[at - 1])

    def discount(self, t: float) -> float:
        """The value now of one in `t` years."""
        return math.exp(-self.zero(t) * t)

    def forward(self, start: float, end: float) -> float:
        """The continuous rate between two times (Hull, ch. "Interest rates", "Forward rates")."""
        return (self.zero(end) * end - self.zero(start) * start) / (end - start)

    def par(self, years: float, often: int) -> float:
        """The coupon a year at which a bond, or the fixed side of a swap, is worth its face."""
        whole = self.price(coupons(years, 1.0, often, new=True)) - self.discount(years)
        return (1 - self.discount(years)) / whole

    def price(self, flows: Sequence[tuple[float, float]]) -> float:
        """The value of payments at given times."""
        return sum(amount * self.discount(t) for t, amount in flows)

    def bumped(self, at: int, by: float) -> Curve:
        """The curve with one of its nodes moved; its neighbours stay."""
        moved = tuple(rate + (by if n == at else 0.0) for n, rate in enumerate(self.rates))
        return replace(self, rates=moved)


def bootstrapped(instruments: Sequence[Instrument]) -> Curve:
    """The curve that prices every instrument, shortest first (Hull, ch. "Interest rates").

    Raises InputError for maturities that do not rise and for a price that no rate gives.
    """
    curve = Curve((), ())
    for one in sorted(instruments, key=lambda item: item.years):
        if curve.years and one.years <= curve.years[-1] + 1e-9:
            raise refuse(
                f"Two instruments end at {one.years:g} years.",
                "Each maturity gives one point of the curve.",
                "Leave one of them out.",
            )
        flows = one.flows()

        def miss(
            rate: float,
            base: Curve = curve,
            flows: Sequence[tuple[float, float]] = flows,
            one: Instrument = one,
        ) -> float:
            made = Curve((*base.years, one.years), (*base.rates, rate))
            return made.price(flows) - one.price

        if miss(-0.5) < 0 or miss(2.0) > 0:
            raise refuse(
                f"No rate gives the price of the instrument of {one.years:g} years.",
                "Rates between -50 and 200 % were looked at.",
                "Check its price (per 100 of face) and its coupon (percent a year).",
            )
        rate = bisect(miss, -0.5, 2.0)
        curve = Curve((*curve.years, one.years), (*curve.rates, rate))
    return curve
