"""A person's CSV as dated columns of numbers: dialect, dates, decimal commas, holes.

The rule it protects: a number is read one way or not at all. What could be read two ways (3/4 as
a date, a value that occurs twice) is refused with the line and the reason, never guessed. It
stores nothing and knows no series.
"""

from __future__ import annotations

import csv
import io
import math
import re
from calendar import monthrange
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from bullpen_memory.errors import InputError

MAX_BYTES = 50_000_000
MAX_ROWS = 500_000
_MISSING = frozenset(
    {
        "",
        ".",
        "-",
        "na",
        "n/a",
        "#n/a",
        "nan",
        "null",
        "none",
        "..",
        "--",
        "…",
        "...",
        ":",
        "x",
        "n.a.",
        "#value!",
        "#ref!",
        "#div/0!",
    }
)
_FORMATS = (
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y%m%d",
    "%d.%m.%Y",
    "%d-%b-%Y",
    "%d %b %Y",
    "%b %d, %Y",
    "%d %B %Y",
    "%B %d, %Y",
    "%Y-%m",
    "%YM%m",
    "%b %Y",
    "%B %Y",
    "%b-%y",
    "%YQ",
    "%Y",
)
_DAY_FIRST, _MONTH_FIRST = ("%d/%m/%Y", "%d/%m/%y"), ("%m/%d/%Y", "%m/%d/%y")

