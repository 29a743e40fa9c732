"""Reading and writing the context store on behalf of an agent.

The rule it protects: an agent recalls only what its conversation may see, writes only into its
own conversation's scope, and what it writes names the thread and the receipts it came from.

What waits for a person is decided by the store's policy (`bullpen_memory.policy`); whatever would
replace a pinned record, a decision or a person's own is proposed. Nothing is erased or approved here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field

from bullpen_memory import headlines
from bullpen_memory.echoes import repeats
from bullpen_memory.errors import InputError
from bullpen_memory.listing import DISPUTED
from bullpen_memory.policy import TAINTED, Case
from bullpen_memory.records import Draft, Hit, Kind, Query, Record, Source, Status
from bullpen_memory.reviewing import known_as
from bullpen_tools.context import DataRef, Receipt, Result, Scalar, ToolContext, Value
from bullpen_tools.figures import cited, plain, render
from bullpen_tools.tool import Arguments, tool

_SHOWN = 700
_QUOTED = 160
_WITHDRAWN_SHOWN = 3
_PLAINLY = 0.3
"""Score from which a record is about what was asked; unrelated ones stay below 0.2."""
_NEAR_BEST = 0.05
LEARNT: frozenset[Kind] = frozenset({"note", "finding", "decision", "fact"})


@tool(risk="read", label="recalling what we know", version="1")
def recall(
    ctx: ToolContext,
    query: str,
    limit: int = 8,
    kinds: list[Kind] | None = None,
    symbols: list[str] | None = None,
) -> Result:
    """Search what the desk remembers: notes, findings, decisions, documents, messages. Each hit has
    its id, author, time and the link it came from; name these when you use it.

    Args:
        query: What to look for, in plain words. Empty: the newest.
        limit: How many records at most, 1 to 30.
        kinds: Only these kinds of record. Default: all.
        symbols: Only records about one of these symbols, such as WTI. Default: all.
    """
    if not 1 <= limit <= 30:
        raise InputError(
            f"{limit} records cannot be recalled.", "The limit is 1 to 30.", "Choose one."
        )
    asked = Query(
        text=query,
        scopes=ctx.scopes,
        kinds=frozenset(kinds or ()),
        symbols=frozenset(symbol.upper() for symbol in symbols or ()),
        as_of=ctx.as_of,
        limit=limit,
    )
    found = ctx.store.find(asked)
    gone = _withdrawn(ctx, asked)
    hits = _holding(found.hits, gone)
    records = [hit.record for hit in hits]
    note_shown(ctx, records, query)
    header = (
        "id", "kind", "title", "text", "who", "when", "link", "confidence", "why", "page",
    )  # fmt: skip
    about = f"about “{query}”" if query.strip() else "yet"
    return Result(
        summary=f"What the desk remembers {about}." if records else f"Nothing is known {about}.",
        values={
            "shown": Value(value=len(records), unit="count", label="Records shown"),
            "total": Value(value=found.total, unit="count", label="Records that fit"),
        },
        data=tuple(_reference(record) for record in records),
        warnings=(
            *found.notes,
            *(f"On record, but **{_gone(ctx, one)}**: {_first(one)}" for one in gone),
            *_doubts(records, ctx.as_of or ctx.store.now()),
        ),
        table=(header, *(_row(ctx, hit) for hit in hits)) if records else (),
        known_at=max((record.known_at for record in records), default=None),
    )


def note_shown(ctx: ToolContext, records: Sequence[Record], query: str = "") -> None:
    """Keep that these records were put before the agent: what its run knows is judged by it."""
    if not ctx.rerun:
        ids = [record.id for record in records]
        ctx.store.log_recall(run_id=ctx.run_id, agent=ctx.agent, query=query, record_ids=ids)


def tainted_run(ctx: ToolContext) -> bool:
    """Whether text from outside was before this run: a file, or a passage of a document."""
    if ctx.files:
        return True
    shown = {i for recall in ctx.store.recalls(ctx.run_id) for i in recall.record_ids}
    read = (ctx.store.get(record_id, scopes=ctx.scopes) for record_id in shown)
    return any(one is not None and one.kind in ("passage", "document") for one in read)


def _withdrawn(ctx: ToolContext, asked: Query) -> list[Record]:
    """What a person retracted and the question is plainly about: it must not pass unsaid."""
    if not asked.text.strip():
        return []
    found = ctx.store.find(
        replace(asked, kinds=LEARNT, statuses=frozenset({"retracted"}), limit=_WITHDRAWN_SHOWN)
    )
    return [hit.record for hit in found.hits if hit.score >= _PLAINLY]


def _holding(hits: Sequence[Hit], gone: Sequence[Record]) -> list[Hit]:
    """The hits without those far behind the best and the messages that repeat what was retracted."""
    floor = _NEAR_BEST * max((hit.score for hit in hits), default=0.0)
    texts = [record.text for record in gone]
    return [
        hit
        for hit in hits
        if hit.score >= floor
        and not (hit.record.kind == "message" and repeats(hit.record.text, texts))
    ]


def _doubts(records: Sequence[Record], now: datetime) -> list[str]:
    """What has to be said beside some of the records: no longer true, disputed, from outside."""
    said: list[str] = []
    for one in records:
        if one.expired(now) and one.valid_to is not None:
            said.append(f"{one.id} was true only until {one.valid_to.date().isoformat()}.")
        if DISPUTED in one.tags:
            said.append(f"{one.id} is disputed; say so if you rely on it.")
        if TAINTED in one.tags:
            said.append(f"{one.id} was written after reading text from outside; check it first.")
    return said


def _first(record: Record) -> str:
    return f"“{record.text if len(record.text) <= _QUOTED else record.text[:_QUOTED] + '…'}”"


class Lesson(Arguments):
    """What to write down."""

    kind: Literal["note", "finding", "decision"] = Field(
        description="finding for what was computed or found out, note for context, decision for "
        "what to do"
    )
    title: str = Field(description="A short headline")
    text: str = Field(
        description="The statement. Cite figures by reference, such as {{r42.volatility}}"
    )
    symbols: list[str] = Field(
        default_factory=list[str], description="Symbols it is about, such as WTI"
    )
    tags: list[str] = Field(default_factory=list[str], description="Words to file it under")
    confidence: float | None = Field(default=None, description="How sure you are, 0 to 1")
    receipts: list[str] = Field(
        default_factory=list[str],
        description="Further receipts that it rests on, beside those cited in the text",
    )
    requested: bool = Field(
        default=False,
        description="True when these are the words of the person who asks, kept at their request: "
        "then they are the author",
    )


@tool(risk="write", label="writing down what we learnt", version="1")
def remember(ctx: ToolContext, lesson: Lesson) -> Result:
    """Write one statement into the desk's memory, with this thread as its source. Write what will
    matter later, one statement a record. A decision waits for a person's approval.
    """
    evidence = _evidence(ctx, (lesson.title, lesson.text), lesson.receipts)
    tainted = tainted_run(ctx)
    # That a person asked for it is the agent's own word: after foreign text it does not count.
    by_person = lesson.requested and not tainted
    rule = ctx.store.policy.judge(
        Case(
            kind=lesson.kind, author="person" if by_person else "agent", scope=ctx.home,
            confidence=lesson.confidence, tainted=tainted,
        )
    )  # fmt: skip
    draft = Draft(
        kind=lesson.kind,
        title=_without_references(ctx, lesson.title),
        text=_without_references(ctx, lesson.text),
        author=ctx.requester if by_person else ctx.agent,
        speaker=ctx.requester_name if by_person else "",
        source=_source(ctx),
        scope=ctx.home,
        symbols=tuple(lesson.symbols),
        tags=(*lesson.tags, *((TAINTED,) if tainted else ())),
        confidence=lesson.confidence,
        evidence=tuple(_as_source(receipt) for receipt in evidence),
        status=rule.standing,
    )
    record = ctx.store.add(draft)
    if record.status == "forgotten":
        raise InputError(
            "It was not remembered.",
            "A person had this very text forgotten.",
            "If it should be known again, say it in other words.",
        )
    if record.status in ("retracted", "superseded"):
        raise InputError(
            "It was not remembered.",
            f"This very statement was {_gone(ctx, record)}.",
            f"A person can restore {record.id}; say something else only if it differs.",
        )
    return _written(ctx, record, evidence)


@tool(risk="write", label="correcting the memory", version="1")
def supersede(
    ctx: ToolContext,
    record_id: str,
    text: str,
    reason: str,
    title: str = "",
    receipts: list[str] | None = None,
    requested: bool = False,
) -> Result:
    """Replace a remembered statement that no longer holds. The old one is kept with its history.
    What another person wrote, a decision and what is pinned is only proposed to be replaced.

    Args:
        record_id: Id of the record that no longer holds, as `recall` showed it.
        text: The statement that holds now. Cite figures by reference.
        reason: Why the old statement no longer holds.
        title: A new headline. Default: the old one, as far as it still fits.
        receipts: Further receipts that it rests on, beside those cited in the text.
        requested: True when these are the words of the person who asks: then they are the author.
    """
    old = _replaceable(ctx, record_id.strip())
    evidence = _evidence(ctx, (title, text), receipts or ())
    tainted = tainted_run(ctx)
    by_person = requested and not tainted
    said = _without_references(ctx, text)
    draft = Draft(
        kind=old.kind,
        title=_without_references(ctx, title) or headlines.after(old, said),
        text=said,
        author=ctx.requester if by_person else ctx.agent,
        speaker=ctx.requester_name if by_person else "",
        source=_source(ctx),
        scope=old.scope,
        symbols=old.symbols,
        tags=old.tags,
        evidence=tuple(_as_source(receipt) for receipt in evidence),
        status="proposed"
        if tainted
        else _status_instead_of(old, ctx.requester if by_person else ""),
    )
    made = ctx.store.supersede(old.id, draft, by=draft.author, reason=reason)
    return _written(ctx, made, evidence)


def withdrawn(record: Record, by: str) -> str:
    """How a record ceased to hold: `retracted by Maya on 22 Nov 2026: changed to 150`."""
    day = record.updated_at
    text = f"{record.status} by {by} on {day.day} {day:%b %Y}"
    return f"{text}: {record.reason.rstrip('.')}" if record.reason else text


def _gone(ctx: ToolContext, record: Record) -> str:
    return withdrawn(record, known_as(ctx.store.database, record.updated_by))


def page_of(ctx: ToolContext, record: Record) -> str:
    """The record on the memory page, which the local workspace serves; "" elsewhere."""
    there = urlsplit(ctx.thread_link)
    local = there.hostname in ("127.0.0.1", "localhost")
    return f"{there.scheme}://{there.netloc}/memory/{record.id}" if local else ""


def _replaceable(ctx: ToolContext, record_id: str) -> Record:
    old = ctx.store.get(record_id, scopes=ctx.scopes)
    if old is None or (ctx.as_of is not None and old.known_at > ctx.as_of):
        raise InputError(
            f"There is no record {record_id} here.",
            "It does not exist or belongs to another conversation.",
            "Use an id that `recall` showed.",
        )
    if old.scope != ctx.home:
        raise InputError(
            f"The record {record_id} cannot be replaced from here.",
            "It belongs to a wider circle than this conversation, whose words would leak into it.",
            "Say so in the answer; a person can change it where it belongs.",
        )
    return old


def _status_instead_of(old: Record, person: str) -> Status:
    """Nobody's words but one's own give way at once; `person` is who asks, "" for an agent by itself."""
    theirs = old.source.kind == "person" or not headlines.by_agent(old.author)
    others = theirs and old.author != person
    return "proposed" if old.pinned or others or old.kind == "decision" else "active"


def _evidence(ctx: ToolContext, texts: Iterable[str], named: Sequence[str]) -> tuple[Receipt, ...]:
    ids = dict.fromkeys([*(name for text in texts for name in cited(text)), *named])
    found = {name: ctx.receipts.get(name, scopes=ctx.scopes) for name in ids}
    unknown = [name for name, receipt in found.items() if receipt is None]
    if unknown:
        raise InputError(
            "It was not remembered.",
            f"There is no receipt {', '.join(unknown)} here.",
            "Cite receipts of this conversation only.",
        )
    return tuple(receipt for receipt in found.values() if receipt is not None)


def _without_references(ctx: ToolContext, text: str) -> str:
    """The text with its figures filled in; a record must not hold a reference to nothing."""

    def lookup(name: str) -> Receipt | None:
        return ctx.receipts.get(name, scopes=ctx.scopes)

    if missing := render(text, lookup).missing:
        raise InputError(
            "It was not remembered.",
            f"The receipts hold no value {', '.join(missing)}.",
            "Cite the keys exactly as the tool returned them.",
        )
    return plain(text, lookup)


def _source(ctx: ToolContext) -> Source:
    if not ctx.thread_link:
        return Source(kind="run", ref=ctx.run_id, title=ctx.thread_title)
    return Source(
        kind="message",
        ref=ctx.thread_link,
        permalink=ctx.thread_link,
        title=ctx.thread_title,
    )


def _as_source(receipt: Receipt) -> Source:
    return Source(kind="receipt", ref=receipt.id, title=f"{receipt.tool}@{receipt.version}")


def _written(ctx: ToolContext, record: Record, evidence: Sequence[Receipt]) -> Result:
    waits = record.status == "proposed"
    page = page_of(ctx, record)
    link = {"page": Value(value=page, unit="text", label="Its page")} if page else {}
    return Result(
        summary=f"Remembered as {record.kind} {record.id}: {record.title or record.text[:80]}"
        + (
            " (proposed: it holds once a person presses Approve under your message)."
            if waits
            else "."
        ),
        values={
            "record": Value(value=record.id, unit="text", label="Record"),
            "status": Value(value=record.status, unit="text", label="Status"),
            **link,
        },
        data=(
            _reference(record),
            *(DataRef(dataset=f"receipt:{receipt.id}") for receipt in evidence),
        ),
        known_at=record.known_at,
    )


def _reference(record: Record) -> DataRef:
    return DataRef(dataset=f"record:{record.id}", vintage=f"v{record.version}", rows=1)


def _row(ctx: ToolContext, hit: Hit) -> tuple[Scalar, ...]:
    record = hit.record
    text = record.text if len(record.text) <= _SHOWN else hit.snippet
    return (
        record.id,
        record.kind,
        record.title,
        text,
        record.speaker or record.author,
        record.known_at.isoformat(timespec="minutes"),
        record.source.permalink or record.source.ref,
        record.confidence,
        hit.why,
        page_of(ctx, record),
    )
