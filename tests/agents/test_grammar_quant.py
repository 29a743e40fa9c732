"""Which tool, with which numbers, a question about a computation leads to."""

from __future__ import annotations

from typing import Any

import pytest

from bullpen_agents.grammar import Compute, parse


def read(text: str) -> Compute:
    found = parse(text)
    assert isinstance(found, Compute), found
    return found


@pytest.mark.parametrize(
    ("text", "tool", "args"),
    [
        (
            "price a 100 call, spot 100, vol 20, 1 year, rates 5%",
            "option_value",
            {"kind": "call", "strike": 100, "spot": 100, "volatility_pct": 20, "years": 1, "rate_pct": 5},
        ),
        (
            "what's a WTI 80 call worth with futures at 75, 35 vol, 90 days?",
            "option_value",
            {"forward": 75, "strike": 80, "volatility_pct": 35, "days": 90, "underlying": "WTI"},
        ),
        (
            "greeks of an American 50 put, stock at 50, 40 vol 5 months, 10% rates",
            "option_value",
            {"kind": "put", "exercise": "american", "volatility_pct": 40, "rate_pct": 10},
        ),
        (
            "what is a -10 put on WTI worth, futures at -37.63, normal vol 40, 30 days",
            "option_value",
            {"model": "bachelier", "forward": -37.63, "strike": -10, "volatility_pct": 40},
        ),
        (
            "what vol does 2.50 imply for the SLV 70-90-110 call butterfly, spot 69.9, 162 days, rate 3.7%?",
            "implied_volatility",
            {"price": 2.5, "strikes": [70, 90, 110], "structure": "call_butterfly", "days": 162},
        ),
        (
            "implied vol of the 100 call at 10, spot 100, 1 year",
            "implied_volatility",
            {"price": 10, "strikes": [100], "spot": 100},
        ),
        (
            "value of a down-and-out 100 call, barrier 90, rebate 3, spot 100, vol 20, 1 year",
            "barrier_option",
            {"barrier": 90, "barrier_type": "down_and_out", "rebate": 3},
        ),
        (
            "what does a digital that pays 10 if oil ends above 90 cost, spot 75, vol 35, 6 months",
            "digital_option",
            {"amount": 10, "strike": 90, "kind": "call", "years": 0.5},
        ),
        (
            "price an asian 100 call with 12 fixings, spot 100, vol 20, 1 year",
            "asian_option",
            {"fixings": 12, "average": "arithmetic"},
        ),
        (
            "odds of profit on the 70-90-110 call butterfly paid 2.50, spot 69.9, 60 vol, 162 days",
            "strategy_value",
            {"cost": 2.5, "volatility_pct": 60, "strikes": [70, 90, 110]},
        ),
    ],
)  # fmt: skip
def test_what_is_computed(text: str, tool: str, args: dict[str, Any]) -> None:
    found = read(text)
    assert found.tool == tool
    assert {key: found.args.get(key) for key in args} == args
    assert not found.missing


@pytest.mark.parametrize(
    ("text", "lacks"),
    [
        ("price the SLV 90 call with spot at 70 and 60 vol", "the time to expiry"),
        ("delta of the 90 call, 60 vol, 30 days", "the price of the underlying"),
        ("value of a knock-out 100 call, spot 100, vol 20, 1 year", "the barrier"),
    ],
)
def test_what_is_missing_is_named(text: str, lacks: str) -> None:
    assert lacks in read(text).missing
