"""Which stored documents a question names, by company and by period.

The rule it protects: only titles within the asker's scopes are compared, so that a hidden document
lends a question nothing. It finds documents, not passages; `search.py` ranks those.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bullpen_memory.periods import Periods, periods

if TYPE_CHECKING:
    from bullpen_memory.database import Connection

MAX_NAMED = 12
# A part of a name, such as Amazon of "Amazon Web Services": enough to prefer, not to be sure.
PARTLY = 0.8
NAMED = 0.6

_PIECE = re.compile(r"[^\W_]+(?:&[^\W_]+)*")
_PERIOD_PIECE = re.compile(r"(?:fy)?\d{2,4}(?:q[1-4])?|q[1-4]|[1-4]q\d*|\d{1,2}", re.IGNORECASE)
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
    "company ltd limited plc llc sa ag nv se group holdings holding the and of &"
)
_DULL = frozenset(_DULL_PIECES.split())


@dataclass(frozen=True, slots=True)
class Title:
    """What a document's title says: its names, joined and apart, its periods and its form."""

    joined: str
    pieces: tuple[str, ...]
    periods: Periods
    forms: frozenset[str]


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
        self._titles: dict[tuple[str, str], tuple[str, Title]] = {}
        self._seen = 0

    def clear(self) -> None:
        """Let go of everything, so that no forgotten title stays in memory."""
        with self._lock:
            self._titles, self._seen = {}, 0

    def named(self, db: Connection, question: str, scopes: frozenset[str]) -> list[Named]:
        """The documents of these scopes that the question names, the surest first."""
        with self._lock:
            self._refresh(db)
            titles = [
                (thread, shown, title)
                for (thread, scope), (shown, title) in self._titles.items()
                if scope in scopes
            ]
        return resolve(question, titles)

    def _refresh(self, db: Connection) -> None:
        newest = int(db.execute("SELECT coalesce(max(vid), 0) FROM version").fetchone()[0])
        if newest == self._seen:
            return
        added = db.execute(
            "SELECT thread, scope, min(source_title) AS source_title, min(title) AS title FROM version"
            " WHERE vid > ? AND kind IN ('passage', 'document') AND thread <> ''"
            " GROUP BY thread, scope",
            (self._seen,),
        ).fetchall()
        for row in added:
            shown = row["source_title"] or row["title"]
            self._titles[row["thread"], row["scope"]] = (shown, read_title(shown))
        self._seen = newest


def read_title(title: str) -> Title:
    """What a title such as "BESTBUY_2023_10K" or "Apple Inc. – Annual report 2022" says."""
    pieces = [
        piece for piece in _pieces(title.split(" › ")[0]) if not _PERIOD_PIECE.fullmatch(piece)
    ]
    names = tuple(piece for piece in pieces if piece not in _DULL)
    return Title("".join(names), names, periods(title), _forms(title))


def resolve(question: str, titles: Sequence[tuple[str, str, Title]]) -> list[Named]:
    """The titles that the question names: by every word, joined up, by a beginning, by initials."""
    asked = periods(question)
    forms = _forms(question)
    said = _said(question)
    found = [
        Named(thread, shown, sure, _fit(title, asked, forms))
        for thread, shown, title in titles
        if title.joined and (sure := _sureness(title, said)) >= NAMED
    ]
    if not found:
        return []
    best = max(one.name for one in found)
    kept = [one for one in found if one.name == best]
    return sorted(kept, key=lambda one: (-one.period, one.title))[:MAX_NAMED]


def _sureness(title: Title, said: _Said) -> float:
    if title.joined in said.joined or all(piece in said.joined for piece in title.pieces):
        return 1.0
    if any(title.joined.startswith(word) for word in said.beginnings):
        return PARTLY
    initials = "".join(piece[0] for piece in title.pieces)
    return PARTLY if len(initials) > 1 and initials in said.capitals else 0.0


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
    """A question's words: one to four of them joined up, those in capitals, and those that may
    begin a name: proper names of over four letters, and what stands in capitals."""

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
        if shown[start][0].isupper()
    ]
    kept = {word for word in beginnings if len(word) > 4 or word in capitals}
    return _Said(frozenset(joined - _DULL), capitals - _DULL, tuple(sorted(kept - _DULL)))


def _pieces(text: str) -> list[str]:
    return [piece.lower() for piece in _PIECE.findall(_flat(text).replace("_", " "))]


def _flat(text: str) -> str:
    """Without accents."""
    parted = unicodedata.normalize("NFD", text)
    return "".join(letter for letter in parted if not unicodedata.combining(letter))
