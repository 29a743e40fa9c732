"""Rates at zero are rates: their sensitivities are not those of an option on a future."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

import pytest

from bullpen_tools.context import ToolContext
from bullpen_tools.tool import Outcome

Call = Callable[..., Awaitable[Outcome]]


async def rho(call: Call, ctx: ToolContext, **terms: object) -> float:
    outcome = await call(ctx, "option_value", strike=100.0, volatility_pct=20.0, years=1.0, **terms)
    assert not outcome.error, outcome.text
    return float(json.loads(outcome.text)["values"]["rho_textbook"]["value"])


async def test_rho_at_a_rate_of_zero(ctx: ToolContext, call: Call) -> None:
    """T K exp(-rT) N(d2) for a call on a spot, -T V on a forward (Haug, ch. 2)."""
    assert await rho(call, ctx, kind="call", spot=100.0) == pytest.approx(46.017, abs=1e-3)
    assert await rho(call, ctx, kind="put", spot=100.0) == pytest.approx(-53.983, abs=1e-3)
    near = await rho(call, ctx, kind="call", spot=100.0, rate_pct=0.01)
    assert near == pytest.approx(46.017, abs=0.02)
    assert await rho(call, ctx, kind="call", forward=100.0) == pytest.approx(-7.966, abs=1e-3)


async def test_a_yield_as_a_fraction_is_pointed_out(ctx: ToolContext, call: Call) -> None:
    outcome = await call(ctx, "bond_value", coupon_pct=4.0, years=10.0, yield_pct=0.0425)
    assert "given in percent" in outcome.text
