"""The frozen record types of the context store.

The rule they protect: nothing enters the store without an author, a source that a click can
open, and a scope that says who may ever see it. They hold no behaviour; `store.py` does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Kind = Literal[
    "message",
    "note",
    "finding",
    "decision",
    "fact",
    "passage",
    "document",
    "series",
    "chart",
    "idea",
    "task",
]
Status = Literal["proposed", "active", "superseded", "retracted", "forgotten"]
SourceKind = Literal["message", "receipt", "run", "file", "url", "person"]

WORKSPACE = "workspace"
"""The scope of what everybody in the workspace may see."""


def channel_scope(channel_id: str) -> str:
    """The scope of what was said in one private channel."""
    return f"channel:{channel_id}"


def person_scope(user_id: str) -> str:
    """The scope of what was said in one person's direct messages with the desk."""
    return f"person:{user_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a record comes from, in a form that a click resolves.

    `ref` is the identity (message id, receipt id, run id, file sha256, URL or user id);
    `permalink` the address to open; `locator` a page, a cell or a span within the source.
    """

    kind: SourceKind
    ref: str
    permalink: str = ""
    title: str = ""
    locator: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a caller hands in; the store adds identity, version and times.

    `valid_from`/`valid_to` say when the statement is true of the world, `known_at` when the
    desk could first have known it (default: the moment of writing). All times are aware UTC.
    `confidence` is in [0, 1] or None for "not stated". `author` is an agent id or a user id.
    `thread` is the conversation or document this is a part of: its neighbours there help to
    find it. `speaker` is the author's name as people say it.
    """

    kind: Kind
    text: str
    author: str
    source: Source
    scope: str
    title: str = ""
    tags: tuple[str, ...] = ()
    symbols: tuple[str, ...] = ()
    language: str = "en"
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    known_at: datetime | None = None
    confidence: float | None = None
    evidence: tuple[Source, ...] = ()
    status: Status = "active"
    pinned: bool = False
    thread: str = ""
    speaker: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One version of one item of the store. `id` is stable over versions, `version` counts from 1."""

    id: str
    version: int
    kind: Kind
    title: str
    text: str
    author: str
    source: Source
    scope: str
    tags: tuple[str, ...]
    symbols: tuple[str, ...]
    language: str
    valid_from: datetime | None
    valid_to: datetime | None
    known_at: datetime
    confidence: float | None
    evidence: tuple[Source, ...]
    status: Status
    pinned: bool
    supersedes: str | None
    superseded_by: str | None
    reason: str
    created_at: datetime
    updated_at: datetime
    updated_by: str
    thread: str = ""
    speaker: str = ""

    def expired(self, at: datetime) -> bool:
        """Whether what it says was true only until a time before `at`."""
        return self.valid_to is not None and self.valid_to < at


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A question to the store.

    `scopes` is the complete set of scopes the asker may see: an empty set finds nothing.
    An empty `text` lists by time, newest first. `since` and `until` (both inclusive) look at the
    time a record is about, or where none is stated at the time it became known. `as_of` shows
    the store as it was known then: later records, edits and retractions are not there yet.
    Within a filter any value is enough; the filters together must all hold. `cursor` is the `next`
    of the page before; with it `offset` is not looked at.
    """

    text: str = ""
    scopes: frozenset[str] = frozenset()
    kinds: frozenset[Kind] = frozenset()
    authors: frozenset[str] = frozenset()
    symbols: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    statuses: frozenset[Status] = frozenset({"active"})
    since: datetime | None = None
    until: datetime | None = None
    as_of: datetime | None = None
    limit: int = 10
    offset: int = 0
    cursor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One found record: `score` in [0, 1], a `snippet` with **matches** marked, and `why` it was found."""

    record: Record
    score: float
    snippet: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A page of hits. `total` counts all eligible matches; `notes` says what was not searched or
    counted, and why; `next` is the cursor of the page after this one, "" after the last."""

    hits: tuple[Hit, ...]
    total: int
    notes: tuple[str, ...] = ()
    next: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One entry of a record's history: who did what to which version, when and why."""

    record_id: str
    version: int
    action: str
    by: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """One entry of the injection log: what was shown to which agent for which question."""

    run_id: str
    agent: str
    query: str
    record_ids: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesInfo:
    """The descriptor of one time series. Periods are dates, the period's end.

    `kind` is "observed" for data somebody measured and "synthetic" for data somebody made up;
    the latter is stamped on every figure and chart drawn from it.
    """

    id: str
    title: str
    unit: str
    frequency: Literal["daily", "weekly", "monthly", "quarterly", "annual", "irregular"]
    source: str
    licence: str
    kind: Literal["observed", "synthetic"] = "observed"
    symbols: tuple[str, ...] = ()
    scope: str = WORKSPACE
    url: str = ""
    notes: str = ""


@dataclass(frozen=True, slots=True)
class Observation:
    """One published value of one period. A revision is another observation with a later `known_at`."""

    period: str
    value: float | None
    known_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesSlice:
    """The values of a series as known at one time, sorted by period.

    `vintage` is the latest `known_at` among the rows, `sha256` the hash of exactly these rows.
    """

    info: SeriesInfo
    observations: tuple[Observation, ...]
    vintage: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What `verify` found: do the store and its index hold the same records in the same versions, made
    from the same texts (by hash)? `altered` are records whose text is not the one that was written.
    """

    records: int
    indexed: int
    missing: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    orphaned: tuple[str, ...] = ()
    unfindable: tuple[str, ...] = field(default=())
    altered: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def clean(self) -> bool:
        """True when every difference list is empty."""
        return self.in_step and not self.altered

    @property
    def in_step(self) -> bool:
        """Whether the index is right; a text that was altered behind the store is no fault of its."""
        return not (self.missing or self.stale or self.orphaned or self.unfindable)
