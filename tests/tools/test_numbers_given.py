"""Statistics of numbers in the question: against arithmetic done by hand, and refusals."""

from __future__ import annotations

import json
import math
from collections.abc import Awaitable, Callable
from typing import Any

import numpy as np
import pytest

from bullpen_tools.context import ToolContext
from bullpen_tools.tool import Outcome

Call = Callable[..., Awaitable[Outcome]]


async def got(call: Call, ctx: ToolContext, tool: str, **args: Any) -> dict[str, Any]:
    outcome = await call(ctx, tool, **args)
    assert not outcome.error, outcome.text
    return {key: one["value"] for key, one in json.loads(outcome.text)["values"].items()}


async def test_performance_by_hand(ctx: ToolContext, call: Call) -> None:
    # 100, 110, 99, 108.9: two rises and one fall of a tenth.
    by_price = await got(
        call, ctx, "sample_statistics", numbers=[100, 110, 99, 108.9], kind="prices"
    )
    by_return = await got(call, ctx, "sample_statistics", numbers=[10, -10, 10], kind="returns_pct")
    assert by_price == by_return
    assert by_price["mean"] == pytest.approx(10 / 3)
    assert by_price["total_return"] == pytest.approx(8.9)
    assert by_price["max_drawdown"] == pytest.approx(10)
    assert by_price["growth"] == pytest.approx((1.089 ** (1 / 3) - 1) * 100)
    assert by_price["sharpe"] == pytest.approx((10 / 3) / math.sqrt(400 / 3))
    assert by_price["sortino"] == pytest.approx((10 / 3) / math.sqrt(100 / 3))
    assert by_price["kelly"] == pytest.approx((0.1 / 3) / (0.04 / 3))
    yearly = await got(
        call, ctx, "sample_statistics", numbers=[10, -10, 10], kind="returns_pct", periods_per_year=12, riskless_pct=12
    )  # fmt: skip
    assert yearly["sharpe"] == pytest.approx((10 / 3 - 1) / math.sqrt(400 / 3) * math.sqrt(12))


async def test_against_a_benchmark(ctx: ToolContext, call: Call) -> None:
    rng = np.random.default_rng(3)
    market = rng.normal(0.5, 4, 60)
    fund = 0.2 + 1.3 * market
    both = await got(
        call, ctx, "sample_statistics", numbers=fund.tolist(), benchmark=market.tolist(), kind="returns_pct"
    )  # fmt: skip
    assert both["beta"] == pytest.approx(1.3)
    assert both["alpha"] == pytest.approx(0.2)
    assert both["correlation"] == pytest.approx(1)
    active = fund - market
    assert both["tracking_error"] == pytest.approx(active.std(ddof=1))
    assert both["information_ratio"] == pytest.approx(active.mean() / active.std(ddof=1))


async def test_the_tail_of_a_hundred_losses(ctx: ToolContext, call: Call) -> None:
    losses = await got(
        call, ctx, "sample_statistics", numbers=[-float(n) / 10 for n in range(1, 101)], kind="returns_pct"
    )  # fmt: skip
    # The fifth worst of a hundred, and the mean of the five worst.
    assert losses["var_historical"] == pytest.approx(9.6)
    assert losses["es_historical"] == pytest.approx(9.8)
    few = await got(call, ctx, "sample_statistics", numbers=[1, -1, 2], kind="returns_pct")
    assert "var_historical" not in few


async def test_a_constant_sample_has_no_ratios(ctx: ToolContext, call: Call) -> None:
    flat = await got(call, ctx, "sample_statistics", numbers=[1, 1, 1], kind="returns_pct", benchmark=[2, 2, 2])  # fmt: skip
    for key in ("sharpe", "autocorrelation", "skewness", "kelly", "beta", "information_ratio"):
        assert flat[key] is None, key
    assert flat["deviation"] == 0


async def test_a_fit_agrees_with_numpy(ctx: ToolContext, call: Call) -> None:
    rng = np.random.default_rng(11)
    x, z = rng.normal(size=40), rng.normal(size=40)
    y = 1 + 2 * x - 3 * z + rng.normal(size=40) / 10
    fit = await got(
        call, ctx, "linear_fit", y=y.tolist(), x=[{"name": "x", "values": x.tolist()}, {"name": "z", "values": z.tolist()}]
    )  # fmt: skip
    expected, rest, *_ = np.linalg.lstsq(np.column_stack([np.ones(40), x, z]), y, rcond=None)
    assert [fit["b0"], fit["b1"], fit["b2"]] == pytest.approx(list(expected), rel=1e-11)
    assert fit["residual_sum"] == pytest.approx(float(rest[0]), rel=1e-11)
    assert fit["f"] == pytest.approx(fit["r_squared"] / 2 / ((1 - fit["r_squared"]) / 37), rel=1e-9)
    assert fit["p_b1"] < 1e-20


