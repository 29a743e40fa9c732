"""Options on an average price, as a tool.

The rule it protects: what has been averaged already enters through the strike, and a value by moment
matching says that it is an approximation. The formulas stand in `asians.py`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from pydantic import Field

from bullpen_tools.context import Result, ToolContext
from bullpen_tools.quant import asians, terms
from bullpen_tools.quant import black_scholes as formulas
from bullpen_tools.quant.answers import currency, figure, positive, refuse
from bullpen_tools.quant.black_scholes import Terms
from bullpen_tools.quant.terms import OptionTerms
from bullpen_tools.tool import tool


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
        **terms.greek_values(terms.bumped(price, t, dated_inside=True), unit),
        **terms.given(option),
    }
    result = Result(
        summary=f"Value of the {terms.describe(option, f'{option.average} Asian')} by {how}, per unit.",
        values=values,
        warnings=tuple(terms.notes(option)),
    )
    return terms.sized(option, result)


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
    result = Result(
        summary=f"Value of the {terms.describe(option, 'Asian')}: its end is certain.",
        values={"value": figure(value, unit, "Value"), **terms.given(option)},
        warnings=("The fixings so far already decide that a call ends in the money.",),
    )
    return terms.sized(option, result)
