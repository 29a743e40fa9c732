"""The idea book: dated market calls, locked when they are opened and resolved once.

The rule it protects: the terms of a call never change after the fact (triggers in the file refuse
it), and a call has one outcome for ever. What was thought is a record of the store, with its
scope, its sources and its history; here stand only the figures. It fetches no data and computes
no outcome: `exits.py` does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Literal, cast

from bullpen_memory import rows
from bullpen_memory.errors import InputError
from bullpen_memory.exits import ExitRule, Measure, Reason, Side

if TYPE_CHECKING:
    from bullpen_memory.database import Row
    from bullpen_memory.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is locked when a call is opened.

    `size` is in percent of the book. `probability` is what its author gives the call, `base_rate`
    what it would have without any opinion; both in [0, 1]. `entry` is the last value of `series`
    known at `opened_at`, on `entry_day`. `backdated`: it was opened on data of an earlier day, so
    its outcome could have been known, and it proves nothing.
    """

    record_id: str
    scope: str
    author: str
    instrument: str
    series: str
    unit: str
    measure: Measure
    side: Side
    size: float
    opened_at: datetime
    entry_day: date
    entry: float
    horizon: date
    probability: float
    base_rate: float
    base_rate_from: Literal["history", "stated"]
    take_profit: float | None = None
    stop_loss: float | None = None
    backdated: bool = False
    sha256: str = ""
    receipts: tuple[str, ...] = ()

    @property
    def rule(self) -> ExitRule:
        """How the call ends."""
        return ExitRule(
            side=self.side,
            horizon=self.horizon,
            take_profit=self.take_profit,
            stop_loss=self.stop_loss,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a call ended. `profit` is per unit of size: percent, or units of the series for a rate."""

    day: date
    value: float
    reason: Reason
    profit: float
    resolved_at: datetime
    by: str
    vintage: str = ""
    sha256: str = ""

    @property
    def hit(self) -> bool:
        """Whether the call made money."""
        return self.profit > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Idea:
    """One call. `id` reads like `i7`."""

    id: str
    terms: Terms
    outcome: Outcome | None = None


class Ideas:
    """The calls of one context store; shares its file, its transactions and its scopes."""

    def __init__(self, store: Store) -> None:
        self._database = store.database

    def open(self, terms: Terms) -> Idea:
        """Lock a call. The same record again gives back the call that is there."""
        with self._database.writing() as db:
            there = db.execute(f"{_SELECT} WHERE i.record_id = ?", (terms.record_id,)).fetchone()
            if there is not None:
                return _idea(there)
            db.execute(
                "INSERT INTO idea (record_id, scope, author, instrument, series, unit, measure,"
                " side, size, opened_at, entry_day, entry, horizon, probability, base_rate,"
                " base_rate_from, take_profit, stop_loss, backdated, sha256, receipts)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    terms.record_id, terms.scope, terms.author, terms.instrument, terms.series,
                    terms.unit, terms.measure, terms.side, terms.size, rows.iso(terms.opened_at),
                    terms.entry_day.isoformat(), terms.entry, terms.horizon.isoformat(),
                    terms.probability, terms.base_rate, terms.base_rate_from, terms.take_profit,
                    terms.stop_loss, int(terms.backdated), terms.sha256, rows.dump(terms.receipts),
                ),
            )  # fmt: skip
            row = db.execute(f"{_SELECT} WHERE i.record_id = ?", (terms.record_id,)).fetchone()
        return _idea(row)

    def resolve(self, idea_id: str, outcome: Outcome) -> Idea:
        """Write how a call ended. A call that has ended keeps the outcome that it has."""
        number = _number(idea_id)
        with self._database.writing() as db:
            if db.execute("SELECT 1 FROM idea WHERE n = ?", (number,)).fetchone() is None:
                raise _unknown(idea_id)
            db.execute(
                "INSERT INTO idea_outcome VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (n) DO NOTHING",
                (
                    number, outcome.day.isoformat(), outcome.value, outcome.reason,
                    outcome.profit, rows.iso(outcome.resolved_at), outcome.by, outcome.vintage,
                    outcome.sha256,
                ),
            )  # fmt: skip
            row = db.execute(f"{_SELECT} WHERE i.n = ?", (number,)).fetchone()
        return _idea(row)

    def get(self, idea_id: str, scopes: frozenset[str]) -> Idea:
        """One call. Raises InputError when there is none that these scopes may see."""
        found = self.listed(scopes, number=_number(idea_id))
        if not found:
            raise _unknown(idea_id)
        return found[0]

    def listed(
        self,
        scopes: frozenset[str],
        *,
        known_at: datetime | None = None,
        number: int | None = None,
    ) -> list[Idea]:
        """The visible calls, oldest first, as they stood at `known_at`: later ones are not there
        yet, later outcomes not known yet.
        """
        marks = ", ".join("?" * len(scopes))
        until = rows.iso(known_at) if known_at else "9999"
        one = " AND i.n = ?" if number is not None else ""
        found = self._database.read(
            f"{_SELECT} AND o.resolved_at <= ? WHERE i.scope IN ({marks}) AND i.opened_at <= ?"
            f"{one} ORDER BY i.n",
            (until, *sorted(scopes), until, *(() if number is None else (number,))),
        )
        return [_idea(row) for row in found]


def authored(ideas: Sequence[Idea], author: str) -> list[Idea]:
    """The calls of one author; all of them for an empty name."""
    return [idea for idea in ideas if not author or idea.terms.author == author]


_SELECT = (
    "SELECT i.*, o.day, o.value, o.reason, o.profit, o.resolved_at, o.by, o.vintage,"
    " o.sha256 AS outcome_sha256 FROM idea i LEFT JOIN idea_outcome o ON o.n = i.n"
)


def _number(idea_id: str) -> int:
    digits = idea_id.strip().lower().removeprefix("i")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 18:
        raise _unknown(idea_id)
    return int(digits)


def _unknown(idea_id: str) -> InputError:
    return InputError(
        f"There is no idea {idea_id} here.",
        "It does not exist or belongs to another conversation.",
        "Ask for the list of ideas.",
    )


def _idea(row: Row) -> Idea:
    return Idea(id=f"i{row['n']}", terms=_terms(row), outcome=_outcome(row))


def _terms(row: Row) -> Terms:
    return Terms(
        record_id=row["record_id"],
        scope=row["scope"],
        author=row["author"],
        instrument=row["instrument"],
        series=row["series"],
        unit=row["unit"],
        measure=cast(Measure, row["measure"]),
        side=cast(Side, row["side"]),
        size=row["size"],
        opened_at=rows.moment_of(row["opened_at"]),
        entry_day=date.fromisoformat(row["entry_day"]),
        entry=row["entry"],
        horizon=date.fromisoformat(row["horizon"]),
        probability=row["probability"],
        base_rate=row["base_rate"],
        base_rate_from=row["base_rate_from"],
        take_profit=row["take_profit"],
        stop_loss=row["stop_loss"],
        backdated=bool(row["backdated"]),
        sha256=row["sha256"],
        receipts=rows.load(row["receipts"]),
    )


def _outcome(row: Row) -> Outcome | None:
    if row["day"] is None:
        return None
    return Outcome(
        day=date.fromisoformat(row["day"]),
        value=row["value"],
        reason=cast(Reason, row["reason"]),
        profit=row["profit"],
        resolved_at=rows.moment_of(row["resolved_at"]),
        by=row["by"],
        vintage=row["vintage"],
        sha256=row["outcome_sha256"],
    )
