"""Conducts one run from receipt to its last word, whatever goes wrong on the way.

The rule it protects: a run always ends with something a person can read: an answer, the reason
why there is none, or that it was stopped; and after its last word nothing of it is said. It does
not queue runs and does not know their order.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from contextlib import suppress

import structlog

from bullpen_agents.task import Agent
from bullpen_memory.errors import BullpenError
from bullpen_orchestrator import messages
from bullpen_orchestrator.entries import ENDED, Run, RunStatus
from bullpen_orchestrator.ledger import Ledger
from bullpen_orchestrator.outbox import Outbox
from bullpen_orchestrator.parts import DeskParts
from bullpen_orchestrator.progress import Progress
from bullpen_orchestrator.sessions import Sessions
from bullpen_orchestrator.speech import Speech
from bullpen_orchestrator.turns import Stopped

_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

# Pauses (seconds) while the ledger or the checkpoints cannot be written: the first, and the longest.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 30.0

Drive = Callable[[str], Coroutine[None, None, None]]


class Conductor:
    """Drives runs in the desk's event loop; `drive` is the graph, resumable by run id."""

    def __init__(
        self,
        parts: DeskParts,
        ledger: Ledger,
        outbox: Outbox,
        speech: Speech,
        sessions: Sessions,
        progress: Progress,
    ) -> None:
        self._parts = parts
        self._ledger = ledger
        self._outbox = outbox
        self._speech = speech
        self._sessions = sessions
        self._progress = progress
        self._drive: Drive | None = None
        self._forget: Callable[[str], Awaitable[None]] | None = None
        self._stopped: set[str] = set()
        self._driving: dict[str, asyncio.Task[None]] = {}
        self._conducting: set[asyncio.Task[object]] = set()
        self._begun: dict[str, int] = {}

    def use(self, drive: Drive, forget: Callable[[str], Awaitable[None]]) -> None:
        """Take the graph: how to drive a run, and how to drop its checkpoints when it has ended."""
        self._drive, self._forget = drive, forget

    def stopped(self, run_id: str) -> bool:
        """Whether a person stopped this run."""
        return run_id in self._stopped

    def running(self) -> tuple[str, ...]:
        """The ids of the runs under way."""
        return tuple(self._driving)

    async def conduct(self, run_id: str) -> RunStatus:
        """Bring a run to its end and return how it ended; repeatable at any time.

        A full or locked disk is the desk's trouble and not the run's: it is waited out, and does
        not count as an attempt.
        """
        me = asyncio.current_task()
        assert me is not None
        self._conducting.add(me)
        pause = _FIRST_PAUSE
        try:
            while True:
                try:
                    return await self._conduct(run_id)
                except sqlite3.OperationalError as error:
                    _log.error("run waits for the disk", run=run_id, error=str(error), pause=pause)
                await self._wait(run_id, pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
        finally:
            self._begun.pop(run_id, None)
            self._conducting.discard(me)

    async def _wait(self, run_id: str, pause: float) -> None:
        try:
            await asyncio.sleep(pause)
        except asyncio.CancelledError:
            if run_id in self._begun:
                with suppress(sqlite3.OperationalError):
                    self._ledger.give_back(run_id)
            raise

    async def _conduct(self, run_id: str) -> RunStatus:
        run = self._ledger.run(run_id)
        if run.status in ENDED:
            return run.status
        if run.stopped_by:
            await self._say_stopped(run)
            return await self._end(run, "stopped")
        if run_id not in self._begun:
            self._begun[run_id] = self._ledger.begin(run_id)
        attempts = self._begun[run_id]
        self._parts.checkpoint("run.begun")
        await self._sessions.begin(run)
        if attempts > self._parts.limits.crashes:
            _log.error("run parked", run=run_id, attempts=attempts)
            return await self._last_word(run, "parked", messages.parked(run_id, attempts - 1))
        try:
            await self._graph(run_id)
        except asyncio.CancelledError:
            if not self.stopped(run_id):
                self._ledger.give_back(run_id)
                await self._sessions.end(run, "suspended")
                raise
            return await self._halted(run)
        except Stopped:
            return await self._halted(run)
        except sqlite3.OperationalError:
            raise
        except Exception as error:  # noqa: BLE001 - every failure must end in a sentence
            return await self._failed(run, error)
        lost = self._outbox.lost(run_id)
        return await self._end(run, "failed" if lost else "done", lost)

    async def _failed(self, run: Run, error: Exception) -> RunStatus:
        if isinstance(error, BullpenError):
            _log.error("run failed", run=run.id, error=str(error))
            return await self._last_word(run, "failed", messages.failed(error))
        _log.error("run broke", run=run.id, exc_info=error)
        return await self._last_word(run, "failed", messages.broke(run.id))

    async def _graph(self, run_id: str) -> None:
        """Drive the graph in a task of its own, so that a stop cancels it and not the conducting."""
        assert self._drive is not None
        task = asyncio.create_task(self._drive(run_id))
        self._driving[run_id] = task
        try:
            await asyncio.shield(task)
        finally:
            del self._driving[run_id]
            if not task.done():
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    async def _halted(self, run: Run) -> RunStatus:
        if not self._ledger.run(run.id).stop_key:
            await self._speech.cut_short(run, self._speaker(run))
        return await self._end(run, "stopped")

    async def _last_word(self, run: Run, status: RunStatus, text: str) -> RunStatus:
        await self._speech.give_up(run, self._speaker(run), key=f"{run.id}:last", text=text)
        return await self._end(run, status, text)

    async def _end(self, run: Run, status: RunStatus, problem: str = "") -> RunStatus:
        gone = self._ledger.people.withdrawn(run.id)
        await self._progress.end(run.id, status)
        await self._sessions.end(run, "closed" if gone else "active")
        self._ledger.end(run.id, status, problem)
        self._parts.checkpoint("run.ended")
        self._stopped.discard(run.id)
        if self._forget is not None:
            await self._forget(run.id)
        return status

    def _speaker(self, run: Run) -> Agent:
        roster = self._parts.roster
        return roster.agents.get(run.route.agents[0] if run.route.agents else "", roster.lead)

    async def stop(self, channel: str, thread_ts: str, by: str) -> int:
        """End every open run of a thread and say so once; how many there were."""
        ids = self._ledger.stop(channel, thread_ts, by)
        self.halt(ids)
        await self.say_stopped(ids)
        return len(ids)

    async def say_stopped(self, ids: Sequence[str]) -> None:
        """Say once that these runs were stopped; repeatable, since they share a key."""
        for run_id in ids[:1]:
            await self._say_stopped(self._ledger.run(run_id))

    def halt(self, ids: Iterable[str]) -> None:
        """End runs that the ledger has flagged as stopped; nothing more of them is posted."""
        for run_id in ids:
            if self._ledger.run(run_id).status not in ENDED:
                self._stopped.add(run_id)
            self._outbox.withdraw(run_id)
            task = self._driving.get(run_id)
            if task is not None:
                task.cancel()

    async def _say_stopped(self, run: Run) -> None:
        """Runs that one stop ended share a key, so that it is said once, after a crash too.

        A corrected or withdrawn message has no such notice: only what still grew is closed.
        """
        if not run.stop_key:
            await self._speech.cut_short(run, self._speaker(run))
            return
        text = messages.stopped(run.stopped_by)
        await self._speech.give_up(run, self._speaker(run), key=run.stop_key, text=text)

    async def quiet(self) -> None:
        """Wait until no run is being conducted any more."""
        await asyncio.gather(*self._conducting, return_exceptions=True)
        await self._speech.opened()
