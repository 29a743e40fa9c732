"""Messages that wait for their time.

The rule it protects: a scheduled message is posted once, by taking it off the list in the same
transaction; one whose time came while the workspace was stopped is posted at the next start.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from bullpen_workspace.database import Database, new_id
from bullpen_workspace.messages import Messages
from bullpen_workspace.types import Message, Scheduled


class Schedule:
    """The scheduled messages of all apps."""

    def __init__(self, database: Database, messages: Messages) -> None:
        self._db = database
        self._messages = messages

    def add(self, message: Message, *, post_at: int) -> Scheduled:
        """Keep a message for `post_at` (Unix seconds)."""
        scheduled = Scheduled(
            id=new_id("Q"),
            channel=message.channel,
            app_id=message.app_id,
            post_at=post_at,
            created=int(self._db.clock()),
            message=message,
        )
        row = {**asdict(scheduled), "message": json.dumps(asdict(message))}
        self._db.insert("scheduled", row)
        return scheduled

    def of(self, app_id: str) -> list[Scheduled]:
        """What an app has scheduled, the soonest first."""
        sql = "SELECT * FROM scheduled WHERE app_id = ? ORDER BY post_at, rowid"
        return [_scheduled(row) for row in self._db.rows(sql, (app_id,))]

    def cancel(self, app_id: str, channel: str, scheduled_id: str) -> bool:
        """Take a message off the list; False when it is not there."""
        sql = "DELETE FROM scheduled WHERE app_id = ? AND channel = ? AND id = ?"
        return self._db.run(sql, (app_id, channel, scheduled_id)) > 0

    def post_due(self) -> int:
        """Post what is due; how many there were."""
        sql = "SELECT * FROM scheduled WHERE post_at <= ? ORDER BY post_at, rowid"
        due = [_scheduled(row) for row in self._db.rows(sql, (self._db.clock(),))]
        for scheduled in due:
            with self._db.transaction():
                self._db.run("DELETE FROM scheduled WHERE id = ?", (scheduled.id,))
                self._messages.post(scheduled.message)
        return len(due)


def _scheduled(row: dict[str, Any]) -> Scheduled:
    fields: dict[str, Any] = json.loads(row["message"])
    for name in ("blocks", "attachments", "files"):
        fields[name] = tuple(fields[name])
    for name in ("reply_faces", "reactions"):
        fields.pop(name)
    return Scheduled(
        id=row["id"],
        channel=row["channel"],
        app_id=row["app_id"],
        post_at=row["post_at"],
        created=row["created"],
        message=Message(**fields),
    )
