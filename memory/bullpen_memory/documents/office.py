"""Office documents: DOCX by headings and tables, XLSX by sheets and cells.

The rule it protects: a cell is told as its reader sees it, with its address, and hidden sheets
are read and named. It computes no formula: the value that was last stored is what is read.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from bullpen_memory.documents.items import (
    MAX_CELLS,
    MAX_COLUMNS,
    MAX_ROWS,
    About,
    File,
    Grid,
    Item,
    Progress,
    Remark,
    letter,
    refusal,
)
from bullpen_memory.documents.text import packed

if TYPE_CHECKING:
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet

MAX_UNPACKED = 500_000_000
MAX_RATIO = 100
MAX_MEMBERS = 10_000
# Small files of repeated cells compress well without being bombs.
_HARMLESS = 20_000_000
# Rows after which a long sheet says that it is still being read.
_SIGN_OF_LIFE = 5_000


def read_docx(file: File) -> Iterator[Item]:
    """Paragraphs under their headings, and tables, in the order of the text."""
    import docx
    from docx.table import Table

    refuse_bomb(file)
    document = docx.Document(file.stream())
    yield About("A Word document", " ".join((document.core_properties.title or "").split())[:200])
    path: list[tuple[int, str]] = []
    block: list[str] = []
    first, number, tables = 1, 0, 0
    for piece in document.iter_inner_content():
        if isinstance(piece, Table):
            yield from packed(block, _joined(path), first, "paragraphs")
            block, first = [], number + 1
            tables += 1
            yield from _table(piece, tables, _joined(path))
            continue
        number += 1
        text = piece.text.strip()
        level = _level(piece)
        if not level or not text:
            block.append(text)
            continue
        yield from packed(block, _joined(path), first, "paragraphs")
        path = [*(one for one in path if one[0] < level), (level, text)]
        block, first = [], number + 1
    yield from packed(block, _joined(path), first, "paragraphs")


def _joined(path: Sequence[tuple[int, str]]) -> str:
    return " › ".join(title for _, title in path)


def _level(paragraph: Any) -> int:
    """1 to 9 for a heading, by its style; 0 for other text."""
    style = paragraph.style
    name = (style.name or "") if style is not None else ""
    if name == "Title":
        return 1
    kind, _, level = name.partition(" ")
    return int(level) if kind.lower() == "heading" and level.isdigit() else 0


def _table(table: Any, number: int, heading: str) -> Iterator[Item]:
    rows: list[tuple[str, ...]] = []
    for row in table.rows:
        # A merged cell is given once for each column that it spans.
        cells = [" ".join(cell.text.split()) for cell in row.cells]
        if any(cells):
            rows.append(tuple(cells))
    if not rows:
        return
    width = max(map(len, rows))
    even = tuple(row + ("",) * (width - len(row)) for row in rows)
    place = f"table {number}"
    if len(even) > 1 and width > 1:
        yield Grid(f"{heading} › {place}" if heading else place, even, place=place)
    else:
        yield from packed([" | ".join(row) for row in even], heading, 1, place=place)


def read_xlsx(file: File) -> Iterator[Item]:
    """Each sheet as one table: its first row with two filled cells is the header."""
    import openpyxl

    refuse_bomb(file)
    book = openpyxl.load_workbook(file.stream(), read_only=True, data_only=True)
    sheets = book.worksheets
    yield About(f"A workbook of {len(sheets)} {'sheet' if len(sheets) == 1 else 'sheets'}")
    hidden = [sheet.title for sheet in sheets if sheet.sheet_state != "visible"]
    if hidden:
        yield Remark(f"Hidden in the workbook: {', '.join(hidden)}.")
    empty: list[str] = []
    for number, sheet in enumerate(sheets, start=1):
        told = False
        for item in _sheet(file, sheet):
            told = told or not isinstance(item, Progress)
            yield item
        if not told:
            empty.append(sheet.title)
        yield Progress(number, len(sheets))
    formulas = _uncomputed(file) if empty else 0
    if formulas:
        yield Remark(
            f"{formulas:,} formulas have no stored value and were left out: open the workbook in a"
            " spreadsheet program, save it, and send it again."
        )
    elif empty:
        yield Remark(f"Without any cell: {', '.join(empty)}.")


def _sheet(file: File, sheet: ReadOnlyWorksheet) -> Iterator[Item]:
    above: list[tuple[str, str]] = []
    rows: list[tuple[str, ...]] = []
    top, cells = 0, 0
    # The extent that a file states may be wrong, and a wrong one would cut or pad the rows.
    sheet.reset_dimensions()
    for number, row in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS), start=1):
        if number % _SIGN_OF_LIFE == 0:
            yield Progress(0, 1)
        shown = tuple(_shown(cell) for cell in row)
        filled = sum(1 for cell in shown if cell)
        cells += filled
        if number > MAX_ROWS * 2 or len(rows) > MAX_ROWS or cells > MAX_CELLS:
            raise refusal(
                file.name,
                f"The sheet “{sheet.title}” has more than {MAX_ROWS:,} rows or {MAX_CELLS:,} cells.",
                "Send the part that matters, or save it as Parquet.",
            )
        if not filled:
            continue
        if not rows and filled < 2:
            column = next(i for i, cell in enumerate(shown) if cell)
            above.append((f"{letter(column + 1)}{number}", shown[column]))
            continue
        top = top or number
        rows.append(shown)
        if len(rows) > 1 and number != top + len(rows) - 1:
            # Rows keep their numbers: what lies between is kept as empty.
            rows[-1:] = [*[()] * (number - top - len(rows) + 1), shown]
    if above:
        place = f"{sheet.title}!" + ", ".join(name for name, _ in above[:8])
        yield from packed([text for _, text in above], sheet.title, 1, place=place)
    if rows:
        yield _cropped(sheet.title, rows, top)


def _cropped(title: str, rows: list[tuple[str, ...]], top: int) -> Grid:
    """The table without the empty columns around it."""
    width = max(map(len, rows))
    even = [row + ("",) * (width - len(row)) for row in rows]
    used = [i for i in range(width) if any(row[i] for row in even)]
    first, last = used[0], used[-1]
    cut = tuple(row[first : last + 1] for row in even)
    return Grid(title, cut, place=f"{title}!", letters=True, row=top, column=first + 1)


def _shown(cell: Any) -> str:
    """A cell's value as people read it: percentages as such, dates by year, month and day."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        if "%" in (cell.number_format or ""):
            return f"{value * 100:.10g}%"
        return f"{value:.15g}"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time(0) else value.isoformat(" ")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value).strip()


