"""Stores as earlier Bullpens left them: the tables after the first n steps, with records in them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations
from tests.memory.conftest import draft

from bullpen_memory import migrations, rows

AT = datetime(2026, 1, 5, tzinfo=UTC)


def build(path: Path, steps: int, records: int = 3) -> list[str]:
    """Make the file; returns the ids of its records, "Old record 0" and so on."""
    db = Database(path)
    known = Migrations(migrations.SET_NAME)
    for step in migrations.STEPS[:steps]:
        known(name=step.__name__)(step)
    known.apply(db)
    ids = [f"01OLD{n:021d}" for n in range(records)]
    for n, record_id in enumerate(ids):
        made = rows.accepted(draft(f"Old record {n}"))
        record = rows.first_version(made, record_id=record_id, now=AT)
        row: dict[str, Any] = {
            **rows.to_row(record), **rows.index_columns(record), "begins": rows.iso(AT), "near": "",
            "identity": rows.identity_hash(made), "content": rows.content_hash("", record.text),
        }  # fmt: skip
        held = {column.name for column in db.table("version").columns}
        db.table("version").insert({name: value for name, value in row.items() if name in held})
        db.table("change").insert(
            {
                "id": record_id,
                "n": 1,
                "action": "add",
                "by": "quant",
                "reason": "",
                "at": rows.iso(AT),
            }
        )
    db.close()
    return ids
