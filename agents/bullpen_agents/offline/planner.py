"""The keyless model: a deterministic planner over the same tools, with a documented grammar.

The rule it protects: it never pretends to be a language model and never writes a figure that no
receipt holds. The same request always gives the same answer. What it understands is in
`grammar`; what it does in `offline/work.py`, `offline/talk.py` and `offline/team.py`. It has no network.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator

from bullpen_agents.model import (
    Block,
    Completed,
    Event,
    Msg,
    Request,
    StopReason,
    Text,
    TextDelta,
    ToolCall,
    Usage,
)
from bullpen_agents.offline.desk import Desk, Needed
from bullpen_agents.offline.talk import LABEL
from bullpen_agents.offline.team import respond

FREE = Usage(cost_usd=0.0)


class OfflineModel:
    """A `Model` without a language model behind it.

    `pace` is the pause in seconds between the pieces of a streamed answer; 0 sends it at once.
    """

    label = LABEL
    offline = True

    def __init__(self, *, pace: float = 0.0) -> None:
        self._pace = pace

    async def stream(self, request: Request) -> AsyncIterator[Event]:
        """Answer `request`: the next tool calls, or the text. Reads `request.meta` (see `prompt.describe`)."""
        message, stop = self._next(request)
        for block in message.content:
            if isinstance(block, Text):
                for piece in _pieces(block.text):
                    yield TextDelta(piece)
                    await asyncio.sleep(self._pace)
        yield Completed(message=message, stop=stop, usage=FREE, model="offline")

    def _next(self, request: Request) -> tuple[Msg, StopReason]:
        try:
            return Msg("assistant", (Text(respond(Desk(request))),)), "end_turn"
        except Needed as needed:
            said: tuple[Block, ...] = (Text(needed.said),) if needed.said else ()
            step = len(request.messages)
            calls = tuple(
                ToolCall(_call_id(request, step, index), name, args)
                for index, (name, args) in enumerate(needed.calls)
            )
            return Msg("assistant", (*said, *calls)), "tool_use"


def _call_id(request: Request, step: int, index: int) -> str:
    turn = str(request.meta.get("turn_id", ""))
    digest = hashlib.sha256(f"{turn}/{step}/{index}".encode()).hexdigest()[:12]
    return f"offline_{digest}"


def _pieces(text: str) -> list[str]:
    """Whole lines and, within long ones, a few words at a time, as a person would read along."""
    pieces: list[str] = []
    for line in text.splitlines(keepends=True):
        words = line.split(" ")
        groups = [" ".join(words[i : i + 8]) for i in range(0, len(words), 8)]
        pieces += [group + " " for group in groups[:-1]] + groups[-1:]
    return pieces
