"""CSV that a spreadsheet opens as text and numbers, and never as formulas.

The rule it protects: a cell that begins like a formula (`=`, `+`, `-`, `@`, a tab, a carriage
return) and is no number gets an apostrophe in front, as OWASP advises. It reads no file.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

_NUMBER = re.compile(r"[+-]?(?:\d[\d,]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?%?")
_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def safe(cell: object) -> object:
    """The cell as it may be written; numbers stay numbers."""
    if not isinstance(cell, str):
        return cell
    risky = cell.startswith(_STARTS) and not _NUMBER.fullmatch(cell)
    # A bare carriage return is not quoted by the writer, and would begin a row of its own.
    text = cell.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{text}" if risky else text


def write(header: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    """A CSV text with one header."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([safe(cell) for cell in header])
    writer.writerows([safe(cell) for cell in row] for row in rows)
    return buffer.getvalue()


def defused(content: bytes) -> bytes:
    """A CSV somebody else wrote, its formulas turned into text; what is no CSV becomes one column."""
    text = content.decode("utf-8", errors="replace")
    try:
        rows = list(csv.reader(io.StringIO(text, newline="")))
    except csv.Error:
        rows = [[line] for line in text.splitlines()]
    return write(rows[0], rows[1:]).encode() if rows else b""
