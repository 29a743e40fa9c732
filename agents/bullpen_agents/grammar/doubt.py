"""Numbers that could be read two ways: the person is asked, and nothing is computed.

The rule it protects: a number that is read wrongly is worse than a question. It reads no request.
"""

from __future__ import annotations

import re

from bullpen_agents.grammar.family import Family
from bullpen_agents.grammar.intents import Say

_COMMA = re.compile(
    r"\b(?:strikes?|spot|forward|rate|vol|volatility|yield|coupon|price|convert|at|of)\s+"
    r"(?P<number>\d+,\d{1,2})(?![\d,])(?!\s*(?:,|and)\s*\d)"
)
_MONEYNESS = re.compile(
    r"\b(?P<share>\d+(?:\.\d+)?)\s*(?:%|percent)\s*(?:above|below|over|under|otm|itm|out of the money|in the money)\b"
)
_DELTA = re.compile(
    r"\b\d{1,2}(?:\.\d)?[\s-]?(?:d|delta)\s+(?:\w+\s+){0,2}?(?:calls?|puts?|strangle|risk|collar|fl(?:y|ies))\b"
)
_OPTION = re.compile(
    r"\b(?:calls?|puts?|options?|strikes?|one-?touch|no-?touch|barrier|knock|digital|straddle|strangle|spread)\b"
)


def read_doubt(original: str, lower: str) -> Say | None:
    """The question to ask back, or None where every number can be read in one way."""
    del original
    if found := _COMMA.search(lower):
        number = found["number"]
        return Say(
            f"Is `{number}` one number or two? I will not guess. Write `{number.replace(',', '.')}` for the "
            f"decimal, or `{number.replace(',', ', ')}` for two numbers."
        )
    found = _MONEYNESS.search(lower)
    if found and _OPTION.search(lower):
        return Say(
            f"`{found[0]}` is a distance from the spot, and I read levels only. Write the level itself, such "
            "as `strike 105` for a spot of 100."
        )
    if found := _DELTA.search(lower):
        return Say(
            f"`{found[0]}` names a strike by its delta, and I do not solve for that strike. Write the strike itself; the "
            "delta of a strike I do give: `delta of a 105 call, spot 100, vol 20, 3 months`."
        )
    return None


FAMILY = Family(
    "doubts",
    read_doubt,
    ("convert 2,5 oz to g", "price a call, spot 100, strike 5% above, 1 year, vol 20"),
)
