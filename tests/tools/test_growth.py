"""Curves, venues and the arithmetic of growth where the answer is no number, or the input cannot be."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bullpen_tools.context import ToolContext
from bullpen_tools.tool import Outcome

Call = Callable[..., Awaitable[Outcome]]
GAP = {"supply_growth_pct": 50, "utilisation_pct": [25, 30], "base_year": 2025, "until": 2029}
SGE = {"venue": "SGE", "price": 19500, "currency": "CNY", "per": "kg", "tax_pct": 13}
COMEX = {"venue": "COMEX", "price": 70}


def numbers(outcome: Outcome) -> dict[str, Any]:
    assert not outcome.error, outcome.text
    return {key: item["value"] for key, item in json.loads(outcome.text)["values"].items()}


@pytest.mark.parametrize(
    ("tool", "args", "says"),
    [
        ("supply_demand_gap", GAP, "nothing to work out"),
        ("supply_demand_gap", GAP | {"until": 2025, "demand_growth_pct": [15]}, "path has no year"),
        ("supply_demand_gap", GAP | {"demand_growth_pct": [-100]}, "demand growth of -100"),
        ("supply_demand_gap", GAP | {"demand_growth_pct": [15], "utilisation_pct": [0]}, "The utilisation is 0"),
        ("required_growth", {"multiple": 12}, "nothing to split"),
        ("required_growth", {"multiple": 12, "factors": [{"name": "users"}]}, "factor users is not clear"),
        ("cash_runway", {"ebitda": 8, "capex": -26, "cash": 2}, "The capital expenditure is -26"),
        ("index_rebalance", {"old_weight_pct": 0, "new_weight_pct": 2, "assets": [1e9]}, "no share of it"),
        ("index_rebalance", {"old_weight_pct": 10, "new_weight_pct": 120, "assets": [1e9]}, "between 0 and 100"),
        ("substitution_payback", {"capital": 0, "old_price": 1, "new_price": 1, "quantity": [1]}, "The capital is 0"),
        ("curve_shape", {"points": [{"months": 1, "price": 60}, {"months": 1, "price": 61}]}, "Two deliveries"),
        ("calendar_spread", {"near": 75, "far": 73, "months": 0}, "months between the deliveries is 0"),
        ("venue_basis", {"first": SGE, "second": COMEX}, "exchange rate is missing"),
        ("venue_basis", {"first": SGE, "second": COMEX, "fx": 7.1}, "can be read both ways"),
        ("venue_basis", {"first": {"venue": "SLV", "price": 90, "per": "share"}}, "quoted per share"),
        ("venue_basis", {"first": {"venue": "SLV", "price": 0.0}}, "not written as 0"),
    ],
)  # fmt: skip
async def test_what_cannot_be_is_refused(
    ctx: ToolContext, call: Call, tool: str, args: dict[str, Any], says: str
) -> None:
    outcome = await call(ctx, tool, **args)
    assert outcome.error, outcome.text
    assert says in outcome.text


async def test_a_level_that_is_never_crossed(ctx: ToolContext, call: Call) -> None:
    away = GAP | {"demand_growth_pct": [80], "crossing_pct": 12.5}
    outcome = await call(ctx, "supply_demand_gap", **away)
    assert numbers(outcome)["crossing_years"] is None
    assert "never crossed" in outcome.text


async def test_a_company_that_burns_nothing(ctx: ToolContext, call: Call) -> None:
    got = numbers(await call(ctx, "cash_runway", ebitda=30, capex=26, cash=2))
    assert (got["runway"], got["external_need"]) == ("unlimited", 0)


async def test_a_saving_that_is_none(ctx: ToolContext, call: Call) -> None:
    outcome = await call(
        ctx, "substitution_payback", capital=1e9, old_price=1, new_price=2, quantity=[1e6],
        price_changes_pct=[0, 200],
    )  # fmt: skip
    got = numbers(outcome)
    assert got["payback_0_1e06"] is None
    assert got["payback_200_1e06"] == pytest.approx(1000)
    assert "there is no payback" in outcome.text


async def test_oil_on_20_april_2020_is_told_in_price(ctx: ToolContext, call: Call) -> None:
    """May settled at -37.63, June at 20.43 (CME)."""
    points = [{"months": 1, "price": -37.63}, {"months": 2, "price": 20.43}]
    outcome = await call(ctx, "curve_shape", points=points, unit="USD/bbl")
    got = numbers(outcome)
    assert got["shape"] == "contango"
    assert got["roll"] == pytest.approx(-58.06 * 12)
    assert "roll_yield" not in got
    assert "below zero" in outcome.text


@pytest.mark.parametrize(
    ("fx", "quoted"), [(7.1, "CNY per USD"), (1 / 7.1, "USD per CNY"), (7.1, "CNY/USD")]
)
async def test_an_exchange_rate_is_read_both_ways(
    ctx: ToolContext, call: Call, fx: float, quoted: str
) -> None:
    got = numbers(
        await call(ctx, "venue_basis", first=SGE, second=COMEX, fx=fx, fx_quoted_as=quoted)
    )
    assert got["first_per_ounce"] == pytest.approx(19500 / 1.13 * 0.0311034768 / 7.1)
    assert got["basis"] == pytest.approx(got["first_per_ounce"] - 70)


async def test_full_carry_leaves_no_convenience_yield(ctx: ToolContext, call: Call) -> None:
    import math

    far = 75 * math.exp(0.04 * 0.5)
    got = numbers(await call(ctx, "calendar_spread", near=75, far=far, months=6, rate_pct=4))
    assert got["share_of_carry"] == pytest.approx(100)
    assert got["convenience_yield"] == pytest.approx(0, abs=1e-9)
    rich = await call(ctx, "calendar_spread", near=75, far=80, months=6, rate_pct=4)
    assert "cash and carry would earn" in rich.text
