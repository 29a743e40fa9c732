"""Positions written leg by leg: "long 70 call, short 90 call at 4", "buy 90 put sell 80 put for 2".

The rule it protects: a leg is read only when its side, its strike and its kind all stand there, and
the price of the whole is added up only when every leg has its own. It computes no payoff.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import reduce
from math import gcd

from bullpen_agents.grammar.strikes import NUMBER, number

Legs = tuple[tuple[str, int, float], ...]

_SIDE = r"(?P<side>\b(?:long|buy|buying|bought|short|sell|selling|sold|write|wrote)\b|[+−-])"
_LEG = re.compile(
    rf"{_SIDE}\s*(?:(?:a|an|the|one)\s+)?(?:"
    r"(?:(?P<qty>\d{1,4})\s*x?\s+)?(?:[a-z&]{1,6}\s+)?(?:·\s*)?"
    r"(?P<strike>\d+(?:\.\d+)?)\s*(?:strike\s+)?(?:·\s*)?(?P<kind>calls?|puts?|c|p)\b"
    r"|(?:(?P<qty2>\d{1,4})\s*x?\s+)?(?:[a-z&]{1,6}\s+)?(?:·\s*)?"
    r"(?P<kind2>calls?|puts?)\s+(?:struck\s+at\s+)?(?P<strike2>\d+(?:\.\d+)?)(?![\w.]))"
    rf"(?:\s+(?:at|for|@)\s+{NUMBER}(?!\s*(?:credit|debit)))?"
)
_BOUGHT = ("long", "buy", "bought", "+")


@dataclass(frozen=True, slots=True)
class Written:
    """Legs as written, per unit of the whole. `rest` is the text without them.

    `cost` is the sum of the legs' own prices, when each has one; `quantity` how many of the whole.
    """

    legs: Legs
    rest: str
    cost: float | None = None
    quantity: str = ""


def read_legs(body: str) -> Written | None:
    """Two or more legs in `body` (lower case), or None."""
    found = list(_LEG.finditer(body))
    if len(found) < 2:
        return None
    legs = [_leg(leg) for leg in found]
    prices = [leg[leg.re.groups] for leg in found]
    times = reduce(gcd, (abs(quantity) for _, quantity, _ in legs))
    per_unit = tuple((kind, quantity // times, strike) for kind, quantity, strike in legs)
    rest, cost = _LEG.sub(" · ", body), None
    if all(prices):
        cost = sum(q * number(p) for (_, q, _), p in zip(per_unit, prices, strict=True) if p)
        cost = round(cost, 10)
    else:
        # One price behind the last leg is the price of the whole; others are not placed.
        rest += "".join(f" at {price} " for price in prices if price)
    return Written(per_unit, rest, cost, str(times) if times > 1 else "")


def _leg(found: re.Match[str]) -> tuple[str, int, float]:
    kind = "call" if (found["kind"] or found["kind2"]).startswith("c") else "put"
    sign = 1 if found["side"].startswith(_BOUGHT) else -1
    return (
        kind,
        sign * int(found["qty"] or found["qty2"] or 1),
        float(found["strike"] or found["strike2"]),
    )
