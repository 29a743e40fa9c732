from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bullpen_tools.context import ToolContext
from bullpen_tools.tool import Outcome

Call = Callable[..., Awaitable[Outcome]]


def body(outcome: Outcome) -> dict[str, Any]:
    assert not outcome.error, outcome.text
    return json.loads(outcome.text)


@pytest.mark.parametrize(
    ("exchange", "day", "open_", "following"),
    [
        ("XNYS", "2024-07-04", False, "2024-07-05"),
        ("nyse", "2024-07-03", True, "2024-07-05"),
        ("london", "2024-12-26", False, "2024-12-27"),
        ("tokyo", "2024-01-03", False, "2024-01-04"),
    ],
)
async def test_sessions(
    ctx: ToolContext, call: Call, exchange: str, day: str, open_: bool, following: str
) -> None:
    found = body(await call(ctx, "trading_sessions", exchange=exchange, start=day))["values"]
    assert (found["is_session"]["value"], found["next_session"]["value"]) == (open_, following)


async def test_a_year_of_new_york(ctx: ToolContext, call: Call) -> None:
    found = body(await call(ctx, "trading_sessions", start="2024-01-01", end="2024-12-31"))
    assert found["values"]["sessions"]["value"] == 252
    assert found["values"]["closed_weekdays"]["value"] == 10
    assert ["2024-03-29", "Friday"] in found["table"]


@pytest.mark.parametrize(
    ("contract", "start", "dates"),
    [
        # The exchanges' own calendars for 2024 and 2025.
        ("equity_options", "2024-01-01", ["2024-01-19", "2024-02-16", "2024-03-15", "2024-04-19"]),
        ("equity_options", "2025-04-01", ["2025-04-17", "2025-05-16"]),
        ("vix_futures", "2024-01-01", ["2024-01-17", "2024-02-14", "2024-03-20", "2024-04-17", "2024-05-22", "2024-06-18"]),
        ("imm", "2024-03-01", ["2024-03-20", "2024-04-17"]),
        ("wti_futures", "2024-01-01", ["2024-01-22", "2024-02-20", "2024-03-20"]),
        ("wti_futures", "2020-04-01", ["2020-04-21", "2020-05-19"]),
        ("gold_futures", "2024-02-01", ["2024-02-27", "2024-03-26"]),
        ("comex_options", "2024-01-01", ["2024-01-25"]),
    ],
)  # fmt: skip
async def test_expiries(
    ctx: ToolContext, call: Call, contract: str, start: str, dates: list[str]
) -> None:
    found = body(await call(ctx, "expiries", contract=contract, start=start, count=len(dates)))
    assert [row[1] for row in found["table"][1:]] == dates


async def test_what_is_no_exchange_and_no_span(ctx: ToolContext, call: Call) -> None:
    assert "There is no calendar for" in (await call(ctx, "trading_sessions", exchange="moon")).text
    assert (
        "That span has no calendar"
        in (await call(ctx, "trading_sessions", start="1901-01-01")).text
    )
    assert (
        "It ends before it begins"
        in (await call(ctx, "trading_sessions", start="2024-02-01", end="2024-01-01")).text
    )
