"""Forgetting for good: a record, the messages that repeat it, and what receipts quote of it.

The rule it protects: the promise "erased" holds in every file of the desk's memory, and who asked
for it stays on record. The channel's own messages belong to the chat and are not touched here.
"""

from __future__ import annotations

from dataclasses import dataclass

from bullpen_memory.records import Record
from bullpen_memory.store import Store
from bullpen_tools.receipts import Receipts


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What forgetting a record would erase: its versions, remembered messages, receipts, questions."""

    versions: int
    messages: int
    receipts: int


def reach(
    store: Store, receipts: Receipts, record_id: str, scopes: frozenset[str] | None = None
) -> Reach:
    """Look before erasing; changes nothing. Only what `scopes` may see is counted (None: all)."""
    texts, echoes = _said(store, record_id)
    quoting = receipts.quoting((record_id, *echoes), texts) if texts else []
    return Reach(
        versions=len(store.history(record_id, scopes=scopes)),
        messages=sum(store.get(echo, scopes=scopes) is not None for echo in echoes),
        receipts=sum(receipts.get(one, scopes) is not None for one in quoting),
    )


def forget(store: Store, receipts: Receipts, record_id: str, *, by: str, reason: str) -> Record:
    """Erase the record everywhere; returns the tombstone that stays. May be repeated.

    The receipts come first: were the text gone from the store, nobody could look for it in them.
    Raises InputError for a record that does not exist.
    """
    texts, echoes = _said(store, record_id)
    if texts:
        receipts.redact((record_id, *echoes), texts, by=by, reason=reason)
    for echo in echoes:
        store.forget(echo, by=by, reason=reason)
    return store.forget(record_id, by=by, reason=reason)


def _said(store: Store, record_id: str) -> tuple[tuple[str, ...], list[str]]:
    """What the record ever said, and the ids of the messages that repeat it."""
    texts = tuple(dict.fromkeys(version.text for version in store.history(record_id)))
    return texts, [echo for echo in store.echoes(texts) if echo != record_id]
