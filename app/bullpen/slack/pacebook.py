"""What was used of Slack's limits, kept across restarts in a small file of its own.

The rule it protects: a desk that is stopped and started again does not spend a minute's share
twice. It is a help, not the truth: a lost file costs at most one refused call.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path


class PaceBook:
    """The pace of one app in one workspace; `owner` names both. Not thread-safe."""

    def __init__(self, path: Path, owner: str) -> None:
        self._owner = owner
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS pace (owner TEXT NOT NULL, name TEXT NOT NULL,"
            " first REAL NOT NULL, second REAL NOT NULL, PRIMARY KEY (owner, name)) WITHOUT ROWID"
        )

    def load(self) -> dict[str, tuple[float, float]]:
        """Everything that was kept."""
        rows = self._db.execute(
            "SELECT name, first, second FROM pace WHERE owner = ?", (self._owner,)
        )
        return {str(name): (float(first), float(second)) for name, first, second in rows}

    def save(self, name: str, first: float, second: float) -> None:
        """Keep two numbers under a name, over those that were there."""
        self._db.execute(
            "INSERT OR REPLACE INTO pace VALUES (?, ?, ?, ?)", (self._owner, name, first, second)
        )

    def close(self) -> None:
        self._db.close()
