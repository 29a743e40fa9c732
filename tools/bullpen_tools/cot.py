"""The CFTC's legacy Commitments of Traders as series: open interest and positions by group.

The rule it protects: a report is known from the Friday on which it is published, at half past
three in New York. It fetches nothing and knows only the columns that the CFTC documents.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bullpen_memory.errors import InputError
from bullpen_memory.records import Observation, SeriesInfo

HEADER = "Market and Exchange Names"
PAGE = "https://www.cftc.gov/MarketReports/CommitmentsofTraders/index.htm"
_DATE, _CODE = "As of Date in Form YYYY-MM-DD", "CFTC Contract Market Code"
_COLUMNS = {
    "open_interest": "Open Interest (All)",
    "noncommercial_long": "Noncommercial Positions-Long (All)",
    "noncommercial_short": "Noncommercial Positions-Short (All)",
    "commercial_long": "Commercial Positions-Long (All)",
    "commercial_short": "Commercial Positions-Short (All)",
    "nonreportable_long": "Nonreportable Positions-Long (All)",
    "nonreportable_short": "Nonreportable Positions-Short (All)",
}
_SHORT = {
    "084691": "silver",
    "088691": "gold",
    "085692": "copper",
    "067651": "wti",
    "023651": "natgas",
    "076651": "platinum",
}
_OTHER_NAMES = {"oil": "wti", "crude": "wti", "crude oil": "wti", "slv": "silver", "si": "silver", "gc": "gold", "gld": "gold", "hg": "copper", "natural gas": "natgas"}  # fmt: skip


def series_id(market: str, what: str) -> str:
    """`cot_silver_noncommercial_long`; `market` is a usual name or the CFTC's code."""
    name = market.strip().lower()
    name = _SHORT.get(name, _OTHER_NAMES.get(name, name))
    return f"cot_{re.sub(r'[^a-z0-9]+', '-', name).strip('-')}_{what}"


def is_report(text: str) -> bool:
    """Whether a CSV text is the CFTC's report."""
    return text.lstrip('\ufeff" ').startswith(HEADER)


def read(
    text: str, name: str, scope: str, source: str
) -> Iterator[tuple[SeriesInfo, list[Observation]]]:
    """The series of every market in the report. Raises InputError with the line of what is broken."""
    rows = csv.DictReader(io.StringIO(text))
    fields = {" ".join((field or "").split()) for field in rows.fieldnames or ()}
    missing = [column for column in (_DATE, _CODE, *_COLUMNS.values()) if column not in fields]
    if missing:
        raise InputError(
            f"“{name}” was not read.",
            f"It lacks the columns {', '.join(missing)}.",
            "Use the CFTC's legacy report, futures only.",
        )
    markets: dict[str, tuple[str, dict[str, dict[str, float]]]] = {}
    for number, raw in enumerate(rows, start=2):
        row = {
            " ".join((key or "").split()): (cell or "").strip()
            for key, cell in raw.items()
            if isinstance(cell, str)
        }
        try:
            day = date.fromisoformat(row[_DATE]).isoformat()
            numbers = {
                what: float(row[column].replace(",", "")) for what, column in _COLUMNS.items()
            }
        except (KeyError, ValueError) as error:
            raise InputError(
                f"“{name}” was not read.",
                f"Line {number} is broken: {error}.",
                "Mend that line and send it again.",
            ) from error
        title, held = markets.setdefault(row[_CODE], (row[HEADER], {}))
        held[day] = numbers
        markets[row[_CODE]] = (title, held)
    for code, (title, held) in markets.items():
        for what in _COLUMNS:
            yield _series(code, title, what, held, scope, source)


def _series(
    code: str, title: str, what: str, held: dict[str, dict[str, float]], scope: str, source: str
) -> tuple[SeriesInfo, list[Observation]]:
    market = _SHORT.get(code, title.split(" - ")[0])
    info = SeriesInfo(
        id=series_id(market, what), title=f"{title.title()}: {what.replace('_', ' ')}", unit="contracts", frequency="weekly",
        source=source, licence="Public domain: a work of the US government (CFTC).", scope=scope, url=PAGE,
        notes=f"Legacy report, futures only, contract {code}. About a Tuesday, known from the Friday after it.",
    )  # fmt: skip
    return info, [
        Observation(day, numbers[what], published(date.fromisoformat(day)))
        for day, numbers in sorted(held.items())
    ]


def published(tuesday: date) -> datetime:
    """When the report about `tuesday` came out: 15:30 in New York on the Friday after it."""
    friday = tuesday + timedelta(days=(4 - tuesday.weekday()) % 7)
    return datetime.combine(friday, time(15, 30), ZoneInfo("America/New_York")).astimezone(UTC)
