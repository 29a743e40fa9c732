"""Series: every vintage kept, read as known at a time, found by the names people use."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bullpen_memory.errors import InputError
from bullpen_memory.market import Market
from bullpen_memory.records import WORKSPACE, Observation, SeriesInfo
from bullpen_memory.store import Store

from .conftest import EVERYBODY

JANUARY, FEBRUARY, MARCH = (datetime(2020, month, 1, tzinfo=UTC) for month in (1, 2, 3))


def info(series_id: str, title: str, *symbols: str, scope: str = WORKSPACE) -> SeriesInfo:
    return SeriesInfo(
        id=series_id, title=title, unit="usd", frequency="daily", source="EIA", licence="public domain",
        symbols=symbols, scope=scope,
    )  # fmt: skip


WTI = info("wti", "WTI crude oil, Cushing", "CL", "DCOILWTICO")
BRENT = info("brent", "Brent crude oil, Europe", "BZ")
SP500 = info("sp500", "S&P 500 index", "SPX", "^GSPC")
VIX = info("vix", "CBOE volatility index", "VIX", "^VIX")


@pytest.fixture
def market(store: Store) -> Market:
    made = Market(store)
    for one in (WTI, SP500, VIX):
        made.put(one, [])
    return made


def test_every_vintage_is_kept_and_read_as_of(market: Market) -> None:
    rows = [Observation("2019-12-31", 61.0, JANUARY), Observation("2019-12-30", None, JANUARY)]
    assert market.put(WTI, rows) == 2
    assert market.put(WTI, rows) == 0
    assert market.put(WTI, [Observation("2019-12-31", 61.5, MARCH)]) == 1
    then, now = (market.slice("wti", scopes=EVERYBODY, as_of=at) for at in (FEBRUARY, None))
    assert [(o.period, o.value) for o in then.observations] == [
        ("2019-12-30", None),
        ("2019-12-31", 61.0),
    ]
    assert [o.value for o in now.observations] == [None, 61.5]
    assert (then.vintage[:10], now.vintage[:10]) == ("2020-01-01", "2020-03-01")
    assert then.sha256 != now.sha256
    assert then == market.slice("wti", scopes=EVERYBODY, as_of=JANUARY)
    assert [o.value for o in market.vintages("wti", "2019-12-31", scopes=EVERYBODY)] == [61.0, 61.5]


def test_a_slice_holds_both_its_ends(market: Market) -> None:
    market.put(WTI, [Observation(f"2019-01-{day:02}", float(day), JANUARY) for day in range(1, 11)])
    part = market.slice("wti", scopes=EVERYBODY, start="2019-01-03", end=date(2019, 1, 5))
    assert [o.value for o in part.observations] == [3.0, 4.0, 5.0]
    assert market.slice("wti", scopes=EVERYBODY, start="2030-01-01").observations == ()
    with pytest.raises(InputError, match="lies after"):
        market.slice("wti", scopes=EVERYBODY, start="2019-01-05", end="2019-01-03")
    with pytest.raises(InputError, match="“March” is not a date"):
        market.slice("wti", scopes=EVERYBODY, start="March")


@pytest.mark.parametrize(
    ("name", "series_id"),
    [
        ("wti", "wti"), ("WTI", "wti"), ("oil", "wti"), ("oil prices", "wti"), ("the crude oil", "wti"),
        ("CL", "wti"), ("S&P 500", "sp500"), ("sp500", "sp500"), ("SPX", "sp500"), ("s & p 500", "sp500"),
        ("^GSPC", "sp500"), ("S&P 500 index", "sp500"), ("vix", "vix"), ("volatility index", "vix"),
        ("EIA", None),
    ],
)  # fmt: skip
def test_people_name_series_in_their_own_way(
    market: Market, name: str, series_id: str | None
) -> None:
    if series_id is None:
        with pytest.raises(InputError, match="can mean several"):
            market.resolve(name, EVERYBODY)
    else:
        assert market.resolve(name, EVERYBODY).id == series_id


def test_an_ambiguous_name_lists_what_fits(market: Market) -> None:
    market.put(BRENT, [])
    with pytest.raises(InputError, match=r"several series.*brent \(Brent.*wti \(WTI"):
        market.resolve("crude oil", EVERYBODY)


def test_an_unknown_name_lists_the_nearest(market: Market) -> None:
    with pytest.raises(InputError, match=r"no series “sp5000”.*nearest are: sp500"):
        market.resolve("sp5000", EVERYBODY)
    with pytest.raises(InputError, match="gold volatility"):
        market.resolve("gold volatility", EVERYBODY)


def test_a_private_series_is_neither_found_nor_hinted(market: Market) -> None:
    private = info("deal", "Secret deal price", "DEAL", scope="channel:C1")
    market.put(private, [Observation("2020-01-01", 1.0, JANUARY)])
    assert "deal" not in {line.info.id for line in market.catalogue(EVERYBODY)}
    for call in (market.resolve, lambda name, seen: market.slice(name, scopes=seen)):
        with pytest.raises(InputError) as refused:
            call("deal", EVERYBODY)
        assert "Secret" not in str(refused.value)
    market.put(info("deal", "Another deal"), [Observation("2020-01-01", 2.0, JANUARY)])
    both = EVERYBODY | {"channel:C1"}
    assert market.slice("deal", scopes=EVERYBODY).observations[0].value == 2.0
    assert market.slice("deal", scopes=both).observations[0].value == 1.0
    assert market.catalogue(frozenset()) == []


def test_the_catalogue_gives_spans(market: Market) -> None:
    market.put(
        WTI, [Observation("2019-01-01", 1.0, JANUARY), Observation("2019-06-01", 2.0, FEBRUARY)]
    )
    line = next(line for line in market.catalogue(EVERYBODY) if line.info.id == "wti")
    assert (line.rows, line.start, line.end, line.vintage[:10]) == (
        2,
        "2019-01-01",
        "2019-06-01",
        "2020-02-01",
    )
    assert line.info == WTI


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (Observation("2020-13-01", 1.0, JANUARY), "is not a date"),
        (Observation("2020-01-01", float("inf"), JANUARY), "is infinite"),
        (Observation("2020-01-01", 1.0, datetime(2020, 1, 1)), "no time zone"),
    ],
)
def test_a_bad_row_is_refused_and_nothing_is_stored(
    market: Market, row: Observation, said: str
) -> None:
    with pytest.raises(InputError, match=said):
        market.put(WTI, [Observation("2019-01-01", 5.0, JANUARY), row])
    assert market.slice("wti", scopes=EVERYBODY).observations == ()


def test_two_values_at_one_moment_are_refused(market: Market) -> None:
    rows = [Observation("2019-01-01", 5.0, JANUARY), Observation("2019-01-01", 6.0, JANUARY)]
    with pytest.raises(InputError, match=r"has 5\.0 and 6\.0"):
        market.put(WTI, rows)
    with pytest.raises(InputError, match="unit usd, not pct"):
        market.put(replace(WTI, unit="pct"), [])


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rows=st.lists(
        st.tuples(st.integers(1, 4), st.integers(0, 30), st.integers(0, 3)), min_size=1, max_size=20,
        unique_by=lambda row: (row[0], row[1]),
    ),
    day=st.integers(0, 31),
)  # fmt: skip
def test_a_slice_is_the_last_value_known_of_each_period(
    store: Store, rows: list[tuple[int, int, int]], day: int
) -> None:
    vintages = Market(store)

    def at(number: int) -> datetime:
        return datetime(2020, 1, 1 + number, tzinfo=UTC) if number < 31 else FEBRUARY

    series = info(f"series {len(vintages.catalogue(EVERYBODY))}", "A series")
    for period, known, value in rows:
        vintages.put(series, [Observation(f"2019-01-0{period}", float(value), at(known))])
    expected = {}
    for period, known, value in sorted(rows, key=lambda row: row[1]):
        if known <= day:
            expected[f"2019-01-0{period}"] = float(value)
    got = vintages.slice(series.id, scopes=EVERYBODY, as_of=at(day))
    assert {o.period: o.value for o in got.observations} == expected
