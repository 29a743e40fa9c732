"""Tails, GARCH, beta, volatility targets and portfolios."""

from __future__ import annotations

import json
import math
from collections.abc import Awaitable, Callable
from typing import Any

import numpy as np
import pytest

from bullpen_tools.context import ToolContext
from bullpen_tools.figures import conflicts
from bullpen_tools.quant import tails
from bullpen_tools.tool import Outcome

Call = Callable[..., Awaitable[Outcome]]


def numbers(outcome: Outcome) -> dict[str, Any]:
    assert not outcome.error, outcome.text
    return {key: item["value"] for key, item in json.loads(outcome.text)["values"].items()}


# J. C. Hull, Options, Futures, and Other Derivatives, chapter "Value at risk and expected shortfall".
@pytest.mark.parametrize(
    ("amount", "daily", "published"), [(10_000_000, 0.02, 465_300), (5_000_000, 0.01, 116_300)]
)
def test_hulls_value_at_risk(amount: float, daily: float, published: float) -> None:
    assert amount * (tails.normal(0, daily, 0.99).var or 0) == pytest.approx(published, abs=60)


def test_the_normal_shortfall_is_that_of_mcneil_frey_and_embrechts() -> None:
    """Quantitative Risk Management, example 2.14: at 95 % the ratio of ES to VaR is 1.25, at 99 % 1.15."""
    for confidence, ratio in ((0.95, 1.25), (0.99, 1.15)):
        tail = tails.normal(0, 1, confidence)
        assert (tail.shortfall or 0) / (tail.var or 1) == pytest.approx(ratio, abs=0.005)


# NIST, Statistical Reference Datasets, Norris: certified to eleven digits.
NORRIS = """
0.1 0.2|338.8 337.4|118.1 118.2|888.0 884.6|9.2 10.1|228.1 226.5|668.5 666.3|998.5 996.3|449.1 448.6
778.9 777.0|559.2 558.2|0.3 0.4|0.1 0.6|778.1 775.5|668.8 666.9|339.3 338.0|448.9 447.5|10.8 11.6
557.7 556.0|228.3 228.1|998.0 995.8|888.8 887.6|119.6 120.2|0.3 0.3|0.6 0.3|557.6 556.8|339.3 339.1
888.0 887.2|998.5 999.0|778.9 779.0|10.2 11.1|117.6 118.3|228.9 229.2|668.4 669.1|449.2 448.9|0.2 0.5
"""


def test_the_line_through_norris_is_the_certified_one() -> None:
    pairs = [
        [float(n) for n in pair.split()] for pair in NORRIS.strip().replace("\n", "|").split("|")
    ]
    y, x = np.array(pairs).T
    line = tails.slope(y, x)
    assert line is not None
    assert line.beta == pytest.approx(1.00211681802045, rel=1e-11)
    assert line.alpha == pytest.approx(-0.262323073774029, rel=1e-9)
    assert line.r_squared == pytest.approx(0.999993745883712, rel=1e-11)


def test_the_robust_error_agrees_with_statsmodels() -> None:
    import statsmodels.api as sm

    rng = np.random.default_rng(1)
    x = rng.standard_normal(400)
    noise = np.convolve(rng.standard_normal(402), [1, 0.6, 0.3], "valid")
    y = 0.1 + 1.7 * x + noise * (1 + 0.5 * np.abs(x))
    ours = tails.slope(y, x)
    assert ours is not None
    fitted = sm.OLS(y, sm.add_constant(x)).fit(
        cov_type="HAC", cov_kwds={"maxlags": ours.lags, "use_correction": True}
    )
    assert ours.beta == pytest.approx(float(fitted.params[1]), rel=1e-10)
    assert ours.error == pytest.approx(float(fitted.bse[1]), rel=1e-8)


def test_the_ewma_recursion_is_hulls() -> None:
    """Hull, "Estimating volatilities": variance = decay * variance + (1 - decay) * return squared."""
    returns = np.random.default_rng(2).standard_normal(3000) * 0.01
    before, after = tails.ewma_deviation(returns[:-1]), tails.ewma_deviation(returns)
    assert before is not None
    expected = 0.94 * before**2 + 0.06 * float(returns[-1]) ** 2
    assert (after or 0) ** 2 == pytest.approx(expected, rel=1e-9)


async def test_the_tail_of_oil(desk: ToolContext, call: Call) -> None:
    got = numbers(await call(desk, "risk_measures", series="oil", confidence_pct=99))
    assert got["es_historical"] > got["var_historical"] > got["var_normal"] > 0
    assert got["rolling_low"] <= got["rolling_now"] <= got["rolling_high"]
    assert got["worst_date"] == "1991-01-17"  # the night the Gulf war began
    few = await call(desk, "risk_measures", series="oil", start="2018-10-01", confidence_pct=99)
    assert numbers(few)["var_historical"] is None
    assert "too few returns" in few.text


async def test_one_fact_has_one_value(desk: ToolContext, call: Call) -> None:
    receipts = [
        (await call(desk, tool, series="oil")).receipt for tool in ("risk_measures", "series_stats")
    ]
    known = [receipt for receipt in receipts if receipt is not None]
    assert [r.result.values["volatility"].entity for r in known] == ["wti", "wti"]
    assert conflicts(known) == []


