"""Which stored documents a question names, by company and by period.

The rule it protects: only titles within the asker's scopes are compared, so that a hidden document
lends a question nothing, nor at an earlier time one that came later. It finds documents, not passages; `search.py` ranks those.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bullpen_memory import rows
from bullpen_memory.company_names import meant
from bullpen_memory.periods import Periods, Span, periods, spans
from bullpen_memory.words import STOP_WORDS

if TYPE_CHECKING:
    from bullpen_memory.database import Connection

MAX_NAMED = 12
# A part of a name, such as Amazon of "Amazon Web Services": enough to prefer, not to be sure.
PARTLY = 0.8
MOST_MEANT = 2

_PIECE = re.compile(r"[^\W_]+(?:&[^\W_]+)*")
_PERIOD_PIECE = re.compile(
    r"(?:fy)?\d{2,4}(?:q[1-4])?|q[1-4](?:fy)?\d*|[1-4]q\d*|\d{1,2}|\d{5,}", re.IGNORECASE
)
# A date in a title, and the days after an event within which a current report is filed.
_REPORTED_DAYS = 7
_FORMS = {
    "10k": ("10k", "annual report", "annual filing"),
    "10q": ("10q", "quarterly report", "quarterly filing"),
    "8k": ("8k", "current report"),
    "20f": ("20f",),
    "earnings": ("earnings release", "earnings call", "press release"),
    "proxy": ("proxy", "def14a"),
    "transcript": ("transcript", "earnings call"),
}
_DULL_PIECES = (
    "10k 10q 8k 20f 10 k q 8 20 f form annual quarterly report annualreport earnings release proxy "
    "statement transcript filing dated pdf docx txt md html htm csv xlsx inc corp corporation co "
    "company ltd limited plc llc sa ag nv se group holdings holding the and of p pg page pages "
    "for fiscal year ended ending quarter fy full results def 14a def14a january february march "
    "april may june july august september october november december jan feb mar apr jun jul aug "
    "sep sept oct nov dec"
)
_DULL = frozenset(_DULL_PIECES.split())


@dataclass(frozen=True, slots=True)
class Title:
    """What a document's title says: its names, joined and apart, its periods and its form."""

    joined: str
    pieces: tuple[str, ...]
    periods: Periods
    forms: frozenset[str]
    dates: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Named:
    """A document that a question names: how surely (0 to 1), and how well its period fits."""

    thread: str
    title: str
    name: float
    period: float


