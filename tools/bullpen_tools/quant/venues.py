"""A calendar spread, and one good on two venues: differences of prices with their units.

The rule it protects: units and the way a currency is quoted are part of every price, and a price below zero is told
in price, never in percent. It reads no data: the requester gives the prices.
"""

from __future__ import annotations

import math
from typing import Literal

from pydantic import Field

from bullpen_tools.context import Result, ToolContext
from bullpen_tools.quant.answers import currency, figure, percent, positive, refuse
from bullpen_tools.tool import Arguments, tool


class SpreadTerms(Arguments):
    """Two deliveries of one good."""

    near: float = Field(description="Price of the nearer delivery")
    far: float = Field(description="Price of the farther delivery")
    months: float = Field(description="Months between the two deliveries")
    rate_pct: float = Field(default=0.0, description="Interest rate, percent a year")
    storage_per_month: float = Field(
        default=0.0, description="Storage and insurance per unit and month"
    )
    contract_size: float = Field(default=1.0, description="Units in one contract: 1000 for WTI")
    name: str = Field(default="", description="What is delivered")
    unit: str = Field(default="USD", description="Currency and unit of the prices, such as USD/bbl")


@tool(risk="read", label="pricing the calendar spread", version="1")
def calendar_spread(ctx: ToolContext, spread: SpreadTerms) -> Result:
    """A futures calendar spread: far less near, a year in percent, the cost of full carry (interest and
    storage), the share of full carry that the market pays, and the convenience yield that it implies.
    """
    del ctx
    unit = currency(spread.unit)
    years = positive(spread.months, "The months between the deliveries") / 12
    positive(spread.contract_size, "The contract size")
    gap = spread.far - spread.near
    carry = (
        spread.near * math.expm1(spread.rate_pct / 100 * years)
        + spread.storage_per_month * spread.months
    )
    values = {
        "spread": figure(gap, unit, "Far less near delivery"),
        "per_contract": figure(
            gap * spread.contract_size, unit.partition("/")[0], "The same on one contract"
        ),
        "full_carry": figure(carry, unit, "Cost of full carry"),
    }
    warnings: list[str] = []
    if carry > 0:
        values["share_of_carry"] = percent(gap / carry, "Share of full carry that the market pays")
    if spread.near > 0 and spread.far > 0:
        yearly = math.log(spread.far / spread.near) / years
        values["spread_pct"] = percent(yearly, "Far over near, a year, continuous")
        storage = spread.storage_per_month * 12 / spread.near
        values["convenience_yield"] = percent(
            spread.rate_pct / 100 + storage - yearly, "Implied convenience yield a year, continuous"
        )
    else:
        warnings.append("A price is not above zero: nothing is told in percent.")
    if carry > 0 and gap > carry * 1.001:
        warnings.append(
            "The spread pays more than full carry: cash and carry would earn, if rate and storage are right."
        )
    word = "contango" if gap > 0 else "backwardation" if gap < 0 else "flat"
    return Result(
        summary=f"Calendar spread{f' of {spread.name}' if spread.name else ''} over {spread.months:g} months: {word}.",
        values=values,
        warnings=tuple(warnings),
    )


Measure = Literal["ozt", "g", "kg", "t", "lb", "share"]
_GRAMS: dict[str, float] = {"ozt": 31.1034768, "g": 1.0, "kg": 1000.0, "t": 1e6, "lb": 453.59237}


class Quote(Arguments):
    """One price of the good."""

    venue: str = Field(description="Where: COMEX, SGE, LME, SLV")
    price: float = Field(description="Price in `currency` per `per`")
    currency: str = Field(default="USD", description="Three-letter code")
    per: Measure = Field(
        default="ozt", description="ozt: troy ounce; g, kg, t: tonne; lb: pound; share"
    )
    ounces_per_share: float | None = Field(
        default=None, description="For a share: troy ounces behind it"
    )
    tax_pct: float = Field(
        default=0.0, description="Tax contained in the price, percent: 13 for VAT in China"
    )


