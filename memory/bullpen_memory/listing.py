"""Long lists of records for people: which records, in which order, cut into windows.

The rule it protects: scope and filters hold inside SQLite, as in every search, and a window of a
list of 100,000 costs no more than one of ten. It ranks by words alone, so that each keystroke is
answered at once; `search.py` ranks by meaning, too.
"""

from __future__ import annotations

import re
import threading
from array import array
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal, get_args

from bullpen_memory import filters, rows
from bullpen_memory.database import Database
from bullpen_memory.filters import Eligible
from bullpen_memory.fulltext import Counts
from bullpen_memory.records import Kind, Query, Record, Status
from bullpen_memory.words import STOP_WORDS

if TYPE_CHECKING:
    from bullpen_memory.database import Connection

View = Literal["all", "new", "proposed", "changed", "disputed", "expiring", "pinned", "forgotten"]
VIEWS: tuple[View, ...] = get_args(View)
DISPUTED = "disputed"
"""The tag of a record that somebody contradicts and nobody has settled."""
NEW_DAYS, CHANGED_DAYS, EXPIRING_DAYS = 7, 30, 30
RANKED = 2_000
"""Of so many matches the best come first; of more the newest, for ranking all of them takes long."""
KEPT_ORDERS = 16
TITLES_FIRST = Counts(title=3.0, context=0.6, near=0.1)
_WORD = re.compile(r"\w+(?:&\w+)*", re.UNICODE)
_IN_FORCE: frozenset[Status] = frozenset({"active", "proposed"})

# Each view: which statuses, what else must hold of a row, and the order.
_CONDITIONS: dict[View, tuple[frozenset[Status], str, str]] = {
    "all": (_IN_FORCE, "", "v.vid DESC"),
    "new": (_IN_FORCE, "v.created_at >= :since", "v.vid DESC"),
    "proposed": (frozenset({"proposed"}), "", "v.vid DESC"),
    "changed": (
        frozenset({"active", "proposed", "superseded", "retracted"}),
        "v.n > 1 AND v.updated_at >= :since",
        "v.vid DESC",
    ),
    "disputed": (
        _IN_FORCE,
        # As the index over these rows has it; tags are a JSON array.
        f"instr(v.tags, '\"{DISPUTED}\"') > 0",
        "v.vid DESC",
    ),
    "expiring": (_IN_FORCE, "v.valid_to IS NOT NULL AND v.valid_to <= :until", "v.valid_to, v.vid"),
    "pinned": (_IN_FORCE, "v.pinned = 1", "v.vid DESC"),
    "forgotten": (frozenset({"forgotten"}), "", "v.vid DESC"),
}


@dataclass(frozen=True, slots=True)
class Order:
    """The records of a list in their order, by the number of their version's row.

    `stamp` names the moment it was made: windows asked for with it are cut from this very list.
    """

    vids: array[int]
    note: str = ""
    stamp: int = 0

    def __len__(self) -> int:
        return len(self.vids)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """One list: a view, narrowed by a query. The query's statuses count only where they are given.

    `limit` and `offset` of the query are not looked at; `window` cuts the list.
    """

    view: View = "all"
    query: Query
    any_status: bool = True


