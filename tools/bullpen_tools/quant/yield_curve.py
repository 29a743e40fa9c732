"""Zero rates, forwards, par rates and the price of a bond or swap on a curve, as a tool.

The rule it protects: every rate is told with its compounding, and the curve gives back what built it. One curve for
discounting and for forwards; no calendar and no credit.
"""

from __future__ import annotations

import math
from typing import Literal

from pydantic import Field

from bullpen_tools.context import Result, Scalar, ToolContext, Value
from bullpen_tools.quant.answers import currency, figure, percent, positive, refuse, slip
from bullpen_tools.quant.rate_terms import Compounding, from_continuous, to_continuous
from bullpen_tools.quant.zero_curve import Curve, Instrument, bootstrapped, coupons
from bullpen_tools.tool import Arguments, tool

_POINT = 1e-4
_FRACTION = 0.15
"""All rates below this many percent look like fractions: 0.05 for 5 %."""


class CurvePoint(Arguments):
    """One quote: a zero rate, a par (swap) rate, or a bond with its price."""

    years: float = Field(description="Maturity in years")
    rate_pct: float | None = Field(default=None, description="Zero or par rate in percent a year")
    price: float | None = Field(default=None, description="Instead: price per 100 of face")
    coupon_pct: float = Field(default=0.0, description="With price: coupon, percent a year")


class CurveOrder(Arguments):
    """A curve, and what is asked of it."""

    points: list[CurvePoint] = Field(min_length=1, max_length=40, description="The quotes")
    quoted_as: Literal["zero", "par"] = Field(
        default="zero", description="What the rates are: zero rates, or par (swap) rates"
    )
    compounding: Compounding = Field(
        default="continuous", description="Of the zero rates given, and of the rates told"
    )
    frequency: Literal[1, 2, 4, 12] = Field(
        default=2, description="Coupons a year of the bonds and swaps"
    )
    at_years: list[float] = Field(
        default_factory=list[float], max_length=20, description="Maturities at which to read it"
    )
    forward_from: float | None = Field(
        default=None, description="Start of a forward rate or FRA, years"
    )
    forward_to: float | None = Field(default=None, description="Its end, years")
    fra_rate_pct: float | None = Field(
        default=None, description="Agreed rate of an FRA over that period, simple, percent a year"
    )
    bond_years: float | None = Field(
        default=None, description="Maturity of a bond or swap to value on the curve"
    )
    bond_coupon_pct: float | None = Field(
        default=None, description="Its coupon (the fixed rate of the swap), percent a year"
    )
    notional: float = Field(
        default=100.0, description="Face of the bond, notional of the swap or FRA"
    )
    currency: str = Field(default="USD", description="Currency of the notional")


@tool(risk="read", label="building the curve", version="1")
def yield_curve(ctx: ToolContext, order: CurveOrder) -> Result:
    """A zero curve from zero rates, par (swap) rates or bond prices (bootstrap): zero and forward rates,
    discount factors, par rates, an FRA, the price of a bond with its key-rate values, and of a swap
    that receives the coupon. Linear in zero rates. The shape of a futures curve is `curve_shape`.
    """
    del ctx
    curve = _built(order)
    values: dict[str, Value] = {}
    for n, years in enumerate(curve.years, start=1):
        values |= _read(order, curve, years, str(n))
    for n, years in enumerate(order.at_years, start=1):
        positive(years, "A maturity")
        values |= _read(order, curve, years, f"at_{n}")
    values |= _forward(order, curve) | _bond(order, curve)
    return Result(
        summary=f"A zero curve of {len(curve.years)} points, rates {_WORDS[order.compounding]}, linear in zero rates.",
        values=values,
        table=_table(order, curve),
        warnings=(*_doubts(order), *_beyond(order, curve)),
    )


def _doubts(order: CurveOrder) -> list[str]:
    """Rates that look like fractions, and a 0 among others, which may be a missing quote."""
    given = {point.years: point.rate_pct for point in order.points if point.rate_pct is not None}
    said: list[str] = []
    if given and all(abs(rate) < _FRACTION for rate in given.values()):
        said += slip(max(given.values()), "The highest rate")
    if any(given.values()):
        said += [
            f"The rate at {years:g} years is exactly 0: if it was not quoted, leave it out."
            for years, rate in given.items()
            if rate == 0
        ]
    return said


def _beyond(order: CurveOrder, curve: Curve) -> list[str]:
    """Says where the curve was read outside its points."""
    low, high = curve.years[0], curve.years[-1]
    asked = [*order.at_years, order.forward_from, order.forward_to, order.bond_years]
    read = [one for one in asked if one is not None]
    said: list[str] = []
    if any(one > high + 1e-9 for one in read):
        said.append(f"Beyond {high:g} years, the last point, the zero rate is held flat.")
    if any(0 < one < low - 1e-9 for one in read):
        said.append(f"Before {low:g} years, the first point, the zero rate is held flat.")
    return said


