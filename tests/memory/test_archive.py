"""Out of one store and into another: nothing is lost, added or altered."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.memory.conftest import EVERYBODY, Clock, HashedEmbedder, Lend, draft

import postgres_server
from bullpen_memory import archive, notebook
from bullpen_memory.database import Place
from bullpen_memory.errors import InputError
from bullpen_memory.market import Market
from bullpen_memory.records import WORKSPACE, Observation, Query, Record, SeriesInfo
from bullpen_memory.reviewing import Review, Seen
from bullpen_memory.store import Store

ACTS = st.sampled_from(["add", "revise", "retract", "restore", "pin", "forget", "supersede", "merge", "dispute", "recall"])  # fmt: skip


def step(store: Store, review: Review, act: str, pair: tuple[Record, Record], word: str) -> str:
    """One change of `pair`'s first record; the id of a record that is new by it, or ""."""
    one, other = pair
    steps = {
        "revise": lambda: store.revise(one.id, expected_version=one.version, by="ann", reason=word, text=word),
        "retract": lambda: store.retract(one.id, by="ann", reason=word),
        "restore": lambda: store.restore(one.id, by="ann"),
        "pin": lambda: store.pin(one.id, by="ann"),
        "forget": lambda: store.forget(one.id, by="ann", reason=word),
        "supersede": lambda: store.supersede(one.id, draft(word, scope=one.scope), by="ann", reason=word),
        "merge": lambda: review.merge(Seen(one.id, one.version), [Seen(other.id, other.version)], by="ann"),
        "dispute": lambda: review.dispute(Seen(one.id, one.version), by="ann", reason="no"),
        "recall": lambda: store.log_recall(run_id=word, agent="quant", query=word, record_ids=[one.id]),
    }  # fmt: skip
    try:
        made = steps[act]()
    except InputError:
        return ""  # What is not allowed changes nothing, here as elsewhere.
    return made.id if act == "supersede" and made is not None else ""


def filled(place: Place, acts: list[tuple[str, int, str]]) -> Store:
    clock = Clock()
    store = Store(place, embedder=HashedEmbedder(), clock=clock)
    review, known = Review(store, clock), list[str]()
    for number, (act, which, word) in enumerate(acts):
        text = f"{word} {number}"
        if act == "add" or not known:
            scope = WORKSPACE if which % 2 else "channel:C1"
            kind = "message" if which % 3 == 0 else "note"
            known.append(store.add(draft(text, scope=scope, tags=(word,), kind=kind, thread="t")).id)  # fmt: skip
            continue
        one, other = (store.get(known[(which + n) % len(known)]) for n in range(2))
        assert one is not None
        assert other is not None
        made = step(store, review, act, (one, other), text)
        known += [made] if made else []
    return store


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    acts=st.lists(st.tuples(ACTS, st.integers(0, 9), st.text(min_size=1, max_size=8)), max_size=25),
    form=st.sampled_from(["jsonl", "jsonl with vectors", "db"]),
)  # fmt: skip
def test_what_is_taken_in_equals_what_was_given_out(lend: Lend, acts, form) -> None:
    with TemporaryDirectory() as name, lend() as here, lend() as there:
        store = filled(here, acts)
        Market(store).put(SeriesInfo(id="wti", title="Oil", unit="usd", frequency="daily", source="x", licence="y"), [Observation("2026-01-31", 70.0, datetime(2026, 2, 1, tzinfo=UTC))])  # fmt: skip
        vectors = form != "jsonl"
        path = Path(name, "out.db" if form == "db" else "out.jsonl")
        if form == "db":
            archive.copy(store.database, path)
        else:
            archive.write(store.database, path, vectors=vectors)
        new = Store(there, embedder=HashedEmbedder())
        archive.read(new.database, path)
        assert archive.fingerprint(new.database, vectors=vectors) == archive.fingerprint(
            store.database, vectors=vectors
        )
        everything = Query(scopes=EVERYBODY | {"channel:C1"}, limit=100)
        assert new.find(everything) == store.find(everything)
        for hit in store.find(everything).hits:
            record = hit.record
            assert new.history(record.id) == store.history(record.id)
            assert new.changes(record.id) == store.changes(record.id)
            words = Query(text=record.text, scopes=frozenset({record.scope}))
            assert [h.record.id for h in new.find(words).hits][:1] != []
        new.close()
        store.close()


