"""Terms that are probably meant otherwise are named: fractions for percent, credits as debits, missing coded as 0."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bullpen_tools.context import ToolContext
from bullpen_tools.tool import Outcome

Call = Callable[..., Awaitable[Outcome]]


async def told(
    call: Call, ctx: ToolContext, tool: str, **args: Any
) -> tuple[dict[str, float], str]:
    outcome = await call(ctx, tool, **args)
    assert not outcome.error, outcome.text
    body = json.loads(outcome.text)
    return {key: one["value"] for key, one in body["values"].items()}, " ".join(body["warnings"])


CONDOR = {"structure": "iron_condor", "strikes": [80, 90, 110, 120]}
POINTS = [{"years": 1, "rate_pct": 5}, {"years": 2, "rate_pct": 5.5}]


@pytest.mark.parametrize(
    ("tool", "args", "words"),
    [
        ("strategy_payoff", {**CONDOR, "cost": 3}, "its cost is negative"),
        ("strategy_payoff", {"structure": "call_spread", "strikes": [100, 110], "cost": 12}, "cannot gain at expiry"),
        ("implied_volatility", {**CONDOR, "price": 3, "spot": 100, "years": 0.5}, "give -3"),
        ("cds_value", {"spread_bp": 100, "recovery_pct": 0.4}, "if 40 % was meant"),
        ("cds_value", {"spread_bp": 0.02}, "below 1 bp"),
        ("hit_rate", {"hits": 20, "n": 25, "against": [0.5]}, "if 50 % was meant"),
        ("forecast_score", {"probabilities_pct": [0.9, 0.3], "outcomes": [True, False]}, "if 90 % was meant"),
        ("yield_curve", {"points": [{"years": 1, "rate_pct": 0.04}, {"years": 2, "rate_pct": 0.05}]}, "if 5 % was meant"),
        ("yield_curve", {"points": [*POINTS, {"years": 3, "rate_pct": 0}]}, "at 3 years is exactly 0"),
        ("yield_curve", {"points": POINTS, "at_years": [0.5]}, "Before 1 years"),
        ("yield_curve", {"points": POINTS, "bond_years": 3, "bond_coupon_pct": 5}, "Beyond 2 years"),
    ],
)  # fmt: skip
async def test_the_answer_names_the_doubt(
    ctx: ToolContext, call: Call, tool: str, args: dict[str, Any], words: str
) -> None:
    assert words in (await told(call, ctx, tool, **args))[1]


@pytest.mark.parametrize(
    ("tool", "args"),
    [
        ("strategy_payoff", {**CONDOR, "cost": -3}),
        ("cds_value", {"spread_bp": 100, "recovery_pct": 40}),
        ("hit_rate", {"hits": 20, "n": 25, "against": [50]}),
        ("forecast_score", {"probabilities_pct": [90, 0.3], "outcomes": [True, False]}),
        ("yield_curve", {"points": POINTS, "at_years": [1.5]}),
    ],
)
async def test_usual_terms_raise_none(
    ctx: ToolContext, call: Call, tool: str, args: dict[str, Any]
) -> None:
    said = (await told(call, ctx, tool, **args))[1]
    assert not any(word in said for word in ("was meant", "check the cost", "below 1 bp", "flat"))


async def test_a_par_rate_pays_for_its_own_days_only(ctx: ToolContext, call: Call) -> None:
    quarter = {"points": [{"years": 0.25, "price": 97.5}], "frequency": 2}
    values, _ = await told(call, ctx, "yield_curve", **quarter)
    # One payment after a quarter: the simple rate of the quarter.
    assert values["par_1"] == pytest.approx((1 / 0.975 - 1) / 0.25 * 100, abs=1e-10)
    quoted = {"points": [{"years": 0.25, "rate_pct": 4}], "quoted_as": "par"}
    values, _ = await told(call, ctx, "yield_curve", **quoted)
    assert values["discount_1"] == pytest.approx(1 / 1.01, abs=1e-12)
    fair = {"points": POINTS, "bond_years": 1.75, "currency": "EUR"}
    coupon = (await told(call, ctx, "yield_curve", **fair))[0]["bond_par"]
    values, _ = await told(call, ctx, "yield_curve", **fair, bond_coupon_pct=coupon)
    assert values["swap_value"] == pytest.approx(0.0, abs=1e-10)


async def test_the_last_coupon_has_simple_interest_beside_it(ctx: ToolContext, call: Call) -> None:
    last = {
        "coupon_pct": 6, "settlement": "2025-03-15", "maturity": "2025-08-15", "day_count": "actual/actual",
    }  # fmt: skip
    values, said = await told(call, ctx, "bond_value", **last, yield_pct=8)
    # Excel's formula for N = 1: E = 181 days, of which 28 have accrued.
    simple = 103 / (1 + 153 / 181 * 0.04) - 3 * 28 / 181
    assert values["clean_price_simple"] == pytest.approx(simple, abs=1e-9)
    assert values["clean_price"] == pytest.approx(
        103 / 1.04 ** (153 / 181) - 3 * 28 / 181, abs=1e-9
    )
    assert "One coupon is left" in said
    values, _ = await told(call, ctx, "bond_value", **last, price=simple)
    assert values["yield_simple"] == pytest.approx(8.0, abs=1e-7)
    values, said = await told(call, ctx, "bond_value", coupon_pct=6, years=1, yield_pct=8)
    assert "clean_price_simple" not in values
    assert "One coupon" not in said


async def test_a_normal_volatility_is_solved_below_zero(ctx: ToolContext, call: Call) -> None:
    terms = {"forward": -37.63, "days": 30, "model": "bachelier"}
    values, _ = await told(
        call, ctx, "option_value", kind="call", strike=-30, volatility_pct=40, **terms
    )
    solved, _ = await told(
        call, ctx, "implied_volatility", structure="call", strikes=[-30], price=values["value"], **terms
    )  # fmt: skip
    assert solved["volatility_1"] == pytest.approx(40, abs=1e-6)
