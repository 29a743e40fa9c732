"""Trading days, expiries and the positions of speculators in a question.

The rule it protects: an exchange or a contract is one that the desk knows, and a day is read in one
way. It computes nothing.

Grammar:
    calendar    is the NYSE open on 2024-07-04 | trading days in 2024 | when do VIX futures expire
    positions   how are speculators positioned in silver
"""

from __future__ import annotations

import re
from typing import Any

from bullpen_agents.grammar.family import Family
from bullpen_agents.grammar.lookup import DataLookup, dated, days_in, lookup
from bullpen_agents.grammar.series import read_period

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


FAMILIES = (
    Family("calendar", dated(_calendar), ("is the NYSE open on 2024-07-04", "trading days in 2024", "when do VIX futures expire")),
    Family("positions", dated(_positions), ("how are speculators positioned in silver", "net position of hedgers in copper")),
)  # fmt: skip
