"""Which records of the memory a message is about: what its agent wrote, or puts before people.

The rule it protects: a record is offered for a decision where it was said, once, and only where
the readers may see it. It decides nothing; the people do.
"""

from __future__ import annotations

from collections.abc import Iterable

from bullpen_memory.headlines import beginning
from bullpen_memory.listing import DISPUTED
from bullpen_memory.records import Record
from bullpen_memory.store import Store
from bullpen_orchestrator.ports import Written
from bullpen_tools.context import Receipt

TOOLS = frozenset({"remember", "supersede", "dispute_record", "put_before_people"})
"""The tools whose receipt names one record, under `record`."""
_HEADLINE = 16
"""Words of a text that has no headline."""


def written(
    store: Store, receipts: Iterable[Receipt], scopes: frozenset[str]
) -> tuple[Written, ...]:
    """The records of these receipts as they are now, each once, in the order of the receipts."""
    pages: dict[str, str] = {}
    for receipt in receipts:
        values = receipt.result.values
        if receipt.tool in TOOLS and not receipt.error and "record" in values:
            page = values.get("page")
            pages[str(values["record"].value)] = str(page.value) if page else ""
    found = ((store.get(record_id, scopes=scopes), page) for record_id, page in pages.items())
    return tuple(as_written(record, page) for record, page in found if record is not None)


def as_written(record: Record, page: str = "") -> Written:
    """A record as a message shows it."""
    return Written(
        id=record.id,
        version=record.version,
        kind=record.kind,
        headline=" ".join((record.title or beginning(record.text, _HEADLINE)).split()),
        status=record.status,
        disputed=DISPUTED in record.tags,
        pinned=record.pinned,
        page=page,
    )
