"""A series as the measures need it: clean, dated, with the reference to the exact rows behind it.

The rule it protects: what was left out is counted and said, and every history carries the hash
and the vintage of the rows that it was made from. It computes no measure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import numpy as np

from bullpen_memory.errors import InputError
from bullpen_memory.records import SeriesInfo, SeriesSlice
from bullpen_tools import freshness
from bullpen_tools.context import DataRef, ToolContext, ValueKind
from bullpen_tools.lookback import Last
from bullpen_tools.measures import (
    EVERY_DAY,
    PERIODS_PER_YEAR,
    Numbers,
    log_returns,
    trades_every_day,
)
from bullpen_tools.rates import Rate, rate_of, unit_note

_SPACE = 31
"""Days between an asked and a held end of a span that nobody needs to be told of."""


_NEAR_ZERO = 0.25
"""Share of the median below which a value makes a zero believable."""


@dataclass(frozen=True, slots=True)
class History:
    """Values at ascending dates; `notes` says what was left out and why."""

    info: SeriesInfo
    dates: tuple[date, ...]
    values: Numbers
    ref: DataRef
    known_at: datetime
    missing: int = 0
    shortened: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The id as a part of a value's key."""
        return re.sub(r"[^a-z0-9]+", "_", self.info.id.lower()).strip("_")

    @property
    def rate(self) -> Rate | None:
        """What makes it a rate (a yield, a spread), or None for a price or a level."""
        return rate_of(self.info, self.values)

    @property
    def positive(self) -> bool:
        """Whether logarithms and relative changes mean anything: a price or level above zero.

        A yield in percent is a rate already; its changes are measured in basis points.
        """
        return bool(np.all(self.values > 0)) and self.rate is None

    @property
    def changes(self) -> Numbers:
        """What moves: log returns of a price as fractions, differences of a rate in basis points,
        differences in its own unit of anything else. One shorter than the values."""
        if self.positive:
            return log_returns(self.values)
        scale = 1.0 if self.rate is None else self.rate.scale(self.info)
        return np.diff(self.values) * scale

    @property
    def change_unit(self) -> str:
        """The unit in which changes are told: pct (of returns), bp, or the series' own."""
        if self.positive:
            return "pct"
        return self.info.unit.lower() if self.rate is None else "bp"

    @property
    def step(self) -> tuple[float, str]:
        """(factor, unit) of a difference of two values: basis points for a rate, else its own unit."""
        known = self.rate.per_unit if self.rate else None
        return (1.0, self.info.unit.lower()) if known is None else (known, "bp")

    @property
    def per_year(self) -> int | None:
        """Observations in a year, or None for an irregular series."""
        return EVERY_DAY if self.every_day else PERIODS_PER_YEAR.get(self.info.frequency)

    @property
    def every_day(self) -> bool:
        """Whether it is daily and has values at weekends too."""
        return self.info.frequency == "daily" and trades_every_day(self.dates)

    @property
    def convention(self) -> str:
        """What a summary says where the year is not the usual one of the markets."""
        return f", annualised with {EVERY_DAY} days a year" if self.every_day else ""

    @property
    def kind(self) -> ValueKind:
        """The kind of everything computed from it."""
        return "synthetic" if self.info.kind == "synthetic" else "derived"

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader of any result should know."""
        notes: list[str] = []
        if self.missing:
            notes.append(
                f"{self.info.id}: {self.missing} of {self.missing + len(self.dates)} periods have "
                "no value and were left out."
            )
        if self.info.kind == "synthetic":
            notes.append(f"{self.info.id} is synthetic: somebody made it up.")
        return (*notes, *self.remarks)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What holds on whatever dates it is looked at: its span, its year, and what it is."""
        notes = [*self.shortened]
        if note := unit_note(self.info, self.rate):
            notes.append(note)
        if zero := self._zeros():
            notes.append(zero)
        if self.every_day:
            notes.append(
                f"{self.info.id} has values at weekends too: it is annualised with {EVERY_DAY} days "
                "a year, not with 252."
            )
        if "volatility" in self.info.title.lower():
            notes.append(
                f"{self.info.id} is itself a measure of volatility: its own volatility is that of "
                "the index, not of the market behind it."
            )
        return tuple(notes)

    def _zeros(self) -> str:
        """A sentence where zeros stand among values that never come near zero, else nothing."""
        rest = self.values[self.values != 0]
        zeros = len(self.values) - len(rest)
        if not zeros or not len(rest) or np.min(rest) < _NEAR_ZERO * np.median(rest):
            return ""
        first, last = (self.dates[at] for at in np.flatnonzero(self.values == 0)[[0, -1]])
        return (
            f"{self.info.id}: its zeros look like missing values ({zeros} between {first} and {last}, "
            f"among values of {np.median(rest):g}) and are counted as zeros here; leave them out."
        )


