from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

import numpy as np
import pytest

from bullpen_memory.market import Market
from bullpen_memory.records import WORKSPACE, Observation, SeriesInfo
from bullpen_memory.store import Store
from bullpen_tools import measures
from bullpen_tools.bundled import seed
from bullpen_tools.context import ToolContext
from bullpen_tools.tool import Outcome

Call = Callable[..., Awaitable[Outcome]]
Frequency = Literal["daily", "weekly", "monthly", "quarterly", "annual", "irregular"]


def body(outcome: Outcome) -> dict[str, Any]:
    assert not outcome.error, outcome.text
    return json.loads(outcome.text)


def numbers(outcome: Outcome) -> dict[str, Any]:
    return {key: value["value"] for key, value in body(outcome)["values"].items()}


def put(
    ctx: ToolContext,
    name: str,
    values: Iterable[float | None],
    *,
    unit: str = "usd",
    kind: Literal["observed", "synthetic"] = "observed",
    frequency: Frequency = "daily",
    scope: str = WORKSPACE,
    first: date = date(2024, 1, 1),
) -> None:
    info = SeriesInfo(
        id=name, title=f"The {name}", unit=unit, frequency=frequency, source="test",
        licence="none", kind=kind, scope=scope,
    )  # fmt: skip
    values = list(values)
    days = [first + timedelta(days=i) for i in range(len(values))]
    ctx.market.put(
        info,
        [
            Observation(
                day.isoformat(), value, datetime(day.year, day.month, day.day, 23, tzinfo=UTC)
            )
            for day, value in zip(days, values, strict=True)
        ],
    )


# The bundled series


def test_seeding_twice_adds_nothing(store: Store) -> None:
    market = Market(store)
    assert seed(market) > 20_000
    assert seed(market) == 0


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("oil", "wti"),
        ("WTI", "wti"),
        ("crude", "wti"),
        ("crude oil", "wti"),
        ("Oil price", "wti"),
        ("WTI crude", "wti"),
        ("S&P 500", "sp500"),
        ("the S&P 500", "sp500"),
        ("SPX", "sp500"),
        ("sp500", "sp500"),
        ("S&P", "sp500"),
        ("nasdaq", "nasdaq"),
        ("NASDAQ Composite", "nasdaq"),
        ("VIX", "vix"),
        ("copper", "copper"),
        ("Brent", "brent_monthly"),
        ("core CPI", "core_cpi"),
        ("Baa", "baa"),
    ],
)
def test_people_find_the_bundled_series_by_their_words(
    desk: ToolContext, name: str, wanted: str
) -> None:
    assert desk.market.resolve(name, desk.scopes).id == wanted


def test_the_bundled_series_say_what_they_are(desk: ToolContext) -> None:
    listed = {line.info.id: line for line in desk.market.catalogue(desk.scopes)}
    assert len(listed) == 10
    assert {line.info.kind for line in listed.values()} == {"observed"}
    for line in listed.values():
        assert line.info.source
        assert line.info.licence
        assert line.info.notes
    wti, spx, copper = listed["wti"], listed["sp500"], listed["copper"]
    assert (wti.info.unit, wti.start, wti.end, wti.rows) == (
        "usd/bbl", "1986-01-02", "2019-01-03", 8611,
    )  # fmt: skip
    assert (spx.start, spx.end, spx.rows) == ("1999-01-04", "2018-12-31", 5031)
    assert (copper.start, copper.end, copper.info.unit) == ("1951-12-31", "1975-12-31", "")
    assert listed["core_cpi"].start == "1957-01-31"


def test_a_price_is_known_at_the_end_of_its_day(desk: ToolContext) -> None:
    seen = desk.market.slice(
        "sp500", scopes=desk.scopes, as_of=datetime(2008, 9, 15, 12, tzinfo=UTC)
    )
    assert seen.observations[-1].period == "2008-09-12"


def test_seeding_does_not_import_the_heavy_packages() -> None:
    code = (
        "import sys, bullpen_tools.bundled, bullpen_tools.toolbox;"
        "print([m for m in ('arch', 'statsmodels', 'matplotlib', 'pandas', 'scipy') if m in sys.modules])"
    )
    path = [folder for folder in sys.path if folder]
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": ":".join(path)},
    )
    assert run.stdout.strip() == "[]", run.stderr


# The catalogue


async def test_the_catalogue_lists_and_searches(desk: ToolContext, call: Call) -> None:
    everything = body(await call(desk, "series_catalogue"))
    assert everything["values"]["series"]["value"] == 10
    assert everything["table"][0][:3] == ["id", "title", "unit"]
    oil = body(await call(desk, "series_catalogue", search="oil spot"))
    assert [row[0] for row in oil["table"][1:]] == ["wti"]
    assert "Spot price" in oil["warnings"][0]
    none = body(await call(desk, "series_catalogue", search="uranium"))
    assert "no series that mention “uranium”" in none["summary"]


