"""A smile by the SABR model: volatilities from its parameters, or parameters from volatilities, as a tool.

The rule it protects: which of the two was asked is clear from the arguments, beta is told as given or fitted, and strikes
where the density turns negative are named. A whole chain of quotes is `vol_surface`.
"""

from __future__ import annotations

import math

import numpy as np
from pydantic import Field

from bullpen_tools.context import Result, Scalar, ToolContext, Value
from bullpen_tools.quant import sabr
from bullpen_tools.quant.answers import figure, percent, positive, refuse, term
from bullpen_tools.quant.sabr import Sabr, Variant
from bullpen_tools.tool import Arguments, tool


class SmileOrder(Arguments):
    """One expiry, with SABR's parameters or with volatilities to fit them to."""

    forward: float = Field(description="Forward price or rate of the expiry")
    strikes: list[float] = Field(min_length=1, max_length=200, description="Strikes")
    years: float | None = Field(default=None, description="Time to expiry in years")
    days: float | None = Field(default=None, description="Instead: calendar days")
    volatilities_pct: list[float] = Field(
        default_factory=list[float],
        description="To fit: lognormal volatility of each strike, percent",
    )
    alpha: float | None = Field(
        default=None,
        description="To evaluate: initial volatility, as the model has it (0.2, not 20)",
    )
    beta: float | None = Field(
        default=None, ge=0, le=1, description="Exponent, 0 to 1. To fit: left out, it is fitted"
    )
    rho: float | None = Field(default=None, gt=-1, lt=1, description="To evaluate: correlation")
    nu: float | None = Field(
        default=None, ge=0, description="To evaluate: volatility of volatility"
    )
    shift: float = Field(
        default=0.0, description="Added to forward and strikes, where rates may be negative"
    )
    variant: Variant = Field(
        default="hagan", description="hagan: the expansion of 2002; obloj: its leading term of 2008"
    )


@tool(risk="read", label="working out the smile", version="1")
def sabr_smile(ctx: ToolContext, order: SmileOrder) -> Result:
    """The SABR model for one expiry: lognormal volatilities at strikes from alpha, beta, rho and nu
    (Hagan 2002, or Obloj's correction), or the parameters fitted to volatilities, beta given or fitted,
    with the fit error and where the density turns negative.
    """
    del ctx
    years = term(order.years, order.days)
    forward = positive(order.forward + order.shift, "The forward, with its shift,")
    strikes = [
        positive(strike + order.shift, "A strike, with its shift,") for strike in order.strikes
    ]
    k = np.log(np.array(strikes) / forward)
    given = [order.alpha, order.rho, order.nu]
    fitting = bool(order.volatilities_pct)
    if fitting == any(one is not None for one in given) or (
        not fitting and any(one is None for one in (*given, order.beta))
    ):
        raise refuse(
            "It is not clear what is asked of the smile.",
            "It takes four parameters, or volatilities to fit them to.",
            "Give `alpha`, `beta`, `rho` and `nu`, or `volatilities_pct` with a volatility for each strike.",
        )
    error = None
    if fitting:
        model, error = _fitted(order, k, forward, years)
    else:
        alpha = positive(order.alpha or 0.0, "Alpha")
        model = Sabr(
            alpha,
            order.beta or 0.0,
            order.rho or 0.0,
            order.nu or 0.0,
            forward,
            years,
            order.variant,
        )
    return _told(order, model, k, error)


def _fitted(order: SmileOrder, k: sabr.Numbers, forward: float, years: float) -> tuple[Sabr, float]:
    needed = 4 if order.beta is not None else 5
    if len(order.volatilities_pct) != len(order.strikes) or len(order.strikes) < needed:
        raise refuse(
            "The volatilities do not fit the strikes.",
            f"There are {len(order.volatilities_pct)} of them for {len(order.strikes)} strikes, and {needed} are needed.",
            "Give one volatility for each strike.",
        )
    if order.variant != "hagan":
        raise refuse("The fit uses Hagan's expansion.", "Obloj's term is for parameters that are given.",
                     "Leave `variant` out.")  # fmt: skip
    vols = np.array([positive(v, "A volatility") / 100 for v in order.volatilities_pct])
    at = np.argsort(k)
    return sabr.fit(k[at], vols[at], forward, years, order.beta)


def _told(order: SmileOrder, model: Sabr, k: sabr.Numbers, error: float | None) -> Result:
    vols = model.volatility(k)
    kind = "derived" if error is not None else "assumed"
    values: dict[str, Value] = {
        f"volatility_{n}": percent(
            float(vol) if math.isfinite(float(vol)) else None, f"Volatility at {strike:g}"
        )
        for n, (strike, vol) in enumerate(zip(order.strikes, vols, strict=True), start=1)
    }
    values["atm"] = percent(float(model.volatility(np.array([0.0]))[0]), "At-the-money volatility")
    for name in ("alpha", "beta", "rho", "nu"):
        told = "assumed" if name == "beta" and order.beta is not None else kind
        values[name] = figure(float(getattr(model, name)), "greek", name.capitalize(), kind=told)
    if error is not None:
        values["error"] = percent(error, "Fit error, volatility")
    grid = np.linspace(float(k.min()), float(k.max()), 201)
    bad = [float(model.forward * math.exp(x)) - order.shift for x in grid[model.density(grid) < 0]]
    notes = (
        [f"The density is negative between {min(bad):g} and {max(bad):g}: a butterfly there has a negative price."]
        if bad
        else []
    )  # fmt: skip
    rows: list[tuple[Scalar, ...]] = [("strike", "volatility_pct")]
    rows += [(strike, float(vol) * 100) for strike, vol in zip(order.strikes, vols, strict=True)]
    how = "Hagan's expansion" if model.variant == "hagan" else "Hagan's expansion with Obloj's term"
    what = "fitted" if error is not None else "given"
    return Result(
        summary=f"SABR smile by {how}, parameters {what}, {model.years:g} years.",
        values=values,
        warnings=tuple(notes),
        table=tuple(rows),
    )
