"""Options whose end depends on the way there or on another option: lookback, chooser, compound, two barriers, as a tool.

The rule it protects: each style names its formula and needs its own terms, and asks for them by name. European,
watched all the time; averages stand in `averages.py`, single barriers in `valuation.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from pydantic import Field

from bullpen_tools.context import Result, ToolContext
from bullpen_tools.quant import black_scholes as formulas
from bullpen_tools.quant import exotics, terms
from bullpen_tools.quant.answers import currency, figure, positive, refuse
from bullpen_tools.quant.black_scholes import Terms
from bullpen_tools.quant.terms import OptionTerms
from bullpen_tools.tool import tool

Style = Literal[
    "lookback_floating", "lookback_fixed", "chooser", "compound", "forward_start",
    "double_knock_out", "double_knock_in",
]  # fmt: skip
_HOW: dict[Style, str] = {
    "lookback_floating": "Goldman, Sosin and Gatto's formula (1979)",
    "lookback_fixed": "Conze and Viswanathan's formula (1991)",
    "chooser": "Rubinstein's formula (1991)",
    "compound": "Geske's model (1979)",
    "forward_start": "Rubinstein's formula (1990)",
    "double_knock_out": "Ikeda and Kunitomo's series (1992)",
    "double_knock_in": "Ikeda and Kunitomo's series (1992)",
}


class ExoticOption(OptionTerms):
    """A path-dependent or compound option."""

    style: Style = Field(description="Which option")
    kind: Literal["call", "put"] = Field(
        default="call", description="call or put; of a compound, the option underneath"
    )
    strike: float = Field(
        default=0.0,
        description="Strike; of a compound, that of the option underneath. Not for a floating "
        "lookback or a forward start",
    )
    extremum: float | None = Field(
        default=None,
        description="Lookback: lowest price so far (floating call, fixed put) or highest; default the spot",
    )
    decided_years: float | None = Field(
        default=None,
        description="chooser: years until the choice; compound: until the outer option expires; "
        "forward_start: until it begins",
    )
    strike_share_pct: float = Field(
        default=100.0, description="forward_start: strike in percent of the spot when it begins"
    )
    outer_kind: Literal["call", "put"] = Field(
        default="call", description="compound: an option to buy (call) or sell (put) the other"
    )
    outer_strike: float | None = Field(
        default=None, description="compound: price at which the outer option trades the other"
    )
    lower_barrier: float | None = Field(default=None, description="Double barrier: the lower one")
    upper_barrier: float | None = Field(default=None, description="Double barrier: the upper one")


@tool(risk="read", label="pricing the exotic option", version="1")
def exotic_option(ctx: ToolContext, option: ExoticOption) -> Result:
    """Value and Greeks of a European lookback (floating or fixed strike), chooser, compound (option on
    an option), forward-start or double-barrier option, in closed form. Single barriers:
    `barrier_option`; averages: `asian_option`; two assets: `two_asset_option`.
    """
    del ctx
    unit = currency(option.currency)
    floats = option.style in ("lookback_floating", "forward_start")
    whole = option
    if floats and not option.strike:
        # These have no strike of their own; the formula below never reads the one put here.
        whole = option.model_copy(update={"strike": option.spot or option.forward or 0.0})
    t = terms.read_terms(whole)
    positive(t.vol, "The volatility")
    price = _priced(whole, t)
    dated = option.style in ("chooser", "compound", "forward_start")
    values = {
        "value": figure(price(t), unit, "Value"),
        **terms.greek_values(
            terms.bumped(price, t, wall=_wall(whole, t), dated_inside=dated), unit
        ),
        **terms.given(whole),
    }
    if not option.style.startswith(("lookback_floating", "forward", "chooser")):
        values["vanilla_value"] = figure(formulas.value(t), unit, "The plain option of that strike")
    if floats and not option.strike:
        del values["strike"]
    words = option.style.replace("_", " ")
    name = (
        terms.describe(whole, words)
        if option.strike
        else f"{option.underlying} {words} {option.kind}".strip()
    )
    result = Result(
        summary=f"Value of the {name} by {_HOW[option.style]}, per unit of the underlying.",
        values=values,
        warnings=tuple(terms.notes(whole)),
    )
    return terms.sized(whole, result)


def _priced(option: ExoticOption, t: Terms) -> Callable[[Terms], float]:
    """The formula of the style over the terms; InputError for what it lacks."""
    if option.style.startswith("lookback"):
        return _lookback(option, t)
    if option.style.startswith("double"):
        return _double(option)
    names = {"chooser": "The day of the choice", "compound": "The outer option's expiry"}
    at = exotics.check_within(
        option.decided_years, t.years, names.get(option.style, "The start of the option")
    )
    if option.style == "chooser":
        return lambda one: exotics.chooser(one, at)
    if option.style == "forward_start":
        share = positive(option.strike_share_pct, "The share of the spot") / 100
        return lambda one: exotics.forward_start(one, at, share)
    if option.outer_strike is None:
        raise refuse(
            "The price at which the outer option trades the other is missing.",
            "A compound option has two strikes.",
            "Give `outer_strike`.",
        )
    paid = positive(option.outer_strike, "The outer strike")
    side = 1 if option.outer_kind == "call" else -1
    return lambda one: exotics.compound(one, side, paid, at)


def _lookback(option: ExoticOption, t: Terms) -> Callable[[Terms], float]:
    fixed = option.style == "lookback_fixed"
    highest = (t.sign > 0) == fixed
    seen = t.spot if option.extremum is None else positive(option.extremum, "The extremum so far")
    if (seen < t.spot) if highest else (seen > t.spot):
        word = "highest" if highest else "lowest"
        raise refuse(
            f"The {word} price so far is {seen:g}, and the price now is {t.spot:g}.",
            f"A {option.style.replace('_', ' ')} {option.kind} looks back on the {word} price.",
            "Correct `extremum`, or leave it out when the look back begins now.",
        )
    if fixed:
        return lambda one: exotics.lookback_fixed(one, seen)
    return lambda one: exotics.lookback_floating(one, seen)


def _double(option: ExoticOption) -> Callable[[Terms], float]:
    low, high = option.lower_barrier, option.upper_barrier
    if low is None or high is None or not 0 < low < high:
        raise refuse(
            "The two barriers are not clear.",
            "A double barrier has a lower and a higher one.",
            "Give `lower_barrier` below `upper_barrier`.",
        )
    out = option.style == "double_knock_out"

    def price(one: Terms) -> float:
        alive = exotics.double_knock_out(one, low, high)
        return alive if out else formulas.value(one) - alive

    return price


def _wall(option: ExoticOption, t: Terms) -> float | None:
    """The nearest price at which the value has a kink, which a step in spot must not cross."""
    if option.style.startswith("double"):
        walls = (option.lower_barrier, option.upper_barrier)
        return min((w for w in walls if w is not None), key=lambda w: abs(t.spot - w))
    return None
