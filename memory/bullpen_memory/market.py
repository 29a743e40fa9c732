"""Time series as they were known at any moment.

The rule it protects: no published value is ever overwritten, so a question pinned to an as-of
sees exactly what could have been seen then, and a hash says which rows it saw. It computes no
statistics and fetches nothing.
"""

from __future__ import annotations

import difflib
import hashlib
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Literal, NamedTuple, cast

from bullpen_memory import rows, words
from bullpen_memory.errors import InputError
from bullpen_memory.records import WORKSPACE, Observation, SeriesInfo, SeriesSlice
from bullpen_memory.store import Store

if TYPE_CHECKING:
    from bullpen_memory.database import Connection, Row

# Words that people add to a series' name without meaning another series.
_GENERIC = frozenset(
    {"series", "data", "history", "historical", "price", "prices", "level", "levels", "close"}
    | {"closing", "spot", "daily", "weekly", "monthly", "quarterly", "annual", "index"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One line of the catalogue: a series with its span (ISO dates) and its number of periods."""

    info: SeriesInfo
    rows: int
    start: str
    end: str
    vintage: str


class Line(NamedTuple):
    """One published value in a ledger of many series; `known_at` is an ISO time in UTC."""

    series: str
    period: str
    value: float | None
    known_at: str


@dataclass(frozen=True, slots=True)
class Ledger:
    """Every visible series with every value known at a moment, in order of publication."""

    infos: tuple[SeriesInfo, ...]
    lines: list[Line]


class Market:
    """The series of one context store; shares its file, its transactions and its scopes."""

    def __init__(self, store: Store) -> None:
        self._database = store.database

    def put(self, info: SeriesInfo, observations: Iterable[Observation]) -> int:
        """Add what is new; returns how many values were.

        The same value of the same period and `known_at` adds nothing. A confirmation at a later
        time is kept: an older vintage may still arrive between the two.
        Raises InputError for a period that is not an ISO date, an infinite value, a second value
        for the same period and the same `known_at`, or another unit or kind than the series has.
        """
        ready = [_checked(info.id, one) for one in observations]
        with self._database.writing() as db:
            key = _describe(db, info)
            return sum(_observe(db, key, info.id, one) for one in ready)

    def catalogue(self, scopes: frozenset[str], as_of: datetime | None = None) -> list[Listing]:
        """Every visible series with its span, by title; at `as_of`, those that had a value by then."""
        marks = ", ".join("?" * len(scopes))
        found = self._database.read(
            "SELECT s.*, count(DISTINCT o.period) AS rows, min(o.period) AS start,"
            " max(o.period) AS end, max(o.known_at) AS vintage"
            " FROM series s LEFT JOIN observation o ON o.series = s.key AND o.known_at <= ?"
            f" WHERE s.scope IN ({marks}) GROUP BY s.key ORDER BY s.title, s.id",
            [rows.iso(as_of) if as_of else "9999", *sorted(scopes)],
        )
        return [
            Listing(
                info=_info(row),
                rows=row["rows"],
                start=row["start"] or "",
                end=row["end"] or "",
                vintage=row["vintage"] or "",
            )
            for row in found
            if row["rows"] or as_of is None
        ]

    def resolve(self, name: str, scopes: frozenset[str]) -> SeriesInfo:
        """The one series that a person means: by id, symbol, title, or the words of these.

        Raises InputError that lists the candidates when several fit, or the nearest when none.
        """
        known = list(self._visible(scopes).values())
        folded = _squeezed(name)
        for names in (_ids, _symbols, _titles):
            exact = [info for info in known if folded and folded in names(info)]
            if exact:
                return _only(exact, name)
        asked = _telling(name)
        for places in (_title_words, _all_words):
            fitting = [info for info in known if asked and asked <= places(info)]
            if fitting:
                return _only(fitting, name)
        raise _unknown(name, known)

    def slice(
        self,
        series_id: str,
        *,
        scopes: frozenset[str],
        start: str | date | None = None,
        end: str | date | None = None,
        as_of: datetime | None = None,
    ) -> SeriesSlice:
        """The values from `start` to `end` (both included) as known at `as_of`, or now.

        Raises InputError for a series that is not visible, or a date that is none.
        """
        key, info = self._keyed(series_id, scopes)
        low, high = _day(start, "0001-01-01"), _day(end, "9999-12-31")
        if low > high:
            raise InputError(
                f"{info.title} was not read.",
                f"The start {low} lies after the end {high}.",
                "Swap the two dates.",
            )
        seen = rows.iso(as_of) if as_of else "9999"
        found = self._database.read(
            "SELECT o.period, o.value, o.known_at FROM (SELECT period, max(known_at) AS known_at"
            " FROM observation WHERE series = ? AND period BETWEEN ? AND ? AND known_at <= ?"
            " GROUP BY period) latest JOIN observation o ON o.series = ?"
            " AND o.period = latest.period AND o.known_at = latest.known_at ORDER BY o.period",
            (key, low, high, seen, key),
        )
        lines = [f"{row['period']},{row['value']!r},{row['known_at']}\n" for row in found]
        return SeriesSlice(
            info=info,
            observations=tuple(_observation(row) for row in found),
            vintage=max((str(row["known_at"]) for row in found), default=""),
            sha256=hashlib.sha256("".join(lines).encode()).hexdigest(),
        )

    def vintages(
        self, series_id: str, period: str | date, *, scopes: frozenset[str]
    ) -> list[Observation]:
        """Every value ever published for one period, in the order in which they became known."""
        key, _ = self._keyed(series_id, scopes)
        found = self._database.read(
            "SELECT period, value, known_at FROM observation WHERE series = ? AND period = ?"
            " ORDER BY known_at",
            (key, _day(period, "")),
        )
        return [_observation(row) for row in found]

    def ledger(self, *, scopes: frozenset[str], as_of: datetime | None = None) -> Ledger:
        """All vintages of all visible series; with `as_of` those that were known then.

        A series of which nothing was known then is not in it.
        """
        visible = self._visible(scopes)
        marks = ", ".join("?" * len(visible))
        found = self._database.read(
            "SELECT series, period, value, known_at FROM observation"
            f" WHERE series IN ({marks}) AND known_at <= ? ORDER BY series, period, known_at",
            (*visible, rows.iso(as_of) if as_of else "9999"),
        )
        names = {key: info.id for key, info in visible.items()}
        lines = [Line(names[key], period, value, known) for key, period, value, known in found]
        held = {line.series for line in lines}
        infos = visible.values()
        return Ledger(tuple(info for info in infos if as_of is None or info.id in held), lines)

    def _visible(self, scopes: frozenset[str]) -> dict[int, SeriesInfo]:
        """The visible series by key. Of two with one id the private one hides the workspace's."""
        marks = ", ".join("?" * len(scopes))
        found = self._database.read(
            f"SELECT * FROM series WHERE scope IN ({marks}) ORDER BY scope = ?, title, id",
            (*sorted(scopes), WORKSPACE),
        )
        first = {row["id"]: row for row in reversed(found)}
        return {row["key"]: _info(row) for row in found if first[row["id"]] is row}

    def _keyed(self, series_id: str, scopes: frozenset[str]) -> tuple[int, SeriesInfo]:
        known = self._visible(scopes)
        for key, info in known.items():
            if info.id == series_id:
                return key, info
        raise _unknown(series_id, list(known.values()))


def _describe(db: Connection, info: SeriesInfo) -> int:
    """Write the descriptor; returns the key its observations are kept under."""
    row = db.execute(
        "SELECT * FROM series WHERE id = ? AND scope = ?", (info.id, info.scope)
    ).fetchone()
    values = (info.title, info.unit, info.frequency, info.source, info.licence, info.kind,
              rows.dump(info.symbols), info.url, info.notes)  # fmt: skip
    if row is None:
        made = db.execute(
            "INSERT INTO series (title, unit, frequency, source, licence, kind, symbols, url,"
            " notes, id, scope) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING key",
            (*values, info.id, info.scope),
        )
        return int(made.fetchone()[0])
    _refuse_other(info, _info(row))
    db.execute(
        "UPDATE series SET title = ?, unit = ?, frequency = ?, source = ?, licence = ?, kind = ?,"
        " symbols = ?, url = ?, notes = ? WHERE key = ?",
        (*values, row["key"]),
    )
    return int(row["key"])


def _refuse_other(info: SeriesInfo, held: SeriesInfo) -> None:
    for name in ("unit", "kind"):
        new, old = getattr(info, name), getattr(held, name)
        if new != old:
            raise InputError(
                f"The series {info.id} was not stored.",
                f"A series of that id is there with the {name} {old}, not {new}.",
                "Give the new series an id of its own.",
            )


def _observe(db: Connection, key: int, series: str, one: Observation) -> int:
    known_at = rows.iso(one.known_at)
    held = db.execute(
        "SELECT value FROM observation WHERE series = ? AND period = ? AND known_at = ?",
        (key, one.period, known_at),
    ).fetchone()
    if held is not None and held["value"] == one.value:
        return 0
    if held is not None:
        raise InputError(
            f"The series {series} was not stored.",
            f"For {one.period} it has {held['value']} and {one.value}, both known at {known_at}.",
            "Keep one of them, or state when the revision became known.",
        )
    db.execute(
        "INSERT INTO observation (series, period, known_at, value) VALUES (?, ?, ?, ?)",
        (key, one.period, known_at, one.value),
    )
    return 1


def _checked(series: str, one: Observation) -> Observation:
    period = _day(one.period, "")
    if one.value is None or math.isnan(one.value):
        return Observation(period, None, one.known_at)
    if math.isinf(one.value):
        raise InputError(
            f"The series {series} was not stored.",
            f"Its value for {period} is infinite.",
            "Leave the value out where there is none.",
        )
    return Observation(period, float(one.value), one.known_at)


def _day(given: str | date | None, default: str) -> str:
    if given is None:
        return default
    if isinstance(given, datetime):
        return given.date().isoformat()
    if isinstance(given, date):
        return given.isoformat()
    try:
        return date.fromisoformat(given).isoformat()
    except ValueError:
        raise InputError(
            f"“{given}” is not a date.", "", "Write it as year-month-day, for example 2020-03-31."
        ) from None


def _info(row: Row) -> SeriesInfo:
    return SeriesInfo(
        id=row["id"],
        title=row["title"],
        unit=row["unit"],
        frequency=cast(
            'Literal["daily", "weekly", "monthly", "quarterly", "annual", "irregular"]',
            row["frequency"],
        ),
        source=row["source"],
        licence=row["licence"],
        kind=cast('Literal["observed", "synthetic"]', row["kind"]),
        symbols=rows.load(row["symbols"]),
        scope=row["scope"],
        url=row["url"],
        notes=row["notes"],
    )


def _observation(row: Row) -> Observation:
    return Observation(row["period"], row["value"], rows.moment_of(row["known_at"]))


def _squeezed(name: str) -> str:
    return re.sub(r"[\W_]+", "", rows.clean(name).casefold())


def _ids(info: SeriesInfo) -> set[str]:
    return {_squeezed(info.id)}


def _symbols(info: SeriesInfo) -> set[str]:
    return {_squeezed(symbol) for symbol in info.symbols}


def _titles(info: SeriesInfo) -> set[str]:
    return {_squeezed(info.title)}


def _spelled(text: str) -> set[str]:
    return set(re.findall(r"[^\W_]+", rows.clean(text).casefold()))


def _telling(name: str) -> set[str]:
    asked = _spelled(name) - words.STOP_WORDS
    return asked - _GENERIC or asked


def _title_words(info: SeriesInfo) -> set[str]:
    return _spelled(" ".join((info.id, info.title, *info.symbols)))


def _all_words(info: SeriesInfo) -> set[str]:
    return _title_words(info) | _spelled(f"{info.notes} {info.source}")


def _only(fitting: list[SeriesInfo], name: str) -> SeriesInfo:
    if len(fitting) == 1:
        return fitting[0]
    raise InputError(
        f"“{name}” can mean several series.",
        "These fit: " + "; ".join(f"{info.id} ({info.title})" for info in fitting[:8]) + ".",
        "Use one of these ids.",
    )


def _unknown(name: str, known: list[SeriesInfo]) -> InputError:
    if not known:
        return InputError(
            f"There is no series “{name}”.", "No series is stored here yet.", "Import one first."
        )
    labels = {label.casefold(): info.id for info in known for label in _labels(info)}
    near = difflib.get_close_matches(name.casefold(), list(labels), n=5, cutoff=0.5)
    listed = list(dict.fromkeys(labels[label] for label in near)) or [i.id for i in known[:8]]
    said = "The nearest are" if near else "There are"
    return InputError(
        f"There is no series “{name}”.",
        f"{said}: {', '.join(listed)}.",
        "Use one of these names, or import the series.",
    )


def _labels(info: SeriesInfo) -> tuple[str, ...]:
    return (info.id, info.title, *info.symbols, *info.title.split())
