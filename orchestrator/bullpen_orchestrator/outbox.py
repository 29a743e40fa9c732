"""The effects: every message the desk says is a row first, then a post, then a row that says so.

The rule it protects: each key is posted exactly once, in the order of its thread and answers first,
with the text that was stored. A post whose fate is unknown is looked for on the platform before it
is sent again; one that cannot be posted never holds up its channel for good. It decides nothing
about what is said, and never alters a text.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import structlog

from bullpen_orchestrator.entries import Entry, append, transaction
from bullpen_orchestrator.ports import (
    Busy,
    Button,
    Chat,
    Plan,
    Post,
    Step,
    Undeliverable,
    Written,
    pass_by,
)
from bullpen_orchestrator.schema import connect

# Within a thread the order stands; between threads the more urgent goes first, and what is in
# doubt before all.
_NEXT = """
    WITH waiting AS (
        SELECT *, json_extract(post, '$.priority') AS priority,
            row_number() OVER (
                PARTITION BY json_extract(post, '$.thread_ts') ORDER BY seq
            ) AS place
        FROM outbox WHERE channel = ? AND state IN ('queued', 'sending')
    )
    SELECT * FROM waiting WHERE place = 1
    ORDER BY state = 'sending' DESC, CASE priority WHEN 'answer' THEN 0 WHEN 'approval' THEN 1
        WHEN 'result' THEN 2 ELSE 3 END, seq
    LIMIT 1
"""

# How often a post may fail in a way that the platform does not explain, before it is given up and
# the lane goes on. Between two attempts the pause grows by `settle`.
ATTEMPTS = 6
State = Literal["queued", "sending", "sent", "failed", "withdrawn"]
_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One effect. `sending` means in doubt to whoever did not begin the sending themselves."""

    key: str
    run_id: str
    channel: str
    post: Post
    state: State
    ts: str
    reason: str
    sending_at: float


async def _nobody(_row: Row) -> None:
    """Nobody is told."""