class Basis(Arguments):
    """Two quotes of one good."""

    first: Quote = Field(description="The quote to look at")
    second: Quote | None = Field(default=None, description="The quote it is compared with")
    fx: float | None = Field(default=None, description="Exchange rate, where the currencies differ")
    fx_quoted_as: str = Field(
        default="", description="What the rate means: `CNY per USD` or `USD per CNY`"
    )
    cost_per_ounce: float = Field(
        default=0.0,
        description="Freight, insurance and fees per ounce to move it, in the second's currency",
    )
    lease_rate_pct: float = Field(
        default=0.0, description="Lease rate of the metal, percent a year"
    )
    days: float = Field(default=0.0, description="Days that the metal is on its way")


@tool(risk="read", label="comparing the venues", version="1")
def venue_basis(ctx: ToolContext, basis: Basis) -> Result:
    """One metal on two venues, in one unit and one currency: the premium of the first over the second
    per ounce and in percent, after tax, freight and the lease cost of the way. With one quote only: its
    price per troy ounce and per kilogram ("SLV 90 is how much an ounce").
    """
    del ctx
    one = _per_ounce(basis.first)
    if basis.second is None:
        unit = currency(basis.first.currency)
        return Result(
            summary=f"{basis.first.venue} in the metal's own units.",
            values={
                "per_ounce": figure(one, f"{unit}/troy_oz", "Price per troy ounce"),
                "per_kilogram": figure(
                    one * 1000 / _GRAMS["ozt"], f"{unit}/kg", "Price per kilogram"
                ),
            },
        )
    other = _per_ounce(basis.second)
    unit = currency(basis.second.currency)
    rate, warnings = _rate(basis)
    here = one * rate
    lease = other * basis.lease_rate_pct / 100 * basis.days / 365
    gap = here - other
    if basis.fx and abs(gap / other) > 0.4 and abs(one / rate / other - 1) < 0.15:
        warnings.append(
            "With the exchange rate the other way round the two prices would agree: check how it is quoted."
        )
    return Result(
        summary=f"{basis.first.venue} against {basis.second.venue}, per troy ounce.",
        values={
            "first_per_ounce": figure(
                here, f"{unit}/troy_oz", f"{basis.first.venue} per troy ounce"
            ),
            "second_per_ounce": figure(
                other, f"{unit}/troy_oz", f"{basis.second.venue} per troy ounce"
            ),
            "basis": figure(gap, f"{unit}/troy_oz", "Premium of the first"),
            "basis_pct": percent(gap / other, "Premium of the first"),
            "cost": figure(
                basis.cost_per_ounce + lease, f"{unit}/troy_oz", "Cost of the way, lease included"
            ),
            "net": figure(
                gap - basis.cost_per_ounce - lease,
                f"{unit}/troy_oz",
                "Premium after the cost of the way",
            ),
        },
        warnings=tuple(warnings),
    )


def _per_ounce(quote: Quote) -> float:
    price = positive(quote.price, f"The price on {quote.venue}") / (1 + quote.tax_pct / 100)
    if quote.per == "share":
        if quote.ounces_per_share is None:
            raise refuse(
                f"{quote.venue} is quoted per share.",
                "`ounces_per_share` is missing.",
                "Give the ounces behind one share.",
            )
        return price / positive(quote.ounces_per_share, "The ounces per share")
    return price * _GRAMS["ozt"] / _GRAMS[quote.per]


def _rate(basis: Basis) -> tuple[float, list[str]]:
    """Units of the second's currency for one of the first's."""
    a = basis.first.currency.upper()
    b = basis.second.currency.upper() if basis.second else a
    if a == b:
        return 1.0, [
            "Both quotes are in one currency: the exchange rate was not used."
        ] if basis.fx else []
    if basis.fx is None:
        raise refuse(
            f"The quotes are in {a} and {b}.",
            "The exchange rate is missing.",
            f"Give `fx` and what it means: `{a} per {b}` or `{b} per {a}`.",
        )
    fx = positive(basis.fx, "The exchange rate")
    words = basis.fx_quoted_as.upper().replace("/", " PER ").split()
    if words == [b, "PER", a]:
        return fx, []
    if words == [a, "PER", b]:
        return 1 / fx, []
    raise refuse(
        f"An exchange rate of {fx:g} can be read both ways.",
        f"It does not say whether it is {a} per {b} or {b} per {a}.",
        "Say which in `fx_quoted_as`.",
    )
