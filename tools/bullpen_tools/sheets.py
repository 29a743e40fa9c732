"""Tables that are not CSV (Excel, Parquet, JSON) as CSV text, for the one reader of tables.

The rule it protects: a number keeps its digits and a date its day on the way; what would not fit
in memory is refused before it is unpacked. It knows no series and guesses no units.
"""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, cast

from bullpen_memory.errors import InputError
from bullpen_tools.tables import MAX_ROWS, decode

_MOST_UNPACKED, _MOST_RATIO = 300_000_000, 200
_SECONDS = 60
_SAMPLE = 30


def as_csv(data: bytes, name: str, sheet: str = "") -> tuple[str, tuple[str, ...]]:
    """The table in a file as CSV text, with notes on what was chosen. InputError where there is none.

    `sheet` names the sheet of a workbook; otherwise the one with most rows is taken.
    """
    ending = Path(name).suffix.lower()
    if data.startswith(b"PAR1"):
        return _parquet(data, name), ()
    if ending in (".xlsx", ".xlsm"):
        return _workbook(data, name, sheet)
    text = decode(data, name)
    if ending in (".json", ".jsonl", ".ndjson"):
        return _json(text, name), ()
    return text, ()


def _workbook(data: bytes, name: str, sheet: str) -> tuple[str, tuple[str, ...]]:
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        _check_size(data, name)
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, OSError, ValueError) as error:
        raise _refusal(
            name, f"It is no workbook of Excel: {error}.", "Save it again as .xlsx or CSV."
        ) from error
    try:
        names = book.sheetnames
        if sheet and sheet not in names:
            raise _refusal(
                name, f"It has no sheet “{sheet}”; it has {', '.join(names)}.", "Name one of these."
            )
        tables = {title: _cells(book[title]) for title in ([sheet] if sheet else names)}
    finally:
        book.close()
    best = max(tables, key=lambda title: len(tables[title]))
    rows, skipped = _without_preamble(tables[best])
    notes: list[str] = []
    if len(names) > 1:
        notes.append(f"“{name}” has the sheets {', '.join(names)}; “{best}” was read.")
    if skipped:
        notes.append(f"The first {skipped} rows of the sheet hold no table and were passed over.")
    return _written(rows), tuple(notes)


def _check_size(data: bytes, name: str) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        size = sum(item.file_size for item in packed.infolist())
    if size > _MOST_UNPACKED or size > _MOST_RATIO * max(len(data), 4096):
        raise _refusal(
            name, f"Unpacked it would take {size:,} bytes.", "Send the part that matters as CSV."
        )


def _cells(sheet: Any) -> list[list[str]]:
    rows: list[list[str]] = []
    for row in sheet.iter_rows(values_only=True):
        cells = [_text(cell) for cell in row]
        while cells and not cells[-1]:
            cells.pop()
        rows.append(cells)
        if len(rows) > MAX_ROWS:
            break
    return rows


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return (
            cell.date().isoformat() if cell.time() == datetime.min.time() else cell.isoformat(" ")
        )
    if isinstance(cell, date):
        return cell.isoformat()
    return repr(cell) if isinstance(cell, float) else str(cell).strip()


def _without_preamble(rows: Sequence[list[str]]) -> tuple[list[list[str]], int]:
    """The table below titles and notes: from the first row as wide as most of what follows it."""
    filled = [row for row in rows if any(row)]
    widths = sorted(sum(bool(cell) for cell in row) for row in filled[-_SAMPLE:])
    usual = widths[len(widths) // 2] if widths else 0
    start = next((n for n, row in enumerate(filled) if sum(map(bool, row)) >= max(2, usual - 1)), 0)
    # A title row above the header may leave the first cell, the dates' own heading, empty.
    table = filled[start:]
    width = max((len(row) for row in table), default=0)
    return [row + [""] * (width - len(row)) for row in table], start


def _json(text: str, name: str) -> str:
    try:
        held: object = json.loads(text)
    except ValueError:
        try:
            held = [json.loads(line) for line in text.splitlines() if line.strip()]
        except ValueError as error:
            raise _refusal(
                name, f"It is not JSON: {error}.", "Mend it and send it again."
            ) from error
    rows = _records(held)
    if not rows:
        raise _refusal(name, "It holds no table: a list of objects is needed.", "Write [{\"date\": …, \"value\": …}, …].")  # fmt: skip
    header = list(dict.fromkeys(key for row in rows for key in row))
    return _written([header, *([_text(row.get(key)) for key in header] for row in rows)])


def _records(held: object) -> list[dict[str, object]]:
    """The rows in the usual shapes: a list of objects, one under a key, columns, or pairs."""
    if isinstance(held, dict):
        items = cast("dict[str, object]", held)
        columns = {
            key: cast("list[object]", value)
            for key, value in items.items()
            if isinstance(value, list)
        }
        if len(columns) >= 2 and len({len(column) for column in columns.values()}) == 1 and not any(isinstance(x, dict) for x in next(iter(columns.values()))):  # fmt: skip
            return [
                dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)
            ]
        nested = [rows for value in items.values() if (rows := _records(value))]
        return max(nested, key=len) if nested else []
    if not isinstance(held, list):
        return []
    listed = cast("list[object]", held)
    if listed and all(isinstance(row, dict) for row in listed):
        return [cast("dict[str, object]", row) for row in listed]
    if listed and all(
        isinstance(row, list) and len(cast("list[object]", row)) == 2 for row in listed
    ):
        return [{"date": a, "value": b} for a, b in cast("list[list[object]]", listed)]
    nested = [
        rows
        for value in listed
        if isinstance(value, (list, dict)) and (rows := _records(cast("object", value)))
    ]
    return max(nested, key=len) if nested else []


def _parquet(data: bytes, name: str) -> str:
    """Read in a process of its own, which may open nothing but standard input's copy of the file."""
    worker = Path(__file__).with_name("parquet_worker.py")
    try:
        ran = subprocess.run([sys.executable, "-I", "-B", str(worker), str(MAX_ROWS + 1)], input=data,
                             capture_output=True, timeout=_SECONDS, env={})  # fmt: skip
    except subprocess.TimeoutExpired:
        raise _refusal(
            name, f"Reading it took longer than {_SECONDS} seconds.", "Send a part of it."
        ) from None
    if ran.returncode:
        said = ran.stderr.decode(errors="replace").strip().splitlines()
        raise _refusal(
            name,
            f"It is no readable Parquet file: {said[-1][:300] if said else 'no reason given'}.",
            "Send it as CSV.",
        )
    return ran.stdout.decode()


def _written(rows: Iterable[Sequence[str]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue()


def _refusal(name: str, cause: str, remedy: str) -> InputError:
    return InputError(f"“{name}” was not read.", cause, remedy)
