"""How often each way of searching brings the right entries: words, vectors, both, and ours.

    python -m benchmarks.memory.quality SET… [--pooled] [--filings] [--half 0|1]

BM25 and vectors alone see the bare text, as a plain FTS5 table (porter) and a plain vector search
would; RRF joins these two (k = 60). Ours is `Store.find`, with the time of each call.
"""

from __future__ import annotations

import argparse
import math
import sqlite3
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.memory import beir, filings
from benchmarks.memory.beir import Asked, Dataset
from bullpen_memory import words
from bullpen_memory.embed import Embedder, embedder_state, local_embedder
from bullpen_memory.records import Query
from bullpen_memory.store import Store

DEPTH = 20
POOL = 200
RRF = 60

Way = Callable[[Asked], Sequence[str]]


@dataclass(slots=True)
class Scores:
    """The figures of one way over all queries, each averaged when it is shown."""

    recall: dict[int, list[float]] = field(
        default_factory=lambda: defaultdict[int, list[float]](list)
    )
    ndcg: list[float] = field(default_factory=list[float])
    reciprocal: list[float] = field(default_factory=list[float])
    seconds: list[float] = field(default_factory=list[float])
    by_category: dict[str, list[float]] = field(
        default_factory=lambda: defaultdict[str, list[float]](list)
    )

    def take(self, asked: Asked, found: Sequence[str], seconds: float) -> None:
        """Count one answer."""
        right = [one in asked.right for one in found[:DEPTH]]
        for k in (5, 10, 20):
            self.recall[k].append(sum(right[:k]) / len(asked.right))
        gained = sum(1 / math.log2(i + 2) for i, hit in enumerate(right[:10]) if hit)
        ideal = sum(1 / math.log2(i + 2) for i in range(min(10, len(asked.right))))
        self.ndcg.append(gained / ideal)
        self.reciprocal.append(next((1 / (i + 1) for i, hit in enumerate(right) if hit), 0.0))
        self.seconds.append(seconds)
        self.by_category[asked.category].append(self.recall[10][-1])

    def row(self, name: str) -> str:
        """One line of the Markdown table."""
        recall = " | ".join(f"{statistics.mean(self.recall[k]):.3f}" for k in (5, 10, 20))
        ordered = sorted(self.seconds)
        p50, p95 = (ordered[int(share * (len(ordered) - 1))] * 1000 for share in (0.5, 0.95))
        return (
            f"| {name} | {recall} | {statistics.mean(self.ndcg):.3f} |"
            f" {statistics.mean(self.reciprocal):.3f} | {p50:.1f} / {p95:.1f} |"
        )


class Bare:
    """The three plain ways over the bare texts of a set."""

    def __init__(self, dataset: Dataset, embedder: Embedder) -> None:
        self._ids = [entry.id for entry in dataset.corpus]
        self._scopes = np.array([entry.scope for entry in dataset.corpus])
        self._embedder = embedder
        self._vectors = embedder.embed([entry.text for entry in dataset.corpus])
        self._db = sqlite3.connect(":memory:")
        self._db.execute(
            "CREATE VIRTUAL TABLE plain USING fts5 (scope UNINDEXED, text,"
            ' tokenize="porter unicode61 remove_diacritics 2")'
        )
        self._db.executemany(
            "INSERT INTO plain (rowid, scope, text) VALUES (?, ?, ?)",
            [(i, entry.scope, entry.text) for i, entry in enumerate(dataset.corpus)],
        )

    def by_words(self, asked: Asked) -> list[str]:
        match = " OR ".join(f'"{term.word}"' for term in words.split(asked.text) if not term.other)
        found = self._db.execute(
            "SELECT rowid FROM plain WHERE plain MATCH ? AND scope = ? ORDER BY rank LIMIT ?",
            (match, asked.scope, POOL),
        )
        return [self._ids[row[0]] for row in found]

    def by_vectors(self, asked: Asked) -> list[str]:
        cosine = self._vectors @ self._embedder.embed([asked.text])[0]
        cosine[self._scopes != asked.scope] = -2.0
        return [self._ids[i] for i in np.argsort(-cosine)[:POOL] if cosine[i] > -2.0]

    def by_rrf(self, asked: Asked) -> list[str]:
        scores: dict[str, float] = defaultdict(float)
        for found in (self.by_words(asked), self.by_vectors(asked)):
            for rank, one in enumerate(found, start=1):
                scores[one] += 1 / (RRF + rank)
        return sorted(scores, key=lambda one: -scores[one])


