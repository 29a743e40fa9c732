"""Amounts in a question about options: what was paid or received, and the prices asked about.

The rule it protects: each amount is taken out of the text with the words that say what it is, so
that no number is read twice. It knows no structures beyond their names and computes nothing.
"""

from __future__ import annotations

import re

from bullpen_agents.grammar.strikes import NUMBER, number

_CREDITED = re.compile(
    r"\b(?:for\s+)?(?:a\s+)?(?:net\s+)?(?:credit(?!\s+spread)|collect(?:ed|ing|s)?|receiv(?:e|ed|es|ing)"
    rf"|t(?:ook|ake|aking)\s+in)\s+(?:(?:a|an|net|premium|credit|of|is|was|at)\s+)*{NUMBER}"
)
_A_CREDIT = re.compile(
    rf"(?:\bfor\s+)?(?:\ba\s+)?(?<![\d/.–-]){NUMBER}\s+(?:net\s+)?(?:credit(?!\s+spread)|cr\b)"
)
_A_STRIKE = (
    r"(?!\s*(?:strikes?|calls?|puts?|straddles?|strangles?|butterfl|fl(?:y|ies)\b|condors?|iron|collars?"
    r"|covered|protective|spreads?|strike))"
)
_FREE = re.compile(
    r"\b(?:(?:for|at)\s+)?(?:a\s+)?(?:zero|no)[\s-](?:cost|premium)\b|\bcostless\b"
    r"|\bfor\s+(?:zero|nothing|free|even)\b"
)
_NEGATIVE = re.compile(
    r"\b(?:bought|sold|at|for|paid|premium|cost|of)\s+-\s*(?:[$€£]\s*)?(\d+(?:\.\d+)?)(?![\w.])"
)
_PRICES = (
    re.compile(rf"\b(?:bought|buy|sold|sell|selling|buying)\s+(?:at|for)\s+{NUMBER}{_A_STRIKE}"),
    re.compile(
        r"\b(?:paid|pay|paying|costs?|costing|premium|debit|priced?)\s+"
        rf"(?:(?:is|was|at|for|of|a|an|net)\s+)*{NUMBER}{_A_STRIKE}"
    ),
    re.compile(rf"(?:\bfor\s+)?(?:\ba\s+)?{NUMBER}\s+(?:net\s+)?(?:debit(?!\s+spread)|premium)\b"),
    re.compile(
        r"\b(?:for|für|fuer|zu|pour)\s+(?:a\s+)?(?:net\s+)?(?:(?:premium|price|cost|debit)\s+of\s+)?"
        rf"{NUMBER}{_A_STRIKE}"
    ),
    re.compile(rf"@\s*{NUMBER}"),
)
_STOCK = re.compile(
    r"\b(?:(?:stock|shares?|underlying|spot)\s+(?:(?:bought|trading|price|is|at|for|of|now)\s+)*"
    rf"|trad(?:ing|es)\s+at\s+){NUMBER}{_A_STRIKE}"
)
_PLAIN_WORD = r"(?!bought\b|buy\b|sold\b|sell\b|paid\b|pay\b|struck\b|strikes?\b|premium\b|costs?\b|i\b)[a-z&'§·]+"
_OF_INTEREST = (
    re.compile(
        rf"\b(?:if|when|where|once|should|assuming|suppose|were)\s+(?:{_PLAIN_WORD}\s+){{0,6}}?"
        r"(?:is|are|at|to|was|ends?|closes?|settles?|finish(?:es)?|expires?|trades?|hits?|reach(?:es)?|lands?)"
        rf"\s+(?:up\s+|down\s+)?(?:(?:at|to|on)\s+)?{NUMBER}(?:\s*(?:,|and|or)\s*{NUMBER})*{_A_STRIKE}"
    ),
    re.compile(
        r"\b(?:make|made|worth|lose|earn|profit|loss|p&l|pnl|payoff|payout|get|value|have)"
        r"(?:\s+(?:it|that|this|i|we|be|with|on|expiry|at\s+expiry|out|then|the\s+position|trade))*"
        rf"\s+at\s+{NUMBER}(?:\s*(?:,|and|or)\s*{NUMBER})*{_A_STRIKE}"
    ),
)


def read_interest(body: str) -> tuple[tuple[float, ...], str]:
    """The prices of the underlying that are asked about, and the text without them."""
    at: list[float] = []
    for pattern in _OF_INTEREST:
        while found := pattern.search(body):
            words = re.findall(r"\d+(?:[.,]\d+)?|\.\d+", found[0])
            at += [number(word) for word in words]
            body = f"{body[: found.start()]} · {body[found.end() :]}"
    return tuple(dict.fromkeys(at)), body


def read_premium(body: str) -> tuple[float | None, bool, str]:
    """What was paid or received, whether it came in as a credit, and the text without it."""
    for pattern in (_CREDITED, _A_CREDIT):
        price, rest = _take(pattern, body)
        if price is not None:
            return price, True, rest
    if free := _FREE.search(body):
        return 0.0, False, f"{body[: free.start()]} · {body[free.end() :]}"
    price, rest = _take(_NEGATIVE, body)
    if price is not None:
        return -price, False, rest
    for pattern in _PRICES:
        price, rest = _take(pattern, body)
        if price is not None:
            return price, False, rest
    return None, False, body


def _take(pattern: re.Pattern[str], text: str) -> tuple[float | None, str]:
    found = pattern.search(text)
    if not found:
        return None, text
    word = next(group for group in found.groups() if group)
    return number(word), f"{text[: found.start()]} · {text[found.end() :]}"


def read_stock(body: str) -> tuple[float | None, str]:
    """The price of the stock, and the text without it."""
    return _take(_STOCK, body)


def has_premium(text: str) -> bool:
    """Whether somebody says what was paid or received."""
    return any(
        pattern.search(text) for pattern in (*_PRICES, _CREDITED, _A_CREDIT, _FREE, _NEGATIVE)
    )
