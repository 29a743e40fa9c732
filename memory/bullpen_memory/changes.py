"""Which changes of a record are allowed, and what each leaves behind.

The rule it protects: nobody approves what they wrote, a stale reader never overwrites a fresh
change, what was forgotten stays forgotten, and a pinned record is not pushed aside. Each step
runs inside the caller's transaction; it opens none.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, TypedDict, cast

from bullpen_memory import headlines, rows, tombstones, writing
from bullpen_memory.database import Row
from bullpen_memory.errors import ConflictError, InputError
from bullpen_memory.records import Change, Draft, Recall, Record, Source, Status
from bullpen_memory.writing import Act

if TYPE_CHECKING:
    from bullpen_memory.database import Connection


class Revision(TypedDict, total=False):
    """The fields that a new version may change."""

    title: str
    text: str
    tags: tuple[str, ...]
    symbols: tuple[str, ...]
    language: str
    valid_from: datetime | None
    valid_to: datetime | None
    confidence: float | None
    evidence: tuple[Source, ...]


def revised(record: Record, new: Revision) -> Record:
    """The record with the new fields, cleaned and checked as a draft's are."""
    unknown = sorted(set(new) - set(Revision.__annotations__))
    if unknown:
        raise InputError(
            f"The record {record.id} was not changed.",
            f"{', '.join(unknown)} of a record cannot be changed.",
            "Write a new record instead.",
        )
    _must_be(record, ("active", "proposed"), "revised")
    wanted = replace(record, **new)
    if wanted.text != record.text and wanted.title == record.title:
        new = {**new, "title": headlines.after(record, wanted.text)}
        wanted = replace(record, **new)
    checked = rows.accepted(
        Draft(
            kind=record.kind,
            author=record.author,
            source=record.source,
            scope=record.scope,
            title=wanted.title,
            text=wanted.text,
            tags=wanted.tags,
            symbols=wanted.symbols,
            language=wanted.language,
            valid_from=wanted.valid_from,
            valid_to=wanted.valid_to,
            confidence=wanted.confidence,
            evidence=wanted.evidence,
        )
    )
    return replace(record, **{name: getattr(checked, name) for name in new})


def attributed(db: Connection, made: Record, before: Record, by: str) -> Record:
    """The new version as its writer's: what a person put in other words is that person's from now on."""
    same = (made.title, made.text) == (before.title, before.text)
    if same or headlines.by_agent(by) or by == made.author:
        return made
    row = db.execute(
        "SELECT speaker FROM version WHERE author = ? AND speaker <> '' ORDER BY vid DESC LIMIT 1",
        (by,),
    ).fetchone()
    return replace(made, author=by, speaker="" if row is None else str(row["speaker"]))


def refuse_stale(record: Record, expected_version: int | None) -> None:
    """Raise ConflictError when the record moved on since the caller read it."""
    if expected_version is not None and record.version != expected_version:
        raise ConflictError(
            f"The record {record.id} was not changed.",
            f"{record.updated_by} changed it since you read it: it is at version"
            f" {record.version}, you read version {expected_version}.",
            "Read it again and repeat your change.",
        )


def refuse_forgotten(db: Connection, record: Record) -> None:
    """Raise InputError when the record's content is what somebody asked to forget."""
    content = rows.content_hash(record.title, record.text)
    for said in (content, writing.spelled(record.title, record.text)):
        sealed = tombstones.subject(record.kind, record.source.ref, said)
        if tombstones.buried(db, scope=record.scope, sealed=sealed) is not None:
            raise InputError(
                "Nothing was stored.",
                "This content was forgotten on request, and stays so.",
                "If it should be known again, say it in other words.",
            )


def refuse_supersession(old: Record, draft: Draft) -> None:
    """Raise InputError when `draft` cannot take the place of `old`."""
    _must_be(old, ("active", "proposed"), "superseded")
    if draft.scope != old.scope:
        raise InputError(
            f"The record {old.id} was not superseded.",
            f"It is visible in {old.scope}, the new one only in {draft.scope}.",
            "Write the new record in the same scope, or keep both.",
        )
    if old.pinned and draft.status == "active":
        raise InputError(
            f"The record {old.id} was not superseded.",
            "It is pinned.",
            "Propose the new one and let a person approve it, or unpin the old one first.",
        )
    if rows.content_hash(draft.title, draft.text) == rows.content_hash(old.title, old.text):
        raise InputError(
            f"The record {old.id} was not superseded.",
            "The new text says the same.",
            "To add a source, store it again from that source.",
        )


