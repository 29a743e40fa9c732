"""Files into records: plain text and Markdown as passages, a CSV as its description.

The rule it protects: the same file twice is the same records, each passage says where in the
file it stands, and what cannot be read is refused with a sentence, never stored half. It reads
text only; a CSV's numbers go to `market.py`, not into records.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from bullpen_memory.errors import InputError
from bullpen_memory.records import Draft, Record, Source
from bullpen_memory.store import Store

MAX_BYTES = 20_000_000
# About 256 tokens, which is all that the embedder reads of one passage.
PASSAGE_CHARACTERS = 1_000

_MARKDOWN = frozenset({".md", ".markdown", ".mdown"})
_TABLES = frozenset({".csv", ".tsv"})
_BINARY = {
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a ZIP archive or an Office document",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"\x1f\x8b": "a gzip archive",
    b"\xd0\xcf\x11\xe0": "an old Office document",
    b"SQLite format 3": "a SQLite database",
    b"PAR1": "a Parquet file",
    b"\x7fELF": "a program",
}
_HEADING = re.compile(r"(#{1,6})\s+(.*?)\s*#*\s*$")
_FENCE = re.compile(r"\s*(```|~~~)")


@dataclass(frozen=True, slots=True)
class Passage:
    """Some lines of a file (counted from 1, both included) under a path of headings."""

    text: str
    heading: str
    first: int
    last: int


def ingest_file(
    store: Store, path: Path, *, name: str, author: str, source: Source, scope: str
) -> list[Record]:
    """Store a file; returns the record of the document first, then its passages in order.

    `name` is what people call the file; its ending decides how it is read. A `source` without a
    `ref` gets the file's sha256. Raises InputError for what is empty, binary, broken or over
    20 MB.
    """
    data = _read(path, name)
    text = _decoded(data, name)
    digest = hashlib.sha256(data).hexdigest()
    origin = replace(source, ref=source.ref or digest, title=source.title or name)
    suffix = Path(name).suffix.lower()
    if suffix in _TABLES:
        passages: list[Passage] = []
        about = _table(text, name, "\t" if suffix == ".tsv" else None)
    else:
        passages = _markdown(text) if suffix in _MARKDOWN else _packed(text.splitlines(), "", 1)
        about = _outline(passages, len(text))
    document = Draft(
        kind="document", title=name, text=about, author=author, source=origin, scope=scope,
        thread=f"file:{digest}",
    )  # fmt: skip
    drafts = [document]
    for passage in passages:
        locator = f"lines {passage.first}–{passage.last}"
        title = f"{name} › {passage.heading}" if passage.heading else name
        place = replace(origin, locator=locator)
        drafts.append(
            replace(document, kind="passage", title=title, text=passage.text, source=place)
        )
    return store.add_many(drafts)


def _read(path: Path, name: str) -> bytes:
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise _refusal(
                name,
                f"It has {size / 1e6:.0f} MB; up to {MAX_BYTES / 1e6:.0f} MB are read.",
                "Send the part that matters, or split it.",
            )
        data = path.read_bytes()
    except OSError as error:
        raise _refusal(
            name, f"The file cannot be opened ({error.strerror}).", "Send it again."
        ) from error
    if not data.strip():
        raise _refusal(name, "The file is empty.", "Send one with content.")
    return data


def _decoded(data: bytes, name: str) -> str:
    for magic, what in _BINARY.items():
        if data.startswith(magic):
            raise _refusal(name, f"It is {what}, not text.", "Send it as text, Markdown or CSV.")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif b"\x00" in data:
        raise _refusal(name, "It is a binary file.", "Send it as text, Markdown or CSV.")
    else:
        # Windows' western encoding is what most non-UTF-8 CSV exports come in.
        encodings = ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not re.search(r"[\x01-\x08\x0e-\x1a\x1c-\x1f]", text):
            return text
    raise _refusal(name, "It is not readable text.", "Save it in UTF-8 and send it again.")


def _markdown(text: str) -> list[Passage]:
    passages: list[Passage] = []
    path: list[tuple[int, str]] = []
    block: list[str] = []
    first, fenced = 1, False
    for number, line in enumerate([*text.splitlines(), "# "], start=1):
        fenced ^= bool(_FENCE.match(line))
        found = None if fenced else _HEADING.match(line)
        if found is None:
            block.append(line)
            continue
        passages += _packed(block, " › ".join(title for _, title in path), first)
        level = len(found.group(1))
        path = [*(one for one in path if one[0] < level), (level, found.group(2))]
        block, first = [], number + 1
    # A fence left open to the end hides the closing line above.
    return passages + _packed(block[:-1], " › ".join(title for _, title in path), first)


def _packed(lines: list[str], heading: str, first: int) -> list[Passage]:
    """Paragraphs put together up to a passage's length; a longer one is cut at its lines."""
    passages: list[Passage] = []
    held: list[str] = []
    begin = first
    for number, line in enumerate(lines, start=first):
        full = sum(len(one) + 1 for one in held) + len(line) > PASSAGE_CHARACTERS
        if held and (full or (not line.strip() and _length(held) > PASSAGE_CHARACTERS // 2)):
            passages += _pieces(held, heading, begin)
            held = []
        if not held:
            begin = number
        if held or line.strip():
            held.append(line)
    return passages + _pieces(held, heading, begin)


def _pieces(lines: list[str], heading: str, first: int) -> list[Passage]:
    while lines and not lines[-1].strip():
        lines = lines[:-1]
    text = "\n".join(lines).strip()
    last = first + len(lines) - 1
    pieces: list[Passage] = []
    while len(text) > 2 * PASSAGE_CHARACTERS:
        # One endless line: cut at the last space that fits.
        cut = text.rfind(" ", 1, PASSAGE_CHARACTERS)
        cut = cut if cut > 0 else PASSAGE_CHARACTERS
        pieces.append(Passage(text[:cut].strip(), heading, first, last))
        text = text[cut:].strip()
    return [*pieces, Passage(text, heading, first, last)] if text else pieces


def _length(lines: list[str]) -> int:
    return sum(len(line) + 1 for line in lines)


def _outline(passages: list[Passage], characters: int) -> str:
    headings = list(dict.fromkeys(one.heading for one in passages if one.heading))
    about = f"A text of {characters:,} characters in {len(passages)} passages."
    return f"{about} Sections: {'; '.join(headings[:40])}." if headings else about


def _table(text: str, name: str, delimiter: str | None) -> str:
    lines = _rows(text, name, delimiter)
    header, body = lines[0], lines[1:]
    if not body:
        raise _refusal(name, "The table has a header and no rows.", "Send one with rows.")
    for number, row in enumerate(body, start=2):
        if len(row) != len(header):
            raise _refusal(
                name,
                f"Row {number} has {len(row)} cells, the header has {len(header)}.",
                "Mend that row and send the file again.",
            )
    columns = [
        _column(title.strip() or f"column {i + 1}", [row[i].strip() for row in body])
        for i, title in enumerate(header)
    ]
    return f"A table of {len(body):,} rows and {len(header)} columns. " + "; ".join(columns) + "."


def _rows(text: str, name: str, delimiter: str | None) -> list[list[str]]:
    if delimiter is None:
        head = text.split("\n", 1)[0]
        delimiter = max(",;\t|", key=head.count)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        lines = [row for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise _refusal(
            name, f"The table is broken ({error}).", "Mend it and send it again."
        ) from error
    if not lines or len(lines[0]) < 2:
        raise _refusal(
            name,
            "It is not a table: its first line has no columns.",
            "Separate the columns by commas, semicolons or tabs, or send it as plain text.",
        )
    return lines


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
    shown = ", ".join(distinct[:5]) + (" …" if len(distinct) > 5 else "")
    return f"{title} (text, {len(distinct):,} distinct: {shown}{gap})"


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


def _refusal(name: str, cause: str, remedy: str) -> InputError:
    return InputError(f"“{name}” was not stored.", cause, remedy)
