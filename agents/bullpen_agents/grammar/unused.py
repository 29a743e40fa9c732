"""What a request said and its reading did not use: numbers with their units, and qualifiers.

The rule it protects: nothing that a person wrote is silently dropped. Every number of the request stands
in the reading (as it is, scaled, or as another unit of time) or is named; so is each word that would
change the answer (`rolling`, `monthly`, `in EUR`) where the reading knows nothing of it. It reads no
request and does not decide what an answer does with the rest.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, cast

from bullpen_agents.asof import without
from bullpen_agents.grammar.intents import Chart, Compare, Compute, Correlate, Live, Stats
from bullpen_agents.grammar.lookup import days_in
from bullpen_agents.grammar.options import Payoff
from bullpen_agents.grammar.qualifiers import CLAUSE, NEVER
from bullpen_agents.grammar.series import KNOWN, MONTHS
from bullpen_agents.grammar.text import unmention

_READINGS = (Payoff, Compute, Compare, Correlate, Chart, Stats, Live)
_WHOLE = frozenset({"sql_query", "run_python", "read_amount", "replay"})
"""Tools that are handed the words themselves."""
_ROLLING = frozenset({"series_rolling", "rolling_correlation", "risk_measures"})
_NUMBER = re.compile(
    r"(?<![\w.])[-+−]?(?:[$€£]\s?)?(?P<n>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:[.,]\d+)?|\.\d+)"
    r"(?:\s?(?P<unit>%|(?:k|thousand|mn|m|million|bn|b|billion|tn|trn|trillion|d|days?|w|weeks?|wk|months?|mths?|mos?|y|yrs?|years?|x|bps?|th|st|nd|rd)\b))?"
)
_SCALES = {
    "k": 1e3, "thousand": 1e3, "m": 1e6, "mn": 1e6, "million": 1e6, "bn": 1e9, "b": 1e9, "billion": 1e9, "tn": 1e12,
    "trn": 1e12, "trillion": 1e12,
}  # fmt: skip
_KNOWN = re.compile("|".join(rf"(?<![\\w-]){re.escape(name)}(?![\\w-])" for name in KNOWN))
_SMALL = frozenset(
    [
        "a",
        "an",
        "and",
        "at",
        "by",
        "for",
        "from",
        "i",
        "if",
        "in",
        "is",
        "it",
        "of",
        "on",
        "or",
        "over",
        "per",
        "so",
        "than",
        "that",
        "the",
        "then",
        "this",
        "to",
        "was",
        "what",
        "when",
        "with",
        "x",
    ]
)


def unused(text: str, intent: object) -> tuple[str, ...]:
    """The parts of `text` that `intent` does not hold, as written; () for what takes words as they are."""
    if not isinstance(intent, _READINGS):
        return ()
    if isinstance(intent, Compute) and intent.tool in _WHOLE:
        return ()
    body = re.sub(r"`[^`]*`", " ", unmention(without(text))).lower()
    held = list(_leaves(intent))
    body = _without_names(body, [leaf for leaf in held if isinstance(leaf, str)])
    held_names = " ".join(leaf for leaf in held if isinstance(leaf, str)).lower()
    if isinstance(intent, Payoff):
        # A payoff is refused when a number has no place.
        numbers = []
    else:
        numbers = [*_numbers(body, held), *_names(body, held_names, intent)]
    left = [*numbers, *_qualifiers(body, intent)]
    return tuple(part for part in dict.fromkeys(left) if not _inside(part, left))


def _names(body: str, held: str, intent: object) -> Iterator[str]:
    """Series that everybody knows, where the reading is of series and has not this one."""
    if not _of_series(intent):
        return
    for found in _KNOWN.finditer(body):
        if found[0] not in held:
            yield found[0]


def _inside(part: str, others: list[str]) -> bool:
    return any(part != other and part in other for other in others)


def _leaves(value: object) -> Iterator[object]:
    """Every plain value in an intent, the names of its arguments apart."""
    if isinstance(value, Mapping):
        for one in cast("Mapping[str, object]", value).values():
            yield from _leaves(one)
    elif isinstance(value, list | tuple):
        for one in cast("list[object]", value):
            yield from _leaves(one)
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from _leaves(getattr(value, field.name))
    else:
        yield value


def _without_names(body: str, names: list[str]) -> str:
    """The text without the series and underlyings of the reading: their digits are no numbers."""
    for name in sorted({name.lower() for name in names if re.search(r"[a-z]", name.lower())}, key=len, reverse=True):  # fmt: skip
        body = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", " ", body)
    return body


def _numbers(body: str, held: list[object]) -> Iterator[str]:
    said = [leaf for leaf in held if isinstance(leaf, str)]
    digits = [float(d) for text in said for d in re.findall(r"\d+(?:\.\d+)?", text)]
    values = [abs(float(leaf)) for leaf in held if isinstance(leaf, int | float) and not isinstance(leaf, bool)]  # fmt: skip
    values += digits
    for iso, written in days_in(body):
        at = body.find(written)
        if iso not in said:
            yield _phrase(body, at, at + len(written))
        body = body.replace(written, " " * len(written), 1)
    for found in _NUMBER.finditer(body):
        if not any(_same(one, value) for one in _readings(found) for value in values):
            yield _phrase(body, found.start(), found.end())


def _readings(found: re.Match[str]) -> Iterator[float]:
    """What a number may have become: itself, scaled, a share, or another unit of time."""
    word = found["n"]
    comma = bool(re.fullmatch(r"\d+,\d{1,2}", word))
    value = float(word.replace(",", "." if comma else ""))
    yield value
    unit = found["unit"] or ""
    if unit in _SCALES:
        yield value * _SCALES[unit]
    if unit in ("%", "bp", "bps"):
        yield value / 100
        yield value * 100
    if re.fullmatch(r"d|days?", unit):
        yield from (value / 365, value / 365 * 12)
    elif re.fullmatch(r"w|weeks?|wk", unit):
        yield from (value * 7, value * 7 / 365, value * 5)
    elif re.fullmatch(r"m|months?|mths?|mos?", unit):
        yield from (value / 12, value * 365 / 12, value * 21)
    elif re.fullmatch(r"y|yrs?|years?", unit):
        yield from (value * 12, value * 365, value * 52)


def _same(one: float, other: float) -> bool:
    return abs(one - other) <= 1e-6 * max(1.0, abs(one))


def _phrase(body: str, start: int, end: int) -> str:
    """The number with the word before and the one behind it, where they say something."""
    before = re.search(r"(?:([a-z]+)\s+)?(?:(x|of|at|is|=|:)\s*)?$", body[:start])
    behind = re.match(r"\s?([a-z%]+)", body[end:])
    words = [body[start:end].strip()]
    if behind and behind[1] not in _SMALL:
        words.append(behind[1])
    elif before and before[1] and before[1] not in _SMALL and before[1] not in MONTHS:
        words.insert(0, before[0].strip())
    if before and before[2] == "x" and words[0] != before[0].strip():
        words.insert(0, "x")
    return " ".join(words)


_Uses = Callable[[Any], bool]


def _takes(*keys: str) -> _Uses:
    """A reading that has one of these arguments."""
    return lambda read: isinstance(read, Compute) and bool(set(keys) & read.args.keys())


def _never(read: object) -> bool:
    del read
    return False


def _exercised(read: object) -> bool:
    """American exercise matters to an option's worth, and to nothing else."""
    return not _takes("strike", "strikes", "price")(read) or _takes("exercise")(read)


