"""Scope: what a reader may not see is never returned, counted or hinted at."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bullpen_memory.errors import BullpenError
from bullpen_memory.index import ChromaIndex
from bullpen_memory.indexer import Indexer
from bullpen_memory.records import WORKSPACE, Kind, Query, Record, Status
from bullpen_memory.store import Store

from .conftest import Clock, HashedEmbedder, Lend, draft

SCOPES = [WORKSPACE, "channel:C1", "channel:C2", "person:U1"]
WORDS = ["oil", "gold", "vol", "spread", "石油", "rates", "carry"]
ALL: frozenset[Status] = frozenset({"proposed", "active", "superseded", "retracted", "forgotten"})

sentences = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join)
additions = st.tuples(
    st.just("add"),
    sentences,
    st.sampled_from(SCOPES),
    st.sampled_from(["note", "message", "passage"]),
)
operations = st.tuples(
    st.sampled_from(["revise", "retract", "restore", "pin", "forget", "supersede", "approve"]),
    sentences,
    st.integers(0, 50),
    st.just(""),
)


def apply(
    store: Store, records: list[Record], step: tuple[str, str, object, str], number: int
) -> None:
    """Carry out one random operation; what the store refuses with a sentence is fine."""
    action, text, which, kind = step
    if action == "add":
        made = draft(
            text, kind=cast("Kind", kind), ref=f"m{number}", scope=str(which), thread="t",
            tags=(text.split()[0],), status="proposed" if number % 5 == 4 else "active",
        )  # fmt: skip
        records.append(store.add(made))
        return
    if not records:
        return
    record = store.get(records[cast("int", which) % len(records)].id)
    assert record is not None
    with contextlib.suppress(BullpenError):
        if action == "revise":
            store.revise(record.id, expected_version=record.version, by="ann", reason="", text=text)
        elif action == "supersede":
            records.append(
                store.supersede(
                    record.id,
                    draft(text, ref=f"m{number}", scope=record.scope),
                    by="ann",
                    reason="",
                )
            )
        elif action in ("approve", "pin", "restore"):
            getattr(store, action)(record.id, by="bob")
        else:
            getattr(store, action)(record.id, by="bob", reason="")


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    steps=st.lists(st.one_of(additions, additions, operations), max_size=25),
    seen=st.frozensets(st.sampled_from(SCOPES)),
    asked=st.one_of(st.just(""), sentences),
    kinds=st.frozensets(st.sampled_from(["note", "message", "passage"]), max_size=2),
    past=st.integers(0, 60),
)
def test_nothing_outside_the_scopes_is_returned_counted_or_hinted(
    steps: list[tuple[str, str, object, str]],
    seen: frozenset[str],
    asked: str,
    kinds: frozenset[Kind],
    past: int,
    lend: Lend,
) -> None:
    with lend() as place:
        whole = Store(place, embedder=HashedEmbedder(), clock=Clock())
        records: list[Record] = []
        for number, step in enumerate(steps):
            apply(whole, records, step, number)
        visible = {record.id for record in records if record.scope in seen}
        as_of = None if past > 40 else datetime(2026, 1, 5, 9, 0, past, tzinfo=UTC)
        query = Query(text=asked, scopes=seen, kinds=kinds, statuses=ALL, as_of=as_of, limit=100)
        found = whole.find(query)
        listed = whole.find(Query(scopes=seen, kinds=kinds, statuses=ALL, as_of=as_of, limit=100))
        assert {hit.record.id for hit in found.hits} <= visible
        assert found.total == len(found.hits) <= len(visible)
        assert all(hit.record.scope in seen for hit in found.hits)
        # Whatever a search brings, a plain listing of the same question shows too.
        assert {h.record.id for h in found.hits} <= {h.record.id for h in listed.hits}
        counted = whole.count(seen)
        assert sum(counted.get(status, 0) for status in ALL) == len(visible)
        for record in records:
            allowed = record.scope in seen
            assert (whole.get(record.id, scopes=seen) is not None) == allowed
            assert bool(whole.history(record.id, scopes=seen)) == allowed
            assert bool(whole.changes(record.id, scopes=seen)) == allowed
        assert {change.record_id for change in whole.recent_changes(seen)} <= visible
        for hit in found.hits:
            shown = f"{hit.snippet} {hit.record.title}".replace("**", "")
            assert set(shown.split()) <= set(hit.record.text.split()) | {"…"}
        whole.close()


def test_a_neighbour_in_another_scope_lends_no_words(store: Store) -> None:
    store.add(draft("the merger closes", kind="message", ref="m1", scope="channel:C1", thread="t"))
    store.add(draft("agreed", kind="message", ref="m2", thread="t"))
    assert store.find(Query(text="merger", scopes=frozenset({WORKSPACE}))).total == 0


def test_a_stale_index_brings_nothing_back(tmp_path: Path, store: Store) -> None:
    private = store.add(draft("the merger closes in June", scope="channel:C1"))
    gone = store.add(draft("the merger closes in July"))
    index = ChromaIndex(tmp_path / "chroma")
    Indexer(store, index).drain()
    store.use_index(index, exact_limit=0)
    store.forget(gone.id, by="ann", reason="")
    seen = frozenset({WORKSPACE})
    assert store.find(Query(text="merger closes", scopes=seen, statuses=ALL)).total == 0
    assert private.id in index.holdings()
    index.close()


def test_no_scopes_see_nothing(store: Store) -> None:
    store.add(draft("oil"))
    assert store.find(Query(text="oil")).total == 0
    assert store.find(Query()).total == 0
    assert store.count(frozenset()) == {}
