"""Full-text search in SQLite: an FTS5 table beside the versions, kept by triggers.

The rule it protects: triggers keep the words beside the rows whoever writes, so the two cannot
drift apart. It knows no scope; every condition comes from the caller.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bullpen_memory.filters import Eligible
from bullpen_memory.fulltext import AROUND, END, PLAINLY, START, Counts

if TYPE_CHECKING:
    from bullpen_memory.database import Params

_TABLE = """
CREATE VIRTUAL TABLE words USING fts5 (
    text, title, context, near, grams, content='version', content_rowid='vid',
    tokenize="porter unicode61 remove_diacritics 2"
)
"""
_ADDED = """
CREATE TRIGGER words_added AFTER INSERT ON version WHEN new.status <> 'forgotten' BEGIN
    INSERT INTO words (rowid, text, title, context, near, grams)
    VALUES (new.vid, new.text, new.title, new.context, new.near, new.grams);
END
"""
_CHANGED = """
CREATE TRIGGER words_changed AFTER UPDATE OF text, title, context, near, grams ON version
WHEN old.status <> 'forgotten' BEGIN
    INSERT INTO words (words, rowid, text, title, context, near, grams)
    VALUES ('delete', old.vid, old.text, old.title, old.context, old.near, old.grams);
    INSERT INTO words (rowid, text, title, context, near, grams)
    SELECT new.vid, new.text, new.title, new.context, new.near, new.grams
    WHERE new.status <> 'forgotten';
END
"""


class Fts5:
    """See `FullText`."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def create(self) -> None:
        """See `FullText`."""
        for statement in (_TABLE, _ADDED, _CHANGED):
            self._db.execute(statement)

    def keep(self, condition: str = "", params: Params = ()) -> None:
        """See `FullText`. The triggers have done it."""

    def tidy(self) -> None:
        """See `FullText`. A deleted entry's words stay in the segments until these are merged."""
        self._db.execute("INSERT INTO words (words) VALUES ('optimize')")

    def counted(self, match: str, limit: int) -> tuple[int, int]:
        """See `FullText`."""
        sql = (
            "SELECT count(*), coalesce(max(rowid), 0) FROM"
            " (SELECT rowid FROM words WHERE words MATCH ? LIMIT ?)"
        )
        return self._rows(sql, (match, limit))[0]

    def best(
        self, match: str, where: Eligible, limit: int, counts: Counts = PLAINLY
    ) -> dict[int, float]:
        """See `FullText`."""
        # CROSS JOIN keeps SQLite from asking the full-text index once for every visible row.
        sql = (
            f"SELECT v.vid, -bm25(words, {_weights(counts)}) AS bm25 FROM words"
            " CROSS JOIN version v ON v.vid = words.rowid"
            f" WHERE words MATCH ? AND {where.sql} ORDER BY bm25 DESC, v.vid DESC LIMIT ?"
        )
        return dict(self._rows(sql, (match, *where.params, limit)))

    def newest(self, match: str, where: Eligible, limit: int) -> dict[int, float]:
        """See `FullText`."""
        sql = (
            f"SELECT v.vid, -bm25(words, {_weights(PLAINLY)}) AS bm25 FROM words"
            " CROSS JOIN version v ON v.vid = words.rowid"
            f" WHERE words MATCH ? AND {where.sql} ORDER BY words.rowid DESC LIMIT ?"
        )
        found = self._rows(sql, (match, *where.params, limit))
        return dict(sorted(found, key=lambda one: (-one[1], -one[0])))

    def count(self, match: str, where: Eligible) -> int:
        """See `FullText`."""
        sql = (
            "SELECT count(*) FROM words CROSS JOIN version v ON v.vid = words.rowid"
            f" WHERE words MATCH ? AND {where.sql}"
        )
        return int(self._rows(sql, (match, *where.params))[0][0])

    def holding(self, match: str, vids: Sequence[int]) -> frozenset[int]:
        """See `FullText`."""
        # The plus sign: one pass over the matches instead of one question for each row.
        sql = f"SELECT rowid FROM words WHERE words MATCH ? AND +rowid IN ({_marks(vids)})"
        return frozenset(row[0] for row in self._rows(sql, (match, *vids)))

    def marked(self, match: str, vids: Sequence[int]) -> dict[int, tuple[str, str]]:
        """See `FullText`."""
        whole = " || ' ' || ".join(f"highlight(words, {n}, '{START}', '{END}')" for n in range(5))
        sql = (
            f"SELECT rowid, snippet(words, 0, '{START}', '{END}', '…', {AROUND}), {whole}"
            f" FROM words WHERE words MATCH ? AND +rowid IN ({_marks(vids)})"
        )
        found = self._rows(sql, (match, *vids))
        return {vid: (snippet, whole) for vid, snippet, whole in found}

    def _rows(self, sql: str, params: Params) -> list[Any]:
        """Plain tuples: thousands of them are read for a question."""
        cursor = self._db.cursor()
        cursor.row_factory = None
        return cursor.execute(sql, params).fetchall()


def _weights(counts: Counts) -> str:
    return f"{counts.text}, {counts.title}, {counts.context}, {counts.near}, {counts.grams}"


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))
