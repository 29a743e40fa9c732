"""Exotic options: identities that hold whatever the formula, and terms that are asked for by name."""

from __future__ import annotations

import json
import math
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bullpen_tools.context import ToolContext
from bullpen_tools.tool import Outcome

Call = Callable[..., Awaitable[Outcome]]
MARKET = {"spot": 100, "volatility_pct": 30, "years": 1, "rate_pct": 5, "yield_pct": 2}
PAIR = {
    "first": 122, "second": 120, "volatility_first_pct": 20, "volatility_second_pct": 25, "correlation": 0.4,
    "years": 0.5, "rate_pct": 10,
}  # fmt: skip


async def got(call: Call, ctx: ToolContext, tool: str, **args: Any) -> dict[str, float]:
    outcome = await call(ctx, tool, **args)
    assert not outcome.error, outcome.text
    return {key: one["value"] for key, one in json.loads(outcome.text)["values"].items()}


@pytest.mark.parametrize("kind", ["call", "put"])
async def test_in_and_out_are_the_plain_option(ctx: ToolContext, call: Call, kind: str) -> None:
    walls = {"kind": kind, "strike": 105, "lower_barrier": 80, "upper_barrier": 130, **MARKET}
    out = await got(call, ctx, "exotic_option", style="double_knock_out", **walls)
    inn = await got(call, ctx, "exotic_option", style="double_knock_in", **walls)
    assert out["value"] + inn["value"] == pytest.approx(out["vanilla_value"], abs=1e-9)
    # Barriers that nobody reaches change nothing, and one that is far leaves the other alone.
    far = await got(
        call, ctx, "exotic_option", **{**walls, "style": "double_knock_out", "lower_barrier": 0.5, "upper_barrier": 9000}
    )  # fmt: skip
    assert far["value"] == pytest.approx(far["vanilla_value"], rel=1e-9)
    single = await got(
        call, ctx, "barrier_option", kind=kind, strike=105, barrier=80, barrier_type="down_and_out", **MARKET
    )  # fmt: skip
    one = await got(
        call, ctx, "exotic_option", **{**walls, "style": "double_knock_out", "upper_barrier": 9000}
    )
    assert one["value"] == pytest.approx(single["value"], rel=1e-7)
    gone = await got(
        call, ctx, "exotic_option", **{**walls, "style": "double_knock_out", "spot": 79}
    )
    assert gone["value"] == 0


async def test_options_on_options_have_their_parity(ctx: ToolContext, call: Call) -> None:
    terms = {
        "style": "compound",
        "kind": "call",
        "strike": 100,
        "outer_strike": 8,
        "decided_years": 0.4,
        **MARKET,
    }
    buy = await got(call, ctx, "exotic_option", **terms, outer_kind="call")
    sell = await got(call, ctx, "exotic_option", **terms, outer_kind="put")
    due = 8 * math.exp(-0.05 * 0.4)
    assert buy["value"] - sell["value"] == pytest.approx(buy["vanilla_value"] - due, abs=1e-8)


async def test_a_chooser_lies_between_one_option_and_both(ctx: ToolContext, call: Call) -> None:
    late = await got(
        call, ctx, "exotic_option", style="chooser", strike=100, decided_years=0.9999, **MARKET
    )
    early = await got(
        call, ctx, "exotic_option", style="chooser", strike=100, decided_years=1e-6, **MARKET
    )
    both = await got(call, ctx, "strategy_value", structure="straddle", strikes=[100], **MARKET)
    one = await got(call, ctx, "option_value", kind="call", strike=100, **MARKET)
    assert late["value"] == pytest.approx(both["value"], rel=1e-3)
    assert early["value"] == pytest.approx(one["value"], rel=1e-3)


async def test_a_lookback_is_continuous_in_its_carry(ctx: ToolContext, call: Call) -> None:
    for style in ("lookback_floating", "lookback_fixed"):
        for kind in ("call", "put"):
            terms = {"style": style, "kind": kind, "strike": 100, **MARKET}
            still = await got(call, ctx, "exotic_option", **{**terms, "yield_pct": 5})
            near = await got(call, ctx, "exotic_option", **{**terms, "yield_pct": 5.001})
            assert still["value"] == pytest.approx(near["value"], rel=1e-3)


async def test_spreads_and_exchanges_agree(ctx: ToolContext, call: Call) -> None:
    swap = await got(call, ctx, "two_asset_option", style="exchange", **PAIR)
    spread = await got(call, ctx, "two_asset_option", style="spread", strike=0, **PAIR)
    assert spread["value"] == pytest.approx(swap["value"], rel=1e-12)
    assert spread["value_exact"] == pytest.approx(swap["value"], rel=1e-8)
    # The first asset's delta times its price, and the second's, add up to the value (homogeneity).
    assert swap["delta_first"] * 122 + swap["delta_second"] * 120 == pytest.approx(
        swap["value"], rel=1e-4
    )
    put = await got(call, ctx, "two_asset_option", style="spread", kind="put", strike=4, **PAIR)
    buy = await got(call, ctx, "two_asset_option", style="spread", kind="call", strike=4, **PAIR)
    assert buy["value_exact"] - put["value_exact"] == pytest.approx(122 - 120 - 4 * math.exp(-0.05), abs=1e-6)  # fmt: skip
    assert buy["value"] == pytest.approx(buy["value_exact"], rel=0.01)


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ({"style": "chooser", "strike": 100}, "The day of the choice is missing"),
        ({"style": "chooser", "strike": 100, "decided_years": 2}, "is at 2 years"),
        ({"style": "compound", "strike": 100, "decided_years": 0.5}, "outer_strike"),
        ({"style": "double_knock_out", "strike": 100, "lower_barrier": 90}, "two barriers are not clear"),
        ({"style": "lookback_floating", "extremum": 120}, "lowest price so far is 120"),
        ({"style": "lookback_fixed", "strike": 100, "extremum": 90}, "highest price so far is 90"),
        ({"style": "lookback_fixed"}, "The strike is 0"),
        ({"style": "asian"}, "it takes lookback_floating"),
    ],
)  # fmt: skip
async def test_what_is_missing_is_asked_for_by_name(
    ctx: ToolContext, call: Call, args: dict[str, Any], says: str
) -> None:
    outcome = await call(ctx, "exotic_option", **MARKET, **args)
    assert outcome.error
    assert says in outcome.text


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ({"style": "spread", "second": None}, "price of the second asset is missing"),
        ({"style": "spread", "strike": -130}, "below zero"),
        ({"style": "exchange", "strike": 5}, "has no strike"),
        ({"style": "quanto"}, "The strike is 0"),
        ({"style": "spread", "correlation": 1.2}, "`correlation` is 1.2; it must be at most 1"),
    ],
)
async def test_two_assets_that_cannot_be(
    ctx: ToolContext, call: Call, args: dict[str, Any], says: str
) -> None:
    outcome = await call(ctx, "two_asset_option", **{**PAIR, **args})
    assert outcome.error
    assert says in outcome.text
