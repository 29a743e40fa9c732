"""Full-text search in PostgreSQL: a `tsvector` of our own stems beside each version, under a GIN index.

The rule it protects: a word that is found in SQLite is found here, too: both cut words by
`stem.py`, not by the server's dictionaries. What the server keeps of one text is limited, so of a
text with hundreds of thousands of different words the last are not found by words.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bullpen_memory.filters import Eligible
from bullpen_memory.fulltext import AROUND, END, PLAINLY, START, Counts
from bullpen_memory.stem import stem, tokens

if TYPE_CHECKING:
    from bullpen_memory.database import Params, Row
    from bullpen_memory.postgres import PostgresConnection

# The labels that tell a word's place apart. What text and grams say counts alike everywhere.
PLACES = (("text", "A"), ("grams", "A"), ("title", "B"), ("context", "C"), ("near", "D"))
# The server's limits: a vector of 1 MB, a lexeme of 2 KB, 16,383 positions, 256 of one lexeme.
LARGEST_BYTES, LONGEST_WORD, LAST_POSITION, MOST_POSITIONS = 1_000_000, 500, 16_383, 256
BATCH = 500

_TABLES = (
    "CREATE TABLE words (vid BIGINT PRIMARY KEY REFERENCES version (vid) ON DELETE CASCADE"
    " DEFERRABLE, length BIGINT NOT NULL, lexemes TSVECTOR NOT NULL)",
    "CREATE INDEX words_lexemes ON words USING GIN (lexemes) WITH (fastupdate = off)",
)


# BM25 as FTS5 reckons it.
K1, B = 1.2, 0.75
_PART = re.compile(r'"([^"]*)"(\*?)|\b(AND|OR)\b')
_WITHOUT_NEIGHBOURS = "{text title context grams} : "
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that stand together, as stems; of a begun one the last is a beginning, not a stem."""

    words: tuple[str, ...]
    begun: bool

    def query(self, places: str) -> str:
        """It in the server's language, "'light' <-> 'oil':*ABC"."""
        last = len(self.words) - 1
        return " <-> ".join(
            f"'{word}'"
            + (
                f":{'*' if self.begun and n == last else ''}{places}"
                if places or self.begun
                else ""
            )
            for n, word in enumerate(self.words)
        )


@dataclass(frozen=True, slots=True)
class Match:
    """What is looked for: phrases, all of them or any, in which places."""

    phrases: tuple[Phrase, ...]
    all_of: bool
    places: str

    @staticmethod
    def read(match: str) -> Match:
        """An expression of `FullText`'s language."""
        phrases: list[Phrase] = []
        all_of = False
        for said, star, operator in _PART.findall(match):
            if operator:
                all_of = operator == "AND"
                continue
            words = tokens(said)
            if star and words:
                words[-1] = _WORD.findall(said.lower())[-1] if said.isascii() else words[-1]
            if words:
                phrases.append(Phrase(tuple(words), bool(star)))
        without = match.startswith(_WITHOUT_NEIGHBOURS)
        return Match(tuple(phrases), all_of, "ABC" if without else "")

    @property
    def query(self) -> str:
        """The whole in the server's language; empty where nothing is left to look for."""
        return (" & " if self.all_of else " | ").join(
            f"({phrase.query(self.places)})" for phrase in self.phrases
        )


