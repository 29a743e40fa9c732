"""How rare a question's words are in the store, which decides what each counts and which are looked up.

The rule it protects: however common the words of a question are, looking them up costs no more
than a few thousand rows. It ranks nothing.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from bullpen_memory import gather
from bullpen_memory.words import Term, Terms

if TYPE_CHECKING:
    from bullpen_memory.database import Connection

# Every row that holds a word looked up has to be scored. Of many words the rarest are looked up, as
# long as they stand in no more rows than this together; the others count in the second look.
LOOKED_UP = 4_000
# An estimate holds until the store has grown by this share.
DRIFT = 0.05
MOST_KEPT = 10_000


class Rarity:
    """How many rows hold a word. Of a common one that is estimated, and kept for a while."""

    def __init__(self) -> None:
        self._common: dict[str, tuple[int, int]] = {}

    def clear(self) -> None:
        """Let go of the words that were asked for."""
        self._common.clear()

    def weigh(self, db: Connection, asked: list[Term]) -> Terms:
        """The words that occur, with their idf; which of them are looked up, their rarity decides.

        idf = ln((N - n + 0.5) / (n + 0.5)), floored at 1e-6, as FTS5's bm25() has it, with the
        number of the newest row for N.
        """
        total = gather.newest(db)
        found: list[tuple[int, Term]] = []
        for term in asked:
            counted = self._rows_with(db, term, total)
            if counted:
                idf = max(math.log((total - counted + 0.5) / (counted + 0.5)), 1e-6)
                found.append((counted, replace(term, idf=idf)))
        return Terms(tuple(term for _, term in found), *_telling(found))

    def _rows_with(self, db: Connection, term: Term, total: int) -> int:
        known, then = self._common.get(term.match, (0, 0))
        if known and then <= total <= then * (1 + DRIFT):
            return known
        counted, last = gather.counted(db, term.match, LOOKED_UP + 1)
        if counted <= LOOKED_UP:
            return counted
        # Rows are counted from the oldest: as many again in as many more.
        estimate = min(total, round(counted * total / max(1, last)))
        if len(self._common) > MOST_KEPT:
            self._common.clear()
        self._common[term.match] = (estimate, total)
        return estimate


def _telling(found: list[tuple[int, Term]]) -> tuple[tuple[Term, ...], int]:
    """The rarest within the budget, what was typed before its other names; at least one. And how
    many rows hold them, together at the most."""
    kept: list[Term] = []
    spent = 0
    for counted, term in sorted(found, key=lambda one: (one[1].other, one[0])):
        if not kept or spent + counted <= LOOKED_UP:
            kept.append(term)
            spent += counted
    return tuple(kept), spent
