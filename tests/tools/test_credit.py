"""Merton's model with all its roots, bonds and default swaps."""

from __future__ import annotations

import json
import math
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bullpen_tools.context import ToolContext
from bullpen_tools.quant.structural import Firm, from_equity, from_spread
from bullpen_tools.tool import Outcome

Call = Callable[..., Awaitable[Outcome]]


async def body(call: Call, ctx: ToolContext, tool: str, **args: object) -> dict[str, Any]:
    outcome = await call(ctx, tool, **args)
    assert not outcome.error, outcome.text
    return json.loads(outcome.text)


def numbers(found: dict[str, Any]) -> dict[str, Any]:
    return {key: item["value"] for key, item in found["values"].items()}


async def test_the_letters_spread_has_two_roots_and_the_horizon_decides(
    ctx: ToolContext, call: Call
) -> None:
    found = await body(call, ctx, "merton_model", spread_bp=700, equity_volatility_pct=80)
    got = numbers(found)
    assert got["roots"] == 2
    assert "two capital structures" in found["summary"]
    assert [row[1] for row in found["table"][1:]] == [0, 0, 2]
    assert got["reduced_hazard"] == pytest.approx(700 / 0.6 / 100)
    one = await body(call, ctx, "merton_model", spread_bp=700, equity_volatility_pct=80, years=3)
    assert numbers(one)["roots"] == 0
    assert "contradict each other" in " ".join(one["warnings"])


@settings(max_examples=15)
@given(st.floats(0.1, 1.5), st.floats(0.1, 0.8), st.floats(0.5, 10))
def test_what_a_firm_implies_leads_back_to_it(share: float, vol: float, years: float) -> None:
    firm = Firm(share, vol, years)
    assume(firm.equity > 1e-6 and firm.equity_vol < 5 and firm.spread > 1e-5)
    assert firm.equity + firm.debt == pytest.approx(1)
    back = from_equity(firm.equity, firm.share, firm.equity_vol, years)
    assert any(
        assets == pytest.approx(1, rel=1e-3) and other.vol == pytest.approx(vol, rel=1e-3)
        for assets, other in back
    )
    solved, least = from_spread(firm.spread, firm.equity_vol, years)
    assert least.equity_vol <= firm.equity_vol * (1 + 1e-9)
    assert any(other.share == pytest.approx(share, rel=1e-2) for other in solved)
    for other in solved:
        assert other.spread == pytest.approx(firm.spread, rel=1e-6)
        assert other.equity_vol == pytest.approx(firm.equity_vol, rel=1e-6)


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ({"spread_bp": 700}, "not described"),
        ({"spread_bp": -5, "equity_volatility_pct": 80}, "The spread is -5"),
        ({"equity": 0, "equity_volatility_pct": 80, "debt": 10}, "The equity is 0"),
        ({"spread_bp": 700, "equity_volatility_pct": 80, "recovery_pct": 100}, "recovery of 100"),
        ({"spread_bp": 700, "equity_volatility_pct": 80, "years": 0}, "The horizon is 0"),
    ],
)
async def test_firms_that_cannot_be(
    ctx: ToolContext, call: Call, args: dict[str, float], says: str
) -> None:
    outcome = await call(ctx, "merton_model", **args)
    assert outcome.error
    assert says in outcome.text


async def test_price_and_yield_are_each_others_inverse(ctx: ToolContext, call: Call) -> None:
    dates = {"settlement": "2026-03-05", "maturity": "2041-11-30", "coupon_pct": 4.25}
    for count in ("30/360", "actual/actual", "actual/365", "actual/360", "30e/360"):
        for compounding in ("periodic", "annual", "continuous"):
            how = {"day_count": count, "yield_compounding": compounding, **dates}
            priced = numbers(await body(call, ctx, "bond_value", yield_pct=5.1, **how))
            back = numbers(await body(call, ctx, "bond_value", price=priced["clean_price"], **how))
            assert back["yield"] == pytest.approx(5.1, abs=1e-7)
            assert priced["dirty_price"] > priced["clean_price"]


async def test_a_zero_bond_is_a_discount_factor(ctx: ToolContext, call: Call) -> None:
    got = numbers(
        await body(
            call, ctx, "bond_value", coupon_pct=0, years=10, yield_pct=5,
            yield_compounding="continuous", shift_bp=100,
        )
    )  # fmt: skip
    assert got["clean_price"] == pytest.approx(100 * math.exp(-0.5))
    assert got["modified_duration"] == pytest.approx(10)
    assert got["price_after_shift"] == pytest.approx(100 * math.exp(-0.6))


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ({"coupon_pct": 5, "years": 10}, "worth is not clear"),
        ({"coupon_pct": 5, "years": 10, "yield_pct": 5, "price": 100}, "worth is not clear"),
        ({"coupon_pct": 5, "years": 1.234, "yield_pct": 5}, "whole months"),
        ({"coupon_pct": 5, "settlement": "2026-01-01", "maturity": "2025-01-01", "price": 99}, "matured"),
        ({"coupon_pct": -1, "years": 10, "yield_pct": 5}, "The coupon is -1"),
        ({"coupon_pct": 5, "years": 10, "price": 0}, "The price is 0"),
    ],
)  # fmt: skip
async def test_bonds_that_cannot_be(
    ctx: ToolContext, call: Call, args: dict[str, Any], says: str
) -> None:
    outcome = await call(ctx, "bond_value", **args)
    assert outcome.error
    assert says in outcome.text


