"""Pages: whatever is written between two of them, nothing is shown twice and nothing left out."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bullpen_memory.errors import InputError
from bullpen_memory.listing import Listing, Shelf
from bullpen_memory.records import Query
from bullpen_memory.store import Store

from .conftest import EVERYBODY, draft

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


def pages(store: Store, text: str, between: list[str], **more: object) -> list[str]:
    """The ids of every page in their order; after each, something is written and withdrawn."""
    found: list[str] = []
    cursor = ""
    while True:
        page = store.find(Query(text=text, scopes=EVERYBODY, limit=4, cursor=cursor, **more))  # type: ignore[arg-type]
        found += [hit.record.id for hit in page.hits]
        cursor = page.next
        if not cursor:
            return found
        if between:
            store.add(draft(between.pop()))
            store.retract(found[0], by="ann", reason="") if len(found) == 4 else None


@pytest.mark.parametrize("text", ["", "silver mines"])
def test_every_record_is_on_exactly_one_page(store: Store, text: str) -> None:
    made = [store.add(draft(f"silver mines produce {n} tonnes")).id for n in range(23)]
    found = pages(store, text, ["silver mines close", "a silver mine opens", "mines of silver"])
    seen = [one for one in found if one in made]
    assert len(seen) == len(set(seen))
    assert set(seen) == set(made)


def test_a_cursor_serves_its_own_question_alone(store: Store) -> None:
    for n in range(9):
        store.add(draft(f"silver {n}"))
    first = store.find(Query(text="silver", scopes=EVERYBODY, limit=4))
    assert first.next
    for other in (
        Query(text="gold", scopes=EVERYBODY, cursor=first.next),
        Query(text="silver", scopes=EVERYBODY | {"channel:C1"}, cursor=first.next),
        Query(text="silver", scopes=EVERYBODY, cursor="nonsense"),
        Query(text="silver", scopes=EVERYBODY, cursor=first.next[:-9]),
        Query(scopes=EVERYBODY, cursor="e30"),
    ):
        with pytest.raises(InputError, match="made for another search"):
            store.find(other)
    assert store.find(Query(text="silver", scopes=EVERYBODY, limit=2, cursor=first.next)).hits


def test_windows_of_one_list_fit_together_while_others_write(store: Store) -> None:
    made = [store.add(draft(f"note {n}")).id for n in range(12)]
    listing, shelf = Listing(store.database), Shelf(query=Query(scopes=EVERYBODY))
    first = listing.order(shelf, NOW)
    head = [record.id for record in listing.window(first, 0, 6)]
    store.add(draft("a newer one"))
    assert len(listing.order(shelf, NOW)) == 13
    again = listing.order(shelf, NOW, first.stamp)
    assert head + [record.id for record in listing.window(again, 6, 6)] == made[::-1]
