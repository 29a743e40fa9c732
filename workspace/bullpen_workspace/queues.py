"""Work in flight that must survive a restart: streamed messages and envelopes not yet acknowledged.

The rule it protects: an envelope leaves the table only when it was acknowledged or given up, and
a stream knows its pieces in order. It sends nothing; `delivery.py` does.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Literal

from bullpen_workspace.database import Database
from bullpen_workspace.types import Delivery, Json, Stream


class Streams:
    """Streamed messages by (channel, ts)."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def put(self, stream: Stream) -> Stream:
        """Store a stream over the one of the same message; `touched` is set to now."""
        stream = replace(stream, touched=self._db.clock())
        self._db.insert(
            "streams",
            {
                "channel": stream.channel,
                "ts": stream.ts,
                "app_id": stream.app_id,
                "state": stream.state,
                "mode": stream.mode,
                "recipient": stream.recipient,
                "started": stream.started,
                "touched": stream.touched,
                "parts": json.dumps(stream.parts),
            },
            replace=True,
        )
        return stream

    def get(self, channel: str, ts: str) -> Stream | None:
        sql = "SELECT * FROM streams WHERE channel = ? AND ts = ?"
        row = self._db.row(sql, (channel, ts))
        return _stream(row) if row else None

    def running(self, channel: str = "") -> list[Stream]:
        """Streams that may still grow, in one channel or everywhere."""
        rows = self._db.rows("SELECT * FROM streams WHERE state = 'streaming' ORDER BY ts")
        return [_stream(row) for row in rows if not channel or row["channel"] == channel]


class Deliveries:
    """The queue of envelopes, per app, oldest first."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(
        self,
        delivery_id: str,
        *,
        app_id: str,
        type_: Literal["events_api", "interactive", "slash_commands"],
        payload: Json,
    ) -> Delivery:
        """Queue an envelope, due at once."""
        now = self._db.clock()
        self._db.insert(
            "deliveries",
            {
                "id": delivery_id,
                "app_id": app_id,
                "type": type_,
                "payload": json.dumps(payload),
                "attempt": 0,
                "due": now,
                "reason": "",
            },
        )
        return Delivery(
            id=delivery_id, app_id=app_id, type=type_, payload=payload, attempt=0, due=now
        )

    def pending(self, app_id: str) -> list[Delivery]:
        sql = "SELECT * FROM deliveries WHERE app_id = ? ORDER BY seq"
        return [_delivery(row) for row in self._db.rows(sql, (app_id,))]

    def due(self, app_id: str, *, limit: int = 200) -> list[Delivery]:
        """What should be sent now, oldest first."""
        sql = "SELECT * FROM deliveries WHERE app_id = ? AND due <= ? ORDER BY seq LIMIT ?"
        return [_delivery(row) for row in self._db.rows(sql, (app_id, self._db.clock(), limit))]

    def next_due(self, app_id: str) -> float | None:
        """The Unix time of the next send, None when the queue is empty."""
        row = self._db.row("SELECT min(due) AS due FROM deliveries WHERE app_id = ?", (app_id,))
        return float(row["due"]) if row and row["due"] is not None else None

    def get(self, delivery_id: str) -> Delivery | None:
        row = self._db.row("SELECT * FROM deliveries WHERE id = ?", (delivery_id,))
        return _delivery(row) if row else None

    def reschedule(self, delivery_id: str, *, attempt: int, due: float, reason: str) -> None:
        self._db.run(
            "UPDATE deliveries SET attempt = ?, due = ?, reason = ? WHERE id = ?",
            (attempt, due, reason, delivery_id),
        )

    def remove(self, delivery_id: str) -> bool:
        """Forget an envelope; False when it was not there."""
        return self._db.run("DELETE FROM deliveries WHERE id = ?", (delivery_id,)) > 0


def _stream(row: dict[str, Any]) -> Stream:
    fields: dict[str, Any] = dict(row)
    fields["parts"] = tuple(json.loads(row["parts"]))
    return Stream(**fields)


def _delivery(row: dict[str, Any]) -> Delivery:
    fields: dict[str, Any] = dict(row)
    del fields["seq"]
    fields["payload"] = json.loads(row["payload"])
    return Delivery(**fields)
