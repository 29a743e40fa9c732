"""How a receipt's values and data are written for people, in Slack and on the pages.

The rule it protects: a value is never shown without its unit, nor synthetic data without its
stamp. It formats; it computes nothing.
"""

from __future__ import annotations

from bullpen_tools.context import DataRef, Value


def value_text(value: Value) -> str:
    """A value with its unit: 1,234.5 usd."""
    shown = value.value
    if shown is None:
        return "no answer"
    if isinstance(shown, bool):
        return "yes" if shown else "no"
    if isinstance(shown, float):
        shown = f"{shown:,.4f}".rstrip("0").rstrip(".")
    unit = "" if value.unit in ("", "text", "date") else f" {value.unit}"
    return f"{shown}{unit}"


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
