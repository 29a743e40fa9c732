"""The public series that ship inside PyPI packages: a market to work with from the first minute.

The rule it protects: each series says whose it is, what its unit is and what it is not. The
files are read where pip put them, without importing the packages (arch takes seconds). It
downloads nothing; a package that is not installed leaves its series out.
"""

from __future__ import annotations

import csv
import gzip
import io
import logging
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from bullpen_memory.errors import InputError, OperatorError
from bullpen_memory.market import Market
from bullpen_memory.records import Observation, SeriesInfo

_log = logging.getLogger(__name__)

_FRED = "FRED (Federal Reserve Bank of St. Louis)"
_TERMS = (
    "Packaged with arch (Kevin Sheppard; University of Illinois/NCSA licence); the data stay "
    "under their publisher's terms."
)
_DAILY_PRICE = "Known at the end of its day. Days without a price are holidays of the market."


@dataclass(frozen=True, slots=True)
class _Bundle:
    """Where one series stands: package, file, column, how its dates are written, when it is known.

    `known_after` is the number of days between the end of the period and its publication.
    """

    info: SeriesInfo
    package: Literal["arch", "statsmodels"]
    file: str
    column: str
    dates: Literal["us", "iso", "year"]
    known_after: int = 0


def _index_level(name: str, title: str, symbols: tuple[str, ...]) -> _Bundle:
    info = SeriesInfo(
        id=name,
        title=title,
        unit="index",
        frequency="daily",
        source="Yahoo Finance",
        licence=_TERMS,
        symbols=symbols,
        notes="Closing level (column Close, equal to Adj Close throughout): a price index, so "
        f"returns leave out dividends. {_DAILY_PRICE}",
    )
    return _Bundle(info, "arch", f"data/{name}/{name}.csv.gz", "Close", "us")


def _monthly(
    name: str, title: str, unit: str, symbols: tuple[str, ...], notes: str, url: str
) -> SeriesInfo:
    return SeriesInfo(
        id=name,
        title=title,
        unit=unit,
        frequency="monthly",
        source=_FRED,
        licence=_TERMS,
        symbols=symbols,
        url=url,
        notes=notes,
    )


