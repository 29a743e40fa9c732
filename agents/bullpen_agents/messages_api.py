"""The desk's words turned into the JSON of the Messages API.

The rule it protects: what a backend does not understand is not sent to it. Pure: no SDK, no network.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from bullpen_agents.model import Block, Image, Msg, Request, Text, ToolCall, ToolResult
from bullpen_agents.models import KNOWN

THINKING_TOKENS = 8_000
"""Thinking counts against max_tokens; an agent's limit is about what it says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a backend understands beyond the core of the Messages API. The default is nothing."""

    prompt_caching: bool = False
    effort: str = ""
    images: bool = False

    @classmethod
    def of_claude(cls) -> Capabilities:
        """What the vendor's own API understands."""
        return cls(prompt_caching=True, effort="medium", images=True)


def payload(request: Request, model: str, can: Capabilities) -> dict[str, Any]:
    """The body of one request for `model`."""
    known = KNOWN.get(model)
    thinks = bool(known and known.thinks and can.effort)
    body: dict[str, Any] = {
        "model": model,
        "max_tokens": request.max_tokens + (THINKING_TOKENS if thinks else 0),
        "system": _system(request, can),
        "messages": _messages(request.messages, model, can),
    }
    if request.tools:
        body["tools"] = _tools(request, can)
    if thinks:
        body["output_config"] = {"effort": can.effort}
    return body


def _system(request: Request, can: Capabilities) -> str | list[dict[str, Any]]:
    if not can.prompt_caching:
        return request.system
    parts = (request.system[: request.stable], request.system[request.stable :])
    return [_cached({"type": "text", "text": part}) for part in parts if part.strip()]


def _tools(request: Request, can: Capabilities) -> list[dict[str, Any]]:
    tools: list[dict[str, Any]] = [
        {"name": spec.name, "description": spec.description, "input_schema": spec.schema}
        for spec in request.tools
    ]
    if can.prompt_caching:
        _cached(tools[-1])
    return tools


def _messages(messages: tuple[Msg, ...], model: str, can: Capabilities) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []
    for message in messages:
        blocks = [block for block in (_block(b, model, can) for b in message.content) if block]
        if blocks and sent and sent[-1]["role"] == message.role:
            sent[-1]["content"].extend(blocks)
        elif blocks:
            sent.append({"role": message.role, "content": blocks})
    if can.prompt_caching and sent:
        # The loop's next request repeats everything up to here.
        last = sent[-1]["content"][-1]
        if last["type"] in ("text", "tool_result"):
            _cached(last)
    return sent


def _block(block: Block, model: str, can: Capabilities) -> dict[str, Any] | None:
    match block:
        case Text(text):
            return {"type": "text", "text": text} if text.strip() else None
        case Image():
            return _image(block, can)
        case ToolCall(id, name, given):
            return {"type": "tool_use", "id": id, "name": name, "input": given}
        case ToolResult(call_id, text, error):
            result = {"type": "tool_result", "tool_use_id": call_id, "content": text or "(empty)"}
            return {**result, "is_error": True} if error else result
        case _:
            # Another model's thinking is refused by the API: after a fallback it is left out.
            return dict(block.data) if block.model == model else None


def _image(image: Image, can: Capabilities) -> dict[str, Any]:
    """The picture itself, or a sentence where this backend takes none or the file is gone."""
    reason = "" if can.images else "this model is sent no pictures"
    if not reason:
        try:
            data = base64.standard_b64encode(image.path.read_bytes()).decode("ascii")
        except OSError as error:
            reason = f"its file cannot be read ({error.strerror})"
        else:
            source = {"type": "base64", "media_type": image.mimetype, "data": data}
            return {"type": "image", "source": source}
    return {"type": "text", "text": f"[The picture {image.name} is not shown: {reason}.]"}


def _cached(part: dict[str, Any]) -> dict[str, Any]:
    part["cache_control"] = {"type": "ephemeral"}
    return part