class Listing:
    """The lists of one store's database. Safe to share between threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._orders: OrderedDict[tuple[object, ...], Order] = OrderedDict()
        self._counts: OrderedDict[tuple[object, ...], dict[View, int]] = OrderedDict()

    def order(self, shelf: Shelf, now: datetime, stamp: int = 0) -> Order:
        """Which records the list holds, in order. Kept until a record changes.

        With the `stamp` of an earlier list, that list as long as it is kept: so that the windows of
        one reader fit together while others write.
        """
        # Views with a time in them move on by the hour.
        moment = shelf.query.as_of or now
        hour = moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        present = self._stamp()
        with self._lock:
            known = self._orders.get((stamp or present, shelf, hour))
            known = known or self._orders.get((present, shelf, hour))
        if known is not None:
            return known
        key = (present, shelf, hour)
        with self._database.reading() as db:
            made = replace(_ordered(db, shelf, hour), stamp=present)
        with self._lock:
            self._orders[key] = made
            while len(self._orders) > KEPT_ORDERS:
                self._orders.popitem(last=False)
        return made

    def window(self, order: Order, start: int, count: int) -> list[Record]:
        """A part of a list. What changed since the list was made is shown as it was then."""
        vids = order.vids[max(0, start) : max(0, start) + count]
        if not vids:
            return []
        marks = ", ".join("?" * len(vids))
        found = {
            row["vid"]: row
            for row in self._database.read(f"SELECT * FROM version WHERE vid IN ({marks})", vids)
        }
        return [rows.to_record(found[vid]) for vid in vids if vid in found]

    def of(self, records: Sequence[Record]) -> Order:
        """A list of exactly these versions, such as what a search by meaning found."""
        if not records:
            return Order(array("q"))
        marks = ", ".join("(?, ?)" for _ in records)
        params = [value for record in records for value in (record.id, record.version)]
        found = {
            (row["id"], row["n"]): row["vid"]
            for row in self._database.read(
                f"SELECT vid, id, n FROM version WHERE (id, n) IN (VALUES {marks})", params
            )
        }
        keys = ((record.id, record.version) for record in records)
        return Order(array("q", (found[key] for key in keys if key in found)))

    def counts(
        self,
        scopes: frozenset[str],
        kinds: frozenset[Kind],
        now: datetime,
        as_of: datetime | None = None,
    ) -> dict[View, int]:
        """How many records each view holds for a reader, or held as known at an earlier time."""
        hour = (as_of or now).astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        key = (self._stamp(), scopes, kinds, hour, as_of)
        with self._lock:
            known = self._counts.get(key)
        if known is None:
            known = (
                self._counted(filters.seen(scopes, as_of), kinds, hour)
                if scopes
                else dict.fromkeys(VIEWS, 0)
            )
            with self._lock:
                self._counts[key] = known
                while len(self._counts) > KEPT_ORDERS:
                    self._counts.popitem(last=False)
        return known

    def _counted(self, where: Eligible, kinds: frozenset[Kind], hour: datetime) -> dict[View, int]:
        # Narrow columns alone, which an index holds; the few disputed ones have an index of theirs.
        kind_marks = ", ".join("?" * len(kinds))
        params = (*where.params, *sorted(kinds))
        listed = f"FROM version v WHERE {where.sql} AND v.kind IN ({kind_marks})"
        views: list[View] = [view for view in VIEWS if view != "disputed"]
        columns = ", ".join(f"count(*) FILTER (WHERE {_counting(view, hour)})" for view in views)
        row = self._database.read(f"SELECT {columns} {listed}", params)[0]
        counted = {view: int(number or 0) for view, number in zip(views, row, strict=True)}
        disputed = self._database.read(
            f"SELECT count(*) {listed} AND {_counting('disputed', hour)}", params
        )
        return {view: counted.get(view, int(disputed[0][0])) for view in VIEWS}

    def _stamp(self) -> int:
        """Grows with every change of any record."""
        return int(self._database.read("SELECT coalesce(max(seq), 0) FROM change")[0][0])


def _ordered(db: Connection, shelf: Shelf, hour: datetime) -> Order:
    statuses, condition, by = _CONDITIONS[shelf.view]
    query = shelf.query if not shelf.any_status else replace(shelf.query, statuses=statuses)
    if not query.scopes or not query.statuses:
        return Order(array("q"))
    where = filters.eligible(query)
    sql = f"{where.sql} AND {_timed(condition, shelf.view, hour)}" if condition else where.sql
    match = typed(db, query.text)
    if match:
        return _matching(db, match, Eligible(sql, where.params))
    if len(query.text.strip()) > 1:
        return Order(array("q"), "Nothing to look for is among these words.")
    found = db.execute(
        f"SELECT v.vid FROM version v WHERE {sql} ORDER BY {by}", where.params
    ).fetchall()
    return Order(array("q", (row[0] for row in found)))


def _matching(db: Connection, match: str, where: Eligible) -> Order:
    many = db.words.counted(match, RANKED + 1)[0] > RANKED
    if many:
        found = sorted(db.words.newest(match, where, RANKED), reverse=True)
    else:
        found = list(db.words.best(match, where, RANKED, TITLES_FIRST))
    note = f"Very many records fit: the newest {RANKED:,} are listed. One more word narrows them."
    return Order(array("q", found), note if many and len(found) == RANKED else "")


def typed(db: Connection, text: str) -> str:
    """The full-text question for what was typed so far: all words, each perhaps unfinished.

    Empty where nothing was typed that could be looked for.
    """
    said = _WORD.findall(rows.clean(text).casefold())
    parts: list[str] = []
    for word in said:
        single = rows.grams(word).split()
        if single:
            parts += [f'"{pair}"' for pair in [p for p in single if len(p) > 1] or single]
        elif len(word) > 1 and (word not in STOP_WORDS or len(said) == 1):
            # Of one letter every word begins with it, or nearly so: the next one is telling.
            parts.append(_completed(db, word))
    return " AND ".join(parts)


def _completed(db: Connection, word: str) -> str:
    """The word as a beginning of words; shorter where stemming keeps the whole from matching.

    "volatilit" begins no stem, for "volatility" is kept as "volatil".
    """
    for length in range(len(word), max(2, len(word) - 4), -1):
        expression = f'"{word[:length]}"*'
        if db.words.counted(expression, 1)[0]:
            return expression
    return f'"{word}"*'


def _counting(view: View, hour: datetime) -> str:
    statuses, condition, _ = _CONDITIONS[view]
    listed = ", ".join(f"'{status}'" for status in sorted(statuses))
    return f"v.status IN ({listed})" + (
        f" AND ({_timed(condition, view, hour)})" if condition else ""
    )


def _timed(condition: str, view: View, hour: datetime) -> str:
    """The condition with its times. They are ours, fixed-width and free of quotes."""
    days = NEW_DAYS if view == "new" else CHANGED_DAYS
    since, until = rows.iso(hour - timedelta(days=days)), rows.iso(hour + timedelta(days=EXPIRING_DAYS))  # fmt: skip
    return condition.replace(":since", f"'{since}'").replace(":until", f"'{until}'")
