"""A record's headline after its text was changed.

The rule it protects: a headline never says what the text no longer says: what was only the text's
beginning is made anew, and so is an agent's with a number that is gone; a person's own words stay.
It changes no record.
"""

from __future__ import annotations

import re

from bullpen_memory.records import Record

WORDS = 10
_NUMBER = re.compile(r"\d[\d.,]*\d|\d")


def beginning(text: str, count: int = WORDS) -> str:
    """The first words of a text, as a headline."""
    words = text.split()
    return " ".join(words[:count]).rstrip(".,;:") + (" …" if len(words) > count else "")


def derived(title: str, text: str) -> bool:
    """Whether a title is no more than the beginning of its text."""
    start = _plain(title).rstrip("…. ")
    return bool(start) and _plain(text).startswith(start)


def after(record: Record, text: str) -> str:
    """The headline for `record` when `text` stands in the place of its text."""
    if not record.title.strip() or derived(record.title, text):
        return record.title
    if derived(record.title, record.text):
        return beginning(text)
    if not by_agent(record.author):
        return record.title
    gone = _numbers(record.title) & _numbers(record.text) - _numbers(text)
    return beginning(text) if gone else record.title


def by_agent(author: str) -> bool:
    """Whether an author is an agent: their ids are lower case, people's are upper case (U…, W…) or names."""
    return author.islower()


def _numbers(text: str) -> set[str]:
    return set(_NUMBER.findall(text))


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[*`#]+", "", text).casefold().split())
