"""Files into records: a document's record, and a passage for each piece of its text and tables.

The rule it protects: the same file twice is the same records, each passage says where in the
file it stands, and what cannot be read is refused with a sentence, never stored half. It parses
nothing itself; a table's numbers go to `market.py`, not into records.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bullpen_memory.documents.confined import DEFAULT, Limits, OnProgress, read_document
from bullpen_memory.documents.items import Document, refusal
from bullpen_memory.records import Draft, Record, Source
from bullpen_memory.store import Store

BATCH = 500
_LISTED = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingested:
    """What a file became. `known` says that all of it was in memory before."""

    document: Record
    passages: tuple[Record, ...]
    remarks: tuple[str, ...]
    known: bool

    @property
    def kept(self) -> int:
        """How many passages are in force."""
        return sum(passage.status == "active" for passage in self.passages)


def ingest(
    store: Store,
    path: Path,
    draft: Draft,
    *,
    limits: Limits = DEFAULT,
    progress: OnProgress | None = None,
) -> Ingested:
    """Store a file as `draft` says: its title is the file's name, its text is ignored.

    A source without a `ref` gets the file's sha256. Raises InputError for what cannot be read;
    then nothing is stored. The passages are found by their words at once; their vectors follow.
    """
    held = store.members(f"file:{_sha256(path, draft.title)}", draft.scope)
    if held and held[-1].kind == "document":
        return Ingested(document=held[-1], passages=tuple(held[:-1]), remarks=(), known=True)
    read = read_document(path, draft.title, limits=limits, progress=progress)
    document, *passages = _added(store, _drafts(read, draft))
    return Ingested(document=document, passages=tuple(passages), remarks=read.remarks, known=False)


def ingest_file(
    store: Store, path: Path, *, name: str, author: str, source: Source, scope: str
) -> list[Record]:
    """Store a file; returns the record of the document first, then its passages in order."""
    draft = Draft(kind="document", title=name, text="", author=author, source=source, scope=scope)
    found = ingest(store, path, draft)
    return [found.document, *found.passages]


def _drafts(read: Document, wanted: Draft) -> list[Draft]:
    source = wanted.source
    origin = replace(source, ref=source.ref or read.sha256, title=source.title or read.name)
    document = replace(
        wanted, kind="document", text=_outline(read), source=origin, thread=f"file:{read.sha256}"
    )
    made = [document]
    for part in read.parts:
        title = f"{read.name} › {part.heading}" if part.heading else read.name
        place = replace(origin, locator=part.locator)
        made.append(
            replace(document, kind="passage", title=title[:300], text=part.text, source=place)
        )
    return made


def _outline(read: Document) -> str:
    """What a person reads about the document: what it is, its title, sections, tables, remarks."""
    lines: list[str] = []
    if read.about:
        count = f" in {len(read.parts):,} passages" if read.parts else ""
        lines.append(f"{read.about}{count}.")
    if read.title:
        lines.append(f"Title: {read.title}.")
    lines += read.tables[:_LISTED]
    if len(read.tables) > _LISTED:
        lines.append(f"And {len(read.tables) - _LISTED} more tables.")
    headings = list(dict.fromkeys(part.heading for part in read.parts if part.heading))
    if headings and read.about:
        more = f"; and {len(headings) - _LISTED} more" if len(headings) > _LISTED else ""
        lines.append(f"Sections: {'; '.join(headings[:_LISTED])}{more}.")
    return " ".join([*lines, *read.remarks[:_LISTED]])


def _added(store: Store, drafts: Sequence[Draft]) -> list[Record]:
    """In batches, since one transaction would keep other writers waiting; the document comes last.

    A process that ends between two batches leaves passages without their document; the same file
    again completes it, for what is there is found by its identity.
    """
    document, *passages = drafts
    kept: list[Record] = []
    for start in range(0, len(passages), BATCH):
        kept += store.add_many(passages[start : start + BATCH], vectors=len(passages) <= BATCH)
    return [*store.add_many([document]), *kept]


def _sha256(path: Path, name: str) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise refusal(
            name, f"The file cannot be opened ({error.strerror}).", "Send it again."
        ) from error
