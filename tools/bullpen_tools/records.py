"""Single records on behalf of an agent: read with their history, marked as disputed, put before people.

The rule it protects: an agent sees only what its conversation may see, marks only what it names with
a reason, and leaves every decision (approve, merge, pin, retract, restore, expire, share, forget) to
people, who find the record's buttons under the agent's message.
"""

from __future__ import annotations

from typing import Literal

from bullpen_memory.errors import InputError
from bullpen_memory.records import Change, Record
from bullpen_memory.reviewing import Review, Seen, known_as
from bullpen_tools.context import DataRef, Result, Scalar, ToolContext, Value
from bullpen_tools.recall import note_shown, page_of, tainted_run
from bullpen_tools.tool import tool

Decision = Literal[
    "approve", "edit", "dispute", "settle", "merge", "pin", "unpin", "retract", "restore", "expire",
    "share", "forget",
]  # fmt: skip
_ON_THE_PAGE = frozenset({"merge", "expire", "share"})
"""What has no button under a message: the memory page and the command line do it."""


@tool(risk="read", label="reading a record", version="1")
def show_record(ctx: ToolContext, record_id: str) -> Result:
    """Read one remembered record whole: its text, where it comes from, what it rests on, who changed
    or approved it and when.

    Args:
        record_id: Id of the record, as `recall` showed it.
    """
    record = _visible(ctx, record_id)
    note_shown(ctx, [record])
    changes = ctx.store.changes(record.id, scopes=ctx.scopes, as_of=ctx.as_of)
    header = ("when", "who", "did", "version", "why")
    return Result(
        summary=f"{record.kind} {record.id}: {record.title}\n{record.text}".strip(),
        values={
            "record": Value(value=record.id, unit="text", label="Record"),
            "status": Value(value=record.status, unit="text", label="Status"),
            "author": Value(value=_named(ctx, record.author), unit="text", label="Author"),
            "known_at": Value(value=record.known_at.isoformat(timespec="minutes"), unit="text", label="Known since"),
            "sources": Value(value=_sources(record), unit="text", label="Sources"),
            **_page(ctx, record),
        },
        data=(DataRef(dataset=f"record:{record.id}", vintage=f"v{record.version}", rows=1),),
        known_at=record.known_at,
        table=(header, *(_step(ctx, change) for change in changes)),
    )  # fmt: skip


@tool(risk="write", label="marking a record as disputed", version="1")
def dispute_record(ctx: ToolContext, record_id: str, reason: str) -> Result:
    """Mark a record as disputed because something speaks against it. It is still found, with the mark;
    a person settles, corrects or withdraws it. Use `supersede` instead where you know what holds.

    Args:
        record_id: Id of the record, as `recall` showed it.
        reason: What speaks against it.
    """
    record = _visible(ctx, record_id)
    if record.scope != ctx.home:
        raise InputError(
            f"The record {record.id} cannot be disputed from here.",
            "It belongs to a wider circle than this conversation, whose words would leak into it.",
            "Say so in the answer; a person can dispute it where it belongs.",
        )
    if tainted_run(ctx):
        raise InputError(
            f"The record {record.id} was not disputed.",
            "This run has read text from outside, which may have been written to mislead.",
            "Put the record before people instead, with the reason.",
        )
    made = Review(ctx.store).dispute(Seen(record.id, record.version), by=ctx.agent, reason=reason)
    return _about(ctx, made, f"{made.id} is marked as disputed: {reason}")


@tool(risk="read", label="putting a record before people", version="1")
def put_before_people(
    ctx: ToolContext, record_id: str, decision: Decision, reason: str = ""
) -> Result:
    """Put a record under your answer with buttons, for the decisions that only people make: approve,
    pin, retract, restore, forget and so on. It changes nothing itself.

    Args:
        record_id: Id of the record, as `recall` showed it.
        decision: What you think should be done, or were asked to do.
        reason: Why, for the person who decides.
    """
    record = _visible(ctx, record_id)
    where = (
        "on the memory page" if decision in _ON_THE_PAGE else "with the buttons under this message"
    )
    why = f" ({reason})" if reason.strip() else ""
    return _about(ctx, record, f"People can {decision} {record.id} {where}{why}.")


def _about(ctx: ToolContext, record: Record, summary: str) -> Result:
    return Result(
        summary=summary,
        values={
            "record": Value(value=record.id, unit="text", label="Record"),
            "status": Value(value=record.status, unit="text", label="Status"),
            **_page(ctx, record),
        },
        data=(DataRef(dataset=f"record:{record.id}", vintage=f"v{record.version}", rows=1),),
        known_at=record.known_at,
    )


def _visible(ctx: ToolContext, record_id: str) -> Record:
    """The record as it was known at the pinned time; as an unknown one where it may not be seen."""
    record = ctx.store.get(record_id.strip(), scopes=ctx.scopes, as_of=ctx.as_of)
    if record is None:
        raise InputError(
            f"There is no record {record_id} here.",
            "It does not exist or belongs to another conversation.",
            "Use an id that `recall` showed.",
        )
    return record


def _page(ctx: ToolContext, record: Record) -> dict[str, Value]:
    page = page_of(ctx, record)
    return {"page": Value(value=page, unit="text", label="Its page")} if page else {}


def _sources(record: Record) -> str:
    found = (record.source, *record.evidence)
    return "; ".join(
        " ".join(part for part in (one.kind, one.title, one.locator, one.permalink or one.ref) if part)
        for one in found
    )  # fmt: skip


def _step(ctx: ToolContext, change: Change) -> tuple[Scalar, ...]:
    when = change.at.isoformat(timespec="minutes")
    return (when, _named(ctx, change.by), change.action, change.version, change.reason)


def _named(ctx: ToolContext, author: str) -> str:
    return known_as(ctx.store.database, author)
