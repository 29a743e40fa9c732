"""One SQLite file as the store's database: a connection per thread, one immediate transaction per write.

The rule it protects: a write is wholly in the file or not at all, and what the machine refuses
(a full disk, a read-only folder, a locked or foreign file) reaches the operator as fact, cause
and remedy. It knows no table of ours; `migrations.py` makes them.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bullpen_memory.database import SET_NAME, Params, Row, Step, Table
from bullpen_memory.errors import OperatorError
from bullpen_memory.fts5 import Fts5

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

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


class SqliteConnection:
    """See `Connection`: one connection to the file."""

    def __init__(self, raw: sqlite3.Connection) -> None:
        self.raw = raw
        self.words = Fts5(raw)

    def execute(self, sql: str, params: Params = (), /) -> sqlite3.Cursor:
        """See `Connection`."""
        return self.raw.execute(sql, params)

    def executemany(self, sql: str, params: Iterable[Params], /) -> sqlite3.Cursor:
        """See `Connection`."""
        return self.raw.executemany(sql, params)

    def plain(self, sql: str, params: Params = (), /) -> list[Any]:
        """See `Connection`."""
        cursor = self.raw.cursor()
        cursor.row_factory = None
        return cursor.execute(sql, params).fetchall()

    def numbers(self, sql: str, params: Params = (), /) -> NDArray[np.int64]:
        """See `Connection`."""
        import numpy as np

        # One text of a hundred thousand numbers is read ten times faster than as many rows.
        listed = self.raw.execute(
            f"WITH one (number) AS ({sql}) SELECT group_concat(number) FROM one", params
        ).fetchone()[0]
        return np.fromstring(str(listed or ""), np.int64, sep=",")

    def define(self, statement: str) -> None:
        """See `Connection`."""
        self.raw.execute(statement)

    def lock_rows(self, table: str, sentence: str) -> None:
        """See `Connection`."""
        for verb in ("update", "delete"):
            self.raw.execute(
                f"CREATE TRIGGER {table}_is_locked_for_{verb} BEFORE {verb} ON {table}"
                f" BEGIN SELECT RAISE(ABORT, '{sentence}'); END"
            )

    def migrate(self, steps: Sequence[Step]) -> list[str]:
        """See `Connection`. sqlite-utils keeps the list of what was taken."""
        # It imports pandas where that is installed (half a second), so it waits until now.
        from sqlite_utils.db import Database as Wrapped
        from sqlite_utils.migrations import Migrations

        taken = Migrations(SET_NAME)
        for step in steps:
            taken(name=step.__name__)(lambda _, step=step: step(self))
        wrapped = Wrapped(self.raw, execute_plugins=False)
        known = {step.__name__ for step in steps}
        newer = sorted(done.name for done in taken.applied(wrapped) if done.name not in known)
        if not newer and taken.pending(wrapped):
            taken.apply(wrapped)
        return newer

    def steps(self) -> list[str]:
        """See `Connection`."""
        done = self.raw.execute(
            "SELECT name FROM _sqlite_migrations WHERE migration_set = ? ORDER BY name", (SET_NAME,)
        )
        return [str(row["name"]) for row in done.fetchall()]

    def tables(self) -> list[Table]:
        """See `Connection`. The shadow tables of the words are not ours."""
        names = self.raw.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'words%'"
            " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE '\\_%' ESCAPE '\\'"
            " ORDER BY rootpage"
        ).fetchall()
        return [self._table(str(row["name"])) for row in names]

    def _table(self, name: str) -> Table:
        info = self.raw.execute(f'PRAGMA table_info("{name}")').fetchall()
        columns = tuple(str(row["name"]) for row in info)
        keyed = sorted((row for row in info if row["pk"]), key=lambda row: int(row["pk"]))
        return Table(name, columns, tuple(str(row["name"]) for row in keyed) or columns)

    def loosen(self) -> None:
        """See `Connection`."""
        self.raw.execute("PRAGMA defer_foreign_keys = ON")

    def renumber(self) -> None:
        """See `Connection`. SQLite does so by itself."""


class SqliteDatabase:
    """Connections to one file. Safe to share between threads; closing it closes them all."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.place = str(path)
        self._local = threading.local()
        self._open: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._turn = threading.Lock()

    def connection(self) -> SqliteConnection:
        """This thread's own connection, opened at first use."""
        known: SqliteConnection | None = getattr(self._local, "connection", None)
        if known is not None:
            return known
        with self._refusals():
            made = self._connect()
        self._local.connection = made
        return made

    def read(self, sql: str, params: Params = ()) -> list[Row]:
        """See `Database`."""
        connection = self.connection()
        with self._refusals():
            return connection.execute(sql, params).fetchall()

    @contextmanager
    def writing(self) -> Generator[SqliteConnection]:
        """See `Database`. It holds the write lock from its beginning."""
        connection = self.connection()
        with self._refusals(), self._in_turn():
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                connection.raw.rollback()
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
    def reading(self) -> Generator[SqliteConnection]:
        """See `Database`."""
        connection = self.connection()
        with self._refusals():
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.raw.rollback()

    def scour(self) -> bool:
        """See `Database`. Freed pages are zeroed as they are freed; here the log is emptied."""
        raw = self.connection().raw
        with self._refusals():
            # Not worth the patience of a write: the caller comes back.
            raw.execute(f"PRAGMA busy_timeout = {CHECKPOINT_MILLISECONDS}")
            row = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            raw.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")
        return row[0] == 0

    def copy(self, path: Path) -> None:
        """The whole file as it is at this moment, as another one."""
        made = sqlite3.connect(path)
        try:
            self.connection().raw.backup(made)
            made.execute("PRAGMA journal_mode = DELETE")
        finally:
            made.close()

    def close(self) -> None:
        """Close every thread's connection."""
        with self._lock:
            for connection in self._open:
                connection.close()
            self._open.clear()
        self._local = threading.local()

    def _connect(self) -> SqliteConnection:
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
        return SqliteConnection(raw)

    @contextmanager
    def _refusals(self) -> Generator[None]:
        try:
            yield
        except sqlite3.Error as error:
            operator = explained(error, self.path)
            if operator is None:
                raise
            raise operator from error
