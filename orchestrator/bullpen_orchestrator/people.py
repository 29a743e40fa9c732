"""What the ledger tells about its people: where they were heard, what they see, think, change, spend.

The rule it protects: a verdict on an answer is appended, never changed, with who and when. It
shares the ledger's connection and lock, and holds nothing of what was said.
"""

from __future__ import annotations

import sqlite3
import threading

from bullpen_orchestrator.entries import Feedback, now, transaction
from bullpen_orchestrator.ports import Heard


class People:
    """One part of the ledger; `db` and `lock` are the ledger's own."""

    def __init__(self, db: sqlite3.Connection, lock: threading.RLock) -> None:
        self._db = db
        self._lock = lock

    def heard(self, since: float, day: str) -> Heard:
        """The latest that was heard everywhere; threads and messages since `day` (ISO 8601)."""
        person = "FROM messages WHERE kind = 'person'"
        channels = self._rows(f"SELECT channel, max(ts) AS ts {person} GROUP BY channel")
        recent = self._rows(
            f"SELECT channel, thread_ts, ts {person} AND at >= ?"
            " AND id NOT IN (SELECT message_id FROM versions WHERE successor = '')",
            day,
        )
        runs = self._rows("SELECT channel, thread_ts FROM runs WHERE created_at >= ?", day)
        ours = {(run["channel"], run["thread_ts"]) for run in runs}
        threads: dict[tuple[str, str], float] = {}
        for row in recent:
            thread = (row["channel"], row["thread_ts"])
            if thread in ours:
                threads[thread] = max(threads.get(thread, 0.0), _seconds(row["ts"]))
        return Heard(
            since=since,
            channels={row["channel"]: _seconds(row["ts"]) for row in channels},
            threads=threads,
            known={(row["channel"], row["ts"]): row["thread_ts"] for row in recent},
        )

    def judge(self, feedback: Feedback) -> str:
        """Append what a person thinks of a message of the desk; its run, "" for an unknown message."""
        key = feedback.message_id
        with self._lock, transaction(self._db):
            known = self._rows("SELECT run_id FROM messages WHERE id = ? AND kind != 'person'", key)
            if known:
                self._db.execute(
                    "INSERT INTO feedback (message_id, verdict, person, person_name, at)"
                    " VALUES (?, ?, ?, ?, ?)",
                    (key, feedback.verdict, feedback.person, feedback.person_name, now()),
                )
        return str(known[0]["run_id"]) if known else ""

    def judgements(self, message_id: str) -> list[Feedback]:
        """What people thought of a message, the oldest first; all of it stays."""
        rows = self._rows(
            "SELECT message_id, verdict, person, person_name, at FROM feedback"
            " WHERE message_id = ? ORDER BY seq",
            message_id,
        )
        return [Feedback(**dict(row)) for row in rows]

    def mark_busy(self, channel: str, thread_ts: str) -> None:
        """Write down that a thread is about to be shown as worked on."""
        self._write("INSERT OR IGNORE INTO sessions VALUES (?, ?)", channel, thread_ts)

    def mark_free(self, channel: str, thread_ts: str) -> None:
        """Write down that a thread is no longer shown as worked on."""
        sql = "DELETE FROM sessions WHERE channel = ? AND thread_ts = ?"
        self._write(sql, channel, thread_ts)

    def busy(self) -> list[tuple[str, str]]:
        """The threads that may be shown as worked on."""
        return [(r["channel"], r["thread_ts"]) for r in self._rows("SELECT * FROM sessions")]

    def run_of(self, message_id: str) -> str:
        """The run in which the desk said a message, or ""."""
        found = self._rows("SELECT run_id FROM messages WHERE id = ?", message_id)
        return str(found[0]["run_id"]) if found else ""

    def author(self, message_id: str) -> str:
        """Who said a known message."""
        return str(self._rows("SELECT author FROM messages WHERE id = ?", message_id)[0]["author"])

    def predecessor(self, message_id: str) -> str:
        """The id of the version that this one corrects, or ""."""
        rows = self._rows("SELECT message_id FROM versions WHERE successor = ?", message_id)
        return str(rows[0]["message_id"]) if rows else ""

    def withdrawn(self, message_id: str) -> bool:
        """Whether its author deleted the message."""
        sql = "SELECT 1 FROM versions WHERE message_id = ? AND successor = ''"
        return bool(self._rows(sql, message_id))

    def _write(self, sql: str, *values: object) -> None:
        with self._lock, transaction(self._db):
            self._db.execute(sql, values)

    def _rows(self, sql: str, *values: object) -> list[sqlite3.Row]:
        with self._lock:
            return self._db.execute(sql, values).fetchall()


def _seconds(ts: str) -> float:
    """A platform's ts as a number; 0 for one that is none."""
    try:
        return float(ts)
    except ValueError:
        return 0.0
