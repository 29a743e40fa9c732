"""What people see while an agent works: a status line, and a message that grows.

The rule it protects: nothing here is durable and nothing here can break a turn; the final post
always carries the whole text. It also carries the two reasons to end a turn early: a person said
stop, or the budget is used up.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import structlog

from bullpen_agents.model import Completed
from bullpen_agents.task import Agent
from bullpen_orchestrator.entries import Run
from bullpen_orchestrator.ledger import Ledger
from bullpen_orchestrator.limits import Limits
from bullpen_orchestrator.ports import Chat
from bullpen_orchestrator.progress import Progress

_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


@dataclass(slots=True, kw_only=True)
class TurnWatch:
    """Watches one turn. `show` makes readable text of what is written so far.

    `open_live` begins the live message of this turn, or finds the one begun before a crash.
    """

    run: Run
    agent: Agent
    turn_id: str
    chat: Chat
    ledger: Ledger
    limits: Limits
    pause: float
    progress: Progress
    stopped: Callable[[str], bool]
    show: Callable[[str], str]
    open_live: Callable[[], Awaitable[str]]
    _calls: int = 0
    _status: str = ""
    _live: str | None = field(default=None)
    _grown: float = 0.0

    async def text(self, so_far: str) -> None:
        """Grow the live message, at most every `pause` seconds."""
        if self.stopped(self.run.id) or time.monotonic() - self._grown < self.pause:
            return
        shown = self.show(so_far)
        if not shown.strip():
            return
        try:
            live = await self._open()
            if live:
                await self.chat.grow_live(self.run.inbound.channel, live, shown)
        except Exception as error:  # noqa: BLE001 - the post will carry the text anyway
            _log.warning("live message failed", run=self.run.id, error=repr(error))
            self._live = self._live or ""
        self._grown = time.monotonic()

    async def _open(self) -> str:
        """The ts of the live message, "" where there must be none."""
        if self._live is None:
            self._live = await self.open_live()
        return self._live

    async def doing(self, tool: str, label: str) -> None:
        """Say what the agent is at."""
        await self.status(label or f"using {tool}")
        await self.progress.doing(self.run.id, self.turn_id, label or f"using {tool}")

    async def did(self, tool: str, label: str, *, failed: bool, receipts: Sequence[str]) -> None:
        """Say that this is done."""
        label = label or f"using {tool}"
        await self.progress.did(self.run.id, self.turn_id, label, failed=failed, receipts=receipts)

    async def status(self, text: str) -> None:
        """Show that the agent is busy with `text`; "" clears."""
        if text == self._status or (text and self.stopped(self.run.id)):
            return
        self._status = text
        said = self.run.inbound
        try:
            await self.chat.status(said.channel, said.thread_ts, self.agent.id, text)
        except Exception as error:  # noqa: BLE001 - a status line is a courtesy
            _log.warning("status failed", run=self.run.id, error=repr(error))

    async def charge(self, completed: Completed, *, answered: bool = True) -> None:
        """Count a model call; a replayed one has the same number and is counted once.

        A call that gave no answer is made again under its number, so it is counted apart.
        """
        key = self._call if answered else f"{self._call}:broken{self.run.attempts}"
        self._calls += answered
        self.ledger.accounts.charge(
            key,
            run_id=self.run.id,
            agent=self.agent.id,
            model=completed.model,
            usage=completed.usage,
        )

    async def may_go_on(self) -> Literal["yes", "stopped", "budget"]:
        """Whether the turn may make its next call."""
        if self.stopped(self.run.id):
            return "stopped"
        # Before a tool this sets the call aside that will read its outcome.
        if not self.ledger.accounts.reserve(self._call, run_id=self.run.id, limits=self.limits):
            return "budget"
        return "yes"

    def close(self) -> None:
        """The turn is over: what was set aside and not used is free again."""
        self.ledger.accounts.release(self._call, run_id=self.run.id)

    @property
    def _call(self) -> str:
        return f"{self.turn_id}:c{self._calls}"
