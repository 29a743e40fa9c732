"""The payoff of an option strategy at expiry, as a tool.

The rule it protects: what cannot be had is said, not invented: without a cost there is no
profit, a profit without limit is "unlimited", and a credit has no multiple. It does not price
options before expiry.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from pydantic import Field

from bullpen_memory.errors import InputError
from bullpen_tools.context import Result, Scalar, ToolContext, Value
from bullpen_tools.formats import is_currency
from bullpen_tools.sizes import (
    Contract,
    ContractUnit,
    Lots,
    Multiplier,
    position_values,
    size_of,
    spoken,
)
from bullpen_tools.structures import (
    Crossings,
    Leg,
    Payoff,
    Structure,
    build,
    exact,
    payoff_of,
)
from bullpen_tools.tool import Arguments, tool

UNLIMITED = "unlimited"


class Strategy(Arguments):
    """What to price: legs, or a structure with its strikes."""

    structure: Structure | None = Field(
        default=None,
        description="A named structure, bought once. call_spread is the bull call spread, "
        "put_spread the bear put spread; an iron condor or iron butterfly takes in a credit.",
    )
    strikes: list[float] = Field(
        default_factory=list[float], description="The structure's strikes, lowest first"
    )
    legs: list[Leg] = Field(
        default_factory=list[Leg], description="Instead of a structure: any legs"
    )
    cost: float | None = Field(
        default=None,
        description="Net price paid per unit for the whole position, as given by the requester; "
        "negative for a credit. With the underlying among the legs it includes the price paid "
        "for it. Leave out when not given.",
    )
    underlying: str = Field(default="", description="Name of the underlying and expiry: SLV June")
    currency: str = Field(default="USD", description="Currency of the prices: USD, or USD/oz")
    sold_at: float | None = Field(
        default=None,
        description="A value of the whole position at which it is sold before expiry, for the multiple",
    )
    at: list[float] = Field(
        default_factory=list[float],
        description="Further prices of the underlying at which to state payoff and profit",
    )
    lots: Lots = None
    multiplier: Multiplier = None
    contract_unit: ContractUnit = ""
    contract: Contract = ""


@tool(risk="read", label="pricing the legs", version="2")
def strategy_payoff(ctx: ToolContext, strategy: Strategy) -> Result:
    """Exact payoff and profit at expiry of an option strategy: maximum payoff, profit and loss,
    every break-even, and the multiples of the cost (net = maximum profit / cost, gross =
    maximum payoff / cost). Amounts are per unit of the underlying; with `lots` and the size of a
    contract the totals of the position stand beside them (`position_...`).
    """
    del ctx
    legs = legs_of(strategy)
    payoff = payoff_of(legs)
    unit = _currency(strategy.currency)
    size = size_of(strategy, unit, sign=False)
    name = describe(strategy)
    prices = _prices(strategy.at)
    cost = None if strategy.cost is None else exact(strategy.cost)
    values = {
        "max_payoff": _amount(payoff.maximum(), unit, "Maximum payoff", name),
        **_profits(payoff, cost, unit, name),
        **_at_prices(payoff, cost, unit, prices),
        **_sold(strategy, cost, unit),
    }
    money = [key for key, one in values.items() if one.unit == unit and "break_even" not in key]
    return Result(
        summary=f"Payoff of the {name} at expiry, per unit of the underlying{spoken(size)}.",
        values=values | position_values(size, values, money),
        warnings=(*_warnings(strategy, payoff, cost), *size.notes),
        table=_table(payoff, cost, prices),
    )


def legs_of(strategy: Strategy) -> tuple[Leg, ...]:
    """The legs that a strategy means; InputError unless it names exactly one of both ways."""
    if strategy.structure and strategy.legs:
        raise InputError(
            "The strategy is given twice.",
            "Both a structure and legs were named.",
            "Name the structure with its strikes, or the legs, not both.",
        )
    if strategy.structure:
        return build(strategy.structure, strategy.strikes)
    if strategy.strikes:
        raise InputError(
            "Strikes alone do not say what to price.",
            "No structure was named.",
            "Name the structure, for instance call_butterfly.",
        )
    return tuple(strategy.legs)


def describe(strategy: Strategy) -> str:
    """A name for people: `SLV June 70-90-110 call butterfly`."""
    if strategy.structure:
        strikes = "-".join(f"{strike:g}" for strike in strategy.strikes)
        words = f"{strikes} {strategy.structure.replace('_', ' ')}"
    else:
        words = ", ".join(
            f"{leg.quantity:+g} {leg.kind}" + ("" if leg.strike is None else f" {leg.strike:g}")
            for leg in strategy.legs
        )
    return f"{strategy.underlying} {words}".strip()


def _profits(payoff: Payoff, cost: Fraction | None, unit: str, name: str) -> dict[str, Value]:
    top = payoff.maximum()
    if cost is None:
        none = {
            "max_profit": ("Maximum profit", unit),
            "max_loss": ("Maximum loss", unit),
            "gross_multiple": ("Maximum payoff / cost", "x"),
            "net_multiple": ("Maximum profit / cost", "x"),
        }
        values = {
            key: Value(value=None, unit=word, label=text) for key, (text, word) in none.items()
        }
        return values | {"cost": Value(value=None, unit=unit, kind="assumed", label="Cost")}
    bottom = payoff.minimum()
    profit = None if top is None else top - cost
    loss = None if bottom is None else max(cost - bottom, Fraction(0))
    values = {
        "max_profit": _amount(profit, unit, "Maximum profit", name),
        "max_loss": _amount(loss, unit, "Maximum loss", name),
        "gross_multiple": _multiple(top, cost, "Maximum payoff / cost", name),
        "net_multiple": _multiple(profit, cost, "Maximum profit / cost", name),
        "cost": Value(value=float(cost), unit=unit, kind="assumed", label="Cost"),
    }
    for number, price in enumerate(payoff.crossings(cost).prices(), start=1):
        values[f"break_even_{number}"] = Value(
            value=float(price), unit=unit, label=f"Break-even {number}"
        )
    return values


def _amount(number: Fraction | None, unit: str, label: str, name: str) -> Value:
    value = UNLIMITED if number is None else float(number)
    metric = label.lower().replace(" ", "_")
    return Value(value=value, unit=unit, label=label, metric=metric, entity=name)


def _multiple(number: Fraction | None, cost: Fraction, label: str, name: str) -> Value:
    value: Scalar = None
    if cost > 0:
        value = UNLIMITED if number is None else float(number / cost)
    return Value(value=value, unit="x", label=label, metric=label.lower(), entity=name)


def _at_prices(
    payoff: Payoff, cost: Fraction | None, unit: str, prices: Sequence[float]
) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for price in prices:
        key = f"{price:.10g}".replace(".", "_")
        amount = payoff.at(exact(price))
        profit = None if cost is None else float(amount - cost)
        values[f"payoff_at_{key}"] = Value(
            value=float(amount), unit=unit, label=f"Payoff at {price:g}"
        )
        values[f"profit_at_{key}"] = Value(value=profit, unit=unit, label=f"Profit at {price:g}")
    return values


def _table(
    payoff: Payoff, cost: Fraction | None, prices: Sequence[float]
) -> tuple[tuple[Scalar, ...], ...]:
    """Price, payoff, profit at every corner of the payoff, every break-even and every price asked."""
    crossings = () if cost is None else payoff.crossings(cost).prices()
    grid = sorted({*payoff.knots, *crossings, *(exact(price) for price in prices)})
    rows = [
        (float(x), float(payoff.at(x)), None if cost is None else float(payoff.at(x) - cost))
        for x in grid
    ]
    return (("price", "payoff", "profit"), *rows)


def _warnings(strategy: Strategy, payoff: Payoff, cost: Fraction | None) -> list[str]:
    notes: list[str] = []
    if cost is None:
        return ["No cost was given: profit, loss, break-evens and multiples have no value."]
    if cost < 0:
        notes.append(
            "The position brings in money instead of costing any: multiples of the cost have no meaning."
        )
    elif cost == 0:
        notes.append("The position costs nothing: multiples of the cost have no meaning.")
    bottom = payoff.minimum()
    if bottom is not None and bottom >= cost:
        notes.append("At this cost the position cannot lose at expiry; check the cost.")
    top = payoff.maximum()
    if top is not None and top <= cost:
        credit = " The position takes in a credit: its cost is negative." if top <= 0 < cost else ""
        notes.append(f"At this cost the position cannot gain at expiry; check the cost.{credit}")
    notes += _no_break_even(payoff.crossings(cost))
    strikes = strategy.strikes
    if strategy.structure in ("call_butterfly", "put_butterfly", "iron_butterfly") and exact(
        strikes[1]
    ) * 2 != exact(strikes[0]) + exact(strikes[2]):
        notes.append("The wings are of unequal width.")
    return notes


def _no_break_even(crossings: Crossings) -> list[str]:
    if not crossings.prices():
        return ["There is no price at which the position breaks even."]
    return [
        f"The profit is exactly zero from {float(low):g} "
        + ("upwards." if high is None else f"to {float(high):g}.")
        for low, high in crossings.stretches
    ]


def _sold(strategy: Strategy, cost: Fraction | None, unit: str) -> dict[str, Value]:
    """Profit and multiple when the position is sold at a given value."""
    if strategy.sold_at is None or cost is None:
        return {}
    profit = exact(strategy.sold_at) - cost
    multiple = float(profit / cost) if cost > 0 else None
    return {
        "profit_when_sold": Value(
            value=float(profit), unit=unit, label="Profit when sold at that value"
        ),
        "net_multiple_when_sold": Value(
            value=multiple, unit="x", label="Profit / cost when sold at that value"
        ),
    }


def _currency(code: str) -> str:
    unit = code.strip().lower()
    if not is_currency(unit):
        raise InputError(
            f"`{code}` is not a currency.",
            "A currency is a three-letter code, with what it is a price per behind a slash.",
            "Write for instance USD, EUR or USD/oz.",
        )
    return unit


def _prices(at: Sequence[float]) -> tuple[float, ...]:
    negative = [price for price in at if price < 0]
    if negative:
        raise InputError(
            f"The payoff at {negative[0]:g} has no meaning.",
            "The price of the underlying is taken to be zero or above.",
            "Ask for prices from zero upwards.",
        )
    return tuple(dict.fromkeys(at))
