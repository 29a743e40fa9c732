"""Erasing for good what the conversation's own files hold of something that was forgotten.

The rule it protects: after `erase` the words stand in no row, no free page and no log of
`ledger.db` and `checkpoints.db`; that something was erased, by whom and why, stays. It does not
reach the store, the receipts or the chat's own messages: whoever forgets calls it beside those.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from bullpen_memory.echoes import repeats
from bullpen_orchestrator.entries import now, transaction
from bullpen_orchestrator.schema import connect

GONE = "[forgotten]"
_UNTOUCHED = frozenset({"id", "key", "event_id", "user", "channel", "team", "ts", "thread_ts"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What was erased: message ids (their tombstones stay), and how many rows of the rest.

    `waiting` are runs under way whose checkpoint still holds the words: stop them, or erase again
    when they have ended (their checkpoints go with them). `withdrawn` posts had not been sent.
    """

    messages: tuple[str, ...] = ()
    runs: int = 0
    journal: int = 0
    posts: int = 0
    withdrawn: int = 0
    checkpoints: int = 0
    waiting: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """That a message was erased: by whom, why and when (ISO 8601, UTC)."""

    message_id: str
    by: str
    reason: str
    at: str


def erase(
    home: Path,
    *,
    texts: Collection[str] = (),
    message_ids: Collection[str] = (),
    by: str,
    reason: str = "",
) -> Erased:
    """Erase whole messages, and whatever repeats `texts` or what those messages said.

    `message_ids` are ids of the ledger (team:channel:ts of a person's message; see `message_at`).
    A text shorter than 12 characters finds no repetitions: too much would go with it. Safe beside a
    running desk, and to repeat. Raises OperatorError when a file cannot be opened.
    """
    with closing(connect(home / "ledger.db", synchronous="FULL")) as db:
        db.execute("PRAGMA secure_delete = ON")
        with transaction(db):
            found = _Ledger(db, texts, message_ids).erase(by, reason)
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        ended = {
            str(row["id"])
            for row in db.execute("SELECT id FROM runs WHERE status NOT IN ('queued', 'running')")
        }
    deleted, waiting = _checkpoints(home / "checkpoints.db", found.wanted, found.run_ids, ended)
    return Erased(
        messages=tuple(found.messages),
        runs=found.runs,
        journal=found.journal,
        posts=found.posts,
        withdrawn=found.withdrawn,
        checkpoints=deleted,
        waiting=waiting,
    )


def message_at(home: Path, channel: str, ts: str) -> tuple[str, ...]:
    """The ids of the messages at a place in the chat, all versions of them; () for an unknown one."""
    with closing(connect(home / "ledger.db", synchronous="NORMAL")) as db:
        rows = db.execute(
            "SELECT m.id FROM messages m LEFT JOIN outbox o ON o.key = m.id"
            " WHERE m.channel = ? AND (m.ts = ? OR o.ts = ?) ORDER BY m.seq",
            (channel, ts, ts),
        ).fetchall()
    return tuple(str(row["id"]) for row in rows)


def tombstones(home: Path) -> list[Tombstone]:
    """Every message that was erased, the oldest first."""
    with closing(connect(home / "ledger.db", synchronous="NORMAL")) as db:
        rows = db.execute("SELECT message_id, by_name, reason, at FROM erasures ORDER BY seq")
        return [
            Tombstone(message_id=r["message_id"], by=r["by_name"], reason=r["reason"], at=r["at"])
            for r in rows
        ]


