"""Which numbers of a question are strikes: quantities, dates, terms and the stock's price are not.

The rule it protects: no number is chosen over another. What is plainly something else is set
aside; when more numbers are left than the structure has strikes, all are given back, and a number
without any place is named, so that the person is asked. It knows no structures and computes nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bullpen_agents.grammar.series import MONTHS

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
    r"\bexp(?:ir\w*|s)?\.?\s+(?:on\s+)?\d{1,2}/\d{1,2}(?:/\d{2,4})?\b"
    r"|\b(?:s&p\s*500|russell\s*[123]000|nasdaq[\s-]*100|(?:euro\s*)?stoxx\s*50|ftse\s*100|nikkei\s*225)\b|\b20\d{2}-\d{2}-\d{2}\b|\b\d{1,2}[./]\d{1,2}[./]20\d{2}\b"
    r"|\b\d+(?:\.\d+)?\s*-?\s*(?:dte|days?|weeks?|months?|years?|(?:x\s+)?multiplier(?!\s+(?:(?:is|of)\s+)?\d))\b"
    r"|\bmultiplier\s+(?:(?:is|of)\s+)?\d+\b"
)
_ALONE = r"(?<![\d.,/–-])(?<!\d\s)(?<!\d,\s)\b(\d+)"
_SPREADS = r"(?:straddles|strangles|spreads|butterflies|flies|condors|collars)"
_DOZEN = "two|three|four|five|six|seven|eight|nine|ten|twelve|twenty|fifty|hundred"
_COUNTED = re.compile(
    r"\b\d+(?:\.\d+)?\s*-?\s*(?:contracts?|lots?|units?|shares|[x×](?=\s)(?!\s*\d+\s*(?:contracts?|lots?)))|(?<=\s)[x×]\s*\d+\b"
    rf"|{_ALONE}\s+(?=\d+(?:\.\d+)?\s+(?:calls|puts)\b)"
    rf"|\b(?:{_DOZEN})\s+(?=(?:[a-z/&-]+\s+|[\d./-]+\s+){{0,4}}?(?:calls|puts|{_SPREADS})\b)"
)
_SEVERAL = re.compile(rf"\b(?:calls|puts|{_SPREADS})\b")
_VERB = r"\b(?:bought|buy|buying|sold|sell|selling|long|short|own|have|hold)\s+(?:a\s+|the\s+)?"
_WEAK_PRICE = re.compile(rf"\bat\s+{NUMBER}(?!\s*[-/]\s*\d)")
_JOINED = re.compile(r"\d+(?:\.\d+)?(?:\s*[-–/]\s*\d+(?:\.\d+)?)+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Strikes:
    """The strikes in ascending order, the price, and what was said about how many.

    `quantity` is the quantity as written, or ""; `doubtful` holds a number that may be a quantity
    or a strike, with `found` then being all that was read; `left` are numbers without a place.
    """

    found: tuple[float, ...]
    price: float | None
    quantity: str = ""
    doubtful: float | None = None
    left: tuple[str, ...] = ()


def number(word: str) -> float:
    """A number as people write it: 1,200.50 and 2,50 alike."""
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", word):
        return float(word.replace(",", ""))
    return float(word.replace(",", "."))


def set_aside(body: str) -> str:
    """The text (lower case) without its dates and terms."""
    return _ASIDES.sub(" · ", EXPIRY.sub(" · ", body))


def read_quantity(body: str) -> tuple[str, str]:
    """How many, as written, or ""; and the text without it."""
    counted = _COUNTED.search(body)
    # "10 100 calls" are ten; "70 90 calls" may be two strikes, and is asked about.
    ahead = re.match(r"\s*(\d+(?:\.\d+)?)", body[counted.end() :]) if counted else None
    if not counted or (ahead and counted[1] and float(counted[1]) * 3 > float(ahead[1])):
        return "", body
    quantity = re.search(rf"\d+(?:\.\d+)?|{_DOZEN}", counted[0])
    rest = f"{body[: counted.start()]} · {body[counted.end() :]}"
    return quantity[0] if quantity else "", rest


def months(body: str) -> frozenset[int]:
    """The different months that are named as expiries."""
    named = (re.search(_MONTH, found[0], re.IGNORECASE) for found in EXPIRY.finditer(body))
    return frozenset(MONTHS[word[0].rstrip(".").lower()] for word in named if word)


def left_over(body: str) -> tuple[str, ...]:
    """Every number that still stands in `body`, as written; digits inside of names are no numbers."""
    return tuple(re.findall(r"(?<![\w.])[-+]?\.?\d[\w.,/%-]*(?<![.,/-])", body))


def read_strikes(body: str, needed: int, *, ticker: str, price: float | None) -> Strikes:
    """The strikes in what `set_aside` left; a lone "at 4" is the price when enough stand elsewhere."""
    joined = list(_JOINED.finditer(body))
    if len(joined) == 1:
        return _around(body, joined[0], ticker, price)
    maybe = _before(ticker).search(body)
    if not maybe:
        return _split(body, needed, price)
    rest = _split(f"{body[: maybe.start(1)]} {body[maybe.end(1) :]}", needed, price)
    if len(rest.found) == needed and (rest.price is not None or not _weak(body)):
        return Strikes(found=rest.found, price=rest.price, quantity=maybe[1], left=rest.left)
    if _SEVERAL.search(body):
        return Strikes(found=_numbers(body), price=price, doubtful=float(maybe[1]))
    return _split(body, needed, price)


def _around(body: str, joined: re.Match[str], ticker: str, price: float | None) -> Strikes:
    """Strikes that are written together; what else stands there is a price, a quantity, or nothing."""
    rest = f"{body[: joined.start()]} § {body[joined.end() :]}"
    weak = None if price is not None else _weak(rest)
    if weak:
        price, rest = number(weak[1]), f"{rest[: weak.start()]} · {rest[weak.end() :]}"
    name = rf"{re.escape(ticker.lower())}\b|" if ticker else ""
    often = rf"{_ALONE}\s+(?={name}§|(?:iron\s+|calls?\s+|puts?\s+)?{_SPREADS}\b)"
    maybe = re.search(rf"{_VERB}{_ALONE}\b(?=\s)|{often}", rest)
    quantity = ""
    if maybe:
        quantity = maybe[1] or maybe[2]
        rest = f"{rest[: maybe.start()]} · {rest[maybe.end() :]}"
    return Strikes(found=_numbers(joined[0]), price=price, quantity=quantity, left=left_over(rest))


def _split(body: str, needed: int, price: float | None) -> Strikes:
    weak = None if price is not None else _weak(body)
    if weak:
        rest = _numbers(f"{body[: weak.start()]} {body[weak.end() :]}")
        # Nobody pays more than the strike for an option without saying so plainly.
        if len(rest) >= needed and number(weak[1]) < max(rest):
            left = _unplain(f"{body[: weak.start()]} {body[weak.end() :]}")
            return Strikes(found=rest, price=number(weak[1]), left=left)
    return Strikes(found=_numbers(body), price=price, left=_unplain(body))


def _unplain(body: str) -> tuple[str, ...]:
    """Numbers that cannot be strikes: 20%, 1x2, 5k, -3."""
    return tuple(word for word in left_over(body) if not PLAIN.fullmatch(word))


def _before(ticker: str) -> re.Pattern[str]:
    """A number that may say how many: directly before the ticker, or before several structures."""
    name = rf"{re.escape(ticker.lower())}\b|" if ticker else ""
    return re.compile(rf"{_ALONE}\s+(?={name}(?:iron\s+|calls?\s+|puts?\s+)?{_SPREADS}\b)")


def _weak(body: str) -> re.Match[str] | None:
    return next(reversed(list(_WEAK_PRICE.finditer(body))), None)


def _numbers(body: str) -> tuple[float, ...]:
    words = re.findall(r"\d+(?:\.\d+)?", body) if _JOINED.fullmatch(body) else PLAIN.findall(body)
    return tuple(sorted({float(word) for word in words}))
