"""Charts as PNG files: the payoff of a strategy and the history of series.

The rule it protects: a chart shows what a receipt or the stored data say, never numbers that a
model typed in, and names them in its source line. It computes no measure of its own (see
`measures.py` and `structures.py`).
"""

from __future__ import annotations

import json
from datetime import date
from fractions import Fraction

from pydantic import Field

from bullpen_memory.errors import InputError
from bullpen_tools.context import DataRef, Receipt, Result, ToolContext
from bullpen_tools.drawing import (
    Panel,
    PayoffPicture,
    Transform,
    draw_panel,
    draw_payoff,
    panel_csv,
    payoff_csv,
)
from bullpen_tools.histories import Common, History, load, load_common, require_returns
from bullpen_tools.options import Strategy, describe, legs_of
from bullpen_tools.structures import exact, payoff_of
from bullpen_tools.style import save
from bullpen_tools.tool import Arguments, tool


@tool(risk="read", label="drawing the payoff", version="1")
def payoff_chart(ctx: ToolContext, receipt: str, title: str = "") -> Result:
    """Draw the payoff at expiry that a `strategy_payoff` receipt holds: profit and loss shaded,
    strikes and break-evens marked. Call `strategy_payoff` first.

    Args:
        receipt: Id of the receipt of strategy_payoff, such as r42.
        title: Title of the chart. Default: the strategy's name.
    """
    found = _strategy_receipt(ctx, receipt)
    strategy = Strategy.model_validate_json(json.dumps(found.inputs))
    payoff = payoff_of(legs_of(strategy))
    cost = None if strategy.cost is None else exact(strategy.cost)
    name = describe(strategy)
    picture = PayoffPicture(
        payoff=payoff,
        cost=cost,
        title=title or f"{name} at expiry",
        subtitle=_payoff_subtitle(strategy, cost),
        source=f"Source: receipt {found.id} ({found.tool}), inputs as given by the requester",
        currency=strategy.currency.upper(),
    )
    artifact = save(
        draw_payoff(picture),
        ctx.artifacts,
        name=f"payoff {name}",
        title=picture.title,
        alt=picture.alt,
        rows=payoff_csv(picture),
    )
    return Result(
        summary=f"A chart of the {name} at expiry, drawn from {found.id}.",
        data=(DataRef(dataset=f"receipt:{found.id}", vintage=found.created_at.isoformat()),),
        artifacts=(artifact,),
        as_of=found.result.as_of,
        known_at=found.result.known_at,
    )


def _strategy_receipt(ctx: ToolContext, receipt: str) -> Receipt:
    found = ctx.receipts.get(receipt.strip(), scopes=ctx.scopes)
    if found is None:
        raise InputError(
            f"There is no receipt {receipt} here.",
            "It does not exist or belongs to another conversation.",
            "Call `strategy_payoff` and use the receipt it returns.",
        )
    if found.tool != "strategy_payoff" or found.error:
        raise InputError(
            f"The receipt {receipt} holds no payoff.",
            f"It is {'a failed call of' if found.error else 'from'} `{found.tool}`.",
            "Call `strategy_payoff` and use the receipt it returns.",
        )
    return found


def _payoff_subtitle(strategy: Strategy, cost: Fraction | None) -> str:
    currency = strategy.currency.upper()
    if cost is None:
        return f"Payoff per unit in {currency} by price of the underlying; no cost was given"
    paid = f"{abs(float(cost)):,.2f}"
    deal = f"a cost of {paid}" if cost >= 0 else f"a credit of {paid}"
    return f"Profit and loss per unit in {currency} by price of the underlying, after {deal}"


class SeriesChart(Arguments):
    """What to draw."""

    series: list[str] = Field(
        description="Names, symbols or ids of one to six series", min_length=1, max_length=6
    )
    transform: Transform = Field(
        default="level",
        description="level: as stored; index: rebased to 100; returns: log returns in percent; "
        "rolling_vol: annualised volatility over `window` returns; drawdown: fall from the peak",
    )
    window: int = Field(default=60, ge=5, description="Returns in the window of rolling_vol")
    start: date | None = Field(default=None, description="First day, YYYY-MM-DD")
    end: date | None = Field(default=None, description="Last day, YYYY-MM-DD")
    title: str = Field(default="", description="Title of the chart. Default: what it shows")


@tool(risk="read", label="drawing the chart", version="1")
def series_chart(ctx: ToolContext, chart: SeriesChart) -> Result:
    """Draw one to six series over time: levels, rebased index, returns, rolling volatility or
    drawdown. Several series are drawn on the dates that all of them have.
    """
    common = _common(ctx, chart)
    _check_units(common.histories, chart.transform)
    panel = Panel.of(common, chart.transform, chart.window, chart.title)
    artifact = save(
        draw_panel(panel),
        ctx.artifacts,
        name=f"{chart.transform} {' '.join(history.key for history in common.histories)}",
        title=panel.title,
        alt=panel.alt,
        rows=panel_csv(panel),
    )
    return Result(
        summary=f"A chart: {panel.title}. {panel.subtitle}.",
        data=tuple(history.ref for history in common.histories),
        warnings=common.warnings,
        artifacts=(artifact,),
        as_of=common.dates[-1],
        known_at=max(history.known_at for history in common.histories),
    )


def _common(ctx: ToolContext, chart: SeriesChart) -> Common:
    if len(chart.series) == 1:
        history = load(ctx, chart.series[0], chart.start, chart.end)
        return Common((history,), history.warnings)
    return load_common(ctx, chart.series, chart.start, chart.end)


def _check_units(histories: tuple[History, ...], transform: Transform) -> None:
    units = {history.info.unit.lower() for history in histories}
    if transform == "level" and len(units) > 1:
        listed = ", ".join(f"{h.info.id} in {h.info.unit or 'no unit'}" for h in histories)
        raise InputError(
            "Levels in different units do not share an axis.",
            f"The series are {listed}.",
            "Use the transform index, or one chart for each.",
        )
    if transform != "level":
        for history in histories:
            require_returns(history)
