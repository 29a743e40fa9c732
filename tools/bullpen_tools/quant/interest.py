"""One interest rate in every compounding, over a period with its day count, and a bill's quotes, as a tool.

The rule it protects: a discount rate, a money-market yield and a bond-equivalent yield are three numbers and are told
under three names. It knows no curve.
"""

from __future__ import annotations

import math
from datetime import date
from typing import Literal

from pydantic import Field

from bullpen_tools.context import Result, ToolContext, Value
from bullpen_tools.quant.answers import figure, percent, positive, refuse
from bullpen_tools.quant.rate_terms import (
    Compounding,
    DayCount,
    from_continuous,
    to_continuous,
    year_fraction,
)
from bullpen_tools.tool import Arguments, tool

_ALL: tuple[Compounding, ...] = ("continuous", "annual", "semiannual", "quarterly", "monthly")


class RateOrder(Arguments):
    """A rate and its period."""

    rate_pct: float | None = Field(default=None, description="The rate, percent a year")
    compounding: Compounding | Literal["discount"] = Field(
        default="annual",
        description="How it compounds; simple: money-market yield; discount: a bill's discount rate (actual/360)",
    )
    price: float | None = Field(
        default=None, description="Instead of the rate: price per 100 of a bill"
    )
    years: float | None = Field(default=None, description="Length of the period in years")
    start: date | None = Field(default=None, description="Instead: first day, with `end`")
    end: date | None = Field(default=None, description="Last day")
    day_count: DayCount = Field(
        default="actual/365",
        description="Between two days: actual/365, actual/360, actual/actual (ISDA), 30/360, 30e/360",
    )
    amount: float = Field(default=100.0, description="Amount now, for its value at the end")
    inflation_pct: float | None = Field(
        default=None, description="Inflation, percent a year: for the real rate (Fisher)"
    )


@tool(risk="read", label="converting the rate", version="1")
def interest_rate(ctx: ToolContext, order: RateOrder) -> Result:
    """One interest rate in every compounding (continuous, annual, semi-annual, quarterly, monthly,
    simple), the years between two days under a day count, growth and discount factors, and a bill's
    price, discount rate, money-market and bond-equivalent yield.
    """
    del ctx
    years, days = _period(order)
    given = _given(order, years, days)
    values: dict[str, Value] = {}
    if years is not None:
        values["years"] = figure(years, "years", f"Years, {order.day_count}" if days else "Years")
    if days is not None:
        values["days"] = figure(days, "days", "Calendar days")
    if given is not None:
        values |= _rates(given, years) | _grown(order, given, years) | _bill(given, years, days)
        if order.inflation_pct is not None:
            real = math.exp(given) / (1 + order.inflation_pct / 100) - 1
            values["real"] = percent(real, "Real rate, annual (Fisher)")
    if not values:
        raise refuse("There is nothing to convert.", "No rate, price or period was given.",
                     "Give `rate_pct`, `price`, or `start` and `end`.")  # fmt: skip
    what = "One rate in every compounding" if given is not None else "Years between two days"
    return Result(summary=f"{what}.", values=values)


def _period(order: RateOrder) -> tuple[float | None, int | None]:
    if (order.start is None) != (order.end is None):
        raise refuse("One of the two days is missing.", "A period has a start and an end.", "Give both.")  # fmt: skip
    if order.start is not None and order.end is not None:
        if order.years is not None:
            raise refuse("The period is given twice.", "`years` and two days are one thing.", "Give one of them.")  # fmt: skip
        days = (order.end - order.start).days
        positive(days, "The period, in days,")
        return year_fraction(order.start, order.end, order.day_count), days
    return (None if order.years is None else positive(order.years, "The period")), None


def _given(order: RateOrder, years: float | None, days: int | None) -> float | None:
    """The continuous rate over years of the day count, whichever way it was quoted."""
    if order.rate_pct is not None and order.price is not None:
        raise refuse("Both a rate and a price were given.", "One follows from the other.", "Give one of them.")  # fmt: skip
    if order.price is not None:
        return -math.log(positive(order.price, "The price") / 100) / _needed(years)
    if order.rate_pct is None:
        return None
    rate = order.rate_pct / 100
    if order.compounding == "discount":
        share = rate * (days / 360 if days is not None else _needed(years))
        if share >= 1:
            raise refuse(f"A discount of {share * 100:g} % leaves nothing.", "A bill has a price above zero.", "Check the rate.")  # fmt: skip
        return -math.log1p(-share) / _needed(years)
    if order.compounding == "simple":
        return to_continuous(rate, "simple", _needed(years))
    return to_continuous(rate, order.compounding, 1.0)


def _needed(years: float | None) -> float:
    if years is None:
        raise refuse(
            "The period is missing.",
            "A price, a simple rate and a discount rate depend on it.",
            "Give `years`, or `start` and `end`.",
        )
    return years


def _rates(rate: float, years: float | None) -> dict[str, Value]:
    told = {one: percent(from_continuous(rate, one, 1.0), f"Rate a year, {one}") for one in _ALL}
    if years is not None:
        told["simple"] = percent(from_continuous(rate, "simple", years), "Rate a year, simple")
    return told


def _grown(order: RateOrder, rate: float, years: float | None) -> dict[str, Value]:
    if years is None:
        return {}
    factor = math.exp(rate * years)
    return {
        "growth_factor": figure(factor, "x", "Growth over the period"),
        "discount_factor": figure(1 / factor, "ratio", "Discount factor"),
        "future_value": figure(order.amount * factor, "", f"What {order.amount:g} becomes"),
        "present_value": figure(order.amount / factor, "", f"Value now of {order.amount:g} then"),
    }


def _bill(rate: float, years: float | None, days: int | None) -> dict[str, Value]:
    """A bill's price and quotes (US Treasury: discount on actual/360, bond equivalent on actual/365)."""
    if years is None or days is None or days > 366:
        return {}
    price = math.exp(-rate * years)
    return {
        "bill_price": figure(price * 100, "per 100", "Price of a bill"),
        "bill_discount": percent((1 - price) * 360 / days, "Bank discount rate, actual/360"),
        "bill_yield": percent((1 / price - 1) * 360 / days, "Money-market yield, actual/360"),
        "bond_equivalent": percent(_equivalent(price, days), "Bond-equivalent yield"),
    }


def _equivalent(price: float, days: int) -> float:
    """Simple on 365 days up to half a year, beyond it with a semi-annual coupon (US Treasury)."""
    if days <= 182:
        return (1 / price - 1) * 365 / days
    a, b, c = days / 365 - 0.5, 2 * days / 365, 2 * (1 - 1 / price)
    # a / 2 y^2 + b / 2 y + (1 - 1 / price) = 0
    return (-b + math.sqrt(b * b - 4 * a * c)) / (2 * a)
