"""Follow-ups about an answer that was given: its source, whether it is right, the same in other units or terms.

The rule it protects: what is changed is what the follow-up says, and everything else stays as it was
said; a follow-up that changes nothing is not read as one. It keeps nothing and calls nothing.

Grammar (after a computation C):
    source      source? | where does that come from? | which data did you use?
    sure        are you sure? | is that right? | double-check that
    units       in bp please | as a percentage
    terms       same with 30 vol | and at 99%? | recovery 25 | and a put? | and below 50? | and at the end of 2016?
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from bullpen_agents.grammar.intents import Chart, Compare, Compute, Correlate, Live, Stats
from bullpen_agents.grammar.lookup import DAY
from bullpen_agents.grammar.options import Payoff
from bullpen_agents.grammar.reading import parse
from bullpen_agents.grammar.series import EVERYTHING

Answered = Payoff | Compare | Correlate | Chart | Stats | Compute | Live


@dataclass(frozen=True, slots=True)
class Again:
    """The answer `of` once more: `how` is source, sure, bp or pct."""

    of: Answered
    how: str


_LEAD = r"^(?:(?:and|but|ok|okay|so|hm+|please|pls|now|sorry|wait)\b[\s,]*)*"
_SOURCE = re.compile(
    _LEAD
    + r"(?:(?:what(?:'s| is| was| are)?|whats) (?:the |your )?sources?\b.*|sources?|where (?:does|do|did|is|are) (?:this|that|it|the (?:data|figures?|numbers?)|these|those|you)\b.*(?:from|get)\b.*"
    r"|(?:which|what) data\b.{0,30}|based on what|says who|how do you know(?: that)?)[?.! ]*$"
)
_SURE = re.compile(
    _LEAD
    + r"(?:(?:are |r )?(?:you|u) (?:really |quite )?sure(?: (?:about|of) (?:that|this|it))?|really|is (?:that|this|it) (?:really )?(?:right|correct|true|ok|okay)|sure|seriously"
    r"|(?:can|could) you (?:please )?(?:double[- ]?)?check(?: (?:that|it|this))?(?: again)?|(?:double|re)[- ]?check(?: (?:that|it|this))?(?: please)?|check (?:that|it|this)(?: again)?(?: please)?"
    r"|that (?:can't|cannot|can not) be (?:right|true)|that looks wrong)[?.! ]*$"
)
_UNIT = re.compile(
    _LEAD
    + r"(?:(?:can i have|could i have|give me|show me|show|same|the same|it|that|this)\b\s*)*(?:in|as|into|to)(?: an?)? (?P<u>bps?|basis points?|percent(?:age)?s?|%|pct)(?: please| pls| instead)*[?.! ]*$"
)
_KIND = re.compile(_LEAD + r"(?:(?:what about|how about|same|the same|for|as|with|if it (?:is|were|was))\b\s*)*(?:an?|the)\s+(?P<k>put|call)\b(?: instead)?[?.! ]*$")  # fmt: skip
_DIGITS = re.compile(r"[-+−]?[$€£]?\d[\d.,]*\s*(?:%|bps?\b)?")


def about_answer(lower: str, subject: Answered | None) -> Again | None:
    """A question about the answer itself, or None."""
    if subject is None:
        return None
    if _SOURCE.match(lower):
        return Again(subject, "source")
    if _SURE.match(lower):
        return Again(subject, "sure")
    if found := _UNIT.match(lower):
        return Again(subject, "bp" if found["u"].startswith("b") else "pct")
    return None


def on_other_terms(lower: str, subject: Compute, said: str) -> Compute | None:
    """The computation with what the follow-up changes; None where it changes nothing.

    `said` are the words in which it was asked: without their numbers they tell what the new ones are.
    """
    if found := _KIND.match(lower):
        kind = found["k"]
        changed = {"kind": kind} if "kind" in subject.args else {"structure": kind}
        return replace(subject, args={**subject.args, **changed})
    if not re.search(r"\d", lower):
        return None
    frame = _DIGITS.sub(" ", re.sub(DAY, " ", said))
    read = parse(f"{frame.rstrip(' ?.!')} ; {lower}")
    if not isinstance(read, Compute) or read.tool != subject.tool:
        return None
    fresh = {
        key: value for key, value in read.args.items() if value not in (None, "", [], 0.0, False)
    }
    fresh = {
        key: value
        for key, value in fresh.items()
        if subject.args.get(key) != value and re.search(r"\d", repr(value))
    }
    side = {"side": read.args["side"]} if "side" in read.args else {}
    period = read.period if read.period != EVERYTHING else subject.period
    if not fresh and period == subject.period:
        return None
    kept = {key: value for key, value in subject.args.items() if not _replaced(key, fresh)}
    return replace(subject, args={**kept, **fresh, **side}, period=period)


_SAME_THING = (("days", "years", "expiry"), ("spot", "forward"), ("strike", "strikes", "legs"), ("spread_bp", "hazard_pct", "spreads"), ("yield_pct", "price"))  # fmt: skip


def _replaced(key: str, fresh: dict[str, object]) -> bool:
    """Whether a new argument says the same thing in another form."""
    return any(
        key in group and set(group) & fresh.keys() for group in _SAME_THING if key not in fresh
    )