def ours(store: Store, dataset: Dataset) -> Way:
    """The store's own search over the set, stored as the desk would store it."""
    store.add_many(beir.drafts(dataset))

    def way(asked: Asked) -> list[str]:
        scopes = frozenset({f"channel:{asked.scope}"})
        found = store.find(Query(text=asked.text, scopes=scopes, limit=DEPTH))
        return [hit.record.source.ref for hit in found.hits]

    return way


def measure(dataset: Dataset, embedder: Embedder | None, folder: Path) -> dict[str, Scores]:
    """Every way over every query."""
    ways: dict[str, Way] = {}
    if embedder is not None:
        bare = Bare(dataset, embedder)
        ways |= {"BM25": bare.by_words, "vectors": bare.by_vectors, "RRF (60)": bare.by_rrf}
    store = Store(folder / "context.db", embedder=embedder)
    words_only = Store(folder / "words.db")
    ways["ours"] = ours(store, dataset)
    ways["ours, words only"] = ours(words_only, dataset)
    scores: dict[str, Scores] = {name: Scores() for name in ways}
    for name, way in ways.items():
        for asked in dataset.queries:
            start = time.perf_counter()
            found = way(asked)
            scores[name].take(asked, found, time.perf_counter() - start)
    store.close()
    words_only.close()
    return scores


def show(dataset: Dataset, scores: dict[str, Scores]) -> None:
    """Print one set's table."""
    print(
        f"\n### {dataset.name}: {len(dataset.corpus):,} entries, {len(dataset.queries):,} queries"
    )
    if dataset.notes:
        print(f"\n{dataset.notes}")
    print("\n| way | recall@5 | @10 | @20 | nDCG@10 | MRR | p50 / p95 ms |")
    print("|---|---|---|---|---|---|---|")
    for name, one in scores.items():
        print(one.row(name))
    shares = (
        f"{category} {statistics.mean(held):.3f} ({len(held)})"
        for category, held in sorted(scores["ours"].by_category.items())
    )
    print(f"\nOurs, recall@10 by category: {', '.join(shares)}.")


def main() -> None:
    """Parse the arguments, measure each set, print a table for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", type=Path, nargs="+", help="folders in BEIR layout")
    parser.add_argument("--pooled", action="store_true", help="answer from the whole corpus")
    parser.add_argument(
        "--filings", action="store_true", help="make synthetic company filings of the set's texts"
    )
    parser.add_argument("--half", type=int, choices=(0, 1), help="every other scope's queries only")
    asked = parser.parse_args()
    embedder = local_embedder()
    if embedder is None:
        print(embedder_state())
    for folder in asked.sets:
        dataset = beir.read(folder, pooled=asked.pooled)
        if asked.filings:
            dataset = filings.made_from(beir.read(folder))
        if asked.half is not None:
            dataset = half(dataset, folder, asked.half)
        with tempfile.TemporaryDirectory() as place:
            show(dataset, measure(dataset, embedder, Path(place)))


def half(dataset: Dataset, folder: Path, which: int) -> Dataset:
    """The same corpus with the queries of every other original scope."""
    scopes = {one.id: one.scope for one in beir.read(folder).queries}
    order = {scope: i for i, scope in enumerate(sorted(set(scopes.values())))}
    kept = [one for one in dataset.queries if order[scopes[one.id]] % 2 == which]
    return Dataset(f"{dataset.name}, half {which}", dataset.corpus, kept, dataset.notes)


if __name__ == "__main__":
    main()
