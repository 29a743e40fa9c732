"""A process that is killed at its work: `python victim.py MODE HOME TURN`.

Whatever it has been promised, it writes down in HOME/acknowledged before it goes on.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from tests.memory.conftest import HashedEmbedder, draft

from bullpen_memory import backup
from bullpen_memory.errors import InputError
from bullpen_memory.store import Store

MODE, HOME, TURN = sys.argv[1], Path(sys.argv[2]), sys.argv[3]


def acknowledge(word: str) -> None:
    handle = os.open(HOME / "acknowledged", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(handle, f"{word}\n".encode())
    os.close(handle)


def write(store: Store) -> None:
    n = 0
    while True:
        n += 1
        text = f"{MODE} {TURN} number {n}"
        record = store.add(draft(text))
        acknowledge(f"add {record.id} {text}")
        if n % 3 == 0:
            store.revise(record.id, expected_version=1, by="ann", reason="", text=f"{text} again")
            acknowledge(f"add {record.id} {text} again")
        if n % 7 == 0:
            store.forget(record.id, by="ann", reason="asked")
            acknowledge(f"forget {record.id}")


def main() -> None:
    if MODE == "migrate":
        while True:
            shutil.copy2(HOME / "old.db", HOME / "next.db")
            os.replace(HOME / "next.db", HOME / "context.db")
            print("ready", flush=True)
            Store(HOME / "context.db").close()
            for left in HOME.glob("context.db-*"):
                left.unlink()
    store = Store(HOME / "context.db", embedder=HashedEmbedder())
    print("ready", flush=True)
    if MODE == "write":
        write(store)
    if MODE == "backup":
        n = 0
        while True:
            n += 1
            try:
                store.add(draft(f"backup {TURN} {n}"))
                backup.save(HOME, HOME.parent / f"b{TURN}-{n}")
            except InputError:
                continue
    # The others need Chroma, which takes its time to start.
    from bullpen_memory.index import ChromaIndex
    from bullpen_memory.indexer import Indexer

    indexer = Indexer(store, ChromaIndex(HOME / "chroma"))
    print("open", flush=True)
    if MODE == "index":
        indexer.start()
        write(store)
    while True:
        indexer.rebuild()


main()
