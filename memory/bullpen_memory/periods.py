"""Which years, quarters and dates a question or a document's title names.

The rule it protects: "FY18", "fiscal 2018", "2018Q2" and "the second quarter of 2018" are read as
people mean them; what is not clearly a time is not taken for one. It ranks nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_YEAR = r"(?:19|20)\d\d"
_FISCAL = re.compile(rf"\b(?:fy|fiscal(?:\s+year)?|cy)\s*[-']?\s*({_YEAR}|\d\d)\b", re.IGNORECASE)
_PLAIN = re.compile(rf"(?<![\d.,$€£])(?<![$€£] )({_YEAR})(?![\d,]|\.\d)")
_SHORT = re.compile(r"(?<!\w)'(\d\d)\b")
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4}
_QUARTERS = (
    re.compile(rf"q([1-4])\s*(?:of\s+)?(?:fy|fiscal)?\s*'?({_YEAR}|\d\d)\b", re.IGNORECASE),
    re.compile(rf"\b({_YEAR})\s*[-_ ]?q([1-4])\b", re.IGNORECASE),
    re.compile(rf"\b([1-4])q\s*'?({_YEAR}|\d\d)\b", re.IGNORECASE),
    re.compile(r"\b(first|second|third|fourth)\s+(?:fiscal\s+)?quarter\b", re.IGNORECASE),
    re.compile(r"\bq([1-4])\b", re.IGNORECASE),
)
_YEAR_OF_MONTHS = (
    "january february march april may june july august september october november december"
)
_MONTHS = _YEAR_OF_MONTHS.split()
_MONTH = "|".join(f"{name}|{name[:3]}" for name in _MONTHS)
_DATES = (
    re.compile(
        rf"\b(\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?({_MONTH})\b,?\s*({_YEAR})?", re.IGNORECASE
    ),
    re.compile(rf"\b({_MONTH})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?\b,?\s*({_YEAR})?", re.IGNORECASE),
    re.compile(rf"\b({_YEAR})-(\d\d)-(\d\d)\b"),
)
_MONTH_OF = re.compile(rf"\b({_MONTH})\.?,?\s+(?:of\s+)?({_YEAR})\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Periods:
    """The years and the quarter (0 for none) that a text names."""

    years: frozenset[int] = frozenset()
    quarter: int = 0

    @property
    def latest(self) -> int:
        """The last year named, 0 for none: a report of that year holds the earlier ones too."""
        return max(self.years, default=0)


@dataclass(frozen=True, slots=True)
class Span:
    """From the first moment to before the last, aware UTC."""

    start: datetime
    end: datetime


def periods(text: str) -> Periods:
    """The fiscal periods of a question or a title."""
    years = {_whole(year) for year in _FISCAL.findall(text)}
    years |= {int(year) for year in _PLAIN.findall(text.replace("_", " "))}
    years |= {_whole(year) for year in _SHORT.findall(text)}
    quarter, year = _quarter(text.replace("_", " "))
    return Periods(frozenset(years | ({year} if year else set())), quarter)


def spans(text: str) -> list[Span]:
    """The days and months that a question names with their year."""
    found: list[Span] = []
    for day, month, year in (_parts(i, m) for i, p in enumerate(_DATES) for m in p.finditer(text)):
        if year:
            found += _span(year, month, day)
    days = {(one.start.year, one.start.month) for one in found}
    for match in _MONTH_OF.finditer(text):
        year, month = int(match[2]), _month(match[1])
        # "8 May, 2023" names the day, not the month as well.
        found += [] if (year, month) in days else _span(year, month, 0)
    return found


def _quarter(text: str) -> tuple[int, int]:
    for place, pattern in enumerate(_QUARTERS):
        match = pattern.search(text)
        if match is None:
            continue
        if place == 1:
            return int(match[2]), int(match[1])
        if place == 3:
            return _ORDINALS[match[1].lower()], 0
        return int(match[1]), _whole(match[2]) if place != 4 else 0
    return 0, 0


def _whole(year: str) -> int:
    """Two digits mean 1970 to 2069."""
    number = int(year)
    return number if number > 99 else number + (2000 if number < 70 else 1900)


def _parts(place: int, match: re.Match[str]) -> tuple[int, int, int]:
    """Day, month and year (0 where it is not said) of one match."""
    if place == 2:
        return int(match[3]), int(match[2]), int(match[1])
    day, month = (match[1], match[2]) if place == 0 else (match[2], match[1])
    return int(day), _month(month), int(match[3] or 0)


def _month(name: str) -> int:
    return next(i for i, one in enumerate(_MONTHS, 1) if one.startswith(name.lower()))


def _span(year: int, month: int, day: int) -> list[Span]:
    try:
        start = datetime(year, month, day or 1, tzinfo=UTC)
    except ValueError:
        return []
    after = (start + timedelta(days=32)).replace(day=1)
    return [Span(start, start + timedelta(days=1) if day else after)]
