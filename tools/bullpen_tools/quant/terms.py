"""What every option tool is asked with: the market, the strike, the time, each with its unit.

The rule it protects: volatility and rates are in percent, time in years or calendar days, and a
price that a lognormal model cannot hold is refused with the model that can. It values nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Literal, Protocol

from pydantic import Field

from bullpen_memory.errors import InputError
from bullpen_tools.context import Result, Value
from bullpen_tools.quant.answers import (
    assumed,
    currency,
    figure,
    not_negative,
    positive,
    slip,
    term,
)
from bullpen_tools.quant.black_scholes import Greeks, Terms
from bullpen_tools.quant.rate_terms import Compounding, to_continuous
from bullpen_tools.sizes import (
    Contract,
    ContractUnit,
    Lots,
    Multiplier,
    position_values,
    size_of,
    spoken,
)
from bullpen_tools.tool import Arguments


class OptionTerms(Arguments):
    """The market of one option."""

    kind: Literal["call", "put"] = Field(description="call or put")
    strike: float = Field(description="Strike price")
    spot: float | None = Field(
        default=None, description="Price of the underlying now; give this or `forward`"
    )
    forward: float | None = Field(
        default=None,
        description="Futures or forward price for the expiry instead of a spot (Black-76)",
    )
    volatility_pct: float = Field(
        description="Volatility a year in percent: 25 means 25 %. For bachelier: price units a year"
    )
    years: float | None = Field(default=None, description="Time to expiry in years")
    days: float | None = Field(
        default=None, description="Instead of years: calendar days to expiry (365 a year)"
    )
    expiry: date | None = Field(
        default=None, description="Instead of years or days: the day of expiry, YYYY-MM-DD"
    )
    valued_on: date | None = Field(
        default=None, description="With expiry: the day of the valuation. Default: today"
    )
    rate_pct: float = Field(
        default=0.0, description="Interest rate a year in percent; 0 when left out"
    )
    yield_pct: float = Field(
        default=0.0,
        description="Dividend yield, foreign interest rate or lease rate of the underlying, "
        "percent a year",
    )
    carry_pct: float | None = Field(
        default=None,
        description="Instead of yield_pct: cost of carry b in percent a year (rate less yield; 0 for a future)",
    )
    compounding: Compounding = Field(
        default="continuous", description="How rate_pct, yield_pct and carry_pct compound"
    )
    underlying: str = Field(default="", description="Name of the underlying: SLV, WTI Dec 2026")
    currency: str = Field(default="USD", description="Three-letter code of the prices' currency")
    lots: Lots = None
    multiplier: Multiplier = None
    contract_unit: ContractUnit = ""
    contract: Contract = ""


def continuous(rate_pct: float, compounding: Compounding, years: float) -> float:
    """The continuous rate, as a fraction, of a rate in percent that compounds otherwise."""
    return to_continuous(rate_pct / 100, compounding, years)


def read_terms(option: OptionTerms) -> Terms:
    """The terms for the lognormal formulas; InputError for what they cannot hold."""
    years = term(option.years, option.days)
    price = _price(option)
    name = "The spot price" if option.spot is not None else "The forward price"
    if price <= 0 or option.strike <= 0:
        what = f"{name} is {price:g}" if price <= 0 else f"The strike is {option.strike:g}"
        raise InputError(
            f"{what}; Black-Scholes and Black-76 have no value for it.",
            "They take logarithms, so spot, forward and strike must be above zero.",
            "Use `option_value` with model bachelier, the forward price and the volatility in "
            "price units a year, as exchanges did for oil in April 2020; if the price is not known "
            "and was written as 0, leave it out.",
        )
    not_negative(option.volatility_pct, "The volatility")
    rate = continuous(option.rate_pct, option.compounding, years)
    return Terms(
        sign=1 if option.kind == "call" else -1,
        spot=price,
        strike=option.strike,
        years=years,
        rate=rate,
        carry=carry_of(option, rate, years),
        vol=option.volatility_pct / 100,
        on_future=option.forward is not None,
    )


def normal_terms(option: OptionTerms) -> Terms:
    """The terms for Bachelier's model: a forward price, which may be negative."""
    years = term(option.years, option.days)
    price = _price(option)
    rate = continuous(option.rate_pct, option.compounding, years)
    forward = price * math.exp(carry_of(option, rate, years) * years)
    positive(option.volatility_pct, "The normal volatility")
    return Terms(
        sign=1 if option.kind == "call" else -1,
        spot=forward,
        strike=option.strike,
        years=years,
        rate=rate,
        carry=0.0,
        vol=option.volatility_pct,
        on_future=True,
    )


def carry_of(option: OptionTerms, rate: float, years: float) -> float:
    """b, continuous, as a fraction: 0 for a future, the rate less the yield for a spot."""
    if option.forward is not None:
        return 0.0
    if option.carry_pct is not None:
        return continuous(option.carry_pct, option.compounding, years)
    return rate - continuous(option.yield_pct, option.compounding, years)


def _price(option: OptionTerms) -> float:
    if (option.spot is None) == (option.forward is None):
        raise InputError(
            "The price of the underlying is not clear.",
            "Both spot and forward were given." if option.spot is not None else "It is missing.",
            "Give `spot`, or `forward` for an option on a future.",
        )
    if option.carry_pct is not None and (option.yield_pct or option.forward is not None):
        raise InputError(
            "The cost of carry is given twice.",
            "A yield or a forward price says it already.",
            "Give `carry_pct` with `spot` alone, or leave it out.",
        )
    if option.forward is not None and option.yield_pct:
        raise InputError(
            "A forward price was given together with a yield.",
            "A forward has the yield in it already.",
            "Leave `yield_pct` out, or give the spot price.",
        )
    return option.spot if option.spot is not None else option.forward or 0.0