class Lexemes:
    """See `FullText`."""

    def __init__(self, db: PostgresConnection) -> None:
        self._db = db

    def create(self) -> None:
        """See `FullText`."""
        for statement in _TABLES:
            self._db.execute(statement)

    def keep(self, condition: str = "", params: Params = ()) -> None:
        """See `FullText`."""
        where = f" AND {condition}" if condition else ""
        after = 0
        while True:
            found = self._db.execute(
                "SELECT vid, text, title, context, near, grams FROM version"
                f" WHERE status <> 'forgotten' AND vid > ?{where} ORDER BY vid LIMIT {BATCH}",
                (after, *params),
            ).fetchall()
            if not found:
                break
            self._put(found)
            after = found[-1]["vid"]
        self._db.execute(
            "DELETE FROM words WHERE vid IN"
            f" (SELECT vid FROM version WHERE status = 'forgotten'{where})",
            params,
        )

    def tidy(self) -> None:
        """See `FullText`. The rows are written anew after the transaction, by `scour`."""
        self._db.execute("INSERT INTO _erased (xid) VALUES (txid_current() % 4294967296)")

    def counted(self, match: str, limit: int) -> tuple[int, int]:
        """See `FullText`."""
        return self._db.execute(
            "SELECT count(*), coalesce(max(vid), 0) FROM (SELECT vid FROM words"
            " WHERE lexemes @@ ?::tsquery ORDER BY vid LIMIT ?) AS counted",
            (Match.read(match).query, limit),
        ).fetchone()

    def best(
        self, match: str, where: Eligible, limit: int, counts: Counts = PLAINLY
    ) -> dict[int, float]:
        """See `FullText`."""
        return self._ranked(match, where, limit, counts, "score DESC, v.vid DESC")

    def newest(self, match: str, where: Eligible, limit: int) -> dict[int, float]:
        """See `FullText`."""
        found = self._ranked(match, where, limit, PLAINLY, "v.vid DESC")
        return dict(sorted(found.items(), key=lambda one: (-one[1], -one[0])))

    def count(self, match: str, where: Eligible) -> int:
        """See `FullText`."""
        found = self._db.execute(
            "SELECT count(*) FROM words w JOIN version v ON v.vid = w.vid"
            f" WHERE w.lexemes @@ ?::tsquery AND {where.sql}",
            (Match.read(match).query, *where.params),
        )
        return int(found.fetchone()[0])

    def holding(self, match: str, vids: Sequence[int]) -> frozenset[int]:
        """See `FullText`."""
        found = self._db.execute(
            "SELECT vid FROM words WHERE vid = ANY(?) AND lexemes @@ ?::tsquery",
            (list(vids), Match.read(match).query),
        )
        return frozenset(row[0] for row in found)

    def marked(self, match: str, vids: Sequence[int]) -> dict[int, tuple[str, str]]:
        """See `FullText`."""
        wanted = Match.read(match)
        found = self._db.execute(
            "SELECT v.vid, v.text, v.title, v.context, v.near, v.grams FROM words w"
            " JOIN version v ON v.vid = w.vid WHERE w.vid = ANY(?) AND w.lexemes @@ ?::tsquery",
            (list(vids), wanted.query),
        ).fetchall()
        places = ("text", "title", "context", "grams", *(() if wanted.places else ("near",)))
        return {
            row["vid"]: (
                snippet(row["text"], wanted),
                " ".join(highlighted(row[place], wanted) for place in places),
            )
            for row in found
        }

    def _ranked(
        self, match: str, where: Eligible, limit: int, counts: Counts, order: str
    ) -> dict[int, float]:
        """BM25 with FTS5's constants: of one phrase, `ts_rank_cd` is the weighted number of its places."""
        wanted = Match.read(match)
        asked = [phrase.query(wanted.places) for phrase in wanted.phrases]
        if not asked:
            return {}
        idf, length = self._rarity(asked)
        by_place = (counts.near, counts.context, counts.title, counts.text)
        # The server takes weights up to 1.
        most = max(by_place)
        weights = [one / most for one in by_place]
        often = f"{most} * ts_rank_cd(?::real[], w.lexemes, q.query)"
        found = self._db.execute(
            "SELECT v.vid, s.score FROM words w JOIN version v ON v.vid = w.vid CROSS JOIN LATERAL"
            f" (SELECT sum(q.idf * {K1 + 1} * {often} / ({often} + {K1} * ({1 - B} + {B} * w.length / ?)))"
            " AS score FROM unnest(?::tsquery[], ?::float8[]) AS q (query, idf)) s"
            f" WHERE w.lexemes @@ ?::tsquery AND {where.sql} ORDER BY {order} LIMIT ?",
            (weights, weights, length, asked, idf, wanted.query, *where.params, limit),
        ).fetchall()
        return {row[0]: float(row[1]) for row in found}

    def _rarity(self, asked: Sequence[str]) -> tuple[list[float], float]:
        """Each phrase's inverse document frequency, and the mean number of words of a row."""
        total, mean = self._db.execute("SELECT count(*), avg(length) FROM words").fetchone()
        found = self._db.execute(
            "SELECT (SELECT count(*) FROM words WHERE lexemes @@ q.query) FROM"
            " unnest(?::tsquery[]) WITH ORDINALITY AS q (query, n) ORDER BY q.n",
            (list(asked),),
        ).fetchall()
        idf = [max(math.log((total - n + 0.5) / (n + 0.5)), 1e-6) for (n,) in found]
        return idf, float(mean or 1)

    def _put(self, found: Iterable[Row]) -> None:
        self._db.executemany(
            "INSERT INTO words (vid, length, lexemes) VALUES (?, ?, ?::tsvector)"
            " ON CONFLICT (vid) DO UPDATE SET length = excluded.length, lexemes = excluded.lexemes",
            [(row["vid"], *vector([(row[name], mark) for name, mark in PLACES])) for row in found],
        )


