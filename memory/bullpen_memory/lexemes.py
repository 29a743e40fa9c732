"""The words of a text as numbers, made once when it is written, so that ranking reads no text again.

The rule it protects: a text's lexemes stand for its words alone, in their order and line by line,
and go with it: whoever erases a version deletes its lexemes in the same transaction. It ranks
nothing and knows no question.

A lexeme is 32 bits of the stem's CRC; its lowest bit says whether the word begins with a digit. 0
ends a line. Scripts without spaces give their single characters and overlapping pairs.
"""

from __future__ import annotations

import functools
import re
import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bullpen_memory import rows
from bullpen_memory.stem import stem

if TYPE_CHECKING:
    from bullpen_memory.database import Connection

LONGEST = 6_000
"""Characters of a text, its title included, that are read."""
NEAR_CHARACTERS = 600
"""Characters of a text that it lends to its neighbours."""
_HEAD = struct.Struct("<fIII")
_WIDTH = 4
_TOKEN = re.compile(r"[^\W_]+|\n+|(?<=[.!?;:])\s+")
_LINE = re.compile(r"\n+|(?<=[.!?;:])\s+")
_BATCH = 2_000


@dataclass(frozen=True, slots=True)
class Lexemes:
    """What one version says, as little-endian uint32: its title and text, the part of it that it
    lends to its neighbours, and its context; and the share of its sentences that ask, in [0, 1]."""

    own: bytes
    near: bytes
    context: bytes
    asking: float


NOTHING = Lexemes(b"", b"", b"", 0.0)


def made(title: str, text: str, context: str) -> bytes:
    """The lexemes of a version, as they are stored."""
    head = _numbers(f"{title}\n"[:LONGEST]) if title else []
    lent = _numbers(text[:NEAR_CHARACTERS])
    room = max(0, LONGEST - len(title) - bool(title))
    # A text that is cut inside a word lends that word whole; the difference is never seen.
    body = _numbers(text[:room]) if len(text) > NEAR_CHARACTERS else lent
    start, end = len(head), len(head) + min(len(lent), len(body))
    numbers = [*head, *body]
    about = _numbers(context)
    packed = struct.pack(f"<{len(numbers) + len(about)}I", *numbers, *about)
    return (
        _HEAD.pack(_asking(f"{title}\n{text}" if title else text), start, end, len(numbers))
        + packed
    )


def read(data: bytes) -> Lexemes:
    """What `made` stored."""
    asking, start, end, length = _HEAD.unpack_from(data)
    first = _HEAD.size
    own = data[first : first + length * _WIDTH]
    context = data[first + length * _WIDTH :]
    return Lexemes(own, own[start * _WIDTH : end * _WIDTH], context, asking)


@functools.lru_cache(maxsize=200_000)
def lexeme(one: str) -> int:
    """The number of a stem, or of a character or pair of an unspaced script."""
    return zlib.crc32(one.encode()) & 0xFFFFFFFE | one[:1].isdigit() or 2


def fill(db: Connection) -> None:
    """Make what is lacking: for stores of an earlier Bullpen, and for archives, which leave it out."""
    while True:
        found = db.execute(
            "SELECT v.vid, v.title, v.text, v.context FROM version v WHERE v.status <> 'forgotten'"
            " AND NOT EXISTS (SELECT 1 FROM lexeme l WHERE l.vid = v.vid) LIMIT ?",
            (_BATCH,),
        ).fetchall()
        if not found:
            return
        db.executemany(
            "INSERT INTO lexeme (vid, data) VALUES (?, ?)",
            [(row["vid"], made(row["title"], row["text"], row["context"])) for row in found],
        )


def forget_words() -> None:
    """Empty what this process remembers of words and their stems."""
    lexeme.cache_clear()
    _word.cache_clear()
    stem.cache_clear()


@functools.lru_cache(maxsize=200_000)
def _word(word: str) -> int:
    return lexeme(stem(word))


def _numbers(text: str) -> list[int]:
    lower = text.lower()
    found: list[str] = _TOKEN.findall(lower)
    if lower.isascii() or not rows.grams(lower):
        return [0 if one.isspace() else _word(one) for one in found]
    numbers: list[int] = []
    for one in found:
        pieces = rows.grams(one).split()
        numbers += map(lexeme, pieces) if pieces else [0 if one.isspace() else _word(one)]
    return numbers


def _asking(text: str) -> float:
    """The share of a text's sentences that ask: what asks rarely answers."""
    if "?" not in text:
        return 0.0
    sentences = [line.strip() for line in _LINE.split(text) if line.strip()]
    asked = sum(len(line) for line in sentences if line.endswith("?"))
    return asked / max(1, sum(map(len, sentences)))
