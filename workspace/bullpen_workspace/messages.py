"""What was said: messages, threads, edits, deletions and reactions.

The rule it protects: timestamps are unique and increasing, a reply belongs to a root of its own
channel, and every change is announced with what was there before. It does not judge whether a
message is allowed (limits, membership); the API does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bullpen_workspace.database import Database
from bullpen_workspace.notices import NOTICES_SQL
from bullpen_workspace.types import Change, Face, Message, Reaction

_SELECT = """
    SELECT m.*,
        (SELECT count(*) FROM messages r WHERE r.channel = m.channel AND r.thread_ts = m.ts
            AND r.visible_to = '') AS reply_count,
        (SELECT coalesce(max(r.ts), '') FROM messages r WHERE r.channel = m.channel
            AND r.thread_ts = m.ts AND r.visible_to = '') AS latest_reply,
        (SELECT json_group_array(json_array(user, username, icon_emoji, icon_url)) FROM
            (SELECT user, username, icon_emoji, icon_url FROM messages r
             WHERE r.channel = m.channel AND r.thread_ts = m.ts AND r.visible_to = ''
             GROUP BY user, username ORDER BY min(r.ts))) AS reply_faces,
        (SELECT json_group_array(json_array(name, user)) FROM
            (SELECT name, user FROM reactions x WHERE x.channel = m.channel AND x.ts = m.ts
             ORDER BY x.rowid)) AS reactions
    FROM messages m"""

_STORED_JSON = ("blocks", "attachments", "metadata", "files", "notice")
_LIKE = re.compile(r"[%_!]")


def _marks(values: Sequence[str]) -> str:
    return ", ".join("?" * len(values))


class Messages:
    """The messages of all channels."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def post(self, message: Message) -> Message:
        """Store a new message; its `ts` is given here when empty. Returns it as stored."""
        with self._db.transaction():
            stored = replace(message, ts=message.ts or self._db.next_ts())
            self._put(stored)
            self._db.emit(
                Change(
                    kind="ephemeral" if stored.visible_to else "message",
                    channel=stored.channel,
                    ts=stored.ts,
                    thread_ts=stored.thread_ts,
                    user=stored.visible_to or stored.user,
                )
            )
        return self.require(stored.channel, stored.ts)

    def change(self, message: Message, *, quiet: bool = False) -> Message:
        """Store `message` over the one of the same channel and ts.

        `quiet` marks a growing stream: the page shows it, but apps get no message_changed event.
        """
        with self._db.transaction():
            previous = self.require(message.channel, message.ts)
            self._put(message)
            self._db.emit(
                Change(
                    kind="message_changed",
                    channel=message.channel,
                    ts=message.ts,
                    thread_ts=message.thread_ts,
                    user=message.user,
                    detail={"previous": previous, "stream": quiet},
                )
            )
        return self.require(message.channel, message.ts)

    def delete(self, channel: str, ts: str) -> None:
        """Remove a message; a root with replies leaves a tombstone, as in Slack."""
        with self._db.transaction():
            previous = self.require(channel, ts)
            self._db.run("DELETE FROM reactions WHERE channel = ? AND ts = ?", (channel, ts))
            if previous.reply_count:
                self._put(
                    Message(
                        channel=channel,
                        ts=ts,
                        user="USLACKBOT",
                        text="This message was deleted.",
                        subtype="tombstone",
                    )
                )
            else:
                self._db.run("DELETE FROM messages WHERE channel = ? AND ts = ?", (channel, ts))
            self._db.emit(
                Change(
                    kind="message_deleted",
                    channel=channel,
                    ts=ts,
                    thread_ts=previous.thread_ts,
                    user=previous.user,
                    detail={"previous": previous},
                )
            )

    def get(self, channel: str, ts: str) -> Message | None:
        row = self._db.row(f"{_SELECT} WHERE m.channel = ? AND m.ts = ?", (channel, ts))
        return _message(row) if row else None

    def require(self, channel: str, ts: str) -> Message:
        """The message; KeyError when there is none."""
        message = self.get(channel, ts)
        if message is None:
            raise KeyError((channel, ts))
        return message

    def author(self, channel: str, ts: str) -> str:
        """Who wrote a message, "" when it is gone."""
        row = self._db.row("SELECT user FROM messages WHERE channel = ? AND ts = ?", (channel, ts))
        return str(row["user"]) if row else ""

    def timeline(
        self, channel: str, *, viewer: str = "", before: str = "", after: str = "", limit: int = 50
    ) -> list[Message]:
        """The main line of a channel, oldest first: the newest `limit` between the bounds.

        `before` and `after` are exclusive ts. `viewer` also sees their own ephemeral messages.
        """
        sql = f"""{_SELECT} WHERE m.channel = ? AND (m.thread_ts = '' OR m.broadcast = 1)
            AND (m.visible_to = '' OR m.visible_to = ?) AND m.ts > ? AND m.ts < ?
            ORDER BY m.ts DESC LIMIT ?"""
        bounds = (channel, viewer, after or "0", before or "9", limit)
        return [_message(row) for row in reversed(self._db.rows(sql, bounds))]

    def thread(
        self, channel: str, root_ts: str, *, viewer: str = "", after: str = "", limit: int = 1000
    ) -> list[Message]:
        """The root and its replies, oldest first; [] when the root does not exist."""
        sql = f"""{_SELECT} WHERE m.channel = ? AND (m.ts = ? OR m.thread_ts = ?)
            AND (m.visible_to = '' OR m.visible_to = ?) AND m.ts > ? ORDER BY m.ts LIMIT ?"""
        bounds = (channel, root_ts, root_ts, viewer, after or "0", limit)
        return [_message(row) for row in self._db.rows(sql, bounds)]

    def replies(
        self, channel: str, root_ts: str, *, viewer: str = "", before: str = "", limit: int = 100
    ) -> list[Message]:
        """The newest `limit` replies of a thread before a ts, oldest first, without the root."""
        sql = f"""{_SELECT} WHERE m.channel = ? AND m.thread_ts = ?
            AND (m.visible_to = '' OR m.visible_to = ?) AND m.ts < ? ORDER BY m.ts DESC LIMIT ?"""
        bounds = (channel, root_ts, viewer, before or "9", limit)
        return [_message(row) for row in reversed(self._db.rows(sql, bounds))]

    def replies_since(self, channel: str, root_ts: str, ts: str) -> int:
        """How many replies a thread has from `ts` on."""
        sql = "SELECT count(*) AS n FROM messages WHERE channel = ? AND thread_ts = ? AND ts >= ?"
        row = self._db.row(sql, (channel, root_ts, ts))
        return int(row["n"]) if row else 0

    def threads_of(
        self, user: str, channels: Sequence[str], *, limit: int = 25
    ) -> list[tuple[str, str]]:
        """Threads of `channels` that `user` takes part in, last answered first: (channel, ts)."""
        rows = self._db.rows(
            f"""WITH mine AS MATERIALIZED (
                    SELECT DISTINCT channel, iif(thread_ts = '', ts, thread_ts) AS root
                    FROM messages WHERE user = ? AND channel IN ({_marks(channels)}))
                SELECT mine.channel AS channel, mine.root AS root FROM mine
                JOIN messages m ON m.channel = mine.channel AND m.thread_ts = mine.root
                WHERE m.visible_to = '' GROUP BY mine.channel, mine.root
                ORDER BY max(m.ts) DESC LIMIT ?""",
            (user, *channels, limit),
        )
        return [(str(row["channel"]), str(row["root"])) for row in rows]

    def above(self, message: Message, *, viewer: str = "", thread: bool = False) -> Message | None:
        """The message that stands right above one, in the main line or in its thread."""
        root = message.thread_ts or message.ts
        line = (
            "(m.ts = ? OR m.thread_ts = ?)" if thread else "(m.thread_ts = '' OR m.broadcast = 1)"
        )
        sql = f"""{_SELECT} WHERE m.channel = ? AND {line} AND m.ts < ?
            AND (m.visible_to = '' OR m.visible_to = ?) ORDER BY m.ts DESC LIMIT 1"""
        given = (root, root) if thread else ()
        row = self._db.row(sql, (message.channel, *given, message.ts, viewer))
        return _message(row) if row else None

    def latest(self, channel: str) -> str:
        """The ts of the newest message of the main line, "" when there is none."""
        found = self.timeline(channel, limit=1)
        return found[0].ts if found else ""

    def matching(
        self,
        words: Sequence[str],
        *,
        channels: Sequence[str],
        users: Sequence[str] = (),
        names: Sequence[str] = (),
        limit: int = 30,
    ) -> list[Message]:
        """Messages of `channels` that hold every word, newest first; case does not matter.

        With `users` or `names` only what one of these wrote: a user's id, or the name an app
        posted under, in small letters. What is shown to one person only is not found.
        """
        where = [
            f"m.channel IN ({_marks(channels)})",
            "m.visible_to = ''",
            f"m.subtype NOT IN ('tombstone', {NOTICES_SQL})",
        ]
        given: list[str | int] = [*channels]
        for word in words:
            where.append("m.text LIKE ? ESCAPE '!'")
            given.append("%" + _LIKE.sub(r"!\g<0>", word) + "%")
        if users or names:
            where.append(
                f"((m.username = '' AND m.user IN ({_marks(users)})) "
                f"OR lower(m.username) IN ({_marks(names)}))"
            )
            given += [*users, *names]
        sql = f"{_SELECT} WHERE {' AND '.join(where)} ORDER BY m.ts DESC LIMIT ?"
        return [_message(row) for row in self._db.rows(sql, (*given, limit))]

    # -- reactions -----------------------------------------------------------------------

    def react(self, channel: str, ts: str, name: str, user: str) -> bool:
        """Add a reaction; False when `user` had already given it."""
        message = self.require(channel, ts)
        if user in _users_of(message, name):
            return False
        row = {"channel": channel, "ts": ts, "name": name, "user": user}
        with self._db.transaction():
            self._db.insert("reactions", row)
            self._announce("reaction_added", message, name, user)
        return True

    def unreact(self, channel: str, ts: str, name: str, user: str) -> bool:
        """Take a reaction back; False when `user` had not given it."""
        message = self.require(channel, ts)
        if user not in _users_of(message, name):
            return False
        with self._db.transaction():
            self._db.run(
                "DELETE FROM reactions WHERE channel = ? AND ts = ? AND name = ? AND user = ?",
                (channel, ts, name, user),
            )
            self._announce("reaction_removed", message, name, user)
        return True

    def _announce(self, kind: Any, message: Message, name: str, user: str) -> None:
        self._db.emit(
            Change(
                kind=kind,
                channel=message.channel,
                ts=message.ts,
                thread_ts=message.thread_ts,
                user=user,
                detail={"name": name, "author": message.user},
            )
        )

    def _put(self, message: Message) -> None:
        self._db.insert(
            "messages",
            {
                "channel": message.channel,
                "ts": message.ts,
                "thread_ts": message.thread_ts,
                "user": message.user,
                "text": message.text,
                "subtype": message.subtype,
                "bot_id": message.bot_id,
                "app_id": message.app_id,
                "username": message.username,
                "icon_emoji": message.icon_emoji,
                "icon_url": message.icon_url,
                "blocks": json.dumps(message.blocks),
                "attachments": json.dumps(message.attachments),
                "metadata": json.dumps(message.metadata),
                "files": json.dumps(message.files),
                "notice": json.dumps(message.notice),
                "edited_by": message.edited_by,
                "edited_ts": message.edited_ts,
                "broadcast": int(message.broadcast),
                "markdown": int(message.markdown),
                "streaming": int(message.streaming),
                "visible_to": message.visible_to,
            },
            replace=True,
        )


def _users_of(message: Message, name: str) -> tuple[str, ...]:
    return next((found.users for found in message.reactions if found.name == name), ())


def _message(row: dict[str, Any]) -> Message:
    fields = dict(row)
    for name in _STORED_JSON:
        fields[name] = json.loads(fields[name])
    for name in ("blocks", "attachments", "files"):
        fields[name] = tuple(fields[name])
    for name in ("broadcast", "markdown", "streaming"):
        fields[name] = bool(fields[name])
    fields["reply_faces"] = tuple(
        Face(user=face[0], username=face[1], icon_emoji=face[2], icon_url=face[3])
        for face in json.loads(row["reply_faces"])
    )
    grouped: dict[str, list[str]] = {}
    for name, user in json.loads(row["reactions"]):
        grouped.setdefault(name, []).append(user)
    fields["reactions"] = tuple(
        Reaction(name=name, users=tuple(users)) for name, users in grouped.items()
    )
    return Message(**fields)