@pytest.mark.parametrize("dated", [{}, {"trade_date": "2024-04-22"}])
async def test_a_swap_at_its_fair_spread_costs_nothing(
    ctx: ToolContext, call: Call, dated: dict[str, str]
) -> None:
    swap = {"rate_pct": 3, "spread_bp": 250, "coupon_bp": 250, **dated}
    got = numbers(await body(call, ctx, "cds_value", **swap))
    assert got["upfront"] == pytest.approx(0, abs=1e-9)
    # The credit triangle: hazard = spread / loss, up to day counts.
    assert got["hazard"] == pytest.approx(250 / 60, rel=0.03)
    again = numbers(
        await body(
            call, ctx, "cds_value", rate_pct=3, hazard_pct=got["hazard"], coupon_bp=500, **dated
        )
    )
    assert again["fair_spread"] == pytest.approx(250, abs=1e-6)
    assert again["upfront"] < 0


CURVE = [
    {"years": 1, "spread_bp": 100},
    {"years": 3, "spread_bp": 160},
    {"years": 5, "spread_bp": 220},
]


@pytest.mark.parametrize("dated", [{}, {"trade_date": "2026-03-20"}])
async def test_a_curve_of_spreads_gives_each_of_them_back(
    ctx: ToolContext, call: Call, dated: dict[str, str]
) -> None:
    for point in CURVE:
        got = numbers(
            await body(
                call, ctx, "cds_value", spreads=CURVE, rate_pct=3, years=point["years"], **dated
            )
        )
        assert got["fair_spread"] == pytest.approx(point["spread_bp"], abs=1e-6)
    # A curve that is flat is one flat hazard rate.
    level = [{"years": n, "spread_bp": 200} for n in (1, 3, 5)]
    flat = numbers(await body(call, ctx, "cds_value", spreads=level, rate_pct=3, **dated))
    one = numbers(await body(call, ctx, "cds_value", spread_bp=200, rate_pct=3, **dated))
    assert flat["annuity"] == pytest.approx(one["annuity"], rel=1e-4)
    assert flat["hazard_3"] == pytest.approx(one["hazard"], rel=1e-2)


async def test_a_swap_names_what_it_took_for_granted(ctx: ToolContext, call: Call) -> None:
    bare = await body(call, ctx, "cds_value", spread_bp=300)
    said = " ".join(bare["warnings"])
    for word in ("recovery of 40 %", "coupon of 100 bp", "notional of 10 million", "five years"):
        assert word in said
    full = await body(
        call, ctx, "cds_value", spread_bp=300, trade_date="2026-03-20", maturity="2031-06-20",
        recovery_pct=35, coupon_bp=500, notional=5e6, currency="EUR", rate_pct=3,
    )  # fmt: skip
    assert full["warnings"] == []
    got = numbers(full)
    assert full["values"]["upfront_amount"]["unit"] == "eur"
    # An 8.74 % upfront, less a day of premium: 5 million at 500 bp, 1/360 of a year.
    assert got["upfront_amount"] == pytest.approx(got["upfront"] / 100 * 5e6)
    assert got["accrued"] == pytest.approx(5e6 * 0.05 / 360, rel=1e-3)
    assert got["cash_amount"] == pytest.approx(got["upfront_amount"] - got["accrued"])
    assert got["loss_at_default"] == pytest.approx(5e6 * 0.65 - got["upfront_amount"])
    tenor = await body(
        call, ctx, "cds_value", spread_bp=300, trade_date="2026-03-20", years=5, recovery_pct=35,
        coupon_bp=500, notional=5e6, currency="EUR", rate_pct=3,
    )  # fmt: skip
    assert numbers(tenor)["annuity"] == got["annuity"]


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ({}, "Nothing was given"),
        ({"spread_bp": 100, "hazard_pct": 2}, "more than once"),
        ({"spread_bp": 100, "maturity": "2031-06-20"}, "The trade date is missing"),
        ({"spread_bp": 100, "maturity": "2031-06-20", "years": 5}, "given twice"),
        ({"spread_bp": 100, "maturity": "2031-06-21", "trade_date": "2026-03-20"}, "20th of March"),
        ({"spread_bp": 100, "maturity": "2025-06-20", "trade_date": "2026-03-20"}, "before it begins"),
        ({"spread_bp": 100, "years": 1.03, "trade_date": "2026-03-20"}, "whole months"),
        ({"spread_bp": 100, "recovery_pct": 100}, "recovery of 100"),
        ({"spread_bp": 100, "coupon_bp": -1}, "The coupon is -1"),
        ({"spread_bp": 100, "notional": 0}, "The notional is 0"),
        ({"spreads": CURVE[::-1]}, "do not rise"),
        ({"spreads": [{"years": 1, "spread_bp": 500}, {"years": 3, "spread_bp": 100}]}, "too low"),
        ({"spread_bp": 90000, "recovery_pct": 99, "years": 1}, "would not cost that much"),
    ],
)  # fmt: skip
async def test_swaps_that_cannot_be(
    ctx: ToolContext, call: Call, args: dict[str, Any], says: str
) -> None:
    outcome = await call(ctx, "cds_value", **args)
    assert outcome.error
    assert says in outcome.text


async def test_a_bond_on_the_face_that_is_held(ctx: ToolContext, call: Call) -> None:
    one = numbers(await body(call, ctx, "bond_value", coupon_pct=5, years=10, yield_pct=6))
    held = await body(
        call,
        ctx,
        "bond_value",
        coupon_pct=5,
        years=10,
        yield_pct=6,
        face="2 million",
        currency="EUR",
    )
    got = numbers(held)
    assert got["position_dirty_price"] == pytest.approx(one["dirty_price"] * 20_000)
    assert got["position_basis_point_value"] == pytest.approx(one["basis_point_value"] * 20_000)
    assert held["values"]["position_dirty_price"]["unit"] == "eur"
    assert not [key for key in one if key.startswith("position_")]
    refused = await call(ctx, "bond_value", coupon_pct=5, years=10, yield_pct=6, face=0)
    assert "no position" in refused.text
