"""Follow-ups of a computation change what they say, and nothing else."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bullpen_agents.grammar.again import Again
from bullpen_agents.grammar.follow import follow
from bullpen_agents.grammar.reading import Chart, Compute, parse
from bullpen_agents.grammar.several import parts_of
from bullpen_agents.task import Line
from bullpen_memory.records import WORKSPACE, Query
from mini_desk import MiniDesk, desk, plain, seeded

__all__ = ["desk", "seeded"]

CALL = "price a 100 call, spot 100, vol 20, 1 year, rate 5%"
SWAP = "price a 5y CDS at 120bp notional 25m"


@pytest.mark.parametrize(
    ("first", "then", "changed"),
    [
        (CALL, "same with 30 vol", {"volatility_pct": 30.0}),
        (CALL, "and a put?", {"kind": "put"}),
        (CALL, "6 months", {"years": 0.5}),
        (CALL, "what if spot is 105?", {"spot": 105.0}),
        (CALL, "with strike 95", {"strike": 95.0}),
        (CALL, "rate 3", {"rate_pct": 3.0}),
        (SWAP, "recovery 25", {"recovery_pct": 25.0}),
        (SWAP, "and at 200 bp?", {"spread_bp": 200.0}),
        ("VaR of oil at 95%", "and at 99%?", {"confidence_pct": 99.0}),
        ("when was oil last above 100?", "and below 20?", {"level": 20.0, "side": "below"}),
        ("S&P at the end of 2017", "and at the end of 2016?", {"on": "2016-12-31"}),
    ],
)
def test_a_term_is_changed(first: str, then: str, changed: dict[str, Any]) -> None:
    before, after = parse(first), follow(then, [first])
    assert isinstance(before, Compute)
    assert isinstance(after, Compute)
    assert after.tool == before.tool
    assert after.args == {**before.args, **changed}


def test_changes_add_up_along_the_thread() -> None:
    found = follow("with strike 95", [CALL, "same with 30 vol", "and a put?"])
    assert isinstance(found, Compute)
    assert found.args == {"volatility_pct": 30.0, "rate_pct": 5.0, "spot": 100.0, "years": 1.0, "kind": "put", "underlying": "", "strike": 95.0}  # fmt: skip


@pytest.mark.parametrize(
    ("then", "how"),
    [
        ("source?", "source"),
        ("where does that come from?", "source"),
        ("what's the source?", "source"),
        ("are you sure?", "sure"),
        ("is that right?", "sure"),
        ("double check that please", "sure"),
        ("in bp please", "bp"),
        ("and as a percentage", "pct"),
    ],
)
@pytest.mark.parametrize(
    "first", [CALL, "how volatile is oil?", "100-110 call spread at 4", "latest Baa yield"]
)
def test_the_answer_is_asked_about(first: str, then: str, how: str) -> None:
    assert follow(then, [first]) == Again(parse(first), how)  # type: ignore[arg-type]
    assert not isinstance(follow(then, []), Again)


def test_a_series_of_a_computation_is_carried() -> None:
    assert follow("chart it", ["average VIX in 2017"]) == Chart(
        ("VIX",), "level", parse("average VIX in 2017").period
    )  # type: ignore[union-attr]
    spread = follow("since 2000", ["Baa minus Aaa"])
    assert spread == parse("Baa minus Aaa since 2000")
    assert follow("correlation of oil and vix", ["average VIX in 2017"]) == parse("correlation of oil and vix")  # fmt: skip


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("how volatile is oil? and the nasdaq? what do we know about gold?", 3),
        ("1. latest Baa yield\n2. worst month of the S&P 500", 2),
        ("- vol of oil\n- vol of the nasdaq\nthanks!", 2),
        ("hi team,\nhow volatile is oil?", 1),
        ("how volatile is oil? thanks", 1),
        ("what do I make on the 70-90 call spread at 4 if it is at 85", 1),
    ],
)
def test_questions_are_taken_apart(text: str, count: int) -> None:
    assert len(parts_of(text)) == count


async def test_each_question_is_answered_and_the_unread_one_named(desk: MiniDesk) -> None:
    question = "what was oil on 2008-07-03? price a 100 call, spot 100, vol 20, 1 year, rate 5%? why is the sky blue?"
    text = plain(desk.read(await desk.lead(question), question))
    assert "Oil was $145.31/bbl" in text
    assert "The 100 call is worth $10.45" in text
    assert re.search(r"why is the sky blue\?\s+I did not understand this part", text)


async def test_a_question_after_something_to_be_kept_is_not_kept_with_it(desk: MiniDesk) -> None:
    question = "Remember that tin is cheap. What is the volatility of oil?"
    assert parts_of(question) == ("Remember that tin is cheap.", "What is the volatility of oil?")
    text = plain(desk.read(await desk.lead(question), question))
    assert "Oil has an annualised volatility of" in text
    kept = desk.store.find(Query(text="tin oil", scopes=frozenset({WORKSPACE}))).hits
    assert [hit.record.text for hit in kept] == ["Tin is cheap."]


@pytest.mark.parametrize(
    "whole",
    ["I bought the SLV 70-90-110 butterfly at 2.50. What do I make?", "Remember: rates fell. What matters is supply.", "remember that oil was 20.5 in 2016"],
)  # fmt: skip
def test_what_belongs_together_stays_together(whole: str) -> None:
    assert parts_of(whole) == (whole,)


async def test_other_units_and_the_source_come_from_the_tools(desk: MiniDesk) -> None:
    desk.history = (Line(speaker="Ada", text="latest Baa yield", author="U1"),)
    assert "513 bp" in plain(desk.read(await desk.ask("data_analyst", "in bp please")))
    assert "FRED" in desk.read(await desk.ask("data_analyst", "source?"))
    desk.history = (Line(speaker="Ada", text=CALL, author="U1"),)
    sure = plain(desk.read(await desk.ask("quant", "are you sure?"), CALL))
    assert "computed it again" in sure
    assert "$10.45" in sure


async def test_only_a_computation_is_asked_of_each_of_two_years(desk: MiniDesk) -> None:
    question = "volatility of oil in 2008 and 2016"
    text = plain(desk.read(await desk.ask("quant", question), question))
    assert "2008-12-31" in text
    assert "2016-12-30" in text
    said = "remember that oil was dear in 2008 and 2016"
    reply = await desk.ask("quant", said)
    assert "Oil was dear in 2008 and 2016" in desk.read(reply, said)
    notes = desk.store.find(Query(text="oil dear", scopes=frozenset({WORKSPACE}))).hits
    assert [hit.record.text for hit in notes] == ["Oil was dear in 2008 and 2016"]
