"""Where series are published, and how each publisher's answer reads.

The rule it protects: a value is known from the day on which its publisher says that it came out,
where the publisher says so, and from the day of the fetch otherwise; a later fetch adds vintages
and replaces none. Reading is pure; fetching is `fetching.py`.
"""

from __future__ import annotations

import json
import re
from calendar import monthrange
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from itertools import pairwise
from types import MappingProxyType
from typing import Any, Literal, cast
from urllib.parse import quote, urlencode

from bullpen_memory.errors import InputError, OperatorError
from bullpen_memory.records import Observation, SeriesInfo
from bullpen_tools import cot
from bullpen_tools.sync import yahoo
from bullpen_tools.units import canonical

Frequency = Literal["daily", "weekly", "monthly", "quarterly", "annual", "irregular"]
Read = list[tuple[SeriesInfo, list[Observation]]]
_LETTERS: Mapping[str, Frequency] = {"D": "daily", "W": "weekly", "BW": "irregular", "M": "monthly", "Q": "quarterly", "SA": "irregular", "A": "annual"}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One publisher. `key` is the setting that holds its key, or ""; `pause` the seconds between calls.

    `undated` says that the publisher does not tell when a value came out.
    """

    id: str
    title: str
    host: str
    path: Callable[[str], str]
    read: Callable[[str, bytes, datetime], Read]
    example: str
    licence: str
    key: str = ""
    key_argument: str = ""
    pause: float = 0.5
    undated: bool = False


def _object(body: bytes, source: str) -> Any:
    try:
        return json.loads(body)
    except ValueError as error:
        raise OperatorError(
            f"{source} sent something else than JSON.", f"{error}.", "Try again later."
        ) from error


def _rows(held: object, source: str) -> list[dict[str, Any]]:
    if not isinstance(held, list) or not all(
        isinstance(row, dict) for row in cast("list[object]", held)
    ):
        raise OperatorError(f"{source} sent another shape than it documents.", "Its rows are missing.", "Report it; the recipe needs mending.")  # fmt: skip
    return cast("list[dict[str, Any]]", held)


def period_end(text: str) -> str:
    """The last day of a period written 2024, 2024-05, 2024-Q2, 2024M05 or 2024-05-31. InputError else."""
    if found := re.fullmatch(r"(\d{4})(?:-?Q([1-4])|-?M?(\d{2}))?", text):
        year = int(found[1])
        month = 3 * int(found[2]) if found[2] else int(found[3]) if found[3] else 12
        if 1 <= month <= 12:
            return date(year, month, monthrange(year, month)[1]).isoformat()
    try:
        return date.fromisoformat(text[:10]).isoformat()
    except ValueError:
        raise InputError(f"“{text}” is no period.", "", "Use a year, a month or a day.") from None


def _number(cell: object) -> float | None:
    if cell is None or (isinstance(cell, str) and cell.strip() in ("", ".", "NA", "W", "--")):
        return None
    try:
        return float(str(cell).replace(",", ""))
    except ValueError:
        raise OperatorError(
            "A value cannot be read.", f"It is {cell!r}.", "Report it; the recipe needs mending."
        ) from None


def _identity(source: str, name: str) -> str:
    return f"{source}_{re.sub(r'[^a-z0-9]+', '_', name.lower()).strip('_')}"


def _ended(frequency: str, day: str) -> str:
    """FRED and others name a period by its first day; the desk names it by its last."""
    first = date.fromisoformat(day)
    months = {"monthly": 1, "quarterly": 3, "annual": 12}.get(frequency)
    if months is None:
        return day
    year, month = divmod(first.year * 12 + first.month - 1 + months - 1, 12)
    return date(year, month + 1, monthrange(year, month + 1)[1]).isoformat()


def read_eia(name: str, body: bytes, now: datetime) -> Read:
    """EIA's API v2, route seriesid: response.data with period, value, units, series-description."""
    answer = _object(body, "EIA").get("response", {})
    rows = _rows(answer.get("data"), "EIA")
    if not rows:
        raise InputError(
            f"EIA has no series {name}.", "Its answer is empty.", "Use an id such as PET.RWTC.D."
        )
    frequency = cast("Frequency", str(answer.get("frequency", "irregular")))
    first = rows[0]
    info = SeriesInfo(
        id=_identity("eia", name), title=str(first.get("series-description") or name), unit="/".join(canonical(p) for p in str(first.get("units") or first.get("value-units") or "").split("/")),
        frequency=frequency if frequency in _LETTERS.values() else "irregular", source="EIA", licence="Public domain: a work of the US government (credit EIA).",
        symbols=(name,), url="https://www.eia.gov/opendata/", notes="Known from the day of the first fetch that held the value.",
    )  # fmt: skip
    return [
        (
            info,
            [
                Observation(period_end(str(row["period"])), _number(row.get("value")), now)
                for row in rows
            ],
        )
    ]


