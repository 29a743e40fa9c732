"""What a position of several options is worth before expiry, where it may end, and how it moves.

The rule it protects: a probability is named risk-neutral or real by where its drift comes from, and
every cell of a grid states spot, volatility and days. Payoffs at expiry stay with `options.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from pydantic import Field

from bullpen_tools.context import Result, Scalar, ToolContext, Value
from bullpen_tools.options import Strategy, describe, legs_of
from bullpen_tools.quant import black_scholes as formulas
from bullpen_tools.quant.answers import (
    Table,
    currency,
    figure,
    percent,
    positive,
    refuse,
    slip,
    term,
)
from bullpen_tools.quant.black_scholes import Greeks, Terms
from bullpen_tools.quant.terms import Compounding, continuous, dated, greek_values
from bullpen_tools.sizes import (
    Contract,
    ContractUnit,
    Lots,
    Multiplier,
    position_values,
    size_of,
    spoken,
)
from bullpen_tools.structures import Leg, Structure, exact, payoff_of
from bullpen_tools.tool import Arguments, tool

MOST_CELLS = 240
_SCALED = ("value", "cost", "edge", "expected_payoff", "delta", "gamma", "vega", "theta", "rho")


class PricedLeg(Leg):
    """A leg that may have its own volatility and expiry."""

    volatility_pct: float | None = Field(
        default=None, description="Volatility of this leg in percent, where it differs"
    )
    days: float | None = Field(
        default=None, description="Calendar days to this leg's expiry, where it differs"
    )


class Position(Arguments):
    """A position and the market it is valued in."""

    structure: Structure | None = Field(default=None, description="A named structure, bought once")
    strikes: list[float] = Field(
        default_factory=list[float], description="Its strikes, lowest first"
    )
    legs: list[PricedLeg] = Field(
        default_factory=list[PricedLeg], description="Instead of a structure: any legs"
    )
    cost: float | None = Field(
        default=None, description="Net price paid per unit; negative: received"
    )
    spot: float | None = Field(
        default=None, description="Price of the underlying; this or `forward`"
    )
    forward: float | None = Field(default=None, description="Forward or futures price (Black-76)")
    volatility_pct: float = Field(
        description="Volatility a year in percent, of every leg without its own"
    )
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
    between: list[float] = Field(
        default_factory=list[float],
        max_length=2,
        description="Two prices: the chance to end between them",
    )
    drift_pct: float | None = Field(
        default=None,
        description="Expected return of the underlying, percent a year, for real-world chances. "
        "Left out: risk-neutral",
    )
    at_spots: list[float] = Field(
        default_factory=list[float], description="Grid: prices of the underlying"
    )
    at_volatilities_pct: list[float] = Field(
        default_factory=list[float], description="Grid: flat volatilities in percent"
    )
    at_days: list[float] = Field(
        default_factory=list[float], description="Grid: calendar days from now; 0 is today"
    )
    underlying: str = Field(default="", description="Name of the underlying and expiry: SLV June")
    currency: str = Field(default="USD", description="Currency of the prices")
    lots: Lots = None
    multiplier: Multiplier = None
    contract_unit: ContractUnit = ""
    contract: Contract = ""


@tool(risk="read", label="valuing the position", version="2")
def strategy_value(ctx: ToolContext, position: Position) -> Result:
    """What an option position is worth before expiry, with its Greeks, the chance of profit and of
    ending in a range, and a grid over spot, volatility and time. Use it for "what is the fly worth
    if silver is at 85 in two months", "what are my odds". For the payoff at expiry alone use
    `strategy_payoff`. Figures are per unit of the underlying; with `lots` and the size of a
    contract the totals of the position stand beside them (`position_...`).
    """
    del ctx
    book = _Book.of(position)
    unit = currency(position.currency)
    size = size_of(position, unit, sign=False)
    worth = book.value(book.spot, None, 0.0)
    values = {
        "value": figure(worth, unit, "Value now"),
        **greek_values(book.greeks(), unit),
        **_chances(position, book),
    }
    if position.cost is not None:
        values["cost"] = figure(position.cost, unit, "Cost", kind="assumed")
        values["edge"] = figure(worth - position.cost, unit, "Value less cost")
    table, cells = _grid(position, book, unit)
    said = describe(
        Strategy(
            structure=position.structure,
            strikes=position.strikes,
            legs=[_bare(leg) for leg in position.legs],
            underlying=position.underlying,
        )
    )
    totals = position_values(size, values, _SCALED)
    return Result(
        summary=f"Value of the {said} before expiry, per unit of the underlying{spoken(size)}.",
        values=values | totals | cells,
        warnings=(*_warnings(position, book), *size.notes),
        table=table,
    )


def _bare(leg: PricedLeg) -> Leg:
    return Leg(kind=leg.kind, quantity=leg.quantity, strike=leg.strike)


@dataclass(frozen=True, slots=True)
class _Book:
    """The options as (quantity, terms), the units of the underlying held, and the plain legs."""

    spot: float
    options: tuple[tuple[float, Terms], ...]
    held: float
    legs: tuple[Leg, ...]
    years: float

    @staticmethod
    def of(position: Position) -> _Book:
        """The book of a position; InputError for what cannot be valued."""
        strategy = Strategy(
            structure=position.structure,
            strikes=position.strikes,
            legs=[_bare(leg) for leg in position.legs],
        )
        legs = legs_of(strategy)
        payoff_of(legs)
        market = _market(position)
        own = position.legs or [None] * len(legs)
        options = tuple(
            (leg.quantity, _own_terms(market, leg, leg.strike, one))
            for leg, one in zip(legs, own, strict=True)
            if leg.strike is not None
        )
        if not options:
            raise refuse(
                "There is no option in the position.",
                "It holds only the underlying.",
                "Add a call or a put.",
            )
        held = sum(leg.quantity for leg in legs if leg.strike is None)
        return _Book(market.spot, options, held, legs, min(t.years for _, t in options))

    @property
    def one_expiry(self) -> bool:
        return len({round(t.years, 9) for _, t in self.options}) == 1

    def value(self, spot: float, vol: float | None, passed: float) -> float:
        """Worth at `spot` after `passed` years, with every leg at `vol` when it is given."""
        total = self.held * spot
        for quantity, t in self.options:
            left = t.years - passed
            if left <= 1e-9:
                total += quantity * max(t.sign * (spot - t.strike), 0.0)
                continue
            total += quantity * formulas.value(
                replace(t, spot=spot, years=left, vol=t.vol if vol is None else vol)
            )
        return total

    def greeks(self) -> Greeks:
        parts = [(q, formulas.greeks(t)) for q, t in self.options]

        def total(name: str) -> float:
            return sum(q * float(getattr(g, name)) for q, g in parts)

        return Greeks(
            total("delta") + self.held, total("gamma"), total("vega"), total("theta"), total("rho")
        )


def _market(position: Position) -> Terms:
    """What every leg shares, as the terms of a call at the spot; InputError for what cannot be."""
    if (position.spot is None) == (position.forward is None):
        raise refuse(
            "The price of the underlying is not clear.",
            "Give exactly one.",
            "Give `spot` or `forward`.",
        )
    spot = position.spot if position.spot is not None else position.forward or 0.0
    positive(
        spot, "The price of the underlying", why="Black-Scholes and Black-76 take its logarithm."
    )
    years = term(position.years, position.days)
    rate = continuous(position.rate_pct, position.compounding, years)
    earned = continuous(position.yield_pct, position.compounding, years)
    return Terms(
        sign=1,
        spot=spot,
        strike=spot,
        years=years,
        rate=rate,
        carry=0.0 if position.forward is not None else rate - earned,
        on_future=position.forward is not None,
        vol=positive(position.volatility_pct, "A volatility") / 100,
    )


def _own_terms(market: Terms, leg: Leg, strike: float, own: PricedLeg | None) -> Terms:
    """The market with one leg's side and strike, and its own time and volatility where it has them."""
    years, vol = market.years, market.vol
    if own is not None and own.days is not None:
        years = positive(own.days / 365, "The time of a leg")
    if own is not None and own.volatility_pct is not None:
        vol = positive(own.volatility_pct, "A volatility") / 100
    return replace(
        market, sign=1 if leg.kind == "call" else -1, strike=strike, years=years, vol=vol
    )


