"""How fast the memory writes and reads documents, and what it lets through that it should not.

    PYTHONPATH=tests python -m benchmarks.memory_writes
    PYTHONPATH=tests python -m benchmarks.memory_writes --only forgotten --forget 1000 --again 10

The text is made up: words as frequent as in natural language. One line per figure.
"""

from __future__ import annotations

import argparse
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bullpen_memory.documents.confined import Limits, read_document
from bullpen_memory.embed import local_embedder
from bullpen_memory.index import ChromaIndex
from bullpen_memory.indexer import Indexer
from bullpen_memory.records import WORKSPACE, Draft, Kind, Query, Source
from bullpen_memory.store import Store
from memory import papers

VOCABULARY = [f"word{i}" for i in range(20_000)]
WEIGHTS = [1 / (i + 1) for i in range(len(VOCABULARY))]
KINDS: tuple[Kind, ...] = ("note", "finding", "fact", "message")


def main() -> None:
    """Run what was asked for, or everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=["writes", "duplicates", "forgotten", "pdf"])
    parser.add_argument("--records", type=int, default=2_000)
    parser.add_argument("--forget", type=int, default=200)
    parser.add_argument("--again", type=int, default=10)
    parser.add_argument("--pages", type=int, default=1_000)
    asked = parser.parse_args()
    steps: dict[str, Callable[[Path], None]] = {
        "writes": lambda folder: writes(folder, asked.records),
        "duplicates": lambda folder: duplicates(folder, asked.records),
        "forgotten": lambda folder: forgotten(folder, asked.forget, asked.again),
        "pdf": lambda folder: pdf(folder, asked.pages),
    }
    for name, step in steps.items():
        if asked.only in (None, name):
            with tempfile.TemporaryDirectory() as folder:
                step(Path(folder))


def said(i: int, rng: random.Random, text: str = "") -> Draft:
    """One record of 25 words; the same number is the same source."""
    return Draft(
        kind=KINDS[i % len(KINDS)],
        text=text or f"{' '.join(rng.choices(VOCABULARY, WEIGHTS, k=25))} {i}",
        author="ann",
        source=Source(kind="message", ref=f"m{i}"),
        scope=WORKSPACE,
    )


def writes(folder: Path, count: int) -> None:
    """Single writes until acknowledged, whether each is found at once, and the rate of batches."""
    for name, embedder in (("as a desk does", local_embedder()), ("words alone", None)):
        rng = random.Random(7)
        store = Store(folder / f"{name}.db", embedder=embedder)
        index = ChromaIndex(folder / "chroma") if embedder else None
        follower = Indexer(store, index) if index else None
        if follower:
            follower.start()
        store.add(said(0, rng))
        took: list[float] = []
        unseen = 0
        for i in range(1, count // 4):
            draft = said(i, rng)
            begun = time.perf_counter()
            record = store.add(draft)
            took.append((time.perf_counter() - begun) * 1000)
            if i % 50 == 0:
                found = store.find(Query(text=str(i), scopes=frozenset({WORKSPACE}), limit=5))
                unseen += record.id not in {hit.record.id for hit in found.hits}
        begun = time.perf_counter()
        batch = [said(10**6 + i, rng) for i in range(count)]
        for start in range(0, count, 500):
            store.add_many(batch[start : start + 500], vectors=False)
        rate = count / (time.perf_counter() - begun)
        cuts = statistics.quantiles(took, n=20)
        print(
            f"write, {name}: p50 {statistics.median(took):.1f} ms, p95 {cuts[18]:.1f} ms;"
            f" not found at once: {unseen}; batches of 500: {rate:,.0f} records a second"
        )
        if follower and index:
            follower.stop()
            index.close()
        store.close()


def duplicates(folder: Path, count: int) -> None:
    """The same records five times, each time with other white space and punctuation."""
    store, rng = Store(folder / "five.db"), random.Random(7)
    texts = [said(i, rng).text for i in range(count)]
    for turn in range(5):
        for i, text in enumerate(texts):
            gap = rng.choice([" ", "  ", "\n", " — "])
            dressed = text.replace(" ", gap, 1 + i % 5) + rng.choice(["", ".", " !"]) * turn
            store.add(said(i, rng, dressed))
    kept = store.count(None)["active"]
    print(f"sent five times: {count} records, {kept} kept, {(kept - count) / count:.2%} duplicates")
    store.close()


def forgotten(folder: Path, count: int, again: int) -> None:
    """Forgotten records sent again and again: how many come back."""
    store, rng = Store(folder / "forget.db"), random.Random(7)
    back = 0
    took: list[float] = []
    for i in range(count):
        draft = said(i, rng)
        record = store.add(draft)
        begun = time.perf_counter()
        store.forget(record.id, by="ann", reason="")
        took.append((time.perf_counter() - begun) * 1000)
        for turn in range(again):
            dressed = draft.text.replace(" ", "  ", turn) + "." * turn
            back += store.add(said(i, rng, dressed)).status != "forgotten"
            hits = store.find(Query(text=str(i), scopes=frozenset({WORKSPACE}))).hits
            back += any(hit.record.source.ref == f"m{i}" for hit in hits)
    print(
        f"forgotten {count} times, sent again {count * again:,} times: {back} came back;"
        f" forgetting takes {statistics.median(took):.0f} ms"
    )
    store.close()


def pdf(folder: Path, pages: int) -> None:
    """A PDF with a ruled table on every third page, read with progress in a child of its own."""
    rng = random.Random(7)

    def page(number: int) -> str:
        lines = [
            f"Page {number}",
            *(" ".join(rng.choices(VOCABULARY, WEIGHTS, k=9)) for _ in range(30)),
        ]
        rows = [
            ["Item", "2023", "2024"],
            *(
                [rng.choice(VOCABULARY), f"{rng.random():.3f}", f"{rng.random():.3f}"]
                for _ in range(8)
            ),
        ]
        return papers.text_ops(lines) + ("" if number % 3 else papers.table_ops(rows, 300))

    path = folder / "long.pdf"
    path.write_bytes(papers.pdf([page(i) for i in range(1, pages + 1)]))
    told: list[int] = []
    begun = time.perf_counter()
    read = read_document(
        path, path.name, limits=Limits(seconds=1_800, cpu=1_800),
        progress=lambda done, _: told.append(done),
    )  # fmt: skip
    seconds = time.perf_counter() - begun
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(
        f"a PDF of {pages:,} pages: {seconds:.0f} s, {len(read.parts):,} passages,"
        f" {len(read.tables)} tables, at most {most:.0f} MB, {len(told):,} steps of progress"
    )


if __name__ == "__main__":
    main()
