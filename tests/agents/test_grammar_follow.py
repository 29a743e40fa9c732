"""Follow-ups carry the last structure or the last series of the thread, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bullpen_agents.grammar.follow import follow
from bullpen_agents.grammar.options import Payoff
from bullpen_agents.grammar.reading import Chart, Compare, Say, Stats, Unknown, parse
from bullpen_agents.grammar.series import Period

SPREAD = "what do I make on a 100-110 call spread bought at 4?"
OIL = "@Bullpen quant: how volatile is oil?"


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("and at 3.00?", {"cost": 3.0}),
        ("for 2", {"cost": 2.0}),
        ("if I paid 5?", {"cost": 5.0}),
        ("and at 100?", {"at": (100.0,)}),
        ("if it closes at 105?", {"at": (105.0,)}),
        ("what's my max loss?", {"focus": "max_loss"}),
        ("what are the breakevens", {"focus": "break_even"}),
        ("chart it", {}),
        ("and chart it", {}),
    ],
)
def test_after_a_payoff(text: str, changed: dict) -> None:
    spread = parse(SPREAD)
    assert isinstance(spread, Payoff)
    assert follow(text, [SPREAD]) == replace(spread, **changed)


def test_a_follow_up_may_follow_another() -> None:
    found = follow("@Bullpen and at 105?", [SPREAD, "and at 3.00?", "thanks"])
    assert isinstance(found, Payoff)
    assert (found.cost, found.at) == (3.0, (105.0,))


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("since 2010?", Stats("oil", "volatility", Period("2010-01-01"))),
        ("and in 2008?", Stats("oil", "volatility", Period("2008-01-01", "2008-12-31"))),
        ("over the last 5 years", Stats("oil", "volatility", Period(back=(5, "year")))),
        ("same for nasdaq", Stats("nasdaq", "volatility")),
        ("same for nasdaq since 2010", Stats("nasdaq", "volatility", Period("2010-01-01"))),
        ("and copper?", Stats("copper", "volatility")),
        ("what about the vix?", Stats("vix", "volatility")),
        ("chart it", Chart(("oil",), "rolling_vol")),
        ("drawdown of nasdaq", Stats("nasdaq", "drawdown")),
        ("and then", Unknown()),
        ("write me a poem", Unknown()),
    ],
)
def test_after_a_measure(text: str, meaning: object) -> None:
    assert follow(text, [OIL]) == meaning


def test_a_comparison_keeps_its_series() -> None:
    found = follow("since 2010?", ["compare the volatility of oil and nasdaq"])
    assert found == Compare(("oil", "nasdaq"), Period("2010-01-01"))
    assert follow("same for copper", ["compare the volatility of oil and nasdaq"]) == Unknown()


@pytest.mark.parametrize("before", [SPREAD, OIL, "chart oil", "correlation of oil and nasdaq"])
def test_why_is_answered_with_the_method(before: str) -> None:
    found = follow("why?", [before])
    assert isinstance(found, Say)
    assert "\n" not in found.text


def test_nothing_is_carried_from_an_empty_thread() -> None:
    assert follow("and at 3.00?", []) == Unknown()
    assert follow("and at 3.00?", ["hello", "delta of the SLV 90 call"]) == Unknown()
