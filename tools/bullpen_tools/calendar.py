"""Sessions of exchanges and the days on which contracts expire.

The rule it protects: a day is a session because an exchange's calendar says so; an expiry that
falls on a holiday moves by the contract's own rule. It holds no prices.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from bullpen_memory.errors import InputError
from bullpen_tools import freshness
from bullpen_tools.context import Result, ToolContext, Value
from bullpen_tools.tool import Arguments, tool

if TYPE_CHECKING:
    from exchange_calendars import ExchangeCalendar

_NAMES = {
    "nyse": "XNYS", "new york": "XNYS", "nasdaq": "XNYS", "us": "XNYS", "cme": "CMES", "comex": "CMES", "nymex": "CMES",
    "cbot": "CMES", "london": "XLON", "lse": "XLON", "lme": "XLON", "ice": "IEPA", "tokyo": "XTKS", "frankfurt": "XFRA", "xetra": "XETR",
    "shanghai": "XSHG", "china": "XSHG", "hong kong": "XHKG", "hose": "XHOS", "india": "XBOM", "cboe": "XCBF", "korea": "XKRX",
    "sydney": "XASX", "toronto": "XTSE", "paris": "XPAR", "zurich": "XSWX", "singapore": "XSES", "taiwan": "XTAI",
}  # fmt: skip
Contract = Literal[
    "equity_options", "vix_futures", "imm", "wti_futures", "comex_options", "gold_futures"
]
_FIRST, _LAST = date(1990, 1, 1), date(2045, 1, 1)
_MOST = 400


@lru_cache(maxsize=8)
def _calendar(code: str, first: date, last: date) -> ExchangeCalendar:
    import exchange_calendars
    import pandas

    with warnings.catch_warnings():
        # Its own use of pandas, which pandas 3 deprecates; nothing of ours.
        warnings.simplefilter("ignore", pandas.errors.Pandas4Warning)
        return exchange_calendars.get_calendar(code, start=first.isoformat(), end=last.isoformat())


def calendar_of(exchange: str, first: date, last: date) -> Calendar:
    """The calendar of an exchange by its MIC code or a usual name. InputError lists some otherwise."""
    import exchange_calendars

    code = _NAMES.get(exchange.strip().lower(), exchange.strip().upper())
    if code not in exchange_calendars.get_calendar_names(include_aliases=True):
        raise InputError(
            f"There is no calendar for “{exchange}”.",
            f"Known are codes such as XNYS, CMES, XLON, XTKS, XHKG, and {', '.join(sorted(_NAMES))}.",
            "Use one of these.",
        )
    if not _FIRST <= first <= last <= _LAST:
        raise InputError(
            "That span has no calendar.",
            f"Calendars run from {_FIRST} to {_LAST}.",
            "Choose days in between.",
        )
    try:
        # A month to each side, so that the neighbours of the first and the last day are known.
        made = _calendar(code, first - timedelta(days=31), last + timedelta(days=31))
    except ValueError as error:
        raise InputError(
            "That span has no calendar.", f"{error}".splitlines()[0], "Choose another."
        ) from error
    return Calendar(code, made)


class Calendar:
    """Sessions as plain dates; `code` is the exchange's."""

    def __init__(self, code: str, held: Any) -> None:
        self.code = code
        self._held = held

    def is_session(self, day: date) -> bool:
        return bool(self._held.is_session(day.isoformat()))

    def before(self, day: date) -> date:
        """The last session before `day`."""
        return self._held.date_to_session((day - timedelta(days=1)).isoformat(), "previous").date()

    def after(self, day: date) -> date:
        """The first session after `day`."""
        return self._held.date_to_session((day + timedelta(days=1)).isoformat(), "next").date()

    def on_or_before(self, day: date) -> date:
        return day if self.is_session(day) else self.before(day)

    def between(self, first: date, last: date) -> list[date]:
        """The sessions from `first` to `last`, both included."""
        return [
            one.date() for one in self._held.sessions_in_range(first.isoformat(), last.isoformat())
        ]

    def hours(self, day: date) -> tuple[str, str]:
        """When the session opens and closes, in UTC."""
        opened, closed = self._held.session_open_close(day.isoformat())
        return f"{opened:%H:%M}", f"{closed:%H:%M}"


@tool(risk="read", label="looking at the calendar", version="1")
def trading_sessions(
    ctx: ToolContext, exchange: str = "XNYS", start: date | None = None, end: date | None = None
) -> Result:
    """Sessions of an exchange: whether a day is one, its hours, the sessions around it; with an end, how
    many sessions and which weekdays are closed in between.

    Args:
        exchange: MIC code or usual name: XNYS, nyse, comex, london, shanghai, tokyo.
        start: The day. Default: today.
        end: Last day of a span. Default: only the day.
    """
    first = start or freshness.today(ctx.as_of)
    last = end or first
    if last < first or (last - first).days > 366 * 30:
        raise InputError(
            f"The span {first} to {last} is none.",
            "It ends before it begins, or is longer than 30 years.",
            "Choose other days.",
        )
    held = calendar_of(exchange, first, last)
    open_ = held.is_session(first)
    values = {
        "is_session": Value(
            value=open_, label=f"{first:%A} {first} is a session", entity=f"{held.code} {first}"
        ),
        "previous_session": Value(
            value=held.before(first).isoformat(), unit="date", label="Session before"
        ),
        "next_session": Value(
            value=held.after(first).isoformat(), unit="date", label="Session after"
        ),
    }
    if open_:
        opened, closed = held.hours(first)
        values |= {
            "opens": Value(value=opened, unit="text", label="Opens, UTC"),
            "closes": Value(value=closed, unit="text", label="Closes, UTC"),
        }
    rows: list[tuple[str, str]] = []
    if end is not None:
        sessions = held.between(first, last)
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        closed_days = [day for day in days if day.weekday() < 5 and day not in set(sessions)]
        values["sessions"] = Value(value=len(sessions), unit="count", label="Sessions")
        values["closed_weekdays"] = Value(
            value=len(closed_days), unit="count", label="Weekdays without a session"
        )
        rows = [(day.isoformat(), f"{day:%A}") for day in closed_days[:60]]
    said = "is a session" if open_ else "is no session"
    span = f"; {first} to {last}" if end else ""
    return Result(
        summary=f"{first:%A} {first} {said} of {held.code}{span}.",
        values=values,
        warnings=_forecast(ctx, last),
        table=(("closed on", "weekday"), *rows) if rows else (),
        as_of=first,
    )


