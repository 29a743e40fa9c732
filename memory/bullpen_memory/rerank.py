"""The second look at what was found: how well each text really answers the question.

The rule it protects: the score of a row depends on the question, on the row and on rows that the
asker may see as well, and every part of it can be named. It reads no database.

Words are scored by BM25 (k1 0.9, b 0.85) over text, title and context, and the neighbours' texts
at less; then come the cosine, pairs of words that stand together, the best single line, who
speaks, and what the neighbours and the rest of the thread or document score. The weights were
tuned on development sets; `docs/memory.md` shows the evidence.
"""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bullpen_memory.stem import stem, tokens
from bullpen_memory.words import Term, Terms

K1, B = 0.9, 0.85
NEIGHBOUR_CHARACTERS = 600
LONGEST = 6_000

_WORD = re.compile(r"[^\W_]+")
_LINE = re.compile(r"\n+|(?<=[.!?;:])\s+")
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
    own: str = ""
    moment: str = ""
    symbols: tuple[str, ...] = ()
    document: str = ""
    context: str = ""
    speaker: str = ""
    before: str = ""
    after: str = ""
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


@dataclass(slots=True)
class _Counted:
    """How often each term stands in a text, and how the words stand together."""

    length: float = 0.0
    figures: int = 0
    times: dict[int, float] = field(default_factory=lambda: defaultdict[int, float](float))
    pairs: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    line: float = 0.0


