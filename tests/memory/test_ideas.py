"""The idea book: terms are locked, outcomes follow from the data, walks never look ahead."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bullpen_memory.database import Place
from bullpen_memory.errors import InputError
from bullpen_memory.exits import Exit, ExitRule, base_rate, exit_of, profit_of
from bullpen_memory.ideas import Ideas, Outcome, Terms
from bullpen_memory.records import WORKSPACE
from bullpen_memory.store import Store

START = date(2026, 1, 1)
WORDS = frozenset({WORKSPACE})


def days(*values: float, first: date = START) -> list[tuple[date, float]]:
    return [(first + timedelta(days=i), value) for i, value in enumerate(values)]


@pytest.fixture
def store(place: Place) -> Iterator[Store]:
    opened = Store(place)
    yield opened
    opened.close()


TERMS = Terms(
    record_id="A", scope=WORKSPACE, author="U1", instrument="silver", series="silver", unit="usd",
    measure="return", side="long", size=2.0, opened_at=datetime(2026, 1, 1, tzinfo=UTC),
    entry_day=START, entry=50.0, horizon=date(2026, 6, 30), probability=0.6, base_rate=0.5,
    base_rate_from="history", take_profit=60.0,
)  # fmt: skip
MADE = Outcome(
    day=date(2026, 3, 1), value=61.0, reason="take_profit", profit=22.0,
    resolved_at=datetime(2026, 3, 2, tzinfo=UTC), by="quant",
)  # fmt: skip


def test_a_call_is_locked_and_has_one_outcome(store: Store) -> None:
    book = Ideas(store)
    idea = book.open(TERMS)
    assert book.open(replace(TERMS, entry=1.0)) == idea
    done = book.resolve(idea.id, MADE)
    assert done.outcome == MADE
    assert book.resolve(idea.id, replace(MADE, profit=-1.0)) == done
    for statement in ("UPDATE idea SET entry = 1", "DELETE FROM idea_outcome"):
        with pytest.raises((sqlite3.IntegrityError, psycopg.Error), match="locked"), store.database.writing() as db:  # fmt: skip
            db.execute(statement)


def test_a_call_is_seen_in_its_scope_and_in_its_time(store: Store) -> None:
    book = Ideas(store)
    book.open(TERMS)
    private = book.open(replace(TERMS, record_id="B", scope="channel:C9"))
    book.resolve("i1", MADE)
    assert [idea.id for idea in book.listed(WORDS)] == ["i1"]
    with pytest.raises(InputError, match="no idea i2"):
        book.get(private.id, WORDS)
    assert book.listed(WORDS, known_at=datetime(2025, 12, 31, tzinfo=UTC)) == []
    before = book.listed(WORDS, known_at=datetime(2026, 2, 1, tzinfo=UTC))
    assert before[0].outcome is None
    assert book.get("i1", WORDS).outcome == MADE


@pytest.mark.parametrize("name", ["", "x", "i", "i0", "i99", "r1", "i²"])
def test_an_unknown_id_is_told(store: Store, name: str) -> None:
    with pytest.raises(InputError, match="no idea"):
        Ideas(store).get(name, WORDS)


def test_a_jumped_level_is_left_at_the_value_that_was_there() -> None:
    rule = ExitRule(side="long", horizon=date(2026, 12, 31), take_profit=60, stop_loss=45)
    assert exit_of(rule, days(50, 44)) == Exit(day=date(2026, 1, 2), value=44, reason="stop_loss")
    assert exit_of(rule, days(50, 66)) == Exit(day=date(2026, 1, 2), value=66, reason="take_profit")
    short = ExitRule(side="short", horizon=date(2026, 12, 31), take_profit=40, stop_loss=55)
    assert exit_of(short, days(50, 39)) == Exit(
        day=date(2026, 1, 2), value=39, reason="take_profit"
    )
    assert profit_of("short", 50, 39, "return") == pytest.approx(22)


def test_the_horizon_waits_for_a_value_at_or_after_it() -> None:
    rule = ExitRule(side="long", horizon=date(2026, 1, 4))
    assert exit_of(rule, days(50, 51, 52)) is None
    assert exit_of(rule, days(50, 51, 52, 53)) == Exit(
        day=date(2026, 1, 4), value=53, reason="horizon"
    )
    gap = [*days(50, 51), (date(2026, 1, 9), 90.0)]
    assert exit_of(rule, gap) == Exit(day=date(2026, 1, 2), value=51, reason="horizon")


@given(
    values=st.lists(st.floats(1, 100), min_size=2, max_size=40),
    cut=st.integers(1, 40),
    target=st.floats(50, 120),
    stop=st.floats(0.5, 49),
)
def test_an_exit_that_is_known_stays_when_more_becomes_known(
    values: list[float], cut: int, target: float, stop: float
) -> None:
    rule = ExitRule(
        side="long", horizon=START + timedelta(days=25), take_profit=target, stop_loss=stop
    )
    everything = days(*values)
    early = exit_of(rule, everything[:cut])
    if early is not None:
        assert exit_of(rule, everything) == early


def test_the_base_rate_counts_what_the_same_rule_made_before() -> None:
    rule = ExitRule(side="long", horizon=START + timedelta(days=13))
    rising = base_rate(rule, days(*range(1, 12)), "return", START + timedelta(days=10))
    assert (rising.hits, rising.tries, rising.separate) == (8, 8, 3)
    falling = base_rate(rule, days(*range(12, 1, -1)), "return", START + timedelta(days=10))
    assert (falling.hits, falling.tries) == (0, 8)
    assert base_rate(rule, [], "return", START).share is None
