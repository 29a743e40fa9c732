"""Lists for people, and what they do with records: merge, dispute, share, restate."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.memory.conftest import EVERYBODY, Clock, draft

from bullpen_memory.errors import ConflictError, InputError
from bullpen_memory.listing import VIEWS, Listing, Shelf
from bullpen_memory.misleading import cited
from bullpen_memory.records import WORKSPACE, Draft, Kind, Query, Source
from bullpen_memory.reviewing import Review, Seen
from bullpen_memory.store import Store
from bullpen_memory.ties import linked
from bullpen_memory.usage import used

KINDS: frozenset[Kind] = frozenset(get_args(Kind))
HIDDEN = "channel:C9"


@pytest.fixture
def review(store: Store, clock: Clock) -> Review:
    return Review(store, clock)


def titles(store: Store, clock: Clock, view: str = "all", **query: object) -> list[str]:
    listing = Listing(store.database)
    asked = Query(**{"scopes": EVERYBODY} | query)  # type: ignore[arg-type]
    order = listing.order(
        Shelf(view=view, query=asked, any_status="statuses" not in query), clock.now
    )  # type: ignore[arg-type]
    assert len(order) < 100
    return [record.text for record in listing.window(order, 0, 100)]


def test_each_view_lists_what_its_name_says(store: Store, clock: Clock, review: Review) -> None:
    old = store.add(draft("Old"))
    clock.now += timedelta(days=40)
    new = store.add(draft("New", valid_to=clock.now + timedelta(days=3)))
    waiting = store.add(draft("Waiting", status="proposed"))
    gone = store.add(draft("Gone"))
    store.forget(gone.id, by="ann", reason="wrong")
    assert titles(store, clock, "new") == ["Waiting", "New"]
    assert titles(store, clock, "proposed") == ["Waiting"]
    assert titles(store, clock, "expiring") == ["New"]
    assert titles(store, clock, "forgotten") == [""]
    assert titles(store, clock, "changed") == []
    store.pin(old.id, by="ann")
    review.dispute(Seen(new.id, 1), by="ann", reason="the report was revised")
    assert titles(store, clock, "pinned") == ["Old"]
    assert titles(store, clock, "changed") == ["New", "Old"]
    assert titles(store, clock, "disputed") == ["New"]
    counts = Listing(store.database).counts(EVERYBODY, KINDS, clock.now)
    assert counts == {view: len(titles(store, clock, view)) for view in VIEWS}
    settled = review.settle(Seen(new.id, 2), by="bob")
    assert (settled.tags, titles(store, clock, "disputed")) == ((), [])
    assert store.approve(waiting.id, by="ann").status == "active"


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("volatilit", True), ("volatility", True), ("Vol", True), ("oil vol", True), ("vol oil", True),
        ("oil silver", False), ("o", True), ("の米", False), ("生産", True), ('"(*', False), ("the oil", True),
    ],
)  # fmt: skip
def test_every_keystroke_is_a_question(store: Store, clock: Clock, typed: str, found: bool) -> None:
    store.add(draft("Oil volatility rose; 石油の生産は減った"))
    store.add(draft("Silver fell"))
    assert ("Oil volatility rose; 石油の生産は減った" in titles(store, clock, text=typed)) is found


def test_a_window_is_a_part_of_the_list_and_a_change_makes_a_new_one(
    store: Store, clock: Clock
) -> None:
    store.add_many([draft(f"Number {n}") for n in range(120)])
    listing, shelf = Listing(store.database), Shelf(query=Query(scopes=EVERYBODY))
    order = listing.order(shelf, clock.now)
    pages = [record.text for n in range(0, 120, 50) for record in listing.window(order, n, 50)]
    assert pages == [f"Number {n}" for n in reversed(range(120))]
    assert listing.order(shelf, clock.now) is order
    store.add(draft("One more"))
    again = listing.order(shelf, clock.now)
    assert listing.window(again, 0, 1)[0].text == "One more"
    assert listing.window(again, 121, 50) == []


def test_the_list_as_it_was_known(store: Store, clock: Clock) -> None:
    record = store.add(draft("It was 70"))
    before = clock.now
    clock.now += timedelta(days=1)
    store.revise(record.id, expected_version=1, by="ann", reason="", text="It was 71")
    store.add(draft("Later"))
    assert titles(store, clock, as_of=before) == ["It was 70"]
    assert titles(store, clock) == ["Later", "It was 71"]


def test_merging_keeps_every_source_and_can_be_undone(store: Store, review: Review) -> None:
    one = store.add(draft("WTI is at 70", ref="a", symbols=("WTI",)))
    two = store.add(draft("Oil trades at 70", ref="b", tags=("price",)))
    kept = review.merge(
        Seen(one.id, 1), [Seen(one.id, 1), Seen(two.id, 1)], by="ann", reason="same"
    )
    assert (kept.version, kept.tags, kept.symbols) == (2, ("price",), ("WTI",))
    assert [source.ref for source in kept.evidence] == ["b"]
    gone = store.get(two.id)
    assert gone is not None
    assert (gone.status, gone.superseded_by) == ("superseded", one.id)
    assert [r.id for r in linked(store.database, kept, EVERYBODY)["replaces"]] == [two.id]
    assert store.changes(two.id)[-1].by == "ann"
    back = review.separate(two.id, by="bob")
    assert (back.status, back.superseded_by, back.text) == ("active", None, "Oil trades at 70")
    with pytest.raises(InputError, match="was not merged"):
        review.separate(two.id, by="bob")


def test_what_may_not_be_merged(store: Store, review: Review) -> None:
    one, other = store.add(draft("One")), store.add(draft("Hidden", scope=HIDDEN))
    proposed, pinned = store.add(draft("P", status="proposed")), store.add(draft("Q", pinned=True))
    for keep, gone, why in (
        (one, other, "of one circle only"),
        (proposed, one, "only proposed"),
        (one, pinned, "is pinned"),
        (one, one, "at least two"),
    ):
        with pytest.raises(InputError, match=why):
            review.merge(Seen(keep.id, 1), [Seen(gone.id, 1)], by="ann")
    store.pin(one.id, by="ann")
    with pytest.raises(ConflictError):
        review.merge(Seen(pinned.id, 1), [Seen(one.id, 1)], by="ann")
    with pytest.raises(InputError, match="not said who"):
        review.merge(Seen(one.id, 2), [Seen(pinned.id, 1)], by=" ")


def test_sharing_tells_the_statement_and_nothing_of_where_it_came_from(
    store: Store, clock: Clock, review: Review
) -> None:
    record = store.add(draft("We buy", scope=HIDDEN, ref="secret thread"))
    store.revise(record.id, expected_version=1, by="ann", reason="between us", text="We buy silver")
    before = clock.now
    made = review.share(Seen(record.id, 2), WORKSPACE, by="ann")
    assert (made.text, made.scope, made.version) == ("We buy silver", WORKSPACE, 1)
    told = str(
        (made, store.history(made.id, scopes=EVERYBODY), store.changes(made.id, scopes=EVERYBODY))
    )
    assert "secret" not in told
    assert "between us" not in told
    assert store.history(record.id, scopes=EVERYBODY) == []
    assert linked(store.database, made, EVERYBODY) == {}
    assert store.find(Query(text="silver", scopes=EVERYBODY, as_of=before)).total == 0
    old = store.get(record.id)
    assert old is not None
    assert (old.status, old.superseded_by) == ("superseded", made.id)
    with pytest.raises(InputError, match="visible there already"):
        review.share(Seen(made.id, 1), WORKSPACE, by="ann")


def test_a_person_s_own_words_take_the_place_of_a_proposal(store: Store, review: Review) -> None:
    proposal = store.add(draft("Sell gold", status="proposed"))
    mine = review.restate(Seen(proposal.id, 1), by="U1", text="Sell half the gold")
    assert (mine.status, mine.author, mine.evidence[0].ref) == ("active", "U1", "Sell gold")
    assert store.get(proposal.id).superseded_by == mine.id  # type: ignore[union-attr]
    with pytest.raises(ConflictError):
        review.restate(Seen(proposal.id, 1), by="U1", text="Sell")


def said(text: str, ref: str, address: str, **more: object) -> Draft:
    source = Source(kind="message", ref=ref, permalink=address)
    return draft(text, kind="message", source=source, **more)


def test_where_it_was_used(store: Store) -> None:
    one, two = store.add(draft("one")), store.add(draft("two"))
    store.add(said("what is two?", "r2", "http://x/p1", scope="channel:C1"))
    store.add(said(f"It is {two.id}.", "r2:say", "http://x/p2"))
    store.log_recall(run_id="r1", agent="quant", query="one?", record_ids=[one.id, two.id])
    store.log_recall(run_id="r2", agent="architect", query="two?", record_ids=[two.id])
    cited(store, run_id="r2", agent="architect", answer="r2:say", text=f"It is {two.id}.")
    last, first = used(store.database, two.id, EVERYBODY)
    assert (last.run_id, last.agent, last.cited, first.run_id, first.cited) == ("r2", "architect", True, "r1", False)  # fmt: skip
    # The question was asked in a private channel, the answer is everybody's.
    assert (last.question, last.asked_at, last.answered_at) == ("", "", "http://x/p2")
    [insider] = used(store.database, two.id, EVERYBODY | {"channel:C1"}, limit=1)
    assert (insider.question, insider.asked_at) == ("what is two?", "http://x/p1")
    assert [use.run_id for use in used(store.database, one.id, EVERYBODY)] == ["r1"]


SCOPES = (WORKSPACE, "channel:C1", HIDDEN, "person:U1")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(
    said=st.lists(st.tuples(st.sampled_from(SCOPES), st.sampled_from(["oil", "gold", "silver"])), max_size=8),
    mine=st.sets(st.sampled_from(SCOPES)),
    view=st.sampled_from(VIEWS),
    text=st.sampled_from(["", "oil", "go", "si"]),
    back=st.booleans(),
)  # fmt: skip
def test_no_list_and_no_count_shows_another_scope(
    store: Store, clock: Clock, said, mine, view, text, back
) -> None:
    for scope, word in said:
        store.add(draft(f"{word} {scope} {datetime.now(UTC)}", scope=scope))
    listing, seen = Listing(store.database), frozenset(mine)
    asked = Query(text=text, scopes=seen, as_of=clock.now if back else None)
    order = listing.order(Shelf(view=view, query=asked), clock.now)
    assert {record.scope for record in listing.window(order, 0, 500)} <= mine
    visible = sum(1 for r in listing.window(order, 0, 10_000) if r.scope in mine)
    assert visible == len(order)
    everything = listing.order(Shelf(view=view, query=Query(scopes=seen)), clock.now)
    assert listing.counts(seen, KINDS, clock.now)[view] == len(everything)
