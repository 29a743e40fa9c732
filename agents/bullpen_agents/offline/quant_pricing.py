"""The first sentence of an answer about an option's worth, an implied volatility or a position.

The rule it protects: the sentence answers what was asked, with the figure first; no solution and
several solutions are answers. It calls no tool.
"""

from __future__ import annotations

from collections.abc import Callable

from bullpen_agents.grammar.intents import Compute
from bullpen_agents.offline.desk import Seen


def option(found: Seen, asked: Compute) -> str:
    """What one option is worth; the Greek that was asked for comes first."""
    what = found.summary.removeprefix("Value of the ").split(" by ")[0].split(", per")[0]
    how = found.summary.partition(" by ")[2].partition(", per")[0]
    method = f", by {how}" if how else ""
    first = ""
    if asked.focus and found.known(asked.focus):
        first = f"**{found.label(asked.focus)}: {found.cite(asked.focus)}**. "
    whole = (
        f" **The whole position is worth {found.cite('position_value')}.**"
        if found.known("position_value")
        else ""
    )
    return f"{first}**The {what} is worth {found.cite('value')}** per unit of the underlying{method}.{whole}"


def implied(found: Seen, asked: Compute) -> str:
    """None, one or several volatilities."""
    del asked
    keys = [key for key in found.values if key.startswith("volatility_")]
    if not keys:
        return (
            f"**No volatility gives a price of {found.cite('price')}.** Volatilities up to `500` % give "
            f"{found.cite('lowest_price')} to {found.cite('highest_price')}."
        )
    if len(keys) == 1:
        return f"**A price of {found.cite('price')} implies a volatility of {found.cite(keys[0])}** a year."
    listed = " and ".join(found.cite(key) for key in keys)
    return (
        f"**{found.cite('solutions')} flat volatilities give a price of {found.cite('price')}: {listed}.** "
        "The price alone does not say which."
    )


def position(found: Seen, asked: Compute) -> str:
    """What a position is worth now, and its odds."""
    what = found.summary.removeprefix("Value of the ").split(" before expiry")[0]
    what = f"position `{what}`" if "legs" in asked.args else what
    text = f"**The {what} is worth {found.cite('value')} now**"
    if found.known("cost"):
        text += f" against a cost of {found.cite('cost')}"
    if found.known("profit_probability"):
        text += f"; {found.label('profit_probability').lower()}: {found.cite('profit_probability')}"
    if found.known("range_probability"):
        text += f"; {found.label('range_probability').lower()}: {found.cite('range_probability')}"
    if found.known("position_value"):
        text += f". The whole position is worth {found.cite('position_value')}"
    return f"{text}."


PRICING: dict[str, Callable[[Seen, Compute], str]] = {
    "option_value": option,
    "digital_option": option,
    "barrier_option": option,
    "asian_option": option,
    "implied_volatility": implied,
    "strategy_value": position,
}
