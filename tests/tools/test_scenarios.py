"""Scenario books, hedges and volatility surfaces."""

from __future__ import annotations

import json
import math
from collections.abc import Awaitable, Callable
from typing import Any

import numpy as np
import pytest

from bullpen_tools.context import ToolContext
from bullpen_tools.quant import black_scholes as formulas
from bullpen_tools.quant.black_scholes import Terms
from bullpen_tools.quant.sabr import Sabr
from bullpen_tools.quant.smiles import Slice
from bullpen_tools.tool import Outcome

Call = Callable[..., Awaitable[Outcome]]
LONG = {"name": "long SLV", "underlying": "SLV", "quantity": 1000, "price": 70}
PUT = {
    "name": "60 put",
    "underlying": "SLV",
    "kind": "put",
    "quantity": 1000,
    "spot": 70,
    "strike": 60,
    "price": 2.6,
}
CRASH = {"name": "crash", "moves": [{"underlying": "SLV", "change_pct": -40}]}
RALLY = {"name": "rally", "moves": [{"underlying": "SLV", "price": 91}]}


def numbers(outcome: Outcome) -> dict[str, Any]:
    assert not outcome.error, outcome.text
    return {key: item["value"] for key, item in json.loads(outcome.text)["values"].items()}


async def test_a_book_in_two_worlds(ctx: ToolContext, call: Call) -> None:
    worlds = [CRASH | {"probability_pct": 25}, RALLY | {"probability_pct": 75}]
    got = numbers(await call(ctx, "scenario_book", positions=[LONG, PUT], scenarios=worlds))
    # At expiry: the share falls by 28 to 42, the put pays 18 less its premium.
    assert got["profit_1"] == pytest.approx(-28_000 + 15_400)
    assert got["profit_2"] == pytest.approx(21_000 - 2_600)
    assert got["expected"] == pytest.approx(0.25 * -12_600 + 0.75 * 18_400)
    assert (got["worst_name"], got["loss_probability"]) == ("crash", 25)


async def test_hedges_side_by_side(ctx: ToolContext, call: Call) -> None:
    short = {"name": "sell half", "underlying": "SLV", "quantity": -500, "price": 70}
    got = numbers(
        await call(
            ctx, "hedge_comparison", positions=[LONG], scenarios=[CRASH, RALLY],
            hedges=[{"name": "put", "positions": [PUT]}, {"name": "half", "positions": [short]}],
        )
    )  # fmt: skip
    assert (got["worst_unhedged"], got["worst_1"], got["worst_2"]) == (-28_000, -12_600, -14_000)
    assert (got["cost_1"], got["cost_2"], got["efficiency_2"]) == (2_600, 0, None)
    assert (got["given_up_1"], got["given_up_2"]) == (2_600, 10_500)
    assert got["best"] == "put"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"scenarios": [CRASH | {"probability_pct": 40}, RALLY | {"probability_pct": 40}]}, "add up to 80"),
        ({"scenarios": [{"name": "gold", "moves": [{"underlying": "GLD", "change_pct": 5}]}]}, "moves GLD"),
        ({"scenarios": [{"name": "?", "moves": [{"underlying": "SLV"}]}]}, "is not clear"),
        ({"positions": [{"name": "x", "underlying": "SLV", "quantity": 1}]}, "x has no price"),
        ({"positions": [{"name": "c", "underlying": "SLV", "kind": "call", "quantity": 1}]}, "without spot or strike"),
    ],
)  # fmt: skip
async def test_books_that_cannot_be(
    ctx: ToolContext, call: Call, change: dict[str, Any], says: str
) -> None:
    args: dict[str, Any] = {"positions": [LONG], "scenarios": [CRASH]} | change
    outcome = await call(ctx, "scenario_book", **args)
    assert outcome.error
    assert says in outcome.text


def chain(shape: Slice, days: float, half: float = 0.01) -> list[dict[str, Any]]:
    """Quotes that lie on a smile exactly, `half` of the price either way."""
    quotes: list[dict[str, Any]] = []
    years = days / 365
    for strike in range(70, 136, 5):
        variance = float(shape.variance(np.array([math.log(strike / 100)]))[0])
        sign = 1 if strike > 100 else -1
        price = formulas.value(
            Terms(sign=sign, spot=100, strike=strike, years=years, rate=0, carry=0, vol=math.sqrt(variance / years))
        )  # fmt: skip
        quotes.append({
            "kind": "call" if sign > 0 else "put", "strike": strike, "days": days,
            "bid": price * (1 - half), "ask": price * (1 + half),
        })  # fmt: skip
    return quotes


NEAR, FAR = Slice(0.01, 0.08, -0.4, 0.02, 0.15), Slice(0.03, 0.12, -0.4, 0.02, 0.15)


async def test_a_surface_finds_the_smile_it_was_made_of(ctx: ToolContext, call: Call) -> None:
    quotes = chain(NEAR, 60) + chain(FAR, 180)
    outcome = await call(ctx, "vol_surface", quotes=quotes, spot=100)
    got, body = numbers(outcome), json.loads(outcome.text)
    level = 100 * math.sqrt(float(NEAR.variance(np.array([0.0]))[0]) * 365 / 60)
    assert got["atm_60d"] == pytest.approx(level, abs=1e-3)
    assert got["error_60d"] < 1e-3
    assert (got["used"], got["arbitrage_flags"]) == (28, 0)
    assert [row[0] for row in body["table"][1:]] == [60, 180]
    assert body["artifacts"]


