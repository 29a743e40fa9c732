"""Conversions and amounts in a question: units of a price, and numbers in Vietnamese or Chinese scale words.

The rule it protects: an amount is passed on as it was written; what has two readings is not decided
here. It computes nothing.

Grammar:
    units       convert 30 usd/troy_oz to usd/kg | how much is 3500 tỷ
"""

from __future__ import annotations

import re

from bullpen_agents.grammar.family import Family
from bullpen_agents.grammar.lookup import DataLookup, dated, lookup

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
    if held := re.search(
        rf"\bhow many (?P<b>{_UNIT})\s+(?:are|is|make|in|equal)\s+(?P<n>\d[\d,]*(?:\.\d+)?)\s*(?P<a>{_UNIT})\s*[?.!]*$",
        lower,
    ):
        return lookup(
            "convert_unit",
            {
                "amount": float(held["n"].replace(",", "")),
                "given": held["a"].strip(),
                "wanted": held["b"].strip(),
            },
        )
    if many := re.search(
        rf"\bhow many (?P<b>{_UNIT})\s+(?:are |is )?(?:there )?(?:in|to) (?:an?|one|1|the) (?P<a>{_UNIT})\s*[?.!]*$",
        lower,
    ):
        return lookup(
            "convert_unit", {"amount": 1.0, "given": many["a"].strip(), "wanted": many["b"].strip()}
        )
    asks = re.search(
        r"\blà bao nhiêu|\bbao nhiêu\b|是多少|多少|\bin (?:usd|dollars|english)\b|\bhow (?:much|many) is\b|\bwhat is\b|\bread\b|\bin (?:numbers|digits|plain)\b|\bscale\b|\bmeans?\b",
        lower,
    )
    if asks and _SCALED.search(original) and re.search(r"\d", original) and len(lower.split()) < 14:
        unit = next((code for sign, code in (("usd", "usd"), ("$", "usd"), ("美元", "usd"), ("vnd", "vnd"), ("đồng", "vnd"), ("元", "cny")) if sign in original.lower()), "")  # fmt: skip
        return lookup("read_amount", {"text": original} | ({"unit": unit} if unit else {}))
    return None


FAMILY = Family(
    "units",
    dated(_units),
    ("convert 30 usd/troy_oz to usd/kg", "how much is 3500 tỷ", "1.2万亿 in numbers"),
)
