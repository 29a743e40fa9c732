"""How records hang together: what replaced what, what says the same, what contradicts, what shares a source.

The rule it protects: a tie is shown only to who may see both ends, and as of an earlier time only
where both ends, and the tie itself, were known then. It changes nothing.
"""

from __future__ import annotations

from datetime import datetime

from bullpen_memory import filters, rows
from bullpen_memory.database import Database
from bullpen_memory.records import Record

MOST = 12
"""Records of one relation that are given."""
_BOTH_WAYS = {"contradicts": "contradicts", "duplicates": "nearly the same"}


def linked(
    database: Database, record: Record, scopes: frozenset[str], *, as_of: datetime | None = None
) -> dict[str, list[Record]]:
    """The visible records that this one is tied to, newest first, by relation.

    `record` is the version of that time where `as_of` is given.
    """
    seen = filters.seen(scopes, as_of)

    def ask(condition: str, *params: str) -> list[Record]:
        found = database.read(
            f"SELECT v.* FROM version v WHERE {condition} AND {seen.sql}"
            " AND v.status <> 'forgotten' AND v.id <> ? ORDER BY v.vid DESC LIMIT ?",
            (*params, *seen.params, record.id, MOST),
        )
        return [rows.to_record(row) for row in found]

    ties = {
        "replaces": ask("(v.id = ? OR v.superseded_by = ?)", record.supersedes or "", record.id),
        "replaced by": ask("(v.id = ? OR (v.supersedes = ? AND v.status <> 'proposed'))", record.superseded_by or "", record.id),
        "would be replaced by": ask("v.supersedes = ? AND v.status = 'proposed'", record.id),
    }  # fmt: skip
    until = "9999" if as_of is None else rows.iso(as_of)
    for kind, name in _BOTH_WAYS.items():
        ties[name] = ask(
            "v.id IN (SELECT target FROM link WHERE source = ? AND type = ? AND at <= ?"
            " UNION SELECT source FROM link WHERE target = ? AND type = ? AND at <= ?)",
            record.id, kind, until, record.id, kind, until,
        )  # fmt: skip
    if record.source.kind != "person" and record.source.ref:
        ties["same source"] = ask(
            "v.source_kind = ? AND v.source_ref = ?", record.source.kind, record.source.ref
        )
    return {name: found for name, found in ties.items() if found}
