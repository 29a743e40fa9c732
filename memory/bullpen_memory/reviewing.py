"""What people do with records beyond a single change: merge, dispute, share, restate.

The rule it protects: nothing is overwritten and nothing widens its circle by itself: what moves
to another scope is a new record that the old one points to, and every step names its person.
Single changes (approve, retract, pin …) are the store's own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, cast

from ulid import ULID

from bullpen_memory import changes, headlines, rows, writing
from bullpen_memory.database import Database
from bullpen_memory.errors import InputError
from bullpen_memory.listing import DISPUTED
from bullpen_memory.records import Draft, Record, Source
from bullpen_memory.store import Store, utcnow
from bullpen_memory.writing import Act, Vector

if TYPE_CHECKING:
    from bullpen_memory.database import Connection


@dataclass(frozen=True, slots=True)
class Seen:
    """A record as somebody read it: a change is refused where it has moved on since."""

    id: str
    version: int


class Review:
    """The review steps over one store."""

    def __init__(self, store: Store, clock: Callable[[], datetime] = utcnow) -> None:
        self._store = store
        self._clock = clock

    def merge(self, keep: Seen, others: Sequence[Seen], *, by: str, reason: str = "") -> Record:
        """Let one record stand for several that say the same; it takes over their sources.

        The others are superseded by it. Raises InputError for records of different scopes, and
        ConflictError where one of them changed since it was read.
        """
        rest = [one for one in dict.fromkeys(others) if one.id != keep.id]
        if not rest:
            raise InputError(
                "Nothing was merged.", "One record was chosen.", "Choose at least two."
            )

        def step(db: Connection, act: Act) -> Record:
            kept = _present(db, keep)
            gone = [_present(db, one) for one in rest]
            for other in gone:
                _mergeable(kept, other)
            sources = [kept.source, *kept.evidence]
            more = [
                s for other in gone for s in (other.source, *other.evidence) if s not in sources
            ]
            made = writing.follow(
                db,
                replace(
                    kept,
                    evidence=(*kept.evidence, *dict.fromkeys(more)),
                    tags=_union(kept.tags, *(other.tags for other in gone)),
                    symbols=_union(kept.symbols, *(other.symbols for other in gone)),
                ),
                act,
            )
            for other in gone:
                changes.step_aside(db, other, kept.id, act)
            return made

        return self._change("merge", by, reason, step)

    def separate(self, record_id: str, *, by: str, reason: str = "") -> Record:
        """Undo a merge for one record: it stands for itself again. What was taken over stays there."""

        def step(db: Connection, act: Act) -> Record:
            record = writing.must_exist(writing.head(db, record_id), record_id)
            if record.status != "superseded" or _last_action(db, record_id) != "merge":
                raise InputError(
                    f"The record {record_id} was not separated.",
                    "It was not merged into another one.",
                    "Restore it, or see its history for how it ceased to hold.",
                )
            row = db.execute(
                "SELECT status FROM version WHERE id = ? AND n = ?", (record_id, record.version - 1)
            ).fetchone()
            return writing.follow(
                db, replace(record, status=row["status"], superseded_by=None), act
            )

        return self._change("separate", by, reason, step)

    def dispute(self, seen: Seen, *, by: str, reason: str) -> Record:
        """Mark a record as contradicted. It is still found, with the mark. Raises InputError without a reason."""
        if not reason.strip():
            raise InputError(
                "Nothing was disputed.", "No reason was given.", "Say what speaks against it."
            )

        def step(db: Connection, act: Act) -> Record:
            record = _present(db, seen)
            _in_force(record, "disputed")
            if DISPUTED in record.tags:
                return record
            return writing.follow(db, replace(record, tags=(*record.tags, DISPUTED)), act)

        return self._change("dispute", by, reason, step)

    def settle(self, seen: Seen, *, by: str, reason: str = "") -> Record:
        """Take the mark of a dispute away: the record holds."""

        def step(db: Connection, act: Act) -> Record:
            record = _present(db, seen)
            tags = tuple(tag for tag in record.tags if tag != DISPUTED)
            return (
                record
                if tags == record.tags
                else writing.follow(db, replace(record, tags=tags), act)
            )

        return self._change("settle", by, reason, step)

    def share(self, seen: Seen, scope: str, *, by: str, reason: str = "") -> Record:
        """Make what a record says visible in another scope, and only there from now on.

        A new record with a history of its own is made there; the old one is superseded by it and
        stays, with its sources and its history, where it was. Raises InputError where the scope
        is the same or the record is not in force.
        """
        present = writing.must_exist(self._store.get(seen.id), seen.id)
        if present.scope == scope:
            raise InputError(
                "Nothing was changed.", "It is visible there already.", "Choose another place."
            )
        now = self._clock()
        draft = rows.accepted(
            replace(_same(present), scope=scope, source=_told(present, by), evidence=(), thread="")
        )
        fresh = rows.first_version(draft, record_id=str(ULID()), now=now)
        vector = self._vector(fresh)

        def step(db: Connection, act: Act) -> Record:
            record = _present(db, seen)
            _in_force(record, "shared")
            changes.refuse_forgotten(db, fresh)
            content = rows.content_hash(draft.title, draft.text)
            made = writing.same_statement(db, draft, content)
            if made is None or made.status == "retracted":
                there = replace(fresh, supersedes=record.id)
                made = writing.begin(db, there, rows.identity_hash(draft), vector)
            changes.step_aside(db, record, made.id, act)
            return made

        return self._change("share", by, reason, step)

    def restate(
        self, seen: Seen, *, by: str, text: str, title: str | None = None, reason: str = ""
    ) -> Record:
        """Put a person's own words in the place of a proposal; they hold at once, under that name."""
        present = writing.must_exist(self._store.get(seen.id), seen.id)
        changes.refuse_stale(present, seen.version)
        draft = restated(present, by=by, text=text, title=title)
        return self._store.supersede(present.id, draft, by=by, reason=reason)

    def note(self, record_id: str, *, action: str, by: str, reason: str) -> None:
        """Write down in a record's history what was done about it, without a new version."""
        with self._store.database.writing() as db:
            record = writing.must_exist(writing.head(db, record_id), record_id)
            db.execute(
                "INSERT INTO change (id, n, action, by, reason, at) VALUES (?, ?, ?, ?, ?, ?)",
                (record_id, record.version, action, by, reason, rows.iso(self._clock())),
            )

    def _change(
        self, action: str, by: str, reason: str, step: Callable[[Connection, Act], Record]
    ) -> Record:
        if not by.strip():
            raise InputError("Nothing was changed.", "It is not said who asks.", "State `by`.")
        act = Act(action=action, by=by, reason=rows.clean(reason), at=self._clock())
        with self._store.database.writing() as db:
            made = step(db, act)
        if self._store.on_write is not None:
            self._store.on_write()
        return made

    def _vector(self, record: Record) -> Vector | None:
        embedder = self._store.embedder
        if embedder is None:
            return None
        return Vector(embedder.id, embedder.embed([rows.embedded_text(record)])[0].tobytes())


