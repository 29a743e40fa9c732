"""Curves out of imported series: tenors from the columns' names, one day for all points."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from bullpen_tools.context import LocalFile, ToolContext
from bullpen_tools.quant.curve_data import tenor
from bullpen_tools.tool import Outcome

Call = Callable[..., Awaitable[Outcome]]
WTI = (
    "date,CL1 (usd/bbl),CL2 (usd/bbl),CL12 (usd/bbl)\n"
    "2026-03-03,74.0,73.4,69.0\n2026-03-04,74.5,73.8,69.2\n2026-03-05,75.0,74.2,69.5\n"
    "2026-06-01,60.5,60.4,60.2\n2026-06-02,60.0,60.0,60.0\n"
)
YIELDS = "date,3M (pct),2Y (pct),10Y (pct)\n2026-03-03,4.3,3.9,4.1\n2026-03-04,4.3,3.8,4.2\n2026-03-05,4.2,3.7,4.3\n"


async def bring(call: Call, ctx: ToolContext, name: str, text: str) -> list[str]:
    path = ctx.artifacts.parent / name
    path.write_text(text)
    file = LocalFile(
        name=name, path=path, mimetype="text/csv", sha256=hashlib.sha256(text.encode()).hexdigest(), size=len(text)
    )  # fmt: skip
    done = await call(replace(ctx, files=(file,)), "import_csv", name=name)
    assert not done.error, done.text
    return [row[0] for row in json.loads(done.text)["table"][1:]]


async def shape(call: Call, ctx: ToolContext, **args: Any) -> dict[str, Any]:
    outcome = await call(ctx, "curve_shape", **args)
    assert not outcome.error, outcome.text
    body = json.loads(outcome.text)
    return {**{k: v["value"] for k, v in body["values"].items()}, "said": " ".join(body["warnings"]), "receipt": outcome.receipt}  # fmt: skip


async def test_oil_on_two_days(ctx: ToolContext, call: Call) -> None:
    await bring(call, ctx, "wti.csv", WTI)
    got = await shape(call, ctx, family="wti", on="2026-06-02", earlier_on="5 March 2026")
    assert got["shape"] == "flat"
    assert got["earlier_shape"] == "backwardation"
    assert (got["earlier_front"], got["earlier_back"]) == (75.0, 69.5)
    assert got["change_1m"] == pytest.approx(-15.0)
    assert got["change_12m"] == pytest.approx(-9.5)
    assert {ref.dataset for ref in got["receipt"].result.data} == {
        "wti_cl1_usd_bbl",
        "wti_cl2_usd_bbl",
        "wti_cl12_usd_bbl",
    }
    latest = await shape(call, ctx, family="wti")
    assert latest["front"] == 60.0


async def test_series_by_hand_and_a_day_without_values(ctx: ToolContext, call: Call) -> None:
    names = await bring(call, ctx, "wti.csv", WTI)
    series = [{"series": names[0], "months": 1}, {"series": names[2], "months": 12}]
    got = await shape(call, ctx, series=series, on="2026-03-08")
    assert got["front"] == 75.0
    assert "no values on 2026-03-08; this is that of 2026-03-05" in got["said"]
    far = await call(ctx, "curve_shape", series=series, on="2026-05-01")
    assert far.error
    assert "the last before it is 2026-03-05" in far.text


async def test_a_curve_of_yields_rolls_nothing(ctx: ToolContext, call: Call) -> None:
    await bring(call, ctx, "treasuries.csv", YIELDS)
    got = await shape(call, ctx, family="treasuries")
    assert got["shape"].startswith("mixed: backwardation")
    assert "roll_yield" not in got
    assert got["spread"] == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("name", "months"),
    [("3M", 3), ("2Y (curve)", 24), ("10 years", 120), ("CL2 (usd)", 2), ("M12", 12), ("spot", 0), ("1.5y", 18), ("settlement", None), ("Brent", None)],
)  # fmt: skip
def test_tenors_in_names(name: str, months: float | None) -> None:
    assert tenor(name) == months


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ({"family": "cocoa"}, "0 series have these words"),
        ({"family": "wti", "points": [{"months": 1, "price": 5}, {"months": 2, "price": 5}]}, "given twice"),
        ({"points": [{"months": 1, "price": 5}]}, "At least two are needed"),
        ({}, "At least two are needed"),
        ({"family": "csv"}, "0 series"),
    ],
)  # fmt: skip
async def test_what_is_no_curve(
    ctx: ToolContext, call: Call, args: dict[str, Any], says: str
) -> None:
    await bring(call, ctx, "wti.csv", WTI)
    outcome = await call(ctx, "curve_shape", **args)
    assert outcome.error
    assert says in outcome.text, outcome.text


async def test_two_curves_of_one_name_are_asked_about(ctx: ToolContext, call: Call) -> None:
    await bring(call, ctx, "oil a.csv", WTI)
    await bring(call, ctx, "oil b.csv", WTI)
    outcome = await call(ctx, "curve_shape", family="oil")
    assert outcome.error
    assert "does not name one curve" in outcome.text
    assert not (await call(ctx, "curve_shape", family="oil b")).error
