"""How fast the memory page's lists are: each view, each keystroke, windows near and far.

    python benchmarks/memory_lists.py --records 100000

Records are made up from a few dozen words, so that every word is common: the hard case for typing.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

from bullpen_memory.listing import VIEWS, Listing, Shelf
from bullpen_memory.records import WORKSPACE, Draft, Kind, Query, Source
from bullpen_memory.store import Store

WORDS = [
    "silver",
    "gold",
    "copper",
    "oil",
    "gas",
    "wheat",
    "volatility",
    "curve",
    "spread",
    "carry",
    "contango",
    "credit",
    "duration",
    "basis",
    "refinery",
    "mine",
    "smelter",
    "inventory",
    "option",
    "butterfly",
    "skew",
    "delta",
    "gamma",
    "vega",
    "rates",
    "inflation",
    "dollar",
    "euro",
    "yen",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
TYPED = ("s", "si", "sil", "silver", "silver ro", "silver gold", "volatilit", "note 4711", "the in")
START = datetime(2024, 1, 1, tzinfo=UTC)


def draft(number: int, chance: random.Random) -> Draft:
    about = chance.sample(WORDS, 2)
    at = START + timedelta(minutes=7 * number)
    return Draft(
        kind=chance.choice(KINDS), title=f"{about[0]} and {about[1]}", author="quant",
        text=f"{about[0]} rose, {about[1]} fell; note {number}. " + " ".join(chance.choices(WORDS, k=24)),
        source=Source(kind="message", ref=str(number)), scope=WORKSPACE, known_at=at,
        symbols=(about[0].upper(),), tags=(about[1],), pinned=number % 900 == 0,
        status="proposed" if number % 50 == 0 else "active",
        valid_to=at + timedelta(days=400) if number % 40 == 0 else None,
    )  # fmt: skip


def timed(what: Callable[[], object], times: int = 1) -> str:
    spent: list[float] = []
    for _ in range(times):
        began = time.perf_counter()
        what()
        spent.append((time.perf_counter() - began) * 1000)
    return f"{statistics.median(spent):8.1f} ms"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=100_000)
    count = parser.parse_args().records
    chance, now = random.Random(5), datetime.now(UTC)
    kinds: frozenset[Kind] = frozenset(kind for kind in KINDS if kind != "message")
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder, "context.db"))
        for first in range(0, count, 1000):
            store.add_many([draft(first + n, chance) for n in range(min(1000, count - first))])
        mine = Query(scopes=frozenset({WORKSPACE}), kinds=kinds)
        listing = Listing(store.database)
        print(f"{count:,} records; the first look after a change, then the same again")
        print(f"{'counts of all views':24}", timed(lambda: listing.counts(mine.scopes, kinds, now)))
        for view in VIEWS:
            shelf = Shelf(view=view, query=mine)
            first = timed(lambda shelf=shelf: listing.order(shelf, now))
            print(f"{view:24}", first, timed(lambda shelf=shelf: listing.order(shelf, now), 9))
        order = listing.order(Shelf(query=mine), now)
        for name, at in (("first window", 0), ("in the middle", len(order) // 2), ("at the end", len(order) - 50)):  # fmt: skip
            print(f"{name:24}", timed(lambda at=at: listing.window(order, at, 50), 9))
        for text in TYPED:
            shelf = Shelf(query=Query(text=text, scopes=mine.scopes, kinds=kinds))
            print(f"typed {text:18}", timed(lambda shelf=shelf: Listing(store.database).order(shelf, now), 5))  # fmt: skip
        store.close()


if __name__ == "__main__":
    main()
