"""A request pinned to a day: whatever a model tries, nothing that became known later reaches it."""

from __future__ import annotations

import random
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from bullpen_agents.model import Request, Text, ToolResult
from bullpen_agents.roster import Roster
from bullpen_agents.scripted import Answer, ScriptedModel, calls
from bullpen_memory.records import WORKSPACE, Draft, Observation, SeriesInfo, Source
from bullpen_orchestrator.desk import Desk
from bullpen_orchestrator.ports import Post
from bullpen_tools.toolbox import default_toolbox
from real_parts import FakeChat, close_parts, make_parts, said

NOTES = 28
FIRST = datetime(2024, 1, 1, tzinfo=UTC)
LATE_WORDS = "the rumour of today"


def known(number: int) -> datetime:
    """When the n-th note became known: spread over two years, in no order."""
    return FIRST + timedelta(days=random.Random(number).randrange(730))


def greedy(request: Request) -> Answer:
    """Asks everybody for everything, and cites a receipt that was made later."""
    purpose, step = request.meta["purpose"], request.meta["step"]
    if purpose == "plan":
        work = [{"agent": a, "task": "tell all there is"} for a in ("quant", "data_analyst")]
        return calls(("assign", {"assignments": work}))
    if purpose == "close":
        return "All of it: {{r1.last}}."
    if step == 0:
        tools = [
            ("recall", {"query": "", "limit": 30}),
            ("recall", {"query": "canary note", "limit": 30}),
            ("series_stats", {"series": "canary"}),
            ("series_catalogue", {}),
        ]
        if purpose == "work" and request.agent == "quant":
            tools.append(("ask", {"agent": "data_analyst", "question": "and you?"}))
        return calls(*tools)
    if purpose == "work" and request.agent == "quant" and step == 1:
        return calls(("remember", {"kind": "note", "title": "x", "text": "it was {{r1.last}}"}))
    return "It is {{r1.last}}."


@pytest.fixture
async def pinned_desk(tmp_path: Path) -> AsyncIterator[tuple[Desk, FakeChat, ScriptedModel]]:
    chat, model = FakeChat(), ScriptedModel(greedy)
    made = make_parts(tmp_path, chat, model)
    parts = replace(made, roster=Roster.load(), toolbox=default_toolbox(made.receipts))
    desk = Desk(parts)
    for number in range(NOTES):
        source = Source(kind="message", ref=f"n{number}")
        text = f"The canary note K{number:03d} about the market."
        parts.store.add(
            Draft(kind="note", text=text, author="U1", source=source, scope=WORKSPACE,
                  known_at=known(number))
        )  # fmt: skip
    info = SeriesInfo(id="canary", title="Canary", unit="usd", frequency="monthly",
                      source="test", licence="none")  # fmt: skip
    values: list[Observation] = []
    for month in range(24):
        period = (FIRST + timedelta(days=30 * month)).date()
        published = datetime.combine(period, datetime.min.time(), UTC) + timedelta(days=5)
        values.append(Observation(period.isoformat(), 100.0 + month, published))
        # Each value is revised forty days later, by enough to be told apart.
        revised = published + timedelta(days=40)
        values.append(Observation(period.isoformat(), 500.0 + month, revised))
    later = SeriesInfo(id="latecomer", title="Latecomer", unit="usd", frequency="daily",
                       source="test", licence="none")  # fmt: skip
    parts.market.put(info, values)
    parts.market.put(later, [Observation("2020-01-01", 1.0, datetime(2026, 8, 1, tzinfo=UTC))])
    await desk.start()
    yield desk, chat, model
    await desk.stop()
    close_parts(parts)


def seen_by(model: ScriptedModel, since: int) -> str:
    """Everything that any model was shown."""
    parts: list[str] = []
    for request in model.requests[since:]:
        parts += [request.system, str(request.meta)]
        for message in request.messages:
            parts += [b.text for b in message.content if isinstance(b, Text | ToolResult)]
    return "\n".join(parts)


@pytest.mark.parametrize("day", ["2024-02-11", "2024-08-30", "2025-06-05"])
async def test_nothing_known_later_is_reached(
    pinned_desk: tuple[Desk, FakeChat, ScriptedModel], day: str
) -> None:
    desk, chat, model = pinned_desk
    await desk.receive(said(f"quant: what is the canary? {LATE_WORDS}"))
    await desk.idle(20)
    since, posted = len(model.requests), len(chat.posts)
    made = len(desk.parts.receipts.latest(frozenset({WORKSPACE}), limit=999))
    question = said(f"architect: everything as of {day}", ts="1.000009", thread_ts="1.000001")
    await desk.receive(replace(question, text=f"everything as of {day}"))
    await desk.idle(20)
    await desk.receive(said(f"everything as of {day}", ts="2.000001"))
    await desk.idle(20)
    text, moment = seen_by(model, since), datetime.fromisoformat(f"{day}T23:59:59.999999+00:00")
    by_then = {f"K{number:03d}" for number in range(NOTES) if known(number) <= moment}
    assert set(re.findall(r"\bK0[0-2]\d\b", text)) == by_then
    assert LATE_WORDS not in text
    assert "latecomer" not in text.casefold()
    for receipt in desk.parts.receipts.latest(frozenset({WORKSPACE}), limit=999)[:-made]:
        for value in receipt.result.values.values():
            if isinstance(value.value, float) and value.unit == "usd":
                number = int(value.value) % 100
                published = FIRST + timedelta(days=30 * number + 5)
                revised = published + timedelta(days=40)
                assert published <= moment
                assert value.value >= 500 or revised > moment, (receipt.id, value)
        for ref in receipt.result.data:
            assert date.fromisoformat(ref.end or "2000-01-01") <= moment.date()
    posts = chat.posts[posted:]
    answers: list[Post] = [post for post in posts if post.priority != "progress"]
    assert answers
    for post in answers:
        assert "123" not in post.text
        assert any("nothing that became known later was used" in note for note in post.footnotes)


async def test_a_pinned_request_that_cannot_be_pinned_is_refused(
    pinned_desk: tuple[Desk, FakeChat, ScriptedModel],
) -> None:
    desk, chat, model = pinned_desk
    await desk.receive(said("chart oil as of 31 February 2025"))
    await desk.idle(10)
    [post] = chat.posts
    assert "cannot tell which day" in post.text
    assert model.requests == []


async def test_the_colleague_is_told_the_day_and_not_the_phrase(
    pinned_desk: tuple[Desk, FakeChat, ScriptedModel],
) -> None:
    desk, _, model = pinned_desk
    await desk.receive(said("frontend: how does it look, as of 5 March 2025?"))
    await desk.idle(10)
    first = model.requests[0]
    assert first.meta["as_of"] == "2025-03-05"
    assert first.meta["text"] == "how does it look?"
    assert "pinned as of 2025-03-05" in first.system[first.stable :]
