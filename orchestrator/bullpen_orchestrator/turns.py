"""Gives an agent what it needs for one turn, and takes the turn.

The rule it protects: what a turn may see and touch follows from where the request was made, not
from what a model asks for; and a turn is the same however often it is repeated. It does not
decide who works or what is posted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from textwrap import shorten
from typing import Any, Literal

from bullpen_agents.model import Image
from bullpen_agents.task import Agent, Line, Reply, Task
from bullpen_agents.turn import take_turn
from bullpen_memory.errors import OperatorError
from bullpen_orchestrator import messages
from bullpen_orchestrator.colleagues import NAMES, Ask, Assign
from bullpen_orchestrator.entries import Entry, Run
from bullpen_orchestrator.gate import gated
from bullpen_orchestrator.ledger import Ledger
from bullpen_orchestrator.parts import DeskParts
from bullpen_orchestrator.ports import Inbound
from bullpen_orchestrator.progress import Progress
from bullpen_orchestrator.recollection import Recollection, home, visible
from bullpen_orchestrator.speech import Speech, Words
from bullpen_orchestrator.watch import TurnWatch
from bullpen_tools.context import ToolContext
from bullpen_tools.tool import BoundTool

Purpose = Literal["answer", "plan", "work", "reply", "close"]


class Stopped(Exception):
    """A person said stop while the turn was under way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One turn to take. `id` is unique for ever; `depth` the number of asks above it.

    `given` means that a colleague gave the work: the agent then reads the person's request, too.
    """

    id: str
    purpose: Purpose
    text: str
    asked_by: str
    reports: tuple[Line, ...] = ()
    depth: int = 0
    given: bool = False

    @property
    def post_key(self) -> str:
        """The key of the post that carries this turn's reply."""
        return f"{self.id}:say"


