"""Every number of a question about options has a place, or there is no payoff."""

from __future__ import annotations

import pytest

from bullpen_agents.grammar.options import Payoff, read_payoff
from bullpen_agents.grammar.reading import parse


def read(text: str) -> Payoff:
    found = parse(text)
    assert isinstance(found, Payoff)
    return found


LONG_SHORT = (("call", 1, 70), ("call", -1, 90))


@pytest.mark.parametrize(
    ("text", "legs", "cost"),
    [
        ("long 70 call, short 90 call at 4", LONG_SHORT, 4),
        ("long 100 call and short 110 call for 3.2", (("call", 1, 100), ("call", -1, 110)), 3.2),
        ("buy 90 put sell 80 put for 2", (("put", 1, 90), ("put", -1, 80)), 2),
        ("risk reversal: long 110 call short 90 put for 0.50", (("call", 1, 110), ("put", -1, 90)), 0.5),
        ("long 70 call at 6, short 90 call at 2", LONG_SHORT, 4),
        ("long call 70, short call 90 for 4", LONG_SHORT, 4),
        ("long 1 100 call, short 2 110 calls for 0.5", (("call", 1, 100), ("call", -2, 110)), 0.5),
        ("short 90 call, long 110 call for a credit of 3", (("call", -1, 90), ("call", 1, 110)), -3),
    ],
)  # fmt: skip
def test_legs_are_read_as_written(text: str, legs: tuple, cost: float) -> None:
    found = read(text)
    assert (found.legs, found.cost) == (legs, cost)
    assert found.position == legs
    assert found.answerable


@pytest.mark.parametrize(
    ("text", "structure", "strikes", "cost"),
    [
        ("bull put spread 95/90 credit 1.40", "bull_put_spread", (90, 95), -1.4),
        ("bear call spread 105-110 credit 1.2", "bear_call_spread", (105, 110), -1.2),
        ("iron condor 90/95/105/110 credit 1.80", "iron_condor", (90, 95, 105, 110), -1.8),
        ("iron condor 90/95/105/110 for a credit of 1.80", "iron_condor", (90, 95, 105, 110), -1.8),
        ("iron condor 90/95/105/110 for a 1.80 credit", "iron_condor", (90, 95, 105, 110), -1.8),
        ("iron condor 90/95/105/110, collect 1.80", "iron_condor", (90, 95, 105, 110), -1.8),
        ("vertical 70 90 calls for 4", "call_spread", (70, 90), 4),
        (
            "call butterfly 90 100 110 cost 1.5 multiplier 100",
            "call_butterfly",
            (90, 100, 110),
            1.5,
        ),
        ("5000 straddle at 120", "straddle", (5000,), 120),
        ("long 1 AAPL 200 call at 5.50 exp 12/18", "call", (200,), 5.5),
        ("70-90 call spread bought at -1", "call_spread", (70, 90), -1),
        ("collar 90/110 zero cost", "collar", (90, 110), 0),
        ("collar: long 90 put short 110 call, zero cost", "collar", (90, 110), 0),
        ("collar 90/110 zero cost, stock at 100", "collar", (90, 110), 100),
        ("S&P 500 4000/4100 call spread for 30", "call_spread", (4000, 4100), 30),
    ],
)
def test_premiums_in_every_form(text: str, structure: str, strikes: tuple, cost: float) -> None:
    found = read(text)
    assert (found.structure, found.strikes, found.cost) == (structure, strikes, cost)
    assert found.answerable


@pytest.mark.parametrize(
    ("text", "at", "cost"),
    [
        ("SLV June 70-90-110 call fly at 2.50 - what do I make if SLV is at 85?", (85,), 2.5),
        ("buy 1 SLV 25 call at $0.85, 100 multiplier, what do I make at 30?", (30,), 0.85),
        ("70-90 call spread for 4, what is it worth at 80 or 95?", (80, 95), 4),
        ("what do I lose on the 50 straddle at 4 if it closes at 51?", (51,), 4),
    ],
)
def test_a_price_asked_about_is_no_premium(text: str, at: tuple, cost: float) -> None:
    found = read(text)
    assert (found.at, found.cost) == (at, cost)
    assert found.answerable


@pytest.mark.parametrize(
    ("text", "quantity", "cost"),
    [
        ("I bought 10 70-90 call spreads at 4", "10", 4),
        ("70-90 call spread bought at 4 x 10 contracts", "10", 4),
        ("two butterflies 70-90-110 for 2.50", "two", 2.5),
    ],
)
def test_how_many_changes_nothing_per_unit(text: str, quantity: str, cost: float) -> None:
    found = read(text)
    assert (found.quantity, found.cost) == (quantity, cost)
    assert found.answerable


@pytest.mark.parametrize(
    ("text", "beyond"),
    [
        ("ratio spread 1x2 100/110 calls for 0", "ratios"),
        ("1x2 call spread 100/110 for 0", "ratios"),
        ("calendar spread SPY 500 call june/july", "calendars"),
        ("SPY june july 500 call spread for 4", "calendars"),
        ("what is the price of the 100 call?", "option prices"),
    ],
)
def test_what_no_payoff_can_say_is_named(text: str, beyond: str) -> None:
    found = read(text)
    assert found.beyond == beyond
    assert not found.answerable


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("70-90 call spread at 4 7", ("7",)),
        ("70-90 call spread bought at 4, 20%", ("20%",)),
        ("70-90 call spread bought at 4 and 5k", ("5k",)),
        ("iron condor: long 70 call, short 90 call at 4", ("iron condor",)),
    ],
)
def test_a_number_without_a_place_is_named(text: str, left: tuple) -> None:
    found = read(text)
    assert found.unplaced == left
    assert not found.answerable


def test_two_numbers_before_calls_are_asked_about() -> None:
    assert read("70 90 calls for 4").missing == "a call needs one strike and I read 70, 90"
    assert read("10 100 calls at 2").quantity == "10"


@pytest.mark.parametrize(
    "text", ["what happens if I call you at 5", "put oil and spx on a chart since 2010", "a call"]
)
def test_words_that_are_no_options(text: str) -> None:
    assert read_payoff(text) is None
