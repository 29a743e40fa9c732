"""What says the same in other dress: found when it is written, and linked, not multiplied.

The rule it protects: texts that differ only in case, white space and punctuation are one
statement; texts that differ in some words are two, joined by an edge that a person can judge;
texts that differ in a number are never taken for the same. It deletes nothing.

Similarity is the Jaccard index of the pairs of neighbouring words (of characters in scripts
without spaces). Candidates come from a one-permutation MinHash of 30 cells in 10 bands of 3 (Li,
Owen and Zhang, 2012), which misses about (1 - J^3)^10 of the pairs with the index J: one in eleven
at 0.6, one in five hundred at 0.75, while unrelated texts hardly ever meet. Each candidate is then
compared exactly.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from bullpen_memory import rows
from bullpen_memory.records import Draft, Kind, Record

if TYPE_CHECKING:
    from bullpen_memory.database import Connection

CELLS, BANDS = 30, 10
SIMILAR = 0.6
SHORTEST = 5
"""Fewer shingles say too little to call two texts similar."""
CANDIDATES = 20
_SPACE = 1 << 32
_NO_LETTER = re.compile(r"[\W_]+")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")

LinkType = Literal["duplicates", "contradicts", "summarises"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An edge between two records: the newer one, the older one, and how alike they are in [0, 1]."""

    source: str
    target: str
    type: LinkType
    weight: float
    at: datetime


def norm_hash(title: str, text: str) -> bytes:
    """Equal for texts whose letters and digits are the same; 16 bytes."""
    said = text if text.strip() else title
    folded = unicodedata.normalize("NFKC", said).casefold()
    kept = _NO_LETTER.sub("", folded)
    # What has no letter or digit at all is compared as it is.
    return hashlib.sha256((kept or folded).encode()).digest()[:16]


def _mark(kind: Kind, ref: str, title: str, text: str) -> bytes:
    """Under which a record's text is found again: of messages, which many people send alike, only
    the same message."""
    said = norm_hash(title, text)
    return hashlib.sha256(said + ref.encode()).digest()[:16] if kind == "message" else said


def shingles(text: str) -> frozenset[str]:
    """The pairs of neighbouring words of a text, and the character pairs of its unspaced scripts."""
    folded = rows.folded(text)
    unspaced = rows.grams(folded)
    words = re.findall(r"\w+", folded)
    if unspaced:
        words = [word for word in words if not rows.grams(word)]
    runs = {" ".join(words[i : i + 2]) for i in range(len(words) - 1)}
    pairs = {pair for pair in unspaced.split() if len(pair) == 2}
    return frozenset(runs | pairs)


def alike(one: frozenset[str], other: frozenset[str]) -> float:
    """The Jaccard index of two sets of shingles; 0 where either is too short to tell."""
    if min(len(one), len(other)) < SHORTEST:
        return 0.0
    return len(one & other) / len(one | other)


def bands(marks: frozenset[str]) -> list[int]:
    """The band values of a sketch, each with its band's number in the highest bits."""
    cells = [_SPACE] * CELLS
    for mark in marks:
        value = zlib.crc32(mark.encode())
        # A second hash chooses the cell, so that cell and value are independent.
        cell = zlib.adler32(mark.encode()) % CELLS
        cells[cell] = min(cells[cell], value)
    filled = [_next_filled(cells, i) for i in range(CELLS)]
    width = CELLS // BANDS
    made: list[int] = []
    for band in range(BANDS):
        part = filled[band * width : (band + 1) * width]
        made.append((band << 32) | zlib.crc32(repr(part).encode()))
    return made


def _next_filled(cells: list[int], start: int) -> int:
    """An empty cell borrows from the next filled one, told apart by the distance."""
    for step in range(CELLS):
        value = cells[(start + step) % CELLS]
        if value != _SPACE:
            return value + step * 7_919
    return 0


