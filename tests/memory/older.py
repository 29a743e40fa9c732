"""Stores as earlier Bullpens left them: the tables after the first n steps, with records in them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from tests.memory.conftest import draft

from bullpen_memory import migrations, rows
from bullpen_memory.sqlite import SqliteDatabase

AT = datetime(2026, 1, 5, tzinfo=UTC)


def build(path: Path, steps: int, records: int = 3) -> list[str]:
    """Make the file; returns the ids of its records, "Old record 0" and so on."""
    database = SqliteDatabase(path)
    with database.writing() as db:
        db.migrate(migrations.STEPS[:steps])
        held = {table.name: table.columns for table in db.tables()}["version"]
    ids = [f"01OLD{n:021d}" for n in range(records)]
    with database.writing() as db:
        for n, record_id in enumerate(ids):
            made = rows.accepted(draft(f"Old record {n}"))
            record = rows.first_version(made, record_id=record_id, now=AT)
            row: dict[str, object] = {
                **rows.to_row(record), **rows.index_columns(record), "begins": rows.iso(AT), "near": "",
                "identity": rows.identity_hash(made), "content": rows.content_hash("", record.text),
            }  # fmt: skip
            kept = {name: value for name, value in row.items() if name in held}
            marks = ", ".join("?" * len(kept))
            db.execute(
                f"INSERT INTO version ({', '.join(kept)}) VALUES ({marks})", tuple(kept.values())
            )
            db.execute(
                "INSERT INTO change (id, n, action, by, reason, at) VALUES (?, 1, 'add', ?, '', ?)",
                (record_id, "quant", rows.iso(AT)),
            )
    database.close()
    return ids
