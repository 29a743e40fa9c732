"""The way between the conversation and the context store: recall before a turn, remember after a run.

The rule it protects: what was said in a private channel or a direct message is written in that
scope and never recalled outside it. It judges nothing: every message is kept, none is summarised.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import structlog

from bullpen_memory import misleading
from bullpen_memory.errors import InputError
from bullpen_memory.ingest import ingest
from bullpen_memory.misleading import Misled
from bullpen_memory.records import (
    WORKSPACE,
    Draft,
    Hit,
    Query,
    Source,
    channel_scope,
    person_scope,
)
from bullpen_memory.store import Store
from bullpen_orchestrator.entries import Entry, Feedback, Run
from bullpen_orchestrator.ledger import Ledger
from bullpen_orchestrator.ports import Audience, Chat, Inbound
from bullpen_tools.handed import LIMITS

_SHOWN = 400
_TABLES = frozenset({".csv", ".tsv"})
_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


def home(inbound: Inbound) -> str:
    """The scope in which a conversation writes what it learns."""
    return _scope(inbound.audience, inbound.channel, inbound.user)


def visible(inbound: Inbound) -> frozenset[str]:
    """The scopes that a conversation may see: the workspace's, and its own."""
    return frozenset({WORKSPACE, home(inbound)})


def _scope(audience: Audience, channel: str, person: str) -> str:
    if audience == "public":
        return WORKSPACE
    return channel_scope(channel) if audience == "private" else person_scope(person)


class Recollection:
    """Recall for a turn and the projection of the ledger. Safe to repeat after a crash."""

    def __init__(
        self, store: Store, ledger: Ledger, chat: Chat, checkpoint: Callable[[str], None]
    ) -> None:
        self._store = store
        self._ledger = ledger
        self._chat = chat
        self._checkpoint = checkpoint

    async def lines(
        self, run: Run, agent: str, turn_id: str, text: str, limit: int
    ) -> tuple[str, ...]:
        """The records that bear on `text`, one line each, fixed for this turn and logged.

        The messages of the thread itself are left out: the agent reads them as history.
        """
        key = f"{turn_id}:recall"
        kept = await self._ledger.get(key)
        if kept is None:
            hits = await asyncio.to_thread(self._find, run, text, limit)
            ids = [hit.record.id for hit in hits]
            kept = await self._ledger.put(key, {"lines": [_line(hit) for hit in hits], "ids": ids})
            await asyncio.to_thread(
                lambda: self._store.log_recall(
                    run_id=run.id, agent=agent, query=text, record_ids=ids
                )
            )
        return tuple(kept["lines"])

    def _find(self, run: Run, text: str, limit: int) -> list[Hit]:
        inbound = run.inbound
        own = self._ledger.thread_ids(inbound.channel, inbound.thread_ts)
        # Long requests drown the search in words; the beginning says what it is about.
        query = Query(
            text=text[:2000], scopes=visible(inbound), limit=limit * 3, as_of=run.pin.moment
        )
        hits = self._store.find(query).hits
        return [hit for hit in hits if hit.record.source.ref not in own][:limit]

    async def keep_files(self, run: Run) -> list[str]:
        """Put the documents of a request into memory; the sentences for those that cannot be read.

        A plain table is left to the import of series, a picture to who looks at it. Safe to repeat: a file is known by its hash.
        """
        inbound = run.inbound
        where = "a direct message" if inbound.audience == "direct" else f"#{inbound.channel_name}"
        problems: list[str] = []
        for file in inbound.files:
            if Path(file.name).suffix.lower() in _TABLES or file.mimetype.startswith("image/"):
                continue
            source = Source(
                kind="file", ref=file.sha256, permalink=file.permalink or inbound.permalink,
                title=f"{file.name} in {where}",
            )  # fmt: skip
            draft = Draft(
                kind="document", title=file.name, text="", author=inbound.user, source=source,
                scope=home(inbound), speaker=inbound.user_name,
            )  # fmt: skip
            try:
                await asyncio.to_thread(ingest, self._store, file.path, draft, limits=LIMITS)
            except InputError as error:
                problems.append(str(error))
        return problems

    async def remember(self) -> int:
        """Write every message that is on the platform and not yet in the store; how many those were."""
        written = 0
        while entries := self._ledger.unremembered():
            for entry in entries:
                record_id = await asyncio.to_thread(self._keep, entry)
                self._checkpoint("remember.stored")
                self._ledger.remember(entry.id, record_id)
            written += len(entries)
        return written

    async def misled(self, feedback: Feedback, note: str = "") -> Misled | None:
        """Mark what an answer that misled a person rests on; None for an answer outside any run.

        Only records that its own conversation may see are marked. A `note` says what is right and
        becomes a proposed correction.
        """
        run_id = self._ledger.people.run_of(feedback.message_id)
        if not run_id:
            return None
        scopes = visible(self._ledger.run(run_id).inbound)
        return await asyncio.to_thread(
            lambda: misleading.misled(
                self._store, run_id=run_id, by=feedback.person, note=note,
                answer=feedback.message_id, scopes=scopes,
            )
        )  # fmt: skip

    async def take_back(self, message_id: str) -> None:
        """Retract what was remembered of a message that its author deleted."""
        record_id = self._ledger.remembered(message_id)
        if not record_id:
            return
        author = self._ledger.people.author(message_id)
        try:
            await asyncio.to_thread(
                lambda: self._store.retract(
                    record_id, by=author, reason="its author deleted the message"
                )
            )
        except InputError as error:
            _log.warning("record not retracted", record=record_id, error=str(error))

    def _keep(self, entry: Entry) -> str:
        """The id of the record that holds the message, or "" when the store refuses it for good."""
        old = self._ledger.remembered(self._ledger.people.predecessor(entry.id))
        try:
            if old:
                reason = "its author corrected the message"
                draft = self._draft(entry)
                return self._store.supersede(old, draft, by=entry.author, reason=reason).id
            kept = self._store.add(self._draft(entry)).id
            if entry.run_id and entry.kind != "person":
                misleading.cited(
                    self._store, run_id=entry.run_id, agent=entry.author, answer=entry.id,
                    text=entry.text,
                )  # fmt: skip
            return kept
        except InputError as error:
            # Asking again would be refused again, and would keep every later message waiting.
            _log.warning("message not remembered", message=entry.id, error=str(error))
            return ""

    def _draft(self, entry: Entry) -> Draft:
        permalink = entry.permalink or self._chat.permalink(
            entry.channel, entry.ts, entry.thread_ts
        )
        where = "a direct message" if entry.audience == "direct" else f"#{entry.channel_name}"
        title = f"{entry.author_name} in {where}"
        opening = self._ledger.opening(entry.channel, entry.thread_ts)
        person = opening.author if opening else entry.author
        return Draft(
            kind="message",
            text=entry.shown,
            author=entry.author,
            source=Source(kind="message", ref=entry.id, permalink=permalink, title=title),
            scope=_scope(entry.audience, entry.channel, person),
            title=title,
            known_at=datetime.fromisoformat(entry.at),
            thread=f"{entry.channel}:{entry.thread_ts}",
            speaker=entry.author_name,
        )


def _line(hit: Hit) -> str:
    record = hit.record
    text = " ".join(record.text.split())
    shown = text if len(text) <= _SHOWN else text[:_SHOWN].rstrip() + " …"
    source = f" · {record.source.permalink}" if record.source.permalink else ""
    return (
        f"[{record.id}] {record.kind} · {record.title} · "
        f"{record.known_at.date().isoformat()} · {record.author}: {shown}{source}"
    )
