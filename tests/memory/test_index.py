"""The index: follows the store, is repaired from it, and never decides anything."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from bullpen_memory.errors import OperatorError
from bullpen_memory.feed import Feed
from bullpen_memory.index import PAGE, ChromaIndex, Entry
from bullpen_memory.indexer import Indexer
from bullpen_memory.store import Store

from .conftest import Clock, HashedEmbedder, draft, eventually


@pytest.fixture
def index(tmp_path: Path) -> Iterator[ChromaIndex]:
    made = ChromaIndex(tmp_path / "chroma")
    yield made
    made.close()


def fill(store: Store, count: int = 40) -> list[str]:
    drafts = [
        draft(f"note {i} on market{i}", scope="channel:C1" if i % 3 else "workspace")
        for i in range(count)
    ]
    return [record.id for record in store.add_many(drafts)]


def test_the_index_follows_every_change(store: Store, index: ChromaIndex) -> None:
    ids = fill(store)
    indexer = Indexer(store, index)
    assert indexer.verify().missing == ()
    assert "40 records are still waiting" in " ".join(indexer.verify().notes)
    indexer.drain()
    assert indexer.verify().clean
    store.revise(ids[3], expected_version=1, by="ann", reason="", text="something else entirely")
    store.retract(ids[4], by="ann", reason="")
    store.forget(ids[5], by="ann", reason="")
    indexer.drain()
    agreement = indexer.verify()
    assert agreement.clean
    assert (agreement.records, agreement.indexed) == (39, 39)
    held = index.holdings()
    assert held[ids[3]].version == 2
    assert ids[5] not in held


def test_verify_names_each_difference(store: Store, index: ChromaIndex) -> None:
    ids = fill(store)
    indexer = Indexer(store, index)
    indexer.drain()
    vector = HashedEmbedder().embed(["stray"])[0]
    index.drop("workspace", [ids[0]])
    index.put([Entry("stray", 1, "workspace", vector), Entry(ids[1], 9, "channel:C1", vector)])
    agreement = indexer.verify()
    assert agreement.missing == (ids[0],)
    assert agreement.orphaned == ("stray",)
    assert agreement.stale == (ids[1],)
    assert not agreement.clean
    assert indexer.rebuild().clean


def test_verify_compares_texts_by_their_hash_both_ways(store: Store, index: ChromaIndex) -> None:
    ids = fill(store)
    indexer = Indexer(store, index)
    indexer.drain()
    held = index.holdings()[ids[0]]
    index.put([Entry(ids[0], held.version, held.scope, index.vectors(held.scope, [ids[0]])[ids[0]], "of another text")])  # fmt: skip
    assert indexer.verify().stale == (ids[0],)
    assert indexer.rebuild().clean
    with store.database.writing() as db:
        db.execute("UPDATE version SET text = text || ' and more' WHERE id = ?", (ids[1],))
    agreement = indexer.verify()
    assert (agreement.altered, agreement.in_step, agreement.clean) == ((ids[1],), True, False)


def test_verify_finds_vectors_that_can_no_longer_be_found(store: Store, index: ChromaIndex) -> None:
    ids = fill(store)
    indexer = Indexer(store, index)
    indexer.drain()
    wrong = HashedEmbedder().embed(["quite another thing"])[0]
    index.put([Entry(one, 1, held.scope, wrong * -1) for one, held in index.holdings().items()])
    agreement = indexer.verify()
    assert set(agreement.unfindable) == set(ids)
    assert indexer.rebuild().clean


def test_a_deleted_index_comes_back(tmp_path: Path, store: Store) -> None:
    fill(store)
    first = ChromaIndex(tmp_path / "chroma")
    Indexer(store, first).drain()
    first.close()
    shutil.rmtree(tmp_path / "chroma")
    again = ChromaIndex(tmp_path / "chroma")
    indexer = Indexer(store, again)
    indexer.start()
    eventually(lambda: len(again.holdings()) == 40 and indexer.verify().clean)
    indexer.stop()
    assert indexer.fault is None
    again.close()


def test_an_index_of_another_embedder_is_built_anew(
    tmp_path: Path, store: Store, index: ChromaIndex
) -> None:
    ids = fill(store)
    Indexer(store, index).drain()
    other = Store(store.place, embedder=HashedEmbedder("another", dim=32), clock=Clock())
    indexer = Indexer(other, index)
    assert "rebuild" in " ".join(indexer.verify().notes)
    indexer.drain()
    agreement = indexer.verify()
    assert agreement.clean
    assert (agreement.notes, agreement.indexed, index.model) == ((), 40, "another")
    models = other.database.read("SELECT DISTINCT model FROM vector")
    assert [row["model"] for row in models] == ["another"]
    assert other.get(ids[0]) is not None
    other.close()


def test_what_was_written_without_an_embedder_is_embedded_later(
    tmp_path: Path, index: ChromaIndex
) -> None:
    path = tmp_path / "context.db"
    bare = Store(path)
    bare.add(draft("written before the model was installed"))
    bare.close()
    store = Store(path, embedder=HashedEmbedder())
    indexer = Indexer(store, index)
    indexer.drain()
    assert indexer.verify().indexed == 1
    store.close()


def test_the_thread_follows_writes_of_this_and_of_another_process(
    store: Store, index: ChromaIndex
) -> None:
    indexer = Indexer(store, index)
    indexer.start()
    store.add(draft("first"))
    eventually(lambda: len(index.holdings()) == 1)
    other = Store(store.place, embedder=HashedEmbedder())
    other.add(draft("second"))
    eventually(lambda: len(index.holdings()) == 2)
    other.close()
    indexer.stop()


def test_a_forgotten_vector_leaves_the_disk(
    tmp_path: Path, store: Store, index: ChromaIndex
) -> None:
    ids = fill(store)
    indexer = Indexer(store, index)
    indexer.drain()
    vector = HashedEmbedder().embed(["note 7 on market7"])[0].tobytes()

    def copies() -> list[Path]:
        files = [path for path in (tmp_path / "chroma").rglob("*") if path.is_file()]
        return [path for path in files if vector in path.read_bytes()]

    assert copies()
    store.forget(ids[7], by="ann", reason="")
    indexer.drain()
    assert copies() == []
    assert indexer.verify().clean


def test_a_second_owner_is_refused(tmp_path: Path, index: ChromaIndex) -> None:
    with pytest.raises(
        OperatorError, match=r"Another Bullpen is running.*process \d+.*Stop that one"
    ):
        ChromaIndex(tmp_path / "chroma")


def test_a_folder_that_kills_chroma_is_left_and_built_anew(tmp_path: Path, store: Store) -> None:
    fill(store, 1_200)
    path = tmp_path / "chroma"
    first = ChromaIndex(path)
    Indexer(store, first).drain()
    first.close()
    for header in path.rglob("header.bin"):
        header.write_bytes(header.read_bytes()[:10])
    again = ChromaIndex(path)
    indexer = Indexer(store, again)
    indexer.drain()
    assert indexer.verify().clean
    again.close()


def test_without_an_embedder_there_is_nothing_to_index(tmp_path: Path, index: ChromaIndex) -> None:
    store = Store(tmp_path / "bare.db")
    with pytest.raises(OperatorError, match="has no embedder"):
        Indexer(store, index)
    store.close()


def test_the_lock_ends_with_its_process(tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from bullpen_memory.index import ChromaIndex; ChromaIndex(Path(sys.argv[1]))"
    env = {"PYTHONPATH": ":".join(sys.path)}
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "c")], check=True, env=env)
    ChromaIndex(tmp_path / "c").close()


@pytest.mark.parametrize("harm", ["segment removed", "data halved", "links halved"])
def test_a_damaged_segment_is_found_and_built_anew(tmp_path: Path, store: Store, harm: str) -> None:
    fill(store, 1_200)
    path = tmp_path / "chroma"
    first = ChromaIndex(path)
    Indexer(store, first).drain()
    first.close()
    headers = list(path.rglob("header.bin"))
    assert headers
    for header in headers:
        if harm == "segment removed":
            shutil.rmtree(header.parent)
        else:
            name = "data_level0.bin" if harm == "data halved" else "link_lists.bin"
            data = (header.parent / name).read_bytes()
            (header.parent / name).write_bytes(data[: len(data) // 2])
    again = ChromaIndex(path)
    indexer = Indexer(store, again)
    indexer.start()
    eventually(lambda: indexer.settled and indexer.verify().clean, 60.0)
    indexer.stop()
    assert indexer.fault is None
    again.close()


def test_what_is_held_rightly_is_not_called_lost(store: Store, index: ChromaIndex) -> None:
    ids = fill(store, 60)
    indexer = Indexer(store, index)
    indexer.drain()
    vectors = index.vectors("workspace", [*ids, "unknown"])
    expected = {
        entry.id: entry.vector
        for entry in Feed(store.database, HashedEmbedder()).everything().__next__()
    }
    assert set(vectors) == {one for i, one in enumerate(ids) if i % 3 == 0}
    assert all(vector @ expected[one] > 0.9999 for one, vector in vectors.items())
    assert indexer.verify().unfindable == ()


def test_a_large_index_lists_all_that_it_holds(tmp_path: Path) -> None:
    index = ChromaIndex(tmp_path / "chroma")
    vectors = np.random.default_rng(1).standard_normal((PAGE + 700, 4)).astype(np.float32)
    entries = [Entry(f"r{i}", i % 3 + 1, "channel:C1", vector) for i, vector in enumerate(vectors)]
    index.put(entries)
    held = index.holdings()
    assert {one: each.version for one, each in held.items()} == {
        entry.id: entry.version for entry in entries
    }
    index.close()
