"""A backtest cannot look ahead: by construction, shown with rules that try to."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from bullpen_tools.context import ToolContext
from bullpen_tools.measures import Numbers
from bullpen_tools.quant.backtests import run
from bullpen_tools.tool import Outcome

Call = Callable[..., Awaitable[Outcome]]
PRICES = np.exp(np.cumsum(np.random.default_rng(3).standard_normal(400) * 0.01)) * 100


def numbers(outcome: Outcome) -> dict[str, Any]:
    assert not outcome.error, outcome.text
    return {key: item["value"] for key, item in json.loads(outcome.text)["values"].items()}


def test_a_rule_is_given_the_past_and_no_way_to_the_rest() -> None:
    seen: list[int] = []

    def peeking(past: Numbers) -> float:
        # A view would lead to the whole array through its base, and past its end.
        assert past.base is None
        assert past[-1] == PRICES[len(past) - 1]
        with pytest.raises(IndexError):
            past[len(past)]
        past[:] = np.nan  # what it is given is its own copy
        seen.append(len(past))
        return 1.0

    before = PRICES.copy()
    run(PRICES, peeking, warm_up=5, cost=0)
    assert seen == list(range(5, len(PRICES) + 1))
    assert np.array_equal(PRICES, before)


def test_a_changed_future_changes_no_position_before_it() -> None:
    def rule(past: Numbers) -> float:
        return 1.0 if past[-1] > past[-20:].mean() else -1.0

    whole = run(PRICES, rule, warm_up=20, cost=0.001)
    for cut in (50, 200, 350):
        other = PRICES.copy()
        other[cut:] = other[cut:][::-1] * 3
        changed = run(other, rule, warm_up=20, cost=0.001)
        assert np.array_equal(changed.positions[:cut], whole.positions[:cut])
        assert np.array_equal(changed.equity[:cut], whole.equity[:cut])


def test_a_decision_earns_only_from_the_next_bar_on() -> None:
    """Prices swing by ten percent each bar. Whoever may trade at the price that was just seen buys every
    low and is rich; filled one bar later, the same rule buys every high.
    """
    swing = np.array([100.0, 110.0] * 50)

    def buy_the_low(past: Numbers) -> float:
        return 1.0 if past[-1] < 105 else 0.0

    track = run(swing, buy_the_low, warm_up=1, cost=0)
    assert track.equity[-1] < 0.02
    assert track.positions[0] == 0
    cheating = np.prod([1.1] * 50)
    assert cheating > 100


def test_costs_are_paid_on_what_is_traded() -> None:
    flat = np.full(50, 100.0)

    def flip(past: Numbers) -> float:
        return 1.0 if len(past) % 2 else -1.0

    track = run(flat, flip, warm_up=1, cost=0.001)
    assert track.trades == 49
    assert track.equity[-1] == pytest.approx(0.999 * (1 - 0.002) ** 48)


async def test_holding_is_the_series_itself(desk: ToolContext, call: Call) -> None:
    got = numbers(await call(desk, "backtest", series="sp500", rule="buy_and_hold", cost_bp=0))
    assert got["total"] == pytest.approx(got["hold_total"])
    assert got["trades"] == 1
    assert got["sharpe"] == pytest.approx(got["hold_sharpe"])


async def test_what_was_known_later_is_out_of_reach(desk: ToolContext, call: Call) -> None:
    """Pinned to a day, a backtest is the one that could have been run on that day."""
    test = {"series": "sp500", "rule": "momentum", "slow": 100, "fast": 20}
    pinned = replace(desk, as_of=datetime(2010, 6, 30, 23, tzinfo=UTC))
    then = await call(pinned, "backtest", **test)
    last = json.loads(then.text)["as_of"]
    cut = await call(desk, "backtest", end=last, **test)
    assert numbers(then) == numbers(cut)
    assert last <= "2010-06-30"
    beyond = await call(pinned, "backtest", start="2011-01-01", **test)
    assert beyond.error
    assert "as of that day" in beyond.text


@pytest.mark.parametrize("rule", ["moving_average", "momentum", "breakout", "mean_reversion"])
async def test_every_rule_runs_and_is_told_beside_holding(
    desk: ToolContext, call: Call, rule: str
) -> None:
    outcome = await call(
        desk, "backtest", series="sp500", rule=rule, start="2008-01-01", short=True
    )
    got = numbers(outcome)
    assert got["trades"] > 0
    assert got["costs"] > 0
    assert got["sharpe_error"] > 0
    assert "each variant that was tried" in outcome.text
    assert json.loads(outcome.text)["artifacts"]


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ({"rule": "moving_average", "fast": 200, "slow": 20}, "short window is not shorter"),
        ({"rule": "momentum", "slow": 900, "start": "2016-01-01"}, "sample is too short"),
        ({"rule": "momentum", "cost_bp": -1}, "The cost is -1"),
    ],
)
async def test_tests_that_cannot_be(
    desk: ToolContext, call: Call, args: dict[str, Any], says: str
) -> None:
    outcome = await call(desk, "backtest", series="sp500", **args)
    assert outcome.error
    assert says in outcome.text
