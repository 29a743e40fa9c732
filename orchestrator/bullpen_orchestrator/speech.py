"""How something said becomes a post: figures rendered, images shown once, buttons where they help.

The rule it protects: what is posted is fixed by its key and written to the ledger in the same
transaction, with its references kept beside the text that people read. It does not decide what
is said or when.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from bullpen_agents.task import Agent
from bullpen_orchestrator import messages
from bullpen_orchestrator.entries import Entry, Run, Said
from bullpen_orchestrator.ledger import Ledger
from bullpen_orchestrator.outbox import Outbox, Row
from bullpen_orchestrator.parts import DeskParts
from bullpen_orchestrator.ports import Button, Inbound, Plan, Post, Written
from bullpen_orchestrator.recollection import visible
from bullpen_orchestrator.written import written
from bullpen_tools import figures
from bullpen_tools.context import Receipt

_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)
Shown = tuple[tuple[str, str], ...]
"""Paths with what is said about them."""
_APART = "\n\u2063\n"
"""Between a text and its alerts, while both are rendered with one count of footnotes."""
_READ = 40
"""Messages of a thread that are read for the numbers of its people."""
_PRIORITY = {"handoff": "progress", "ask": "progress", "work": "result", "reply": "result"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Something an agent says. `text` holds figure references; `receipts` are what it rests on.

    `final` marks an answer to a person; `warnings` are lines with references that are shown
    under the text. `fallback` is the model that answered and the one that did not. `plan` is shown in the place of `listed`, the same in words.
    """

    key: str
    kind: Said
    text: str
    receipts: tuple[str, ...] = ()
    final: bool = False
    addressee: str = ""
    warnings: tuple[str, ...] = ()
    plan: Plan | None = None
    listed: str = ""
    fallback: tuple[str, ...] = ()


