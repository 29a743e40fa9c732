"""How a rate compounds and how days become years: conversions and day counts, pure arithmetic.

The rule it protects: a rate without its compounding, and a period without its day count, is not a number. It knows no
calendar of holidays.
"""

from __future__ import annotations

import math
from datetime import date
from typing import Literal

from bullpen_tools.quant.answers import refuse

Compounding = Literal["continuous", "annual", "semiannual", "quarterly", "monthly", "simple"]
DayCount = Literal[
    "30/360", "30e/360", "actual/actual", "actual/actual isma", "actual/365", "actual/360"
]
PERIODS = {"annual": 1, "semiannual": 2, "quarterly": 4, "monthly": 12}


def to_continuous(rate: float, compounding: Compounding, years: float) -> float:
    """The continuous rate of one that compounds otherwise; `years` matter for a simple rate only."""
    if compounding == "continuous":
        return rate
    grown = 1 + rate * years if compounding == "simple" else 1 + rate / PERIODS[compounding]
    if grown <= 0:
        raise refuse(
            f"A rate of {rate * 100:g} % cannot be.", "It takes all and more.", "Correct it."
        )
    if compounding == "simple":
        return math.log(grown) / years
    return PERIODS[compounding] * math.log(grown)


def from_continuous(rate: float, compounding: Compounding, years: float) -> float:
    """The rate that compounds in the named way, of a continuous one."""
    if compounding == "continuous":
        return rate
    if compounding == "simple":
        return math.expm1(rate * years) / years
    often = PERIODS[compounding]
    return often * math.expm1(rate / often)


def year_fraction(start: date, end: date, count: DayCount) -> float:
    """Years between two days: 30/360 as in ISDA's 2006 definitions (4.16 f), actual/actual that of (b)."""
    days = (end - start).days
    if count == "actual/365":
        return days / 365
    if count == "actual/360":
        return days / 360
    if count in ("30/360", "30e/360"):
        return thirty(start, end, european=count == "30e/360") / 360
    if count == "actual/actual isma":
        raise refuse(
            "Actual/actual by ISMA needs the coupon periods.",
            "It counts within the period of a bond.",
            "Use `bond_value` for it, or actual/actual (ISDA).",
        )
    return _actual_actual(start, end)


def thirty(start: date, end: date, *, european: bool) -> int:
    """Days of a year of twelve months of thirty days."""
    first = min(start.day, 30)
    last = min(end.day, 30) if european or first == 30 else end.day
    return (end.year - start.year) * 360 + (end.month - start.month) * 30 + last - first


def _actual_actual(start: date, end: date) -> float:
    """Days in leap years over 366 plus the others over 365 (ISDA 2006, 4.16 b)."""
    total = 0.0
    for year in range(start.year, end.year + 1):
        first, last = max(start, date(year, 1, 1)), min(end, date(year + 1, 1, 1))
        leap = (date(year + 1, 1, 1) - date(year, 1, 1)).days
        total += max((last - first).days, 0) / leap
    return total
