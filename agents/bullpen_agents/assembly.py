"""Putting one streamed answer of the Messages API together, event by event, from the raw JSON.

The rule it protects: a tool's input is what the model really wrote. It is parsed from the raw
pieces, must be a JSON object, and exists only when its block and the whole message were closed;
a cut stream yields no answer at all. Pure: it knows no SDK and no network.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, cast

from bullpen_agents.model import (
    CHARACTERS_PER_TOKEN,
    Block,
    Msg,
    Opaque,
    StopReason,
    Text,
    ToolCall,
    Usage,
)

_STOPS: dict[str, StopReason] = {
    "end_turn": "end_turn",
    "stop_sequence": "end_turn",
    "tool_use": "tool_use",
    "max_tokens": "max_tokens",
    "model_context_window_exceeded": "max_tokens",
    "refusal": "refusal",
    "pause_turn": "pause_turn",
}
_RETURNED = {"thinking", "redacted_thinking"}


class BrokenStream(Exception):
    """The stream does not prove that its answer is whole. The attempt has failed."""


class BrokenCall(BrokenStream):
    """A closed tool call whose input is not a JSON object."""


class StreamError(Exception):
    """The server ended the stream with an error event of the given type."""

    def __init__(self, kind: str, message: str) -> None:
        self.kind = kind
        super().__init__(message or kind)


@dataclass(slots=True)
class _Open:
    start: dict[str, Any]
    text: str = ""
    raw: str = ""
    signature: str = ""
    closed: bool = False

    @property
    def type(self) -> str:
        return str(self.start.get("type", ""))


@dataclass(slots=True)
class Assembly:
    """One attempt's answer so far."""

    model: str
    blocks: dict[int, _Open] = field(default_factory=dict[int, _Open])
    stop: str | None = None
    stopped: bool = False
    tokens: dict[str, int] = field(default_factory=dict[str, int])

    def feed(self, event: dict[str, Any]) -> str:
        """Take one event in; return the text it adds for people to see ("" for most).

        Raises StreamError for an error event, BrokenStream for one that fits nothing. Unknown
        kinds of events, blocks and deltas are passed over, as the API's rules ask.
        """
        match event.get("type"):
            case "message_start":
                self._count(event.get("message", {}).get("usage"))
            case "content_block_start":
                block = _Open(dict(event["content_block"]))
                block.text = str(block.start.get("text") or "")
                self.blocks[int(event["index"])] = block
                return block.text if block.type == "text" else ""
            case "content_block_delta":
                return self._delta(self._block(event), event.get("delta", {}))
            case "content_block_stop":
                self._block(event).closed = True
            case "message_delta":
                self.stop = event.get("delta", {}).get("stop_reason") or self.stop
                self._count(event.get("usage"))
            case "message_stop":
                self.stopped = True
            case "error":
                error = event.get("error") or {}
                raise StreamError(str(error.get("type", "")), str(error.get("message", "")))
            case _:
                pass
        return ""

    def finish(self) -> tuple[Msg, StopReason]:
        """The whole answer. BrokenStream when the stream does not prove that it is whole."""
        if not self.stopped:
            raise BrokenStream("the stream ended without message_stop")
        stop = _STOPS.get(self.stop or "")
        if stop is None:
            raise BrokenStream(f"the answer has the stop reason {self.stop!r}")
        blocks = [block for _, block in sorted(self.blocks.items())]
        content: list[Block] = []
        for block in blocks:
            content.extend(self._content(block, cut=stop == "max_tokens"))
        called = any(isinstance(item, ToolCall) for item in content)
        if stop in ("end_turn", "tool_use"):
            stop = "tool_use" if called else "end_turn"
        return Msg("assistant", tuple(content)), stop

    def usage(self) -> Usage:
        """Tokens of this attempt. For a cut answer the output is estimated from what arrived."""
        seen = sum(len(b.text) + len(b.raw) for b in self.blocks.values()) // CHARACTERS_PER_TOKEN
        output = self.tokens.get("output_tokens", 0)
        return Usage(
            input_tokens=self.tokens.get("input_tokens", 0),
            output_tokens=output if self.stopped else max(output, seen),
            cache_read_tokens=self.tokens.get("cache_read_input_tokens", 0),
            cache_write_tokens=self.tokens.get("cache_creation_input_tokens", 0),
        )

    def _block(self, event: dict[str, Any]) -> _Open:
        block = self.blocks.get(int(event.get("index", -1)))
        if block is None or block.closed:
            raise BrokenStream(f"there is no open block {event.get('index')}")
        return block

    def _delta(self, block: _Open, delta: dict[str, Any]) -> str:
        match delta.get("type"):
            case "text_delta":
                block.text += str(delta["text"])
                return str(delta["text"])
            case "input_json_delta":
                block.raw += str(delta["partial_json"])
            case "thinking_delta":
                block.text += str(delta["thinking"])
            case "signature_delta":
                block.signature += str(delta["signature"])
            case _:
                pass
        return ""

    def _content(self, block: _Open, *, cut: bool) -> list[Block]:
        if not block.closed and not cut:
            raise BrokenStream(f"a block of type {block.type} was never closed")
        if block.type == "text":
            return [Text(block.text)] if block.text else []
        if block.type == "tool_use":
            return self._call(block, cut=cut)
        if block.type in _RETURNED and block.closed:
            data = dict(block.start)
            if block.type == "thinking":
                data["thinking"] = str(data.get("thinking") or "") + block.text
                data["signature"] = str(data.get("signature") or "") + block.signature
            return [Opaque(self.model, data)]
        return []

    def _call(self, block: _Open, *, cut: bool) -> list[Block]:
        try:
            # Some servers send the whole input with the start of the block and no deltas.
            given: object = json.loads(block.raw) if block.raw else block.start.get("input")
        except ValueError as error:
            if cut:
                return []
            raise BrokenCall(
                f"the input of {block.start.get('name')} is not JSON: {error}"
            ) from None
        if not isinstance(given, dict):
            raise BrokenCall(f"the input of {block.start.get('name')} is not a JSON object")
        if cut and not block.closed:
            return []
        name, id = str(block.start["name"]), str(block.start["id"])
        return [ToolCall(id, name, cast("dict[str, Any]", given))]

    def _count(self, usage: object) -> None:
        if isinstance(usage, dict):
            for key, value in cast("dict[str, Any]", usage).items():
                if isinstance(value, int):
                    self.tokens[key] = value
