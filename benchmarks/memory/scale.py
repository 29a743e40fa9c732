"""How the store behaves as it grows: search, writes, the index's lag, rebuild, start, memory, disk.

    python -m benchmarks.memory.scale 1000 10000 100000

Texts are made up at run time: words as frequent as in a natural language (Zipf), rare names and
figures, threads of twenty messages. Vectors are made up too (clusters of like ones), so that what
is measured is the store and its index; the time of embedding the question (about 9 ms) comes on top.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import math
import os
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bullpen_memory.index import ChromaIndex
from bullpen_memory.indexer import Indexer
from bullpen_memory.records import WORKSPACE, Draft, Query, Source
from bullpen_memory.store import Store

VOCABULARY = [f"word{i}" for i in range(30_000)]
CUMULATIVE = list(itertools.accumulate(1 / (i + 1) for i in range(len(VOCABULARY))))
CLUSTERS = 200
SMALL = "channel:small"
"""A scope that one record in a thousand belongs to."""
FEW = frozenset({SMALL})
EVERYBODY = frozenset({WORKSPACE, SMALL})


class Clustered:
    """Vectors around two hundred centres, the same for the same text."""

    id, dim = "clustered", 384

    def __init__(self) -> None:
        self._centres = np.random.default_rng(3).standard_normal((CLUSTERS, self.dim))

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        out = np.empty((len(texts), self.dim), np.float32)
        for row, text in zip(out, texts, strict=True):
            seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])
            rng = np.random.default_rng(seed)
            row[:] = self._centres[seed % CLUSTERS] + 0.7 * rng.standard_normal(self.dim)
        return out / np.linalg.norm(out, axis=1, keepdims=True)


def main() -> None:
    """Measure each size in a folder of its own and print one row of a table for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", type=int, nargs="+")
    parser.add_argument("--keep", type=Path, help="keep the stores in this folder, and use those that are there")  # fmt: skip
    parser.add_argument(
        "--no-index", action="store_true", help="compare every vector, without Chroma"
    )
    asked = parser.parse_args()
    print("| records | insert/s | rebuild s | open s | search p50 / p95 ms | its CPU ms | as typed p50 / p95 ms |"
          " small scope p50 / p95 ms | write p50 / p95 ms | lag p95 s | store MB | index MB | memory MB | load |")  # fmt: skip
    print("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|")
    for size in asked.sizes:
        with tempfile.TemporaryDirectory() as scratch:
            folder = asked.keep / str(size) if asked.keep else Path(scratch)
            folder.mkdir(parents=True, exist_ok=True)
            print(_measured(folder, size, indexed=not asked.no_index), flush=True)


def _measured(folder: Path, size: int, *, indexed: bool) -> str:
    rng = random.Random(7)
    inserted, built = _filled(folder, size, indexed=indexed)
    start = time.perf_counter()
    store = Store(folder / "context.db", embedder=Clustered())
    index = ChromaIndex(folder / "chroma")
    indexer = Indexer(store, index)
    store.use_index(index if indexed else None)
    _find(store, "warm up")
    opened = time.perf_counter() - start
    if indexed:
        indexer.start()
        while not indexer.settled and indexer.fault is None:
            time.sleep(0.1)
    questions = [_words(rng, 6) for _ in range(200)]
    searches = [_timed(lambda q=q: _find(store, q)) for q in questions]
    work = [_timed(lambda q=q: _find(store, q), time.process_time) for q in questions[:50]]
    typed = [_timed(lambda q=q: _find(store, q[: rng.randint(4, len(q))])) for q in questions]
    small = [_timed(lambda q=q: _find(store, q, FEW)) for q in questions[:50]]
    writes, lags = _written(store, rng, size, indexed=indexed)
    indexer.stop()
    index.close()
    store.close()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    disk = [_megabytes(folder.glob("context.db*")), _megabytes((folder / "chroma").rglob("*"))]
    return (
        f"| {size:,} | {inserted} | {built} | {opened:.2f} | {_quantiles(searches)} |"
        f" {_quantiles(work)} | {_quantiles(typed)} | {_quantiles(small)} | {_quantiles(writes)} |"
        f" {sorted(lags)[int(0.95 * len(lags))]:.2f} | {disk[0]:,.0f} | {disk[1]:,.0f} |"
        f" {memory:,.0f} | {os.getloadavg()[1]:.1f} |"
    )


def _filled(folder: Path, size: int, *, indexed: bool) -> tuple[str, str]:
    """Make the store and its index; records a second, and the seconds that the index took."""
    inserted = built = "kept"
    rng = random.Random(7)
    store = Store(folder / "context.db", embedder=Clustered())
    held = store.count(None).get("active", 0)
    start = time.perf_counter()
    for first in range(held, size, 500):
        store.add_many([_message(rng, i) for i in range(first, min(first + 500, size))])
    if held < size:
        inserted = f"{(size - held) / (time.perf_counter() - start):,.0f}"
    index = ChromaIndex(folder / "chroma")
    start = time.perf_counter()
    if indexed and Indexer(store, index).drain() >= size:
        built = f"{time.perf_counter() - start:,.0f}"
    index.close()
    store.close()
    return inserted, built


def _written(
    store: Store, rng: random.Random, size: int, *, indexed: bool
) -> tuple[list[float], list[float]]:
    """The time of single writes, ten a second, and until the index has each of some of them."""
    writes: list[float] = []
    lags: list[float] = [] if indexed else [math.nan]
    held = max(size, store.count(None)["active"])
    for i in range(held, held + 100):
        draft = _message(rng, i)
        writes.append(_timed(lambda draft=draft: store.add(draft)))
        start = time.perf_counter()
        while indexed and i % 5 == 0 and store.database.read("SELECT 1 FROM outbox LIMIT 1"):
            time.sleep(0.01)
        if indexed and i % 5 == 0:
            lags.append(time.perf_counter() - start)
        time.sleep(0.1)
    return writes, lags


def _message(rng: random.Random, i: int) -> Draft:
    text = f"{_words(rng, 30)} name{i} {rng.randint(1, 10**6):,}"
    source = Source(kind="message", ref=f"m{i}", title="#desk")
    return Draft(kind="message", text=text, author=f"u{i % 9}", speaker=f"Person {i % 9}",
                 source=source, scope=SMALL if i % 1_000 == 7 else WORKSPACE, thread=f"t{i // 20}")  # fmt: skip


def _words(rng: random.Random, count: int) -> str:
    return " ".join(rng.choices(VOCABULARY, cum_weights=CUMULATIVE, k=count))


def _find(store: Store, text: str, scopes: frozenset[str] = EVERYBODY) -> object:
    return store.find(Query(text=text, scopes=scopes))


def _timed(call: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    start = clock()
    call()
    return clock() - start


def _quantiles(seconds: list[float]) -> str:
    ordered = sorted(seconds)
    p95 = ordered[int(0.95 * (len(ordered) - 1))]
    return f"{statistics.median(ordered) * 1000:.1f} / {p95 * 1000:.1f}"


def _megabytes(paths: object) -> float:
    return sum(path.stat().st_size for path in paths if path.is_file()) / 1e6  # type: ignore[attr-defined]


if __name__ == "__main__":
    main()
