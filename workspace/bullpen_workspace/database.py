"""The one door to workspace.db: transactions, the schema, increasing timestamps, the change feed.

The rule it protects: a write and the envelopes it causes are one transaction, and whoever
watches hears of a change only once it is on disk. It knows no Slack and no table's meaning.
"""

from __future__ import annotations

import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bullpen_workspace.errors import WorkspaceError
from bullpen_workspace.types import Change

Value = str | int | float | bytes | None
Listener = Callable[[Change], None]

_ID_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"

_MIGRATIONS = (
    """
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
    CREATE TABLE users (
        id TEXT PRIMARY KEY, name TEXT NOT NULL, real_name TEXT NOT NULL, is_bot INTEGER NOT NULL,
        bot_id TEXT NOT NULL, app_id TEXT NOT NULL, email TEXT NOT NULL, image TEXT NOT NULL,
        created INTEGER NOT NULL);
    CREATE TABLE apps (
        id TEXT PRIMARY KEY, name TEXT NOT NULL, bot_user TEXT NOT NULL, bot_id TEXT NOT NULL,
        icon TEXT NOT NULL, agents TEXT NOT NULL, commands TEXT NOT NULL, shortcuts TEXT NOT NULL);
    CREATE TABLE tokens (
        token TEXT PRIMARY KEY, kind TEXT NOT NULL, user TEXT NOT NULL, app_id TEXT NOT NULL);
    CREATE TABLE channels (
        id TEXT PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL, creator TEXT NOT NULL,
        created INTEGER NOT NULL, topic TEXT NOT NULL, purpose TEXT NOT NULL,
        archived INTEGER NOT NULL);
    CREATE UNIQUE INDEX channel_names ON channels (name) WHERE name != '';
    CREATE TABLE members (
        channel TEXT NOT NULL, user TEXT NOT NULL, joined INTEGER NOT NULL,
        PRIMARY KEY (channel, user));
    CREATE INDEX members_by_user ON members (user);
    CREATE TABLE messages (
        channel TEXT NOT NULL, ts TEXT NOT NULL, thread_ts TEXT NOT NULL, user TEXT NOT NULL,
        text TEXT NOT NULL, subtype TEXT NOT NULL, bot_id TEXT NOT NULL, app_id TEXT NOT NULL,
        username TEXT NOT NULL, icon_emoji TEXT NOT NULL, icon_url TEXT NOT NULL,
        blocks TEXT NOT NULL, attachments TEXT NOT NULL, metadata TEXT NOT NULL,
        files TEXT NOT NULL, edited_by TEXT NOT NULL, edited_ts TEXT NOT NULL,
        broadcast INTEGER NOT NULL, markdown INTEGER NOT NULL, streaming INTEGER NOT NULL,
        visible_to TEXT NOT NULL,
        PRIMARY KEY (channel, ts));
    CREATE INDEX messages_by_thread ON messages (channel, thread_ts, ts);
    CREATE TABLE reactions (
        channel TEXT NOT NULL, ts TEXT NOT NULL, name TEXT NOT NULL, user TEXT NOT NULL,
        PRIMARY KEY (channel, ts, name, user));
    CREATE TABLE reads (
        user TEXT NOT NULL, channel TEXT NOT NULL, thread_ts TEXT NOT NULL,
        last_read TEXT NOT NULL, PRIMARY KEY (user, channel, thread_ts));
    CREATE TABLE files (
        id TEXT PRIMARY KEY, name TEXT NOT NULL, title TEXT NOT NULL, mimetype TEXT NOT NULL,
        filetype TEXT NOT NULL, size INTEGER NOT NULL, user TEXT NOT NULL,
        created INTEGER NOT NULL, ready INTEGER NOT NULL, alt TEXT NOT NULL,
        username TEXT NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL);
    CREATE TABLE file_channels (
        file TEXT NOT NULL, channel TEXT NOT NULL, PRIMARY KEY (file, channel));
    CREATE TABLE uploads (ticket TEXT PRIMARY KEY, file TEXT NOT NULL);
    CREATE TABLE views (
        id TEXT PRIMARY KEY, kind TEXT NOT NULL, user TEXT NOT NULL, app_id TEXT NOT NULL,
        hash TEXT NOT NULL, body TEXT NOT NULL, root_id TEXT NOT NULL, previous_id TEXT NOT NULL,
        external_id TEXT NOT NULL, closed INTEGER NOT NULL);
    CREATE TABLE streams (
        channel TEXT NOT NULL, ts TEXT NOT NULL, app_id TEXT NOT NULL, state TEXT NOT NULL,
        mode TEXT NOT NULL, recipient TEXT NOT NULL, started REAL NOT NULL,
        touched REAL NOT NULL, parts TEXT NOT NULL, PRIMARY KEY (channel, ts));
    CREATE TABLE statuses (
        channel TEXT NOT NULL, thread_ts TEXT NOT NULL, app_id TEXT NOT NULL, text TEXT NOT NULL,
        loading TEXT NOT NULL, username TEXT NOT NULL, icon_emoji TEXT NOT NULL,
        icon_url TEXT NOT NULL, session TEXT NOT NULL, title TEXT NOT NULL,
        initiator TEXT NOT NULL, prompts_title TEXT NOT NULL, prompts TEXT NOT NULL,
        updated REAL NOT NULL, PRIMARY KEY (channel, thread_ts, app_id));
    CREATE TABLE deliveries (
        seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, app_id TEXT NOT NULL,
        type TEXT NOT NULL, payload TEXT NOT NULL, attempt INTEGER NOT NULL, due REAL NOT NULL,
        reason TEXT NOT NULL);
    CREATE INDEX deliveries_by_due ON deliveries (app_id, due);
    """,
    "ALTER TABLE tokens ADD COLUMN scopes TEXT NOT NULL DEFAULT ''",
    """
    ALTER TABLE apps ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';
    CREATE TABLE pins (
        channel TEXT NOT NULL, ts TEXT NOT NULL, user TEXT NOT NULL, created INTEGER NOT NULL,
        PRIMARY KEY (channel, ts));
    CREATE TABLE bookmarks (
        id TEXT PRIMARY KEY, channel TEXT NOT NULL, title TEXT NOT NULL, link TEXT NOT NULL,
        emoji TEXT NOT NULL, app_id TEXT NOT NULL, created INTEGER NOT NULL,
        updated INTEGER NOT NULL);
    CREATE TABLE scheduled (
        id TEXT PRIMARY KEY, channel TEXT NOT NULL, app_id TEXT NOT NULL,
        post_at INTEGER NOT NULL, created INTEGER NOT NULL, message TEXT NOT NULL);
    """,
    """
    CREATE TABLE sent (
        key TEXT PRIMARY KEY, channel TEXT NOT NULL, ts TEXT NOT NULL, done INTEGER NOT NULL,
        created INTEGER NOT NULL);
    CREATE INDEX sent_by_message ON sent (channel, ts);
    CREATE INDEX sent_by_age ON sent (created);
    """,
    """
    ALTER TABLE views ADD COLUMN window TEXT NOT NULL DEFAULT '';
    CREATE INDEX messages_by_user ON messages (user, channel, thread_ts, ts);
    """,
    """
    CREATE TABLE canvases (
        id TEXT PRIMARY KEY, title TEXT NOT NULL, user TEXT NOT NULL, channel TEXT NOT NULL,
        tab INTEGER NOT NULL, sections TEXT NOT NULL, updated INTEGER NOT NULL);
    CREATE INDEX canvases_by_channel ON canvases (channel);
    CREATE TABLE addresses (
        key TEXT PRIMARY KEY, until REAL NOT NULL, uses INTEGER NOT NULL, reply TEXT NOT NULL);
    ALTER TABLE tokens ADD COLUMN expires REAL NOT NULL DEFAULT 0;
    CREATE TABLE refresh_tokens (
        token TEXT PRIMARY KEY, kind TEXT NOT NULL, user TEXT NOT NULL, app_id TEXT NOT NULL,
        scopes TEXT NOT NULL);
    """,
    "ALTER TABLE messages ADD COLUMN notice TEXT NOT NULL DEFAULT '{}'",
)
"""Numbered by position and append-only: a released script never changes."""


