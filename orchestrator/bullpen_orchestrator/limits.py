"""What a run may spend: model calls, tokens, money, depth of asking and questions per pair.

The rule it protects: no conversation between agents runs for ever, and a price nobody knows is
never counted as zero. It is pure: it neither stores what was spent nor stops anything.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from bullpen_agents.model import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The bounds of one run.

    `tokens` counts fresh input, cache writes and output; `usd` None means no money limit.
    `depth` is how many asks may hang on each other, `pair` how often one agent may ask the same
    colleague within a run, `crashes` how often a run may take its worker down before it is
    parked. `characters`, `history` and `recalled` bound what a turn is shown.
    """

    model_calls: int = 80
    tokens: int = 1_000_000
    usd: float | None = 5.0
    depth: int = 3
    pair: int = 4
    crashes: int = 3
    characters: int = 40_000
    history: int = 40
    recalled: int = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What a run has used so far. `unpriced` counts the calls whose cost nobody knows."""

    calls: int = 0
    tokens: int = 0
    usd: float = 0.0
    unpriced: int = 0

    def plus(self, usage: Usage) -> Spent:
        """This and one more model call."""
        used = usage.input_tokens + usage.output_tokens + usage.cache_write_tokens
        return Spent(
            calls=self.calls + 1,
            tokens=self.tokens + used,
            usd=self.usd + (usage.cost_usd or 0.0),
            unpriced=self.unpriced + (1 if usage.cost_usd is None else 0),
        )

    def and_also(self, other: Spent) -> Spent:
        """Both together."""
        return Spent(
            calls=self.calls + other.calls,
            tokens=self.tokens + other.tokens,
            usd=self.usd + other.usd,
            unpriced=self.unpriced + other.unpriced,
        )

    def expecting(self, calls: int) -> Spent:
        """This and `calls` model calls whose cost is not known yet: each is taken for a mean one."""
        made = max(1, self.calls)
        return replace(
            self,
            calls=self.calls + calls,
            tokens=self.tokens + calls * self.tokens // made,
            usd=self.usd + calls * self.usd / made,
        )

    @property
    def cost(self) -> str:
        """The money as a person reads it; an unknown part is named, never dropped."""
        if not self.unpriced:
            return f"${self.usd:.2f}"
        calls = "1 call" if self.unpriced == 1 else f"{self.unpriced} calls"
        return f"${self.usd:.2f} and {calls} of unknown price"


def exceeded(spent: Spent, limits: Limits) -> str:
    """Which bound is reached, as a clause for a sentence; "" while there is room.

    Calls without a known price cannot reach the money limit: the token limit holds them.
    """
    if spent.calls >= limits.model_calls:
        return f"{spent.calls} of {limits.model_calls} model calls are used"
    if spent.tokens >= limits.tokens:
        return f"{spent.tokens:,} of {limits.tokens:,} tokens are used"
    if limits.usd is not None and spent.usd >= limits.usd:
        return f"{spent.cost} of ${limits.usd:.2f} is used"
    return ""


def may_not_ask(*, depth: int, asked: int, limits: Limits) -> str:
    """Why a further question to this colleague is refused, or "" when it is allowed.

    `depth` is the number of asks already open above this one, `asked` how often this pair has
    spoken in this run.
    """
    if depth >= limits.depth:
        return f"the chain of questions is already {depth} deep, and {limits.depth} is the limit"
    if asked >= limits.pair:
        return f"you have asked this colleague {asked} times in this run, and {limits.pair} is the limit"
    return ""