class _Ledger:
    """One erasure within the ledger's transaction, and what it found."""

    def __init__(
        self, db: sqlite3.Connection, texts: Collection[str], message_ids: Collection[str]
    ) -> None:
        self._db = db
        self._ids = set(message_ids)
        self.messages: list[str] = []
        self.runs = self.journal = self.posts = self.withdrawn = 0
        said = [row for row in self._all("messages") if self._named(str(row["id"]))]
        self.run_ids = {str(row["id"]) for row in said}
        self.wanted = [
            *texts, *(str(row[column]) for row in said for column in ("text", "shown"))
        ]  # fmt: skip

    def erase(self, by: str, reason: str) -> _Ledger:
        for row in self._all("messages"):
            whole = self._named(str(row["id"]))
            if not whole and not self._holds(row["text"], row["shown"]):
                continue
            if row["text"] == GONE:
                continue
            self._db.execute("INSERT INTO erasing VALUES (?)", (row["id"],))
            self._db.execute(
                "UPDATE messages SET text = ?, shown = ?, images = '[]' WHERE id = ?",
                (GONE, GONE, row["id"]),
            )
            self._db.execute(
                "INSERT INTO erasures (message_id, by_name, reason, at) VALUES (?, ?, ?, ?)",
                (row["id"], by, reason, now()),
            )
            self.messages.append(str(row["id"]))
        self._db.execute("DELETE FROM erasing")
        self._of_runs()
        self._of_journal()
        self._of_outbox()
        return self

    def _of_runs(self) -> None:
        for row in self._all("runs"):
            said, route = json.loads(row["inbound"]), json.loads(row["route"])
            if self._named(str(row["id"])):
                cleaned = (said | {"text": GONE, "files": []}, route | {"text": GONE})
            else:
                cleaned = (self._clean(said), self._clean(route))
            problem = GONE if self._holds(row["problem"]) else row["problem"]
            if (*cleaned, problem) != (said, route, row["problem"]):
                self.runs += 1
                self._db.execute(
                    "UPDATE runs SET inbound = ?, route = ?, problem = ? WHERE id = ?",
                    (json.dumps(cleaned[0]), json.dumps(cleaned[1]), problem, row["id"]),
                )

    def _of_journal(self) -> None:
        for row in self._all("journal"):
            value = json.loads(row["value"])
            if (cleaned := self._clean(value)) != value:
                self.journal += 1
                text = json.dumps(cleaned, ensure_ascii=False)
                self._db.execute("UPDATE journal SET value = ? WHERE key = ?", (text, row["key"]))

    def _of_outbox(self) -> None:
        for row in self._all("outbox"):
            post = json.loads(row["post"])
            whole = self._named(str(row["key"]))
            cleaned = post | {"text": GONE, "footnotes": []} if whole else self._clean(post)
            if cleaned == post:
                continue
            self.posts += 1
            self._db.execute(
                "UPDATE outbox SET post = ? WHERE key = ?", (json.dumps(cleaned), row["key"])
            )
            # What was not said yet is not said any more.
            self.withdrawn += self._db.execute(
                "UPDATE outbox SET state = 'withdrawn' WHERE key = ? AND state = 'queued'",
                (row["key"],),
            ).rowcount

    def _all(self, table: str) -> list[sqlite3.Row]:
        return self._db.execute(f"SELECT * FROM {table}").fetchall()

    def _named(self, message_id: str) -> bool:
        """Whether this very message is to go, in whichever version."""
        return message_id in self._ids or message_id.rpartition(":v")[0] in self._ids

    def _holds(self, *texts: object) -> bool:
        return any(repeats(str(text), self.wanted) for text in texts)

    def _clean(self, item: Any, name: str = "") -> Any:
        if isinstance(item, dict):
            pairs = cast("dict[str, Any]", item).items()
            return {key: self._clean(part, key) for key, part in pairs}
        if isinstance(item, list):
            return [self._clean(part, name) for part in cast("list[Any]", item)]
        if isinstance(item, str) and name not in _UNTOUCHED and self._holds(item):
            return GONE
        return item


def _checkpoints(
    path: Path, wanted: Collection[str], run_ids: Collection[str], ended: Collection[str]
) -> tuple[int, tuple[str, ...]]:
    """How many checkpoints of ended runs were deleted, and which open runs still hold the words."""
    if not path.exists():
        return 0, ()
    with closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as db:
        db.execute("PRAGMA secure_delete = ON")
        holders = _holders(db, wanted) | (_threads(db) & set(run_ids))
        gone = sorted(holders & set(ended))
        for run_id in gone:
            for table in ("checkpoints", "writes"):
                db.execute(f"DELETE FROM {table} WHERE thread_id = ?", (run_id,))
        with suppress(sqlite3.OperationalError):
            # Pages freed by a desk that did not overwrite them; a busy file is done at the next time.
            db.execute("VACUUM")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return len(gone), tuple(sorted(holders - set(ended)))


def _threads(db: sqlite3.Connection) -> set[str]:
    if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'checkpoints'").fetchone():
        return set()
    return {str(row[0]) for row in db.execute("SELECT DISTINCT thread_id FROM checkpoints")}


def _holders(db: sqlite3.Connection, wanted: Collection[str]) -> set[str]:
    """The runs whose checkpoints hold one of the texts; msgpack keeps them as plain UTF-8."""
    if not _threads(db):
        return set()
    rows = db.execute(
        "SELECT thread_id, checkpoint AS data FROM checkpoints"
        " UNION ALL SELECT thread_id, metadata FROM checkpoints"
        " UNION ALL SELECT thread_id, value FROM writes"
    )
    return {
        str(thread)
        for thread, data in rows
        if data and repeats(bytes(data).decode("utf-8", "ignore"), wanted)
    }
