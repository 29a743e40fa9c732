"""Daily closes from Yahoo Finance's chart service, for personal use and only when its terms were accepted.

The rule it protects: a close is stored as it was quoted, never adjusted backwards, so that a later dividend revises no
past price; a day still trading is left out. It speaks the chart format that yfinance reads, without that library.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from bullpen_memory.errors import InputError, OperatorError
from bullpen_memory.records import Observation, SeriesInfo

_PER = {"SI=F": "troy_oz", "GC=F": "troy_oz", "PL=F": "troy_oz", "PA=F": "troy_oz", "CL=F": "bbl", "BZ=F": "bbl", "HG=F": "lb", "NG=F": "mmbtu"}  # fmt: skip
"""What the price of a futures contract is for; everything else is a price of one share or an index."""


def path(name: str) -> str:
    """The address of all daily bars of a symbol."""
    return f"/v8/finance/chart/{quote(name, safe='')}?range=max&interval=1d&events=history"


def read(name: str, body: bytes, now: datetime) -> list[tuple[SeriesInfo, list[Observation]]]:
    """chart.result[0]: meta, timestamp, indicators.quote[0].close. A missing close stays missing.

    Raises InputError for an unknown symbol and OperatorError for another shape.
    """
    chart: dict[str, Any] = json.loads(body).get("chart") or {}
    if chart.get("error"):
        raise InputError(
            f"Yahoo has no symbol {name}.",
            str((chart["error"] or {}).get("description", "It says so.")),
            "Use a symbol of finance.yahoo.com, such as SLV or SI=F.",
        )
    try:
        held: dict[str, Any] = chart["result"][0]
        meta: dict[str, Any] = held["meta"]
        closes: list[float | None] = held["indicators"]["quote"][0]["close"]
        stamps: list[int] = held["timestamp"]
        offset = timedelta(seconds=int(meta.get("gmtoffset", 0)))
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise OperatorError(
            "Yahoo sent another shape than its chart has.",
            "Its bars are missing.",
            "Report it; the recipe needs mending.",
        ) from error
    local_now = (now + offset).date()
    days = [(datetime.fromtimestamp(stamp, UTC) + offset).date() for stamp in stamps]
    made = [
        Observation(day.isoformat(), None if close is None else float(close), now)
        for day, close in zip(days, closes, strict=True)
        if day < local_now
    ]
    return [(_info(name, meta), made)]


def _info(name: str, meta: dict[str, Any]) -> SeriesInfo:
    kind = str(meta.get("instrumentType", ""))
    money = str(meta.get("currency") or "").lower()
    unit = "index" if kind == "INDEX" else f"{money}/{_PER[name]}" if name in _PER else money
    return SeriesInfo(
        id=f"yahoo_{re.sub(r'[^a-z0-9]+', '_', name.lower()).strip('_')}",
        title=str(meta.get("longName") or meta.get("shortName") or name),
        unit=unit,
        frequency="daily",
        source="Yahoo Finance",
        licence="Yahoo's terms: personal use, no redistribution.",
        symbols=(name,),
        url=f"https://finance.yahoo.com/quote/{quote(name, safe='')}",
        notes="Closes as quoted, not adjusted for dividends. Known from the day of the first fetch that held the value.",
    )
