"""How much of something a position is: lots, and what one lot holds.

The rule it protects: a size is read with the word that says what it is; what a lot holds is never
assumed. It computes no total.

Grammar:
    lots        100 lots | 5 contracts | x 100 lots | ten contracts
    multiplier  multiplier 100 | 100 multiplier | 10 lots of 100 | contract size 1000 (bbl) | lot size of 5,000 oz
                | 100 shares a contract | 10 contracts of 5000 oz | each lot is 1000 barrels
    both        on 1,000 shares
"""

from __future__ import annotations

import re
from typing import Any

from bullpen_agents.grammar.words import NUM, number

_LOT = r"(?:lots?|contracts?|cts)"
_UNIT = r"(?P<unit>shares?|troy oz|oz|ounces?|bbls?|barrels?|lbs?|pounds?|kg|kilos?|tonnes?|tons?|units?|index points?|mmbtu|gallons?|eur|usd|gbp)"
_UNITS = {
    "share": "shares", "ounce": "oz", "ounces": "oz", "troy oz": "oz", "bbls": "bbl", "barrel": "bbl", "barrels": "bbl", "lbs": "lb",
    "pound": "lb", "pounds": "lb", "kilo": "kg", "kilos": "kg", "tonne": "t", "tonnes": "t", "ton": "t", "tons": "t", "gallon": "gal",
    "gallons": "gal", "index point": "index points", "unit": "units",
}  # fmt: skip
_COUNTS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "twelve": 12,
    "twenty": 20, "fifty": 50, "hundred": 100,
}  # fmt: skip
_MANY = rf"(?P<lots>\d[\d,]*(?:\.\d+)?|{'|'.join(_COUNTS)})"
_MULTIPLIERS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b(?:(?:contract|lot) (?:size|multiplier|unit)s?|multiplier|contract)\s*(?:of|is|are|=|:|x)?\s*{NUM}\s*(?:{_UNIT}\b)?(?!\s*(?:calls?|puts?|strike))",
        rf"{NUM}\s*x?\s*(?:{_UNIT}\s*)?multiplier\b",
        rf"\b(?:each|every|one|a|per)\s+(?:lot|contract)\s*(?:is|=|holds|being|of|for|has)\s*{NUM}\s*{_UNIT}?\b",
        rf"{NUM}\s*{_UNIT}\s*(?:per|a|an|in (?:a|each|one)|each|/)\s*(?:lot|contract|option)\b",
        rf"(?<=\d )(?:{_LOT})\s+of\s+{NUM}\s*{_UNIT}\b",
        rf"\b{_LOT}\s+of\s+{NUM}\s*{_UNIT}\b",
        rf"(?<=\d ){_LOT}\s+of\s+{NUM}(?P<unit>)(?=\s*(?:$|[?.!,;]))",
        rf"(?<=lots, ){NUM}\s*{_UNIT}\s+each\b|(?<=contracts, )(?P<n_>\d+)\s*(?P<unit_>shares?|oz|bbl|barrels?)\s+each\b",
    )
)
_LOTS = (
    re.compile(rf"(?:[x×*]\s*|\btimes\s+)?(?<![\d.,/-]){_MANY}\s*(?:{_LOT})\b(?!\s+of\s+\d)"),
    re.compile(rf"(?:\s[x×*]\s*){_MANY}(?=\s*(?:$|[?.!,;]))"),
)
_OUTRIGHT = re.compile(rf"\b(?:on|for|against)\s+{NUM}\s*{_UNIT}\b(?!\s*(?:per|a|each))")
CONTRACTS = frozenset({
    "SPX", "XSP", "ES", "MES", "NQ", "MNQ", "RTY", "YM", "CL", "MCL", "NG", "RB", "HO", "GC", "MGC", "SI", "SIL", "PL", "PA", "HG",
})  # fmt: skip
"""Tickers that name a standard contract (bullpen_tools.sizes)."""


def read_size(body: str) -> tuple[dict[str, Any], str]:
    """The tool's arguments of a size that `body` (lower case) names, and the text without it."""
    size: dict[str, Any] = {}
    if found := _OUTRIGHT.search(body):
        size = {"lots": number(found["n"]), "multiplier": 1.0, "contract_unit": _unit(found["unit"])}  # fmt: skip
        return size, _without(body, found)
    for pattern in _MULTIPLIERS:
        if found := pattern.search(body):
            size["multiplier"] = number(found["n"] or found["n_"])
            if found["unit"]:
                size["contract_unit"] = _unit(found["unit"])
            # "10 contracts of 5000 oz" says how many in the same words.
            keeps = re.match(rf"{_LOT}\b", found[0])
            body = f"{body[: found.start()]}{keeps[0] if keeps else ' · '}{body[found.end() :]}"
            break
    for pattern in _LOTS:
        if found := pattern.search(body):
            size["lots"] = count(found["lots"])
            body = _without(body, found)
            break
    return size, body


def count(word: str) -> float:
    """How many: `100`, `1,000`, `ten`."""
    return float(_COUNTS[word]) if word in _COUNTS else number(word)


def _unit(word: str) -> str:
    return _UNITS.get(word, word)


def _without(text: str, found: re.Match[str]) -> str:
    return f"{text[: found.start()]} · {text[found.end() :]}"
