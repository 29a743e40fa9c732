"""What the offline data analyst says about the series that the desk holds.

The rule it protects: what is not held is said to be missing, with what is held instead. It measures
nothing.
"""

from __future__ import annotations

import re

from bullpen_agents.grammar import reading
from bullpen_agents.offline.desk import Desk, Seen, table
from bullpen_agents.offline.series import meant

COLUMNS = ["series", "title", "unit", "frequency", "from", "to"]


def catalogue(desk: Desk, asked: reading.Catalogue) -> str:
    """List what the desk holds, or what it holds of one thing."""
    found = desk.use("series_catalogue")
    if found.error:
        return found.text
    rows = catalogue_rows(found)
    if not rows:
        return (
            "The desk holds no series yet. Attach a CSV with a date column and write `import this`."
        )
    if asked.of:
        named = [
            row for row in rows if any(_fits(meant(asked.of), cell.lower()) for cell in row[:2])
        ]
        held = ", ".join(row[1] for row in rows)
        if not named:
            return f"**No: the desk holds no series of {asked.of}.** It holds {held}. A CSV of it, attached with `import this`, brings it in."
        return f"**Yes.**\n\n{table(COLUMNS, named)}"
    head = "The desk holds these series. Ask for any of them by name or symbol."
    return f"{head}\n\n{table(COLUMNS, rows)}{found.notes()}"


def catalogue_rows(found: Seen, names: tuple[str, ...] = ()) -> list[list[str]]:
    """The catalogue's rows (id, title, unit, frequency, first, last), those that fit `names` if any."""
    if not found.table:
        return []
    header = [str(cell).lower() for cell in found.table[0]]
    wanted = ("id", "title", "unit", "frequency", "first", "last")
    synonyms = {"id": ("series",), "first": ("start", "from"), "last": ("end", "to")}
    columns = [
        next((header.index(n) for n in (name, *synonyms.get(name, ())) if n in header), None)
        for name in wanted
    ]
    rows: list[list[str]] = []
    key = columns[0] or 0
    exact = {name for name in names if any(str(line[key]) == name for line in found.table[1:])}
    for line in found.table[1:]:
        everything = " ".join(str(cell) for cell in line).lower()
        fits = str(line[key]) in exact if exact else any(_fits(n, everything) for n in names)
        if fits or not names:
            rows.append([_cell(line[at]) if at is not None else "" for at in columns])
    return rows


def _fits(name: str, text: str) -> bool:
    squeezed = re.sub(r"[^a-z0-9]", "", text)
    return name.lower() in text or re.sub(r"[^a-z0-9]", "", name.lower()) in squeezed


def _cell(value: object) -> str:
    return "" if value is None else str(value)
