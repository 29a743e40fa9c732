"""Long tables as wide ones: a column that says when a row was published, and one that names series.

The rule it protects: rows of several vintages are never merged into one history, and rows of
several things never into one series. Text in, text out; it knows no units.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

_KNOWN = re.compile(r"^(?:vintage|vintage[ _]date|known[ _]?at|published|publication[ _]date|release[ _]date|realtime[ _]start)$", re.IGNORECASE)  # fmt: skip
_UNIT = re.compile(r"^units?$", re.IGNORECASE)
_TIME = re.compile(r"date|time|day|period|month|year|datum", re.IGNORECASE)
_NUMBER = re.compile(r"[-+−]?[\d.,   ]*\d[\d.,]*(?:[eE][-+]?\d+)?%?|")
_MOST_NAMES = 400


@dataclass(frozen=True, slots=True)
class Part:
    """A table as CSV text, with the day on which all of it was published, if it says so."""

    text: str
    known: date | None = None


def split(text: str) -> list[Part]:
    """The table once for each vintage that it names, oldest first; a plain table comes back alone."""
    rows = _rows(text)
    if rows is None:
        return [Part(text)]
    header, body = rows
    at = next((n for n, title in enumerate(header) if _KNOWN.match(title.strip())), None)
    days = None if at is None else [_day(row[at]) for row in body]
    if at is None or days is None or any(day is None for day in days):
        return [_wide(header, body, None) or Part(text)]
    kept = [n for n in range(len(header)) if n != at]
    parts: list[Part] = []
    for known in sorted({day for day in days if day is not None}):
        mine = [[row[n] for n in kept] for row, day in zip(body, days, strict=True) if day == known]
        titles = [header[n] for n in kept]
        parts.append(_wide(titles, mine, known) or Part(_written([titles, *mine]), known))
    return parts


def _rows(text: str) -> tuple[list[str], list[list[str]]] | None:
    """Header and rows, or None for what only the strict reader should explain."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(",;\t|", key=first.count)
    try:
        found = [
            row
            for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
            if any(row)
        ]
    except csv.Error:
        return None
    if len(found) < 3 or any(len(row) != len(found[0]) for row in found):
        return None
    return found[0], found[1:]


def _wide(header: Sequence[str], body: Sequence[Sequence[str]], known: date | None) -> Part | None:
    """The table with a column for each name, where one column holds names; None where none does."""
    times = [n for n, title in enumerate(header) if _TIME.search(title)]
    if not times:
        return None
    at = times[0]
    if len({row[at] for row in body}) == len(body):
        return None
    texts = [n for n in range(len(header)) if n != at and _is_text([row[n] for row in body])]
    units = next((n for n in texts if _UNIT.match(header[n].strip())), None)
    names = [n for n in texts if n != units]
    key = next((n for n in names if _tells_apart(body, at, n)), None)
    numbers = [n for n in range(len(header)) if n not in (*texts, at)]
    if key is None or not numbers:
        return None
    return Part(_written(_pivot(header, body, (at, key, units), numbers)), known)


def _is_text(cells: Sequence[str]) -> bool:
    return sum(not _NUMBER.fullmatch(cell.strip()) for cell in cells) > 0.9 * len(cells)


def _tells_apart(body: Sequence[Sequence[str]], at: int, key: int) -> bool:
    pairs = {(row[at], row[key]) for row in body}
    return len(pairs) == len(body) and 1 < len({row[key] for row in body}) <= _MOST_NAMES


def _pivot(
    header: Sequence[str],
    body: Sequence[Sequence[str]],
    where: tuple[int, int, int | None],
    numbers: Sequence[int],
) -> list[list[str]]:
    at, key, units = where
    columns: dict[tuple[str, int], str] = {}
    cells: dict[str, dict[tuple[str, int], str]] = {}
    for row in body:
        for n in numbers:
            title = (
                row[key].strip() if len(numbers) == 1 else f"{row[key].strip()} {header[n].strip()}"
            )
            unit = f" [{row[units].strip()}]" if units is not None and row[units].strip() else ""
            columns.setdefault((row[key], n), f"{title}{unit}")
            cells.setdefault(row[at], {})[row[key], n] = row[n]
    made = [[header[at], *columns.values()]]
    made += [[day, *(held.get(column, "") for column in columns)] for day, held in cells.items()]
    return made


def _day(cell: str) -> date | None:
    try:
        return date.fromisoformat(cell.strip()[:10])
    except ValueError:
        return None


def _written(rows: Sequence[Sequence[str]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue()
