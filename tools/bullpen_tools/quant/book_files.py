"""A book from a file: which series its positions are, and what each of them weighs, as a tool.

The rule it protects: every line of the file becomes a series that the desk holds, or the whole book is refused with
the lines that did not; weights come from the file or from its quantities, never from a guess. It values nothing.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bullpen_memory.errors import InputError
from bullpen_memory.records import SeriesInfo
from bullpen_tools.context import DataRef, LocalFile, Result, Scalar, ToolContext, Value
from bullpen_tools.files import attached
from bullpen_tools.handed import plain_text
from bullpen_tools.histories import load
from bullpen_tools.tool import tool

_NAMES = (
    "series",
    "symbol",
    "ticker",
    "instrument",
    "position",
    "holding",
    "line",
    "asset",
    "name",
)
_WEIGHTS = ("weight", "weight_pct", "share", "allocation")
_QUANTITIES = ("quantity", "units", "shares", "contracts", "qty")
_VALUES = ("value", "market_value", "amount", "value_usd", "notional")
_MOST = 12


@dataclass(frozen=True, slots=True)
class _Line:
    """One position as the file has it."""

    name: str
    size: float


@tool(risk="read", label="reading the book", version="1")
def read_book(ctx: ToolContext, name: str) -> Result:
    """Read a book from an attached CSV: one line a position, a column `series` (or symbol, instrument)
    and a column `weight_pct`, `value` or `quantity`. Gives each position's series at the desk and its
    weight, ready as the `holdings` of `volatility_target`. Prices come from series of the desk:
    import them first.

    Args:
        name: Name of the file.
    """
    file = attached(ctx, name)
    lines, kind = _lines(file)
    infos = _resolved(ctx, lines, file.name)
    sizes = [line.size for line in lines]
    notes: list[str] = []
    if kind == "quantity":
        histories = [load(ctx, info.id, None, None, at_least=1) for info in infos]
        sizes = [size * float(one.values[-1]) for size, one in zip(sizes, histories, strict=True)]
        notes += ["Quantities were valued at the last price of each series."]
        notes += [
            f"{one.info.id} ends on {one.dates[-1]}." for one in histories
        ]  # fmt: skip
        if len({one.info.unit.lower() for one in histories}) > 1:
            raise InputError(
                "The prices are in different units.",
                ", ".join(f"{one.info.id} in {one.info.unit or 'no unit'}" for one in histories)
                + ".",
                "Give the weights in percent instead of quantities.",
            )
    weights = sizes if kind == "weight" else _shared(sizes)
    rows: list[tuple[Scalar, ...]] = [("series", "as written", "weight_pct")]
    rows += [(info.id, line.name, w) for info, line, w in zip(infos, lines, weights, strict=True)]
    return Result(
        summary=f"The book in “{file.name}”: {len(lines)} positions, weights from their {kind}.",
        values={
            **{f"weight_{n}": Value(value=w, unit="pct", kind="assumed" if kind == "weight" else "derived", label=f"Weight of {line.name}")
               for n, (line, w) in enumerate(zip(lines, weights, strict=True), start=1)},
            "total": Value(value=sum(weights), unit="pct", label="Sum of the weights"),
        },
        data=(DataRef(dataset=f"file:{file.name}", sha256=file.sha256, rows=len(lines)),),
        warnings=tuple(notes) if abs(sum(weights) - 100) < 0.5 else (*notes, "The weights do not add up to 100 %."),
        table=tuple(rows),
    )  # fmt: skip


def _lines(file: LocalFile) -> tuple[list[_Line], str]:
    text = plain_text(file)
    if text is None or not text.strip():
        raise _no_book(file.name, "It is not a text file of positions.")
    sample = text[:4000]
    delimiter = max(",;\t|", key=sample.count)
    rows = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if any(row)]
    header = {_plain(cell): at for at, cell in enumerate(rows[0])}
    named = _column(header, _NAMES)
    found = next(
        (
            (kind, at)
            for kind, words in (("weight", _WEIGHTS), ("value", _VALUES), ("quantity", _QUANTITIES))
            if (at := _column(header, words)) is not None
        ),
        None,
    )
    if named is None or found is None:
        listed = ", ".join(f"“{cell.strip()}”" for cell in rows[0])
        raise _no_book(file.name, f"Its columns are {listed}.")
    kind, sized = found
    made = [_line(n, row, named, sized, file.name) for n, row in enumerate(rows[1:], start=2)]
    if not 1 <= len(made) <= _MOST:
        raise _no_book(file.name, f"It has {len(made)} positions; 1 to {_MOST} can be taken.")
    return made, kind


def _line(number: int, row: Sequence[str], named: int, sized: int, file: str) -> _Line:
    cells = [*row, *[""] * (max(named, sized) + 1 - len(row))]
    digits = re.sub(r"[%$€£\s]", "", cells[sized]).replace("−", "-")
    if re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d+)?", digits):
        digits = digits.replace(",", "")
    try:
        size = float(digits)
    except ValueError:
        raise InputError(
            f"Line {number} of “{file}” cannot be read.",
            f"“{cells[sized].strip()}” is not a number.",
            "Write it with a decimal point.",
        ) from None
    return _Line(cells[named].strip(), size)


def _plain(cell: str) -> str:
    words = re.sub(r"[^a-z]+", "_", cell.strip().lower()).strip("_")
    return "weight_pct" if words.startswith(("weight", "allocation")) else words


def _column(header: Mapping[str, int], words: Sequence[str]) -> int | None:
    return next((header[word] for word in words if word in header), None)


def _no_book(name: str, cause: str) -> InputError:
    return InputError(
        f"“{name}” is no book that can be read.",
        cause,
        "Send a CSV with a line for each position: a column `series` and a column `weight_pct` (or `value`, `quantity`).",
    )


def _resolved(ctx: ToolContext, lines: Sequence[_Line], file: str) -> list[SeriesInfo]:
    found: list[SeriesInfo] = []
    lacking: list[str] = []
    for line in lines:
        try:
            found.append(ctx.market.resolve(line.name, ctx.scopes))
        except InputError as error:
            lacking.append(f"“{line.name}”: {error.cause.rstrip('.')}")
    if lacking:
        raise InputError(
            f"The book in “{file}” has positions without a series.",
            "; ".join(lacking) + ".",
            "Import their prices (a CSV with a date column and a column for each), or correct the names.",
        )
    if len({info.id for info in found}) < len(found):
        raise InputError(
            f"Two positions in “{file}” are the same series.",
            ", ".join(info.id for info in found) + ".",
            "Add them up in one line.",
        )
    return found


def _shared(sizes: Sequence[float]) -> list[float]:
    """Weights in percent of the net value; InputError where that is not above zero."""
    total = sum(sizes)
    if total <= 0:
        raise InputError(
            "The book has no net value to weigh by.",
            f"Its positions add up to {total:g}.",
            "Give the weights in percent of your capital instead.",
        )
    return [size / total * 100 for size in sizes]
