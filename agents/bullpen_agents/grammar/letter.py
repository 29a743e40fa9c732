"""Whether a macro letter's claims are to be checked, and which of them.

The rule it protects: a letter is checked when somebody asks for it in so many words. It holds no claim.
"""

from __future__ import annotations

import re

from bullpen_agents.grammar.family import Family
from bullpen_agents.letter import Letter

_LETTER = re.compile(
    r"\b(?:run|check|replay|verify|redo|work through|go through|examine|test|demo)\b[^.?!]{0,30}\bletter\b|^(?:the )?(?:macro )?letter[?.! ]*$"
)
_PARTS = re.compile(r"\bparts?\s*:?\s*(?P<numbers>\d[\d,\s and]*)")


def read_letter(original: str, lower: str) -> Letter | None:
    """Whether the letter is meant, and which of its parts."""
    del original
    if not _LETTER.search(lower):
        return None
    found = _PARTS.search(lower)
    return Letter(tuple(int(one) for one in re.findall(r"\d+", found["numbers"])) if found else ())


FAMILY = Family("letter", read_letter, ("run the letter", "check the letter, parts 1 and 6"))