class Turns:
    """Takes turns for the nodes of the graph and, through `ask`, for other turns."""

    def __init__(
        self,
        parts: DeskParts,
        ledger: Ledger,
        speech: Speech,
        recollection: Recollection,
        progress: Progress,
        stopped: Callable[[str], bool],
    ) -> None:
        self._parts = parts
        self._ledger = ledger
        self._speech = speech
        self._recollection = recollection
        self._progress = progress
        self._stopped = stopped

    async def take(self, run: Run, agent: Agent, order: Order) -> Reply:
        """The agent's reply.

        Raises Stopped when a person said stop, and OperatorError when no request at all can be
        answered (a wrong key, say): the run cannot go on. Other failures are told in the reply.
        """
        watch = self._watch(run, agent, order)
        await watch.status(messages.THINKING)
        if order.purpose in ("answer", "work"):
            await self._progress.begin(run, agent, order.id)
        failed = True
        try:
            reply = await take_turn(
                agent,
                await self._task(run, agent, order),
                model=self._parts.model_for(agent),
                tools=self._tools(run, agent, order),
                journal=self._ledger,
                watch=watch,
                default_model=self._parts.default_model,
            )
            failed = reply.ended == "failed"
        finally:
            watch.close()
            await watch.status("")
            await self._progress.ended(run.id, order.id, failed=failed)
        self._parts.checkpoint("turn.done")
        if reply.ended == "stopped":
            raise Stopped
        for error in _operator_errors(reply):
            raise OperatorError(str(error["fact"]), str(error["cause"]), str(error["remedy"]))
        return reply

    async def _task(self, run: Run, agent: Agent, order: Order) -> Task:
        said = run.inbound
        memories: tuple[str, ...] = ()
        if order.purpose != "close":
            memories = await self._recollection.lines(
                run, agent.id, order.id, order.text, self._parts.limits.recalled
            )
        where = "a direct message" if said.audience == "direct" else f"#{said.channel_name}"
        return Task(
            run_id=run.id,
            turn_id=order.id,
            purpose=order.purpose,
            text=order.text,
            asked_by=order.asked_by,
            history=self._history(run, order),
            memories=memories,
            reports=order.reports,
            files=tuple(file.name for file in said.files),
            earlier=self._earlier(run),
            images=tuple(
                Image(file.name, file.mimetype, file.path)
                for file in said.files
                if file.mimetype.startswith("image/")
            ),
            channel=where,
            today=run.created_at[:10],
            as_of=run.pin.day.isoformat() if run.pin.day else "",
        )

    def _earlier(self, run: Run) -> tuple[str, ...]:
        """The names of the files that were sent before in the thread, and may be read."""
        new = {file.name for file in run.inbound.files}
        files = () if run.pin.day else self._ledger.files(run)
        return tuple(file.name for file in files if file.name not in new)

    def _history(self, run: Run, order: Order) -> tuple[Line, ...]:
        """The thread up to the request; who was given a piece of it reads the request too."""
        said = run.inbound
        entries = self._ledger.thread(
            said.channel,
            said.thread_ts,
            before=self._ledger.position(run.id) + (1 if order.given else 0),
            limit=self._parts.limits.history,
        )
        limit = self._parts.limits.characters
        return tuple(
            Line(speaker=e.author_name, text=e.text[:limit], author=e.author, at=e.at[:16])
            for e in entries
            if e.text.strip() and _known(e, run)
        )

    def _watch(self, run: Run, agent: Agent, order: Order) -> TurnWatch:
        return TurnWatch(
            run=run,
            agent=agent,
            turn_id=order.id,
            chat=self._parts.chat,
            ledger=self._ledger,
            limits=self._parts.limits,
            pause=self._parts.streaming,
            progress=self._progress,
            stopped=self._stopped,
            show=lambda text: self._speech.read(run, text),
            open_live=lambda: self._speech.open_live(run, agent, order.post_key),
        )

    def _tools(self, run: Run, agent: Agent, order: Order) -> dict[str, BoundTool]:
        names = [name for name in agent.tools if name not in NAMES]
        tools = gated(self._parts.toolbox.bind(self._context(run, agent), names))
        if "ask" in agent.tools:
            tools["ask"] = self._ask(run, agent, order.depth)
        if order.purpose == "plan" and "assign" in agent.tools:
            tools["assign"] = Assign(lead=agent, roster=self._parts.roster)
        return tools

    def _ask(self, run: Run, agent: Agent, depth: int) -> Ask:
        async def say(speaker: Agent, words: Words) -> None:
            await self._speech.say(run, speaker, words)

        async def answer(colleague: Agent, question: str, key: str) -> Reply:
            order = Order(
                id=key,
                purpose="reply",
                text=question,
                asked_by=agent.name,
                depth=depth + 1,
                given=True,
            )
            reply = await self.take(run, colleague, order)
            words = Words(
                key=order.post_key,
                kind="reply",
                text=reply.text,
                receipts=reply.receipts,
                addressee=agent.id,
            )
            await self._speech.say(run, colleague, words)
            return reply

        return Ask(
            asker=agent,
            run=run,
            depth=depth,
            roster=self._parts.roster,
            ledger=self._ledger,
            limits=self._parts.limits,
            say=say,
            answer=answer,
        )

    def _context(self, run: Run, agent: Agent) -> ToolContext:
        said = run.inbound
        parts = self._parts
        opening = self._ledger.opening(said.channel, said.thread_ts)
        moment = run.pin.moment
        return ToolContext(
            run_id=run.id,
            agent=agent.id,
            requester=said.user,
            requester_name=said.user_name,
            scopes=visible(said),
            home=home(said),
            thread_link=parts.chat.permalink(said.channel, said.thread_ts),
            thread_title=_thread_title(said, opening.text if opening else said.text),
            store=parts.store,
            market=parts.market,
            receipts=parts.receipts.known(run.id, moment) if moment else parts.receipts,
            artifacts=parts.home / "artifacts",
            files=said.files if moment else self._ledger.files(run),
            as_of=moment,
        )


def _known(entry: Entry, run: Run) -> bool:
    """Whether a pinned run may read this: it was said by then, or belongs to the run itself."""
    moment = run.pin.moment
    return moment is None or entry.run_id == run.id or datetime.fromisoformat(entry.at) <= moment


def _operator_errors(reply: Reply) -> list[dict[str, Any]]:
    if reply.ended != "failed":
        return []
    return [error for error in reply.meta.get("error", []) if error.get("kind") == "operator"]


def _thread_title(said: Inbound, opening: str) -> str:
    """How a thread is named where it is cited: its place and its first words."""
    place = "direct message" if said.audience == "direct" else f"#{said.channel_name}"
    return f"{place}: {shorten(opening, 80, placeholder='…')}"
