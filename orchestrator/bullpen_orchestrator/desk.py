"""The desk: what the application starts, stops, and hands people's messages to.

The rule it protects: a message is safe (claimed, written down, queued) before `receive` returns,
and everything a desk opened is closed by `stop`. It knows no Slack and builds none of its parts.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import aiosqlite
import structlog
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from bullpen_memory.errors import OperatorError
from bullpen_orchestrator import messages
from bullpen_orchestrator.conduct import Conductor
from bullpen_orchestrator.engine import Engine
from bullpen_orchestrator.entries import Feedback
from bullpen_orchestrator.erasing import Erased, erase
from bullpen_orchestrator.graph import build, resume_or_start
from bullpen_orchestrator.ledger import Ledger
from bullpen_orchestrator.limits import Spent
from bullpen_orchestrator.nodes import Nodes
from bullpen_orchestrator.outbox import Outbox, Row
from bullpen_orchestrator.parts import DeskParts
from bullpen_orchestrator.ports import Audience, Heard, Inbound
from bullpen_orchestrator.progress import Progress
from bullpen_orchestrator.recollection import Recollection
from bullpen_orchestrator.routing import Route, Thread, route
from bullpen_orchestrator.sessions import Sessions
from bullpen_orchestrator.speech import Speech
from bullpen_orchestrator.turns import Turns

__all__ = ["Desk", "DeskParts", "Running"]

_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A run that has not ended. `waiting` is True while another run of its thread comes first."""

    run_id: str
    channel: str
    thread_ts: str
    agents: tuple[str, ...]
    asked_by: str
    user: str
    audience: Audience
    text: str
    since: str
    waiting: bool

    @property
    def line(self) -> str:
        """The run as one line of text."""
        return messages.request(self.text, self.agents, self.asked_by, waiting=self.waiting)


