"""What is left of a stored receipt once a record of the store was forgotten.

The rule it protects: the words are gone and the rest stands: which tool ran, when, on which
records, with which figures. Pure: it reads and writes no file.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any, cast

from bullpen_memory.echoes import repeats

GONE = "[forgotten]"
_WRITERS = ("remember", "supersede")


def without(
    row: dict[str, Any], record_ids: Collection[str], texts: Collection[str]
) -> dict[str, str] | None:
    """The columns of a receipt's row that must change, or None when it holds nothing of it."""
    inputs, result = json.loads(row["inputs"]), json.loads(row["result"])
    wrote = row["tool"] in _WRITERS and _names(inputs, result, record_ids)
    cleaned = {
        "inputs": json.dumps(
            _blank(inputs, record_ids) if wrote else _clean(inputs, record_ids, texts),
            ensure_ascii=False,
        ),
        "result": json.dumps(
            _clean(result, record_ids, texts) | ({"summary": GONE} if wrote else {}),
            ensure_ascii=False,
        ),
        "error": GONE if repeats(row["error"], texts) else row["error"],
    }
    return None if all(cleaned[name] == row[name] for name in cleaned) else cleaned


def _names(inputs: dict[str, Any], result: dict[str, Any], record_ids: Collection[str]) -> bool:
    """Whether a call wrote one of the records, or put another in its place."""
    data = {str(ref.get("dataset", "")).removeprefix("record:") for ref in result["data"]}
    return inputs.get("record_id") in record_ids or not data.isdisjoint(record_ids)


def _blank(item: Any, record_ids: Collection[str]) -> Any:
    if isinstance(item, dict):
        pairs = cast("dict[str, Any]", item).items()
        return {key: part if key == "kind" else _blank(part, record_ids) for key, part in pairs}
    if isinstance(item, list):
        return [_blank(part, record_ids) for part in cast("list[Any]", item)]
    return GONE if isinstance(item, str) and item not in record_ids else item


def _clean(item: Any, record_ids: Collection[str], texts: Collection[str]) -> Any:
    """Every text that repeats the forgotten one, and every table row about the record, goes."""
    if isinstance(item, dict):
        pairs = cast("dict[str, Any]", item).items()
        return {key: _clean(part, record_ids, texts) for key, part in pairs}
    if isinstance(item, list):
        parts = cast("list[Any]", item)
        if parts and isinstance(parts[0], str) and parts[0] in record_ids:
            return [parts[0], *(GONE if isinstance(part, str) else part for part in parts[1:])]
        return [_clean(part, record_ids, texts) for part in parts]
    return GONE if isinstance(item, str) and repeats(item, texts) else item
