"""`/bullpen …`: what is answered at once, and only to who asked.

The rule it protects: an answer shows only what the person may see in that channel, and a wrong
command gets a sentence with the right one. It starts no work; `ask` is done by the listeners.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Any, Protocol

from bullpen.slack import messages
from bullpen.slack.directory import Channel
from bullpen.slack.render import mrkdwn
from bullpen_agents.roster import Roster
from bullpen_memory.records import (
    WORKSPACE,
    Change,
    Draft,
    Found,
    Query,
    Record,
    channel_scope,
    person_scope,
)
from bullpen_orchestrator import messages as said
from bullpen_orchestrator.desk import Running
from bullpen_orchestrator.entries import Feedback
from bullpen_orchestrator.limits import Spent
from bullpen_orchestrator.ports import Inbound

FOUND = 5
VERBS = ("ask", "agents", "status", "stop", "memory", "approvals", "spend", "help")


class Listening(Protocol):
    """What Slack's side needs of the desk."""

    async def receive(self, inbound: Inbound) -> str: ...

    async def correct(self, inbound: Inbound) -> str: ...

    async def withdraw(self, message_id: str, event_id: str, by: str) -> str: ...

    async def judge(self, feedback: Feedback) -> str: ...

    async def stop_thread(self, channel: str, thread_ts: str, by: str) -> int: ...

    def status(self) -> list[Running]: ...

    def spending(self, since: str = "") -> dict[str, Spent]: ...


class Memory(Protocol):
    """What Slack's side needs of the context store; the store's own methods."""

    def add(self, draft: Draft) -> Record: ...

    def count(self, scopes: frozenset[str] | None) -> dict[str, int]: ...

    def find(self, query: Query) -> Found: ...

    def get(self, record_id: str, *, scopes: frozenset[str] | None = None) -> Record | None: ...

    def changes(
        self, record_id: str, *, scopes: frozenset[str] | None = None
    ) -> Sequence[Change]: ...

    def supersede(self, record_id: str, draft: Draft, *, by: str, reason: str) -> Record: ...

    def approve(
        self, record_id: str, *, by: str, expected_version: int | None = None
    ) -> Record: ...

    def retract(
        self, record_id: str, *, by: str, reason: str, expected_version: int | None = None
    ) -> Record: ...


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and where; `shown` is the person's name."""

    user: str
    shown: str
    channel: Channel

    @property
    def scopes(self) -> frozenset[str]:
        """What the person may see in this place."""
        own = {WORKSPACE, person_scope(self.user)}
        if self.channel.audience == "private":
            own.add(channel_scope(self.channel.id))
        return frozenset(own)

    def sees(self, run: Running) -> bool:
        return run.audience == "public" or run.channel == self.channel.id or run.user == self.user


def question(roster: Roster, text: str) -> str:
    """`quant what is …` as `quant: what is …`; other questions as they are."""
    words = text.split()
    for count in (2, 1):
        head = " ".join(words[:count]).rstrip(":,").lstrip("@")
        agent = roster.by_name(head) if len(words) > count else None
        if agent is not None:
            return f"{agent.id}: {' '.join(words[count:])}"
    return text


class Commands:
    """Answers the verbs that need no run."""

    def __init__(self, desk: Listening, roster: Roster, memory: Memory) -> None:
        self._desk = desk
        self._roster = roster
        self._memory = memory

    async def answer(self, verb: str, rest: str, caller: Caller) -> str:
        """The text for `/bullpen verb rest`, in Slack's mark-up."""
        match verb:
            case "" | "help":
                return messages.slash_help(list(self._roster.agents))
            case "agents":
                people = [(a.id, a.name, a.title) for a in self._roster.agents.values()]
                return mrkdwn(said.colleagues(people))
            case "status":
                seen = [run.line for run in self._desk.status() if caller.sees(run)]
                return mrkdwn(said.running(seen))
            case "stop":
                return messages.slash_stopped(await self._stop(caller))
            case "memory":
                return await asyncio.to_thread(self._remembered, rest, caller.scopes)
            case "approvals":
                counts = await asyncio.to_thread(self._memory.count, caller.scopes)
                return messages.slash_approvals(counts.get("proposed", 0))
            case "spend":
                return self.spend()
            case _:
                near = get_close_matches(verb, VERBS, n=1)
                return messages.slash_unknown(verb, near[0] if near else "")

    def spend(self) -> str:
        """Tokens and money, today and in all; what nobody knows is called unknown."""
        today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0).isoformat()
        ever = self._desk.spending()
        names = {agent.id: agent.name for agent in self._roster.agents.values()}
        lines = [f"{names.get(agent, agent)}: {_spent(spent)}" for agent, spent in ever.items()]
        return messages.slash_spend(
            _spent(_sum(self._desk.spending(today))), _spent(_sum(ever)), lines
        )

    async def _stop(self, caller: Caller) -> int:
        threads = {
            run.thread_ts
            for run in self._desk.status()
            if run.user == caller.user and run.channel == caller.channel.id
        }
        stopped = [
            await self._desk.stop_thread(caller.channel.id, thread, caller.shown)
            for thread in sorted(threads)
        ]
        return sum(1 for runs in stopped if runs)

    def _remembered(self, words: str, scopes: frozenset[str]) -> str:
        if not words:
            return messages.slash_memory(self._memory.count(scopes))
        hits = self._memory.find(Query(text=words[:500], scopes=scopes, limit=FOUND)).hits
        return messages.slash_found(words, [line(hit.record) for hit in hits])


def line(record: Record) -> str:
    """A record in one line, with its source."""
    text = " ".join(record.text.split())
    shown = mrkdwn(text if len(text) <= 160 else f"{text[:159]}…")
    link = record.source.permalink
    source = f" · <{link}|source>" if link.startswith(("http://", "https://")) else ""
    return f"`{record.id}` {record.kind}, {record.known_at:%Y-%m-%d}: {shown}{source}"


def _sum(spending: Mapping[str, Spent]) -> Spent:
    total = Spent()
    for spent in spending.values():
        total = total.and_also(spent)
    return total


def _spent(spent: Spent) -> str:
    return messages.spent(spent.tokens, spent.calls, spent.cost)


def place(body: Mapping[str, Any]) -> tuple[str, str]:
    """Channel and thread of the message that a button sits under."""
    container: Mapping[str, Any] = body.get("container") or {}
    message: Mapping[str, Any] = body.get("message") or {}
    channel = str(container.get("channel_id") or (body.get("channel") or {}).get("id", ""))
    thread = container.get("thread_ts") or message.get("thread_ts") or message.get("ts")
    return channel, str(thread or container.get("message_ts", ""))
