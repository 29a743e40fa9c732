"""The volatility that a price implies: none, one or several, as a tool.

The rule it protects: every solution in the range is reported; a price that no volatility gives is
answered with "none" and the range of prices that can be had. It does not smooth or interpolate.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from pydantic import Field

from bullpen_memory.errors import InputError
from bullpen_tools.context import Result, ToolContext, Value
from bullpen_tools.options import Strategy, legs_of
from bullpen_tools.quant import american as early
from bullpen_tools.quant import black_scholes as formulas
from bullpen_tools.quant.answers import count, currency, figure, percent, refuse, roots, term
from bullpen_tools.quant.black_scholes import Terms
from bullpen_tools.quant.terms import Compounding, continuous, dated
from bullpen_tools.structures import Leg, Structure, payoff_of
from bullpen_tools.tool import Arguments, tool

HIGHEST = 5.0
"""500 %: the highest volatility that is looked at."""


class ImpliedVolatility(Arguments):
    """A price and the position it was paid for."""

    price: float = Field(description="Price of the option or of the whole position, per unit")
    structure: Structure | None = Field(
        default=None, description="call, put or any named structure, bought once"
    )
    strikes: list[float] = Field(default_factory=list[float], description="Strikes, lowest first")
    legs: list[Leg] = Field(
        default_factory=list[Leg], description="Instead of a structure: any legs"
    )
    spot: float | None = Field(
        default=None, description="Price of the underlying; this or `forward`"
    )
    forward: float | None = Field(default=None, description="Forward or futures price (Black-76)")
    years: float | None = Field(default=None, description="Time to expiry in years")
    days: float | None = Field(default=None, description="Instead: calendar days to expiry")
    expiry: date | None = Field(default=None, description="Instead: the day of expiry")
    valued_on: date | None = Field(
        default=None, description="With expiry: the day of the valuation. Default: today"
    )
    rate_pct: float = Field(default=0.0, description="Interest rate, percent a year")
    yield_pct: float = Field(
        default=0.0, description="Dividend, lease or foreign rate, percent a year"
    )
    compounding: Compounding = Field(default="continuous", description="How the rates compound")
    exercise: Literal["european", "american"] = Field(
        default="european", description="american: one option only"
    )
    model: Literal["lognormal", "bachelier"] = Field(
        default="lognormal", description="bachelier: normal volatility in price units"
    )
    underlying: str = Field(default="", description="Name of the underlying")
    currency: str = Field(default="USD", description="Currency of the prices")


@tool(risk="read", label="solving for the volatility", version="1")
def implied_volatility(ctx: ToolContext, asked: ImpliedVolatility) -> Result:
    """The flat volatility that a price implies, for one option or a whole structure. Reports none,
    one or several solutions: a butterfly often has two. Single European options are checked
    against vollib. Use it for "what vol is that price", "is 2.50 rich".
    """
    del ctx
    book = _book(asked)
    unit = currency(asked.currency)
    normal = asked.model == "bachelier"
    grid = _grid(asked, book)
    solutions = solve(book.worth, asked.price, grid)
    reach = [book.worth(vol) for vol in grid]
    values: dict[str, Value] = {
        "solutions": count(len(solutions), "Volatilities that give this price"),
        **{
            f"volatility_{n}": figure(
                vol * (1 if normal else 100),
                unit if normal else "pct",
                f"Implied volatility {n}" if len(solutions) > 1 else "Implied volatility",
            )
            for n, vol in enumerate(solutions, start=1)
        },
        "lowest_price": figure(min(reach), unit, "Lowest price that a volatility gives"),
        "highest_price": figure(max(reach), unit, "Highest price that a volatility gives"),
        "price": figure(asked.price, unit, "Price", kind="assumed"),
    }
    warnings = [*dated(asked), *_remarks(asked, solutions, reach)]
    if len(solutions) == 1 and (check := _checked(asked, book, solutions[0])):
        values["vollib"] = percent(check.value, "The same by vollib")
        warnings += check.warnings
    return Result(
        summary=_SUMMARY[min(len(solutions), 2)],
        values=values,
        warnings=tuple(warnings),
    )


_SUMMARY = (
    "No volatility gives this price.",
    "One volatility gives this price.",
    "Several volatilities give this price: the price alone does not say which.",
)


def _grid(asked: ImpliedVolatility, book: _Book) -> list[float]:
    """Volatilities to look between. One option's value only rises, so two are enough for it."""
    top = HIGHEST
    if asked.model == "bachelier":
        top *= (abs(book.spot) + max(abs(strike) for strike in book.strikes)) / 2 or 1.0
    size = 1 if book.terms is not None else 1500
    return [top * 1e-5, *(top * (i / size) ** 2 for i in range(1, size + 1))]


