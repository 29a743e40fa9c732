"""Forward curves, calendar spreads and venues in a question.

The rule it protects: a price is read with its delivery or its venue, and an exchange rate only with what
it means. It computes nothing.

Grammar (labels in any order):
    curve     curve shape of WTI: 1m 75, 6m 72, 12m 69.5 [versus 1m 60, 6m 60, 12m 60]
    spread    WTI calendar spread: near 75, far 73, 6 months apart [rate 4 %, storage 0.40]
    venue     SLV 90 per ounce at 0.9085 oz a share
              | SGE 19500 CNY/kg against COMEX 70 USD/oz at 7.1 CNY per USD [VAT 13 %]
"""

from __future__ import annotations

import re
from typing import Any

from bullpen_agents.grammar.family import Family
from bullpen_agents.grammar.intents import Compute
from bullpen_agents.grammar.words import NUM, Words, number

Json = dict[str, Any]
_CURVE = re.compile(r"\bcurve\b|\bcontango\b|\bbackwardat\w+|\broll yield\b|\bterm structure\b")
_SPREAD = re.compile(r"\bcalendar spread\b|\bcash and carry\b|\bfull carry\b|\bconvenience yield\b")
_POINT = re.compile(
    r"(?<![\w.])(?P<m>\d{1,3})\s*(?:m|mo|months?)\b\s*(?:at|@|:|=)?\s*[$€£]?(?P<p>[-−]?\d+(?:\.\d+)?)|\b(?:spot|front)\s*(?:at|@|:|=)?\s*[$€£]?(?P<s>[-−]?\d+(?:\.\d+)?)"
)
_SHARE = re.compile(
    rf"\b(?P<venue>[a-z]{{2,6}})\s*(?:at|of|is)?\s*[$€£]?{NUM}\b.*?(?P<oz>0?\.\d+)\s*(?:oz|ounces?)\s*(?:a|per|/)\s*share"
)
_QUOTE = re.compile(
    r"\b(?P<venue>[a-z]{2,8})\s*(?:gold|silver)?\s*(?:at|is|of|quotes?)?\s*[$€£]?(?P<price>\d[\d,]*(?:\.\d+)?)\s*(?P<ccy>usd|cny|eur|gbp|inr|jpy|chf|vnd)\s*(?:/|per|a)\s*"
    r"(?P<per>ozt|oz|ounce|troy ounce|kg|kilo|kilogram|gram|g|tonne|t|lb|pound)\b"
)
_PER = {
    "oz": "ozt",
    "ozt": "ozt",
    "ounce": "ozt",
    "troy ounce": "ozt",
    "kg": "kg",
    "kilo": "kg",
    "kilogram": "kg",
    "gram": "g",
    "g": "g",
    "tonne": "t",
    "t": "t",
    "lb": "lb",
    "pound": "lb",
}


def read_curves(original: str, lower: str) -> Compute | None:
    """The question about a curve or a venue in a text, or None."""
    if share := _SHARE.search(lower):
        quote: Json = {
            "venue": share["venue"].upper(),
            "price": number(share["n"]),
            "per": "share",
            "ounces_per_share": float(share["oz"]),
        }
        return Compute("venue_basis", {"first": quote})
    if len(quotes := list(_QUOTE.finditer(lower))) == 2:
        return _venues(Words.of(lower), quotes)
    options = re.search(r"\b(?:calls?|puts?)\b", lower)
    if _SPREAD.search(lower) and re.search(r"\d", lower) and not options:
        return _spread(original, Words.of(lower))
    lower = _paired(lower)
    if _CURVE.search(lower) and _POINT.search(lower):
        return _curve(original, lower)
    return None


_LIST = r"(\d+(?:\.\d+)?(?:(?:\s*,\s*|\s+and\s+|\s*,\s*and\s+)\d+(?:\.\d+)?)+)"
_LISTS = re.compile(rf"{_LIST}\s*(?:at|for|in)\s+{_LIST}\s*(?:m|mo|months?)\b")


