"""What a question says between the lines: stems, periods, documents, speakers, times."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from bullpen_memory.catalogue import read_title, resolve
from bullpen_memory.periods import periods, spans
from bullpen_memory.records import Found, Query, Source
from bullpen_memory.stem import stem
from bullpen_memory.store import Store

from .conftest import EVERYBODY, Clock, draft

WORDS = (
    "caresses ponies ties cats feed agreed plastered motoring conflated troubled sized hopping "
    "tanned falling hissing fizzed failing filing happy sky relational conditional rational "
    "valenci hesitanci digitizer conformabli radicalli differentli vileli analogousli "
    "vietnamization predication operator feudalism decisiveness hopefulness callousness formaliti "
    "sensitiviti sensibiliti triplicate formative formalize electriciti electrical hopeful "
    "goodness revival allowance inference airliner gyroscopic adjustable defensible irritant "
    "replacement adjustment dependent adoption communism activate angulariti homologous effective "
    "bowdlerize probate rate cease controll roll volatilities liabilities revenues companies yes "
    "is as dying employees business earnings être naïve 10k q3 2019"
)


def ask(store: Store, text: str, **query: object) -> Found:
    return store.find(Query(text=text, scopes=EVERYBODY, **query))  # type: ignore[arg-type]


def test_words_are_cut_as_sqlite_cuts_them() -> None:
    db = sqlite3.connect(":memory:")
    db.execute(
        'CREATE VIRTUAL TABLE t USING fts5 (w, tokenize="porter unicode61 remove_diacritics 2")'
    )
    words = WORDS.split()
    db.executemany("INSERT INTO t (rowid, w) VALUES (?, ?)", list(enumerate(words)))
    db.execute("CREATE VIRTUAL TABLE v USING fts5vocab (t, instance)")
    theirs = {words[doc]: term for term, doc in db.execute("SELECT term, doc FROM v")}
    assert {word: stem(word) for word in words} == theirs
    db.close()


@pytest.mark.parametrize(
    ("text", "years", "quarter"),
    [
        ("capex in FY18", {2018}, 0),
        ("FY2017 to FY2019 average", {2017, 2019}, 0),
        ("fiscal year 2020", {2020}, 0),
        ("Q2 of FY2023", {2023}, 2),
        ("Q2'23 margin", {2023}, 2),
        ("3Q22", {2022}, 3),
        ("APPLE_2023Q3_10Q", {2023}, 3),
        ("the second quarter of 2021", {2021}, 2),
        ("AMCOR_2022_8K_dated-2022-04-26", {2022}, 0),
        ("$ 2019 of 2,018 and 1.2019", set[int](), 0),
        ("no time at all", set[int](), 0),
    ],
)
def test_fiscal_periods_are_read_as_people_mean_them(
    text: str, years: set[int], quarter: int
) -> None:
    assert periods(text).years == years
    assert periods(text).quarter == quarter


def test_days_and_months_are_spans() -> None:
    (day,) = spans("What was said on 8 May, 2023?")
    assert (day.start, day.end) == (
        datetime(2023, 5, 8, tzinfo=UTC),
        datetime(2023, 5, 9, tzinfo=UTC),
    )
    (month,) = spans("in December 2022")
    assert month.end == datetime(2023, 1, 1, tzinfo=UTC)
    assert spans("2024-02-30, or may 2 be enough") == []


TITLES = [
    "BESTBUY_2022_10K", "BESTBUY_2023_10K", "BESTBUY_2023Q2_10Q", "JOHNSON_JOHNSON_2022_10K",
    "3M_2018_10K", "AMERICANEXPRESS_2022_10K", "AMERICANWATERWORKS_2021_10K",
    "Société Générale – Annual report 2021.pdf", "MGMRESORTS_2020_10K", "GENERALMILLS_2020_10K",
]  # fmt: skip


@pytest.mark.parametrize(
    ("question", "best"),
    [
        ("What was Best Buy's revenue in FY2022?", "BESTBUY_2022_10K"),
        ("Best Buy, second quarter of 2023: stores?", "BESTBUY_2023Q2_10Q"),
        ("best buy inventory 2023 10-K", "BESTBUY_2023_10K"),
        ("J&J litigation in 2022", "JOHNSON_JOHNSON_2022_10K"),
        ("What is the FY2018 capex of 3M?", "3M_2018_10K"),
        ("American Express segments 2022", "AMERICANEXPRESS_2022_10K"),
        ("Societe Generale's net income in 2021", "Société Générale – Annual report 2021.pdf"),
        ("MGM's interest coverage in FY20", "MGMRESORTS_2020_10K"),
        ("How much were general and administrative expenses?", ""),
        ("oil volatility", ""),
    ],
)
def test_a_question_names_its_document(question: str, best: str) -> None:
    found = resolve(question, [(title, title, read_title(title)) for title in TITLES])
    assert (found[0].title if found else "") == best


def page(text: str, document: str, number: int) -> object:
    source = Source(kind="file", ref=f"{document}#{number}", title=document, locator=f"p{number}")
    return draft(text, kind="passage", source=source, thread=f"file:{document}")


def test_the_page_of_the_named_company_and_year_comes_first(store: Store) -> None:
    for year in (2018, 2019, 2020):
        for company in ("ACME", "BESTBUY"):
            text = f"Purchases of property, plant and equipment {year * 3} of {company.lower()}"
            store.add(page(text, f"{company}_{year}_10K", 1))  # type: ignore[arg-type]
            store.add(page("Legal proceedings and risks", f"{company}_{year}_10K", 2))  # type: ignore[arg-type]
    first = ask(store, "What is Best Buy's capex in FY2019?").hits[0]
    assert first.record.source.ref == "BESTBUY_2019_10K#1"
    assert "names BESTBUY_2019_10K" in first.why


def test_a_hidden_document_lends_a_question_nothing(store: Store) -> None:
    store.add(page("growth", "SECRETCORP_2019_10K", 1))  # type: ignore[arg-type]
    for scope in ("channel:C1", "channel:C2"):
        found = store.find(Query(text="Secretcorp growth", scopes=frozenset({scope})))
        assert (found.hits, found.total) == ((), 0)


def test_who_is_named_speaks_and_who_asks_does_not_answer(store: Store) -> None:
    for i, (speaker, text) in enumerate(
        (("Ann", "Bob, did you sell the silver?"), ("Bob", "I sold the silver in the morning"),
         ("Ann", "Bob sold the silver then"))
    ):  # fmt: skip
        store.add(draft(text, kind="message", ref=f"m{i}", thread="t", speaker=speaker))
    first, *_, last = ask(store, "What did Bob do with the silver?").hits
    assert first.record.text == "I sold the silver in the morning"
    assert "Bob speaks" in first.why
    assert last.record.text == "Bob, did you sell the silver?"


def test_a_number_is_found_however_it_is_grouped(store: Store) -> None:
    store.add(draft("Total sales | 1,496 | 1,202"))
    store.add(draft("Total sales | 496 | 1 | 202"))
    assert ask(store, "1496").hits[0].record.text == "Total sales | 1,496 | 1,202"
    assert ask(store, "1,496").total == 1


def test_an_abbreviation_finds_what_it_stands_for(store: Store) -> None:
    store.add(draft("Purchases of property, plant and equipment rose"))
    store.add(draft("Purchases of flowers rose"))
    assert [hit.record.text for hit in ask(store, "capex").hits] == [
        "Purchases of property, plant and equipment rose"
    ]


def test_as_of_a_time_a_neighbours_later_words_are_not_reached(store: Store, clock: Clock) -> None:
    asked = store.add(draft("first words", kind="message", ref="m1", thread="t"))
    store.add(draft("an answer", kind="message", ref="m2", thread="t"))
    before = clock.now
    clock.now += timedelta(days=1)
    store.revise(asked.id, expected_version=1, by="ann", reason="", text="palladium squeeze")
    now = {hit.record.text for hit in ask(store, "palladium").hits}
    assert now == {"palladium squeeze", "an answer"}
    assert ask(store, "palladium", as_of=before).total == 0
    assert ask(store, "first words", as_of=before).hits[0].record.text == "first words"
