"""One turn: a colleague talks to a model and uses tools until there is a reply.

The rule it protects: every model answer and every tool outcome is journalled before it is used,
so a killed turn continues where it was, pays nothing twice and never says something else. It
does not know Slack, the graph, or which model it talks to.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from bullpen_agents import prompt
from bullpen_agents.guards import Guards
from bullpen_agents.journalled import (
    Called,
    called,
    read_answer,
    read_called,
    write_answer,
    write_called,
)
from bullpen_agents.model import (
    Completed,
    Model,
    Msg,
    Request,
    Restarted,
    Text,
    TextDelta,
    ToolCall,
    ToolResult,
    Usage,
    add_usage,
    carry,
    estimated,
    paid_for,
)
from bullpen_agents.task import Agent, Journal, Line, Reply, Task, Watch
from bullpen_memory.errors import (
    BullpenError,
    ConflictError,
    DefectError,
    InputError,
    OperatorError,
)
from bullpen_tools.tool import BoundTool

__all__ = ["Agent", "Journal", "Line", "Reply", "Task", "Watch", "take_turn"]

Ended = Literal["done", "stopped", "steps", "budget", "failed"]

MAX_PAUSES = 5
_CONTINUE = "Your answer was cut off at the length limit. Continue exactly where it stopped."
_CUT_CALL = (
    "Your answer was cut off at the length limit and no tool call in it was run. Be shorter, "
    "and make the call again if you still need it."
)
_EMPTY = "Your answer was empty. Answer the task, or say why you cannot."
_STOPPED = {
    "stopped": "Stopped before I was finished, as asked.",
    "budget": "I stopped because this request has used up its budget. "
    "Raise the limit or ask for a smaller piece of work.",
}


@dataclass(slots=True)
class _Turn:
    """The state of one turn: the conversation with the model, and what the calls have made."""

    agent: Agent
    task: Task
    model: Model
    tools: Mapping[str, BoundTool]
    journal: Journal
    watch: Watch
    model_name: str
    messages: list[Msg] = field(default_factory=list[Msg])
    guards: Guards = field(default_factory=Guards)
    usage: Usage = field(default_factory=Usage)
    receipts: list[str] = field(default_factory=list[str])
    artifacts: list[str] = field(default_factory=list[str])
    meta: dict[str, list[dict[str, Any]]] = field(default_factory=dict[str, list[dict[str, Any]]])
    call_ids: set[str] = field(default_factory=set[str])
    kept: str = ""
    steps: int = 0
    pauses: int = 0
    cuts: int = 0
    empties: int = 0

    def reply(self, text: str, ended: Ended = "done") -> Reply:
        return Reply(
            text=text,
            receipts=tuple(dict.fromkeys(self.receipts)),
            artifacts=tuple(dict.fromkeys(self.artifacts)),
            usage=self.usage,
            steps=self.steps,
            meta=self.meta,
            ended=ended,
        )

    def say(self, *messages: Msg) -> None:
        self.messages.extend(message for message in messages if message.content)


async def take_turn(
    agent: Agent,
    task: Task,
    *,
    model: Model,
    tools: Mapping[str, BoundTool],
    journal: Journal,
    watch: Watch,
    default_model: str,
) -> Reply:
    """Work on `task` until there is a reply, a limit, or a failure that is told in the reply.

    The n-th model answer is journalled under `{turn_id}:m{n}`, the outcome of the i-th call of that
    answer under `{turn_id}:t{n}:{i}`, which is also the tool's `call_key` (n and i from 0). With
    the same journal a second run sends nothing twice and gives the same reply.

    A BullpenError of the model becomes a reply with `ended="failed"` and
    `meta["error"] = [{"kind", "fact", "cause", "remedy"}]`; it is not journalled, so that the turn
    can be tried again once the cause is mended. A DefectError, and cancellation, rise.
    """
    turn = _Turn(agent, task, model, tools, journal, watch, agent.model or default_model)
    turn.say(prompt.opening(task))
    try:
        while turn.steps < agent.max_steps:
            if (go := await watch.may_go_on()) != "yes":
                return turn.reply(_STOPPED[go], go)
            answer = await _answer(turn)
            calls = [block for block in answer.message.content if isinstance(block, ToolCall)]
            if answer.stop == "tool_use" and calls:
                reply = await _use_tools(turn, answer, calls)
            else:
                reply = _without_tools(turn, answer)
            if reply:
                return reply
            await watch.text(turn.kept)
    except DefectError:
        raise
    except BullpenError as error:
        return await _failed(turn, error)
    return turn.reply(
        f"I stopped after {agent.max_steps} steps without an answer. "
        "Ask for a smaller piece of work, or raise max_steps in my charter.",
        "steps",
    )


async def _answer(turn: _Turn) -> Completed:
    """The next model answer: from the journal when it was given before, else from the model."""
    key = f"{turn.task.turn_id}:m{turn.steps}"
    row = await turn.journal.get(key)
    if row is None:
        row = await turn.journal.put(key, write_answer(await _ask_model(turn)))
    answer = read_answer(row)
    turn.steps += 1
    turn.usage = add_usage(turn.usage, answer.usage)
    if answer.instead_of:
        turn.meta["fallback"] = [{"model": answer.model, "instead_of": answer.instead_of}]
    await turn.watch.charge(answer)
    return answer


async def _ask_model(turn: _Turn) -> Completed:
    system, stable = prompt.system_prompt(turn.agent, turn.task)
    request = Request(
        agent=turn.agent.id,
        model=turn.model_name,
        system=system,
        messages=tuple(turn.messages),
        tools=tuple(tool.spec for tool in turn.tools.values()),
        max_tokens=turn.agent.max_tokens,
        stable=stable,
        meta=prompt.describe(turn.task, turn.steps),
    )
    so_far = ""
    try:
        async for event in turn.model.stream(request):
            match event:
                case TextDelta(text):
                    so_far += text
                    await turn.watch.text(turn.kept + so_far)
                case Restarted():
                    so_far = ""
                    await turn.watch.text(turn.kept)
                case Completed():
                    return event
    except asyncio.CancelledError as error:
        await _charge_broken_off(turn, request, so_far, error)
        raise
    raise DefectError(
        "The model gave no answer.",
        f"{turn.model.label} ended its stream without a Completed event.",
        "Report this with the name of the model.",
    )


async def _charge_broken_off(
    turn: _Turn, request: Request, said: str, error: asyncio.CancelledError
) -> None:
    """A call that somebody stopped was paid for: what the model counted, else an estimate."""
    if turn.model.offline:
        return
    if paid_for(error) is None:
        # Cancelled between two events, the model could not say; the price is not known here.
        carry(error, estimated(request, said), request.model)
    if paid := paid_for(error):
        await turn.watch.charge(paid, answered=False)


def _without_tools(turn: _Turn, answer: Completed) -> Reply | None:
    """What an answer without tool calls means: a reply, or None to go on."""
    text = "".join(block.text for block in answer.message.content if isinstance(block, Text))
    if answer.stop == "refusal":
        return turn.reply(
            "The model declined to work on this request. Rephrase it, or leave out what it may "
            "have taken for harmful.",
            "failed",
        )
    if answer.stop == "pause_turn" and turn.pauses < MAX_PAUSES:
        turn.pauses += 1
        turn.say(answer.message)
        return None
    if answer.stop == "max_tokens" and turn.cuts < 1:
        turn.cuts += 1
        return _continue(turn, answer, text)
    if (turn.kept + text).strip():
        return turn.reply(turn.kept + text + _cut_note(answer))
    if turn.empties < 1:
        turn.empties += 1
        turn.say(Msg("user", (Text(_EMPTY),)))
        return None
    return turn.reply("The model gave an empty answer twice. Ask again or rephrase.", "failed")


def _continue(turn: _Turn, answer: Completed, text: str) -> None:
    # A call in a cut answer may be incomplete in meaning even when its JSON closes: never run it.
    cut_call = not text or any(isinstance(block, ToolCall) for block in answer.message.content)
    turn.kept += text
    said = (Text(text),) if text.strip() else ()
    turn.say(Msg("assistant", said), Msg("user", (Text(_CUT_CALL if cut_call else _CONTINUE),)))


def _cut_note(answer: Completed) -> str:
    return "\n\n(Cut off at the length limit.)" if answer.stop == "max_tokens" else ""


async def _use_tools(turn: _Turn, answer: Completed, calls: list[ToolCall]) -> Reply | None:
    """Run the calls of one answer side by side; give each exactly one result, in order."""
    turn.kept = ""
    refusals = [_refusal(turn, call) for call in calls]
    jobs = [
        asyncio.ensure_future(_call(turn, index, call, refusal))
        for index, (call, refusal) in enumerate(zip(calls, refusals, strict=True))
    ]
    try:
        outcomes = await asyncio.gather(*jobs)
    except BaseException:
        for job in jobs:
            job.cancel()
        await asyncio.gather(*jobs, return_exceptions=True)
        raise
    for outcome in outcomes:
        if isinstance(outcome, str):
            return turn.reply(_STOPPED[outcome], outcome)
    done = [outcome for outcome in outcomes if isinstance(outcome, Called)]
    for call, kept in zip(calls, done, strict=True):
        _collect(turn, call, kept)
    turn.guards.note(kept.error for kept in done)
    if turn.guards.reason:
        return turn.reply(turn.guards.reason + _last_error(done), "failed")
    if turn.task.purpose == "plan" and _assigned(calls, done):
        said = [block.text for block in answer.message.content if isinstance(block, Text)]
        return turn.reply("".join(said).strip())
    results = [ToolResult(c.id, kept.text, kept.error) for c, kept in zip(calls, done, strict=True)]
    turn.say(answer.message, Msg("user", tuple(results)))
    return None


def _refusal(turn: _Turn, call: ToolCall) -> str:
    """Why this call is not run, or "". A refused call still gets its one result."""
    if call.id in turn.call_ids:
        return f"The call id {call.id} was used before; this second call was not run."
    turn.call_ids.add(call.id)
    if call.name not in turn.tools:
        return f"There is no tool `{call.name}`. You have: {', '.join(turn.tools) or 'none'}."
    return turn.guards.admit(call)


async def _call(
    turn: _Turn, index: int, call: ToolCall, refusal: str
) -> Called | Literal["stopped", "budget"]:
    if refusal:
        return Called(text=refusal, error=True)
    key = f"{turn.task.turn_id}:t{turn.steps - 1}:{index}"
    row = await turn.journal.get(key)
    if row is None:
        if (go := await turn.watch.may_go_on()) != "yes":
            return go
        tool = turn.tools[call.name]
        await turn.watch.doing(call.name, _label(tool))
        try:
            outcome = called(await tool.call(call.input, call_key=key))
        except BaseException:
            await turn.watch.did(call.name, _label(tool), failed=True, receipts=())
            raise
        await turn.watch.did(
            call.name, _label(tool), failed=outcome.error, receipts=outcome.receipts
        )
        row = await turn.journal.put(key, write_called(outcome))
    return read_called(row)


def _label(tool: BoundTool) -> str:
    return tool.spec.label or f"using {tool.spec.name}"


def _collect(turn: _Turn, call: ToolCall, kept: Called) -> None:
    turn.receipts.extend(kept.receipts)
    turn.artifacts.extend(kept.artifacts)
    if kept.meta and not kept.error:
        turn.meta.setdefault(call.name, []).append(kept.meta)


def _assigned(calls: list[ToolCall], done: list[Called]) -> bool:
    return any(c.name == "assign" and not kept.error for c, kept in zip(calls, done, strict=True))


def _last_error(done: list[Called]) -> str:
    errors = [kept.text for kept in done if kept.error]
    return f" The last error was: {errors[-1]}" if errors else ""


async def _failed(turn: _Turn, error: BullpenError) -> Reply:
    if paid := paid_for(error):
        turn.usage = add_usage(turn.usage, paid.usage)
        await turn.watch.charge(paid, answered=False)
    kinds = {OperatorError: "operator", InputError: "input", ConflictError: "conflict"}
    kind = next((name for base, name in kinds.items() if isinstance(error, base)), "model")
    turn.meta["error"] = [
        {"kind": kind, "fact": error.fact, "cause": error.cause, "remedy": error.remedy}
    ]
    return turn.reply(str(error), "failed")