class Desk:
    """One desk on one home folder; `start` and `stop` belong to the same event loop."""

    def __init__(self, parts: DeskParts) -> None:
        self.parts = parts
        self._ledger: Ledger | None = None
        self._outbox: Outbox | None = None
        self._saver: AsyncSqliteSaver | None = None
        self._engine: Engine | None = None
        self._catching_up: asyncio.Task[None] | None = None

    @property
    def ledger(self) -> Ledger:
        """The conversation log; OperatorError before `start`."""
        if self._ledger is None:
            raise OperatorError(
                "The desk is not running.", "It was not started.", "Start it first."
            )
        return self._ledger

    async def start(self) -> None:
        """Open the files, take the home folder, and go on with what was under way.

        Raises OperatorError when another process runs on this home folder, it belongs to another
        workspace, or a file cannot be opened; nothing stays open then.
        """
        parts = self.parts
        self._engine = Engine(
            parts.home,
            self._conduct,
            database_url=parts.database_url,
            executor_id=parts.executor_id,
            polling=parts.polling,
        )
        self._engine.own()
        try:
            await self._open()
            await self._engine.start()
        except BaseException:
            await self.stop()
            raise
        for run in self.ledger.open_runs():
            await self._engine.enqueue(run.id, thread=_thread(run.inbound))
        self._sessions.recover()
        self._outbox_open.start()
        self._catching_up = asyncio.create_task(self._catch_up())

    async def _open(self) -> None:
        parts = self.parts
        self._ledger = Ledger(parts.home / "ledger.db")
        kept = self._ledger.team(parts.team)
        if kept != parts.team:
            waiting = self._ledger.move(parts.team)
            if waiting:
                raise messages.other_team(parts.home, kept, parts.team, waiting)
            _log.info("the home moves to another team", old=kept, new=parts.team)
        self._outbox = Outbox(
            parts.home / "ledger.db",
            parts.chat,
            settle=parts.settle,
            checkpoint=parts.checkpoint,
            lost=self._lost,
        )
        database = await aiosqlite.connect(parts.home / "checkpoints.db")
        self._saver = AsyncSqliteSaver(database)
        await self._saver.setup()
        await database.execute("PRAGMA synchronous = NORMAL")
        # The checkpoints of an ended run go; their words must not stay in free pages.
        await database.execute("PRAGMA secure_delete = ON")
        self._assemble(self._ledger, self._outbox, self._saver)

    def _assemble(self, ledger: Ledger, outbox: Outbox, saver: AsyncSqliteSaver) -> None:
        parts = self.parts
        self._speech = Speech(parts, ledger, outbox)
        self._sessions = Sessions(parts.chat, ledger, parts.patience)
        progress = Progress(parts.chat, outbox, parts.planning)
        self._conductor = Conductor(parts, ledger, outbox, self._speech, self._sessions, progress)
        self._recollection = Recollection(parts.store, ledger, parts.chat, parts.checkpoint)
        stopped = self._conductor.stopped
        turns = Turns(parts, ledger, self._speech, self._recollection, progress, stopped)
        nodes = Nodes(parts, ledger, outbox, self._speech, turns, self._recollection)
        graph = build(nodes, saver)

        async def drive(run_id: str) -> None:
            await resume_or_start(graph, run_id, parts.checkpoint)

        self._conductor.use(drive, saver.adelete_thread)

    async def stop(self) -> None:
        """Close everything. Runs under way are continued at the next start."""
        if self._catching_up is not None:
            self._catching_up.cancel()
            await asyncio.gather(self._catching_up, return_exceptions=True)
            self._catching_up = None
        if self._engine is not None:
            await self._engine.stop()
            self._engine = None
        if self._saver is not None:
            await self._conductor.quiet()
            await self._sessions.stop()
            await self._saver.conn.close()
            self._saver = None
        if self._outbox is not None:
            await self._outbox.stop()
            self._outbox = None
        if self._ledger is not None:
            self._ledger.close()
            self._ledger = None

    async def receive(self, inbound: Inbound) -> Literal["new", "duplicate", "ignored"]:
        """Take a person's message. It is safe, and its run queued, when this returns."""
        parts = self.parts
        claim = await asyncio.to_thread(self.ledger.claim, inbound, self._decides(inbound))
        parts.checkpoint("claimed")
        # A duplicate is acted upon, too: the first delivery may have died right after the claim.
        if claim.route.decision == "stop":
            await self._said_stop(inbound, claim.stopped)
        elif claim.outcome == "new" and claim.route.decision == "word":
            await self._said_word(inbound, claim.route.text)
        elif claim.run_id:
            await self._engine_open.enqueue(claim.run_id, thread=_thread(inbound))
            parts.checkpoint("enqueued")
        return claim.outcome

    def _decides(self, inbound: Inbound) -> Callable[[Thread], Route]:
        roster = self.parts.roster
        agents = list(roster.agents.values())

        def decide(thread: Thread) -> Route:
            return route(inbound, thread, agents, roster.lead.id)

        return decide

    async def correct(self, inbound: Inbound) -> str:
        """Take a message whose author changed its text; `inbound` holds the new one.

        Work under way on the old text ends and begins again; an answered message is answered
        anew. An unheard message is received as if it were new.
        """
        done = await asyncio.to_thread(self.ledger.correct, inbound, self._decides(inbound))
        if done.outcome == "unknown":
            return await self.receive(inbound)
        self._conductor.halt(done.stopped)
        if done.run_id:
            if done.answered:
                text = messages.corrected(inbound.user_name, running=bool(done.stopped))
                key, lead = f"{done.run_id}:corrected", self.parts.roster.lead
                await self._speech.notice(inbound, lead, key=key, text=text, run_id=done.run_id)
            await self._engine_open.enqueue(done.run_id, thread=_thread(inbound))
        return done.outcome

    async def withdraw(self, message_id: str, event_id: str, by: str) -> str:
        """Take note that its author deleted a message: its work ends, and nothing more is posted.

        `message_id` is team:channel:ts, `by` a display name.
        """
        done = await asyncio.to_thread(self.ledger.withdraw, message_id, event_id, by)
        self._conductor.halt(done.stopped)
        if done.outcome == "new":
            await self._recollection.take_back(done.message_id)
        return done.outcome

    async def _said_stop(self, inbound: Inbound, ids: tuple[str, ...]) -> None:
        if ids:
            self._conductor.halt(ids)
            await self._conductor.say_stopped(ids)
            return
        key = f"{inbound.team}:{inbound.channel}:{inbound.ts}:stop"
        text = messages.nothing_to_stop()
        await self._speech.notice(inbound, self.parts.roster.lead, key=key, text=text)

    async def _said_word(self, inbound: Inbound, word: str) -> None:
        roster = self.parts.roster
        if word == "status":
            here = (inbound.channel, inbound.thread_ts)
            text = messages.running(
                [run.line for run in self.status() if (run.channel, run.thread_ts) == here]
            )
        elif word in ("agents", "desk"):
            text = messages.colleagues([(a.id, a.name, a.title) for a in roster.agents.values()])
        else:
            text = messages.words_in_threads() if word == "help" else messages.unknown_word(word)
        key = f"{inbound.team}:{inbound.channel}:{inbound.ts}:word"
        await self._speech.notice(inbound, roster.lead, key=key, text=text)

    async def stop_thread(self, channel: str, thread_ts: str, by: str) -> int:
        """End every run of a thread, say so once, and return how many there were.

        `by` is the display name of the person. Nothing of those runs is posted afterwards.
        """
        return await self._conductor.stop(channel, thread_ts, by)

    def status(self) -> list[Running]:
        """The runs that have not ended, oldest first."""
        under_way = set(self._conductor.running())
        return [
            Running(
                run_id=run.id,
                channel=run.inbound.channel,
                thread_ts=run.inbound.thread_ts,
                agents=run.route.agents,
                asked_by=run.inbound.user_name,
                user=run.inbound.user,
                audience=run.inbound.audience,
                text=run.route.text or run.inbound.text,
                since=run.created_at,
                waiting=run.id not in under_way,
            )
            for run in self.ledger.open_runs()
        ]

    async def judge(self, feedback: Feedback) -> str:
        """Keep what a person thinks of an answer; the id of its run, "" where there is none.

        What a misleading answer was based on is marked as disputed and believed less.
        """
        run_id = await asyncio.to_thread(self.ledger.people.judge, feedback)
        if run_id and feedback.verdict == "misleading":
            await self._recollection.misled(feedback)
        return run_id

    async def heard(self) -> Heard:
        """What was heard so far, so that what was missed can be fetched."""
        first = await self.ledger.put("heard:since", {"at": time.time()})
        yesterday = (datetime.now(UTC) - timedelta(days=1)).isoformat()
        return await asyncio.to_thread(self.ledger.people.heard, float(first["at"]), yesterday)

    async def erase(
        self,
        *,
        texts: Collection[str] = (),
        message_ids: Collection[str] = (),
        by: str,
        reason: str,
    ) -> Erased:
        """Erase from the conversation's own files; see `erasing.erase`."""
        return await asyncio.to_thread(
            erase, self.parts.home, texts=texts, message_ids=message_ids, by=by, reason=reason
        )

    def spending(self, since: str = "") -> dict[str, Spent]:
        """What every agent has used since a moment (ISO 8601, UTC), or ever."""
        return self.ledger.accounts.spending(since)

    async def idle(self, timeout: float) -> None:  # noqa: ASYNC109 - the caller reads it as one
        """Wait until no run is open and nothing is left to post; TimeoutError after `timeout` s."""
        until = time.monotonic() + timeout
        while self.ledger.open_runs() or self._outbox_open.pending():
            if time.monotonic() > until:
                raise TimeoutError(f"the desk was not idle within {timeout:g} s: {self.status()}")
            await asyncio.sleep(0.02)

    async def _conduct(self, run_id: str) -> str:
        return await self._conductor.conduct(run_id)

    async def _lost(self, row: Row) -> None:
        await self._speech.lost(row)

    async def _catch_up(self) -> None:
        """Put into the store what an earlier process said and did not get to remember."""
        try:
            await self._recollection.remember()
        except Exception:  # noqa: BLE001
            # The next run tries again; the desk must not fail to start over it.
            _log.exception("catching up failed")

    @property
    def _outbox_open(self) -> Outbox:
        assert self._outbox is not None
        return self._outbox

    @property
    def _engine_open(self) -> Engine:
        assert self._engine is not None
        return self._engine


def _thread(inbound: Inbound) -> str:
    return f"{inbound.channel}:{inbound.thread_ts}"
