"""What a reader makes of a file: parts of text, tables, progress and remarks.

The rule it protects: every piece says where in the file it stands (a page, lines, cells), so
that what is recalled later can be looked up. It reads nothing itself.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from bullpen_memory.errors import InputError

# About 256 tokens, which is all that the embedder reads of one passage.
PASSAGE_CHARACTERS = 1_000
MAX_FILE_BYTES = 200_000_000
MAX_TEXT_BYTES = 20_000_000
MAX_CHARACTERS = 30_000_000
MAX_PAGES = 3_000
MAX_ROWS = 500_000
MAX_COLUMNS = 2_000
MAX_CELLS = 5_000_000


@dataclass(frozen=True, slots=True)
class File:
    """One file as a reader gets it. `name` is what people call it.

    `path` is where it lies; None for one that came inside another.
    """

    name: str
    data: bytes
    path: Path | None = None

    @property
    def suffix(self) -> str:
        """The ending of the name, such as ".pdf", in lower case."""
        return Path(self.name).suffix.lower()

    def stream(self) -> io.BytesIO:
        """The content as an open binary file."""
        return io.BytesIO(self.data)


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of text: where it stands, and under which heading. Not longer than two passages."""

    text: str
    locator: str
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: rows of equally many cells, the first of them the header.

    `place` is what a cell range is prefixed with ("Prices!", "page 3, table 1"); `letters` says
    that columns are named by letters, as in a sheet. `row` and `column` are the position of the
    header's first cell, counted from 1. `total` is how many rows of data there are where not all
    are held, else 0.
    """

    title: str
    rows: tuple[tuple[str, ...], ...]
    place: str = ""
    letters: bool = False
    row: int = 1
    column: int = 1
    total: int = 0

    def cells(self, first: int, last: int) -> str:
        """Where the rows at these positions (0 is the header) stand in the file."""
        a, b = self.row + first, self.row + last
        if not self.letters:
            where = f"rows {a}–{b}"
            return f"{self.place}, {where}" if self.place else where
        width = len(self.rows[0])
        return f"{self.place}{letter(self.column)}{a}:{letter(self.column + width - 1)}{b}"


@dataclass(frozen=True, slots=True)
class Progress:
    """So many of so many pages, sheets or rows are read."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Remark:
    """Something the reader of the document should know: pages without text, a wrong ending."""

    text: str


@dataclass(frozen=True, slots=True)
class About:
    """The document in a few words ("A PDF of 12 pages"), and its own title where it states one."""

    what: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Described:
    """A table in words: its rows, its columns and what they hold."""

    text: str


Item = Part | Grid | Progress | Remark | About | Described


class Reader(Protocol):
    """Reads one format. Yields at least one `About`; parts and tables in the order of the file.

    Raises InputError for a file that is broken, encrypted, empty or too large; any other
    exception is taken as "broken" by the caller. It must not write files or open connections.
    """

    def __call__(self, file: File) -> Iterator[Item]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A whole file as read. `sha256` is the hash of its bytes.

    `tables` describes the tables; `grids` holds them only where they were asked for.
    """

    name: str
    sha256: str
    about: str
    title: str = ""
    parts: tuple[Part, ...] = ()
    tables: tuple[str, ...] = ()
    grids: tuple[Grid, ...] = ()
    remarks: tuple[str, ...] = field(default=())


def letter(column: int) -> str:
    """The name of a sheet's column: 1 is A, 27 is AA."""
    name = ""
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def refusal(name: str, cause: str, remedy: str) -> InputError:
    """The sentence for a file that is not taken."""
    return InputError(f"“{name}” was not stored.", cause, remedy)


def span(word: str, first: int, last: int) -> str:
    """ "page 3" or "pages 3–5"."""
    return f"{word} {first}" if first == last else f"{word}s {first}–{last}"


def listed(numbers: Sequence[int]) -> str:
    """Numbers with their runs drawn together: 1–3, 7."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    shown = [str(a) if a == b else f"{a}–{b}" for a, b in runs]
    return ", ".join(shown[:12]) + (" …" if len(shown) > 12 else "")
