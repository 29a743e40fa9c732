"""What a file of this conversation holds: its text line by line, or one of its tables.

The rule it protects: everything but plain text is parsed in a child process with limits, and a
line or row number names the place in the file as its author sees it. It stores nothing.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

from bullpen_memory.documents import confined, sniff
from bullpen_memory.documents.items import Document, Grid
from bullpen_memory.errors import InputError
from bullpen_tools.context import LocalFile
from bullpen_tools.tables import Table, decode, read_table
from bullpen_tools.vintages import Part, split

_AS_TEXT = frozenset({".html", ".htm", ".xhtml", ".eml"})
_AS_TABLE = frozenset({".json", ".jsonl", ".ndjson", *_AS_TEXT})
LIMITS = confined.Limits(seconds=180.0, cpu=180)
"""A person waits for the answer."""


def lines_of(file: LocalFile) -> list[str]:
    """The text of a file: its own lines, or for a document its passages, each after its place."""
    if not _foreign(file, _AS_TEXT):
        return decode(file.path.read_bytes(), file.name).splitlines()
    read = _reported(file, tables=False)
    lines = [*read.tables, *read.remarks]
    place = ""
    for part in read.parts:
        if part.locator != place:
            place = part.locator
            lines.append(f"[{place}]")
        lines += part.text.splitlines()
    return lines


Parts = list[tuple[Part, Table]]
"""The vintages of one table, each read; a plain table is its only one."""


def plain_text(file: LocalFile) -> str | None:
    """The text of a file that is a table of text as it stands, such as a CSV; None for another."""
    if _foreign(file, _AS_TABLE):
        return None
    return decode(file.path.read_bytes(), file.name)


def table_of(file: LocalFile, sheet: str, *, day_first: bool | None) -> tuple[Parts, str]:
    """The dated columns of a file by vintage, and the name of its sheet where it has several.

    InputError says what is wrong, or which sheets there are to choose from.
    """
    text = plain_text(file)
    if text is not None:
        return _parts(text, file.name, day_first), ""
    grids = _chosen(_reported(file, tables=True).grids, sheet, file.name)
    fitting: list[tuple[Parts, str]] = []
    problems: list[InputError] = []
    for grid in grids:
        try:
            parts = _parts(_as_csv(grid), file.name, day_first)
        except InputError as error:
            problems.append(error)
        else:
            fitting.append((parts, grid.title if len(grids) > 1 or sheet else ""))
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        raise problems[0]
    names = ", ".join(f"“{name}”" for _, name in fitting)
    raise InputError(
        f"“{file.name}” was not read.",
        f"Several of its tables hold dates and numbers: {names}.",
        "Say which one by sheet.",
    )


def _parts(text: str, name: str, day_first: bool | None) -> Parts:
    return [(part, read_table(part.text, name, day_first=day_first)) for part in split(text)]


def _chosen(grids: tuple[Grid, ...], sheet: str, name: str) -> list[Grid]:
    if not grids:
        raise InputError(
            f"“{name}” was not read.",
            "It holds no table.",
            "Send a table with a date column, as CSV, XLSX or Parquet.",
        )
    wanted = sheet.strip().casefold()
    chosen = [grid for grid in grids if not wanted or grid.title.casefold() == wanted]
    if not chosen:
        names = ", ".join(f"“{grid.title}”" for grid in grids)
        raise InputError(
            f"“{name}” has no sheet “{sheet}”.", f"There are: {names}.", "Use one of these names."
        )
    for grid in chosen:
        if grid.total:
            raise InputError(
                f"“{name}” was not read.",
                f"It has {grid.total:,} rows, more than are imported as series.",
                "Send the part that matters.",
            )
    return chosen


def _as_csv(grid: Grid) -> str:
    """The table as text whose line numbers are the rows of the sheet."""
    out = io.StringIO()
    out.write("\n" * (grid.row - 1))
    writer = csv.writer(out, lineterminator="\n")
    for row in grid.rows:
        writer.writerow([" ".join(cell.split()) for cell in row])
    return out.getvalue()


def _foreign(file: LocalFile, names: frozenset[str]) -> bool:
    """Whether the file is more than plain text, by its content or its ending."""
    with file.path.open("rb") as opened:
        head = opened.read(sniff.HEAD)
    binary = b"\x00" in head or b"%PDF-" in head[:1024] or head.startswith((b"PK\x03\x04", b"PAR1"))
    utf16 = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    return (binary and not utf16) or Path(file.name).suffix.lower() in names


def _reported(file: LocalFile, *, tables: bool) -> Document:
    try:
        return confined.read_document(file.path, file.name, tables=tables, limits=LIMITS)
    except InputError as error:
        raise InputError(f"“{file.name}” was not read.", error.cause, error.remedy) from error