def read_world_bank(name: str, body: bytes, now: datetime) -> Read:
    """The World Bank's API v2: [page, rows] with indicator, country, date, value; page.lastupdated."""
    answer = _object(body, "The World Bank")
    if not isinstance(answer, list) or len(cast("list[object]", answer)) < 2 or not answer[1]:
        raise InputError(f"The World Bank has no series {name}.", "Its answer holds no rows.", "Use COUNTRY/INDICATOR, such as US/NY.GDP.MKTP.CD.")  # fmt: skip
    page, rows = answer[0], _rows(answer[1], "The World Bank")
    updated = str(page.get("lastupdated") or "")
    known = datetime.combine(date.fromisoformat(updated), time(), UTC) if updated else now
    title = f"{rows[0]['country']['value']}: {rows[0]['indicator']['value']}"
    sample = str(rows[0]["date"])
    frequency: Frequency = (
        "monthly" if "M" in sample else "quarterly" if "Q" in sample else "annual"
    )
    info = SeriesInfo(
        id=_identity("wb", name), title=title, unit=_bracketed(title), frequency=frequency, source="World Bank",
        licence="CC BY 4.0 (credit World Bank).", symbols=(name,), url=f"https://data.worldbank.org/indicator/{name.rpartition('/')[2]}",
        notes="Known from the day on which the World Bank says that it was last updated.",
    )  # fmt: skip
    return [
        (
            info,
            [
                Observation(period_end(str(row["date"])), _number(row["value"]), known)
                for row in reversed(rows)
            ],
        )
    ]


def _bracketed(title: str) -> str:
    found = re.search(r"\(([^)]*)\)\s*$", title)
    words = (found[1] if found else "").lower()
    if "us$" in words:
        return "usd"
    return "pct" if "%" in words else ""


def read_fred(name: str, body: bytes, now: datetime) -> Read:
    """FRED's and ALFRED's series/observations over all real-time periods: one row for each vintage."""
    answer = _object(body, "FRED")
    rows = _rows(answer.get("observations"), "FRED")
    dates = sorted({str(row["date"]) for row in rows})
    frequency = _spacing(dates)
    info = SeriesInfo(
        id=_identity("fred", name), title=str(answer.get("title") or name), unit=str(answer.get("units_word") or ""), frequency=frequency,
        source="FRED (Federal Reserve Bank of St. Louis)", licence="FRED's terms of use; the data stay under their publisher's, and some are copyrighted.",
        symbols=(name,), url=f"https://fred.stlouisfed.org/series/{quote(name)}", notes="Every vintage of ALFRED, known from its first real-time day.",
    )  # fmt: skip
    made: list[Observation] = []
    for row in rows:
        known = datetime.combine(date.fromisoformat(str(row["realtime_start"])), time(), UTC)
        made.append(
            Observation(_ended(frequency, str(row["date"])), _number(row["value"]), min(known, now))
        )
    return [(info, made)]


