"""A piece of work that one colleague does alone: their report is the answer, and nobody repeats it."""

from __future__ import annotations

from bullpen_agents.model import Request
from bullpen_agents.scripted import ScriptedModel, calls
from real_parts import FakeChat, OpenDesk, said


def one_piece(request: Request):
    match request.agent, request.meta["purpose"], request.meta["step"]:
        case "architect", "plan", 0:
            work = [{"agent": "quant", "task": "measure oil"}]
            return calls(("assign", {"assignments": work}), text="One for the Quant.")
        case "quant", "answer", 0:
            return calls(("measure", {"value": 17.5}))
        case "quant", "answer", 1:
            return "It is {{r1.vol}}."
        case other:
            raise AssertionError(other)


async def test_who_works_alone_answers_the_person(open_desk: OpenDesk) -> None:
    chat, model = FakeChat(), ScriptedModel(one_piece)
    desk = await open_desk(chat, model)
    await desk.receive(said("how volatile is oil?"))
    await desk.idle(10)
    given, answer = chat.posts
    assert (given.agent, given.judged) == ("architect", False)
    assert (answer.agent, answer.priority, answer.judged) == ("quant", "answer", True)
    assert answer.text.startswith("It is 17.5")
    assert [button.action for button in answer.buttons] == ["receipts"]
    # The task is the lead's wording, so the person's own stands in the history.
    asked = [line["text"] for line in model.requests[-1].meta["history"]]
    assert "how volatile is oil?" in asked
    assert model.requests[-1].meta["asked_by"] == "Ada"
