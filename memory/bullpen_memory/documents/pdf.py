"""PDF: the text of each page, its tables where lines are drawn, the bookmarks as headings.

The rule it protects: every passage names its page, and a page whose text could not be had is
named, not passed over. It runs no OCR and opens nothing that a PDF points to.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

from bullpen_memory.documents.items import (
    MAX_PAGES,
    About,
    File,
    Grid,
    Item,
    Progress,
    Remark,
    listed,
    refusal,
)
from bullpen_memory.documents.text import packed
from bullpen_memory.errors import InputError

if TYPE_CHECKING:
    from pdfplumber.page import Page
    from pdfplumber.pdf import PDF
    from pypdf import PageObject, PdfReader

TABLE_SECONDS = 90.0
"""So long tables are looked for in one file; that is slow, and the text of all pages comes first."""
RULES = 6
"""A page with fewer drawn lines and boxes holds no ruled table."""
_DRAWN = re.compile(rb"(?<![A-Za-z*])(?:re|l)(?=[\s\x00])")
_LARGEST_DRAWING = 4_000_000


def read_pdf(file: File) -> Iterator[Item]:
    """Pages in order. InputError for an encrypted, broken, scanned or oversized PDF."""
    reader = _opened(file)
    total = len(reader.pages)
    if total > MAX_PAGES:
        raise refusal(
            file.name,
            f"It has {total:,} pages; up to {MAX_PAGES:,} are read.",
            "Split it and send the parts that matter.",
        )
    yield About(f"A PDF of {total} {'page' if total == 1 else 'pages'}", _title(reader))
    headings = _headings(reader)
    heading, blank, broken, characters = "", list[int](), list[int](), 0
    tables = _Tables(file)
    for number, page in enumerate(reader.pages, start=1):
        heading = headings.get(number, heading)
        place = f"page {number}"
        try:
            text = page.extract_text()
            found = tables.on(number, heading) if _ruled(page) else []
        except Exception:  # noqa: BLE001 - a damaged page can fail in any way; it is named below
            broken.append(number)
            continue
        characters += len(text.strip())
        if not text.strip():
            blank.append(number)
        yield from packed(text.splitlines(), heading, 1, place=place)
        yield from found
        # What a page's objects cost is given back before the next.
        reader.resolved_objects.clear()
        yield Progress(number, total)
    yield from _remarks(file, characters, blank, broken, tables)


def _opened(file: File) -> PdfReader:
    from pypdf import PdfReader
    from pypdf.errors import DependencyError

    locked = refusal(
        file.name,
        "The PDF is encrypted with a password.",
        "Save a copy without a password and send that.",
    )
    try:
        reader = PdfReader(file.stream())
        # Many files are encrypted with an empty password, to forbid printing and the like.
        if reader.is_encrypted and not reader.decrypt(""):
            raise locked
        pages = len(reader.pages)
    except InputError:
        raise
    except (DependencyError, NotImplementedError) as error:
        raise locked from error
    except Exception as error:
        raise refusal(
            file.name, f"The PDF is damaged ({error}).", "Save it again, or send another copy."
        ) from error
    if not pages:
        raise refusal(file.name, "The PDF has no pages.", "Save it again, or send another copy.")
    return reader


def _remarks(
    file: File, characters: int, blank: list[int], broken: list[int], tables: _Tables
) -> Iterator[Remark]:
    if not characters and broken:
        raise refusal(
            file.name, "The PDF is damaged: no page can be read.", "Save it again from its source."
        )
    if not characters:
        raise refusal(
            file.name,
            "It holds pictures of pages and no text, as a scan does.",
            "Run it through text recognition (OCR) and send the result.",
        )
    if blank:
        yield Remark(f"No text on {_pages(blank)}: empty, or a picture.")
    if broken:
        yield Remark(f"Damaged and not read: {_pages(broken)}.")
    if tables.skipped:
        yield Remark(f"Tables were not looked for on {_pages(tables.skipped)}; their text is kept.")


def _pages(numbers: list[int]) -> str:
    return f"{'page' if len(numbers) == 1 else 'pages'} {listed(numbers)}"


def _title(reader: PdfReader) -> str:
    try:
        return " ".join(str((reader.metadata and reader.metadata.title) or "").split())[:200]
    except Exception:  # noqa: BLE001 - a damaged title is no title
        return ""


def _headings(reader: PdfReader) -> dict[int, str]:
    """The bookmark that holds from each page on, with those above it."""
    found: dict[int, str] = {}

    def walk(entries: list[Any], path: tuple[str, ...]) -> None:
        title = ""
        for entry in entries:
            if isinstance(entry, list):
                walk(cast("list[Any]", entry), (*path, title) if title else path)
                continue
            title = " ".join(str(entry.title or "").split())[:120]
            page = reader.get_destination_page_number(entry)
            if page is not None and title:
                found.setdefault(page + 1, " › ".join((*path, title)))

    try:
        walk(reader.outline, ())
    except Exception:  # noqa: BLE001 - damaged bookmarks are no bookmarks
        return {}
    return found


def _ruled(page: PageObject) -> bool:
    contents = page.get_contents()
    drawing = b"" if contents is None else contents.get_data()
    if len(drawing) > _LARGEST_DRAWING:
        return False
    return sum(1 for _ in _DRAWN.finditer(drawing)) >= RULES


class _Tables:
    """The ruled tables of a PDF, page by page, for as long as the time lasts."""

    def __init__(self, file: File) -> None:
        self._file = file
        self._left = TABLE_SECONDS
        self._opened: PDF | None = None
        self.skipped: list[int] = []

    def on(self, number: int, heading: str) -> list[Grid]:
        """The tables of one page."""
        if self._left <= 0:
            self.skipped.append(number)
            return []
        begun = time.monotonic()
        grids: list[Grid] = []
        try:
            page = self._page(number)
            for table in page.extract_tables():
                rows = _rows(table)
                if len(rows) > 1 and len(rows[0]) > 1:
                    name = f"page {number}, table {len(grids) + 1}"
                    title = f"{heading} › {name}" if heading else name
                    grids.append(Grid(title, rows, place=name))
            page.close()
        except Exception:  # noqa: BLE001 - the page's text is kept; its tables are named as not read
            self.skipped.append(number)
        self._left -= time.monotonic() - begun
        return grids

    def _page(self, number: int) -> Page:
        # Opened once: each opening goes through the pages from the first.
        if self._opened is None:
            import pdfplumber

            self._opened = pdfplumber.open(self._file.stream())
        return self._opened.pages[number - 1]


def _rows(table: list[list[str | None]]) -> tuple[tuple[str, ...], ...]:
    rows = [tuple(" ".join((cell or "").split()) for cell in row) for row in table]
    return tuple(row for row in rows if any(row))
