"""American options: QuantLib's high-precision method and the published approximations and trees.

The rule it protects: time enters QuantLib as exactly one scaled year, so that a fraction of a day
is never rounded to a date; a method that cannot price an input says so. It knows no currency.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from bullpen_tools.quant.answers import refuse
from bullpen_tools.quant.black_scholes import Greeks, Terms, value
from bullpen_tools.quant.quantlib import evaluated_on

Method = Literal["exact", "binomial", "barone_adesi_whaley", "bjerksund_stensland"]
Dividends = tuple[tuple[float, float], ...]
"""(years from now, amount) of each cash dividend."""

_SCALE = 36500


def scaled_process(t: Terms) -> tuple[Any, Any, Any]:
    """(process, today, expiry) with the term stretched to 100 years: only rate * years, carry *
    years and vol * sqrt(years) matter, so these are kept.
    """
    import QuantLib as ql

    today = ql.Date(2, 1, 2001)
    counter, share = ql.Actual365Fixed(), t.years / 100

    def flat(rate: float) -> Any:
        return ql.YieldTermStructureHandle(ql.FlatForward(today, rate, counter))

    vols = ql.BlackConstantVol(today, ql.NullCalendar(), t.vol * math.sqrt(share), counter)
    process = ql.BlackScholesMertonProcess(
        ql.QuoteHandle(ql.SimpleQuote(t.spot)),
        flat((t.rate - t.carry) * share),
        flat(t.rate * share),
        ql.BlackVolTermStructureHandle(vols),
    )
    return process, today, today + _SCALE


def american(t: Terms, method: Method = "exact", steps: int = 500, *, quick: bool = False) -> float:
    """The value of an American option without cash dividends.

    exact: Andersen, Lake and Offengenden (2016), QdFp in QuantLib; where its conditions fail
    (negative rates), a finite-difference grid. binomial: Cox, Ross and Rubinstein (1979) with
    `steps`. The two approximations are those of 1987 and 1993 (Haug, ch. 3). `quick`: to eight digits
    instead of ten, for differences.
    """
    if t.deviation < 1e-4:
        return _certain(t)
    if method == "binomial":
        return binomial(t, steps, early=True)
    if method == "exact" and t.sign > 0 and t.rate >= 0 and t.carry >= t.rate:
        # Without a yield a call is never exercised early (Merton, 1973).
        return value(t)
    return max(_quantlib(t, method, quick), t.sign * (t.spot - t.strike))


def _certain(t: Terms) -> float:
    """Without volatility the best moment to exercise is now or at expiry, or in between."""
    at = [t.years * i / 1000 for i in range(1001)]
    return max(
        max(math.exp(-t.rate * u) * t.sign * (t.spot * math.exp(t.carry * u) - t.strike), 0.0)
        for u in at
    )


def _quantlib(t: Terms, method: Method, quick: bool) -> float:
    import QuantLib as ql

    with evaluated_on(ql.Date(2, 1, 2001)):
        return _evaluated(t, method, quick)


def _evaluated(t: Terms, method: Method, quick: bool) -> float:
    import QuantLib as ql

    process, today, expiry = scaled_process(t)
    option = ql.VanillaOption(
        ql.PlainVanillaPayoff(ql.Option.Call if t.sign > 0 else ql.Option.Put, t.strike),
        ql.AmericanExercise(today, expiry),
    )
    schemes = ql.QdFpAmericanEngine
    scheme = schemes.accurateScheme if quick else schemes.highPrecisionScheme
    engines: dict[str, list[Any]] = {
        # Andersen's equation needs rates and yields that are not negative; the grid does not.
        "exact": [
            lambda: ql.QdFpAmericanEngine(process, scheme()),
            lambda: ql.FdBlackScholesVanillaEngine(process, 400, 800),
        ][0 if t.rate >= 0 and t.rate >= t.carry else 1 :],
        "barone_adesi_whaley": [lambda: ql.BaroneAdesiWhaleyApproximationEngine(process)],
        "bjerksund_stensland": [lambda: ql.BjerksundStenslandApproximationEngine(process)],
    }
    failure = ""
    for engine in engines[method]:
        option.setPricingEngine(engine())
        try:
            return float(option.NPV())
        except RuntimeError as error:
            failure = str(error)
    raise refuse(
        f"The method `{method}` has no value for this option.",
        f"QuantLib says: {failure}.",
        "Use another method: `exact` or `binomial`.",
    )


def binomial(t: Terms, steps: int, *, early: bool, dividends: Dividends = ()) -> float:
    """Cox, Ross and Rubinstein's tree (1979; Hull, ch. "Basic numerical procedures").

    With cash dividends the tree is that of the spot less their present value, which is added back
    at each node (Hull's known-dividend model). InputError when a probability leaves [0, 1].
    """
    dt = t.years / steps
    up = math.exp(t.vol * math.sqrt(dt))
    chance = (math.exp(t.carry * dt) - 1 / up) / (up - 1 / up)
    if not 0 <= chance <= 1:
        raise refuse(
            f"A tree of {steps} steps has no probabilities for this option.",
            "The drift of a step exceeds its volatility.",
            "Use more steps, or the method `exact`.",
        )
    dividends = tuple(d for d in dividends if d[0] <= t.years)
    bare = t.spot - present_value(dividends, t.rate, 0.0)
    shrink = math.exp(-t.rate * dt)
    nodes = np.arange(steps, -1, -1)
    worth = np.maximum(t.sign * (bare * up ** (2.0 * nodes - steps) - t.strike), 0)
    for step in range(steps - 1, -1, -1):
        worth = shrink * (chance * worth[:-1] + (1 - chance) * worth[1:])
        if early:
            levels = bare * up ** (2.0 * np.arange(step, -1, -1) - step)
            levels = levels + present_value(dividends, t.rate, step * dt)
            worth = np.maximum(worth, t.sign * (levels - t.strike))
    return float(worth[0])


def present_value(dividends: Dividends, rate: float, now: float) -> float:
    """The value at `now` of the dividends that are paid after it."""
    return sum(amount * math.exp(-rate * (at - now)) for at, amount in dividends if at > now)


def american_with_dividends(t: Terms, dividends: Dividends, steps: int = 1000) -> float:
    """Hull's known-dividend tree; the mean of two neighbouring sizes takes out their zigzag."""
    one = binomial(t, steps, early=True, dividends=dividends)
    return (one + binomial(t, steps + 1, early=True, dividends=dividends)) / 2


def without_dividends(t: Terms, dividends: Dividends) -> Terms:
    """The European option on the spot less the present value of its dividends (Hull; "escrowed")."""
    paid = present_value(tuple(d for d in dividends if d[0] <= t.years), t.rate, 0.0)
    if paid >= t.spot:
        raise refuse(
            "The dividends are worth more than the underlying.",
            f"Their present value is {paid:g} against a spot of {t.spot:g}.",
            "Check amounts and times (in years).",
        )
    return replace(t, spot=t.spot - paid)


def with_dividends(g: Greeks, t: Terms, dividends: Dividends) -> Greeks:
    """The Greeks on the spot price, from those on the spot less the present value of its dividends.

    That value grows at the rate as the days pass, and falls when the rate rises.
    """
    paid = [(at, present_value(((at, amount),), t.rate, 0.0)) for at, amount in dividends]
    paid = [one for one in paid if one[0] <= t.years]
    return replace(
        g,
        theta=g.theta - g.delta * t.rate * sum(worth for _, worth in paid),
        rho=g.rho + g.delta * sum(at * worth for at, worth in paid),
    )
