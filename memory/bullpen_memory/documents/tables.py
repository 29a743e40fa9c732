"""Tables in files of rows: CSV, JSON, JSON lines and Parquet; and any table into passages.

The rule it protects: a broken row is refused with its number, and a passage of a table repeats
the header and names its cells. A table of dates and numbers alone is described, not copied into
passages: its numbers belong to the market's series.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, cast

from bullpen_memory.documents.items import (
    MAX_CELLS,
    MAX_COLUMNS,
    MAX_ROWS,
    PASSAGE_CHARACTERS,
    About,
    File,
    Grid,
    Item,
    Part,
    Progress,
    Remark,
    refusal,
)
from bullpen_memory.documents.text import decoded, packed

PASSAGE_ROWS = 2_000
"""Of a longer table the beginning is kept in passages; the description covers all of it."""
_DELIMITERS = ",;\t|"


def read_csv(file: File) -> Iterator[Item]:
    """A table with separators; the delimiter is that of its first line."""
    text = decoded(file)
    delimiter = "\t" if file.suffix == ".tsv" else _delimiter(text)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        lines = [row for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise refusal(
            file.name, f"The table is broken ({error}).", "Mend it and send it again."
        ) from error
    if not lines or len(lines[0]) < 2:
        raise refusal(
            file.name,
            "It is not a table: its first line has no columns.",
            "Separate the columns by commas, semicolons or tabs, or send it as plain text.",
        )
    if len(lines) == 1:
        raise refusal(file.name, "The table has a header and no rows.", "Send one with rows.")
    width = len(lines[0])
    for number, row in enumerate(lines[1:], start=2):
        if len(row) != width:
            raise refusal(
                file.name,
                f"Row {number} has {len(row)} cells, the header has {width}.",
                "Mend that row and send the file again.",
            )
    yield About("")
    yield fitting(file, Grid("", tuple(tuple(row) for row in lines)))


def tabular(text: str) -> bool:
    """Whether the first lines have the same separators, two columns or more."""
    lines = [line for line in text[:20_000].splitlines()[:-1] if line.strip()][:20]
    if len(lines) < 3:
        return False
    mark = max(_DELIMITERS, key=lines[0].count)
    return lines[0].count(mark) > 0 and len({line.count(mark) for line in lines}) == 1


def _delimiter(text: str) -> str:
    head = text.split("\n", 1)[0]
    return max(_DELIMITERS, key=head.count)


def read_json(file: File) -> Iterator[Item]:
    """A list of like objects is a table; anything else is read key by key."""
    text = decoded(file)
    try:
        value = json.loads(text)
    except ValueError as error:
        raise refusal(
            file.name, f"It is not valid JSON ({error}).", "Mend it and send it again."
        ) from error
    except RecursionError:
        raise refusal(file.name, "It is nested too deeply.", "Send a flatter file.") from None
    if _objects(value):
        yield About("JSON: a list of objects")
        yield fitting(file, _from_objects(cast("list[dict[str, Any]]", value)))
        return
    yield About("JSON")
    yield from _leaves(value)


def read_jsonl(file: File) -> Iterator[Item]:
    """One JSON value a line."""
    values: list[Any] = []
    for number, line in enumerate(decoded(file).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            values.append(json.loads(line))
        except (ValueError, RecursionError) as error:
            raise refusal(
                file.name,
                f"Line {number} is not valid JSON ({error}).",
                "Mend that line and send the file again.",
            ) from error
    yield About(f"JSON lines: {len(values):,} values")
    if _objects(values):
        yield fitting(file, _from_objects(values))
        return
    for number, value in enumerate(values, start=1):
        text = json.dumps(value, ensure_ascii=False)
        yield from packed([text], "", number)


def _objects(value: object) -> bool:
    """Whether this is a list of objects that share most of their keys."""
    if not (isinstance(value, list) and value and all(isinstance(v, dict) for v in value)):
        return False
    rows = cast("list[dict[str, Any]]", value)
    keys = {key for row in rows for key in row}
    return 2 <= len(keys) <= MAX_COLUMNS and sum(map(len, rows)) >= len(keys) * len(rows) / 2


def _from_objects(rows: Sequence[dict[str, Any]]) -> Grid:
    keys = list(dict.fromkeys(key for row in rows for key in row))
    body = tuple(tuple(_cell(row.get(key)) for key in keys) for row in rows)
    return Grid("", (tuple(keys), *body))


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool | dict | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _leaves(value: object) -> Iterator[Part]:
    """Every value with the path to it, those of one key together."""
    if isinstance(value, dict):
        branches = [(f"$.{key}", one) for key, one in cast("dict[str, object]", value).items()]
    elif isinstance(value, list):
        found = cast("list[object]", value)
        branches = [(f"$[{number}]", one) for number, one in enumerate(found)]
    else:
        branches = [("$", value)]
    for path, branch in branches:
        lines: list[str] = []
        waiting = [(path, branch)]
        while waiting:
            at, one = waiting.pop()
            if isinstance(one, dict):
                inner = cast("dict[str, object]", one)
                waiting += reversed([(f"{at}.{key}", below) for key, below in inner.items()])
            elif isinstance(one, list):
                below = cast("list[object]", one)
                waiting += reversed([(f"{at}[{i}]", item) for i, item in enumerate(below)])
            else:
                lines.append(f"{at}: {_cell(one)}")
        yield from packed(lines, "", 1, place=path)


def read_parquet(file: File) -> Iterator[Item]:
    """A Parquet file, by DuckDB: all columns, the first rows."""
    import duckdb

    if file.path is None:
        raise refusal(file.name, "It came inside another file.", "Send it by itself.")
    settings: dict[str, str | bool | int | float | list[str]] = {
        "threads": "1",
        "memory_limit": "400MB",
        "temp_directory": "",
    }
    # By its descriptor: in a name, brackets and stars would be a pattern.
    with file.path.open("rb") as opened, duckdb.connect(":memory:", config=settings) as database:
        try:
            source = database.read_parquet(f"/dev/fd/{opened.fileno()}")
            names = source.columns
            (total,) = source.aggregate("count(*) AS rows").fetchall()[0]
            rows = source.limit(_row_limit(len(names))).fetchall()
        except duckdb.Error as error:
            reason = str(error).splitlines()[0].replace(f"/dev/fd/{opened.fileno()}", "the file")
            raise refusal(
                file.name, f"The Parquet file cannot be read ({reason}).", "Write it again."
            ) from error
    if not total:
        raise refusal(file.name, "The table has no rows.", "Send one with rows.")
    yield About("Parquet")
    yield Progress(len(rows), total)
    body = tuple(tuple(_value(cell) for cell in row) for row in rows)
    more = total if total > len(rows) else 0
    yield Grid("", (tuple(names), *body), total=more)


def _row_limit(columns: int) -> int:
    return max(1, min(MAX_ROWS, MAX_CELLS // max(1, columns)))


def _value(cell: object) -> str:
    if isinstance(cell, float):
        return f"{cell:.10g}"
    return _cell(cell)


def fitting(file: File, grid: Grid) -> Grid:
    """The table itself, or InputError for one that is too large."""
    rows, columns = len(grid.rows), len(grid.rows[0])
    if rows > MAX_ROWS or columns > MAX_COLUMNS or rows * columns > MAX_CELLS:
        raise refusal(
            file.name,
            f"The table has {rows:,} rows and {columns:,} columns; up to {MAX_ROWS:,} rows,"
            f" {MAX_COLUMNS:,} columns and {MAX_CELLS:,} cells are read.",
            "Send the part that matters, or split it.",
        )
    return grid


def passages(grid: Grid) -> Iterator[Part | Remark]:
    """The rows in passages, each under the header; none for dates and numbers alone."""
    header, body = grid.rows[0], grid.rows[1:]
    if not _says_words(header, body):
        return
    head = " | ".join(_clean(cell) for cell in header)
    held: list[str] = []
    begin = 1
    for number, row in enumerate(body[:PASSAGE_ROWS], start=1):
        line = " | ".join(_clean(cell) for cell in row)
        size = len(head) + sum(len(one) + 1 for one in held) + len(line)
        if held and size > PASSAGE_CHARACTERS:
            yield from _rows(grid, head, held, begin)
            held, begin = [], number
        held.append(line)
    yield from _rows(grid, head, held, begin)
    if len(body) > PASSAGE_ROWS:
        where = f" of {grid.title}" if grid.title else ""
        yield Remark(
            f"Only the first {PASSAGE_ROWS:,} rows{where} are kept in words; the description"
            " covers all of them."
        )


def _rows(grid: Grid, head: str, lines: list[str], begin: int) -> Iterator[Part]:
    if not lines:
        return
    place = grid.cells(begin, begin + len(lines) - 1)
    text = "\n".join([head, *lines])
    if len(text) <= 2 * PASSAGE_CHARACTERS:
        yield Part(text, place, grid.title)
        return
    yield from packed([head, *lines], grid.title, 1, place=place)


def _says_words(header: Sequence[str], body: Sequence[Sequence[str]]) -> bool:
    """Whether some column holds more than dates and numbers."""
    for column in range(len(header)):
        filled = [row[column].strip() for row in body[:200] if row[column].strip()]
        if any(_number(cell) is None and not _is_day(cell) for cell in filled):
            return True
    # A small table without words is still worth a look as it is: a matrix, a set of parameters.
    return len(body) <= 12


def described(grid: Grid) -> str:
    """How many rows and columns, and for each column what it holds."""
    header, body = grid.rows[0], grid.rows[1:]
    columns = [
        _column(_clean(title) or f"column {i + 1}", [row[i].strip() for row in body])
        for i, title in enumerate(header[:60])
    ]
    more = f"; and {len(header) - 60} more columns" if len(header) > 60 else ""
    name = f" “{grid.title}”" if grid.title else ""
    total = grid.total or len(body)
    seen = f" (the columns are described by the first {len(body):,})" if grid.total else ""
    return (
        f"A table{name} of {total:,} rows and {len(header)} columns{seen}. "
        + "; ".join(columns)
        + more
        + "."
    )


def _column(title: str, cells: list[str]) -> str:
    filled = [cell for cell in cells if cell]
    missing = len(cells) - len(filled)
    gap = f", {missing:,} missing" if missing else ""
    numbers = [value for cell in filled if (value := _number(cell)) is not None]
    if filled and len(numbers) == len(filled):
        return f"{title} (number, {min(numbers):g} to {max(numbers):g}{gap})"
    if filled and all(_is_day(cell) for cell in filled):
        return f"{title} (date, {min(filled)[:10]} to {max(filled)[:10]}{gap})"
    distinct = list(dict.fromkeys(filled))
    shown = ", ".join(_clean(cell)[:80] for cell in distinct[:5])
    return f"{title} (text, {len(distinct):,} distinct: {shown}{' …' if len(distinct) > 5 else ''}{gap})"


def _clean(cell: str) -> str:
    return " ".join(cell.split())


def _number(cell: str) -> float | None:
    try:
        return float(cell.replace(",", "").removesuffix("%").lstrip("$€£"))
    except ValueError:
        return None


def _is_day(cell: str) -> bool:
    try:
        date.fromisoformat(cell[:10])
    except ValueError:
        return False
    return True
