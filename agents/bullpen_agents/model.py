"""The `Model` protocol: what a turn needs from Claude, a local model, the offline model or a script.

The rule it protects: a turn only ever sees a whole, validated answer, or an exception. A model
that cannot prove its answer ended properly must raise. No SDK type crosses this boundary.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from bullpen_memory.errors import ModelError
from bullpen_tools.tool import ToolSpec

CHARACTERS_PER_TOKEN = 4

StopReason = Literal["end_turn", "tool_use", "max_tokens", "refusal", "pause_turn"]


@dataclass(frozen=True, slots=True)
class Text:
    """Plain text (Markdown) of one side."""

    text: str


@dataclass(frozen=True, slots=True)
class Image:
    """A picture that a person attached: PNG, JPEG, GIF or WebP, read when it is sent."""

    name: str
    mimetype: str
    path: Path


@dataclass(frozen=True, slots=True)
class ToolCall:
    """The model asks for a tool. `input` was parsed from the raw JSON and is an object."""

    id: str
    name: str
    input: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ToolResult:
    """The answer to one ToolCall; every call gets exactly one, in order."""

    call_id: str
    text: str
    error: bool = False


@dataclass(frozen=True, slots=True)
class Opaque:
    """A block that the model `model` wants back unchanged (its thinking). Never shown to people."""

    model: str
    data: dict[str, Any]


Block = Text | Image | ToolCall | ToolResult | Opaque


@dataclass(frozen=True, slots=True)
class Msg:
    """One side's contribution to the conversation with a model."""

    role: Literal["user", "assistant"]
    content: tuple[Block, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens of one attempt or of many. `cost_usd` None means the price is unknown, not zero."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    cost_usd: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One question to a model. `agent` is the colleague's id, for doubles and for accounting.

    The first `stable` characters of `system` are the same in every turn of this agent: a backend
    that caches prompts may cache them apart. `meta` describes the task in plain data (see
    `prompt.describe`); language models never see it.
    """

    agent: str
    model: str
    system: str
    messages: tuple[Msg, ...]
    tools: tuple[ToolSpec, ...] = ()
    max_tokens: int = 4096
    stable: int = 0
    meta: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of text as it arrives. Provisional: a failed attempt is repeated from the start."""

    text: str


@dataclass(frozen=True, slots=True)
class Restarted:
    """The attempt failed and begins again: discard every TextDelta seen so far."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """The whole answer, once, last. `instead_of` is the model that was asked first and gave none."""

    message: Msg
    stop: StopReason
    usage: Usage
    model: str
    instead_of: str = ""


Event = TextDelta | Restarted | Completed


class Model(Protocol):
    """Answers requests. The stream ends with exactly one `Completed`, or raises a BullpenError.

    ModelError: this request cannot be answered (refused shape, too long). OperatorError: no
    request can (wrong key, unknown model, no credit, unreachable). Retries are the model's own
    business; it says so with `Restarted`. An error that leaves the stream, cancellation too,
    carries what was paid (`paid_for`). `label` is how the desk names it to a person;
    `offline` True means that no language model is behind it, and the desk says so.
    """

    label: str
    offline: bool

    def stream(self, request: Request) -> AsyncIterator[Event]: ...


class GaveUp(ModelError):
    """Every attempt at one request failed. `usage` is what the failed attempts cost all the same."""

    def __init__(self, fact: str, cause: str, remedy: str, *, usage: Usage, model: str) -> None:
        super().__init__(fact, cause, remedy)
        self.usage, self.model = usage, model

    def as_completed(self) -> Completed:
        """The form in which accounting takes it: an answer without content."""
        return Completed(
            message=Msg("assistant", ()), stop="refusal", usage=self.usage, model=self.model
        )


def carry(error: BaseException, usage: Usage, model: str) -> None:
    """Let an error that leaves a stream say what its attempts have cost."""
    if usage != Usage():
        error.__dict__["paid"] = Completed(
            message=Msg("assistant", ()), stop="refusal", usage=usage, model=model
        )


def paid_for(error: BaseException) -> Completed | None:
    """What was paid before `error`, in the form in which accounting takes it."""
    if isinstance(error, GaveUp):
        return error.as_completed()
    paid = error.__dict__.get("paid")
    return paid if isinstance(paid, Completed) else None


def estimated(request: Request, said: str = "") -> Usage:
    """Tokens of a call that was broken off before the server counted them: four characters each."""
    asked = len(request.system) + sum(len(repr(message.content)) for message in request.messages)
    return Usage(
        input_tokens=asked // CHARACTERS_PER_TOKEN, output_tokens=len(said) // CHARACTERS_PER_TOKEN
    )


def add_usage(first: Usage, second: Usage) -> Usage:
    """The sum of two usages. The cost of a sum is unknown (None) when a part with tokens has none."""
    parts = [part for part in (first, second) if _counts(part)]
    costs = [part.cost_usd for part in parts]
    known = [cost for cost in costs if cost is not None]
    return Usage(
        input_tokens=first.input_tokens + second.input_tokens,
        output_tokens=first.output_tokens + second.output_tokens,
        cache_read_tokens=first.cache_read_tokens + second.cache_read_tokens,
        cache_write_tokens=first.cache_write_tokens + second.cache_write_tokens,
        cost_usd=sum(known) if costs and len(known) == len(costs) else None,
    )


def _counts(usage: Usage) -> bool:
    """False for the empty usage a sum starts from: it says nothing about the price."""
    return usage != Usage()
