"""The language models the desk knows by name: the default, what each can do, what each costs.

The rule it protects: model names and prices stand here and nowhere else, and a price that is not
known is None, never zero. Prices are the vendor's public list prices in USD per million tokens,
read on the date below; a contract may differ. It calls no model.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from bullpen_agents.model import Usage

DEFAULT_MODEL = "claude-sonnet-5-5"
PRICES_READ_ON = "2026-11-22"


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """USD per million tokens for prompts of up to `up_to` tokens (None: any length).

    `cache_write` is the price of the five-minute cache, the only one the desk uses.
    """

    input: float
    output: float
    cache_write: float | None = None
    cache_read: float | None = None
    up_to: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownModel:
    """What is known of one model. `thinks` means that thinking is on unless asked otherwise."""

    name: str
    note: str
    prices: tuple[Price, ...]
    thinks: bool = True


KNOWN: dict[str, KnownModel] = {
    known.name: known
    for known in (
        KnownModel(
            name="claude-sonnet-5-5",
            note="the desk's default: fast and good",
            prices=(Price(input=2, output=10, cache_write=2.5, cache_read=0.2),),
        ),
        KnownModel(
            name="claude-opus-5-5",
            note="for hard research; twice the price",
            prices=(Price(input=4, output=20, cache_write=5, cache_read=0.2),),
        ),
        KnownModel(
            name="claude-haiku-5-5",
            note="the cheapest; dearer above 100,000 tokens",
            prices=(
                Price(input=0.1, output=0.5, cache_write=0.125, cache_read=0.01, up_to=100_000),
                Price(input=0.5, output=2.5, cache_write=0.625),
            ),
        ),
        KnownModel(
            name="claude-fable-5-1",
            note="the strongest; five times the price of the default",
            prices=(Price(input=10, output=50, cache_write=12.5, cache_read=0.25),),
        ),
    )
}


def priced(model: str, usage: Usage) -> Usage:
    """`usage` of ONE request with its cost in USD, or with None where a price is not known."""
    known = KNOWN.get(model)
    prompt = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens
    bands = known.prices if known else ()
    price = next((band for band in bands if band.up_to is None or prompt <= band.up_to), None)
    return replace(usage, cost_usd=_cost(price, usage) if price else None)


def _cost(price: Price, usage: Usage) -> float | None:
    parts = (
        (usage.input_tokens, price.input),
        (usage.output_tokens, price.output),
        (usage.cache_write_tokens, price.cache_write),
        (usage.cache_read_tokens, price.cache_read),
    )
    total = 0.0
    for tokens, rate in parts:
        if tokens and rate is None:
            return None
        total += tokens * (rate or 0.0) / 1_000_000
    return total
