"""The size of a position: totals are the figures per unit times the units, or absent with the reason."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bullpen_tools.context import ToolContext, Value
from bullpen_tools.options import Strategy
from bullpen_tools.sizes import CONTRACTS, position_values, size_of
from bullpen_tools.tool import Outcome

Call = Callable[..., Awaitable[Outcome]]
FLY = {"structure": "call_butterfly", "strikes": [70, 90, 110], "cost": 2.5}
OPTION = {"kind": "call", "strike": 30, "spot": 31, "volatility_pct": 25, "days": 90, "rate_pct": 4}


async def values(call: Call, ctx: ToolContext, tool: str, **args: Any) -> dict[str, Any]:
    outcome = await call(ctx, tool, **args)
    assert not outcome.error, outcome.text
    body = json.loads(outcome.text)
    return {
        **{key: one["value"] for key, one in body["values"].items()},
        "units": {key: one["unit"] for key, one in body["values"].items()},
        "said": " ".join((body["summary"], *body["warnings"])),
    }


async def test_ten_lots_of_options_on_shares(ctx: ToolContext, call: Call) -> None:
    got = await values(call, ctx, "strategy_payoff", **FLY, lots=10, multiplier=100)
    assert (got["max_profit"], got["position_max_profit"]) == (17.5, 17_500)
    assert got["position_cost"] == got["position_max_loss"] == 2500
    assert got["position_max_payoff"] == 20_000
    # A price is a price however many are held, and a multiple is one too.
    assert got["break_even_1"] == 72.5
    assert not {"position_break_even_1", "position_net_multiple"} & set(got)
    assert "10 lots of 100 units" in got["said"]
    named = await values(call, ctx, "strategy_payoff", **FLY, lots=10, contract="US equity option")
    assert named["position_max_profit"] == 17_500
    assert named["units"]["position_units"] == "shares"


async def test_futures_contracts_by_their_size_and_unit(ctx: ToolContext, call: Call) -> None:
    silver = {**OPTION, "currency": "USD/oz", "lots": 5}
    one = await values(
        call, ctx, "option_value", **silver, multiplier=5000, contract_unit="troy ounces"
    )
    other = await values(call, ctx, "option_value", **silver, contract="SI")
    assert one["position_value"] == pytest.approx(one["value"] * 25_000, rel=1e-12)
    assert one["position_value"] == other["position_value"]
    assert one["units"]["position_value"] == "usd"
    assert other["units"]["position_delta"] == "troy_oz"
    assert other["units"]["position_vega"] == "usd/vol point"
    sold = await values(call, ctx, "option_value", **{**silver, "lots": -5}, contract="SI")
    assert sold["position_value"] == -one["position_value"]
    assert sold["position_delta"] == -one["position_delta"]


async def test_a_contract_in_kilograms_at_a_price_per_ounce(ctx: ToolContext, call: Call) -> None:
    got = await values(
        call, ctx, "option_value", **OPTION, currency="USD/oz", lots=2, multiplier=1, contract_unit="kg"
    )  # fmt: skip
    assert got["position_value"] == pytest.approx(got["value"] * 2000 / 31.1034768, rel=1e-12)
    outcome = await call(
        ctx, "option_value", **OPTION, currency="USD/oz", lots=2, multiplier=10, contract_unit="bbl"
    )
    assert outcome.error
    assert "mass" in outcome.text


async def test_half_a_size_has_no_totals_and_says_so(ctx: ToolContext, call: Call) -> None:
    got = await values(call, ctx, "strategy_payoff", **FLY, lots=10)
    assert not [key for key in got if key.startswith("position_")]
    assert "how many units one lot holds" in got["said"]
    one = await values(call, ctx, "strategy_payoff", **FLY, multiplier=100)
    assert one["position_cost"] == 250
    assert "the totals are for one" in one["said"]
    none = await values(call, ctx, "strategy_payoff", **FLY)
    assert not [key for key in none if key.startswith("position_")]


@pytest.mark.parametrize(
    ("size", "says"),
    [
        ({"lots": 0, "multiplier": 100}, "make no position"),
        ({"lots": -1, "multiplier": 100}, "signs of the legs"),
        ({"lots": 1, "multiplier": 0}, "multiplier of 0"),
        ({"lots": 1, "multiplier": -100}, "multiplier of -100"),
        ({"lots": 1, "contract": "ZC"}, "no contract whose size is known"),
        ({"lots": 1, "contract": "CL", "multiplier": 100}, "given twice"),
    ],
)
async def test_sizes_that_cannot_be(
    ctx: ToolContext, call: Call, size: dict[str, Any], says: str
) -> None:
    outcome = await call(ctx, "strategy_payoff", **FLY, **size)
    assert outcome.error
    assert says in outcome.text


@given(
    lots=st.integers(-1000, 1000).filter(bool),
    held=st.sampled_from([1, 10, 100, 1000, 5000, 25_000, 0.5]),
    cents=st.integers(-100_000, 100_000),
)
def test_a_total_is_exactly_units_times_the_figure(lots: int, held: float, cents: int) -> None:
    size = size_of(Strategy(lots=lots, multiplier=held), "usd")
    per_unit = Value(value=cents / 100, unit="usd", label="Value")
    total = position_values(size, {"value": per_unit, "x": per_unit}, ["value"])
    assert total["position_value"].value == lots * (held * 2) * cents / 200
    assert "position_x" not in total


def test_unlimited_stays_unlimited() -> None:
    size = size_of(Strategy(lots=3, multiplier=100), "usd")
    words = {"max_payoff": Value(value="unlimited", unit="usd"), "a": Value(value=None, unit="usd")}
    total = position_values(size, words, ["max_payoff", "a"])
    assert total["position_max_payoff"].value == "unlimited"
    assert total["position_a"].value is None


def test_every_known_contract_has_a_size() -> None:
    for name, (held, unit) in CONTRACTS.items():
        assert size_of(Strategy(contract=name, lots=2), "usd").held == 2 * held, name
        assert unit
