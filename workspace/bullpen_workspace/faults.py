"""Faults on demand: what can go wrong between Slack and an app, for the app's tests.

The rule it protects: nothing goes wrong unless it was ordered, and each order is used up. It
decides only whether and how; `delivery.py` and `web_api/dispatch.py` do the harm, and
`control.py` takes the orders.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from bullpen_workspace.errors import Broken, RateLimited, SlackError
from bullpen_workspace.types import Delivery, Json


@dataclass(kw_only=True)
class CallFault:
    """The next `times` calls of a method fail with `status`, `before` or `after` they took effect.

    `retry_after` is in seconds and only for 429.
    """

    times: int
    status: Literal[429, 500]
    when: Literal["before", "after"] = "before"
    retry_after: int = 1

    def error(self) -> SlackError:
        return RateLimited(self.retry_after) if self.status == 429 else Broken()


@dataclass(kw_only=True)
class Faults:
    """What is still to go wrong; every number counts down."""

    refuse_acks: int = 0
    duplicate: int = 0
    reorder: int = 0
    delay: int = 0
    delay_seconds: float = 0.0
    calls: dict[str, CallFault] = field(default_factory=dict[str, CallFault])
    _delayed: set[str] = field(default_factory=set[str])

    def ignores_ack(self) -> bool:
        if self.refuse_acks < 1:
            return False
        self.refuse_acks -= 1
        return True

    def copies(self) -> int:
        """How often the next envelope is sent: 1, or 2 when it is to be duplicated."""
        if self.duplicate < 1:
            return 1
        self.duplicate -= 1
        return 2

    def postpones(self, delivery_id: str) -> float:
        """Seconds to hold back this envelope; 0 when it goes now. Each is held back once."""
        if self.delay < 1 or delivery_id in self._delayed:
            self._delayed.discard(delivery_id)
            return 0.0
        self.delay -= 1
        self._delayed.add(delivery_id)
        return self.delay_seconds

    def ordered(self, due: list[Delivery]) -> list[Delivery]:
        """The envelopes in the order to send: [] while too few wait for an ordered reversal."""
        if self.reorder < 2:
            return due
        if len(due) < self.reorder:
            return []
        turned, self.reorder = list(reversed(due)), 0
        return turned

    def take_call(self, method: str) -> CallFault | None:
        """The fault of this call, None when it goes well."""
        fault = self.calls.get(method)
        if fault is None or fault.times < 1:
            return None
        fault.times -= 1
        return fault

    def left(self) -> Json:
        """What is still to go wrong."""
        return {
            "refuse_acks": self.refuse_acks,
            "duplicate": self.duplicate,
            "reorder": self.reorder,
            "delay": {"times": self.delay, "seconds": self.delay_seconds},
            "calls": {name: fault.times for name, fault in self.calls.items() if fault.times},
        }

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self.refuse_acks = self.duplicate = self.reorder = self.delay = 0
        self.calls.clear()
