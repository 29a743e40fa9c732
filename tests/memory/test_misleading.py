"""An answer that misled: what it rests on is marked and put up for correction, and nothing is lost."""

from __future__ import annotations

import pytest

from bullpen_memory import misleading
from bullpen_memory.errors import InputError
from bullpen_memory.records import Query, Record
from bullpen_memory.store import Store

from .conftest import EVERYBODY, draft


def shown(store: Store, *records: Record, run: str = "run1") -> None:
    store.log_recall(run_id=run, agent="quant", query="q", record_ids=[r.id for r in records])


def test_what_the_answer_cited_is_doubted_and_the_note_proposed_in_its_place(store: Store) -> None:
    wrong = store.add(draft("Silver is abundant", kind="finding", confidence=0.9))
    other = store.add(draft("Oil is volatile", kind="finding"))
    shown(store, wrong, other)
    misleading.cited(store, run_id="run1", agent="quant", answer="m1", text=f"See {wrong.id}.")
    found = misleading.misled(store, run_id="run1", answer="m1", by="U1", note="Silver is scarce")
    (marked,) = found.marked
    assert (marked.id, marked.confidence, marked.tags) == (wrong.id, 0.45, ("disputed",))
    assert store.changes(wrong.id)[-1].by == "U1"
    assert store.get(other.id) == other
    correction = found.correction
    assert correction is not None
    assert (correction.status, correction.supersedes) == ("proposed", wrong.id)
    with pytest.raises(InputError, match="nobody approves their own"):
        store.approve(correction.id, by="U1")
    store.approve(correction.id, by="U2")
    present = store.get(wrong.id)
    assert present is not None
    assert present.status == "superseded"


def test_the_same_person_counts_once_and_another_again(store: Store) -> None:
    wrong = store.add(draft("Silver is abundant", kind="finding"))
    shown(store, wrong)
    for by in ("U1", "U1", "U2"):
        misleading.misled(store, run_id="run1", by=by, note="")
    present = store.get(wrong.id)
    assert present is not None
    assert present.confidence == 0.2
    assert [by for _, by, _, _ in misleading.marks(store, wrong.id)] == ["U1", "U2"]
    assert store.find(Query(text="silver", scopes=EVERYBODY)).hits[0].record == present


def test_messages_other_scopes_and_pinned_confidence_are_left(store: Store) -> None:
    said = store.add(draft("Silver is abundant, I think", kind="message"))
    private = store.add(draft("Silver is abundant here", scope="channel:C1"))
    pinned = store.pin(store.add(draft("Silver is abundant", confidence=0.9)).id, by="ann")
    shown(store, said, private, pinned)
    found = misleading.misled(store, run_id="run1", by="U1", note="No.", scopes=EVERYBODY)
    assert [(one.id, one.confidence) for one in found.marked] == [(pinned.id, 0.9)]
    assert store.get(said.id) == said
    assert store.get(private.id) == private


def test_an_answer_that_rests_on_nothing_marks_nothing(store: Store) -> None:
    found = misleading.misled(store, run_id="none", by="U1", note="Wrong")
    assert (found.marked, found.correction) == ((), None)
    with pytest.raises(InputError, match="not said who asks"):
        misleading.misled(store, run_id="none", by=" ")


def test_forgetting_a_record_takes_the_note_about_it_along(store: Store) -> None:
    wrong = store.add(draft("The key of the vault is 4711", kind="finding"))
    shown(store, wrong)
    misleading.misled(store, run_id="run1", by="U1", note="The key of the vault is not 4711")
    store.forget(wrong.id, by="ann", reason="")
    assert [note for _, _, note, _ in misleading.marks(store, wrong.id)] == [""]
