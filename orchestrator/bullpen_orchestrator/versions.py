"""The rows behind corrected and withdrawn messages, for use within the ledger's transactions.

The rule it protects: no version is ever lost or changed; a newer one, or a deletion, is a row
beside it. It begins and ends no transaction.
"""

from __future__ import annotations

import sqlite3

from bullpen_orchestrator.entries import now


def current(db: sqlite3.Connection, message_id: str) -> sqlite3.Row | None:
    """The version of a person's message that is neither corrected nor withdrawn."""
    return db.execute(
        "SELECT * FROM messages WHERE (id = ? OR id LIKE ?) AND kind = 'person'"
        " AND id NOT IN (SELECT message_id FROM versions) LIMIT 1",
        (message_id, f"{message_id}:v%"),
    ).fetchone()


def count(db: sqlite3.Connection, message_id: str) -> int:
    """How many corrections a message has had."""
    sql = "SELECT count(*) FROM messages WHERE id LIKE ?"
    return int(db.execute(sql, (f"{message_id}:v%",)).fetchone()[0])


def claim(db: sqlite3.Connection, event_id: str, message_id: str) -> bool:
    """Claim an event; False where it was claimed before."""
    row = (f"event:{event_id}", message_id)
    return db.execute("INSERT OR IGNORE INTO claims VALUES (?, ?)", row).rowcount == 1


def replace(db: sqlite3.Connection, old: str, new: str, by: str) -> None:
    """Write down that `new` ("" for a deletion) stands in the place of `old`."""
    db.execute("INSERT INTO versions VALUES (?, ?, ?, ?)", (old, new, by, now()))


def halt(db: sqlite3.Connection, run_id: str, by: str) -> list[str]:
    """Flag one run as stopped, without a notice about it; its id if it was open."""
    rows = db.execute(
        "UPDATE runs SET stopped_by = ? WHERE id = ? AND status IN ('queued', 'running')"
        " AND stopped_by = '' RETURNING id",
        (by, run_id),
    )
    return [str(row["id"]) for row in rows.fetchall()]
