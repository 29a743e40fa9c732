"""Full-text search in PostgreSQL: a `tsvector` of our own stems beside each version, under a GIN index.

The rule it protects: a word that is found in SQLite is found here, too: both cut words by
`stem.py`, not by the server's dictionaries. What the server keeps of one text is limited, so of a
text with hundreds of thousands of different words the last are not found by words.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from bullpen_memory.stem import tokens

if TYPE_CHECKING:
    from bullpen_memory.database import Params, Row
    from bullpen_memory.postgres import PostgresConnection

# The labels that tell a word's place apart. What text and grams say counts alike everywhere.
PLACES = (("text", "A"), ("grams", "A"), ("title", "B"), ("context", "C"), ("near", "D"))
# The server's limits: a vector of 1 MB, a lexeme of 2 KB, 16,383 positions, 256 of one lexeme.
LARGEST_BYTES, LONGEST_WORD, LAST_POSITION, MOST_POSITIONS = 1_000_000, 500, 16_383, 256
BATCH = 500

_TABLES = (
    "CREATE TABLE words (vid BIGINT PRIMARY KEY REFERENCES version (vid) ON DELETE CASCADE"
    " DEFERRABLE, length BIGINT NOT NULL, lexemes TSVECTOR NOT NULL)",
    "CREATE INDEX words_lexemes ON words USING GIN (lexemes) WITH (fastupdate = off)",
)


class Lexemes:
    """See `FullText`."""

    def __init__(self, db: PostgresConnection) -> None:
        self._db = db

    def create(self) -> None:
        """See `FullText`."""
        for statement in _TABLES:
            self._db.execute(statement)

    def keep(self, condition: str = "", params: Params = ()) -> None:
        """See `FullText`."""
        where = f" AND {condition}" if condition else ""
        after = 0
        while True:
            found = self._db.execute(
                "SELECT vid, text, title, context, near, grams FROM version"
                f" WHERE status <> 'forgotten' AND vid > ?{where} ORDER BY vid LIMIT {BATCH}",
                (after, *params),
            ).fetchall()
            if not found:
                break
            self._put(found)
            after = found[-1]["vid"]
        self._db.execute(
            "DELETE FROM words WHERE vid IN"
            f" (SELECT vid FROM version WHERE status = 'forgotten'{where})",
            params,
        )

    def tidy(self) -> None:
        """See `FullText`. The rows are written anew after the transaction, by `scour`."""
        self._db.execute("INSERT INTO _erased (xid) VALUES (txid_current() % 4294967296)")

    def _put(self, found: Iterable[Row]) -> None:
        self._db.executemany(
            "INSERT INTO words (vid, length, lexemes) VALUES (?, ?, ?::tsvector)"
            " ON CONFLICT (vid) DO UPDATE SET length = excluded.length, lexemes = excluded.lexemes",
            [(row["vid"], *vector([(row[name], mark) for name, mark in PLACES])) for row in found],
        )


def vector(parts: Iterable[tuple[str, str]]) -> tuple[int, str]:
    """How many words the parts hold, and where each stands: "'oil':1A,7B 'price':2A".

    Between two parts a position is left out, so that no phrase reaches across.
    """
    places: dict[str, list[str]] = {}
    position = count = size = 0
    for text, mark in parts:
        for word in tokens(text):
            position, count = position + 1, count + 1
            known = places.get(word)
            if known is None:
                bytes_of = len(word.encode())
                if bytes_of > LONGEST_WORD or size + bytes_of + 12 > LARGEST_BYTES:
                    continue
                known = places[word] = []
                size += bytes_of + 12
            if len(known) < MOST_POSITIONS and size + 2 <= LARGEST_BYTES:
                known.append(f"{min(position, LAST_POSITION)}{mark}")
                size += 2
        position += 1
    return count, " ".join(f"'{word}':{','.join(at)}" for word, at in places.items())
