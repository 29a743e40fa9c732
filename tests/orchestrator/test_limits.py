"""What a run may spend, and how unknown prices are told."""

from __future__ import annotations

import pytest

from bullpen_agents.model import Usage
from bullpen_orchestrator.limits import Limits, Spent, exceeded, may_not_ask


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
