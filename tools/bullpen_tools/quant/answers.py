"""The words that the quant's tools share: figures with units, and refusals of impossible inputs.

The rule it protects: a percentage is given and told in percent, a rate is continuous unless its
compounding is named, and an input that cannot be is refused with the reason. It computes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from bullpen_memory.errors import InputError
from bullpen_tools.context import Scalar, Value, ValueKind
from bullpen_tools.formats import is_currency

Table = tuple[tuple[Scalar, ...], ...]


def figure(
    value: Scalar, unit: str, label: str, *, kind: ValueKind = "derived", entity: str = ""
) -> Value:
    """One value; a number that is not finite has no answer (None)."""
    told = None if isinstance(value, float) and not math.isfinite(value) else value
    metric = label.lower().replace(" ", "_") if entity else ""
    return Value(value=told, unit=unit, kind=kind, label=label, metric=metric, entity=entity)


def percent(fraction: float | None, label: str, *, kind: ValueKind = "derived") -> Value:
    """A fraction told in percent: 0.125 is 12.5 %."""
    return figure(None if fraction is None else fraction * 100, "pct", label, kind=kind)


def count(number: int, label: str) -> Value:
    """A whole number of things."""
    return Value(value=number, unit="count", label=label)


def assumed(value: float, unit: str, label: str) -> Value:
    """What the requester gave."""
    return Value(value=value, unit=unit, kind="assumed", label=label)


def refuse(fact: str, cause: str, remedy: str) -> InputError:
    """The error to raise for an input that cannot be."""
    return InputError(fact, cause, remedy)


def positive(number: float, name: str, *, why: str = "") -> float:
    """`number` if it is above zero; InputError otherwise."""
    if not (number > 0 and math.isfinite(number)):
        raise InputError(
            f"{name} is {number:g}, which cannot be.",
            why or "It must be above zero.",
            "Give it above zero; a value that is not known is left out, not written as 0.",
        )
    return number


def not_negative(number: float, name: str) -> float:
    """`number` if it is zero or above; InputError otherwise."""
    if not (number >= 0 and math.isfinite(number)):
        raise InputError(
            f"{name} is {number:g}, which cannot be.", "It is zero or above.", "Correct the sign."
        )
    return number


def currency(code: str) -> str:
    """The unit of a price: `usd`, `eur`, or a price per something such as `usd/oz`."""
    unit = code.strip().lower()
    if not is_currency(unit):
        raise InputError(
            f"`{code}` is not a currency that the desk knows.",
            "A currency is a three-letter code, with what it is a price per behind a slash.",
            "Write for instance USD, EUR or USD/oz.",
        )
    return unit


def term(years: float | None, days: float | None, what: str = "The time to expiry") -> float:
    """Years from years or calendar days (365 a year); InputError unless exactly one is given."""
    if (years is None) == (days is None):
        raise InputError(
            f"{what} is not clear.",
            "Both years and days were given." if days is not None else "It is missing.",
            "Give either `years` or `days` (calendar days, 365 a year).",
        )
    given = years if years is not None else (days or 0.0) / 365
    return positive(given, what, why="An option that has expired is worth its payoff.")


def slip(percentage: float, name: str) -> list[str]:
    """A warning where a percentage looks like a fraction: 0.25 for 25 %."""
    if 0 < percentage < 1.5:
        return [
            f"{name} is {percentage:g} %. It is given in percent: if {percentage * 100:g} % was "
            f"meant, write {percentage * 100:g}."
        ]
    return []


Function = Callable[[float], float]


def bisect(function: Function, low: float, high: float, *, steps: int = 200) -> float:
    """A root of `function` in [low, high], whose ends have opposite signs, to the last bits.

    Chandrupatla's method (1997): halving, or inverse quadratic interpolation where that is safe. With
    ends of one sign the answer is `high`.
    """
    one, other = high, low
    at_one, at_other = function(high), function(low)
    if at_other == 0:
        return low
    if at_one == 0 or (at_one < 0) == (at_other < 0):
        return high
    share = 0.5
    for _ in range(steps):
        x = one + share * (other - one)
        value = function(x)
        if (value < 0) == (at_one < 0):
            third, at_third = one, at_one
        else:
            third, at_third = other, at_other
            other, at_other = one, at_one
        one, at_one = x, value
        best = one if abs(at_one) < abs(at_other) else other
        least = (2**-52 * abs(best) + 1e-300) / max(abs(other - one), 1e-300)
        if value == 0 or least > 0.5:
            return best
        share = _step((one, at_one), (other, at_other), (third, at_third))
        share = min(max(share, least), 1 - least)
    return one if abs(at_one) < abs(at_other) else other


_Point = tuple[float, float]


def _step(a: _Point, b: _Point, c: _Point) -> float:
    """Where between a and b to look next: a half, or by interpolation through the three points."""
    (x1, f1), (x2, f2), (x3, f3) = a, b, c
    if not all(map(math.isfinite, (f1, f2, f3))) or f3 in (f1, f2) or x3 == x2:
        return 0.5
    place, rise = (x1 - x2) / (x3 - x2), (f1 - f2) / (f3 - f2)
    if not (rise * rise < place and (1 - rise) ** 2 < 1 - place):
        return 0.5
    return f1 / (f2 - f1) * f3 / (f2 - f3) + (x3 - x1) / (x2 - x1) * f1 / (f3 - f1) * f2 / (f3 - f2)


def roots(function: Function, grid: Sequence[float]) -> list[float]:
    """All sign changes of `function` between neighbours of an ascending grid, solved by bisection."""
    values = [function(x) for x in grid]
    found: list[float] = []
    for i in range(len(grid) - 1):
        a, b = values[i], values[i + 1]
        if a == 0:
            found.append(grid[i])
        elif math.isfinite(a) and math.isfinite(b) and a * b < 0:
            found.append(bisect(function, grid[i], grid[i + 1]))
    if values and values[-1] == 0:
        found.append(grid[-1])
    return found


def minimum(function: Function, low: float, high: float) -> tuple[float, float]:
    """(x, f(x)) at the least value of a function with one valley in [low, high] (golden section)."""
    ratio = (math.sqrt(5) - 1) / 2
    a, b = low, high
    c, d = b - ratio * (b - a), a + ratio * (b - a)
    at_c, at_d = function(c), function(d)
    for _ in range(60):
        if at_c < at_d:
            b, d, at_d = d, c, at_c
            c = b - ratio * (b - a)
            at_c = function(c)
        else:
            a, c, at_c = c, d, at_d
            d = a + ratio * (b - a)
            at_d = function(d)
    x = (a + b) / 2
    return x, function(x)


def spaced(low: float, high: float, steps: int) -> list[float]:
    """`steps` + 1 equally spaced numbers from low to high."""
    return [low + (high - low) * i / steps for i in range(steps + 1)]
