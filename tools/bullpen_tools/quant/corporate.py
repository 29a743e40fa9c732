"""A company's and a fund's arithmetic: runway, substitution payback, index rebalancing.

The rule it protects: a figure without an answer (a company that burns nothing, a saving that is none)
says so. Amounts stay in the unit they were given in. It forecasts nothing.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from bullpen_tools.context import Result, Scalar, ToolContext, Value
from bullpen_tools.quant.answers import (
    count,
    currency,
    figure,
    not_negative,
    percent,
    positive,
    refuse,
)
from bullpen_tools.tool import Arguments, tool

Scale = Literal["", "thousand", "m", "bn", "trn"]


class Cash(Arguments):
    """A company's cash flows a year."""

    ebitda: float = Field(description="EBITDA a year; negative for a loss")
    capex: float = Field(
        default=0.0, description="Capital expenditure a year, as a positive number"
    )
    interest: float = Field(default=0.0, description="Interest paid a year")
    taxes: float = Field(default=0.0, description="Taxes paid a year")
    working_capital: float = Field(
        default=0.0, description="Cash that working capital takes a year"
    )
    cash: float = Field(description="Cash now")
    credit_line: float = Field(default=0.0, description="Undrawn committed credit")
    months: float = Field(default=12.0, description="Horizon of the external need, in months")
    scale: Scale = Field(default="", description="Scale of all amounts: bn for billions")
    currency: str = Field(default="USD", description="Currency of all amounts")
    name: str = Field(default="", description="Name of the company")


@tool(risk="read", label="working out the runway", version="1")
def cash_runway(ctx: ToolContext, company: Cash) -> Result:
    """Free cash flow, months of runway and the money needed from outside, from EBITDA, capital
    expenditure and cash. Use it for "how long does the cash last".
    """
    del ctx
    unit, size = currency(company.currency), _SIZES[company.scale]
    for amount, name in (
        (company.cash, "The cash"),
        (company.capex, "The capital expenditure"),
        (company.credit_line, "The credit line"),
    ):
        not_negative(amount, name)
    positive(company.months, "The horizon")
    flow = (
        company.ebitda - company.capex - company.interest - company.taxes - company.working_capital
    )
    means = company.cash + company.credit_line
    need = max(0.0, -flow * company.months / 12 - means)
    burns = flow < 0
    return Result(
        summary=f"Runway{f' of {company.name}' if company.name else ''}: "
        + ("the company burns cash." if burns else "the company burns no cash."),
        values={
            "free_cash_flow": figure(flow * size, unit, "Free cash flow a year"),
            "runway": figure(means / -flow * 12 if burns else "unlimited", "months", "Runway"),
            "external_need": figure(
                need * size, unit, f"Needed from outside over {company.months:g} months"
            ),
            "cash": figure(company.cash * size, unit, "Cash", kind="assumed"),
        },
        warnings=("Cash is taken to be burnt evenly over the year.",) if burns else (),
    )


_SIZES = {"": 1.0, "thousand": 1e3, "m": 1e6, "bn": 1e9, "trn": 1e12}


class Substitution(Arguments):
    """A dearer material that a cheaper one may replace."""

    capital: float = Field(
        description="Capital that the change takes, in `currency`, in full: 16e9 for 16 bn"
    )
    build_years: float = Field(
        default=0.0, description="Years over which it is spent before savings run"
    )
    old_price: float = Field(description="Price of the material now used, per unit")
    new_price: float = Field(description="Price of the substitute, per unit")
    new_per_old: float = Field(
        default=1.0, description="Units of the substitute for one unit of the old"
    )
    quantity: list[float] = Field(
        min_length=1,
        max_length=8,
        description="Units of the old material saved a year; several make a grid",
    )
    price_changes_pct: list[float] = Field(
        default_factory=lambda: [0.0, 25.0, 50.0, 100.0],
        max_length=8,
        description="Changes of the old price to look at, percent",
    )
    old_name: str = Field(default="the old material", description="Its name: silver")
    new_name: str = Field(default="the substitute", description="Its name: copper")
    currency: str = Field(default="USD", description="Currency of capital and prices")


