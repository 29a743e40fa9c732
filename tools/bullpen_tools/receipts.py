"""The stored envelopes of all tool calls, in one SQLite file.

The rule it protects: a receipt is written once and never changed (triggers in the file refuse
it) but by `redact`, which leaves who asked for it, and one call key has one receipt for ever. It computes nothing and grants nothing: a caller
that acts for an agent passes the scopes that the agent may see.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from bullpen_memory.errors import DefectError, OperatorError
from bullpen_tools import redaction
from bullpen_tools.context import Artifact, DataRef, Receipt, Result, Value

_APPEND_ONLY = (
    """
    CREATE TRIGGER IF NOT EXISTS receipts_are_not_deleted BEFORE DELETE ON receipts
    BEGIN SELECT RAISE(ABORT, 'receipts are append-only'); END
    """,
    # The first release's trigger knew no redaction.
    "DROP TRIGGER IF EXISTS receipts_are_not_updated",
    """
    CREATE TRIGGER IF NOT EXISTS receipts_change_by_redaction_only BEFORE UPDATE ON receipts
    WHEN NOT EXISTS (SELECT 1 FROM redacting WHERE n = OLD.n)
    BEGIN SELECT RAISE(ABORT, 'receipts are append-only'); END
    """,
)
_REDACTIONS = (
    "CREATE TABLE IF NOT EXISTS redactions (receipt INTEGER NOT NULL, record_id TEXT NOT NULL,"
    " by TEXT NOT NULL, reason TEXT NOT NULL, at TEXT NOT NULL)",
    # Holds a row only inside the transaction of a redaction.
    "CREATE TABLE IF NOT EXISTS redacting (n INTEGER PRIMARY KEY)",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReceipt:
    """A receipt before it has an id. `call_key` is unique for ever."""

    tool: str
    version: str
    inputs: dict[str, object]
    result: Result
    error: str
    agent: str
    run_id: str
    call_key: str
    scope: str
    seconds: float
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))


class Receipts:
    """Ids count r1, r2, …; safe for threads and for several processes on one file."""

    def __init__(self, path: Path) -> None:
        # Here, not above: sqlite_utils imports pandas where it is installed.
        from sqlite_utils import Database

        self.path = path
        self._lock = threading.RLock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # isolation_level None: the transactions below are ours, not the driver's guess.
            self._connection = sqlite3.connect(
                path, timeout=30, isolation_level=None, check_same_thread=False
            )
            self._db = Database(self._connection)
            self._prepare()
        except (OSError, sqlite3.Error) as error:
            raise OperatorError(
                f"The receipts in {path} cannot be opened.",
                f"{error}.",
                "Make the folder writable, or choose another with BULLPEN_HOME.",
            ) from error

    def _prepare(self) -> None:
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        # What a redaction takes away is overwritten, not only unlinked.
        self._connection.execute("PRAGMA secure_delete=ON")
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS receipts (n INTEGER PRIMARY KEY AUTOINCREMENT,"
            " call_key TEXT NOT NULL UNIQUE, run_id TEXT NOT NULL, agent TEXT NOT NULL,"
            " scope TEXT NOT NULL, tool TEXT NOT NULL, version TEXT NOT NULL,"
            " inputs TEXT NOT NULL, result TEXT NOT NULL, error TEXT NOT NULL,"
            " seconds REAL NOT NULL, created_at TEXT NOT NULL)"
        )
        self._connection.execute("CREATE INDEX IF NOT EXISTS receipts_run ON receipts (run_id)")
        for statement in (*_REDACTIONS, *_APPEND_ONLY):
            self._connection.execute(statement)

    def close(self) -> None:
        """Close the file; the object is of no use afterwards."""
        with self._lock:
            self._db.close()

    def add(self, new: NewReceipt) -> Receipt:
        """Store a receipt and return it; for a known call key, the receipt that is there already."""
        row = _to_row(new)
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                # Not INSERT OR IGNORE: an ignored row would burn a number of the sequence.
                if self.by_call(new.call_key) is None:
                    self._db.table("receipts").insert(row)
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
        stored = self.by_call(new.call_key)
        if stored is None:
            raise DefectError(f"The receipt of call {new.call_key} was not stored.")
        return stored

    def redact(
        self, record_ids: Sequence[str], texts: Collection[str], *, by: str, reason: str
    ) -> int:
        """Take what was forgotten out of every receipt; returns how many changed.

        `record_ids` are the forgotten records, `texts` what they said. Figures, times and ids stay.
        Who asked is kept beside the receipts. See `forgetting.forget`, which calls it.
        """
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                count = self._redact(record_ids, texts, by, reason)
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            # The log still holds the old pages.
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return count

    def quoting(self, record_ids: Sequence[str], texts: Collection[str]) -> list[str]:
        """The ids of the receipts that `redact` would change."""
        with self._lock:
            return [
                f"r{row['n']}"
                for row in self._db.table("receipts").rows
                if redaction.without(row, record_ids, texts) is not None
            ]

    def redactions(self) -> list[tuple[str, str, str, datetime]]:
        """Which receipt was redacted for which record, by whom and when; oldest first."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT receipt, record_id, by, at FROM redactions ORDER BY rowid"
            ).fetchall()
        return [(f"r{n}", record, by, datetime.fromisoformat(at)) for n, record, by, at in rows]

    def _redact(
        self, record_ids: Sequence[str], texts: Collection[str], by: str, reason: str
    ) -> int:
        at = datetime.now(UTC).isoformat()
        changed = [
            (row["n"], cleaned)
            for row in self._db.table("receipts").rows
            if (cleaned := redaction.without(row, record_ids, texts)) is not None
        ]
        for n, cleaned in changed:
            self._connection.execute("INSERT INTO redacting VALUES (?)", (n,))
            self._connection.execute(
                "UPDATE receipts SET inputs = :inputs, result = :result, error = :error"
                " WHERE n = :n",
                {**cleaned, "n": n},
            )
            self._connection.execute(
                "INSERT INTO redactions VALUES (?, ?, ?, ?, ?)", (n, record_ids[0], by, reason, at)
            )
        self._connection.execute("DELETE FROM redacting")
        return len(changed)

    def get(self, receipt_id: str, scopes: frozenset[str] | None = None) -> Receipt | None:
        """The receipt, or None when there is none or it lies outside `scopes` (None: no limit)."""
        number = receipt_id.removeprefix("r")
        if not (number.isascii() and number.isdigit()) or len(number) > 18:
            return None
        found = self._where("n = ?", int(number))
        if not found or (scopes is not None and found[0].scope not in scopes):
            return None
        return found[0]

    def known(self, run_id: str, moment: datetime) -> KnownReceipts:
        """These receipts as a run pinned to `moment` may read them: made by then, or by itself."""
        return KnownReceipts(self, run_id, moment)

    def by_call(self, call_key: str) -> Receipt | None:
        """The receipt of one call, or None when that call never ended."""
        found = self._where("call_key = ?", call_key)
        return found[0] if found else None

    def by_run(self, run_id: str) -> list[Receipt]:
        """All receipts of one run, oldest first."""
        return self._where("run_id = ?", run_id)

    def latest(self, scopes: frozenset[str], limit: int = 50) -> list[Receipt]:
        """The newest receipts that may be seen within `scopes`, newest first."""
        marks = ",".join("?" * len(scopes))
        return self._where(f"scope IN ({marks})", *sorted(scopes), order="n DESC", limit=limit)

    def _where(
        self, where: str, *args: str | int, order: str = "n", limit: int | None = None
    ) -> list[Receipt]:
        with self._lock:
            rows = self._db.table("receipts").rows_where(
                where, list(args), order_by=order, limit=limit
            )
            return [_from_row(row) for row in rows]


