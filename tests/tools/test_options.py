from __future__ import annotations

import itertools
import json
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bullpen_memory.errors import InputError
from bullpen_tools.context import ToolContext
from bullpen_tools.structures import Leg, build, exact, payoff_of
from bullpen_tools.toolbox import default_toolbox


async def price(ctx: ToolContext, **args: object) -> dict[str, Any]:
    tool = default_toolbox(ctx.receipts).bind(ctx, ["strategy_payoff"])["strategy_payoff"]
    outcome = await tool.call(args, call_key=json.dumps(args))
    assert not outcome.error, outcome.text
    return json.loads(outcome.text)


def numbers(body: dict[str, Any]) -> dict[str, Any]:
    return {key: value["value"] for key, value in body["values"].items()}


async def test_the_slv_butterfly(ctx: ToolContext) -> None:
    body = await price(
        ctx,
        structure="call_butterfly",
        strikes=[70, 90, 110],
        cost=2.5,
        underlying="SLV June",
        at=[80, 92.5],
    )
    assert numbers(body) == {
        "max_payoff": 20,
        "max_profit": 17.5,
        "max_loss": 2.5,
        "gross_multiple": 8,
        "net_multiple": 7,
        "cost": 2.5,
        "break_even_1": 72.5,
        "break_even_2": 107.5,
        "payoff_at_80": 10,
        "profit_at_80": 7.5,
        "payoff_at_92_5": 17.5,
        "profit_at_92_5": 15,
    }
    assert body["values"]["max_profit"]["unit"] == "usd"
    assert body["values"]["cost"]["kind"] == "assumed"
    assert body["values"]["net_multiple"]["unit"] == "x"
    assert "SLV June 70-90-110 call butterfly" in body["summary"]
    assert body["table"][0] == ["price", "payoff", "profit"]
    assert [90, 20, 17.5] in body["table"]
    assert body["warnings"] == []


# Examples as they are printed in J. C. Hull, Options, Futures, and Other Derivatives, chapter
# "Trading strategies involving options", and in the OCC's / CBOE's strategy descriptions.
@pytest.mark.parametrize(
    ("args", "expected"),
    [
        pytest.param(  # Hull: calls at 55, 60, 65 cost 10, 7, 5: costs 1, profit between 56 and 64
            {"structure": "call_butterfly", "strikes": [55, 60, 65], "cost": 1},
            {"max_profit": 4, "max_loss": 1, "break_even_1": 56, "break_even_2": 64},
            id="hull-butterfly",
        ),
        pytest.param(  # Hull: straddle at 70, call 4, put 3: loses 7 at most, at 70
            {"structure": "straddle", "strikes": [70], "cost": 7, "at": [69, 70]},
            {
                "max_profit": "unlimited",
                "max_loss": 7,
                "break_even_1": 63,
                "break_even_2": 77,
                "profit_at_70": -7,
                "profit_at_69": -6,
            },
            id="hull-straddle",
        ),
        pytest.param(  # Hull: bull spread 30/35, bought 3, sold 1: costs 2, makes 3
            {"structure": "call_spread", "strikes": [30, 35], "cost": 2},
            {"max_profit": 3, "max_loss": 2, "break_even_1": 32, "net_multiple": 1.5},
            id="hull-bull-spread",
        ),
        pytest.param(  # Hull: bear spread with puts 30/35, bought 3, sold 1: pays 3 below 30
            {"structure": "put_spread", "strikes": [30, 35], "cost": 2, "at": [30, 40]},
            {"profit_at_30": 3, "profit_at_40": -2, "break_even_1": 33},
            id="hull-bear-spread",
        ),
        pytest.param(
            {"structure": "strangle", "strikes": [45, 55], "cost": 3},
            {"max_profit": "unlimited", "max_loss": 3, "break_even_1": 42, "break_even_2": 58},
            id="strangle",
        ),
        pytest.param(
            {"structure": "iron_condor", "strikes": [90, 95, 105, 110], "cost": -2},
            {"max_profit": 2, "max_loss": 3, "break_even_1": 93, "break_even_2": 107},
            id="iron-condor",
        ),
        pytest.param(
            {"structure": "iron_butterfly", "strikes": [95, 100, 105], "cost": -3.5},
            {"max_profit": 3.5, "max_loss": 1.5, "break_even_1": 96.5, "break_even_2": 103.5},
            id="iron-butterfly",
        ),
        pytest.param(
            {"structure": "call_condor", "strikes": [90, 95, 105, 110], "cost": 2},
            {"max_profit": 3, "max_loss": 2, "break_even_1": 92, "break_even_2": 108},
            id="condor",
        ),
        pytest.param(  # stock at 100, put bought and call sold for nothing
            {"structure": "collar", "strikes": [95, 110], "cost": 100},
            {"max_profit": 10, "max_loss": 5, "break_even_1": 100},
            id="collar",
        ),
        pytest.param(  # stock at 50, call sold for 2
            {"structure": "covered_call", "strikes": [55], "cost": 48},
            {"max_profit": 7, "max_loss": 48, "break_even_1": 48},
            id="covered-call",
        ),
        pytest.param(
            {"structure": "protective_put", "strikes": [45], "cost": 52},
            {"max_profit": "unlimited", "max_loss": 7, "break_even_1": 52},
            id="protective-put",
        ),
        pytest.param(
            {"structure": "put", "strikes": [50], "cost": 4},
            {"max_payoff": 50, "max_profit": 46, "max_loss": 4, "break_even_1": 46},
            id="put",
        ),
        pytest.param(  # a naked call: the loss knows no limit
            {"legs": [{"kind": "call", "quantity": -1, "strike": 100}], "cost": -5},
            {"max_profit": 5, "max_loss": "unlimited", "break_even_1": 105},
            id="naked-call",
        ),
    ],
)
async def test_published_examples(
    ctx: ToolContext, args: dict[str, Any], expected: dict[str, Any]
) -> None:
    got = numbers(await price(ctx, **args))
    assert {key: got[key] for key in expected} == expected
    last = max((int(k[-1]) for k in expected if k.startswith("break_even")), default=0)
    assert f"break_even_{last + 1}" not in got


