"""The numbers of a macro letter, item by item, as its reader worked them out."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bullpen_tools.context import ToolContext
from bullpen_tools.tool import Outcome

Call = Callable[..., Awaitable[Outcome]]


async def ask(call: Call, ctx: ToolContext, tool: str, **args: object) -> dict[str, Any]:
    outcome = await call(ctx, tool, **args)
    assert not outcome.error, outcome.text
    return {key: item["value"] for key, item in json.loads(outcome.text)["values"].items()}


async def test_1_the_butterfly(ctx: ToolContext, call: Call) -> None:
    fly = {"structure": "call_butterfly", "strikes": [70, 90, 110]}
    got = await ask(call, ctx, "strategy_payoff", cost=2.5, sold_at=10, **fly)
    assert (got["max_payoff"], got["max_profit"]) == (20, 17.5)
    assert (got["break_even_1"], got["break_even_2"]) == (72.5, 107.5)
    assert (got["net_multiple"], got["gross_multiple"]) == (7.0, 8.0)
    assert got["net_multiple_when_sold"] == 3.0
    vols = await ask(
        call, ctx, "implied_volatility", price=2.5, spot=69.9, days=162, rate_pct=3.7, **fly
    )
    assert vols["solutions"] == 2
    assert vols["volatility_1"] == pytest.approx(10.5, abs=0.05)
    assert vols["volatility_2"] == pytest.approx(83, abs=0.5)


async def test_2_the_share_in_ounces(ctx: ToolContext, call: Call) -> None:
    share = {"venue": "SLV", "price": 90, "per": "share", "ounces_per_share": 0.9085}
    got = await ask(call, ctx, "venue_basis", first=share)
    assert got["per_ounce"] == pytest.approx(99, abs=0.1)


async def test_3_the_compute_gap(ctx: ToolContext, call: Call) -> None:
    got = await ask(
        call, ctx, "supply_demand_gap", name="compute", demand_growth_pct=[15],
        supply_growth_pct=50, utilisation_pct=[25, 30], base_year=2025, until=2029,
        crossing_pct=12.5,
    )  # fmt: skip
    for year, low, high in ((2027, 14.7, 17.6), (2028, 11.3, 13.5), (2029, 8.6, 10.4)):
        assert got[f"utilisation_{year}_low"] == pytest.approx(low, abs=0.05)
        assert got[f"utilisation_{year}_high"] == pytest.approx(high, abs=0.05)
    assert got["crossing_years"] == pytest.approx(2.97, abs=0.005)


async def test_4_the_factor_that_the_letter_omits(ctx: ToolContext, call: Call) -> None:
    factors = [{"name": "tokens", "multiple": 2}, {"name": "queries", "start": 10, "end": 30}]
    outcome = await call(
        ctx, "required_growth", multiple=12, factors=factors, missing_factor="users"
    )
    got = json.loads(outcome.text)
    assert got["values"]["product"]["value"] == 6
    assert got["values"]["missing"]["value"] == 2
    assert "users must make up the rest" in " ".join(got["warnings"])


async def test_5_the_gpu_cloud(ctx: ToolContext, call: Call) -> None:
    got = await ask(call, ctx, "cash_runway", ebitda=8, capex=26, cash=2, scale="bn")
    assert got["free_cash_flow"] == -18e9
    assert got["runway"] == pytest.approx(1.33, abs=0.005)
    assert got["external_need"] == 16e9


async def test_6_merton(ctx: ToolContext, call: Call) -> None:
    got = await ask(call, ctx, "merton_model", spread_bp=700, equity_volatility_pct=80)
    assert got["roots"] == 2
    assert got["debt_share_1"] == pytest.approx(25.8, abs=0.05)
    assert got["asset_volatility_1"] == pytest.approx(64.4, abs=0.05)
    assert got["debt_share_2"] == pytest.approx(88.4, abs=0.05)
    assert got["asset_volatility_2"] == pytest.approx(22.2, abs=0.05)
    assert (got["roots_3y"], got["roots_1y"]) == (0, 0)
    assert got["least_equity_volatility_3y"] == pytest.approx(83, abs=0.5)
    assert got["least_equity_volatility_1y"] == pytest.approx(111, abs=0.5)


async def test_7_oil_from_backwardation_to_flat(ctx: ToolContext, call: Call) -> None:
    tenors = (1, 6, 12)
    now = [{"months": m, "price": 60} for m in tenors]
    before = [{"months": m, "price": p} for m, p in zip(tenors, (75, 72, 69.5), strict=True)]
    outcome = await call(ctx, "curve_shape", name="WTI", unit="USD/bbl", points=now, earlier=before)
    got = json.loads(outcome.text)
    values = {key: item["value"] for key, item in got["values"].items()}
    assert (values["shape"], values["earlier_shape"]) == ("flat", "backwardation")
    assert (values["roll_yield"], values["change_1m"]) == (0, -15)
    assert values["earlier_roll_yield"] == pytest.approx(9.8, abs=0.01)
    assert got["artifacts"]


async def test_8_copper(ctx: ToolContext, call: Call) -> None:
    got = await ask(
        call, ctx, "supply_demand_gap", name="copper", demand_total_pct=[35, 40],
        supply_growth_pct=3, base_year=2025, until=2030,
    )  # fmt: skip
    assert got["gap_low"] == pytest.approx(16.5, abs=0.05)
    assert got["gap_high"] == pytest.approx(20.8, abs=0.05)


async def test_9_a_thousandfold_and_the_shortfall(ctx: ToolContext, call: Call) -> None:
    got = await ask(call, ctx, "required_growth", multiple=1000, years=5)
    assert got["growth"] == pytest.approx(298, abs=0.5)
    got = await ask(
        call, ctx, "supply_demand_gap", supply_growth_pct=50, utilisation_pct=[25, 30],
        base_year=2025, until=2035, shortfall=[8, 50],
    )  # fmt: skip
    assert got["needed_growth_low"] == pytest.approx(110, abs=0.5)
    assert got["needed_growth_high"] == pytest.approx(152, abs=0.5)


async def test_10_the_index_weight(ctx: ToolContext, call: Call) -> None:
    got = await ask(
        call, ctx, "index_rebalance", old_weight_pct=10, new_weight_pct=2, assets=[100e9, 50e9],
        contract_price=76.93, contract_size=5000,
    )  # fmt: skip
    assert got["share"] == pytest.approx(80)
    assert got["flow_1"] == pytest.approx(8e9)
    assert got["contracts_1"] == round(8e9 / (76.93 * 5000))
    assert got["contracts_2"] == round(4e9 / (76.93 * 5000))


async def test_11_copper_for_silver(ctx: ToolContext, call: Call) -> None:
    got = await ask(
        call, ctx, "substitution_payback", capital=16e9, build_years=4, old_price=76.93,
        new_price=0.4, quantity=[100e6], old_name="silver", new_name="copper",
    )  # fmt: skip
    assert got["price_50"] == pytest.approx(115.40, abs=0.006)
    saving = 100e6 * (76.93 * 1.5 - 0.4)
    assert got["payback_50_1e08"] == pytest.approx(4 + 16e9 / saving)
