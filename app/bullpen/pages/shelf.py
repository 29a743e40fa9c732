"""What the address of the memory page asks for: a view, words, filters.

The rule it protects: every address is a list that can be shown again and shared; a filter that
does not exist counts as not given. It asks no store.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast, get_args
from urllib.parse import urlencode

from bullpen_memory.listing import VIEWS, Shelf, View
from bullpen_memory.records import Kind, Query, Status

KINDS: tuple[Kind, ...] = get_args(Kind)
STATUSES: tuple[Status, ...] = get_args(Status)
DEFAULT_KINDS: frozenset[Kind] = frozenset(k for k in KINDS if k != "message")
"""What was said is searchable, but it is not what a person reviews: messages show when asked for."""
LABELS: dict[View, str] = {
    "all": "All", "new": "New", "proposed": "Proposed", "changed": "Changed",
    "disputed": "Disputed", "expiring": "Expiring", "pinned": "Pinned", "forgotten": "Forgotten",
}  # fmt: skip
MEANINGS: dict[View, str] = {
    "all": "Everything in force or proposed, the latest change first",
    "new": "First written within the last 7 days",
    "proposed": "Waits for a person to approve it",
    "changed": "Edited, approved, withdrawn or replaced within the last 30 days",
    "disputed": "Somebody contradicts it, and nobody has settled that",
    "expiring": "What it says is valid for less than 30 more days, or no longer",
    "pinned": "Kept as it is: nothing pushes it aside",
    "forgotten": "Erased for good: only who, when and why is left",
}
FILTERS = ("kind", "author", "status", "symbol", "tag", "scope", "since", "until", "as_of")


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What the address says. Days are ISO dates in the machine's own zone, empty for not given."""

    text: str = ""
    view: View = "all"
    kind: str = ""
    author: str = ""
    status: str = ""
    symbol: str = ""
    tag: str = ""
    scope: str = ""
    since: str = ""
    until: str = ""
    as_of: str = ""

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Search:
        """Read the address's parameters."""
        view = given.get("view", "all")
        return cls(
            text=given.get("q", "").strip()[:500],
            view=view if view in VIEWS else "all",
            kind=_among(given.get("kind", ""), (*KINDS, "any")),
            author=given.get("author", "").strip()[:100],
            status=_among(given.get("status", ""), STATUSES),
            symbol=given.get("symbol", "").strip().upper()[:40],
            tag=given.get("tag", "").strip()[:80],
            scope=given.get("scope", "").strip()[:120],
            since=_day(given.get("since", "")),
            until=_day(given.get("until", "")),
            as_of=_day(given.get("as_of", "")),
        )

    @property
    def filtered(self) -> int:
        """How many filters are set, beside the words and the view."""
        return sum(1 for name in FILTERS if getattr(self, name))

    @property
    def moment(self) -> datetime | None:
        """The end of the day as of which the memory is looked at; None for now."""
        return _end(self.as_of)

    def shelf(self, scopes: frozenset[str]) -> Shelf:
        """The list for a reader of these scopes."""
        return Shelf(view=self.view, query=self.query(scopes), any_status=not self.status)

    def query(self, scopes: frozenset[str], limit: int = 10) -> Query:
        """The same as a question to the store, whose search knows meanings, too."""
        default: frozenset[Status] = frozenset({"active", "proposed"})
        return Query(
            text=self.text,
            scopes=frozenset({self.scope}) & scopes if self.scope else scopes,
            kinds=self.kinds,
            authors=frozenset({self.author} - {""}),
            symbols=frozenset({self.symbol} - {""}),
            tags=frozenset({self.tag} - {""}),
            statuses=frozenset({cast("Status", self.status)}) if self.status else default,
            since=_start(self.since),
            until=_end(self.until),
            as_of=_end(self.as_of),
            limit=limit,
        )

    @property
    def kinds(self) -> frozenset[Kind]:
        """Which kinds are listed: all but messages where nothing else is asked for."""
        if self.kind == "any":
            return frozenset(KINDS)
        return frozenset({cast("Kind", self.kind)}) if self.kind else DEFAULT_KINDS

    def address(self, **changed: object) -> str:
        """This search as an address, with some parts changed; "" where nothing is asked for."""
        parts: dict[str, Any] = {"q": self.text, "view": "" if self.view == "all" else self.view}
        parts |= {name: getattr(self, name) for name in FILTERS}
        said = urlencode({name: value for name, value in (parts | changed).items() if value})
        return f"?{said}" if said else ""


def _among(value: str, allowed: tuple[str, ...]) -> str:
    return value if value in allowed else ""


def _day(text: str) -> str:
    try:
        return datetime.fromisoformat(text.strip()).date().isoformat()
    except ValueError:
        return ""


def _start(text: str) -> datetime | None:
    return datetime.fromisoformat(text).astimezone() if text else None


def _end(text: str) -> datetime | None:
    """The last moment of a day: what happened on it counts."""
    first = _start(text)
    return None if first is None else first + timedelta(days=1, microseconds=-1)