def _of_series(read: object) -> bool:
    """Whether the reading is of series that the desk holds."""
    if isinstance(read, Compute):
        return bool(getattr(read, "series", ())) or "series" in read.args
    return isinstance(read, Compare | Correlate | Chart | Stats | Live)


def _rolls(read: object) -> bool:
    if isinstance(read, Chart):
        return read.what == "rolling_vol"
    return isinstance(read, Compare) or (isinstance(read, Compute) and read.tool in _ROLLING)


_QUALIFIERS: tuple[tuple[re.Pattern[str], _Uses], ...] = tuple(
    (re.compile(pattern), uses)
    for pattern, uses in (
        (r"\brolling\b", _rolls),
        (r"\b(?:weekly|monthly|quarterly|yearly) (?:returns?|vol\w*|correlations?|data|changes?|basis)\b", _takes("grain", "kind")),
        (r"\bbermudan?\b", _never),
        (r"\bamerican\b", _exercised),
        (r"\b(?:continuous(?:ly)?|annually|semi-?annually|quarterly) compound\w*|\bcompound\w* (?:continuous|annual|semi|quarter)\w*|\b(?:act|30)/36[05]\b",
         _takes("compounding", "frequency")),
        (r"\b(?:after|net of) costs?\b", _takes("cost_bp", "cost")),
    )
)  # fmt: skip


def _never_for(intent: object) -> tuple[re.Pattern[str], ...]:
    """The qualifiers that the reading cannot have used: those whose argument it has, it did use."""
    if _takes("currency", "unit", "fx", "given", "method")(intent):
        return ()
    return NEVER


def _qualifiers(body: str, intent: object) -> Iterator[str]:
    for pattern in _never_for(intent):
        if found := pattern.search(body):
            yield found[0].strip()
    if clause := CLAUSE.search(body):
        yield clause[1].strip(" .!")
    for pattern, uses in _QUALIFIERS:
        found = pattern.search(body)
        if found and not uses(intent):
            yield found[0].strip()
