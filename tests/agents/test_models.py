"""Model names and prices: current, in one place, and unknown rather than zero."""

from __future__ import annotations

from typing import get_args

import pytest
from anthropic.resources.messages.messages import DEPRECATED_MODELS
from anthropic.types.model import Model

from bullpen_agents.model import Usage, add_usage
from bullpen_agents.models import DEFAULT_MODEL, KNOWN, priced


def test_every_known_model_is_current() -> None:
    current = set(get_args(get_args(Model)[0]))
    assert set(KNOWN) <= current
    assert not set(KNOWN) & set(DEPRECATED_MODELS)
    assert DEFAULT_MODEL in KNOWN


def test_a_request_is_priced_by_kind_of_token() -> None:
    usage = Usage(
        input_tokens=1_000_000,
        output_tokens=100_000,
        cache_read_tokens=1_000_000,
        cache_write_tokens=1_000_000,
    )
    assert priced("claude-sonnet-5-5", usage).cost_usd == pytest.approx(2 + 1 + 0.2 + 2.5)


def test_long_prompts_may_cost_more() -> None:
    short = priced("claude-haiku-5-5", Usage(input_tokens=100_000)).cost_usd
    long = priced("claude-haiku-5-5", Usage(input_tokens=100_001)).cost_usd
    assert short == pytest.approx(0.01)
    assert long == pytest.approx(0.0500005)


def test_an_unknown_price_is_unknown() -> None:
    assert priced("llama", Usage(input_tokens=5)).cost_usd is None
    unknown_read = Usage(input_tokens=200_000, cache_read_tokens=1)
    assert priced("claude-haiku-5-5", unknown_read).cost_usd is None
    known = Usage(input_tokens=1, cost_usd=0.5)
    assert add_usage(known, Usage(input_tokens=1)).cost_usd is None
    assert add_usage(Usage(), known) == known
