"""The whole store as one file of JSON lines, and back into an empty store.

The rule it protects: what is taken in equals what was given out, row by row and proven by a hash
of every table; a file that is cut off, altered or of a newer Bullpen is refused before anything
is kept. Vectors may stay behind, for they can be made again; the index is never part of it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import sqlite3
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from bullpen_memory import lexemes, migrations
from bullpen_memory.database import SET_NAME, Database, Table
from bullpen_memory.errors import InputError
from bullpen_memory.sqlite import SqliteDatabase

if TYPE_CHECKING:
    from bullpen_memory.database import Connection

FORMAT = 1
# What the store makes again by itself, or what says nothing: the outbox of indexes that are not here.
_LEFT_OUT = frozenset({"outbox", "index_state", "reader", "lexeme"})
VECTORS = "vector"


@dataclass(frozen=True, slots=True)
class Archive:
    """What a file holds: rows by table, and a hash over each table's rows in their order."""

    tables: dict[str, int]
    hashes: dict[str, str]

    @property
    def records(self) -> int:
        """Versions of records, all of them."""
        return self.tables.get("version", 0)


def write(database: Database, path: Path, *, vectors: bool = False) -> Archive:
    """Write the store to a new file, as it is at this moment; writers go on meanwhile.

    Raises InputError where the file exists already.
    """
    try:
        out = path.open("x", encoding="utf-8")
    except FileExistsError:
        raise InputError(
            "Nothing was exported.", f"{path} exists already.", "Choose another name."
        ) from None
    with out, database.reading() as db:
        head = {
            "bullpen": "memory archive", "format": FORMAT, "steps": db.steps(),
            "written_at": datetime.now(UTC).isoformat(timespec="seconds"),
        }  # fmt: skip
        out.write(json.dumps(head) + "\n")
        made = _summed(_lines(db, vectors), lambda line: out.write(line + "\n"))
        out.write(json.dumps({"end": made.tables, "sha256": made.hashes}) + "\n")
    path.chmod(0o600)
    return made


def copy(database: Database, path: Path) -> Archive:
    """The store as one new SQLite file. Raises InputError where the file exists already."""
    if path.exists():
        raise InputError("Nothing was exported.", f"{path} exists already.", "Choose another name.")
    if isinstance(database, SqliteDatabase):
        database.copy(path)
    else:
        _rewritten(database, path)
    path.chmod(0o600)
    return fingerprint(database, vectors=True)


def _rewritten(database: Database, path: Path) -> None:
    """The rows of another database, written into a new file."""
    made = SqliteDatabase(path)
    try:
        migrations.apply(made)
        with database.reading() as source, made.writing() as db:
            db.loosen()
            for table in db.tables():
                db.execute(f'DELETE FROM "{table.name}"')
            for table in _tables(source, vectors=True):
                for row in source.execute(_ordered(table)):
                    _insert(db, table.name, dict(zip(table.columns, row, strict=True)))
    finally:
        made.close()


def read(database: Database, path: Path) -> Archive:
    """Take a file into an empty store, in one transaction. Raises InputError for anything else."""
    with database.writing() as db:
        _refuse_used(db)
        db.loosen()
        for table in _tables(db, vectors=True):
            db.execute(f'DELETE FROM "{table.name}"')
        if _is_sqlite(path):
            said = _copied(db, path)
        else:
            with path.open(encoding="utf-8") as lines:
                said = _taken(db, path, lines)
        db.renumber()
        db.words.keep()
        held = _summed(_lines(db, vectors="vector" in said.tables), lambda _: None)
        different = sorted(
            name for name in said.hashes if said.hashes[name] != held.hashes.get(name)
        )
        if different:
            raise _refused(path, f"What arrived in {', '.join(different)} is not what was written.")
        lexemes.fill(db)
        db.execute(
            "INSERT INTO outbox (id, scope, op) SELECT id, scope, 'put' FROM version"
            " WHERE ends IS NULL AND status <> 'forgotten' ORDER BY vid"
        )
    return said


def fingerprint(database: Database, *, vectors: bool = False) -> Archive:
    """The counts and hashes of a store: equal for two stores that hold the same."""
    with database.reading() as db:
        return _summed(_lines(db, vectors), lambda _: None)


