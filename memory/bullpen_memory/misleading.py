"""“This misled us”: what a bad answer was based on is marked, believed less, and put up for correction.

The rule it protects: nothing is taken away by it: a record that misled is still found, with the
mark of a dispute and who gave it, until a person settles, corrects or retracts it. What a person
pinned keeps its confidence. It judges no answer; a person does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from bullpen_memory import headlines, rows, writing
from bullpen_memory.errors import InputError
from bullpen_memory.listing import DISPUTED
from bullpen_memory.records import Draft, Record, Source
from bullpen_memory.store import Store
from bullpen_memory.writing import Act

if TYPE_CHECKING:
    from bullpen_memory.database import Connection

UNSTATED = 0.8
"""The confidence that a record without one is taken to have before it is lowered."""
FACTOR = 0.5
_MOST = 12
"""So many records of one answer are marked at most: the cited ones, else the first shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Misled:
    """What came of it: the records that are marked, and the proposed correction if a note was given."""

    marked: tuple[Record, ...]
    correction: Record | None


def cited(store: Store, *, run_id: str, agent: str, answer: str, text: str) -> tuple[str, ...]:
    """Note which of the records shown in a run an answer names; `answer` is the message's id.

    Safe to repeat. Returns the ids in the order in which they were shown.
    """
    shown = dict.fromkeys(i for recall in store.recalls(run_id) for i in recall.record_ids)
    named = tuple(i for i in shown if i in text)
    if named:
        at = rows.iso(store.now())
        with store.database.writing() as db:
            db.executemany(
                "INSERT INTO cited (run_id, agent, answer, record_id, at)"
                " VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                [(run_id, agent, answer, record_id, at) for record_id in named],
            )
    return named


def basis(store: Store, run_id: str, answer: str = "") -> tuple[str, ...]:
    """The ids of what an answer rests on: what it cited, else what its run cited, else was shown."""
    found = store.database.read(
        "SELECT record_id, answer FROM cited WHERE run_id = ? ORDER BY seq", (run_id,)
    )
    own = tuple(row["record_id"] for row in found if row["answer"] == answer)
    shown = (i for recall in store.recalls(run_id) for i in recall.record_ids)
    return (
        own
        or tuple(dict.fromkeys(row["record_id"] for row in found))
        or tuple(dict.fromkeys(shown))
    )


def misled(
    store: Store,
    *,
    run_id: str,
    by: str,
    note: str = "",
    answer: str = "",
    scopes: frozenset[str] | None = None,
) -> Misled:
    """A person says that an answer misled: mark what it rests on, and propose the note as correction.

    `by` is the person's id; `scopes` what that person may see: other records are left alone. The
    same person on the same run again changes nothing but the note. Messages are marked by nobody:
    that somebody said something stays true.
    """
    if not by.strip():
        raise InputError("Nothing was marked.", "It is not said who asks.", "State `by`.")
    act = Act(action="misled", by=by, reason=rows.clean(note), at=store.now())
    marked: list[Record] = []
    with store.writing() as db:
        for record_id in basis(store, run_id, answer)[:_MOST]:
            record = writing.head(db, record_id)
            if record is None or record.kind == "message" or record.status != "active":
                continue
            if scopes is not None and record.scope not in scopes:
                continue
            if _noted(db, run_id, record_id, act):
                record = writing.follow(db, _doubted(record), act)
            marked.append(record)
    return Misled(marked=tuple(marked), correction=_proposed(store, marked, act))


def _noted(db: Connection, run_id: str, record_id: str, act: Act) -> bool:
    """Whether this person's mark is new; the note of a repeated one is kept."""
    known = db.execute(
        "SELECT 1 FROM misled WHERE run_id = ? AND record_id = ? AND by = ?",
        (run_id, record_id, act.by),
    ).fetchone()
    db.execute(
        "INSERT INTO misled (run_id, record_id, by, note, at) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (run_id, record_id, by) DO UPDATE SET note = excluded.note",
        (run_id, record_id, act.by, act.reason, rows.iso(act.at)),
    )
    return known is None


def _doubted(record: Record) -> Record:
    tags = record.tags if DISPUTED in record.tags else (*record.tags, DISPUTED)
    if record.pinned:
        return replace(record, tags=tags)
    believed = UNSTATED if record.confidence is None else record.confidence
    return replace(record, tags=tags, confidence=round(believed * FACTOR, 3))


def _proposed(store: Store, marked: Sequence[Record], act: Act) -> Record | None:
    """The note as a proposal: in the place of the one record, or beside several."""
    if not act.reason.strip() or not marked:
        return None
    first = marked[0]
    where = tuple(
        Source(kind="run", ref=one.id, permalink=one.source.permalink, title=one.title)
        for one in marked
    )
    draft = Draft(
        kind=first.kind if len(marked) == 1 else "note",
        title=headlines.after(first, act.reason) if len(marked) == 1 else "Correction",
        text=act.reason,
        author=act.by,
        source=Source(kind="person", ref=act.by, permalink=first.source.permalink),
        scope=first.scope,
        symbols=first.symbols,
        tags=("correction",),
        evidence=where,
        status="proposed",
    )
    if len(marked) == 1 and first.kind in rows.STATEMENTS:
        try:
            return store.supersede(first.id, draft, by=act.by, reason="it misled an answer")
        except InputError:
            # The note says what the record says, or was forgotten: there is nothing to propose.
            return None
    kept = store.add(replace(draft, kind="note", title="Correction"))
    return kept if kept.status == "proposed" else None


def marks(store: Store, record_id: str) -> list[tuple[str, str, str, datetime]]:
    """Every time a record misled: run, person, note and when, oldest first."""
    found = store.database.read(
        "SELECT run_id, by, note, at FROM misled WHERE record_id = ? ORDER BY seq", (record_id,)
    )
    return [(r["run_id"], r["by"], r["note"], rows.moment_of(r["at"])) for r in found]