def _chances(position: Position, book: _Book) -> dict[str, Value]:
    """Chances under one lognormal at the position's own volatility."""
    carry = book.options[0][1].carry if position.drift_pct is None else position.drift_pct / 100
    law = replace(
        book.options[0][1], sign=1, years=book.years, carry=carry, vol=position.volatility_pct / 100
    )
    how = "Risk-neutral chance" if position.drift_pct is None else "Chance with the given drift"
    values: dict[str, Value] = {}
    if position.between:
        low, high = _range(position.between)
        chance = formulas.finish_below(law, high) - formulas.finish_below(law, low)
        values["range_probability"] = percent(chance, f"{how} to end between {low:g} and {high:g}")
    if position.cost is not None and book.one_expiry:
        values["profit_probability"] = percent(
            _profitable(book.legs, exact(position.cost), law), f"{how} of a profit at expiry"
        )
        payoff = book.value(book.spot, None, 0.0) / law.discount
        values["expected_payoff"] = figure(
            payoff, currency(position.currency), "Risk-neutral expectation of the payoff"
        )
    return values


def _range(between: Sequence[float]) -> tuple[float, float]:
    if len(between) != 2 or between[0] >= between[1]:
        raise refuse(
            "The range is not clear.",
            "It takes a lower and a higher price.",
            "Give two prices, the lower one first.",
        )
    return between[0], between[1]


