"""Records: written once, changed by versions, attributed, and forgotten for good."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import postgres_server
from bullpen_memory.database import Place, is_server
from bullpen_memory.errors import ConflictError, InputError, OperatorError
from bullpen_memory.records import WORKSPACE, Draft, Query, Source
from bullpen_memory.store import Store

from .conftest import EVERYBODY, Clock, HashedEmbedder, draft


def texts(store: Store, text: str, **query: object) -> list[str]:
    asked = Query(text=text, scopes=EVERYBODY, **query)  # type: ignore[arg-type]
    return [hit.record.text for hit in store.find(asked).hits]


def test_a_record_comes_back_as_it_was_written(store: Store) -> None:
    given = draft(
        "Öl: “naïve” 石油 🛢", title="Oil", tags=("energy",), symbols=("cl", "CL"), language="de",
        valid_from=datetime(2025, 3, 1, tzinfo=UTC), valid_to=datetime(2025, 6, 1, tzinfo=UTC),
        known_at=datetime(2025, 7, 1, tzinfo=UTC), confidence=0.8, pinned=True, thread="t1",
        evidence=(Source(kind="url", ref="https://a.example/x", locator="p. 3"),), speaker="Quant",
    )  # fmt: skip
    record = store.add(given)
    assert store.get(record.id) == record
    for name in ("text", "title", "tags", "language", "valid_from", "valid_to", "known_at",
                 "confidence", "evidence", "pinned", "thread", "speaker", "source"):  # fmt: skip
        assert getattr(record, name) == getattr(given, name), name
    assert record.symbols == ("CL",)
    assert (record.version, record.status, record.updated_by) == (1, "active", "quant")


def test_the_same_thing_twice_is_one_record(store: Store) -> None:
    first = store.add(draft("Oil volatility is 38 %", ref="m1"))
    assert store.add(draft("oil  volatility IS 38 %", ref="m1")) == first
    assert store.add_many([draft("New", ref="m2"), draft("New", ref="m2")])[0].version == 1
    assert store.count(EVERYBODY) == {"active": 2, "note": 2}


def test_a_second_source_becomes_evidence(store: Store) -> None:
    first = store.add(draft("WTI rose", ref="m1"))
    again = store.add(draft("WTI rose", ref="m2", author="architect"))
    assert again.id == first.id
    assert [source.ref for source in again.evidence] == ["m2"]
    assert store.add(draft("WTI rose", ref="m2", author="architect")) == again
    assert [c.action for c in store.changes(first.id)] == ["add", "corroborate"]


def test_messages_that_say_the_same_stay_apart(store: Store) -> None:
    one, two = (store.add(draft("thanks", kind="message", ref=ref)) for ref in ("m1", "m2"))
    assert one.id != two.id


def test_a_replayed_source_finds_the_record_that_was_edited_since(store: Store) -> None:
    first = store.add(draft("WTI is at 70", ref="m1"))
    edited = store.revise(
        first.id, expected_version=1, by="ann", reason="typo", text="WTI is at 71"
    )
    assert store.add(draft("WTI is at 70", ref="m1")) == edited


def test_a_revision_keeps_what_was(store: Store) -> None:
    first = store.add(draft("WTI is at 70"))
    second = store.revise(
        first.id,
        expected_version=1,
        by="ann",
        reason="close of day",
        text="WTI is at 71",
        tags=("oil",),
    )
    assert (second.version, second.updated_by, second.reason) == (2, "ann", "close of day")
    assert [v.text for v in store.history(first.id)] == ["WTI is at 70", "WTI is at 71"]
    assert texts(store, "70") == []
    assert texts(store, "71") == ["WTI is at 71"]


def test_a_stale_writer_is_told_and_changes_nothing(store: Store) -> None:
    record = store.add(draft("WTI is at 70"))
    store.revise(record.id, expected_version=1, by="ann", reason="", text="WTI is at 71")
    with pytest.raises(
        ConflictError, match=r"ann changed it.*version 2, you read version 1.*again"
    ):
        store.revise(record.id, expected_version=1, by="bob", reason="", text="WTI is at 72")
    with pytest.raises(ConflictError):
        store.retract(record.id, by="bob", reason="old", expected_version=1)
    assert [v.text for v in store.history(record.id)] == ["WTI is at 70", "WTI is at 71"]


def test_of_many_writers_at_once_each_change_is_kept_or_refused(place: Place) -> None:
    store, other = Store(place), Store(place)
    record = store.add(draft("count 0"))
    kept: list[int] = []

    def write(writer: Store, who: str) -> None:
        done = 0
        while done < 15:
            seen = writer.get(record.id)
            assert seen is not None
            number = int(seen.text.split()[1]) + 1
            try:
                writer.revise(
                    record.id,
                    expected_version=seen.version,
                    by=who,
                    reason="",
                    text=f"count {number}",
                )
            except ConflictError:
                continue
            kept.append(number)
            done += 1

    threads = [
        threading.Thread(target=write, args=(writer, f"w{i}"))
        for i, writer in enumerate((store, other, store))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    last = store.get(record.id)
    assert last is not None
    assert last.text == "count 45"
    assert sorted(kept) == list(range(1, 46))
    store.close()
    other.close()


def test_scope_author_and_source_cannot_be_revised(store: Store) -> None:
    record = store.add(draft("private", scope="channel:C1"))
    with pytest.raises(InputError, match="scope of a record cannot be changed"):
        store.revise(record.id, expected_version=1, by="ann", reason="", scope=WORKSPACE)  # type: ignore[call-arg]


def test_nobody_approves_what_they_wrote(store: Store) -> None:
    record = store.add(draft("Sell gold", status="proposed"))
    assert texts(store, "gold") == []
    with pytest.raises(InputError, match="quant wrote it"):
        store.approve(record.id, by="quant")
    store.revise(record.id, expected_version=1, by="ann", reason="", text="Sell gold soon")
    with pytest.raises(InputError, match="ann wrote it"):
        store.approve(record.id, by="ann")
    approved = store.approve(record.id, by="bob")
    assert (approved.status, approved.updated_by) == ("active", "bob")
    assert texts(store, "gold") == ["Sell gold soon"]
    with pytest.raises(InputError, match="It is active"):
        store.approve(record.id, by="bob")


def test_retract_and_restore_go_back_to_what_it_was(store: Store) -> None:
    record = store.add(draft("Sell gold", status="proposed"))
    store.retract(record.id, by="ann", reason="wrong")
    assert texts(store, "gold", statuses=frozenset({"proposed", "active"})) == []
    assert store.add(draft("Sell gold", ref="again")).status == "retracted"
    assert store.restore(record.id, by="ann").status == "proposed"


def test_superseding_keeps_both_and_finds_the_new(store: Store) -> None:
    old = store.add(draft("WTI is at 70"))
    new = store.supersede(old.id, draft("WTI is at 80"), by="ann", reason="rose")
    before = store.get(old.id)
    assert before is not None
    assert (before.status, before.superseded_by, new.supersedes) == ("superseded", new.id, old.id)
    assert texts(store, "WTI") == ["WTI is at 80"]
    assert store.supersede(old.id, draft("WTI is at 80"), by="ann", reason="rose") == new
    with pytest.raises(InputError, match="holds in its place"):
        store.restore(old.id, by="ann")
    store.retract(new.id, by="ann", reason="wrong")
    assert store.restore(old.id, by="ann").superseded_by is None


def test_a_proposed_successor_waits_for_approval(store: Store) -> None:
    old = store.pin(store.add(draft("WTI is at 70")).id, by="ann")
    with pytest.raises(InputError, match="It is pinned"):
        store.supersede(old.id, draft("WTI is at 80"), by="quant", reason="rose")
    new = store.supersede(
        old.id, draft("WTI is at 80", status="proposed"), by="quant", reason="rose"
    )
    assert texts(store, "WTI") == ["WTI is at 70"]
    store.approve(new.id, by="ann")
    assert texts(store, "WTI") == ["WTI is at 80"]


def test_superseding_across_scopes_is_refused(store: Store) -> None:
    old = store.add(draft("WTI is at 70"))
    with pytest.raises(InputError, match="visible in workspace, the new one only in channel:C1"):
        store.supersede(old.id, draft("WTI is at 80", scope="channel:C1"), by="ann", reason="")


def test_as_of_shows_the_store_as_it_was_known(store: Store, clock: Clock) -> None:
    past = datetime(2024, 5, 1, tzinfo=UTC)
    record = store.add(draft("WTI is at 70", known_at=past))
    clock.now += timedelta(days=1)
    before = clock.now
    store.revise(record.id, expected_version=1, by="ann", reason="", text="WTI is at 71")
    later = store.add(draft("WTI is at 99"))
    store.retract(later.id, by="ann", reason="wrong")
    assert texts(store, "WTI") == ["WTI is at 71"]
    assert texts(store, "WTI", as_of=before) == ["WTI is at 70"]
    assert texts(store, "WTI", as_of=past - timedelta(seconds=1)) == []
    assert set(texts(store, "WTI", as_of=later.created_at)) == {"WTI is at 71", "WTI is at 99"}


SECRET = "Zanzibar butterflies cost 4711"


def files_with(folder: Path, needle: bytes) -> list[str]:
    return [
        str(p)
        for p in folder.rglob("*")
        if p.is_file() and needle.lower() in p.read_bytes().lower()
    ]


def folder_of(store: Store) -> Path:
    """Where the bytes of the live tables are. A server's write-ahead log is not among them."""
    if not is_server(store.place):
        return Path(store.place).parent
    return postgres_server.server().files_of(str(store.place))


