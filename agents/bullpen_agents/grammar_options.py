"""Option structures in a question: which one, which strikes, what was paid or received.

The rule it protects: nothing is assumed that the person did not write. A missing strike or price
is reported as missing, and numbers that may be a strike or something else are asked about. It
computes no payoff.

Grammar (any order, any case):
    structure   call | put | [bull|bear] call spread | [bull|bear] put spread | debit/credit spread
                | straddle | strangle | [call|put] butterfly (fly) | iron butterfly | [call|put] condor
                | iron condor | collar | covered call | protective put
    strikes     70-90-110 | 70/90/110 | 70, 90 and 110 | struck at 50
    price       bought at 2.50 | for 2.50 | paid 2.50 | premium 2.50 | at 2.50 | @ 2.50
    credit      sold for 1.5 | credit of 1.5 | short … at 1.5
    stock       stock at 100 (used by covered calls, protective puts, collars; else passed over)
    quantity    10 contracts | 2 x | 2 SLV 30 calls (figures are per unit)
    expiry      June | Dec 2026 | 18 Dec 2026 | 2026-12-18 | 45 DTE (names the position)
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bullpen_agents.grammar_series import MONTHS
from bullpen_agents.grammar_strikes import EXPIRY, NUMBER, PLAIN, number, read_strikes, set_aside

_STRUCTURES: tuple[tuple[str, str], ...] = (
    (r"iron\s+condors?", "iron_condor"),
    (r"iron\s+(?:butterfl(?:y|ies)|fl(?:y|ies))", "iron_butterfly"),
    (r"puts?\s+(?:butterfl(?:y|ies)|fl(?:y|ies))", "put_butterfly"),
    (r"(?:calls?\s+)?(?:butterfl(?:y|ies)|\bfl(?:y|ies))", "call_butterfly"),
    (r"puts?\s+condors?", "put_condor"),
    (r"(?:calls?\s+)?condors?", "call_condor"),
    (r"bull(?:ish)?\s+calls?\s+spreads?|calls?\s+debit\s+spreads?", "bull_call_spread"),
    (r"bear(?:ish)?\s+calls?\s+spreads?|calls?\s+credit\s+spreads?", "bear_call_spread"),
    (r"bull(?:ish)?\s+puts?\s+spreads?|puts?\s+credit\s+spreads?", "bull_put_spread"),
    (r"bear(?:ish)?\s+puts?\s+spreads?|puts?\s+debit\s+spreads?", "bear_put_spread"),
    (r"calls?\s+(?:vertical|spreads?)|callspreads?", "call_spread"),
    (r"puts?\s+(?:vertical|spreads?)|putspreads?", "put_spread"),
    (r"straddles?", "straddle"),
    (r"strangles?", "strangle"),
    (r"collars?", "collar"),
    (r"covered\s+calls?|buy-?writes?", "covered_call"),
    (r"(?:protective|married)\s+puts?", "protective_put"),
    (r"calls?", "call"),
    (r"puts?", "put"),
)
STRIKES = {
    "call": 1, "put": 1, "straddle": 1, "covered_call": 1, "protective_put": 1,
    "call_spread": 2, "put_spread": 2, "bull_call_spread": 2, "bear_call_spread": 2,
    "bull_put_spread": 2, "bear_put_spread": 2, "strangle": 2, "collar": 2,
    "call_butterfly": 3, "put_butterfly": 3, "iron_butterfly": 3,
    "call_condor": 4, "put_condor": 4, "iron_condor": 4,
}  # fmt: skip
_CREDIT = {"iron_condor", "iron_butterfly", "bear_call_spread", "bull_put_spread"}
_REVERSIBLE = {"iron_condor", "iron_butterfly"}
_WITH_STOCK = {"collar", "covered_call", "protective_put"}
_FLIPPED = {"call_spread": "bear_call_spread", "put_spread": "bull_put_spread"}
_LEGS: dict[str, tuple[tuple[str, int, int], ...]] = {
    "call": (("call", 1, 0),),
    "put": (("put", 1, 0),),
    "straddle": (("put", 1, 0), ("call", 1, 0)),
    "strangle": (("put", 1, 0), ("call", 1, 1)),
    "call_butterfly": (("call", 1, 0), ("call", -2, 1), ("call", 1, 2)),
    "put_butterfly": (("put", 1, 0), ("put", -2, 1), ("put", 1, 2)),
    "iron_butterfly": (("put", 1, 0), ("put", -1, 1), ("call", -1, 1), ("call", 1, 2)),
    "call_condor": (("call", 1, 0), ("call", -1, 1), ("call", -1, 2), ("call", 1, 3)),
    "put_condor": (("put", 1, 0), ("put", -1, 1), ("put", -1, 2), ("put", 1, 3)),
    "iron_condor": (("put", 1, 0), ("put", -1, 1), ("call", -1, 2), ("call", 1, 3)),
}
"""The legs of what can be sold as a whole: (kind, quantity when bought, position of the strike)."""
_SOLD = re.compile(r"\b(?:sold|sell|selling|short|shorted|shorting|wrote|written|writing)\b")
_BOUGHT = re.compile(r"\b(?:bought|buy|buying|paid|pay|paying|debit|costs?|costing)\b")
_CREDITED = re.compile(
    rf"\b(?:credit|collect(?:ed|ing)?|receiv(?:e|ed|ing)|took\s+in)\s+(?:of\s+)?{NUMBER}"
    rf"|{NUMBER}\s+credit"
)
_A_STRIKE = (
    r"(?!\s*(?:strikes?|calls?|puts?|straddles?|strangles?|butterfl|fl(?:y|ies)\b|condors?|iron|collars?"
    r"|covered|protective|spreads?|strike))"
)
_PRICES = (
    re.compile(rf"\b(?:bought|buy|sold|sell|selling|buying)\s+(?:at|for)\s+{NUMBER}{_A_STRIKE}"),
    re.compile(
        r"\b(?:paid|pay|paying|costs?|costing|premium|debit|priced?)\s+"
        rf"(?:(?:is|was|at|for|of|a|an|net)\s+)*{NUMBER}{_A_STRIKE}"
    ),
    re.compile(
        r"\bfor\s+(?:a\s+)?(?:net\s+)?(?:(?:premium|price|cost|debit)\s+of\s+)?"
        rf"{NUMBER}{_A_STRIKE}"
    ),
    re.compile(rf"@\s*{NUMBER}"),
)
_STOCK = re.compile(
    r"\b(?:(?:stock|shares?|underlying|spot)\s+(?:(?:bought|trading|price|is|at|for|of|now)\s+)*"
    rf"|trad(?:ing|es)\s+at\s+){NUMBER}{_A_STRIKE}"
)
_NOT_TICKERS = {
    "A", "I", "OK", "CALL", "CALLS", "PUT", "PUTS", "IRON", "THE", "AND", "OR", "WHAT", "LONG", "SHORT", "USD",
    "EUR", "GBP", "ATM", "OTM", "ITM", "DTE", "X", "PNL", "P", "L", "PL", "BUY", "SELL",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Payoff:
    """A question about the payoff of a structure. `cost` is negative for a credit, None when not given.

    `legs` is set instead of a structure when the whole position was sold. `missing` says, in a
    clause for the person, what is needed before anything can be computed. `counted` is True when
    the person wrote how many: the figures are per unit all the same.
    """

    structure: str
    strikes: tuple[float, ...]
    cost: float | None = None
    underlying: str = ""
    currency: str = "USD"
    legs: tuple[tuple[str, int, float], ...] = ()
    missing: str = ""
    counted: bool = False


def read_payoff(text: str) -> Payoff | None:
    """The option structure that `text` asks about, or None when there is none."""
    # "1,000" is a thousand; "90,100,110" is a list of strikes.
    text = re.sub(r"(?<![\d,.])(\d),(\d{3})(?![\d,])", r"\1\2", text)
    lower = text.lower()
    structure = next((n for p, n in _STRUCTURES if re.search(rf"\b(?:{p})\b", lower)), None)
    if structure is None or not PLAIN.search(lower):
        return None
    expiry = EXPIRY.search(text)
    underlying = _underlying(text, expiry)
    body, counted = set_aside(lower)
    stock, body = _take(_STOCK, body)
    credit, body = _take(_CREDITED, body)
    price = credit
    for pattern in _PRICES:
        if price is None:
            price, body = _take(pattern, body)
    ticker = underlying.partition(" ")[0]
    read = read_strikes(body, STRIKES[structure], ticker=ticker, price=price)
    strikes, price = read.found, read.price
    if not strikes and structure in ("call", "put"):
        return None
    sold = structure not in _CREDIT and bool(_SOLD.search(lower) or credit is not None)
    if structure in _WITH_STOCK:
        sold = False
    missing = _missing(structure, strikes, read.doubtful)
    structure = _FLIPPED.get(structure, structure) if sold else structure
    cost = _cost(structure, price, lower, sold)
    flip = structure in _LEGS and (sold or _paid_for_credit(structure, lower))
    return Payoff(
        structure=structure,
        strikes=strikes,
        cost=_with_stock(structure, stock, price, lower) if structure in _WITH_STOCK else cost,
        underlying=underlying,
        currency=next((code for sign, code in (("€", "EUR"), ("£", "GBP")) if sign in text), "USD"),
        legs=_sold_legs(structure, strikes) if flip and not missing else (),
        missing=missing,
        counted=counted or read.counted,
    )


def _take(pattern: re.Pattern[str], text: str) -> tuple[float | None, str]:
    found = pattern.search(text)
    if not found:
        return None, text
    word = next(group for group in found.groups() if group)
    return number(word), f"{text[: found.start()]} {text[found.end() :]}"


def _missing(structure: str, strikes: tuple[float, ...], doubtful: float | None) -> str:
    needed = STRIKES[structure]
    if len(strikes) == needed and doubtful is None:
        return ""
    name = structure.replace("_", " ")
    read = ", ".join(f"{strike:g}" for strike in strikes) or "none"
    words = {1: "one strike", 2: "two different strikes", 3: "three different strikes"}
    wanted = words.get(needed, "four different strikes")
    article = "an" if name[0] in "aeiou" else "a"
    doubt = "" if doubtful is None else f", where {doubtful:g} may be how many"
    return f"{article} {name} needs {wanted} and I read {read}{doubt}"


def _cost(structure: str, price: float | None, text: str, sold: bool) -> float | None:
    if price is None:
        return None
    credit = sold or (structure in _CREDIT and not _paid_for_credit(structure, text))
    return -price if credit else price


def _paid_for_credit(structure: str, text: str) -> bool:
    """True when somebody says that they paid for what usually brings money in: it is reversed."""
    return structure in _REVERSIBLE and bool(_BOUGHT.search(text)) and not _SOLD.search(text)


def _with_stock(
    structure: str, stock: float | None, price: float | None, text: str
) -> float | None:
    if stock is None or price is None:
        return None
    return stock - price if structure == "covered_call" or "credit" in text else stock + price


def _sold_legs(structure: str, strikes: tuple[float, ...]) -> tuple[tuple[str, int, float], ...]:
    return tuple((kind, -quantity, strikes[at]) for kind, quantity, at in _LEGS[structure])


def _underlying(text: str, expiry: re.Match[str] | None) -> str:
    tickers = [word for word in re.findall(r"\b[A-Z]{1,6}\b", text) if word not in _NOT_TICKERS]
    named = re.search(r"\bon\s+(?:the\s+)?([A-Za-z][\w&]*)", text)
    name = tickers[0] if tickers else (named[1] if named else "")
    if name.lower() in MONTHS or name.lower() in ("expiry", "a", "my", "this"):
        name = ""
    when = expiry[0].strip() if expiry and not re.fullmatch(r"may", expiry[0], re.I) else ""
    return f"{name} {when}".strip()
