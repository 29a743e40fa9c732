"""Yields and spreads are rates: they move in basis points, whoever brought them and by whatever name."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from bullpen_tools.context import LocalFile, ToolContext
from bullpen_tools.tool import Outcome

Call = Callable[..., Awaitable[Outcome]]
RNG = np.random.default_rng(5)
# 400 working days of a yield near 4 % that moves 5 bp a day, and of a price that moves 1 %.
DAYS = [d for n in range(700) if (d := date(2024, 1, 1) + timedelta(days=n)).weekday() < 5][:400]
YIELD = 4.2 + np.cumsum(RNG.normal(0, 0.05, 400))
PRICE = 100 * np.exp(np.cumsum(RNG.normal(0, 0.01, 400)))
FLAT = [5.0] * 400


async def bring(call: Call, ctx: ToolContext, header: str, numbers: Any, **args: Any) -> str:
    """Import a CSV of one column; the id of the series."""
    text = f"date,{header}\n" + "".join(
        f"{day},{float(x):.6f}\n" for day, x in zip(DAYS, numbers, strict=True)
    )
    path = ctx.artifacts.parent / "given.csv"
    path.write_text(text)
    file = LocalFile(
        name="given.csv", path=path, mimetype="text/csv",
        sha256=hashlib.sha256(text.encode()).hexdigest(), size=len(text),
    )  # fmt: skip
    done = await call(replace(ctx, files=(file,)), "import_csv", name="given.csv", **args)
    assert not done.error, done.text
    return json.loads(done.text)["table"][1][0]


async def told(call: Call, ctx: ToolContext, tool: str, **args: Any) -> dict[str, Any]:
    outcome = await call(ctx, tool, **args)
    assert not outcome.error, outcome.text
    return json.loads(outcome.text)


EXPECTED = float(np.std(np.diff(YIELD) * 100, ddof=1) * math.sqrt(252))


@pytest.mark.parametrize(
    ("header", "numbers", "args"),
    [
        ("US2Y (pct)", YIELD, {}),
        ("US2Y (%)", YIELD, {}),
        ("close", YIELD, {"unit": "percent per annum"}),
        ("US2Y", YIELD, {}),
        ("10-year Treasury yield", YIELD, {}),
        ("DGS10", YIELD, {}),
        ("policy rate", YIELD, {}),
        ("spread", YIELD * 100, {"unit": "bp"}),
        ("CDS 5Y", YIELD * 100, {}),
        ("US10Y", YIELD / 100, {"unit": "ratio"}),
    ],
)
async def test_a_rate_moves_in_basis_points(
    ctx: ToolContext, call: Call, header: str, numbers: Any, args: dict[str, Any]
) -> None:
    series = await bring(call, ctx, header, numbers, **args)
    stats = await told(call, ctx, "series_stats", series=series)
    assert stats["values"]["change_volatility"]["unit"] == "bp"
    assert stats["values"]["change_volatility"]["value"] == pytest.approx(EXPECTED, rel=1e-3)
    assert "volatility" not in stats["values"]
    risk = await told(call, ctx, "risk_measures", series=series)
    assert risk["values"]["volatility"]["unit"] == "bp"
    assert risk["values"]["volatility"]["value"] == pytest.approx(EXPECTED, rel=1e-3)
    assert not {"max_drawdown", "var_historical", "worst"} & set(risk["values"])
    latest = await told(call, ctx, "series_value", series=series)
    assert latest["values"]["change"]["unit"] == "bp"
    assert "change_pct" not in latest["values"]
    garch = await told(call, ctx, "garch_volatility", series=series)
    assert garch["values"]["volatility_now"]["unit"] == "bp"


async def test_without_a_unit_the_answer_says_as_what_it_was_taken(
    ctx: ToolContext, call: Call
) -> None:
    rate = await bring(call, ctx, "US2Y", YIELD)
    said = " ".join((await told(call, ctx, "series_stats", series=rate))["warnings"])
    assert "it is taken as a rate in percent" in said
    assert "“US2Y” names a rate" in said
    price = await bring(call, ctx, "close", PRICE)
    found = await told(call, ctx, "series_stats", series=price)
    assert "is taken as a price" in " ".join(found["warnings"])
    assert found["values"]["volatility"]["unit"] == "pct"


@pytest.mark.parametrize("header", ["USD exchange rate", "High Yield bond ETF", "close"])
async def test_what_is_no_rate_has_returns(ctx: ToolContext, call: Call, header: str) -> None:
    series = await bring(call, ctx, header, PRICE)
    stats = await told(call, ctx, "series_stats", series=series)
    assert stats["values"]["volatility"]["unit"] == "pct"


async def test_a_rate_of_unknown_size_is_asked_about(ctx: ToolContext, call: Call) -> None:
    series = await bring(call, ctx, "US2Y", YIELD / 100)
    for tool, args in (
        ("risk_measures", {"series": series}),
        ("factor_beta", {"series": series, "factor": series}),
    ):
        outcome = await call(ctx, tool, **args)
        assert outcome.error
    outcome = await call(ctx, "risk_measures", series=series)
    assert "fractions or percentages" in outcome.text
    assert "`ratio` (0.0425)" in outcome.text


async def test_rates_against_prices(ctx: ToolContext, call: Call) -> None:
    rate = await bring(call, ctx, "US2Y (pct)", YIELD)
    fall = await bring(call, ctx, "fund (usd)", 100 * np.exp(-np.cumsum(np.diff(YIELD, prepend=YIELD[0])) * 0.05))  # fmt: skip
    other = await bring(call, ctx, "UK10Y (pct)", YIELD * 0.5 + 1)
    beta = await told(call, ctx, "factor_beta", series=fall, factor=rate)
    # 5 years of duration: a basis point costs 0.05 %.
    assert beta["values"]["beta"]["value"] == pytest.approx(-0.05, rel=1e-3)
    assert beta["values"]["beta"]["unit"] == "pct/bp"
    ratio = await told(call, ctx, "factor_beta", series=other, factor=rate)
    assert ratio["values"]["beta"]["value"] == pytest.approx(0.5, rel=1e-3)
    assert ratio["values"]["beta"]["unit"] == "ratio"
    link = await told(call, ctx, "correlation", a=fall, b=rate)
    assert link["values"]["correlation"]["value"] == pytest.approx(-1, abs=1e-6)
    both = await told(call, ctx, "compare_volatility", series=[rate, other])
    units = {one["unit"] for key, one in both["values"].items() if key.startswith("vol_")}
    assert units == {"bp"}
    mixed = await call(ctx, "compare_volatility", series=[rate, fall])
    assert mixed.error
    assert "moves in basis points" in mixed.text


@pytest.mark.parametrize(
    ("tool", "args"),
    [
        ("volatility_target", {"holdings": [{"series": "RATE", "weight_pct": 100}], "target_pct": 10}),
        ("portfolio_weights", {"series": ["RATE", "PRICE"]}),
        ("backtest", {"series": "RATE", "rule": "moving_average"}),
    ],
)  # fmt: skip
async def test_nobody_holds_a_yield(
    ctx: ToolContext, call: Call, tool: str, args: dict[str, Any]
) -> None:
    rate = await bring(call, ctx, "US2Y", YIELD)
    price = await bring(call, ctx, "fund (usd)", PRICE)
    text = json.dumps(args).replace("RATE", rate).replace("PRICE", price)
    outcome = await call(ctx, tool, **json.loads(text))
    assert outcome.error
    assert "It is a rate" in outcome.text, outcome.text


async def test_days_and_observations_are_two_things(ctx: ToolContext, call: Call) -> None:
    price = await bring(call, ctx, "fund (usd)", PRICE)
    days = await told(call, ctx, "series_stats", series=price, last="60 days")
    assert days["values"]["first_date"]["value"] >= str(DAYS[-1] - timedelta(days=60))
    assert days["values"]["n"]["value"] == sum(d >= DAYS[-1] - timedelta(days=60) for d in DAYS)
    rows = await told(
        call, ctx, "series_stats", series=price, last={"count": 60, "of": "observations"}
    )
    # Sixty changes take sixty-one values.
    assert rows["values"]["n"]["value"] == 61
    risk = await told(call, ctx, "risk_measures", series=price, last="60 trading days", window=20)
    assert risk["values"]["n"]["value"] == 60
    other = await bring(call, ctx, "second (usd)", PRICE[::-1])
    pair = await told(call, ctx, "correlation", a=price, b=other, last="60 returns")
    assert pair["values"]["n"]["value"] == 60
    for bad in ("60 fortnights", "sixty"):
        refused = await call(ctx, "series_stats", series=price, last=bad)
        assert refused.error
        assert "60 observations" in refused.text
    twice = await call(ctx, "series_stats", series=price, last="60 days", start="2024-05-01")
    assert "two beginnings" in twice.text


async def test_a_span_that_outruns_the_data_says_so(ctx: ToolContext, call: Call) -> None:
    price = await bring(call, ctx, "fund (usd)", PRICE)
    end = DAYS[-1] + timedelta(days=12)
    for tool in ("series_stats", "risk_measures"):
        found = await told(call, ctx, tool, series=price, end=str(end))
        assert f"ends on {DAYS[-1]} here" in " ".join(found["warnings"]), tool
    one = await told(call, ctx, "series_value", series=price, on=str(end))
    assert f"has no value on {end}" in " ".join(one["warnings"])
    saturday = DAYS[4] + timedelta(days=1)
    held = await told(call, ctx, "series_value", series=price, on=str(saturday))
    assert f"has no value on {saturday}" in " ".join(held["warnings"])
