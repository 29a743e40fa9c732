from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bullpen_tools.context import Receipt, ToolContext
from bullpen_tools.tool import Outcome

Call = Callable[..., Awaitable[Outcome]]


async def draw(call: Call, ctx: ToolContext, **args: Any) -> tuple[dict[str, Any], Receipt]:
    outcome = await call(ctx, "plot_chart", **args)
    assert not outcome.error, outcome.text
    assert outcome.receipt is not None
    return json.loads(outcome.text), outcome.receipt


@pytest.mark.parametrize(
    ("args", "header", "rows"),
    [
        ({"kind": "bar", "series": ["sp500"]}, "year,return", 19),
        ({"kind": "histogram", "series": ["wti"], "start": "2000-01-01"}, "from,to,count", 60),
        ({"kind": "scatter", "series": ["sp500", "wti"], "start": "2008-01-01", "end": "2008-12-31"}, "date,sp500,wti", 252),
        ({"kind": "correlation_map", "series": ["sp500", "nasdaq", "wti"]}, "series,S&P 500,NASDAQ Composite,WTI crude oil", 3),
        ({"kind": "calendar_map", "series": ["sp500"], "start": "2005-01-01"}, "year,Jan,Feb,Mar,Apr,May,Jun,Jul,Aug,Sep,Oct,Nov,Dec", 14),
        ({"kind": "curve", "series": ["aaa", "baa"], "dates": ["2007-06-30", "2008-12-31"]}, "series,30 Jun 2007,31 Dec 2008", 2),
        ({"kind": "fan", "series": ["wti"], "start": "2016-01-01", "horizon": 60}, "date,5 %,25 %,50 %,75 %,95 %", 60),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else None,
)  # fmt: skip
async def test_each_kind_has_picture_vector_and_numbers(
    desk: ToolContext, call: Call, args: dict[str, Any], header: str, rows: int
) -> None:
    said, receipt = await draw(call, desk, **args)
    png = Path(receipt.result.artifacts[0].path)
    assert _bytes(png).startswith(b"\x89PNG")
    assert b"<svg" in _bytes(png.with_suffix(".svg"))[:600]
    lines = _bytes(png.with_suffix(".csv")).decode().splitlines()
    assert (lines[0], abs(len(lines) - 1 - rows) <= 3) == (header, True)
    assert receipt.result.data[0].sha256
    assert said["values"]
    assert said["artifacts"][0]["alt"]


async def test_the_same_chart_is_the_same_file(desk: ToolContext, call: Call) -> None:
    one, other = [
        (await draw(call, desk, kind="bar", series=["nasdaq"]))[1].result.artifacts[0]
        for _ in range(2)
    ]
    assert one.sha256 == other.sha256


async def test_the_slope_is_that_of_the_regression(desk: ToolContext, call: Call) -> None:
    span = {"start": "2008-01-01", "end": "2009-12-31"}
    said, _ = await draw(call, desk, kind="scatter", series=["sp500", "wti"], **span)
    fitted = json.loads((await call(desk, "regression", y="wti", x=["sp500"], **span)).text)
    assert said["values"]["slope"]["value"] == pytest.approx(
        fitted["values"]["beta_sp500"]["value"], rel=1e-9
    )


async def test_a_fan_says_that_it_is_no_forecast(desk: ToolContext, call: Call) -> None:
    said, _ = await draw(call, desk, kind="fan", series=["wti"], horizon=20)
    assert any("no forecast" in note for note in said["warnings"])
    values = said["values"]
    assert (
        values["quantile_5"]["value"]
        < values["quantile_50"]["value"]
        < values["quantile_95"]["value"]
    )


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ({"kind": "scatter", "series": ["wti"]}, "A scatter shows two series"),
        ({"kind": "bar", "series": ["wti", "vix"]}, "A bar shows one series"),
        ({"kind": "bar", "series": ["wti"], "grain": "day"}, "too many bars"),
        ({"kind": "fan", "series": ["aaa"]}, "has no returns"),
        ({"kind": "curve", "series": ["aaa", "wti"]}, "do not share an axis"),
        ({"kind": "curve", "series": ["aaa", "baa"], "dates": ["1900-01-01"]}, "has no value near 1900-01-01"),
    ],
)  # fmt: skip
async def test_what_cannot_be_drawn(
    desk: ToolContext, call: Call, args: dict[str, Any], said: str
) -> None:
    outcome = await call(desk, "plot_chart", **args)
    assert outcome.error
    assert said in outcome.text


def _bytes(path: Path) -> bytes:
    return path.read_bytes()
