"""Several questions in one message: where one ends and the next begins.

The rule it protects: a message is taken apart only where each part is a request of its own, and a part
that says nothing to the planner is kept, so that it can be named. It reads no request.
"""

from __future__ import annotations

import re

from bullpen_agents.grammar.lookup import days_in

_BREAK = re.compile(r"(?<=[?])\s+(?=\S)|\n+\s*(?:[-*•]|\(?\d{1,2}[.)])?\s*(?=\S)")
_NUMBERED = re.compile(r"^\s*(?:[-*•]|\(?\d{1,2}[.)])\s+")
_IDLE = re.compile(
    r"^(?:(?:thanks?|thank you|thx|please|pls|cheers|hi|hello|hey|good (?:morning|afternoon|evening)|many|a lot|in advance|very much|team|all|everyone|desk|@[\w-]+|and|also|best|regards|"
    r"some questions?|a few questions?|two things|three things|questions?)\b[\s,.!:]*)+$",
    re.IGNORECASE,
)
_NOTED = re.compile(
    r"^(?P<note>(?:please )?(?:remember|note|keep in mind)\b.*?[.!])\s+(?P<asked>(?:and |but )?(?:what|how|when|which|who|where|why)\b[^?]*\?.*)$",
    re.IGNORECASE | re.DOTALL,
)
"""Something to be kept, and a question after it that is no part of it."""
_MOST = 6
_LONG = 1500


_YEARS = re.compile(
    r"(?<!between )(?<!from )\b(?:in )?(?P<a>(?:19|20)\d\d)\s*(?:vs\.?|versus|and|or|against|compared (?:to|with)|than)\s*(?:in )?(?P<b>(?:19|20)\d\d)\b",
    re.IGNORECASE,
)


def each_year(text: str) -> tuple[str, ...]:
    """A question about two years, once for each of them; () for any other."""
    found = _YEARS.search(text)
    if not found or re.search(r"\b(?:between|from)\b[^?]*$", text[: found.start()], re.IGNORECASE):
        return ()
    return tuple(
        f"{text[: found.start()]}in {found[year]}{text[found.end() :]}".strip()
        for year in ("a", "b")
    )


def each_day(text: str) -> tuple[str, ...]:
    """A question about two days, once for each of them; () for any other."""
    lower = text.lower()
    written = [said for _, said in days_in(lower)]
    if len(written) != 2 or _A_SPAN.search(lower):
        return ()
    a, b = written
    found = re.search(
        rf"{re.escape(a)}\s*(?:,|&|and|or|vs\.?|versus)\s*(?:on )?{re.escape(b)}", lower
    )
    if not found:
        return ()
    return tuple(f"{text[: found.start()]}{day}{text[found.end() :]}" for day in written)


_A_SPAN = re.compile(
    r"\b(?:between|from|since|until|till|to|revis\w*|reconcil\w*|vintages?|sessions?|open|expir\w*|traded?)\b"
)


def without_note(text: str) -> str:
    """What is asked after something to be kept; the text itself where it begins with no such thing."""
    noted = _NOTED.match(text.strip())
    return noted["asked"] if noted else text


def parts_of(text: str) -> tuple[str, ...]:
    """The questions of a message, as written and in order; one for a message that is one."""
    if len(text) > _LONG or "```" in text:
        return (text,)
    noted = _NOTED.match(text.strip())
    cut = [noted["note"], noted["asked"]] if noted else [text.strip()]
    parts = [_NUMBERED.sub("", part).strip() for piece in cut for part in _BREAK.split(piece)]
    kept = [part for part in parts if part and not _IDLE.match(part)]
    return tuple(kept) if 1 < len(kept) <= _MOST else (text,)