class Catalogue:
    """The titles of all documents, in memory, grown as documents are added."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # By thread and scope: the title as shown, what it says, and since when it is known.
        self._titles: dict[tuple[str, str], tuple[str, Title, str]] = {}
        self._seen = 0

    def clear(self) -> None:
        """Let go of everything, so that no forgotten title stays in memory."""
        with self._lock:
            self._titles, self._seen = {}, 0

    def named(
        self, db: Connection, question: str, scopes: frozenset[str], as_of: datetime | None = None
    ) -> list[Named]:
        """The documents of these scopes (known then) that the question names, the surest first."""
        until = "9999" if as_of is None else rows.iso(as_of)
        with self._lock:
            self._refresh(db)
            titles = [
                (thread, shown, title)
                for (thread, scope), (shown, title, since) in self._titles.items()
                if scope in scopes and since <= until
            ]
        return resolve(question, titles)

    def _refresh(self, db: Connection) -> None:
        newest = int(db.execute("SELECT coalesce(max(vid), 0) FROM version").fetchone()[0])
        if newest == self._seen:
            return
        added = db.execute(
            "SELECT thread, scope, min(source_title) AS source_title, min(title) AS title,"
            " min(CASE WHEN begins > known_at THEN begins ELSE known_at END) AS since FROM version"
            " WHERE vid > ? AND kind IN ('passage', 'document') AND thread <> ''"
            " GROUP BY thread, scope",
            (self._seen,),
        ).fetchall()
        for row in added:
            shown = row["source_title"] or row["title"]
            place = (str(row["thread"]), str(row["scope"]))
            known = self._titles.get(place)
            since = min(row["since"], known[2]) if known else row["since"]
            self._titles[place] = (shown, read_title(shown), since)
        self._seen = newest


def read_title(title: str) -> Title:
    """What a title such as "BESTBUY_2023_10K" or "Apple Inc. – Annual report 2022" says."""
    pieces = [
        piece for piece in _pieces(title.split(" › ")[0]) if not _PERIOD_PIECE.fullmatch(piece)
    ]
    names = tuple(piece for piece in pieces if piece not in _DULL)
    dates = tuple(spans(title.replace("_", " ")))
    return Title("".join(names), names, periods(title), _forms(title), dates)


def resolve(question: str, titles: Sequence[tuple[str, str, Title]]) -> list[Named]:
    """The titles that the question names: by every word, joined up, by a beginning, by initials."""
    said = _said(question)
    whole = {title.joined for _, _, title in titles if title.joined and _wholly(title, said)}
    surely = dict.fromkeys(whole, 1.0) or dict.fromkeys(
        _partly({title.joined: title for _, _, title in titles if title.joined}, said), PARTLY
    )
    asked, forms, dates = periods(question), _forms(question), spans(question)
    found = [
        Named(thread, shown, surely[title.joined], _fit(title, asked, forms) + _dated(title, dates))
        for thread, shown, title in titles
        if title.joined in surely
    ]
    return sorted(found, key=lambda one: (-one.period, one.title))[:MAX_NAMED]


def _wholly(title: Title, said: _Said) -> bool:
    """By its whole name, or by another that the company goes by."""
    return (
        title.joined in said.joined
        or all(piece in said.joined for piece in title.pieces)
        or not said.joined.isdisjoint(meant(title.joined, capitals=True))
    )


def _partly(titles: Mapping[str, Title], said: _Said) -> set[str]:
    """Names that a word of the question begins, or whose initials it is.

    A longer beginning goes before a shorter: "American Water" is not American Express. What begins
    the names of more than two companies names none of them.
    """
    begun: dict[str, set[str]] = {}
    for name, title in titles.items():
        initials = "".join(piece[0] for piece in title.pieces)
        known = bool(meant(initials, capitals=True))
        if len(initials) > 1 and initials in said.capitals and not known:
            begun.setdefault(initials, set()).add(name)
        words = [word for word in said.beginnings if name.startswith(word)]
        if words:
            begun.setdefault(max(words, key=len), set()).add(name)
    return {
        name
        for word, names in begun.items()
        if len(names) <= MOST_MEANT
        and not any(other != word and other.startswith(word) for other in begun)
        for name in names
    }


def _dated(title: Title, asked: Sequence[Span]) -> float:
    """A report of the very day or month best, then one of the days after; of another day worse."""
    if not asked or not title.dates:
        return 0.0
    if any(one.start <= date.start < one.end for one in asked for date in title.dates):
        return 0.6
    after = timedelta(days=_REPORTED_DAYS)
    if any(one.end <= date.start < one.end + after for one in asked for date in title.dates):
        return 0.5
    return -0.3


def _fit(title: Title, asked: Periods, forms: frozenset[str]) -> float:
    """0 to 1: the same year and quarter best; a report of the year after shows the year too."""
    if not title.periods.years or not asked.years:
        year = 0.3
    elif asked.latest in title.periods.years:
        year = 0.7
    elif asked.latest + 1 in title.periods.years:
        year = 0.3
    else:
        year = 0.1 if asked.years & title.periods.years else 0.0
    same_quarter = asked.quarter == title.periods.quarter
    quarter = 0.15 if same_quarter else 0.0
    form = 0.15 if not forms or forms & title.forms else 0.0
    return year + quarter + form


def _forms(text: str) -> frozenset[str]:
    plain = " ".join(_pieces(text))
    flat = plain.replace("10 k", "10k").replace("10 q", "10q").replace("8 k", "8k")
    flat = flat.replace("annualreport", "annual report")
    return frozenset(
        form for form, ways in _FORMS.items() if any(re.search(rf"\b{way}\b", flat) for way in ways)
    )


@dataclass(frozen=True, slots=True)
class _Said:
    """A question's words: one to four of them joined up, with the companies that they stand for;
    those in capitals; those that may begin a name: proper names of over three letters, and what
    stands in capitals."""

    joined: frozenset[str]
    capitals: frozenset[str]
    beginnings: tuple[str, ...]


def _said(question: str) -> _Said:
    shown = _PIECE.findall(_flat(re.sub(r"['’]s\b", "", question)))
    words = [word.lower().replace("&", "") for word in shown]
    joined = {
        "".join(words[start : start + length])
        for length in range(1, 5)
        for start in range(len(words) - length + 1)
    }
    capitals = frozenset(
        word for word, seen in zip(words, shown, strict=True) if seen.isupper() and len(word) > 1
    )
    beginnings = [
        "".join(words[start : start + length])
        for length in (1, 2, 3)
        for start in range(len(words) - length + 1)
        if shown[start][0].isupper() and words[start] not in STOP_WORDS
    ]
    kept = {word for word in beginnings if len(word) > 3 or (len(word) > 2 and word in capitals)}
    stands = {name for word in joined for name in meant(word, capitals=word in capitals)}
    return _Said(
        frozenset((joined - _DULL) | stands), capitals - _DULL, tuple(sorted(kept - _DULL))
    )


def _pieces(text: str) -> list[str]:
    found = _PIECE.findall(_flat(text).replace("_", " "))
    return [piece.lower().replace("&", "") for piece in found]


def _flat(text: str) -> str:
    """Without accents."""
    parted = unicodedata.normalize("NFD", text)
    return "".join(letter for letter in parted if not unicodedata.combining(letter))