@tool(risk="read", label="working out the payback", version="1")
def substitution_payback(ctx: ToolContext, change: Substitution) -> Result:
    """Payback of replacing a dear material by a cheaper one: the saving a year and the years until the
    capital is earned back, over a grid of prices of the old material and of quantities. Not discounted.
    """
    del ctx
    unit = currency(change.currency)
    for number, name in (
        (change.capital, "The capital"),
        (change.old_price, "The old price"),
        (change.new_price, "The new price"),
        (change.new_per_old, "The ratio"),
    ):
        positive(number, name)
    not_negative(change.build_years, "The time to build")
    values: dict[str, Value] = {"capital": figure(change.capital, unit, "Capital", kind="assumed")}
    rows: list[tuple[Scalar, ...]] = [
        ("price_change_pct", "old_price", "quantity", "saving_a_year", "payback_years")
    ]
    warnings: list[str] = []
    for move in change.price_changes_pct:
        price = change.old_price * (1 + move / 100)
        values[f"price_{_key(move)}"] = figure(
            price, unit, f"Price of {change.old_name}{_moved(move)}"
        )
        for quantity in change.quantity:
            saving = positive(quantity, "A quantity") * (
                price - change.new_per_old * change.new_price
            )
            years = change.build_years + change.capital / saving if saving > 0 else None
            rows.append((move, price, quantity, saving, years))
            tail = f"{_key(move)}_{quantity:g}".replace(".", "p").replace("+", "")
            values[f"payback_{tail}"] = figure(
                years, "years", f"Payback{_moved(move)}, {quantity:,.10g} units a year"
            )
            if years is None:
                warnings.append(
                    f"With {change.old_name}{_moved(move)} the change saves nothing: there is no payback."
                )
    warnings.append("Savings begin when the capital is spent, and are not discounted.")
    return Result(
        summary=f"Payback of {change.new_name} for {change.old_name}.",
        values=values,
        warnings=tuple(dict.fromkeys(warnings)),
        table=tuple(rows),
    )


def _moved(move: float) -> str:
    """ " 25 percent dearer" behind a label; today's price has no words."""
    if not move:
        return " now"
    return f" {abs(move):g} percent {'dearer' if move > 0 else 'cheaper'}"


def _key(move: float) -> str:
    return f"{move:g}".replace("-", "minus").replace(".", "p")


class Rebalance(Arguments):
    """A change of an index weight."""

    old_weight_pct: float = Field(description="Weight before, percent")
    new_weight_pct: float = Field(description="Weight after, percent")
    assets: list[float] = Field(
        min_length=1,
        max_length=6,
        description="Assets that track the index, in `currency`, in full; several to compare",
    )
    contract_price: float | None = Field(default=None, description="Price of the future, per unit")
    contract_size: float | None = Field(
        default=None, description="Units in one contract: 5000 for COMEX silver"
    )
    daily_contracts: float | None = Field(
        default=None, description="Contracts traded a day, for the days it takes"
    )
    days: float | None = Field(default=None, description="Days over which the index moves")
    currency: str = Field(default="USD", description="Currency of the assets")
    name: str = Field(default="", description="What is weighted: silver")


@tool(risk="read", label="working out the flow", version="1")
def index_rebalance(ctx: ToolContext, change: Rebalance) -> Result:
    """The flow when an index weight changes: the share of the holding that is sold or bought, the money,
    the contracts, and the share of daily volume, for one or several sizes of tracking assets.
    """
    del ctx
    unit = currency(change.currency)
    for weight, name in (
        (change.old_weight_pct, "The old weight"),
        (change.new_weight_pct, "The new weight"),
    ):
        if not 0 <= weight <= 100:
            raise refuse(
                f"{name} is {weight:g} %, which cannot be.",
                "A weight lies between 0 and 100 %.",
                "Correct it.",
            )
    positive(
        change.old_weight_pct,
        "The old weight",
        why="Without a holding there is no share of it to sell.",
    )
    moved = (change.new_weight_pct - change.old_weight_pct) / 100
    share = change.new_weight_pct / change.old_weight_pct - 1
    word = "sold" if moved < 0 else "bought"
    values: dict[str, Value] = {
        "share": percent(abs(share), f"Share of the holding that is {word}")
    }
    lot = None
    if change.contract_price is not None and change.contract_size is not None:
        lot = positive(change.contract_price, "The contract price") * positive(
            change.contract_size, "The contract size"
        )
        values["contract_value"] = figure(lot, unit, "Value of one contract")
    for number, assets in enumerate(change.assets, start=1):
        tail = "" if len(change.assets) == 1 else f"_{number}"
        flow = abs(moved) * positive(assets, "The assets")
        values[f"assets{tail}"] = figure(assets, unit, "Tracking assets", kind="assumed")
        values[f"flow{tail}"] = figure(flow, unit, f"To be {word}")
        if lot is not None:
            contracts = flow / lot
            values[f"contracts{tail}"] = count(round(contracts), f"Contracts {word}")
            if change.daily_contracts is not None:
                days = contracts / positive(change.daily_contracts, "The daily volume")
                values[f"volume_days{tail}"] = figure(
                    days, "days", "Days of the whole market's volume"
                )
            if change.days is not None:
                values[f"daily{tail}"] = count(
                    round(contracts / positive(change.days, "The days")), f"Contracts {word} a day"
                )
    warnings = (
        ()
        if lot is not None
        else ("Without contract price and size there are no contracts to count.",)
    )
    return Result(
        summary=f"Rebalancing{f' of {change.name}' if change.name else ''} from {change.old_weight_pct:g} to {change.new_weight_pct:g} % of the index.",
        values=values,
        warnings=warnings,
    )