def _taken(db: Connection, path: Path, lines: Iterator[str]) -> Archive:
    head = _parsed(path, next(lines, ""))
    if head.get("bullpen") != "memory archive" or head.get("format") != FORMAT:
        raise _refused(path, "It is not an archive that `bullpen memory export` writes.")
    _refuse_newer(db, path, cast("list[str]", head.get("steps", [])))
    columns = {table.name: table.columns for table in _tables(db, vectors=True)}
    for line in lines:
        row = _parsed(path, line)
        if "end" in row:
            return Archive(row["end"], row["sha256"])
        table = str(row.pop("table", ""))
        if not set(row) <= set(columns.get(table, ())):
            raise _refused(path, f"It holds {table or 'a line'} with fields that this Bullpen does not know.")  # fmt: skip
        _insert(db, table, {name: _value(value) for name, value in row.items()})
    raise _refused(path, "It is cut off: its last line is missing.")


def _copied(db: Connection, path: Path) -> Archive:
    """Rows of a SQLite copy. The other file is only read."""
    there = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    there.row_factory = sqlite3.Row
    try:
        names = {r["name"] for r in there.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}  # fmt: skip
        if "version" not in names:
            raise _refused(path, "It is a SQLite file, but not one of a context store.")
        done = there.execute(
            "SELECT name FROM _sqlite_migrations WHERE migration_set = ?", (SET_NAME,)
        )
        _refuse_newer(db, path, [row["name"] for row in done])
        both = [table for table in _tables(db, vectors=True) if table.name in names]
        return _summed(_copying(db, there, both), lambda _: None)
    finally:
        there.close()


def _copying(
    db: Connection, there: sqlite3.Connection, tables: Sequence[Table]
) -> Generator[tuple[str, str]]:
    for table in tables:
        for row in there.execute(_ordered(table)):
            values = dict(zip(row.keys(), tuple(row), strict=True))
            _insert(db, table.name, values)
            yield table.name, _line(table.name, values)


def _lines(db: Connection, vectors: bool) -> Generator[tuple[str, str]]:
    for table in _tables(db, vectors=vectors):
        for row in db.execute(_ordered(table)):
            yield table.name, _line(table.name, dict(zip(table.columns, row, strict=True)))


def _ordered(table: Table) -> str:
    columns, key = (", ".join(f'"{name}"' for name in part) for part in (table.columns, table.key))
    return f'SELECT {columns} FROM "{table.name}" ORDER BY {key}'


def _line(table: str, row: dict[str, object]) -> str:
    told = {name: _told(value) for name, value in row.items()}
    return json.dumps({"table": table, **told}, ensure_ascii=False)


def _summed(lines: Iterator[tuple[str, str]], keep: Any) -> Archive:
    counts: dict[str, int] = {}
    hashes: dict[str, Any] = {}
    for table, line in lines:
        counts[table] = counts.get(table, 0) + 1
        hashes.setdefault(table, hashlib.sha256()).update(line.encode() + b"\n")
        keep(line)
    return Archive(counts, {table: digest.hexdigest() for table, digest in hashes.items()})


def _tables(db: Connection, *, vectors: bool) -> list[Table]:
    out = _LEFT_OUT if vectors else _LEFT_OUT | {VECTORS}
    return [table for table in db.tables() if table.name not in out]


def _insert(db: Connection, table: str, row: dict[str, Any]) -> None:
    names = ", ".join(f'"{name}"' for name in row)
    marks = ", ".join("?" * len(row))
    db.execute(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', tuple(row.values()))


def _told(value: object) -> object:
    return {"base64": base64.b64encode(value).decode()} if isinstance(value, bytes) else value


def _value(value: object) -> object:
    if isinstance(value, dict):
        return base64.b64decode(cast("dict[str, str]", value)["base64"])
    return value


def _parsed(path: Path, line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        raise _refused(path, "It is cut off, or not an archive of Bullpen.") from None
    if not isinstance(found, dict):
        raise _refused(path, "It is not an archive of Bullpen.")
    return cast("dict[str, Any]", found)


def _refuse_newer(db: Connection, path: Path, steps: Sequence[str]) -> None:
    newer = sorted(set(steps) - set(db.steps()))
    if newer:
        raise InputError(
            f"{path} was not taken in.",
            f"A newer Bullpen wrote it (steps {', '.join(newer)}).",
            "Install that newer version first.",
        )


def _refuse_used(db: Connection) -> None:
    held = db.execute("SELECT count(DISTINCT id) FROM version").fetchone()[0]
    if held:
        raise InputError(
            "The archive was not taken in.",
            f"This store holds {held:,} records already; an archive is a whole store, not a part.",
            "Choose an empty home with --home.",
        )


def _is_sqlite(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(16) == b"SQLite format 3\x00"
    except OSError as error:
        raise InputError(
            f"{path} was not taken in.", f"It cannot be read ({error.strerror}).", "Check the path."
        ) from error


def _refused(path: Path, why: str) -> InputError:
    return InputError(
        f"{path} was not taken in.", why, "Nothing was changed; export it again at its source."
    )
