"""Spans of series in a question: averages and extremes, changes, levels crossed, spreads, rolling correlations.

The rule it protects: a level and a period are the ones that were written; a spread names both of its
sides. It resolves no series and computes nothing.

Grammar (a period may follow, and `as of 5 March 2018` pins what was known):
    figures     average VIX in 2017 | max of the vix in 2018 | percentile of the vix since 2015 | oil in June 2014
    change      change in oil in 2014 | how much did the Baa yield rise in 2018
    end         S&P at the end of 2017 | oil at year-end 2014 | where did oil end Q3 2015
    crossing    when was oil last above 100? | how often was the VIX above 30 in 2018? | has oil ever been above 140
    spread      Baa minus Aaa since 2000 | spread between Baa and Aaa | nasdaq/S&P ratio
    rolling     rolling correlation of oil and the S&P 500 | 30 day rolling correlation oil vs spx
"""

from __future__ import annotations

import calendar
import re
from typing import Any

from bullpen_agents.grammar.family import Family
from bullpen_agents.grammar.lookup import DataLookup, dated, lookup, several
from bullpen_agents.grammar.series import EVERYTHING, MONTHS, Period, read_names, read_period
from bullpen_agents.grammar.words import number

_FIGURES = (
    ("average", r"\b(?:average|averaged|avg|mean)\b(?! (?:price )?(?:call|put|option))"),
    ("median", r"\bmedian\b"),
    ("max", r"\b(?:max|maximum|highest|high|peak|peaked|top|most expensive)\b"),
    ("min", r"\b(?:min|minimum|lowest|low|bottom|bottomed|trough|cheapest)\b"),
    ("range", r"\b(?:range|ranged|high and low|highs? and lows?|min(?:imum)? and max(?:imum)?|highest and lowest)\b"),
    ("percentile", r"\b(?:percentile|percentile rank|centile|pctile|quantile)\b"),
    ("deviation", r"\bstandard deviation of the (?:values|levels?)\b"),
)  # fmt: skip
_NOT_A_SPAN = re.compile(
    r"\b(?:calls?|puts?|options?|butterfl\w+|condor|straddle|strangle|strikes?|spot|moving|rolling|drawdown|returns?|volatil\w*|vols?|correl\w*|weights?"
    r"|profit|loss|payoff|monthly|weekly|daily|yearly|quarterly|annual|bonds? with|positio\w+|speculat\w+|day average|d average|asian|fixings"
    r"|days?|weeks?|months?|quarters?|years?|demand|supply|z-?scores?|chart|plot|draw|graph|histogram)\b"
)
_WORDS = re.compile(
    r"\b(?:avg|averaged?|mean|median|max|min|minimum|maximum|highest|lowest|highs?|lows?|peaked?|top|bottom(?:ed)?|trough|cheapest|expensive|range[ds]?|percentile|centile|pctile|quantile"
    r"|rank|values?|levels?|standing|stands?|stand|current|currently|now|today|latest|last|traded?|trading|between|what|where|which|was|were|did|does|is|at|out|point|ever|reached?|hit)\b"
)  # fmt: skip


def _about(tool: str, rest: str, args: dict[str, Any], focus: str, period: Period) -> DataLookup | None:  # fmt: skip
    names = read_names(_WORDS.sub(" ", rest))
    return several(tool, names, args, focus, period) if names else None


def _too_long(text: str) -> bool:
    """Whether a text is no single question: a report that was pasted, say."""
    return len(text) > 400


def _figures(original: str, lower: str) -> DataLookup | None:
    period, rest = read_period(lower)
    if _too_long(original) or _NOT_A_SPAN.search(rest):
        return None
    found = [name for name, pattern in _FIGURES if re.search(pattern, rest)]
    if not found:
        return None
    if {"max", "min"} <= set(found):
        found = ["range"]
    focus = next((one for one in ("range", "percentile", *found) if one in found), found[0])
    # "highest vix ever" is the whole series, which its key figures tell as well.
    return _about("series_span", rest, {}, focus, period)


