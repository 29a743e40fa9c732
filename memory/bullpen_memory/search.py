"""Finding records by words and by meaning, fused into one ranking.

The rule it protects: an asker's scopes, filters and as-of hold inside SQLite for every row that
is counted, ranked or returned, so a stale index can bring back nothing. It writes nothing.

The score is `w * bm25 / (2.2 * sum idf) + (1 - w) * max(0, cosine)`, averaged with the best of
the record's own thread; a plain reciprocal rank fusion was measured to be worse than words alone.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Container
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bullpen_memory import filters, rows, words
from bullpen_memory.database import Database
from bullpen_memory.embed import without_meaning
from bullpen_memory.filters import Eligible
from bullpen_memory.records import Found, Hit, Query
from bullpen_memory.vectors import VectorCache
from bullpen_memory.words import Terms

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from sqlite_utils.db import Database as SqliteUtils

    from bullpen_memory.embed import Embedder
    from bullpen_memory.index import Index

# Below this many eligible rows an exact comparison takes a few milliseconds and needs no index.
EXACT_LIMIT = 20_000
POOL = 200
# Columns text, title, context, near, grams.
COLUMN_WEIGHTS = "1.0, 1.0, 1.0, 0.35, 1.0"
# Unrelated sentences reach a cosine of about 0.2; without a word in common more is asked for.
MEANING_FLOOR = 0.3
WORD_WEIGHT = 0.7
LONG_TEXT_WORD_WEIGHT = 0.5
LONG_TEXT_KINDS = frozenset({"passage", "document"})
THREAD_BOOST = 0.6

_START, _END = "\x02", "\x03"
_MARKED = re.compile(f"{_START}(.*?){_END}", re.DOTALL)


@dataclass(slots=True)
class Candidate:
    """One row under consideration."""

    vid: int
    kind: str
    group: str
    bm25: float = 0.0
    cosine: float = 0.0
    score: float = 0.0
    boosted: bool = False


class Search:
    """The reading half of the store: one `find` over its database."""

    def __init__(self, database: Database, embedder: Embedder | None) -> None:
        self._index: Index | None = None
        self._exact_limit = EXACT_LIMIT
        self._database = database
        self._embedder = embedder
        self._cache = VectorCache(embedder.id, embedder.dim) if embedder else None

    def use_index(self, index: Index | None, exact_limit: int) -> None:
        """See `Store.use_index`."""
        self._index, self._exact_limit = index, exact_limit

    def forget_cached(self) -> None:
        """Drop vectors held in memory."""
        if self._cache is not None:
            self._cache.clear()

    def find(self, query: Query) -> Found:
        """See `Store.find`."""
        query = filters.checked(query)
        if not query.scopes or not query.statuses:
            return Found(hits=(), total=0)
        asked = words.split(query.text)
        if not query.text.strip():
            return self._listed(query)
        if not asked:
            return Found(hits=(), total=0, notes=("The question holds no word to look for.",))
        meaning = self._embedder.embed([query.text])[0] if self._embedder else None
        with self._database.reading() as db:
            return self._ranked(db, query, asked, meaning)

    def _listed(self, query: Query) -> Found:
        where = filters.eligible(query)
        with self._database.reading() as db:
            total = db.conn.execute(
                f"SELECT count(*) FROM version v WHERE {where.sql}", where.params
            ).fetchone()[0]
            page = db.conn.execute(
                f"SELECT * FROM version v WHERE {where.sql}"
                " ORDER BY v.moment DESC, v.vid DESC LIMIT ? OFFSET ?",
                (*where.params, query.limit, query.offset),
            ).fetchall()
        hits = [
            Hit(record=rows.to_record(row), score=0.0, snippet=excerpt(row["text"]), why="by time")
            for row in page
        ]
        return Found(hits=tuple(hits), total=int(total))

    def _ranked(
        self,
        db: SqliteUtils,
        query: Query,
        asked: list[str],
        meaning: NDArray[np.float32] | None,
    ) -> Found:
        where = filters.eligible(query)
        terms = words.weigh(db, asked)
        total, by_words = _by_words(db, where, terms, POOL)
        near = {} if meaning is None else self._by_meaning(db, query, where, meaning)
        found = dict(by_words)
        unseen = [vid for vid in near if vid not in found]
        also = _by_words_among(db, terms, unseen)
        wanted = [vid for vid in unseen if vid in also or near[vid] >= MEANING_FLOOR]
        found |= _candidates(db, wanted)
        for vid, candidate in found.items():
            candidate.cosine = max(0.0, near.get(vid, 0.0))
            candidate.bm25 = candidate.bm25 or also.get(vid, 0.0)
        ranked = _fused(list(found.values()), terms, words_only=meaning is None)
        until = query.offset + query.limit
        if until > len(ranked) and total > len(by_words):
            ranked += _tail(db, where, terms, found.keys(), until - len(ranked))
        page = ranked[query.offset : until]
        notes = () if meaning is not None else (without_meaning(),)
        total += sum(1 for vid in wanted if vid not in also)
        return Found(hits=tuple(_hits(db, terms, page)), total=total, notes=notes)

    def _by_meaning(
        self,
        db: SqliteUtils,
        query: Query,
        where: Eligible,
        meaning: NDArray[np.float32],
    ) -> dict[int, float]:
        assert self._cache is not None
        index = self._index
        if index is not None and query.as_of is None:
            count = db.conn.execute(
                f"SELECT count(*) FROM version v WHERE {where.sql}", where.params
            ).fetchone()[0]
            if count > self._exact_limit:
                near = index.nearest(meaning, sorted(query.scopes), POOL)
                return self._by_index(db, near, where, meaning)
        found = db.conn.execute(f"SELECT v.vid FROM version v WHERE {where.sql}", where.params)
        vids = [row[0] for row in found.fetchall()]
        return self._cache.nearest(db, meaning, vids, POOL)

    def _by_index(
        self,
        db: SqliteUtils,
        near: dict[str, float],
        where: Eligible,
        meaning: NDArray[np.float32],
    ) -> dict[int, float]:
        assert self._cache is not None
        marks = ", ".join("?" * len(near))
        found = db.conn.execute(
            f"SELECT v.vid, v.id FROM version v WHERE {where.sql} AND v.id IN ({marks})",
            (*where.params, *near),
        ).fetchall()
        scored = {row["vid"]: near[row["id"]] for row in found}
        # What the index has not taken in yet is compared exactly.
        fresh = db.conn.execute(
            f"SELECT v.vid FROM version v WHERE {where.sql} AND v.id IN (SELECT id FROM outbox)",
            where.params,
        ).fetchall()
        vids = [row["vid"] for row in fresh]
        for vid in vids:
            scored.pop(vid, None)
        return scored | self._cache.nearest(db, meaning, vids, POOL)


def excerpt(text: str, length: int = 240) -> str:
    """The beginning of a text on one line, cut at a word."""
    line = " ".join(text.split())
    if len(line) <= length:
        return line
    return line[:length].rsplit(" ", 1)[0] + "…"


def _tail(
    db: SqliteUtils, where: Eligible, terms: Terms, ranked: Container[int], count: int
) -> list[Candidate]:
    """What follows the fused ranking on deep pages: the other rows with a word, by words alone.

    The fused part is the same for every page, so that pages neither overlap nor leave gaps.
    """
    _, found = _by_words(db, where, terms, count + 2 * POOL)
    rest = [one for vid, one in found.items() if vid not in ranked][:count]
    for one in rest:
        one.score = WORD_WEIGHT * one.bm25 / (terms.ceiling * (1.0 + THREAD_BOOST))
    return rest


def _by_words(
    db: SqliteUtils, where: Eligible, terms: Terms, pool: int
) -> tuple[int, dict[int, Candidate]]:
    if not terms.idf:
        return 0, {}
    # CROSS JOIN keeps SQLite from asking the full-text index once for every visible row.
    source = f"FROM words CROSS JOIN version v ON v.vid = words.rowid WHERE words MATCH ? AND {where.sql}"
    params = (terms.match, *where.params)
    total = db.conn.execute(f"SELECT count(*) {source}", params).fetchone()[0]
    found = db.conn.execute(
        f"SELECT v.vid, v.kind, v.id, v.thread, -bm25(words, {COLUMN_WEIGHTS}) AS bm25 {source}"
        " ORDER BY bm25 DESC, v.vid DESC LIMIT ?",
        (*params, pool),
    ).fetchall()
    return int(total), {
        row["vid"]: Candidate(row["vid"], row["kind"], row["thread"] or row["id"], row["bm25"])
        for row in found
    }


def _by_words_among(db: SqliteUtils, terms: Terms, vids: list[int]) -> dict[int, float]:
    if not terms.idf or not vids:
        return {}
    marks = ", ".join("?" * len(vids))
    # The plus sign: one pass over the matches instead of one question for each row.
    found = db.conn.execute(
        f"SELECT rowid, -bm25(words, {COLUMN_WEIGHTS}) AS bm25 FROM words"
        f" WHERE words MATCH ? AND +rowid IN ({marks})",
        (terms.match, *vids),
    ).fetchall()
    return {row["rowid"]: row["bm25"] for row in found}


def _candidates(db: SqliteUtils, vids: list[int]) -> dict[int, Candidate]:
    marks = ", ".join("?" * len(vids))
    found = db.conn.execute(
        f"SELECT vid, kind, id, thread FROM version WHERE vid IN ({marks})", vids
    ).fetchall()
    return {
        row["vid"]: Candidate(row["vid"], row["kind"], row["thread"] or row["id"]) for row in found
    }


def _fused(found: list[Candidate], terms: Terms, *, words_only: bool) -> list[Candidate]:
    groups: dict[str, list[float]] = defaultdict(list)
    for one in found:
        weight = LONG_TEXT_WORD_WEIGHT if one.kind in LONG_TEXT_KINDS else WORD_WEIGHT
        weight = 1.0 if words_only else weight
        covered = one.bm25 / terms.ceiling if terms.idf else 0.0
        one.score = weight * min(covered, 1.0) + (1.0 - weight) * one.cosine
        groups[one.group].append(one.score)
    for one in found:
        best = sorted(groups[one.group], reverse=True)[:3]
        mean = sum(best) / len(best)
        one.boosted = mean > one.score
        one.score = min(1.0, (one.score + THREAD_BOOST * mean) / (1.0 + THREAD_BOOST))
    # Rounded, so that the exact and the indexed comparison put equal rows in the same order.
    return sorted(found, key=lambda one: (-round(one.score, 6), -one.vid))


def _hits(db: SqliteUtils, terms: Terms, page: list[Candidate]) -> list[Hit]:
    if not page:
        return []
    vids = [one.vid for one in page]
    marks = ", ".join("?" * len(vids))
    held = {
        row["vid"]: row
        for row in db.conn.execute(f"SELECT * FROM version WHERE vid IN ({marks})", vids).fetchall()
    }
    snippets = _snippets(db, terms, vids)
    hits: list[Hit] = []
    for one in page:
        record = rows.to_record(held[one.vid])
        marked, matched = snippets.get(one.vid, ("", []))
        snippet = marked or excerpt(record.text or record.title)
        hits.append(
            Hit(record=record, score=round(one.score, 4), snippet=snippet, why=_why(one, matched))
        )
    return hits


def _snippets(db: SqliteUtils, terms: Terms, vids: list[int]) -> dict[int, tuple[str, list[str]]]:
    """For each row that holds a word: its text around it, and which words matched anywhere."""
    if not terms.idf:
        return {}
    marks = ", ".join("?" * len(vids))
    found = db.conn.execute(
        f"SELECT rowid, snippet(words, 0, '{_START}', '{_END}', '…', 32) AS snippet,"
        f" highlight(words, 0, '{_START}', '{_END}') || ' ' ||"
        f" highlight(words, 1, '{_START}', '{_END}') || ' ' ||"
        f" highlight(words, 2, '{_START}', '{_END}') || ' ' ||"
        f" highlight(words, 3, '{_START}', '{_END}') || ' ' ||"
        f" highlight(words, 4, '{_START}', '{_END}') AS marked"
        f" FROM words WHERE words MATCH ? AND +rowid IN ({marks})",
        (terms.match, *vids),
    ).fetchall()
    return {
        row["rowid"]: (
            " ".join(_MARKED.sub(r"**\1**", row["snippet"]).split()),
            list(dict.fromkeys(word.casefold() for word in _MARKED.findall(row["marked"]))),
        )
        for row in found
    }


def _why(one: Candidate, matched: list[str]) -> str:
    parts: list[str] = []
    if matched:
        parts.append(f"words: {', '.join(matched[:8])}")
    if one.cosine >= MEANING_FLOOR:
        parts.append(f"meaning {one.cosine:.2f}")
    if one.boosted:
        parts.append("its thread fits")
    return " · ".join(parts) or "meaning"
