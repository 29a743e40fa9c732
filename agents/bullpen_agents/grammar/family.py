"""A family of requests: what it is called, sentences that belong to it, and who reads them.

The rule it protects: whatever the planner understands stands in one table of families, each with
sentences that the tests read back and that a refusal may show. It reads nothing itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Read = Callable[[str, str], object]
"""Reads (the request as written, the same in lower case without courtesies): its intent, or None."""


@dataclass(frozen=True, slots=True)
class Family:
    """One kind of request. `examples` are whole requests, each read by this family and by none before it."""

    name: str
    read: Read
    examples: tuple[str, ...]
