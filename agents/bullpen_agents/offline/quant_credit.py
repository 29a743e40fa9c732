"""The first sentence of an answer about a firm's debt, a bond or a default swap.

The rule it protects: two roots and none are answers, each said with what it implies. It calls no tool.
"""

from __future__ import annotations

from collections.abc import Callable

from bullpen_agents.grammar.intents import Compute
from bullpen_agents.offline.desk import Seen


def merton(found: Seen, asked: Compute) -> str:
    """What the model says: assets and default risk, or the capital structures that fit."""
    if "least_equity_volatility" in found.values:
        return _structures(found)
    if not found.known("asset_value"):
        return f"**{found.summary}** Solutions: {found.cite('roots')}."
    text = (
        f"**The assets are worth {found.cite('asset_value')} with a volatility of {found.cite('asset_volatility')}; the "
        f"risk-neutral default probability is {found.cite('default_probability')}**"
    )
    if "asset_value" in asked.args:
        text = (
            f"**The equity is worth {found.cite('equity_value')} with a volatility of {found.cite('equity_volatility')}, "
            f"the debt {found.cite('debt_value')} at a spread of {found.cite('spread')}**"
        )
    return f"{text} (Merton's model)."


def _structures(found: Seen) -> str:
    both = (
        f"{found.cite('spread')} against an equity volatility of {found.cite('equity_volatility')}"
    )
    where = f"at a horizon of {found.cite('horizon')}"
    tails = [key.removeprefix("debt_share") for key in found.values if key.startswith("debt_share")]
    if not tails:
        return (
            f"**No capital structure fits {both} {where}** (Merton's model): that spread takes an equity volatility of at "
            f"least {found.cite('least_equity_volatility')}."
        )
    ways = " or ".join(
        f"a debt share of {found.cite(f'debt_share{tail}')} with an asset volatility of {found.cite(f'asset_volatility{tail}')}"
        for tail in tails
    )
    number = (
        "Two capital structures fit"
        if len(tails) == 2
        else "One capital structure fits"
        if len(tails) == 1
        else "Several fit"
    )
    decides = (
        " The horizon decides: see the sweep below."
        if any(key.startswith("roots_") for key in found.values)
        else ""
    )
    return f"**{number} {both} {where}: {ways}** (Merton's model).{decides}"


def bond(found: Seen, asked: Compute) -> str:
    """Price or yield, and what was asked for first."""
    first = (
        f"**{found.label(asked.focus)}: {found.cite(asked.focus)}**. "
        if asked.focus != "yield" and found.known(asked.focus)
        else ""
    )
    if "price" in asked.args:
        return f"{first}**The bond yields {found.cite('yield')}** at a clean price of {found.cite('clean_price')}; its modified duration is {found.cite('modified_duration')}."
    return f"{first}**The bond is worth {found.cite('clean_price')}** (clean) at a yield of {found.cite('yield')}; its modified duration is {found.cite('modified_duration')}."


def cds(found: Seen, asked: Compute) -> str:
    """Default risk and fair spread."""
    del asked
    return (
        f"**A fair spread of {found.cite('fair_spread')} means a hazard rate of {found.cite('hazard')} a year and a "
        f"risk-neutral probability of default by maturity of {found.cite('default_probability')}**; the risky annuity is "
        f"{found.cite('annuity')}. Upfront for protection at the running coupon: {found.cite('upfront')} of the notional, {found.cite('upfront_amount')}."
    )


CREDIT: dict[str, Callable[[Seen, Compute], str]] = {
    "merton_model": merton,
    "bond_value": bond,
    "cds_value": cds,
}
