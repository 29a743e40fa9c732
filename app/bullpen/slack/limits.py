"""Pacing: how soon the next call of a Slack method may be made.

The rule it protects: the desk stays inside Slack's published rate tiers (at 80 % of them) instead
of running into 429s, and freezes exactly the method that was refused, for as long as Slack says.
It calls nothing: it is arithmetic over a clock. The local workspace has no
such limits, so there the pace is `Unpaced`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

SHARE = 0.8
"""The part of a tier that the desk uses; the rest is for what people do with the same app."""

PER_MINUTE = {
    "chat.update": 50,
    "chat.startStream": 20,
    "chat.appendStream": 100,
    "chat.stopStream": 20,
    "conversations.history": 50,
    "conversations.replies": 50,
    "conversations.list": 20,
    "conversations.info": 50,
    "users.info": 100,
    "users.conversations": 50,
    "files.getUploadURLExternal": 100,
    "files.completeUploadExternal": 100,
    "files.info": 100,
    "views.open": 100,
    "views.publish": 100,
    "agents.sessions.setStatus": 50,
    "assistant.threads.setStatus": 60,
    "chat.postMessage": 240,
}
"""Slack's tiers, calls per minute per app and workspace (2: 20, 3: 50, 4: 100; special: our guess)."""

CHANNEL_INTERVAL = 1.0
"""Slack's rule for new messages: one per second and channel, with short bursts."""


class Pace(Protocol):
    """Says how many seconds to wait before a call (0 = now, and the call counts as made)."""

    def claim(self, method: str, channel: str = "") -> float: ...

    def freeze(self, method: str, seconds: float) -> None: ...


async def turn(pace: Pace, method: str, channel: str = "") -> None:
    """Wait, however long, until the call may be made; it counts as made."""
    wait = pace.claim(method, channel)
    while wait > 0:
        await asyncio.sleep(wait)
        wait = pace.claim(method, channel)


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class Tiers:
    """Token buckets per method, and one message per second per channel. Not thread-safe."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}
        self._channels: dict[str, float] = {}
        self._frozen: dict[str, float] = {}

    def claim(self, method: str, channel: str = "") -> float:
        """Seconds until this call may be made; 0 claims it."""
        now = self._clock()
        wait = max(
            self._frozen.get(method, 0.0) - now,
            self._channel_wait(method, channel, now),
            self._bucket_wait(method, now),
        )
        if wait > 0:
            return wait
        if method in self._buckets:
            self._buckets[method].tokens -= 1
        if channel and method in ("chat.postMessage", "chat.startStream"):
            self._channels[channel] = now + CHANNEL_INTERVAL
        return 0.0

    def freeze(self, method: str, seconds: float) -> None:
        """Slack refused `method`: no call of it for `seconds`."""
        self._frozen[method] = max(self._frozen.get(method, 0.0), self._clock() + seconds)

    def _channel_wait(self, method: str, channel: str, now: float) -> float:
        if not channel or method not in ("chat.postMessage", "chat.startStream"):
            return 0.0
        return self._channels.get(channel, 0.0) - now

    def _bucket_wait(self, method: str, now: float) -> float:
        limit = PER_MINUTE.get(method)
        if limit is None:
            return 0.0
        rate, burst = limit * SHARE / 60, max(1.0, limit * SHARE / 10)
        bucket = self._buckets.setdefault(method, _Bucket(burst, now))
        bucket.tokens = min(burst, bucket.tokens + (now - bucket.at) * rate)
        bucket.at = now
        # A rounding error is no reason to wait: a wait of 1e-16 s would never pass.
        return 0.0 if bucket.tokens > 1 - 1e-6 else (1 - bucket.tokens) / rate


class Unpaced:
    """No limits: the local workspace. A refusal is still honoured for as long as it says."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._frozen: dict[str, float] = {}

    def claim(self, method: str, channel: str = "") -> float:
        del channel
        return max(0.0, self._frozen.get(method, 0.0) - self._clock())

    def freeze(self, method: str, seconds: float) -> None:
        self._frozen[method] = self._clock() + seconds
