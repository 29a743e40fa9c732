"""How old a series may be before a reader must be told, and who may see it.

The rule it protects: a figure from data that stopped, or that only its licensee may use, says so
where it is read. What counts as old follows from how often the series is published.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from types import MappingProxyType

from bullpen_memory.records import SeriesInfo

PATIENCE = MappingProxyType(
    {"daily": 7, "weekly": 16, "monthly": 65, "quarterly": 140, "annual": 550}
)
"""Days after the last period until the next value is overdue, with a usual delay of publication."""
_RESTRICTED = re.compile(
    r"\blicen[sc]ed\b|no redistribution|not be redistributed|internal use|makes no grant|subscribers only",
    re.IGNORECASE,
)  # fmt: skip


def today(as_of: datetime | None) -> date:
    """The day that ages are counted from: the as-of, or now."""
    return (as_of or datetime.now(UTC)).date()


def overdue(frequency: str, last: date, now: date) -> int | None:
    """Days since the last period where that is too long for the frequency; None where it is not."""
    age = (now - last).days
    limit = PATIENCE.get(frequency)
    return age if limit is not None and age > limit else None


def staleness(info: SeriesInfo, last: date, now: date) -> str:
    """A sentence for a stale series, or ""."""
    age = overdue(info.frequency, last, now)
    if age is None:
        return ""
    return f"{info.id} is stale: it is {info.frequency} and ends on {last}, {_words(age)} before {now}."  # fmt: skip


def restriction(info: SeriesInfo) -> str:
    """A sentence for a series that its licence keeps inside, or ""."""
    if not _RESTRICTED.search(info.licence):
        return ""
    return f"{info.id} is licensed: {info.licence.rstrip('.')}. Do not pass its values on."


def _words(days: int) -> str:
    if days < 120:
        return f"{days} days"
    return f"{days / 365.25:.1f} years" if days > 700 else f"{days // 30} months"
