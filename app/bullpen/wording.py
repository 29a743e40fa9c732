"""How receipts and records are written for people, in Slack, on the pages and on the command line.

The rule it protects: a value is never shown without its unit, nor synthetic data without its
stamp. It formats; it computes nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

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


def bare(text: str) -> str:
    """A line without Markdown's marks, for titles."""
    return re.sub(r"[*`#]+", "", text).strip()


def headline(record: Record) -> str:
    """The title where it says more than the beginning of the text does; else ""."""
    shown = bare(record.title)
    start = shown.rstrip("…. ").casefold()
    return "" if start and bare(record.text).casefold().startswith(start) else shown
