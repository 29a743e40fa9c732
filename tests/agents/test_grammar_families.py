"""Every family reads its own sentences, however they are put, and nothing that was said is dropped."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bullpen_agents.grammar.intents import Chart, Compare, Correlate, Live, Stats
from bullpen_agents.grammar.options import Payoff
from bullpen_agents.grammar.reading import FAMILIES, Compute, family_of, parse
from bullpen_agents.grammar.unused import unused

EXAMPLES = [(family.name, example) for family in FAMILIES for example in family.examples]
TAKES_ALL = ("memory", "ideas", "letter", "small talk", "strangers", "Merton")
"""Families that keep the words as they are, or begin at the first one."""
READ = [(name, example) for name, example in EXAMPLES if name not in TAKES_ALL]
PREFIXES = ("", "please ", "hi, ", "could you ", "Hello team, ", "@Bullpen ", "ok so ")
SUFFIXES = ("", " ", "?", " thanks!")
COMPUTED = (Compute, Compare, Correlate, Chart, Stats, Live)


def test_names_are_unique_and_every_family_has_examples() -> None:
    assert len({family.name for family in FAMILIES}) == len(FAMILIES)
    assert all(family.examples for family in FAMILIES)


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_a_family_reads_its_examples_and_uses_all_they_say(name: str, example: str) -> None:
    assert family_of(example) == name
    assert unused(example, parse(example)) == ()


@given(st.sampled_from(READ), st.sampled_from(PREFIXES), st.sampled_from(SUFFIXES[:3]))
@settings(max_examples=200, deadline=None)
def test_courtesies_do_not_change_what_is_read(
    known: tuple[str, str], prefix: str, suffix: str
) -> None:
    name, example = known
    assert family_of(f"{prefix}{example}{suffix}") == name


@given(
    st.sampled_from(READ), st.integers(317, 9999), st.sampled_from(("wombats", "units of it", ""))
)
@settings(max_examples=300, deadline=None)
def test_a_number_without_a_place_is_named(known: tuple[str, str], number: int, what: str) -> None:
    """It stands in the reading, makes the reader ask, is named as unused, or ends the reading."""
    said = f"{known[1].rstrip('?')} with {number} {what}".strip()
    read = parse(said)
    if not isinstance(read, COMPUTED) or (isinstance(read, Compute) and read.missing):
        return
    if isinstance(read, Compute) and read.tool in ("read_amount", "replay"):
        return
    held = f"{number}" in repr(read)
    assert held or any(str(number) in part for part in unused(said, read)), (said, read)


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("correlation of oil and the S&P 500 in euros", "in euros"),
        ("volatility of oil excluding crashes", "excluding crashes"),
        ("how did the S&P 500 perform in 2008 including dividends?", "including dividends"),
        ("worst drawdown of oil on hourly data", "on hourly data"),
        ("price a 100 call, spot 100, vol 20, 1 year, skew 4", "skew 4"),
        ("price a bermudan 100 call, spot 100, vol 20, 1 year", "bermudan"),
        ("inflation-adjusted return of oil since 2000", "inflation-adjusted"),
    ],
)
def test_what_would_change_the_answer_is_named(said: str, left: str) -> None:
    assert left in unused(said, parse(said))


def test_a_span_that_is_left_out_is_not_taken_for_the_span() -> None:
    read = parse("volatility of oil excluding 2008")
    assert isinstance(read, Stats)
    assert read.period.unread == "excluding 2008"


@pytest.mark.parametrize(
    ("said", "size"),
    [
        ("SLV 70-90-110 call fly bought at 2.50 x 100 lots", {"lots": 100}),
        ("10 lots of the WTI 70/75 call spread at 1.20, contract size 1000", {"lots": 10, "multiplier": 1000}),
        ("buy 1 SLV 25 call at $0.85, 100 multiplier", {"lots": 1, "multiplier": 100}),
        ("10 contracts of 5,000 oz: SI 30/35 call spread at 1.2", {"lots": 10, "multiplier": 5000, "contract_unit": "oz"}),
        ("5 lots CL 70/75 call spread for 1.20", {"lots": 5, "contract": "CL"}),
        ("sold 20 AAPL 150/160 call spreads at 3, 100 shares a contract", {"lots": 20, "multiplier": 100, "contract_unit": "shares"}),
        ("covered call 110 with stock at 100 and premium of 2 on 1,000 shares", {"lots": 1000, "multiplier": 1, "contract_unit": "shares"}),
        ("two butterflies 70-90-110 for 2.50", {"lots": 2}),
        ("70-90-110 butterfly for 2.50, 10 lots of 100", {"lots": 10, "multiplier": 100}),
        ("70-90-110 butterfly for 2.50", {}),
    ],
)  # fmt: skip
def test_a_size_is_read_with_what_a_lot_holds(said: str, size: dict[str, float | str]) -> None:
    read = parse(said)
    assert isinstance(read, Payoff)
    assert read.answerable
    assert read.size == size


def test_what_was_used_is_not_named() -> None:
    said = "VaR of 10m of SLV at 60 vol, 10 days, 99%"
    assert unused(said, parse(said)) == ()
