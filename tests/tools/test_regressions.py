from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest

from bullpen_memory.records import Observation, SeriesInfo
from bullpen_tools.context import ToolContext
from bullpen_tools.measures import adf_lags
from bullpen_tools.regressions import least_squares, newey_west_lags, sup_f
from bullpen_tools.tool import Outcome

Call = Callable[..., Awaitable[Outcome]]

# NIST StRD, Longley: https://www.itl.nist.gov/div898/strd/lls/data/Longley.shtml
COEFFICIENTS = (-3482258.63459582, 15.0618722713733, -0.0358191792925910, -2.02022980381683, -1.03322686717359,
                -0.0511041056535807, 1829.15146461355)  # fmt: skip
ERRORS = (890420.383607373, 84.9149257747669, 0.0334910077722432, 0.488399681651699, 0.214274163161675,
          0.226073200069370, 455.478499142212)  # fmt: skip
R2, RESIDUAL = 0.995479004577296, 304.854073561965


def body(outcome: Outcome) -> dict[str, Any]:
    assert not outcome.error, outcome.text
    return json.loads(outcome.text)


def longley() -> tuple[Any, Any]:
    from statsmodels.datasets import longley as data

    loaded = data.load_pandas()
    return loaded.endog.to_numpy(float), loaded.exog.to_numpy(float)


def put(
    ctx: ToolContext,
    name: str,
    values: Any,
    *,
    unit: str = "index",
    frequency: str = "annual",
    first: int = 1947,
) -> None:
    info = SeriesInfo(
        id=name, title=name, unit=unit, frequency=frequency, source="test", licence="none"
    )  # pyright: ignore[reportArgumentType]
    known = datetime(2020, 1, 1, tzinfo=UTC)
    step = 1 if frequency == "annual" else 0
    days = [
        date(first + n, 12, 31) if step else date.fromordinal(date(first, 1, 1).toordinal() + n)
        for n in range(len(values))
    ]
    ctx.market.put(
        info,
        [
            Observation(day.isoformat(), float(v), known)
            for day, v in zip(days, values, strict=True)
        ],
    )


def test_longley_to_the_certified_digits() -> None:
    y, x = longley()
    fit = least_squares(y, x, list("abcdef"), None)
    np.testing.assert_allclose(fit.coefficients, COEFFICIENTS, rtol=1e-9)
    np.testing.assert_allclose(fit.errors, ERRORS, rtol=1e-9)
    assert fit.r2 == pytest.approx(R2, rel=1e-12)
    assert fit.residual_deviation == pytest.approx(RESIDUAL, rel=1e-9)


async def test_longley_through_the_tool(ctx: ToolContext, call: Call) -> None:
    y, x = longley()
    put(ctx, "y", y)
    for n in range(6):
        put(ctx, f"x{n}", x[:, n])
    found = body(
        await call(
            ctx,
            "regression",
            y="y",
            x=[f"x{n}" for n in range(6)],
            transform="level",
            errors="classical",
        )
    )
    assert found["values"]["beta_x5"]["value"] == pytest.approx(COEFFICIENTS[6], rel=1e-9)
    assert found["values"]["se_x5"]["value"] == pytest.approx(ERRORS[6], rel=1e-9)
    assert any("move together" in note for note in found["warnings"])


def test_hac_errors_by_hand() -> None:
    """Newey and West (1987) written out: S = G0 + sum of (1 - l / (L + 1)) (Gl + Gl')."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=(200, 1))
    y = 1 + 2 * x[:, 0] + np.convolve(rng.normal(size=205), np.ones(6), "valid")
    fit = least_squares(y, x, ["x"], 4)
    design = np.column_stack([np.ones(200), x])
    moments = design * (y - design @ fit.coefficients)[:, None]
    s = moments.T @ moments
    for lag in range(1, 5):
        g = moments[lag:].T @ moments[:-lag]
        s += (1 - lag / 5) * (g + g.T)
    bread = np.linalg.inv(design.T @ design)
    expected = np.sqrt(np.diag(bread @ s @ bread) * 200 / 198)
    np.testing.assert_allclose(fit.errors, expected, rtol=1e-8)
    assert newey_west_lags(100) == 4


async def test_a_regression_of_trends_is_called_spurious(ctx: ToolContext, call: Call) -> None:
    rng = np.random.default_rng(1)
    for name in ("a", "b"):
        put(ctx, name, 500 + np.cumsum(rng.normal(0.5, 1, 400)), frequency="daily", first=2018)
    found = body(await call(ctx, "regression", y="a", x=["b"], transform="level"))
    assert any("spurious" in note for note in found["warnings"])


async def test_what_cannot_be_fitted(ctx: ToolContext, call: Call) -> None:
    put(ctx, "a", [1, 2, 3, 4, 5.0])
    put(ctx, "b", [1, 1, 1, 1, 1.0])
    outcome = await call(ctx, "regression", y="a", x=["b"], transform="level")
    assert outcome.error
    assert "b does not vary" in outcome.text


async def test_a_random_walk_and_its_changes(ctx: ToolContext, call: Call) -> None:
    rng = np.random.default_rng(3)
    put(ctx, "walk", 1000 + np.cumsum(rng.normal(size=600)), frequency="daily", first=2018)
    assert (
        "unit root: take changes" in body(await call(ctx, "stationarity", series="walk"))["summary"]
    )
    assert (
        "Both tests say stationary"
        in body(await call(ctx, "stationarity", series="walk", transform="change"))["summary"]
    )


def test_the_nile_broke_in_1898() -> None:
    """The flow at Aswan, 1871 to 1970 (Cobb, 1978; Zeileis et al., 2002): sup-F 75.93 after 1898."""
    from statsmodels.datasets import nile

    flow = nile.load_pandas().data["volume"].to_numpy(float)
    at, statistic = sup_f(flow)
    assert 1871 + at - 1 == 1898
    assert statistic == pytest.approx(75.93, abs=0.005)


async def test_no_break_is_an_answer(ctx: ToolContext, call: Call) -> None:
    put(ctx, "x", 10 + np.random.default_rng(11).normal(size=120), frequency="daily", first=2020)
    found = body(await call(ctx, "break_test", series="x"))
    assert found["summary"].startswith("No break")
    assert found["values"]["break"]["value"] is False


@pytest.mark.parametrize("seed", range(6))
def test_the_lags_of_the_unit_root_test_are_statsmodels_own(seed: int) -> None:
    from statsmodels.tsa.stattools import adfuller

    rng = np.random.default_rng(seed)
    moves = rng.normal(size=400)
    walk = np.cumsum(moves[2:] + 0.4 * moves[1:-1] - 0.3 * moves[:-2])
    values = walk if seed % 2 else moves[2:] + 100
    assert adf_lags(values) == adfuller(values, autolag="AIC", result_object=True).lags
