"""What the ledger holds: messages, runs and claims, and how they are written to and read from rows.

The rule it protects: a row read back equals what was written, field by field. It opens no file
and asks no questions.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

from bullpen_agents.asof import AsOf, read_as_of
from bullpen_orchestrator.ports import Audience, Inbound
from bullpen_orchestrator.routing import Route
from bullpen_tools.context import LocalFile

Said = Literal["person", "answer", "work", "ask", "reply", "handoff", "notice"]
RunStatus = Literal["queued", "running", "done", "failed", "stopped", "parked"]
Verdict = Literal["helpful", "misleading"]
ENDED: frozenset[RunStatus] = frozenset({"done", "failed", "stopped", "parked"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One message of the ledger.

    `text` is what was said, with figure references; `shown` what people read, with the figures
    rendered. `ts` is "" until the platform has taken an agent's message. `images` are the paths
    shown inside it.
    """

    id: str
    kind: Said
    team: str
    channel: str
    channel_name: str
    audience: Audience
    thread_ts: str
    author: str
    author_name: str
    text: str
    shown: str
    run_id: str
    ts: str = ""
    addressee: str = ""
    images: tuple[str, ...] = ()
    permalink: str = ""
    at: str = ""
    seq: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run: the message that caused it, who leads it, and how far it came.

    `stop_key` is the key of the one notice about the stop that ended it, maybe with others.
    """

    id: str
    inbound: Inbound
    route: Route
    status: RunStatus
    attempts: int
    stopped_by: str
    stop_key: str
    created_at: str
    seq: int

    @property
    def pin(self) -> AsOf:
        """The day that the person pinned the request to, and the request without saying so."""
        return read_as_of(self.route.text, date.fromisoformat(self.created_at[:10]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What became of a delivered message.

    `run_id` is the run to be queued, if there is one; `stopped` are the runs that it flagged as
    stopped. Of a duplicate both may have been acted upon already.
    """

    outcome: Literal["new", "duplicate", "ignored"]
    route: Route
    run_id: str = ""
    stopped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What became of an edit or a deletion.

    `stopped` are the runs it ended; `answered` is True when the old version had a run at all.
    `message_id` is the version that was taken back.
    """

    outcome: Literal["new", "duplicate", "unknown"]
    run_id: str = ""
    message_id: str = ""
    stopped: tuple[str, ...] = ()
    answered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """What a person thought of a message of the desk."""

    message_id: str
    verdict: Verdict
    person: str
    person_name: str
    at: str = ""


@contextmanager
def transaction(db: sqlite3.Connection) -> Generator[None]:
    """One immediate transaction: all of it or nothing."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def append(db: sqlite3.Connection, entry: Entry) -> None:
    """Append a message within the caller's transaction; a known id stays as it is."""
    db.execute(
        "INSERT OR IGNORE INTO messages (id, kind, team, channel, channel_name, audience,"
        " thread_ts, ts, author, author_name, addressee, run_id, text, shown, images,"
        " permalink, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            entry.id,
            entry.kind,
            entry.team,
            entry.channel,
            entry.channel_name,
            entry.audience,
            entry.thread_ts,
            entry.ts,
            entry.author,
            entry.author_name,
            entry.addressee,
            entry.run_id,
            entry.text,
            entry.shown,
            json.dumps(entry.images),
            entry.permalink,
            entry.at or now(),
        ),
    )


def insert_run(db: sqlite3.Connection, run_id: str, inbound: Inbound, route: Route) -> None:
    """Make a queued run within the caller's transaction."""
    db.execute(
        "INSERT INTO runs (id, channel, thread_ts, inbound, route, owner, status, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, 'queued', ?)",
        (
            run_id,
            inbound.channel,
            inbound.thread_ts,
            json.dumps(asdict(inbound), default=str),
            json.dumps(asdict(route)),
            route.agents[0] if route.agents else "",
            now(),
        ),
    )


def person_entry(inbound: Inbound, message_id: str, run_id: str) -> Entry:
    """The ledger entry of what a person said."""
    return Entry(
        id=message_id,
        kind="person",
        team=inbound.team,
        channel=inbound.channel,
        channel_name=inbound.channel_name,
        audience=inbound.audience,
        thread_ts=inbound.thread_ts,
        author=inbound.user,
        author_name=inbound.user_name,
        text=inbound.text,
        shown=inbound.text,
        run_id=run_id,
        ts=inbound.ts,
        permalink=inbound.permalink,
    )


def entry_of(row: sqlite3.Row, ts: str = "") -> Entry:
    """The inverse of `append`."""
    values: dict[str, Any] = dict(row)
    values.pop("posted_ts", None)
    values["images"] = tuple(json.loads(values["images"]))
    values["ts"] = ts or values["ts"]
    return Entry(**values)


def run_of(row: sqlite3.Row) -> Run:
    """The inverse of `insert_run`."""
    said: dict[str, Any] = json.loads(row["inbound"])
    said["files"] = tuple(LocalFile(**f | {"path": Path(f["path"])}) for f in said["files"])
    said["problems"] = tuple(said["problems"])
    said["to"] = tuple(said.get("to", ()))
    decided: dict[str, Any] = json.loads(row["route"])
    decided["agents"] = tuple(decided["agents"])
    return Run(
        id=row["id"],
        inbound=Inbound(**said),
        route=Route(**decided),
        status=row["status"],
        attempts=row["attempts"],
        stopped_by=row["stopped_by"],
        stop_key=row["stop_key"],
        created_at=row["created_at"],
        seq=row["seq"],
    )


def now() -> str:
    """The present as the rows hold it: ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat()
