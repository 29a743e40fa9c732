"""The folder of the vector index: who owns it, which generation counts, and how it was left.

The rule it protects: one process writes there at a time, a crash leaves the old state or the new
one, and a file that was changed since the folder was closed is noticed. It opens no Chroma.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from bullpen_memory.errors import OperatorError


@dataclass(frozen=True, slots=True)
class State:
    """Which generation's folder counts, what it was built with, whether and how it was closed."""

    generation: str
    model: str
    clean: bool = False
    sealed: str = ""

    @staticmethod
    def read(path: Path) -> State:
        try:
            known = json.loads((path / "state.json").read_text())
            return State(
                known["generation"], known["model"], known["clean"], known.get("sealed", "")
            )
        except (FileNotFoundError, ValueError, KeyError):
            return State(generation="", model="", clean=True)

    def write(self, path: Path) -> None:
        """Replace the file in one step, so that a crash leaves the old or the new one."""
        text = json.dumps(asdict(self))
        beside = path / "state.json.new"
        beside.write_text(text)
        os.replace(beside, path / "state.json")


def seal(folder: Path) -> str:
    """Equal as long as no file of the folder is added, removed, cut off or written to."""
    if not folder.is_dir() or not folder.name:
        return ""
    listed = [
        (str(path.relative_to(folder)), path.stat().st_size, path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    ]
    return hashlib.sha256(json.dumps(listed).encode()).hexdigest()


def owned(path: Path) -> IO[str]:
    """The folder's lock file, locked; it stays locked until it is closed or the process ends."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        file = (path / "owner.lock").open("a+")
    except OSError as error:
        raise OperatorError(
            f"The vector index {path} cannot be used.",
            f"Its folder cannot be written ({error.strerror}).",
            "Give the user that runs Bullpen write permission there, or choose another home folder.",
        ) from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        owner = file.read().strip()
        file.close()
        raise OperatorError(
            f"The vector index {path} cannot be used.",
            f"Another Bullpen is running on this home folder (process {owner or 'unknown'}).",
            "Stop that one first, or give this one a home folder of its own.",
        ) from None
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file