_CHANGE = re.compile(
    r"\b(?:changes? (?:in|of)|(?:how much|by how much|what) (?:has|have|had|did|was|were|is) (?:the )?(?P<a>.+?) (?:change[ds]?|moved?|rise|risen|fall|fallen|rose|fell|up|down|gain(?:ed)?|drop(?:ped)?|widen(?:ed)?|tighten(?:ed)?|climb(?:ed)?|declined?)"
    r"|(?:rise|fall|move|increase|decline|drop|growth) (?:in|of)|^(?:the )?(?P<c>(?:core )?cpi|inflation)(?: (?:growth|inflation|rate|change|yoy|y/y|year on year))*$|did (?:the )?(?P<b>.+?) (?:rise|fall|go up|go down|widen|tighten))\b"
)


def _change(original: str, lower: str) -> DataLookup | None:
    if _too_long(original):
        return None
    period, rest = read_period(lower)
    rest = re.sub(r"\s+", " ", rest).strip(" ?!.,")
    found = _CHANGE.search(rest)
    if found and found["c"] and period == EVERYTHING:
        period = Period(back=(12, "month"))
    if not found or re.search(r"\b(?:worst|best|biggest|largest|volatil\w*|weights?|days?|months?|weeks?|demand|supply|correl\w*|histogram|distribution|chart|plot|regime|break|stationar\w*|spot|vols?|strike|calls?|puts?)\b", rest):  # fmt: skip
        return None
    named = (
        found["a"] or found["b"] or found["c"] or f"{rest[: found.start()]} {rest[found.end() :]}"
    )
    return _about("series_span", re.sub(r"\b(?:percent(?:age)?|pct|points?|by|bps?)\b", " ", named), {}, "change", period)  # fmt: skip


_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_END = re.compile(
    r"\b(?:at )?(?:the )?year[- ]?end,? (?:of )?(?P<y2>(?:19|20)\d\d)\b"
    r"|\b(?:at|on|for|by|in|as of)?\s*(?:the )?(?:very )?(?:(?:end|close|last (?:trading )?day|eo[ym]) of |end[- ]|ended |end |finish(?:ed)? |close[ds]? )(?:the )?(?:year )?"
    rf"(?:(?P<m>{_MONTH})\.? |q(?P<q>[1-4]),? ?)?(?P<y>(?:19|20)\d\d)\b"
)


def _end(original: str, lower: str) -> DataLookup | None:
    del original
    found = _END.search(lower)
    if not found or re.search(
        r"\b(?:since|until|till|from|between|to the end|through|before|up to)\b", lower
    ):
        return None
    rest = f"{lower[: found.start()]} {lower[found.end() :]}"
    if _NOT_A_SPAN.search(rest):
        return None
    year = int(found["y"] or found["y2"])
    month = MONTHS[found["m"]] if found["m"] else int(found["q"]) * 3 if found["q"] else 12
    day = f"{year}-{month:02d}-{calendar.monthrange(year, month)[1]:02d}"
    rest = re.sub(r"\b(?:price|cost|worth|yield of|level of|value of)\b", " ", rest)
    return _about("series_value", rest, {"on": day}, "end", EVERYTHING)


_SIDE = (
    r"(?P<side>above|over|higher than|greater than|more than|north of|past|exceed(?:ed|ing)?|through|at least|hit|reach(?:ed)?|touch(?:ed)?|cross(?:ed)?(?: above| below)?"
    r"|below|under|lower than|less than|beneath|south of|sub|broke(?: above| below)?|(?<=trade )at|(?<=traded )at|(?<=trading )at|fell (?:below|under|to)|dropped (?:below|under|to))"
)
_CROSSING = re.compile(
    _SIDE
    + r"\s*(?:a |the )?(?:level of )?[$€£]?\s?(?P<n>\d[\d,]*(?:\.\d+)?)(?![\d/-])\s*(?P<u>%|percent|pct|k\b|bps?\b|usd\b|dollars?\b|points?\b)?"
)
_WHEN = re.compile(
    r"\bwhen\b|\blast time\b|\bfirst time\b|\bhow (?:often|many (?:days|times|months|weeks))\b|\bever\b|\bhas\b.*\bbeen\b|\bwhat (?:share|percentage|fraction) of\b|\bhow long\b|\bsince when\b|\bhave we\b"
)
_MOVE = re.compile(
    r"\b(?:fall|fell|falls|drop(?:s|ped)?|rise|rose|rises|move[ds]?|gain(?:s|ed)?|los(?:e|t|es)|jump(?:s|ed)?|up|down|in a (?:single )?(?:day|week|month)|daily)\b"
)
_BELOW = re.compile(r"below|under|lower|less|beneath|south|sub|fell|dropped")