def _paired(lower: str) -> str:
    """`75, 72, 70 at 1, 6, 12 months` as pairs of a delivery and its price."""
    found = _LISTS.search(lower)
    prices, months = (
        (re.findall(r"\d+(?:\.\d+)?", part) for part in found.groups()) if found else ([], [])
    )
    if not found or len(prices) != len(months):
        return lower
    pairs = ", ".join(f"{m}m {p}" for m, p in zip(months, prices, strict=True))
    return f"{lower[: found.start()]} {pairs} {lower[found.end() :]}"


def _points(text: str) -> list[Json]:
    return [
        {
            "months": 0.0 if found["s"] else float(found["m"]),
            "price": number(found["s"] or found["p"]),
        }
        for found in _POINT.finditer(text)
    ]


def _curve(original: str, lower: str) -> Compute:
    now, _, before = re.sub(
        r"\b(?:versus|vs\.?|against|before it was|earlier|from)\b(?=[^.]*\d\s*m)",
        "|",
        lower,
        count=1,
    ).partition("|")
    points, earlier = _points(now), _points(before)
    if not points:
        points, earlier = earlier, []
    name = re.search(
        r"\b(WTI|Brent|[A-Z]{2,6})\b|\b(oil|gold|silver|copper|gas|brent|wti)\b", original
    )
    args: Json = {"points": points, "name": name[0] if name else ""}
    if earlier:
        args["earlier"] = earlier
    lacks = (
        ""
        if len(points) > 1
        else "I need two deliveries or more, with their months: `1m 75, 6m 72, 12m 69.5`."
    )
    return Compute("curve_shape", args, lacks)


def _spread(original: str, words: Words) -> Compute:
    name = re.search(r"\b(?!USD|EUR)[A-Z]{2,6}\b", original)
    days = words.days()
    args: Json = {
        "near": words.behind("near", "front", "spot", "prompt"),
        "far": words.behind("far", "back", "deferred"),
        "rate_pct": words.labelled("interest rates?", "rates?", "funding"),
        "storage_per_month": words.behind("storage"),
        "months": None if days is None else round(days / 365 * 12, 6),
        "name": name[0] if name else None,
    }
    args = {key: value for key, value in args.items() if value is not None}
    needs = [
        text
        for key, text in (
            ("near", "the near price (`near 75`)"),
            ("far", "the far price (`far 73`)"),
            ("months", "the months between them (`6 months`)"),
        )
        if key not in args
    ]
    return Compute("calendar_spread", args, f"I still need {' and '.join(needs)}." if needs else "")


def _venues(words: Words, quotes: list[re.Match[str]]) -> Compute:
    first, second = (
        {"venue": q["venue"].upper(), "price": number(q["price"]), "currency": q["ccy"].upper(), "per": _PER[q["per"]]} for q in quotes
    )  # fmt: skip
    tax = words.labelled("vat", "tax", "incl(?:uding)? vat")
    if tax:
        first["tax_pct"] = tax
    args: Json = {"first": first, "second": second}
    if fx := words.take(
        rf"{NUM}\s*(?P<a>[a-z]{{3}})\s*(?:per|/)\s*(?P<b>usd|cny|eur|gbp|inr|jpy|chf|vnd)\b"
    ):
        args |= {"fx": number(fx["n"]), "fx_quoted_as": f"{fx['a'].upper()} per {fx['b'].upper()}"}
    lacks = ""
    if first["currency"] != second["currency"] and "fx" not in args:
        lacks = f"I still need the exchange rate and what it means: `7.1 {first['currency']} per {second['currency']}`."
    return Compute("venue_basis", args, lacks)


FAMILY = Family(
    "curves",
    read_curves,
    ("curve shape of WTI: 1m 75, 6m 72, 12m 69.5", "WTI calendar spread: near 75, far 73, 6 months apart, rate 4%",
     "SLV 90 is how much an ounce at 0.9085 oz a share?", "curve 75, 72, 70 at 1, 6, 12 months: contango or backwardation?"),
)  # fmt: skip
