"""Option structures in a question: which one, which strikes, what was paid or received.

The rule it protects: nothing is assumed that the person did not write, and every number that they
wrote has a place. A missing strike is reported as missing, a number without a place as unplaced,
and what a payoff at expiry cannot say (Greeks, prices, calendars, ratios) as beyond it; then there
is no payoff. It computes none itself.

Grammar (any order, any case):
    structure   call | put | [bull|bear] call spread | [bull|bear] put spread | debit/credit spread
                | straddle | strangle | [call|put] butterfly (fly) | iron butterfly | [call|put] condor
                | iron condor | collar | covered call | protective put
    legs        long 70 call, short 90 call | buy 90 put sell 80 put (see grammar/legs.py)
    strikes     70-90-110 | 70/90/110 | 70, 90 and 110 | struck at 50
    price       bought at 2.50 | for 2.50 | paid 2.50 | premium 2.50 | at 2.50 | @ 2.50 | zero cost | at -1
    credit      sold for 1.5 | credit [of] 1.5 | for a 1.5 credit | collect 1.5 | short … at 1.5
    of interest if SLV is at 85 | what do I make at 30
    stock       stock at 100 (used by covered calls, protective puts, collars; else passed over)
    quantity    10 contracts | 2 x | 2 SLV 30 calls | two butterflies (what a lot holds: grammar/sizes.py)
    expiry      June | Dec 2026 | 18 Dec 2026 | 2026-12-18 | exp 12/18 | 45 DTE (names the position)
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bullpen_agents.grammar.family import Family
from bullpen_agents.grammar.legs import Legs, read_legs
from bullpen_agents.grammar.premium import has_premium, read_interest, read_premium, read_stock
from bullpen_agents.grammar.series import MONTHS
from bullpen_agents.grammar.sizes import CONTRACTS, count, read_size
from bullpen_agents.grammar.strikes import (
    EXPIRY,
    NUMBER,
    PLAIN,
    Strikes,
    left_over,
    months,
    number,
    read_quantity,
    read_strikes,
    set_aside,
)
from bullpen_agents.grammar.structures import (
    CREDIT,
    FLIPPED,
    LEGS,
    REVERSIBLE,
    SHORT,
    STRIKES,
    WITH_STOCK,
    structure_named,
)
from bullpen_agents.grammar.text import lists_data, mend

_SOLD = re.compile(r"\b(?:sold|sell|selling|short|shorted|shorting|wrote|written|writing)\b")
_BOUGHT = re.compile(r"\b(?:bought|buy|buying|paid|pay|paying|debit|costs?|costing)\b")
_BEYOND = (
    ("ratios", re.compile(r"\bratios?\b|\bback\s?spreads?\b|\b\d{1,2}(?:x|\s*by\s*)\d{1,2}\b|\bchristmas tree\b|\bladders?\b")),
    ("calendars", re.compile(r"\bcalendars?\b|\bdiagonals?\b|\btime spreads?\b|\broll(?:ed|ing)?\b")),
    ("Greeks", re.compile(r"\b(?:delta|gamma|vega|theta|rho|greeks?)\b")),
    ("option prices", re.compile(r"\bimplied\b|\biv\b|\bvols?\b|\bvolatility\b|\bskew\b|\bblack[\s-]scholes\b|\binterest rates?\b|\b(?:fair|theoretical|time) (?:value|price)\b")),
)  # fmt: skip
_AN_OPTION = re.compile(
    r"\d\W{1,3}(?:[\w'&]+\W+){0,4}?(?:calls?|puts?)\b"
    r"|\b(?:calls?|puts?)\W+(?:(?:at|struck|strikes?|options?|with|a|of|on|the|[a-z&]{1,5})\W+){0,4}?(?!(?:19|20)\d\d\b)\d"
)
_TO_PRICE = re.compile(
    r"(?:^|\bto\s+|\byou\s+|\bplease\s+)price\b|\bwhat (?:is|does) .{0,40}\b(?:cost|price)\b"
)
_NOT_TICKERS = {
    "A", "I", "OK", "CALL", "CALLS", "PUT", "PUTS", "IRON", "THE", "AND", "OR", "WHAT", "LONG", "SHORT", "USD",
    "EUR", "GBP", "ATM", "OTM", "ITM", "DTE", "X", "PNL", "P", "L", "PL", "BUY", "SELL",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Payoff:
    """A question about the payoff of a structure. `cost` is negative for a credit, None when not given.

    `legs` is set instead of a structure when the legs were written or the whole position was sold.
    `at` are prices of the underlying that were asked about, `quantity` how many (as written), `size`
    the tool's arguments of lots and what a lot holds, `focus` what a follow-up asks for first.
    No payoff may be given when one of these is set: `missing`, a clause on what is needed;
    `unplaced`, the words without a place; `beyond`, what was asked for and is no payoff at expiry.
    """

    structure: str
    strikes: tuple[float, ...]
    cost: float | None = None
    underlying: str = ""
    currency: str = "USD"
    legs: Legs = ()
    missing: str = ""
    quantity: str = ""
    size: Mapping[str, Any] = field(default_factory=dict[str, Any])
    at: tuple[float, ...] = ()
    focus: str = ""
    unplaced: tuple[str, ...] = ()
    beyond: str = ""

    @property
    def counted(self) -> bool:
        """Whether the person wrote how many."""
        return bool(self.quantity)

    @property
    def position(self) -> Legs:
        """The options of the position, leg by leg; the stock of a covered call is not among them."""
        plan = SHORT.get(self.structure) or LEGS.get(self.structure, ())
        if self.legs or max((at for _, _, at in plan), default=0) >= len(self.strikes):
            return self.legs
        return tuple((kind, quantity, self.strikes[at]) for kind, quantity, at in plan)

    @property
    def with_stock(self) -> bool:
        """Whether the stock itself belongs to the position."""
        return self.structure in WITH_STOCK and not self.legs

    @property
    def answerable(self) -> bool:
        """Whether everything that was written has a place, and nothing is missing."""
        return not (self.missing or self.unplaced or self.beyond)


def read_payoff(text: str) -> Payoff | None:
    """The option structure that `text` asks about, or None when there is none."""
    # "1,000" is a thousand; "90,100,110" is a list of strikes.
    text = re.sub(r"(?<![\d,.])(\d),(\d{3})(?![\d,])", r"\1\2", text)
    lower = text.lower()
    structure = structure_named(lower)
    if structure is None or not PLAIN.search(lower):
        return None
    if structure in ("call", "put") and not _AN_OPTION.search(lower):
        return None
    size, sized = read_size(lower)
    body = set_aside(sized)
    beyond = _beyond(structure, lower)
    at, body = read_interest(body)
    underlying = _underlying(text, EXPIRY.search(text))
    written = read_legs(body)
    if beyond:
        return Payoff(structure=structure, strikes=(), underlying=underlying, beyond=beyond)
    currency = next((code for sign, code in (("€", "EUR"), ("£", "GBP")) if sign in text), "USD")
    said = _Said(structure, lower, body, at, underlying, currency)
    if structure == "risk_reversal" and not written:
        return said.payoff((), missing="a risk reversal needs both legs in words")
    read = _by_legs(said) if written and structure not in WITH_STOCK else _by_strikes(said)
    return _sized(read, size) if read else None


def _sized(read: Payoff, size: Mapping[str, Any]) -> Payoff:
    """The reading with its size: lots from whatever said how many, a standard contract from its ticker."""
    lots = {"lots": count(read.quantity)} if read.quantity and "lots" not in size else {}
    whole = {**lots, **size}
    ticker = read.underlying.partition(" ")[0]
    if "lots" in whole and "multiplier" not in whole and ticker in CONTRACTS:
        whole["contract"] = ticker
    return replace(
        read, size=whole, quantity=read.quantity or f"{whole.get('lots', 0):g}".removeprefix("0")
    )


@dataclass(frozen=True, slots=True)
class _Said:
    """What was read of a question before its strikes: `body` is what is left of `lower`."""

    structure: str
    lower: str
    body: str
    at: tuple[float, ...]
    underlying: str
    currency: str

    def payoff(self, strikes: tuple[float, ...], structure: str = "", **more: object) -> Payoff:
        return Payoff(
            structure=structure or self.structure,
            strikes=strikes,
            underlying=self.underlying,
            currency=self.currency,
            at=self.at,
            **more,  # type: ignore[arg-type]
        )


def _by_legs(said: _Said) -> Payoff:
    written = read_legs(said.body)
    assert written is not None
    quantity, rest = read_quantity(written.rest)
    price, credit, rest = read_premium(rest)
    strikes = tuple(sorted({strike for _, _, strike in written.legs}))
    needed = STRIKES[said.structure]
    fits = said.structure in ("call", "put", "risk_reversal") or needed in (
        len(strikes),
        len(written.legs),
    )
    weak = re.search(rf"\bat\s+{NUMBER}", rest) if price is None and written.cost is None else None
    if weak:
        price, rest = number(weak[1]), f"{rest[: weak.start()]} · {rest[weak.end() :]}"
    if price is None:
        price, credit = written.cost, False
    left = left_over(rest)
    if not fits:
        left = (said.structure.replace("_", " "), *left)
    return said.payoff(
        strikes,
        "legs" if said.structure in ("call", "put") else said.structure,
        legs=written.legs,
        cost=-price if credit and price is not None else price,
        quantity=quantity or written.quantity,
        unplaced=left,
    )


def _by_strikes(said: _Said) -> Payoff | None:
    structure, lower = said.structure, said.lower
    quantity, body = read_quantity(said.body)
    stock, body = read_stock(body)
    price, credit, body = read_premium(body)
    ticker = said.underlying.partition(" ")[0]
    read = read_strikes(body, STRIKES[structure], ticker=ticker, price=price)
    strikes, price = read.found, read.price
    if not strikes and structure in ("call", "put"):
        return None
    sold = structure not in CREDIT and bool(_SOLD.search(lower) or credit)
    if structure in WITH_STOCK:
        return _on_stock(
            said, replace(read, quantity=quantity or read.quantity), stock, price, credit
        )
    missing = _missing(structure, strikes, read.doubtful)
    structure = FLIPPED.get(structure, structure) if sold else structure
    flip = structure in LEGS and (sold or _paid_for_credit(structure, lower))
    return said.payoff(
        strikes,
        structure,
        cost=_cost(structure, price, lower, sold, credit),
        legs=_sold_legs(structure, strikes) if flip and not missing else (),
        missing=missing,
        quantity=quantity or read.quantity,
        unplaced=() if missing else read.left,
    )


def _on_stock(
    said: _Said, read: Strikes, stock: float | None, price: float | None, credit: bool
) -> Payoff:
    """Covered calls, protective puts and collars: their cost holds the price of the stock."""
    structure, strikes = said.structure, read.found
    missing = _missing(structure, strikes, read.doubtful)
    left = () if missing else read.left
    told = said.payoff(strikes, missing=missing, quantity=read.quantity, unplaced=left)
    if stock is None and price == 0 and structure == "collar" and not missing:
        # Without the stock's price only the two options have a cost, and it is nothing.
        return replace(told, legs=(("put", 1, strikes[0]), ("call", -1, strikes[1])), cost=0.0)
    if stock is None and price is not None and not missing:
        name = structure.replace("_", " ")
        return replace(told, missing=f"a {name} needs what the stock cost, such as `stock at 100`")
    if stock is None or price is None:
        return told
    brings = structure == "covered_call" or credit
    return replace(told, cost=stock - price if brings else stock + price)


def _beyond(structure: str, lower: str) -> str:
    """What was asked for that is no payoff at expiry, or ""."""
    named = next((name for name, pattern in _BEYOND if pattern.search(lower)), "")
    if not named and len(months(lower)) > 1:
        return "calendars"
    if not named and _TO_PRICE.search(lower):
        priced = has_premium(lower) or structure not in ("call", "put")
        return "" if priced else "option prices"
    if named == "ratios" and read_legs(set_aside(lower)) and not re.search(r"\d\s*x\s*\d", lower):
        return ""
    return named


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


def _cost(
    structure: str, price: float | None, text: str, sold: bool, credited: bool
) -> float | None:
    if price is None or price <= 0:
        return price
    credit = sold or credited or (structure in CREDIT and not _paid_for_credit(structure, text))
    return -price if credit else price


def _paid_for_credit(structure: str, text: str) -> bool:
    """True when somebody says that they paid for what usually brings money in: it is reversed."""
    return structure in REVERSIBLE and bool(_BOUGHT.search(text)) and not _SOLD.search(text)


def _sold_legs(structure: str, strikes: tuple[float, ...]) -> tuple[tuple[str, int, float], ...]:
    return tuple((kind, -quantity, strikes[at]) for kind, quantity, at in LEGS[structure])


def _underlying(text: str, expiry: re.Match[str] | None) -> str:
    tickers = [word for word in re.findall(r"\b[A-Z]{1,6}\b", text) if word not in _NOT_TICKERS]
    named = re.search(r"\bon\s+(?:the\s+)?([A-Za-z][\w&]*)", text)
    name = tickers[0] if tickers else (named[1] if named else "")
    if name.lower() in MONTHS or name.lower() in ("expiry", "a", "my", "this"):
        name = ""
    when = expiry[0].strip() if expiry and not re.fullmatch(r"may", expiry[0], re.I) else ""
    return f"{name} {when}".strip()


def read_option(original: str, lower: str) -> Payoff | None:
    """The structure in a request whose small typos are put right; tickers stay as they are."""
    if lists_data(lower):
        return None
    return read_payoff(
        re.sub(
            r"\b[A-Za-z]{6,}\b", lambda m: m[0] if m[0].isupper() else mend(m[0].lower()), original
        )
    )


FAMILY = Family(
    "payoffs",
    read_option,
    ("what do I make on the SLV June 70-90-110 call butterfly bought at 2.50?", "bull put spread 95/90 credit 1.40",
     "long 70 call, short 90 call at 4", "covered call 110 with stock at 100 and premium of 2"),
)  # fmt: skip