def vector(parts: Iterable[tuple[str, str]]) -> tuple[int, str]:
    """How many words the parts hold, and where each stands: "'oil':1A,7B 'price':2A".

    Between two parts a position is left out, so that no phrase reaches across.
    """
    places: dict[str, list[str]] = {}
    position = count = size = 0
    for text, mark in parts:
        for word in tokens(text):
            position, count = position + 1, count + 1
            known = places.get(word)
            if known is None:
                bytes_of = len(word.encode())
                if bytes_of > LONGEST_WORD or size + bytes_of + 12 > LARGEST_BYTES:
                    continue
                known = places[word] = []
                size += bytes_of + 12
            if len(known) < MOST_POSITIONS and size + 2 <= LARGEST_BYTES:
                known.append(f"{min(position, LAST_POSITION)}{mark}")
                size += 2
        position += 1
    return count, " ".join(f"'{word}':{','.join(at)}" for word, at in places.items())


def highlighted(text: str, wanted: Match) -> str:
    """The text with the words looked for between START and END."""
    return _WORD.sub(lambda found: _marked(found[0], wanted), text)


def _marked(word: str, wanted: Match) -> str:
    lower = word.lower()
    stemmed = stem(lower)
    for phrase in wanted.phrases:
        for n, looked_for in enumerate(phrase.words):
            beginning = phrase.begun and n == len(phrase.words) - 1
            if stemmed == looked_for or (beginning and lower.startswith(looked_for)):
                return f"{START}{word}{END}"
    return word


def snippet(text: str, wanted: Match) -> str:
    """The AROUND words of the text among which most different ones were looked for."""
    marked = highlighted(text, wanted)
    words = marked.split()
    if len(words) <= AROUND:
        return " ".join(words)
    hits = [n for n, word in enumerate(words) if START in word]
    if not hits:
        return " ".join(words[:AROUND]) + "…"

    def different(start: int) -> int:
        return len({words[n].casefold() for n in hits if start <= n < start + AROUND})

    first = max(hits, key=lambda n: (different(n), -n))
    last = max(n for n in hits if n < first + AROUND)
    spare = AROUND - (last - first + 1)
    start = max(0, min(first - spare // 2, len(words) - AROUND))
    shown = " ".join(words[start : start + AROUND])
    return f"{'…' if start else ''}{shown}{'…' if start + AROUND < len(words) else ''}"