def _crossing(original: str, lower: str) -> DataLookup | None:
    del original
    found = _CROSSING.search(lower)
    if not found or not _WHEN.search(lower) or re.search(r"\b(?:calls?|puts?|options?|strikes?|spot|vol(?:atility)? of|payoff|profit|probability|odds|chance|demand|supply|utili[sz]ation)\b", lower):  # fmt: skip
        return None
    if (found["u"] or "") in ("%", "percent", "pct") and _MOVE.search(lower):
        return None
    period, rest = read_period(f"{lower[: found.start()]} ; {lower[found.end() :]}")
    rest = re.sub(
        r"\b(?:when|last|first|time|times|ever|often|many|days?|months?|weeks?|share|percentage|fraction|long|been|trade[ds]?|trading|closed?|closing|price|level|have|we|seen|see|it|go|went|stay(?:ed)?|spen[dt]|many|did|in history|how)\b",
        " ", rest)  # fmt: skip
    names = read_names(rest)
    scale = 1000.0 if found["u"] == "k" else 0.01 if (found["u"] or "").startswith("bp") else 1.0
    args = {
        "level": number(found["n"]) * scale,
        "side": "below" if _BELOW.search(found["side"]) else "above",
    }
    focus = (
        "share"
        if re.search(r"\bhow (?:often|many|long)\b|\bshare\b|\bpercentage\b|\bfraction\b", lower)
        else "first"
        if re.search(r"\bfirst\b|\bsince when\b", lower)
        else "ever"
        if re.search(r"\bever\b|^(?:has|have|did)\b", lower)
        else "last"
    )
    if not names:
        return lookup("series_crossing", args, "Of which series? For example `when was oil last above 100?`")  # fmt: skip
    return several("series_crossing", names, args, focus, period)


_N = r"(?:the )?(?P<{0}>[\w&^.' ]+?)"
_SPREADS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b(?:spread|difference|gap|differential) (?:between|of) {_N.format('a')} (?:and|vs\.?|versus|over|to|against) {_N.format('b')}\s*[?.!]*$",
        rf"^{_N.format('a')}\s+(?:minus|less|−|–|-)\s+{_N.format('b')}(?: (?:yields?|spread|price))?\s*[?.!]*$",
        rf"^{_N.format('a')}\s*(?:-|–|/| over | to | vs\.? |\s)\s*{_N.format('b')}\s+(?:yield |credit |price )?(?:spread|differential)\s*[?.!]*$",
        rf"\b(?:credit |yield )?spread (?:of |between )?{_N.format('a')} over {_N.format('b')}\s*[?.!]*$",
        rf"\bspread of {_N.format('a')} (?:over|to|against) {_N.format('b')}\s*[?.!]*$",
    )
)
_RATIOS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\bratio (?:of|between) {_N.format('a')} (?:and|to|over|vs\.?|versus|against) {_N.format('b')}\s*[?.!]*$",
        rf"^{_N.format('a')}\s*(?:-|–|/| to | over )\s*{_N.format('b')}\s+ratio\s*[?.!]*$",
        rf"^{_N.format('a')}\s+(?:divided by|relative to|in terms of)\s+{_N.format('b')}\s*[?.!]*$",
    )
)
_NO_SPREAD = re.compile(
    r"\b(?:calls?|puts?|calendar|bull|bear|credit spreads? (?:\d|for|at)|debit|vertical|cds|merton|bps?|strike|butterfly|correl\w*|volatil\w*|vols?|compare|beta|regress\w*|sharpe|recovery|multiple|loss|hedge|runway|near|far)\b"
)
_HEAD = re.compile(
    r"^(?:(?:what(?:'s| is| was| has been)?|whats|where(?:'s| is)|how (?:wide|big|large|high) (?:is|was)|chart|plot|draw|graph|the|of|show|current|currently|latest|average|avg|mean|max(?:imum)?|min(?:imum)?|highest|lowest|widest|tightest|percentile of|history of)\b\s*)+"
)