@dataclass(frozen=True, slots=True)
class KnownReceipts:
    """See `Receipts.known`."""

    receipts: Receipts
    run_id: str
    moment: datetime

    def get(self, receipt_id: str, scopes: frozenset[str] | None = None) -> Receipt | None:
        """The receipt, or None where there is none, it may not be seen, or it came later."""
        found = self.receipts.get(receipt_id, scopes)
        if found is None or found.run_id == self.run_id or found.created_at <= self.moment:
            return found
        return None


def _to_row(new: NewReceipt) -> dict[str, Any]:
    try:
        inputs = json.dumps(new.inputs, allow_nan=False, ensure_ascii=False)
        result = json.dumps(asdict(new.result), allow_nan=False, ensure_ascii=False, default=_iso)
    except (TypeError, ValueError) as error:
        raise DefectError(
            f"The result of `{new.tool}` cannot be stored.",
            f"It holds something that is not JSON: {error}.",
            "A value without an answer is None, never NaN or infinity.",
        ) from error
    return {
        "call_key": new.call_key,
        "run_id": new.run_id,
        "agent": new.agent,
        "scope": new.scope,
        "tool": new.tool,
        "version": new.version,
        "inputs": inputs,
        "result": result,
        "error": new.error,
        "seconds": new.seconds,
        "created_at": new.created_at.isoformat(),
    }


def _iso(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is not JSON serialisable")


def _from_row(row: dict[str, Any]) -> Receipt:
    return Receipt(
        id=f"r{row['n']}",
        tool=row["tool"],
        version=row["version"],
        inputs=json.loads(row["inputs"]),
        result=_read_result(json.loads(row["result"])),
        error=row["error"],
        agent=row["agent"],
        run_id=row["run_id"],
        call_key=row["call_key"],
        scope=row["scope"],
        created_at=datetime.fromisoformat(row["created_at"]),
        seconds=row["seconds"],
    )


def _read_result(stored: dict[str, Any]) -> Result:
    known_at, as_of = stored["known_at"], stored["as_of"]
    return Result(
        summary=stored["summary"],
        values={key: Value(**value) for key, value in stored["values"].items()},
        data=tuple(DataRef(**ref) for ref in stored["data"]),
        warnings=tuple(stored["warnings"]),
        artifacts=tuple(Artifact(**item) for item in stored["artifacts"]),
        table=tuple(tuple(row) for row in stored["table"]),
        as_of=_read_time(as_of) if as_of else None,
        known_at=datetime.fromisoformat(known_at) if known_at else None,
    )


def _read_time(text: str) -> datetime | date:
    return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
