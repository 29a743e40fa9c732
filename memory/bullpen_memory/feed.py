"""What the store has for its indexes: the changes still to be taken in, and every present vector.

The rule it protects: each index that follows the store has a place of its own in the outbox; a
change leaves only after every index has it, and whatever is asked twice gives the same. An index
that was not seen for a week is waited for no longer, and is built anew when it comes back. It talks
to no index.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bullpen_memory import rows
from bullpen_memory.database import Database
from bullpen_memory.embed import Embedder
from bullpen_memory.index import Entry, Held

if TYPE_CHECKING:
    from bullpen_memory.database import Row

BATCH = 500
AT_ONCE = 64
"""Changes that are taken in before anybody looks whether to stop: their vectors may have to be made."""
GONE_DAYS = 7
# An index without a place has everything ahead of it.
_AHEAD = "seq > coalesce((SELECT seq FROM reader WHERE name = ?), 0)"
_PRESENT = "v.ends IS NULL AND v.status <> 'forgotten'"


@dataclass(frozen=True, slots=True)
class Pending:
    """Some of the outbox, oldest first: how many changes up to which number, what to put and to drop."""

    changes: int
    until: int
    puts: tuple[str, ...]
    drops: tuple[tuple[str, str], ...]


def utcnow() -> datetime:
    """The present, aware and in UTC."""
    return datetime.now(UTC)


class Feed:
    """The indexer's side of one store's database. `reader` is the name of an index."""

    def __init__(
        self, database: Database, embedder: Embedder, clock: Callable[[], datetime] = utcnow
    ) -> None:
        self._database, self._embedder, self._clock = database, embedder, clock

    def knows(self, reader: str) -> bool:
        """Whether this index has a place in the outbox; if not, it must be built anew."""
        return bool(self._database.read("SELECT 1 FROM reader WHERE name = ?", (reader,)))

    def newest(self) -> int:
        """The number of the newest change; what is written from now on has a greater one."""
        return int(self._database.read("SELECT coalesce(max(seq), 0) FROM outbox")[0][0])

    def pending(self, reader: str) -> Pending:
        """The next changes for this index; of several for one record the last counts."""
        found = self._database.read(
            f"SELECT seq, id, scope, op FROM outbox WHERE {_AHEAD} ORDER BY seq LIMIT ?",
            (reader, AT_ONCE),
        )
        last = {row["id"]: row for row in found}
        return Pending(
            changes=len(found),
            until=found[-1]["seq"] if found else 0,
            puts=tuple(row["id"] for row in last.values() if row["op"] == "put"),
            drops=tuple((row["scope"], row["id"]) for row in last.values() if row["op"] == "drop"),
        )

    def waiting(self, reader: str) -> frozenset[str]:
        """The ids whose changes this index does not have yet."""
        found = self._database.read(f"SELECT id FROM outbox WHERE {_AHEAD}", (reader,))
        return frozenset(row["id"] for row in found)

    def done(self, reader: str, until: int, *, instead_of: str = "") -> None:
        """This index has all changes up to a number; what every index has leaves the outbox.

        A new index says which one it takes the place of.
        """
        now = self._clock()
        with self._database.writing() as db:
            if instead_of != reader:
                db.execute("DELETE FROM reader WHERE name = ?", (instead_of,))
            db.execute(
                "INSERT INTO reader (name, model, seq, seen_at) VALUES (?, ?, ?, ?) ON CONFLICT"
                " (name) DO UPDATE SET seq = excluded.seq, seen_at = excluded.seen_at",
                (reader, self._embedder.id, until, rows.iso(now)),
            )
            db.execute(
                "DELETE FROM reader WHERE seen_at < ?", (rows.iso(now - timedelta(days=GONE_DAYS)),)
            )
            db.execute("DELETE FROM outbox WHERE seq <= (SELECT min(seq) FROM reader)")

    def seen(self, reader: str) -> None:
        """This index is still there."""
        with self._database.writing() as db:
            db.execute(
                "UPDATE reader SET seen_at = ? WHERE name = ?", (rows.iso(self._clock()), reader)
            )

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
            db.execute("DELETE FROM vector WHERE model NOT IN (SELECT model FROM reader)")

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
                    "INSERT INTO vector (vid, model, data) SELECT vid, ?, ? FROM version v"
                    f" WHERE v.vid = ? AND {_PRESENT} ON CONFLICT DO NOTHING",
                    (self._embedder.id, vector.tobytes(), row["vid"]),
                )

    def _entries(self, condition: str, params: Sequence[str]) -> list[Entry]:
        found = self._database.read(
            "SELECT v.id, v.n, v.scope, v.content, e.data FROM version v JOIN vector e ON e.vid = v.vid"
            f" WHERE {_PRESENT} AND {condition} AND e.model = ?",
            (*params, self._embedder.id),
        )
        return [_entry(row) for row in found]


def _entry(row: Row) -> Entry:
    import numpy as np

    vector = np.frombuffer(row["data"], "<f4")
    return Entry(row["id"], row["n"], row["scope"], vector, row["content"])
