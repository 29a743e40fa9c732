from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from bullpen_memory.records import Observation, SeriesInfo
from bullpen_tools.context import Result, ToolContext, Value
from bullpen_tools.receipts import NewReceipt
from bullpen_tools.tool import Outcome

Call = Callable[..., Awaitable[Outcome]]
INFO = SeriesInfo(id="x", title="X", unit="usd", frequency="daily", source="test", licence="none")


def body(outcome: Outcome) -> dict[str, Any]:
    assert not outcome.error, outcome.text
    return json.loads(outcome.text)


def put(ctx: ToolContext, values: list[float], known: datetime) -> None:
    days = [date(2024, 1, 1) + timedelta(days=n) for n in range(len(values))]
    ctx.market.put(
        INFO, [Observation(d.isoformat(), v, known) for d, v in zip(days, values, strict=True)]
    )


async def test_the_same_figures_after_a_revision(ctx: ToolContext, call: Call) -> None:
    put(ctx, [1.0, 2.0, 4.0], datetime(2024, 2, 1, tzinfo=UTC))
    first = body(await call(ctx, "series_stats", series="x"))
    put(ctx, [1.0, 2.0, 9.0], datetime.now(UTC) + timedelta(seconds=1))
    found = body(await call(ctx, "replay", receipt=first["receipt"]))
    assert found["values"]["same"]["value"] is True
    assert "gives the same figures again" in found["summary"]


async def test_data_that_came_in_late_are_named(ctx: ToolContext, call: Call) -> None:
    put(ctx, [1.0, 2.0, 4.0], datetime(2024, 2, 1, tzinfo=UTC))
    first = body(await call(ctx, "series_value", series="x"))
    put(ctx, [1.0, 2.0, 4.0, 8.0], datetime(2024, 3, 1, tzinfo=UTC))
    found = body(await call(ctx, "replay", receipt=first["receipt"]))
    assert found["values"]["same"]["value"] is False
    assert "The data differ: x had 3 rows" in found["summary"]
    assert (found["values"]["before_value"]["value"], found["values"]["now_value"]["value"]) == (
        4.0,
        8.0,
    )


async def test_another_version_is_named(ctx: ToolContext, call: Call) -> None:
    put(ctx, [1.0, 2.0], datetime(2024, 2, 1, tzinfo=UTC))
    old = body(await call(ctx, "series_value", series="x"))
    receipt = ctx.receipts.get(old["receipt"])
    assert receipt is not None
    changed = receipt.result.values | {"value": Value(value=7.0, unit="usd")}
    forged = NewReceipt(
        tool="series_value", version="0", inputs=receipt.inputs, result=replace(receipt.result, values=changed), error="",
        agent="quant", run_id="r", call_key="forged", scope=ctx.home, seconds=0,
    )  # fmt: skip
    found = body(await call(ctx, "replay", receipt=ctx.receipts.add(forged).id))
    assert "The code differs: `series_value` was version 0 and is 1." in found["summary"]


async def test_what_is_not_run_twice(ctx: ToolContext, call: Call) -> None:
    def stored(tool: str, error: str = "") -> str:
        made = NewReceipt(tool=tool, version="1", inputs={}, result=Result(summary="s"), error=error, agent="quant",
                          run_id="r", call_key=f"{tool}{error}", scope=ctx.home, seconds=0)  # fmt: skip
        return ctx.receipts.add(made).id

    for receipt, said in (
        (stored("remember"), "changes what the desk holds"),
        (stored("gone"), "There is no tool `gone` any more"),
        (stored("series_stats", "It broke."), "The call failed: It broke."),
        ("r999", "There is no receipt r999"),
    ):
        outcome = await call(ctx, "replay", receipt=receipt)
        assert outcome.error
        assert said in outcome.text


async def test_another_conversations_receipt_is_not_there(ctx: ToolContext, call: Call) -> None:
    made = NewReceipt(tool="series_stats", version="1", inputs={}, result=Result(summary="s"), error="", agent="quant",
                      run_id="r", call_key="k", scope="channel:C9", seconds=0)  # fmt: skip
    outcome = await call(ctx, "replay", receipt=ctx.receipts.add(made).id)
    assert "There is no receipt" in outcome.text
