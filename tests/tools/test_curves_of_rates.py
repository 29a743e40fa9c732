"""Curves of interest rates: what built them comes back, and conversions undo each other."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bullpen_tools.context import ToolContext
from bullpen_tools.tool import Outcome

Call = Callable[..., Awaitable[Outcome]]
SWAPS = [
    {"years": n, "rate_pct": r} for n, r in ((0.5, 4.1), (1, 4.0), (2, 3.8), (5, 3.7), (10, 3.9))
]


async def got(call: Call, ctx: ToolContext, tool: str, **args: Any) -> dict[str, float]:
    outcome = await call(ctx, tool, **args)
    assert not outcome.error, outcome.text
    return {key: one["value"] for key, one in json.loads(outcome.text)["values"].items()}


@pytest.mark.parametrize("frequency", [1, 2, 4])
async def test_par_rates_come_back(ctx: ToolContext, call: Call, frequency: int) -> None:
    points = SWAPS[1:]
    curve = await got(call, ctx, "yield_curve", points=points, quoted_as="par", frequency=frequency)
    for n, point in enumerate(points, start=1):
        assert curve[f"par_{n}"] == pytest.approx(point["rate_pct"], abs=1e-9)
        at_par = await got(
            call, ctx, "yield_curve", points=points, quoted_as="par", frequency=frequency,
            bond_years=point["years"], bond_coupon_pct=point["rate_pct"], notional=1_000_000,
        )  # fmt: skip
        assert at_par["bond_price"] == pytest.approx(1_000_000, rel=1e-10)
        assert at_par["swap_value"] == pytest.approx(0, abs=1e-4)


async def test_key_rates_add_up_to_the_whole_move(ctx: ToolContext, call: Call) -> None:
    bond = {"bond_years": 7, "bond_coupon_pct": 4, "notional": 1000}
    base = await got(call, ctx, "yield_curve", points=SWAPS, **bond)
    higher = [{"years": p["years"], "rate_pct": p["rate_pct"] + 0.01} for p in SWAPS]
    moved = await got(call, ctx, "yield_curve", points=higher, **bond)
    total = sum(one for key, one in base.items() if key.startswith("key_rate"))
    assert total == pytest.approx(base["bond_price"] - moved["bond_price"], rel=1e-3)
    assert total == pytest.approx(base["duration"] * base["bond_price"] / 1e4, rel=1e-6)


async def test_an_fra_at_the_forward_rate_is_worth_nothing(ctx: ToolContext, call: Call) -> None:
    period = {"forward_from": 1, "forward_to": 1.5, "notional": 1e6}
    fair = (await got(call, ctx, "yield_curve", points=SWAPS, **period))["forward_simple"]
    value = await got(call, ctx, "yield_curve", points=SWAPS, **period, fra_rate_pct=fair)
    assert value["fra_value"] == pytest.approx(0, abs=1e-6)
    more = await got(call, ctx, "yield_curve", points=SWAPS, **period, fra_rate_pct=fair + 1)
    assert more["fra_value"] == pytest.approx(5000 * more["discount_2"] ** 0.75, rel=0.2)


@pytest.mark.parametrize(
    "compounding", ["continuous", "annual", "semiannual", "quarterly", "monthly"]
)
async def test_conversions_undo_each_other(ctx: ToolContext, call: Call, compounding: str) -> None:
    rates = await got(call, ctx, "interest_rate", rate_pct=6, compounding=compounding)
    for other, rate in rates.items():
        back = await got(call, ctx, "interest_rate", rate_pct=rate, compounding=other)
        assert back[compounding] == pytest.approx(6, abs=1e-10)


@pytest.mark.parametrize(
    ("tool", "args", "says"),
    [
        ("yield_curve", {"points": [{"years": 1}]}, "not clear"),
        ("yield_curve", {"points": [{"years": 1, "rate_pct": 3}, {"years": 1, "rate_pct": 4}]}, "Two instruments"),
        ("yield_curve", {"points": [{"years": -1, "rate_pct": 3}]}, "A maturity is -1"),
        ("yield_curve", {"points": [{"years": 1, "price": 1000}]}, "No rate gives the price"),
        ("yield_curve", {"points": SWAPS, "forward_from": 2, "forward_to": 1}, "period of the forward"),
        ("interest_rate", {}, "nothing to convert"),
        ("interest_rate", {"rate_pct": 5, "compounding": "simple"}, "period is missing"),
        ("interest_rate", {"rate_pct": 5, "price": 98, "years": 1}, "Both a rate and a price"),
        ("interest_rate", {"start": "2026-01-01"}, "One of the two days"),
        ("interest_rate", {"start": "2026-02-01", "end": "2026-01-01"}, "cannot be"),
        ("interest_rate", {"rate_pct": 500, "compounding": "discount", "years": 1}, "leaves nothing"),
        ("interest_rate", {"rate_pct": 5, "start": "2026-01-01", "end": "2026-07-01", "day_count": "actual/actual isma"}, "coupon periods"),
    ],
)  # fmt: skip
async def test_what_cannot_be_is_refused(
    ctx: ToolContext, call: Call, tool: str, args: dict[str, Any], says: str
) -> None:
    outcome = await call(ctx, tool, **args)
    assert outcome.error
    assert says in outcome.text, outcome.text