def span(start: date | None, end: date | None) -> None:
    """Refuse a span that ends before it begins."""
    if start and end and start > end:
        raise InputError(
            f"The span from {start} to {end} is empty.",
            "It ends before it begins.",
            "Exchange the two dates.",
        )


def load(
    ctx: ToolContext,
    name: str,
    start: date | None,
    end: date | None,
    *,
    at_least: int = 3,
    last: Last | None = None,
) -> History:
    """The history of the series that people call `name`, as known at the context's as-of.

    `last` keeps only its end. Raises InputError for an unknown or ambiguous name and for fewer
    than `at_least` values.
    """
    span(start, end)
    check_last(start, last)
    info = ctx.market.resolve(name, ctx.scopes)
    piece = ctx.market.slice(
        info.id,
        scopes=ctx.scopes,
        start=start.isoformat() if start else None,
        end=end.isoformat() if end else None,
        as_of=ctx.as_of,
    )
    history = _ended(_history(piece), last)
    if len(history.dates) < at_least:
        raise InputError(
            f"{info.title} ({info.id}) has {len(history.dates)} values in this span; "
            f"at least {at_least} are needed.",
            "The desk holds no more of it" + (" as of that day." if ctx.as_of else "."),
            "Ask `series_catalogue` for the span that it covers.",
        )
    notes = (*_shortened(ctx, history, start, end), *_said_of(ctx, history, end))
    return replace(history, shortened=notes)


def check_last(start: date | None, last: Last | None) -> None:
    """Refuse a first day together with a length: the span would have two beginnings."""
    if start is not None and last is not None:
        raise InputError(
            "The span has two beginnings.",
            f"It was to start on {start} and to hold {last.words}.",
            "Give `start` or `last`.",
        )


def _said_of(ctx: ToolContext, history: History, end: date | None) -> list[str]:
    """That a series stopped, unless the person named the end themselves; and that it is licensed."""
    # A span that was asked for ends where the person wanted it to.
    now = freshness.today(ctx.as_of)
    stale = freshness.staleness(history.info, history.dates[-1], now) if end is None else ""
    return [note for note in (stale, freshness.restriction(history.info)) if note]


def _ended(history: History, last: Last | None) -> History:
    """The part of the history that `last` asks for."""
    if last is None or not history.dates:
        return history
    first = last.first(history.dates)
    kept = len(history.dates) - first
    return replace(history, dates=history.dates[-kept:], values=history.values[-kept:], missing=0)


def _shortened(
    ctx: ToolContext, history: History, start: date | None, end: date | None
) -> tuple[str, ...]:
    """What a person who asked for a longer span than there is should know."""
    notes: list[str] = []
    first, last = history.dates[0], history.dates[-1]
    if start and (first - start).days > _SPACE:
        notes.append(f"You asked from {start}; {history.info.id} begins on {first} here.")
    # The last value of a span must not pass for that of its last day.
    wanted = min(end, freshness.today(ctx.as_of)) if end else last
    if end and freshness.overdue(history.info.frequency, last, wanted) is not None:
        notes.append(f"You asked until {end}; {history.info.id} ends on {last} here.")
    return tuple(notes)


def _history(piece: SeriesSlice) -> History:
    rows = [row for row in piece.observations if row.value is not None]
    dates = tuple(date.fromisoformat(row.period[:10]) for row in rows)
    values = np.array([row.value for row in rows], dtype=np.float64)
    ref = DataRef(
        dataset=piece.info.id,
        vintage=piece.vintage,
        sha256=piece.sha256,
        rows=len(piece.observations),
        start=dates[0].isoformat() if dates else "",
        end=dates[-1].isoformat() if dates else "",
        kind=piece.info.kind,
    )
    known = max((row.known_at for row in rows), default=datetime.min)
    return History(
        piece.info, dates, values, ref, known, missing=len(piece.observations) - len(rows)
    )


