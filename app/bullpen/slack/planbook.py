"""The plans that stream at Slack right now, kept in a small file so that a crash leaves none at work.

The rule it protects: a stream that this process will never close is closed by the next one, with
what it last showed. It is a help, not the truth: a lost file costs a plan that looks unfinished.
It calls nothing.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bullpen_orchestrator.ports import Plan, Step


class PlanBook:
    """The open plans of all apps of a desk. Each call opens the file anew; they are few."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with closing(self._open()) as db:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute(
                "CREATE TABLE IF NOT EXISTS open_plan (bot TEXT NOT NULL, channel TEXT NOT NULL,"
                " ts TEXT NOT NULL, plan TEXT NOT NULL, PRIMARY KEY (bot, channel, ts))"
            )

    def put(self, bot: str, channel: str, ts: str, plan: Plan) -> None:
        """The message shows `plan` and streams."""
        row = (bot, channel, ts, json.dumps(asdict(plan), ensure_ascii=False))
        with closing(self._open()) as db:
            db.execute("INSERT OR REPLACE INTO open_plan VALUES (?, ?, ?, ?)", row)

    def drop(self, bot: str, channel: str, ts: str) -> None:
        """The message is closed, or gone."""
        with closing(self._open()) as db:
            db.execute(
                "DELETE FROM open_plan WHERE bot = ? AND channel = ? AND ts = ?", (bot, channel, ts)
            )

    def of(self, bot: str) -> list[tuple[str, str, Plan]]:
        """What is open of one app, oldest first: channel, ts, and the plan last shown."""
        with closing(self._open()) as db:
            rows = db.execute(
                "SELECT channel, ts, plan FROM open_plan WHERE bot = ? ORDER BY ts", (bot,)
            ).fetchall()
        return [(str(channel), str(ts), _plan(json.loads(plan))) for channel, ts, plan in rows]

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._path, isolation_level=None, timeout=5.0)
        # A step repeats what somebody asked: what is dropped leaves no bytes behind.
        db.execute("PRAGMA secure_delete = ON")
        return db


def _plan(kept: Mapping[str, Any]) -> Plan:
    return Plan(title=str(kept["title"]), steps=tuple(Step(**step) for step in kept["steps"]))
