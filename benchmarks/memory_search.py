"""How fast the context store writes and finds, and how often it finds the right thing.

    python benchmarks/memory_search.py --records 10000
    python benchmarks/memory_search.py --dataset path/to/locomo_dev

A dataset is a folder in BEIR layout (corpus.jsonl, queries.jsonl, qrels/test.tsv) whose entries
carry metadata.scope; a query may be answered only from its own scope.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import statistics
import tempfile
import time
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

from bullpen_memory.embed import local_embedder
from bullpen_memory.records import WORKSPACE, Draft, Query, Source
from bullpen_memory.store import Store

# Word frequencies fall as in natural language: the n-th word is 1/n as frequent as the first.
VOCABULARY = [f"w{i}" for i in range(20_000)]
WEIGHTS = [1 / (i + 1) for i in range(len(VOCABULARY))]


def main() -> None:
    """Parse the arguments, run what was asked for, print one line per figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=0)
    parser.add_argument("--dataset", type=Path, action="append", default=[])
    parser.add_argument("--words-only", action="store_true")
    asked = parser.parse_args()
    embedder = None if asked.words_only else local_embedder()
    with tempfile.TemporaryDirectory() as folder:
        if asked.records:
            speed(Store(Path(folder) / "speed.db", embedder=embedder), asked.records)
        for number, dataset in enumerate(asked.dataset):
            recall(Store(Path(folder) / f"{number}.db", embedder=embedder), dataset)


def speed(store: Store, count: int) -> None:
    """Write `count` messages in batches and singly, then search among them."""
    rng = random.Random(7)

    def message(i: int) -> Draft:
        text = f"{' '.join(rng.choices(VOCABULARY, WEIGHTS, k=18))} {i}"
        source = Source(kind="message", ref=f"m{i}", title="#desk")
        return Draft(
            kind="message",
            text=text,
            author="ann",
            source=source,
            scope=WORKSPACE,
            thread=f"t{i // 20}",
        )

    start = time.perf_counter()
    for first in range(0, count, 500):
        store.add_many([message(i) for i in range(first, min(first + 500, count))])
    print(f"insert, batches of 500: {count / (time.perf_counter() - start):,.0f} records/s")
    singles = [timed(lambda i=i: store.add(message(i))) for i in range(count, count + 100)]
    print(f"insert, one at a time:  {quantiles(singles)}")
    asked = [" ".join(rng.choices(VOCABULARY, WEIGHTS, k=5)) for _ in range(100)]
    store.find(Query(text="warm", scopes=frozenset({WORKSPACE})))
    times = [
        timed(lambda q=q: store.find(Query(text=q, scopes=frozenset({WORKSPACE})))) for q in asked
    ]
    print(f"search among {count + 100:,}:   {quantiles(times)}")


def recall(store: Store, dataset: Path) -> None:
    """Store the corpus as messages or passages and count which of the right ones come first."""
    corpus = [json.loads(line) for line in (dataset / "corpus.jsonl").open()]
    queries = [json.loads(line) for line in (dataset / "queries.jsonl").open()]
    right: dict[str, set[str]] = defaultdict(set)
    for line in (dataset / "qrels" / "test.tsv").read_text().splitlines()[1:]:
        query, document, _ = line.split("\t")
        right[query].add(document)
    store.add_many([as_draft(entry) for entry in corpus])
    shares: dict[int, list[float]] = {5: [], 10: [], 20: []}
    times: list[float] = []
    for query in queries:
        wanted = right[query["_id"]]
        if not wanted:
            continue
        asked = Query(
            text=query["text"],
            scopes=frozenset({f"channel:{query['metadata']['scope']}"}),
            limit=20,
        )
        start = time.perf_counter()
        hits = store.find(asked).hits
        times.append(time.perf_counter() - start)
        refs = [hit.record.source.ref for hit in hits]
        for k, held in shares.items():
            held.append(len(wanted & set(refs[:k])) / len(wanted))
    figures = ", ".join(f"@{k} {statistics.mean(held):.3f}" for k, held in shares.items())
    print(f"{dataset.name}: recall {figures} over {len(times):,} questions; {quantiles(times)}")


def as_draft(entry: dict[str, dict[str, str]]) -> Draft:
    """One corpus entry: a turn of a conversation where it has a speaker, else a passage."""
    about = entry["metadata"]
    speaks = "speaker" in about
    text = str(entry["text"])
    if about.get("caption"):
        text += f" [shares {about['caption']}]"
    thread = f"{about['scope']}/{about.get('session', '')}"
    said = about.get("date", "")
    return Draft(
        kind="message" if speaks else "passage",
        text=text or " ",
        title="" if text.strip() else "(empty)",
        author=about.get("speaker", "file"),
        speaker=about.get("speaker", ""),
        source=Source(kind="message" if speaks else "file", ref=str(entry["_id"])),
        scope=f"channel:{about['scope']}",
        thread=thread,
        valid_from=when(said) if said else None,
    )


def when(said: str) -> datetime:
    """LoCoMo's "1:56 pm on 8 May, 2023" as a time in UTC."""
    plain = re.sub(r"\s+", " ", said.replace(",", "")).strip()
    return datetime.strptime(plain, "%I:%M %p on %d %B %Y").replace(tzinfo=UTC)


def timed(call: object) -> float:
    """Seconds that one call takes."""
    start = time.perf_counter()
    assert callable(call)
    call()
    return time.perf_counter() - start


def quantiles(seconds: list[float]) -> str:
    """Median and 95th percentile in milliseconds."""
    ordered = sorted(seconds)
    p95 = ordered[int(0.95 * (len(ordered) - 1))]
    return f"p50 {statistics.median(ordered) * 1000:.1f} ms, p95 {p95 * 1000:.1f} ms"


if __name__ == "__main__":
    main()