class Outbox:
    """Drains in the event loop that started it, one lane per channel.

    `settle` is how long (seconds) a request of which nothing was heard may still be in flight.
    `checkpoint` is called by name around each effect, for tests that crash there. `lost` is told
    of each post that will never be sent, before this is written down, and maybe more than once.
    """

    def __init__(
        self,
        path: Path,
        chat: Chat,
        *,
        settle: float = 10.0,
        checkpoint: Callable[[str], None] = pass_by,
        lost: Callable[[Row], Awaitable[None]] = _nobody,
    ) -> None:
        self._db = connect(path, synchronous="FULL")
        self._lock = threading.RLock()
        self._chat = chat
        self._settle = settle
        self._checkpoint = checkpoint
        self._lost = lost
        self._lanes: dict[str, asyncio.Task[None]] = {}
        self._woken: set[str] = set()
        self._faults: dict[str, int] = {}
        self._changed = asyncio.Event()
        self._closing = asyncio.Event()

    def start(self) -> None:
        """Resume what an earlier process left undone."""
        for row in self._select(
            "SELECT DISTINCT channel FROM outbox WHERE state IN ('queued', 'sending')"
        ):
            self._wake(row["channel"])

    async def stop(self, patience: float = 5.0) -> None:
        """Let posts in flight end (at most `patience` seconds), start no more, close the file."""
        self._closing.set()
        lanes = list(self._lanes.values())
        if lanes:
            _, late = await asyncio.wait(lanes, timeout=patience)
            for lane in late:
                lane.cancel()
            await asyncio.gather(*lanes, return_exceptions=True)
        with self._lock:
            self._db.close()

    async def say(self, post: Post, entry: Entry) -> bool:
        """Write the message and its effect in one transaction and send it as soon as its turn comes.

        A known key changes nothing. False, and nothing written, when the run was stopped
        meanwhile (the notice about the stop itself, kind "notice", still passes).
        """
        written = await asyncio.to_thread(self._enqueue, post, entry)
        self._checkpoint("outbox.row")
        if written:
            self._wake(post.channel)
        return written

    def withdraw(self, run_id: str) -> list[str]:
        """Take back what this run has not begun to send; the keys of what was taken back.

        The notice about the stop itself stays.
        """
        with self._lock, transaction(self._db):
            rows = self._select(
                "UPDATE outbox SET state = 'withdrawn' WHERE run_id = ? AND state = 'queued'"
                " AND key IS NOT (SELECT stop_key FROM runs WHERE runs.id = outbox.run_id)"
                " RETURNING key",
                run_id,
            )
        self._changed.set()
        return [row["key"] for row in rows]

    async def settled(self, run_id: str, within: float) -> bool:
        """Wait until nothing of a run is left to send; False when that takes longer than `within` s."""
        sql = "SELECT 1 FROM outbox WHERE run_id = ? AND state IN ('queued', 'sending') LIMIT 1"
        try:
            async with asyncio.timeout(within):
                while self._select(sql, run_id):
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return False
        return True

    def lost(self, run_id: str) -> str:
        """Why a post of this run was never sent; "" while there is none."""
        rows = self._select(
            "SELECT reason FROM outbox WHERE run_id = ? AND state = 'failed' LIMIT 1", run_id
        )
        return str(rows[0]["reason"]) if rows else ""

    def pending(self) -> int:
        """How many posts are not settled yet."""
        sql = "SELECT count(*) AS n FROM outbox WHERE state IN ('queued', 'sending')"
        return int(self._select(sql)[0]["n"])

    def row(self, key: str) -> Row | None:
        """The effect with this key."""
        rows = self._select("SELECT * FROM outbox WHERE key = ?", key)
        return _row(rows[0]) if rows else None

    # -- one lane per channel ------------------------------------------------------------

    def _wake(self, channel: str) -> None:
        self._woken.add(channel)
        if channel not in self._lanes and not self._closing.is_set():
            self._lanes[channel] = asyncio.create_task(self._drain(channel))

    async def _drain(self, channel: str) -> None:
        try:
            while not self._closing.is_set():
                self._woken.discard(channel)
                row = self._next(channel)
                if row is None:
                    return
                try:
                    await self._deliver(row)
                finally:
                    self._changed.set()
        except Exception:  # noqa: BLE001
            # A lane that ends silently would hold back a channel until the next message.
            _log.exception("outbox lane failed", channel=channel)
            await self._pause(self._settle)
            self._woken.add(channel)
        finally:
            del self._lanes[channel]
            if channel in self._woken:
                self._wake(channel)

    def _next(self, channel: str) -> Row | None:
        rows = self._select(_NEXT, channel)
        return _row(rows[0]) if rows else None

    async def _deliver(self, row: Row) -> None:
        """One attempt at one row. It ends sent, failed, queued again, or still in doubt."""
        if row.state == "sending":
            await self._until_settled(row)
            if self._closing.is_set():
                return
            found = await self._look_for(row)
            if found:
                await self._mark(row.key, "sent", ts=found)
            if found is None or found:
                return
        if not await asyncio.to_thread(self._begin, row.key):
            return
        self._checkpoint("outbox.sending")
        try:
            ts = await self._chat.post(row.post)
        except Busy as busy:
            await self._mark(row.key, "queued")
            await self._pause(busy.seconds)
        except Undeliverable as refusal:
            _log.warning("post refused", key=row.key, reason=refusal.reason)
            await self._give_up(row, refusal.reason)
        except Exception as error:  # noqa: BLE001 - the port's contract: anything else is doubt
            _log.warning("post in doubt", key=row.key, error=repr(error))
            await self._doubt(row, error)
        else:
            self._faults.pop(row.key, None)
            self._checkpoint("outbox.posted")
            await self._mark(row.key, "sent", ts=ts)
            self._checkpoint("outbox.sent")

    async def _until_settled(self, row: Row) -> None:
        pause = self._settle * max(1, self._faults.get(row.key, 0))
        await self._pause(row.sending_at + pause - time.time())

    async def _doubt(self, row: Row, error: Exception) -> None:
        """Count a failure that nobody explains; a post that fails so each time is given up."""
        self._faults[row.key] = self._faults.get(row.key, 0) + 1
        if self._faults[row.key] >= ATTEMPTS:
            del self._faults[row.key]
            _log.error("post given up", key=row.key, error=repr(error))
            await self._give_up(row, f"{ATTEMPTS} attempts failed: {error}")

    async def _give_up(self, row: Row, reason: str) -> None:
        await self._lost(replace(row, state="failed", reason=reason))
        await self._mark(row.key, "failed", reason=reason)

    async def _look_for(self, row: Row) -> str | None:
        """The ts of the message that carries the key, "" if there is none, None if nobody can say."""
        try:
            return await self._chat.find(row.channel, row.post.thread_ts, row.key) or ""
        except Busy as busy:
            await self._pause(busy.seconds)
        except Undeliverable as refusal:
            await self._give_up(row, refusal.reason)
        except Exception as error:  # noqa: BLE001 - as unknown as before: ask again later
            _log.warning("cannot look for a post in doubt", key=row.key, error=repr(error))
            await self._doubt(row, error)
            await self._pause(self._settle)
        return None

    async def _pause(self, seconds: float) -> None:
        """Wait, but not past the closing of the desk."""
        with suppress(TimeoutError):
            async with asyncio.timeout(max(seconds, 0.0)):
                await self._closing.wait()

    # -- the rows ------------------------------------------------------------------------

    def _enqueue(self, post: Post, entry: Entry) -> bool:
        with self._lock, transaction(self._db):
            stopped = self._select(
                "SELECT 1 FROM runs WHERE id = ? AND stopped_by != ''", entry.run_id
            )
            if stopped and entry.kind != "notice":
                return False
            append(self._db, entry)
            self._db.execute(
                "INSERT OR IGNORE INTO outbox (key, run_id, channel, post, state)"
                " VALUES (?, ?, ?, ?, 'queued')",
                (post.key, entry.run_id, post.channel, json.dumps(asdict(post))),
            )
        return True

    def _begin(self, key: str) -> bool:
        """Commit that the sending begins; False when it must not, because the run was stopped."""
        with self._lock, transaction(self._db):
            self._db.execute(
                "UPDATE outbox SET state = 'withdrawn' WHERE key = ? AND EXISTS (SELECT 1 FROM runs"
                " JOIN messages m ON m.id = outbox.key AND m.kind != 'notice'"
                " WHERE runs.id = outbox.run_id AND runs.stopped_by != '')",
                (key,),
            )
            changed = self._db.execute(
                "UPDATE outbox SET state = 'sending', sending_at = ?"
                " WHERE key = ? AND state IN ('queued', 'sending')",
                (time.time(), key),
            )
        return changed.rowcount == 1

    async def _mark(self, key: str, state: State, *, ts: str = "", reason: str = "") -> None:
        def write() -> None:
            with self._lock, transaction(self._db):
                self._db.execute(
                    "UPDATE outbox SET state = ?, ts = ?, reason = ? WHERE key = ?",
                    (state, ts, reason, key),
                )

        await asyncio.to_thread(write)

    def _select(self, sql: str, *values: object) -> list[sqlite3.Row]:
        with self._lock:
            return self._db.execute(sql, values).fetchall()


def _row(row: sqlite3.Row) -> Row:
    said: dict[str, Any] = json.loads(row["post"])
    said["footnotes"] = tuple(said["footnotes"])
    said["images"] = tuple((path, alt) for path, alt in said["images"])
    said["files"] = tuple((path, title) for path, title in said.get("files", ()))
    said["alerts"] = tuple(said.get("alerts", ()))
    said["records"] = tuple(Written(**one) for one in said.get("records", ()))
    said["buttons"] = tuple(Button(**button) for button in said["buttons"])
    if planned := said.get("plan"):
        steps = tuple(Step(**step) for step in planned["steps"])
        said["plan"] = Plan(title=planned["title"], steps=steps)
    post = Post(**said)
    return Row(
        key=row["key"],
        run_id=row["run_id"],
        channel=row["channel"],
        post=post,
        state=row["state"],
        ts=row["ts"],
        reason=row["reason"],
        sending_at=row["sending_at"],
    )
