"""What happens at each station of a run.

The rule it protects: a node may be repeated at any time, so every effect goes through a key that
is fixed by the run and the station, and whatever is said was checkpointed or journalled before.
It does not know how the stations follow each other; `graph.py` does.
"""

from __future__ import annotations

from typing import Any

from bullpen_agents.task import Agent, Line, Reply
from bullpen_orchestrator import messages
from bullpen_orchestrator.entries import Run
from bullpen_orchestrator.ledger import Ledger
from bullpen_orchestrator.outbox import Outbox
from bullpen_orchestrator.parts import DeskParts
from bullpen_orchestrator.ports import Plan
from bullpen_orchestrator.progress import steps_of
from bullpen_orchestrator.recollection import Recollection, visible
from bullpen_orchestrator.speech import Speech, Words
from bullpen_orchestrator.state import Assignment, Report, RunState, WorkState
from bullpen_orchestrator.turns import Order, Turns
from bullpen_tools import figures

# How long (seconds) a run waits for its posts before it remembers without them; the rest is
# remembered by the next run, or at the next start.
_POSTED_WITHIN = 15.0


class Nodes:
    """The stations. Each takes the state and returns what changes."""

    def __init__(
        self,
        parts: DeskParts,
        ledger: Ledger,
        outbox: Outbox,
        speech: Speech,
        turns: Turns,
        recollection: Recollection,
    ) -> None:
        self._parts = parts
        self._ledger = ledger
        self._outbox = outbox
        self._speech = speech
        self._turns = turns
        self._recollection = recollection

    async def route(self, state: RunState) -> dict[str, Any]:
        """Read the decision that was made when the message was claimed; say what is wrong with it."""
        run = self._ledger.run(state["run_id"])
        leads = list(run.route.agents) or [self._parts.roster.lead.id]
        request = run.pin.rest[: self._parts.limits.characters]
        notice = self._notice(run, leads[0])
        if notice:
            return {"leads": leads, "request": request, "notice": notice}
        unread = await self._recollection.keep_files(run)
        for key, text in self._remarks(run, unread):
            await self._speech.notice(
                run.inbound, self._agent(leads[0]), key=key, text=text, run_id=run.id
            )
        request = request or messages.FILES_ONLY
        planned = not run.route.named and leads == [self._parts.roster.lead.id]
        named = (
            []
            if planned
            else [
                Assignment(agent=lead, task=request, purpose="answer", index=index)
                for index, lead in enumerate(leads)
            ]
        )
        return {"leads": leads, "request": request, "notice": "", "assignments": named}

    def _notice(self, run: Run, lead: str) -> str:
        """The sentence that answers a message on which nobody can work, or ""."""
        decided, said = run.route, run.inbound
        if decided.decision == "unknown":
            roster = list(self._parts.roster.agents)
            return messages.unknown_colleague(decided.unknown, decided.near, roster)
        if said.problems and not said.files:
            # The question was about these files: the refusal, with its remedy, is the answer.
            return messages.bad_files(said.problems)
        if run.pin.problem:
            return run.pin.problem
        if decided.text.strip() or said.files:
            return ""
        return messages.empty(self._parts.desk_name, lead)

    def _remarks(self, run: Run, unread: list[str]) -> list[tuple[str, str]]:
        remarks: list[tuple[str, str]] = []
        if problems := [*run.inbound.problems, *unread]:
            remarks.append((f"{run.id}:files", messages.bad_files(problems)))
        length, limit = len(run.route.text), self._parts.limits.characters
        if length > limit:
            remarks.append((f"{run.id}:long", messages.too_long(length, limit)))
        return remarks

    async def plan(self, state: RunState) -> dict[str, Any]:
        """The lead answers, or gives out the work and says so in the thread."""
        run = self._ledger.run(state["run_id"])
        lead = self._agent(state["leads"][0])
        order = Order(
            id=f"{run.id}:plan",
            purpose="plan",
            text=state["request"],
            asked_by=run.inbound.user_name,
        )
        reply = await self._turns.take(run, lead, order)
        pieces = [piece for meta in reply.meta.get("assign", []) for piece in meta["assignments"]]
        if not pieces:
            return {"answer": _report(lead, reply, 0)}
        given = [(self._agent(piece["agent"]).name, str(piece["task"])) for piece in pieces]
        steps = steps_of([(f"{run.id}:work{i}", *work) for i, work in enumerate(given)])
        words = Words(
            key=order.post_key,
            kind="handoff",
            text=reply.text,
            listed=messages.handed_off(given),
            plan=Plan(title=messages.plan_title([n for n, _ in given], None, 0), steps=steps),
        )
        await self._speech.say(run, lead, words)
        assignments = [
            Assignment(
                agent=piece["agent"],
                task=piece["task"],
                purpose="work",
                index=index,
                sole=len(pieces) == 1,
            )
            for index, piece in enumerate(pieces)
        ]
        return {"assignments": assignments}

    async def work(self, state: WorkState) -> dict[str, Any]:
        """One agent's turn on one piece, and its report in the thread.

        Who works alone answers the person: there is nothing for the lead to put together.
        """
        run, piece = self._ledger.run(state["run_id"]), state["assignment"]
        agent = self._agent(piece["agent"])
        final = piece["purpose"] == "answer" or piece.get("sole", False)
        order = Order(
            id=f"{run.id}:{piece['purpose']}{piece['index']}",
            purpose="answer" if final else piece["purpose"],
            text=piece["task"],
            asked_by=run.inbound.user_name if final else self._parts.roster.lead.name,
            given=piece["purpose"] == "work",
        )
        reply = await self._turns.take(run, agent, order)
        words = Words(
            key=order.post_key,
            kind="answer" if final else "work",
            text=reply.text or messages.no_answer(agent.name),
            receipts=reply.receipts,
            final=final,
            fallback=tuple(_fallback(reply)),
        )
        await self._speech.say(run, agent, words)
        return {"reports": [_report(agent, reply, piece["index"])]}

    async def review(self, state: RunState) -> dict[str, Any]:
        """Find where colleagues contradict each other; one agent's own two tries are no conflict."""
        run = self._ledger.run(state["run_id"])
        scopes = visible(run.inbound)
        reports = [*_in_order(state), *([state["answer"]] if state["answer"] else [])]
        ids = dict.fromkeys(i for report in reports for i in report["receipts"])
        found = [self._parts.receipts.get(receipt_id, scopes) for receipt_id in ids]
        conflicts = figures.conflicts(receipt for receipt in found if receipt is not None)
        between = [c for c in conflicts if len({receipt.agent for receipt, _ in c.sides}) > 1]
        return {"warnings": [conflict.sentence for conflict in between]}

    async def answer(self, state: RunState) -> dict[str, Any]:
        """The lead puts together what several did; who was named or worked alone has answered."""
        pieces = state["assignments"]
        if not any(piece["purpose"] == "work" and not piece.get("sole") for piece in pieces):
            return {}
        run = self._ledger.run(state["run_id"])
        lead = self._agent(state["leads"][0])
        reports = [
            Line(speaker=self._agent(r["agent"]).name, text=r["text"], author=r["agent"])
            for r in _in_order(state)
        ]
        reports += [Line(speaker="Review", text=w, author="review") for w in state["warnings"]]
        order = Order(
            id=f"{run.id}:close",
            purpose="close",
            text=state["request"],
            asked_by=run.inbound.user_name,
            reports=tuple(reports),
        )
        closing = _report(lead, await self._turns.take(run, lead, order), 0)
        # What the lead cites comes from the reports: the Receipts button must lead to it.
        given = [i for report in _in_order(state) for i in report["receipts"]]
        closing["receipts"] = list(dict.fromkeys([*closing["receipts"], *given]))
        return {"answer": closing}

    async def say(self, state: RunState) -> dict[str, Any]:
        """Post what was checkpointed: a notice, the closing answer, or the contradictions."""
        run = self._ledger.run(state["run_id"])
        lead = self._agent(state["leads"][0])
        answer = state["answer"]
        warnings = tuple(state["warnings"])
        if state["notice"]:
            await self._speech.notice(
                run.inbound, lead, key=f"{run.id}:notice", text=state["notice"], run_id=run.id
            )
        elif answer is not None:
            planned = "close" if state["assignments"] else "plan"
            words = Words(
                key=f"{run.id}:{planned}:say",
                kind="answer",
                text=answer["text"] or messages.no_answer(lead.name),
                receipts=tuple(answer["receipts"]),
                final=True,
                warnings=warnings,
                fallback=tuple(answer.get("fallback", ())),
            )
            await self._speech.say(run, lead, words)
        elif warnings:
            words = Words(key=f"{run.id}:review", kind="answer", text="", warnings=warnings)
            await self._speech.say(run, lead, words)
        return {}

    async def remember(self, state: RunState) -> dict[str, Any]:
        """Wait until everything is posted, then keep what was said."""
        await self._outbox.settled(state["run_id"], _POSTED_WITHIN)
        await self._recollection.remember()
        self._parts.checkpoint("remember.done")
        return {}

    def _agent(self, agent_id: str) -> Agent:
        """The colleague, or the lead where a charter was taken away since."""
        return self._parts.roster.agents.get(agent_id, self._parts.roster.lead)


def _report(agent: Agent, reply: Reply, index: int) -> Report:
    return Report(
        agent=agent.id,
        text=reply.text,
        receipts=list(reply.receipts),
        index=index,
        ended=reply.ended,
        fallback=_fallback(reply),
    )


def _fallback(reply: Reply) -> list[str]:
    """The model that answered and the one that was asked first, or nothing where they are one."""
    return [str(t[key]) for t in reply.meta.get("fallback", []) for key in ("model", "instead_of")]


def _in_order(state: RunState) -> list[Report]:
    return sorted(state["reports"], key=lambda report: report["index"])