def test_forgetting_leaves_no_bytes(store: Store) -> None:
    others = [store.add(draft(f"ordinary note {i}")) for i in range(300)]
    record = store.add(
        draft("first version, Zanzibar", title="Zanzibar", tags=("zanzibar",), ref="m0")
    )
    record = store.revise(record.id, expected_version=1, by="ann", reason="zanzibar?", text=SECRET)
    neighbour = store.add(draft(SECRET, kind="message", ref="m1", thread="t"))
    follower = store.add(draft("a reply", kind="message", ref="m2", thread="t"))
    vector = HashedEmbedder().embed([f"Zanzibar\n{SECRET}"])[0].tobytes()
    store.log_recall(run_id="r", agent="quant", query=f"is it so: {SECRET}", record_ids=[record.id])
    store.database.scour()
    assert files_with(folder_of(store), b"zanzibar")
    assert files_with(folder_of(store), vector)
    left = store.forget(record.id, by="ann", reason="asked to")
    store.forget(neighbour.id, by="ann", reason="asked to")
    assert (left.status, left.text, left.title, left.tags, left.updated_by) == (
        "forgotten",
        "",
        "",
        (),
        "ann",
    )
    assert files_with(folder_of(store), b"zanzibar") == []
    assert files_with(folder_of(store), b"butterfl") == []
    assert files_with(folder_of(store), vector) == []
    assert {v.text for v in store.history(record.id)} == {""}
    assert texts(store, "butterflies") == []
    assert store.recalls("r")[0].query == ""
    assert [c.action for c in store.changes(record.id)] == ["add", "revise", "forget"]
    assert store.get(follower.id) is not None
    assert store.get(others[7].id) == others[7]
    assert store.forget(record.id, by="bob", reason="") == left


