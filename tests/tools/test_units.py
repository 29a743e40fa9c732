from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bullpen_memory.errors import InputError
from bullpen_tools.context import ToolContext, Value
from bullpen_tools.formats import show
from bullpen_tools.tool import Outcome
from bullpen_tools.units import read_amounts, rescale

Call = Callable[..., Awaitable[Outcome]]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.7 trillion", 1.7e12), ("USD 9 trillion", 9e12), ("$3.2bn", 3.2e9), ("450 million", 4.5e8), ("12k", 12e3),
        ("3,500,000", 3.5e6), ("2 tỷ", 2e9), ("2,5 nghìn tỷ", 2.5e12), ("3.500 tỷ", 3.5e12), ("3500 tỷ", 3.5e12),
        ("15 triệu", 15e6), ("100 nghìn", 1e5), ("1,5 triệu tỷ", 1.5e15), ("350亿", 3.5e10), ("1.2万亿", 1.2e12),
        ("3500亿", 3.5e11), ("5万", 5e4), ("2千万", 2e7), ("6亿美元", 6e8), ("-4.5 million", -4.5e6), ("7 tỉ", 7e9),
        ("50,000", 5e4), ("10 million", 1e7),
    ],
)  # fmt: skip
def test_amounts_as_written(text: str, value: float) -> None:
    assert [amount.value for amount in read_amounts(text)] == [pytest.approx(value)]


async def test_the_scale_guard_raises_and_does_not_decide(ctx: ToolContext, call: Call) -> None:
    outcome = await call(ctx, "read_amount", text="cần 3500 tỷ USD", unit="usd")
    assert not outcome.error, outcome.text
    body: dict[str, Any] = json.loads(outcome.text)
    assert body["values"]["as_written"]["value"] == 3.5e12
    assert body["values"]["other_reading"]["value"] == 3.5e11
    assert "two readings" in body["warnings"][0]
    assert "nothing was decided" in body["warnings"][0]


@pytest.mark.parametrize("text", ["2 tỷ", "350 tỷ", "1.7 trillion", "3500亿"])
async def test_plain_amounts_raise_nothing(ctx: ToolContext, call: Call, text: str) -> None:
    outcome = await call(ctx, "read_amount", text=text)
    assert "other_reading" not in json.loads(outcome.text)["values"]


async def test_no_amount_is_said(ctx: ToolContext, call: Call) -> None:
    outcome = await call(ctx, "read_amount", text="a lot")
    assert outcome.error


@pytest.mark.parametrize(
    ("given", "wanted", "factor"),
    [
        ("troy_oz", "g", 31.1034768),
        ("usd/troy_oz", "usd/kg", 32.15074656862798),
        ("usd/lb", "usd/t", 2204.6226218487757),
        ("usc/lb", "usd/t", 22.046226218487757),
        ("bp", "pct", 0.01),
        ("pct", "bp", 100),
        ("usd/bbl", "usd/gal", 1 / 42),
        ("usd/mmbtu", "usd/mwh", 3.412141633127942),
        ("usd/toz", "usd/oz", 0.9114583333333333),
        ("kg", "troy ounce", 32.15074656862798),
        ("eur/kg", "eur/t", 1000),
    ],
)
def test_published_factors(given: str, wanted: str, factor: float) -> None:
    """NIST Handbook 44 and SP 811."""
    assert rescale(given, wanted) == pytest.approx(factor, rel=1e-9)


@pytest.mark.parametrize(
    ("given", "wanted", "said"),
    [
        ("usd", "eur", "an exchange rate has a date"),
        ("kg", "bbl", "kg measures mass, bbl measures volume"),
        ("usd/kg", "kg", "One is a price"),
        ("usd/kg", "usd/stone", "no unit that is known"),
        ("", "usd", "cannot be converted"),
    ],
)
def test_what_cannot_be_converted(given: str, wanted: str, said: str) -> None:
    with pytest.raises(InputError) as refused:
        rescale(given, wanted)
    assert said in str(refused.value)


async def test_an_ounce_that_may_be_a_troy_ounce_is_told_both_ways(
    ctx: ToolContext, call: Call
) -> None:
    told = json.loads(
        (await call(ctx, "convert_unit", amount=2000, given="usd/oz", wanted="usd/kg")).text
    )
    assert told["values"]["result_troy"]["value"] == pytest.approx(2000 / 0.0311034768)
    assert "troy_oz" in " ".join(told["warnings"])
    sure = json.loads(
        (await call(ctx, "convert_unit", amount=2000, given="usd/troy_oz", wanted="usd/kg")).text
    )
    assert sure["values"]["result"]["value"] == told["values"]["result_troy"]["value"]
    assert "result_troy" not in sure["values"]
    assert not sure["warnings"]
    quote = {"venue": "SGE", "price": 7600, "currency": "CNY", "per": "kg"}
    told = json.loads((await call(ctx, "venue_basis", first=quote)).text)
    assert told["values"]["per_ounce"]["unit"] == "cny/troy_oz"
    assert "/troy oz" in show(Value(value=99.06, unit="usd/troy_oz", label="Silver"))
