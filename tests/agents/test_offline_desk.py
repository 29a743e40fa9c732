"""The keyless desk: whole conversations, memory and teamwork."""

from __future__ import annotations

import re

import pytest

from bullpen_agents.task import Line
from bullpen_memory.records import WORKSPACE, Draft, Query, Source
from mini_desk import LINK, MiniDesk, desk, plain, seeded

__all__ = ["desk", "seeded"]

COMPARE = (
    "compare the volatility of oil and the S&P 500 over the data you hold, chart it, "
    "and write up what we should remember"
)


async def test_the_butterfly_of_the_readme(desk: MiniDesk) -> None:
    question = "what do I make on the SLV June 70-90-110 call butterfly bought at 2.50?"
    reply = await desk.ask("quant", question)
    text = plain(desk.read(reply, question))
    for figure in ("$20.00", "$17.50", "$72.50", "$107.50", "7.0x", "8.0x"):
        assert figure in text
    assert "chart is attached" in text
    assert text.startswith("Read as: `+1 call 70, −2 call 90, +1 call 110, paid 2.50`.")
    assert len(reply.artifacts) == 1
    assert list((desk.home / "artifacts").rglob("*.png"))
    assert reply.receipts == ("r1", "r2")
    assert not re.search(r"\d", re.sub(r"\{\{.*?\}\}|`[^`]*`|70-90-110", "", reply.text))


async def test_the_comparison_of_the_readme(desk: MiniDesk) -> None:
    reply = await desk.lead(COMPARE)
    spoken = [agent for agent, _ in desk.said]
    assert {"architect", "data_analyst", "quant"} == set(spoken)
    asked = [text for agent, text in desk.said if agent == "data_analyst" and text.startswith("@")]
    assert asked == [
        "@quant: Which rolling window do your volatility figures of oil and S&P 500 use? "
        "I want the chart to match them."
    ]
    answered = next(t for a, t in desk.said if a == "quant")
    assert answered.startswith("A window of `60` returns")
    assert answered.endswith("Please use the same for the chart.")
    analyst = next(t for a, t in desk.said if a == "data_analyst" and "chart is attached" in t)
    assert "60 returns" in analyst
    assert "| wti |" in analyst
    assert "| sp500 |" in analyst
    text = plain(desk.read(reply))
    assert re.search(
        r"Oil was the more volatile: \d\d\.\d+% a year against \d\d\.\d+% for the S&P 500", text
    )
    assert "What we should remember" in text
    assert not re.search(
        r"\d",
        re.sub(
            r"\{\{.*?\}\}|S&P 500|(?:over|of) 60 returns|\d{4}-\d\d-\d\d|(?m:^> - .*$)",
            "",
            reply.text,
        ),
    )

    found = await desk.lead("what do we know about oil volatility?")
    text = plain(desk.read(found))
    assert "on record about oil volatility" in text
    assert "Oil was the more volatile" in text
    assert "60 returns" in text
    assert f"[the thread]({LINK})" in text
    assert "Architect" in text


async def test_a_comparison_that_fails_is_not_remembered(desk: MiniDesk) -> None:
    reply = await desk.lead("compare the volatility of Baa and oil, chart it, and remember it")
    assert reply.text.count("cannot be compared directly") == 1
    assert "Nothing was kept" in reply.text
    found = await desk.lead("what do we know about Baa volatility?")
    assert "holds nothing" in found.text


async def test_what_a_joint_answer_does_not_use_is_named_in_its_close(desk: MiniDesk) -> None:
    reply = await desk.lead("compare the volatility of oil and the S&P 500 in euros, chart it")
    assert "I did not use `in euros`" in reply.text
    assert reply.text.count("The data are old") == 1


async def test_an_unknown_topic_is_answered_honestly(desk: MiniDesk) -> None:
    reply = await desk.lead("what do we know about cocoa?")
    assert "holds nothing" in reply.text


async def test_said_things_are_quoted_when_nothing_was_written_down(desk: MiniDesk) -> None:
    texts = (
        "what do we know about cocoa?",
        "The store holds nothing about cocoa that this conversation may see.",
        "Cocoa is priced in London and in New York.",
    )
    for number, text in enumerate(texts):
        source = Source(kind="message", ref=f"m{number}", permalink=LINK)
        draft = Draft(kind="message", text=text, author="U1", source=source, scope=WORKSPACE)
        desk.store.add(draft)
    reply = await desk.lead("what do we know about cocoa?")
    assert "Cocoa is priced in London" in reply.text
    assert "holds nothing" not in reply.text
    assert reply.text.count("> — ") == 1


NOTES = (
    "The merger codename is Zebra and oil volatility matters to it.",
    "Computing output needs 500 cores.",
    "We never sell puts on cocoa.",
)


@pytest.mark.parametrize(
    ("topic", "found"),
    [
        ("cocoa puts", ("cocoa",)),
        ("puts", ("cocoa",)),
        ("the 500 oil barrels", ()),
        ("oil volatility", ("Zebra",)),
        ("put oil", ()),
    ],
)
async def test_only_what_shares_most_words_is_on_record(
    desk: MiniDesk, topic: str, found: tuple[str, ...]
) -> None:
    for number, text in enumerate(NOTES):
        source = Source(kind="message", ref=f"n{number}", permalink=LINK)
        draft = Draft(kind="note", text=text, author="U1", source=source, scope=WORKSPACE)
        desk.store.add(draft)
    reply = await desk.lead(f"what do we know about {topic}?")
    shown = reply.text if "on record" in reply.text else ""
    for text in NOTES:
        assert (text in shown) is any(word in text for word in found), reply.text


