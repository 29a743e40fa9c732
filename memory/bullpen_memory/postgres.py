"""PostgreSQL as the store's database: one memory for many workers, with connections that come back.

The rule it protects: writers of all processes follow one another under one lock, as they do in a
SQLite file, so what was proven there holds here; a connection that the server dropped is replaced
before anything was done with it, and never in the middle of a transaction. No password is ever
shown. What its tables are like, `postgres_tables.py` says.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qs, urlsplit

from bullpen_memory import postgres_tables as tables
from bullpen_memory.database import Cursor, Params, Row, Step, Table
from bullpen_memory.errors import DefectError, OperatorError
from bullpen_memory.postgres_refusals import (
    misread,
    missing_driver,
    other_encoding,
    refused,
    too_old,
)
from bullpen_memory.postgres_words import Lexemes

if TYPE_CHECKING:
    import numpy as np
    import psycopg
    from numpy.typing import NDArray

    Raw = psycopg.Connection[Any]

OLDEST = 140000
"""The server's version number, as PostgreSQL counts: 14."""
LARGEST = 16
"""So many connections one process holds at most."""
CONNECT_SECONDS = 10
BUSY_SECONDS = 30
# The lock that writers queue for: a number of our own, within this database.
WRITERS = 0x62756C6C70656E
_SESSION = (
    f"SET search_path TO {tables.SCHEMA}; SET jit = off; SET lock_timeout = '{BUSY_SECONDS}s';"
    # A worker that hangs while it holds the lock gives way to the others.
    " SET idle_in_transaction_session_timeout = '300s'; SET client_min_messages = warning"
).encode()

T = TypeVar("T")


class PostgresConnection:
    """See `Connection`: one connection to the server."""

    def __init__(self, raw: Raw) -> None:
        from psycopg.rows import tuple_row

        self.raw = raw
        self._tuples = tuple_row
        self.words = Lexemes(self)

    def execute(self, sql: str, params: Params = (), /) -> Cursor:
        """See `Connection`."""
        # Without parameters the driver sends the text as it is.
        return self.raw.execute(tables.translated(sql, bool(params)), _storable(params) or None)

    def executemany(self, sql: str, params: Iterable[Params], /) -> None:
        """See `Connection`."""
        with self.raw.cursor() as cursor:
            cursor.executemany(tables.translated(sql, True), [_storable(one) for one in params])

    def plain(self, sql: str, params: Params = (), /) -> list[Any]:
        """See `Connection`."""
        with self.raw.cursor(row_factory=self._tuples) as cursor:
            return cursor.execute(
                tables.translated(sql, bool(params)), _storable(params) or None
            ).fetchall()

    def numbers(self, sql: str, params: Params = (), /) -> NDArray[np.int64]:
        """See `Connection`."""
        import numpy as np

        told = f"WITH one (number) AS ({sql}) SELECT string_agg(number::text, ',') FROM one"
        listed = self.execute(told, params).fetchone()[0]
        return np.fromstring(str(listed or ""), np.int64, sep=",")

    def define(self, statement: str) -> None:
        """See `Connection`."""
        self.execute(tables.defined(statement))

    def lock_rows(self, table: str, sentence: str) -> None:
        """See `Connection`."""
        tables.lock_rows(self, table, sentence)

    def migrate(self, steps: Sequence[Step]) -> list[str]:
        """See `Connection`."""
        return tables.migrate(self, steps)

    def steps(self) -> list[str]:
        """See `Connection`."""
        return tables.steps(self)

    def tables(self) -> list[Table]:
        """See `Connection`."""
        return tables.ours(self)

    def loosen(self) -> None:
        """See `Connection`."""
        self.execute("SET CONSTRAINTS ALL DEFERRED")

    def renumber(self) -> None:
        """See `Connection`."""
        tables.renumber(self)