class Speech:
    """Says things in the thread of a run, each exactly once."""

    def __init__(self, parts: DeskParts, ledger: Ledger, outbox: Outbox) -> None:
        self._parts = parts
        self._ledger = ledger
        self._outbox = outbox
        self._opening: dict[asyncio.Task[str], str] = {}

    def read(self, run: Run, text: str) -> str:
        """`text` as people read it, for a message that still grows."""
        return figures.render(figures.partial(text), self._lookup(run)).text

    async def open_live(self, run: Run, agent: Agent, post_key: str) -> str:
        """The ts of the growing message that the post `post_key` will complete, "" for none.

        Whoever waits may be cancelled; the opening is brought to its end and written down, so
        that the message is completed. A process killed in between leaves it as it was: there is
        no key to find it by.
        """
        task = asyncio.create_task(self._open_live(run, agent, post_key))
        self._opening[task] = run.id
        task.add_done_callback(self._opening.pop)
        return await asyncio.shield(task)

    async def _open_live(self, run: Run, agent: Agent, post_key: str) -> str:
        key = _live_key(run.id, post_key)
        kept = await self._ledger.get(key)
        if kept is None:
            said = run.inbound
            ts = await self._parts.chat.open_live(said.channel, said.thread_ts, agent.id, said.user)
            value = {"ts": ts or "", "key": post_key, "agent": agent.id}
            kept = await self._ledger.put(key, value)
        return str(kept["ts"])

    async def opened(self, run_id: str = "") -> None:
        """Wait until no growing message (of a run, or at all) is being opened any more."""
        tasks = [task for task, run in self._opening.items() if run_id in ("", run)]
        await asyncio.gather(*tasks, return_exceptions=True)

    async def say(self, run: Run, agent: Agent, words: Words) -> None:
        """Put `words` into the outbox under the agent's name."""
        text = _APART.join((words.text, *words.warnings))
        lookup = self._lookup(run)
        made = self._parts.receipts.by_run(run.id)
        rendered = figures.render(text, lookup, allow=self._given(run, made))
        shown_text, *alerts = rendered.text.split(_APART)
        notes = rendered.footnotes
        if rendered.unsourced and words.kind != "notice":
            notes = (*notes, messages.unsourced(rendered.unsourced))
        if words.fallback:
            notes = (*notes, messages.fell_back(*words.fallback))
        if run.pin.day and words.kind in ("answer", "work", "reply"):
            notes = (*notes, messages.pinned(run.pin.day))
        images, files = self._made(run, agent, words)
        said = "\n\n".join(
            part for part in (words.text, words.listed, messages.disagree(words.warnings)) if part
        )
        post = Post(
            key=words.key,
            channel=run.inbound.channel,
            thread_ts=run.inbound.thread_ts,
            agent=agent.id,
            text=shown_text,
            footnotes=notes,
            images=images,
            files=files,
            buttons=_buttons(run, words, [*words.receipts, *rendered.receipts], lookup),
            priority=_PRIORITY.get(words.kind, "answer"),  # type: ignore[arg-type]
            live_ts=await self._live(run.id, words.key),
            judged=words.final,
            plan=words.plan,
            alerts=tuple(alerts),
            records=self._written(run, agent, words),
            meta={
                "run": run.id,
                "model": words.fallback[0]
                if words.fallback
                else self._parts.model_for(agent).label,
            },
        )
        shown = figures.plain(said, lookup)
        paths = tuple(path for path, _ in (*images, *files))
        entry = _entry(run.inbound, run.id, agent, words, text=said, shown=shown, images=paths)
        await self._outbox.say(post, entry)

    def _written(self, run: Run, agent: Agent, words: Words) -> tuple[Written, ...]:
        """What this agent wrote into the memory, or puts before people, with these words."""
        found = filter(None, map(self._parts.receipts.get, dict.fromkeys(words.receipts)))
        own = [one for one in found if one.run_id == run.id and one.agent == agent.id]
        return written(self._parts.store, own, visible(run.inbound))

    def _given(self, run: Run, made: Sequence[Receipt]) -> str:
        """Where numbers may come from without a receipt: what people said here, what tools told."""
        place, before = run.inbound, self._ledger.position(run.id)
        thread = self._ledger.thread(place.channel, place.thread_ts, before=before, limit=_READ)
        people = (entry.text for entry in thread if entry.kind == "person")
        return " ".join((run.inbound.text, *people, figures.told(made)))

    async def notice(
        self,
        inbound: Inbound,
        agent: Agent,
        *,
        key: str,
        text: str,
        run_id: str = "",
        live: str = "",
    ) -> None:
        """Say one of the desk's own sentences, in a run or outside of any."""
        words = Words(key=key, kind="notice", text=text)
        post = Post(
            key=key,
            channel=inbound.channel,
            thread_ts=inbound.thread_ts,
            agent=agent.id,
            text=text,
            priority="answer",
            live_ts=live,
            meta={"run": run_id},
        )
        await self._outbox.say(post, _entry(inbound, run_id, agent, words, text=text, shown=text))

    async def lost(self, row: Row) -> None:
        """Tell who asked, in a direct message, that a post of their run cannot be shown."""
        try:
            run = self._ledger.run(row.run_id)
        except KeyError:
            return
        said = run.inbound
        direct = await self._parts.chat.direct(said.user)
        if direct is None or direct == row.channel:
            _log.error("nobody can be told", run=run.id, key=row.key, reason=row.reason)
            return
        place = replace(said, channel=direct, channel_name="", audience="direct", thread_ts="")
        where = "a direct message" if said.audience == "direct" else f"#{said.channel_name}"
        text = messages.not_shown(where, row.reason)
        lead = self._parts.roster.lead
        await self.notice(place, lead, key=f"{run.id}:lost", text=text)

    async def give_up(self, run: Run, agent: Agent, *, key: str, text: str) -> None:
        """Say `text` as the last word of a run, in place of a message that was still growing.

        Further growing messages are closed, so that none looks alive.
        """
        await self.opened(run.id)
        own = next((live for live in self._growing(run) if live["agent"] == agent.id), None)
        await self.cut_short(run, agent, but=own["key"] if own else "")
        live = own["ts"] if own else ""
        await self.notice(run.inbound, agent, key=key, text=text, run_id=run.id, live=live)

    async def cut_short(self, run: Run, agent: Agent, *, but: str = "") -> None:
        """Close the messages of a run that still grow, other than that of the post `but`."""
        await self.opened(run.id)
        for live in self._growing(run):
            if live["key"] != but:
                await self.notice(
                    run.inbound,
                    self._parts.roster.agents.get(live["agent"], agent),
                    key=f"{live['key']}:cut",
                    text=messages.cut(),
                    run_id=run.id,
                    live=live["ts"],
                )

    def _growing(self, run: Run) -> list[dict[str, str]]:
        return [
            live
            for live in self._ledger.journalled(f"live:{run.id}:")
            if live["ts"] and not self._completed(live["key"])
        ]

    def _completed(self, key: str) -> bool:
        row = self._outbox.row(key)
        return row is not None and row.state in ("queued", "sending", "sent")

    async def _live(self, run_id: str, key: str) -> str:
        kept = await self._ledger.get(_live_key(run_id, key))
        return str(kept["ts"]) if kept else ""

    def _lookup(self, run: Run) -> figures.Lookup:
        scopes, moment = visible(run.inbound), run.pin.moment
        receipts = self._parts.receipts
        book = receipts.known(run.id, moment) if moment else receipts

        def lookup(receipt_id: str) -> Receipt | None:
            return book.get(receipt_id, scopes)

        return lookup

    def _made(self, run: Run, agent: Agent, words: Words) -> tuple[Shown, Shown]:
        """The pictures and the files this agent made in this run and has not shown yet."""
        shown = self._ledger.shown_images(run.id, but=words.key)
        lookup = self._lookup(run)
        pictures: dict[str, str] = {}
        files: dict[str, str] = {}
        for receipt in filter(None, map(lookup, words.receipts)):
            if receipt.run_id != run.id or receipt.agent != agent.id:
                continue
            for artifact in receipt.result.artifacts:
                path = str(Path("artifacts") / artifact.path)
                if path in shown:
                    continue
                if artifact.mimetype == "image/png":
                    pictures[path] = artifact.alt
                else:
                    files[path] = artifact.title or artifact.name
        return tuple(pictures.items()), tuple(files.items())


