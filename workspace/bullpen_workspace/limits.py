"""Slack's rate limits, for workspaces that enforce them.

The rule it protects: a method answers at most as often per minute as its tier allows, for each
app on its own, and chat.postMessage takes one message a second in a channel with short bursts;
what is refused is told when to come back. It counts in memory: a restart forgives.

Slack promises "at least" so many calls a minute and allows bursts that it does not document;
here the promise is the limit.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable

from bullpen_workspace.errors import RateLimited

PER_MINUTE = {"t1": 1, "t2": 20, "t3": 50, "t4": 100, "t5": 600}
"""Calls a minute by tier. t5 is Slack's "special": some hundreds, not documented further."""
CHANNEL_BURST = 5
"""Messages that a channel takes at once before one a second is enforced; Slack says "short"."""
_WINDOW = 60.0


class RateLimits:
    """The counters of one workspace. `clock` gives Unix seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._calls: dict[tuple[str, str], deque[float]] = {}
        self._channels: dict[tuple[str, str], tuple[float, float]] = {}

    def take(self, app_id: str, method: str, tier: str) -> None:
        """Count a call. Raises RateLimited when the minute's allowance is used up."""
        now = self._clock()
        calls = self._calls.setdefault((app_id, method), deque())
        while calls and calls[0] <= now - _WINDOW:
            calls.popleft()
        if len(calls) >= PER_MINUTE[tier]:
            raise RateLimited(math.ceil(calls[0] + _WINDOW - now))
        calls.append(now)

    def post(self, app_id: str, channel: str) -> None:
        """Count a message to a channel. Raises RateLimited when it came too fast."""
        now = self._clock()
        left, since = self._channels.get((app_id, channel), (float(CHANNEL_BURST), now))
        left = min(left + now - since, float(CHANNEL_BURST))
        if left < 1:
            raise RateLimited(max(math.ceil(1 - left), 1))
        self._channels[app_id, channel] = (left - 1, now)
