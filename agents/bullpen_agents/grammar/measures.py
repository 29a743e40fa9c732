"""Measures of series in a question: volatility, correlation, drawdown, return, extremes, charts.

The rule it protects: names are passed on as written and a period is the one that was named. It
resolves no series and computes nothing.

Grammar:
    correlate   correlation of X and Y [and Z …] | corr X Y | do X and Y move together
    compare     compare the volatility of X and Y [and Z …] | is X more volatile than Y
    chart       chart X | plot the rolling volatility / drawdown of X [and Y] | 30 day vol of X
    stats       how volatile is X | drawdown of X [and Y] | highest X | stats of X | X?
    each takes  since 2010 | between 2008 and 2012 | in 2008 | 2007 to 2009 | from March 2009 to 2012-06-30
                | until 2000 | over the last 5 years
"""

from __future__ import annotations

import re

from bullpen_agents.grammar.family import Family
from bullpen_agents.grammar.intents import Chart, Compare, Compute, Correlate, Intent, Stats
from bullpen_agents.grammar.lookup import as_written, several
from bullpen_agents.grammar.series import EVERYTHING, KNOWN, read_names, read_period
from bullpen_agents.grammar.text import mend, unpolite

_EXTREME = (
    ("max", re.compile(r"\b(?:highest|all[- ]time high|record high|peak|maximum)\b")),
    ("min", re.compile(r"\b(?:lowest|all[- ]time low|record low|minimum)\b")),
)


_WINDOW = re.compile(
    r"\b(?:rolling )?(?<!last )(?<!past )(\d{1,3})[\s-]?(?:trading )?(?:days?|d|returns?)\b(?=.*\bvol)|(?<=rolling )(\d{1,3})\b"
    r"|(?<=vol )(?:over |of |with )?(?:a )?(?:window of )?(\d{1,3})[\s-]?(?:trading )?(?:days?|d|returns)\b"
    r"|\brolling\b.*\b(?:over|with|window of|using)\s+(?:a )?(?:window of )?(\d{1,3})[\s-]?(?:trading )?(?:days?|d|returns?)?\b"
)


_CORRELATE = re.compile(
    r"\bcorrelat\w*|\bcorr\b|\bco-?mov\w*|\bmove[sd]? (?:together|with|in step|in line)\b|\b(?:relationship|link) between\b"
)


_VOLATILITY = re.compile(
    r"\bvolatil\w*|\bvols?\b|\bvola\b|\brisk(?:y|ier|iest)\b|\bswings?\b|\bstandard deviation\b"
)


_DRAWDOWN = re.compile(
    r"\bdrawdowns?\b|\bpeak[- ]to[- ]trough\b|\b(?:worst|biggest|deepest|largest|maximum) (?:fall|loss|drop|decline|crash)\b"
)


_RETURN = re.compile(r"\breturn(?:s|ed)?\b|\bperform\w*|\bcagr\b|\bgain(?:s|ed)?\b|\bgrowth rate\b")


_STATS = re.compile(
    r"\bstat(?:s|istics?)?\b|\bsummar\w+ (?:of|for)\b|\bkey figures\b|\boverview of\b|\bprofile of\b|\bfigures (?:of|for|on)\b|\bhow (?:did|has|have|is|was|were) .+ (?:do|done|doing|gone|develop\w*|evolv\w*|mov\w*)\b"
)


CHART = re.compile(r"\b(?:re-?)?(?:chart|plot|graph|draw|picture)(?:s|ed)?\b")


_COMPARE = re.compile(
    r"\bcompar\w*|\bversus\b|\bvs\b|\bmore (?:volatile|risky)\b|\briskier\b|\bthan\b"
)


_ASIDES = re.compile(
    r"[,;.]?\s*\b(?:and\s+|then\s+|also\s+|please\s+)*(?:write (?:up|down)|note|record|summari[sz]e|remember|store|save|tell (?:us|me)|"
    r"say|explain|state|report|give|check)\b[^,;.]{0,120}?\b(?:remember|keep|learn(?:ed|t)?|findings?|memory|result|results|it|that|this|windows?|"
    r"data behind|figures use|worth)\b.*$"
    r"|[,;.]?\s*\b(?:and\s+|then\s+|also\s+|please\s+)*(?:chart|plot|graph|draw)\s+(?:it|them|that|this|both|the (?:result|two|results)|everything)\b"
    r"|[,;]\s*(?:and\s+)?(?:with )?(?:a )?(?:chart|plot|graph|picture)(?= *[,;.!?]| *$| and\b)|\bwith (?:a )?(?:chart|plot|graph|picture)\b"
    r"|\b(?:over|on|using|with|from|across|in)\s+(?:the|all|your|our|whatever|all the)\s*(?:\w+ )?(?:data|history|sample|series|span|period|time)"
    r"(?:\s+(?:that\s+)?(?:we|you|the desk)\s+(?:hold|have|got|own)s?)?"
)  # fmt: skip


