"""The schedule of a home, as the command keeps it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from bullpen import duties
from bullpen_memory.errors import InputError, OperatorError


@pytest.mark.parametrize(
    ("every", "cron"),
    [
        ("monday 08:00", "0 8 * * mon"),
        ("every Mondays at 8:00", "0 8 * * mon"),
        ("weekday 17:30", "30 17 * * mon-fri"),
        ("day 7:05", "5 7 * * *"),
        ("0 8 1 * *", "0 8 1 * *"),
    ],
)
def test_times_in_plain_words(every: str, cron: str) -> None:
    assert duties.cron_of(every) == cron


@pytest.mark.parametrize("every", ["someday 08:00", "monday", "monday 25:00", ""])
def test_a_time_that_is_none_is_told(every: str) -> None:
    with pytest.raises(InputError, match="five fields"):
        duties.cron_of(every)


def test_duties_are_kept_replaced_and_removed(tmp_path: Path) -> None:
    duties.add(tmp_path, "ideas", "monday 08:00", "#research", "track record")
    duties.add(tmp_path, "vix", "weekday 17:30", "markets", "how volatile is the vix?")
    duties.add(tmp_path, "ideas", "friday 08:00", "research", "track record")
    assert [(one.name, one.cron) for one in duties.load(tmp_path)] == [
        ("vix", "30 17 * * mon-fri"),
        ("ideas", "0 8 * * fri"),
    ]
    shown = duties.lines(tmp_path, datetime(2026, 11, 23, 9, 0).astimezone())
    assert shown[1] == "ideas: track record · #research · next Fri 27 Nov 2026, 08:00"
    duties.remove(tmp_path, "vix")
    with pytest.raises(InputError, match="There are: ideas"):
        duties.remove(tmp_path, "vix")
    with pytest.raises(InputError, match="no name for a duty"):
        duties.add(tmp_path, "a b", "monday 08:00", "research", "x")
    with pytest.raises(InputError):
        duties.add(tmp_path, "ab", "monday 08:00", "research", " ")


@pytest.mark.parametrize(
    "text", ["- name: x", "- 3", "a: [", "- {name: x, cron: soon, channel: c, ask: d}"]
)
def test_a_wrong_file_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / duties.FILE).write_text(text)
    with pytest.raises(OperatorError, match="bullpen schedule add"):
        duties.load(tmp_path)