def _profitable(legs: Sequence[Leg], cost: Fraction, law: Terms) -> float:
    """The chance that the payoff at expiry exceeds the cost: over the stretches between break-evens."""
    payoff = payoff_of(legs)
    ends = [Fraction(0), *payoff.crossings(cost).prices()]
    total = 0.0
    for i, low in enumerate(ends):
        high = ends[i + 1] if i + 1 < len(ends) else None
        middle = (low + high) / 2 if high is not None else low * 2 + payoff.knots[-1] + 1
        if payoff.at(middle) > cost:
            above = 1.0 if high is None else formulas.finish_below(law, float(high))
            total += above - formulas.finish_below(law, float(low))
    return total


def _grid(position: Position, book: _Book, unit: str) -> tuple[Table, dict[str, Value]]:
    """Long rows of (days from now, volatility, spot, value, profit) and a figure for each."""
    if not (position.at_spots or position.at_volatilities_pct or position.at_days):
        return (), {}
    spots = position.at_spots or [book.spot]
    vols: list[float | None] = [*position.at_volatilities_pct] or [None]
    days = position.at_days or [0.0]
    if len(spots) * len(vols) * len(days) > MOST_CELLS:
        raise refuse(
            f"The grid has {len(spots) * len(vols) * len(days)} cells.",
            f"At most {MOST_CELLS} can be read.",
            "Ask for fewer.",
        )
    rows: list[tuple[Scalar, ...]] = [("days", "volatility_pct", "spot", "value", "profit")]
    cells: dict[str, Value] = {}
    for day in days:
        if day < 0 or day / 365 > book.years + 1e-9:
            raise refuse(
                f"{day:g} days from now is outside the position's life.",
                f"Its first expiry is in {book.years * 365:g} days.",
                "Ask for days within it.",
            )
        for vol in vols:
            for spot in spots:
                positive(spot, "A price of the grid")
                worth = book.value(
                    spot, None if vol is None else positive(vol, "A volatility") / 100, day / 365
                )
                shown = position.volatility_pct if vol is None else vol
                profit = None if position.cost is None else worth - position.cost
                rows.append((day, shown, spot, worth, profit))
                where = f"spot {spot:g}, volatility {shown:g} %, in {day:g} days"
                key = f"at_{spot:g}_{shown:g}_{day:g}".replace(".", "p").replace("-", "m")
                cells[f"value_{key}"] = figure(worth, unit, f"Value at {where}")
                if profit is not None:
                    cells[f"profit_{key}"] = figure(profit, unit, f"Profit at {where}")
    return tuple(rows), cells


def _warnings(position: Position, book: _Book) -> list[str]:
    notes = [*dated(position), *slip(position.volatility_pct, "The volatility")]
    if not position.rate_pct:
        notes.append("The interest rate is taken as 0 %.")
    if position.cost is not None and not book.one_expiry:
        notes.append(
            "The legs expire at different times: there is no one chance of profit at expiry."
        )
    if all(leg.volatility_pct is None for leg in position.legs):
        notes.append("Every strike has the same volatility here; a market has a smile.")
    if position.cost is not None or position.between:
        notes.append("Chances are those of a lognormal price, not of the market's own beliefs.")
    return notes