async def test_garch_forecasts_return_to_the_long_run(desk: ToolContext, call: Call) -> None:
    got = numbers(await call(desk, "garch_volatility", series="sp500", start="2012-01-01"))
    ends = sorted((got["volatility_now"], got["volatility_long_run"]))
    assert ends[0] <= got["volatility_ahead"] <= ends[1]
    lasting = got["alpha"] + got["beta"]
    assert got["half_life"] == pytest.approx(math.log(0.5) / math.log(lasting))


async def test_beta_has_an_interval_and_a_named_factor(desk: ToolContext, call: Call) -> None:
    got = numbers(await call(desk, "factor_beta", series="oil", factor="sp500", start="2010-01-01"))
    assert got["beta_low"] < got["beta"] < got["beta_high"]
    assert got["explained"] == pytest.approx(100 * got["correlation"] ** 2)


async def test_14_a_volatility_target_on_ones_own_series(desk: ToolContext, call: Call) -> None:
    outcome = await call(
        desk, "volatility_target", target_pct=30, factor="oil",
        holdings=[{"series": "oil", "weight_pct": 70}, {"series": "sp500", "weight_pct": 30}],
    )  # fmt: skip
    got = numbers(outcome)
    assert got["leverage"] * got["volatility_now"] == pytest.approx(30)
    assert got["risk_wti"] + got["risk_sp500"] == pytest.approx(100)
    body = json.loads(outcome.text)
    assert body["table"][0] == ["year", "correlation", "returns"]
    assert body["artifacts"]


async def test_a_capped_target_says_so(desk: ToolContext, call: Call) -> None:
    book = [{"series": "sp500", "weight_pct": 10}]
    outcome = await call(desk, "volatility_target", target_pct=40, holdings=book, max_leverage=2)
    assert numbers(outcome)["leverage"] == 2
    assert "capped" in outcome.text


@pytest.mark.parametrize(
    ("tool", "args", "says"),
    [
        ("risk_measures", {"series": "oil", "confidence_pct": 0.99}, "confidence of 0.99"),
        ("risk_measures", {"series": "oil", "window": 2}, "window of 2"),
        ("garch_volatility", {"series": "sp500", "start": "2018-06-01"}, "at least 251"),
        ("factor_beta", {"series": "oil", "factor": "oil"}, "nothing to compare"),
        ("volatility_target", {"holdings": [{"series": "oil", "weight_pct": 100}], "target_pct": 0}, "The target is 0"),
        ("portfolio_weights", {"series": ["oil", "sp500"], "max_weight_pct": 30, "method": "minimum_variance"}, "do not add up"),
    ],
)  # fmt: skip
async def test_what_cannot_be_is_refused(
    desk: ToolContext, call: Call, tool: str, args: dict[str, Any], says: str
) -> None:
    outcome = await call(desk, tool, **args)
    assert outcome.error, outcome.text
    assert says in outcome.text


HULL = [
    {"name": "Microsoft", "amount": 10_000_000, "daily_volatility_pct": 2},
    {"name": "AT&T", "amount": 5_000_000, "daily_volatility_pct": 1},
]


async def test_hulls_two_asset_portfolio(ctx: ToolContext, call: Call) -> None:
    """Hull, "Value at risk": correlation 0.3, ten days, 99 %; he rounds the quantile to 2.33."""
    got = numbers(
        await call(ctx, "position_var", positions=HULL, correlation=0.3, days=10, confidence_pct=99)
    )
    assert got["var"] == pytest.approx(1_622_657, rel=0.002)
    assert got["var_1"] == pytest.approx(1_473_621, rel=0.002)
    assert got["var_2"] == pytest.approx(368_405, rel=0.002)
    assert got["diversification"] == pytest.approx(219_369, rel=0.003)
    assert got["share_1"] + got["share_2"] == pytest.approx(100)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({}, "move together is not clear"),
        ({"correlation": -1.2}, "cannot hold together"),
        ({"correlations": [[1, 0.3], [0.2, 1]]}, "no correlation matrix"),
        ({"correlations": [[1.0]]}, "do not fit the positions"),
        ({"correlation": 0.3, "days": 0}, "The horizon is 0"),
        ({"positions": [{"name": "x", "amount": 1}]}, "volatility of x is not clear"),
    ],
)
async def test_positions_that_cannot_be(
    ctx: ToolContext, call: Call, change: dict[str, Any], says: str
) -> None:
    outcome = await call(ctx, "position_var", **({"positions": HULL} | change))
    assert outcome.error
    assert says in outcome.text


@pytest.mark.slow
async def test_risk_parity_gives_each_line_the_same_risk(desk: ToolContext, call: Call) -> None:
    got = numbers(await call(desk, "portfolio_weights", series=["oil", "sp500", "nasdaq"]))
    shares = [value for key, value in got.items() if key.startswith("risk_")]
    assert shares == pytest.approx([100 / 3] * 3, abs=0.1)
    least = numbers(
        await call(
            desk, "portfolio_weights", series=["oil", "sp500", "nasdaq"], method="minimum_variance"
        )
    )
    assert least["volatility"] < got["volatility"]
