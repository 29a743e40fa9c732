"""Follow-ups in a thread: "and at 3.00?", "since 2010?", "same for nasdaq", "chart it", "max loss?".

The rule it protects: only what stands in the thread is carried on, the last structure or the last
measure of series; a follow-up that fits neither is not read. It keeps nothing and calls nothing.

Grammar (after a payoff P, or a question about series S):
    premium     and at 3.00? | for 3 | if I paid 3
    underlying  and at 100? | if it is at 95
    figure      what's my max loss? | breakevens | max profit
    period      since 2010? | in 2008? | over the last 5 years
    series      same for nasdaq | and copper? | what about the vix?
    chart       chart it | and chart it | plot that
    idea        what was missing: size 2%, target 60, by June 2027, because …
    file        give me the CSV | as an HTML report (see grammar/export.py)
    method      why? | how come? | explain | how did you get that?
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from bullpen_agents.asof import without
from bullpen_agents.grammar.again import Again, about_answer, on_other_terms
from bullpen_agents.grammar.export import read_export
from bullpen_agents.grammar.files import AskFile, ChartColumn, read_about_file
from bullpen_agents.grammar.ideas import OpenIdea, completed
from bullpen_agents.grammar.intents import (
    Chart,
    Compare,
    Compute,
    Correlate,
    Export,
    Intent,
    Live,
    Say,
    Stats,
    Unknown,
)
from bullpen_agents.grammar.lookup import DataLookup
from bullpen_agents.grammar.method import method
from bullpen_agents.grammar.options import Payoff
from bullpen_agents.grammar.reading import parse
from bullpen_agents.grammar.series import EVERYTHING, read_names, read_period
from bullpen_agents.grammar.several import parts_of
from bullpen_agents.grammar.sizes import read_size

Subject = OpenIdea | Payoff | Compare | Correlate | Chart | Stats | Compute | Live

_LEAD = r"^(?:the same|same|and|or|ok|okay|so|now|then|but|what|how|about|also|please|[,\s])*"
_AMOUNT = re.compile(
    _LEAD
    + r"\s*(?P<how>at|for|@|if i (?:had )?(?:paid|pay)|paying|bought at|if (?:it|the \w+|[a-z]+)(?: is| was|'s| closes| ends)?(?: at)?)"
    r"\s*[$€£]?\s*(?P<number>\d+(?:\.\d+)?)\s*(?:at expiry|instead|then)?[?.! ]*$"
)
_CHART_IT = re.compile(
    _LEAD
    + r"(?:can you |could you )?(?:re)?(?:chart|plot|graph|draw)(?: (?:it|that|this|them|both))?(?: please)?[?.! ]*$"
)
_WHY = re.compile(
    r"^(?:but |and )?(?:why|how come|how so|explain(?: (?:that|it|this))?|how (?:did you|do you|is that|was that)\b.{0,40})[?.! ]*$"
)
_FIGURES = (
    ("max_loss", re.compile(r"\bmax(?:imum)?\.? (?:loss|risk)\b|\bhow much (?:can|could|do) i lose\b|\bmost i (?:can )?lose\b")),
    ("max_profit", re.compile(r"\bmax(?:imum)?\.? (?:profit|gain|win)\b|\bhow much (?:can|could|do) i make\b")),
    ("max_payoff", re.compile(r"\bmax(?:imum)?\.? (?:payoff|payout)\b")),
    ("break_even", re.compile(r"\bbreak[- ]?evens?\b")),
)  # fmt: skip
_SAME = re.compile(
    r"^(?:(?:and|or|the|same|what|how|about|for|of|with|do|that|it|now|please|is|are)\b|[,\s])*"
)


def follow(
    text: str, before: Sequence[str], files: Sequence[str] = (), earlier: Sequence[str] = ()
) -> Intent | Again | AskFile | ChartColumn:
    """What `text` means after the earlier messages of people in its thread (oldest first).

    `files` are attached to it, `earlier` ones were to those messages.
    """
    if about := read_about_file(_bare(text, keep=True), files, earlier):
        return about
    return _read(text, _carried(before), files)


def readable(before: Sequence[str]) -> tuple[str, ...]:
    """Follow-ups that would be read after these messages, as examples; () where nothing is carried."""
    carried = _carried(before)
    if carried is None or isinstance(carried.meaning, OpenIdea):
        return ()
    if isinstance(carried.meaning, Payoff):
        return ("and at 3.00?", "what if it is at 105?", "max loss?", "chart it")
    of = carried.meaning
    if isinstance(of, DataLookup) and "a" in of.series:
        return ("since 2010?", "chart it", "source?")
    if isinstance(of, Compute) and not _series_of(of):
        return ("same with 30 vol", "why?", "are you sure?")
    return ("since 2010?", "same for nasdaq", "chart it", "source?")


def _carried(before: Sequence[str]) -> _Carried | None:
    """What the earlier messages of people are about, with the words that asked for it."""
    subject: _Carried | None = None
    for said in (part for message in before for part in parts_of(without(message))):
        meaning = _read(said, subject)
        meaning = meaning.of if isinstance(meaning, Export | Again) else meaning
        if isinstance(meaning, Subject) and _carries(meaning):
            # The words of a follow-up stand beside those that it follows.
            subject = _Carried(meaning, _words(said, meaning, subject))
    return subject


@dataclass(frozen=True, slots=True)
class _Carried:
    """What a thread is about, and the words that asked for it."""

    meaning: Subject
    said: str


def _words(said: str, meaning: Subject, before: _Carried | None) -> str:
    if before and isinstance(meaning, Compute) and meaning != parse(said):
        return before.said
    return said


def _read(text: str, carried: _Carried | None, files: Sequence[str] = ()) -> Intent | Again:
    """The meaning of `text`, as a file where one is asked for."""
    wanted = None if files else read_export(_bare(text))
    if wanted is None:
        return _meaning(text, carried, files)
    form, rest = wanted
    if not rest:
        subject = carried.meaning if carried else None
        return Export(form, None if isinstance(subject, OpenIdea | Live) else subject)
    of = _meaning(rest, carried)
    if isinstance(of, Compute) and not of.missing:
        return Export(form, of, fresh=True)
    if isinstance(of, Subject) and not isinstance(of, OpenIdea | Live) and _carries(of):
        return Export(form, of, fresh=True)
    return _meaning(text, carried, files)


def _bare(text: str, *, keep: bool = False) -> str:
    """Lower case (unless `keep`), without mentions and the name of who is addressed."""
    words = (text if keep else text.lower()).replace("’", "'")
    return re.sub(r"^(?:\s*@[\w-]+[,:]?)*\s*(?:[A-Za-z_]+:\s+)?", "", words).strip()


def _carries(meaning: Subject) -> bool:
    if isinstance(meaning, OpenIdea):
        return True
    if isinstance(meaning, Compute):
        return not meaning.missing and meaning.tool not in _TOLD
    return meaning.answerable if isinstance(meaning, Payoff) else bool(meaning.series)


_TOLD = frozenset({"sql_query", "run_python", "replay", "read_amount", "convert_unit"})
"""Computations that end with their answer: no term of them can be changed in a word."""


def _meaning(text: str, carried: _Carried | None, files: Sequence[str] = ()) -> Intent | Again:
    alone = parse(text, files)
    subject = carried.meaning if carried else None
    if carried is None or subject is None or files:
        return alone
    lower = _bare(text)
    if isinstance(subject, OpenIdea):
        return (completed(subject, text) if subject.missing else None) or alone
    if len(lower) > 120:
        return alone
    if _WHY.match(lower):
        return Say(method(subject))
    if about := about_answer(lower, subject):
        return about
    if isinstance(subject, Payoff):
        return (_after_payoff(lower, subject) if isinstance(alone, Unknown) else None) or alone
    if isinstance(subject, Compute | Live):
        return (_after_compute(lower, subject, alone, carried.said)) or alone
    return _after_series(lower, subject, alone) or alone


def _after_payoff(lower: str, subject: Payoff) -> Payoff | None:
    plain = replace(subject, at=(), focus="")
    size, rest = read_size(lower)
    if size and not re.search(r"\d", rest):
        return replace(plain, size={**subject.size, **size}, quantity=subject.quantity or "several")
    if _CHART_IT.match(lower):
        return plain
    amount = _AMOUNT.match(lower)
    if amount:
        return _with_amount(plain, float(amount["number"]), amount["how"])
    if re.search(r"\d", lower):
        return None
    focus = next((name for name, pattern in _FIGURES if pattern.search(lower)), "")
    return replace(plain, focus=focus) if focus else None


def _with_amount(subject: Payoff, amount: float, how: str) -> Payoff | None:
    """A new premium, or a price of the underlying: by the words, else by its distance from the strikes."""
    near = min(subject.strikes) * 0.5 <= amount <= max(subject.strikes) * 2
    if re.match(r"if i\b", how) or how in ("for", "paying", "bought at"):
        near = False
    elif how.startswith("if"):
        near = True
    elif not near and amount > min(subject.strikes) * 0.5:
        return None
    if near:
        return replace(subject, at=(amount,))
    if subject.with_stock:
        return None
    return replace(subject, cost=-amount if (subject.cost or 0) < 0 else amount)


_BEGINS = re.compile(
    r"^(?:and|same|the same|with|what if|if|at|for|now|but|ok|or|how about|what about)\b"
)


def _after_compute(lower: str, subject: Compute | Live, alone: Intent, said: str) -> Intent | None:
    pair = isinstance(subject, DataLookup) and "a" in subject.series
    if _CHART_IT.match(lower):
        return subject if pair else _line_of(subject)
    unread = isinstance(alone, Unknown) or _says_no_measure(alone)
    changes = unread or bool(_BEGINS.match(lower))
    if (
        isinstance(subject, Compute)
        and changes
        and (changed := on_other_terms(lower, subject, said))
    ):
        return changed
    if not unread:
        return None
    period, rest = read_period(re.sub(_LEAD, "", lower))
    bare = _SAME.sub("", rest.strip())
    names = read_names(bare.strip(" ?!."))
    if len(names) > 1 or not (_series_of(subject) or pair) or (names and (pair or bare == lower)):
        return None
    if isinstance(subject, Live):
        return replace(subject, series=names[0], also=()) if names else None
    carried = subject if period == EVERYTHING else replace(subject, period=period)
    if names:
        return _with_series(carried, names[0])
    return carried if period != EVERYTHING else None


def _line_of(subject: Compute | Live) -> Chart | None:
    """A chart of the series that a computation is of."""
    names = _series_of(subject)
    rolls = isinstance(subject, Compute) and subject.focus == "rolling"
    period = subject.period if isinstance(subject, Compute) else EVERYTHING
    return Chart(names, "rolling_vol" if rolls else "level", period) if names else None


def _series_of(subject: Compute | Live) -> tuple[str, ...]:
    """The series that a computation is of, one by one."""
    if isinstance(subject, Live):
        return (subject.series, *subject.also)
    named: Any = subject.series if isinstance(subject, DataLookup) else subject.args
    given = named.get("series", ())
    return ((given,) if isinstance(given, str) else tuple(given)) + subject.also


def _with_series(subject: Compute, name: str) -> Compute:
    if isinstance(subject, DataLookup):
        return replace(subject, series={**subject.series, "series": name}, also=())
    return replace(subject, args={**subject.args, "series": name}, also=())


def _after_series(
    lower: str, subject: Compare | Correlate | Chart | Stats, alone: Intent
) -> Intent | None:
    if _CHART_IT.match(lower):
        return _drawn(subject)
    if not (isinstance(alone, Unknown) or _says_no_measure(alone)):
        return None
    period, rest = read_period(re.sub(_LEAD, "", lower))
    bare = _SAME.sub("", rest.strip())
    names = read_names(bare.strip(" ?!."))
    carried = subject if period == EVERYTHING else replace(subject, period=period)
    if not names:
        return carried if period != EVERYTHING else None
    if len(names) != 1 or bare == lower:
        return None
    if isinstance(carried, Stats):
        return replace(carried, series=names[0], also=())
    return replace(carried, series=names) if isinstance(carried, Chart) else None


def _says_no_measure(alone: Intent) -> bool:
    return isinstance(alone, Stats) and alone.focus == "all"


def _drawn(subject: Compare | Correlate | Chart | Stats) -> Chart:
    if isinstance(subject, Chart):
        return subject
    if isinstance(subject, Compare):
        return Chart(subject.series, "rolling_vol", subject.period, subject.window)
    if isinstance(subject, Correlate):
        return Chart(subject.series, "level", subject.period)
    what = {"volatility": "rolling_vol", "drawdown": "drawdown"}.get(subject.focus, "level")
    return Chart((subject.series, *subject.also), what, subject.period)
