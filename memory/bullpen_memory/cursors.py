"""Where the next page of a list or a search begins, as an opaque text.

The rule it protects: a page begins after what was last shown, not at a number: what is written or
withdrawn meanwhile neither repeats a record nor leaves one out. A cursor says nothing about the
records and serves only the question that it was made for. It reads no store.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

from bullpen_memory.errors import InputError
from bullpen_memory.records import Query


def made(query: Query, *values: str | int) -> str:
    """The cursor for the page after these values."""
    packed = json.dumps([_mark(query), *values], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def read(query: Query) -> tuple[Any, ...]:
    """The values of the query's cursor; empty where it has none.

    Raises InputError for a cursor that was made for another question, or is none.
    """
    if not query.cursor:
        return ()
    try:
        padded = query.cursor + "=" * (-len(query.cursor) % 4)
        values = json.loads(base64.urlsafe_b64decode(padded.encode()))
    except (binascii.Error, ValueError):
        values = None
    told = cast("list[Any]", values) if isinstance(values, list) else []
    if len(told) != 3 or told[0] != _mark(query) or not isinstance(told[2], int):
        raise InputError(
            "The page was not given.",
            "Its cursor was made for another search, or was cut off.",
            "Begin again without a cursor.",
        )
    return tuple(told[1:])


def after(vids: Sequence[int], position: int, last: int) -> int:
    """Where to go on in a ranking: after the last one shown, wherever it stands now."""
    return vids.index(last) + 1 if last in vids else position


def _mark(query: Query) -> str:
    """The question without its page."""
    bare = replace(query, cursor="", limit=1, offset=0)
    said = [sorted(v) if isinstance(v, frozenset) else str(v) for v in _fields(bare)]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:12]


def _fields(query: Query) -> list[object]:
    return [getattr(query, name) for name in sorted(Query.__dataclass_fields__)]
