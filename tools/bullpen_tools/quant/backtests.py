"""A rule tested on a series: decided on the past, filled at the next bar, costs paid.

The rule it protects: a decision sees a copy of the prices up to its own bar and nothing else, and is filled
one bar later; so there is nothing to peek at. One instrument, one rule; it searches no parameters.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
from pydantic import Field

from bullpen_tools import measures
from bullpen_tools.context import Result, ToolContext, Value
from bullpen_tools.histories import History, load, require_returns
from bullpen_tools.quant import pictures
from bullpen_tools.quant.answers import count, figure, not_negative, percent, refuse
from bullpen_tools.tool import Arguments, tool

Decide = Callable[[measures.Numbers], float]
"""The position wanted (1 is fully long, -1 short, 0 out) from the prices up to now, oldest first."""


@dataclass(frozen=True, slots=True)
class Track:
    """A run. `positions[i]` is held from bar i to bar i + 1; `equity` begins with 1."""

    positions: measures.Numbers
    equity: measures.Numbers
    costs: float
    trades: int


def run(prices: measures.Numbers, decide: Decide, *, warm_up: int, cost: float) -> Track:
    """Walk through the bars: what is decided on bar i is filled at bar i + 1 and earns from there.

    `decide` is given a copy of the prices up to bar i: it has no way to a later one. `cost` is a
    fraction of the value traded. `warm_up` bars pass before the first decision.
    """
    bars = len(prices)
    positions, equity = np.zeros(bars), np.ones(bars)
    held = paid = 0.0
    wanted = float(np.clip(decide(prices[:1].copy()), -1, 1)) if warm_up <= 1 else 0.0
    trades = 0
    for bar in range(1, bars):
        equity[bar] = equity[bar - 1] * (1 + held * (prices[bar] / prices[bar - 1] - 1))
        # Yesterday's decision is filled at this bar's price.
        if abs(wanted - held) > 1e-12:
            fee = abs(wanted - held) * cost
            equity[bar] *= 1 - fee
            paid += fee
            trades += 1
            held = wanted
        positions[bar] = held
        if bar + 1 >= warm_up:
            wanted = float(np.clip(decide(prices[: bar + 1].copy()), -1, 1))
        if equity[bar] <= 0:
            equity[bar:] = 0.0
            break
    return Track(positions, equity, paid, trades)


class Test(Arguments):
    """A rule and what it is tested on."""

    series: str = Field(description="Name, symbol or id of the series")
    rule: Literal["buy_and_hold", "moving_average", "momentum", "breakout", "mean_reversion"] = (
        Field(
            description="moving_average: long while the fast mean is above the slow one; momentum: long after a rise over `slow` "
            "bars; breakout: long from a new high over `slow` bars until a new low over `fast`; mean_reversion: long after a "
            "fall over `fast` bars"
        )
    )
    fast: int = Field(default=20, ge=1, le=500, description="Bars of the short window")
    slow: int = Field(default=100, ge=2, le=1000, description="Bars of the long window")
    short: bool = Field(
        default=False, description="Go short instead of out when the rule is not long"
    )
    cost_bp: float = Field(
        default=5.0, description="Cost of trading, basis points of the value traded"
    )
    start: date | None = Field(default=None, description="First day, YYYY-MM-DD")
    end: date | None = Field(default=None, description="Last day, YYYY-MM-DD")


@tool(risk="read", label="running the backtest", version="1")
def backtest(ctx: ToolContext, test: Test) -> Result:
    """Test one trading rule on one series: decided at a close, filled at the next one, with costs, on the
    data as known at the pinned day. Return, volatility, Sharpe ratio with its standard error, drawdown,
    trades and costs, beside buying and holding. Draws both.
    """
    cost = not_negative(test.cost_bp, "The cost") / 1e4
    if test.rule in ("moving_average", "breakout") and test.fast >= test.slow:
        raise refuse(
            "The short window is not shorter.",
            f"It has {test.fast} bars against {test.slow}.",
            "Let `fast` be below `slow`.",
        )
    history = load(ctx, test.series, test.start, test.end, at_least=30)
    require_returns(history)
    warm_up = 1 if test.rule == "buy_and_hold" else max(test.fast, test.slow) + 1
    if len(history.values) < warm_up + 20:
        raise refuse(
            "The sample is too short.",
            f"It has {len(history.values)} bars and the rule needs {warm_up} before its first decision.",
            "Use a longer span or shorter windows.",
        )
    track = run(history.values, _rule(test), warm_up=warm_up, cost=cost)
    held = run(history.values, lambda _: 1.0, warm_up=1, cost=cost)
    values = _measured(history, track, "", "The rule") | _measured(
        history, held, "hold_", "Buy and hold"
    )
    values |= {
        "trades": count(track.trades, "Trades"),
        "costs": percent(track.costs, "Costs paid, of capital"),
        "invested": percent(float(np.abs(track.positions).mean()), "Share of the time invested"),
        "bars": count(len(history.values), "Bars"),
    }
    words = test.rule.replace("_", " ")
    return Result(
        summary=f"Backtest of {words} on {history.info.title}, {history.dates[0]} to {history.dates[-1]}: decided at the close, filled at the next.",
        values=values,
        data=(history.ref,),
        warnings=(
            *history.warnings,
            "One rule on one past: each variant that was tried and dropped makes this result worth less.",
            "Prices only: no dividends, financing or slippage beyond the cost given.",
        ),
        artifacts=(
            pictures.draw(
                ctx,
                _picture(history, track, held, words),
                name=f"backtest {test.rule} {history.key}",
            ),
        ),
        as_of=history.dates[-1],
        known_at=history.known_at,
    )


def _rule(test: Test) -> Decide:
    out = -1.0 if test.short else 0.0
    fast, slow = test.fast, test.slow
    # A breakout must remember on which side it stands; it learns of prices only what it is given.
    side = [out]

    def breakout(past: measures.Numbers) -> float:
        if past[-1] >= past[-slow:].max():
            side[0] = 1.0
        elif past[-1] <= past[-fast:].min():
            side[0] = out
        return side[0]

    rules: dict[str, Decide] = {
        "buy_and_hold": lambda _: 1.0,
        "moving_average": lambda past: 1.0 if past[-fast:].mean() > past[-slow:].mean() else out,
        "momentum": lambda past: 1.0 if past[-1] > past[-1 - slow] else out,
        "mean_reversion": lambda past: 1.0 if past[-1] < past[-1 - fast] else out,
        "breakout": breakout,
    }
    return rules[test.rule]


def _measured(history: History, track: Track, head: str, name: str) -> dict[str, Value]:
    returns = np.diff(track.equity) / np.where(track.equity[:-1] > 0, track.equity[:-1], 1.0)
    per_year = history.per_year or 1
    years = (history.dates[-1] - history.dates[0]).days / 365.25
    deviation = measures.annualised_deviation(returns, per_year)
    sharpe = float(returns.mean()) * per_year / deviation if deviation else None
    alive = track.equity[-1] > 0
    growth = measures.growth_rate(1.0, float(track.equity[-1]), years) if alive else -1.0
    # Lo (2002): the variance of a Sharpe ratio a year over T years is (1 + SR^2 / 2) / T, roughly.
    error = (
        None
        if sharpe is None or years <= 0
        else math.sqrt((1 + sharpe * sharpe / (2 * per_year)) / years)
    )
    return {
        f"{head}total": percent(float(track.equity[-1]) - 1, f"{name}: total return"),
        f"{head}growth": percent(growth, f"{name}: return a year"),
        f"{head}volatility": percent(deviation, f"{name}: volatility a year"),
        f"{head}sharpe": figure(sharpe, "ratio", f"{name}: Sharpe ratio, without a riskless rate"),
        f"{head}sharpe_error": figure(
            error, "ratio", f"{name}: standard error of the Sharpe ratio"
        ),
        f"{head}drawdown": percent(
            float((track.equity / np.maximum.accumulate(track.equity)).min()) - 1,
            f"{name}: worst drawdown",
        ),
    }


def _picture(history: History, track: Track, held: Track, words: str) -> pictures.Picture:
    when = [day.year + (day.timetuple().tm_yday - 1) / 365.25 for day in history.dates]
    step = max(1, len(when) // 1500)
    return pictures.Picture(
        title=f"{words.capitalize()} on {history.info.title}",
        subtitle="Growth of 1, after costs; decided at the close, filled at the next",
        source=f"Source: {history.info.id}, {history.dates[0]} to {history.dates[-1]}",
        x_label="year",
        lines=[
            pictures.Line("rule", when[::step], track.equity[::step].tolist()),
            pictures.Line("hold", when[::step], held.equity[::step].tolist()),
        ],
        whole=True,
    )
