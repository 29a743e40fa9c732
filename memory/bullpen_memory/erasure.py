"""Making sure of an erasure: traces of a text in any file, taken out and searched for.

The rule it protects: what is called erased was looked for in every file, byte by byte, in every
way that it may be written: plain, JSON-escaped, base64. What is replaced keeps its length, so that
whatever encloses it stays readable. It knows no table by name and no record.
"""

from __future__ import annotations

import base64
import binascii
import json
import mmap
import re
import sqlite3
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

WINDOW = 24
"""Bytes. Of whatever is left in one piece of 47 bytes or more, a whole window is left."""
WINDOWS = 16
SHORTEST = 12
FILLER = b"."
# The address of a thread is no word of anybody; it stands at everything that was said there.
_ADDRESS = re.compile(r"https?://[^\s)>\]|]+")
_SQLITE = b"SQLite format 3\x00"


@dataclass(frozen=True, slots=True)
class Traces:
    """What to look for: pieces of the texts, each in the ways in which it may be written."""

    needles: tuple[bytes, ...]

    @classmethod
    def of(cls, texts: Iterable[str], common: Callable[[str], bool] = lambda _: False) -> Traces:
        """Pieces that are not `common`, which others may say, too; empty where none is telling."""
        found: dict[bytes, None] = {}
        for text in (part for whole in texts for part in _ADDRESS.split(whole)):
            for piece in _spread(_pieces(text)):
                if common(piece):
                    continue
                found.update(dict.fromkeys(_written(piece)))
        return cls(tuple(found))

    def within(self, data: bytes | mmap.mmap) -> int:
        """How many of the pieces the bytes hold."""
        return sum(1 for needle in self.needles if data.find(needle) >= 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What a search for the traces of a text found: pieces looked for, files, bytes, and where."""

    pieces: int
    files: int
    size: int
    found: dict[str, int] = field(default_factory=dict[str, int])

    @property
    def clean(self) -> bool:
        """Nothing was found, and there was something to look for."""
        return not self.found and self.pieces > 0

    def told(self) -> str:
        """The proof in a line."""
        if not self.pieces:
            return "The text was too short, or too common, to be looked for byte by byte."
        looked = f"{self.pieces} distinctive byte sequences looked for in {self.files:,} files ({self.size / 1e6:,.1f} MB)"
        if not self.found:
            return f"{looked}: none is left."
        left = ", ".join(f"{name} ({number})" for name, number in sorted(self.found.items()))
        return f"{looked}: some are left in {left}."


def prove(home: Path, traces: Traces) -> Proof:
    """Look for the traces in every file under the home, names included; changes nothing."""
    files = size = 0
    found: dict[str, int] = {}
    for path in sorted(home.rglob("*")):
        name = str(path.relative_to(home))
        if not path.is_file() or path.is_symlink():
            continue
        try:
            length = path.stat().st_size
            number = traces.within(name.encode()) + (_in_file(path, traces) if length else 0)
        except FileNotFoundError:
            continue  # Gone while we looked: a log of SQLite, a folder of the old index.
        files, size = files + 1, size + length
        if number:
            found[name] = number
    return Proof(pieces=len(traces.needles), files=files, size=size, found=found)


def wash(path: Path, texts: Sequence[str], traces: Traces) -> int:
    """Overwrite the texts wherever a SQLite file holds them; returns how many values changed.

    Triggers that forbid a change are set aside inside the transaction. The file is compacted
    afterwards, so that no freed page keeps a byte.
    """
    wanted = _longest_first([*texts], traces)
    with _opened(path) as db:
        db.execute("BEGIN IMMEDIATE")
        try:
            triggers = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()  # fmt: skip
            for name, _ in triggers:
                db.execute(f'DROP TRIGGER "{name}"')
            changed = sum(_wash_table(db, table, wanted) for table in _tables(db))
            for _, sql in triggers:
                db.execute(sql)
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise
        if changed:
            db.execute("VACUUM")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return changed


def wash_plain(path: Path, texts: Sequence[str], traces: Traces) -> int:
    """Overwrite the texts in a plain file, such as a log; returns 1 where something changed."""
    data = path.read_bytes()
    washed = _washed(data, _longest_first([*texts], traces))
    if washed == data:
        return 0
    with path.open("r+b") as file:
        file.write(washed)
    return 1


def is_sqlite(path: Path) -> bool:
    """Whether a file is a SQLite database."""
    with path.open("rb") as file:
        return file.read(16) == _SQLITE


def _wash_table(db: sqlite3.Connection, table: str, wanted: Sequence[bytes]) -> int:
    columns = [str(row[1]) for row in db.execute(f'PRAGMA table_info("{table}")')]
    key = _key(db, table)
    changed = 0
    for column in columns:
        rows = db.execute(
            f'SELECT {key}, "{column}" FROM "{table}" WHERE typeof("{column}") IN (\'text\', \'blob\')'
        ).fetchall()
        names = key.split(", ")
        for row in rows:
            value = row[len(names)]
            washed = _washed_value(value, wanted)
            if washed != value:
                where = " AND ".join(f"{name} IS ?" for name in names)
                db.execute(f'UPDATE "{table}" SET "{column}" = ? WHERE {where}', (washed, *row[: len(names)]))  # fmt: skip
                changed += 1
    return changed


def _key(db: sqlite3.Connection, table: str) -> str:
    """What names a row: its primary key where the table has no rowid, else the rowid."""
    info = db.execute(f'PRAGMA table_info("{table}")').fetchall()
    sql = db.execute("SELECT sql FROM sqlite_master WHERE name = ?", (table,)).fetchone()[0]
    if re.search(r"WITHOUT\s+ROWID", sql or "", re.IGNORECASE):
        return ", ".join(f'"{row[1]}"' for row in sorted(info, key=lambda r: r[5]) if row[5])
    return "rowid"


def _tables(db: sqlite3.Connection) -> list[str]:
    """Ordinary tables; those behind a full-text index follow their own table."""
    rows = db.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    ).fetchall()
    virtual = [name for name, sql in rows if (sql or "").upper().startswith("CREATE VIRTUAL")]
    return [n for n, _ in rows if n not in virtual and not any(n.startswith(f"{v}_") for v in virtual)]  # fmt: skip


def _washed_value(value: str | bytes, wanted: Sequence[bytes]) -> str | bytes:
    data = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
    washed = _washed(data, wanted)
    inner = _decoded(washed)
    if inner is not None and (clean := _washed(inner, wanted)) != inner:
        washed = base64.b64encode(clean)
    if washed == data:
        return value
    return washed.decode("utf-8", "surrogatepass") if isinstance(value, str) else washed


def _washed(data: bytes, wanted: Sequence[bytes]) -> bytes:
    for needle in wanted:
        if needle in data:
            data = data.replace(needle, FILLER * len(needle))
    return data


def _decoded(data: bytes) -> bytes | None:
    """What a value holds that is base64 as a whole, as queues keep their inputs."""
    if len(data) < 16 or len(data) % 4 or not re.fullmatch(rb"[A-Za-z0-9+/]+={0,2}", data):
        return None
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return None


def _longest_first(texts: list[str], traces: Traces) -> list[bytes]:
    """Whole texts, then their lines, then the pieces: nothing is left for a later one to miss."""
    lines = [line.strip() for text in texts for line in text.splitlines()]
    whole = {way for part in (*texts, *lines) if len(part) >= SHORTEST for way in _plainly(part)}
    # Base64 is taken out as a whole value: a piece replaced inside of it would break it.
    pieces = {needle for needle in traces.needles if not _is_base64(needle)}
    return sorted(whole, key=len, reverse=True) + sorted(pieces - whole, key=len, reverse=True)


def _is_base64(needle: bytes) -> bool:
    return re.fullmatch(rb"[A-Za-z0-9+/]{24,}", needle) is not None


def _pieces(text: str) -> list[str]:
    """Cuts of about `WINDOW` bytes, at whole characters, over the whole text."""
    if len(text.encode()) < SHORTEST:
        return []
    pieces, piece = list[str](), ""
    for character in text:
        piece += character
        if len(piece.encode()) >= WINDOW:
            pieces.append(piece)
            piece = ""
    return pieces or [text]


def _spread(pieces: list[str]) -> list[str]:
    """At most `WINDOWS` of them, evenly over the text, the first and the last included."""
    if len(pieces) <= WINDOWS:
        return pieces
    step = (len(pieces) - 1) / (WINDOWS - 1)
    return [pieces[round(n * step)] for n in range(WINDOWS)]


def _plainly(piece: str) -> set[bytes]:
    raw = piece.encode("utf-8", "surrogatepass")
    return {raw, json.dumps(piece)[1:-1].encode(), json.dumps(piece, ensure_ascii=False)[1:-1].encode("utf-8", "surrogatepass")}  # fmt: skip


def _written(piece: str) -> set[bytes]:
    """The ways in which a piece may stand in a file; base64 at each of its three offsets."""
    raw = piece.encode("utf-8", "surrogatepass")
    ways = _plainly(piece)
    for offset in range(3):
        coded = base64.b64encode(b"\x00" * offset + raw)
        # The first and last characters also depend on what stands beside the piece.
        inner = coded[4 if offset else 0 : -4]
        if len(inner) >= 24:
            ways.add(inner)
    return ways


def _in_file(path: Path, traces: Traces) -> int:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return traces.within(data)


@contextmanager
def _opened(path: Path) -> Generator[sqlite3.Connection]:
    db = sqlite3.connect(path, timeout=30, isolation_level=None)
    try:
        db.execute("PRAGMA secure_delete = ON")
        yield db
    finally:
        db.close()