_KEEP = re.compile(
    r"\b(?:remember|memory|store it|save it|note it|write up|write it up|keep in mind|record it|for the record)\b"
)


def wants_memory(text: str) -> bool:
    """True when the person asks that the result be remembered."""
    return bool(_KEEP.search(mend(text.lower())))


def _measures(original: str, lower: str) -> Intent | None:
    asked = asked_for(lower)
    charted = bool(CHART.search(lower))
    if not asked and not charted and not _COMPARE.search(lower):
        return _alone(original, lower)
    window, rest = _window(re.sub(r"'s\b", "", original.lower()))
    period, rest = read_period(rest)
    found = read_names(_ASIDES.sub(" ", mend(unpolite(rest))))
    names = tuple(as_written(name, original) for name in found)
    if not names:
        return None
    several = len(names) >= 2
    if asked == "correlation" and several:
        return Correlate(names[:4], period)
    if (
        several
        and asked in ("volatility", "")
        and not CHART.match(lower)
        and (asked or _COMPARE.search(lower))
    ):
        kept = bool(_KEEP.search(lower))
        return Compare(names[:6], period, chart=charted, remember=kept, window=window or 60)
    rolls = bool(window) or "rolling" in lower
    if asked == "volatility" and rolls and not charted:
        return Compute(
            "risk_measures",
            {"series": names[0]} | ({"window": window} if window else {}),
            focus="rolling",
            period=period,
            also=names[1:4],
        )
    if charted:
        return Chart(names[:6], DRAWN.get(asked, "level"), period, window or 60)
    if asked and asked != "correlation":
        return Stats(names[0], asked, period, also=names[1:6])
    return None


def asked_for(lower: str) -> str:
    """The measure that is asked for, or ""."""
    for kind, pattern in FOCUS:
        if pattern.search(lower) and kind != "all":
            return kind
    extreme = next((kind for kind, pattern in _EXTREME if pattern.search(lower)), "")
    return extreme or ("all" if _STATS.search(lower) else "")


def _alone(original: str, lower: str) -> Intent | None:
    """The name of a series and nothing else: what there is to say about it."""
    period, rest = read_period(lower)
    name = re.sub(
        r"^(?:and|the|what about|how about|what (?:was|were|is)|whats) ", "", rest.strip(" ?!.,")
    )
    name = re.sub(
        r"\s+(?:price|prices|level|levels|value|values|yield|index)s?$",
        "",
        re.sub(r"\s+", " ", name),
    ).strip()
    if name not in KNOWN or (name in ("gold", "silver") and period == EVERYTHING):
        return None
    written = as_written(name, original)
    if period == EVERYTHING:
        return Stats(written)
    return several("series_span", (written,), {}, "all", period)


def _window(lower: str) -> tuple[int, str]:
    """The number of returns in a rolling window, or 0; and the text without it."""
    found = _WINDOW.search(lower)
    if not found or re.search(r"(?:last|past) \d+\b", found[0]):
        return 0, lower
    digits = next(group for group in found.groups() if group)
    at = found.start() + found[0].rfind(digits)
    rest = re.sub(r"^[\s-]?(?:trading )?(?:days?|d|returns?)\b", " ", lower[at + len(digits) :])
    head = re.sub(r"\b(?:over|with|using|window of)\s*(?:a\s*)?$", " ", lower[:at])
    return int(digits), f"{head} {rest}"


FOCUS = (
    ("correlation", _CORRELATE),
    ("drawdown", _DRAWDOWN),
    ("volatility", _VOLATILITY),
    ("return", _RETURN),
    ("all", _STATS),
)


DRAWN = {"volatility": "rolling_vol", "drawdown": "drawdown"}


FAMILY = Family(
    "measures",
    _measures,
    ("how volatile is oil since 2000?", "correlation of oil and the nasdaq since 2010", "worst drawdown of the S&P 500",
     "compare the volatility of oil and the S&P 500", "chart oil since 2000", "how did the S&P 500 perform in 2008?"),
)  # fmt: skip
