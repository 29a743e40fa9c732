"""What the page has sent already: its own key of each message and command, and what became of it.

The rule it protects: a message and the note that it was posted are stored together, so the page
may send again after a lost answer, a restart included, and nothing is said twice. A command is
noted before it runs; whether one ran when the workspace ended in the middle is not known, and is
said so. It posts nothing.
"""

from __future__ import annotations

from bullpen_workspace.database import Database

_DAYS = 30


class Sent:
    """Rows by key. `ts` is "" for a command; `done` is false while one runs."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def find(self, key: str) -> tuple[str, bool] | None:
        """The ts of what was sent with a key, and whether it is done; None for a new key."""
        row = self._db.row("SELECT ts, done FROM sent WHERE key = ?", (key,))
        return (str(row["ts"]), bool(row["done"])) if row else None

    def keep(self, key: str, channel: str, ts: str = "", *, done: bool = True) -> None:
        """Note a key; what is older than a month is dropped, as no page sends it again."""
        now = int(self._db.clock())
        with self._db.transaction():
            self._db.run("DELETE FROM sent WHERE created < ?", (now - _DAYS * 86_400,))
            self._db.insert(
                "sent",
                {"key": key, "channel": channel, "ts": ts, "done": int(done), "created": now},
                replace=True,
            )

    def drop(self, key: str) -> None:
        """Forget a key, because what it stood for did not happen."""
        self._db.run("DELETE FROM sent WHERE key = ?", (key,))

    def key_of(self, channel: str, ts: str) -> str:
        """The page's own key of a message, "" when it was not sent from a page."""
        row = self._db.row("SELECT key FROM sent WHERE channel = ? AND ts = ?", (channel, ts))
        return str(row["key"]) if row else ""