async def test_another_conversations_series_is_not_seen(ctx: ToolContext, call: Call) -> None:
    put(ctx, "secret", [1, 2, 3], scope="channel:C9")
    assert numbers(await call(ctx, "series_catalogue")) == {"series": 0}
    outcome = await call(ctx, "series_stats", series="secret")
    assert outcome.error
    inside = replace(ctx, scopes=frozenset({WORKSPACE, "channel:C9"}))
    assert numbers(await call(inside, "series_stats", series="secret"))["last"] == 3


# Statistics


async def test_stats_of_a_series_computed_by_hand(ctx: ToolContext, call: Call) -> None:
    put(ctx, "toy", [100, 110, None, 99, 120], unit="USD")
    outcome = await call(ctx, "series_stats", series="toy")
    got = numbers(outcome)
    returns = [math.log(110 / 100), math.log(99 / 110), math.log(120 / 99)]
    mean = sum(returns) / 3
    deviation = math.sqrt(sum((r - mean) ** 2 for r in returns) / 2)
    assert got["volatility"] == pytest.approx(100 * deviation * math.sqrt(252))
    assert got["total_return"] == pytest.approx(20)
    assert got["max_drawdown"] == pytest.approx(-10)
    assert (got["drawdown_peak_date"], got["drawdown_trough_date"]) == ("2024-01-02", "2024-01-04")
    assert got["cagr"] == pytest.approx(100 * (1.2 ** (365.25 / 4) - 1))
    assert (got["last"], got["last_date"], got["min"], got["max"]) == (120, "2024-01-05", 99, 120)
    assert (got["n"], got["missing"]) == (4, 1)
    assert "365" not in outcome.text
    said = body(outcome)
    assert "1 of 5 periods have no value" in said["warnings"][0]
    assert said["as_of"] == "2024-01-05"
    assert {key: value["unit"] for key, value in said["values"].items()} | {} == {
        "last": "usd", "first": "usd", "min": "usd", "max": "usd", "last_date": "date",
        "first_date": "date", "min_date": "date", "max_date": "date", "n": "count",
        "missing": "count", "total_return": "pct", "cagr": "pct", "volatility": "pct",
        "max_drawdown": "pct", "drawdown_peak_date": "date", "drawdown_trough_date": "date",
    }  # fmt: skip
    assert said["values"]["last"]["kind"] == "observed"
    assert said["values"]["volatility"]["kind"] == "derived"


async def test_what_trades_at_weekends_has_a_year_of_365_days(ctx: ToolContext, call: Call) -> None:
    prices = [100 * 1.01 ** (i % 3) for i in range(60)]
    put(ctx, "coin", prices)
    put(ctx, "token", [price**2 for price in prices])
    returns = np.diff(np.log(prices))
    wanted = 100 * float(np.std(returns, ddof=1)) * math.sqrt(365)
    alone = await call(ctx, "series_stats", series="coin")
    both = await call(ctx, "compare_volatility", series=["coin", "token"], window=5)
    assert numbers(alone)["volatility"] == pytest.approx(wanted)
    assert numbers(both)["vol_coin"] == pytest.approx(wanted)
    for outcome in (alone, both):
        assert "annualised with 365 days a year" in body(outcome)["summary"]
        assert "coin has values at weekends too" in " ".join(body(outcome)["warnings"])


async def test_a_span_that_is_not_held_is_said(ctx: ToolContext, call: Call) -> None:
    put(ctx, "late", [100 + i % 7 for i in range(60)], first=date(2014, 1, 1))
    put(ctx, "later", [100 + i % 5 for i in range(60)], first=date(2014, 1, 1))
    asked = {"start": "2000-01-01", "end": "2019-12-31"}
    alone = body(await call(ctx, "series_stats", series="late", **asked))
    both = body(await call(ctx, "compare_volatility", series=["late", "later"], window=5, **asked))
    for said in (alone, both):
        assert "You asked from 2000-01-01; late begins on 2014-01-01 here." in said["warnings"]
        assert "You asked until 2019-12-31; late ends on 2014-03-01 here." in said["warnings"]
    near = body(await call(ctx, "series_stats", series="late", start="2013-12-20"))
    assert "You asked" not in str(near["warnings"])


async def test_the_volatility_of_a_volatility_index_is_explained(
    desk: ToolContext, call: Call
) -> None:
    both = body(await call(desk, "compare_volatility", series=["vix", "sp500"]))
    assert "vix is itself a measure of volatility" in " ".join(both["warnings"])
    alone = body(await call(desk, "series_stats", series="sp500"))
    assert "itself a measure" not in " ".join(alone["warnings"])


