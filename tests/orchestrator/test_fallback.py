"""An answer that another model gave than the one that was asked says so, and both are charged."""

from __future__ import annotations

from bullpen_agents.model import Completed, Msg, Request, Text, Usage
from bullpen_agents.scripted import Answer, ScriptedModel, calls
from real_parts import FakeChat, OpenDesk, said


def second(request: Request) -> Answer:
    if request.meta["purpose"] == "plan":
        work = [{"agent": a, "task": "look"} for a in ("quant", "developer")]
        return calls(("assign", {"assignments": work}))
    if request.agent == "developer":
        return "I am the first."
    usage = Usage(input_tokens=300, output_tokens=30, cost_usd=0.5)
    message = Msg("assistant", (Text("I am the second."),))
    return Completed(
        message=message, stop="end_turn", usage=usage, model="second", instead_of="first"
    )


async def test_an_answer_of_the_fallback_says_so(open_desk: OpenDesk) -> None:
    chat = FakeChat()
    desk = await open_desk(chat, ScriptedModel(second))
    await desk.receive(said("how is it?"))
    await desk.idle(10)
    told = "Answered by second: first was overloaded or is not available."
    notes = {(p.agent, p.priority): p.footnotes for p in chat.posts}
    assert told in notes["quant", "result"]
    assert told in notes["architect", "answer"]
    assert told not in notes["developer", "result"]
    assert [p.meta["model"] for p in chat.posts if p.agent == "quant"] == ["second"]
    assert desk.spending()["quant"].usd == 0.5
