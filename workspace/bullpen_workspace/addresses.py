"""response_url addresses: what each stands for, how often and how long it may still be used.

The rule it protects: an address outlives a restart, works a few times and then no more. It answers
nothing; `web_api/response_url.py` does.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass

from bullpen_workspace.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """Where a response_url leads: the message it belongs to and the person who caused it."""

    app_id: str
    user: str
    channel: str
    ts: str = ""
    thread_ts: str = ""


class Addresses:
    """The addresses in use, by the unguessable key at their end."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def issue(self, reply: Reply, *, seconds: float, uses: int = 5) -> str:
        """The key of a new address; old ones are dropped."""
        now = self._db.clock()
        key = secrets.token_urlsafe(24)
        row = {"key": key, "until": now + seconds, "uses": uses, "reply": json.dumps(asdict(reply))}
        with self._db.transaction():
            self._db.run("DELETE FROM addresses WHERE until < ?", (now,))
            self._db.insert("addresses", row)
        return key

    def redeem(self, key: str) -> Reply | None:
        """What a key stands for, one use less; None when it is unknown, used up or too old."""
        with self._db.transaction():
            sql = "UPDATE addresses SET uses = uses - 1 WHERE key = ? AND uses > 0 AND until >= ?"
            if not self._db.run(sql, (key, self._db.clock())):
                return None
            row = self._db.row("SELECT reply FROM addresses WHERE key = ?", (key,))
        return Reply(**json.loads(row["reply"])) if row else None
