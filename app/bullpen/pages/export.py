"""The records of a list as a file to take away: JSON lines for programs, Markdown in a zip for people.

The rule it protects: the file holds exactly what the list shows to this reader, each record with the
versions that the reader may see and its sources, and never more. It changes nothing.
"""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict

from bullpen_memory.notebook import file_name, page
from bullpen_memory.records import Record
from bullpen_memory.store import Store

FORMS = {"jsonl": "application/x-ndjson", "markdown": "application/zip"}
WINDOW = 200
BLOCK = 1 << 16
Window = Callable[[int, int], Sequence[Record]]


def lines(store: Store, window: Window, scopes: frozenset[str]) -> Iterator[bytes]:
    """A JSON object for each record of a list, with its older versions; times are ISO 8601."""
    for record, older in _all(store, window, scopes):
        told = asdict(record) | {"older": [asdict(one) for one in older]}
        yield json.dumps(told, ensure_ascii=False, default=_moment).encode() + b"\n"


def archive(store: Store, window: Window, scopes: frozenset[str]) -> Iterator[bytes]:
    """A zip with a Markdown file for each record, in a folder for each kind."""
    with tempfile.TemporaryFile() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
            for record, older in _all(store, window, scopes):
                name = f"{record.kind}/{file_name(record)}"
                packed.writestr(name, page(record, older[::-1]))
        file.seek(0)
        while block := file.read(BLOCK):
            yield block


def _all(
    store: Store, window: Window, scopes: frozenset[str]
) -> Iterator[tuple[Record, list[Record]]]:
    start = 0
    while records := window(start, WINDOW):
        for record in records:
            if record.status == "forgotten":
                continue
            versions = store.history(record.id, scopes=scopes)
            yield record, [one for one in versions if one.version < record.version]
        start += WINDOW


def _moment(value: object) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)  # type: ignore[union-attr]
