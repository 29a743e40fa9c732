"""The end of a history that a person asks for: calendar days, or a number of observations.

The rule it protects: "60 days" are calendar days and "60 observations" (trading days, returns) are
rows; the two are never taken for each other. It reads no data.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal

from pydantic import Field, model_validator

from bullpen_tools.tool import Arguments

_WRITTEN = re.compile(
    r"(?:last\s+)?(\d{1,5})\s*(calendar days?|trading days?|business days?|sessions?|observations?|obs|values?|rows?|returns?|days?|d|"
    r"weeks?|w|months?|m|years?|y)",
    re.IGNORECASE,
)  # fmt: skip
_DAYS = {"d": 1.0, "w": 7.0, "m": 365.25 / 12, "y": 365.25}


class Last(Arguments):
    """The end of the series."""

    count: int = Field(ge=1, le=100_000, description="How many")
    of: Literal["calendar_days", "observations"] = Field(
        description="calendar_days: '60 days', '3 months' (90); observations: '60 trading days', "
        "'60 observations', '60 returns'"
    )

    @model_validator(mode="before")
    @classmethod
    def _read(cls, given: object) -> object:
        """Words such as "60 days", "3 months" or "60 observations" are a span, too."""
        if not isinstance(given, str):
            return given
        found = _WRITTEN.fullmatch(given.strip())
        if not found:
            raise ValueError(f"“{given}” is no span: write 60 days, 3 months or 60 observations")
        number, word = int(found[1]), found[2].lower()
        if word.startswith(("calendar", "day", "week", "month", "year")) or word in _DAYS:
            letter = "d" if word.startswith("calendar") else word[0]
            return {"count": round(number * _DAYS[letter]), "of": "calendar_days"}
        return {"count": number, "of": "observations"}

    @property
    def words(self) -> str:
        """`the last 60 calendar days`."""
        return f"the last {self.count} {self.of.replace('_', ' ')}"

    def first(self, dates: Sequence[date]) -> int:
        """Where the span begins in ascending dates. Its observations are changes: one row more."""
        if self.of == "observations":
            return max(0, len(dates) - self.count - 1)
        return bisect_left(dates, dates[-1] - timedelta(days=self.count))
