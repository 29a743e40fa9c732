"""Spans, crossings, spreads and rolling correlations against the same figures by hand."""

from __future__ import annotations

import json
import math
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from statistics import correlation, fmean, median, stdev
from typing import Any

import pytest

from bullpen_memory.records import Observation, SeriesInfo
from bullpen_tools.context import ToolContext
from bullpen_tools.tool import Outcome

Call = Callable[..., Awaitable[Outcome]]


def read(outcome: Outcome) -> dict[str, Any]:
    assert not outcome.error, outcome.text
    body = json.loads(outcome.text)
    return {key: value["value"] for key, value in body["values"].items()}


def put(ctx: ToolContext, name: str, values: list[float], unit: str = "usd") -> None:
    days = [date(2023, 12, 28) + timedelta(days=n) for n in range(len(values))]
    ctx.market.put(
        SeriesInfo(id=name, title=name.title(), unit=unit, frequency="daily", source="test", licence="none"),
        [Observation(d.isoformat(), v, datetime.combine(d, datetime.max.time(), UTC)) for d, v in zip(days, values, strict=True)],
    )  # fmt: skip


async def test_a_span_is_measured_as_by_hand(desk: ToolContext, call: Call) -> None:
    values = [10.0, 12.0, 9.0, 11.0, 15.0, 13.0, 8.0, 14.0]
    put(desk, "apples", values)
    found = read(await call(desk, "series_span", series="apples", start="2024-01-01"))
    inside = values[4:]
    assert found["average"] == fmean(inside)
    assert found["median"] == median(inside)
    assert found["deviation"] == pytest.approx(stdev(inside))
    assert (found["min"], found["min_date"]) == (8.0, "2024-01-03")
    assert (found["max"], found["max_date"]) == (15.0, "2024-01-01")
    assert found["percentile"] == 75.0
    assert found["change"] == 14.0 - 11.0
    assert found["change_pct"] == pytest.approx((14 / 11 - 1) * 100)


async def test_a_rate_changes_in_basis_points(desk: ToolContext, call: Call) -> None:
    put(desk, "rate", [4.0, 4.25, 4.1], "pct")
    found = read(await call(desk, "series_span", series="rate"))
    assert found["change"] == pytest.approx(10.0)
    assert "change_pct" not in found


async def test_crossings_are_counted_as_by_hand(desk: ToolContext, call: Call) -> None:
    put(desk, "pears", [10.0, 12.0, 12.5, 9.0, 11.5, 8.0])
    found = read(await call(desk, "series_crossing", series="pears", level=11))
    assert (found["days"], found["n"], found["spells"]) == (3, 6, 2)
    assert found["share"] == 50.0
    assert (found["first_date"], found["last_date"]) == ("2023-12-29", "2024-01-01")
    assert (found["longest"], found["longest_from"], found["longest_to"]) == (2, "2023-12-29", "2023-12-30")  # fmt: skip
    never = read(await call(desk, "series_crossing", series="pears", level=20))
    assert never["days"] == 0
    assert "last_date" not in never
    below = read(await call(desk, "series_crossing", series="pears", level=9, side="below"))
    assert (below["days"], below["last_date"]) == (1, "2024-01-02")


async def test_yields_are_spread_in_basis_points(desk: ToolContext, call: Call) -> None:
    found = await call(desk, "series_spread", a="baa", b="aaa")
    values = read(found)
    one = read(await call(desk, "series_value", series="baa"))["value"]
    other = read(await call(desk, "series_value", series="aaa"))["value"]
    assert values["last"] == pytest.approx((one - other) * 100)
    assert json.loads(found.text)["values"]["last"]["unit"] == "bp"
    assert len(json.loads(found.text)["artifacts"]) == 1


async def test_different_units_are_no_difference_but_a_ratio(desk: ToolContext, call: Call) -> None:
    refused = await call(desk, "series_spread", a="wti", b="sp500")
    assert refused.error
    assert "ratio" in refused.text
    found = read(await call(desk, "series_spread", a="sp500", b="wti", how="ratio", start="2018-01-01"))  # fmt: skip
    assert found["last"] == pytest.approx(2485.74 / 45.15, rel=1e-3)


async def test_a_rolling_correlation_ends_with_that_of_the_last_window(
    desk: ToolContext, call: Call
) -> None:
    one = [math.exp(0.01 * math.sin(n)) * 100 for n in range(40)]
    other = [math.exp(0.02 * math.cos(1.3 * n)) * 50 for n in range(40)]
    put(desk, "one", one)
    put(desk, "other", other)
    found = read(await call(desk, "rolling_correlation", a="one", b="other", window=15))
    x, y = ([math.log(b / a) for a, b in pairwise(s)] for s in (one, other))
    assert found["last"] == pytest.approx(correlation(x[-15:], y[-15:]))
    assert found["whole"] == pytest.approx(correlation(x, y))
    assert found["n"] == 25
    short = await call(desk, "rolling_correlation", a="one", b="other", window=60)
    assert short.error
    assert "window" in short.text


@pytest.mark.parametrize(
    ("tool", "args"),
    [
        ("series_span", {"series": "wti", "start": "2009-01-01"}),
        ("series_crossing", {"series": "wti", "level": 60}),
        ("series_spread", {"a": "baa", "b": "aaa"}),
        ("rolling_correlation", {"a": "wti", "b": "sp500"}),
    ],
)
async def test_nothing_known_later_enters(
    desk: ToolContext, call: Call, tool: str, args: dict[str, Any]
) -> None:
    found = read(await call(desk, tool, **args, as_of="2010-01-04"))
    days = [value for key, value in found.items() if key.endswith(("_date", "_from", "_to"))]
    assert days
    assert max(days) <= "2010-01-04"
