"""A backup of a home that is at work: complete, proven, and good to go on from."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from pathlib import Path

import pytest
from tests.memory.conftest import HashedEmbedder, draft

from bullpen_memory import backup
from bullpen_memory.errors import InputError, OperatorError
from bullpen_memory.index import ChromaIndex
from bullpen_memory.indexer import Indexer
from bullpen_memory.store import Store


@pytest.fixture
def home(tmp_path: Path) -> Path:
    made = tmp_path / "home"
    (made / "files").mkdir(parents=True)
    (made / "chroma").mkdir()
    (made / "files/report.pdf").write_bytes(b"%PDF")
    (made / "chroma/big").write_bytes(b"x")
    (made / "desk.lock").write_text("")
    (made / "run.json").write_text("secret token")
    return made


def test_a_backup_under_load_restores_to_a_store_that_agrees_with_its_index(
    home: Path, tmp_path: Path
) -> None:
    store = Store(home / "context.db", embedder=HashedEmbedder())
    first = [store.add(draft(f"Before {n}")).id for n in range(30)]
    stop, written = threading.Event(), list[str]()

    def write() -> None:
        while not stop.is_set():
            written.append(store.add(draft(f"Meanwhile {len(written)}")).id)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        made = [backup.save(home, tmp_path / f"b{n}") for n in range(3)]
    finally:
        stop.set()
        writer.join()
    store.close()
    assert [file.path for file in made[0].files] == ["context.db", "files/report.pdf"]
    new = tmp_path / "new"
    backup.restore(tmp_path / "b2", new)
    restored = Store(new / "context.db", embedder=HashedEmbedder())
    held = {str(row["id"]) for row in restored.database.read("SELECT id FROM version")}
    assert set(first) <= held <= {*first, *written}
    index = ChromaIndex(new / "chroma")
    agreement = Indexer(restored, index).rebuild()
    assert agreement.clean
    assert agreement.indexed == len(held)
    index.close()
    assert restored.add(draft("Goes on")).status == "active"
    restored.close()


@pytest.mark.parametrize(
    ("harm", "why"),
    [
        (lambda b: (b / "files/report.pdf").unlink(), "files/report.pdf is missing"),
        (lambda b: (b / "files/report.pdf").write_bytes(b"%PDX"), "not as it was written"),
        (lambda b: (b / "manifest.json").unlink(), "manifest.json is missing"),
        (lambda b: (b / "manifest.json").write_text("{"), "manifest.json is missing"),
        (lambda b: (b / "manifest.json").write_text((b / "manifest.json").read_text().replace("files/report", "../report")), "outside of it"),
        (lambda b: (b / "context.db").write_bytes((b / "context.db").read_bytes()[:-4096]), "not as it was written"),
    ],
)  # fmt: skip
def test_a_harmed_backup_is_refused_by_name(home: Path, tmp_path: Path, harm, why: str) -> None:
    store = Store(home / "context.db")
    store.add(draft("One"))
    store.close()
    backup.save(home, tmp_path / "b")
    harm(tmp_path / "b")
    with pytest.raises(OperatorError, match=why):
        backup.restore(tmp_path / "b", tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_nothing_is_overwritten(home: Path, tmp_path: Path) -> None:
    Store(home / "context.db").close()
    backup.save(home, tmp_path / "b")
    for attempt in (
        lambda: backup.save(home, tmp_path / "b"),
        lambda: backup.save(home, home / "inside"),
        lambda: backup.restore(tmp_path / "b", home),
    ):
        with pytest.raises(InputError):
            attempt()


def test_a_disk_that_fails_half_way_leaves_nothing_half_made(home: Path, tmp_path: Path) -> None:
    store = Store(home / "context.db")
    store.add(draft("One"))
    store.close()
    (home / "broken.db").write_bytes(b"SQLite format 3\x00" + b"rubbish" * 100)
    with pytest.raises(OperatorError, match="was not made"):
        backup.save(home, tmp_path / "b")
    assert list(tmp_path.iterdir()) == [home]


def test_several_databases_are_copied_as_of_one_moment(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    one, two = sqlite3.connect(home / "context.db"), sqlite3.connect(home / "receipts.db")
    for db in (one, two):
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("CREATE TABLE t (n INTEGER)")
        db.commit()
    stop = threading.Event()

    def write() -> None:
        mine = [sqlite3.connect(home / name) for name in ("receipts.db", "context.db")]
        n = 0
        while not stop.is_set():
            n += 1
            for db in mine:  # What is referred to comes first, as everywhere in the desk.
                db.execute("INSERT INTO t VALUES (?)", (n,))
                db.commit()
        for db in mine:
            db.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for n in range(5):
            made = backup.save(home, tmp_path / f"b{n}")
            assert made.rows["context.db"]["t"] <= made.rows["receipts.db"]["t"]
    finally:
        stop.set()
        writer.join()
    one.close()
    two.close()
    shutil.rmtree(tmp_path / "b0")
    assert backup.check(tmp_path / "b4").size > 0