async def test_a_retracted_note_is_not_answered_from_the_messages_around_it(
    desk: MiniDesk,
) -> None:
    await desk.lead("remember that our max position in SLV flies is 200 lots")
    texts = (
        "remember that our max position in SLV flies is 200 lots",
        "This is what the desk has on record about SLV flies:\n\n> Our max position in SLV flies",
    )
    for number, text in enumerate(texts):
        source = Source(kind="message", ref=f"m{number}", permalink=LINK)
        draft = Draft(kind="message", text=text, author="U1", source=source, scope=WORKSPACE)
        desk.store.add(draft)
    asked = "what do we know about SLV flies?"
    assert "200 lots" in (await desk.lead(asked)).text
    [note] = desk.store.find(Query(kinds=frozenset({"note"}), scopes=frozenset({WORKSPACE}))).hits
    assert note.record.author == "U1"
    desk.store.retract(note.record.id, by="Maya", reason="changed to 150")
    reply = await desk.lead(asked)
    assert "This is what the desk has on record" not in reply.text
    assert "retracted by Maya" in reply.text
    assert "changed to 150" in reply.text


async def test_a_contradiction_found_in_review_reaches_the_closing_answer(desk: MiniDesk) -> None:
    reports = (
        Line(speaker="Quant", text="It is settled.", author="quant"),
        Line(speaker="Review", text="Two values for one metric.", author="review"),
    )
    reply = await desk.turn("architect", "close", "settle it", reports)
    assert "**Their figures disagree**" in reply.text
    assert reply.text.startswith("It is settled.")


async def test_what_a_person_says_is_remembered_and_recalled(desk: MiniDesk) -> None:
    await desk.ask("quant", "remember that we quote copper in constant dollars")
    reply = await desk.ask("developer", "what did we say about copper?")
    assert "We quote copper in constant dollars" in reply.text


async def test_a_comparison_is_kept_only_when_asked(desk: MiniDesk) -> None:
    await desk.lead("compare the volatility of oil and the S&P 500")
    reply = await desk.lead("what do we know about oil volatility?")
    assert "holds nothing" in reply.text


async def test_a_wrong_statement_is_corrected(desk: MiniDesk) -> None:
    await desk.ask("architect", "remember that the desk meets on Mondays")
    gone = await desk.ask("architect", "forget that the desk meets on Mondays")
    assert "**Forget for good** erases every version" in gone.text
    asked = [r for r in desk.receipts.by_run(desk.run_id) if r.tool == "put_before_people"]
    assert [r.inputs["decision"] for r in asked] == ["forget"]
    assert "The desk meets on Mondays" in gone.text
    reply = await desk.ask("architect", "correct that: the desk meets on Tuesdays")
    assert reply.text.startswith("Corrected: The desk meets on Tuesdays.")
    [record] = [
        hit.record
        for hit in desk.store.find(Query(text="desk meets", scopes=frozenset({WORKSPACE}))).hits
    ]
    assert (record.title, record.author) == ("The desk meets on Tuesdays", "U1")


async def test_what_was_withdrawn_is_put_up_to_be_restored(desk: MiniDesk) -> None:
    await desk.ask("architect", "remember that the desk meets on Mondays")
    [hit] = desk.store.find(Query(text="desk meets", scopes=frozenset({WORKSPACE}))).hits
    desk.store.retract(hit.record.id, by="U1", reason="changed")
    again = await desk.ask("architect", "remember that the desk meets on Mondays")
    assert "was retracted by" in again.text
    assert again.text.endswith("Press **Restore** below to have it back.")
    [asked] = [r for r in desk.receipts.by_run(desk.run_id) if r.tool == "put_before_people"]
    assert asked.inputs["record_id"] == hit.record.id


async def test_what_another_wrote_is_only_proposed_to_be_corrected(desk: MiniDesk) -> None:
    source = Source(kind="person", ref="U2", title="Written by Bob")
    kept = desk.store.add(
        Draft(kind="note", text="The desk meets on Mondays", author="U2", speaker="Bob",
              source=source, scope=WORKSPACE)
    )  # fmt: skip
    reply = await desk.ask("architect", "correct that: the desk meets on Tuesdays")
    assert "It would replace what Bob wrote" in reply.text
    assert "press **Approve** below" in reply.text
    assert "waits for a person" not in reply.text
    now = desk.store.get(kept.id)
    assert now is not None
    assert now.status == "active"


async def test_work_that_is_anothers_is_asked_for(desk: MiniDesk) -> None:
    reply = await desk.ask("developer", "what do I make on a 100/110 call spread for 3?")
    assert desk.said[0] == ("developer", "@quant: what do I make on a 100/110 call spread for 3?")
    assert "$7.00" in desk.read(reply, "a 100/110 call spread")
    assert reply.receipts == ("r1", "r2")


async def test_the_lead_gives_one_piece_to_one_specialist(desk: MiniDesk) -> None:
    reply = await desk.lead("what do I make on a 100/110 call spread for 3?")
    assert [agent for agent, _ in desk.said] == ["architect", "quant"]
    assert "max_profit" in reply.text


async def test_who_works_alone_remembers_when_asked(desk: MiniDesk) -> None:
    reply = await desk.lead("how volatile is oil since 1990? remember the finding")
    assert "I have stored that for the desk." in reply.text
    found = await desk.lead("what do we know about the volatility of oil?")
    assert "annualised volatility" in found.text


async def test_the_same_turn_again_says_the_same(desk: MiniDesk) -> None:
    question = "how volatile is oil?"
    first = await desk.ask("quant", question)
    desk.turns -= 1
    assert await desk.ask("quant", question) == first
