"""What an option is worth now, and its Greeks: vanilla, digital, barrier and Asian, as tools.

The rule it protects: each value names its formula and its conventions, and an
approximation says that it is one. It does not know what an option trades at, nor payoffs of several legs.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from pydantic import Field

from bullpen_tools.context import Result, ToolContext, Value
from bullpen_tools.quant import american as early
from bullpen_tools.quant import asians, barriers, terms
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
    name = _name(option, option.exercise if option.exercise == "american" else "")
    return Result(
        summary=f"Value of the {name} by {how}, per unit of the underlying.",
        values={
            "value": figure(value, unit, "Value"),
            **terms.greek_values(greeks, unit, normal=normal),
            **told,
            **terms.given(option, normal=normal),
        },
        warnings=tuple(warnings),
    )


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
    return formulas.bachelier(t), formulas.bachelier_greeks(t), "Bachelier's normal model", told, []


def _lognormal(option: VanillaOption) -> _Told:
    t = terms.read_terms(option)
    unit = currency(option.currency)
    paid = tuple((d.years, d.amount) for d in option.dividends)
    _check_dividends(option)
    warnings: list[str] = []
    bare = early.without_dividends(t, paid)
    plain = formulas.value(bare)
    told = {
        "intrinsic": figure(max(t.sign * (t.spot - t.strike), 0.0), unit, "Intrinsic value"),
        "probability_itm": percent(
            formulas.cdf(t.sign * formulas.d1_d2(bare)[1]),
            "Risk-neutral chance to end in the money",
        ),
    }
    if option.exercise == "european":
        how = "Black-76" if option.forward is not None else "Black-Scholes-Merton"
        return plain, formulas.greeks(bare), how, told, warnings

    def price(one: Terms) -> float:
        if paid:
            return early.american_with_dividends(one, paid, min(option.steps, 400))
        return early.american(one, option.method, option.steps)

    value = price(t)
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
        description="True: pays at the first touch of the strike (one-touch); false: at expiry",
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
            paid = option.amount if option.pays == "cash" else _at_hit(one, wall)
            return paid * barriers.touch_value(one, wall)
        if option.pays == "cash":
            return formulas.cash_or_nothing(one, option.amount)
        if option.pays == "asset":
            return formulas.asset_or_nothing(one)
        return formulas.gap(one, option.paid_strike or 0.0)

    if option.touch:
        chance = barriers.touch_probability(t, wall)
    else:
        chance = formulas.cdf(t.sign * formulas.d1_d2(t)[1])
    what = "one-touch" if option.touch else f"{option.pays} digital"
    return Result(
        summary=f"Value of the {_name(option, what)}, per unit of the underlying.",
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


def _at_hit(t: Terms, wall: barriers.Barrier) -> float:
    return t.spot if wall.touched(t.spot) else wall.level


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
    return Result(
        summary=f"Value of the {_name(option, option.barrier_type.replace('_', '-'))} at "
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


class AsianOption(OptionTerms):
    """A call or put on the average price until expiry."""

    average: Literal["arithmetic", "geometric"] = Field(
        default="arithmetic", description="Which mean of the prices"
    )
    fixings: int | None = Field(
        default=None,
        ge=1,
        le=2000,
        description="Equally spaced fixings, the last at expiry. Left out: averaged all the time",
    )
    first_fixing_years: float | None = Field(
        default=None, description="Years until the first fixing. Default: one spacing from now"
    )
    method: Literal["best", "moment_matching"] = Field(
        default="best",
        description="best: exact where a formula exists, else Vecer's partial differential "
        "equation; moment_matching: Turnbull-Wakeman (continuous) or Levy (fixings)",
    )
    average_so_far: float | None = Field(
        default=None, description="Average of the fixings that are known already"
    )
    fixings_so_far: int = Field(default=0, ge=0, description="How many fixings are known already")
    averaged_years: float = Field(
        default=0.0, ge=0, description="Continuous averaging: for how many years it has run already"
    )


@tool(risk="read", label="pricing the Asian option", version="1")
def asian_option(ctx: ToolContext, option: AsianOption) -> Result:
    """Value and Greeks of an option on an average price (Asian): geometric in closed form,
    arithmetic by Vecer's equation or by moment matching. Use it for average-price options such as oil swaptions settled on monthly means.
    """
    del ctx
    t = terms.read_terms(option)
    unit = currency(option.currency)
    positive(t.vol, "The volatility")
    t, share = _seasoned(option, t)
    if t.strike <= 0:
        return _sure(option, t, share, unit)
    value, how = _average_value(option, t)

    def price(one: Terms) -> float:
        return share * _average_value(option, one)[0]

    values = {
        "value": figure(share * value, unit, "Value"),
        **terms.greek_values(terms.bumped(price, t), unit),
        **terms.given(option),
    }
    return Result(
        summary=f"Value of the {_name(option, f'{option.average} Asian')} by {how}, per unit.",
        values=values,
        warnings=tuple(terms.notes(option)),
    )


def _average_value(option: AsianOption, t: Terms) -> tuple[float, str]:
    first = option.first_fixing_years
    if first is not None and (option.fixings or 0) > 1 and not 0 <= first < t.years:
        raise refuse(
            "The first fixing is not before expiry.", f"It is at {first:g} years.", "Correct it."
        )
    times = None if option.fixings is None else asians.fixing_times(t.years, option.fixings, first)
    if option.average == "geometric":
        if times is None:
            return asians.geometric_continuous(t), "Kemna and Vorst's formula"
        return asians.geometric_discrete(t, times), "the exact discrete formula"
    if option.method == "moment_matching":
        how = "Turnbull and Wakeman's approximation" if times is None else "Levy's approximation"
        return asians.matched(t, times), how
    if times is not None and len(times) == 1:
        return formulas.value(t), "Black-Scholes-Merton (one fixing)"
    return asians.arithmetic(t, times), "Vecer's equation"


def _seasoned(option: AsianOption, t: Terms) -> tuple[Terms, float]:
    """What is averaged already moves the strike (Haug, ch. 4.20.2): (terms of the rest, its share)."""
    done = option.averaged_years if option.fixings is None else option.fixings_so_far
    if not (option.averaged_years or option.fixings_so_far):
        return t, 1.0
    if option.average_so_far is None or not done or option.average == "geometric":
        raise refuse(
            "What has been averaged already cannot be used.",
            "`average_so_far` is missing, the fixings and the years do not fit together, or the mean "
            "is geometric.",
            "For an arithmetic average give `average_so_far` with `fixings` and `fixings_so_far`, or "
            "with `averaged_years`.",
        )
    left = t.years if option.fixings is None else option.fixings
    share = left / (left + done)
    known = (1 - share) * positive(option.average_so_far, "The average so far")
    return replace(t, strike=(t.strike - known) / share), share


def _sure(option: AsianOption, t: Terms, share: float, unit: str) -> Result:
    """The known fixings already exceed the strike: a call is a forward, a put is worth nothing."""
    times = None
    if option.fixings is not None:
        times = asians.fixing_times(t.years, option.fixings, option.first_fixing_years)
    mean = t.spot * asians.mean_growth(t, times)
    value = share * t.discount * (mean - t.strike) if t.sign > 0 else 0.0
    return Result(
        summary=f"Value of the {_name(option, 'Asian')}: its end is certain.",
        values={"value": figure(value, unit, "Value"), **terms.given(option)},
        warnings=("The fixings so far already decide that a call ends in the money.",),
    )


def _name(option: OptionTerms, what: str) -> str:
    parts = [option.underlying, f"{option.strike:g}", what, option.kind]
    return " ".join(part for part in parts if part)