def test_the_forgotten_does_not_come_back(store: Store) -> None:
    record = store.add(draft(SECRET, ref="m1"))
    tombstone = store.forget(record.id, by="ann", reason="asked to")
    for ref in ("m1", "m2"):
        assert store.add(draft(SECRET.upper(), ref=ref, kind="fact")) == tombstone
    assert store.add(draft(SECRET, scope="channel:C1")) == tombstone
    with pytest.raises(InputError, match="forgotten on request"):
        store.supersede(store.add(draft("x")).id, draft(SECRET), by="ann", reason="")
    with pytest.raises(InputError, match="forgotten on request"):
        store.revise(store.add(draft("y")).id, expected_version=1, by="ann", reason="", text=SECRET)
    with pytest.raises(InputError, match="It is forgotten"):
        store.restore(record.id, by="ann")


def test_a_forgotten_private_record_says_nothing_elsewhere(store: Store) -> None:
    private = store.add(draft(SECRET, scope="channel:C1"))
    store.forget(private.id, by="ann", reason="")
    assert store.add(draft(SECRET)).status == "active"


def test_one_forgotten_thanks_does_not_forbid_the_next(store: Store) -> None:
    store.forget(store.add(draft("thanks", kind="message", ref="m1")).id, by="ann", reason="")
    assert store.add(draft("thanks", kind="message", ref="m2")).status == "active"
    assert store.add(draft("thanks", kind="message", ref="m1")).status == "forgotten"


def test_what_is_written_is_found_at_once(store: Store) -> None:
    for i in range(20):
        store.add(draft(f"note {i} about cobalt{i}", ref=str(i)))
        assert texts(store, f"cobalt{i}")[0] == f"note {i} about cobalt{i}"


def test_the_injection_log_keeps_what_was_shown(store: Store) -> None:
    store.log_recall(run_id="r1", agent="quant", query="oil?", record_ids=["a", "b"])
    store.log_recall(run_id="r2", agent="quant", query="gold?", record_ids=[])
    (entry,) = store.recalls("r1")
    assert (entry.agent, entry.query, entry.record_ids) == ("quant", "oil?", ("a", "b"))


