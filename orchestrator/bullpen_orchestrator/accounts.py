"""What the runs have used: model calls set aside before they are made, and what they cost.

The rule it protects: a call is reserved before it is made and charged once, so that a budget holds
when colleagues work side by side. It shares the ledger's connection and lock; prices are not its
business.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from dataclasses import asdict

from bullpen_agents.model import Usage
from bullpen_orchestrator.entries import now, transaction
from bullpen_orchestrator.limits import Limits, Spent, exceeded


class Accounts:
    """One part of the ledger; `db` and `lock` are the ledger's own."""

    def __init__(self, db: sqlite3.Connection, lock: threading.RLock) -> None:
        self._db = db
        self._lock = lock
        self._reserved: dict[str, set[str]] = {}

    def charge(self, key: str, *, run_id: str, agent: str, model: str, usage: Usage) -> None:
        """Write down what one model call cost; the same key is charged once, and reserved no more."""
        with self._lock, transaction(self._db):
            self.release(key, run_id=run_id)
            self._db.execute(
                "INSERT OR IGNORE INTO charges VALUES (?, ?, ?, ?, ?, ?)",
                (key, run_id, agent, model, json.dumps(asdict(usage)), now()),
            )

    def reserve(self, key: str, *, run_id: str, limits: Limits) -> bool:
        """Set a model call aside before it is made; False when the run's budget has no room for it.

        It counts until it is charged under `key` or released. Reservations die with the process,
        as the calls do.
        """
        with self._lock:
            if self._rows("SELECT 1 FROM charges WHERE key = ?", key):
                return True
            held = self._reserved.setdefault(run_id, set())
            if key not in held and exceeded(self.spent(run_id).expecting(len(held)), limits):
                return False
            held.add(key)
            return True

    def release(self, key: str, *, run_id: str) -> bool:
        """Give a reservation back; whether there was one."""
        with self._lock:
            held = self._reserved.get(run_id, set())
            known = key in held
            held.discard(key)
            if not held:
                self._reserved.pop(run_id, None)
            return known

    def spent(self, run_id: str) -> Spent:
        """What a run has used so far."""
        spent = Spent()
        for row in self._rows("SELECT usage FROM charges WHERE run_id = ?", run_id):
            spent = spent.plus(Usage(**json.loads(row["usage"])))
        return spent

    def spending(self, since: str = "") -> dict[str, Spent]:
        """What every agent has used since a moment (ISO 8601, UTC), or ever."""
        found: dict[str, Spent] = {}
        rows = self._rows("SELECT agent, usage FROM charges WHERE at >= ? ORDER BY agent", since)
        for row in rows:
            usage = Usage(**json.loads(row["usage"]))
            found[row["agent"]] = found.get(row["agent"], Spent()).plus(usage)
        return found

    def _rows(self, sql: str, *values: object) -> list[sqlite3.Row]:
        with self._lock:
            return self._db.execute(sql, values).fetchall()
