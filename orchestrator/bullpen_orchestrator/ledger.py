"""The desk's own log of what was said, which messages were claimed, and what became of each run.

The rule it protects: a message is claimed, written down and turned into a run in ONE
transaction, so a redelivery is a duplicate and a crash loses nothing; and what was said is only
ever appended. It posts nothing (the outbox does) and schedules nothing (the engine does).
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bullpen_orchestrator import versions
from bullpen_orchestrator.accounts import Accounts
from bullpen_orchestrator.entries import (
    Claim,
    Correction,
    Entry,
    Run,
    RunStatus,
    append,
    entry_of,
    insert_run,
    now,
    person_entry,
    run_of,
    transaction,
)
from bullpen_orchestrator.people import People
from bullpen_orchestrator.ports import Inbound
from bullpen_orchestrator.routing import Route, Thread
from bullpen_orchestrator.schema import connect
from bullpen_tools.context import LocalFile


class Ledger:
    """All of `ledger.db` except the outbox rows. Thread-safe; one connection, one lock."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._db = connect(path, synchronous="NORMAL")
        self.accounts = Accounts(self._db, self._lock)
        self.people = People(self._db, self._lock)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def team(self, team: str) -> str:
        """The workspace this ledger belongs to: the first it was opened for; "" asks for no check."""
        if not team:
            return team
        with self._transaction():
            said = self._rows("SELECT team FROM messages ORDER BY seq LIMIT 1")
            first = json.dumps({"team": said[0]["team"] if said else team})
            self._db.execute("INSERT OR IGNORE INTO journal VALUES ('desk:team', ?)", (first,))
            kept = self._rows("SELECT value FROM journal WHERE key = 'desk:team'")
        return str(json.loads(kept[0]["value"])["team"])

    def move(self, team: str) -> int:
        """Let the ledger belong to `team`; or how many runs and posts are unfinished where it belongs.

        What was remembered stays; from when the desk listens is forgotten, so that it does not
        answer what the new team said before it came.
        """
        with self._transaction():
            left = self._rows(
                "SELECT (SELECT count(*) FROM runs WHERE status IN ('queued', 'running'))"
                " + (SELECT count(*) FROM outbox WHERE state IN ('queued', 'sending')) AS n"
            )[0]["n"]
            if not left:
                value = json.dumps({"team": team})
                self._db.execute("UPDATE journal SET value = ? WHERE key = 'desk:team'", (value,))
                self._db.execute("DELETE FROM journal WHERE key = 'heard:since'")
                self._db.execute("DELETE FROM sessions")
        return int(left)

    # -- what people say -----------------------------------------------------------------

    def claim(self, inbound: Inbound, decide: Callable[[Thread], Route]) -> Claim:
        """Claim `inbound` by event id and by (team, channel, ts), append it, and make its run.

        `decide` is asked within the transaction, with the thread as it is at that moment. What is
        to be stopped is flagged in it. A duplicate tells what may still have to be done.
        """
        message_id = f"{inbound.team}:{inbound.channel}:{inbound.ts}"
        claims = (f"event:{inbound.event_id}", f"message:{message_id}")
        with self._transaction():
            marks = self._rows("SELECT message_id FROM claims WHERE claim IN (?, ?)", *claims)
            self._db.executemany(
                "INSERT OR IGNORE INTO claims VALUES (?, ?)", [(c, message_id) for c in claims]
            )
            if marks:
                return self._left_to_do(marks[0]["message_id"])
            route = decide(self._thread_state(inbound.channel, inbound.thread_ts))
            works = route.decision not in ("ignore", "stop", "word")
            run_id = message_id if works else ""
            append(self._db, person_entry(inbound, message_id, run_id))
            if works:
                insert_run(self._db, run_id, inbound, route)
            ids: list[str] = []
            if route.decision == "stop":
                ids = self._flag(inbound.channel, inbound.thread_ts, inbound.user_name)
                row = (f"stop:{message_id}", json.dumps({"runs": ids}))
                self._db.execute("INSERT OR IGNORE INTO journal VALUES (?, ?)", row)
        outcome = "ignored" if route.decision == "ignore" else "new"
        return Claim(outcome=outcome, route=route, run_id=run_id, stopped=tuple(ids))

    def _left_to_do(self, message_id: str) -> Claim:
        """What a message that was claimed before still asks for, in case nobody acted on it then."""
        stop = self._rows("SELECT value FROM journal WHERE key = ?", f"stop:{message_id}")
        if stop:
            ids = tuple(json.loads(stop[0]["value"])["runs"])
            return Claim(outcome="duplicate", route=Route(decision="stop"), stopped=ids)
        open_run = self._rows(
            "SELECT id FROM runs WHERE id = ? AND status IN ('queued', 'running')", message_id
        )
        run_id = message_id if open_run else ""
        return Claim(outcome="duplicate", route=Route(decision="ignore"), run_id=run_id)

    def correct(self, inbound: Inbound, decide: Callable[[Thread], Route]) -> Correction:
        """Keep the changed text of a known message beside the old, and make the run it asks for.

        Open runs of the old version are flagged as stopped in the same transaction.
        """
        message_id = f"{inbound.team}:{inbound.channel}:{inbound.ts}"
        with self._transaction():
            old = versions.current(self._db, message_id)
            if old is None:
                return Correction(outcome="unknown")
            if not versions.claim(self._db, inbound.event_id, message_id) or (
                old["text"] == inbound.text
            ):
                return Correction(outcome="duplicate")
            route = decide(self._thread_state(inbound.channel, inbound.thread_ts))
            works = route.decision not in ("ignore", "stop", "word")
            version = f"{message_id}:v{versions.count(self._db, message_id) + 2}"
            run_id = version if works else ""
            stopped = versions.halt(self._db, old["id"], inbound.user_name)
            versions.replace(self._db, old["id"], version, inbound.user_name)
            append(self._db, person_entry(inbound, version, run_id))
            if works:
                insert_run(self._db, run_id, inbound, route)
        return Correction(
            outcome="new", run_id=run_id, stopped=tuple(stopped), answered=bool(old["run_id"])
        )

    def withdraw(self, message_id: str, event_id: str, by: str) -> Correction:
        """Write down that its author deleted a message; its open runs are flagged as stopped."""
        with self._transaction():
            old = versions.current(self._db, message_id)
            if old is None or not versions.claim(self._db, event_id, message_id):
                return Correction(outcome="unknown" if old is None else "duplicate")
            stopped = versions.halt(self._db, old["id"], by)
            versions.replace(self._db, old["id"], "", by)
        return Correction(outcome="new", message_id=old["id"], stopped=tuple(stopped))

    def _thread_state(self, channel: str, thread_ts: str) -> Thread:
        rows = self._rows(
            "SELECT owner FROM runs WHERE channel = ? AND thread_ts = ? ORDER BY seq DESC",
            channel,
            thread_ts,
        )
        owners = [row["owner"] for row in rows if row["owner"]]
        return Thread(ours=bool(rows), owner=owners[0] if owners else "")

    def thread(self, channel: str, thread_ts: str, *, before: int, limit: int) -> list[Entry]:
        """The last `limit` messages of a thread with a sequence number below `before`, oldest first.

        What was taken back, corrected since, or refused before anybody saw it is left out.
        """
        rows = self._rows(
            "SELECT * FROM messages WHERE channel = ? AND thread_ts = ? AND seq < ?"
            " AND id NOT IN (SELECT key FROM outbox WHERE state IN ('withdrawn', 'failed'))"
            " AND id NOT IN (SELECT message_id FROM versions)"
            " ORDER BY seq DESC LIMIT ?",
            channel,
            thread_ts,
            before,
            limit,
        )
        return [entry_of(row) for row in reversed(rows)]

    def position(self, message_id: str) -> int:
        """The sequence number of a message, or of the end of the ledger for an unknown one."""
        rows = self._rows(
            "SELECT seq FROM messages WHERE id = ? UNION ALL"
            " SELECT coalesce(max(seq), 0) + 1 FROM messages LIMIT 1",
            message_id,
        )
        return int(rows[0]["seq"])

    def thread_ids(self, channel: str, thread_ts: str) -> frozenset[str]:
        """The ids of all messages of a thread."""
        rows = self._rows(
            "SELECT id FROM messages WHERE channel = ? AND thread_ts = ?", channel, thread_ts
        )
        return frozenset(row["id"] for row in rows)

    def opening(self, channel: str, thread_ts: str) -> Entry | None:
        """The first message of a person in a thread."""
        rows = self._rows(
            "SELECT * FROM messages WHERE channel = ? AND thread_ts = ? AND kind = 'person'"
            " AND id NOT IN (SELECT message_id FROM versions) ORDER BY seq LIMIT 1",
            channel,
            thread_ts,
        )
        return entry_of(rows[0]) if rows else None

    def asked(self, run_id: str, asker: str, colleague: str, *, but: str) -> int:
        """How often `asker` asked `colleague` in this run, not counting the message `but`."""
        rows = self._rows(
            "SELECT count(*) AS n FROM messages WHERE run_id = ? AND kind = 'ask'"
            " AND author = ? AND addressee = ? AND id != ?",
            run_id,
            asker,
            colleague,
            but,
        )
        return int(rows[0]["n"])

    def shown_images(self, run_id: str, *, but: str) -> frozenset[str]:
        """The images already shown in this run's messages other than `but`."""
        rows = self._rows("SELECT images FROM messages WHERE run_id = ? AND id != ?", run_id, but)
        return frozenset(path for row in rows for path in json.loads(row["images"]))

    # -- runs ----------------------------------------------------------------------------

    def run(self, run_id: str) -> Run:
        """The run with this id; KeyError if there is none."""
        rows = self._rows("SELECT * FROM runs WHERE id = ?", run_id)
        if not rows:
            raise KeyError(run_id)
        return run_of(rows[0])

    def files(self, run: Run) -> tuple[LocalFile, ...]:
        """The files of a run's thread up to and with the run, newest last; a name's newest stays."""
        rows = self._rows(
            "SELECT * FROM runs WHERE channel = ? AND thread_ts = ? AND seq <= ? ORDER BY seq",
            run.inbound.channel,
            run.inbound.thread_ts,
            run.seq,
        )
        found: dict[str, LocalFile] = {}
        for file in (file for row in rows for file in run_of(row).inbound.files):
            found.pop(file.name, None)
            found[file.name] = file
        return tuple(found.values())

    def open_runs(self) -> list[Run]:
        """The runs that are queued or running, oldest first."""
        rows = self._rows("SELECT * FROM runs WHERE status IN ('queued', 'running') ORDER BY seq")
        return [run_of(row) for row in rows]

    def begin(self, run_id: str) -> int:
        """Count an attempt and return its number, from 1."""
        with self._transaction():
            self._db.execute(
                "UPDATE runs SET status = 'running', attempts = attempts + 1 WHERE id = ?",
                (run_id,),
            )
        return self.run(run_id).attempts

    def give_back(self, run_id: str) -> None:
        """Undo `begin`: the desk was closed in an orderly way, which is no crash."""
        with self._transaction():
            self._db.execute(
                "UPDATE runs SET status = 'queued', attempts = attempts - 1"
                " WHERE id = ? AND status = 'running'",
                (run_id,),
            )

    def end(self, run_id: str, status: RunStatus, problem: str = "") -> None:
        """Write down how a run ended; the first ending stays."""
        with self._transaction():
            self._db.execute(
                "UPDATE runs SET status = ?, problem = ?, ended_at = ?"
                " WHERE id = ? AND status IN ('queued', 'running')",
                (status, problem, now(), run_id),
            )

    def stop(self, channel: str, thread_ts: str, by: str) -> list[str]:
        """Flag every open run of a thread as stopped and return the ids of those newly flagged."""
        with self._transaction():
            return self._flag(channel, thread_ts, by)

    def _flag(self, channel: str, thread_ts: str, by: str) -> list[str]:
        rows = self._rows(
            "SELECT id FROM runs WHERE channel = ? AND thread_ts = ?"
            " AND status IN ('queued', 'running') AND stopped_by = '' ORDER BY seq",
            channel,
            thread_ts,
        )
        ids = [str(row["id"]) for row in rows]
        self._db.executemany(
            "UPDATE runs SET stopped_by = ?, stop_key = ? WHERE id = ?",
            [(by, f"{ids[0]}:stopped", run_id) for run_id in ids],
        )
        return ids

    # -- the journal of turns, and what they cost ----------------------------------------

    async def get(self, key: str) -> dict[str, Any] | None:
        """The value of `key`, or None if it was never put."""
        rows = self._rows("SELECT value FROM journal WHERE key = ?", key)
        return json.loads(rows[0]["value"]) if rows else None

    async def put(self, key: str, value: dict[str, Any]) -> dict[str, Any]:
        """Keep `value` under `key` unless there is one, and return the one that is kept."""
        with self._transaction():
            self._db.execute(
                "INSERT OR IGNORE INTO journal VALUES (?, ?)",
                (key, json.dumps(value, ensure_ascii=False)),
            )
            rows = self._rows("SELECT value FROM journal WHERE key = ?", key)
        return json.loads(rows[0]["value"])

    def journalled(self, prefix: str) -> list[dict[str, Any]]:
        """The values of all keys that begin with `prefix`, in the order of their keys."""
        rows = self._rows(
            "SELECT value FROM journal WHERE key >= ? AND key < ? ORDER BY key",
            prefix,
            prefix + "\U0010ffff",
        )
        return [json.loads(row["value"]) for row in rows]

    # -- the projection into the store ---------------------------------------------------

    def unremembered(self, limit: int = 200) -> list[Entry]:
        """Messages of the desk's threads that are on the platform but not yet in the store."""
        rows = self._rows(
            "SELECT m.*, coalesce(o.ts, '') AS posted_ts FROM messages m"
            " LEFT JOIN outbox o ON o.key = m.id"
            " WHERE m.kind != 'notice' AND trim(m.shown) != '' AND (m.ts != '' OR o.state = 'sent')"
            " AND NOT EXISTS (SELECT 1 FROM remembered r WHERE r.message_id = m.id)"
            " AND NOT EXISTS (SELECT 1 FROM versions v WHERE v.message_id = m.id)"
            " AND EXISTS (SELECT 1 FROM runs WHERE runs.channel = m.channel"
            "             AND runs.thread_ts = m.thread_ts)"
            " ORDER BY m.seq LIMIT ?",
            limit,
        )
        return [entry_of(row, ts=row["ts"] or row["posted_ts"]) for row in rows]

    def remembered(self, message_id: str) -> str:
        """The id of the record that holds a message, or ""."""
        rows = self._rows("SELECT record_id FROM remembered WHERE message_id = ?", message_id)
        return str(rows[0]["record_id"]) if rows else ""

    def remember(self, message_id: str, record_id: str) -> None:
        """Write down that a message is in the store."""
        with self._transaction():
            self._db.execute(
                "INSERT OR IGNORE INTO remembered VALUES (?, ?)", (message_id, record_id)
            )

    # -- the file ------------------------------------------------------------------------

    @contextmanager
    def _transaction(self) -> Generator[None]:
        with self._lock, transaction(self._db):
            yield

    def _rows(self, sql: str, *values: object) -> list[sqlite3.Row]:
        with self._lock:
            return self._db.execute(sql, values).fetchall()