async def test_what_is_left_out_of_a_chain_is_counted(ctx: ToolContext, call: Call) -> None:
    quotes = chain(NEAR, 60)
    quotes[0]["bid"] = 0.0
    quotes[1]["bid"], quotes[1]["ask"] = 5.0, 4.0
    quotes[2]["ask"] = 99.0
    quotes.append({"kind": "put", "strike": 130, "days": 60, "bid": 20.0, "ask": 20.1})
    got = numbers(await call(ctx, "vol_surface", quotes=quotes, spot=100))
    assert got["dropped_bid_0_or_missing"] == 1
    assert got["dropped_crossed_or_negative"] == 1
    assert got["dropped_spread_too_wide"] == 1
    assert got["dropped_below_intrinsic_value"] == 1
    assert got["used"] == len(quotes) - 4


async def test_a_chain_without_bids_has_no_surface(ctx: ToolContext, call: Call) -> None:
    quotes = [quote | {"bid": 0.0} for quote in chain(NEAR, 60)]
    outcome = await call(ctx, "vol_surface", quotes=quotes, spot=100)
    assert outcome.error
    assert "14 left out for bid 0" in outcome.text


async def test_a_calendar_arbitrage_is_flagged(ctx: ToolContext, call: Call) -> None:
    outcome = await call(ctx, "vol_surface", quotes=chain(FAR, 60) + chain(NEAR, 180), spot=100)
    assert "Calendar arbitrage between 60 and 180 days" in outcome.text


async def test_a_butterfly_in_the_quotes_is_flagged(ctx: ToolContext, call: Call) -> None:
    quotes = chain(NEAR, 60)
    dear = next(quote for quote in quotes if quote["strike"] == 110)
    dear["bid"], dear["ask"] = dear["bid"] * 2, dear["ask"] * 2
    outcome = await call(ctx, "vol_surface", quotes=quotes, spot=100)
    assert "the 110 call in 60 days costs more than its wings 105 and 115" in outcome.text


def test_the_slice_of_axel_vogt_admits_a_butterfly() -> None:
    """Gatheral and Jacquier, Arbitrage-free SVI volatility surfaces (2014), example 3.1."""
    vogt = Slice(-0.0410, 0.1331, 0.3060, 0.3586, 0.4153)
    density = vogt.density(np.linspace(-1.5, 1.5, 301))
    assert density.min() < 0
    assert NEAR.density(np.linspace(-1.5, 1.5, 301)).min() > 0


async def test_a_surface_by_sabr(ctx: ToolContext, call: Call) -> None:
    """A chain priced off SABR's own smile gives its parameters back."""
    model = Sabr(0.25, 1.0, -0.4, 1.2, 100.0, 0.5)
    quotes: list[dict[str, Any]] = []
    for strike in range(70, 135, 5):
        vol = float(model.volatility(np.array([math.log(strike / 100)]))[0])
        sign = 1 if strike > 100 else -1
        worth = formulas.value(
            Terms(sign=sign, spot=100, strike=strike, years=0.5, rate=0, carry=0, vol=vol)
        )
        kind = "call" if sign > 0 else "put"
        quotes.append(
            {
                "kind": kind,
                "strike": strike,
                "days": 182.5,
                "bid": worth * 0.999,
                "ask": worth * 1.001,
            }
        )
    outcome = await call(ctx, "vol_surface", quotes=quotes, forward=100, model="sabr")
    body = json.loads(outcome.text)
    assert body["table"][0] == ["days", "alpha", "beta", "rho", "nu", "error_vol_points"]
    assert body["table"][1][1:5] == pytest.approx([0.25, 1.0, -0.4, 1.2], rel=1e-4)
    assert "SABR for each expiry" in body["summary"]
    free = await call(ctx, "vol_surface", quotes=quotes, forward=100, model="sabr", sabr_beta=None)
    assert json.loads(free.text)["table"][1][5] < 1e-3


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ({}, "not clear what is asked"),
        ({"alpha": 0.2, "rho": 0, "nu": 1}, "not clear what is asked"),
        ({"alpha": 0.2, "beta": 1, "rho": 0, "nu": 1, "volatilities_pct": [20]}, "not clear what is asked"),
        ({"volatilities_pct": [20, 21], "beta": 1}, "do not fit the strikes"),
        ({"alpha": -1, "beta": 1, "rho": 0, "nu": 1}, "Alpha is -1"),
        ({"alpha": 0.2, "beta": 2, "rho": 0, "nu": 1}, "it must be at most 1"),
        ({"alpha": 0.2, "beta": 1, "rho": 0, "nu": 1, "shift": -200}, "The forward, with its shift,"),
    ],
)  # fmt: skip
async def test_smiles_that_cannot_be(
    ctx: ToolContext, call: Call, args: dict[str, Any], says: str
) -> None:
    outcome = await call(ctx, "sabr_smile", forward=100, strikes=[90, 110], years=1, **args)
    assert outcome.error
    assert says in outcome.text, outcome.text


async def test_obloj_and_hagan_part_only_far_from_the_money(ctx: ToolContext, call: Call) -> None:
    terms = {
        "forward": 100,
        "strikes": [40, 100, 101],
        "years": 1,
        "alpha": 2,
        "beta": 0.5,
        "rho": -0.3,
        "nu": 0.9,
    }
    hagan = numbers(await call(ctx, "sabr_smile", **terms))
    obloj = numbers(await call(ctx, "sabr_smile", **terms, variant="obloj"))
    assert hagan["volatility_2"] == pytest.approx(obloj["volatility_2"], rel=1e-9)
    assert hagan["volatility_1"] != pytest.approx(obloj["volatility_1"], rel=1e-4)
    wild = await call(ctx, "sabr_smile", **{**terms, "years": 20, "strikes": [5, 100]})
    assert "density is negative" in wild.text
