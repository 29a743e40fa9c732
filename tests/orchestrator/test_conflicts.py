"""One fact, one value: where two colleagues differ, a card names both receipts; and what is no figure."""

from __future__ import annotations

import pytest

from bullpen_agents.model import Request
from bullpen_agents.scripted import Answer, ScriptedModel, calls
from real_parts import FakeChat, OpenDesk, said


def measured(values: dict[str, float], lead: str = "") -> ScriptedModel:
    """Colleagues who measure oil at `values`; the lead asks them, or they were named."""

    def answer(request: Request) -> Answer:
        step = request.meta["step"]
        if request.agent == lead:
            return (
                calls(*(("ask", {"agent": a, "question": "oil?"}) for a in values))
                if step == 0
                else "Both have looked."
            )
        if step == 0:
            return calls(("measure", {"value": values[request.agent]}))
        return "I have looked."

    return ScriptedModel(answer)


async def test_agents_that_a_person_named_and_who_differ(open_desk: OpenDesk) -> None:
    chat = FakeChat()
    desk = await open_desk(chat, measured({"quant": 10.0, "data_analyst": 12.0}))
    await desk.receive(said("quant, data_analyst: how volatile is oil?"))
    await desk.idle(10)
    card = chat.posts[-1]
    assert card.text == ""
    [alert] = card.alerts
    assert "quant has 10.0%" in alert
    assert "data_analyst has 12.0%" in alert
    assert "(r1, measure)" in alert
    assert "(r2, measure)" in alert
    [button] = [b for p in chat.posts for b in p.buttons if p.agent == "quant"]
    assert button.value == "T:C1:1.000001"


async def test_colleagues_whom_the_lead_asked_and_who_differ(open_desk: OpenDesk) -> None:
    chat = FakeChat()
    desk = await open_desk(chat, measured({"quant": 10.0, "data_analyst": 12.0}, "architect"))
    await desk.receive(said("how volatile is oil?"))
    await desk.idle(10)
    answer = chat.posts[-1]
    assert (answer.agent, answer.text) == ("architect", "Both have looked.")
    [alert] = answer.alerts
    assert alert.startswith("Two values for volatility of WTI")


async def test_who_agrees_raises_nothing(open_desk: OpenDesk) -> None:
    chat = FakeChat()
    desk = await open_desk(chat, measured({"quant": 10.0, "data_analyst": 10.0}))
    await desk.receive(said("quant, data_analyst: how volatile is oil?"))
    await desk.idle(10)
    assert all(not post.alerts for post in chat.posts)
    assert len(chat.posts) == 2


@pytest.mark.parametrize(
    ("reply", "unsourced"),
    [
        ("As of 5 March 2026, since 1999, on 2020-04-20 at 14:30.", ""),
        ("1. First\n2. Second\n10) Tenth", ""),
        ("You said 2.50 before, and 70-90-110.", ""),
        ("`x = 42` and\n```\n99 bottles\n```", ""),
        ("The S&P 500 and COVID-19.", ""),
        ("Oil is at 75.20, and up 3%.", "Without a receipt: 75.20, 3%"),
        ("It makes $17.50.", "Without a receipt: $17.50"),
    ],
)
async def test_bare_digits_are_marked_and_never_refused(
    open_desk: OpenDesk, reply: str, unsourced: str
) -> None:
    chat = FakeChat()
    desk = await open_desk(chat, ScriptedModel(lambda request: reply))
    await desk.receive(said("quant: I paid 2.50 for a 70-90-110 butterfly"))
    await desk.idle(10)
    await desk.receive(said("quant: and now?", ts="1.000009", thread_ts="1.000001"))
    await desk.idle(10)
    post = chat.posts[-1]
    assert post.text == reply
    assert [note for note in post.footnotes if note.startswith("Without")] == (
        [unsourced] if unsourced else []
    )