def known_as(database: Database, author: str) -> str:
    """The name under which somebody last wrote; the id where nobody told a name."""
    found = database.read(
        "SELECT speaker FROM version WHERE author = ? AND speaker <> '' ORDER BY vid DESC LIMIT 1",
        (author,),
    )
    return str(found[0]["speaker"]) if found else author


def _present(db: Connection, seen: Seen) -> Record:
    record = writing.must_exist(writing.head(db, seen.id), seen.id)
    changes.refuse_stale(record, seen.version)
    return record


def _mergeable(kept: Record, other: Record) -> None:
    for record in (kept, other):
        _in_force(record, "merged")
    if kept.scope != other.scope:
        raise InputError(
            "Nothing was merged.",
            f"{kept.id} is visible in {kept.scope}, {other.id} in {other.scope}.",
            "Merge records of one circle only.",
        )
    if kept.status == "proposed" and other.status == "active":
        raise InputError(
            "Nothing was merged.",
            f"{kept.id} is only proposed, and {other.id} is in force.",
            "Keep the one in force, or approve the other first.",
        )
    if other.pinned and not kept.pinned:
        raise InputError(
            "Nothing was merged.",
            f"{other.id} is pinned and would no longer hold.",
            "Keep the pinned one, or unpin it first.",
        )


def _in_force(record: Record, done: str) -> None:
    if record.status not in ("active", "proposed"):
        raise InputError(
            f"The record {record.id} was not {done}.",
            f"It is {record.status}.",
            "Restore it first.",
        )


def _last_action(db: Connection, record_id: str) -> str:
    row = db.execute(
        "SELECT action FROM change WHERE id = ? ORDER BY seq DESC LIMIT 1", (record_id,)
    ).fetchone()
    return cast("str", row["action"])


def _same(record: Record) -> Draft:
    """What the record says, as a draft."""
    return Draft(
        kind=record.kind, text=record.text, title=record.title, author=record.author,
        speaker=record.speaker, source=record.source, scope=record.scope, tags=record.tags,
        symbols=record.symbols, language=record.language, valid_from=record.valid_from,
        valid_to=record.valid_to, confidence=record.confidence, evidence=record.evidence,
        status=record.status, pinned=record.pinned, thread=record.thread,
    )  # fmt: skip


def restated(record: Record, *, by: str, text: str, title: str | None = None) -> Draft:
    """A person's own words in the place of a record, with what that rested on as evidence."""
    source = Source(
        kind="person", ref=by, title=f"Instead of: {record.title or record.text[:60]}",
        locator=f"{record.id} version {record.version}",
    )  # fmt: skip
    return replace(
        _same(record),
        text=text,
        title=headlines.after(record, text) if title is None or title == record.title else title,
        author=by,
        speaker="",
        source=source,
        evidence=(record.source, *record.evidence),
        status="active",
    )


def _told(record: Record, by: str) -> Source:
    """Where a shared record comes from. What a link or a title of the old place says stays there."""
    return Source(
        kind="person", ref=by, title="Shared from another conversation", locator=record.id
    )


def _union(*lists: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for values in lists for value in values))
