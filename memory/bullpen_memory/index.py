"""The vector index beside the store: what it promises, and how Chroma keeps it.

The rule it protects: the index holds nothing that the store cannot give again, it has one owner
process, and it is asked for nearness only; who may see what is decided in SQLite. It follows no
outbox and repairs nothing by itself; `indexer.py` does.
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Protocol, cast

from ulid import ULID

from bullpen_memory.errors import OperatorError
from bullpen_memory.index_folder import State, owned, seal

if TYPE_CHECKING:
    import numpy as np
    from chromadb.api.client import Client
    from chromadb.api.models.Collection import Collection
    from numpy.typing import NDArray

BATCH = 1_000
PAGE = 5_000
CANARY_SECONDS = 120

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Entry:
    """What the index holds of one record: which version, where, its unit vector (dim,), and the hash
    of the text that the vector was made from."""

    id: str
    version: int
    scope: str
    vector: NDArray[np.float32]
    content: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """What the index says it holds under an id."""

    scope: str
    version: int
    content: str = ""


class Index(Protocol):
    """Nearest records by vector, scope by scope. Every call is safe from several threads.

    `model` is the embedder its vectors come from, empty for a new index; `generation` is another
    word after each `renew`, by which the store remembers how far this index has followed. `put` adds or replaces
    by id. `drop` forgives ids it does not hold. `nearest` gives up to `k` record ids with their
    cosine to `query` (dim,), drawn only from the named scopes; a scope it has never heard of
    adds nothing. Its answers may be stale: the caller checks every id against the store.
    `vectors` gives back what is held under these ids, exactly, without those it cannot read.
    `renew` replaces everything; until it returns, the old contents answer.
    """

    @property
    def model(self) -> str: ...

    @property
    def generation(self) -> str: ...

    def put(self, entries: Sequence[Entry]) -> None: ...

    def drop(self, scope: str, ids: Sequence[str]) -> None: ...

    def nearest(
        self, query: NDArray[np.float32], scopes: Sequence[str], k: int
    ) -> dict[str, float]: ...

    def holdings(self) -> dict[str, Held]: ...

    def vectors(self, scope: str, ids: Sequence[str]) -> dict[str, NDArray[np.float32]]: ...

    def renew(self, batches: Iterable[Sequence[Entry]], model: str) -> None: ...

    def close(self) -> None: ...


class ChromaIndex:
    """Chroma in a folder of its own, one collection per scope, always given finished vectors.

    Each rebuild fills a new generation's folder; `state.json` names the one that counts. The
    folder is locked for as long as this object lives: two writers lose vectors without a word.
    """

    def __init__(self, path: Path) -> None:
        """Raises OperatorError when another process owns the folder or it cannot be written."""
        self.path = path
        self._lock = threading.RLock()
        self._client: Client | None = None
        self._collections: dict[str, Collection] = {}
        self._owner = owned(path)
        self._state = State.read(path)
        self._sweep()
        if not self._untouched() and not self._survives():
            self._state = State(generation="", model="")

    @property
    def model(self) -> str:
        """See `Index`."""
        return self._state.model

    @property
    def generation(self) -> str:
        """See `Index`."""
        return self._state.generation

    def put(self, entries: Sequence[Entry]) -> None:
        """See `Index`. Replaces in place: deleting and adding again makes Chroma's files grow."""
        with self._lock:
            _put(self._open(), self._collections, entries)

    def drop(self, scope: str, ids: Sequence[str]) -> None:
        """See `Index`. Chroma keeps the vector's bytes until the next `renew`."""
        with self._lock:
            self._open()
            collection = self._collections.get(scope)
            if collection is not None and ids:
                collection.delete(ids=list(ids))

    def nearest(
        self, query: NDArray[np.float32], scopes: Sequence[str], k: int
    ) -> dict[str, float]:
        """See `Index`."""
        found: dict[str, float] = {}
        with self._lock:
            self._open()
            asked = [self._collections[scope] for scope in scopes if scope in self._collections]
            for collection in asked:
                answer = collection.query(
                    query_embeddings=[query], n_results=k, include=["distances"]
                )
                distances = (answer["distances"] or [[]])[0]
                found.update(
                    (one, 1.0 - distance)
                    for one, distance in zip(answer["ids"][0], distances, strict=True)
                )
        best = sorted(found.items(), key=lambda item: -item[1])[:k]
        return dict(best)

    def holdings(self) -> dict[str, Held]:
        """See `Index`. What Chroma's own table lists; only probes show what can be found."""
        held: dict[str, Held] = {}
        with self._lock:
            self._open()
            collections = dict(self._collections)
        for scope, collection in collections.items():
            start = 0
            # Page by page: Chroma refuses more at once, and a search waits for one page only.
            while ids := self._page(collection, scope, start, held):
                start += ids
        return held

    def _page(self, collection: Collection, scope: str, start: int, held: dict[str, Held]) -> int:
        with self._lock:
            listed = collection.get(include=["metadatas"], limit=PAGE, offset=start)
        for one, metadata in zip(listed["ids"], listed["metadatas"] or [], strict=True):
            version, content = metadata["version"], metadata.get("content", "")
            held[one] = Held(scope, int(cast("int", version)), str(content))
        return len(listed["ids"])

    def vectors(self, scope: str, ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """See `Index`."""
        import numpy as np

        with self._lock:
            self._open()
            collection = self._collections.get(scope)
            if collection is None or not ids:
                return {}
            # One by one: where the segment is broken, Chroma refuses all that were asked together.
            found: dict[str, NDArray[np.float32]] = {}
            for one in ids:
                try:
                    answer = collection.get(ids=[one], include=["embeddings"])
                except Exception as error:  # noqa: BLE001 - whatever it is, it is not readable
                    log.warning("The vector of %s cannot be read from the index: %s", one, error)
                    continue
                held = answer["embeddings"]
                if held is not None and len(held):
                    found[one] = np.asarray(held[0], np.float32)
            return found

    def renew(self, batches: Iterable[Sequence[Entry]], model: str) -> None:
        """See `Index`. The old generation's folder is removed, with whatever bytes it kept."""
        fresh = State(generation=str(ULID()), model=model)
        try:
            _filled(self.path / fresh.generation, batches)
        except BaseException:
            shutil.rmtree(self.path / fresh.generation, ignore_errors=True)
            raise
        with self._lock:
            if self._client is not None:
                self._client.close()
            self._client, self._collections, self._state = None, {}, fresh
            fresh.write(self.path)
            self._sweep()
            self._open()

    def close(self) -> None:
        """Let go of the files and of the lock."""
        with self._lock:
            if self._owner.closed:
                return
            if self._client is not None:
                self._client.close()
                self._client = None
                sealed = seal(self.path / self._state.generation)
                State(self._state.generation, self._state.model, True, sealed).write(self.path)
            self._collections = {}
            self._owner.close()

    def _open(self) -> Client:
        if self._client is None:
            generation = self._state.generation or str(ULID())
            # Until `close`, what is on the disk counts as possibly broken.
            self._state = State(generation, self._state.model, clean=False)
            self._state.write(self.path)
            self._client = _connected(self.path / generation)
            for collection in self._client.list_collections():
                scope = str((collection.metadata or {})["scope"])
                self._collections[scope] = collection
        return self._client

    def _sweep(self) -> None:
        """Remove every generation's folder but the one that counts."""
        for folder in self.path.iterdir():
            if folder.is_dir() and folder.name != self._state.generation:
                shutil.rmtree(folder)

    def _untouched(self) -> bool:
        """Whether the folder was closed properly and its files are as they were then."""
        return self._state.clean and self._state.sealed == seal(self.path / self._state.generation)

    def _survives(self) -> bool:
        """Whether Chroma can open a folder that was not closed properly or was changed since.

        Tried in a child process: a cut-off segment file makes Chroma end the process it is in.
        """
        folder = self.path / self._state.generation
        if not self._state.generation or not folder.is_dir():
            return False
        canary = subprocess.run(
            [sys.executable, "-c", _CANARY, str(folder)],
            cwd=self.path, capture_output=True, timeout=CANARY_SECONDS, check=False,
        )  # fmt: skip
        return canary.returncode == 0


_CANARY = """
import sys
import chromadb
from chromadb.config import Settings
client = chromadb.PersistentClient(sys.argv[1], settings=Settings(anonymized_telemetry=False))
for collection in client.list_collections():
    some = collection.get(limit=1, include=["embeddings"])
    if len(some["ids"]):
        collection.query(query_embeddings=some["embeddings"], n_results=1)
client.close()
"""


_CHILD = """
import sys
sys.path[:] = sys.argv[2:]
from pathlib import Path
from bullpen_memory.index import fill
fill(Path(sys.argv[1]), sys.stdin.buffer)
"""


def fill(folder: Path, stream: IO[bytes]) -> None:
    """Write a generation's folder from the entries that `_filled` sends down the stream."""
    import numpy as np

    client = _connected(folder)
    collections: dict[str, Collection] = {}
    while header := stream.readline():
        listed = cast("list[tuple[str, int, str, str]]", json.loads(header))
        block = np.frombuffer(stream.read(int(stream.readline())), "<f4")
        vectors = block.reshape(len(listed), -1)
        entries = [
            Entry(one, version, scope, vector, content)
            for (one, version, scope, content), vector in zip(listed, vectors, strict=True)
        ]
        _put(client, collections, entries)
    client.close()


def _filled(folder: Path, batches: Iterable[Sequence[Entry]]) -> None:
    """Fill a generation's folder in a child process.

    Chroma writes its allocated memory to the disk, the unused part too, which in this process
    may still hold the vectors of what was just forgotten. The child never saw them.
    """
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen(
            [sys.executable, "-c", _CHILD, str(folder), *sys.path],
            cwd=folder.parent, stdin=subprocess.PIPE, stdout=said, stderr=said,
        )  # fmt: skip
        assert child.stdin is not None
        try:
            with child.stdin as pipe:
                for batch in batches:
                    pipe.writelines(_frame(batch))
        except BrokenPipeError:
            pass  # It ended early; its exit code below says so.
        except BaseException:
            child.kill()
            raise
        finally:
            failed = child.wait() != 0
        if failed:
            said.seek(0)
            lines = said.read().decode(errors="replace").strip().splitlines()
            raise OperatorError(
                f"The vector index {folder.parent} was not built.",
                lines[-1] if lines else f"Chroma ended with code {child.returncode}.",
                "Check the free space and memory of this machine; searching goes on without it.",
            )


def _frame(batch: Sequence[Entry]) -> list[bytes]:
    listed = json.dumps([(one.id, one.version, one.scope, one.content) for one in batch])
    block = b"".join(entry.vector.tobytes() for entry in batch)
    return [f"{listed}\n{len(block)}\n".encode(), block] if batch else []


def _put(client: Client, collections: dict[str, Collection], entries: Sequence[Entry]) -> None:
    by_scope: dict[str, list[Entry]] = {}
    for entry in entries:
        by_scope.setdefault(entry.scope, []).append(entry)
    for scope, group in by_scope.items():
        if scope not in collections:
            collections[scope] = client.get_or_create_collection(
                _collection_name(scope),
                configuration={"hnsw": {"space": "cosine"}},
                metadata={"scope": scope},
                embedding_function=None,
            )
        for start in range(0, len(group), BATCH):
            part = group[start : start + BATCH]
            collections[scope].upsert(
                ids=[entry.id for entry in part],
                embeddings=[entry.vector for entry in part],
                metadatas=[{"version": one.version, "content": one.content} for one in part],
            )


def _connected(folder: Path) -> Client:
    import chromadb
    from chromadb.config import Settings

    folder.mkdir(parents=True, exist_ok=True)
    made = chromadb.PersistentClient(folder, settings=Settings(anonymized_telemetry=False))
    # Declared as the interface, which lacks `close`.
    return cast("Client", made)


def _collection_name(scope: str) -> str:
    # Chroma allows few characters in a name; a scope may hold any.
    return f"scope-{hashlib.sha256(scope.encode()).hexdigest()[:40]}"
