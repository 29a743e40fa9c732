"""From a question in plain language to a full-text query, and how much each word counts.

The rule it protects: whatever a person types is a valid query: no operator, quote or lone
bracket of FTS5 ever reaches it as syntax. It does not rank; `search.py` does.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bullpen_memory import rows

if TYPE_CHECKING:
    from sqlite_utils.db import Database as SqliteUtils

MAX_TERMS = 40
COMMON_SHARE = 0.10
SMALL_STORE = 1_000

# A joined name such as S&P is looked for as one phrase.
_WORD = re.compile(r"\w+(?:&\w+)*", re.UNICODE)

_STOP = (
    "a about after all also am an and any are as at be because been before being between both "
    "but by can could did do does doing down during each few for from further had has have "
    "having he her here hers him his how i if in into is it its itself just know let me more "
    "most my no nor not now of off on once only or other our out over own please s same she "
    "should show so some such t tell than that the their them then there these they this "
    "those through to too under until up us very was we were what when where which while who "
    "whom whose why will with would you your "
)
STOP_WORDS = frozenset(_STOP.split())


@dataclass(frozen=True, slots=True)
class Terms:
    """The words to look for, each with its inverse document frequency (natural log, > 0)."""

    idf: dict[str, float]

    @property
    def match(self) -> str:
        """The FTS5 expression: any of the words. Empty when there is nothing to look for."""
        return " OR ".join(f'"{term}"' for term in self.idf)

    @property
    def ceiling(self) -> float:
        """The most that BM25 can give: (k1 + 1) times the sum of idf, with FTS5's k1 = 1.2."""
        return 2.2 * sum(self.idf.values())


def split(text: str) -> list[str]:
    """The distinct words of a question in their order, stop words dropped where others remain."""
    folded = rows.clean(text).casefold()
    pairs = rows.grams(folded).split()
    long_pairs = [pair for pair in pairs if len(pair) > 1] or pairs
    plain = [word for word in _WORD.findall(folded) if not rows.grams(word)]
    seen = dict.fromkeys([*plain, *long_pairs])
    telling = [word for word in seen if word not in STOP_WORDS]
    return (telling or list(seen))[:MAX_TERMS]


def weigh(db: SqliteUtils, words: list[str]) -> Terms:
    """The words that occur, with their weight; those in over 10 % of a large store only if alone.

    idf = ln((N - n + 0.5) / (n + 0.5)), floored at 1e-6, as FTS5's bm25() has it.
    """
    total = int(db.conn.execute("SELECT count(*) FROM words_docsize").fetchone()[0])
    limit = int(total * COMMON_SHARE) if total > SMALL_STORE else total
    rare: dict[str, float] = {}
    common: dict[str, float] = {}
    for word in words:
        # Counting stops just over the limit: a very common word costs no more than that.
        counted = db.conn.execute(
            "SELECT count(*) FROM (SELECT 1 FROM words WHERE words MATCH ? LIMIT ?)",
            (f'"{word}"', limit + 1),
        ).fetchone()[0]
        if counted:
            idf = max(math.log((total - counted + 0.5) / (counted + 0.5)), 1e-6)
            (common if counted > limit else rare)[word] = idf
    return Terms(rare or common)
