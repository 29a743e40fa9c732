"""PostgreSQL: what a server refuses is said, several workers share one memory, and it comes back by itself."""

from __future__ import annotations

import multiprocessing
import socket
import struct
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.memory.conftest import EVERYBODY, Clock, HashedEmbedder, draft

import postgres_server
from bullpen_memory.errors import ConflictError, OperatorError
from bullpen_memory.feed import GONE_DAYS
from bullpen_memory.index import ChromaIndex
from bullpen_memory.indexer import Indexer
from bullpen_memory.records import Query
from bullpen_memory.store import Store


@pytest.fixture
def url() -> Iterator[str]:
    lent = postgres_server.fresh_database()
    try:
        yield lent
    finally:
        postgres_server.give_back(lent)


def refusal(url: str) -> str:
    """The sentence with which a store at this address is not opened; no password is in it."""
    with pytest.raises(OperatorError) as told:
        Store(url)
    said = str(told.value)
    for secret in (postgres_server.PASSWORD, "wrong-pass"):
        assert secret not in said
    return said


def test_what_a_server_refuses_is_said_without_the_password() -> None:
    server = postgres_server.server()
    assert "did not accept the user name or the password" in refusal(
        server.url(password="wrong-pass")
    )
    assert "no database of that name. Create it with `createdb`" in refusal(server.url("nowhere"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        closed = probe.getsockname()[1]
    silent = f"postgresql://desk:wrong-pass@127.0.0.1:{closed}/e1"
    assert f"e1 at 127.0.0.1:{closed}) cannot be reached. Nothing answers there." in refusal(silent)
    assert "cannot be read. Write it as postgresql://" in refusal(
        "postgresql://desk:wrong-pass@h:5432x/db"
    )


def test_a_database_that_cannot_hold_every_letter_is_refused() -> None:
    server = postgres_server.server()
    made = server.create("ascii", more="ENCODING 'SQL_ASCII' TEMPLATE template0 LOCALE 'C'")
    assert "keeps its texts in SQL_ASCII" in refusal(made)


def test_a_user_without_the_right_to_create_is_told() -> None:
    server, empty = postgres_server.server(), postgres_server.empty_database()
    server.run_sql("CREATE ROLE guest LOGIN PASSWORD 'wrong-pass'")
    said = refusal(empty.replace(f"desk:{postgres_server.PASSWORD}", "guest:wrong-pass"))
    assert "lacks a right there. Let it create a schema" in said


def test_a_store_of_a_newer_bullpen_is_refused() -> None:
    made = postgres_server.empty_database()
    Store(made).close()
    name = made.rsplit("/", 1)[1]
    postgres_server.server().run_sql(
        "INSERT INTO bullpen._migrations (name) VALUES ('m999_future')", database=name
    )
    assert "A newer Bullpen wrote it (steps m999_future)" in refusal(made)


def test_a_server_that_is_too_old_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        speaker = threading.Thread(target=speak_as_nine_six, args=(listener,))
        speaker.start()
        said = refusal(f"postgresql://desk:x@127.0.0.1:{listener.getsockname()[1]}/old?sslmode=disable")  # fmt: skip
        speaker.join(10)
    assert "The server is PostgreSQL 9.6.24. Use PostgreSQL 14 or newer." in said


def speak_as_nine_six(listener: socket.socket) -> None:
    """As much of the protocol as lets a client in: authenticated, version, ready."""
    peer, _ = listener.accept()
    with peer:
        (length,) = struct.unpack("!I", peer.recv(4))
        peer.recv(length - 4)
        told = b"server_version\x009.6.24\x00"
        peer.sendall(b"R" + struct.pack("!II", 8, 0))
        peer.sendall(b"S" + struct.pack("!I", 4 + len(told)) + told)
        peer.sendall(b"Z" + struct.pack("!I", 5) + b"I")
        while peer.recv(1024):
            pass


def test_it_comes_back_by_itself_when_the_server_does() -> None:
    server = postgres_server.new_server()
    try:
        store = Store(server.create("mine"))
        kept = store.add(draft("said before"))
        server.stop()
        for attempt in (lambda: store.get(kept.id), lambda: store.add(draft("said meanwhile"))):
            with pytest.raises(
                OperatorError, match=r"mine at 127\.0\.0\.1:\d+\) cannot be reached"
            ):
                attempt()
        server.start()
        assert store.get(kept.id) == kept
        assert store.add(draft("said after")).version == 1
        assert store.count(None)["note"] == 2
        with pytest.raises(OperatorError, match="The connection was lost"):
            half_done(store, server)
        assert len(store.changes(kept.id)) == 1
        store.close()
    finally:
        server.remove()


def half_done(store: Store, server: postgres_server.Server) -> None:
    """A transaction in the middle of which the server is restarted: nothing of it may be kept."""
    with store.writing() as db:
        db.execute("DELETE FROM change")
        server.stop()
        server.start()
        db.execute("DELETE FROM change")


def work_along(url: str, name: str) -> None:
    store = Store(url)
    for i in range(4):
        store.add(draft(f"Statement number {i} about the silver market", ref=f"{name}{i}"))
    counter = store.find(Query(text="counter", scopes=EVERYBODY)).hits[0].record
    kept = 0
    while kept < 4:
        present = store.get(counter.id)
        assert present is not None
        try:
            store.revise(
                counter.id, expected_version=present.version, by=name, reason="",
                text=f"counter {present.version}",
            )  # fmt: skip
        except ConflictError:
            continue
        kept += 1
    store.close()


def test_of_eight_workers_every_edit_is_kept_and_no_statement_doubled(url: str) -> None:
    store = Store(url)
    counter = store.add(draft("counter 0"))
    spawn = multiprocessing.get_context("spawn")
    workers = [spawn.Process(target=work_along, args=(url, f"w{n}")) for n in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
        assert worker.exitcode == 0
    assert store.count(None)["note"] == 1 + 4
    told = [v.text for v in store.history(counter.id)]
    assert told == [f"counter {n}" for n in range(1 + 8 * 4)]
    said = store.find(Query(text="statement silver", scopes=EVERYBODY)).hits
    assert {1 + len(hit.record.evidence) for hit in said if hit.record.id != counter.id} == {8}
    store.close()


def test_each_worker_has_an_index_of_its_own(url: str, tmp_path: Path) -> None:
    clock = Clock()
    here, there = (Store(url, embedder=HashedEmbedder(), clock=clock) for _ in range(2))
    first, second = ChromaIndex(tmp_path / "first"), ChromaIndex(tmp_path / "second")
    one, other = Indexer(here, first), Indexer(there, second)
    kept = [here.add(draft(f"note {n}")) for n in range(3)]
    one.drain()
    other.drain()
    there.revise(kept[0].id, expected_version=1, by="ann", reason="", text="in other words")
    here.forget(kept[1].id, by="ann", reason="")
    one.drain()
    assert here.database.read("SELECT 1 FROM outbox") != []
    other.drain()
    assert here.database.read("SELECT 1 FROM outbox") == []
    assert one.verify().clean
    assert other.verify().clean
    assert first.holdings().keys() == second.holdings().keys() == {kept[0].id, kept[2].id}
    # One that was away for too long is waited for no longer, and is built anew when it comes back.
    clock.now += timedelta(days=GONE_DAYS + 1)
    fresh = here.add(draft("while the other was away"))
    one.drain()
    assert here.database.read("SELECT 1 FROM outbox") == []
    other.drain()
    assert other.verify().clean
    assert fresh.id in second.holdings()
    for part in (first, second, here, there):
        part.close()


def test_what_one_worker_forgets_no_other_finds(url: str) -> None:
    here, there = Store(url, embedder=HashedEmbedder()), Store(url, embedder=HashedEmbedder())
    record = here.add(draft("the merger closes in June"))
    asked = Query(text="merger June", scopes=EVERYBODY)
    assert there.find(asked).total == 1
    here.forget(record.id, by="ann", reason="")
    assert there.find(asked).total == 0
    assert there.add(draft("The merger closes in June!")).status == "forgotten"
    here.close()
    there.close()