def require_returns(history: History) -> None:
    """Refuse a series that has no relative changes or no frequency to annualise with."""
    if (rate := history.rate) is not None:
        raise InputError(
            f"{history.info.title} ({history.info.id}) has no returns.",
            f"It is a rate: {rate.why[:1].lower()}{rate.why[1:]} Its changes are in basis points.",
            "Leave it out, name the price series of the bond or future behind it, or ask "
            "`series_stats` or `risk_measures` for the deviation of its changes.",
        )
    if not history.positive:
        raise InputError(
            f"{history.info.title} ({history.info.id}) has no returns to compare.",
            "It is not always above zero, so relative changes mean nothing.",
            "Leave it out, or ask `series_stats` for the deviation of its changes.",
        )
    _require_frequency(history)


def require_changes(history: History) -> None:
    """Refuse a series whose changes mean nothing: no price above zero and no rate, or irregular."""
    if (rate := history.rate) is None:
        require_returns(history)
        return
    rate.scale(history.info)
    _require_frequency(history)


def _require_frequency(history: History) -> None:
    if history.per_year is None:
        raise InputError(
            f"{history.info.title} ({history.info.id}) has no volatility a year.",
            "Its observations come at irregular times.",
            "Leave it out.",
        )


@dataclass(frozen=True, slots=True)
class Common:
    """Histories cut to the dates that all of them have; `warnings` says what that cost."""

    histories: tuple[History, ...]
    warnings: tuple[str, ...]

    @property
    def dates(self) -> tuple[date, ...]:
        return self.histories[0].dates

    @property
    def span(self) -> str:
        """`1999-01-04 to 2018-12-31`."""
        return f"{self.dates[0]} to {self.dates[-1]}"


def load_common(
    ctx: ToolContext,
    names: Sequence[str],
    start: date | None,
    end: date | None,
    *,
    last: Last | None = None,
) -> Common:
    """Several series on their common dates; `last` keeps only the end of these.

    Raises InputError for fewer than two different series, different frequencies, or fewer than
    three common dates.
    """
    histories = [load(ctx, name, start, end) for name in names]
    ids = list(dict.fromkeys(history.info.id for history in histories))
    if len(ids) < 2 or len(ids) != len(histories):
        raise InputError(
            "There is nothing to compare.",
            f"The names given mean {', '.join(ids) or 'no series'}.",
            "Name at least two different series.",
        )
    frequencies = {history.info.frequency for history in histories}
    if len(frequencies) > 1:
        listed = ", ".join(
            f"{history.info.id} is {history.info.frequency}" for history in histories
        )
        raise InputError(
            "These series cannot be compared directly.",
            f"Their frequencies differ: {listed}.",
            "Choose series of one frequency from `series_catalogue`.",
        )
    shared = sorted(set.intersection(*(set(history.dates) for history in histories)))
    if len(shared) < 3:
        spans = ", ".join(f"{h.info.id} {h.dates[0]} to {h.dates[-1]}" for h in histories)
        raise InputError(
            f"These series have {len(shared) or 'no'} dates in common; at least 3 are needed.",
            f"They cover: {spans}.",
            "Choose another span or other series.",
        )
    check_last(start, last)
    return _cut(histories, shared[last.first(shared) if last else 0 :])


def _cut(histories: Sequence[History], shared: Sequence[date]) -> Common:
    first, last, kept = shared[0], shared[-1], set(shared)
    cut: list[History] = []
    warnings: list[str] = []
    for history in histories:
        mask = np.array([day in kept for day in history.dates])
        inside = sum(first <= day <= last for day in history.dates)
        if dropped := inside - len(shared):
            warnings.append(
                f"{history.info.id}: {dropped} of {inside} dates within the common span were left "
                "out because another series has no value there."
            )
        if history.info.kind == "synthetic":
            warnings.append(f"{history.info.id} is synthetic: somebody made it up.")
        warnings += history.remarks
        cut.append(replace(history, dates=tuple(shared), values=history.values[mask]))
    return Common(tuple(cut), tuple(warnings))
