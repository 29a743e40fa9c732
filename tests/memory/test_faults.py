"""What a machine does to a store: kills it, fills its disk, locks it, sets its clock back."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from tests.memory import older
from tests.memory.conftest import EVERYBODY, Clock, HashedEmbedder, draft

from bullpen_memory import backup, migrations
from bullpen_memory.errors import OperatorError
from bullpen_memory.index import ChromaIndex
from bullpen_memory.indexer import Indexer
from bullpen_memory.listing import Listing, Shelf
from bullpen_memory.records import Query
from bullpen_memory.store import Store

ROOT = Path(__file__).parents[2]
PATIENCE = 120.0


def kill_at_work(mode: str, home: Path, turn: int, chance: random.Random) -> None:
    """Run a victim and SIGKILL it at a random moment after it began its work."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    # Asked for by the first word of Chroma's users, or, where they need none, by the first at all.
    begins = {"index": "open", "rebuild": "open"}.get(mode, "ready")
    with subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("victim.py")), mode, str(home), str(turn)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
    ) as child:  # fmt: skip
        assert child.stdout is not None
        assert child.stderr is not None
        for line in child.stdout:
            if line.strip() == begins:
                break
        else:
            pytest.fail(f"The victim did not begin: {child.stderr.read()}")
        time.sleep(chance.uniform(0.0, 0.6))
        assert child.poll() is None, child.stderr.read()
        child.send_signal(signal.SIGKILL)


def check_store(home: Path) -> Store:
    """Everything acknowledged is there, and the words agree with the rows."""
    store = Store(home / "context.db", embedder=HashedEmbedder())
    connection = store.database.connection()
    assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    connection.execute("INSERT INTO words (words) VALUES ('integrity-check')")
    promised = (
        (home / "acknowledged").read_text().splitlines() if (home / "acknowledged").exists() else []
    )
    texts: dict[str, set[str]] = {}
    forgotten = {line.split()[1] for line in promised if line.startswith("forget ")}
    for line in promised:
        verb, record_id, *text = line.split(" ", 2)
        if verb == "add":
            texts.setdefault(record_id, set()).update(text)
    for record_id, said in texts.items():
        history = store.history(record_id)
        assert history, f"{record_id} was acknowledged and is lost"
        if record_id in forgotten:
            assert history[-1].status == "forgotten"
        elif history[-1].status != "forgotten":  # Killed between erasing and writing that down.
            assert said <= {version.text for version in history}
    left = {str(row["text"]) for row in store.database.read("SELECT text FROM version")}
    assert not any(text in left for record_id in forgotten for text in texts[record_id])
    return store


def check_index(store: Store, home: Path) -> None:
    index = ChromaIndex(home / "chroma")
    try:
        indexer = Indexer(store, index)
        indexer.drain()
        agreement = indexer.verify()
        if not agreement.clean:  # As the desk does at its start.
            agreement = indexer.rebuild()
        assert agreement.clean, agreement
    finally:
        index.close()


def check_backups(folder: Path) -> None:
    for made in folder.glob("b*"):
        if made.suffix != ".partial":
            assert backup.check(made).files


def survive(tmp_path: Path, plan: dict[str, int], seed: int) -> None:
    chance = random.Random(seed)
    turns = [mode for mode, number in plan.items() for _ in range(number)]
    chance.shuffle(turns)
    home, moved = tmp_path / "home", tmp_path / "moved"
    for folder in (home, moved):
        folder.mkdir()
    ids = older.build(moved / "old.db", 1)
    for turn, mode in enumerate(turns):
        kill_at_work(mode, moved if mode == "migrate" else home, turn, chance)
        if mode == "migrate":
            store = Store(moved / "context.db")
            assert all(store.get(record_id) for record_id in ids)
        else:
            store = check_store(home)
        if mode in ("index", "rebuild"):
            check_index(store, home)
        store.close()
        check_backups(tmp_path)


def test_killed_at_twenty_random_points(tmp_path: Path) -> None:
    survive(tmp_path, {"write": 10, "backup": 5, "migrate": 5}, seed=20)


@pytest.mark.slow
def test_killed_at_two_hundred_random_points(tmp_path: Path) -> None:
    plan = {"write": 90, "index": 40, "rebuild": 20, "migrate": 25, "backup": 25}
    survive(tmp_path, plan, seed=200)


