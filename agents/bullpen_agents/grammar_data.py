"""The data analyst's lookups in a question: which tool, on which series, over which span.

The rule it protects: names of series are passed on as written, and a lookup that lacks a part says
which. It computes nothing and resolves no series.

Grammar (a period may follow, and `as of 5 March 2026` pins what was known):

    value       wti on 3 July 2008 | what was the price of copper on 2008-07-03
    rank        worst months of the S&P 500 since 2000 | the 10 best days of oil
    rolling     200 day moving average of the S&P 500 | z-score of oil over 250 days
    rows        monthly averages of wti in 2008 | export the vix as csv
    profile     profile wti | is the data of oil clean?
    reconcile   reconcile X and Y | was silver revised between 2026-06-02 and 2026-07-02
    tests       regress oil on the S&P 500 | is oil stationary? | is there a break in the vix?
    positions   how are speculators positioned in silver
    calendar    is the NYSE open on 2024-07-04 | trading days in 2024 | when do VIX futures expire
    units       convert 30 usd/troy_oz to usd/kg | how much is 3500 tỷ
    replay      replay r42          (SQL and Python stand in grammar_code)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bullpen_agents.grammar_intents import Compute
from bullpen_agents.grammar_series import EVERYTHING, MONTHS, Period, read_names, read_period

_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_DAY = re.compile(
    rf"(?P<iso>\d{{4}}-\d{{2}}-\d{{2}})|(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<m>{_MONTH})\.?,? (?P<y>\d{{4}})"
    rf"|(?P<m2>{_MONTH})\.? (?P<d2>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<y2>\d{{4}})"
)


@dataclass(frozen=True, slots=True)
class DataLookup(Compute):
    """A lookup by one of the data analyst's tools. `series` are names by argument; `period` is settled later."""

    series: Mapping[str, str | tuple[str, ...]] = field(
        default_factory=dict[str, str | tuple[str, ...]]
    )
    period: Period = EVERYTHING


def lookup(
    tool: str,
    args: Mapping[str, Any],
    missing: str = "",
    focus: str = "",
    series: Mapping[str, str | tuple[str, ...]] | None = None,
    period: Period = EVERYTHING,
) -> DataLookup:
    """A lookup, with its parts in the order in which the families read them."""
    return DataLookup(
        tool=tool, args=args, missing=missing, focus=focus, series=series or {}, period=period
    )


def days_in(text: str) -> list[tuple[str, str]]:
    """The days that `text` (lower case) names: (as ISO, as written)."""
    found: list[tuple[str, str]] = []
    for match in _DAY.finditer(text):
        if match["iso"]:
            found.append((match["iso"], match[0]))
            continue
        month = MONTHS[(match["m"] or match["m2"])]
        found.append(
            (
                f"{match['y'] or match['y2']}-{month:02d}-{int(match['d'] or match['d2']):02d}",
                match[0],
            )
        )
    return found


_AS_OF = re.compile(
    rf"\b(?:as of|as known on|as at|known by)\s+(?P<day>{_DAY.pattern})", re.IGNORECASE
)


def read_data(original: str, lower: str) -> DataLookup | None:
    """The one lookup that a question asks for, or None."""
    as_of = next(((days_in(m["day"]) or [("", "")])[0][0] for m in [_AS_OF.search(lower)] if m), "")
    rest = _AS_OF.sub(" ", lower)
    for family in _FAMILIES:
        if found := family(original, rest):
            args = (
                {**found.args, "as_of": as_of}
                if as_of and "as_of_a" not in found.args
                else found.args
            )
            return lookup(found.tool, args, found.missing, found.focus, found.series, found.period)
    return None


def _names(text: str) -> tuple[str, ...]:
    return read_names(text)


def _about(tool: str, text: str, args: dict[str, Any], focus: str = "") -> DataLookup | None:
    """A lookup of the one series that `text` names, over its period; None where it names none."""
    period, rest = read_period(text)
    names = _names(rest)
    return lookup(tool, args, "", focus, {"series": names[0]}, period) if len(names) == 1 else None


_VALUE = re.compile(
    r"\b(?:what|where|how (?:much|high|low)|price|value|level|close[ds]?|quote|was|were|did)\b"
)


