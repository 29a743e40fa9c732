"""Option values, Greeks, implied volatilities and positions before expiry."""

from __future__ import annotations

import json
import math
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bullpen_tools.context import ToolContext
from bullpen_tools.quant import american as early
from bullpen_tools.quant import asians, barriers
from bullpen_tools.quant import black_scholes as formulas
from bullpen_tools.quant.black_scholes import Terms
from bullpen_tools.tool import Outcome

Call = Callable[..., Awaitable[Outcome]]
CALL = {"kind": "call", "strike": 100, "spot": 100, "volatility_pct": 20, "years": 1, "rate_pct": 5}


async def values(call: Call, ctx: ToolContext, tool: str, **args: object) -> dict[str, Any]:
    outcome = await call(ctx, tool, **args)
    assert not outcome.error, outcome.text
    return {key: item["value"] for key, item in json.loads(outcome.text)["values"].items()}


async def refused(call: Call, ctx: ToolContext, tool: str, **args: object) -> str:
    outcome = await call(ctx, tool, **args)
    assert outcome.error, outcome.text
    return outcome.text


async def test_the_letters_butterfly_has_two_flat_volatilities(
    ctx: ToolContext, call: Call
) -> None:
    found = await values(
        call, ctx, "implied_volatility", structure="call_butterfly", strikes=[70, 90, 110],
        price=2.5, spot=69.9, days=162, rate_pct=3.7,
    )  # fmt: skip
    assert found["solutions"] == 2
    assert found["volatility_1"] == pytest.approx(10.5, abs=0.05)
    assert found["volatility_2"] == pytest.approx(83, abs=0.5)


async def test_one_implied_volatility_agrees_with_vollib(ctx: ToolContext, call: Call) -> None:
    found = await values(
        call, ctx, "implied_volatility", structure="put", strikes=[90], price=4, spot=100,
        years=0.5, rate_pct=3, yield_pct=1,
    )  # fmt: skip
    assert found["solutions"] == 1
    assert found["vollib"] == pytest.approx(found["volatility_1"], rel=1e-9)


@pytest.mark.parametrize(
    ("price", "says"),
    [(0.5, "below every value"), (99.0, "above every value"), (10.0, "no time value")],
)
async def test_a_price_without_a_volatility(
    ctx: ToolContext, call: Call, price: float, says: str
) -> None:
    outcome = await call(
        ctx, "implied_volatility", structure="put", strikes=[100], price=price, spot=90, years=1
    )
    body = json.loads(outcome.text)
    assert body["values"]["solutions"]["value"] == 0
    assert says in " ".join(body["warnings"])


async def test_an_american_implied_volatility_gives_the_price_back(
    ctx: ToolContext, call: Call
) -> None:
    option = {"spot": 100, "years": 1, "rate_pct": 5}
    found = await values(
        call, ctx, "implied_volatility", structure="put", strikes=[110], price=14,
        exercise="american", **option,
    )  # fmt: skip
    back = await values(
        call, ctx, "option_value", kind="put", strike=110, exercise="american",
        volatility_pct=found["volatility_1"], **option,
    )  # fmt: skip
    assert back["value"] == pytest.approx(14, abs=1e-7)


async def test_oil_below_zero_on_20_april_2020(ctx: ToolContext, call: Call) -> None:
    """CME switched its energy options to Bachelier's model on 22 April 2020."""
    option = {"kind": "put", "strike": -10, "forward": -37.63, "days": 30, "volatility_pct": 40}
    text = await refused(call, ctx, "option_value", **option)
    assert "-37.63" in text
    assert "bachelier" in text
    found = await values(call, ctx, "option_value", model="bachelier", **option)
    assert found["value"] == pytest.approx(27.66, abs=0.01)
    assert found["delta"] == pytest.approx(-0.992, abs=1e-3)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"spot": 0.0}, "written as 0"),
        ({"strike": -5.0}, "The strike is -5"),
        ({"volatility_pct": -20.0}, "The volatility is -20"),
        ({"years": 0.0}, "expired"),
        ({"years": None}, "The time to expiry is not clear"),
        ({"days": 30.0}, "Both years and days"),
        ({"spot": None}, "price of the underlying is not clear"),
        ({"forward": 100.0}, "Both spot and forward"),
        ({"currency": "GOLD"}, "not a currency"),
        ({"volatility_pct": "twenty"}, "volatility_pct"),
    ],
)
async def test_what_cannot_be_priced_is_refused(
    ctx: ToolContext, call: Call, changed: dict[str, object], says: str
) -> None:
    args = {key: item for key, item in (CALL | changed).items() if item is not None}
    assert says in await refused(call, ctx, "option_value", **args)


async def test_a_volatility_written_as_a_fraction_is_noticed(ctx: ToolContext, call: Call) -> None:
    outcome = await call(ctx, "option_value", **(CALL | {"volatility_pct": 0.25}))
    assert "if 25 % was meant, write 25" in outcome.text


async def test_compounding_is_converted(ctx: ToolContext, call: Call) -> None:
    annual = await values(
        call, ctx, "option_value", **(CALL | {"rate_pct": 5, "compounding": "annual"})
    )
    same = await values(call, ctx, "option_value", **(CALL | {"rate_pct": 100 * math.log(1.05)}))
    assert annual["value"] == pytest.approx(same["value"], rel=1e-12)


async def test_a_touched_barrier_is_a_knocked_one(ctx: ToolContext, call: Call) -> None:
    option = CALL | {"spot": 89, "barrier": 90, "barrier_type": "down_and_out", "rebate": 3}
    outcome = await call(ctx, "barrier_option", **option)
    assert json.loads(outcome.text)["values"]["value"]["value"] == 3
    assert "counts as touched" in outcome.text


