"""The same in other dress is one record; nearly the same is linked; what was forgotten stays so."""

from __future__ import annotations

import multiprocessing
import random
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bullpen_memory import sameness
from bullpen_memory.database import Place
from bullpen_memory.errors import ConflictError
from bullpen_memory.records import Query, Source
from bullpen_memory.store import Store

from .conftest import EVERYBODY, draft

SILVER = "Silver supply fell for the third year, and London vaults now hold 830 million ounces."


def links(store: Store) -> list[tuple[str, str, str]]:
    found = store.database.read("SELECT source, target, type FROM link")
    return [(row["source"], row["target"], row["type"]) for row in found]


@given(st.text(min_size=1), st.randoms(use_true_random=False))
def test_punctuation_and_white_space_do_not_make_another_text(
    text: str, chance: random.Random
) -> None:
    dressed = "".join(char + chance.choice(["", " ", ".", "\n", "—"]) for char in text)
    if any(char.isalnum() for char in text):
        assert sameness.norm_hash("", dressed) == sameness.norm_hash("", text)


def test_a_statement_in_other_dress_is_the_same_record(store: Store) -> None:
    first = store.add(draft(SILVER, kind="finding", ref="a"))
    again = store.add(draft("Silver supply fell for the third year and london vaults now hold 830 million ounces", kind="finding", ref="b"))  # fmt: skip
    assert again.id == first.id
    assert [source.ref for source in again.evidence] == ["b"]
    assert store.count(None)["finding"] == 1


def test_a_statement_with_other_words_is_linked_and_one_with_another_number_disagrees(
    store: Store,
) -> None:
    first = store.add(draft(SILVER, ref="a"))
    near = store.add(draft(SILVER.replace("now hold", "hold only"), ref="b"))
    other = store.add(draft(SILVER.replace("830", "790"), ref="c"))
    store.add(draft("Brent crude is volatile because of the tariffs on tankers from the gulf", ref="d"))  # fmt: skip
    assert (near.id, first.id, "duplicates") in links(store)
    assert (other.id, first.id, "contradicts") in links(store)
    assert {target for _, target, _ in links(store)} <= {first.id, near.id}


def test_nothing_is_linked_across_scopes(store: Store) -> None:
    store.add(draft(SILVER, ref="a", scope="channel:C1"))
    kept = store.add(draft(SILVER, ref="b"))
    assert kept.version == 1
    assert links(store) == []


def test_a_corpus_sent_five_times_is_kept_once(store: Store) -> None:
    """Each time with other white space and punctuation, as mail clients and copying do."""
    chance = random.Random(7)
    words = ["silver", "oil", "vault", "price", "supply", "demand", "market", "quarter", "margin", "revenue", "tanker", "refinery"]  # fmt: skip
    texts = [f"Item {i}: " + " ".join(chance.choices(words, k=25)) for i in range(120)]
    for turn in range(5):
        for i, text in enumerate(texts):
            dressed = text.replace(" ", chance.choice([" ", "  ", " \n"])) + "." * (turn % 3)
            kind = ("note", "fact", "message", "finding")[i % 4]
            store.add(draft(dressed, kind=kind, ref=str(i)))
        kept = store.count(None)["active"]
        assert kept <= 1.01 * len(texts), f"{kept} records after {turn + 1} times"
    assert kept == len(texts)


def test_the_next_version_of_a_file_adds_only_what_is_new(store: Store) -> None:
    def passage(text: str, sha: str, where: str):
        source = Source(kind="file", ref=sha, title="outlook.md", locator=where)
        return draft(text, kind="passage", source=source, title="outlook.md")

    store.add_many([passage("Silver is scarce.", "one", "lines 1–1"), passage("Oil is not.", "one", "lines 2–2")])  # fmt: skip
    store.add_many([passage("Silver is scarce!", "two", "lines 1–1"), passage("Gold is.", "two", "lines 2–2")])  # fmt: skip
    assert store.count(None)["passage"] == 3


@pytest.mark.parametrize("again", [SILVER.upper(), SILVER.replace(",", ""), f"  {SILVER}!!"])
def test_what_was_forgotten_does_not_come_back_in_other_dress(store: Store, again: str) -> None:
    kept = store.add(draft(SILVER, kind="fact"))
    store.forget(kept.id, by="ann", reason="")
    assert store.add(draft(again, kind="fact", ref="elsewhere")).status == "forgotten"
    assert not store.find(Query(text="silver vaults", scopes=EVERYBODY)).hits
    for table in ("norm", "sketch", "link"):
        assert store.database.read(f"SELECT * FROM {table}") == []


def test_an_older_store_learns_what_it_holds(place: Place) -> None:
    store = Store(place)
    first = store.add(draft(SILVER, ref="a"))
    with store.database.writing() as db:
        db.execute("DELETE FROM norm")
        sameness.backfill(db)
    assert store.add(draft(SILVER + "!", ref="b")).id == first.id
    store.close()


def write_along(place: Place, name: str, count: int) -> None:
    store = Store(place)
    for i in range(count):
        store.add(draft(f"Shared statement number {i} about the silver market", ref=f"{name}{i}"))
        store.add(draft(f"{name} alone says this about item {i}", ref=f"{name}own{i}"))
    store.close()


def test_processes_that_write_the_same_at_once_keep_it_once(place: Place) -> None:
    Store(place).close()
    spawn = multiprocessing.get_context("spawn")
    workers = [spawn.Process(target=write_along, args=(place, name, 15)) for name in "abc"]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
        assert worker.exitcode == 0
    store = Store(place)
    assert store.count(None)["note"] == 15 + 3 * 15
    shared = store.find(Query(text="shared statement", scopes=EVERYBODY, limit=100)).hits
    assert {1 + len(hit.record.evidence) for hit in shared if "Shared" in hit.record.text} == {3}
    store.close()


def test_of_threads_that_change_one_record_each_edit_is_kept_or_refused(store: Store) -> None:
    record = store.add(draft("Counter 0", kind="fact"))
    refused: list[str] = []

    def work(name: str) -> None:
        for _ in range(8):
            present = store.get(record.id)
            assert present is not None
            try:
                store.revise(
                    record.id, expected_version=present.version, by=name, reason="",
                    text=f"Counter {present.version} by {name}",
                )  # fmt: skip
            except ConflictError as error:
                refused.append(str(error))

    threads = [threading.Thread(target=work, args=(f"p{i}",)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    last = store.get(record.id)
    assert last is not None
    assert last.version == 1 + 32 - len(refused)
    assert all("changed it since you read it" in said for said in refused)
