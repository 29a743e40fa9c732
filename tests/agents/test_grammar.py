"""What the offline planner understands: paraphrases of every intent, and what it leaves alone."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bullpen_agents.grammar.options import Payoff
from bullpen_agents.grammar.reading import (
    Catalogue,
    Chart,
    Colleagues,
    Compare,
    Correlate,
    Greeting,
    Help,
    Import,
    ReadFile,
    Recall,
    Remember,
    Stats,
    Unknown,
    parse,
    topics,
    wants_memory,
)
from bullpen_agents.grammar.series import Period
from bullpen_agents.grammar.structures import STRIKES


@pytest.mark.parametrize(
    "text",
    [
        "what do I make on the SLV June 70-90-110 call butterfly bought at 2.50?",
        "What do I make on the SLV June 70/90/110 call butterfly, bought at $2.50?",
        "SLV June 70-90-110 call fly for 2.50",
        "payoff of a SLV june 70 90 110 call butterfly at 2.50",
        "price the 70-90-110 butterfly on SLV, June expiry, paid 2.50",
        "SLV June call butterfly with strikes 70, 90 and 110, premium 2.50",
        "I paid 2.50 for the SLV June 70-90-110 call buterfly, what is my max profit?",
        "how much can I make with a June SLV 70–90–110 call butterfly costing 2,50",
        "@quant what's the break-even of the SLV June 70-90-110 call butterfly @ 2.50",
    ],
)
def test_the_butterfly_in_many_words(text: str) -> None:
    found = parse(text)
    assert isinstance(found, Payoff)
    assert found.structure == "call_butterfly"
    assert found.strikes == (70, 90, 110)
    assert found.cost == 2.5
    assert "SLV" in found.underlying
    assert not found.missing
    assert not found.legs


@pytest.mark.parametrize(
    ("text", "structure", "strikes", "cost"),
    [
        ("payoff of a 100/110 call spread for 3.20", "call_spread", (100, 110), 3.2),
        ("bull call spread 100-110 at 3", "bull_call_spread", (100, 110), 3),
        ("bear call spread 100/110 for 3", "bear_call_spread", (100, 110), -3),
        ("sold the 100/110 call spread for 2.1", "bear_call_spread", (100, 110), -2.1),
        ("short the 90/95 put spread at 1", "bull_put_spread", (90, 95), -1),
        ("90/95 put credit spread for 1.2", "bull_put_spread", (90, 95), -1.2),
        ("95-90 put spread for 1.75", "put_spread", (90, 95), 1.75),
        ("long straddle 50 at 4", "straddle", (50,), 4),
        ("a straddle struck at 50 for 4", "straddle", (50,), 4),
        ("straddle at 50", "straddle", (50,), None),
        ("45/55 strangle costing $2", "strangle", (45, 55), 2),
        ("iron condor 90/95/105/110 sold for 1.5", "iron_condor", (90, 95, 105, 110), -1.5),
        ("iron condor 90/95/105/110 for a credit of 1.5", "iron_condor", (90, 95, 105, 110), -1.5),
        ("iron fly 90/100/110 for 6", "iron_butterfly", (90, 100, 110), -6),
        ("90-100-110 put fly for 1.25", "put_butterfly", (90, 100, 110), 1.25),
        ("call condor 90 95 105 110 at 2", "call_condor", (90, 95, 105, 110), 2),
        ("AAPL 150 call for 7", "call", (150,), 7),
        ("what is the 105 put worth at expiry if I paid 3", "put", (105,), 3),
        ("covered call 110 with stock at 100 and premium of 2", "covered_call", (110,), 98),
        ("protective put 95, shares bought at 100, for 3", "protective_put", (95,), 103),
        ("SPX Dec 2026 5000/5500 call spread @ 120", "call_spread", (5000, 5500), 120),
        ("1,000/1,100 call spread for 30", "call_spread", (1000, 1100), 30),
    ],
)  # fmt: skip
def test_other_structures(text: str, structure: str, strikes: tuple, cost: float | None) -> None:
    found = parse(text)
    assert isinstance(found, Payoff)
    assert (found.structure, found.strikes, found.cost) == (structure, strikes, cost)
    assert not found.missing


@pytest.mark.parametrize(
    ("text", "structure", "strikes", "cost", "counted"),
    [
        ("I bought 2 SLV 30 calls at 1.50, what is the payoff?", "call", (30,), 1.5, True),
        ("2 SLV 30 calls at 1.50", "call", (30,), 1.5, True),
        ("10 contracts of the SPY 400 put bought for 5", "put", (400,), 5, True),
        ("what do I make on 5 SLV 70-90-110 call butterflies bought at 2.50?",
         "call_butterfly", (70, 90, 110), 2.5, True),
        ("sold 5 TSLA 200 straddles for 15", "straddle", (200,), -15, True),
        ("long 1 x 100 call at 4", "call", (100,), 4, True),
        ("10 100 calls at 2", "call", (100,), 2, True),
        ("payoff of a 90/110 call spread expiring in 30 days for 4", "call_spread", (90, 110), 4, False),
        ("SPY 450 call for 12.5 expiring 2026-12-18", "call", (450,), 12.5, False),
        ("SPY 18 Dec 2026 450 call for 12.5", "call", (450,), 12.5, False),
        ("SPY Dec 18th 450 call for 12.5", "call", (450,), 12.5, False),
        ("SPY 450 call, 45 DTE, paid 12", "call", (450,), 12, False),
        ("SPY 450 call, 45 DTE", "call", (450,), None, False),
        ("SLV 30 June call at 1.50", "call", (30,), 1.5, False),
        ("SLV 70-90 June put spread for 3", "put_spread", (70, 90), 3, False),
        ("450 SPY call at 12", "call", (450,), 12, False),
        ("SLV 30 calls at 1.50", "call", (30,), 1.5, False),
        ("straddle on TSLA at 200 costing 15, stock at 195", "straddle", (200,), 15, False),
        ("sell the 100 put for 2.5 with spot 104", "put", (100,), -2.5, False),
        ("payoff of a 50 strike call with a 100 multiplier bought at 2", "call", (50,), 2, False),
    ],
)  # fmt: skip
def test_a_quantity_a_date_or_the_stock_is_no_strike(
    text: str, structure: str, strikes: tuple, cost: float | None, counted: bool
) -> None:
    found = parse(text)
    assert isinstance(found, Payoff)
    assert (found.structure, found.strikes, found.cost) == (structure, strikes, cost)
    assert found.counted is counted
    assert not found.missing


def test_what_is_sold_whole_is_turned_round() -> None:
    found = parse("short straddle 50 at 4")
    assert isinstance(found, Payoff)
    assert found.legs == (("put", -1, 50), ("call", -1, 50))
    assert found.cost == -4
    bought = parse("bought the 90/95/105/110 iron condor, paid 3.5")
    assert isinstance(bought, Payoff)
    assert bought.legs[0] == ("put", -1, 90)
    assert bought.cost == 3.5


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "70-90 butterfly for 2",
            "a call butterfly needs three different strikes and I read 70, 90",
        ),
        ("iron condor 90 for 2", "an iron condor needs four different strikes and I read 90"),
        ("straddle for 4", "a straddle needs one strike and I read none"),
        ("2 SLV calls at 30", "a call needs one strike and I read 2, 30, where 2 may be how many"),
        (
            "30 SLV calls for 1.50",
            "a call needs one strike and I read 30, where 30 may be how many",
        ),
        ("2 calls at 30", "a call needs one strike and I read 2, 30"),
        (
            "5 straddles at 200",
            "a straddle needs one strike and I read 5, 200, where 5 may be how many",
        ),
        ("SPY Dec 18 450 call for 12", "a call needs one strike and I read 18, 450"),
        ("straddle 90/110 for 4", "a straddle needs one strike and I read 90, 110"),
        (
            "call spread 90 100 110 for 4",
            "a call spread needs two different strikes and I read 90, 100, 110",
        ),
    ],
)
def test_missing_strikes_are_named(text: str, says: str) -> None:
    found = parse(text)
    assert isinstance(found, Payoff)
    assert found.missing == says


@settings(deadline=None)  # what is read matters, not how busy the machine is
@given(
    st.sampled_from(sorted(STRIKES.keys() - {"risk_reversal"})),
    st.lists(st.integers(5, 900), min_size=4, max_size=4, unique=True),
    st.decimals(min_value="0.05", max_value="4.95", places=2),
    st.sampled_from(["for", "bought at", "paid", "@", "premium"]),
)
def test_any_strikes_and_price_are_read_back(structure, numbers, price, word) -> None:
    strikes = sorted(numbers)[: STRIKES[structure]]
    joined = "-".join(str(strike) for strike in strikes)
    found = parse(f"payoff of the {joined} {structure.replace('_', ' ')} {word} {price}")
    assert isinstance(found, Payoff)
    assert found.strikes == tuple(strikes)
    if structure not in ("covered_call", "protective_put", "collar"):
        assert abs(found.cost or 0) == pytest.approx(float(price))


OIL = ("oil", "S&P 500")


@pytest.mark.parametrize(
    "text",
    [
        "compare the volatility of oil and the S&P 500 over the data you hold, chart it, and write up what we should remember",
        "Compare the volatilities of oil and the S&P 500, plot them and remember the finding",
        "please compare oil and S&P 500 volatility, draw it, and note what we should keep in mind",
        "can you compare the volatilty of oil vs the S&P 500 with a chart and remember it?",
        "is oil more volatile than the S&P 500? chart it and write up what we should remember",
        "volatility of oil versus the S&P 500, with a chart, and store it",
    ],
)
def test_the_comparison_in_many_words(text: str) -> None:
    found = parse(text)
    assert isinstance(found, Compare)
    assert found.series == OIL
    assert (found.chart, found.remember) == (True, True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("compare WTI, S&P 500 and Nasdaq", Compare(("WTI", "S&P 500", "Nasdaq"))),
        ("which is riskier, oil or the nasdaq?", Compare(("oil", "nasdaq"))),
        ("Compare oil vs nasdaq volatility since 2000", Compare(("oil", "nasdaq"), Period("2000-01-01"))),
        ("how volatile is oil?", Stats("oil", "volatility")),
        ("what is oil's volatility", Stats("oil", "volatility")),
        ("vol of WTI in 2008", Stats("WTI", "volatility", Period("2008-01-01", "2008-12-31"))),
        ("How volatile has the S&P 500 been since 2010?", Stats("S&P 500", "volatility", Period("2010-01-01"))),
        ("drawdown of nasdaq since 2008", Stats("nasdaq", "drawdown", Period("2008-01-01"))),
        ("worst fall of the S&P 500 between 2007 and 2009", Stats("S&P 500", "drawdown", Period("2007-01-01", "2009-12-31"))),
        ("biggest drop in oil since March 2008", Stats("oil", "drawdown", Period("2008-03-01"))),
        ("how did the S&P 500 perform in 2008?", Stats("S&P 500", "return", Period("2008-01-01", "2008-12-31"))),
        ("returns of the nasdaq until 2005", Stats("nasdaq", "return", Period(None, "2005-12-31"))),
        ("stats of wti", Stats("wti", "all")),
        ("summary of copper 1960-1970", Stats("copper", "all", Period("1960-01-01", "1970-12-31"))),
        ("correlation of oil and the nasdaq", Correlate(("oil", "nasdaq"))),
        ("do oil and the vix move together?", Correlate(("oil", "vix"))),
        ("how correlated are oil and copper", Correlate(("oil", "copper"))),
        ("correlate sp500 with vix since 2015-06-30", Correlate(("sp500", "vix"), Period("2015-06-30"))),
        ("chart oil", Chart(("oil",))),
        ("plot the vix in 2018", Chart(("vix",), "level", Period("2018-01-01", "2018-12-31"))),
        ("graph oil and copper", Chart(("oil", "copper"))),
        ("chart the rolling volatility of oil and the S&P 500", Chart(OIL, "rolling_vol")),
        ("draw the drawdown of the nasdaq", Chart(("nasdaq",), "drawdown")),
        ("show me a chart of WTI from March 2009 to 2012-06-30", Chart(("WTI",), "level", Period("2009-03-01", "2012-06-30"))),
        ("vol of oil over the last 5 years", Stats("oil", "volatility", Period(back=(5, "year")))),
        ("what do we know about oil volatility?", Recall("oil volatility")),
        ("What did we decide on copper?", Recall("copper")),
        ("do we remember anything about the vix?", Recall("the vix")),
        ("Do you remember what we said about oil?", Recall("oil")),
        ("have we looked at copper", Recall("copper")),
        ("anything on record about gold?", Recall("gold")),
        ("remind me what we found about oil", Recall("oil")),
        ("search the memory for drawdowns", Recall("drawdowns")),
        ("what's our view on oil?", Recall("oil")),
        ("what should we remember about oil?", Recall("oil")),
        ("What do we know?", Recall("")),
        ("remember that the desk quotes Copper in real terms", Remember("the desk quotes Copper in real terms")),
        ("Please note: Ada prefers log charts", Remember("Ada prefers log charts")),
        ("keep in mind that WTI went negative", Remember("WTI went negative")),
        ("what data do you have?", Catalogue()),
        ("which series can I use?", Catalogue()),
        ("list the data", Catalogue()),
        ("what datasets are available", Catalogue()),
        ("who are you?", Help()),
        ("help", Help()),
        ("what can you do for me", Help()),
        ("are you an AI?", Help()),
        ("who is on the desk?", Colleagues()),
        ("which colleagues are there?", Colleagues()),
        ("hello", Greeting()),
        ("good morning everyone", Greeting()),
        ("thanks, great work", Greeting(thanks=True)),
        ("write me a poem", Unknown()),
        ("what's the whether in Paris?", Unknown()),
        ("what happens if I call you", Unknown()),
        ("", Unknown()),
    ],
)  # fmt: skip
def test_questions_and_what_they_mean(text: str, expected: object) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize("text", ["", "import this", "please load the attached csv", "here"])
def test_a_file_with_few_words_is_imported(text: str) -> None:
    assert parse(text, ["prices.csv"]) == Import()


def test_a_file_may_also_be_read_or_left_alone() -> None:
    assert parse("what is in this?", ["notes.md"]) == ReadFile()
    look = "Look at the attached files and say what they hold."
    assert parse(look, ["notes.md"]) == ReadFile()
    assert parse(look, ["prices.csv"]) == Import()
    assert parse("what do we know about oil?", ["notes.md"]) == Recall("oil")


def test_what_was_read_of_a_request_that_was_not_understood() -> None:
    assert topics("the volatility, somehow, on a chart") == ("volatility", "a chart")
    assert topics("sing") == ()


def test_the_wish_to_remember_is_heard() -> None:
    assert wants_memory("price it and remember the result")
    assert not wants_memory("price it")


@given(st.text(max_size=300))
def test_any_text_has_an_intent(text: str) -> None:
    assert parse(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "a " * 20_000,
        "x" * 40_000,
        "1-" * 20_000,
        "call 5 for a " * 3_000,
        "volatility of oil " + "write up the " * 3_000,
        "compare the volatility of " + "oil and gold, " * 2_800,
    ],
)
def test_forty_thousand_characters_are_read_in_time(text: str) -> None:
    began = time.process_time()
    parse(text)
    assert time.process_time() - began < 5
