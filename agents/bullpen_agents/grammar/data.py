"""The data analyst's lookups in a question: which tool, on which series, over which span.

The rule it protects: names of series are passed on as written, and a lookup that lacks a part says
which. It computes nothing and resolves no series.

Grammar (a period may follow, and `as of 5 March 2026` pins what was known):

    value       wti on 3 July 2008 | what was the price of copper on 2008-07-03
    rank        worst months of the S&P 500 since 2000 | the 10 best days of oil
    rolling     200 day moving average of the S&P 500 | z-score of oil over 250 days
    rows        monthly averages of wti in 2008 | export the vix as csv
"""

from __future__ import annotations

import re
from typing import Any

from bullpen_agents.grammar.family import Family
from bullpen_agents.grammar.lookup import DataLookup, about_one, dated, days_in, lookup, several
from bullpen_agents.grammar.series import EVERYTHING, read_names

_VALUE = re.compile(
    r"\b(?:what|where|how (?:much|high|low)|price|value|level|close[ds]?|quote|was|were|did)\b"
)


def _value(original: str, lower: str) -> DataLookup | None:
    del original
    days = days_in(lower)
    if len(days) != 1 or re.search(
        rf"\b(?:since|until|till|from|to|after|before|through|expir\w*)\s+(?:the )?{re.escape(days[0][1])}",
        lower,
    ):
        return None
    if not _VALUE.search(lower) and len(lower.split()) > 8:
        return None
    rest = re.sub(r"\b(?:on|the|price|value|level|what|where|was|were|is|did|close[ds]?|trade[ds]?|quote[ds]?|at|stand|stood|of|how|much|high|cost)\b", " ", lower.replace(days[0][1], " "))  # fmt: skip
    names = read_names(rest)
    if not names or re.search(r"\b(?:open|trading day|session|expir)", lower):
        return None
    return several("series_value", names, {"on": days[0][0]}, "", EVERYTHING)


_RANK = re.compile(
    r"\b(?:(?P<n>\d{1,2}|three|five|ten) )?(?P<which>worst|best|biggest|largest|top|strongest|weakest)(?: (?P<n2>\d{1,2}|three|five|ten))?"
    r"(?: single)?(?: (?:losing|winning|up|down))? (?:trading )?(?P<grain>day|week|month|quarter|year)s?\b"
)
_COUNTS = {"three": 3, "five": 5, "ten": 10}


def _rank(original: str, lower: str) -> DataLookup | None:
    del original
    found = _RANK.search(lower)
    if not found:
        return None
    given = found["n"] or found["n2"] or "5"
    count = _COUNTS.get(given) or int(given)
    args: dict[str, Any] = {"grain": found["grain"], "count": max(1, min(count, 25))}
    rest = f"{lower[: found.start()]} {lower[found.end() :]}"
    if re.search(r"\b(?:change|points)\b", rest):
        args["measure"] = "change"
    rest = re.sub(r"\b(?:change|points|by|return)\b", " ", rest)
    focus = "worst" if found["which"] in ("worst", "weakest") else "best"
    return about_one("series_rank", rest, args, focus) or lookup(
        "series_rank", args, "Which series? For example `worst months of the S&P 500 since 2000`."
    )


_STATISTICS = {
    "moving average": "mean", "rolling average": "mean", "rolling mean": "mean", "average": "mean", "mean": "mean", "median": "median",
    "z-score": "zscore", "zscore": "zscore", "z score": "zscore", "percentile": "percentile", "rolling max": "max", "rolling min": "min",
    "rolling high": "max", "rolling low": "min", "rolling sum": "sum",
}  # fmt: skip
_ROLLING = re.compile(
    r"(?:(?P<w>\d{1,4})[- ]?(?:trading )?(?:days?|d|weeks?|months?|period)\s+)?(?P<how>moving average|rolling (?:average|mean|median|max|min|high|low|sum)|z-?score|z score|percentile|(?<=day )(?:average|mean)|(?<=d )(?:average|mean))"
)


