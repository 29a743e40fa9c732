from __future__ import annotations

import asyncio
import csv
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.image import imread

from bullpen_memory.records import Observation, SeriesInfo
from bullpen_tools.context import Artifact, ToolContext
from bullpen_tools.tool import Outcome

Call = Callable[..., Awaitable[Outcome]]


def picture(outcome: Outcome) -> Artifact:
    assert not outcome.error, outcome.text
    assert outcome.receipt is not None
    [artifact] = outcome.receipt.result.artifacts
    content = Path(artifact.path).read_bytes()
    assert content.startswith(b"\x89PNG")
    assert hashlib.sha256(content).hexdigest() == artifact.sha256
    assert artifact.sha256[:12] in artifact.name
    assert len(artifact.alt) > 40
    return artifact


def rows(artifact: Artifact) -> list[list[str]]:
    with Path(artifact.path).with_suffix(".csv").open(encoding="utf-8") as file:
        return list(csv.reader(file))


def has_colour(artifact: Artifact, colour: tuple[int, int, int]) -> bool:
    pixels = np.round(imread(artifact.path)[:, :, :3] * 255)
    return bool((np.abs(pixels - np.array(colour)).max(axis=2) <= 4).sum() > 200)


async def butterfly(ctx: ToolContext, call: Call) -> str:
    outcome = await call(
        ctx, "strategy_payoff", structure="call_butterfly", strikes=[70, 90, 110], cost=2.5,
        underlying="SLV June",
    )  # fmt: skip
    assert outcome.receipt is not None
    return outcome.receipt.id


async def test_the_payoff_chart_is_drawn_from_the_receipt(ctx: ToolContext, call: Call) -> None:
    receipt = await butterfly(ctx, call)
    artifact = picture(await call(ctx, "payoff_chart", receipt=receipt))
    assert artifact.title == "SLV June 70-90-110 call butterfly at expiry"
    assert "72.50, 107.50" in artifact.alt
    assert ["90.0", "20.0", "17.5"] in rows(artifact)
    assert has_colour(artifact, (18, 53, 91))  # the line
    again = picture(await call(ctx, "payoff_chart", receipt=receipt))
    assert again.path == artifact.path


@pytest.mark.parametrize(
    "args",
    [
        {"structure": "straddle", "strikes": [70], "cost": 7},
        {"structure": "iron_condor", "strikes": [90, 95, 105, 110], "cost": -2},
        {"structure": "collar", "strikes": [95, 110], "cost": 100},
        {"structure": "call", "strikes": [0.0001], "cost": 0},
        {"structure": "call_butterfly", "strikes": [70, 90, 110]},
        {"legs": [{"kind": "underlying", "quantity": 1}], "cost": 50},
        {"legs": [{"kind": "underlying", "quantity": -1}]},
        {"structure": "call_condor", "strikes": [10000, 10001, 10002, 20000], "cost": 0.5},
    ],
)
async def test_every_kind_of_payoff_can_be_drawn(
    ctx: ToolContext, call: Call, args: dict[str, Any]
) -> None:
    priced = await call(ctx, "strategy_payoff", **args)
    assert priced.receipt is not None
    picture(await call(ctx, "payoff_chart", receipt=priced.receipt.id, title="Costs $5 or $6_x^2"))


async def test_only_a_visible_payoff_receipt_is_drawn(ctx: ToolContext, call: Call) -> None:
    private = replace(
        ctx, home="channel:C9", scopes=frozenset({"workspace", "channel:C9"}), agent="architect"
    )
    hidden = await butterfly(private, call)
    outcome = await call(ctx, "payoff_chart", receipt=hidden)
    assert outcome.error
    assert f"no receipt {hidden} here" in outcome.text
    failed = await call(ctx, "strategy_payoff")
    assert failed.receipt is not None
    outcome = await call(ctx, "payoff_chart", receipt=failed.receipt.id)
    assert "holds no payoff" in outcome.text
    assert not ctx.artifacts.exists()


@pytest.mark.parametrize(
    ("args", "title", "columns"),
    [
        ({"series": ["oil"]}, "WTI crude oil", 2),
        ({"series": ["oil", "S&P 500"], "transform": "rolling_vol"}, "Rolling volatility of WTI crude oil and S&P 500", 3),
        ({"series": ["oil", "spx", "nasdaq"], "transform": "index", "start": "2008-01-01"}, "WTI crude oil, S&P 500 and NASDAQ Composite, rebased to 100", 4),
        ({"series": ["spx"], "transform": "drawdown"}, "Drawdown of S&P 500", 2),
        ({"series": ["oil"], "transform": "returns", "end": "1990-12-31"}, "Returns of WTI crude oil", 2),
        ({"series": ["aaa", "baa"], "title": "Spreads"}, "Spreads", 3),
        ({"series": ["copper"]}, "World copper price", 2),
    ],
)  # fmt: skip
async def test_every_transform_is_drawn(
    desk: ToolContext, call: Call, args: dict[str, Any], title: str, columns: int
) -> None:
    outcome = await call(desk, "series_chart", **args)
    artifact = picture(outcome)
    assert artifact.title == title
    table = rows(artifact)
    assert len(table[0]) == columns
    assert table[-1][0] == outcome.receipt.result.as_of.isoformat()  # type: ignore[union-attr]
    assert len(outcome.receipt.result.data) == columns - 1  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ({"series": ["oil", "spx"]}, "different units"),
        ({"series": ["baa"], "transform": "returns"}, "no returns"),
        ({"series": []}, "`series`"),
        ({"series": ["oil"], "transform": "pie"}, "`transform`"),
        ({"series": ["oil"], "transform": "rolling_vol", "start": "2018-12-20"}, "nothing to draw"),
        ({"series": ["atlantis"]}, "no series “atlantis”"),
    ],
)
async def test_what_cannot_be_drawn_is_refused(
    desk: ToolContext, call: Call, args: dict[str, Any], said: str
) -> None:
    outcome = await call(desk, "series_chart", **args)
    assert outcome.error
    assert said in outcome.text
    assert not desk.artifacts.exists()


async def test_made_up_data_are_stamped(ctx: ToolContext, call: Call) -> None:
    def fill(name: str, kind: Any) -> None:
        info = SeriesInfo(
            id=name, title="Toy index", unit="index", frequency="daily", source="test",
            licence="none", kind=kind,
        )  # fmt: skip
        known = datetime(2024, 2, 1, tzinfo=UTC)
        ctx.market.put(
            info, [Observation(f"2024-01-{d:02}", 100.0 + d, known) for d in range(1, 29)]
        )

    fill("made_up", "synthetic")
    fill("measured", "observed")
    stamped = picture(await call(ctx, "series_chart", series=["made_up"]))
    clean = picture(await call(ctx, "series_chart", series=["measured"]))
    stamp = (245, 220, 221)  # the stamp's red, at its transparency, on white
    assert has_colour(stamped, stamp)
    assert not has_colour(clean, stamp)
    assert stamped.alt.startswith("Synthetic data.")


async def test_charts_may_be_drawn_in_many_threads_at_once(desk: ToolContext, call: Call) -> None:
    outcomes = await asyncio.gather(
        *(
            call(desk, "series_chart", series=["spx"], end=f"20{year:02}-12-31")
            for year in range(8, 14)
        )
    )
    assert len({picture(outcome).sha256 for outcome in outcomes}) == 6
