"""Series that say nothing: constant ones, a few observations, zeros in the place of missing values."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from bullpen_tools.context import LocalFile, ToolContext
from bullpen_tools.tool import Outcome

Call = Callable[..., Awaitable[Outcome]]
WAVE = [100 + 10 * math.sin(i / 5) + i / 50 for i in range(120)]


async def bring(call: Call, ctx: ToolContext, name: str, numbers: list[float]) -> None:
    days = [date(2024, 1, 1) + timedelta(days=i) for i in range(2 * len(numbers))]
    worked = [day for day in days if day.weekday() < 5]
    rows = "\n".join(f"{day},{value}" for day, value in zip(worked, numbers, strict=False))
    data = f"date,{name}\n{rows}\n".encode()
    path = ctx.artifacts.parent / f"{name}.csv"
    path.write_bytes(data)
    file = LocalFile(
        name=f"{name}.csv",
        path=path,
        mimetype="",
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
    )
    outcome = await call(replace(ctx, files=(file,)), "import_csv", name=file.name, unit="usd")
    assert not outcome.error, outcome.text


@pytest.mark.parametrize(
    ("tool", "args", "reason"),
    [
        ("break_test", {"series": "flat"}, "does not vary"),
        ("stationarity", {"series": "flat"}, "does not vary"),
        ("factor_beta", {"series": "wave", "factor": "flat"}, "does not change"),
        ("portfolio_weights", {"series": ["wave", "flat"]}, "never changes"),
        ("regression", {"y": "wave", "x": ["flat"]}, "does not vary"),
    ],
)
async def test_a_constant_series_is_refused_with_the_reason(
    ctx: ToolContext, call: Call, tool: str, args: dict[str, Any], reason: str
) -> None:
    await bring(call, ctx, "flat", [5.0] * 120)
    await bring(call, ctx, "wave", WAVE)
    outcome = await call(ctx, tool, **args)
    assert outcome.error
    assert reason in outcome.text
    assert "fault of the tool" not in outcome.text


async def test_the_risk_of_a_constant_series_has_no_shape(ctx: ToolContext, call: Call) -> None:
    await bring(call, ctx, "flat", [5.0] * 120)
    outcome = await call(ctx, "risk_measures", series="flat")
    values = {key: one["value"] for key, one in json.loads(outcome.text)["values"].items()}
    assert values["volatility"] == 0
    assert [values[key] for key in ("skewness", "excess_kurtosis", "var_cornish_fisher")] == [None] * 3  # fmt: skip


async def test_a_window_that_stands_still_has_no_correlation(ctx: ToolContext, call: Call) -> None:
    await bring(call, ctx, "wave", WAVE)
    await bring(call, ctx, "stops", [100 + math.sin(i) for i in range(60)] + [100.0] * 60)
    outcome = await call(ctx, "factor_beta", series="wave", factor="stops", window=20)
    body = json.loads(outcome.text)
    # The last window with movement ends 20 returns after the last change.
    assert body["values"]["rolling_now_date"]["value"] < "2024-05-01"
    assert abs(body["values"]["rolling_now"]["value"]) > 1e-6


@pytest.mark.parametrize("tool", ["series_stats", "series_span", "series_value", "series_profile"])
async def test_zeros_for_missing_values_are_said_wherever_the_series_is_read(
    ctx: ToolContext, call: Call, tool: str
) -> None:
    await bring(call, ctx, "holed", [*WAVE[:50], 0.0, 0.0, 0.0, *WAVE[53:]])
    said = " ".join(json.loads((await call(ctx, tool, series="holed")).text)["warnings"])
    assert said.count("its zeros look like missing values") == 1
    await bring(call, ctx, "whole", WAVE)
    said = " ".join(json.loads((await call(ctx, tool, series="whole")).text)["warnings"])
    assert "zeros" not in said


@pytest.mark.parametrize(
    ("sample", "words"),
    [
        ({"numbers": [0.02, -0.01, 0.03] * 5, "kind": "returns_pct"}, "if 3 % was meant"),
        ({"numbers": [2.0, -1.0], "kind": "returns_pct"}, "2 returns say little"),
        ({"numbers": [100.0, 50.0, 100.0], "kind": "prices"}, "2 returns say little"),
    ],
)
async def test_samples_that_tell_little_say_so(
    ctx: ToolContext, call: Call, sample: dict[str, Any], words: str
) -> None:
    outcome = await call(ctx, "sample_statistics", **sample)
    assert words in " ".join(json.loads(outcome.text)["warnings"])


@pytest.mark.parametrize(("per_year", "words"), [(12, "a year"), (None, "per period")])
async def test_ratios_say_of_which_period_they_are(
    ctx: ToolContext, call: Call, per_year: float | None, words: str
) -> None:
    returns = [2.0, -1.0, 3.0, -4.0] * 4
    outcome = await call(
        ctx, "sample_statistics", numbers=returns, kind="returns_pct", periods_per_year=per_year, benchmark=returns
    )  # fmt: skip
    values = json.loads(outcome.text)["values"]
    for key in ("growth", "volatility", "sharpe", "sortino", "alpha", "tracking_error"):
        assert words in values[key]["label"], key