Row = tuple[int, list[str]]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of numbers: values by day, ascending, and what was met on the way."""

    name: str
    values: dict[date, float | None]
    duplicates: int = 0
    zeros: int = 0
    notes: tuple[str, ...] = ()

    @property
    def missing(self) -> int:
        return sum(value is None for value in self.values.values())


@dataclass(frozen=True, slots=True)
class Table:
    """The columns of numbers of one file. `skipped` names the columns that hold none."""

    date_column: str
    columns: tuple[Column, ...]
    skipped: tuple[str, ...] = field(default=())


def decode(data: bytes, name: str) -> str:
    """The text of a file; InputError for an empty, an oversized or a binary one."""
    if not data.strip():
        raise _refusal(name, "It is empty.", "Send the file again.")
    if len(data) > MAX_BYTES:
        raise _refusal(
            name, f"It is larger than {MAX_BYTES // 1_000_000} MB.", "Send a part of it."
        )
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Windows' western encoding, in which spreadsheets export, maps nearly every byte.
        text = data.decode("cp1252", errors="replace")
    if b"\x00" in data or re.search(r"[\x01-\x08\x0e-\x1f\ufffd]", text[:65536]):
        raise _refusal(
            name, "It is a binary file, not text.", "Export it as CSV or text and send that."
        )
    return text


def read_table(text: str, name: str, *, day_first: bool | None = None) -> Table:
    """The numbers of a CSV by day. Raises InputError with the line number for what is broken.

    `day_first` decides how 3/4/2020 is read where the file itself does not.
    """
    header, rows = _rows(text, name)
    at, days = _date_column(header, rows, name, day_first)
    columns: list[Column] = []
    skipped: list[str] = []
    for index, title in enumerate(header):
        if index == at:
            continue
        column = _column(title, [(line, row[index].strip()) for line, row in rows], days, name)
        if column is None:
            skipped.append(title)
        else:
            columns.append(column)
    if not columns:
        raise _refusal(name, "No column holds numbers.", "Send a table with a date and numbers.")
    return Table(header[at], tuple(columns), tuple(skipped))


def _rows(text: str, name: str) -> tuple[list[str], list[Row]]:
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(",;\t|", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[Row] = []
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append((reader.line_num, row))
    except csv.Error as error:
        raise _refusal(
            name, f"Line {reader.line_num} is broken: {error}.", "Mend that line and send it again."
        ) from error
    if len(rows) < 2 or len(rows[0][1]) < 2:
        raise _refusal(
            name,
            "It has no table: a header, two columns and a row of data are the least.",
            "Separate the columns by commas, semicolons or tabs.",
        )
    header = _header(rows[0][1])
    body = rows[1:]
    if len(body) > MAX_ROWS:
        raise _refusal(name, f"It has more than {MAX_ROWS:,} rows.", "Send a part of it.")
    for line, row in body:
        if len(row) != len(header):
            raise _refusal(
                name,
                f"Line {line} has {len(row)} cells, the header has {len(header)}.",
                "Mend that line and send it again.",
            )
    return header, body


def _header(cells: Sequence[str]) -> list[str]:
    """Names for all columns, each once: an empty one gets its number, a repeated one too."""
    names: list[str] = []
    for number, cell in enumerate(cells, start=1):
        name = " ".join(cell.split()) or f"column {number}"
        names.append(f"{name} {number}" if name in names else name)
    return names


def _date_column(
    header: Sequence[str], rows: Sequence[Row], name: str, day_first: bool | None
) -> tuple[int, list[date]]:
    """The first column whose every cell is a date in one notation, with the dates."""
    likely = sorted(range(len(header)), key=lambda i: not re.search("date|time|day|period|month|year|datum", header[i], re.IGNORECASE))  # fmt: skip
    for index in likely:
        cells = [(line, row[index].strip()) for line, row in rows]
        days = _dates(cells, header[index], name, day_first)
        if days is not None:
            return index, days
    hint = _first_odd(header, rows, likely[0])
    raise _refusal(
        name, f"No column holds a date in every row{hint}.", "Write dates as year-month-day."
    )


def _first_odd(header: Sequence[str], rows: Sequence[Row], index: int) -> str:
    """Where the likeliest date column goes wrong, if most of it is dates."""
    odd = [(line, row[index]) for line, row in rows if _any_date(row[index].strip()) is None]
    if not odd or len(odd) > len(rows) / 2:
        return ""
    return f": “{header[index]}” has “{odd[0][1]}” in line {odd[0][0]}"


def _any_date(cell: str) -> date | None:
    for form in (*_FORMATS, *_DAY_FIRST, *_MONTH_FIRST):
        if (day := _parse(cell, form)) is not None:
            return day
    return None


def _dates(
    cells: Sequence[tuple[int, str]], title: str, name: str, day_first: bool | None
) -> list[date] | None:
    for form in _FORMATS:
        if (days := _all(cells, form)) is not None:
            return days
    by_day = next((d for form in _DAY_FIRST if (d := _all(cells, form)) is not None), None)
    by_month = next((d for form in _MONTH_FIRST if (d := _all(cells, form)) is not None), None)
    if by_day and by_month and by_day != by_month:
        if day_first is None:
            raise _refusal(
                name,
                f"The dates in “{title}” can be read with the day or the month first "
                f"(“{cells[0][1]}”).",
                "Say which by day_first.",
            )
        return by_day if day_first else by_month
    return by_day or by_month


def _all(cells: Sequence[tuple[int, str]], form: str) -> list[date] | None:
    days: list[date] = []
    for _, cell in cells:
        day = _parse(cell, form)
        if day is None:
            return None
        days.append(day)
    return days


def _parse(cell: str, form: str) -> date | None:
    if form == "%Y-%m-%d":
        cell = re.sub(r"[T ]\d{2}:\d{2}.*$", "", cell)
    if form == "%YQ":
        return _quarter(cell)
    if form in _SHAPES and not re.fullmatch(_SHAPES[form], cell):
        return None
    try:
        day = datetime.strptime(cell, form).date()
    except ValueError:
        return None
    if form == "%Y":
        return day.replace(month=12, day=31)
    # A month stands for its last day: a period is known by its end.
    return day.replace(day=monthrange(day.year, day.month)[1]) if form in _MONTHS else day


def _quarter(cell: str) -> date | None:
    """2020Q1, 2020-Q1, Q1 2020: the last day of the quarter."""
    found = re.fullmatch(r"(?:(\d{4})[- ]?Q([1-4])|Q([1-4])[- /]?(\d{4}))", cell, re.IGNORECASE)
    if not found:
        return None
    year, month = int(found[1] or found[4]), 3 * int(found[2] or found[3])
    return date(year, month, monthrange(year, month)[1])


_MONTHS = frozenset({"%Y-%m", "%YM%m", "%b %Y", "%B %Y", "%b-%y"})
_SHAPES = {
    "%Y": r"(?:1[6-9]|20)\d\d",
    "%Y%m%d": r"(?:1[6-9]|20)\d{6}",
    "%Y-%m": r"\d{4}-\d\d",
    "%YM%m": r"\d{4}M\d\d",
}


def _column(
    title: str, cells: Sequence[tuple[int, str]], days: Sequence[date], name: str
) -> Column | None:
    filled = [(line, cell) for line, cell in cells if cell.lower() not in _MISSING]
    read, notes = _notation([cell for _, cell in filled])
    odd = [(line, cell) for line, cell in filled if read(cell) is None]
    if not filled or len(odd) > len(filled) * 0.1:
        return None
    if odd:
        raise _refusal(
            name,
            f"Line {odd[0][0]} has “{odd[0][1]}” in the column “{title}”, which is not a number.",
            "Mend that line, or leave the cell empty.",
        )
    values: dict[date, float | None] = {}
    lines: dict[date, int] = {}
    duplicates = 0
    for (line, cell), day in zip(cells, days, strict=True):
        value = None if cell.lower() in _MISSING else read(cell)
        if day in values:
            duplicates += 1
            _same(values[day], value, (lines[day], line, day), (title, name))
        values[day], lines[day] = value, line
    zeros = sum(value == 0 for value in values.values())
    return Column(title, dict(sorted(values.items())), duplicates, zeros, notes)


def _same(
    one: float | None, other: float | None, where: tuple[int, int, date], what: tuple[str, str]
) -> None:
    if one != other:
        first, second, day = where
        title, name = what
        raise _refusal(
            name,
            f"Lines {first} and {second} give “{title}” two values for {day}: {one} and {other}.",
            "Keep one of them.",
        )


def _notation(cells: Sequence[str]) -> tuple[Callable[[str], float | None], tuple[str, ...]]:
    """How the numbers of a column are written: with a decimal point or a decimal comma."""
    bare = [_strip(cell) for cell in cells]
    commas = [cell for cell in bare if "," in cell]
    # "1.234,5" and "0,5" can only have a decimal comma; "1,234" alone cannot tell.
    decimal = any(re.search(r"\.\d{3},|^-?\d*,\d{1,2}$|^-?0,|,\d{4,}$", cell) for cell in commas)
    if decimal and not any(re.search(r",\d{3}\.", cell) for cell in commas):
        return _comma_number, ("The comma was read as the decimal mark.",)
    if commas and all(re.fullmatch(r"-?\d{1,3}(,\d{3})+", cell) for cell in commas):
        return _point_number, ("Commas were read as separators of thousands.",)
    return _point_number, ()


def _strip(cell: str) -> str:
    return re.sub(r"[\s\u00a0\u202f%$€£'’]", "", cell).replace("−", "-")


def _point_number(cell: str) -> float | None:
    return _float(_strip(cell).replace(",", ""))


def _comma_number(cell: str) -> float | None:
    return _float(_strip(cell).replace(".", "").replace(",", "."))


def _float(cell: str) -> float | None:
    if cell.startswith("(") and cell.endswith(")"):
        cell = f"-{cell[1:-1]}"
    if not re.fullmatch(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", cell):
        return None
    number = float(cell)
    return number if math.isfinite(number) else None


def _refusal(name: str, cause: str, remedy: str) -> InputError:
    return InputError(f"“{name}” was not read.", cause, remedy)