def keep(db: Connection, record: Record) -> None:
    """Write what finds this record's text again; called for every new text."""
    db.execute(
        "INSERT INTO norm (id, hash, scope, kind) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE"
        " SET hash = excluded.hash, scope = excluded.scope",
        (
            record.id,
            _mark(record.kind, record.source.ref, record.title, record.text),
            record.scope,
            record.kind,
        ),
    )
    if record.kind not in rows.STATEMENTS:
        return
    db.execute("DELETE FROM sketch WHERE id = ?", (record.id,))
    marks = shingles(record.text)
    if len(marks) >= SHORTEST:
        db.executemany(
            "INSERT INTO sketch (band, id) VALUES (?, ?) ON CONFLICT DO NOTHING",
            [(band, record.id) for band in bands(marks)],
        )


def drop(db: Connection, record_id: str) -> None:
    """Take away all that could tell what a forgotten record said, or what it was like."""
    for table in ("norm", "sketch"):
        db.execute(f"DELETE FROM {table} WHERE id = ?", (record_id,))
    db.execute("DELETE FROM link WHERE source = ? OR target = ?", (record_id, record_id))


def same_words(db: Connection, draft: Draft) -> Record | None:
    """A present record of this scope and kind with the same letters and digits, if it counts.

    A statement counts from whatever source (under the same headline, as `same_statement` has it);
    a message only as the same message; a passage or document only in a file of the same name.
    """
    found = db.execute(
        "SELECT v.* FROM norm n JOIN version v ON v.id = n.id AND v.ends IS NULL"
        " WHERE n.hash = ? AND n.scope = ? AND n.kind = ?"
        " AND v.status IN ('active', 'proposed', 'retracted')"
        " ORDER BY v.status = 'retracted', v.vid LIMIT 50",
        (
            _mark(draft.kind, draft.source.ref, draft.title, draft.text),
            draft.scope,
            draft.kind,
        ),
    ).fetchall()
    return next((r for r in map(rows.to_record, found) if _counts(r, draft)), None)


def _counts(record: Record, draft: Draft) -> bool:
    if draft.kind == "message":
        return True
    if draft.kind in ("passage", "document"):
        other_file = record.source.ref != draft.source.ref
        return other_file and rows.folded(record.title) == rows.folded(draft.title)
    if draft.kind not in rows.STATEMENTS:
        return False
    titled = draft.kind in rows.HEADED and record.status != "retracted"
    return not titled or rows.folded(record.title) == rows.folded(draft.title)


def link_similar(db: Connection, record: Record, now: datetime) -> None:
    """Join a new statement to the present ones of its scope that say nearly the same."""
    if record.kind not in rows.STATEMENTS:
        return
    marks = shingles(record.text)
    if len(marks) < SHORTEST:
        return
    values = bands(marks)
    spots = ", ".join("?" * len(values))
    found = db.execute(
        "SELECT v.id, v.text FROM (SELECT id, count(*) AS shared FROM sketch"
        f" WHERE band IN ({spots}) GROUP BY id) s JOIN version v ON v.id = s.id AND v.ends IS NULL"
        " WHERE v.scope = ? AND v.id <> ? AND v.status IN ('active', 'proposed')"
        f" ORDER BY s.shared DESC, v.vid DESC LIMIT {CANDIDATES}",
        (*values, record.scope, record.id),
    ).fetchall()
    for row in found:
        weight = alike(marks, shingles(row["text"]))
        if weight >= SIMILAR:
            kind = "duplicates" if _numbers(record.text) == _numbers(row["text"]) else "contradicts"
            connect(db, record.id, row["id"], kind, weight, now)


def connect(
    db: Connection, source: str, target: str, kind: LinkType, weight: float, now: datetime
) -> None:
    """Write one edge; the same edge again changes nothing."""
    db.execute(
        "INSERT INTO link (source, target, type, weight, at) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        (source, target, kind, weight, rows.iso(now)),
    )


def _numbers(text: str) -> list[str]:
    return sorted(number.replace(",", "") for number in _NUMBER.findall(text))


def backfill(db: Connection) -> None:
    """Write the hashes and sketches of what an earlier Bullpen stored."""
    found = db.execute(
        "SELECT * FROM version WHERE ends IS NULL AND status <> 'forgotten'"
    ).fetchall()
    for row in found:
        keep(db, rows.to_record(row))
