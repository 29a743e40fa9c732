"""What a run may spend, and how unknown prices are told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bullpen_agents.model import Completed, Event, Msg, Request, Text, TextDelta, ToolCall, Usage
from bullpen_orchestrator.limits import Limits, Spent, exceeded, may_not_ask
from real_parts import FakeChat, OpenDesk, said, until


def test_calls_tokens_and_money_add_up_and_cached_reads_are_free() -> None:
    usage = Usage(
        input_tokens=10, output_tokens=5, cache_write_tokens=2, cache_read_tokens=99, cost_usd=0.5
    )
    spent = Spent().plus(usage).plus(usage)
    assert (spent.calls, spent.tokens, spent.usd, spent.unpriced) == (2, 34, 1.0, 0)
    assert spent.cost == "$1.00"


def test_an_unknown_price_is_named_and_not_counted_as_zero() -> None:
    spent = Spent().plus(Usage(cost_usd=0.25)).plus(Usage(input_tokens=7))
    assert spent.cost == "$0.25 and 1 call of unknown price"
    assert spent.plus(Usage()).cost == "$0.25 and 2 calls of unknown price"


@pytest.mark.parametrize(
    ("spent", "said"),
    [
        (Spent(calls=1, tokens=9, usd=0.99), ""),
        (Spent(calls=2), "2 of 2 model calls are used"),
        (Spent(tokens=10), "10 of 10 tokens are used"),
        (Spent(usd=1.0), "$1.00 of $1.00 is used"),
    ],
)
def test_a_bound_that_is_reached_is_said(spent: Spent, said: str) -> None:
    assert exceeded(spent, Limits(model_calls=2, tokens=10, usd=1.0)) == said


def test_without_a_money_limit_only_calls_and_tokens_hold() -> None:
    assert exceeded(Spent(usd=1e9), Limits(usd=None)) == ""


def test_questions_are_bounded_in_depth_and_per_pair() -> None:
    limits = Limits(depth=3, pair=2)
    assert may_not_ask(depth=2, asked=1, limits=limits) == ""
    assert "3 deep" in may_not_ask(depth=3, asked=0, limits=limits)
    assert "2 times" in may_not_ask(depth=0, asked=2, limits=limits)


class Dear:
    """Plans six pieces of work; every call takes a while and costs two dollars."""

    label, offline = "dear model", False

    def __init__(self) -> None:
        self.calls = 0

    async def stream(self, request: Request) -> AsyncIterator[Event]:
        self.calls += 1
        await asyncio.sleep(0.05)
        said_by, stop = Msg("assistant", (Text("Done."),)), "end_turn"
        if request.meta["purpose"] == "plan":
            agents = ("quant", "data_analyst", "developer", "frontend", "quant", "developer")
            work = [{"agent": a, "task": f"piece {n}"} for n, a in enumerate(agents)]
            said_by = Msg("assistant", (ToolCall("c1", "assign", {"assignments": work}),))
            stop = "tool_use"
        usage = Usage(input_tokens=1000, output_tokens=10, cost_usd=2.0)
        yield Completed(message=said_by, stop=stop, usage=usage, model="m")


@pytest.mark.parametrize(
    ("limits", "most"), [(Limits(model_calls=2, usd=None), 2), (Limits(usd=5.0), 3)]
)
async def test_agents_side_by_side_stay_within_the_budget(
    open_desk: OpenDesk, limits: Limits, most: int
) -> None:
    model = Dear()
    desk = await open_desk(chat := FakeChat(), model, limits=limits)
    await desk.receive(said("do everything"))
    await desk.idle(15)
    assert model.calls == desk.ledger.accounts.spent("T:C1:1.000001").calls == most
    assert any("used up its budget" in post.text for post in chat.posts)


async def test_the_last_call_that_the_budget_has_room_for_is_made(open_desk: OpenDesk) -> None:
    desk = await open_desk(chat := FakeChat(), model := Dear(), limits=Limits(model_calls=1))
    await desk.receive(said("quant: one thing"))
    await desk.idle(15)
    assert (model.calls, chat.posts[-1].text) == (1, "Done.")


async def test_a_call_that_a_stop_cut_off_is_charged_as_far_as_it_is_known(
    open_desk: OpenDesk,
) -> None:
    class Hanging(Dear):
        async def stream(self, request: Request) -> AsyncIterator[Event]:
            yield TextDelta("word " * 80)
            self.calls += 1
            await asyncio.Event().wait()

    desk = await open_desk(FakeChat(), model := Hanging())
    await desk.receive(said("quant: write"))
    await until(lambda: model.calls)
    await desk.stop_thread("C1", "1.000001", "Ada")
    await desk.idle(10)
    spent = desk.ledger.accounts.spent("T:C1:1.000001")
    assert (spent.calls, spent.unpriced) == (1, 1)
    assert spent.tokens > 100  # what was written, and an estimate of what was read