def _forecast(ctx: ToolContext, last: date) -> tuple[str, ...]:
    if last <= freshness.today(ctx.as_of) + timedelta(days=366):
        return ()
    return (
        "Sessions more than a year ahead follow today's rules of holidays; exchanges may change them.",
    )


def third_friday(year: int, month: int) -> date:
    """The third Friday of a month."""
    first = date(year, month, 1)
    return first + timedelta(days=(4 - first.weekday()) % 7 + 14)


def _equity_options(year: int, month: int, held: Calendar) -> date:
    """The third Friday, or the session before it where the exchange is closed."""
    return held.on_or_before(third_friday(year, month))


def _vix(year: int, month: int, held: Calendar) -> date:
    """30 days before the third Friday of the next month; a day earlier where either is a holiday (Cboe)."""
    following = third_friday(year + month // 12, month % 12 + 1)
    settles = following - timedelta(days=30)
    if not held.is_session(following) or not held.is_session(settles):
        settles = held.before(settles)
    return settles


def _imm(year: int, month: int, held: Calendar) -> date:
    """The third Wednesday."""
    del held
    first = date(year, month, 1)
    return first + timedelta(days=(2 - first.weekday()) % 7 + 14)


def _wti(year: int, month: int, held: Calendar) -> date:
    """Three business days before the 25th of the month before delivery; four where the 25th is none (CME 200102.F)."""
    before = date(year - (month == 1), (month - 2) % 12 + 1, 25)
    count = 3 if held.is_session(before) else 4
    day = before
    for _ in range(count):
        day = held.before(day)
    return day


def _comex_options(year: int, month: int, held: Calendar) -> date:
    """The fourth last business day of the month before; a day earlier on a Friday or before a holiday (CME)."""
    day = date(year, month, 1)
    for _ in range(4):
        day = held.before(day)
    while day.weekday() == 4 or held.after(day) - day > timedelta(days=1):
        day = held.before(day)
    return day


def _gold(year: int, month: int, held: Calendar) -> date:
    """Last trading day: the third last business day of the delivery month (CME)."""
    day = date(year + month // 12, month % 12 + 1, 1)
    for _ in range(3):
        day = held.before(day)
    return day


_RULES: MappingProxyType[str, tuple[str, Callable[[int, int, Calendar], date], str]] = MappingProxyType(
    {
        "equity_options": ("XNYS", _equity_options, "third Friday, or the session before"),
        "vix_futures": ("XNYS", _vix, "thirty days before the next month's third Friday"),
        "imm": ("CMES", _imm, "third Wednesday"),
        "wti_futures": ("XNYS", _wti, "three business days before the 25th of the month before delivery"),
        "comex_options": ("XNYS", _comex_options, "fourth last business day of the month before, not a Friday or the eve of a holiday"),
        "gold_futures": ("XNYS", _gold, "third last business day of the delivery month"),
    }
)  # fmt: skip


class Expiry(Arguments):
    """Which contract and from when."""

    contract: Contract = Field(
        description="equity_options: monthly US equity and ETF options; vix_futures; imm: third Wednesdays; wti_futures and "
        "gold_futures: last trading day by delivery month; comex_options: options on gold and silver futures"
    )
    start: date | None = Field(default=None, description="From this day. Default: today")
    count: int = Field(default=6, ge=1, le=36, description="How many")


@tool(risk="read", label="finding the expiries", version="1")
def expiries(ctx: ToolContext, expiry: Expiry) -> Result:
    """The next expiry dates of a kind of contract, by the exchange's rule, with holidays."""
    first = expiry.start or freshness.today(ctx.as_of)
    last = first + timedelta(days=31 * (expiry.count + 4))
    exchange, rule, words = _RULES[expiry.contract]
    held = calendar_of(exchange, first - timedelta(days=62), last + timedelta(days=62))
    found: list[tuple[str, date]] = []
    year, month = first.year, first.month
    while len(found) < expiry.count:
        day = rule(year, month, held)
        if day >= first:
            found.append((f"{date(year, month, 1):%B %Y}", day))
        year, month = year + month // 12, month % 12 + 1
    values = {
        "next": Value(
            value=found[0][1].isoformat(), unit="date", label=f"Next, contract month {found[0][0]}"
        ),
        "days": Value(value=(found[0][1] - first).days, unit="days", label="Days until then"),
    }
    for n, (name, day) in enumerate(found, start=1):
        values[f"expiry_{n}"] = Value(value=day.isoformat(), unit="date", label=name)
    rows = [(name, day.isoformat(), f"{day:%A}") for name, day in found]
    return Result(
        summary=f"Expiries of {expiry.contract.replace('_', ' ')} from {first} on: {words}.",
        values=values,
        warnings=(*_forecast(ctx, found[-1][1]), "By the rule; the exchange's own notice decides."),
        table=(("contract month", "expires", "weekday"), *rows),
        as_of=first,
    )
