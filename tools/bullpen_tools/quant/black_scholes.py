"""Closed formulas for European options: Black-Scholes-Merton with carry, Black-76, Bachelier.

The rule it protects: one convention everywhere: time in years, rates and carry continuous, as
fractions; sold options are the caller's sign. It knows no currency, no date and no early exercise.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

_ROOT_2 = math.sqrt(2)
_ROOT_2PI = math.sqrt(2 * math.pi)


def cdf(x: float) -> float:
    """The standard normal distribution function, accurate in both tails."""
    return 0.5 * math.erfc(-x / _ROOT_2)


def pdf(x: float) -> float:
    """The standard normal density."""
    return math.exp(-0.5 * x * x) / _ROOT_2PI


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a formula needs. `carry` is b: r for a stock, r - q with a yield, 0 for a future.

    `sign` is 1 for a call and -1 for a put; `vol` is a fraction a year, or for Bachelier in
    price units a year. `on_future`: the carry stays 0 when the rate moves.
    """

    sign: int
    spot: float
    strike: float
    years: float
    rate: float
    carry: float
    vol: float
    on_future: bool = False

    @property
    def forward(self) -> float:
        """The forward price of the underlying at expiry."""
        return self.spot * math.exp(self.carry * self.years)

    @property
    def discount(self) -> float:
        """The value today of one at expiry."""
        return math.exp(-self.rate * self.years)

    @property
    def deviation(self) -> float:
        """vol * sqrt(years)."""
        return self.vol * math.sqrt(self.years)


@dataclass(frozen=True, slots=True)
class Greeks:
    """Per unit: delta and gamma per 1 of spot, vega and rho per 1.00 (100 points), theta a year."""

    delta: float
    gamma: float
    vega: float
    theta: float
    rho: float


def d1_d2(t: Terms) -> tuple[float, float]:
    """d1 and d2; infinite where the outcome is certain (no volatility)."""
    if t.deviation == 0:
        side = t.forward - t.strike
        sure = 0.0 if side == 0 else math.copysign(math.inf, side)
        return sure, sure
    d1 = math.log(t.forward / t.strike) / t.deviation + t.deviation / 2
    return d1, d1 - t.deviation


def value(t: Terms) -> float:
    """Generalised Black-Scholes-Merton (Haug, The Complete Guide to Option Pricing Formulas, ch. 1.1.6)."""
    d1, d2 = d1_d2(t)
    return t.discount * t.sign * (t.forward * cdf(t.sign * d1) - t.strike * cdf(t.sign * d2))


def greeks(t: Terms) -> Greeks:
    """Sensitivities of `value` (Haug, ch. 2). A future's rho is -years * value.

    The carry moves with the rate, as it does for a stock with a fixed yield.
    """
    d1, d2 = d1_d2(t)
    grow = math.exp((t.carry - t.rate) * t.years)
    delta = t.sign * grow * cdf(t.sign * d1)
    density = grow * pdf(d1) if math.isfinite(d1) else 0.0
    gamma = density / (t.spot * t.deviation) if density else 0.0
    vega = t.spot * density * math.sqrt(t.years)
    exercise = t.sign * t.strike * t.discount * cdf(t.sign * d2)
    held = t.sign * t.spot * grow * cdf(t.sign * d1)
    decay = -t.spot * density * t.vol / (2 * math.sqrt(t.years))
    theta = decay - (t.carry - t.rate) * held - t.rate * exercise
    rho = -t.years * value(t) if t.on_future else t.years * exercise
    return Greeks(delta, gamma, vega, theta, rho)


def bachelier(t: Terms) -> float:
    """Bachelier's normal model on the forward; `t.spot` is the forward and may be negative."""
    distance = t.sign * (t.spot - t.strike)
    if t.deviation == 0:
        return t.discount * max(distance, 0.0)
    d = distance / t.deviation
    return t.discount * (distance * cdf(d) + t.deviation * pdf(d))


def bachelier_greeks(t: Terms) -> Greeks:
    """Sensitivities of `bachelier` to the forward, the normal volatility, time and the rate."""
    worth = bachelier(t)
    if t.deviation == 0:
        inside = t.sign * (t.spot - t.strike) > 0
        return Greeks(t.sign * t.discount * inside, 0.0, 0.0, t.rate * worth, -t.years * worth)
    d = (t.spot - t.strike) / t.deviation
    vega = t.discount * math.sqrt(t.years) * pdf(d)
    theta = t.rate * worth - t.discount * t.vol * pdf(d) / (2 * math.sqrt(t.years))
    delta = t.sign * t.discount * cdf(t.sign * d)
    return Greeks(delta, t.discount * pdf(d) / t.deviation, vega, theta, -t.years * worth)


def on_spot(g: Greeks, t: Terms, carry: float) -> Greeks:
    """The Greeks on a spot price, from those on the forward price that it carries to (`t.spot`)."""
    grown = math.exp(carry * t.years)
    return Greeks(
        delta=g.delta * grown,
        gamma=g.gamma * grown * grown,
        vega=g.vega,
        theta=g.theta - carry * t.spot * g.delta,
        rho=g.rho + t.years * t.spot * g.delta,
    )


def finish_below(t: Terms, price: float) -> float:
    """Risk-neutral probability that the underlying ends below `price` (lognormal)."""
    if price <= 0:
        return 0.0
    return cdf(-d1_d2(replace(t, strike=price))[1])


def cash_or_nothing(t: Terms, cash: float) -> float:
    """Pays `cash` when the option ends in the money (Reiner and Rubinstein, 1991; Haug, ch. 4.19)."""
    return cash * t.discount * cdf(t.sign * d1_d2(t)[1])


def asset_or_nothing(t: Terms) -> float:
    """Pays the underlying when the option ends in the money (Cox and Rubinstein, 1985)."""
    return t.discount * t.forward * cdf(t.sign * d1_d2(t)[0])


def gap(t: Terms, paid: float) -> float:
    """Exercised when beyond `t.strike`, settled against `paid` (Reiner and Rubinstein, 1991)."""
    d1, d2 = d1_d2(t)
    return t.discount * t.sign * (t.forward * cdf(t.sign * d1) - paid * cdf(t.sign * d2))
