"""Greeks against the value itself: a step in the price, the rate or the calendar gives them."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bullpen_tools.context import ToolContext
from bullpen_tools.tool import Outcome

Call = Callable[..., Awaitable[Outcome]]
MARKET = {"spot": 100, "volatility_pct": 30, "rate_pct": 5, "yield_pct": 1}
DAY = 1 / 365


async def got(call: Call, ctx: ToolContext, tool: str, **args: Any) -> dict[str, float]:
    outcome = await call(ctx, tool, **args)
    assert not outcome.error, outcome.text
    return {key: one["value"] for key, one in json.loads(outcome.text)["values"].items()}


DATED = [
    ("exotic_option", {"style": "chooser", "strike": 100}, "decided_years"),
    ("exotic_option", {"style": "compound", "strike": 100, "outer_strike": 8}, "decided_years"),
    ("exotic_option", {"style": "forward_start", "strike_share_pct": 105}, "decided_years"),
    (
        "asian_option",
        {"kind": "call", "strike": 100, "average": "geometric", "fixings": 12},
        "first_fixing_years",
    ),
    ("asian_option", {"kind": "call", "strike": 100, "fixings": 12}, "first_fixing_years"),
]


@pytest.mark.parametrize(("tool", "terms", "date"), DATED)
async def test_theta_moves_the_days_inside_the_term(
    ctx: ToolContext, call: Call, tool: str, terms: dict[str, Any], date: str
) -> None:
    async def at(passed: float) -> dict[str, float]:
        when = {"years": 1 - passed, date: 0.4 - passed}
        return await got(call, ctx, tool, **terms, **when, **MARKET)

    change = (await at(DAY / 2))["value"] - (await at(-DAY / 2))["value"]
    assert (await at(0.0))["theta"] == pytest.approx(change, rel=2e-3, abs=2e-6)


async def test_a_forward_start_loses_only_its_yield(ctx: ToolContext, call: Call) -> None:
    found = await got(
        call, ctx, "exotic_option", style="forward_start", decided_years=0.5, years=1, **MARKET
    )
    assert found["theta_textbook"] == pytest.approx(0.01 * found["value"], rel=1e-3)


@pytest.mark.parametrize("exercise", ["european", "american"])
async def test_dividends_move_with_the_days_and_the_rate(
    ctx: ToolContext, call: Call, exercise: str
) -> None:
    async def at(years: float = 1.0, **changed: Any) -> dict[str, float]:
        paid = [{"years": years - 0.7, "amount": 4}]
        terms = {"kind": "call", "strike": 100, "exercise": exercise, "dividends": paid}
        return await got(
            call, ctx, "option_value", **terms, **{**MARKET, "yield_pct": 0, "years": years, **changed}
        )  # fmt: skip

    found, step = await at(), 0.01
    change = ((await at(1 - step))["value"] - (await at(1 + step))["value"]) / (2 * step)
    assert found["theta_textbook"] == pytest.approx(change, rel=0.02)
    change = (await at(rate_pct=5.1))["value"] - (await at(rate_pct=4.9))["value"]
    assert found["rho"] == pytest.approx(change / 0.2, rel=2e-3)


@pytest.mark.parametrize("exercise", ["european", "american"])
async def test_a_dividend_after_the_expiry_is_left_out_and_said(
    ctx: ToolContext, call: Call, exercise: str
) -> None:
    terms = {
        "kind": "call",
        "strike": 100,
        "years": 1,
        "exercise": exercise,
        **MARKET,
        "yield_pct": 0,
    }
    plain = await got(call, ctx, "option_value", **terms)
    outcome = await call(
        ctx, "option_value", **terms, dividends=[{"years": 1.5, "amount": 4}], steps=400
    )
    told = json.loads(outcome.text)
    assert told["values"]["value"]["value"] == pytest.approx(plain["value"], abs=2e-3)
    assert "falls after the expiry" in " ".join(told["warnings"])


@pytest.mark.parametrize("spot", [100, 0, -20])
async def test_the_normal_model_on_a_spot_price_has_greeks_of_the_spot(
    ctx: ToolContext, call: Call, spot: float
) -> None:
    terms = {"kind": "put", "strike": spot + 5, "model": "bachelier", "volatility_pct": 20}

    async def at(**changed: Any) -> dict[str, float]:
        rest = {"spot": spot, "years": 1, "rate_pct": 8, "yield_pct": 2}
        return await got(call, ctx, "option_value", **terms, **{**rest, **changed})

    found = await at()
    up, down = (await at(spot=spot + 0.1))["value"], (await at(spot=spot - 0.1))["value"]
    assert found["delta"] == pytest.approx((up - down) / 0.2, abs=1e-5)
    assert found["gamma"] == pytest.approx((up - 2 * found["value"] + down) / 0.01, abs=1e-5)
    later, sooner = (await at(years=1.001))["value"], (await at(years=0.999))["value"]
    assert found["theta_textbook"] == pytest.approx((sooner - later) / 0.002, abs=1e-4)
    high, low = (await at(rate_pct=8.01))["value"], (await at(rate_pct=7.99))["value"]
    assert found["rho"] == pytest.approx((high - low) / 0.02, abs=1e-5)


@pytest.mark.parametrize("rate", [-3, 0])
@pytest.mark.parametrize("kind", ["call", "put"])
async def test_an_american_option_is_never_worth_less(
    ctx: ToolContext, call: Call, kind: str, rate: float
) -> None:
    terms = {"spot": 100, "strike": 100, "years": 10, "volatility_pct": 150, "yield_pct": -2}
    found = await got(
        call, ctx, "option_value", kind=kind, rate_pct=rate, exercise="american", **terms
    )
    assert found["early_exercise"] >= 0
    terms = {"spot": 100, "strike": 100, "years": 0.5, "volatility_pct": 20, "yield_pct": 0}
    found = await got(
        call, ctx, "option_value", kind="put", rate_pct=rate, exercise="american", **terms
    )
    assert found["value"] == found["european_value"]


@pytest.mark.parametrize(("low", "high", "reached"), [(90, 110, True), (50, 150, False)])
async def test_two_barriers_at_a_low_volatility(
    ctx: ToolContext, call: Call, low: float, high: float, reached: bool
) -> None:
    terms = {"style": "double_knock_out", "strike": 100, "spot": 100, "years": 1, "rate_pct": 5}
    found = await got(
        call, ctx, "exotic_option", **terms, volatility_pct=1, lower_barrier=low, upper_barrier=high
    )
    assert found["value"] == pytest.approx(found["vanilla_value"], rel=1e-5)
    touched = await got(
        call,
        ctx,
        "exotic_option",
        **terms,
        volatility_pct=10,
        lower_barrier=low,
        upper_barrier=high,
    )
    assert (touched["value"] < 0.9 * touched["vanilla_value"]) is reached
