"""Arguments as people write them, and refusals without a word of a programming language."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bullpen_memory.errors import ModelError
from bullpen_tools.context import ToolContext
from bullpen_tools.tool import Outcome
from bullpen_tools.toolbox import default_toolbox

Call = Callable[..., Awaitable[Outcome]]
OPTION = {"kind": "call", "strike": 100, "spot": 100, "volatility_pct": 25, "years": 0.25, "rate_pct": 5}  # fmt: skip


async def value(call: Call, ctx: ToolContext, tool: str = "option_value", key: str = "value", **args: Any) -> float:  # fmt: skip
    outcome = await call(ctx, tool, **args)
    assert not outcome.error, outcome.text
    return json.loads(outcome.text)["values"][key]["value"]


@pytest.mark.parametrize(
    "written",
    [
        {"volatility_pct": "25%"},
        {"volatility_pct": "25 vol"},
        {"volatility_pct": "2500 bp"},
        {"rate_pct": "500 bp"},
        {"rate_pct": "5 percent"},
        {"strike": "$100", "spot": "100.00"},
        {"kind": "Call"},
        {"years": "3m"},
        {"years": "3 months"},
        {"years": "0.25y"},
    ],
)
async def test_one_option_in_many_spellings(
    ctx: ToolContext, call: Call, written: dict[str, Any]
) -> None:
    plain = await value(call, ctx, **OPTION)
    assert await value(call, ctx, **{**OPTION, **written}) == plain


async def test_days_and_dates(ctx: ToolContext, call: Call) -> None:
    timeless = {key: one for key, one in OPTION.items() if key != "years"}
    ninety = await value(call, ctx, **timeless, days=90)
    assert await value(call, ctx, **timeless, days="90d") == ninety
    assert await value(call, ctx, **timeless, years="90 days") == pytest.approx(ninety, rel=1e-12)
    for day in (
        "2027-04-15",
        "15 April 2027",
        "April 15, 2027",
        "15-Apr-2027",
        "15 Apr 2027",
        "4/15/2027",
    ):
        dated = await value(call, ctx, **timeless, expiry=day, valued_on="15 January 2027")
        assert dated == ninety, day
    for name in ("days", "years"):
        dated = await value(call, ctx, **timeless, **{name: "2027-04-15"}, valued_on="2027-01-15")
        assert dated == ninety
    # Without a day of valuation it is the pinned one; the receipt says so.
    pinned = replace(ctx, as_of=datetime(2027, 1, 15, 12, tzinfo=UTC))
    outcome = await call(pinned, "option_value", **timeless, expiry="2027-04-15")
    assert json.loads(outcome.text)["values"]["value"]["value"] == ninety
    assert "Valued on 2027-01-15, 90 days" in outcome.text


async def test_amounts_and_other_names(ctx: ToolContext, call: Call) -> None:
    swap = {
        "spread_bp": "3%",
        "recovery_pct": "40%",
        "rate_pct": 2,
        "coupon_bp": "100bps",
        "years": 5,
    }
    for written in ("10 million", "10mm", "10,000,000", "10M", 10e6):
        got = await value(call, ctx, "cds_value", "upfront_amount", **swap, notional=written)
        assert got == await value(call, ctx, "cds_value", "upfront_amount", **swap, notional=1e7)
    other = {
        "option_type": "call",
        "K": 100,
        "S": 100,
        "volatility_pct": 25,
        "t": 0.25,
        "rate_pct": 5,
    }
    assert await value(call, ctx, **other) == await value(call, ctx, **OPTION)


async def test_two_names_for_one_argument_are_not_one_of_them(ctx: ToolContext, call: Call) -> None:
    timely = {key: one for key, one in OPTION.items() if key != "strike"}
    outcome = await call(ctx, "option_value", **timely, k=100, x=90)
    assert outcome.error
    assert "`x` is not an argument" in outcome.text


async def test_carry_is_the_rate_less_the_yield(ctx: ToolContext, call: Call) -> None:
    yielding = await value(call, ctx, **OPTION, yield_pct=3)
    assert await value(call, ctx, **OPTION, carry_pct=2) == pytest.approx(yielding, rel=1e-12)
    future = {key: one for key, one in OPTION.items() if key != "spot"}
    assert await value(call, ctx, **OPTION, carry_pct=0) == pytest.approx(
        await value(call, ctx, **future, forward=100), rel=1e-12
    )


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"strike": "abc"}, "`strike` is “abc”; it takes a number such as 2.5"),
        ({"strike": None}, "`strike` is empty; it takes a number"),
        ({"strike": True}, "`strike` is true; it takes a number"),
        ({"strike": "1,5"}, "`strike` is “1,5”"),
        ({"steps": 1.5}, "`steps` is 1.5; it takes a whole number"),
        ({"steps": 1}, "`steps` is 1; it must be at least 2"),
        ({"exercise": "bermudan"}, "it takes european or american"),
        ({"horizon_days": 25}, "perhaps `days`"),
        ({"vol": 25}, "perhaps `volatility_pct` (25 means 25 %)"),
        ({"dividends": "none"}, "`dividends` is “none”; it takes a list"),
        ({"dividends": [{"years": 1}]}, "`dividends.1.amount` is missing"),
        ({"volatility_pct": "25 apples"}, "`volatility_pct` is “25 apples”"),
        ({"expiry": "01/02/2027", "years": None}, "may be two days"),
        ({"expiry": "2020-01-01", "years": None}, "expired on 2020-01-01"),
        ({"expiry": "2090-01-01"}, "time to expiry is given twice"),
        ({"expiry": "soon", "years": None}, "`expiry` is “soon”; it takes a day"),
        ({"carry_pct": 2, "yield_pct": 1}, "cost of carry is given twice"),
    ],
)
async def test_refusals_are_sentences(
    ctx: ToolContext, call: Call, wrong: dict[str, Any], says: str
) -> None:
    outcome = await call(ctx, "option_value", **{**OPTION, **wrong})
    assert outcome.error
    assert says in outcome.text


_CODE = re.compile(
    r"pydantic|input_value|should be a valid|valid (?:string|number|integer|list|boolean|dictionary)|\bstr\b|\bint\b|\bfloat\b|NoneType|"
    r"Traceback|JSONDecode|unexpected keyword|<class|\bdict\b|function-|model_type|literal\[",
    re.IGNORECASE,
)


async def test_no_tool_answers_in_the_words_of_a_programming_language(ctx: ToolContext) -> None:
    """Every argument of every tool, given each wrong type in turn."""
    box = default_toolbox(ctx.receipts)
    said: list[str] = []
    for name in box.names():
        tool = box.find(name)
        assert tool is not None
        for argument in tool.spec.schema["properties"]:
            for wrong in ("?", -1e300, True, None, [None], {"a": 1}, [{"a": [1]}]):
                try:
                    tool.validate({argument: wrong})
                except ModelError as error:
                    said.append(f"{name} {argument} {wrong}: {error}")
    assert len(said) > 1000
    assert not [line for line in said if _CODE.search(line)]
