"""What a table's numbers cannot be, and what they look like but do not say.

The rule it protects: a price below zero is refused where there is none and kept where there is
one; a rate quoted the other way round, and a zero that means missing, are said before anybody
computes on them. It changes no value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from statistics import median

from bullpen_memory.errors import InputError
from bullpen_memory.records import SeriesInfo
from bullpen_tools.formats import is_currency

_NEVER_NEGATIVE = re.compile(
    r"\b(?:gold|silver|platinum|palladium|copper|alumin(?:i)?um|nickel|zinc|tin|lead|shares?|stocks?|equity|"
    r"index|s ?& ?p|sp ?500|nasdaq|dow|dax|vix|volatility|cpi|slv|gld|exchange rate|close|open interest)\b",
    re.IGNORECASE,
)
_MAY_BE = re.compile(
    r"return|change|spread|basis|yield|rate of|real rate|net |profit|loss|balance|flow|surprise|carry|z-?score|inflation|premium|discount",
    re.IGNORECASE,
)  # fmt: skip
_PER_FOREIGN = re.compile(r"\b(?:australia|euro|ireland|new zealand|united kingdom|uk|aud|eur|gbp|nzd)\b", re.IGNORECASE)  # fmt: skip
_RATE = re.compile(r"exchange|\bfx\b|currency|\brates?\b", re.IGNORECASE)


def suspicions(info: SeriesInfo, values: Mapping[date, float | None]) -> list[str]:
    """Sentences on what looks wrong. InputError for what cannot be."""
    numbers = {day: value for day, value in values.items() if value is not None}
    notes: list[str] = []
    below = [day for day, value in numbers.items() if value < 0]
    if below:
        notes += _negative(info, below, numbers)
    notes += _zeros(info, numbers)
    return notes + _quoted(info)


def _negative(info: SeriesInfo, below: list[date], numbers: Mapping[date, float]) -> list[str]:
    named = f"{info.id.replace('_', ' ')} {info.title}"
    price = is_currency(info.unit) or info.unit == "index" or not info.unit
    if price and _NEVER_NEGATIVE.search(named) and not _MAY_BE.search(named):
        day = below[0]
        raise InputError(
            f"“{info.title}” was not imported.",
            f"It is {numbers[day]:g} on {day}, and this cannot be below zero.",
            "Mend that value, or name the column for what it is (a change, a return, a spread).",
        )
    if is_currency(info.unit):
        return [
            f"{info.id}: {len(below)} prices lie below zero, the first on {below[0]}; they were kept. It then has no returns, only changes."
        ]
    return []


def _zeros(info: SeriesInfo, numbers: Mapping[date, float]) -> list[str]:
    zeros = [day for day, value in numbers.items() if value == 0]
    rest = sorted(abs(value) for value in numbers.values() if value)
    # Where values come near zero by themselves, a zero is one of them.
    if not zeros or len(rest) < 3 or rest[0] < 0.02 * median(rest):
        return []
    return [
        f"{info.id}: the zeros ({zeros[0]} to {zeros[-1]}) look like missing values written as 0: nothing else comes "
        "near zero. They were kept; import again without them, or begin after them."
    ]


def _quoted(info: SeriesInfo) -> list[str]:
    named = f"{info.id.replace('_', ' ')} {info.title}"
    if not _RATE.search(named) or not _PER_FOREIGN.search(named):
        return []
    return [
        f"{info.id}: rates of this currency are usually quoted as US dollars for one unit, those of most others as "
        "units for one US dollar. Check the direction before comparing them."
    ]
