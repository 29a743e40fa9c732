"""Changing the embedder: everything is embedded anew behind the work, and found all the while."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from bullpen_memory import progress
from bullpen_memory.feed import BATCH
from bullpen_memory.index import ChromaIndex
from bullpen_memory.indexer import Indexer
from bullpen_memory.records import Query
from bullpen_memory.store import Store

from .conftest import EVERYBODY, HashedEmbedder, draft, eventually

THEMES = {"silver": 0, "argent": 0, "oil": 1, "petrole": 1, "wheat": 2, "ble": 2}
MANY = BATCH + 40


class Themes:
    """Words of one theme are near, in whatever language; each model lays them on axes of its own."""

    def __init__(self, name: str, dim: int) -> None:
        self.id, self.dim = name, dim
        self.gate = threading.Event()
        self.gate.set()
        self.texts = 0

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        assert self.gate.wait(60)
        self.texts += len(texts)
        out = np.full((len(texts), self.dim), 1e-3, np.float32)
        for row, text in zip(out, texts, strict=True):
            for word in text.lower().split():
                if word in THEMES:
                    row[(THEMES[word] + self.dim) % self.dim] += 1
        return out / np.linalg.norm(out, axis=1, keepdims=True)


def meant(store: Store, text: str) -> set[str]:
    found = store.find(Query(text=text, scopes=EVERYBODY, limit=5))
    return {hit.record.text for hit in found.hits if hit.score > 0.1}


def test_both_generations_are_found_until_all_is_embedded_anew(tmp_path: Path) -> None:
    old, new = Themes("small", 4), Themes("large", 7)
    store = Store(tmp_path / "s.db", embedder=old)
    store.add(draft("silver rises"))
    store.add_many([draft(f"nothing {n}", ref=f"r{n}") for n in range(MANY)])
    store.close()

    store = Store(tmp_path / "s.db", embedder=new, former=old)
    store.add(draft("oil falls"))  # By the new model alone.
    # No word is shared: each is found by the meaning that its own model gave it.
    assert meant(store, "argent") == {"silver rises"}
    assert meant(store, "petrole") == {"oil falls"}

    index = ChromaIndex(tmp_path / "chroma")
    indexer = Indexer(store, index)
    indexer.start()
    eventually(lambda: indexer.settled, 60)
    models = {row["model"] for row in store.database.read("SELECT DISTINCT model FROM vector")}
    assert models == {"large"}
    before = old.texts
    assert meant(store, "argent") == {"silver rises"}
    assert meant(store, "petrole") == {"oil falls"}
    assert old.texts == before  # The former one is not asked any more.
    assert indexer.verify().clean
    indexer.stop()
    index.close()
    store.close()


def test_who_searches_meanwhile_is_told_how_far_it_is(tmp_path: Path) -> None:
    old, new = Themes("small", 4), Themes("large", 7)
    store = Store(tmp_path / "s.db", embedder=old)
    store.add_many([draft(f"silver {n}", ref=f"r{n}") for n in range(MANY)])
    store.close()
    store = Store(tmp_path / "s.db", embedder=new, former=old)
    other = Store(tmp_path / "s.db")  # Another process, such as the command line.
    index = ChromaIndex(tmp_path / "chroma")
    indexer = Indexer(store, index)
    seen: list[str] = []

    class Watched(Themes):
        """The new model, during whose second batch somebody searches."""

        def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
            if self.texts:
                seen.extend(other.find(Query(text="silver", scopes=EVERYBODY)).notes)
            return super().embed(texts)

    watched = Watched("large", 7)
    store.embedder = watched
    indexer = Indexer(store, index)
    indexer.drain()
    assert any(
        f"embedded anew for another model ({BATCH} of {MANY} records)" in note for note in seen
    )
    assert progress.present(store.database) is None
    notes = other.find(Query(text="silver", scopes=EVERYBODY)).notes
    assert not any("anew" in note for note in notes)
    index.close()
    other.close()
    store.close()


def test_what_was_embedded_before_a_stop_is_kept(tmp_path: Path) -> None:
    store = Store(tmp_path / "s.db", embedder=Themes("small", 4))
    store.add_many([draft(f"silver {n}", ref=f"r{n}") for n in range(2 * BATCH)])
    store.close()
    new = Themes("large", 7)
    store = Store(tmp_path / "s.db", embedder=new)
    new.gate.clear()
    index = ChromaIndex(tmp_path / "chroma")
    indexer = Indexer(store, index)
    indexer.start()
    stopping = threading.Thread(target=indexer.stop)
    stopping.start()
    new.gate.set()
    stopping.join(60)
    assert not stopping.is_alive()
    made = new.texts
    assert made <= BATCH
    again = Indexer(store, index)
    again.rebuild()
    assert new.texts == 2 * BATCH  # Nothing was embedded twice.
    index.close()
    store.close()


def test_a_sign_of_life_that_is_old_says_nothing(store: Store) -> None:
    clock = [1_000.0]
    reporter = progress.Reporter(store.database, lambda: clock[0])
    reporter.tell(1, 2, "m", embedding=False)
    told = progress.present(store.database, lambda: clock[0])
    assert told is not None
    assert told.sentence.startswith("The vector index is being rebuilt (1 of 2 records)")
    clock[0] += 2 * progress.STALE_SECONDS
    assert progress.present(store.database, lambda: clock[0]) is None
    reporter.over()
    assert progress.present(store.database, stale=True) is None


@pytest.mark.parametrize("former", [None, HashedEmbedder("hashed")])
def test_one_embedder_is_asked_alone(tmp_path: Path, former: HashedEmbedder | None) -> None:
    store = Store(tmp_path / "s.db", embedder=HashedEmbedder("hashed"), former=former)
    store.add(draft("silver rises"))
    assert store.find(Query(text="silver", scopes=EVERYBODY)).total == 1
    assert former is None or former.texts == 0
    store.close()
