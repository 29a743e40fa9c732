"""Where people meet: channels and direct messages, who is in them, and what each has read.

The rule it protects: a direct message between the same people is always the same channel, and
nobody is a member twice. It does not check who may do what; the API and `actions.py` do.
"""

from __future__ import annotations

import json
from typing import Any

from bullpen_workspace.database import Database, new_id
from bullpen_workspace.notices import NOTICES_SQL
from bullpen_workspace.types import Change, Channel, ChannelKind, Unread

_SELECT = """
    SELECT c.*, (SELECT json_group_array(user) FROM
        (SELECT user FROM members WHERE channel = c.id ORDER BY joined, rowid)) AS members
    FROM channels c"""

_NEVER = "0000000000.000000"


class Channels:
    """Channels, members and read marks."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def create(
        self,
        name: str,
        *,
        creator: str,
        kind: ChannelKind = "public",
        members: tuple[str, ...] = (),
        purpose: str = "",
    ) -> Channel:
        """A new channel with its creator and `members` in it. The name must be free."""
        now = int(self._db.clock())
        channel_id = new_id("D" if kind == "im" else "C")
        with self._db.transaction():
            self._db.insert(
                "channels",
                {
                    "id": channel_id,
                    "name": name,
                    "kind": kind,
                    "creator": creator,
                    "created": now,
                    "topic": "",
                    "purpose": purpose,
                    "archived": 0,
                },
            )
            for user in dict.fromkeys((creator, *members)):
                self._db.insert(
                    "members", {"channel": channel_id, "user": user, "joined": now}, replace=True
                )
            self._db.emit(Change(kind="channel_created", channel=channel_id, user=creator))
        return self.require(channel_id)

    def direct(self, users: tuple[str, ...], *, creator: str) -> Channel:
        """The direct message between exactly these users, made when there is none yet."""
        wanted = sorted({creator, *users})
        kind: ChannelKind = "im" if len(wanted) <= 2 else "mpim"
        with self._db.transaction():
            for channel in self.of(creator):
                if channel.kind == kind and sorted(channel.members) == wanted:
                    return channel
            return self.create("", creator=creator, kind=kind, members=tuple(wanted))

    def get(self, channel_id: str) -> Channel | None:
        row = self._db.row(f"{_SELECT} WHERE c.id = ?", (channel_id,))
        return _channel(row) if row else None

    def require(self, channel_id: str) -> Channel:
        """The channel; KeyError when there is none."""
        channel = self.get(channel_id)
        if channel is None:
            raise KeyError(channel_id)
        return channel

    def by_name(self, name: str) -> Channel | None:
        row = self._db.row(f"{_SELECT} WHERE c.name = ? AND c.name != ''", (name.lstrip("#"),))
        return _channel(row) if row else None

    def all(self) -> list[Channel]:
        """Every channel of every kind, oldest first."""
        return [_channel(row) for row in self._db.rows(f"{_SELECT} ORDER BY c.rowid")]

    def of(self, user: str) -> list[Channel]:
        """The channels `user` is a member of, oldest first."""
        sql = f"{_SELECT} JOIN members m ON m.channel = c.id AND m.user = ? ORDER BY c.rowid"
        return [_channel(row) for row in self._db.rows(sql, (user,))]

    def is_member(self, channel_id: str, user: str) -> bool:
        sql = "SELECT 1 FROM members WHERE channel = ? AND user = ?"
        return self._db.row(sql, (channel_id, user)) is not None

    def join(self, channel_id: str, user: str, *, inviter: str = "") -> bool:
        """Make `user` a member; False when they already were."""
        if self.is_member(channel_id, user):
            return False
        with self._db.transaction():
            now = int(self._db.clock())
            self._db.insert("members", {"channel": channel_id, "user": user, "joined": now})
            self._db.emit(
                Change(
                    kind="member_joined",
                    channel=channel_id,
                    user=user,
                    detail={"inviter": inviter},
                )
            )
        return True

    def leave(self, channel_id: str, user: str) -> bool:
        """End the membership of `user`; False when there was none."""
        if not self.is_member(channel_id, user):
            return False
        with self._db.transaction():
            self._db.run("DELETE FROM members WHERE channel = ? AND user = ?", (channel_id, user))
            self._db.emit(Change(kind="member_left", channel=channel_id, user=user))
        return True

    def describe(
        self, channel_id: str, *, user: str, topic: str | None = None, purpose: str | None = None
    ) -> Channel:
        """Set the topic or the purpose."""
        given = {"topic": topic, "purpose": purpose}
        with self._db.transaction():
            channel = self.require(channel_id)
            detail = {
                name: value
                for name, value in given.items()
                if value is not None and value != getattr(channel, name)
            }
            self._db.run(
                "UPDATE channels SET topic = ?, purpose = ? WHERE id = ?",
                (
                    channel.topic if topic is None else topic,
                    channel.purpose if purpose is None else purpose,
                    channel_id,
                ),
            )
            self._db.emit(
                Change(kind="channel_changed", channel=channel_id, user=user, detail=detail)
            )
        return self.require(channel_id)

    def rename(self, channel_id: str, name: str, *, user: str) -> Channel:
        """Give a channel another name, which must be free."""
        with self._db.transaction():
            detail = {"old_name": self.require(channel_id).name}
            self._db.run("UPDATE channels SET name = ? WHERE id = ?", (name, channel_id))
            self._db.emit(
                Change(kind="channel_renamed", channel=channel_id, user=user, detail=detail)
            )
        return self.require(channel_id)

    def archive(self, channel_id: str, *, user: str, archived: bool = True) -> Channel:
        """Lay a channel to rest, or wake it."""
        with self._db.transaction():
            sql = "UPDATE channels SET archived = ? WHERE id = ?"
            self._db.run(sql, (int(archived), channel_id))
            kind = "channel_archived" if archived else "channel_unarchived"
            self._db.emit(Change(kind=kind, channel=channel_id, user=user))
        return self.require(channel_id)

    # -- what each person has read -------------------------------------------------------

    def mark_read(self, user: str, channel_id: str, ts: str, *, thread_ts: str = "") -> None:
        """`user` has seen everything up to `ts`, in the channel or in one thread."""
        with self._db.transaction():
            self._db.insert(
                "reads",
                {"user": user, "channel": channel_id, "thread_ts": thread_ts, "last_read": ts},
                replace=True,
            )
            self._db.emit(
                Change(kind="read", channel=channel_id, ts=ts, thread_ts=thread_ts, user=user)
            )

    def last_read(self, user: str, channel_id: str, *, thread_ts: str = "") -> str:
        sql = "SELECT last_read FROM reads WHERE user = ? AND channel = ? AND thread_ts = ?"
        row = self._db.row(sql, (user, channel_id, thread_ts))
        return str(row["last_read"]) if row else _NEVER

    def unread(self, user: str, channel_id: str) -> Unread:
        """What `user` has not seen of the channel's main line (replies count by thread)."""
        since = self.last_read(user, channel_id)
        row = self._db.row(
            f"""SELECT count(*) AS messages, coalesce(sum(instr(text, ?) > 0), 0) AS mentions
               FROM messages WHERE channel = ? AND ts > ? AND user != ? AND visible_to = ''
               AND (thread_ts = '' OR broadcast = 1) AND subtype NOT IN ({NOTICES_SQL})""",
            (f"<@{user}>", channel_id, since, user),
        )
        counts = row or {"messages": 0, "mentions": 0}
        return Unread(
            messages=int(counts["messages"]), mentions=int(counts["mentions"]), last_read=since
        )

    def unread_replies(self, user: str, channel_id: str) -> dict[str, int]:
        """Threads that `user` takes part in and that hold unseen replies: root ts -> how many."""
        rows = self._db.rows(
            """WITH mine AS MATERIALIZED (
                   SELECT DISTINCT iif(thread_ts = '', ts, thread_ts) AS root FROM messages
                   WHERE channel = ?2 AND user = ?1)
               SELECT mine.root AS root, count(*) AS replies FROM mine
               JOIN messages m ON m.channel = ?2 AND m.thread_ts = mine.root
               LEFT JOIN reads r ON r.user = ?1 AND r.channel = ?2 AND r.thread_ts = mine.root
               WHERE m.user != ?1 AND m.visible_to = '' AND m.ts > coalesce(r.last_read, '0')
               GROUP BY mine.root""",
            (user, channel_id),
        )
        return {str(row["root"]): int(row["replies"]) for row in rows}


def _channel(row: dict[str, Any]) -> Channel:
    return Channel(
        id=row["id"],
        name=row["name"],
        kind=row["kind"],
        creator=row["creator"],
        created=row["created"],
        topic=row["topic"],
        purpose=row["purpose"],
        archived=bool(row["archived"]),
        members=tuple(json.loads(row["members"])),
    )