async def test_a_credit_has_no_multiple(ctx: ToolContext) -> None:
    body = await price(ctx, structure="bull_put_spread", strikes=[95, 100], cost=-2, currency="EUR")
    got = body["values"]
    assert got["gross_multiple"]["value"] is None
    assert got["net_multiple"]["value"] is None
    assert got["max_profit"] | {"cite": ""} == {
        "value": 2,
        "unit": "eur",
        "kind": "derived",
        "label": "Maximum profit",
        "cite": "",
    }
    assert "multiples of the cost have no meaning" in body["warnings"][0]


async def test_without_a_cost_there_is_no_profit(ctx: ToolContext) -> None:
    body = await price(ctx, structure="call_butterfly", strikes=[70, 90, 110], at=[90])
    got = numbers(body)
    assert got["max_payoff"] == 20
    assert [got[k] for k in ("cost", "max_profit", "max_loss", "net_multiple", "profit_at_90")] == [
        None
    ] * 5
    assert "No cost was given" in body["warnings"][0]


async def test_a_profit_of_zero_over_a_stretch_is_said(ctx: ToolContext) -> None:
    body = await price(ctx, structure="call_spread", strikes=[90, 100], cost=10)
    assert "exactly zero from 100 upwards" in " ".join(body["warnings"])
    assert numbers(body)["break_even_1"] == 100
    free = await price(ctx, structure="call_butterfly", strikes=[90, 100, 110], cost=0)
    assert numbers(free)["break_even_1"] == 0
    assert [numbers(free)[f"break_even_{n}"] for n in (1, 2, 3)] == [0, 90, 110]
    assert "cannot lose" in " ".join(free["warnings"])
    assert "costs nothing" in " ".join(free["warnings"])
    assert "brings in money" not in " ".join(free["warnings"])


async def test_decimals_are_exact(ctx: ToolContext) -> None:
    body = await price(ctx, structure="call_spread", strikes=[0.1, 0.3], cost=0.2)
    assert numbers(body)["break_even_1"] == 0.3
    assert numbers(body)["max_profit"] == 0