_AVERAGE = "Average of the month, so volatility is lower than that of daily prices. "
_FRED_PAGE = "https://fred.stlouisfed.org/series/"
_BUNDLES: tuple[_Bundle, ...] = (
    _index_level("sp500", "S&P 500", ("SPX", "^GSPC", "S&P 500", "S&P500", "S&P")),
    _index_level("nasdaq", "NASDAQ Composite", ("IXIC", "^IXIC", "COMP", "NASDAQ")),
    _Bundle(
        SeriesInfo(
            id="vix",
            title="CBOE Volatility Index (VIX)",
            unit="index",
            frequency="daily",
            source=_FRED,
            licence=_TERMS,
            symbols=("VIX", "^VIX", "VIXCLS"),
            url=f"{_FRED_PAGE}VIXCLS",
            notes="Implied volatility of the S&P 500 over 30 days, in percentage points a year. "
            + _DAILY_PRICE,
        ),
        "arch",
        "data/vix/vix.csv.gz",
        "vix",
        "us",
    ),
    _Bundle(
        SeriesInfo(
            id="wti",
            title="WTI crude oil (Cushing, spot)",
            unit="usd/bbl",
            frequency="daily",
            source=f"EIA, through {_FRED}",
            licence=_TERMS,
            symbols=(
                "WTI",
                "oil",
                "crude",
                "crude oil",
                "WTI crude",
                "WTI oil",
                "DCOILWTICO",
                "CL",
            ),
            url=f"{_FRED_PAGE}DCOILWTICO",
            notes=f"Spot price, not a future. {_DAILY_PRICE}",
        ),
        "arch",
        "data/wti/wti.csv.gz",
        "DCOILWTICO",
        "us",
    ),
    _Bundle(
        _monthly(
            "brent_monthly",
            "Brent crude, monthly average",
            "usd/bbl",
            ("BRENT", "MCOILBRENTEU"),
            f"{_AVERAGE}Known at the end of its month.",
            f"{_FRED_PAGE}MCOILBRENTEU",
        ),
        "arch",
        "data/crude/crude.csv.gz",
        "Brent",
        "iso",
    ),
    _Bundle(
        _monthly(
            "wti_monthly",
            "WTI crude, monthly average",
            "usd/bbl",
            ("MCOILWTICO",),
            f"{_AVERAGE}Known at the end of its month.",
            f"{_FRED_PAGE}MCOILWTICO",
        ),
        "arch",
        "data/crude/crude.csv.gz",
        "WTI",
        "iso",
    ),
    _Bundle(
        _monthly(
            "core_cpi",
            "US core CPI (less food and energy)",
            "index",
            ("CPILFESL", "core CPI", "CPI"),
            "Index 1982-84 = 100, seasonally adjusted, in the revision of December 2018: it is "
            "not what was first published. Taken as known 30 days after its month.",
            f"{_FRED_PAGE}CPILFESL",
        ),
        "arch",
        "data/core_cpi/core-cpi.csv.gz",
        "CPILFESL",
        "us",
        30,
    ),
    _Bundle(
        _monthly(
            "aaa",
            "Moody's Aaa corporate bond yield",
            "pct",
            ("AAA",),
            f"{_AVERAGE}A yield in percent a year. Known at the end of its month.",
            f"{_FRED_PAGE}AAA",
        ),
        "arch",
        "data/default/default.csv.gz",
        "AAA",
        "us",
    ),
    _Bundle(
        _monthly(
            "baa",
            "Moody's Baa corporate bond yield",
            "pct",
            ("BAA",),
            f"{_AVERAGE}A yield in percent a year. Known at the end of its month.",
            f"{_FRED_PAGE}BAA",
        ),
        "arch",
        "data/default/default.csv.gz",
        "BAA",
        "us",
    ),
    _Bundle(
        SeriesInfo(
            id="copper",
            title="World copper price (constant dollars)",
            unit="",
            frequency="annual",
            source="Jeff Gill, Generalized Linear Models: A Unified Approach",
            licence="Packaged with statsmodels (BSD licence) with permission of the author, who "
            "retains all rights.",
            symbols=("COPPER", "HG", "copper price"),
            notes="1951 to 1975, deflated; the source states neither the unit nor the base year. "
            "Taken as known at the end of its year.",
        ),
        "statsmodels",
        "datasets/copper/copper.csv",
        "COPPERPRICE",
        "year",
    ),
)


def seed(market: Market) -> int:
    """Put the bundled series into the market and return the number of new rows.

    Idempotent: what is there already is left alone, so a second start writes nothing. A series
    that somebody else put there under one of these ids stays as it is.
    Raises OperatorError when a package's file is not what it was when this was written.
    """
    folders = {name: _package(name) for name in ("arch", "statsmodels")}
    added = 0
    for bundle in _BUNDLES:
        folder = folders[bundle.package]
        if folder is not None and (folder / bundle.file).is_file():
            observations = list(_read(folder / bundle.file, bundle))
            try:
                added += market.put(bundle.info, observations)
            except InputError as error:
                # Somebody's own series has that id: theirs stays, and the desk starts without ours.
                _log.warning("%s", error)
    return added


def _package(name: str) -> Path | None:
    spec = find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None


def _read(path: Path, bundle: _Bundle) -> Iterator[Observation]:
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8-sig")
    rows = csv.DictReader(io.StringIO(text))
    time_column = (rows.fieldnames or ["?"])[0]
    for number, row in enumerate(rows, start=2):
        try:
            day = _period(row[time_column], bundle)
            value = None if row[bundle.column] == "." else float(row[bundle.column])
        except (KeyError, ValueError) as error:
            raise OperatorError(
                f"The bundled series {bundle.info.id} cannot be read.",
                f"Line {number} of {path} is not what was expected: {error}.",
                "Install the version of the package that requirements.lock names.",
            ) from error
        known = datetime.combine(day + timedelta(days=bundle.known_after), time.max, UTC)
        yield Observation(day.isoformat(), value, known.replace(microsecond=0))


def _period(text: str, bundle: _Bundle) -> date:
    """The last day of the period that the file names by its first, its middle or its year."""
    if bundle.dates == "year":
        return date(int(text), 12, 31)
    if bundle.dates == "iso":
        day = date.fromisoformat(text)
    else:
        month, number, year = (int(part) for part in text.split("/"))
        day = date(year, month, number)
    if bundle.info.frequency == "monthly":
        return day.replace(day=monthrange(day.year, day.month)[1])
    return day
