"""A copy of a whole home folder that is consistent although the desk goes on working, and back.

The rule it protects: a backup is complete or not there at all, every file in it is proven by its
hash, and a restore puts nothing in place that was not proven first. What can be made again (the
vector index, logs, caches) and what belongs to a process (locks, the run file) is left out.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from bullpen_memory.errors import InputError, OperatorError

FORMAT = 1
MANIFEST = "manifest.json"
# Rows that refer are copied from an earlier moment than rows that are referred to.
_FIRST = ("context.db", "ledger.db", "checkpoints.db", "engine.db", "receipts.db", "workspace.db")
_LEFT_OUT = frozenset({"chroma", "logs", "cache", "run.json", "run.new"})
_ENDINGS = (".lock", "-wal", "-shm", "-journal", ".partial")
_SQLITE = b"SQLite format 3\x00"


@dataclass(frozen=True, slots=True)
class Kept:
    """One file of a backup."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds. `rows` counts the rows of each database's tables: database, table, rows."""

    made_at: str
    home: str
    files: tuple[Kept, ...]
    rows: dict[str, dict[str, int]]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)


def save(home: Path, target: Path) -> Manifest:
    """Copy the home into a new folder. Raises InputError for a used target, OperatorError for the machine."""
    home, target = home.absolute(), target.absolute()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise InputError(
            "Nothing was backed up.", f"{target} is not an empty folder.", "Name a new folder."
        )
    if target == home or target.is_relative_to(home):
        raise InputError(
            "Nothing was backed up.", "The backup would lie inside the home itself.",
            "Name a folder elsewhere, best on another disk.",
        )  # fmt: skip
    partial = target.with_name(f"{target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir(parents=True, mode=0o700)
        manifest = _filled(home, partial)
        (partial / MANIFEST).write_text(
            json.dumps({"format": FORMAT, **asdict(manifest)}, indent=1)
        )
        _synced(partial)
        if target.exists():
            target.rmdir()
        os.replace(partial, target)
    except (OSError, sqlite3.Error) as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise OperatorError(
            f"The backup {target} was not made.", f"The system says: {error}.",
            "See to the free space and the permissions there, and try again; nothing half-made is left.",
        ) from error  # fmt: skip
    return manifest


def check(folder: Path) -> Manifest:
    """Prove every file of a backup. Raises OperatorError that names the first that is wrong."""
    manifest = _read(folder)
    for file in manifest.files:
        path = _inside(folder, file.path)
        if not path.is_file():
            raise _bad(folder, f"{file.path} is missing.")
        if path.stat().st_size != file.size or _hashed(path) != file.sha256:
            raise _bad(folder, f"{file.path} is not as it was written.")
    for name, tables in manifest.rows.items():
        with _read_only(_inside(folder, name)) as db:
            if (said := db.execute("PRAGMA quick_check").fetchone()[0]) != "ok":
                raise _bad(folder, f"{name} is damaged: {said}.")
            if _counted(db) != tables:
                raise _bad(folder, f"{name} does not hold the rows that it held.")
    return manifest


def restore(folder: Path, home: Path) -> Manifest:
    """Put a proven backup in place of an empty or missing home."""
    folder, home = folder.absolute(), home.absolute()
    if home.exists() and (not home.is_dir() or any(home.iterdir())):
        raise InputError(
            "Nothing was restored.",
            f"{home} is not empty.",
            "Move it away first, or name another folder with --home.",
        )
    manifest = check(folder)
    partial = home.with_name(f"{home.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir(parents=True, mode=0o700)
        for file in manifest.files:
            to = _inside(partial, file.path)
            to.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            shutil.copy2(_inside(folder, file.path), to)
            if _hashed(to) != file.sha256:
                raise OSError(f"{file.path} did not arrive as it was sent")
        _synced(partial)
        if home.exists():
            home.rmdir()
        os.replace(partial, home)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise OperatorError(
            f"{home} was not restored.", f"The system says: {error}.",
            "See to the free space and the permissions there, and try again; nothing half-made is left.",
        ) from error  # fmt: skip
    return manifest


def _filled(home: Path, partial: Path) -> Manifest:
    made_at = datetime.now(UTC).isoformat(timespec="seconds")
    databases, files = _sorted_out(home)
    rows: dict[str, dict[str, int]] = {}
    with ExitStack() as stack:
        # Every database is held at one moment before the first of them is copied.
        held = [(name, stack.enter_context(_snapshot(home / name))) for name in databases]
        for name, source in held:
            copy = sqlite3.connect(partial / name)
            try:
                source.backup(copy)
                copy.row_factory = sqlite3.Row
                # One file without a log beside it: what is hashed is all there is.
                copy.execute("PRAGMA journal_mode = DELETE")
                rows[name] = _counted(copy)
            finally:
                copy.close()
    for name in files:
        to = partial / name
        to.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            shutil.copy2(home / name, to)
        except FileNotFoundError:
            continue  # Somebody had it forgotten a moment ago.
    kept = [
        Kept(str(path.relative_to(partial)), path.stat().st_size, _hashed(path))
        for path in sorted(partial.rglob("*"))
        if path.is_file()
    ]
    return Manifest(made_at, str(home), tuple(kept), rows)


def _sorted_out(home: Path) -> tuple[list[str], list[str]]:
    """The databases, those that refer to others first, and the other files."""
    databases: list[str] = []
    files: list[str] = []
    for path in sorted(home.rglob("*")):
        name = path.relative_to(home)
        if name.parts[0] in _LEFT_OUT or name.name.endswith(_ENDINGS) or path.is_symlink():
            continue
        if path.is_file():
            (databases if len(name.parts) == 1 and _is_sqlite(path) else files).append(str(name))
    order = {name: place for place, name in enumerate(_FIRST)}
    return sorted(databases, key=lambda name: (order.get(name, len(order)), name)), files


@contextmanager
def _snapshot(path: Path) -> Generator[sqlite3.Connection]:
    """A connection that sees the file as it is now, for as long as it is open."""
    with _read_only(path) as db:
        db.execute("BEGIN")
        db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        yield db


@contextmanager
def _read_only(path: Path) -> Generator[sqlite3.Connection]:
    db = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=30)
    db.row_factory = sqlite3.Row
    try:
        yield db
    finally:
        db.close()


def _counted(db: sqlite3.Connection) -> dict[str, int]:
    names = [r["name"] for r in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name")]  # fmt: skip
    return {n: int(db.execute(f'SELECT count(*) FROM "{n}"').fetchone()[0]) for n in names}


def _read(folder: Path) -> Manifest:
    try:
        told = cast("dict[str, Any]", json.loads((folder / MANIFEST).read_text()))
        if told["format"] != FORMAT:
            raise _bad(folder, "A newer Bullpen made it.")
        files = tuple(Kept(**file) for file in told["files"])
        return Manifest(told["made_at"], told["home"], files, told["rows"])
    except (OSError, ValueError, KeyError, TypeError):
        raise _bad(folder, f"Its {MANIFEST} is missing or cannot be read.") from None


def _inside(folder: Path, name: str) -> Path:
    path = (folder / name).absolute()
    if ".." in Path(name).parts or not path.is_relative_to(folder.absolute()):
        raise _bad(folder, f"It names {name}, a file outside of it.")
    return path


def _is_sqlite(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(16) == _SQLITE


def _hashed(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _synced(folder: Path) -> None:
    """What was copied is on the disk before the folder gets its name."""
    for path in _files(folder):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _files(folder: Path) -> Sequence[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def _bad(folder: Path, why: str) -> OperatorError:
    return OperatorError(f"{folder} is not a backup that can be used.", why, "Use another backup.")
