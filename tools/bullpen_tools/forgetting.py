"""Forgetting for good: a record, the messages that repeat it, and what receipts quote of it.

The rule it protects: the promise "erased" holds in every file of the desk's memory, and who asked
for it stays on record. The channel's own messages belong to the chat and are not touched here.
"""

from __future__ import annotations

from bullpen_memory.records import Record
from bullpen_memory.store import Store
from bullpen_tools.receipts import Receipts


def forget(store: Store, receipts: Receipts, record_id: str, *, by: str, reason: str) -> Record:
    """Erase the record everywhere; returns the tombstone that stays. May be repeated.

    The receipts come first: were the text gone from the store, nobody could look for it in them.
    Raises InputError for a record that does not exist.
    """
    texts = tuple(dict.fromkeys(version.text for version in store.history(record_id)))
    echoes = [echo for echo in store.echoes(texts) if echo != record_id]
    if texts:
        receipts.redact((record_id, *echoes), texts, by=by, reason=reason)
    for echo in echoes:
        store.forget(echo, by=by, reason=reason)
    return store.forget(record_id, by=by, reason=reason)