async def test_a_barrier_watched_daily_knocks_out_less(ctx: ToolContext, call: Call) -> None:
    option = CALL | {"barrier": 90, "barrier_type": "down_and_out"}
    always = await values(call, ctx, "barrier_option", **option)
    daily = await values(call, ctx, "barrier_option", watched_per_year=252, **option)
    assert always["value"] < daily["value"] < always["vanilla_value"]


async def test_touch_and_no_touch_share_the_cash(ctx: ToolContext, call: Call) -> None:
    option = CALL | {"strike": 120, "touch": True, "amount": 10}
    paid = [
        (await values(call, ctx, "digital_option", touch_pays=when, **option))["value"]
        for when in ("at_expiry", "if_never_touched")
    ]
    assert sum(paid) == pytest.approx(10 * math.exp(-0.05))


async def test_a_fly_before_expiry(ctx: ToolContext, call: Call) -> None:
    outcome = await call(
        ctx, "strategy_value", structure="call_butterfly", strikes=[70, 90, 110], cost=2.5,
        spot=69.9, days=162, rate_pct=3.7, volatility_pct=83.1187, between=[72.5, 107.5],
        at_spots=[70, 90], at_days=[0, 162],
    )  # fmt: skip
    body = json.loads(outcome.text)
    found = {key: item["value"] for key, item in body["values"].items()}
    assert found["value"] == pytest.approx(2.5, abs=1e-4)
    # It makes money exactly between its break-evens.
    assert found["profit_probability"] == pytest.approx(found["range_probability"], abs=1e-9)
    assert found["profit_at_90_83p1187_162"] == pytest.approx(17.5)
    assert body["table"][0] == ["days", "volatility_pct", "spot", "value", "profit"]


async def test_legs_with_their_own_expiry_and_volatility(ctx: ToolContext, call: Call) -> None:
    calendar = [
        {"kind": "call", "quantity": -1, "strike": 100, "days": 30, "volatility_pct": 30},
        {"kind": "call", "quantity": 1, "strike": 100, "days": 90, "volatility_pct": 25},
    ]
    found = await values(
        call, ctx, "strategy_value", legs=calendar, cost=2, spot=100, days=90, volatility_pct=25
    )
    near = formulas.value(option(1, 100, 100, 30 / 365, 0, 0, 0.30))
    far = formulas.value(option(1, 100, 100, 90 / 365, 0, 0, 0.25))
    assert found["value"] == pytest.approx(far - near)
    assert "profit_probability" not in found


def option(
    sign: int, spot: float, strike: float, years: float, rate: float, q: float, vol: float
) -> Terms:
    return Terms(
        sign=sign, spot=spot, strike=strike, years=years, rate=rate, carry=rate - q, vol=vol
    )


terms = st.builds(
    option,
    st.sampled_from([1, -1]),
    st.floats(20, 200),
    st.floats(20, 200),
    st.floats(0.05, 3),
    st.floats(0, 0.12),
    st.floats(0, 0.12),
    st.floats(0.08, 0.9),
)


@given(terms)
def test_our_formulas_agree_with_vollib_and_quantlib(t: Terms) -> None:
    from vollib.black_scholes_merton import black_scholes_merton

    ours = formulas.value(t)
    flag = "c" if t.sign > 0 else "p"
    theirs = black_scholes_merton(flag, t.spot, t.strike, t.years, t.rate, t.vol, t.rate - t.carry)
    assert ours == pytest.approx(theirs, rel=1e-9, abs=1e-9)
    import QuantLib as ql

    kind = ql.Option.Call if t.sign > 0 else ql.Option.Put
    third = ql.blackFormula(kind, t.strike, t.forward, t.deviation, t.discount)
    assert ours == pytest.approx(third, rel=1e-9, abs=1e-9)


@given(terms, st.floats(0.5, 0.99), st.floats(0, 5))
def test_in_and_out_make_the_whole(t: Terms, share: float, rebate: float) -> None:
    up = t.sign > 0
    level = t.spot / share if up else t.spot * share
    out = barriers.barrier_value(t, barriers.Barrier(level, up, True))
    knocked_in = barriers.barrier_value(t, barriers.Barrier(level, up, False))
    assert out + knocked_in == pytest.approx(formulas.value(t), abs=1e-8)
    assert min(out, knocked_in) >= -1e-9
    assert 0 <= barriers.touch_probability(t, barriers.Barrier(level, up, True, rebate)) <= 1 + 1e-9


@given(terms)
def test_early_exercise_is_never_worth_less(t: Terms) -> None:
    american = early.american(t)
    assert american >= formulas.value(t) - 1e-7
    assert american >= t.sign * (t.spot - t.strike) - 1e-9
    assert american == pytest.approx(early.binomial(t, 400, early=True), rel=2e-2, abs=0.05)


def test_an_average_is_worth_less_than_its_end_and_more_than_its_geometric_twin() -> None:
    t = option(1, 100, 100, 1, 0.05, 0.02, 0.3)
    times = asians.fixing_times(1, 12, None)
    geometric, arithmetic = asians.geometric_discrete(t, times), asians.arithmetic(t, times)
    assert geometric < arithmetic < formulas.value(t)
    assert asians.arithmetic(t, asians.fixing_times(1, 1000, 0.0)) == pytest.approx(
        asians.arithmetic(t), abs=2e-2
    )