async def test_on_the_dates_shared_with_a_market_the_year_is_the_markets(
    ctx: ToolContext, call: Call
) -> None:
    put(ctx, "coin", [100 + i % 7 for i in range(60)])
    weekdays = [100 + i % 5 if (i % 7) < 5 else None for i in range(60)]
    put(ctx, "share", weekdays)
    alone = numbers(await call(ctx, "series_stats", series="share"))["volatility"]
    both = await call(ctx, "compare_volatility", series=["coin", "share"], window=5)
    assert numbers(both)["vol_share"] == pytest.approx(alone)
    assert "365" not in body(both)["summary"]


async def test_the_receipt_names_the_exact_rows(desk: ToolContext, call: Call) -> None:
    outcome = await call(desk, "series_stats", series="SPX", start="2008-01-01", end="2008-12-31")
    assert outcome.receipt is not None
    [ref] = outcome.receipt.result.data
    piece = desk.market.slice("sp500", scopes=desk.scopes, start="2008-01-01", end="2008-12-31")
    assert (ref.dataset, ref.sha256, ref.vintage, ref.rows) == (
        "sp500", piece.sha256, piece.vintage, 253,
    )  # fmt: skip
    assert outcome.receipt.result.known_at == datetime(2008, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert numbers(outcome)["volatility"] == pytest.approx(41.0, abs=0.5)  # 2008, as widely quoted


async def test_a_yield_gets_differences_in_basis_points(desk: ToolContext, call: Call) -> None:
    outcome = await call(desk, "series_stats", series="baa", start="2008-01-01", end="2008-12-31")
    got = body(outcome)["values"]
    assert "volatility" not in got
    assert got["change"]["unit"] == "bp"
    assert got["change"]["value"] == pytest.approx(
        (got["last"]["value"] - got["first"]["value"]) * 100
    )
    assert "differences" in " ".join(body(outcome)["warnings"])


async def test_prices_at_and_below_zero_get_differences(ctx: ToolContext, call: Call) -> None:
    put(ctx, "wti2020", [18.27, -37.63, 10.01, 13.78])
    outcome = await call(ctx, "series_stats", series="wti2020")
    got = numbers(outcome)
    assert got["change"] == pytest.approx(-4.49)
    assert got["min"] == -37.63
    assert "total_return" not in got
    refused = await call(ctx, "compare_volatility", series=["wti2020", "wti2020"])
    assert refused.error


async def test_synthetic_data_stay_synthetic(ctx: ToolContext, call: Call) -> None:
    put(ctx, "fake", [1, 2, 3, 4], kind="synthetic")
    outcome = await call(ctx, "series_stats", series="fake")
    kinds = {key: value["kind"] for key, value in body(outcome)["values"].items()}
    assert {kinds[key] for key in kinds if key not in ("n", "missing")} == {"synthetic"}
    assert "somebody made it up" in " ".join(body(outcome)["warnings"])


async def test_as_of_hides_what_was_not_known(desk: ToolContext, call: Call) -> None:
    then = replace(desk, as_of=datetime(2008, 1, 1, tzinfo=UTC))
    got = numbers(await call(then, "series_stats", series="sp500"))
    assert got["last_date"] == "2007-12-31"


async def test_an_irregular_series_is_not_annualised(ctx: ToolContext, call: Call) -> None:
    put(ctx, "odd", [1, 2, 3], frequency="irregular")
    outcome = await call(ctx, "series_stats", series="odd")
    assert numbers(outcome)["volatility"] is None
    assert "nothing is annualised" in " ".join(body(outcome)["warnings"])


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ({"series": "unobtainium"}, "There is no series “unobtainium”"),
        ({"series": "oil", "start": "2018-01-02", "end": "2018-01-01"}, "Exchange the two dates"),
        ({"series": "oil", "start": "2030-01-01"}, "has 0 values in this span"),
        ({"series": "oil", "start": "last year"}, "`start`"),
    ],
)
async def test_bad_questions_get_a_sentence(
    desk: ToolContext, call: Call, args: dict[str, Any], said: str
) -> None:
    outcome = await call(desk, "series_stats", **args)
    assert outcome.error
    assert said in outcome.text


# Comparison and correlation