class Question:
    """A question, ready to be compared with many texts."""

    def __init__(self, text: str, terms: Terms) -> None:
        self._terms = terms.found
        self._total = terms.total or 1.0
        self._names = frozenset(_WORD.findall(text.casefold()))
        self._figures = bool(_FIGURES.search(text)) and not _REASONS.match(text.casefold())
        self._single: dict[str, list[int]] = defaultdict(list)
        self._phrases: dict[str, list[tuple[int, tuple[str, ...]]]] = defaultdict(list)
        self._unspaced: list[tuple[int, str]] = []
        for place, term in enumerate(terms.found):
            self._take(place, term)
        self._pairs = self._pairs_of(tokens(text))
        in_phrases = {one for ways in self._phrases.values() for _, way in ways for one in way}
        in_pairs = {one for pair in self._pairs for one in pair}
        self._wanted = in_phrases | in_pairs | self._single.keys()
        # A stem begins as its word does: most words of a text are set aside by that alone.
        self._begins = {one[:2] for one in self._wanted}
        # What each word as written is to this question: its stem, or nothing.
        self._known: dict[str, str] = {}
        self._texts: dict[str, _Counted] = {}

    def rank(self, found: Sequence[Candidate], *, words_only: bool) -> list[Candidate]:
        """The candidates by falling score; each keeps its score in [0, 1]."""
        counted = {one.vid: self._counted(one) for one in found}
        mean = sum(each.length for each in counted.values()) / max(1, len(found))
        own = {
            one.vid: self._own(one, counted[one.vid], mean or 1.0, words_only=words_only)
            for one in found
        }
        with_near = {one.vid: self._with_neighbours(one, own) for one in found}
        _with_group(found, with_near)
        # Rounded, so that the exact and the indexed comparison put equal rows in the same order.
        return sorted(found, key=lambda one: (-round(one.score, 6), -one.vid))

    def _take(self, place: int, term: Term) -> None:
        for way in term.ways:
            first, *more = way
            if more:
                self._phrases[first].append((place, way))
            elif not first.isascii() and len(first) <= 2:
                self._unspaced.append((place, first))
            else:
                self._single[first].append(place)

    def _pairs_of(self, stems: list[str]) -> dict[tuple[str, str], float]:
        idf = {stem: self._terms[places[0]].idf for stem, places in self._single.items()}
        pairs = {
            pair: idf.get(pair[0], 0.0) + idf.get(pair[1], 0.0)
            for pair in itertools.pairwise(stems)
        }
        total = sum(pairs.values()) or 1.0
        return {pair: weight / total for pair, weight in pairs.items() if weight}

    def _counted(self, one: Candidate) -> _Counted:
        """The candidate's own text, its context, and its neighbours at their weight."""
        weights = one.weights
        own = self._text(one.own[:LONGEST])
        found = _Counted(own.length, own.figures, own.times.copy(), own.pairs, own.line)
        for text, weight in (
            (one.context, 1.0),
            (one.before[:NEIGHBOUR_CHARACTERS], weights.before),
            (one.after[:NEIGHBOUR_CHARACTERS], weights.after),
        ):
            if text:
                other = self._text(text)
                found.length += other.length
                for place, times in other.times.items():
                    found.times[place] += weight * times
        return found

    def _text(self, text: str) -> _Counted:
        """One text by itself; a neighbour is often a candidate too, so each is read once."""
        known = self._texts.get(text)
        if known is None:
            known = self._texts[text] = _Counted()
            for line in _LINE.split(text):
                self._line(line, known)
        return known

    def _line(self, line: str, found: _Counted) -> None:
        words = _WORD.findall(line.lower())
        known = self._known
        stems = [known[word] if word in known else self._stem(word) for word in words]
        found.length += len(words)
        if self._figures:
            found.figures += sum(word[0].isdigit() for word in words)
        if not any(stems) and not self._unspaced:
            return
        places = self._places(stems, line, found)
        if places:
            held = sum(self._terms[place].idf * self._terms[place].weight for place in places)
            share = (len(places) / max(1, len(stems))) ** 0.5
            found.line = max(found.line, min(1.0, held / self._total) * min(1.0, share))

    def _places(self, stems: list[str], line: str, found: _Counted) -> set[int]:
        """Which terms stand in a line; each time is counted, and so are the question's pairs."""
        places: set[int] = set()
        for at, one in enumerate(stems):
            if one:
                places.update(self._single.get(one, ()))
                for place in self._single.get(one, ()):
                    found.times[place] += 1.0
                for place, way in self._phrases.get(one, ()):
                    if tuple(stems[at : at + len(way)]) == way:
                        places.add(place)
                        found.times[place] += 1.0
                if at and (stems[at - 1], one) in self._pairs:
                    found.pairs.add((stems[at - 1], one))
        for place, pair in self._unspaced:
            if times := line.count(pair):
                places.add(place)
                found.times[place] += times
        return places

    def _stem(self, word: str) -> str:
        begins = word[:2] in self._begins or not word.isascii()
        cut = stem(word) if begins else ""
        kept = self._known[word] = cut if cut in self._wanted else ""
        return kept

    def _own(self, one: Candidate, counted: _Counted, mean: float, *, words_only: bool) -> float:
        weights = one.weights
        size = 1 - B + B * counted.length / mean
        words = 0.0
        for place, times in counted.times.items():
            term = self._terms[place]
            words += term.idf * term.weight * times * (K1 + 1) / (times + K1 * size)
        one.bm25 = min(1.0, words / ((K1 + 1) * self._total))
        share = 1.0 if words_only else weights.words
        score = share * one.bm25 + (1.0 - share) * one.cosine
        score += weights.pairs * sum(self._pairs[pair] for pair in counted.pairs)
        score += weights.line * counted.line
        if self._figures:
            score += weights.figures * min(1.0, counted.figures / max(1.0, counted.length) / 0.4)
        return score

    def _with_neighbours(self, one: Candidate, own: Mapping[int, float]) -> float:
        weights = one.weights
        score = own[one.vid]
        score += weights.neighbour_before * own.get(one.before_vid, 0.0)
        score += weights.neighbour_after * own.get(one.after_vid, 0.0)
        speaker = frozenset(_WORD.findall(one.speaker.casefold()))
        one.spoken = bool(weights.speaker and speaker & self._names)
        score += weights.speaker if one.spoken else 0.0
        score -= weights.asking * _asking(one.own) if weights.asking else 0.0
        score += one.named + (DATE_BOOST if one.dated else 0.0)
        return score + (SYMBOL_BOOST if one.symbol else 0.0)


def _with_group(found: Sequence[Candidate], scores: Mapping[int, float]) -> None:
    groups: dict[str, list[float]] = defaultdict(list)
    for one in found:
        groups[one.group].append(scores[one.vid])
    for one in found:
        best = sorted(groups[one.group], reverse=True)[: one.weights.group_size]
        mean = sum(best) / len(best)
        score = scores[one.vid]
        one.boosted = mean > score
        both = (score + one.weights.group * mean) / (1.0 + one.weights.group)
        one.score = max(1e-6, min(1.0, both / 2.0))


def _asking(text: str) -> float:
    """The share of a text's sentences that ask: what asks rarely answers."""
    sentences = [line.strip() for line in _LINE.split(text) if line.strip()]
    asked = sum(len(line) for line in sentences if line.endswith("?"))
    return asked / max(1, sum(map(len, sentences)))
