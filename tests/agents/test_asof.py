"""The day a request is pinned to: what is read, what is left alone, what is refused."""

from __future__ import annotations

from datetime import date

import pytest

from bullpen_agents.asof import read_as_of

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("text", "day", "rest"),
    [
        ("vol of oil as of 5 March 2026", "2026-03-05", "vol of oil"),
        ("vol of oil as of 5 March 2026?", "2026-03-05", "vol of oil?"),
        ("As of March 5th, 2026, how volatile is oil?", "2026-03-05", "how volatile is oil?"),
        ("as of 2026-03-05: chart oil", "2026-03-05", "chart oil"),
        ("chart oil (as of 2026-03-05)", "2026-03-05", "chart oil"),
        ("chart oil --as-of 2026-03-05", "2026-03-05", "chart oil"),
        ("chart oil, as of the 5th of March", "2026-03-05", "chart oil"),
        ("chart oil as of 24 December", "2025-12-24", "chart oil"),
        ("chart oil as of 29 February", "2024-02-29", "chart oil"),
        ("chart oil as of March 2026", "2026-03-31", "chart oil"),
        ("chart oil as of end of March 2026", "2026-03-31", "chart oil"),
        ("chart oil as of Q3 2025", "2025-09-30", "chart oil"),
        ("chart oil as of 2024", "2024-12-31", "chart oil"),
        ("chart oil as at 31.12.2024", "2024-12-31", "chart oil"),
        ("chart oil as of 12/31/2024", "2024-12-31", "chart oil"),
        ("chart oil as of 31/12/2024", "2024-12-31", "chart oil"),
        ("chart oil as of yesterday", "2026-11-21", "chart oil"),
        ("oil as of 5 Mar 2026 and copper as of 2026-03-05", "2026-03-05", "oil and copper"),
    ],
)
def test_a_day_is_read_and_taken_out_of_the_request(text: str, day: str, rest: str) -> None:
    found = read_as_of(text, TODAY)
    assert (found.day, found.rest, found.problem) == (date.fromisoformat(day), rest, "")
    moment = found.moment
    assert moment is not None
    assert moment.isoformat().startswith(f"{day}T23:59:59")


@pytest.mark.parametrize(
    "text",
    [
        "chart oil",
        "as of the last close, is oil up?",
        "the state as of the meeting",
        "Look at this\n> as of 5 March 2026 oil was at 75",
        "oil in March 2026",
    ],
)
def test_other_words_pin_nothing(text: str) -> None:
    found = read_as_of(text, TODAY)
    assert (found.day, found.rest, found.problem) == (None, text, "")


@pytest.mark.parametrize("when", ["today", "now", "22 November 2026", "November 2026", "2026"])
def test_what_is_still_under_way_pins_nothing_and_is_taken_out(when: str) -> None:
    found = read_as_of(f"chart oil as of {when}", TODAY)
    assert (found.day, found.rest, found.problem) == (None, "chart oil", "")


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("oil as of 31 February 2026", "cannot tell which day “31 February 2026”"),
        ("oil as of 2026-13-01", "cannot tell which day"),
        ("oil as of 3/4/2025", "cannot tell which day “3/4/2025”"),
        ("oil as of 5 March 2027", "lies in the future"),
        ("oil as of 2026-12-24", "lies in the future"),
        ("oil as of 2024-01-02 and copper as of 2025-01-02", "several days"),
    ],
)
def test_a_day_that_cannot_be_pinned_is_refused(text: str, part: str) -> None:
    found = read_as_of(text, TODAY)
    assert found.day is None
    assert part in found.problem