def _rolling(original: str, lower: str) -> DataLookup | None:
    del original
    lower = re.sub(
        r"\b(\d{1,4})\s?-?(?:d|day|days)?\s?-?s?(?:ma|dma)\b", r"\1 day moving average", lower
    )
    found = _ROLLING.search(lower)
    if not found or "position" in lower or "specul" in lower:
        return None
    rest = f"{lower[: found.start()]} {lower[found.end() :]}"
    after = re.search(
        r"\b(?:over|window of|in|last|past)?\s*(?:the )?(?:last |past )?(\d{1,4})[- ]?(?:trading )?(?:days?|returns|values|observations|weeks|months)\b",
        rest,
    )
    window = found["w"] or (after[1] if after else "")
    if after:
        rest = f"{rest[: after.start()]} {rest[after.end() :]}"
    how = (
        found["how"].removeprefix("rolling ")
        if found["how"].removeprefix("rolling ") in ("median",)
        else found["how"]
    )
    against = (
        "against" if re.search(r"\b(?:above|below|over|under) (?:its|the|their)\b", lower) else ""
    )
    args = {"statistic": _STATISTICS.get(how, "mean"), "window": int(window) if window else 250}
    return about_one(
        "series_rolling",
        re.sub(
            r"\b(?:current|currently|now|rolling|moving|above|below|its|their|over|under|trading)\b",
            " ",
            rest,
        ),
        args,
        against,
    )


_GRAINS = {
    "daily": "day",
    "weekly": "week",
    "monthly": "month",
    "quarterly": "quarter",
    "yearly": "year",
    "annual": "year",
}
_ROWS = re.compile(
    r"\b(?P<grain>daily|weekly|monthly|quarterly|yearly|annual) (?P<how>averages?|avgs?|means?|closes?|values?|data|table|highs?|lows?|sums?|numbers|figures|rows)\b"
    r"|\bexport\b|\b(?:as|to) (?:a )?(?:csv|table)\b|\btable of\b|\b(?:values|rows) of\b|\bby (?P<by>week|month|quarter|year)\b"
)
_HOWS = {
    "average": "mean",
    "avg": "mean",
    "mean": "mean",
    "high": "max",
    "low": "min",
    "sum": "sum",
}


def _rows(original: str, lower: str) -> DataLookup | None:
    del original
    found = _ROWS.search(lower)
    if not found or re.search(r"\bpayoff\b|\bchart|plot|draw|volatil|correl|drawdown", lower):
        return None
    args: dict[str, Any] = {}
    grain = _GRAINS.get(found["grain"] or "", "") or (found["by"] or "")
    if grain:
        args["grain"] = grain
    how = _HOWS.get((found["how"] or "").rstrip("s"))
    if how or (found["by"] and re.search(r"\b(?:average|mean)\b", lower)):
        args["how"] = how or "mean"
    if unit := re.search(r"\bin ([a-z]{2,3}/[a-z_]+)\b", lower):
        args["unit"] = unit[1]
        lower = lower.replace(unit[0], " ")
    rest = re.sub(
        r"\b(?:export|as|to|csv|table|values?|rows?|averages?|by|week|month|quarter|year|in)\b(?! (?:19|20)\d\d)",
        " ",
        lower.replace(found[0], " "),
    )
    return about_one("series_rows", rest, args)


FAMILIES = (
    Family("value on a day", dated(_value), ("what was the price of oil on 2008-07-03", "wti on 3 July 2008", "where did the S&P 500 close on 15 October 2008?")),
    Family("ranking", dated(_rank), ("worst months of the S&P 500 since 2000", "the 10 best days of oil", "best quarters of oil")),
    Family("rolling", dated(_rolling), ("200 day moving average of the S&P 500", "z-score of oil over 250 days")),
    Family("rows", dated(_rows), ("monthly averages of wti in 2008", "export the vix as csv")),
)  # fmt: skip
