"""What an option is worth now, and its Greeks: vanilla, digital and barrier, as tools.

The rule it protects: each value names its formula and its conventions, and an
approximation says that it is one. It does not know what an option trades at, nor payoffs of several legs; averages
stand in `averages.py`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from pydantic import Field

from bullpen_tools.context import Result, ToolContext, Value
from bullpen_tools.quant import american as early
from bullpen_tools.quant import barriers, terms
from bullpen_tools.quant import black_scholes as formulas
from bullpen_tools.quant.answers import currency, figure, not_negative, percent, positive, refuse
from bullpen_tools.quant.black_scholes import Terms
from bullpen_tools.quant.terms import OptionTerms
from bullpen_tools.tool import Arguments, tool


class Dividend(Arguments):
    """One cash dividend."""

    years: float = Field(description="Years from now until it is paid")
    amount: float = Field(description="Amount per unit of the underlying")


class VanillaOption(OptionTerms):
    """A call or a put."""

    exercise: Literal["european", "american"] = Field(
        default="european", description="When it may be exercised"
    )
    model: Literal["lognormal", "bachelier"] = Field(
        default="lognormal",
        description="lognormal: Black-Scholes-Merton on a spot, Black-76 on a forward. bachelier: "
        "normal model, for prices that are or may become negative",
    )
    method: early.Method = Field(
        default="exact",
        description="How an American option is valued; binomial is Cox-Ross-Rubinstein with `steps`",
    )
    steps: int = Field(default=500, ge=2, le=5000, description="Steps of the binomial tree")
    dividends: list[Dividend] = Field(
        default_factory=list[Dividend],
        description="Cash dividends before expiry; their present value comes off the spot",
    )


@tool(risk="read", label="pricing the option", version="1")
def option_value(ctx: ToolContext, option: VanillaOption) -> Result:
    """Value and Greeks of one call or put: Black-Scholes-Merton on a spot, Black-76 on a future or
    forward, Bachelier where prices may be negative; European or American, with a yield or cash
    dividends. Use it when somebody asks what an option is worth or for its delta, gamma, vega,
    theta. Rates are continuous unless `compounding` says otherwise. Per unit of the underlying.
    """
    del ctx
    unit = currency(option.currency)
    normal = option.model == "bachelier"
    if normal and (option.exercise == "american" or option.dividends):
        raise refuse(
            "Bachelier's model is here for European options without dividends.",
            "It is a model of the forward price.",
            "Ask for a European option on the forward.",
        )
    value, greeks, how, told, warnings = _normal(option) if normal else _lognormal(option)
    warnings = [*warnings, *terms.notes(option, normal=normal)]
    name = terms.describe(option, option.exercise if option.exercise == "american" else "")
    result = Result(
        summary=f"Value of the {name} by {how}, per unit of the underlying.",
        values={
            "value": figure(value, unit, "Value"),
            **terms.greek_values(greeks, unit, normal=normal),
            **told,
            **terms.given(option, normal=normal),
        },
        warnings=tuple(warnings),
    )
    return terms.sized(option, result)


_Told = tuple[float, formulas.Greeks, str, dict[str, Value], list[str]]


def _normal(option: VanillaOption) -> _Told:
    t = terms.normal_terms(option)
    told = {
        "moneyness": figure(
            t.sign * (t.spot - t.strike),
            currency(option.currency),
            "Forward less strike" if t.sign > 0 else "Strike less forward",
        )
    }
    g = formulas.bachelier_greeks(t)
    if option.spot is not None:
        g = formulas.on_spot(g, t, terms.carry_of(option, t.rate, t.years))
    return formulas.bachelier(t), g, "Bachelier's normal model", told, []


def _lognormal(option: VanillaOption) -> _Told:
    t = terms.read_terms(option)
    unit = currency(option.currency)
    paid = tuple((d.years, d.amount) for d in option.dividends)
    _check_dividends(option)
    warnings = [
        f"The dividend in {at:g} years falls after the expiry and is left out."
        for at, _ in paid
        if at > t.years
    ]
    bare = early.without_dividends(t, paid)
    plain = formulas.value(bare)
    told = {
        "intrinsic": figure(max(0.0, t.sign * (t.spot - t.strike)), unit, "Intrinsic value"),
        "probability_itm": percent(
            formulas.cdf(t.sign * formulas.d1_d2(bare)[1]),
            "Risk-neutral chance to end in the money",
        ),
    }
    if option.exercise == "european":
        how = "Black-76" if option.forward is not None else "Black-Scholes-Merton"
        return plain, early.with_dividends(formulas.greeks(bare), t, paid), how, told, warnings

    def price(one: Terms) -> float:
        if paid:
            # A term that is a day shorter brings the dividends a day nearer too.
            nearer = tuple((at + one.years - t.years, amount) for at, amount in paid)
            return early.american_with_dividends(one, nearer, min(option.steps, 400))
        return early.american(one, option.method, option.steps, quick=True)

    value = price(t) if paid else early.american(t, option.method, option.steps)
    if paid:
        warnings.append("With cash dividends the American option is valued on a binomial tree.")
    how = "a binomial tree" if paid else _METHODS[option.method]
    told["early_exercise"] = figure(value - plain, unit, "Premium for early exercise")
    told["european_value"] = figure(plain, unit, "The same option, European")
    return value, terms.bumped(price, t), how, told, warnings


_METHODS = {
    "exact": "the method of Andersen, Lake and Offengenden (2016)",
    "binomial": "the tree of Cox, Ross and Rubinstein",
    "barone_adesi_whaley": "the approximation of Barone-Adesi and Whaley (1987)",
    "bjerksund_stensland": "the approximation of Bjerksund and Stensland (1993)",
}


def _check_dividends(option: VanillaOption) -> None:
    for dividend in option.dividends:
        positive(dividend.years, "The time of a dividend")
        positive(dividend.amount, "A dividend")
    if option.dividends and option.forward is not None:
        raise refuse(
            "Cash dividends were given for an option on a forward.",
            "A forward price has them in it already.",
            "Leave them out, or give the spot price.",
        )


class DigitalOption(OptionTerms):
    """An option that pays a fixed amount, the underlying, or against another price."""

    pays: Literal["cash", "asset", "gap"] = Field(
        default="cash",
        description="cash: `amount`; asset: the underlying; gap: against `paid_strike`",
    )
    amount: float = Field(default=1.0, description="What a cash digital pays")
    paid_strike: float | None = Field(
        default=None, description="Gap option: the price it settles against (strike is the trigger)"
    )
    touch: bool = Field(
        default=False,
        description="True: it depends on the strike being touched before expiry (one-touch); false: on the end",
    )
    touch_pays: Literal["at_touch", "at_expiry", "if_never_touched"] = Field(
        default="at_touch", description="With touch: when it pays; if_never_touched is a no-touch"
    )


@tool(risk="read", label="pricing the digital", version="1")
def digital_option(ctx: ToolContext, option: DigitalOption) -> Result:
    """Value and Greeks of a digital (binary) option: cash-or-nothing, asset-or-nothing, gap, or a
    one-touch that pays when the strike is first touched. Use it for "what does a bet that pays 10
    if oil ends above 90 cost".
    """
    del ctx
    t = terms.read_terms(option)
    unit = currency(option.currency)
    positive(t.vol, "The volatility")
    if option.pays == "gap" and option.paid_strike is None:
        raise refuse(
            "A gap option needs two prices.",
            "`paid_strike` is missing.",
            "Give the settlement price.",
        )
    if option.touch and option.pays == "gap":
        raise refuse(
            "A gap option has no touch version.", "It settles at expiry.", "Set touch to false."
        )
    if option.pays == "cash":
        not_negative(option.amount, "The amount that it pays")
    wall = barriers.Barrier(option.strike, up=t.sign > 0, out=True)

    def price(one: Terms) -> float:
        if option.touch:
            return _touched(option, one, wall)
        if option.pays == "cash":
            return formulas.cash_or_nothing(one, option.amount)
        if option.pays == "asset":
            return formulas.asset_or_nothing(one)
        return formulas.gap(one, option.paid_strike or 0.0)

    if option.touch:
        chance = barriers.touch_probability(t, wall)
        chance = 1 - chance if option.touch_pays == "if_never_touched" else chance
    else:
        chance = formulas.cdf(t.sign * formulas.d1_d2(t)[1])
    never = option.touch_pays == "if_never_touched"
    touching = "no-touch" if never else "one-touch"
    what = touching if option.touch else f"{option.pays} digital"
    result = Result(
        summary=f"Value of the {terms.describe(option, what)}, per unit of the underlying.",
        values={
            "value": figure(price(t), unit, "Value"),
            "probability": percent(chance, "Risk-neutral chance that it pays"),
            **terms.greek_values(
                terms.bumped(price, t, wall=option.strike if option.touch else None), unit
            ),
            **terms.given(option),
        },
        warnings=tuple(terms.notes(option)),
    )
    return terms.sized(option, result)


def _touched(option: DigitalOption, t: Terms, wall: barriers.Barrier) -> float:
    """One-touch and no-touch digitals (Rubinstein and Reiner, 1991; Haug, ch. 4.19.5)."""
    cash = option.pays == "cash"
    if option.touch_pays == "at_touch":
        paid = option.amount if cash else t.spot if wall.touched(t.spot) else wall.level
        return paid * barriers.touch_value(t, wall)
    # An asset that is paid at expiry is counted in units of itself: its drift gains the variance.
    law = t if cash else replace(t, carry=t.carry + t.vol * t.vol)
    chance = barriers.touch_probability(law, wall)
    if option.touch_pays == "if_never_touched":
        chance = 1 - chance
    return t.discount * chance * (option.amount if cash else t.forward)


class BarrierOption(OptionTerms):
    """A call or put that is born or dies at a barrier."""

    barrier: float = Field(description="Price at which it knocks in or out")
    barrier_type: Literal["down_and_out", "down_and_in", "up_and_out", "up_and_in"] = Field(
        description="Where the barrier lies and what it does"
    )
    rebate: float = Field(
        default=0.0,
        description="Cash paid for a knock-out at the touch, for a knock-in that was not touched at expiry",
    )
    watched_per_year: float | None = Field(
        default=None,
        description="How many times a year the barrier is looked at: 252 for daily closes. "
        "Left out: all the time",
    )


@tool(risk="read", label="pricing the barrier option", version="1")
def barrier_option(ctx: ToolContext, option: BarrierOption) -> Result:
    """Value and Greeks of a single-barrier European option (Reiner and Rubinstein), with a rebate,
    watched all the time or at dates. Use it for knock-in and knock-out calls and puts.
    """
    del ctx
    t = terms.read_terms(option)
    unit = currency(option.currency)
    positive(option.barrier, "The barrier")
    positive(t.vol, "The volatility")
    not_negative(option.rebate, "The rebate")
    side, _, action = option.barrier_type.partition("_and_")
    wall = barriers.Barrier(option.barrier, side == "up", action == "out", option.rebate)
    warnings = terms.notes(option)
    if wall.touched(t.spot):
        warnings.insert(0, "The underlying is at the barrier or beyond it: it counts as touched.")
    watched = wall
    if option.watched_per_year is not None:
        watched = wall.watched(t.vol, 1 / positive(option.watched_per_year, "The watching"))
        warnings.append(
            "For dates of watching the barrier is moved outwards (Broadie, Glasserman and Kou, 1997)."
        )

    def price(one: Terms) -> float:
        return barriers.barrier_value(one, watched)

    value, plain = price(t), formulas.value(t)
    result = Result(
        summary=f"Value of the {terms.describe(option, option.barrier_type.replace('_', '-'))} at "
        f"{option.barrier:g}, per unit of the underlying.",
        values={
            "value": figure(value, unit, "Value"),
            "vanilla_value": figure(plain, unit, "The same option without a barrier"),
            "touch_probability": percent(
                barriers.touch_probability(t, watched), "Risk-neutral chance of a touch"
            ),
            **terms.greek_values(terms.bumped(price, t, wall=option.barrier), unit),
            **terms.given(option),
            "barrier": figure(option.barrier, unit, "Barrier", kind="assumed"),
        },
        warnings=tuple(warnings),
    )
    return terms.sized(option, result)
