"""The rows that a question may be about, fetched from SQLite before they are ranked.

The rule it protects: every row, neighbour and count comes through the one condition of
`filters.eligible`, so that nothing outside the asker's scopes or later than the as-of is reached by
any way. It ranks nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, cast

from bullpen_memory import lexemes, rows
from bullpen_memory.filters import Eligible
from bullpen_memory.lexemes import NOTHING, Lexemes
from bullpen_memory.rerank import Candidate
from bullpen_memory.words import Terms

if TYPE_CHECKING:
    import sqlite3

    import numpy as np
    from numpy.typing import NDArray
    from sqlite_utils.db import Database as SqliteUtils

# Columns text, title, context, near, grams.
COLUMN_WEIGHTS = "1.0, 1.0, 1.0, 0.35, 1.0"
_FIELDS = "v.vid, v.id, v.kind, v.thread, v.speaker, v.near_id, v.moment, v.symbols"


def by_words(
    db: SqliteUtils, where: Eligible, match: str, pool: int, threads: Sequence[str] = ()
) -> dict[int, float]:
    """The `pool` best eligible rows that hold a word, with FTS5's bm25 (greater is better)."""
    if not match:
        return {}
    condition, params = where.sql, list(where.params)
    if threads:
        condition += f" AND v.thread IN ({', '.join('?' * len(threads))})"
        params += threads
    # CROSS JOIN keeps SQLite from asking the full-text index once for every visible row.
    sql = (
        f"SELECT v.vid, -bm25(words, {COLUMN_WEIGHTS}) AS bm25 FROM words"
        " CROSS JOIN version v ON v.vid = words.rowid"
        f" WHERE words MATCH ? AND {condition} ORDER BY bm25 DESC, v.vid DESC LIMIT ?"
    )
    return dict(_rows(db, sql, (match, *params, pool)))


def newest_by_words(db: SqliteUtils, where: Eligible, match: str, limit: int) -> dict[int, float]:
    """The newest eligible rows that hold a word, best first: for words that many rows hold."""
    sql = (
        f"SELECT v.vid, -bm25(words, {COLUMN_WEIGHTS}) AS bm25 FROM words"
        " CROSS JOIN version v ON v.vid = words.rowid"
        f" WHERE words MATCH ? AND {where.sql} ORDER BY words.rowid DESC LIMIT ?"
    )
    found = _rows(db, sql, (match, *where.params, limit))
    return dict(sorted(found, key=lambda one: (-one[1], -one[0])))


def counted(db: SqliteUtils, match: str, limit: int) -> tuple[int, int]:
    """How many rows of the store hold a word, counting up to `limit`, and the last one counted."""
    sql = "SELECT count(*), max(rowid) FROM (SELECT rowid FROM words WHERE words MATCH ? LIMIT ?)"
    count, last = _rows(db, sql, (match, limit))[0]
    return int(count), int(last or 0)


def newest(db: SqliteUtils) -> int:
    """The number of the newest row of the store; 0 where it is empty."""
    return int(db.conn.execute("SELECT coalesce(max(vid), 0) FROM version").fetchone()[0])


def visible(db: SqliteUtils, where: Eligible, limit: int = -1) -> NDArray[np.int64]:
    """The eligible rows, (n,), up to `limit`; all where it is negative."""
    import numpy as np

    # One text of a hundred thousand numbers is read ten times faster than as many rows.
    sql = f"SELECT group_concat(vid) FROM (SELECT v.vid FROM version v WHERE {where.sql} LIMIT ?)"
    listed = db.conn.execute(sql, (*where.params, limit)).fetchone()[0]
    return np.fromstring(str(listed or ""), np.int64, sep=",")


def visible_among(db: SqliteUtils, where: Eligible, ids: Iterable[str]) -> list[tuple[int, str]]:
    """The eligible rows of these records, each with its record's id."""
    marks, held = _marks(ids)
    sql = f"SELECT vid, id FROM version WHERE id IN ({marks})"
    versions = cast("list[tuple[int, str]]", _rows(db, sql, held))
    seen = visible_rows(db, where, [vid for vid, _ in versions])
    return [(vid, one) for vid, one in versions if vid in seen]


def visible_rows(db: SqliteUtils, where: Eligible, vids: Iterable[int]) -> frozenset[int]:
    """Which of these rows are eligible."""
    marks, held = _marks(vids)
    # NOT INDEXED: by the row's number, instead of through all that the asker may see.
    sql = f"SELECT v.vid FROM version v NOT INDEXED WHERE v.vid IN ({marks}) AND {where.sql}"
    return frozenset(row[0] for row in _rows(db, sql, (*held, *where.params)))


