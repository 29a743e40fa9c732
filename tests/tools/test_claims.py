"""A claim is held against receipts: by its tolerance, and with what it does not say."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

import pytest

from bullpen_tools.context import ToolContext
from bullpen_tools.tool import Outcome

Call = Callable[..., Awaitable[Outcome]]


@pytest.fixture
async def butterfly(ctx: ToolContext, call: Call) -> str:
    outcome = await call(
        ctx, "strategy_payoff", structure="call_butterfly", strikes=[70.0, 90.0, 110.0], cost=2.5
    )
    assert outcome.receipt is not None
    return outcome.receipt.id


@pytest.mark.parametrize(
    ("claimed", "missing", "verdict"),
    [
        (17.5, [], "reproduced"),
        (17.55, [], "reproduced"),
        (18.0, [], "does not hold as written"),
        (None, [], "does not hold as written"),
        (17.5, ["the expiry"], "incomplete"),
        (18.0, ["the expiry"], "does not hold as written"),
    ],
)
async def test_the_verdict_follows_from_the_figures(
    ctx: ToolContext,
    call: Call,
    butterfly: str,
    claimed: float | None,
    missing: list[str],
    verdict: str,
) -> None:
    outcome = await call(
        ctx,
        "check_claim",
        claim="The most it makes is 17.50",
        figures=[{"figure": f"{butterfly}.max_profit", "claimed": claimed}],
        missing=missing,
    )
    assert not outcome.error, outcome.text
    body = json.loads(outcome.text)
    assert body["values"]["verdict"]["value"] == verdict
    assert body["values"]["found_1"]["value"] == 17.5
    assert len(body["warnings"]) == len(missing)


@pytest.mark.parametrize(
    ("figure", "sentence"),
    [("r99.max_profit", "no figure"), ("max_profit", "no figure"), ("{r}.nope", "holds:")],
)
async def test_a_figure_that_is_not_there_is_told(
    ctx: ToolContext, call: Call, butterfly: str, figure: str, sentence: str
) -> None:
    refused = await call(
        ctx,
        "check_claim",
        claim="It makes 17.50",
        figures=[{"figure": figure.replace("{r}", butterfly), "claimed": 17.5}],
    )
    assert refused.error
    assert sentence in refused.text