def _spacing(dates: list[str]) -> Frequency:
    if len(dates) < 2:
        return "irregular"
    steps = sorted((date.fromisoformat(b) - date.fromisoformat(a)).days for a, b in pairwise(dates))
    typical = steps[len(steps) // 2]
    for low, high, name in (
        (1, 3, "daily"),
        (5, 9, "weekly"),
        (26, 33, "monthly"),
        (85, 96, "quarterly"),
        (350, 380, "annual"),
    ):
        if low <= typical <= high:
            return cast("Frequency", name)
    return "irregular"


_CFTC = {
    "Market and Exchange Names": "market_and_exchange_names", "As of Date in Form YYYY-MM-DD": "report_date_as_yyyy_mm_dd",
    "CFTC Contract Market Code": "cftc_contract_market_code", "Open Interest (All)": "open_interest_all",
    "Noncommercial Positions-Long (All)": "noncomm_positions_long_all", "Noncommercial Positions-Short (All)": "noncomm_positions_short_all",
    "Commercial Positions-Long (All)": "comm_positions_long_all", "Commercial Positions-Short (All)": "comm_positions_short_all",
    "Nonreportable Positions-Long (All)": "nonrept_positions_long_all", "Nonreportable Positions-Short (All)": "nonrept_positions_short_all",
}  # fmt: skip


def read_cftc(name: str, body: bytes, now: datetime) -> Read:
    """The CFTC's public reporting environment, legacy futures only (6dca-aqww), as `cot` reads the file."""
    del now
    from bullpen_tools import plain_csv

    rows = _rows(_object(body, "The CFTC"), "The CFTC")
    if not rows:
        raise InputError(
            f"The CFTC has no report on {name}.",
            "Its answer is empty.",
            "Use a contract code such as 084691.",
        )
    lines = [
        [
            str(row.get(field, "")).split("T")[0] if "date" in field else row.get(field, "")
            for field in _CFTC.values()
        ]
        for row in rows
    ]
    return list(
        cot.read(plain_csv.write(list(_CFTC), lines), "the CFTC's answer", "workspace", "CFTC")
    )


def read_sec(name: str, body: bytes, now: datetime) -> Read:
    """The SEC's companyconcept: units with end, val, filed, form; each filing is a vintage."""
    del now
    answer = _object(body, "The SEC")
    units = cast("dict[str, list[dict[str, Any]]]", answer.get("units") or {})
    made: Read = []
    for unit, rows in units.items():
        yearly = [
            row
            for row in rows
            if "start" not in row
            or (date.fromisoformat(row["end"]) - date.fromisoformat(row["start"])).days > 350
        ]
        seen: dict[tuple[str, str], Observation] = {}
        for row in sorted(yearly, key=lambda r: (r["end"], r["filed"])):
            known = datetime.combine(date.fromisoformat(row["filed"]), time(), UTC)
            seen[row["end"], row["filed"]] = Observation(str(row["end"]), float(row["val"]), known)
        info = SeriesInfo(
            id=_identity("sec", f"{name}_{unit}" if len(units) > 1 else name), title=f"{answer.get('entityName')}: {answer.get('label') or answer.get('tag')}",
            unit=unit.lower(), frequency="annual", source="SEC EDGAR", licence="Public domain: filings with the SEC.",
            symbols=(name,), url=f"https://www.sec.gov/cgi-bin/browse-edgar?action=getcompany&CIK={answer.get('cik')}",
            notes="Values of a year or a year's end, known from the day of the filing that stated them.",
        )  # fmt: skip
        made.append((info, list(seen.values())))
    if not made:
        raise InputError(
            f"The SEC has no values for {name}.",
            "Its answer holds no unit.",
            "Use CIK/TAG, such as 320193/Revenues.",
        )
    return made


def _eia(name: str) -> str:
    return f"/v2/seriesid/{quote(name, safe='.')}"


def _world_bank(name: str) -> str:
    country, _, indicator = name.partition("/")
    return f"/v2/country/{quote(country)}/indicator/{quote(indicator)}?format=json&per_page=20000"


def _fred(name: str) -> str:
    return "/fred/series/observations?" + urlencode(
        {
            "series_id": name,
            "file_type": "json",
            "realtime_start": "1776-07-04",
            "realtime_end": "9999-12-31",
        }
    )


def _cftc(name: str) -> str:
    return "/resource/6dca-aqww.json?" + urlencode(
        {"cftc_contract_market_code": name, "$limit": 50000, "$order": "report_date_as_yyyy_mm_dd"}
    )


def _sec(name: str) -> str:
    cik, _, tag = name.partition("/")
    if not cik.isdigit():
        raise InputError(
            f"“{name}” is not read.",
            "The SEC knows companies by their number.",
            "Use CIK/TAG, such as 320193/Revenues.",
        )
    return f"/api/xbrl/companyconcept/CIK{int(cik):010d}/us-gaap/{quote(tag)}.json"


SOURCES: Mapping[str, Source] = MappingProxyType({
    source.id: source for source in (
        Source(id="eia", title="US Energy Information Administration", host="api.eia.gov", path=_eia, read=read_eia, example="PET.RWTC.D",
               licence="public domain", key="eia_api_key", key_argument="api_key", undated=True),
        Source(id="worldbank", title="World Bank", host="api.worldbank.org", path=_world_bank, read=read_world_bank, example="US/NY.GDP.MKTP.CD", licence="CC BY 4.0"),
        Source(id="fred", title="FRED and ALFRED", host="api.stlouisfed.org", path=_fred, read=read_fred, example="CPIAUCSL",
               licence="FRED's terms; some series are copyrighted", key="fred_api_key", key_argument="api_key"),
        Source(id="cftc", title="CFTC, Commitments of Traders", host="publicreporting.cftc.gov", path=_cftc, read=read_cftc, example="084691", licence="public domain", pause=1.0),
        Source(id="sec", title="SEC EDGAR", host="data.sec.gov", path=_sec, read=read_sec, example="320193/Revenues", licence="public domain", key="sec_contact", pause=0.15),
        Source(id="yahoo", title="Yahoo Finance", host="query1.finance.yahoo.com", path=yahoo.path, read=yahoo.read, example="SLV",
               licence="Yahoo's terms: personal use", key="yahoo_terms", pause=2.0, undated=True),
    )
})  # fmt: skip
