"""What the offline planner understands: a table of families, each with its sentences and its reader.

The rule it protects: a request is either understood wholly or said not to be. `parse` asks the families
in order and returns `Unknown` rather than a guess; what a sentence said beyond its reading, `unused` in
grammar/unused.py names. Pure: it calls no tool, resolves no series and computes nothing.

Each family stands in its own module of this package, with its grammar; its `examples` are read back by the
tests. Case, politeness and small typos do not matter; names of series are passed on as written. What a
message means after others in its thread stands in grammar/follow.py.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import cast

from bullpen_agents.grammar import (
    calendar,
    checks,
    credit,
    curves,
    data,
    doubt,
    growth,
    holdings,
    ideas,
    letter,
    measures,
    memory,
    options,
    plots,
    pricing,
    risk,
    spans,
    talk,
    units,
)
from bullpen_agents.grammar.code import read_code
from bullpen_agents.grammar.family import Family
from bullpen_agents.grammar.holdings import about_files, keeps_document
from bullpen_agents.grammar.intents import (
    Amend,
    Catalogue,
    Chart,
    Colleagues,
    Compare,
    Compute,
    Correlate,
    Greeting,
    Help,
    Import,
    Intent,
    KeepDocument,
    Live,
    ReadFile,
    Recall,
    Remember,
    Say,
    Stats,
    Unknown,
)
from bullpen_agents.grammar.measures import CHART, FOCUS, wants_memory
from bullpen_agents.grammar.text import mend, unmention, unpolite

__all__ = [
    "FAMILIES", "Amend", "Catalogue", "Chart", "Colleagues", "Compare", "Compute", "Correlate", "Greeting", "Help", "Import",
    "Intent", "KeepDocument", "Live", "ReadFile", "Recall", "Remember", "Say", "Stats", "Unknown", "family_of", "nearest", "parse",
    "topics", "wants_memory",
]  # fmt: skip

FAMILIES: tuple[Family, ...] = (
    doubt.FAMILY,
    letter.FAMILY,
    ideas.FAMILY,
    credit.MERTON_SAYS,
    memory.FAMILY,
    risk.FAMILY,
    growth.FAMILY,
    credit.FAMILY,
    curves.FAMILY,
    pricing.FAMILY,
    options.FAMILY,
    talk.DESK,
    plots.FAMILY,
    checks.REPLAY,
    units.FAMILY,
    *calendar.FAMILIES,
    *checks.FAMILIES,
    *spans.FAMILIES,
    *data.FAMILIES,
    talk.SENTENCES,
    measures.FAMILY,
    holdings.FILES,
    holdings.HOLDINGS,
    talk.SMALL_TALK,
    talk.STRANGERS,
)
"""Every family, in the order in which they are asked: the first that reads a request has it."""


def parse(text: str, files: Sequence[str] = ()) -> Intent:
    """The one intent of `text`, given the names of attached files."""
    if code := read_code(text):
        return code
    original, lower = _prepared(text)
    if keeps_document(lower):
        return KeepDocument()
    # Files beside the letter are the reader's own book, not something to read by itself.
    whole = letter.read_letter(original, lower)
    if files and not whole and (intent := about_files(lower, files)):
        return intent
    family, found = _read(original, lower)
    if family:
        return found
    return Import() if files else Unknown()


def family_of(text: str) -> str:
    """The name of the family that reads `text`, or ""."""
    return _read(*_prepared(text))[0]


def _prepared(text: str) -> tuple[str, str]:
    """The request as written, and what the families look at: lower case, no courtesies, typos put right."""
    original = unmention(text)
    return original, mend(unpolite(original.lower()))


def _read(original: str, lower: str) -> tuple[str, Intent]:
    for family in FAMILIES:
        if found := family.read(original, lower):
            return family.name, cast("Intent", found)
    return "", Unknown()


_IDLE = frozenset(
    re.findall(
        r"\w+",
        "a about an and are at be by can could do does for from give how i in is it me my of on or please show tell "
        "that the this to us was we what whats when where which who why will with would you your",
    )
)
_NEAR = 3
"""Examples that a refusal shows at most."""


def nearest(text: str) -> tuple[str, ...]:
    """The families' sentences that share most telling words with `text`, nearest first; () for none."""
    words = _telling(text)
    scored: list[tuple[float, str]] = []
    for family in FAMILIES:
        if family.name in _NOT_SHOWN:
            continue
        for example in family.examples:
            held = _telling(example)
            shared = words & held
            if shared:
                scored.append((len(shared) / (len(words) + len(held) - len(shared)), example))
    scored.sort(key=lambda pair: -pair[0])
    return tuple(example for score, example in scored[:_NEAR] if score >= 0.1)


_NOT_SHOWN = frozenset({"doubts", "small talk", "strangers", "one sentence", "the desk"})


def _telling(text: str) -> set[str]:
    """The words that say what a request is about, in the singular; numbers say nothing."""
    words = re.findall(r"[a-z&]+", mend(text.lower()))
    return {re.sub(r"(?<=[a-z]{3})s$", "", word) for word in words if word not in _IDLE}


def topics(text: str) -> tuple[str, ...]:
    """The words of the grammar that `text` does contain, for telling a person what was read."""
    lower = mend(text.lower())
    found = [name for name, pattern in FOCUS if name != "all" and pattern.search(lower)]
    found += ["a chart"] if CHART.search(lower) else []
    found += (
        ["an option structure"]
        if re.search(r"\b(?:calls?|puts?|options?|strikes?|butterfly|condor)\b", lower)
        else []
    )
    return tuple(found)
