"""The doctor finds what is wrong and mends what is safe; upkeep drops nothing and can be undone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bullpen_memory import consolidation, doctor, rows
from bullpen_memory.errors import InputError
from bullpen_memory.records import Query, Source
from bullpen_memory.store import Store

from .conftest import EVERYBODY, Clock, draft

LONG = "The London vaults hold less silver than they did a year ago, and the premium rose again"


def kinds(store: Store) -> list[str]:
    return [finding.kind for finding in doctor.examine(store)]


def test_a_memory_in_order_has_no_findings(store: Store) -> None:
    store.add(draft("Silver supply fell in 2024", confidence=0.8))
    store.add(draft("Order 4711-0815 from 2024-01-05 costs 1,234,567,890.12 dollars"))
    assert doctor.examine(store) == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("the bot uses " + "xoxb-" + "1234567890-abcdefghij", "a Slack token"),
        ("-----BEGIN RSA " + "PRIVATE KEY-----\nMIIE", "a private key"),
        ("key " + "AKIA" + "ABCDEFGHIJKLMNOP", "an AWS key"),
        ("use " + "sk-ant-" + "api03-abcdefghijklmnop", "an Anthropic key"),
        ("password: " + "correct-horse-battery", "a password"),
    ],
)
def test_secrets_are_found_and_never_repeated(store: Store, text: str, name: str) -> None:
    record = store.add(draft(text))
    (finding,) = doctor.examine(store)
    assert (finding.kind, finding.records, finding.safe) == ("secret", (record.id,), False)
    assert name in finding.what
    assert text.split()[-1] not in finding.what
    assert doctor.mend(store, [finding], by="ann") == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("write to ann.lee@example.com", "an e-mail address"),
        ("call +49 (30) 1234 5678", "a phone number"),
        ("card 4111 1111 1111 1111", "a card number"),
        ("pay to DE89 3704 0044 0532 0130 00 please", "an IBAN"),
    ],
)
def test_personal_data_is_found_by_its_check_digits(store: Store, text: str, name: str) -> None:
    store.add(draft(text))
    (finding,) = doctor.examine(store)
    assert finding.kind == "personal"
    assert f"holds {name}, visible to everybody" in finding.what


@pytest.mark.parametrize("text", ["card 4111 1111 1111 1112", "DE88 3704 0044 0532 0130 00"])
def test_numbers_with_wrong_check_digits_are_none(text: str) -> None:
    assert doctor.personal(text) == []


def test_doubles_of_an_older_store_are_merged_and_can_be_separated(store: Store) -> None:
    first = store.add(draft(LONG, kind="fact", ref="a"))
    second = store.add(draft("Something else entirely", kind="fact", ref="b"))
    with store.database.writing() as db:
        # What an earlier Bullpen let pass: the same words, stored twice.
        db.execute("UPDATE version SET text = ? WHERE id = ?", (LONG + ".", second.id))
        db.execute("UPDATE norm SET hash = (SELECT hash FROM norm WHERE id = ?)", (first.id,))
    (finding,) = doctor.examine(store)
    assert (finding.kind, finding.safe) == ("duplicate", True)
    (_, did), *_ = doctor.mend(store, [finding], by="ann")
    assert first.id in did
    kept = store.get(first.id)
    assert kept is not None
    assert [source.ref for source in kept.evidence] == ["b"]
    assert doctor.examine(store) == []
    assert consolidation.undo(store, second.id, by="ann").status == "active"


def test_loose_ends_what_ran_out_and_what_waits_are_named(store: Store, clock: Clock) -> None:
    source = Source(kind="file", ref="sha", title="a.pdf", locator="page 1")
    store.add(draft("A passage", kind="passage", source=source, thread="file:sha"))
    store.add(draft("The cap is 60 dollars", valid_to=datetime(2025, 1, 1, tzinfo=UTC)))
    store.add(draft("We buy silver", kind="decision", status="proposed"))
    assert sorted(kinds(store)) == ["orphan", "stale"]
    clock.now += timedelta(days=40)
    assert sorted(kinds(store)) == ["orphan", "stale", "waiting"]


def test_contradictions_and_likenesses_are_shown(store: Store) -> None:
    store.add(draft(f"{LONG} by 8 percent", ref="a"))
    store.add(draft(f"{LONG} by 9 percent", ref="b"))
    store.add(draft(f"{LONG} by some 8 percent", ref="c"))
    assert {"contradiction", "similar"} <= set(kinds(store))


def talk(store: Store, count: int, start: int = 0) -> None:
    for i in range(start, start + count):
        text = f"Message {i}: " + (
            "The decisive point is that London vaults ran low on silver bars this week. "
            if i == 7
            else f"We talked about topic {i} and the usual number {i * 37} once more. "
        )
        store.add(
            draft(
                text + "Some further words follow here to make the message longer. " * 3,
                kind="message", ref=f"m{i}", thread="C1:1.0", speaker=f"P{i % 3}",
            )
        )  # fmt: skip


def test_a_long_thread_is_summarised_in_its_own_words_and_links_to_them(store: Store) -> None:
    talk(store, 30)
    done = consolidation.consolidate(store)
    (summary_id,) = done.summaries
    summary = store.get(summary_id)
    assert summary is not None
    said = " ".join(rows.folded(record.text) for record in store.members("C1:1.0", summary.scope))
    for line in summary.text.splitlines():
        assert rows.folded(line.removeprefix("- ").split(": ", 1)[-1]) in said
    assert len(consolidation.summarised(store, summary_id)) == 30
    assert store.count(None)["message"] == 30
    assert consolidation.consolidate(store).summaries == ()


def test_a_grown_thread_gets_a_new_summary_in_the_place_of_the_old(store: Store) -> None:
    talk(store, 30)
    (old,) = consolidation.consolidate(store).summaries
    talk(store, 20, start=30)
    (new,) = consolidation.consolidate(store).summaries
    replaced = store.get(old)
    assert replaced is not None
    assert (replaced.status, replaced.superseded_by) == ("superseded", new)


def test_an_undone_summary_stays_undone(store: Store) -> None:
    talk(store, 30)
    (summary,) = consolidation.consolidate(store).summaries
    assert consolidation.undo(store, summary, by="ann").status == "retracted"
    assert consolidation.consolidate(store).summaries == ()
    with pytest.raises(InputError, match="Nothing was undone"):
        consolidation.undo(store, store.members("C1:1.0", "workspace")[0].id, by="ann")


def test_forgetting_a_message_forgets_the_summary_that_quotes_it(store: Store) -> None:
    talk(store, 30)
    (summary,) = consolidation.consolidate(store, summarise=lambda lines, _: "\n".join(lines[7:9])).summaries  # fmt: skip
    message = store.members("C1:1.0", "workspace")[7]
    store.forget(message.id, by="ann", reason="")
    left = store.get(summary)
    assert left is not None
    assert left.status == "forgotten"
    assert not store.find(Query(text="decisive point bars", scopes=EVERYBODY, kinds=frozenset({"note"}))).hits  # fmt: skip
    (again,) = consolidation.consolidate(store).summaries
    assert len(consolidation.summarised(store, again)) == 29


def test_recurring_findings_are_merged_with_their_sources_unless_a_person_parted_them(
    store: Store,
) -> None:
    base = " ".join(f"word{i}" for i in range(60))
    first = store.add(draft(base, kind="finding", ref="a"))
    second = store.add(draft(f"{base} indeed", kind="finding", ref="b"))
    assert consolidation.consolidate(store).merged == (second.id,)
    kept = store.get(first.id)
    assert kept is not None
    assert [source.ref for source in kept.evidence] == ["b"]
    consolidation.undo(store, second.id, by="ann")
    assert consolidation.consolidate(store).merged == ()


def test_the_budget_ends_a_round(store: Store) -> None:
    talk(store, 30)
    done = consolidation.consolidate(store, budget=consolidation.Budget(threads=0))
    assert (done.summaries, done.left) == ((), True)


def test_without_words_there_is_nothing_to_extract() -> None:
    assert consolidation.extract(["A: ok", "B: fine"]) == ""
    assert consolidation.extract([]) == ""