def new_id(prefix: str) -> str:
    """A Slack-like id: the prefix letter and ten random capitals and digits."""
    return prefix + "".join(secrets.choice(_ID_ALPHABET) for _ in range(10))


class Database:
    """A SQLite file in WAL mode with nested transactions and a feed of changes.

    Safe to call from several threads; one writes at a time. `clock` gives Unix seconds.
    """

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.time) -> None:
        self.path = path
        self.clock = clock
        self._lock = threading.RLock()
        self._depth = 0
        self._pending: list[Change] = []
        self._inside: list[Listener] = []
        self._after: list[Listener] = []
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(
                path, isolation_level=None, check_same_thread=False, timeout=30
            )
            self._connection.row_factory = sqlite3.Row
            self._migrate()
        except (sqlite3.Error, OSError) as error:
            raise WorkspaceError(
                f"The workspace's database {path} cannot be opened.",
                f"The system says: {error}.",
                "Check that the folder can be written to and that the file is a database of ours.",
            ) from error

    def _migrate(self) -> None:
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        done = int(self._connection.execute("PRAGMA user_version").fetchone()[0])
        for number, script in enumerate(_MIGRATIONS[done:], start=done + 1):
            self._connection.executescript(
                f"BEGIN IMMEDIATE; {script}; PRAGMA user_version={number}; COMMIT;"
            )

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    # -- the change feed -----------------------------------------------------------------

    def subscribe(self, listener: Listener, *, inside: bool = False) -> Callable[[], None]:
        """Call `listener` with every change; returns the function that ends it.

        With `inside`, it runs before the commit and its writes join the transaction (an error
        undoes both); otherwise after the commit, in the thread that wrote.
        """
        listeners = self._inside if inside else self._after
        listeners.append(listener)

        def end() -> None:
            if listener in listeners:
                listeners.remove(listener)

        return end

    def emit(self, change: Change) -> None:
        """Announce a change; must be called within a transaction."""
        self._pending.append(change)

    @contextmanager
    def transaction(self) -> Generator[None]:
        """All or nothing; nested ones join the outermost."""
        with self._lock:
            if self._depth:
                self._depth += 1
                try:
                    yield
                finally:
                    self._depth -= 1
                return
            announced: list[Change] = []
            self._connection.execute("BEGIN IMMEDIATE")
            self._depth = 1
            try:
                yield
                announced = self._run_inside()
                self._connection.execute("COMMIT")
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            finally:
                self._depth = 0
                self._pending = []
            for change in announced:
                for listener in tuple(self._after):
                    listener(change)

    def _run_inside(self) -> list[Change]:
        announced: list[Change] = []
        while self._pending:
            change = self._pending.pop(0)
            announced.append(change)
            for listener in tuple(self._inside):
                listener(change)
        return announced

    # -- rows ----------------------------------------------------------------------------

    def rows(self, sql: str, parameters: Sequence[Value] = ()) -> list[dict[str, Any]]:
        with self._lock:
            return [dict(row) for row in self._connection.execute(sql, parameters).fetchall()]

    def row(self, sql: str, parameters: Sequence[Value] = ()) -> dict[str, Any] | None:
        found = self.rows(sql, parameters)
        return found[0] if found else None

    def run(self, sql: str, parameters: Sequence[Value] = ()) -> int:
        """Execute a write and return the number of rows it touched."""
        with self.transaction():
            return self._connection.execute(sql, parameters).rowcount

    def insert(self, table: str, row: Mapping[str, Value], *, replace: bool = False) -> None:
        verb = "INSERT OR REPLACE" if replace else "INSERT"
        names = ", ".join(row)
        marks = ", ".join("?" for _ in row)
        self.run(f"{verb} INTO {table} ({names}) VALUES ({marks})", tuple(row.values()))

    def meta(self, key: str) -> str:
        row = self.row("SELECT value FROM meta WHERE key = ?", (key,))
        return str(row["value"]) if row else ""

    def set_meta(self, key: str, value: str) -> None:
        self.insert("meta", {"key": key, "value": value}, replace=True)

    def next_ts(self) -> str:
        """A timestamp later than every one given before, across restarts and clock jumps."""
        with self.transaction():
            last = int(self.meta("last_ts") or 0)
            now = max(int(self.clock() * 1_000_000), last + 1)
            self.set_meta("last_ts", str(now))
        return f"{now // 1_000_000}.{now % 1_000_000:06d}"