async def test_no_break_even_is_said(ctx: ToolContext) -> None:
    body = await price(ctx, structure="call_spread", strikes=[90, 100], cost=11)
    assert "no price at which" in " ".join(body["warnings"])
    assert "break_even_1" not in body["values"]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ({}, "nothing to price"),
        ({"structure": "call_butterfly", "strikes": [90, 70, 110]}, "must rise"),
        ({"structure": "call_butterfly", "strikes": [70, 90]}, "needs 3 strikes"),
        ({"structure": "call", "strikes": [-5]}, "no usable strike (-5)"),
        ({"structure": "call", "strikes": [float("nan")]}, "finite"),
        ({"strikes": [70, 90, 110]}, "No structure was named"),
        ({"legs": [{"kind": "call", "quantity": 1}]}, "no usable strike (none)"),
        ({"legs": [{"kind": "underlying", "quantity": 1, "strike": 5}]}, "has a strike"),
        ({"legs": [{"kind": "put", "quantity": 0, "strike": 5}]}, "quantity 0"),
        (
            {"structure": "call", "strikes": [5], "legs": [{"kind": "underlying", "quantity": 1}]},
            "given twice",
        ),
        ({"structure": "call", "strikes": [5], "at": [-1]}, "no meaning"),
        ({"structure": "call", "strikes": [5], "currency": "$"}, "not a currency"),
        ({"structure": "albatross", "strikes": [5]}, "`structure`"),
    ],
)
async def test_bad_input_is_refused_in_a_sentence(
    ctx: ToolContext, args: dict[str, Any], said: str
) -> None:
    tool = default_toolbox(ctx.receipts).bind(ctx, ["strategy_payoff"])["strategy_payoff"]
    outcome = await tool.call(args, call_key="bad")
    assert outcome.error
    assert said in outcome.text
    assert outcome.receipt is not None
    assert outcome.receipt.error


legs_strategy = st.lists(
    st.one_of(
        st.builds(
            Leg,
            kind=st.sampled_from(["call", "put"]),
            quantity=st.integers(-5, 5).filter(bool).map(float),
            strike=st.integers(1, 400).map(lambda n: n / 4),
        ),
        st.builds(Leg, kind=st.just("underlying"), quantity=st.sampled_from([-1.0, 1.0, 2.0])),
    ),
    min_size=1,
    max_size=6,
)


def direct(legs: list[Leg], price: Fraction) -> Fraction:
    total = Fraction(0)
    for leg in legs:
        if leg.strike is None:
            total += exact(leg.quantity) * price
        else:
            gap = price - exact(leg.strike)
            total += exact(leg.quantity) * max(gap if leg.kind == "call" else -gap, Fraction(0))
    return total


@given(legs_strategy, st.integers(0, 2000), st.integers(-400, 400))
def test_the_solution_agrees_with_the_sum_of_the_legs(
    legs: list[Leg], price: int, cost: int
) -> None:
    payoff = payoff_of(legs)
    x, level = Fraction(price, 8), Fraction(cost, 4)
    y = direct(legs, x)
    assert payoff.at(x) == y
    top, bottom = payoff.maximum(), payoff.minimum()
    assert top is None or y <= top
    assert bottom is None or y >= bottom
    crossings = payoff.crossings(level)
    for point in crossings.prices():
        assert direct(legs, point) == level
    if y == level:
        assert x in crossings.points or any(
            low <= x and (high is None or x <= high) for low, high in crossings.stretches
        )
    # Every change of sign along a fine grid has a crossing between the two prices.
    grid = [Fraction(n, 2) for n in range(0, 260)]
    for a, b in itertools.pairwise(grid):
        if (direct(legs, a) - level) * (direct(legs, b) - level) < 0:
            assert any(a < point < b for point in crossings.points)


@given(st.lists(st.integers(1, 10_000), min_size=3, max_size=3, unique=True))
def test_call_and_put_butterflies_pay_the_same_when_the_wings_are_equal(raw: list[int]) -> None:
    low, mid, _ = sorted(raw)
    strikes = [float(low), float(mid), float(2 * mid - low)]
    calls, puts = (payoff_of(build(s, strikes)) for s in ("call_butterfly", "put_butterfly"))
    for price in (*strikes, 0.0, 3e4):
        assert calls.at(exact(price)) == puts.at(exact(price))


def test_building_wants_the_right_strikes() -> None:
    with pytest.raises(InputError, match="needs 1 strike"):
        build("straddle", [1.0, 2.0])