async def test_oil_and_the_index_are_compared_on_common_days(desk: ToolContext, call: Call) -> None:
    outcome = await call(desk, "compare_volatility", series=["oil", "S&P 500"])
    got = body(outcome)["values"]
    one, other = got["vol_wti"]["value"], got["vol_sp500"]["value"]
    assert 35 < one < 42
    assert 18 < other < 20
    assert got["ratio_wti_sp500"]["value"] == pytest.approx(one / other)
    assert got["rolling_high_wti"]["value"] > got["rolling_vol_wti"]["value"]
    assert got["rolling_high_date_sp500"]["value"].startswith("2008-12")
    r = numbers(await call(desk, "correlation", a="oil", b="S&P 500"))
    assert got["correlation_wti_sp500"]["value"] == pytest.approx(r["correlation"])
    assert r["correlation_low"] < r["correlation"] < r["correlation_high"]
    assert r["n"] == got["n"]["value"] - 1
    assert len(body(outcome)["table"]) == 3
    assert outcome.receipt is not None
    assert {ref.dataset for ref in outcome.receipt.result.data} == {"wti", "sp500"}
    assert body(outcome)["as_of"] == "2018-12-28"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ({"series": ["oil"]}, "takes two to six"),
        ({"series": ["oil", "WTI"]}, "nothing to compare"),
        ({"series": ["oil", "Brent"]}, "frequencies differ"),
        ({"series": ["aaa", "core CPI"]}, "moves in basis points"),
        ({"series": ["oil", "sp500"], "window": 2}, "too short"),
        ({"series": ["oil", "sp500"], "start": "2018-12-27"}, "have 2 dates in common"),
        ({"series": ["core CPI", "brent"], "end": "1987-01-01"}, "at least 3"),
    ],
)
async def test_what_cannot_be_compared_is_refused(
    desk: ToolContext, call: Call, args: dict[str, Any], said: str
) -> None:
    outcome = await call(desk, "compare_volatility", **args)
    assert outcome.error
    assert said in outcome.text


async def test_a_short_span_has_no_rolling_volatility(desk: ToolContext, call: Call) -> None:
    outcome = await call(
        desk, "compare_volatility", series=["oil", "sp500"], start="2018-11-01", end="2018-12-31"
    )
    assert numbers(outcome)["rolling_vol_wti"] is None
    assert "fewer than 60 returns" in " ".join(body(outcome)["warnings"])


async def test_a_constant_series_has_no_correlation(ctx: ToolContext, call: Call) -> None:
    put(ctx, "flat", [5, 5, 5, 5, 5])
    put(ctx, "moves", [1, 2, 3, 2, 1])
    got = numbers(await call(ctx, "correlation", a="flat", b="moves"))
    assert got["correlation"] is None
    assert got["correlation_low"] is None


def test_fisher_against_a_published_value() -> None:
    # r = 0.5, n = 28: z = 0.5493 ± 1.96/5, back-transformed 0.156 to 0.736.
    low, high = measures.fisher_interval(0.5, 28) or (0, 0)
    assert (round(low, 3), round(high, 3)) == (0.156, 0.736)
    assert measures.fisher_interval(1.0, 50) is None
    assert measures.fisher_interval(0.5, 3) is None


def test_hulls_volatility_example() -> None:
    # Hull, "Estimating volatility from historical data": 21 closing prices; s = 0.01216 a day,
    # 19.3 % a year with 252 days.
    prices = np.array(
        [20.00, 20.10, 19.90, 20.00, 20.50, 20.25, 20.90, 20.90, 20.90, 20.75, 20.75, 21.00,
         21.10, 20.90, 20.90, 21.25, 21.40, 21.40, 21.25, 21.75, 22.00]
    )  # fmt: skip
    returns = measures.log_returns(prices)
    assert round(measures.annualised_deviation(returns, 1) or 0, 5) == 0.01216
    assert round(measures.annualised_deviation(returns, 252) or 0, 3) == 0.193


def test_rolling_agrees_with_each_window() -> None:
    changes = np.sin(np.arange(40.0))
    rolling = measures.rolling_deviation(changes, 10, 252)
    assert len(rolling) == 31
    for i in (0, 7, 30):
        assert rolling[i] == pytest.approx(measures.annualised_deviation(changes[i : i + 10], 252))
    assert len(measures.rolling_deviation(changes, 41, 252)) == 0


def test_a_series_of_somebodys_own_keeps_its_id(
    ctx: ToolContext, caplog: pytest.LogCaptureFixture
) -> None:
    put(ctx, "wti", [1.0, 2.0], unit="eur")
    assert seed(ctx.market) > 0
    held = ctx.market.slice("wti", scopes=frozenset({WORKSPACE}))
    assert (held.info.unit, len(held.observations)) == ("eur", 2)
    assert "with the unit eur" in caplog.text


async def test_a_years_return_counts_from_the_close_before_it(
    desk: ToolContext, call: Call
) -> None:
    """The S&P 500 returned 19.4 % in 2017 and -38.5 % in 2008, price only (S&P Dow Jones Indices)."""
    for year, expected in ((2017, 19.4), (2008, -38.5)):
        found = await call(
            desk, "series_stats", series="sp500", start=f"{year}-01-01", end=f"{year}-12-31"
        )
        assert round(numbers(found)["total_return"], 1) == expected
        assert any("the last before the span" in note for note in body(found)["warnings"])
