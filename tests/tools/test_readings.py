from __future__ import annotations

import json
import math
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bullpen_memory.records import Observation, SeriesInfo
from bullpen_tools.context import ToolContext
from bullpen_tools.tool import Outcome

Call = Callable[..., Awaitable[Outcome]]


def body(outcome: Outcome) -> dict[str, Any]:
    assert not outcome.error, outcome.text
    return json.loads(outcome.text)


def numbers(outcome: Outcome) -> dict[str, Any]:
    return {key: value["value"] for key, value in body(outcome)["values"].items()}


def put(
    ctx: ToolContext,
    name: str,
    values: list[float | None],
    first: date = date(2024, 1, 1),
    **how: Any,
) -> None:
    fields = {
        "title": name.title(),
        "unit": "usd",
        "frequency": "daily",
        "source": "test",
        "licence": "none",
    } | how
    days = [first + timedelta(days=n) for n in range(len(values))]
    ctx.market.put(
        SeriesInfo(id=name, **fields),
        [Observation(d.isoformat(), v, datetime.combine(d, datetime.max.time(), UTC)) for d, v in zip(days, values, strict=True)],
    )  # fmt: skip


class TestValue:
    async def test_a_day_and_the_change_before_it(self, desk: ToolContext, call: Call) -> None:
        found = numbers(await call(desk, "series_value", series="wti", on="2008-07-03"))
        assert (found["value"], found["date"]) == (145.31, "2008-07-03")
        assert found["change"] == pytest.approx(found["value"] - found["before"])

    async def test_a_holiday_gives_the_day_before_and_says_so(
        self, desk: ToolContext, call: Call
    ) -> None:
        found = body(await call(desk, "series_value", series="wti", on="2008-07-06"))
        assert found["values"]["date"]["value"] == "2008-07-03"
        assert any("no value on 2008-07-06" in note for note in found["warnings"])

    async def test_as_of_hides_what_came_later(self, desk: ToolContext, call: Call) -> None:
        found = numbers(await call(desk, "series_value", series="wti", as_of="2005-03-10"))
        assert found["date"] <= "2005-03-10"
        pinned = replace(desk, as_of=datetime(2001, 1, 1, tzinfo=UTC))
        assert (
            numbers(await call(pinned, "series_value", series="wti", as_of="2018-01-01"))["date"]
            < "2001-01-01"
        )

    async def test_a_series_that_stopped_says_so(self, desk: ToolContext, call: Call) -> None:
        found = body(await call(desk, "series_value", series="wti"))
        assert any("wti is stale" in note for note in found["warnings"])

    async def test_one_value_has_no_change(self, ctx: ToolContext, call: Call) -> None:
        put(ctx, "x", [3.0])
        found = numbers(await call(ctx, "series_value", series="x"))
        assert (found["value"], found["before"], found["change"]) == (3.0, None, None)


class TestRanking:
    async def test_the_worst_month_of_stocks(self, desk: ToolContext, call: Call) -> None:
        found = numbers(
            await call(desk, "series_rank", series="sp500", start="2007-01-01", end="2009-12-31")
        )
        assert found["worst_period"] == "2008-10"
        assert found["worst"] == pytest.approx(-16.94, abs=0.01)

    async def test_the_worst_day(self, desk: ToolContext, call: Call) -> None:
        found = numbers(
            await call(desk, "series_rank", series="sp500", grain="day", start="2000-01-01")
        )
        assert (found["worst_period"], found["best_period"]) == ("2008-10-15", "2008-10-13")

    async def test_a_month_that_still_runs_does_not_count(
        self, ctx: ToolContext, call: Call
    ) -> None:
        put(ctx, "x", [100.0 + n for n in range(100)])
        found = body(await call(ctx, "series_rank", series="x"))
        assert [row[1] for row in found["table"][1:]] == ["2024-02", "2024-03"]

    async def test_a_rate_has_no_returns(self, desk: ToolContext, call: Call) -> None:
        outcome = await call(desk, "series_rank", series="aaa")
        assert outcome.error
        assert "measure change" in outcome.text
        assert numbers(await call(desk, "series_rank", series="aaa", measure="change"))["n"] > 100


class TestRolling:
    @pytest.mark.parametrize(
        ("statistic", "now"),
        [("mean", 4.0), ("median", 4.0), ("min", 3.0), ("max", 5.0), ("sum", 12.0), ("deviation", 1.0),
         ("zscore", 1.0), ("percentile", 100.0)],
    )  # fmt: skip
    async def test_by_hand(self, ctx: ToolContext, call: Call, statistic: str, now: float) -> None:
        put(ctx, "x", [1.0, 2.0, 3.0, 4.0, 5.0])
        found = numbers(
            await call(ctx, "series_rolling", series="x", statistic=statistic, window=3)
        )
        assert found["now"] == pytest.approx(now)

    async def test_a_constant_window_has_no_score(self, ctx: ToolContext, call: Call) -> None:
        put(ctx, "x", [1.0, 2.0, 2.0, 2.0])
        assert (
            numbers(await call(ctx, "series_rolling", series="x", statistic="zscore", window=3))[
                "now"
            ]
            is None
        )


class TestRows:
    async def test_resampled_and_converted(self, ctx: ToolContext, call: Call) -> None:
        put(ctx, "silver", [31.1034768] * 40, unit="usd/troy_oz")
        found = body(
            await call(ctx, "series_rows", series="silver", grain="month", how="mean", unit="usd/g")
        )
        assert found["table"][1][0] == "2024-01"
        assert found["table"][1][1] == pytest.approx(1.0)

    async def test_currencies_are_not_converted(self, ctx: ToolContext, call: Call) -> None:
        put(ctx, "x", [1.0, 2.0])
        outcome = await call(ctx, "series_rows", series="x", unit="eur")
        assert outcome.error
        assert "an exchange rate has a date" in outcome.text


class TestProfile:
    async def test_what_is_odd_is_found(self, ctx: ToolContext, call: Call) -> None:
        import random

        source = random.Random(7)
        values: list[float | None] = [100 + source.gauss(0, 1) for _ in range(120)]
        values[30] = 1000.0
        values[60:67] = [101.0] * 7
        values[90] = None
        put(ctx, "x", values)
        found = body(await call(ctx, "series_profile", series="x"))
        kinds = {row[0]: row[1] for row in reversed(found["table"][1:])}
        assert kinds["outlier"] in ("2024-01-31", "2024-02-01")
        assert kinds["constant run"] == "2024-03-01 to 2024-03-07"
        assert found["values"]["missing"]["value"] == 1
        assert found["values"]["fresh"]["value"] is False

    async def test_zeros_that_mean_missing(self, ctx: ToolContext, call: Call) -> None:
        put(ctx, "pe", [20.0, 21.0, 22.0, 19.0] * 5 + [0.0, 0.0, 0.0])
        found = body(await call(ctx, "series_profile", series="pe"))
        assert any("look like missing values" in note for note in found["warnings"])

    async def test_nothing_odd_is_said_too(self, ctx: ToolContext, call: Call) -> None:
        put(ctx, "x", [2.0 + math.sin(n) for n in range(60)])
        assert "nothing odd" in body(await call(ctx, "series_profile", series="x"))["summary"]
