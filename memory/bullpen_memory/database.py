"""One SQLite file: a connection per thread, one immediate transaction per write.

The rule it protects: a write is wholly in the file or not at all, and what the machine refuses
(a full disk, a read-only folder, a locked or foreign file) reaches the operator as fact, cause
and remedy. It knows no table of ours; `migrations.py` makes them.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bullpen_memory.errors import OperatorError

if TYPE_CHECKING:
    from sqlite_utils.db import Database as SqliteUtils

Params = Sequence[object] | dict[str, object]

BUSY_SECONDS = 30.0
CHECKPOINT_MILLISECONDS = 250
# Pages that a connection keeps, as it comes to need them; SQLite's own 2 MB read most of them again.
CACHE_KILOBYTES = 32_768

_EXPLAINED: dict[int, tuple[str, str]] = {
    sqlite3.SQLITE_NOTADB: (
        "It is not a SQLite database.",
        "Move that file away (or choose another home folder) and start again.",
    ),
    sqlite3.SQLITE_CORRUPT: (
        "The file is damaged.",
        "Put back a copy from a backup, or move the file away to start with an empty store.",
    ),
    sqlite3.SQLITE_READONLY: (
        "The file or its folder is read-only.",
        "Give the user that runs Bullpen write permission there, or choose another home folder.",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "The file cannot be opened or created.",
        "Check that the folder exists and that the user that runs Bullpen may write there.",
    ),
    sqlite3.SQLITE_FULL: (
        "The disk is full.",
        "Free some space and try again; nothing was half-written.",
    ),
    sqlite3.SQLITE_IOERR: (
        "The disk answered with an input/output error.",
        "Check the disk's health and its free space, then try again.",
    ),
    sqlite3.SQLITE_BUSY: (
        f"Another program kept it locked for over {BUSY_SECONDS:.0f} seconds.",
        "Close that program (a database browser, a backup, a second Bullpen) and try again.",
    ),
}


def explained(error: sqlite3.Error, path: Path) -> OperatorError | None:
    """The operator's sentence for what SQLite refused, or None where the fault is ours."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None or (code & 0xFF) not in _EXPLAINED:
        return None
    cause, remedy = _EXPLAINED[code & 0xFF]
    return OperatorError(f"The context store {path} cannot be used.", cause, remedy)


class Database:
    """Connections to one file. Safe to share between threads; closing it closes them all."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        self._open: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._turn = threading.Lock()

    def connection(self) -> SqliteUtils:
        """This thread's own connection, opened at first use."""
        known: SqliteUtils | None = getattr(self._local, "connection", None)
        if known is not None:
            return known
        with self._refusals():
            made = self._connect()
        self._local.connection = made
        return made

    def read(self, sql: str, params: Params = ()) -> list[sqlite3.Row]:
        """All rows of one SELECT."""
        connection = self.connection()
        with self._refusals():
            return connection.conn.execute(sql, params).fetchall()

    @contextmanager
    def writing(self) -> Generator[SqliteUtils]:
        """One transaction that holds the write lock from its beginning; commits on leaving."""
        connection = self.connection()
        with self._refusals(), self._in_turn():
            connection.conn.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.conn.execute("COMMIT")
            except BaseException:
                connection.rollback()
                raise

    @contextmanager
    def _in_turn(self) -> Generator[None]:
        """Threads of this process queue up: SQLite would have them sleep and look again."""
        mine = self._turn.acquire(timeout=BUSY_SECONDS)
        try:
            yield
        finally:
            if mine:
                self._turn.release()

    @contextmanager
    def reading(self) -> Generator[SqliteUtils]:
        """Several SELECTs over one unchanging snapshot of the file."""
        connection = self.connection()
        with self._refusals():
            connection.conn.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.rollback()

    def checkpoint(self) -> bool:
        """Fold the write-ahead log into the file and empty it. False while a reader is in the way."""
        raw = self.connection().conn
        with self._refusals():
            # Not worth the patience of a write: the caller comes back.
            raw.execute(f"PRAGMA busy_timeout = {CHECKPOINT_MILLISECONDS}")
            row = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            raw.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")
        return row[0] == 0

    def close(self) -> None:
        """Close every thread's connection."""
        with self._lock:
            for connection in self._open:
                connection.close()
            self._open.clear()
        self._local = threading.local()

    def _connect(self) -> SqliteUtils:
        # sqlite-utils imports pandas where it is installed (half a second), so it waits until
        # a store is really opened.
        from sqlite_utils.db import Database as Wrapped

        raw = sqlite3.connect(
            self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            raw.row_factory = sqlite3.Row
            raw.execute("PRAGMA journal_mode = WAL")
            raw.execute("PRAGMA synchronous = NORMAL")
            raw.execute("PRAGMA secure_delete = ON")
            raw.execute("PRAGMA foreign_keys = ON")
            raw.execute("PRAGMA temp_store = MEMORY")
            raw.execute(f"PRAGMA cache_size = -{CACHE_KILOBYTES}")
        except sqlite3.Error:
            raw.close()
            raise
        with self._lock:
            self._open.append(raw)
        return Wrapped(raw, execute_plugins=False)

    @contextmanager
    def _refusals(self) -> Generator[None]:
        try:
            yield
        except sqlite3.Error as error:
            operator = explained(error, self.path)
            if operator is None:
                raise
            raise operator from error
