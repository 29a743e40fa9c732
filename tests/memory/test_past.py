"""As of an earlier time: single records, histories, ties, uses, lists and counts are as they were."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bullpen_memory.listing import VIEWS, Listing, Shelf
from bullpen_memory.misleading import cited
from bullpen_memory.records import WORKSPACE, Kind, Query, Record, Source, Status
from bullpen_memory.store import Store
from bullpen_memory.ties import linked
from bullpen_memory.usage import used

from .conftest import Clock, HashedEmbedder, draft
from .test_scope import ALL, apply

SCOPES = frozenset({WORKSPACE, "channel:C1"})
KINDS: frozenset[Kind] = frozenset({"note", "finding"})
SOON = datetime(2026, 1, 6, tzinfo=UTC)
SAID = [
    "the spread of brent over crude is wide at 4.10 dollars in May",
    "the spread of brent over crude is wide at 5.20 dollars in May",
    "gold is dear", "石油 is cheap", "carry pays in rates",
]  # fmt: skip

steps = st.lists(
    st.one_of(
        st.tuples(
            st.just("add"), st.sampled_from(SAID), st.sampled_from(sorted(SCOPES)),
            st.sampled_from(sorted(KINDS)),
        ),
        st.tuples(
            st.sampled_from(["revise", "retract", "restore", "pin", "supersede", "approve"]),
            st.sampled_from(SAID), st.integers(0, 50), st.just(""),
        ),
    ),
    max_size=12,
)  # fmt: skip


def world(store: Store, records: list[Record], seen: frozenset[str], as_of: datetime | None) -> Any:
    """Everything a reader can learn: about each record, and of all of them together."""
    listing = Listing(store.database)
    told: dict[str, Any] = {}
    for record in records:
        held = store.get(record.id, scopes=seen, as_of=as_of)
        told[record.id] = None if held is None else (
            (held.version, held.text, held.status, held.pinned, held.superseded_by),
            [one.version for one in store.history(record.id, scopes=seen, as_of=as_of)],
            [(c.action, c.version) for c in store.changes(record.id, scopes=seen, as_of=as_of)],
            {name: {(r.id, r.version) for r in found} for name, found in linked(store.database, held, seen, as_of=as_of).items()},
            [(use.run_id, use.cited) for use in used(store.database, record.id, seen, as_of=as_of)],
        )  # fmt: skip
    hour = as_of or store.now()
    lists = {
        view: [
            (r.id, r.version)
            for r in listing.window(
                listing.order(Shelf(view=view, query=Query(scopes=seen, kinds=KINDS, as_of=as_of)), hour), 0, 99
            )
        ]
        for view in VIEWS
    }  # fmt: skip
    found = store.find(Query(text="spread of crude", scopes=seen, statuses=ALL, as_of=as_of, limit=99))  # fmt: skip
    return (
        {key: held for key, held in told.items() if held is not None},
        store.count(seen, as_of=as_of),
        lists,
        listing.counts(seen, KINDS, hour, as_of),
        (found.total, {(hit.record.id, hit.record.version) for hit in found.hits}),
    )


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(before=steps, after=steps, seen=st.frozensets(st.sampled_from(sorted(SCOPES)), min_size=1))
def test_what_came_later_changes_nothing_of_what_was_known(
    before: list[tuple[str, str, object, str]],
    after: list[tuple[str, str, object, str]],
    seen: frozenset[str],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        clock = Clock()
        store = Store(Path(folder) / "s.db", embedder=HashedEmbedder(), clock=clock)
        records: list[Record] = []
        for number, step in enumerate(before):
            apply(store, records, cast("Any", step), number)
        if records:
            store.log_recall(run_id="r1", agent="quant", query="?", record_ids=[records[0].id])
        moment = store.now()
        known = world(store, records, seen, None)
        store.now()
        for number, step in enumerate(after, start=len(before)):
            apply(store, records, cast("Any", step), number)
        for record in records[:1]:
            store.log_recall(run_id="r2", agent="quant", query="?", record_ids=[record.id])
            cited(store, run_id="r2", agent="quant", answer="a2", text=record.id)
        assert world(store, records, seen, moment) == known
        store.close()


def test_a_question_reads_as_it_did_then(store: Store) -> None:
    record = store.add(draft("copper stocks fell"))
    said = Source(kind="message", ref="r1", permalink="http://127.0.0.1/1")
    asked = store.add(draft("what of copper?", kind="message", source=said))
    store.log_recall(run_id="r1", agent="quant", query="?", record_ids=[record.id])
    moment = store.now()
    text = "what of copper? we lost on it"
    store.revise(asked.id, expected_version=1, by="U1", reason="", text=text)
    then = used(store.database, record.id, SCOPES, as_of=moment)
    now = used(store.database, record.id, SCOPES)
    assert [one.question for one in (*then, *now)] == ["what of copper?", text]
    assert [one.question for one in used(store.database, record.id, frozenset())] == [""]


def test_a_document_that_came_later_takes_no_name_away(store: Store) -> None:
    def passage(thread: str, title: str) -> None:
        source = Source(kind="file", ref=thread, title=title)
        store.add(draft("Revenue was 80 billion.", kind="passage", title=title, source=source, thread=thread))  # fmt: skip

    passage("t1", "Amazon Web Services 10-K 2022")
    query = Query(text="What was the revenue of Amazon in 2022?", scopes=SCOPES, as_of=store.now())
    then = store.find(query)
    assert "names Amazon Web Services" in then.hits[0].why
    passage("t2", "Amazon 10-K 2022")
    assert store.find(query) == then
    assert "names Amazon 10-K" in store.find(replace(query, as_of=None)).hits[0].why


def test_an_answer_that_cites_is_never_crowded_out(store: Store) -> None:
    record = store.add(draft("copper stocks fell"))
    for number in range(6):
        store.log_recall(run_id=f"r{number}", agent="quant", query="?", record_ids=[record.id])
    cited(store, run_id="r0", agent="quant", answer="a0", text=record.id)
    found = used(store.database, record.id, SCOPES, limit=3)
    assert [(one.run_id, one.cited) for one in found] == [("r5", False), ("r4", False), ("r0", True)]  # fmt: skip


def test_a_status_of_its_time_is_counted(store: Store) -> None:
    proposed: Status = "proposed"
    one = store.add(draft("gold is dear", status=proposed))
    moment = store.now()
    store.approve(one.id, by="bob")
    assert store.count(SCOPES) == {"active": 1, "note": 1}
    assert store.count(SCOPES, as_of=moment) == {"proposed": 1, "note": 1}
    counted = Listing(store.database).counts(SCOPES, KINDS, SOON, moment)
    assert (counted["proposed"], counted["all"]) == (1, 1)