def same_proposal(db: Connection, old: Record, draft: Draft) -> Record | None:
    """A proposal that waits for approval and would put the same words in the place of `old`."""
    if draft.status != "proposed":
        return None
    found = db.execute(
        "SELECT * FROM version WHERE supersedes = ? AND content = ? AND title = ? AND ends IS NULL"
        " AND status = 'proposed' ORDER BY vid LIMIT 1",
        (old.id, rows.content_hash(draft.title, draft.text), draft.title),
    ).fetchone()
    return None if found is None else rows.to_record(found)


def step_aside(db: Connection, old: Record, successor: str, act: Act) -> None:
    """Mark `old` as superseded by another record."""
    writing.follow(db, replace(old, status="superseded", superseded_by=successor), act)


def approve(db: Connection, record: Record, act: Act) -> Record:
    """Put a proposal in force; what it was to supersede steps aside now.

    What an agent wrote down in a person's name is the agent's proposal: the person may confirm it.
    """
    _must_be(record, ("proposed",), "approved")
    wrote = _revisers(db, record.id) | (set() if written_down(record) else _authors(db, record.id))
    if act.by in wrote:
        raise InputError(
            f"The record {record.id} was not approved.",
            f"{act.by} wrote it, and nobody approves their own proposal.",
            "Ask somebody else to approve it.",
        )
    made = writing.follow(db, replace(record, status="active"), act)
    old = writing.head(db, record.supersedes) if record.supersedes else None
    if old is not None and old.status in ("active", "proposed"):
        step_aside(db, old, record.id, replace(act, action="supersede"))
    return made


def written_down(record: Record) -> bool:
    """Whether an agent wrote it in a person's name, from a conversation (agents' ids are lower case)."""
    return record.source.kind in ("message", "run") and not headlines.by_agent(record.author)


def retract(db: Connection, record: Record, act: Act) -> Record:
    """Withdraw what is in force or proposed."""
    _must_be(record, ("active", "proposed"), "retracted")
    return writing.follow(db, replace(record, status="retracted"), act)


def restore(db: Connection, record: Record, act: Act) -> Record:
    """Back to the standing before the withdrawal; a proposal does not become active by it."""
    _must_be(record, ("retracted", "superseded"), "restored")
    successor = writing.head(db, record.superseded_by) if record.superseded_by else None
    if record.status == "superseded" and successor is not None and successor.status == "active":
        raise InputError(
            f"The record {record.id} was not restored.",
            f"{successor.id} holds in its place.",
            f"Retract {successor.id} first.",
        )
    row = db.execute(
        "SELECT status FROM version WHERE id = ? AND status IN ('active', 'proposed')"
        " ORDER BY n DESC LIMIT 1",
        (record.id,),
    ).fetchone()
    before = cast("Status", row["status"])
    return writing.follow(db, replace(record, status=before, superseded_by=None), act)


def pin(db: Connection, record: Record, act: Act, pinned: bool) -> Record:
    """Mark or release; nothing happens where it already is so."""
    _must_be(record, ("active", "proposed"), "pinned" if pinned else "unpinned")
    if record.pinned == pinned:
        return record
    return writing.follow(db, replace(record, pinned=pinned), act)


def forget(db: Connection, record: Record, act: Act) -> Record:
    """Erase; a second request finds the tombstone and leaves it."""
    return record if record.status == "forgotten" else writing.erase(db, record, act)


def to_change(row: Row) -> Change:
    """One row of the history."""
    return Change(
        record_id=row["id"], version=row["n"], action=row["action"], by=row["by"],
        reason=row["reason"], at=rows.moment_of(row["at"]),
    )  # fmt: skip


def to_recall(row: Row) -> Recall:
    """One row of the injection log."""
    return Recall(
        run_id=row["run_id"], agent=row["agent"], query=row["query"],
        record_ids=rows.load(row["record_ids"]), at=rows.moment_of(row["at"]),
    )  # fmt: skip


def _revisers(db: Connection, record_id: str) -> set[str]:
    found = db.execute(
        "SELECT DISTINCT by FROM change WHERE id = ? AND action = 'revise'", (record_id,)
    )
    return {str(row["by"]) for row in found.fetchall()}


def _authors(db: Connection, record_id: str) -> set[str]:
    found = db.execute("SELECT DISTINCT author FROM version WHERE id = ?", (record_id,))
    return {str(row["author"]) for row in found.fetchall()}


def _must_be(record: Record, allowed: tuple[Status, ...], done: str) -> None:
    if record.status in allowed:
        return
    remedy = {
        "forgotten": "Its text is gone for good; store it anew in other words.",
        "retracted": "Restore it first.",
        "superseded": f"See {record.superseded_by}, which took its place.",
    }.get(record.status, "Nothing more needs to be done.")
    raise InputError(f"The record {record.id} was not {done}.", f"It is {record.status}.", remedy)
