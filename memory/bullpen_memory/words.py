"""From a question in plain language to a full-text query, and how much each word counts.

The rule it protects: whatever a person types is a valid query: no operator, quote or lone
bracket of FTS5 ever reaches it as syntax. It does not rank; `search.py` does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bullpen_memory import rows
from bullpen_memory.finance_terms import other_names
from bullpen_memory.stem import tokens

MAX_TERMS = 40
# What only says how to reckon or to answer counts half: it stands in many a question and in few
# of the texts that answer it.
ASKING_WEIGHT = 0.5
OTHER_NAME_WEIGHT = 0.7

# A joined name such as S&P and a number such as 1,234.5 are looked for as one phrase.
_WORD = re.compile(r"\d[\d.,]*\d|\w+(?:&\w+)*", re.UNICODE)
_NUMBER = re.compile(r"\d[\d.,]*\d")

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

_ASKING = (
    "percentage percent change changes average difference respective respectively increase "
    "decrease value amount amounts total number calculate ratio proportion much many year years "
    "fiscal ended constitute company exceed between answer question response respond give state "
    "relying details shown using assume based usd"
)
ASKING_WORDS = frozenset(tokens(_ASKING))


@dataclass(frozen=True, slots=True)
class Term:
    """One thing to look for: the ways in which it is written, each as the stems of its words.

    `idf` is the inverse document frequency (natural log, > 0), `weight` what it counts for;
    `other` marks another name of what was asked, which nobody typed.
    """

    word: str
    ways: tuple[tuple[str, ...], ...]
    idf: float = 0.0
    weight: float = 1.0
    other: bool = False

    @property
    def match(self) -> str:
        """The FTS5 expression for any of its ways."""
        phrases = ('"' + " ".join(way) + '"' for way in _written(self))
        return " OR ".join(phrases)


@dataclass(frozen=True, slots=True)
class Terms:
    """What to look for, each with its weight; `telling` are those rare enough to look up, `rows`
    how many rows hold one of these at the most."""

    found: tuple[Term, ...]
    telling: tuple[Term, ...]
    rows: int = 0

    @property
    def match(self) -> str:
        """The FTS5 expression: any of the words. Empty when there is nothing to look for."""
        return " OR ".join(term.match for term in self.telling)

    @property
    def total(self) -> float:
        """The sum of the weighted idf of what was typed, or of all where none of that occurs."""
        typed = [term for term in self.found if not term.other] or self.found
        return sum(term.idf * term.weight for term in typed)

    @property
    def ceiling(self) -> float:
        """The most that FTS5's bm25() gives: (k1 + 1) times the sum of idf, with k1 = 1.2."""
        return 2.2 * sum(term.idf for term in self.telling)


def split(text: str) -> list[Term]:
    """What a question asks for, in its order; stop words are dropped where others remain."""
    folded = rows.clean(text).casefold()
    pairs = rows.grams(folded).split()
    long_pairs = [pair for pair in pairs if len(pair) > 1] or pairs
    plain = [word for word in _WORD.findall(folded) if not rows.grams(word)]
    seen = dict.fromkeys([*plain, *long_pairs])
    telling = [word for word in seen if word not in STOP_WORDS]
    return [_term(word) for word in telling or seen][:MAX_TERMS] + other_terms(folded)


def other_terms(folded: str) -> list[Term]:
    """The field's other names for what a question speaks of: "capex" is "capital expenditures"."""
    return [
        Term(name, (tuple(tokens(name)),), weight=OTHER_NAME_WEIGHT, other=True)
        for name in other_names(folded)
    ]


def _term(word: str) -> Term:
    if _NUMBER.fullmatch(word):
        return _number(word)
    stems = tuple(tokens(word)) or (word,)
    asking = len(stems) == 1 and stems[0] in ASKING_WORDS
    return Term(word, (stems,), weight=ASKING_WEIGHT if asking else 1.0)


def _number(word: str) -> Term:
    """1234.5, 1,234.5 and 1.234,5 are ways of writing one number only where they group alike."""
    ways = [tuple(re.findall(r"\d+", word))]
    whole, _, rest = word.partition(".")
    digits = whole.replace(",", "")
    if digits.isdigit() and len(digits) > 3 and (rest.isdigit() or not rest):
        end = (rest,) if rest else ()
        grouped = f"{int(digits):,}".split(",") if digits[0] != "0" else [digits]
        ways += [(digits, *end), (*grouped, *end)]
    return Term(word, tuple(dict.fromkeys(ways)))


def _written(term: Term) -> list[tuple[str, ...]]:
    """The phrases to hand to FTS5, which stems them itself: a stem is not always its own stem."""
    if len(term.ways) == 1 and not _NUMBER.fullmatch(term.word):
        return [(term.word.replace('"', " "),)]
    return list(term.ways)
