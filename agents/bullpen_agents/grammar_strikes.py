"""Which numbers of a question are strikes: quantities, dates, terms and the stock's price are not.

The rule it protects: no number is chosen over another. What is plainly something else is set
aside; when more numbers are left than the structure has strikes, all are given back, so that the
person is asked. It knows no structures and computes nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bullpen_agents.grammar_series import MONTHS

NUMBER = (
    r"(?:[$€£]\s*)?(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:[.,]\d+)?|\.\d+)(?!\d|[.,]\d|\s*[-–/]\s*\d)"
)
PLAIN = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w%])")
_MONTH = "(?:" + "|".join(sorted(MONTHS, key=len, reverse=True)) + r")\b\.?"
_YEAR = r"(?:20\d{2}|'\d{2})\b"
_ORDINAL = r"\d{1,2}(?:st|nd|rd|th)\b"
# "June 20" without a year or an ordinal may be a strike: it is left in, and asked about.
EXPIRY = re.compile(
    rf"(?<![\d.,/–-])(?:{_ORDINAL}\s+(?:of\s+)?|\b\d{{1,2}}\s+(?={_MONTH}\s+{_YEAR}))?\b{_MONTH}"
    rf"(?:\s+(?:{_ORDINAL}(?:,?\s+{_YEAR})?|\d{{1,2}},?\s+{_YEAR}|{_YEAR}))?",
    re.IGNORECASE,
)
_ASIDES = re.compile(
    r"\b20\d{2}-\d{2}-\d{2}\b|\b\d{1,2}[./]\d{1,2}[./]20\d{2}\b"
    r"|\b\d+(?:\.\d+)?\s*-?\s*(?:dte|days?|weeks?|months?|years?|multiplier)\b"
    r"|\bmultiplier\s+(?:(?:is|of)\s+)?\d+\b"
)
_ALONE = r"(?<![\d.,/–-])(?<!\d\s)(?<!\d,\s)\b(\d+)"
_COUNTED = re.compile(
    r"\b\d+(?:\.\d+)?\s*-?\s*(?:contracts?|lots?|units?|shares|[x×](?=\s))|(?<=\s)[x×]\s*\d+\b"
    rf"|{_ALONE}\s+(?=\d+(?:\.\d+)?\s+(?:calls|puts)\b)"
)
_SPREADS = r"(?:straddles|strangles|spreads|butterflies|flies|condors|collars)"
_SEVERAL = re.compile(rf"\b(?:calls|puts|{_SPREADS})\b")
_WEAK_PRICE = re.compile(rf"\bat\s+{NUMBER}(?!\s*[-/]\s*\d)")
_JOINED = re.compile(r"\d+(?:\.\d+)?(?:\s*[-–/]\s*\d+(?:\.\d+)?)+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Strikes:
    """The strikes in ascending order, the price, and what was said about how many.

    `counted` is True when a quantity was written; `doubtful` holds a number that may be a quantity
    or a strike, with `found` then being all that was read.
    """

    found: tuple[float, ...]
    price: float | None
    counted: bool = False
    doubtful: float | None = None


def number(word: str) -> float:
    """A number as people write it: 1,200.50 and 2,50 alike."""
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", word):
        return float(word.replace(",", ""))
    return float(word.replace(",", "."))


def set_aside(body: str) -> tuple[str, bool]:
    """The text (lower case) without its dates, terms and quantities; whether it had a quantity."""
    body = _ASIDES.sub(" ", EXPIRY.sub(" ", body))
    return _COUNTED.sub(" ", body), bool(_COUNTED.search(body))


def read_strikes(body: str, needed: int, *, ticker: str, price: float | None) -> Strikes:
    """The strikes in what `set_aside` left; a lone "at 4" is the price when enough stand elsewhere."""
    maybe = _before(ticker).search(body)
    joined = _JOINED.findall(body)
    if len(joined) == 1:
        weak = None if price is not None else _weak(body)
        price = number(weak[1]) if weak else price
        return Strikes(found=_numbers(joined[0]), price=price, counted=bool(maybe))
    if not maybe:
        return _split(body, needed, price)
    rest = _split(f"{body[: maybe.start(1)]} {body[maybe.end(1) :]}", needed, price)
    if len(rest.found) == needed and (rest.price is not None or not _weak(body)):
        return Strikes(found=rest.found, price=rest.price, counted=True)
    if _SEVERAL.search(body):
        return Strikes(found=_numbers(body), price=price, doubtful=float(maybe[1]))
    return _split(body, needed, price)


def _split(body: str, needed: int, price: float | None) -> Strikes:
    weak = None if price is not None else _weak(body)
    if weak:
        rest = _numbers(f"{body[: weak.start()]} {body[weak.end() :]}")
        # Nobody pays more than the strike for an option without saying so plainly.
        if len(rest) >= needed and number(weak[1]) < max(rest):
            return Strikes(found=rest, price=number(weak[1]))
    return Strikes(found=_numbers(body), price=price)


def _before(ticker: str) -> re.Pattern[str]:
    """A number that may say how many: directly before the ticker, or before several structures."""
    name = rf"{re.escape(ticker.lower())}\b|" if ticker else ""
    return re.compile(rf"{_ALONE}\s+(?={name}(?:iron\s+|calls?\s+|puts?\s+)?{_SPREADS}\b)")


def _weak(body: str) -> re.Match[str] | None:
    return next(reversed(list(_WEAK_PRICE.finditer(body))), None)


def _numbers(body: str) -> tuple[float, ...]:
    words = re.findall(r"\d+(?:\.\d+)?", body) if _JOINED.fullmatch(body) else PLAIN.findall(body)
    return tuple(sorted({float(word) for word in words}))