def notes(option: OptionTerms, *, normal: bool = False) -> list[str]:
    """What the reader of any option's value should know of its inputs."""
    said: list[str] = [*dated(option)]
    if not normal:
        said += slip(option.volatility_pct, "The volatility")
        said += slip(option.rate_pct, "The rate") if 0 < option.rate_pct < 0.15 else []
    if not option.rate_pct:
        said.append("The interest rate is taken as 0 %.")
    if option.spot is not None and not option.yield_pct and option.carry_pct is None:
        said.append("The dividend, lease or foreign rate is taken as 0 %.")
    return said


class Dated(Protocol):
    """Arguments with a day of expiry, which `spoken.py` has turned into days."""

    @property
    def expiry(self) -> date | None: ...
    @property
    def valued_on(self) -> date | None: ...
    @property
    def days(self) -> float | None: ...


def dated(option: Dated) -> list[str]:
    """The sentence that names the day of the valuation, where an expiry was given."""
    if option.expiry is None:
        return []
    return [
        f"Valued on {option.valued_on}, {option.days:g} days before the expiry on {option.expiry}."
    ]


def given(option: OptionTerms, *, normal: bool = False) -> dict[str, Value]:
    """The inputs as figures, so that an answer can cite them."""
    unit = currency(option.currency)
    name = "spot" if option.spot is not None else "forward"
    told = {
        name: assumed(_price(option), unit, f"{name.capitalize()} price"),
        "strike": assumed(option.strike, unit, "Strike"),
        "volatility": assumed(
            option.volatility_pct, unit if normal else "pct", "Volatility a year"
        ),
        "time": assumed(option.days, "days", "Time to expiry")
        if option.days is not None
        else assumed(term(option.years, option.days), "years", "Time to expiry"),
        "rate": assumed(option.rate_pct, "pct", "Interest rate"),
    }
    if option.carry_pct is not None:
        told["carry"] = assumed(option.carry_pct, "pct", "Cost of carry")
    elif option.yield_pct:
        told["yield"] = assumed(option.yield_pct, "pct", "Dividend, lease or foreign rate")
    return told


def greek_values(g: Greeks, unit: str, *, normal: bool = False) -> dict[str, Value]:
    """The Greeks as a desk quotes them, and vega, theta and rho as textbooks do."""
    point = 1.0 if normal else 0.01
    per = "normal vol unit" if normal else "vol point"
    return {
        "delta": figure(g.delta, "greek", "Delta"),
        "gamma": figure(g.gamma, "greek", "Gamma"),
        "vega": figure(g.vega * point, f"{unit}/{per}", "Vega"),
        "theta": figure(g.theta / 365, f"{unit}/day", "Theta"),
        "rho": figure(g.rho / 100, f"{unit}/rate point", "Rho"),
        "vega_textbook": figure(g.vega, unit, "Vega per 1.00 of volatility"),
        "theta_textbook": figure(g.theta, unit, "Theta a year"),
        "rho_textbook": figure(g.rho, unit, "Rho per 1.00 of rate"),
    }


def bumped(
    price: Callable[[Terms], float],
    t: Terms,
    *,
    wall: float | None = None,
    dated_inside: bool = False,
) -> Greeks:
    """Greeks by central differences; the step in spot stays on this side of a `wall`.

    `dated_inside`: the option has days before its expiry (a choice, fixings), which a shorter term
    would move too; theta is then what Black and Scholes' equation leaves for it,
    r V - b S delta - vol^2 S^2 gamma / 2.
    """
    step = 1e-3 * t.spot
    if wall is not None:
        step = min(step, abs(t.spot - wall) / 2) or step
    base = price(t)
    up, down = price(replace(t, spot=t.spot + step)), price(replace(t, spot=t.spot - step))
    dv, dr = 1e-4, 1e-4
    dt = min(1 / 3650, t.years / 20)
    low = max(t.vol - dv, 0.0)
    vega = (price(replace(t, vol=t.vol + dv)) - price(replace(t, vol=low))) / (t.vol + dv - low)
    later, sooner = price(replace(t, years=t.years + dt)), price(replace(t, years=t.years - dt))
    moved = 0.0 if t.on_future else dr
    rho = (
        price(replace(t, rate=t.rate + dr, carry=t.carry + moved))
        - price(replace(t, rate=t.rate - dr, carry=t.carry - moved))
    ) / (2 * dr)
    delta, gamma = (up - down) / (2 * step), (up - 2 * base + down) / (step * step)
    theta = (sooner - later) / (2 * dt)
    if dated_inside:
        theta = t.rate * base - t.carry * t.spot * delta - t.vol**2 * t.spot**2 * gamma / 2
    return Greeks(delta=delta, gamma=gamma, vega=vega, theta=theta, rho=rho)


SCALED = ("value", "early_exercise", "delta", "gamma", "vega", "theta", "rho")
"""What of an option's figures is per unit and has a total for the position."""


def sized(option: OptionTerms, result: Result) -> Result:
    """The result with the totals of the position, where lots and the size of one were given."""
    size = size_of(option, currency(option.currency))
    return replace(
        result,
        summary=result.summary.removesuffix(".") + spoken(size) + ".",
        values=result.values | position_values(size, result.values, SCALED),
        warnings=(*result.warnings, *size.notes),
    )


def describe(option: OptionTerms, what: str) -> str:
    """A name for people: `SLV 90 american call`."""
    parts = [option.underlying, f"{option.strike:g}", what, option.kind]
    return " ".join(part for part in parts if part)
