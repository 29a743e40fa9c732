"""Option structures and their exact payoff at expiry: pure arithmetic, no data, no model.

The rule it protects: payoffs are piecewise linear in the price of the underlying, so extrema and
break-evens are solved exactly (in fractions of the decimals that were given) and never searched
on a grid. It does not value anything before expiry and knows no volatility, rate or dividend.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Literal

from pydantic import Field

from bullpen_memory.errors import InputError
from bullpen_tools.tool import Arguments

Structure = Literal[
    "call",
    "put",
    "call_spread",
    "bull_call_spread",
    "bear_call_spread",
    "put_spread",
    "bull_put_spread",
    "bear_put_spread",
    "straddle",
    "strangle",
    "call_butterfly",
    "put_butterfly",
    "iron_butterfly",
    "call_condor",
    "put_condor",
    "iron_condor",
    "collar",
    "covered_call",
    "protective_put",
]


class Leg(Arguments):
    """One position of a strategy, per unit of the underlying. A negative quantity is sold."""

    kind: Literal["call", "put", "underlying"] = Field(
        description="call, put, or the underlying itself"
    )
    quantity: float = Field(description="Signed number of units: 1 bought, -2 two sold")
    strike: float | None = Field(
        default=None, description="Strike price of a call or put; left out for the underlying"
    )


# Each leg: (kind, signed quantity, position of its strike in the ascending list or None).
_Plan = tuple[tuple[Literal["call", "put", "underlying"], int, int | None], ...]
_BULL_CALL: _Plan = (("call", 1, 0), ("call", -1, 1))
_BEAR_PUT: _Plan = (("put", -1, 0), ("put", 1, 1))
_PLANS: dict[Structure, _Plan] = {
    "call": (("call", 1, 0),),
    "put": (("put", 1, 0),),
    "call_spread": _BULL_CALL,
    "bull_call_spread": _BULL_CALL,
    "bear_call_spread": (("call", -1, 0), ("call", 1, 1)),
    "put_spread": _BEAR_PUT,
    "bull_put_spread": (("put", 1, 0), ("put", -1, 1)),
    "bear_put_spread": _BEAR_PUT,
    "straddle": (("put", 1, 0), ("call", 1, 0)),
    "strangle": (("put", 1, 0), ("call", 1, 1)),
    "call_butterfly": (("call", 1, 0), ("call", -2, 1), ("call", 1, 2)),
    "put_butterfly": (("put", 1, 0), ("put", -2, 1), ("put", 1, 2)),
    "iron_butterfly": (("put", 1, 0), ("put", -1, 1), ("call", -1, 1), ("call", 1, 2)),
    "call_condor": (("call", 1, 0), ("call", -1, 1), ("call", -1, 2), ("call", 1, 3)),
    "put_condor": (("put", 1, 0), ("put", -1, 1), ("put", -1, 2), ("put", 1, 3)),
    "iron_condor": (("put", 1, 0), ("put", -1, 1), ("call", -1, 2), ("call", 1, 3)),
    "collar": (("underlying", 1, None), ("put", 1, 0), ("call", -1, 1)),
    "covered_call": (("underlying", 1, None), ("call", -1, 0)),
    "protective_put": (("underlying", 1, None), ("put", 1, 0)),
}


def build(structure: Structure, strikes: Sequence[float]) -> tuple[Leg, ...]:
    """The legs of a named structure, bought once, for strictly ascending strikes.

    `call_spread` is the bull call spread and `put_spread` the bear put spread (both paid for);
    the iron structures are the usual ones that take in a credit. Raises InputError when the
    number or the order of the strikes does not fit.
    """
    plan = _PLANS[structure]
    needed = len({position for _, _, position in plan if position is not None})
    name = structure.replace("_", " ")
    if len(strikes) != needed:
        raise InputError(
            f"A {name} needs {needed} strike{'s' if needed > 1 else ''}.",
            f"{len(strikes)} were given.",
            "Give each strike once, lowest first.",
        )
    if any(low >= high for low, high in pairwise(strikes)):
        raise InputError(
            f"The strikes of a {name} must rise.",
            f"They were given as {', '.join(f'{strike:g}' for strike in strikes)}.",
            "Give them lowest first, each one once.",
        )
    return tuple(
        Leg(kind=kind, quantity=quantity, strike=None if at is None else strikes[at])
        for kind, quantity, at in plan
    )


def exact(number: float) -> Fraction:
    """The decimal that a person wrote, not the nearest binary fraction: 0.1 is one tenth."""
    return Fraction(repr(float(number)))


@dataclass(frozen=True, slots=True)
class Payoff:
    """A continuous piecewise-linear function on [0, ∞).

    `knots` ascend and begin with 0, `values` are the function there, `end_slope` the slope
    after the last knot.
    """

    knots: tuple[Fraction, ...]
    values: tuple[Fraction, ...]
    end_slope: Fraction

    def at(self, price: Fraction) -> Fraction:
        """The function at `price` >= 0."""
        if price >= self.knots[-1]:
            return self.values[-1] + self.end_slope * (price - self.knots[-1])
        right = next(i for i, knot in enumerate(self.knots) if knot > price)
        x0, x1 = self.knots[right - 1], self.knots[right]
        y0, y1 = self.values[right - 1], self.values[right]
        return y0 + (y1 - y0) * (price - x0) / (x1 - x0)

    def maximum(self) -> Fraction | None:
        """The greatest value on [0, ∞); None when it grows without limit."""
        return None if self.end_slope > 0 else max(self.values)

    def minimum(self) -> Fraction | None:
        """The least value on [0, ∞); None when it falls without limit."""
        return None if self.end_slope < 0 else min(self.values)

    def crossings(self, level: Fraction) -> Crossings:
        """Where the function equals `level`: single prices, and stretches where it stays there."""
        points: list[Fraction] = []
        flats: list[tuple[Fraction, Fraction | None]] = []
        for index in range(len(self.knots) - 1):
            y0, y1 = self.values[index] - level, self.values[index + 1] - level
            x0, x1 = self.knots[index], self.knots[index + 1]
            if y0 == 0 and y1 == 0:
                flats.append((x0, x1))
            elif y0 == 0 or y0 * y1 < 0:
                points.append(x0 - y0 * (x1 - x0) / (y1 - y0))
        last = self.values[-1] - level
        if last == 0 and self.end_slope == 0:
            flats.append((self.knots[-1], None))
        elif last == 0:
            points.append(self.knots[-1])
        elif last * self.end_slope < 0:
            points.append(self.knots[-1] - last / self.end_slope)
        return _tidy(points, flats)


@dataclass(frozen=True, slots=True)
class Crossings:
    """`points` ascend and lie on no stretch; a stretch's end None means "and everything above"."""

    points: tuple[Fraction, ...]
    stretches: tuple[tuple[Fraction, Fraction | None], ...]

    def prices(self) -> tuple[Fraction, ...]:
        """Every break-even as a price: the points and the ends of the stretches, ascending."""
        ends = [end for low, high in self.stretches for end in (low, high) if end is not None]
        return tuple(sorted({*self.points, *ends}))


