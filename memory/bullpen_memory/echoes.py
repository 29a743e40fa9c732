"""Messages that say what a record says: the one it came from, its confirmation, later quotations.

The rule it protects: a statement that was withdrawn or erased does not come back as a message
that repeats it. Sameness is that of the words, not of the meaning, and short texts have no echo.
"""

from __future__ import annotations

from collections.abc import Iterable

from bullpen_memory import rows
from bullpen_memory.database import Database

SHORTEST = 12
"""Characters. A record that says "oil" must not take every message about oil with it."""


def repeats(text: str, statements: Iterable[str]) -> bool:
    """Whether `text` contains one of the statements, whatever the case and the white space."""
    said = rows.folded(text)
    return any(part in said for part in _telling(statements))


def messages(database: Database, statements: Iterable[str]) -> list[str]:
    """The ids of the present messages of every scope that contain one of the statements."""
    wanted = _telling(statements)
    if not wanted:
        return []
    found = database.read(
        "SELECT id, text FROM version WHERE kind = 'message' AND ends IS NULL"
        " AND status <> 'forgotten' ORDER BY vid"
    )
    return [row["id"] for row in found if repeats(row["text"], wanted)]


def _telling(statements: Iterable[str]) -> list[str]:
    folded = (rows.folded(text).rstrip(".!?… ") for text in statements)
    return [text for text in dict.fromkeys(folded) if len(text) >= SHORTEST]
