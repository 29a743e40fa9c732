"""Options on an average: geometric ones in closed form, arithmetic ones by Vecer's equation.

The rule it protects: an approximation is named as one and is not the default. The average runs
from today to expiry; it knows no fixings of the past, which enter through the strike.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np

from bullpen_tools.quant.black_scholes import Terms, value

_STEPS = 320


def geometric_continuous(t: Terms) -> float:
    """Kemna and Vorst (1990); Haug, ch. 4.20.1."""
    vol = t.vol / math.sqrt(3)
    carry = 0.5 * (t.carry - t.vol * t.vol / 6)
    return value(replace(t, vol=vol, carry=carry))


def fixing_times(years: float, fixings: int, first: float | None) -> list[float]:
    """`fixings` equally spaced times that end at expiry; `first` defaults to one step from now."""
    if fixings == 1:
        return [years]
    start = years / fixings if first is None else first
    return [start + (years - start) * i / (fixings - 1) for i in range(fixings)]


def geometric_discrete(t: Terms, times: list[float]) -> float:
    """The geometric mean of lognormal prices is lognormal: exact (Clewlow and Strickland, 1998, ch. 4.8)."""
    n = len(times)
    mean = sum(times) / n
    spread = sum((2 * (n - i) - 1) * at for i, at in enumerate(times)) / (n * n)
    drift = (t.carry - t.vol * t.vol / 2) * mean + t.vol * t.vol * spread / 2
    vol = t.vol * math.sqrt(spread / t.years)
    return value(replace(t, vol=vol, carry=drift / t.years))


def matched(t: Terms, times: list[float] | None) -> float:
    """Arithmetic mean, first two moments matched to a lognormal: Turnbull and Wakeman (1991) for
    continuous averaging, Levy (1992) for given fixings (Haug, ch. 4.20.2 and 4.20.3).
    """
    first, second = _continuous_moments(t) if times is None else _discrete_moments(t, times)
    spread = math.log(max(second / (first * first), 1.0))
    vol = math.sqrt(spread / t.years)
    return value(replace(t, spot=t.spot * first, carry=0.0, vol=vol))


def _continuous_moments(t: Terms) -> tuple[float, float]:
    """First and second moment of the mean of S / S0 over [0, years]."""
    b, v, years = t.carry, t.vol * t.vol, t.years
    first = 1.0 if abs(b * years) < 1e-10 else math.expm1(b * years) / (b * years)
    x = (b + v) * years
    y = (2 * b + v) * years
    if abs(b * years) < 1e-7:
        # The limit b -> 0 of the formula below.
        z = v * years
        second = 2 * (math.expm1(z) - z) / (z * z)
    else:
        second = 2 * (math.expm1(y) / y - math.expm1(b * years) / (b * years)) / x
    return first, second


def _discrete_moments(t: Terms, times: list[float]) -> tuple[float, float]:
    n = len(times)
    at = np.array(times)
    growth = np.exp(t.carry * at)
    first = float(growth.mean())
    shared = np.minimum.outer(at, at)
    second = float((np.outer(growth, growth) * np.exp(t.vol * t.vol * shared)).sum() / (n * n))
    return first, second


def arithmetic(t: Terms, times: list[float] | None = None, nodes: int = 1600) -> float:
    """Arithmetic mean over all of [0, years], or at `times`: Vecer's equation (2001, 2002).

    With Z the expected payoff in units of the forward price, Z is a martingale and the call is
    discount * forward * u(0, Z0), where u_t + vol^2 (h(t) - z)^2 u_zz / 2 = 0, u(T, z) = max(z, 0)
    and h(t) is what is still to be averaged, in units of the forward. Solved by Crank-Nicolson;
    the put follows from parity.
    """
    start = _ahead(t, times, 0.0) - t.strike / t.forward
    reach = max(7 * t.deviation, 1.25 * abs(start), 1e-3)
    known = None if times is None else tuple(times)
    z, u = _solved(replace(t, sign=1, spot=1.0, strike=1.0, rate=0.0), known, reach, nodes)
    call = t.discount * t.forward * _cubic(z, u, start)
    if t.sign > 0:
        return call
    return call - t.discount * (t.spot * mean_growth(t, times) - t.strike)


@lru_cache(maxsize=8)
def _solved(
    t: Terms, times: tuple[float, ...] | None, reach: float, nodes: int
) -> tuple[np.ndarray, np.ndarray]:
    """(z, u(0, z)): it depends on neither spot, strike nor rate, so one solution prices many."""
    from scipy.linalg import get_lapack_funcs

    z = np.linspace(-reach, reach, 2 * (nodes // 2) + 1)
    width = float(z[1] - z[0])
    u = np.maximum(z, 0.0)
    # The kink at zero is averaged over its cell.
    u[len(z) // 2] = width / 8
    side = np.zeros(len(z) - 1)
    solve: Any = get_lapack_funcs(("gtsv",), (u,))[0]
    for number, (low, high) in enumerate(reversed(_stretches(t, times))):
        spread = 0.5 * t.vol**2 * (_ahead(t, times, (low + high) / 2) - z[1:-1]) ** 2
        # Four implicit quarter steps first damp the kink (Rannacher, 1984).
        for weight, part in ((1.0, 0.25),) * 4 if number < 1 else ((0.5, 1.0),):
            pull = spread * ((high - low) * part / width**2)
            centre, below, above = np.ones(len(z)), side.copy(), side.copy()
            centre[1:-1] += 2 * weight * pull
            above[1:], below[:-1] = -weight * pull, -weight * pull
            right = u.copy()
            right[1:-1] += (1 - weight) * pull * (u[2:] - 2 * u[1:-1] + u[:-2])
            right[0], right[-1] = 0.0, reach
            u = np.asarray(solve(below, centre, above, right)[3])
    return z, u


def _stretches(t: Terms, times: Sequence[float] | None) -> list[tuple[float, float]]:
    """Time cut into steps that end at every fixing."""
    ends = [t.years] if times is None else times
    each = _STEPS if times is None else max(1, math.ceil(_STEPS / len(times)))
    cuts: list[tuple[float, float]] = []
    low = 0.0
    for high in ends:
        width = (high - low) / each
        cuts += [(low + i * width, low + (i + 1) * width) for i in range(each) if width > 0]
        low = high
    return cuts


def _ahead(t: Terms, times: Sequence[float] | None, now: float) -> float:
    """The expected part of the mean that is fixed after `now`, in units of the forward price."""
    if times is not None:
        kept = [at for at in times if at > now or (at == now == 0.0)]
        return sum(math.exp(-t.carry * (t.years - at)) for at in kept) / len(times)
    left, b = t.years - now, t.carry
    return left / t.years if abs(b * left) < 1e-12 else -math.expm1(-b * left) / (b * t.years)


def mean_growth(t: Terms, times: list[float] | None) -> float:
    """The expected mean of S / S0."""
    return (_continuous_moments(t) if times is None else _discrete_moments(t, times))[0]


def _cubic(x: np.ndarray, y: np.ndarray, at: float) -> float:
    """Cubic interpolation through the four nodes around `at` on an equal grid."""
    i = int(np.clip((at - x[0]) / (x[1] - x[0]), 1, len(x) - 3))
    s = (at - x[i]) / (x[1] - x[0])
    weights = (
        -s * (s - 1) * (s - 2) / 6,
        (s * s - 1) * (s - 2) / 2,
        -s * (s + 1) * (s - 2) / 2,
        s * (s * s - 1) / 6,
    )
    return float(sum(w * y[i - 1 + k] for k, w in enumerate(weights)))
