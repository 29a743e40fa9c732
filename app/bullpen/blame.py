"""What an answer was based on, and what becomes of it when a person says that it misled them.

The rule it protects: only records that were shown to the run and that the person may see can be
named; each is marked as disputed and believed less, under the person's name, and stays as it was
in its history; a correction is a proposal that somebody else approves. It judges nothing itself.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass

from bullpen_memory import headlines
from bullpen_memory.errors import BullpenError
from bullpen_memory.listing import DISPUTED
from bullpen_memory.records import Draft, Record, Source
from bullpen_memory.reviewing import Review, Seen
from bullpen_memory.store import Store

SHOWN = 10
"""Records that a person can choose from: as many as one group of checkboxes holds."""
UNSTATED = 0.5
"""The confidence that a record is lowered from where none was stated."""
SHARE = 0.5
REASON = "misled: {note}"
log = logging.getLogger("bullpen.blame")


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """What a person says of an answer: which records misled, what is right instead, and where."""

    run_id: str
    person: str
    record_ids: tuple[str, ...]
    right: str
    scope: str
    permalink: str


@dataclass(frozen=True, slots=True)
class Consequence:
    """The ids of the records that are disputed now, and of the proposed correction ("" for none)."""

    disputed: tuple[str, ...] = ()
    proposed: str = ""


class Blame:
    """The records behind answers, by the store's injection log."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._review = Review(store)

    def shown(self, run_id: str, scopes: Collection[str]) -> list[Record]:
        """What was shown to a run, is in force and may be seen; the last shown first."""
        ids = [i for recall in reversed(self._store.recalls(run_id)) for i in recall.record_ids]
        visible = frozenset(scopes)
        found = (self._store.get(record_id, scopes=visible) for record_id in dict.fromkeys(ids))
        return [record for record in found if record and record.status == "active"][:SHOWN]

    def act(self, complaint: Complaint, scopes: Collection[str]) -> Consequence:
        """Mark what misled, and propose the correction. Records that moved on meanwhile are left."""
        shown = {record.id: record for record in self.shown(complaint.run_id, scopes)}
        named = [shown[i] for i in complaint.record_ids if i in shown]
        reason = REASON.format(note=complaint.right.strip()[:200] or "no correction was given")
        disputed = tuple(r.id for r in named if self._dispute(r, complaint.person, reason))
        proposed = self._propose(complaint, named) if complaint.right.strip() else ""
        return Consequence(disputed, proposed)

    def _dispute(self, record: Record, by: str, reason: str) -> bool:
        if DISPUTED in record.tags:
            # The verdict itself has marked it already; it is not believed less twice.
            return True
        try:
            lower = (UNSTATED if record.confidence is None else record.confidence) * SHARE
            revised = self._store.revise(
                record.id, expected_version=record.version, by=by, reason=reason, confidence=lower
            )
            self._review.dispute(Seen(revised.id, revised.version), by=by, reason=reason)
        except BullpenError as error:
            log.info("%s is not disputed: %s", record.id, error)
            return False
        return True

    def _propose(self, complaint: Complaint, named: list[Record]) -> str:
        """A draft in the place of the one record that was named; beside them where there are more."""
        one = named[0] if len(named) == 1 and named[0].kind not in ("message", "passage") else None
        draft = Draft(
            kind=one.kind if one else "note",
            text=complaint.right.strip(),
            title=headlines.after(one, complaint.right.strip()) if one else "Correction",
            author=complaint.person,
            source=Source(kind="person", ref=complaint.person, permalink=complaint.permalink),
            scope=one.scope if one else complaint.scope,
            symbols=tuple(dict.fromkeys(symbol for r in named for symbol in r.symbols)),
            evidence=tuple(r.source for r in named),
            status="proposed",
        )
        try:
            if one is None:
                return self._store.add(draft).id
            return self._store.supersede(one.id, draft, by=complaint.person, reason="correction").id
        except BullpenError as error:
            log.warning("the correction of %s is not kept: %s", complaint.person, error)
            return ""
