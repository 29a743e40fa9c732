"""The second look at what was found: how well each text really answers the question.

The rule it protects: the score of a row depends on the question, on the row and on rows that the
asker may see as well, and every part of it can be named. It reads no database.

Words are scored by BM25 (k1 0.9, b 0.85) over text, title and context, and the neighbours' texts
at less; then come the cosine, pairs of words that stand together, the best single line, who
speaks, and what the neighbours and the rest of the thread or document score. The weights were
tuned on development sets; `docs/memory.md` shows the evidence. `counting.py` counts the words.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bullpen_memory.counting import Counted, Wanted
from bullpen_memory.lexemes import NOTHING, Lexemes
from bullpen_memory.words import Terms

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

K1, B = 0.9, 0.85

_WORD = re.compile(r"[^\W_]+")
_FIGURES = re.compile(
    r"\b(?:how much|how many|percentage|percent|average|difference|increase|decrease|ratio|total"
    r"|amount|value|sum|growth|highest|lowest|largest|smallest|exceed\w*|less than|more than)\b"
    r"|\b(?:19|20)\d\d\b",
    re.IGNORECASE,
)
_REASONS = re.compile(
    r"\s*(?:why|what (?:led|caused|drove|resulted|was due|(?:is|are|were) the reason))"
)


@dataclass(frozen=True, slots=True)
class Weights:
    """What each sign counts for rows of one kind."""

    words: float = 0.7
    pairs: float = 0.2
    line: float = 0.2
    figures: float = 0.04
    before: float = 0.3
    after: float = 0.2
    neighbour_before: float = 0.0
    neighbour_after: float = 0.0
    speaker: float = 0.0
    asking: float = 0.0
    group: float = 0.4
    group_size: int = 3


TALK = Weights(
    words=0.65, pairs=0.05, line=0.0, figures=0.0, before=0.45, after=0.3,
    neighbour_before=0.1, neighbour_after=0.1, speaker=0.15, asking=0.08,
)  # fmt: skip
WRITING = Weights()
DOCUMENT_BOOST = 0.35
PERIOD_BOOST = 0.3
DATE_BOOST = 0.06
SYMBOL_BOOST = 0.1


@dataclass(slots=True)
class Candidate:
    """One row under consideration, what it is like, and what it scores."""

    vid: int
    id: str
    kind: str
    group: str
    moment: str = ""
    symbols: tuple[str, ...] = ()
    document: str = ""
    speaker: str = ""
    lexemes: Lexemes = NOTHING
    before: Lexemes = NOTHING
    after: Lexemes = NOTHING
    before_vid: int = 0
    after_vid: int = 0
    bm25: float = 0.0
    cosine: float = 0.0
    named: float = 0.0
    dated: bool = False
    symbol: str = ""
    spoken: bool = False
    boosted: bool = False
    score: float = 0.0

    @property
    def weights(self) -> Weights:
        """Those of its kind."""
        return TALK if self.kind == "message" else WRITING


class Question:
    """A question, ready to be compared with many texts."""

    def __init__(self, text: str, terms: Terms) -> None:
        self._terms = terms.found
        self._total = terms.total or 1.0
        self._names = frozenset(_WORD.findall(text.casefold()))
        self._figures = bool(_FIGURES.search(text)) and not _REASONS.match(text.casefold())
        self._wanted = Wanted(text, terms)

    def rank(self, found: Sequence[Candidate], *, words_only: bool) -> list[Candidate]:
        """The candidates by falling score; each keeps its score in [0, 1]."""
        if not found:
            return []
        own = dict(zip((one.vid for one in found), self._own(found, words_only), strict=True))
        with_near = {one.vid: self._with_neighbours(one, own) for one in found}
        _with_group(found, with_near)
        # Rounded, so that the exact and the indexed comparison put equal rows in the same order.
        return sorted(found, key=lambda one: (-round(one.score, 6), -one.vid))

    def _own(self, found: Sequence[Candidate], words_only: bool) -> list[float]:
        """What each scores by itself: (n,) of words, cosine, pairs, best line and figures."""
        import numpy as np

        count = self._wanted.counted([one.lexemes.own for one in found])
        bm25 = self._bm25(found, count)
        weights = [one.weights for one in found]
        share = np.array([1.0 if words_only else each.words for each in weights])
        cosine = np.array([one.cosine for one in found])
        score = share * bm25 + (1.0 - share) * cosine
        score += np.array([each.pairs for each in weights]) * count.pairs
        score += np.array([each.line for each in weights]) * count.line
        if self._figures:
            density = count.figures / np.maximum(1.0, count.length) / 0.4
            score += np.array([each.figures for each in weights]) * np.minimum(1.0, density)
        for one, words in zip(found, bm25.tolist(), strict=True):
            one.bm25 = words
        return score.tolist()

    def _bm25(self, found: Sequence[Candidate], own: Counted) -> NDArray[np.float64]:
        """The share of the best that BM25 could give, over text, context and lent words: (n,)."""
        import numpy as np

        times, length = own.times.copy(), own.length.copy()
        for texts, weights in (
            ([one.lexemes.context for one in found], [1.0 for _ in found]),
            ([one.before.near for one in found], [one.weights.before for one in found]),
            ([one.after.near for one in found], [one.weights.after for one in found]),
        ):
            other = self._wanted.times(texts)
            times += other.times * np.array(weights)[:, None]
            length += other.length
        size = 1 - B + B * length / (length.mean() or 1.0)
        value = np.array([term.idf * term.weight for term in self._terms])
        gained = times * (K1 + 1) / (times + K1 * size[:, None])
        return np.minimum(1.0, gained @ value / ((K1 + 1) * self._total))

    def _with_neighbours(self, one: Candidate, own: Mapping[int, float]) -> float:
        weights = one.weights
        score = own[one.vid]
        score += weights.neighbour_before * own.get(one.before_vid, 0.0)
        score += weights.neighbour_after * own.get(one.after_vid, 0.0)
        if weights.speaker and one.speaker:
            one.spoken = not self._names.isdisjoint(_WORD.findall(one.speaker.casefold()))
        score += weights.speaker if one.spoken else 0.0
        score -= weights.asking * one.lexemes.asking
        score += one.named + (DATE_BOOST if one.dated else 0.0)
        return score + (SYMBOL_BOOST if one.symbol else 0.0)


def _with_group(found: Sequence[Candidate], scores: Mapping[int, float]) -> None:
    groups: dict[str, list[float]] = defaultdict(list)
    for one in found:
        groups[one.group].append(scores[one.vid])
    ordered = {group: sorted(held, reverse=True) for group, held in groups.items()}
    for one in found:
        best = ordered[one.group][: one.weights.group_size]
        mean = sum(best) / len(best)
        score = scores[one.vid]
        one.boosted = mean > score
        both = (score + one.weights.group * mean) / (1.0 + one.weights.group)
        one.score = max(1e-6, min(1.0, both / 2.0))
