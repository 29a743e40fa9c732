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
    file        give me the CSV | as an HTML report (see grammar_export)
    method      why? | how come? | explain | how did you get that?
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from bullpen_agents.asof import without
from bullpen_agents.grammar import parse
from bullpen_agents.grammar_export import read_export
from bullpen_agents.grammar_files import AskFile, ChartColumn, read_about_file
from bullpen_agents.grammar_ideas import OpenIdea, completed
from bullpen_agents.grammar_intents import (
    Chart,
    Compare,
    Compute,
    Correlate,
    Export,
    Intent,
    Say,
    Stats,
    Unknown,
)
from bullpen_agents.grammar_options import Payoff
from bullpen_agents.grammar_series import EVERYTHING, read_names, read_period

Subject = OpenIdea | Payoff | Compare | Correlate | Chart | Stats

_LEAD = r"^(?:and|or|ok|okay|so|now|then|but|what|how|about|also|please|[,\s])*"
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
) -> Intent | AskFile | ChartColumn:
    """What `text` means after the earlier messages of people in its thread (oldest first).

    `files` are attached to it, `earlier` ones were to those messages.
    """
    if about := read_about_file(_bare(text, keep=True), files, earlier):
        return about
    subject: Subject | None = None
    for said in before:
        meaning = _read(without(said), subject)
        meaning = meaning.of if isinstance(meaning, Export) else meaning
        subject = meaning if isinstance(meaning, Subject) and _carries(meaning) else subject
    return _read(text, subject, files)


def _read(text: str, subject: Subject | None, files: Sequence[str] = ()) -> Intent:
    """The meaning of `text`, as a file where one is asked for."""
    wanted = None if files else read_export(_bare(text))
    if wanted is None:
        return _meaning(text, subject, files)
    form, rest = wanted
    if not rest:
        return Export(form, None if isinstance(subject, OpenIdea) else subject)
    of = _meaning(rest, subject)
    if isinstance(of, Compute) and not of.missing:
        return Export(form, of, fresh=True)
    if isinstance(of, Subject) and not isinstance(of, OpenIdea) and _carries(of):
        return Export(form, of, fresh=True)
    return _meaning(text, subject, files)


def _bare(text: str, *, keep: bool = False) -> str:
    """Lower case (unless `keep`), without mentions and the name of who is addressed."""
    words = (text if keep else text.lower()).replace("’", "'")
    return re.sub(r"^(?:\s*@[\w-]+[,:]?)*\s*(?:[A-Za-z_]+:\s+)?", "", words).strip()


def _carries(meaning: Subject) -> bool:
    if isinstance(meaning, OpenIdea):
        return True
    return meaning.answerable if isinstance(meaning, Payoff) else bool(meaning.series)


def _meaning(text: str, subject: Subject | None, files: Sequence[str] = ()) -> Intent:
    alone = parse(text, files)
    if subject is None or files:
        return alone
    lower = _bare(text)
    if isinstance(subject, OpenIdea):
        return (completed(subject, text) if subject.missing else None) or alone
    if len(lower) > 120:
        return alone
    if _WHY.match(lower):
        return Say(_method(subject))
    if isinstance(subject, Payoff):
        return (_after_payoff(lower, subject) if isinstance(alone, Unknown) else None) or alone
    return _after_series(lower, subject, alone) or alone


def _after_payoff(lower: str, subject: Payoff) -> Payoff | None:
    plain = replace(subject, at=(), focus="")
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


def _method(subject: Subject) -> str:
    """How the last answer was made, in one line."""
    if isinstance(subject, Payoff):
        return (
            "At expiry each call is worth the underlying less its strike, each put its strike less the underlying, never "
            "below zero; the legs are added up and what was paid is taken off. The receipt holds every corner."
        )
    if isinstance(subject, Compare):
        return (
            "Volatility is the standard deviation of daily log returns on the dates the series share, scaled to a year by the "
            "square root of the periods. What caused it the data do not say."
        )
    if isinstance(subject, Correlate):
        return "It is Pearson's correlation of log returns on common dates. What caused it the data do not say."
    if isinstance(subject, Chart):
        return "The chart draws the stored values, without smoothing. What moved them the data do not say."
    return (
        "The figures come from the stored values: log returns, their standard deviation scaled to a year, and the deepest "
        "fall from a peak. What moved them the data do not say."
    )
