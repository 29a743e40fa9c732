"""The test double: a model that says what the test wrote down, in pieces, like a real one.

The rule it protects: a test that asks more of the model than it scripted fails loudly. It is
public, so that every package tests against the same double; it is never used to run a desk.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

from bullpen_agents.model import (
    Completed,
    Event,
    Msg,
    Request,
    Restarted,
    StopReason,
    Text,
    TextDelta,
    ToolCall,
    Usage,
)

Answer = str | Msg | Completed | Exception
"""A text, a message (with calls), a whole Completed (any stop reason), or an exception to raise."""

Script = Sequence[Answer] | Mapping[str, Sequence[Answer]] | Callable[[Request], Answer]
"""Answers in order; answers in order per agent id; or a function of the request."""


def calls(*wanted: tuple[str, dict[str, Any]], text: str = "") -> Msg:
    """An answer that calls tools: `calls(("recall", {"query": "oil"}))`. Call ids are call_0, call_1…"""
    blocks = tuple(ToolCall(f"call_{i}", name, args) for i, (name, args) in enumerate(wanted))
    return Msg("assistant", ((Text(text), *blocks) if text else blocks))


class ScriptedModel:
    """A `Model` that answers from a script and keeps every request it got in `requests`.

    `chunk` is the number of characters per TextDelta; `restart_after` makes each answer fail once
    after that many deltas and begin again, as a broken stream does.
    """

    label = "scripted model"
    offline = False

    def __init__(self, script: Script, *, chunk: int = 8, restart_after: int | None = None) -> None:
        self.requests: list[Request] = []
        self._chunk, self._restart_after = chunk, restart_after
        self._script = script
        self._taken: dict[str, int] = {}
        self._calls = 0

    async def stream(self, request: Request) -> AsyncIterator[Event]:
        """Answer `request` with the next answer of the script."""
        self.requests.append(request)
        answer = self._next(request)
        if isinstance(answer, Exception):
            raise answer
        completed = self._completed(answer, request)
        text = "".join(b.text for b in completed.message.content if isinstance(b, Text))
        pieces = [text[i : i + self._chunk] for i in range(0, len(text), self._chunk)]
        if self._restart_after is not None:
            for piece in pieces[: self._restart_after]:
                yield TextDelta(piece)
            yield Restarted("the script said so")
        for piece in pieces:
            yield TextDelta(piece)
        yield completed

    def _next(self, request: Request) -> Answer:
        if callable(self._script):
            return self._script(request)
        by_agent = isinstance(self._script, Mapping)
        key = request.agent if by_agent else ""
        answers = self._script.get(key, ()) if isinstance(self._script, Mapping) else self._script
        taken = self._taken.get(key, 0)
        self._taken[key] = taken + 1
        if taken >= len(answers):
            raise AssertionError(f"the script for {key or 'the model'} ended after {taken} answers")
        return answers[taken]

    def _completed(self, answer: str | Msg | Completed, request: Request) -> Completed:
        if isinstance(answer, Completed):
            return answer
        message = Msg("assistant", (Text(answer),)) if isinstance(answer, str) else answer
        message = self._fresh_ids(message)
        called = any(isinstance(block, ToolCall) for block in message.content)
        stop: StopReason = "tool_use" if called else "end_turn"
        usage = Usage(input_tokens=100, output_tokens=10, cost_usd=0.001)
        return Completed(message=message, stop=stop, usage=usage, model=request.model)

    def _fresh_ids(self, message: Msg) -> Msg:
        # Two answers made by `calls` would share their ids; a real model never repeats one.
        self._calls += 1
        blocks = tuple(
            ToolCall(f"s{self._calls}_{b.id}", b.name, b.input)
            if isinstance(b, ToolCall) and b.id.startswith("call_")
            else b
            for b in message.content
        )
        return Msg(message.role, blocks)
