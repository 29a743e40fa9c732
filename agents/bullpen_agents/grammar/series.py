"""Periods and names of series in a question, for the offline grammar.

The rule it protects: a name is passed on as the person wrote it; which series it means is the
market's decision, not a guess of the grammar. Pure text in, plain values out.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta

from bullpen_agents.grammar.qualifiers import without_qualifiers

MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_name) if name} | {
    name.lower(): number for number, name in enumerate(calendar.month_abbr) if name
}
_MONTH = r"(?:" + "|".join(sorted(MONTHS, key=len, reverse=True)) + r")\.?"
_DAY = rf"(?:\d{{4}}-\d{{2}}-\d{{2}}|{_MONTH}\s+(?:19|20)\d{{2}}|(?:19|20)\d{{2}}-\d{{2}}|(?:19|20)\d{{2}})"
_RANGES = (
    re.compile(rf"\b(?:between|from)\s+({_DAY})\s*(?:and|to|until|till|through|[-–])\s*({_DAY})\b"),
    re.compile(
        r"\b(?:in|during|over|for)?\s*((?:19|20)\d{2})\s*(?:[-–]|to|until|through)\s*((?:19|20)\d{2})\b"
    ),
)
_SINCE = re.compile(rf"\b(?:since|from|after|starting(?:\s+in)?)\s+({_DAY})(?:\s+on(?:wards?)?)?\b")
_UNTIL = re.compile(rf"\b(?:until|till|through|up\s+to|before|to\s+the\s+end\s+of)\s+({_DAY})\b")
_WITHIN = re.compile(rf"\b(?:in|during|over|for|of)\s+({_DAY})\b")
_COUNTS = {
    "a": 1,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "ten": 10,
    "twelve": 12,
    "twenty": 20,
}
_RELATIVE = re.compile(
    r"\b(?:over|in|during|for)?\s*(?:the\s+)?(?:last|past|previous)\s+(?:(?P<count>\d{1,3}|"
    + "|".join(_COUNTS)
    + r")\s+)?(?P<odd>(?!year|yr|month|mth|week|wk|day|decade|quarter)[a-z]+\s+)?(?P<unit>year|yr|month|mth|week|wk|day|decade|quarter)s?\b"
)
_SHORT = {"yr": "year", "mth": "month", "wk": "week"}
_EXCEPT = re.compile(
    r"\b(?:excluding|except(?: for)?|leaving out|without|apart from|other than|ex|not)\s+(?:the\s+)?(?:years?\s+)?"
    rf"{_DAY}(?:\s*(?:-|–|to|and)\s*{_DAY})?"
)
_YTD = re.compile(r"\bytd\b|\byear[- ]to[- ]date\b")
_NOW = re.compile(
    r"\b(?:so far\s+)?this\s+(?:year|month|week|quarter)\b|\brecently\b|\blately\b|\btoday\b|\byesterday\b"
)
_YEAR = re.compile(r"(?<![\w.,/-])(?<!russell )((?:19|20)\d{2})(?![\w/-]|[.,]\d)")
_SEPARATOR = re.compile(
    r"\s*(?:,|;|\bversus\b|\bvs\b\.?|\band\b|\bor\b|\bthan\b|\bagainst\b|\bwith\b|\bto\b"
    r"|\s&\s|(?<=[a-z])/(?=[a-z])|\bas\s+well\s+as\b|\bplus\b)\s*",
    re.IGNORECASE,
)
_QUESTION_WORDS = """
    a about ago all also an analyse analysis analyze annual annualised annualized any are at be been
    biggest both by calculate can chart charts check co-move comove compare compared comparing comparison
    compute correlate correlated correlates correlation could crash curve daily data deep did do does
    draw drawdown drawdowns each entire fall falls far figure figures find for from full get give graph
    had has have high historic historical history hold how i if in into is it its large largest let like
    long look loss low make max maximum me measure move moved moves much my need of on our other out over
    peak peak-to-trough perform performance performed picture please plot price prices quick realised
    realized rebased relate related relation relationship return returned returns risk riskier riskiest risky
    rolling run s's series should show since so standard deviation statistics stats stat summary swing swings
    tell that the their them there these they this those time times together trough two up us vol vola
    volatile volatilities volatility vols want was we well were what what's whats when whether which whole
    will window work worse worst would you your more less most least level levels line lets let's deepest
    between during hold held desk higher lower than bigger greater smaller one over time properties
    waht wat teh thx thanks thank pls plz please good morning afternoon evening hi hello hey adn tha ot fo corr ever
    highest lowest record all-time lastest latest currently current put kindly cheers mean average day days
    numbers overview profile statistic key basic index-level side against evolve evolved develop developed
    do did happened happen gone went go fell rise rose risen fallen use uses used using drop dropped lost gained gain gains
