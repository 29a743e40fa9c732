"""A book from a CSV: positions become series of the desk, weights come from the file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from bullpen_tools.context import LocalFile, ToolContext
from bullpen_tools.tool import Outcome

Call = Callable[..., Awaitable[Outcome]]


async def read(call: Call, ctx: ToolContext, text: str) -> Outcome:
    path = ctx.artifacts.parent / "book.csv"
    path.write_text(text)
    file = LocalFile(
        name="book.csv", path=path, mimetype="text/csv", sha256=hashlib.sha256(text.encode()).hexdigest(), size=len(text)
    )  # fmt: skip
    return await call(replace(ctx, files=(file,)), "read_book", name="book.csv")


@pytest.mark.parametrize(
    ("text", "weights"),
    [
        ("series,weight_pct\nsp500,60\nnasdaq,40\n", [60, 40]),
        ("Symbol;Weight (%)\nSPX;60%\nnasdaq;-10 %\n", [60, -10]),
        ("instrument\tmarket value\nsp500\t$1,500,000\nnasdaq\t500000\n", [75, 25]),
    ],
)
async def test_books_as_people_keep_them(
    desk: ToolContext, call: Call, text: str, weights: list[float]
) -> None:
    outcome = await read(call, desk, text)
    assert not outcome.error, outcome.text
    rows = json.loads(outcome.text)["table"]
    assert rows[0][0] == "series"
    assert {row[0] for row in rows[1:]} == {"sp500", "nasdaq"}
    assert [row[2] for row in rows[1:]] == weights
    said = "The weights do not add up to 100 %." in outcome.text
    assert said == (sum(weights) != 100)


async def test_quantities_are_valued_at_the_last_price(desk: ToolContext, call: Call) -> None:
    outcome = await read(call, desk, "ticker,quantity\nsp500,2\nnasdaq,1\n")
    body = json.loads(outcome.text)
    prices = [
        json.loads((await call(desk, "series_value", series=name)).text)["values"]["value"]["value"]
        for name in ("sp500", "nasdaq")
    ]
    share = 2 * prices[0] / (2 * prices[0] + prices[1]) * 100
    assert body["values"]["weight_1"]["value"] == pytest.approx(share)
    assert any("ends on" in note for note in body["warnings"])
    holdings = [{"series": row[0], "weight_pct": row[2]} for row in body["table"][1:]]
    target = await call(desk, "volatility_target", holdings=holdings, target_pct=30)
    assert not target.error, target.text


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("date,price\n2024-01-01,5\n", "Its columns are “date”, “price”"),
        ("series,weight_pct\nunobtainium,50\n", "“unobtainium”"),
        ("series,weight_pct\nsp500,half\n", "Line 2 of “book.csv” cannot be read"),
        ("series,weight_pct\nsp500,50\nSPX,50\n", "are the same series"),
        ("series,value\nsp500,50\nnasdaq,-80\n", "no net value"),
        ("series,quantity\nsp500,1\noil,1\n", "different units"),
        ("series,weight_pct\n", "It has 0 positions"),
        ("", "It is empty"),
    ],
)
async def test_what_is_no_book_is_refused(
    desk: ToolContext, call: Call, text: str, says: str
) -> None:
    outcome = await read(call, desk, text)
    assert outcome.error
    assert says in outcome.text, outcome.text
