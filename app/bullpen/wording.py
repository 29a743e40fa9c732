"""How receipts and records are written for people, in Slack, on the pages and on the command line.

The rule it protects: a value is never shown without its unit, nor synthetic data without its
stamp. It formats; it computes nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bullpen_memory.listing import DISPUTED
from bullpen_memory.records import Record
from bullpen_tools import formats
from bullpen_tools.context import DataRef, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Rerun:
    """What running a receipt again gave: a sentence, and the figures that differ, a line for each."""

    same: bool
    sentence: str
    differences: tuple[str, ...] = ()


def value_text(value: Value) -> str:
    """A value as the figures in messages show it: $1,234.50; words without Markdown's escapes."""
    if isinstance(value.value, str) and value.unit != "date":
        return value.value
    return formats.show(value)


def data_text(ref: DataRef) -> str:
    """The rows that a result was computed from, in one line."""
    bits = [ref.dataset]
    if ref.rows:
        bits.append(f"{ref.rows:,} rows")
    if ref.start or ref.end:
        bits.append(f"{ref.start} to {ref.end}")
    if ref.vintage:
        bits.append(f"vintage {ref.vintage}")
    if ref.sha256:
        bits.append(f"sha256 {ref.sha256[:12]}")
    if ref.kind == "synthetic":
        bits.append("SYNTHETIC")
    return " · ".join(bits)


STANDS: dict[str, str] = {
    "proposed": "waits for somebody's approval", "active": "in force", "retracted": "withdrawn",
    "superseded": "replaced", "forgotten": "erased for good",
}  # fmt: skip


DID: dict[str, str] = {
    "add": "wrote it", "revise": "edited it", "approve": "approved it", "retract": "withdrew it",
    "restore": "restored it", "pin": "pinned it", "unpin": "unpinned it", "forget": "had it forgotten",
    "supersede": "replaced it", "corroborate": "said the same from another source",
    "merge": "merged it", "separate": "undid the merge", "dispute": "disputed it",
    "settle": "settled the dispute", "share": "moved it to another place", "prove": "had every file searched for it",
}  # fmt: skip


def told(record: Record) -> str:
    """How a record stands: `in force, disputed, pinned`."""
    marks = [STANDS[record.status], *(["disputed"] if DISPUTED in record.tags else [])]
    return ", ".join([*marks, *(["pinned"] if record.pinned else [])])


def bare(text: str) -> str:
    """A line without Markdown's marks, for titles."""
    return re.sub(r"[*`]+|^#+\s+", "", text).strip()


def headline(record: Record) -> str:
    """The title where it says more than the beginning of the text does; else ""."""
    shown = bare(record.title)
    start = shown.rstrip("…. ").casefold()
    return "" if start and bare(record.text).casefold().startswith(start) else shown
