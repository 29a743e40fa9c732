"""The letter's last claim, on the reader's own book: a volatility target of 30, and its correlation to silver over time.

The rule it protects: the book and the prices come from files that the reader attached; without them the claim is
incomplete, and the answer says what to send. It computes nothing itself.
"""

from __future__ import annotations

import re

from bullpen_agents.letter import OWN_SERIES
from bullpen_agents.offline.desk import Desk, Json, Seen

_TARGET = 30.0
_SILVER = re.compile(r"silver|\bslv\b|xag|\bsi\b", re.IGNORECASE)
_BOOK = re.compile(r"\b(?:book|portfolio|nav|fund|equity)\b", re.IGNORECASE)
_HEAD = f"**{OWN_SERIES}. The volatility target: "
_SEND = (
    "Attach a CSV with a date column and a price column for each position (silver among them), and a CSV of the book with the "
    "columns `series` and `weight_pct`; or a single CSV with the columns `date`, `book` (its value each day) and `silver`. From the "
    "command line: `bullpen demo letter --book prices.csv --book book.csv`."
)


def own_series(desk: Desk) -> str:
    """The verdict on the last claim, for the data analyst's part of the thread."""
    tables = [name for name in desk.files if name.lower().endswith((".csv", ".xlsx", ".parquet"))]
    if not tables:
        return _without(desk)
    if not desk.has("import_csv", "read_book", "volatility_target"):
        return f"{_HEAD}incomplete.** I lack a tool for it: `import_csv`, `read_book` or `volatility_target`."
    brought = desk.use_all(*[("import_csv", {"name": name}) for name in tables])
    series = [row for seen in brought if not seen.error for row in seen.table[1:]]
    others = [name for name, seen in zip(tables, brought, strict=True) if seen.error]
    books = desk.use_all(*[("read_book", {"name": name}) for name in others]) if others else []
    silver = next(
        (str(row[0]) for row in series if _SILVER.search(f"{row[0]} {row[1]}".replace("_", " "))),
        "",
    )
    holdings = _holdings(books, series)
    if not holdings or not silver:
        return f"{_HEAD}incomplete.** {_lacking(books, brought, silver, series)} {_SEND}"
    found = desk.use("volatility_target", holdings=holdings, target_pct=_TARGET, factor=silver)
    if found.error:
        return f"{_HEAD}not computed.** {found.text}"
    return _told(found, silver)


def _without(desk: Desk) -> str:
    held = desk.use("series_catalogue", search="silver")
    if held.error:
        return f"{_HEAD}not computed.** {held.text}"
    return (
        f"{_HEAD}incomplete.** It is about the reader's own book, and none was attached; of silver the desk holds {held.cite('series')} "
        f"series. {_SEND}"
    )


def _holdings(books: list[Seen], series: list[list[object]]) -> list[Json]:
    """The positions of a book's file, or one column that is the book itself."""
    for book in books:
        if not book.error:
            return [{"series": str(row[0]), "weight_pct": row[2]} for row in book.table[1:]]
    whole = [
        str(row[0]) for row in series if _BOOK.search(str(row[1]).split("(")[0].replace("_", " "))
    ]
    return [{"series": whole[0], "weight_pct": 100.0}] if len(whole) == 1 else []


def _lacking(
    books: list[Seen], brought: list[Seen], silver: str, series: list[list[object]]
) -> str:
    if not series:
        return brought[0].text
    if not silver:
        return (
            "None of the attached columns is called silver, so nothing can be correlated with it."
        )
    failed = [book.text for book in books if book.error]
    return failed[0] if failed else "The files do not say what the book holds."


def _told(found: Seen, silver: str) -> str:
    notes = "".join(f"\n> - {note}" for note in found.warnings)
    shares = ", ".join(
        f"{found.label(key).removeprefix('Share of the risk from ')} {found.cite(key)}"
        for key in sorted(found.values)
        if key.startswith("risk_")
    )
    return (
        f"{_HEAD}computed on your book.** Its volatility is {found.cite('volatility_now')} a year now and {found.cite('volatility')} over "
        f"the whole span, so a target of {found.cite('target')} takes a leverage of {found.cite('leverage')} and leaves {found.cite('cash')} in "
        f"cash. Its correlation to {silver} is {found.cite('correlation')} (from {found.cite('correlation_low')} to "
        f"{found.cite('correlation_high')}) and {found.cite('correlation_now')} now; the chart shows it year by year. Shares of the risk: "
        f"{shares}.{notes}"
    )