def _tidy(points: list[Fraction], flats: list[tuple[Fraction, Fraction | None]]) -> Crossings:
    """Join neighbouring stretches and drop the points that lie on one."""
    joined: list[tuple[Fraction, Fraction | None]] = []
    for low, high in flats:
        if joined and joined[-1][1] == low:
            joined[-1] = (joined[-1][0], high)
        else:
            joined.append((low, high))
    alone = {
        point
        for point in points
        if not any(low <= point and (high is None or point <= high) for low, high in joined)
    }
    return Crossings(tuple(sorted(alone)), tuple(joined))


def payoff_of(legs: Sequence[Leg]) -> Payoff:
    """The payoff at expiry of all legs together, per unit.

    Call: max(S - K, 0); put: max(K - S, 0); underlying: S (Hull, Options, Futures, and Other
    Derivatives, chapter "Mechanics of options markets"). Raises InputError for no legs, a
    strike that is missing or not positive, a strike on the underlying, a quantity of zero.
    """
    if not legs:
        raise InputError(
            "There is nothing to price.",
            "No legs were given.",
            "Name a structure with its strikes, or list the legs.",
        )
    for number, leg in enumerate(legs, start=1):
        _check(number, leg)
    strikes = {exact(leg.strike) for leg in legs if leg.strike is not None}
    knots = tuple(sorted({Fraction(0), *strikes}))
    values = tuple(sum((_leg_value(leg, knot) for leg in legs), Fraction(0)) for knot in knots)
    end_slope = sum((exact(leg.quantity) for leg in legs if leg.kind != "put"), Fraction(0))
    return Payoff(knots, values, end_slope)


def _leg_value(leg: Leg, price: Fraction) -> Fraction:
    quantity = exact(leg.quantity)
    if leg.strike is None:
        return quantity * price
    distance = price - exact(leg.strike)
    return quantity * max(distance if leg.kind == "call" else -distance, Fraction(0))


def _check(number: int, leg: Leg) -> None:
    if leg.quantity == 0:
        raise InputError(
            f"Leg {number} has the quantity 0.",
            "It would change nothing.",
            "Leave it out, or give the number bought (positive) or sold (negative).",
        )
    if leg.kind == "underlying" and leg.strike is not None:
        raise InputError(
            f"Leg {number} is the underlying and has a strike.",
            "Only a call or a put has one.",
            "Leave the strike out.",
        )
    if leg.kind != "underlying" and (leg.strike is None or leg.strike <= 0):
        given = "none" if leg.strike is None else f"{leg.strike:g}"
        raise InputError(
            f"Leg {number}, a {leg.kind}, has no usable strike ({given}).",
            "A strike is a price above zero.",
            "Give the strike.",
        )