def _uncomputed(file: File) -> int:
    """How many formulas there are, in a workbook that has sheets without values."""
    import openpyxl

    book = openpyxl.load_workbook(file.stream(), read_only=True, data_only=False)
    count = 0
    for sheet in book.worksheets:
        for row in sheet.iter_rows(max_row=1000, max_col=200):
            count += sum(1 for cell in row if str(cell.value or "").startswith("="))
    return count


def refuse_bomb(file: File) -> None:
    """Raise InputError for a ZIP that is damaged, locked, or unpacks to more than it should."""
    try:
        with zipfile.ZipFile(file.stream()) as packed_file:
            members = packed_file.infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise refusal(
            file.name, f"The file is damaged ({error}).", "Save it again, or send another copy."
        ) from error
    size = sum(member.file_size for member in members)
    ratio = size / max(1, len(file.data))
    bomb = size > MAX_UNPACKED or (size > _HARMLESS and ratio > MAX_RATIO)
    if bomb or len(members) > MAX_MEMBERS:
        raise refusal(
            file.name,
            f"It unpacks to {size / 1e6:,.0f} MB in {len(members):,} pieces, {ratio:,.0f} times its"
            " size, as a file does that is made to exhaust a machine.",
            "If it is genuine, save the part that matters as CSV and send that.",
        )
    if any(member.flag_bits & 1 for member in members):
        raise refusal(
            file.name,
            "It is encrypted with a password.",
            "Save a copy without a password and send that.",
        )
