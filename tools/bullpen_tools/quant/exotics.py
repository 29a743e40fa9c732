"""Closed formulas for path-dependent and compound options on one asset.

The rule it protects: one convention with `black_scholes.py` (rates and carry continuous, fractions), and at a carry of
zero the limit of the formula, never a division by it. It knows no currency and no second asset.
"""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

from bullpen_tools.quant.answers import bisect, refuse
from bullpen_tools.quant.black_scholes import Terms, cdf, pdf, value

_NO_CARRY = 1e-7
_IMAGES = 12
"""Reflections on each side of a double barrier; five are enough for the tables (Haug, ch. 4.17.2)."""
_LARGEST = 20.0
"""Logarithm of the largest term whose difference from its mirror image sixteen digits still hold."""


def _d1(t: Terms, level: float) -> float:
    return (math.log(t.spot / level) + (t.carry + t.vol**2 / 2) * t.years) / t.deviation


def _premium(t: Terms, level: float, side: int) -> float:
    """What the extremum adds to a vanilla option struck at it (Goldman, Sosin and Gatto, 1979)."""
    d = _d1(t, level)
    if abs(t.carry) < _NO_CARRY:
        return t.spot * t.discount * t.deviation * (pdf(d) + d * (cdf(d) - (side < 0)))
    ratio = (t.spot / level) ** (-2 * t.carry / t.vol**2)
    bent = d - 2 * t.carry * math.sqrt(t.years) / t.vol
    inner = math.exp(t.carry * t.years) * cdf(side * d) - ratio * cdf(side * bent)
    return side * t.spot * t.discount * t.vol**2 / (2 * t.carry) * inner


def _beyond(t: Terms, level: float, side: int) -> float:
    """Worth of how far the extremum passes `level`: the maximum above it (1) or the minimum below it (-1)."""
    return value(replace(t, sign=side, strike=level)) + _premium(t, level, side)


def lookback_fixed(t: Terms, extremum: float) -> float:
    """Pays the maximum less the strike, or the strike less the minimum (Conze and Viswanathan, 1991).

    `extremum` is the maximum (call) or minimum (put) so far.
    """
    side = t.sign
    level = max(t.strike, extremum) if side > 0 else min(t.strike, extremum)
    return side * (level - t.strike) * t.discount + _beyond(t, level, side)


def lookback_floating(t: Terms, extremum: float) -> float:
    """Buys at the minimum (call) or sells at the maximum (put) (Goldman, Sosin and Gatto, 1979)."""
    held = t.spot * math.exp((t.carry - t.rate) * t.years)
    return t.sign * (held - extremum * t.discount) + _beyond(t, extremum, -t.sign)


def chooser(t: Terms, chosen_at: float) -> float:
    """At `chosen_at` years the holder makes it a call or a put (Rubinstein, 1991; Haug, ch. 4.13)."""
    early = math.sqrt(chosen_at) * t.vol
    d = _d1(t, t.strike)
    y = (math.log(t.spot / t.strike) + t.carry * t.years + t.vol**2 * chosen_at / 2) / early
    grown, due = t.spot * math.exp((t.carry - t.rate) * t.years), t.strike * t.discount
    call = grown * cdf(d) - due * cdf(d - t.deviation)
    return call - grown * cdf(-y) + due * cdf(-y + early)


def forward_start(t: Terms, starts: float, share: float) -> float:
    """Begins in `starts` years with a strike of `share` times the spot then (Rubinstein, 1990)."""
    grow = math.exp((t.carry - t.rate) * starts)
    return grow * value(replace(t, strike=share * t.spot, years=t.years - starts))


def compound(t: Terms, outer: int, price: float, at: float) -> float:
    """A call (1) or put (-1) at `at` years and `price` on the option `t` (Geske, 1979).

    The outer payoff is integrated over the lognormal spot at `at`, from the spot at which it begins to
    pay: the same number as Geske's bivariate normals.
    """
    from scipy.integrate import quad

    rest = t.years - at
    drift, sd = (t.carry - t.vol**2 / 2) * at, t.vol * math.sqrt(at)

    def worth(z: float) -> float:
        return value(replace(t, spot=t.spot * math.exp(drift + sd * z), years=rest))

    def paid(z: float) -> float:
        return pdf(z) * max(outer * (worth(z) - price), 0.0)

    low, high = -9.0, 9.0
    inside = (worth(low) - price) * (worth(high) - price) < 0
    ends = [low, bisect(lambda z: worth(z) - price, low, high), high] if inside else [low, high]
    total = sum(
        float(quad(paid, a, b, epsabs=1e-12, epsrel=1e-10, limit=200)[0]) for a, b in pairwise(ends)
    )
    return math.exp(-t.rate * at) * total


def double_knock_out(t: Terms, low: float, high: float) -> float:
    """A call or put that dies at either of two flat barriers (Ikeda and Kunitomo, 1992)."""
    if not low < t.spot < high:
        return 0.0
    bottom, top = (max(t.strike, low), high) if t.sign > 0 else (low, min(t.strike, high))
    if bottom >= top:
        return 0.0
    power = 2 * t.carry / t.vol**2 + 1
    asset = cash = 0.0
    for n in range(-_IMAGES, _IMAGES + 1):
        shift = 2 * n * math.log(high / low)
        mirror = 2 * math.log(low / t.spot) - shift
        for sign, move, base in (
            (1, shift, n * math.log(high / low)),
            (-1, mirror, math.log(low / t.spot) - n * math.log(high / low)),
        ):
            up, down = (_d1(t, level) + move / t.deviation for level in (bottom, top))
            asset += sign * _weighed(base * power, cdf(up) - cdf(down))
            cash += sign * _weighed(
                base * (power - 2), cdf(up - t.deviation) - cdf(down - t.deviation)
            )
    held = t.spot * math.exp((t.carry - t.rate) * t.years) * asset
    return t.sign * (held - t.strike * t.discount * cash)


def _weighed(log_weight: float, chance: float) -> float:
    """exp(log_weight) * chance; an image that cannot be reached weighs nothing, however large its factor."""
    if not chance:
        return 0.0
    if log_weight + math.log(abs(chance)) > _LARGEST:
        raise refuse(
            "The series has no value for this volatility.",
            "Against the drift it is so small that the terms cancel to nothing.",
            "Give a higher volatility, or take the option without barriers that are not reached.",
        )
    return math.copysign(math.exp(log_weight + math.log(abs(chance))), chance)


def check_within(moment: float | None, years: float, what: str) -> float:
    """A moment after now and before expiry; InputError otherwise."""
    if moment is None or not 0 < moment < years:
        raise refuse(
            f"{what} is {'missing' if moment is None else f'at {moment:g} years'}.",
            f"It lies between now and the expiry at {years:g} years.",
            "Give it in years from now.",
        )
    return moment