class PostgresDatabase:
    """See `Database`: a pool of connections to one database, opened as they are needed."""

    def __init__(self, url: str) -> None:
        """Raises InputError for an address that cannot be one, OperatorError without the driver."""
        self.place = shown(url)
        self._url = url
        self._local = threading.local()
        self._lock = threading.Lock()
        self._idle: list[PostgresConnection] = []
        self._room = threading.BoundedSemaphore(LARGEST)
        self._closed = False
        try:
            import psycopg
        except ImportError:
            raise missing_driver(self.place) from None
        self._driver = psycopg

    def read(self, sql: str, params: Params = ()) -> list[Row]:
        """See `Database`."""
        with self._leased(lambda one: one.execute(sql, params).fetchall()) as (_, found):
            return found

    @contextmanager
    def writing(self) -> Generator[PostgresConnection]:
        """See `Database`. The lock is the server's own and ends with the transaction."""

        def begin(one: PostgresConnection) -> None:
            one.raw.execute("BEGIN")
            one.raw.execute(b"SELECT pg_advisory_xact_lock(%s)", (WRITERS,))

        with self._leased(begin) as (connection, _):
            yield connection
            if connection.raw.execute("COMMIT").statusmessage != "COMMIT":
                # An error in between was caught and passed over; the server then keeps nothing.
                raise DefectError(
                    "Nothing was stored.",
                    "The transaction had failed before its end.",
                    "Please report it.",
                )

    @contextmanager
    def reading(self) -> Generator[PostgresConnection]:
        """See `Database`."""

        def begin(one: PostgresConnection) -> None:
            one.raw.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")

        with self._leased(begin) as (connection, _):
            yield connection

    def scour(self) -> bool:
        """See `Database`. The tables are written anew, where something was erased since.

        What the server keeps beside its tables, its write-ahead log and backups, is not reached.
        """
        with self._leased(tables.scour) as (_, done):
            return done

    def close(self) -> None:
        """See `Database`."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.raw.close()

    @contextmanager
    def _leased(
        self, first: Callable[[PostgresConnection], T]
    ) -> Generator[tuple[PostgresConnection, T]]:
        """A connection on which `first` was done; inside a transaction of this thread, that one's."""
        held: PostgresConnection | None = getattr(self._local, "held", None)
        if held is not None:
            with self._refusals():
                yield held, first(held)
            return
        if not self._room.acquire(timeout=BUSY_SECONDS):
            raise OperatorError(
                f"The context store {self.place} was not asked.",
                f"All {LARGEST} connections of this process were busy for {BUSY_SECONDS} seconds.",
                "Try again; if it stays so, look for a slow or stopped server.",
            )
        try:
            with self._refusals():
                connection, done = self._started(first)
                self._local.held = connection
                try:
                    yield connection, done
                finally:
                    self._local.held = None
                    self._give_back(connection)
        finally:
            self._room.release()

    def _started(self, first: Callable[[PostgresConnection], T]) -> tuple[PostgresConnection, T]:
        with self._lock:
            connection = self._idle.pop() if self._idle else None
        if connection is not None:
            try:
                return connection, first(connection)
            except self._driver.OperationalError:
                if not connection.raw.closed:
                    self._give_back(connection)
                    raise
                # The server went away meanwhile, and nothing was done yet: all of them are dead.
                self._forget_idle()
        connection = self._connected()
        try:
            return connection, first(connection)
        except BaseException:
            self._give_back(connection)
            raise

    def _connected(self) -> PostgresConnection:
        try:
            raw = self._driver.connect(
                self._url,
                autocommit=True,
                row_factory=_by_name,
                prepare_threshold=None,
                connect_timeout=CONNECT_SECONDS,
                application_name="bullpen",
            )
        except self._driver.ProgrammingError:
            raise misread() from None
        try:
            if raw.info.server_version < OLDEST:
                raise too_old(self.place, raw.info.parameter_status("server_version") or "", OLDEST)
            encoding = raw.info.parameter_status("server_encoding") or ""
            if encoding != "UTF8":
                raise other_encoding(self.place, encoding)
            raw.execute(_SESSION)
        except BaseException:
            raw.close()
            raise
        return PostgresConnection(raw)

    def _give_back(self, connection: PostgresConnection) -> None:
        """Keep the connection for the next one, unless it is broken or in the middle of something."""
        raw = connection.raw
        if not raw.closed and raw.info.transaction_status != self._driver.pq.TransactionStatus.IDLE:
            with contextlib.suppress(self._driver.Error):
                raw.execute("ROLLBACK")
        with self._lock:
            usable = not raw.closed and not self._closed
            if usable:
                self._idle.append(connection)
        if not usable:
            raw.close()

    def _forget_idle(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.raw.close()

    @contextmanager
    def _refusals(self) -> Generator[None]:
        try:
            yield
        except self._driver.Error as error:
            explained = refused(error, self.place)
            if explained is None:
                raise
            raise explained from error


def shown(url: str) -> str:
    """An address without its password: "PostgreSQL database bullpen at db.example:5432"."""
    try:
        parts = urlsplit(url)
        asked = parse_qs(parts.query)
        host = parts.hostname or asked.get("host", ["this machine"])[0]
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        raise misread() from None
    name = parts.path.strip("/") or asked.get("dbname", [parts.username or ""])[0]
    return f"PostgreSQL database {name} at {host}{port}".replace("database  at", "database at")


def _storable(params: Params) -> tuple[object, ...]:
    """The values without NUL, which SQLite keeps in a text and PostgreSQL refuses."""
    return tuple(
        one.replace("\x00", "") if isinstance(one, str) and "\x00" in one else one for one in params
    )


class _Named(tuple[Any, ...]):
    """A row whose values are found by name as well as by position."""

    __slots__ = ()
    places: dict[str, int]

    def __getitem__(self, key: Any) -> Any:
        return tuple.__getitem__(self, self.places[key] if isinstance(key, str) else key)

    def keys(self) -> list[str]:
        return list(self.places)


@lru_cache(maxsize=512)
def _row_of(names: tuple[str, ...]) -> type[_Named]:
    places = {name: place for place, name in enumerate(names)}
    return type("Row", (_Named,), {"__slots__": (), "places": places})


def _by_name(cursor: psycopg.Cursor[Any]) -> Callable[[Sequence[Any]], _Named]:
    return _row_of(tuple(column.name for column in cursor.description or ()))
