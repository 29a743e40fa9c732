"""GARCH(1,1): a volatility that clusters, fitted to one series, as a tool.

The rule it protects: a fit that did not converge, or whose shocks never fade, says so; a rate is fitted in
basis points. It forecasts volatility, not direction.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from bullpen_tools.context import Result, ToolContext, Value
from bullpen_tools.histories import History, load, require_changes
from bullpen_tools.quant.answers import count, figure, percent, refuse
from bullpen_tools.tool import tool

_FOREVER = 0.9999
"""From here on alpha + beta counts as one: shocks do not fade."""


@dataclass(frozen=True, slots=True)
class _Fit:
    """What was fitted, per period in the unit of the changes (percent or basis points)."""

    omega: float
    alpha: float
    beta: float
    now: float
    ahead: float
    converged: bool

    @property
    def lasting(self) -> float:
        return self.alpha + self.beta

    @property
    def long_run(self) -> float | None:
        return math.sqrt(self.omega / (1 - self.lasting)) if self.lasting < _FOREVER else None

    @property
    def half_life(self) -> float | None:
        inside = 0 < self.lasting < _FOREVER
        return math.log(0.5) / math.log(self.lasting) if inside else None


@tool(risk="read", label="fitting the GARCH model", version="2")
def garch_volatility(
    ctx: ToolContext,
    series: str,
    start: date | None = None,
    end: date | None = None,
    ahead: int = 20,
) -> Result:
    """A GARCH(1,1) model of one series: today's volatility, the forecast over the coming periods, the
    long-run level and the half-life of a shock. Needs 250 returns. A yield is fitted in basis points.

    Args:
        series: Name, symbol or id of the series.
        start: First day to use, YYYY-MM-DD. Default: all there is.
        end: Last day to use, YYYY-MM-DD. Default: all there is.
        ahead: Periods to forecast, 1 to 250.
    """
    if not 1 <= ahead <= 250:
        raise refuse(
            f"{ahead} periods cannot be forecast.",
            "A forecast takes 1 to 250.",
            "Ask for that many.",
        )
    history = load(ctx, series, start, end, at_least=251)
    require_changes(history)
    fit = _fitted(history, ahead)
    return Result(
        summary=f"GARCH(1,1) of {history.info.title} ({history.info.id}), {history.dates[0]} to {history.dates[-1]}, normal errors.",
        values=_values(history, fit, ahead),
        data=(history.ref,),
        warnings=tuple(_warnings(history, fit)),
        as_of=history.dates[-1],
        known_at=history.known_at,
    )


def _fitted(history: History, ahead: int) -> _Fit:
    from arch import arch_model

    scaled = history.changes * (100 if history.positive else 1)
    fitted: Any = arch_model(scaled, mean="Constant", vol="GARCH", p=1, q=1, rescale=False).fit(
        disp="off", show_warning=False
    )
    omega, alpha, beta = (float(fitted.params[name]) for name in ("omega", "alpha[1]", "beta[1]"))
    path = np.asarray(fitted.forecast(horizon=ahead).variance)[-1]
    now = float(fitted.conditional_volatility[-1])
    return _Fit(
        omega, alpha, beta, now, math.sqrt(float(path.mean())), fitted.convergence_flag == 0
    )


def _values(history: History, fit: _Fit, ahead: int) -> dict[str, Value]:
    year = math.sqrt(history.per_year or 1)

    def told(move: float | None, label: str) -> Value:
        if history.positive:
            return percent(None if move is None else move * year / 100, label)
        return figure(None if move is None else move * year, "bp", label)

    return {
        "volatility_now": told(fit.now, "Volatility a year, last period"),
        "volatility_ahead": told(fit.ahead, f"Forecast a year, mean of the next {ahead} periods"),
        "volatility_long_run": told(fit.long_run, "Long-run volatility a year"),
        "half_life": figure(fit.half_life, "periods", "Half-life of a shock"),
        "alpha": figure(fit.alpha, "greek", "Alpha, weight of the last shock"),
        "beta": figure(fit.beta, "greek", "Beta, weight of the last variance"),
        "n": count(len(history.changes), "Returns" if history.positive else "Changes"),
    }


def _warnings(history: History, fit: _Fit) -> list[str]:
    notes = [*history.warnings]
    if not fit.converged:
        notes.append("The fit did not converge: the figures are not to be used.")
    if fit.lasting >= _FOREVER:
        notes.append(
            "Shocks do not fade in this sample (alpha + beta is one): there is no long-run level."
        )
    return notes
