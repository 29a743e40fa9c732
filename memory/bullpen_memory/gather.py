"""The rows that a question may be about, fetched from SQLite before they are ranked.

The rule it protects: every row, neighbour and count comes through the one condition of
`filters.eligible`, so that nothing outside the asker's scopes or later than the as-of is reached by
any way. It ranks nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from bullpen_memory import lexemes, rows
from bullpen_memory.filters import Eligible
from bullpen_memory.lexemes import NOTHING, Lexemes
from bullpen_memory.rerank import Candidate
from bullpen_memory.words import Terms

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from bullpen_memory.database import Connection, Row

_FIELDS = "v.vid, v.id, v.kind, v.thread, v.speaker, v.near_id, v.moment, v.symbols"


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


def newest_by_words(db: Connection, where: Eligible, match: str, limit: int) -> dict[int, float]:
    """The newest eligible rows that hold a word, best first: for words that many rows hold."""
    return db.words.newest(match, where, limit)


def counted(db: Connection, match: str, limit: int) -> tuple[int, int]:
    """How many rows of the store hold a word, counting up to `limit`, and the last one counted."""
    return db.words.counted(match, limit)


def newest(db: Connection) -> int:
    """The number of the newest row of the store; 0 where it is empty."""
    return int(db.execute("SELECT coalesce(max(vid), 0) FROM version").fetchone()[0])


def visible(db: Connection, where: Eligible, limit: int = -1) -> NDArray[np.int64]:
    """The eligible rows, (n,), up to `limit`; all where it is negative."""
    up_to = "" if limit < 0 else f" LIMIT {int(limit)}"
    return db.numbers(f"SELECT v.vid FROM version v WHERE {where.sql}{up_to}", where.params)


def visible_among(db: Connection, where: Eligible, ids: Iterable[str]) -> list[tuple[int, str]]:
    """The eligible rows of these records, each with its record's id."""
    marks, held = _marks(ids)
    versions = db.plain(f"SELECT vid, id FROM version WHERE id IN ({marks})", held)
    seen = visible_rows(db, where, [vid for vid, _ in versions])
    return [(vid, one) for vid, one in versions if vid in seen]


def visible_rows(db: Connection, where: Eligible, vids: Iterable[int]) -> frozenset[int]:
    """Which of these rows are eligible."""
    marks, held = _marks(vids)
    # NOT INDEXED: by the row's number, instead of through all that the asker may see.
    sql = f"SELECT v.vid FROM version v NOT INDEXED WHERE v.vid IN ({marks}) AND {where.sql}"
    return frozenset(db.numbers(sql, (*held, *where.params)).tolist())


def waiting(db: Connection, where: Eligible, limit: int) -> list[int]:
    """The eligible rows that the index has not taken in yet, the newest of them."""
    found = db.execute("SELECT id FROM outbox ORDER BY seq DESC LIMIT ?", (limit,)).fetchall()
    return [vid for vid, _ in visible_among(db, where, {row["id"] for row in found})]


def vectors(db: Connection, model: str, vids: Sequence[int]) -> list[tuple[int, bytes]]:
    """The vectors of these rows, as many as there are."""
    marks, held = _marks(vids)
    sql = f"SELECT vid, data FROM vector WHERE vid IN ({marks}) AND model = ?"
    return db.plain(sql, (*held, model))


def vectors_since(db: Connection, model: str, seq: int, limit: int) -> list[tuple[int, int, bytes]]:
    """The next vectors after a number: number, row, vector."""
    sql = "SELECT seq, vid, data FROM vector WHERE seq > ? AND model = ? ORDER BY seq LIMIT ?"
    return db.plain(sql, (seq, model, limit))


def holding_words(db: Connection, match: str, vids: Sequence[int]) -> frozenset[int]:
    """Which of these rows hold a word."""
    return db.words.holding(match, vids) if match and vids else frozenset()


def in_threads(db: Connection, where: Eligible, threads: Sequence[str], limit: int) -> list[int]:
    """The eligible rows of these threads."""
    marks = ", ".join("?" * len(threads))
    found = db.execute(
        "SELECT v.vid FROM version v INDEXED BY version_thread"
        f" WHERE v.thread IN ({marks}) AND {where.sql} LIMIT ?",
        (*threads, *where.params, limit),
    ).fetchall()
    return [row["vid"] for row in found]


def candidates(db: Connection, where: Eligible, vids: Iterable[int]) -> dict[int, Candidate]:
    """These rows with what stands before and after them, as far as the asker may see that."""
    marks, held = _marks(vids)
    if not held:
        return {}
    found = db.execute(f"SELECT {_FIELDS} FROM version v WHERE v.vid IN ({marks})", held).fetchall()
    made = {row["vid"]: _candidate(row) for row in found}
    by_id = {row["id"]: row["vid"] for row in found}
    earlier = visible_among(db, where, {row["near_id"] for row in found} - {None})
    before = {one: vid for vid, one in earlier}
    for row in found:
        made[row["vid"]].before_vid = before.get(row["near_id"], 0)
    marks, ids = _marks(by_id)
    sql = (
        "SELECT v.near_id, v.vid FROM version v INDEXED BY version_near"
        f" WHERE v.near_id IN ({marks}) AND {where.sql}"
    )
    for near_id, vid in db.plain(sql, (*ids, *where.params)):
        made[by_id[near_id]].after_vid = vid
    _with_lexemes(db, made)
    return made


def _with_lexemes(db: Connection, made: dict[int, Candidate]) -> None:
    wanted = {vid for one in made.values() for vid in (one.vid, one.before_vid, one.after_vid)}
    held = lexemes_of(db, wanted - {0})
    for one in made.values():
        one.lexemes = held.get(one.vid, NOTHING)
        one.before = held.get(one.before_vid, NOTHING)
        one.after = held.get(one.after_vid, NOTHING)


def lexemes_of(db: Connection, vids: Iterable[int]) -> dict[int, Lexemes]:
    """What each of these rows says, as numbers; made now where they are not stored."""
    marks, wanted = _marks(vids)
    found = db.plain(f"SELECT vid, data FROM lexeme WHERE vid IN ({marks})", wanted)
    held = {vid: lexemes.read(data) for vid, data in found}
    if len(held) < len(wanted):
        marks, lacking = _marks(vid for vid in wanted if vid not in held)
        sql = f"SELECT vid, title, text, context FROM version WHERE vid IN ({marks})"
        for row in db.execute(sql, lacking).fetchall():
            said = lexemes.made(row["title"], row["text"], row["context"])
            held[row["vid"]] = lexemes.read(said)
    return held


def _candidate(row: Row) -> Candidate:
    return Candidate(
        vid=row["vid"],
        id=row["id"],
        kind=row["kind"],
        group=row["thread"] or row["id"],
        speaker=row["speaker"],
        moment=row["moment"],
        symbols=() if row["symbols"] == "[]" else rows.load(row["symbols"]),
    )


def _marks(values: Iterable[object]) -> tuple[str, list[object]]:
    """The question marks for these values, and the values."""
    held = list(values)
    return ", ".join("?" * len(held)), held


def matching(terms: Terms, *, neighbours: bool) -> str:
    """The FTS5 expression; without the neighbours' column where that may tell of later times."""
    if not terms.telling or neighbours:
        return terms.match
    return f"{{text title context grams}} : ({terms.match})"
