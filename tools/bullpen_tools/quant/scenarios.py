"""A book under scenarios, and hedges compared on the same scenarios.

The rule it protects: every position is revalued in full (options by formula or at expiry), never by its
delta; probabilities must add up to one. The scenarios are the requester's, not a forecast.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from bullpen_tools.context import Result, Scalar, ToolContext, Value
from bullpen_tools.quant import black_scholes as formulas
from bullpen_tools.quant.answers import Table, currency, figure, percent, positive, refuse
from bullpen_tools.quant.black_scholes import Terms
from bullpen_tools.tool import Arguments, tool


class Line(Arguments):
    """One position of the book."""

    name: str = Field(description="What people call it: long SLV, 60 put")
    underlying: str = Field(description="What its price depends on; the scenarios name it")
    kind: Literal["linear", "call", "put"] = Field(
        default="linear", description="linear: stock, future, bond by price"
    )
    quantity: float = Field(description="Units; negative when sold")
    price: float | None = Field(
        default=None,
        description="Price now: of the underlying for linear, of the option otherwise (left out: its model value)",
    )
    spot: float | None = Field(
        default=None, description="For an option: price of the underlying now"
    )
    strike: float | None = Field(default=None, description="For an option: its strike")
    days: float = Field(
        default=0.0, description="For an option: calendar days to expiry; 0 values it at expiry"
    )
    volatility_pct: float = Field(
        default=0.0, description="For an option: volatility, percent a year"
    )


class Move(Arguments):
    """What one underlying does in a scenario."""

    underlying: str = Field(description="The underlying")
    change_pct: float | None = Field(
        default=None, description="Change of its price in percent; or `price`"
    )
    price: float | None = Field(default=None, description="Its price in the scenario")
    volatility_pct: float | None = Field(
        default=None, description="Volatility of its options in the scenario"
    )


class Scenario(Arguments):
    """One state of the world."""

    name: str = Field(description="Its name: oil falls to 60")
    probability_pct: float | None = Field(
        default=None, description="Probability in percent, for the expected value"
    )
    moves: list[Move] = Field(description="What moves; what is not named stays")
    days: float = Field(default=0.0, description="Calendar days that pass")


class Book(Arguments):
    """Positions and scenarios."""

    positions: list[Line] = Field(min_length=1, max_length=20, description="The positions")
    scenarios: list[Scenario] = Field(min_length=1, max_length=12, description="The scenarios")
    currency: str = Field(default="USD", description="Currency of all prices")


@tool(risk="read", label="running the scenarios", version="1")
def scenario_book(ctx: ToolContext, book: Book) -> Result:
    """Profit and loss of a book in each scenario, position by position, with full revaluation of options;
    the worst one, and the expected value when probabilities are given.
    """
    del ctx
    unit = currency(book.currency)
    rows, totals = _matrix(book.positions, book.scenarios)
    values = {
        f"profit_{n}": figure(total, unit, f"Profit in: {scenario.name}")
        for n, (scenario, total) in enumerate(zip(book.scenarios, totals, strict=True), start=1)
    }
    values |= _summed(book.scenarios, totals, unit)
    return Result(
        summary="The book in each scenario; positions are revalued in full.",
        values=values,
        warnings=("Options are valued at one volatility each, without interest.",)
        if any(p.kind != "linear" for p in book.positions)
        else (),
        table=rows,
    )


def _matrix(positions: Sequence[Line], scenarios: Sequence[Scenario]) -> tuple[Table, list[float]]:
    known = {line.underlying for line in positions}
    for scenario in scenarios:
        strange = [move.underlying for move in scenario.moves if move.underlying not in known]
        if strange:
            raise refuse(
                f"The scenario “{scenario.name}” moves {strange[0]}.",
                "No position depends on it.",
                f"Name one of: {', '.join(sorted(known))}.",
            )
    rows: list[tuple[Scalar, ...]] = [("position", *(scenario.name for scenario in scenarios))]
    totals = [0.0] * len(scenarios)
    for line in positions:
        profits = [_profit(line, scenario) for scenario in scenarios]
        rows.append((line.name, *profits))
        totals = [a + b for a, b in zip(totals, profits, strict=True)]
    rows.append(("total", *totals))
    return tuple(rows), totals


def _profit(line: Line, scenario: Scenario) -> float:
    move = next((m for m in scenario.moves if m.underlying == line.underlying), None)
    if line.kind == "linear":
        if line.price is None:
            raise refuse(
                f"{line.name} has no price.",
                "A linear position needs its price now.",
                "Give `price`.",
            )
        return line.quantity * (_moved(line.price, move, line.name) - line.price)
    if line.spot is None or line.strike is None:
        raise refuse(
            f"{line.name} is an option without spot or strike.",
            "Both are needed.",
            "Give `spot` and `strike`.",
        )
    now = (
        line.price
        if line.price is not None
        else _option(line, line.spot, line.days, line.volatility_pct)
    )
    vol = (
        line.volatility_pct if move is None or move.volatility_pct is None else move.volatility_pct
    )
    then = _option(line, _moved(line.spot, move, line.name), line.days - scenario.days, vol)
    return line.quantity * (then - now)


def _moved(price: float, move: Move | None, name: str) -> float:
    if move is None:
        return price
    if (move.change_pct is None) == (move.price is None):
        if move.volatility_pct is not None and move.price is None:
            return price
        raise refuse(
            f"The move of {move.underlying} for {name} is not clear.",
            "Give exactly one.",
            "Give `change_pct` or `price`.",
        )
    return move.price if move.price is not None else price * (1 + (move.change_pct or 0.0) / 100)


def _option(line: Line, spot: float, days: float, vol_pct: float) -> float:
    sign = 1 if line.kind == "call" else -1
    strike = line.strike or 0.0
    if days <= 0 or spot <= 0:
        return max(sign * (spot - strike), 0.0)
    positive(vol_pct, f"The volatility of {line.name}")
    terms = Terms(
        sign=sign,
        spot=spot,
        strike=positive(strike, f"The strike of {line.name}"),
        years=days / 365,
        rate=0.0,
        carry=0.0,
        vol=vol_pct / 100,
    )
    return formulas.value(terms)


def _summed(scenarios: Sequence[Scenario], totals: Sequence[float], unit: str) -> dict[str, Value]:
    worst = min(range(len(totals)), key=lambda i: totals[i])
    values = {
        "worst": figure(totals[worst], unit, "Worst scenario"),
        "worst_name": figure(scenarios[worst].name, "text", "It is"),
    }
    chances = [scenario.probability_pct for scenario in scenarios]
    if all(chance is None for chance in chances):
        return values
    if any(chance is None for chance in chances) or abs(sum(c or 0 for c in chances) - 100) > 0.01:
        raise refuse(
            "The probabilities are not usable.",
            f"They add up to {sum(c or 0 for c in chances):g} %, or one is missing.",
            "Let them add up to 100 %, or leave all out.",
        )
    weights = [(c or 0) / 100 for c in chances]
    expected = sum(w * total for w, total in zip(weights, totals, strict=True))
    values["expected"] = figure(expected, unit, "Expected profit")
    values["loss_probability"] = percent(
        sum(w for w, total in zip(weights, totals, strict=True) if total < 0),
        "Probability of a loss",
    )
    return values


class Hedge(Arguments):
    """One hedge: positions that are added to the book."""

    name: str = Field(description="Its name: put spread")
    positions: list[Line] = Field(
        min_length=1, max_length=8, description="What is bought and sold for it"
    )


class Hedging(Arguments):
    """A book, hedges to compare, and scenarios."""

    positions: list[Line] = Field(
        min_length=1, max_length=20, description="The book without a hedge"
    )
    hedges: list[Hedge] = Field(min_length=1, max_length=6, description="The hedges")
    scenarios: list[Scenario] = Field(min_length=1, max_length=12, description="The scenarios")
    currency: str = Field(default="USD", description="Currency of all prices")


@tool(risk="read", label="comparing the hedges", version="1")
def hedge_comparison(ctx: ToolContext, hedging: Hedging) -> Result:
    """Compare hedges of a book on the same scenarios: what each costs, the worst loss left, how much of
    the worst loss it takes away per unit of cost, and what it gives up in the best scenario.
    """
    del ctx
    unit = currency(hedging.currency)
    _, bare = _matrix(hedging.positions, hedging.scenarios)
    rows: list[tuple[Scalar, ...]] = [
        ("hedge", "cost", *(s.name for s in hedging.scenarios), "worst")
    ]
    rows.append(("none", 0.0, *bare, min(bare)))
    values = {"worst_unhedged": figure(min(bare), unit, "Worst loss without a hedge")}
    for number, hedge in enumerate(hedging.hedges, start=1):
        _, with_it = _matrix([*hedging.positions, *hedge.positions], hedging.scenarios)
        cost = sum(_paid(line) for line in hedge.positions)
        saved = min(with_it) - min(bare)
        rows.append((hedge.name, cost, *with_it, min(with_it)))
        values |= {
            f"cost_{number}": figure(cost, unit, f"{hedge.name}: cost (negative: received)"),
            f"worst_{number}": figure(min(with_it), unit, f"{hedge.name}: worst outcome"),
            f"saved_{number}": figure(saved, unit, f"{hedge.name}: taken off the worst loss"),
            f"given_up_{number}": figure(
                max(bare) - with_it[bare.index(max(bare))],
                unit,
                f"{hedge.name}: given up in the best scenario",
            ),
            f"efficiency_{number}": figure(
                saved / cost if cost > 0 else None,
                "x",
                f"{hedge.name}: worst loss saved per unit of cost",
            ),
        }
    best = max(
        range(1, len(hedging.hedges) + 1), key=lambda n: float(values[f"worst_{n}"].value or 0)
    )
    values["best"] = figure(hedging.hedges[best - 1].name, "text", "Least bad worst case")
    return Result(
        summary="Hedges of the book on the same scenarios; positions are revalued in full.",
        values=values,
        warnings=("A hedge that fits these scenarios may not fit another one.",),
        table=tuple(rows),
    )


def _paid(line: Line) -> float:
    """What a position of a hedge costs now; a future or a stock sold costs no premium."""
    if line.kind == "linear":
        return 0.0
    if line.spot is None:
        raise refuse(f"{line.name} is an option without a spot.", "It is needed.", "Give `spot`.")
    return line.quantity * (
        line.price
        if line.price is not None
        else _option(line, line.spot, line.days, line.volatility_pct)
    )
