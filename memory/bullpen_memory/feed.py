"""What the store has for its index: the changes still to be taken in, and every present vector.

The rule it protects: a change leaves the outbox only after the index has it, and whatever is
asked twice gives the same. It talks to no index.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bullpen_memory import rows
from bullpen_memory.database import Database
from bullpen_memory.embed import Embedder
from bullpen_memory.index import Entry, Held

if TYPE_CHECKING:
    import sqlite3

BATCH = 500
AT_ONCE = 64
"""Changes that are taken in before anybody looks whether to stop: their vectors may have to be made."""
_PRESENT = "v.ends IS NULL AND v.status <> 'forgotten'"


@dataclass(frozen=True, slots=True)
class Pending:
    """Some of the outbox, oldest first: up to which number, and what to put and to drop."""

    seqs: tuple[int, ...]
    puts: tuple[str, ...]
    drops: tuple[tuple[str, str], ...]


class Feed:
    """The indexer's side of one store's database."""

    def __init__(self, database: Database, embedder: Embedder) -> None:
        self._database, self._embedder = database, embedder

    def pending(self) -> Pending:
        """The next changes; of several for one record the last counts."""
        found = self._database.read(
            "SELECT seq, id, scope, op FROM outbox ORDER BY seq LIMIT ?", (AT_ONCE,)
        )
        last = {row["id"]: row for row in found}
        return Pending(
            seqs=tuple(row["seq"] for row in found),
            puts=tuple(row["id"] for row in last.values() if row["op"] == "put"),
            drops=tuple((row["scope"], row["id"]) for row in last.values() if row["op"] == "drop"),
        )

    def waiting(self) -> frozenset[str]:
        """The ids whose changes the index does not have yet."""
        return frozenset(row["id"] for row in self._database.read("SELECT id FROM outbox"))

    def all_pending(self) -> list[int]:
        """The numbers of every change that waits now."""
        return [row["seq"] for row in self._database.read("SELECT seq FROM outbox")]

    def done(self, seqs: Sequence[int]) -> None:
        """Take these changes out of the outbox."""
        with self._database.writing() as db:
            db.conn.executemany("DELETE FROM outbox WHERE seq = ?", [(seq,) for seq in seqs])

    def entries(self, ids: Sequence[str]) -> list[Entry]:
        """The present entry of each of these records that is not forgotten."""
        marks = ", ".join("?" * len(ids))
        self._fill(f"v.id IN ({marks})", ids)
        return self._entries(f"v.id IN ({marks})", ids)

    def everything(self) -> Generator[list[Entry]]:
        """Every present entry, in batches."""
        after = ""
        while True:
            page = self._database.read(
                f"SELECT v.id FROM version v WHERE {_PRESENT} AND v.id > ? ORDER BY v.id LIMIT ?",
                (after, BATCH),
            )
            if not page:
                return
            yield self.entries([row["id"] for row in page])
            after = page[-1]["id"]

    def size(self) -> tuple[int, int]:
        """How many records there are, and how many of them have no vector of this embedder."""
        (found,) = self._database.read(
            "SELECT count(*) AS every, sum(CASE WHEN e.vid IS NULL THEN 1 ELSE 0 END) AS lacking"
            " FROM version v LEFT JOIN vector e ON e.vid = v.vid AND e.model = ?"
            f" WHERE {_PRESENT}",
            (self._embedder.id,),
        )
        return int(found["every"]), int(found["lacking"] or 0)

    def present(self) -> dict[str, Held]:
        """Every record that an index should hold, with scope, version and the hash of its text."""
        found = self._database.read(
            f"SELECT v.id, v.scope, v.n, v.content FROM version v WHERE {_PRESENT}"
        )
        return {row["id"]: Held(row["scope"], row["n"], row["content"]) for row in found}

    def altered(self) -> list[str]:
        """The records whose text is not the one that was written: its hash says another."""
        wrong: list[str] = []
        after = ""
        while page := self._database.read(
            f"SELECT v.id, v.title, v.text, v.content FROM version v WHERE {_PRESENT} AND v.id > ?"
            " ORDER BY v.id LIMIT ?",
            (after, BATCH),
        ):
            after = page[-1]["id"]
            wrong += [
                row["id"] for row in page
                if rows.content_hash(row["title"], row["text"]) != row["content"]
            ]  # fmt: skip
        return wrong

    def discard_other_models(self) -> None:
        """Remove vectors that no embedder in use can be compared with."""
        with self._database.writing() as db:
            db.execute("DELETE FROM vector WHERE model <> ?", (self._embedder.id,))

    def _fill(self, condition: str, params: Sequence[str]) -> None:
        """Embed what was written while another embedder, or none, was in use."""
        lacking = self._database.read(
            f"SELECT v.* FROM version v WHERE {_PRESENT} AND {condition} AND NOT EXISTS"
            " (SELECT 1 FROM vector e WHERE e.vid = v.vid AND e.model = ?)",
            (*params, self._embedder.id),
        )
        if not lacking:
            return
        made = self._embedder.embed([rows.embedded_text(rows.to_record(row)) for row in lacking])
        with self._database.writing() as db:
            for row, vector in zip(lacking, made, strict=True):
                # Forgotten or revised meanwhile: then there is nothing to keep.
                db.execute(
                    "INSERT OR IGNORE INTO vector (vid, model, data) SELECT vid, ?, ? FROM"
                    f" version v WHERE v.vid = ? AND {_PRESENT}",
                    (self._embedder.id, vector.tobytes(), row["vid"]),
                )

    def _entries(self, condition: str, params: Sequence[str]) -> list[Entry]:
        found = self._database.read(
            "SELECT v.id, v.n, v.scope, v.content, e.data FROM version v JOIN vector e ON e.vid = v.vid"
            f" WHERE {_PRESENT} AND {condition} AND e.model = ?",
            (*params, self._embedder.id),
        )
        return [_entry(row) for row in found]


def _entry(row: sqlite3.Row) -> Entry:
    import numpy as np

    vector = np.frombuffer(row["data"], "<f4")
    return Entry(row["id"], row["n"], row["scope"], vector, row["content"])