@pytest.mark.parametrize("form", ["jsonl", "db"])
def test_a_memory_moves_from_a_file_to_a_server_and_back(tmp_path: Path, form: str) -> None:
    acts = [("add", n, f"word {n}") for n in range(9)] + [("revise", 2, "other"), ("forget", 4, "")]
    url = postgres_server.fresh_database()
    here, server = filled(tmp_path / "context.db", acts), Store(url, embedder=HashedEmbedder())
    back = Store(tmp_path / "back.db", embedder=HashedEmbedder())
    for source, target in ((here, server), (server, back)):
        path = tmp_path / f"{type(source.database).__name__}.{form}"
        (archive.copy if form == "db" else archive.write)(source.database, path)
        archive.read(target.database, path)
    for one in (server, back):
        assert archive.fingerprint(one.database) == archive.fingerprint(here.database)
        asked = Query(text="word 7", scopes=EVERYBODY)
        assert one.find(asked).hits[0].record == here.find(asked).hits[0].record
        assert one.add(draft("word 4", scope=WORKSPACE, ref="again")).id
        one.close()
    here.close()
    postgres_server.give_back(url)


@pytest.fixture
def new_place(lend: Lend) -> Iterator[Place]:
    with lend() as place:
        yield place


def test_what_was_forgotten_stays_forgotten_in_the_copy(
    store: Store, new_place: Place, tmp_path: Path
) -> None:
    record = store.add(draft("Butter is cheap", ref="m1"))
    store.forget(record.id, by="ann", reason="asked")
    archive.write(store.database, tmp_path / "a.jsonl")
    assert "Butter" not in (tmp_path / "a.jsonl").read_text()
    new = Store(new_place)
    archive.read(new.database, tmp_path / "a.jsonl")
    assert new.add(draft("butter is  cheap")).status == "forgotten"
    with pytest.raises(InputError, match="holds 1 records already"):
        archive.read(new.database, tmp_path / "a.jsonl")
    new.close()


@pytest.mark.parametrize(
    ("harm", "why"),
    [
        (lambda lines: lines[:-1], "cut off"),
        (lambda lines: [*lines[:-1], lines[-1][:-9]], "cut off"),
        (lambda lines: [line.replace("Gold", "Lead") for line in lines], "not what was written"),
        (lambda lines: [*lines[:2], *lines[3:]], "not what was written"),
        (lambda lines: lines[1:], "not an archive"),
        (lambda lines: [lines[0].replace("m001", "m999"), *lines[1:]], "newer Bullpen"),
        (lambda lines: [*lines[:1], '{"table": "version", "mood": 1}', *lines[1:]], "fields that"),
        (lambda _: ["hello"], "not an archive"),
    ],
)
def test_a_harmed_file_is_refused_and_nothing_is_kept(
    store: Store, new_place: Place, tmp_path: Path, harm, why: str
) -> None:
    store.add_many([draft("Gold is dear"), draft("Oil is cheap")])
    path = tmp_path / "a.jsonl"
    archive.write(store.database, path)
    path.write_text("\n".join(harm(path.read_text().splitlines())) + "\n")
    new = Store(new_place)
    with pytest.raises(InputError, match=why):
        archive.read(new.database, path)
    assert new.count(None) == {}
    assert new.add(draft("Still works")).status == "active"
    new.close()


def test_a_foreign_database_is_refused(store: Store, tmp_path: Path) -> None:
    foreign = sqlite3.connect(tmp_path / "f.db")
    foreign.execute("CREATE TABLE a (b)")
    foreign.close()
    with pytest.raises(InputError, match="not one of a context store"):
        archive.read(store.database, tmp_path / "f.db")
    with pytest.raises(InputError, match="exists already"):
        archive.write(store.database, tmp_path / "f.db")
    with pytest.raises(InputError, match="exists already"):
        archive.copy(store.database, tmp_path / "f.db")


def test_a_folder_of_markdown_says_where_each_text_comes_from(store: Store, tmp_path: Path) -> None:
    record = store.add(draft("It rose", title="../../Oil: *70*", ref="m1", symbols=("WTI",)))
    store.revise(record.id, expected_version=1, by="ann", reason="", text="It fell")
    store.add(draft("", title="石油", kind="finding"))
    gone = store.add(draft("Gone"))
    store.forget(gone.id, by="ann", reason="x")
    store.add(draft("hello", kind="message"))
    assert notebook.write(store.database, tmp_path / "md") == 2
    files = sorted(file.relative_to(tmp_path / "md") for file in (tmp_path / "md").rglob("*.md"))
    assert [str(file.parent) for file in files] == ["finding", "note"]
    told = (tmp_path / "md" / files[1]).read_text()
    front = dict(line.split(": ", 1) for line in told.split("---")[1].strip().splitlines())
    assert json.loads(front["source"]) == "message: #desk · http://x/1"
    assert json.loads(front["symbols"]) == ["WTI"]
    assert told.index("It fell") < told.index("It rose")
    with pytest.raises(InputError, match="not an empty folder"):
        notebook.write(store.database, tmp_path / "md")
