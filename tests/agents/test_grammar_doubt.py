"""A number that could be read two ways is asked about."""

from __future__ import annotations

import pytest

from bullpen_agents.grammar.intents import Say
from bullpen_agents.grammar.reading import parse


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("convert 2,5 oz to g", "`2.5`"),
        ("price a put, strike 1,5 spot 1,4, 3 months, vol 8", "`1.5`"),
        ("one-touch 5% above spot 1.08 EURUSD 3m vol 8", "`strike 105`"),
        ("price a call, spot 100, strike 5% above, 1 year, vol 20", "`strike 105`"),
    ],
)
def test_it_is_asked(said: str, asked: str) -> None:
    read = parse(said)
    assert isinstance(read, Say)
    assert asked in read.text


@pytest.mark.parametrize(
    "said",
    [
        "70,90,110 call butterfly bought at 2.50",
        "remember that silver is 5% below its high",
        "payoff of a call spread with strikes 100,110 at 3",
        "convert 1,500 oz to kg",
        "correlation of oil, spx and nasdaq",
    ],
)
def test_it_is_not_asked(said: str) -> None:
    read = parse(said)
    assert not (
        isinstance(read, Say) and ("one number or two" in read.text or "distance" in read.text)
    )