@pytest.mark.parametrize("steps", range(1, len(migrations.STEPS) + 1))
def test_a_store_of_every_released_schema_opens_and_works(tmp_path: Path, steps: int) -> None:
    ids = older.build(tmp_path / "context.db", steps)
    store = Store(tmp_path / "context.db", embedder=HashedEmbedder())
    found = store.find(Query(text="old record 1", scopes=EVERYBODY))
    assert found.hits[0].record.id == ids[1]
    revised = store.revise(ids[0], expected_version=1, by="ann", reason="", text="Newer")
    assert store.history(ids[0])[0].text == "Old record 0"
    store.forget(ids[2], by="ann", reason="asked")
    assert store.add(draft("Old record 2")).status == "forgotten"
    assert Listing(store.database).counts(EVERYBODY, frozenset({"note"}), revised.updated_at)["all"] == 2  # fmt: skip
    names = {str(row[0]) for row in store.database.read("SELECT name FROM _sqlite_migrations")}
    assert names >= {step.__name__ for step in migrations.STEPS}
    store.close()


FULL = """
import resource, signal, sys
from pathlib import Path
from bullpen_memory.errors import OperatorError
from bullpen_memory.store import Store
from bullpen_memory import backup
from tests.memory.conftest import draft
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
home = Path(sys.argv[1])
store = Store(home / "context.db")
kept = store.add(draft("kept"))
_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (120_000, hard))
for step in (lambda: store.add(draft("word " * 90_000)), lambda: backup.save(home, home.parent / "b")):
    try:
        step()
        print("nothing was said")
    except OperatorError as error:
        print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
print(store.get(kept.id) == kept, store.count(None), store.add(draft("goes on")).status)
backup.save(home, home.parent / "b")
print(sorted(path.name for path in home.parent.iterdir()))
"""


def test_a_disk_that_takes_no_more_is_said_and_then_it_goes_on(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    done = subprocess.run([sys.executable, "-c", FULL, str(home)], env=environment, text=True,
                          capture_output=True, check=True, timeout=PATIENCE)  # fmt: skip
    wrote, saved, after, left = done.stdout.splitlines()
    assert "free space" in wrote
    assert "was not made" in saved
    assert after == "True {'active': 1, 'note': 1} active"
    assert left == "['b', 'home']"


def test_a_lock_of_another_program_is_waited_for(tmp_path: Path, store: Store) -> None:
    other = sqlite3.connect(store.place, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    released = threading.Timer(0.7, lambda: other.execute("COMMIT"))
    released.start()
    began = time.monotonic()
    assert store.add(draft("After the wait")).status == "active"
    assert time.monotonic() - began > 0.5
    released.join()
    other.close()


@pytest.mark.slow
def test_a_lock_that_stays_is_said(store: Store) -> None:
    other = sqlite3.connect(store.place, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(
        OperatorError, match=r"kept it locked for over 30 seconds.*Close that program"
    ):
        store.add(draft("Never"))
    assert store.count(None) == {}
    other.execute("ROLLBACK")
    assert store.add(draft("Now")).status == "active"
    other.close()


def test_a_clock_that_is_set_back_loses_and_hides_nothing(store: Store, clock: Clock) -> None:
    one = store.add(draft("Written first"))
    clock.now -= timedelta(days=3)
    two = store.add(draft("Written second"))
    store.revise(one.id, expected_version=1, by="ann", reason="", text="Written third")
    store.pin(two.id, by="ann")
    assert [version.text for version in store.history(one.id)] == ["Written first", "Written third"]
    assert [change.action for change in store.changes(one.id)] == ["add", "revise"]
    found = store.find(Query(text="written", scopes=EVERYBODY))
    assert {hit.record.text for hit in found.hits} == {"Written second", "Written third"}
    listing = Listing(store.database)
    order = listing.order(Shelf(query=Query(scopes=EVERYBODY)), clock.now)
    assert [r.text for r in listing.window(order, 0, 9)] == ["Written second", "Written third"]
    store.forget(one.id, by="ann", reason="asked")
    assert store.add(draft("Written third", ref="again")).status == "forgotten"


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    path = tmp_path / "context.db"
    Store(path).close()
    path.chmod(0o400)
    if os.access(path, os.W_OK):
        pytest.skip("THE READ-ONLY STORE IS NOT TESTED: this user may write everywhere (root).")
    with pytest.raises(OperatorError, match=r"read-only|cannot be opened"):
        Store(path).add(draft("Never"))
