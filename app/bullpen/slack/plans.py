"""Plans as Slack shows them: cards in a post that everybody reads, or a stream for who asked.

The rule it protects: a plan is decoration and never in the way of a result: calls are paced, only
the newest state is sent, and a stream that dies or grows old goes on as updates of its message.
None is left at work: what a stop or a crash interrupts is closed and says so. It never raises and
posts no result.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bullpen.slack import messages
from bullpen.slack.connect import Identity
from bullpen.slack.limits import Pace
from bullpen.slack.live import ROLL_SECONDS, Persona
from bullpen.slack.planbook import PlanBook
from bullpen.slack.refusals import reason, retry_after
from bullpen_orchestrator.ports import Plan, SessionState, Step

UPDATE_SECONDS = 3.0
STREAM_SECONDS = 1.0
LAST_SECONDS = 30.0
PARTING_SECONDS = 2.0
"""How long the last state of a plan is tried, when Slack is busy; and all of them, when the desk stops."""
MODE = "plan"
DEAD = frozenset({"message_not_in_streaming_state", "streaming_state_conflict"})
log = logging.getLogger("bullpen.slack.plans")

Json = dict[str, Any]
Send = Callable[[], Awaitable[object]]


def plan_block(plan: Plan) -> Json:
    """The plan as a `plan` block of task cards."""
    return {"type": "plan", "title": plan.title[:250], "tasks": [card(s) for s in plan.steps[:50]]}


def card(step: Step) -> Json:
    """One step as a `task_card` block."""
    made: Json = {
        "type": "task_card",
        "task_id": step.id[:255],
        "title": step.title,
        "status": step.status,
    }
    if step.detail:
        made["details"] = _rich(step.detail)
    if step.output:
        made["output"] = _rich(step.output)
    return made


def _rich(text: str) -> Json:
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return {"type": "rich_text", "elements": [section]}


@dataclass(slots=True)
class _Card:
    """One message that shows a plan: what is to be sent next, and how it is sent."""

    wanted: Plan
    over: bool = False
    shown: dict[str, Step] = field(default_factory=dict[str, Step])
    title: str = ""
    opened: float = 0.0
    streaming: bool = False
    session: SessionState = "processing"
    update: Callable[[Plan], Awaitable[object]] | None = None
    task: asyncio.Task[None] | None = None


class Plans:
    """The plans of this process. `beat` is the least pause (seconds) between two updates of one."""

    def __init__(
        self, client: AsyncWebClient, pace: Pace, me: Identity, *, beat: float = UPDATE_SECONDS,
        book: PlanBook | None = None,
    ) -> None:  # fmt: skip
        self._client = client
        self._pace = pace
        self._me = me
        self._beat = beat
        self._book = book
        self._cards: dict[tuple[str, str], _Card] = {}
        self._mending: asyncio.Task[None] | None = None

    async def mend(self) -> None:
        """Close what an earlier process left open; what Slack does not take at once, soon."""
        left = self._book.of(self._me.bot_id) if self._book else []
        if left and self._mending is None:
            self._mending = asyncio.create_task(self._mend(left), name="mend plans")
            await asyncio.wait([self._mending], timeout=PARTING_SECONDS)

    async def _mend(self, left: list[tuple[str, str, Plan]]) -> None:
        for channel, ts, plan in left:
            await self._interrupt(channel, ts, plan, messages.PLAN_RESTARTED)

    def show(
        self, channel: str, ts: str, plan: Plan, update: Callable[[Plan], Awaitable[object]]
    ) -> None:
        """Show `plan` in a posted message, soon; `update` makes the call."""
        self._want((channel, ts), plan, update=update)

    async def open(
        self, channel: str, thread_ts: str, user: str, persona: Persona, plan: Plan
    ) -> str | None:
        """Start a stream that shows the plan to `user`; None where Slack does not let us."""
        if self._pace.claim("chat.startStream", channel, "progress") > 0:
            return None
        try:
            started = await self._client.chat_startStream(
                channel=channel, thread_ts=thread_ts, recipient_team_id=self._me.team_id,
                recipient_user_id=user, task_display_mode=MODE, chunks=_chunks(plan, "", {}),
                username=persona.username, icon_emoji=persona.icon_emoji,
            )  # fmt: skip
        except SlackApiError as error:
            self._refused("chat.startStream", error)
            return None
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            log.warning("no plan: %s", error)
            return None
        ts = str(started["ts"])

        known = {step.id: step for step in plan.steps}
        self._cards[channel, ts] = _Card(
            plan, shown=known, title=plan.title, opened=time.monotonic(), streaming=True,
            update=self._updating(channel, ts),
        )  # fmt: skip
        self._keep(channel, ts, plan)
        return ts

    def _updating(self, channel: str, ts: str) -> Callable[[Plan], Awaitable[object]]:
        """What shows a plan in a message whose stream has ended."""

        async def update(newest: Plan) -> object:
            return await self._client.chat_update(
                channel=channel, ts=ts, text=newest.title, blocks=[plan_block(newest)]
            )

        return update

    def grow(self, channel: str, ts: str, plan: Plan, *, over: bool) -> None:
        """Show the plan as it is now; `over` ends the stream."""
        if (channel, ts) in self._cards:
            self._want((channel, ts), plan, over=over)

    async def close(self) -> None:
        """The desk stops: nothing more is sent but that the open streams are interrupted."""
        tasks = [card.task for card in self._cards.values() if card.task]
        tasks += [self._mending] if self._mending else []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        streams = {place: card for place, card in self._cards.items() if card.streaming}
        self._cards.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(PARTING_SECONDS):
                for (channel, ts), card in streams.items():
                    await self._interrupt(channel, ts, card.wanted, messages.PLAN_STOPPED)

    async def _interrupt(self, channel: str, ts: str, plan: Plan, title: str) -> None:
        """Close a plan whose steps nobody follows any more; what is done stays done."""
        steps = tuple(
            replace(step, status="error", detail="") if step.status == "in_progress" else step
            for step in plan.steps
        )
        plan = Plan(title=title, steps=steps)
        # Its work is at rest now; whoever goes on with it says so anew.
        known = _Card(plan, streaming=True, session="active", update=self._updating(channel, ts))
        if await self._turn("chat.stopStream"):
            there = await self._made((channel, ts), known, plan, "chat.stopStream")
            if not (there and known.streaming):
                self._forget(channel, ts)

    def _keep(self, channel: str, ts: str, plan: Plan) -> None:
        if self._book is not None:
            self._book.put(self._me.bot_id, channel, ts, plan)

    def _forget(self, channel: str, ts: str) -> None:
        if self._book is not None:
            self._book.drop(self._me.bot_id, channel, ts)

    def _want(
        self,
        place: tuple[str, str],
        plan: Plan,
        *,
        update: Callable[[Plan], Awaitable[object]] | None = None,
        over: bool = False,
    ) -> None:
        known = self._cards.setdefault(place, _Card(plan))
        known.wanted, known.over = plan, over or known.over
        known.update = update or known.update
        if known.task is None or known.task.done():
            known.task = asyncio.create_task(self._send(place, known), name=f"plan {place}")

    async def _send(self, place: tuple[str, str], known: _Card) -> None:
        """Send the newest state, and whatever becomes newer meanwhile; then rest."""
        while True:
            sent, over = known.wanted, known.over
            method = self._method(known, over)
            if await self._turn(method) and not await self._made(place, known, sent, method):
                break
            if over:
                break
            await asyncio.sleep(STREAM_SECONDS if known.streaming else self._beat)
            if known.wanted is sent and known.over == over:
                return
        self._cards.pop(place, None)
        self._forget(*place)

    def _method(self, known: _Card, over: bool) -> str:
        if not known.streaming:
            return "chat.update"
        old = time.monotonic() - known.opened > ROLL_SECONDS
        return "chat.stopStream" if over or old else "chat.appendStream"

    async def _turn(self, method: str) -> bool:
        """Wait for the pace; False when Slack stays busy for too long."""
        until = time.monotonic() + LAST_SECONDS
        while (wait := self._pace.claim(method, "", "progress")) > 0:
            if time.monotonic() + wait > until:
                return False
            await asyncio.sleep(wait)
        return True

    async def _made(self, place: tuple[str, str], known: _Card, plan: Plan, method: str) -> bool:
        """Make the call; False where this message shows no plan any more."""
        try:
            await self._call(place, known, plan, method)
        except SlackApiError as error:
            if known.streaming and reason(error) in DEAD:
                # Slack ends streams after some minutes: the message goes on as updates.
                known.streaming = False
                return await self._made(place, known, plan, "chat.update")
            self._refused(method, error)
            return retry_after(error) is not None
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            log.warning("plan %s not shown: %s", place[1], error)
        return True

    async def _call(self, place: tuple[str, str], known: _Card, plan: Plan, method: str) -> None:
        channel, ts = place
        if method == "chat.update":
            assert known.update is not None
            await known.update(plan)
            return
        chunks = _chunks(plan, known.title, known.shown)
        if method == "chat.stopStream":
            await self._client.chat_stopStream(
                channel=channel, ts=ts, chunks=chunks or None, session_status=known.session
            )
            known.streaming = False
        elif chunks:
            await self._client.chat_appendStream(channel=channel, ts=ts, chunks=chunks)
            self._keep(channel, ts, plan)
        known.shown = {step.id: step for step in plan.steps}
        known.title = plan.title

    def _refused(self, method: str, error: SlackApiError) -> None:
        seconds = retry_after(error)
        if seconds is not None:
            self._pace.freeze(method, seconds)
        log.warning("%s refused for a plan: %s", method, reason(error))


def _chunks(plan: Plan, title: str, shown: dict[str, Step]) -> list[Json]:
    """What has changed, as chunks; Slack adds to a task's details, so they are not sent."""
    chunks: list[Json] = []
    if plan.title != title:
        chunks.append({"type": "plan_update", "title": plan.title[:250]})
    for step in plan.steps:
        if shown.get(step.id) != step:
            chunk: Json = {
                "type": "task_update",
                "id": step.id,
                "title": step.title,
                "status": step.status,
            }
            if step.output and step.output != getattr(shown.get(step.id), "output", ""):
                chunk["output"] = step.output
            chunks.append(chunk)
    return chunks
