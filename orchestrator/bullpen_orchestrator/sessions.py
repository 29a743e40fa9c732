"""Whether a thread looks worked on: shown while a run is conducted, and always taken back.

The rule it protects: that a thread was shown as busy is written down before it is shown, so it
is released after an end, a failure, a stop and a crash alike, however often the platform says
"later". It shows nothing of what is being done; the turns do.
"""

from __future__ import annotations

import asyncio
from itertools import chain, repeat

from bullpen_orchestrator.entries import Run
from bullpen_orchestrator.ledger import Ledger
from bullpen_orchestrator.ports import Chat, SessionState

Thread = tuple[str, str]


class Sessions:
    """Lives in the desk's event loop; `again` is the pause (seconds) before another attempt."""

    def __init__(self, chat: Chat, ledger: Ledger, again: float) -> None:
        self._chat = chat
        self._ledger = ledger
        self._again = again
        self._busy: dict[Thread, str] = {}
        self._trying: dict[Thread, asyncio.Task[None]] = {}

    async def begin(self, run: Run) -> None:
        """A run is under way; a thread that was about to be released stays busy."""
        said = run.inbound
        thread = (said.channel, said.thread_ts)
        await self._hold_off(thread)
        self._busy[thread] = run.id
        self._ledger.mark_busy(*thread)
        title = " ".join(run.route.text.split())[:80]
        await self._chat.session(*thread, "processing", user=said.user, title=title)

    async def end(self, run: Run, state: SessionState = "active") -> None:
        """The run is over, or will go on at the next start ("suspended")."""
        thread = (run.inbound.channel, run.inbound.thread_ts)
        if self._busy.get(thread, run.id) != run.id:
            return
        self._busy.pop(thread, None)
        if thread in self._ledger.busy():
            await self._release(thread, state)

    def recover(self) -> None:
        """Release the threads that an earlier process left busy, apart from those with open runs."""
        open_threads = {(r.inbound.channel, r.inbound.thread_ts) for r in self._ledger.open_runs()}
        for thread in self._ledger.busy():
            if thread not in open_threads:
                self._later(thread, "active", 0.0)

    async def stop(self) -> None:
        """Try no more; what is not released yet is released at the next start."""
        for thread in list(self._trying):
            await self._hold_off(thread)

    async def _release(self, thread: Thread, state: SessionState) -> None:
        if await self._chat.session(*thread, state):
            self._ledger.mark_free(*thread)
        else:
            self._later(thread, state, self._again)

    def _later(self, thread: Thread, state: SessionState, pause: float) -> None:
        async def keep_trying() -> None:
            for wait in chain((pause,), repeat(self._again)):
                await asyncio.sleep(wait)
                if await self._chat.session(*thread, state):
                    self._ledger.mark_free(*thread)
                    return

        self._trying[thread] = asyncio.create_task(keep_trying())

    async def _hold_off(self, thread: Thread) -> None:
        task = self._trying.pop(thread, None)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