def _spread(original: str, lower: str) -> DataLookup | None:
    if _too_long(original):
        return None
    period, rest = read_period(lower)
    rest = re.sub(
        r"\s+(?:in|as) (?:bps?|basis points?)\b|\b(?:now|today|at the moment)\b", "", rest
    )
    rest = re.sub(r"\s+", " ", rest).strip(" ?!.,")
    if _NO_SPREAD.search(rest) or re.search(r"\d\s*[-/]\s*\d", rest):
        return None
    asked = _HEAD.match(rest)
    bare = rest[asked.end() :] if asked else rest
    for how, patterns in (("ratio", _RATIOS), ("difference", _SPREADS)):
        for pattern in patterns:
            found = pattern.search(bare)
            if not found:
                continue
            sides = [read_names(found[side]) for side in ("a", "b")]
            if all(len(side) == 1 for side in sides):
                focus = _spread_focus(asked[0] if asked else "")
                series = {"a": sides[0][0], "b": sides[1][0]}
                return lookup("series_spread", {"how": how}, "", focus, series, period)
    return None


def _spread_focus(head: str) -> str:
    words = (("average", "average|avg|mean"), ("max", "max|highest|widest"), ("min", "min|lowest|tightest"), ("percentile", "percentile"))  # fmt: skip
    return next((name for name, pattern in words if re.search(pattern, head)), "last")


_ROLLING = re.compile(
    r"\b(?:(?P<w>\d{1,4})[\s-]*(?:trading )?(?:days?|d|returns?|weeks?|w|months?|m)?\s+)?(?:rolling|moving|running) corr\w*|\b(?P<w2>\d{1,4})[\s-]*(?:days?|d) (?:rolling )?corr\w*|\bcorr\w*\b.*\b(?:rolling|moving)\b|\brolling\b.*\bcorr\w*"
)
_WINDOW = re.compile(
    r"\b(?:over|with|using|on|window of|in)?\s*(?:an? )?(?:rolling )?(?:window of )?(\d{2,4})[\s-]*(?:trading )?(?:days?|d|returns?|observations?)?(?: rolling)?(?: window)?\b"
)


def _rolled(original: str, lower: str) -> DataLookup | None:
    del original
    found = _ROLLING.search(lower)
    if not found:
        return None
    period, rest = read_period(lower)
    # Digits of a name ("S&P 500") are no window.
    window = found["w"] or found["w2"]
    if window:
        rest = re.sub(rf"\b{window}[\s-]*(?:trading )?(?:days?|d|returns?)?\b", " ", rest, count=1)
    else:
        bare = re.sub(r"s&p ?500|sp500|nasdaq[ -]?100", lambda m: "§" * len(m[0]), rest)
        if after := _WINDOW.search(bare):
            window = after[1]
            rest = f"{rest[: after.start()]} {rest[after.end() :]}"
    rest = re.sub(r"\b(?:rolling|moving|running|corr\w*|window|chart|plot|draw|graph)\b", " ", rest)
    names = read_names(rest)
    args: dict[str, Any] = {"window": int(window)} if window else {}
    if len(names) != 2:
        ask = (
            "Of which two series? For example `60 day rolling correlation of oil and the S&P 500`."
        )
        return lookup("rolling_correlation", args, ask)
    return lookup("rolling_correlation", args, "", "", {"a": names[0], "b": names[1]}, period)


FAMILIES = (
    Family("rolling correlation", dated(_rolled), ("rolling correlation of oil and the S&P 500", "30 day rolling correlation oil vs spx since 2015")),
    Family("levels crossed", dated(_crossing), ("when was oil last above 100?", "how often was the VIX above 30 in 2018?", "has oil ever been below 20?")),
    Family("end of a period", dated(_end), ("S&P at the end of 2017", "oil at year-end 2014", "where did oil close Q3 2015")),
    Family("changes", dated(_change), ("change in oil in 2014", "how much did the Baa yield rise in 2018?")),
    Family("spreads", dated(_spread), ("Baa minus Aaa since 2000", "spread between Baa and Aaa", "nasdaq/S&P ratio")),
    Family("spans", dated(_figures), ("average VIX in 2017", "max of the vix in 2018", "percentile of the vix since 2015")),
)  # fmt: skip
