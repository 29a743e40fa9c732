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
from typing import Literal, Protocol

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
PER_CHANNEL = frozenset({"chat.postMessage", "chat.startStream"})


Priority = Literal["answer", "approval", "result", "progress"]
RESERVE: dict[Priority, float] = {"answer": 0.0, "approval": 0.1, "result": 0.25, "progress": 0.5}
"""The part of a bucket that is left for whatever is more urgent."""


class Pace(Protocol):
    """Says how many seconds to wait before a call (0 = now, and the call counts as made)."""

    def claim(self, method: str, channel: str = "", priority: Priority = "answer") -> float: ...

    def freeze(self, method: str, seconds: float) -> None: ...


async def turn(pace: Pace, method: str, channel: str = "") -> None:
    """Wait, however long, until the call may be made; it counts as made."""
    wait = pace.claim(method, channel)
    while wait > 0:
        await asyncio.sleep(wait)
        wait = pace.claim(method, channel)


class Book(Protocol):
    """Keeps what was used beyond the end of the process: names with two numbers each."""

    def load(self) -> dict[str, tuple[float, float]]: ...

    def save(self, name: str, first: float, second: float) -> None: ...


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class Tiers:
    """Token buckets per method, and one message per second per channel. Not thread-safe.

    `book` makes them survive a restart; its times are those of `clock`.
    """

    def __init__(self, clock: Callable[[], float] = time.time, book: Book | None = None) -> None:
        self._clock = clock
        self._book = book
        self._buckets: dict[str, _Bucket] = {}
        self._channels: dict[str, float] = {}
        self._frozen: dict[str, float] = {}
        kept = book.load() if book else {}
        for name, (first, second) in kept.items():
            kind, _, of = name.partition(":")
            if kind == "bucket":
                self._buckets[of] = _Bucket(first, second)
            elif second > clock():
                (self._frozen if kind == "frozen" else self._channels)[of] = second

    def claim(self, method: str, channel: str = "", priority: Priority = "answer") -> float:
        """Seconds until this call may be made; 0 claims it."""
        now = self._clock()
        wait = max(
            self._frozen.get(method, 0.0) - now,
            self._channel_wait(method, channel, now),
            self._bucket_wait(method, now, RESERVE[priority]),
        )
        if wait > 0:
            return wait
        bucket = self._buckets.get(method)
        if bucket is not None:
            bucket.tokens -= 1
            self._keep(f"bucket:{method}", bucket.tokens, bucket.at)
        if channel and method in PER_CHANNEL:
            self._channels[channel] = now + CHANNEL_INTERVAL
            self._keep(f"channel:{channel}", 0.0, now + CHANNEL_INTERVAL)
        return 0.0

    def freeze(self, method: str, seconds: float) -> None:
        """Slack refused `method`: no call of it for `seconds`."""
        until = max(self._frozen.get(method, 0.0), self._clock() + seconds)
        self._frozen[method] = until
        self._keep(f"frozen:{method}", 0.0, until)

    def _keep(self, name: str, first: float, second: float) -> None:
        if self._book is not None:
            self._book.save(name, first, second)

    def _channel_wait(self, method: str, channel: str, now: float) -> float:
        if not channel or method not in PER_CHANNEL:
            return 0.0
        return self._channels.get(channel, 0.0) - now

    def _bucket_wait(self, method: str, now: float, reserve: float) -> float:
        limit = PER_MINUTE.get(method)
        if limit is None:
            return 0.0
        rate, burst = limit * SHARE / 60, max(1.0, limit * SHARE / 10)
        bucket = self._buckets.setdefault(method, _Bucket(burst, now))
        # A clock that was set back must not take away what is there.
        bucket.tokens = min(burst, bucket.tokens + max(0.0, now - bucket.at) * rate)
        bucket.at = now
        needed = 1 + reserve * (burst - 1)
        # A rounding error is no reason to wait: a wait of 1e-16 s would never pass.
        return 0.0 if bucket.tokens > needed - 1e-6 else (needed - bucket.tokens) / rate


class Unpaced:
    """No limits: the local workspace. A refusal is still honoured for as long as it says."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._frozen: dict[str, float] = {}

    def claim(self, method: str, channel: str = "", priority: Priority = "answer") -> float:
        del channel, priority
        return max(0.0, self._frozen.get(method, 0.0) - self._clock())

    def freeze(self, method: str, seconds: float) -> None:
        self._frozen[method] = self._clock() + seconds
