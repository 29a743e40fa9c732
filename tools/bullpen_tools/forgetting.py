"""Forgetting for good: a record wherever it stood, the messages that repeat it, what receipts quote.

The rule it protects: the promise "erased" holds in every file of the desk's memory, who asked for
it stays on record, and so does what a search through every file found afterwards. The rest of the
home, such as the conversation itself, is reached only where that is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bullpen_memory import erasure
from bullpen_memory.erasure import Proof, Traces
from bullpen_memory.records import Record
from bullpen_memory.reviewing import Review
from bullpen_memory.store import Store
from bullpen_tools.receipts import Receipts

# The files that forgetting itself takes care of, table by table.
_OURS = frozenset({"context.db", "receipts.db"})
_LOGS = "logs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What forgetting a record would erase: its versions, remembered messages, receipts."""

    versions: int
    messages: int
    receipts: int


@dataclass(frozen=True, slots=True)
class Erased:
    """What was forgotten: the tombstone, what it said, and what to look for from now on."""

    record: Record
    texts: tuple[str, ...]
    traces: Traces


def reach(
    store: Store, receipts: Receipts, record_id: str, scopes: frozenset[str] | None = None
) -> Reach:
    """Look before erasing; changes nothing. Only what `scopes` may see is counted (None: all)."""
    texts, echoes = _said(store, record_id)
    quoting = receipts.quoting((record_id, *echoes), texts) if texts else []
    seen = [one for echo in echoes if (one := store.get(echo, scopes=scopes)) is not None]
    own = [record_id, *(one.id for one in seen if one.kind != "message")]
    return Reach(
        versions=sum(len(store.history(one, scopes=scopes)) for one in own),
        messages=sum(one.kind == "message" for one in seen),
        receipts=sum(receipts.get(one, scopes) is not None for one in quoting),
    )


def forget(store: Store, receipts: Receipts, record_id: str, *, by: str, reason: str) -> Erased:
    """Erase the record everywhere in the memory. May be repeated.

    The receipts come first: were the text gone from the store, nobody could look for it in them.
    Raises InputError for a record that does not exist.
    """
    texts, echoes = _said(store, record_id)
    told = [*texts, *(v.title for v in store.history(record_id))]
    told += [version.text for echo in echoes for version in store.history(echo)]
    if texts:
        receipts.redact((record_id, *echoes), texts, by=by, reason=reason)
    for echo in echoes:
        store.forget(echo, by=by, reason=reason)
    left = store.forget(record_id, by=by, reason=reason)
    kept = tuple(text for text in dict.fromkeys(told) if len(text) >= erasure.SHORTEST)
    return Erased(left, kept, Traces.of(kept, lambda piece: _said_elsewhere(store, piece)))


def everywhere(home: Path, erased: Erased) -> dict[str, int]:
    """Overwrite what was forgotten in the rest of the home, too: the conversation, the state of
    runs, what waits to be sent, the logs. Returns how many values changed, by file.
    """
    changed: dict[str, int] = {}
    for path in sorted(home.glob("*")):
        if path.is_file() and path.name not in _OURS and erasure.is_sqlite(path):
            changed[path.name] = erasure.wash(path, erased.texts, erased.traces)
    for path in sorted((home / _LOGS).rglob("*")):
        if path.is_file():
            name = str(path.relative_to(home))
            changed[name] = erasure.wash_plain(path, erased.texts, erased.traces)
    return {name: number for name, number in changed.items() if number}


def prove(store: Store, home: Path, erased: Sequence[Erased], *, by: str) -> Proof:
    """Look for what was forgotten in every file of the home; the counts stay with each tombstone.

    The vector index needs no waiting for: it holds numbers, never a text.
    """
    traces = Traces(tuple({needle: None for one in erased for needle in one.traces.needles}))
    proof = erasure.prove(home, traces)
    for one in erased:
        Review(store).note(one.record.id, action="prove", by=by, reason=proof.told())
    return proof


def _said(store: Store, record_id: str) -> tuple[tuple[str, ...], list[str]]:
    """What the record ever said, and the ids of the messages that repeat it, or it itself as it
    stood before it was moved to another place."""
    texts = tuple(dict.fromkeys(version.text for version in store.history(record_id)))
    others = [*store.echoes(texts), *_moved_from(store, record_id, texts)]
    return texts, [other for other in dict.fromkeys(others) if other != record_id]


def _moved_from(store: Store, record_id: str, texts: Sequence[str]) -> list[str]:
    """The records that this one, and those in turn, stepped into the place of with the same words."""
    found: list[str] = []
    waiting = [record_id]
    while waiting:
        rows = store.database.read(
            "SELECT id, text FROM version WHERE superseded_by = ? AND ends IS NULL"
            " AND status <> 'forgotten'",
            (waiting.pop(),),
        )
        fresh = [str(row["id"]) for row in rows if row["text"] in texts and row["id"] not in found]
        found += fresh
        waiting += fresh
    return found


def _said_elsewhere(store: Store, piece: str) -> bool:
    """Whether another record says this, too: then finding it somewhere proves nothing."""
    return bool(
        store.database.read(
            "SELECT 1 FROM version WHERE status <> 'forgotten'"
            " AND (instr(text, ?) > 0 OR instr(title, ?) > 0) LIMIT 1",
            (piece, piece),
        )
    )
