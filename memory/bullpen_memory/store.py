"""The context store: the one class through which records are written, changed and read.

The rule it protects: every write is one transaction with an author and a history, nothing is
overwritten, and what is read is limited to the asker's scopes inside SQLite. It does not touch
the vector index; `index.py` follows the outbox that each write leaves behind.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Unpack

from ulid import ULID

from bullpen_memory import changes, echoes, filters, migrations, rows, sameness, writing
from bullpen_memory.changes import Revision
from bullpen_memory.database import Place, open_database
from bullpen_memory.errors import InputError
from bullpen_memory.policy import Policy
from bullpen_memory.records import Change, Draft, Found, Query, Recall, Record
from bullpen_memory.search import EXACT_LIMIT, Search
from bullpen_memory.writing import Act, Vector

Scopes = frozenset[str] | None
"""What a reader may see; None for who sees all."""
Moment = datetime | None

if TYPE_CHECKING:
    from bullpen_memory.database import Connection
    from bullpen_memory.embed import Embedder
    from bullpen_memory.index import Index

Step = Callable[["Connection", Record, Act], Record]


def utcnow() -> datetime:
    """The present, aware and in UTC."""
    return datetime.now(UTC)


class Store:
    """Records in one SQLite file or PostgreSQL database. Synchronous and safe to share between threads.

    Times given and returned are aware UTC datetimes. `scopes=None` means unrestricted and is for
    our own machinery; everything done on behalf of a reader passes that reader's scopes.
    """

    def __init__(
        self,
        place: Place,
        *,
        embedder: Embedder | None = None,
        clock: Callable[[], datetime] = utcnow,
        former: Embedder | None = None,
    ) -> None:
        """Open or create it: a file by its path, or a PostgreSQL database by its address.

        `former` compares what `embedder` has not embedded yet, after one took the other's place.
        Raises OperatorError when the machine or the server refuses.
        """
        self.place = place
        self.embedder = embedder
        self.database = open_database(place)
        self.on_write: Callable[[], None] | None = None
        self.policy = Policy()
        self._clock = clock
        # A process that ended between erasing and emptying the log leaves that to the next.
        self._erasing = True
        self._search = Search(self.database, embedder, former)
        try:
            migrations.apply(self.database)
            self.finish_erasing()
        except BaseException:
            self.database.close()
            raise

    def close(self) -> None:
        """Close every connection. The store cannot be used afterwards."""
        self.database.close()

    def use_index(self, index: Index | None, *, exact_limit: int = EXACT_LIMIT) -> None:
        """Let `find` ask this index where more than `exact_limit` rows are eligible.

        The process that owns the index calls it; with fewer rows comparing them all is as fast.
        """
        self._search.use_index(index, exact_limit)

    def one_generation(self) -> None:
        """Compare by the present embedder alone from now on; the indexer says so when all have it."""
        self._search.one_generation()

    def now(self) -> datetime:
        """The present by the store's clock."""
        return self._clock()

    # Writing

    def add(self, draft: Draft) -> Record:
        """Store a draft, or return the record that already holds it.

        Forgotten content is not stored again: the answer is its tombstone (status "forgotten").
        Raises InputError for an empty or oversized text or a missing author or scope.
        """
        return self.add_many([draft])[0]

    def add_many(self, drafts: Sequence[Draft], *, vectors: bool = True) -> list[Record]:
        """Store several drafts in one transaction, in order; each as `add` would.

        Without `vectors`, or where an indexer follows this store, they are found by their words at
        once, and by meaning when the indexer has come to them, in a moment or for thousands of
        passages in minutes.
        """
        ready = [rows.threaded(rows.accepted(draft)) for draft in drafts]
        identities = [rows.identity_hash(draft) for draft in ready]
        new = [i for i, identity in enumerate(identities) if not self._stored(identity)]
        now = self._clock()
        firsts = {i: rows.first_version(ready[i], record_id=str(ULID()), now=now) for i in new}
        # Where an indexer follows, it embeds: a write does not wait for the model.
        inline = vectors and self.on_write is None
        made = self._embedded(firsts.values()) if inline else [None] * len(new)
        ready_vectors = dict(zip(new, made, strict=True))
        with self.writing() as db:
            return [
                self._place(db, draft, identity, firsts.get(i), ready_vectors.get(i))
                for i, (draft, identity) in enumerate(zip(ready, identities, strict=True))
            ]

    def revise(
        self,
        record_id: str,
        *,
        expected_version: int,
        by: str,
        reason: str,
        **new: Unpack[Revision],
    ) -> Record:
        """Write a new version with the fields given. Scope, kind and source never change; a person
        who changes the words becomes the author.

        Raises ConflictError when the record is no longer at `expected_version`.
        """
        present = writing.must_exist(self.get(record_id), record_id)
        planned = changes.revised(present, new)
        vector = (
            self._embedded([planned])[0]
            if rows.words_of(planned) != rows.words_of(present)
            else None
        )

        def step(db: Connection, record: Record, act: Act) -> Record:
            made = changes.attributed(db, changes.revised(record, new), record, act.by)
            changes.refuse_forgotten(db, made)
            return record if made == record else writing.follow(db, made, act, vector)

        return self._change(record_id, "revise", step, by, reason, expected_version)

    def supersede(self, record_id: str, draft: Draft, *, by: str, reason: str) -> Record:
        """Store `draft` as what holds instead of a record of the same scope; returns the new one.

        A proposed draft leaves the old record in force until a person approves it. The same draft
        again gives back the record that it made the first time.
        """
        ready = rows.threaded(rows.accepted(draft))
        now = self._clock()
        fresh = rows.first_version(ready, record_id=str(ULID()), now=now)
        vector = self._embedded([fresh])[0]
        act = Act(action="supersede", by=by, reason=reason, at=now)
        with self.writing() as db:
            old = writing.must_exist(writing.head(db, record_id), record_id)
            identity = rows.identity_hash(ready)
            said = writing.known(db, identity)
            if said is not None and said.id == old.superseded_by:
                return said
            waiting = changes.same_proposal(db, old, ready)
            if waiting is not None:
                return waiting
            changes.refuse_supersession(old, ready)
            changes.refuse_forgotten(db, fresh)
            fresh = replace(fresh, supersedes=old.id)
            made = writing.begin(db, fresh, identity, vector)
            if made.status == "active":
                changes.step_aside(db, old, made.id, act)
            return made

    def approve(self, record_id: str, *, by: str, expected_version: int | None = None) -> Record:
        """Put a proposal in force. Raises InputError when `by` wrote any of its text."""
        return self._change(record_id, "approve", changes.approve, by, "", expected_version)

    def retract(
        self, record_id: str, *, by: str, reason: str, expected_version: int | None = None
    ) -> Record:
        """Withdraw a record: it is kept with its history and no longer found by default."""
        return self._change(record_id, "retract", changes.retract, by, reason, expected_version)

    def restore(
        self, record_id: str, *, by: str, reason: str = "", expected_version: int | None = None
    ) -> Record:
        """Undo a retraction, or a supersession whose successor was itself withdrawn."""
        return self._change(record_id, "restore", changes.restore, by, reason, expected_version)

    def pin(
        self, record_id: str, *, by: str, pinned: bool = True, expected_version: int | None = None
    ) -> Record:
        """Mark a record as one to keep as it is, or release it."""

        def step(db: Connection, record: Record, act: Act) -> Record:
            return changes.pin(db, record, act, pinned)

        action = "pin" if pinned else "unpin"
        return self._change(record_id, action, step, by, "", expected_version)

    def expire(
        self,
        record_id: str,
        *,
        until: datetime,
        by: str,
        reason: str = "",
        expected_version: int | None = None,
    ) -> Record:
        """State until when a record is true of the world; after that it reads as expired."""

        def step(db: Connection, record: Record, act: Act) -> Record:
            made = changes.revised(record, {"valid_to": until})
            return record if made == record else writing.follow(db, made, act)

        return self._change(record_id, "expire", step, by, reason, expected_version)

    def forget(self, record_id: str, *, by: str, reason: str) -> Record:
        """Erase the text of every version for good; returns the tombstone that stays.

        The bytes leave the file at once, or as soon as no reader holds an older snapshot.
        """
        left = self._change(record_id, "forget", changes.forget, by, reason, None)
        self._search.forget_cached()
        self._erasing = True
        self.finish_erasing()
        return left

    def echoes(self, texts: Iterable[str]) -> list[str]:
        """The ids of the messages of every scope that repeat one of the texts word for word."""
        return echoes.messages(self.database, texts)

    def finish_erasing(self) -> bool:
        """Leave no byte of what was forgotten in freed space; False while a reader is in the way.

        The indexer calls it again until it succeeds; opening the store does too.
        """
        if self._erasing:
            self._erasing = not self.database.scour()
        return not self._erasing

    def log_recall(self, *, run_id: str, agent: str, query: str, record_ids: Iterable[str]) -> None:
        """Note which records were shown to which agent (the injection log)."""
        shown = rows.dump(tuple(record_ids))
        at = rows.iso(self._clock())
        with self.database.writing() as db:
            db.execute(
                "INSERT INTO recall (run_id, agent, query, record_ids, at) VALUES (?, ?, ?, ?, ?)",
                (run_id, agent, rows.clean(query), shown, at),
            )

    # Reading

    def get(self, record_id: str, *, scopes: Scopes = None, as_of: Moment = None) -> Record | None:
        """The record as it is now, or was known then; None where it does not exist or may not be seen."""
        where = filters.seen(scopes, as_of)
        sql = f"SELECT v.* FROM version v WHERE v.id = ? AND {where.sql}"
        found = self.database.read(sql, (record_id, *where.params))
        return rows.to_record(found[0]) if found else None

    def history(
        self, record_id: str, *, scopes: Scopes = None, as_of: Moment = None
    ) -> list[Record]:
        """Every version (known then), oldest first; empty where the record may not be seen."""
        present = self.get(record_id, scopes=scopes, as_of=as_of)
        if present is None:
            return []
        sql = "SELECT * FROM version WHERE id = ? AND n <= ? ORDER BY n"
        return [rows.to_record(r) for r in self.database.read(sql, (record_id, present.version))]

    def members(self, thread: str, scope: str, *, as_of: Moment = None) -> list[Record]:
        """What holds now (or did then) of one conversation or document, in the order of first writing."""
        where = filters.standing(as_of)
        found = self.database.read(
            "SELECT v.* FROM version v JOIN version f ON f.id = v.id AND f.n = 1"
            f" WHERE v.thread = ? AND v.scope = ? AND {where.sql} ORDER BY f.vid",
            (thread, scope, *where.params),
        )
        return [rows.to_record(row) for row in found]

    def changes(
        self, record_id: str, *, scopes: Scopes = None, as_of: Moment = None
    ) -> list[Change]:
        """Who did what to the record (until then), oldest first."""
        if self.get(record_id, scopes=scopes, as_of=as_of) is None:
            return []
        until = "9999" if as_of is None else rows.iso(as_of)
        sql = "SELECT * FROM change WHERE id = ? AND at <= ? ORDER BY seq"
        return [changes.to_change(row) for row in self.database.read(sql, (record_id, until))]

    def recent_changes(self, scopes: frozenset[str] | None, *, limit: int = 50) -> list[Change]:
        """The newest changes of all visible records, newest first."""
        where = filters.seen(scopes)
        found = self.database.read(
            "SELECT c.* FROM change c WHERE EXISTS (SELECT 1 FROM version v WHERE v.id = c.id AND"
            f" {where.sql}) ORDER BY c.seq DESC LIMIT ?",
            (*where.params, limit),
        )
        return [changes.to_change(row) for row in found]

    def recalls(self, run_id: str) -> list[Recall]:
        """The injection log of one run, in order."""
        sql = "SELECT * FROM recall WHERE run_id = ? ORDER BY seq"
        return [changes.to_recall(row) for row in self.database.read(sql, (run_id,))]

    def count(self, scopes: Scopes, *, as_of: Moment = None) -> dict[str, int]:
        """How many records there are (or were known then) by status and, but for the forgotten, by kind.

        Every status and kind that occurs is a key; their names do not overlap.
        """
        where = filters.seen(scopes, as_of)
        rest = f"FROM version v WHERE {where.sql}"
        by_status = f"SELECT v.status, count(*) {rest} GROUP BY v.status"
        by_kind = f"SELECT v.kind, count(*) {rest} AND v.status <> 'forgotten' GROUP BY v.kind"
        found = [
            *self.database.read(by_status, where.params),
            *self.database.read(by_kind, where.params),
        ]
        return {str(row[0]): int(row[1]) for row in found}

    def find(self, query: Query) -> Found:
        """Search by words and meaning within the query's scopes; an empty text lists by time.

        Raises InputError for a negative offset or a limit outside 1 to 1,000.
        """
        return self._search.find(query)

    # Inside

    @contextmanager
    def writing(self) -> Generator[Connection]:
        """One transaction, after which the indexer is woken. For the modules of this package."""
        with self.database.writing() as db:
            yield db
        if self.on_write is not None:
            self.on_write()

    def _stored(self, identity: str) -> bool:
        sql = "SELECT 1 FROM version WHERE identity = ? LIMIT 1"
        return bool(self.database.read(sql, (identity,)))

    def _place(
        self,
        db: Connection,
        draft: Draft,
        identity: str,
        first: Record | None,
        vector: Vector | None,
    ) -> Record:
        content = rows.content_hash(draft.title, draft.text)
        present = writing.known(db, identity) or writing.forgotten(db, draft, content)
        if present is not None:
            return present
        same = writing.same_statement(db, draft, content) or sameness.same_words(db, draft)
        if same is not None:
            return writing.corroborate(db, same, draft, self._clock())
        # `first` is missing only where the record was there a moment ago and has been forgotten
        # since, and then its tombstone was found above.
        made = first or rows.first_version(draft, record_id=str(ULID()), now=self._clock())
        return writing.begin(db, made, identity, vector)

    def _change(
        self,
        record_id: str,
        action: str,
        step: Step,
        by: str,
        reason: str,
        expected_version: int | None,
    ) -> Record:
        if not by.strip():
            raise InputError("Nothing was changed.", "It is not said who asks.", "State `by`.")
        act = Act(action=action, by=by, reason=rows.clean(reason), at=self._clock())
        with self.writing() as db:
            record = writing.must_exist(writing.head(db, record_id), record_id)
            changes.refuse_stale(record, expected_version)
            return step(db, record, act)

    def _embedded(self, records: Iterable[Record]) -> list[Vector | None]:
        """Vectors are made before the transaction, so that no write waits for a model."""
        texts = [rows.embedded_text(record) for record in records]
        if self.embedder is None or not texts:
            return [None] * len(texts)
        made = self.embedder.embed(texts)
        return [Vector(self.embedder.id, row.tobytes()) for row in made]
