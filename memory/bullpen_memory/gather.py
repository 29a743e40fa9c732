"""The rows that a question may be about, fetched from SQLite before they are ranked.

The rule it protects: every row, neighbour and count comes through the one condition of
`filters.eligible`, so that nothing outside the asker's scopes or later than the as-of is reached by
any way. It ranks nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from bullpen_memory import rows
from bullpen_memory.filters import Eligible
from bullpen_memory.rerank import Candidate
from bullpen_memory.words import Terms

if TYPE_CHECKING:
    from bullpen_memory.database import Connection, Row

_FIELDS = (
    "v.vid, v.id, v.kind, v.thread, v.text, v.title, v.context, v.speaker, v.near_id, v.moment,"
    " v.symbols"
)


def by_words(
    db: Connection, where: Eligible, match: str, pool: int, threads: Sequence[str] = ()
) -> dict[int, float]:
    """The `pool` best eligible rows that hold a word, with its BM25 (greater is better)."""
    if not match:
        return {}
    if threads:
        marks = ", ".join("?" * len(threads))
        where = Eligible(f"{where.sql} AND v.thread IN ({marks})", (*where.params, *threads))
    return db.words.best(match, where, pool)


def count_by_words(db: Connection, where: Eligible, match: str) -> int:
    """How many eligible rows hold a word."""
    return db.words.count(match, where) if match else 0


def holding_words(db: Connection, match: str, vids: Sequence[int]) -> frozenset[int]:
    """Which of these rows hold a word."""
    return db.words.holding(match, vids) if match and vids else frozenset()


def in_threads(db: Connection, where: Eligible, threads: Sequence[str], limit: int) -> list[int]:
    """The eligible rows of these threads."""
    marks = ", ".join("?" * len(threads))
    found = db.execute(
        f"SELECT v.vid FROM version v WHERE v.thread IN ({marks}) AND {where.sql} LIMIT ?",
        (*threads, *where.params, limit),
    ).fetchall()
    return [row["vid"] for row in found]


def candidates(db: Connection, where: Eligible, vids: Iterable[int]) -> dict[int, Candidate]:
    """These rows with the texts before and after them, as far as the asker may see those."""
    held = list(vids)
    marks = ", ".join("?" * len(held))
    found = db.execute(f"SELECT {_FIELDS} FROM version v WHERE v.vid IN ({marks})", held).fetchall()
    made = {row["vid"]: _candidate(row) for row in found}
    by_id = {row["id"]: row["vid"] for row in found}
    before = [row["near_id"] for row in found if row["near_id"]]
    marks = ", ".join("?" * len(before))
    sql = f"SELECT v.vid, v.id, v.text FROM version v WHERE v.id IN ({marks}) AND {where.sql}"
    earlier = {row["id"]: row for row in db.execute(sql, (*before, *where.params)).fetchall()}
    for row in found:
        if other := earlier.get(row["near_id"]):
            made[row["vid"]].before = other["text"]
            made[row["vid"]].before_vid = other["vid"]
    marks = ", ".join("?" * len(by_id))
    sql = f"SELECT v.vid, v.near_id, v.text FROM version v WHERE v.near_id IN ({marks}) AND {where.sql}"
    for other in db.execute(sql, (*by_id, *where.params)).fetchall():
        one = made[by_id[other["near_id"]]]
        one.after, one.after_vid = other["text"], other["vid"]
    return made


def _candidate(row: Row) -> Candidate:
    title = f"{row['title']}\n" if row["title"] else ""
    return Candidate(
        vid=row["vid"],
        id=row["id"],
        kind=row["kind"],
        group=row["thread"] or row["id"],
        own=f"{title}{row['text']}",
        context=row["context"],
        speaker=row["speaker"],
        moment=row["moment"],
        symbols=rows.load(row["symbols"]),
    )


def matching(terms: Terms, *, neighbours: bool) -> str:
    """The FTS5 expression; without the neighbours' column where that may tell of later times."""
    if not terms.telling or neighbours:
        return terms.match
    return f"{{text title context grams}} : ({terms.match})"