def _value(original: str, lower: str) -> DataLookup | None:
    del original
    days = days_in(lower)
    if len(days) != 1 or not re.search(rf"\bon (?:the )?{re.escape(days[0][1])}", lower):
        return None
    if not _VALUE.search(lower) and len(lower.split()) > 8:
        return None
    rest = re.sub(r"\b(?:on|the|price|value|level|what|where|was|were|is|did|close[ds]?|trade[ds]?|quote[ds]?|at|stand|stood|of|how|much|high|cost)\b", " ", lower.replace(days[0][1], " "))  # fmt: skip
    names = _names(rest)
    if len(names) != 1 or re.search(r"\b(?:open|trading day|session|expir)", lower):
        return None
    return lookup("series_value", {"on": days[0][0]}, "", "", {"series": names[0]})


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
    return _about("series_rank", rest, args, focus) or lookup(
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
    args = {"statistic": _STATISTICS.get(how, "mean"), "window": int(window) if window else 250}
    return _about("series_rolling", re.sub(r"\b(?:current|now|rolling|moving)\b", " ", rest), args)


_GRAINS = {
    "daily": "day",
    "weekly": "week",
    "monthly": "month",
    "quarterly": "quarter",
    "yearly": "year",
    "annual": "year",
}
_ROWS = re.compile(
    r"\b(?P<grain>daily|weekly|monthly|quarterly|yearly|annual) (?P<how>averages?|means?|closes?|values?|data|table|highs?|lows?|sums?|numbers|figures|rows)\b"
    r"|\bexport\b|\b(?:as|to) (?:a )?(?:csv|table)\b|\btable of\b|\b(?:values|rows) of\b|\bby (?P<by>week|month|quarter|year)\b"
)
_HOWS = {"average": "mean", "mean": "mean", "high": "max", "low": "min", "sum": "sum"}


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
    return _about("series_rows", rest, args)


_PROFILE = re.compile(
    r"^(?:please )?profile\b(?! of)|\bprofile (?:of|for)\b|\bdata quality\b|\b(?:check|inspect|audit) (?:the )?data\b|\bdata\b.{0,30}\b(?:clean|ok|okay|good|trust)"
    r"|\b(?:gaps|outliers|holes|constant runs|missing values)\b.{0,12}\b(?:in|of)\b|\bwhat(?:'s| is) (?:odd|wrong|strange) (?:about|with|in)\b"
)


def _profile(original: str, lower: str) -> DataLookup | None:
    del original
    found = _PROFILE.search(lower)
    if not found:
        return None
    rest = re.sub(
        r"\b(?:profile|data|quality|check|inspect|audit|clean|ok|okay|good|trust|trustworthy|gaps?|outliers?|holes?|constant|runs?|missing|values?|odd|wrong|strange|about|can i|in|of|is)\b",
        " ", lower)  # fmt: skip
    names = _names(rest)
    return lookup("series_profile", {}, "", "", {"series": names[0]}) if len(names) == 1 else None


def _reconcile(original: str, lower: str) -> DataLookup | None:
    del original
    if not re.search(r"\breconcil\w*|\brevis(?:ed|ions?)\b|\bvintages?\b", lower):
        return None
    days = days_in(lower)
    rest = lower
    for _, written in days:
        rest = rest.replace(written, " ")
    rest = re.sub(
        r"\b(?:reconcile[ds]?|reconciliation|revised|revisions?|vintages?|between|been|any|as|known|of|on|from)\b",
        " ",
        rest,
    )
    names = _names(rest)
    if not names:
        return None
    args = {key: day for key, (day, _) in zip(("as_of_a", "as_of_b"), days, strict=False)}
    if len(names) == 1 and len(days) < 2:
        ask = f"Between which days? For example `was {names[0]} revised between 2026-06-02 and 2026-07-02`."
        return lookup("reconcile", {}, ask)
    series = {"a": names[0]} | ({"b": names[1]} if len(names) > 1 else {})
    return lookup("reconcile", args, "", "", series)


def _tests(original: str, lower: str) -> DataLookup | None:
    del original
    if found := re.search(r"\bregress(?:ion of)? (?P<y>.+?) (?:on|against) (?P<x>.+)$", lower):
        period, x = read_period(found["x"])
        args: dict[str, Any] = {"transform": "level"} if re.search(r"\blevels?\b", lower) else {}
        y, names = _names(found["y"]), _names(x)
        return (
            lookup("regression", args, "", "", {"y": y[0], "x": names}, period)
            if len(y) == 1 and names
            else None
        )
    tool = "stationarity" if re.search(r"\bstationar\w*|\bunit root\b", lower) else ""
    tool = tool or (
        "break_test"
        if re.search(
            r"\b(?:structural )?breaks? (?:in|of)\b|\bregime (?:change|shift|break)\b", lower
        )
        else ""
    )
    if not tool:
        return None
    rest = re.sub(
        r"\b(?:stationar\w*|unit|root|structural|breaks?|regime|change|shift|there|test|have|has|a|an|is|in|of|for|mean|levels?|changes|returns)\b",
        " ",
        lower,
    )
    transform = next(
        (t.rstrip("s") for t in ("changes", "returns") if re.search(rf"\b{t}\b", lower)), "level"
    )
    return _about(tool, rest, {"transform": transform})


_MARKETS = r"silver|gold|copper|wti|crude oil|crude|oil|platinum|natural gas|natgas"


def _positions(original: str, lower: str) -> DataLookup | None:
    del original
    if not re.search(
        r"\b(?:cot|cftc|commitments? of traders|positioning|positioned|speculat\w+|net (?:long|short|position)s?|hedgers)\b",
        lower,
    ):
        return None
    market = re.search(rf"\b({_MARKETS})\b", lower)
    if market is None:
        return lookup(
            "positioning",
            {},
            "In which market? For example `how are speculators positioned in silver`.",
        )
    args: dict[str, Any] = {"market": market[1]}
    if re.search(r"\bcommercials?\b|\bhedgers?\b", lower) and not re.search(
        r"non-?commercial", lower
    ):
        args["group"] = "commercial"
    if weeks := re.search(r"\b(\d{1,4}) weeks?\b", lower):
        args["weeks"] = int(weeks[1])
    elif years := re.search(r"\b(\d{1,2}) years?\b", lower):
        args["weeks"] = 52 * int(years[1])
    return lookup("positioning", args)


_CONTRACTS = (
    ("vix_futures", r"\bvix\b"), ("wti_futures", r"\b(?:wti|crude|oil)\b"), ("gold_futures", r"\bgold futures?\b"),
    ("comex_options", r"\b(?:comex|gold|silver)\b.*\boptions?\b|\boptions? on (?:gold|silver)\b"), ("imm", r"\bimm\b"),
    ("equity_options", r"\b(?:options?|equity|stock|spx|spy|slv|etf|monthly)\b"),
)  # fmt: skip
_EXCHANGES = r"nyse|nasdaq|new york|comex|cme|nymex|london|lme|lse|tokyo|shanghai|hong kong|frankfurt|xetra|paris|singapore|toronto|sydney"


def _calendar(original: str, lower: str) -> DataLookup | None:
    del original
    days = [day for day, _ in days_in(lower)]
    if re.search(
        r"\bexpir(?:y|ies|es?|ation|ations)\b|\blast trading day\b", lower
    ) and not re.search(r"\bcalls?\b|\bputs?\b|\bstrike", lower):
        contract = next((name for name, pattern in _CONTRACTS if re.search(pattern, lower)), "")
        if not contract:
            return None
        return lookup("expiries", {"contract": contract} | ({"start": days[0]} if days else {}))
    asked = re.search(
        rf"\b(?:{_EXCHANGES}|market|exchange|markets)\b.*\b(?:open|closed|holiday)|\b(?:trading|market|business) (?:day|session|holiday)s?\b|\bsessions\b",
        lower,
    )
    if not asked:
        return None
    where = re.search(rf"\b({_EXCHANGES})\b", lower)
    args: dict[str, Any] = {"exchange": where[1]} if where else {}
    period, _ = read_period(lower)
    if len(days) == 1 and not re.search(r"\bsince\b|\buntil\b", lower):
        return lookup("trading_sessions", args | {"start": days[0]})
    if len(days) == 2:
        return lookup("trading_sessions", args | {"start": days[0], "end": days[1]})
    return lookup("trading_sessions", args, "", "", {}, period)


_UNIT = r"(?:[a-z€£$%]{1,6}\s?/\s?)?(?:troy[ _]oz|troy ounces?|short[ _]tons?|metric tons?|basis points?|[a-z%]{1,9})"
_CONVERT = re.compile(
    rf"\b(?:convert )?(?P<n>-?\d[\d,]*(?:\.\d+)?)\s*(?P<a>{_UNIT})\s+(?:to|in|into|as)\s+(?P<b>{_UNIT})\s*[?.!]*$"
)
_SCALED = re.compile(
    r"tỷ|tỉ|nghìn|triệu|[万亿萬億兆]|\b(?:million|billion|trillion|thousand)\b", re.IGNORECASE
)


def _units(original: str, lower: str) -> DataLookup | None:
    if (found := _CONVERT.search(lower)) and (lower.startswith("convert") or re.search(r"/|oz|ounce|kg|ton|\bbp\b|pct|percent|bps", found["a"] + found["b"])):  # fmt: skip
        tidy = {key: re.sub(r"\s*/\s*", "/", found[key].strip()) for key in ("a", "b")}
        return lookup(
            "convert_unit",
            {"amount": float(found["n"].replace(",", "")), "given": tidy["a"], "wanted": tidy["b"]},
        )
    asks = re.search(
        r"\bhow (?:much|many) is\b|\bwhat is\b|\bread\b|\bin (?:numbers|digits|plain)\b|\bscale\b|\bmeans?\b",
        lower,
    )
    if asks and _SCALED.search(original) and re.search(r"\d", original) and len(lower.split()) < 14:
        unit = next((code for sign, code in (("usd", "usd"), ("$", "usd"), ("美元", "usd"), ("vnd", "vnd"), ("đồng", "vnd"), ("元", "cny")) if sign in original.lower()), "")  # fmt: skip
        return lookup("read_amount", {"text": original} | ({"unit": unit} if unit else {}))
    return None


def _replay(original: str, lower: str) -> DataLookup | None:
    del original
    found = re.match(r"(?:replay|re-?run|recompute|verify)\s+(?:receipt\s+)?(r\d{1,12})\b", lower)
    return lookup("replay", {"receipt": found[1]}) if found else None


_FAMILIES: tuple[Callable[[str, str], DataLookup | None], ...] = (
    _replay, _units, _calendar, _positions, _reconcile, _tests, _value, _rank, _rolling, _profile, _rows,
)  # fmt: skip
