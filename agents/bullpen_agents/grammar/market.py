"""The market in a question about an option: spot or forward, volatility, time, rates, the letters of the textbook.

The rule it protects: each number is taken with the label that says what it is; a rate of a currency pair
belongs to the currency that it is named with. It knows no tool.
"""

from __future__ import annotations

import re
from typing import Any

from bullpen_agents.grammar.lookup import DAY, days_in
from bullpen_agents.grammar.words import Words, years_of

Json = dict[str, Any]


_VALUE = r"\s*=\s*(-?\d+(?:\.\d+)?)(?![\d.])"


_LETTERS = (
    (rf"\bs_?0?{_VALUE}", "spot"), (rf"\bk{_VALUE}", "strike"), (rf"\b(?:sigma|σ|vol|v){_VALUE}\s*%?", "vol"), (rf"\bf{_VALUE}", "forward"),
    (rf"\br{_VALUE}\s*%?", "rate"), (rf"\bq{_VALUE}\s*%?", "dividend yield"),
)  # fmt: skip
"""The letters of the textbook; a time without a unit is in years."""


def spelled(lower: str) -> str:
    """The text with the letters of the textbook in words: K=100 is a strike, T=1 a year."""
    for pattern, word in _LETTERS:
        lower = re.sub(pattern, rf" {word} \1, ", lower)
    lower = re.sub(rf"\b(?:t|tau){_VALUE}(?!\s*[dwmy])", r" \1 years, ", lower)
    return re.sub(r"\b(?:t|tau)\s*=\s*(?=\d)", " ", lower)


def market(words: Words) -> Json:
    """Spot or forward, volatility, time, rates: what stands there."""
    found: Json = {}
    normal = words.labelled("normal vol(?:atility)?", "bp vol")
    vol = normal if normal is not None else words.labelled("vols?", "volatility", "sigma", "iv")
    if normal is not None or words.has(r"\bbachelier\b"):
        found["model"] = "bachelier"
    found["volatility_pct"] = vol
    pair = PAIR.search(words.text)
    base, quote = (pair["a"], pair["b"]) if pair else ("", "")
    found["yield_pct"] = words.labelled(
        *((rf"{base}(?: interest)? rates?", rf"r_?{base}") if pair else ()),
        "dividend yields?",
        "divs?",
        "dividends?",
        "yield",
        "lease rates?",
        "foreign rates?",
        "carry yield",
    )
    found["rate_pct"] = words.labelled(
        *((rf"{quote}(?: interest)? rates?", rf"r_?{quote}", "domestic rates?") if pair else ()),
        "interest rates?",
        "risk[- ]free(?: rates?)?",
        "rates?",
        "funding",
        "r",
    )
    forward = words.labelled("futures?", "forward", "fwd")
    spot = (
        words.labelled("spot", "underlying", "stock", "shares?", "index")
        if forward is None
        else None
    )
    if spot is None and forward is None:
        spot = words.behind(
            r"trading",
            r"with (?:the )?(?!strikes?|vol|rates?|recovery|expiry|barrier|fixings|yield|dividend|a\b|an\b)[a-z&]{1,12}",
            "s",
        )
    found["forward"], found["spot"] = forward, spot
    if pair and quote != "usd":
        found["currency"] = quote.upper()
    if expiry := _expiry(words):
        return {key: value for key, value in found.items() if value is not None} | {
            "expiry": expiry
        }
    days = words.days()
    if days is not None:
        found["years"] = round(years_of(days), 12) if (days / 365 * 12) % 1 < 1e-9 else None
        found["days"] = None if found["years"] is not None else days
    return {key: value for key, value in found.items() if value is not None}


_CURRENCIES = "eur|usd|gbp|jpy|chf|aud|nzd|cad|sek|nok|cny|cnh|mxn|brl|zar|try|inr|vnd|sgd|hkd"


PAIR = re.compile(rf"\b(?P<a>{_CURRENCIES})\s?/?\s?(?P<b>{_CURRENCIES})\b")


_EXPIRY = re.compile(
    rf"\b(?:expir\w*|exp|maturing|matures?|maturity|until|to)\b\.?\s*(?:on|:|is|date|the)?\s*(?P<when>{DAY.pattern})"
)


def _expiry(words: Words) -> str:
    """The day of expiry (ISO) that is named, which then leaves the text; or ""."""
    found = _EXPIRY.search(words.text)
    named = days_in(found["when"]) if found else days_in(words.text)
    if len(named) != 1:
        return ""
    day, written = named[0]
    words.text = words.text.replace(found[0] if found else written, " ; ", 1)
    return day
