"""Market calls in a person's words: the terms are read, and what is missing is asked for."""

from __future__ import annotations

import pytest

from bullpen_agents.grammar.follow import follow
from bullpen_agents.grammar.ideas import HitRate, IdeaReport, OpenIdea, ResolveIdeas
from bullpen_agents.grammar.intents import Remember, Unknown
from bullpen_agents.grammar.reading import parse

WHOLE = OpenIdea(
    "silver", "long", size=2.0, horizon="2027-06-30", take_profit=60.0, stop_loss=45.0,
    probability=60.0, thesis="deficits persist",
)  # fmt: skip


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (
            "open idea: long silver, size 2%, target 60, stop 45, by 2027-06-30, probability 60%, "
            "because deficits persist",
            WHOLE,
        ),
        (
            "Idea: buy silver, 2% of the book, take profit at 60, stop-loss 45, by end of June 2027, "
            "60% likely, since deficits persist",
            WHOLE,
        ),
        (
            "as of 2018-06-01: open an idea: short SP500 size 5% hold to the horizon by December 2018 "
            "probability 55% base rate 40% because momentum",
            OpenIdea(
                "SP500", "short", size=5.0, horizon="2018-12-31", hold=True, probability=55.0,
                base_rate=40.0, thesis="momentum",
            ),
        ),
        ("resolve ideas", ResolveIdeas()),
        ("resolve i3", ResolveIdeas(("i3",))),
        ("settle the ideas i3 and i12", ResolveIdeas(("i3", "i12"))),
        ("how are my ideas doing?", IdeaReport()),
        ("track record", IdeaReport()),
        ("20 of 25 calls, against 50, 55 and 60%", HitRate(20, 25, (50.0, 55.0, 60.0))),
        ("80% of 25 calls: skill or luck?", HitRate(20, 25)),
        ("remember the idea: long silver is crowded", Remember("the idea: long silver is crowded")),
        ("what is a good idea to do", Unknown()),
        ("20 of 25 days", Unknown()),
    ],
)  # fmt: skip
def test_what_is_said_about_ideas(said: str, meant: object) -> None:
    assert parse(said) == meant


def test_what_is_missing_is_asked_for_all_at_once() -> None:
    bare = parse("open idea: long silver")
    assert isinstance(bare, OpenIdea)
    assert len(bare.missing) == 5
    assert any("exit rule" in words for words in bare.missing)
    assert WHOLE.missing == ()


def test_the_answer_to_what_was_missing_completes_the_call() -> None:
    first = "open idea: long silver, target 60, stop 45"
    second = "size 2%, by 2027-06-30, probability 60%"
    assert follow(second, [first]) == OpenIdea(
        "silver", "long", size=2.0, horizon="2027-06-30", take_profit=60.0, stop_loss=45.0,
        probability=60.0,
    )  # fmt: skip
    assert follow("deficits persist", [first, second]) == WHOLE
    assert follow("track record", [first, second, "deficits persist"]) == IdeaReport()
