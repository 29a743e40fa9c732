"""The tables of `ledger.db`, as numbered, append-only migrations, and how its connections open.

The rule it protects: what was said is never changed in place (a trigger refuses it) but by an
erasure, which leaves a tombstone, and every
connection waits for a writer instead of failing. It holds no queries.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Literal

from bullpen_memory.errors import OperatorError

MIGRATIONS = (
    """
    CREATE TABLE messages (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
        team TEXT NOT NULL, channel TEXT NOT NULL, channel_name TEXT NOT NULL,
        audience TEXT NOT NULL, thread_ts TEXT NOT NULL, ts TEXT NOT NULL,
        author TEXT NOT NULL, author_name TEXT NOT NULL, addressee TEXT NOT NULL,
        run_id TEXT NOT NULL, text TEXT NOT NULL, shown TEXT NOT NULL,
        images TEXT NOT NULL, permalink TEXT NOT NULL, at TEXT NOT NULL
    );
    CREATE INDEX messages_thread ON messages (channel, thread_ts, seq);
    CREATE INDEX messages_run ON messages (run_id);
    CREATE TRIGGER messages_are_append_only BEFORE UPDATE ON messages
        BEGIN SELECT RAISE(ABORT, 'messages are append-only'); END;
    CREATE TABLE claims (claim TEXT PRIMARY KEY, message_id TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE runs (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, channel TEXT NOT NULL,
        thread_ts TEXT NOT NULL, inbound TEXT NOT NULL, route TEXT NOT NULL, owner TEXT NOT NULL,
        status TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, stopped_by TEXT NOT NULL DEFAULT '',
        stop_key TEXT NOT NULL DEFAULT '',
        problem TEXT NOT NULL DEFAULT '', created_at TEXT NOT NULL, ended_at TEXT NOT NULL DEFAULT ''
    );
    CREATE INDEX runs_thread ON runs (channel, thread_ts, seq);
    CREATE INDEX runs_status ON runs (status);
    CREATE TABLE journal (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE charges (
        key TEXT PRIMARY KEY, run_id TEXT NOT NULL, agent TEXT NOT NULL, model TEXT NOT NULL,
        usage TEXT NOT NULL, at TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX charges_run ON charges (run_id);
    CREATE TABLE remembered (message_id TEXT PRIMARY KEY, record_id TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE outbox (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, run_id TEXT NOT NULL,
        channel TEXT NOT NULL, post TEXT NOT NULL, state TEXT NOT NULL, ts TEXT NOT NULL DEFAULT '',
        reason TEXT NOT NULL DEFAULT '', sending_at REAL NOT NULL DEFAULT 0
    );
    CREATE INDEX outbox_open ON outbox (channel, seq) WHERE state IN ('queued', 'sending');
    """,
    """
    CREATE TABLE sessions (
        channel TEXT NOT NULL, thread_ts TEXT NOT NULL, PRIMARY KEY (channel, thread_ts)
    ) WITHOUT ROWID;
    CREATE TABLE versions (
        message_id TEXT PRIMARY KEY, successor TEXT NOT NULL, by_name TEXT NOT NULL, at TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX versions_successor ON versions (successor);
    """,
    """
    CREATE TABLE feedback (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, message_id TEXT NOT NULL, verdict TEXT NOT NULL,
        person TEXT NOT NULL, person_name TEXT NOT NULL, at TEXT NOT NULL
    );
    CREATE INDEX feedback_message ON feedback (message_id);
    """,
    """
    CREATE TABLE erasures (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, message_id TEXT NOT NULL, by_name TEXT NOT NULL,
        reason TEXT NOT NULL, at TEXT NOT NULL
    );
    CREATE TABLE erasing (id TEXT PRIMARY KEY) WITHOUT ROWID;
    DROP TRIGGER messages_are_append_only;
    CREATE TRIGGER messages_change_by_erasure_only BEFORE UPDATE ON messages
        WHEN NOT EXISTS (SELECT 1 FROM erasing WHERE erasing.id = OLD.id)
        BEGIN SELECT RAISE(ABORT, 'messages are append-only'); END;
    """,
)


def connect(path: Path, *, synchronous: Literal["NORMAL", "FULL"]) -> sqlite3.Connection:
    """Open `path`, migrated. Transactions are explicit; rows answer to names.

    Raises OperatorError when the file cannot be opened or was written by a newer Bullpen.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
        db.row_factory = sqlite3.Row
        db.execute("PRAGMA journal_mode = WAL")
        db.execute(f"PRAGMA synchronous = {synchronous}")
        # What is erased is overwritten, not only unlinked.
        db.execute("PRAGMA secure_delete = ON")
        _migrate(db, path)
    except (OSError, sqlite3.Error) as error:
        raise OperatorError(
            f"The ledger {path} cannot be opened.",
            f"The system says: {error}.",
            "Check that the folder exists, is writable and has room.",
        ) from error
    return db


def _migrate(db: sqlite3.Connection, path: Path) -> None:
    known = len(MIGRATIONS)
    if db.execute("PRAGMA user_version").fetchone()[0] == known:
        return
    db.execute("BEGIN IMMEDIATE")
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version > known:
        db.execute("ROLLBACK")
        db.close()
        raise OperatorError(
            f"The ledger {path} cannot be used.",
            f"A newer Bullpen wrote it (version {version}, this one knows {known}).",
            "Install the newer Bullpen again, or choose another home folder.",
        )
    for migration in MIGRATIONS[version:]:
        for statement in _statements(migration):
            db.execute(statement)
    db.execute(f"PRAGMA user_version = {known}")
    db.execute("COMMIT")


def _statements(script: str) -> list[str]:
    """The statements of a script; a trigger's body keeps its inner semicolon."""
    found: list[str] = []
    part = ""
    for piece in script.split(";"):
        part += piece
        if sqlite3.complete_statement(part + ";"):
            found.append(part)
            part = ""
        else:
            part += ";"
    return [statement for statement in found if statement.strip()]
