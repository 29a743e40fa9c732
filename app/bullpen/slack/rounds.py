"""Whose turn it is to be looked at, when Slack's limits do not allow to look everywhere at once.

The rule it protects: where people talked last is looked at again soon, however many other places
there are, and every other place has its turn, the longest unseen first. It looks at nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

BUSY = 6
"""Places that come before all others: those in which somebody spoke last."""
BUSY_BEATS = 6
PAUSE_BEATS = 2
"""Rounds after which a busy place, and at the earliest any other, has its turn again."""
SHARE = 6
"""One round is at most a sixth of the places, and at least three."""

Spot = tuple[str, str]
"""A channel and the root of a thread in it, "" for the channel itself."""


class Rounds:
    """Remembers when each place was looked at. Not thread-safe; `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: dict[Spot, float] = {}

    def due(self, said: Mapping[Spot, float], beat: float) -> list[Spot]:
        """The places of one round, the most urgent first; `said` is when people last spoke in each.

        `beat` is the seconds from round to round.
        """
        now = self._clock()
        age = {place: now - self._seen.get(place, float("-inf")) for place in said}
        latest = sorted(said, key=lambda place: -said[place])[:BUSY]
        busy = sorted((p for p in latest if age[p] >= BUSY_BEATS * beat), key=lambda p: -age[p])
        rest = sorted(
            (p for p in said if p not in latest and age[p] >= PAUSE_BEATS * beat),
            key=lambda p: -age[p],
        )
        return [*busy, *rest][: max(3, len(said) // SHARE + 1)]

    def looked(self, place: Spot) -> None:
        """The place is looked at now."""
        self._seen[place] = self._clock()
