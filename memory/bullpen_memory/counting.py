"""How often a question's words stand in many texts at once, and how they stand together.

The rule it protects: it sees lexemes only (`lexemes.py`) and counts; what a count is worth,
`rerank.py` decides. It reads no database and no text.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bullpen_memory.lexemes import lexeme
from bullpen_memory.stem import tokens
from bullpen_memory.words import Terms

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SIEVE = 1 << 16


@dataclass(frozen=True, slots=True)
class Times:
    """Of n texts: how often each of t terms stands in them (n, t), and their words (n,)."""

    times: NDArray[np.float64]
    length: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Counted(Times):
    """Beside it, each (n,): the share in [0, 1] of the question's pairs of words that stand
    together, of its weight that the best line holds, and how many words begin with a digit."""

    pairs: NDArray[np.float64]
    line: NDArray[np.float64]
    figures: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Laid:
    """Texts laid end to end, a 0 after each; and where the wanted lexemes stand, in their order."""

    numbers: NDArray[np.uint32]
    starts: NDArray[np.int64]
    lengths: NDArray[np.float64]
    ends: NDArray[np.int64]
    at: NDArray[np.int64]
    code: NDArray[np.int64]


class Wanted:
    """The terms and pairs of one question, as lexemes."""

    def __init__(self, text: str, terms: Terms) -> None:
        import numpy as np

        self._terms = len(terms.found)
        self._weight = np.array([term.idf * term.weight for term in terms.found])
        self._total = terms.total or 1.0
        single: dict[int, list[int]] = {}
        self._phrases: list[tuple[int, tuple[int, ...]]] = []
        idf: dict[str, float] = {}
        for place, term in enumerate(terms.found):
            for way in term.ways:
                if len(way) == 1:
                    single.setdefault(lexeme(way[0]), []).append(place)
                    idf.setdefault(way[0], term.idf)
                else:
                    self._phrases.append((place, tuple(map(lexeme, way))))
        self._pairs = _pairs(text, idf)
        begins = {way[0] for _, way in self._phrases} | {one for one, _ in self._pairs}
        self._codes = np.array(sorted(single.keys() | begins), np.uint32)
        self._code = {int(one): i for i, one in enumerate(self._codes)}
        self._sieve = np.zeros(_SIEVE, np.bool_)
        self._sieve[self._codes & (_SIEVE - 1)] = True
        # Which terms a lexeme by itself stands for, mostly one: (the most, codes), -1 for none.
        most = max(map(len, single.values()), default=0)
        self._single = np.full((most, len(self._codes)), -1, np.int64)
        for one, places in single.items():
            self._single[: len(places), self._code[one]] = places

    def times(self, texts: Sequence[bytes]) -> Times:
        """How often each term stands in each of these texts."""
        laid = self._laid(texts)
        return Times(self._times(laid, *self._found(laid)), laid.lengths)

    def counted(self, texts: Sequence[bytes]) -> Counted:
        """The same, and how the words stand together."""
        import numpy as np

        laid = self._laid(texts)
        at, place = self._found(laid)
        figures = np.add.reduceat((laid.numbers & 1).astype(np.int64), laid.starts)
        return Counted(
            self._times(laid, at, place),
            laid.lengths,
            self._together(laid),
            self._best_line(laid, at, place),
            figures.astype(np.float64),
        )

    def _laid(self, texts: Sequence[bytes]) -> _Laid:
        import numpy as np

        numbers = np.frombuffer(b"\0\0\0\0".join([*texts, b""]), "<u4")
        sizes = np.array([len(text) // 4 + 1 for text in texts])
        starts = np.concatenate(([0], np.cumsum(sizes)[:-1]))
        breaks = numbers == 0
        at = np.flatnonzero(self._sieve[numbers & (_SIEVE - 1)])
        held = numbers[at]
        code = np.searchsorted(self._codes, held) if len(self._codes) else np.zeros(0, np.int64)
        code = np.minimum(code, max(0, len(self._codes) - 1))
        right = self._codes[code] == held if len(self._codes) else np.zeros(len(at), np.bool_)
        lengths = sizes - np.add.reduceat(breaks.astype(np.int64), starts)
        return _Laid(
            numbers,
            starts,
            lengths.astype(np.float64),
            np.flatnonzero(breaks),
            at[right],
            code[right],
        )

    def _found(self, laid: _Laid) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where a term stands (a phrase by its first word), and which: two arrays as long."""
        import numpy as np

        found_at: list[NDArray[np.int64]] = [laid.at[:0]]
        found: list[NDArray[np.int64]] = [laid.at[:0]]
        for places in self._single:
            place = places[laid.code]
            found_at.append(laid.at[place >= 0])
            found.append(place[place >= 0])
        for term, way in self._phrases:
            at = self._followed(laid, way)
            if len(at):
                found_at.append(at)
                found.append(np.full(len(at), term))
        return np.concatenate(found_at), np.concatenate(found)

    def _followed(self, laid: _Laid, way: Sequence[int]) -> NDArray[np.int64]:
        """Where these lexemes stand one after the other on a line."""
        at = laid.at[laid.code == self._code[way[0]]]
        for step, one in enumerate(way[1:], start=1):
            if not len(at):
                break
            # Every text ends with a 0, so no phrase runs into the next text or over the end.
            at = at[at + step < len(laid.numbers)]
            at = at[laid.numbers[at + step] == one]
        return at

    def _times(
        self, laid: _Laid, at: NDArray[np.int64], place: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        import numpy as np

        texts, terms = len(laid.starts), self._terms
        text = np.searchsorted(laid.starts, at, side="right") - 1
        times = np.bincount(text * terms + place, minlength=texts * terms)
        return times.reshape(texts, terms).astype(np.float64)

    def _together(self, laid: _Laid) -> NDArray[np.float64]:
        """The share of the question's pairs that each text holds."""
        import numpy as np

        share = np.zeros(len(laid.starts))
        for pair, weight in self._pairs.items():
            at = self._followed(laid, pair)
            if len(at):
                text = np.searchsorted(laid.starts, at, side="right") - 1
                share[np.unique(text)] += weight
        return share

    def _best_line(
        self, laid: _Laid, at: NDArray[np.int64], place: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """The most that one line of each text holds, less for a long line."""
        import numpy as np

        best = np.zeros(len(laid.starts))
        if not len(at):
            return best
        line = np.searchsorted(laid.ends, at)
        held = np.unique(line * self._terms + place)
        lines, which = np.unique(held // self._terms, return_inverse=True)
        weight = np.bincount(which, self._weight[held % self._terms])
        begins = np.where(lines > 0, laid.ends[lines - 1] + 1, 0)
        words = np.maximum(1, laid.ends[lines] - begins)
        share = np.minimum(1.0, np.sqrt(np.bincount(which) / words))
        text = np.searchsorted(laid.starts, begins, side="right") - 1
        np.maximum.at(best, text, np.minimum(1.0, weight / self._total) * share)
        return best


def _pairs(text: str, idf: dict[str, float]) -> dict[tuple[int, int], float]:
    """The question's neighbouring words, each pair with its share of their weight."""
    pairs = {
        pair: idf.get(pair[0], 0.0) + idf.get(pair[1], 0.0)
        for pair in itertools.pairwise(tokens(text))
    }
    total = sum(pairs.values()) or 1.0
    return {
        (lexeme(one), lexeme(other)): weight / total
        for (one, other), weight in pairs.items()
        if weight
    }
