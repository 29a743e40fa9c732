"""What is said about market calls: opening one, resolving them, asking for the track record.

The rule it protects: the terms are the person's own; what is missing is asked for, never filled in.
It knows no series and judges nothing.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass, replace
from datetime import date

from bullpen_agents.grammar.family import Family
from bullpen_agents.grammar.series import MONTHS


@dataclass(frozen=True, slots=True)
class OpenIdea:
    """A market call. What the person left out is None or ""; percents are in percent."""

    instrument: str
    side: str
    size: float | None = None
    horizon: str = ""
    take_profit: float | None = None
    stop_loss: float | None = None
    hold: bool = False
    probability: float | None = None
    base_rate: float | None = None
    thesis: str = ""

    @property
    def missing(self) -> tuple[str, ...]:
        """What has to be asked for, each with an example."""
        asked = (
            (not self.instrument, "the instrument"),
            (self.size is None, "the size, such as `size 2%` of the book"),
            (not self.horizon, "the horizon, such as `by 2027-06-30`"),
            (
                self.take_profit is None and self.stop_loss is None and not self.hold,
                "an exit rule, such as `target 60` or `stop 40` or `hold to the horizon` (without "
                "one, any later price can be told as a success)",
            ),
            (self.probability is None, "your probability of a gain, such as `probability 60%`"),
            (not self.thesis, "the reason, such as `because deficits persist`"),
        )
        return tuple(words for lacking, words in asked if lacking)


@dataclass(frozen=True, slots=True)
class ResolveIdeas:
    """Hold the open calls against the data; all of them without `ids`."""

    ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IdeaReport:
    """The track record of the idea book."""


@dataclass(frozen=True, slots=True)
class HitRate:
    """What `hits` of `n` calls tell against base rates in percent."""

    hits: int
    n: int
    against: tuple[float, ...] = (50.0,)


IdeaIntent = OpenIdea | ResolveIdeas | IdeaReport | HitRate

_NUMBER = r"(\d+(?:\.\d+)?)"
_OPEN = re.compile(
    r"^(?:as of [^:,]{4,30}[:,]\s*)?(?:please )?(?:open|log|book|record|enter|note|add|new|start)?\s*(?:an?|my|this|the|new)?\s*"
    r"(?:trade |market )?(?:idea|call|trade)\b\s*(?:[:,–-]|that (?:we|i) (?:go|are|am)|to (?:go|be))?\s*"
    r"(?P<side>long|short|buy|sell|bullish|bearish)\s+(?P<rest>.+)$",
    re.DOTALL | re.IGNORECASE,
)
_SIDES = {"buy": "long", "bullish": "long", "sell": "short", "bearish": "short"}
_BECAUSE = re.compile(
    r"[,;.]?\s*\b(?:because|since|as the|thesis(?: is)?:?|reason:?|why:)\s*(?P<why>.+)$",
    re.DOTALL | re.IGNORECASE,
)
_ENDS = re.compile(
    r"\s*(?:,|;|\bat\b|\bfrom\b|\bwith\b|\bfor\b|\bsize\b|\btargets?\b|\bstops?\b|\btake\b|\bby\b|\buntil\b|\bprob|"
    r"\b\d+(?:\.\d+)?\s*%)",
    re.IGNORECASE,
)
_SIZE = re.compile(
    rf"\bsize\s*(?:of\s*)?:?\s*{_NUMBER}\s*(?:%|percent)|{_NUMBER}\s*(?:%|percent)\s*(?:of (?:the |my )?(?:book|portfolio|nav|capital))",
    re.IGNORECASE,
)
_TARGET = re.compile(
    rf"\b(?:target|take[- ]profit|tp|objective)\s*(?:of|at|is|:)?\s*\$?{_NUMBER}(?!\s*%)", re.I
)
_STOP = re.compile(
    rf"\b(?:stop(?:[- ]loss)?|sl|exit below|exit above)\s*(?:of|at|is|:)?\s*\$?{_NUMBER}(?!\s*%)",
    re.IGNORECASE,
)
_HOLD = re.compile(
    r"\bh(?:e|o)ld (?:it )?(?:to|until|till) (?:the )?(?:horizon|end|expiry)\b", re.I
)
_CHANCE = re.compile(
    rf"\bprobability\s*(?:of|is|:)?\s*{_NUMBER}\s*%?|{_NUMBER}\s*(?:%|percent)\s*(?:likely|sure|probable|probability|confident|chance)",
    re.IGNORECASE,
)
_BASE = re.compile(rf"\bbase rate\s*(?:of|is|:)?\s*{_NUMBER}\s*%?", re.IGNORECASE)
_BY = re.compile(
    r"\b(?:by|until|till|before|horizon|through)\s*(?::|is)?\s*(?:the )?(?P<end>end(?: of)?\s+)?"
    r"(?:(?P<iso>\d{4}-\d{2}-\d{2})|(?:(?P<day>\d{1,2})(?:st|nd|rd|th)?\s+)?(?P<month>[a-z]{3,9})\.?\s+(?:(?P<late>\d{1,2})(?:st|nd|rd|th)?,?\s+)?(?P<year>\d{4})|(?P<only>\d{4})\b)",
    re.IGNORECASE,
)
_RESOLVE = re.compile(
    r"^(?:please )?(?:resolve|settle|close out|check|update|score)\s+(?:all |my |our |the |open )*(?:ideas?|calls?|idea book)\b(?P<ids>.*)$|^(?:resolve|settle|check) (?P<one>i\d+)\b.*$"
)
_REPORT = re.compile(
    r"\b(?:idea book|ideas? report|report (?:on|of) (?:the |my |our )?(?:ideas|calls)|track record|"
    r"(?:list|show)(?: me)? (?:the |my |our |all |open )*ideas)\b|^(?:my |our |open )?ideas[?.! ]*$|"
    r"\bhow (?:are|did|do|have) (?:my|our|the) (?:ideas|calls)\b"
)
_HITS = (
    re.compile(r"\b(?P<hits>\d{1,4}) (?:hits )?(?:out )?of (?P<n>\d{1,4})(?: (?:calls|ideas|trades|forecasts|predictions|bets)\b|(?= (?:right|correct|hits|wins)\b| (?:vs\.?|versus|against) \d+(?:\.\d+)?\s*%))"),
    re.compile(r"\b(?P<pct>\d{1,3}(?:\.\d+)?)\s*(?:%|percent) of (?P<n>\d{1,4}) (?:calls|ideas|trades|forecasts|predictions|bets)\b"),
)  # fmt: skip
_AGAINST = re.compile(
    r"(?:against|from|versus|vs\.?|than)\s+(?P<rates>[\d.,%\s]+(?:(?:and|or)\s+[\d.]+\s*%?)?)"
)


def read_ideas(original: str, lower: str) -> IdeaIntent | None:
    """What `lower` asks of the idea book, in the words of `original`, or None."""
    if found := _RESOLVE.match(lower):
        return ResolveIdeas(tuple(re.findall(r"\bi\d+\b", found["ids"] or found["one"] or "")))
    if found := _OPEN.match(original.strip()):
        return _call(found)
    if found := next((f for p in _HITS if (f := p.search(lower))), None):
        return _hits(found, lower)
    return IdeaReport() if _REPORT.search(lower) else None


def completed(idea: OpenIdea, text: str) -> OpenIdea | None:
    """The call with what `text` adds to it, or None when it adds nothing that is missing."""
    why = _BECAUSE.search(text)
    terms = text[: why.start()] if why else text
    fuller = replace(
        idea,
        size=_number(_SIZE, terms) if idea.size is None else idea.size,
        horizon=idea.horizon or _horizon(terms),
        take_profit=_first(idea.take_profit, _number(_TARGET, terms)),
        stop_loss=_first(idea.stop_loss, _number(_STOP, terms)),
        hold=idea.hold or bool(_HOLD.search(terms)),
        probability=_first(idea.probability, _number(_CHANCE, terms)),
        base_rate=_first(idea.base_rate, _number(_BASE, terms)),
        thesis=idea.thesis or (why["why"].strip() if why else ""),
    )
    if fuller == idea and len(idea.missing) == 1 and not idea.thesis:
        return replace(idea, thesis=text.strip())
    return None if fuller == idea else fuller


def _first(held: float | None, given: float | None) -> float | None:
    return given if held is None else held


def _call(found: re.Match[str]) -> OpenIdea:
    rest = found["rest"]
    why = _BECAUSE.search(rest)
    terms = rest[: why.start()] if why else rest
    end = _ENDS.search(terms)
    side = found["side"].lower()
    return OpenIdea(
        instrument=(terms[: end.start()] if end else terms).strip(" .,:"),
        side=_SIDES.get(side, side),
        size=_number(_SIZE, terms),
        horizon=_horizon(terms),
        take_profit=_number(_TARGET, terms),
        stop_loss=_number(_STOP, terms),
        hold=bool(_HOLD.search(terms)),
        probability=_number(_CHANCE, terms),
        base_rate=_number(_BASE, terms),
        thesis=why["why"].strip() if why else "",
    )


def _number(pattern: re.Pattern[str], text: str) -> float | None:
    found = pattern.search(text)
    return None if found is None else float(next(one for one in found.groups() if one))


def _horizon(text: str) -> str:
    """The ISO day that is named: a month means its last day, a year its last day. "" when none is."""
    found = _BY.search(text)
    if found is None:
        return ""
    if found["iso"]:
        return _valid(*(int(part) for part in found["iso"].split("-")))
    if found["only"]:
        return f"{found['only']}-12-31"
    month = MONTHS.get(found["month"].lower(), 0)
    year, day = int(found["year"]), found["day"] or found["late"]
    if not month or not year >= 1:
        return ""
    return _valid(year, month, int(day) if day else calendar.monthrange(year, month)[1])


def _valid(year: int, month: int, day: int) -> str:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return ""


def _hits(found: re.Match[str], lower: str) -> HitRate | None:
    n = int(found["n"])
    groups = found.groupdict()
    hits = int(groups["hits"]) if groups.get("hits") else round(float(groups["pct"]) * n / 100)
    rest = _AGAINST.search(lower[found.end() :])
    rates = tuple(float(one) for one in re.findall(r"\d+(?:\.\d+)?", rest["rates"])) if rest else ()
    return HitRate(hits, n, rates or (50.0,)) if n and hits <= n else None


FAMILY = Family(
    "ideas",
    read_ideas,
    ("open idea: long oil, size 2%, target 60, stop 40, by 2027-06-30, probability 60%, because deficits persist",
     "resolve ideas", "track record", "20 of 25 calls against 50%"),
)  # fmt: skip
