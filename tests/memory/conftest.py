"""Shared parts of the memory tests: real SQLite, real Chroma, and a small embedder of our own."""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import postgres_server
from bullpen_memory.database import Place
from bullpen_memory.records import WORKSPACE, Draft, Kind, Source
from bullpen_memory.store import Store

EVERYBODY = frozenset({WORKSPACE})


class HashedEmbedder:
    """Each word adds eight signed marks: texts that share words are near, others hardly."""

    def __init__(self, name: str = "hashed", dim: int = 384) -> None:
        self.id, self.dim, self.texts = name, dim, 0

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.texts += len(texts)
        out = np.full((len(texts), self.dim), 1e-3, np.float32)
        for row, text in zip(out, texts, strict=True):
            for word in text.lower().split():
                digest = hashlib.sha256(word.encode()).digest()
                for i in range(0, 32, 4):
                    place = int.from_bytes(digest[i : i + 3]) % self.dim
                    row[place] += 1 if digest[i + 3] % 2 else -1
        return out / np.linalg.norm(out, axis=1, keepdims=True)


class Clock:
    """A clock that moves on by a second at each look, and further when told."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


def draft(
    text: str, *, kind: Kind = "note", ref: str = "", scope: str = WORKSPACE, **more: object
) -> Draft:
    """A draft with everything that a test does not care about filled in."""
    source = Source(kind="message", ref=ref or text, permalink="http://x/1", title="#desk")
    return Draft(kind=kind, text=text, scope=scope, **{"author": "quant", "source": source} | more)  # type: ignore[arg-type]


def eventually(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    """Look until it holds; fail after the deadline."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "It did not happen in time."
        time.sleep(0.02)


@pytest.fixture
def clock() -> Clock:
    return Clock()


CONTRACT = {
    "test_store", "test_scope", "test_reviewing", "test_market", "test_ideas", "test_search",
    "test_sameness", "test_policy", "test_misleading", "test_archive", "test_upkeep",
}  # fmt: skip
"""What every store promises, wherever it is: these run on SQLite and again on PostgreSQL."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "kind_of_store" in metafunc.fixturenames:
        both = metafunc.module.__name__.rpartition(".")[2] in CONTRACT
        metafunc.parametrize("kind_of_store", ["sqlite", "postgres"] if both else ["sqlite"])


Lend = Callable[[], AbstractContextManager[Place]]


@pytest.fixture
def lend(kind_of_store: str) -> Lend:
    """Lends places where nothing is stored yet: files, or PostgreSQL databases."""

    @contextmanager
    def lent() -> Generator[Place]:
        if kind_of_store == "postgres":
            url = postgres_server.fresh_database()
            try:
                yield url
            finally:
                postgres_server.give_back(url)
            return
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder) / "context.db"

    return lent


@pytest.fixture
def place(lend: Lend) -> Iterator[Place]:
    """One of them."""
    with lend() as place:
        yield place


@pytest.fixture
def store(place: Place, clock: Clock) -> Iterator[Store]:
    made = Store(place, embedder=HashedEmbedder(), clock=clock)
    yield made
    made.close()
