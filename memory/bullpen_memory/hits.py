"""What a reader is shown of each found row: the record, the place in it, and why it was found.

The rule it protects: a reason is given in the reader's terms and only for what really counted, and
no neighbour's words are shown as the record's own. It ranks nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bullpen_memory import rows
from bullpen_memory.fulltext import END, START
from bullpen_memory.records import Hit
from bullpen_memory.rerank import Candidate

if TYPE_CHECKING:
    from bullpen_memory.database import Connection

# Unrelated sentences reach a cosine of about 0.2; without a word in common more is asked for.
MEANING_FLOOR = 0.3

_MARKED = re.compile(f"{START}(.*?){END}", re.DOTALL)


def common_words(limit: int) -> str:
    """The sentence under a search whose words stand in more rows than are ranked."""
    return (
        f"More than {limit:,} records hold these words: the newest of them were ranked. A rarer word"
        " or a filter finds older ones."
    )


def excerpt(text: str, length: int = 240) -> str:
    """The beginning of a text on one line, cut at a word."""
    line = " ".join(text.split())
    if len(line) <= length:
        return line
    return line[:length].rsplit(" ", 1)[0] + "…"


def hits(db: Connection, match: str, page: list[Candidate]) -> list[Hit]:
    """The page of ranked rows as hits, in its order."""
    if not page:
        return []
    vids = [one.vid for one in page]
    marks = ", ".join("?" * len(vids))
    held = {
        row["vid"]: row
        for row in db.execute(f"SELECT * FROM version WHERE vid IN ({marks})", vids).fetchall()
    }
    snippets = _snippets(db, match, vids)
    made: list[Hit] = []
    for one in page:
        record = rows.to_record(held[one.vid])
        marked, matched = snippets.get(one.vid, ("", []))
        snippet = marked or excerpt(record.text or record.title)
        why = _why(one, matched)
        made.append(Hit(record=record, score=round(one.score, 4), snippet=snippet, why=why))
    return made


def _snippets(db: Connection, match: str, vids: list[int]) -> dict[int, tuple[str, list[str]]]:
    """For each row that holds a word: its text around it, and which words matched anywhere."""
    if not match:
        return {}
    return {
        vid: (
            " ".join(_MARKED.sub(r"**\1**", snippet).split()),
            list(dict.fromkeys(word.casefold() for word in _MARKED.findall(whole))),
        )
        for vid, (snippet, whole) in db.words.marked(match, vids).items()
    }


def _why(one: Candidate, matched: list[str]) -> str:
    parts: list[str] = []
    if matched:
        parts.append(f"words: {', '.join(matched[:8])}")
    if one.cosine >= MEANING_FLOOR:
        parts.append(f"meaning {one.cosine:.2f}")
    if one.document:
        parts.append(f"names {one.document}")
    if one.symbol:
        parts.append(f"symbol {one.symbol}")
    if one.spoken:
        parts.append(f"{one.speaker} speaks")
    if one.dated:
        parts.append("on that date")
    if one.boosted:
        parts.append("its thread fits")
    return " · ".join(parts) or "meaning"