async def test_exceptions_that_cluster(ctx: ToolContext, call: Call) -> None:
    spread = [n % 20 == 0 for n in range(200)]
    packed = [n < 10 for n in range(200)]
    terms = {"days": 200, "exceptions": 10, "confidence_pct": 95}
    calm = await got(call, ctx, "var_backtest", **terms, hits=spread)
    storm = await got(call, ctx, "var_backtest", **terms, hits=packed)
    assert calm["kupiec"] == pytest.approx(0, abs=1e-12)
    assert calm["rejected"] is False
    assert calm["independence_p"] > 20
    assert storm["independence_p"] < 1e-6
    assert storm["conditional"] == pytest.approx(storm["independence"], abs=1e-12)
    none = await got(call, ctx, "var_backtest", days=250, exceptions=0)
    assert none["zone"] == "green"
    assert none["tail"] == 100
    assert (await got(call, ctx, "var_backtest", days=250, exceptions=10))["multiplier"] == 4


async def test_the_parts_of_a_brier_score(ctx: ToolContext, call: Call) -> None:
    stated = [10] * 10 + [80] * 5
    came = [True, *[False] * 9, True, True, True, True, False]
    score = await got(call, ctx, "forecast_score", probabilities_pct=stated, outcomes=came)
    assert score["reliability"] == pytest.approx(0, abs=1e-15)
    parts = score["reliability"] - score["resolution"] + score["uncertainty"]
    assert score["brier"] == pytest.approx(parts)
    assert score["brier"] == pytest.approx((0.81 + 9 * 0.01 + 4 * 0.04 + 0.64) / 15)
    sure = await got(
        call, ctx, "forecast_score", probabilities_pct=[100, 0], outcomes=[True, False]
    )
    assert (sure["brier"], sure["log_score"]) == (0, 0)
    wrong = await got(call, ctx, "forecast_score", probabilities_pct=[100], outcomes=[False])
    assert (wrong["brier"], wrong["log_score"], wrong["skill"]) == (1, None, None)


@pytest.mark.parametrize(
    ("tool", "args", "says"),
    [
        ("sample_statistics", {"numbers": [1]}, "has 1 entries; it takes at least 2"),
        ("sample_statistics", {"numbers": [5, -120], "kind": "returns_pct"}, "It loses everything or more"),
        ("sample_statistics", {"numbers": [5, 0], "kind": "prices"}, "price is not above zero"),
        ("sample_statistics", {"numbers": [1, 2], "kind": "returns_pct", "benchmark": [1]}, "another length"),
        ("linear_fit", {"y": [1, 2], "x": [{"values": [1, 2, 3]}]}, "different lengths"),
        ("linear_fit", {"y": [1, 2], "x": [{"values": [1, 1]}]}, "depend on each other"),
        ("linear_fit", {"y": [1, 2], "x": [{"values": [1, 2]}, {"values": [3, 5]}]}, "do not determine"),
        ("linear_fit", {"y": [1, 2, 3], "x": [{"values": [1, 2, 3]}] * 2, "powers": 2}, "Powers are of one"),
        ("linear_fit", {"y": [1.0] * 5000, "x": [{"values": [1.0] * 5000}] * 4}, "too large"),
        ("var_backtest", {"days": 5, "exceptions": 6}, "cannot be"),
        ("var_backtest", {"days": 3, "exceptions": 1, "hits": [True, True, False]}, "do not fit"),
        ("forecast_score", {"probabilities_pct": [50, 50], "outcomes": [True]}, "different lengths"),
        ("forecast_score", {"probabilities_pct": [150], "outcomes": [True]}, "outside 0 to 100"),
    ],
)  # fmt: skip
async def test_what_cannot_be_is_refused(
    ctx: ToolContext, call: Call, tool: str, args: dict[str, Any], says: str
) -> None:
    outcome = await call(ctx, tool, **args)
    assert outcome.error
    assert says in outcome.text, outcome.text