_WORDS = {
    "continuous": "continuous", "annual": "compounded annually", "semiannual": "compounded twice a year",
    "quarterly": "compounded quarterly", "monthly": "compounded monthly", "simple": "simple",
}  # fmt: skip


def _built(order: CurveOrder) -> Curve:
    made: list[Instrument] = []
    for point in order.points:
        years = positive(point.years, "A maturity")
        if (point.rate_pct is None) == (point.price is None):
            raise refuse(
                f"The point of {years:g} years is not clear.",
                "It takes a rate or a price.",
                "Give `rate_pct`, or `price` with `coupon_pct`.",
            )
        if point.price is not None:
            price = positive(point.price, "A price") / 100
            made.append(Instrument(years, price, point.coupon_pct / 100, order.frequency))
        elif order.quoted_as == "par":
            made.append(
                Instrument(years, 1.0, (point.rate_pct or 0.0) / 100, order.frequency, new=True)
            )
        else:
            rate = to_continuous((point.rate_pct or 0.0) / 100, order.compounding, years)
            made.append(Instrument(years, math.exp(-rate * years), 0.0, order.frequency))
    return bootstrapped(made)


def _read(order: CurveOrder, curve: Curve, years: float, key: str) -> dict[str, Value]:
    zero = from_continuous(curve.zero(years), order.compounding, years)
    return {
        f"zero_{key}": percent(zero, f"Zero rate for {years:g} years"),
        f"discount_{key}": figure(curve.discount(years), "ratio", f"Discount factor, {years:g} years"),
        f"par_{key}": percent(curve.par(years, order.frequency), f"Par rate for {years:g} years"),
    }  # fmt: skip


def _forward(order: CurveOrder, curve: Curve) -> dict[str, Value]:
    start, end = order.forward_from, order.forward_to
    if start is None and end is None and order.fra_rate_pct is None:
        return {}
    if start is None or end is None or not 0 <= start < end:
        raise refuse(
            "The period of the forward rate is not clear.",
            "It has a start and a later end.",
            "Give `forward_from` and `forward_to` in years.",
        )
    rate = curve.forward(start, end)
    span = f"from {start:g} to {end:g} years"
    simple = math.expm1(rate * (end - start)) / (end - start)
    told = from_continuous(rate, order.compounding, end - start)
    values = {
        "forward": percent(told, f"Forward rate {span}"),
        "forward_simple": percent(simple, f"Forward rate {span}, simple"),
    }
    if order.fra_rate_pct is not None:
        gain = (order.fra_rate_pct / 100 - simple) * (end - start) * order.notional
        values["fra_value"] = figure(
            gain * curve.discount(end),
            currency(order.currency),
            "FRA that receives the agreed rate",
        )
    return values


def _bond(order: CurveOrder, curve: Curve) -> dict[str, Value]:
    if order.bond_years is None:
        return {}
    years = positive(order.bond_years, "The maturity of the bond")
    coupon = (order.bond_coupon_pct or 0.0) / 100
    face = positive(order.notional, "The notional")
    flows = [(t, amount * face) for t, amount in coupons(years, coupon, order.frequency)]
    price, unit = curve.price(flows), currency(order.currency)
    swap = face * (curve.price(coupons(years, coupon, order.frequency, new=True)) - 1)
    values = {
        "bond_price": figure(price, unit, f"Value of the bond, face {face:g}, accrued included"),
        "bond_par": percent(
            curve.par(years, order.frequency), "Coupon at which it is worth its face"
        ),
        "swap_value": figure(swap, unit, "Swap that receives that coupon, pays floating"),
        "duration": figure(
            sum(t * a * curve.discount(t) for t, a in flows) / price,
            "years",
            "Duration on the curve (Fisher-Weil)",
        ),
    }
    for n, node in enumerate(curve.years):
        up, down = (curve.bumped(n, by).price(flows) for by in (_POINT, -_POINT))
        values[f"key_rate_{n + 1}"] = figure(
            (down - up) / 2, unit, f"Loss when the zero rate at {node:g} years rises by 1 bp"
        )
    return values


def _table(order: CurveOrder, curve: Curve) -> tuple[tuple[Scalar, ...], ...]:
    rows: list[tuple[Scalar, ...]] = []
    before = 0.0
    for years in curve.years:
        ahead = from_continuous(curve.forward(before, years), order.compounding, years - before)
        rows.append(
            (
                years,
                from_continuous(curve.zero(years), order.compounding, years) * 100,
                curve.discount(years),
                ahead * 100,
                curve.par(years, order.frequency) * 100,
            )
        )
        before = years
    return (("years", "zero_pct", "discount", "forward_from_before_pct", "par_pct"), *rows)
