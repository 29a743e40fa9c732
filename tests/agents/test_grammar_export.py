"""What counts as asking for a file, and of what."""

from __future__ import annotations

import pytest

from bullpen_agents.grammar.follow import follow
from bullpen_agents.grammar.intents import Chart, Export, Stats
from bullpen_agents.grammar.options import Payoff

BEFORE = ("@Bullpen how volatile is oil since 2010?",)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("give me the CSV", "csv"),
        ("@Bullpen please send us that as a spreadsheet", "csv"),
        ("csv please", "csv"),
        ("export it as csv", "csv"),
        ("can you give me the data as CSV?", "csv"),
        ("as a table/HTML report", "html"),
        ("as an html page", "html"),
        ("make a report", "html"),
    ],
)
def test_a_file_of_what_the_thread_was_about(text: str, form: str) -> None:
    asked = follow(text, BEFORE)
    assert isinstance(asked, Export)
    assert (asked.form, asked.fresh) == (form, False)
    assert isinstance(asked.of, Stats)
    assert asked.of.series == "oil"
    alone = follow(text, ())
    assert alone == Export(form)


@pytest.mark.parametrize(
    ("text", "kind", "form"),
    [
        ("chart oil since 2010 as CSV", Chart, "csv"),
        ("how volatile is oil? As an HTML report", Stats, "html"),
        ("payoff of a 100/110 call spread for 3.20 as csv", Payoff, "csv"),
        ("chart oil and give me the csv", Chart, "csv"),
    ],
)
def test_a_file_of_what_is_asked_with_it(text: str, kind: type, form: str) -> None:
    asked = follow(text, ())
    assert isinstance(asked, Export)
    assert isinstance(asked.of, kind)
    assert (asked.form, asked.fresh) == (form, True)
    later = follow("since 2015?", (text,))
    assert isinstance(later, kind | Export) or kind is Payoff


@pytest.mark.parametrize(
    "text",
    ["import this csv", "what is in the report?", "remember the report", "how volatile is oil?"],
)
def test_other_requests_are_not_taken_for_files(text: str) -> None:
    assert not isinstance(follow(text, ()), Export)


def test_an_attached_file_is_read_not_written() -> None:
    assert not isinstance(follow("the csv", (), ("oil.csv",)), Export)
