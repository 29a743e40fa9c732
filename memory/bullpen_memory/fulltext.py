"""The port to full-text search: which rows hold which words, whatever the database.

The rule it protects: a row's words are found from the moment its transaction is in force, and no
word of a forgotten row is kept. It ranks for the pool only; `rerank.py` takes the second look.

A `match` is an expression in the small part of FTS5's language that `words.py` and `listing.py`
write: phrases in double quotes, joined by OR or by AND, a star after a phrase whose last word is
only begun, and `{text title context grams} : (…)` around the whole to leave the neighbours out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bullpen_memory.database import Params
from bullpen_memory.filters import Eligible

START, END = "\x02", "\x03"
"""What stands around a word that was looked for."""
AROUND = 32
"""So many words a snippet has."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What a word counts by the column it stands in: BM25's weights of FTS5."""

    text: float = 1.0
    title: float = 1.0
    context: float = 1.0
    near: float = 0.35
    grams: float = 1.0


PLAINLY = Counts()


class FullText(Protocol):
    """The words of `version`, over one connection. No `match` is empty.

    `create` makes its tables. `keep` takes in the words of the versions that a condition names,
    after they were written or changed; without a condition, of all. `tidy` leaves no word of what
    was taken out since.

    `counted` says how many rows hold the match, counting up to a limit from the oldest, and which
    row was the last one. `best` gives the eligible rows that hold it with their BM25, the best
    first; `newest` the last written, the best of them first. `count` counts the eligible rows;
    `holding` says which of some rows hold it. `marked` gives, for those of some rows that hold it,
    a part of the text and all that the row says, the words looked for between START and END.
    """

    def create(self) -> None: ...

    def keep(self, condition: str = "", params: Params = ()) -> None: ...

    def tidy(self) -> None: ...

    def counted(self, match: str, limit: int) -> tuple[int, int]: ...

    def best(
        self, match: str, where: Eligible, limit: int, counts: Counts = ...
    ) -> dict[int, float]: ...

    def newest(self, match: str, where: Eligible, limit: int) -> dict[int, float]: ...

    def count(self, match: str, where: Eligible) -> int: ...

    def holding(self, match: str, vids: Sequence[int]) -> frozenset[int]: ...

    def marked(self, match: str, vids: Sequence[int]) -> dict[int, tuple[str, str]]: ...
