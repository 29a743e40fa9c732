"""The two tools through which agents give each other work: `assign` and `ask`.

The rule it protects: whatever one agent wants of another stands in the thread, under its own
name, before the other begins; and no chain of questions runs for ever. They leave no receipts:
the colleague's own tools do.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bullpen_agents.roster import Roster
from bullpen_agents.task import Agent, Reply
from bullpen_orchestrator import messages
from bullpen_orchestrator.entries import Run
from bullpen_orchestrator.ledger import Ledger
from bullpen_orchestrator.limits import Limits, may_not_ask
from bullpen_orchestrator.routing import nearest
from bullpen_orchestrator.speech import Words
from bullpen_tools.tool import Outcome, ToolSpec

NAMES = frozenset({"ask", "assign"})

_STRICT = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Question(BaseModel):
    """The arguments of `ask`."""

    model_config = _STRICT
    agent: str = Field(min_length=1, description="The colleague's id, for example data_analyst")
    question: str = Field(min_length=1, description="The whole question; they see only the thread")


class Piece(BaseModel):
    """One piece of work for one colleague."""

    model_config = _STRICT
    agent: str = Field(min_length=1, description="The colleague's id, for example quant")
    task: str = Field(min_length=1, description="One piece of work with a clear end")


class Pieces(BaseModel):
    """The arguments of `assign`."""

    model_config = _STRICT
    assignments: list[Piece] = Field(min_length=1, max_length=6)


def _inlined(model: type[BaseModel]) -> dict[str, Any]:
    """The model's JSON Schema without references: some local servers do not resolve them."""
    schema = model.model_json_schema()
    schema.pop("description", None)
    pieces = schema.pop("$defs", {})
    for name, part in schema["properties"].items():
        target = part.get("items", {}).get("$ref", "").rpartition("/")[2]
        if target:
            schema["properties"][name] = part | {"items": pieces[target]}
    return schema


_ASK = ToolSpec(
    name="ask",
    description="Ask a colleague a question. It is posted in the thread, and so is the answer.",
    schema=_inlined(Question),
    label="asking a colleague",
)
_ASSIGN = ToolSpec(
    name="assign",
    description=(
        "Give work to colleagues. All pieces run side by side and are posted in the thread; "
        "you get the reports afterwards and close. Call it once."
    ),
    schema=_inlined(Pieces),
    label="giving out the work",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assign:
    """Ends a planning turn with pieces of work, under `meta["assignments"]`."""

    lead: Agent
    roster: Roster

    @property
    def spec(self) -> ToolSpec:
        return _ASSIGN

    async def call(self, args: dict[str, Any], *, call_key: str) -> Outcome:
        """Check the pieces; nothing is given out before every one of them can be."""
        del call_key  # it has no effect of its own: the graph gives out the work
        try:
            pieces = Pieces.model_validate(args).assignments
        except ValidationError as error:
            return _refused("assign", error)
        work: list[dict[str, str]] = []
        for piece in pieces:
            colleague = self.roster.by_name(piece.agent)
            if colleague is None:
                return Outcome(text=_unknown(piece.agent, self.roster), error=True)
            if colleague.id == self.lead.id:
                text = "You cannot assign work to yourself: assign the rest, and close afterwards."
                return Outcome(text=text, error=True)
            work.append({"agent": colleague.id, "task": piece.task})
        given = ", ".join(item["agent"] for item in work)
        return Outcome(text=f"Given to: {given}.", meta={"assignments": work})


Say = Callable[[Agent, Words], Awaitable[None]]
Answer = Callable[[Agent, str, str], Awaitable[Reply]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Puts a question to a colleague, in the thread, and gives back the answer.

    `say` posts; `answer(colleague, question, key)` takes the colleague's turn and posts its reply.
    `depth` is the number of asks above this one.
    """

    asker: Agent
    run: Run
    depth: int
    roster: Roster
    ledger: Ledger
    limits: Limits
    say: Say
    answer: Answer

    @property
    def spec(self) -> ToolSpec:
        return _ASK

    async def call(self, args: dict[str, Any], *, call_key: str) -> Outcome:
        """Ask once per `call_key`: a repeat posts nothing again and gives the same answer."""
        try:
            wanted = Question.model_validate(args)
        except ValidationError as error:
            return _refused("ask", error)
        key = f"{call_key}:ask"
        colleague = self.roster.by_name(wanted.agent)
        refusal = self._refusal(wanted.agent, colleague, key)
        if colleague is None or refusal:
            return Outcome(text=refusal, error=True)
        words = Words(
            key=key,
            kind="ask",
            text=messages.asks(colleague.name, wanted.question),
            addressee=colleague.id,
        )
        await self.say(self.asker, words)
        reply = await self.answer(colleague, wanted.question, f"{call_key}:reply")
        receipts = f"\nReceipts: {', '.join(reply.receipts)}" if reply.receipts else ""
        return Outcome(
            text=f"{colleague.name} replies:\n{reply.text}{receipts}",
            error=reply.ended == "failed",
            meta={"agent": colleague.id, "receipts": list(reply.receipts)},
        )

    def _refusal(self, name: str, colleague: Agent | None, key: str) -> str:
        """Why this question is not put, or ""."""
        if colleague is None:
            return _unknown(name, self.roster)
        if colleague.id == self.asker.id:
            return "You cannot ask yourself. Answer it, or ask a colleague."
        asked = self.ledger.asked(self.run.id, self.asker.id, colleague.id, but=key)
        why = may_not_ask(depth=self.depth, asked=asked, limits=self.limits)
        return f"The question was not put: {why}. Answer with what you have." if why else ""


def _unknown(name: str, roster: Roster) -> str:
    agents = list(roster.agents.values())
    return messages.unknown_colleague(name, nearest(name, agents), [agent.id for agent in agents])


def _refused(tool: str, error: ValidationError) -> Outcome:
    clauses = "; ".join(
        f"{'.'.join(str(part) for part in item['loc']) or 'the arguments'}: {item['msg']}"
        for item in error.errors()
    )
    text = f"`{tool}` was not run. {clauses}. Call it again with corrected arguments."
    return Outcome(text=text, error=True)
