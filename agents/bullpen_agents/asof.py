"""The day a request is pinned to: "as of 5 March 2026" and its kin, read from a person's words.

The rule it protects: a day is read in one way or refused with a sentence; a phrase that names no
day pins nothing. What others wrote (quoted lines) pins nothing either. It fetches nothing.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from bullpen_agents.grammar.series import MONTHS

_MONTH = r"(?:" + "|".join(sorted(MONTHS, key=len, reverse=True)) + r")\.?"
_DATE = "|".join(
    (
        r"\d{4}-\d{1,2}(?:-\d{1,2})?",
        r"\d{1,2}\.\d{1,2}\.\d{4}",
        r"\d{1,2}/\d{1,2}/\d{2,4}",
        rf"\d{{1,2}}(?:st|nd|rd|th)?(?:\s+of)?\s+{_MONTH}(?![a-z])(?:,?\s+\d{{4}}(?![\d-]))?",
        rf"{_MONTH}(?![a-z])\s+\d{{1,2}}(?:st|nd|rd|th)?(?!\d)(?:,?\s+\d{{4}}(?![\d-]))?",
        rf"{_MONTH}(?![a-z])\s+\d{{4}}",
        r"q[1-4]\s+\d{4}",
        r"(?:19|20)\d{2}(?![\d-])",
        r"yesterday|today|now",
    )
)
_PHRASE = re.compile(
    r"\s*[,(\[–-]*\s*(?<!\w)(?:--as-of|as[ -]of|as at|as (?:it )?(?:was )?known (?:on|by)|with what was known (?:on|by))"
    rf"\s*[:=]?\s*(?:the\s+)?(?:end\s+of\s+)?(?P<day>{_DATE})(?!\w)[)\]]*(?P<after>\s*,)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class AsOf:
    """What was read: the `day` (None: not pinned), the request without the phrase, or a `problem`."""

    day: date | None
    rest: str
    problem: str = ""

    @property
    def moment(self) -> datetime | None:
        """The last moment of the day, UTC: what was known by then may be used."""
        return datetime.combine(self.day, time.max, UTC) if self.day else None


def read_as_of(text: str, today: date) -> AsOf:
    """The day that `text` pins itself to; a day without a year is the latest one not after `today`.

    A month, a quarter and a year mean their last day. `today` pins nothing.
    """
    found = [m for m in _PHRASE.finditer(text) if not _quoted(text, m.start("day"))]
    if not found:
        return AsOf(None, text)
    written = [m["day"] for m in found]
    days = {_day(word.lower(), today) for word in written}
    if None in days:
        return AsOf(None, text, _unreadable(written))
    if len(days) > 1:
        return AsOf(None, text, _several(written))
    [day] = days
    assert day is not None
    if day > today:
        # The year or month under way: what is known so far is all there is.
        current = re.fullmatch(r"(?:19|20)\d{2}|.*[a-z]\s+\d{4}|\d{4}-\d{1,2}", written[0].lower())
        if not (current and _first(written[0].lower(), day) <= today):
            return AsOf(None, text, _future(written[0], today))
        day = today
    rest = text
    for match in reversed(found):
        rest = f"{rest[: match.start()]} {rest[match.end() :].lstrip()}"
    rest = re.sub(r" +([?.!,])", r"\1", rest).strip(" ,:")
    return AsOf(None if day == today else day, rest)


def without(text: str) -> str:
    """The words without any phrase that names a day to pin to."""
    return _PHRASE.sub(" ", text).strip(" ,:")


def _quoted(text: str, at: int) -> bool:
    return text[text.rfind("\n", 0, at) + 1 :].lstrip().startswith((">", "&gt;"))


def _first(written: str, day: date) -> date:
    if re.fullmatch(r"(?:19|20)\d{2}", written):
        return day.replace(month=1, day=1)
    if re.fullmatch(r"\d{1,2}\s.*", written) or re.search(r"[a-z]\.?\s+\d{1,2}\D", written):
        return day
    months = 3 if written.startswith("q") else 1
    return day.replace(month=day.month - months + 1, day=1)


def _day(written: str, today: date) -> date | None:
    if written in ("today", "now"):
        return today
    if written == "yesterday":
        return today - timedelta(days=1)
    try:
        return _calendar(written, today)
    except ValueError:
        return None


def _calendar(written: str, today: date) -> date | None:
    """ValueError for a day that no calendar has; None where day and month cannot be told apart."""
    if found := re.fullmatch(r"q([1-4])\s+(\d{4})", written):
        return _last(int(found[2]), 3 * int(found[1]))
    if found := re.fullmatch(r"(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?", written):
        if found[3]:
            return date(int(found[1]), int(found[2]), int(found[3]))
        return _last(int(found[1]), int(found[2] or 12))
    if found := re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", written):
        return date(int(found[3]), int(found[2]), int(found[1]))
    if found := re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", written):
        one, other = int(found[1]), int(found[2])
        if one == other or one > 12:
            return date(int(found[3]), other, one)
        return date(int(found[3]), one, other) if other > 12 else None
    return _named(written, today)


def _named(written: str, today: date) -> date | None:
    name = re.search(r"[a-z]{3,}", re.sub(r"(?<=\d)(?:st|nd|rd|th)|\bof\b", "", written))
    numbers = [int(number) for number in re.findall(r"\d+", written)]
    if name is None or name[0] not in MONTHS or not numbers:
        return None
    month, years = MONTHS[name[0]], [n for n in numbers if n > 31]
    days = [n for n in numbers if n <= 31]
    if not days:
        return _last(years[0], month)
    if years:
        return date(years[0], month, days[0])
    # 29 February needs a leap year, at most eight years back.
    for year in range(today.year, today.year - 9, -1):
        if days[0] <= calendar.monthrange(year, month)[1]:
            day = date(year, month, days[0])
            if day <= today:
                return day
    return None


def _last(year: int, month: int) -> date:
    if not 1 <= month <= 12:
        raise ValueError(month)
    return date(year, month, calendar.monthrange(year, month)[1])


def _unreadable(written: list[str]) -> str:
    return (
        f"I cannot tell which day “{'” and “'.join(written)}” is, and guessing could let in what was known later. "
        "Write the day as year-month-day, such as `as of 2026-03-05`."
    )


def _several(written: list[str]) -> str:
    return (
        f"Your message names several days (“{'”, “'.join(written)}”), and one request is pinned to one. "
        "Ask once for each day."
    )


def _future(written: str, today: date) -> str:
    return (
        f"“{written}” lies in the future: today is {today.isoformat()}, and nothing is known of later days. "
        "Name a day that has passed, or leave the “as of” out."
    )
