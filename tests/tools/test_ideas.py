"""Market calls through the toolbox: what is refused, what is locked, what a record proves."""

from __future__ import annotations

import json
import math
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bullpen_memory.records import Observation, SeriesInfo
from bullpen_tools import skill
from bullpen_tools.context import ToolContext
from bullpen_tools.tool import Outcome

Call = Callable[..., Awaitable[Outcome]]
TODAY = datetime.now(UTC).date()


def put(ctx: ToolContext, values: list[float], *, first: date, unit: str = "usd") -> None:
    info = SeriesInfo(
        id="silver", title="Silver", unit=unit, frequency="daily", source="test", licence="none",
        symbols=("XAG",),
    )  # fmt: skip
    days = [first + timedelta(days=i) for i in range(len(values))]
    ctx.market.put(
        info,
        [
            Observation(str(day), value, datetime(day.year, day.month, day.day, tzinfo=UTC))
            for day, value in zip(days, values, strict=True)
        ],
    )


@pytest.fixture
def silver(ctx: ToolContext) -> ToolContext:
    """150 days of a wave around 50 that ends today at 50."""
    values = [50 + 5 * math.sin(i / 7) for i in range(150)] + [50.0]
    put(ctx, values, first=TODAY - timedelta(days=150))
    return ctx


def terms(**changed: object) -> dict[str, object]:
    return {
        "instrument": "silver",
        "side": "long",
        "size": 2.0,
        "horizon": str(TODAY + timedelta(days=30)),
        "take_profit": 60.0,
        "stop_loss": 45.0,
        "probability": 60.0,
        "thesis": "Deficits for the fifth year.",
    } | changed


def read(outcome: Outcome) -> tuple[dict[str, Any], dict[str, Any]]:
    assert not outcome.error, outcome.text
    body = json.loads(outcome.text)
    return body, {key: value["value"] for key, value in body["values"].items()}


async def test_a_call_is_opened_at_the_last_value_and_remembered(
    silver: ToolContext, call: Call
) -> None:
    body, values = read(await call(silver, "idea_open", **terms()))
    assert values["idea"] == "i1"
    assert values["entry"] == 50.0
    assert values["entry_day"] == str(TODAY)
    assert 0 <= values["base_rate"] <= 100
    assert body["values"]["base_rate"]["kind"] == "derived"
    record = silver.store.get(
        next(
            ref.dataset.removeprefix("record:")
            for ref in silver.receipts.latest(silver.scopes)[0].result.data
            if ref.dataset.startswith("record:")
        )
    )
    assert record is not None
    assert (record.kind, record.author) == ("idea", "U1")
    assert record.title.startswith("Long silver at 50, target 60, stop 45, by ")
    _, again = read(await call(silver, "idea_open", **terms()))
    assert again["idea"] == "i1"


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"take_profit": None, "stop_loss": None}, "no exit rule"),
        ({"take_profit": 40.0}, "wrong side"),
        ({"side": "short"}, "wrong side"),
        ({"horizon": str(TODAY)}, "not after"),
        ({"probability": 100.0}, "must be below 100"),
        ({"size": 0.0}, "must be above 0"),
        ({"instrument": "tin"}, "no series"),
        ({"receipts": ["r99"]}, "no receipt r99"),
        ({"horizon": str(TODAY + timedelta(days=900))}, "base rate"),
    ],
)
async def test_what_cannot_be_judged_later_is_refused(
    silver: ToolContext, call: Call, changed: dict[str, object], sentence: str
) -> None:
    refused = await call(silver, "idea_open", **terms(**changed))
    assert refused.error
    assert sentence in refused.text


async def test_nobody_enters_at_a_stale_price(ctx: ToolContext, call: Call) -> None:
    put(ctx, [50.0 + i % 3 for i in range(90)], first=date(2020, 1, 1))
    stale = await call(ctx, "idea_open", **terms())
    assert stale.error
    assert "a price that old" in stale.text
    hindsight = replace(ctx, as_of=datetime(2020, 3, 1, tzinfo=UTC))
    body, _ = read(
        await call(
            hindsight, "idea_open", **terms(horizon="2020-03-20", stop_loss=None, base_rate=50.0)
        )
    )
    assert any("hindsight" in note for note in body["warnings"])
    _, resolved = read(await call(ctx, "idea_resolve"))
    assert resolved["resolved"] == 1
    _, report = read(await call(ctx, "idea_report"))
    assert (report["n"], report["hindsight"], report["hit_rate"]) == (0, 1, None)


