"""Full-text search in SQLite: an FTS5 table beside the versions, kept by triggers.

The rule it protects: triggers keep the words beside the rows whoever writes, so the two cannot
drift apart. It knows no scope; every condition comes from the caller.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bullpen_memory.database import Connection, Params

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

    def __init__(self, db: Connection) -> None:
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
