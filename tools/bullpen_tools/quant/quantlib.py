"""QuantLib one call at a time: its evaluation date is one global of the process.

The rule it protects: two tools that run side by side never see each other's date. It prices nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from datetime import date
from typing import Any

_LOCK = threading.RLock()


@contextmanager
def evaluated_on(day: Any) -> Generator[None]:
    """Hold QuantLib with `day` (a QuantLib date) as its evaluation date; nested calls are fine."""
    import QuantLib as ql

    with _LOCK:
        before = ql.Settings.instance().evaluationDate
        ql.Settings.instance().evaluationDate = day
        try:
            yield
        finally:
            ql.Settings.instance().evaluationDate = before


def ql_date(day: date) -> Any:
    """The day as QuantLib's own type."""
    import QuantLib as ql

    return ql.Date(day.day, day.month, day.year)


def py_date(day: Any) -> date:
    """QuantLib's date as Python's."""
    return date(day.year(), day.month(), day.dayOfMonth())
