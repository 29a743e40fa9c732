"""A tool is a typed function; its schema, its permissions and its errors come from its signature.

The rule it protects: a model's input is validated against the schema before the function runs,
and what goes wrong is told to whoever can fix it. It does not know any model's wire format.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from bullpen_tools.context import Receipt

Risk = Literal["read", "write", "effect"]
"""read: looks; write: changes the desk's own memory; effect: changes something outside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolSpec:
    """What a model is told about a tool. `schema` is a JSON Schema object for the arguments."""

    name: str
    description: str
    schema: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a call gave: `text` is what the model reads, `error` says the model must change its call."""

    text: str
    error: bool = False
    receipt: Receipt | None = None
    meta: dict[str, Any] = field(default_factory=dict)


class BoundTool(Protocol):
    """A tool bound to one run and one agent: the only thing the turn loop ever calls.

    `call` never raises for bad arguments or a failing tool: it returns an Outcome with
    `error=True` and a text that says fact, cause and remedy. `call_key` identifies the call for
    ever: the same key gives back the first outcome without running the tool again. It raises
    only for defects of ours and on cancellation.
    """

    @property
    def spec(self) -> ToolSpec: ...

    async def call(self, args: dict[str, Any], *, call_key: str) -> Outcome: ...