def waiting(db: SqliteUtils, where: Eligible, limit: int) -> list[int]:
    """The eligible rows that the index has not taken in yet, the newest of them."""
    found = db.conn.execute("SELECT id FROM outbox ORDER BY seq DESC LIMIT ?", (limit,)).fetchall()
    return [vid for vid, _ in visible_among(db, where, {row["id"] for row in found})]


def vectors(db: SqliteUtils, model: str, vids: Sequence[int]) -> list[tuple[int, bytes]]:
    """The vectors of these rows, as many as there are."""
    marks, held = _marks(vids)
    sql = f"SELECT vid, data FROM vector WHERE vid IN ({marks}) AND model = ?"
    return cast("list[tuple[int, bytes]]", _rows(db, sql, (*held, model)))


def vectors_since(
    db: SqliteUtils, model: str, seq: int, limit: int
) -> list[tuple[int, int, bytes]]:
    """The next vectors after a number: number, row, vector."""
    sql = "SELECT seq, vid, data FROM vector WHERE seq > ? AND model = ? ORDER BY seq LIMIT ?"
    return cast("list[tuple[int, int, bytes]]", _rows(db, sql, (seq, model, limit)))


def holding_words(db: SqliteUtils, match: str, vids: Sequence[int]) -> frozenset[int]:
    """Which of these rows hold a word."""
    if not match or not vids:
        return frozenset()
    marks = ", ".join("?" * len(vids))
    # The plus sign: one pass over the matches instead of one question for each row.
    found = db.conn.execute(
        f"SELECT rowid FROM words WHERE words MATCH ? AND +rowid IN ({marks})", (match, *vids)
    ).fetchall()
    return frozenset(row["rowid"] for row in found)


def in_threads(db: SqliteUtils, where: Eligible, threads: Sequence[str], limit: int) -> list[int]:
    """The eligible rows of these threads."""
    marks = ", ".join("?" * len(threads))
    found = db.conn.execute(
        "SELECT v.vid FROM version v INDEXED BY version_thread"
        f" WHERE v.thread IN ({marks}) AND {where.sql} LIMIT ?",
        (*threads, *where.params, limit),
    ).fetchall()
    return [row["vid"] for row in found]


def candidates(db: SqliteUtils, where: Eligible, vids: Iterable[int]) -> dict[int, Candidate]:
    """These rows with what stands before and after them, as far as the asker may see that."""
    marks, held = _marks(vids)
    if not held:
        return {}
    found = db.conn.execute(
        f"SELECT {_FIELDS} FROM version v WHERE v.vid IN ({marks})", held
    ).fetchall()
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
    for near_id, vid in _rows(db, sql, (*ids, *where.params)):
        made[by_id[near_id]].after_vid = vid
    _with_lexemes(db, made)
    return made


def _with_lexemes(db: SqliteUtils, made: dict[int, Candidate]) -> None:
    wanted = {vid for one in made.values() for vid in (one.vid, one.before_vid, one.after_vid)}
    held = lexemes_of(db, wanted - {0})
    for one in made.values():
        one.lexemes = held.get(one.vid, NOTHING)
        one.before = held.get(one.before_vid, NOTHING)
        one.after = held.get(one.after_vid, NOTHING)


def lexemes_of(db: SqliteUtils, vids: Iterable[int]) -> dict[int, Lexemes]:
    """What each of these rows says, as numbers; made now where they are not stored."""
    marks, wanted = _marks(vids)
    found = _rows(db, f"SELECT vid, data FROM lexeme WHERE vid IN ({marks})", wanted)
    held = {vid: lexemes.read(data) for vid, data in found}
    if len(held) < len(wanted):
        marks, lacking = _marks(vid for vid in wanted if vid not in held)
        sql = f"SELECT vid, title, text, context FROM version WHERE vid IN ({marks})"
        for row in db.conn.execute(sql, lacking).fetchall():
            said = lexemes.made(row["title"], row["text"], row["context"])
            held[row["vid"]] = lexemes.read(said)
    return held


def _candidate(row: sqlite3.Row) -> Candidate:
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


def _rows(db: SqliteUtils, sql: str, params: Sequence[object]) -> list[tuple[Any, ...]]:
    """Rows as plain tuples: thousands of them are read for a question."""
    cursor = db.conn.cursor()
    cursor.row_factory = None
    return cursor.execute(sql, params).fetchall()


def matching(terms: Terms, *, neighbours: bool) -> str:
    """The FTS5 expression; without the neighbours' column where that may tell of later times."""
    if not terms.telling or neighbours:
        return terms.match
    return f"{{text title context grams}} : ({terms.match})"
