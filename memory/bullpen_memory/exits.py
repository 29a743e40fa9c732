"""When a market call ends and what it made: the exit rule, walked over the values that came after.

The rule it protects: the outcome follows from the terms that were locked and from the values alone;
whoever resolves a call has nothing to decide. A level that was jumped over is left at the value
that was there, never at the level. Pure: it reads no series and stores nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

Side = Literal["long", "short"]
Reason = Literal["take_profit", "stop_loss", "horizon"]
Measure = Literal["return", "change"]
"""return: relative to the entry, for prices and indices; change: in the series' own unit, for rates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExitRule:
    """Levels of the series at which the call ends, and the day on which it ends at the latest.

    Without a level it is held to the horizon.
    """

    side: Side
    horizon: date
    take_profit: float | None = None
    stop_loss: float | None = None

    def ended_by(self, value: float) -> Reason | None:
        """The level that `value` reaches, if any."""
        sign = 1 if self.side == "long" else -1
        if self.stop_loss is not None and sign * (value - self.stop_loss) <= 0:
            return "stop_loss"
        if self.take_profit is not None and sign * (value - self.take_profit) >= 0:
            return "take_profit"
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit:
    """Where a call ended."""

    day: date
    value: float
    reason: Reason


def exit_of(rule: ExitRule, after: Iterable[tuple[date, float]]) -> Exit | None:
    """The first value that ends the call, or None while there is none yet.

    `after` holds the values after the entry in the order of their days. The horizon ends the call
    with the last value up to it, once a value on or after that day is known: until then a level
    may still be reached.
    """
    last: tuple[date, float] | None = None
    for day, value in after:
        if day > rule.horizon:
            return _at_horizon(last)
        reason = rule.ended_by(value)
        if reason is not None:
            return Exit(day=day, value=value, reason=reason)
        last = (day, value)
        if day == rule.horizon:
            return _at_horizon(last)
    return None


def _at_horizon(last: tuple[date, float] | None) -> Exit | None:
    # No value between entry and horizon: there is nothing that the call could have ended at.
    return None if last is None else Exit(day=last[0], value=last[1], reason="horizon")


def profit_of(side: Side, entry: float, left: float, measure: Measure) -> float:
    """What one unit of the call made: percent of the entry, or units of the series for a rate."""
    sign = 1 if side == "long" else -1
    return sign * ((left / entry - 1) * 100 if measure == "return" else left - entry)


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseRate:
    """How often the same rule would have paid in the past: `hits` of `tries` overlapping entries.

    `separate` is how many of them fit side by side without overlap: the honest size of the sample.
    """

    hits: int
    tries: int
    separate: int

    @property
    def share(self) -> float | None:
        """The share in [0, 1]; None without any try."""
        return self.hits / self.tries if self.tries else None


def base_rate(
    rule: ExitRule, values: Sequence[tuple[date, float]], measure: Measure, start: date
) -> BaseRate:
    """The same call opened at every past value whose horizon lies within `values`.

    Levels keep their distance from the entry at `values[-1]`: relative for a return, absolute for
    a change. `start` is the day of that entry; the call lasts as many days as from there on.
    """
    if not values:
        return BaseRate(hits=0, tries=0, separate=0)
    entry, length = values[-1][1], (rule.horizon - start).days
    hits = tries = 0
    for index, made in _trials(rule, values, length, entry, measure):
        tries += 1
        hits += profit_of(rule.side, values[index][1], made.value, measure) > 0
    covered = (values[-1][0] - values[0][0]).days
    return BaseRate(hits=hits, tries=tries, separate=min(tries, covered // max(length, 1)))


def _trials(
    rule: ExitRule,
    values: Sequence[tuple[date, float]],
    length: int,
    entry: float,
    measure: Measure,
) -> Iterator[tuple[int, Exit]]:
    for index, (day, value) in enumerate(values[:-1]):
        until = day + timedelta(days=length)
        if until > values[-1][0]:
            return
        moved = ExitRule(
            side=rule.side,
            horizon=until,
            take_profit=_moved(rule.take_profit, entry, value, measure),
            stop_loss=_moved(rule.stop_loss, entry, value, measure),
        )
        made = exit_of(moved, values[index + 1 :])
        if made is not None:
            yield index, made


def _moved(level: float | None, entry: float, value: float, measure: Measure) -> float | None:
    if level is None:
        return None
    return level * value / entry if measure == "return" else level - entry + value
