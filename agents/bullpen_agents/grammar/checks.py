"""Checks of series in a question: quality, revisions, regressions, stationarity, breaks, replays.

The rule it protects: a check names the series that it is of, or asks which. It computes nothing.

Grammar (a period may follow, and `as of 5 March 2026` pins what was known):
    profile     profile wti | is the data of oil clean?
    reconcile   reconcile X and Y | was silver revised between 2026-06-02 and 2026-07-02
    tests       regress oil on the S&P 500 | is oil stationary? | is there a break in the vix?
    replay      replay r42          (SQL and Python stand in grammar/code.py)
"""

from __future__ import annotations

import re
from typing import Any

from bullpen_agents.grammar.family import Family
from bullpen_agents.grammar.lookup import DataLookup, about_one, dated, days_in, lookup
from bullpen_agents.grammar.series import read_names, read_period

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
    names = read_names(rest)
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
    names = read_names(rest)
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
        y, names = read_names(found["y"]), read_names(x)
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
    return about_one(tool, rest, {"transform": transform})


def _replay(original: str, lower: str) -> DataLookup | None:
    del original
    found = re.match(r"(?:replay|re-?run|recompute|verify)\s+(?:receipt\s+)?(r\d{1,12})\b", lower)
    return lookup("replay", {"receipt": found[1]}) if found else None


REPLAY = Family("replay", _replay, ("replay r42", "recompute receipt r7"))
FAMILIES = (
    Family("reconcile", dated(_reconcile), ("reconcile wti and wti_monthly", "was silver revised between 2026-06-02 and 2026-07-02")),
    Family("tests", dated(_tests), ("regress the nasdaq on the S&P 500", "is oil stationary?", "is there a break in the vix?")),
    Family("quality", dated(_profile), ("profile wti", "is the data of oil clean?", "gaps in the nasdaq data")),
)  # fmt: skip