"""
_FILLER = frozenset(_QUESTION_WORDS.split())


@dataclass(frozen=True, slots=True)
class Period:
    """First and last day (ISO) of the data asked for, None for open.

    `back` counts from the end of the data: (5, "year"), or (1, "ytd"). `unread` is a phrase not understood.
    """

    start: str | None = None
    end: str | None = None
    unread: str = ""
    back: tuple[int, str] | None = None

    def first_day(self, end: str) -> str:
        """The first day (ISO) of `back`, for data that end on `end` (ISO)."""
        count, unit = self.back or (0, "day")
        last = date.fromisoformat(end)
        if unit == "ytd":
            return date(last.year, 1, 1).isoformat()
        months = count * {"year": 12, "decade": 120, "quarter": 3, "month": 1}.get(unit, 0)
        if not months:
            return (last - timedelta(days=count * (7 if unit == "week" else 1))).isoformat()
        year, month = divmod(last.year * 12 + last.month - 1 - months, 12)
        day = min(last.day, calendar.monthrange(year, month + 1)[1])
        return date(year, month + 1, day).isoformat()

    def words(self) -> str:
        """How a colleague would say it: " since 2010-01-01", or "" for everything."""
        if self.back:
            count, unit = self.back
            if unit == "ytd":
                return " year to date"
            return f" over the last {count} {unit}s" if count > 1 else f" over the last {unit}"
        if self.start and self.end:
            return f" between {self.start} and {self.end}"
        if self.start:
            return f" since {self.start}"
        return f" until {self.end}" if self.end else ""


EVERYTHING = Period()
KNOWN = (
    "s&p 500", "s&p500", "s&p", "sp500", "spx", "nasdaq", "vix", "crude oil", "wti crude", "oil", "crude", "wti", "brent",
    "copper", "cpi", "core cpi", "gold", "silver", "baa", "aaa", "brent crude",
)  # fmt: skip
"""Names that people use alone or side by side; whether the desk holds them, the market says."""
_SIDE_BY_SIDE = re.compile(
    "|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in KNOWN), re.IGNORECASE
)


def read_period(text: str) -> tuple[Period, str]:
    """The period that `text` (lower case) names, and the text without it."""
    for pattern in _RANGES if not _EXCEPT.search(text) else ():
        if found := pattern.search(text):
            period = Period(_first(found[1]), _last(found[2]))
            return period, _without(text, found)
    relative = _RELATIVE.search(text)
    if relative:
        return _backwards(relative), _without(text, relative)
    if ytd := _YTD.search(text):
        return Period(back=(1, "ytd")), _without(text, ytd)
    if now := _EXCEPT.search(text) or _NOW.search(text):
        return Period(unread=now[0].strip()), _without(text, now)
    start = end = None
    if found := _SINCE.search(text):
        start, text = _first(found[1]), _without(text, found)
    if found := _UNTIL.search(text):
        end, text = _last(found[1]), _without(text, found)
    if not (start or end) and (found := _WITHIN.search(text)):
        start, end, text = _first(found[1]), _last(found[1]), _without(text, found)
    if not (start or end) and (found := _YEAR.search(text)):
        start, end, text = _first(found[1]), _last(found[1]), _without(text, found)
    return Period(start, end), text


def _backwards(found: re.Match[str]) -> Period:
    if found["odd"] and found["odd"].strip() not in ("trading", "calendar", "full"):
        return Period(unread=found[0].strip())
    count = found["count"] or "1"
    number = int(count) if count.isdigit() else _COUNTS[count]
    # More than this has no calendar, and no data either.
    return (
        Period(back=(min(number, 150), _SHORT.get(found["unit"], found["unit"])))
        if number
        else Period(unread=found[0].strip())
    )


def read_names(text: str) -> tuple[str, ...]:
    """The names of series in `text`: what is left of each part once the words of a question are gone.

    Keeps the order and drops repetitions. A part that is still longer than five words is no name.
    """
    names: list[str] = []
    for part in _SEPARATOR.split(without_qualifiers(text)):
        words = [word.strip("?!.:'\"“”‘’()*") for word in part.split()]
        kept = [word for word in words if word and word.lower() not in _FILLER]
        for name in _apart(" ".join(kept)) if len(kept) <= 5 else ():
            if name.lower() not in (known.lower() for known in names):
                names.append(name)
    return tuple(names)


def _apart(name: str) -> tuple[str, ...]:
    """`oil spx` is two names when both are known; any other phrase is one name."""
    found = _SIDE_BY_SIDE.findall(name)
    if len(found) > 1 and not _SIDE_BY_SIDE.sub("", name).strip():
        return tuple(found)
    return (name,) if name else ()


def _first(day: str) -> str:
    year, month, number = _parts(day)
    return f"{year:04d}-{month or 1:02d}-{number or 1:02d}"


def _last(day: str) -> str:
    year, month, number = _parts(day)
    month = month or 12
    return f"{year:04d}-{month:02d}-{number or calendar.monthrange(year, month)[1]:02d}"


def _parts(day: str) -> tuple[int, int | None, int | None]:
    if found := re.fullmatch(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?", day):
        year, month, number = (int(part) if part else None for part in found.groups())
        valid = month is None or 1 <= month <= 12
        return int(year or 1), month if valid else None, number if valid else None
    name, year = day.split()
    return int(year), MONTHS[name.rstrip(".")], None


def _without(text: str, found: re.Match[str]) -> str:
    return f"{text[: found.start()]} {text[found.end() :]}"
