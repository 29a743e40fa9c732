"""Claude, or any server that speaks the Messages API: the one file that imports the SDK.

The rule it protects: an answer is handed on only when its stream ended properly. Every fault of an
attempt, of whatever type, is a failed attempt: it is charged, announced with `Restarted`, and
tried again here and nowhere else (the SDK's own retries are off). It runs no tool and keeps no
conversation.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bullpen_agents.api_faults import Fault, UnknownModel, judge
from bullpen_agents.assembly import Assembly
from bullpen_agents.messages_api import Capabilities, payload
from bullpen_agents.model import (
    Completed,
    Event,
    GaveUp,
    Request,
    Restarted,
    TextDelta,
    Usage,
    add_usage,
    carry,
    estimated,
    paid_for,
)
from bullpen_agents.models import DEFAULT_MODEL, priced
from bullpen_memory.errors import OperatorError

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long to wait and how often to try. All times in seconds.

    `attempts` counts all tries of one request, `connects` those that never reached the server.
    Waits grow from `first` by doubling up to `longest`, plus up to a quarter at random. A server
    that asks for more than `retry_after_limit` is not waited for. `read` is the longest silence
    within a stream, `whole` the longest stream.
    """

    attempts: int = 6
    connects: int = 3
    first: float = 1.0
    longest: float = 30.0
    retry_after_limit: float = 90.0
    connect: float = 10.0
    read: float = 120.0
    whole: float = 900.0


class ClaudeModel:
    """A `Model` behind the Messages API.

    With a `base_url` the server is taken for a local one: every request goes to `model`, whatever
    name a charter asks for, and there is no prompt caching, no effort setting and no known price,
    unless `capabilities` says otherwise. `fallback` names a model that is tried
    once when the first one stays overloaded or does not exist.
    """

    offline = False

    def __init__(
        self,
        api_key: str,
        base_url: str | None = None,
        *,
        model: str = DEFAULT_MODEL,
        fallback: str | None = None,
        capabilities: Capabilities | None = None,
        patience: Patience | None = None,
    ) -> None:
        self.label = f"{model} at {base_url}" if base_url else f"Claude ({model})"
        self._key, self._base_url = api_key, base_url
        self._model, self._fallback = model, fallback
        self._can = capabilities or (Capabilities() if base_url else Capabilities.of_claude())
        self._patience = patience or Patience()
        self._client: AsyncAnthropic | None = None

    async def stream(self, request: Request) -> AsyncIterator[Event]:
        """Answer `request`; see the `Model` protocol. Whatever it raises carries the usage of all attempts."""
        spent = Usage()
        asked = self._model if self._base_url else request.model
        names = [asked] + ([self._fallback] if self._fallback else [])
        for position, name in enumerate(names):
            last = position == len(names) - 1
            try:
                async for event in self._attempts(request, name, spent):
                    if position and isinstance(event, Completed):
                        event = replace(event, instead_of=asked)
                    yield event
                return
            except GaveUp as error:
                spent = error.usage
                if last:
                    raise
                yield Restarted(f"{name} does not answer; asking {self._fallback}")
            except UnknownModel as error:
                paid = paid_for(error)
                spent = paid.usage if paid else spent
                if last:
                    raise
                yield Restarted(f"{name} is not available; asking {self._fallback}")

    async def close(self) -> None:
        """Close the connections. The model may be used again afterwards."""
        if self._client is not None:
            client, self._client = self._client, None
            await client.close()

    async def _attempts(self, request: Request, name: str, spent: Usage) -> AsyncIterator[Event]:
        tried: dict[str, int] = {}
        while True:
            answer = Assembly(name)
            try:
                async for event in self._attempt(request, name, answer):
                    yield event
                message, stop = answer.finish()
                usage = add_usage(spent, self._priced(name, answer))
                yield Completed(message=message, stop=stop, usage=usage, model=name)
                return
            except asyncio.CancelledError as error:
                used = self._priced(name, answer, request)
                carry(error, add_usage(spent, used), name)
                raise
            except Exception as error:  # noqa: BLE001 - most mid-stream faults share no other base
                spent = add_usage(spent, self._priced(name, answer))
                fault = judge(error, name, self._base_url)
                wait = self._next_wait(fault, tried, spent, name)
            yield Restarted(fault.reason)
            await _pause(wait, spent, name)

    async def _attempt(
        self, request: Request, name: str, answer: Assembly
    ) -> AsyncIterator[TextDelta]:
        body = payload(request, name, self._can)
        # No asyncio.timeout here: around a yield it would cancel whoever reads this stream.
        clock = asyncio.get_running_loop().time
        deadline = clock() + self._patience.whole
        stream = await self._open().messages.create(**body, stream=True)
        async with stream:
            async for sse in stream.raw_events(stream.response):
                if clock() > deadline:
                    raise TimeoutError
                if sse.data and (text := answer.feed(json.loads(sse.data))):
                    yield TextDelta(text)
                if answer.stopped:
                    return

    def _next_wait(self, fault: Fault, tried: dict[str, int], spent: Usage, name: str) -> float:
        """Seconds until the next attempt; raises when there is none."""
        if fault.final is not None:
            carry(fault.final, spent, name)
            raise fault.final
        tried[fault.kind] = tried.get(fault.kind, 0) + 1
        total = sum(tried.values())
        limits = {"connect": self._patience.connects, "silence": 3, "call": 3}
        if tried[fault.kind] >= limits.get(fault.kind, self._patience.attempts) or (
            total >= self._patience.attempts
        ):
            raise self._gave_up(fault, total, spent, name)
        asked = fault.retry_after
        if asked is not None and asked > self._patience.retry_after_limit:
            raise self._gave_up(fault, total, spent, name)
        grown = min(self._patience.first * 2 ** (total - 1), self._patience.longest)
        return (asked if asked is not None else grown) + random.uniform(0, grown / 4)

    def _gave_up(self, fault: Fault, total: int, spent: Usage, name: str) -> OperatorError | GaveUp:
        if fault.kind == "connect":
            unreachable = OperatorError(
                f"{self.label} cannot be reached.",
                f"{total} attempts failed: {fault.reason}.",
                "Check the network and ANTHROPIC_BASE_URL; for a local server, that it is running.",
            )
            carry(unreachable, spent, name)
            return unreachable
        later = f" It asks to wait {fault.retry_after:.0f} s." if fault.retry_after else ""
        return GaveUp(
            f"{name} gave no usable answer.",
            f"{total} attempts failed, the last because {fault.reason}.{later}",
            "Ask again in a few minutes; nothing of this turn was lost.",
            usage=spent,
            model=name,
        )

    def _priced(self, name: str, answer: Assembly, broken_off: Request | None = None) -> Usage:
        """What the attempt cost; of a request that was broken off before it was counted, a guess."""
        usage = answer.usage()
        if broken_off is not None and not answer.tokens:
            usage = estimated(broken_off)
        # A local server may carry any model under a known name: its price is not the list price.
        return usage if self._base_url or usage == Usage() else priced(name, usage)

    def _open(self) -> AsyncAnthropic:
        if self._client is None:
            import anthropic
            import httpx2

            timeout = httpx2.Timeout(self._patience.read, connect=self._patience.connect)
            base: dict[str, Any] = {"base_url": self._base_url} if self._base_url else {}
            self._client = anthropic.AsyncAnthropic(
                api_key=self._key or "none", max_retries=0, timeout=timeout, **base
            )
        return self._client


async def _pause(seconds: float, spent: Usage, name: str) -> None:
    """Wait for the next attempt; who breaks it off learns what the ones before have cost."""
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError as error:
        carry(error, spent, name)
        raise
