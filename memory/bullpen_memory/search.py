"""Finding records by words and by meaning, fused into one ranking.

The rule it protects: an asker's scopes, filters and as-of hold inside SQLite for every row that
is counted, ranked or returned, so a stale index can bring back nothing. It writes nothing.

What holds a word and what is near in meaning is gathered first, then ranked by a second look at
every text (`rerank.py`); a plain reciprocal rank fusion was measured to be worse than words alone.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from bullpen_memory import cursors, filters, gather, periods, progress, rows, words
from bullpen_memory.catalogue import Catalogue, Named
from bullpen_memory.database import Database
from bullpen_memory.embed import without_meaning
from bullpen_memory.filters import Eligible
from bullpen_memory.generations import BothCaches, BothEmbedders
from bullpen_memory.hits import MEANING_FLOOR, common_words, excerpt, hits
from bullpen_memory.lexemes import forget_words
from bullpen_memory.rarity import Rarity
from bullpen_memory.records import Found, Hit, Query
from bullpen_memory.rerank import DOCUMENT_BOOST, PERIOD_BOOST, Candidate, Question
from bullpen_memory.vectors import VectorCache
from bullpen_memory.words import Term, Terms

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from bullpen_memory.database import Connection
    from bullpen_memory.embed import Embedder
    from bullpen_memory.index import Index

# Below this many eligible rows an exact comparison takes a few milliseconds and needs no index.
EXACT_LIMIT = 20_000
POOL = 120
# So many are asked of the index where a filter leaves few of the nearest.
DEEPER = 2_000
# Of what waits for the index, so many are compared exactly, the newest.
WAITING = 2_000
# So many rows with a word are ranked by their words, and counted; of more, the newest.
COUNTED = 8_000
# A named document's rows are all considered, up to this many.
DOCUMENT_POOL = 600

_SYMBOL = re.compile(r"[A-Z^][A-Z0-9.=^-]{0,9}")


class Search:
    """The reading half of the store: one `find` over its database."""

    def __init__(
        self, database: Database, embedder: Embedder | None, former: Embedder | None = None
    ) -> None:
        self._index: Index | None = None
        self._exact_limit = EXACT_LIMIT
        self._database = database
        self._present = self._embedder = embedder
        self._cache = VectorCache(embedder.id, embedder.dim) if embedder else None
        if embedder is not None and former is not None and former.id != embedder.id:
            self._embedder = BothEmbedders(embedder, former)
            self._cache = BothCaches(embedder, former)
        self._catalogue = Catalogue()
        self._rarity = Rarity()
        self._erasures = 0

    def use_index(self, index: Index | None, exact_limit: int) -> None:
        """See `Store.use_index`."""
        self._index, self._exact_limit = index, exact_limit

    def forget_cached(self) -> None:
        """Drop vectors and titles held in memory."""
        self._catalogue.clear()
        self._rarity.clear()
        forget_words()
        if self._cache is not None:
            self._cache.clear()

    def one_generation(self) -> None:
        """Let the former embedder go: everything has its vector of the present one."""
        if self._present is not None and self._embedder is not self._present:
            self._cache = VectorCache(self._present.id, self._present.dim)
            self._embedder = self._present

    def find(self, query: Query) -> Found:
        """See `Store.find`."""
        found = self._found(query)
        under_way = progress.present(self._database) if query.text.strip() else None
        notes = (*found.notes, under_way.sentence) if under_way else found.notes
        return replace(found, notes=notes)

    def _found(self, query: Query) -> Found:
        query = filters.checked(query)
        if not query.scopes or not query.statuses:
            return Found(hits=(), total=0)
        if not query.text.strip():
            return self._listed(query)
        asked = words.split(query.text)
        if not asked:
            return Found(hits=(), total=0, notes=("The question holds no word to look for.",))
        meaning = self._embedder.embed([query.text])[0] if self._embedder else None
        with self._database.reading() as db:
            self._heed_erasures(db)
            return self._ranked(db, query, asked, meaning)

    def _heed_erasures(self, db: Connection) -> None:
        """What another process had forgotten is not remembered here either."""
        newest = int(db.execute("SELECT coalesce(max(seq), 0) FROM tombstone").fetchone()[0])
        if newest != self._erasures:
            self._erasures = newest
            self.forget_cached()

    def _listed(self, query: Query) -> Found:
        where = filters.eligible(query)
        with self._database.reading() as db:
            total = db.execute(
                f"SELECT count(*) FROM version v WHERE {where.sql}", where.params
            ).fetchone()[0]
            last = cursors.read(query)
            page = db.execute(
                f"SELECT * FROM version v WHERE {where.sql}"
                + (" AND (v.moment, v.vid) < (?, ?)" if last else "")
                + " ORDER BY v.moment DESC, v.vid DESC LIMIT ? OFFSET ?",
                (*where.params, *last, query.limit + 1, 0 if last else query.offset),
            ).fetchall()
        page, more = page[: query.limit], page[query.limit :]
        found = [
            Hit(record=rows.to_record(row), score=0.0, snippet=excerpt(row["text"]), why="by time")
            for row in page
        ]
        following = cursors.made(query, page[-1]["moment"], page[-1]["vid"]) if more else ""
        return Found(hits=tuple(found), total=int(total), next=following)

    def _ranked(
        self,
        db: Connection,
        query: Query,
        asked: list[Term],
        meaning: NDArray[np.float32] | None,
    ) -> Found:
        where = filters.eligible(query)
        terms = self._rarity.weigh(db, asked)
        # A neighbour's words are kept as they are now, which an earlier time must not see.
        match = gather.matching(terms, neighbours=query.as_of is None)
        by_words = gather.by_words if terms.rows <= COUNTED else gather.newest_by_words
        every = by_words(db, where, match, COUNTED)
        best = list(every)[:POOL]
        near = {} if meaning is None else self._by_meaning(db, query, where, meaning)
        named = self._catalogue.named(db, query.text, query.scopes, query.as_of)
        found = gather.candidates(
            db, where, {*best, *near, *_in_documents(db, where, match, named)}
        )
        if meaning is not None:
            self._compare(db, found, near, meaning)
        whole = len(every) < COUNTED
        holding = every.keys() if whole else gather.holding_words(db, match, list(found))
        _mark(found.values(), query.text, named)
        # What a named document says fits by that alone.
        wanted = [
            one
            for one in found.values()
            if one.vid in holding or one.cosine >= MEANING_FLOOR or one.named
        ]
        ranked = Question(query.text, terms).rank(wanted, words_only=meaning is None)
        start, *shown = cursors.read(query) or (query.offset,)
        until = start + query.limit
        if until > len(ranked) and len(every) > len(best):
            ranked += _tail(db, where, terms, every, {one.vid for one in ranked}, until)
        if shown:
            start = cursors.after([one.vid for one in ranked], start, shown[0])
        page = ranked[start : start + query.limit]
        until = start + len(page)
        notes = () if meaning is not None else (without_meaning(),)
        notes += () if whole else (common_words(COUNTED),)
        total = len(every) + sum(1 for one in wanted if one.vid not in every)
        following = cursors.made(query, until, page[-1].vid) if page and until < total else ""
        return Found(hits=tuple(hits(db, match, page)), total=total, notes=notes, next=following)

    def _by_meaning(
        self,
        db: Connection,
        query: Query,
        where: Eligible,
        meaning: NDArray[np.float32],
    ) -> dict[int, float]:
        assert self._cache is not None
        index = self._index
        few = gather.visible(db, where, self._exact_limit + 1)
        if len(few) <= self._exact_limit:
            return self._cache.nearest(db, meaning, few, POOL)
        if index is None or query.as_of is not None:
            return self._by_all(db, where, meaning)
        scopes = sorted(query.scopes)
        for depth in (POOL, DEEPER):
            near = index.nearest(meaning, scopes, depth)
            found = self._by_index(db, near, where, meaning)
            # A filter that the index does not know leaves few of the nearest: then it is asked for more.
            if len(near) < depth or len(found) >= POOL // 2:
                break
        return found

    def _by_all(
        self, db: Connection, where: Eligible, meaning: NDArray[np.float32]
    ) -> dict[int, float]:
        """Compared with every vector: the nearest of all are tried first, for most may be seen."""
        assert self._cache is not None
        near = self._cache.nearest(db, meaning, None, 10 * POOL)
        seen = gather.visible_rows(db, where, near)
        if len(seen) < POOL <= len(near):
            return self._cache.nearest(db, meaning, gather.visible(db, where), POOL)
        best = sorted(seen, key=lambda vid: -near[vid])[:POOL]
        return {vid: near[vid] for vid in best}

    def _by_index(
        self,
        db: Connection,
        near: dict[str, float],
        where: Eligible,
        meaning: NDArray[np.float32],
    ) -> dict[int, float]:
        assert self._cache is not None
        scored = {vid: near[one] for vid, one in gather.visible_among(db, where, near)}
        # What the index has not taken in yet is compared exactly.
        fresh = gather.waiting(db, where, WAITING)
        for vid in fresh:
            scored.pop(vid, None)
        return scored | self._cache.exactly(db, meaning, fresh)

    def _compare(
        self,
        db: Connection,
        found: dict[int, Candidate],
        near: dict[int, float],
        meaning: NDArray[np.float32],
    ) -> None:
        """Give every candidate its cosine, those too that only a word brought."""
        assert self._cache is not None
        missing = [vid for vid in found if vid not in near]
        known = near | self._cache.exactly(db, meaning, missing)
        for vid, one in found.items():
            one.cosine = max(0.0, known.get(vid, 0.0))


def _in_documents(
    db: Connection, where: Eligible, match: str, named: list[Named]
) -> dict[int, float]:
    """The rows of the documents that the question names: those with its words, or all of a few."""
    if not named:
        return {}
    threads = [one.thread for one in named]
    found = gather.by_words(db, where, match, POOL, threads)
    best = [one.thread for one in named if one.period == named[0].period]
    return found | dict.fromkeys(gather.in_threads(db, where, best, DOCUMENT_POOL), 0.0)


def _mark(found: Iterable[Candidate], question: str, named: list[Named]) -> None:
    """Note what the question itself says of a candidate: its document, its date, its symbol."""
    documents = {one.thread: one for one in named}
    spans = [(rows.iso(one.start), rows.iso(one.end)) for one in periods.spans(question)]
    symbols = frozenset(_SYMBOL.findall(question))
    for one in found:
        document = documents.get(one.group)
        if document is not None:
            one.document = document.title
            one.named = document.name * (DOCUMENT_BOOST + PERIOD_BOOST * document.period)
        one.dated = any(start <= one.moment < end for start, end in spans)
        one.symbol = next((symbol for symbol in one.symbols if symbol in symbols), "")


def _tail(
    db: Connection,
    where: Eligible,
    terms: Terms,
    every: Mapping[int, float],
    ranked: Container[int],
    until: int,
) -> list[Candidate]:
    """What follows the ranking on deep pages: the other rows with a word, by words alone.

    The ranked part is the same for every page, so that pages neither overlap nor leave gaps.
    """
    rest = [vid for vid in every if vid not in ranked][:until]
    made = gather.candidates(db, where, rest)
    for vid in rest:
        made[vid].score = 0.35 * min(1.0, every[vid] / terms.ceiling)
    return [made[vid] for vid in rest]
