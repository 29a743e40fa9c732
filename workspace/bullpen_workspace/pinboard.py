"""What is kept at the head of a channel: pinned messages and bookmarks.

The rule it protects: a message is pinned once, and a deleted one is pinned no longer. It does not
check who may pin; the API does.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from bullpen_workspace.database import Database, new_id
from bullpen_workspace.types import Bookmark, Change, Pin


class Pinboard:
    """Pins and bookmarks of all channels."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def pin(self, channel: str, ts: str, user: str) -> bool:
        """Pin a message; False when it was pinned already."""
        if self.is_pinned(channel, ts):
            return False
        pin = Pin(channel=channel, ts=ts, user=user, created=int(self._db.clock()))
        with self._db.transaction():
            self._db.insert("pins", asdict(pin))
            self._db.emit(Change(kind="pinned", channel=channel, ts=ts, user=user))
        return True

    def unpin(self, channel: str, ts: str, user: str) -> bool:
        """Take a pin off; False when there was none."""
        with self._db.transaction():
            sql = "DELETE FROM pins WHERE channel = ? AND ts = ?"
            if not self._db.run(sql, (channel, ts)):
                return False
            self._db.emit(Change(kind="unpinned", channel=channel, ts=ts, user=user))
        return True

    def is_pinned(self, channel: str, ts: str) -> bool:
        sql = "SELECT 1 FROM pins WHERE channel = ? AND ts = ?"
        return self._db.row(sql, (channel, ts)) is not None

    def pinned(self, channel: str) -> frozenset[str]:
        """The ts of the messages that are pinned in a channel."""
        rows = self._db.rows("SELECT ts FROM pins WHERE channel = ?", (channel,))
        return frozenset(str(row["ts"]) for row in rows)

    def pins(self, channel: str) -> list[Pin]:
        """The pins of messages that still exist, newest first."""
        rows = self._db.rows(
            """SELECT p.* FROM pins p JOIN messages m ON m.channel = p.channel AND m.ts = p.ts
               WHERE p.channel = ? ORDER BY p.created DESC, p.rowid DESC""",
            (channel,),
        )
        return [Pin(**row) for row in rows]

    def add_bookmark(
        self, channel: str, *, title: str, link: str, emoji: str, app: str
    ) -> Bookmark:
        now = int(self._db.clock())
        bookmark = Bookmark(
            id=new_id("Bk"),
            channel=channel,
            title=title,
            link=link,
            emoji=emoji,
            app_id=app,
            created=now,
            updated=now,
        )
        self.put_bookmark(bookmark)
        return bookmark

    def put_bookmark(self, bookmark: Bookmark) -> None:
        """Store a bookmark over the one of the same id."""
        with self._db.transaction():
            self._db.insert("bookmarks", asdict(bookmark), replace=True)
            self._db.emit(Change(kind="channel_changed", channel=bookmark.channel))

    def remove_bookmark(self, bookmark: Bookmark) -> None:
        with self._db.transaction():
            self._db.run("DELETE FROM bookmarks WHERE id = ?", (bookmark.id,))
            self._db.emit(Change(kind="channel_changed", channel=bookmark.channel))

    def bookmark(self, channel: str, bookmark_id: str) -> Bookmark | None:
        sql = "SELECT * FROM bookmarks WHERE channel = ? AND id = ?"
        row = self._db.row(sql, (channel, bookmark_id))
        return _bookmark(row) if row else None

    def bookmarks(self, channel: str) -> list[Bookmark]:
        """The bookmarks of a channel, oldest first."""
        sql = "SELECT * FROM bookmarks WHERE channel = ? ORDER BY created, rowid"
        return [_bookmark(row) for row in self._db.rows(sql, (channel,))]


def _bookmark(row: dict[str, Any]) -> Bookmark:
    return Bookmark(**row)