def _live_key(run_id: str, post_key: str) -> str:
    """Where the ledger's journal keeps the live message that the post `post_key` will complete."""
    return f"live:{run_id}:{post_key}"


def _buttons(
    run: Run, words: Words, receipt_ids: list[str], lookup: figures.Lookup
) -> tuple[Button, ...]:
    """The way from a final answer to its receipts: those of the run, or a list where others are cited."""
    receipts = [r for r in map(lookup, dict.fromkeys(receipt_ids)) if r is not None]
    if not (words.final and receipts):
        return ()
    own = all(receipt.run_id == run.id for receipt in receipts)
    value = run.id if own else ",".join(receipt.id for receipt in receipts)
    return (Button(action="receipts", label="Receipts", value=value),)


def _entry(
    inbound: Inbound,
    run_id: str,
    agent: Agent,
    words: Words,
    *,
    text: str,
    shown: str,
    images: tuple[str, ...] = (),
) -> Entry:
    return Entry(
        id=words.key,
        kind=words.kind,
        team=inbound.team,
        channel=inbound.channel,
        channel_name=inbound.channel_name,
        audience=inbound.audience,
        thread_ts=inbound.thread_ts,
        author=agent.id,
        author_name=agent.name,
        addressee=words.addressee,
        text=text,
        shown=shown,
        run_id=run_id,
        images=images,
    )