def solve(worth: Callable[[float], float], price: float, grid: Sequence[float]) -> list[float]:
    """Every volatility between neighbours of `grid` at which `worth` is `price`.

    Where the worth equals the price over a stretch (to rounding), as an option without time value
    does, no single volatility is a solution there.
    """
    noise = 1e-12 * max(1.0, abs(price))
    kept = [vol for vol in grid if abs(worth(vol) - price) > noise]
    return roots(lambda vol: worth(vol) - price, kept)


@dataclass(frozen=True, slots=True)
class _Book:
    """The position as a function of a flat volatility (a fraction)."""

    spot: float
    strikes: tuple[float, ...]
    worth: Callable[[float], float]
    terms: Terms | None


def _book(asked: ImpliedVolatility) -> _Book:
    legs = legs_of(Strategy(structure=asked.structure, strikes=asked.strikes, legs=asked.legs))
    if not (asked.model == "bachelier" and len(legs) == 1 and legs[0].kind != "underlying"):
        payoff_of(legs)
    if (asked.spot is None) == (asked.forward is None):
        raise refuse(
            "The price of the underlying is not clear.",
            "Give exactly one.",
            "Give `spot` or `forward`.",
        )
    years = term(asked.years, asked.days)
    rate = continuous(asked.rate_pct, asked.compounding, years)
    carry = (
        0.0
        if asked.forward is not None
        else rate - continuous(asked.yield_pct, asked.compounding, years)
    )
    spot = asked.spot if asked.spot is not None else asked.forward or 0.0
    options = [leg for leg in legs if leg.strike is not None]
    if not options or (asked.exercise == "american" and len(legs) > 1):
        raise refuse(
            "There is no option to solve for.",
            "The position has none, or an American one has several legs.",
            "Name one option, or a European structure.",
        )
    normal = asked.model == "bachelier"
    if spot <= 0 and not normal:
        raise InputError(
            f"The price of the underlying is {spot:g}; a lognormal volatility does not exist for it.",
            "Black-76 takes its logarithm.",
            "Use model bachelier for negative prices.",
        )
    terms = [
        Terms(
            sign=1 if leg.kind == "call" else -1,
            spot=spot,
            strike=leg.strike or 0.0,
            years=years,
            rate=rate,
            carry=carry,
            vol=0.0,
        )
        for leg in options
    ]
    held = sum(leg.quantity for leg in legs if leg.strike is None) * spot

    def worth(vol: float) -> float:
        return held + sum(
            leg.quantity * _one(asked, t, vol) for leg, t in zip(options, terms, strict=True)
        )

    return _Book(spot, tuple(t.strike for t in terms), worth, terms[0] if len(legs) == 1 else None)


def _one(asked: ImpliedVolatility, t: Terms, vol: float) -> float:
    moved = replace(t, vol=vol)
    if asked.model == "bachelier":
        return formulas.bachelier(replace(moved, spot=t.forward, carry=0.0))
    if asked.exercise == "american":
        return early.american(moved)
    return formulas.value(moved)


def _remarks(
    asked: ImpliedVolatility, solutions: Sequence[float], reach: Sequence[float]
) -> list[str]:
    if not solutions:
        if abs(asked.price - min(reach)) <= 1e-9 * max(1.0, abs(asked.price)):
            return [
                "The price is the least that any volatility gives: there is no time value in it, so "
                "it says nothing about volatility."
            ]
        side = (
            "below"
            if asked.price < min(reach)
            else "above"
            if asked.price > max(reach)
            else "between"
        )
        if side == "between":
            return [
                "The price lies between two neighbouring values of the search: no sign change was found."
            ]
        if asked.price > 0 >= max(reach) and min(reach) < -asked.price:
            return [
                "The position takes in money, so its price is negative: for a credit of "
                f"{asked.price:g} give {-asked.price:g}."
            ]
        return [
            f"The price is {side} every value that volatilities up to 500 % give: an arbitrage, a stale "
            "quote, or a wrong spot, rate or expiry."
        ]
    if len(solutions) > 1:
        return [
            "Volatility differs by strike in a market: solve each leg at its own price to choose."
        ]
    return []


@dataclass(frozen=True, slots=True)
class _Check:
    value: float
    warnings: list[str]


def _checked(asked: ImpliedVolatility, book: _Book, found: float) -> _Check | None:
    """The same by vollib (Jäckel, 2015), or None where it does not apply."""
    t = book.terms
    if t is None or asked.model == "bachelier" or asked.exercise == "american":
        return None
    from vollib.black.implied_volatility import implied_volatility as solve

    other = float(
        solve(asked.price, t.forward, t.strike, t.rate, t.years, "c" if t.sign > 0 else "p")
    )
    if abs(other - found) > 1e-6 * max(found, 0.01):
        return _Check(other, ["vollib finds another volatility: the price hardly depends on it."])
    return _Check(other, [])
