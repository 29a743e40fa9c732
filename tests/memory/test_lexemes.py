"""What is kept for ranking beside the texts: made with them, gone with them, never shown for others."""

from __future__ import annotations

from pathlib import Path

import pytest

from bullpen_memory import archive, lexemes
from bullpen_memory.index import ChromaIndex
from bullpen_memory.indexer import Indexer
from bullpen_memory.records import Query
from bullpen_memory.store import Store
from bullpen_memory.vectors import VectorCache

from .conftest import EVERYBODY, HashedEmbedder, draft


def kept(store: Store) -> dict[int, bytes]:
    return {row["vid"]: row["data"] for row in store.database.read("SELECT * FROM lexeme")}


def test_a_message_that_many_send_is_stored_as_often_and_the_same_message_once(
    store: Store,
) -> None:
    thanks = [draft("Thanks!", kind="message", ref=f"m{i}") for i in range(60)]
    assert len({record.id for record in store.add_many(thanks)}) == 60
    again = store.add(draft("thanks", kind="message", ref="m59"))
    assert again.source.ref == "m59"
    assert store.count(None)["active"] == 60


def test_every_version_has_its_lexemes_and_forgetting_takes_all_of_them(store: Store) -> None:
    store.add(draft("copper smelters close in Chile"))
    one = store.add(draft("palladium catalysts were recalled"))
    store.revise(one.id, expected_version=1, by="ann", reason="", text="palladium hoarded quietly")
    said = {lexemes.lexeme(word) for word in ("palladium", "catalyst", "recal", "hoard", "quietli")}
    assert len(kept(store)) == 3
    held = b"".join(lexemes.read(data).own for data in kept(store).values())
    assert all(word.to_bytes(4, "little") in held for word in said)
    store.forget(one.id, by="ann", reason="")
    assert len(kept(store)) == 1
    raw = Path(store.place).read_bytes() + Path(f"{store.place}-wal").read_bytes()
    assert not [word for word in said if word.to_bytes(4, "little") in raw]
    assert store.find(Query(text="palladium", scopes=EVERYBODY)).total == 0


def test_a_row_without_lexemes_is_ranked_by_its_text(store: Store) -> None:
    store.add_many([draft(f"shipment {i} left port", ref=str(i)) for i in range(5)])
    wanted = store.add(draft("shipment of antimony left port"))
    before = store.find(Query(text="antimony shipment", scopes=EVERYBODY)).hits
    with store.writing() as db:
        db.execute("DELETE FROM lexeme")
    after = store.find(Query(text="antimony shipment", scopes=EVERYBODY)).hits
    assert [(hit.record.id, hit.score) for hit in after] == [
        (hit.record.id, hit.score) for hit in before
    ]
    assert after[0].record == wanted


def test_an_archive_leaves_them_out_and_the_copy_makes_them_again(
    tmp_path: Path, store: Store
) -> None:
    store.add(draft("rhodium premiums widened", title="Rhodium"))
    archive.write(store.database, tmp_path / "out.jsonl")
    assert '"lexeme"' not in (tmp_path / "out.jsonl").read_text()
    copy = Store(tmp_path / "copy.db")
    archive.read(copy.database, tmp_path / "out.jsonl")
    assert kept(copy) == kept(store)
    copy.close()


@pytest.mark.parametrize(
    ("text", "near", "asking"),
    [("Why? Because.", 2, 4 / 12), ("金价上涨 and oil", 9, 0.0), ("word " * 500, 120, 0.0)],
)
def test_what_a_text_lends_and_how_much_of_it_asks(text: str, near: int, asking: float) -> None:
    read = lexemes.read(lexemes.made("", text, ""))
    words = [read.near[i : i + 4] for i in range(0, len(read.near), 4)]
    assert len([word for word in words if word != b"\0\0\0\0"]) == near
    assert read.asking == pytest.approx(asking)


def test_a_narrow_filter_in_a_large_scope_finds_its_rows(tmp_path: Path) -> None:
    store = Store(tmp_path / "context.db", embedder=HashedEmbedder())
    store.add_many([draft(f"tanker {i} leaks oil", ref=str(i)) for i in range(400)])
    for i in range(3):
        store.add(draft(f"leaks {i}", author="bob", ref=f"b{i}"))
    index = ChromaIndex(tmp_path / "chroma")
    Indexer(store, index).drain()
    store.use_index(index, exact_limit=1)
    exact = Store(store.place, embedder=HashedEmbedder())
    query = Query(text="tanker leaks oil", scopes=EVERYBODY, authors=frozenset({"bob"}))
    by_index, by_scan = (
        {hit.record.id: hit.score for hit in one.find(query).hits} for one in (store, exact)
    )
    assert len(by_index) == 3
    assert by_index == pytest.approx(by_scan, abs=1e-3)
    exact.close()
    index.close()
    store.close()


def test_vectors_held_and_vectors_read_give_the_same(store: Store) -> None:
    import numpy as np

    embedder = HashedEmbedder()
    other = Store(store.place, embedder=embedder)
    other.add_many([draft(f"vessel {i} {i % 7} docked", ref=str(i)) for i in range(50)])
    query = embedder.embed(["vessel 3 docked"])[0]
    with other.database.reading() as db:
        vids = np.arange(1, 60, 2)
        held = VectorCache(embedder.id, embedder.dim).nearest(db, query, vids, 10)
        read = VectorCache(embedder.id, embedder.dim, held=5).nearest(db, query, vids, 10)
    assert held.keys() == read.keys()
    assert held == pytest.approx(read, abs=1e-6)
    assert len(held) == 10
    other.close()


def test_words_that_thousands_hold_rank_the_newest_and_say_so(tmp_path: Path) -> None:
    store = Store(tmp_path / "context.db")
    made = [draft("tariff", kind="message", ref=str(i)) for i in range(8_100)]
    for start in range(0, len(made), 4_000):
        store.add_many(made[start : start + 4_000])
    found = store.find(Query(text="tariff", scopes=EVERYBODY, limit=5))
    assert all(int(hit.record.source.ref) >= 8_100 - 200 for hit in found.hits)
    assert found.total == 8_000
    assert "More than 8,000 records hold these words" in " ".join(found.notes)
    store.close()


def test_a_common_word_costs_no_count_of_all_its_rows(store: Store) -> None:
    made = [draft(f"tariff {i % 3}", kind="message", ref=str(i)) for i in range(4_500)]
    store.add_many(made)
    store.add(draft("tariff on niobium"))
    hits = store.find(Query(text="tariff niobium", scopes=EVERYBODY, limit=3)).hits
    assert hits[0].record.text == "tariff on niobium"