def test_recent_changes_are_limited_to_what_may_be_seen(store: Store) -> None:
    public, private = store.add(draft("open")), store.add(draft("closed", scope="channel:C1"))
    assert [c.record_id for c in store.recent_changes(EVERYBODY)] == [public.id]
    assert store.changes(private.id, scopes=EVERYBODY) == []
    assert store.get(private.id, scopes=EVERYBODY) is None
    assert store.history(private.id, scopes=frozenset()) == []


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ({"text": " \n "}, "text is empty"),
        ({"text": "x" * 1_000_001}, "holds up to 1,000,000"),
        ({"author": ""}, "author is missing"),
        ({"scope": ""}, "scope is missing"),
        ({"confidence": 1.2}, "not between 0 and 1"),
        ({"status": "retracted"}, "cannot begin as retracted"),
        ({"valid_from": datetime(2025, 1, 1)}, "no time zone"),
    ],
)
def test_a_bad_draft_is_refused_in_a_sentence(
    store: Store, bad: dict[str, object], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        store.add(replace(draft("fine"), **bad))  # type: ignore[arg-type]
    assert store.count(None) == {}


def test_odd_characters_are_stored_and_searched(store: Store) -> None:
    record = store.add(draft("nul\x00 and half \ud800 pair — café", ref="m"))
    assert "\x00" not in record.text
    assert texts(store, "CAFE") == [record.text]
    for text in ('"', "NEAR(", "a* OR -b", "\ud800", "\x00", "text:x", "'; DROP TABLE version"):
        texts(store, text)


KILLED = """
import sys
from bullpen_memory.records import Draft, Source
from bullpen_memory.store import Store
store = Store(sys.argv[1])
for i in range(100_000):
    source = Source(kind="message", ref=f"{sys.argv[2]}-{i}")
    record = store.add(Draft(kind="message", text=f"message {i}", author="u", source=source, scope="workspace"))
    print(record.id, flush=True)
"""


def test_a_killed_writer_loses_nothing_that_was_acknowledged(place: Place) -> None:
    acknowledged = list[str]()
    for turn in range(3):
        child = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(place), str(turn)],
            stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )  # fmt: skip
        assert child.stdout is not None
        acknowledged += [child.stdout.readline().strip() for _ in range(60)]
        child.send_signal(signal.SIGKILL)
        acknowledged += [line.strip() for line in child.stdout if line.endswith("\n")]
        child.wait()
        child.stdout.close()
    store = Store(place)
    assert len(acknowledged) >= 180
    assert all(store.get(record_id) is not None for record_id in acknowledged)
    assert set(texts(store, "message", limit=1_000)) >= {f"message {i}" for i in range(59)}
    if not is_server(place):
        assert store.database.read("PRAGMA integrity_check")[0][0] == "ok"
        with store.database.writing() as db:
            db.execute("INSERT INTO words (words) VALUES ('integrity-check')")
    store.close()


def test_what_the_machine_refuses_is_said_to_the_operator(tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.db"
    foreign.write_bytes(b"this is a letter, not a database" * 100)
    with pytest.raises(OperatorError, match=r"foreign\.db.*not a SQLite database.*Move that file"):
        Store(foreign)
    with pytest.raises(OperatorError, match=r"cannot be opened or created"):
        Store(tmp_path / "nowhere" / "context.db")
    newer = tmp_path / "newer.db"
    Store(newer).close()
    with sqlite3.connect(newer) as raw:
        raw.execute(
            "UPDATE _sqlite_migrations SET name = 'm999_future' WHERE name = 'm001_records'"
        )
    raw.close()
    with pytest.raises(OperatorError, match=r"A newer Bullpen wrote it \(steps m999_future\)"):
        Store(newer)


def test_a_full_disk_is_said_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    store = Store(tmp_path / "context.db")
    kept = store.add(draft("small"))
    connection = store.database.connection()
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages + 2}").fetchone()
    with pytest.raises(OperatorError, match=r"disk is full.*Free some space"):
        store.add(draft("word " * 50_000))
    assert store.count(None) == {"active": 1, "note": 1}
    assert store.get(kept.id) == kept
    store.close()


def test_a_damaged_file_is_said(tmp_path: Path) -> None:
    path = tmp_path / "context.db"
    store = Store(path)
    store.add_many([draft(f"note {i}") for i in range(500)])
    store.close()
    data = bytearray(path.read_bytes())
    data[4096:] = os.urandom(len(data) - 4096)
    shutil.rmtree(tmp_path / "x", ignore_errors=True)
    path.write_bytes(bytes(data))
    with pytest.raises(OperatorError, match="damaged"):
        Store(path).count(None)


def test_the_import_is_light() -> None:
    code = (
        "import sys, bullpen_memory.store;"
        "heavy = {'chromadb', 'onnxruntime', 'tokenizers', 'numpy', 'pandas', 'sqlite_utils'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    env = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=env, check=True
    )
    assert done.stdout.strip() == "[]"


def test_a_draft_type_is_what_the_contract_says() -> None:
    assert (
        Draft(
            kind="note", text="t", author="a", source=Source(kind="url", ref="r"), scope="s"
        ).status
        == "active"
    )