async def test_a_call_is_resolved_by_the_data_alone(silver: ToolContext, call: Call) -> None:
    await call(silver, "idea_open", **terms())
    body, values = read(await call(silver, "idea_resolve"))
    assert (values["resolved"], values["open"]) == (0, 1)
    assert body["table"][1][2] == "open"
    put(silver, [52.0, 61.0, 30.0], first=TODAY + timedelta(days=1))
    body, values = read(await call(silver, "idea_resolve"))
    row = body["table"][1]
    assert row[2] == "hit (take profit)"
    assert (row[3], row[4]) == (str(TODAY + timedelta(days=2)), 61.0)
    assert row[5] == pytest.approx(22.0)
    _, report = read(await call(silver, "idea_report"))
    assert (report["n"], report["hits"]) == (1, 1)
    assert report["profit"] == pytest.approx(0.44)
    assert report["brier"] == pytest.approx(0.16)


async def test_a_past_horizon_without_data_waits(silver: ToolContext, call: Call) -> None:
    await call(silver, "idea_open", **terms(horizon=str(TODAY + timedelta(days=5))))
    later = replace(silver, as_of=datetime.now(UTC) + timedelta(days=9))
    body, values = read(await call(later, "idea_resolve"))
    assert values["resolved"] == 0
    assert any("waits for data" in note for note in body["warnings"])


async def test_a_rate_is_measured_in_its_own_unit(ctx: ToolContext, call: Call) -> None:
    put(
        ctx,
        [4.0 + 0.1 * (i % 5) for i in range(120)],
        first=TODAY - timedelta(days=119),
        unit="pct",
    )
    put(ctx, [3.5], first=TODAY + timedelta(days=1), unit="pct")
    asked = terms(
        side="short", take_profit=3.6, stop_loss=5.0, horizon=str(TODAY + timedelta(days=20))
    )
    pinned = replace(ctx, as_of=datetime.now(UTC))
    opened = await call(pinned, "idea_open", **asked)
    assert not opened.error, opened.text
    body, _ = read(await call(ctx, "idea_resolve"))
    assert body["table"][1][5:] == [pytest.approx(0.9), "pct"]


async def test_a_report_says_what_too_few_calls_cannot_tell(
    silver: ToolContext, call: Call
) -> None:
    for n in range(4):
        await call(
            silver, "idea_open", **terms(thesis=f"Reason {n}", take_profit=51.0, base_rate=50.0)
        )
    put(silver, [52.0], first=TODAY + timedelta(days=1))
    await call(silver, "idea_resolve")
    body, values = read(await call(silver, "idea_report"))
    assert values["hit_rate"] == 100
    assert values["luck"] == pytest.approx(6.25)
    assert values["needed"] == 5
    assert values["more"] == 1
    assert any("Too few calls" in note for note in body["warnings"])


async def test_the_record_of_the_letter(ctx: ToolContext, call: Call) -> None:
    """20 of 25 calls: the interval is Wilson's, the numbers of calls are the exact test's."""
    _, values = read(await call(ctx, "hit_rate", hits=20, n=25, against=[50.0, 55.0, 60.0]))
    assert round(values["low"]) == 61
    assert round(values["high"]) == 91
    assert [values[f"needed_{chance}"] for chance in (50, 55, 60)] == [18, 24, 36]


def test_wilson_of_published_cases() -> None:
    """Newcombe, Statistics in Medicine 17 (1998), table I, method 3 (score)."""
    for hits, n, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ):
        found = skill.wilson(hits, n)
        assert found == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


def test_luck_with_equal_chances_is_the_binomial_tail() -> None:
    tail = sum(math.comb(25, k) for k in range(20, 26)) / 2**25
    assert skill.luck(20, [0.5] * 25) == pytest.approx(tail)
    assert skill.luck(0, [0.3]) == 1.0
    assert skill.luck(1, [0.2, 0.4]) == pytest.approx(1 - 0.8 * 0.6)
    assert skill.calls_needed(0.5, 0.5) is None
