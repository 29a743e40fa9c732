"""The run file: how `bullpen ask` finds the desk that runs on this home.

The rule it protects: one desk per home, held by a lock that dies with its process; the file with
the person's token is readable by its owner only and is gone when the desk stops. It starts nothing.
"""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from bullpen import messages


@dataclass(frozen=True, slots=True)
class RunningDesk:
    """A desk that answers; `address` opens its page.

    `user_token` and `address` are empty where people are in a real Slack workspace.
    """

    pid: int
    url: str
    user_token: str
    bot_user_id: str
    address: str = ""


class HomeLock:
    """Holds a home folder for one desk. Raises OperatorError where another desk holds it."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._file: IO[str] = (home / "desk.lock").open("a+")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            running = read(home)
            raise messages.home_in_use(home, running.pid if running else None) from None

    def publish(self, desk: RunningDesk) -> None:
        """Say where the desk answers."""
        path = self._home / "run.json"
        temporary = path.with_suffix(".new")
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as out:
            json.dump(asdict(desk), out)
        temporary.replace(path)

    def release(self) -> None:
        """The desk is gone."""
        (self._home / "run.json").unlink(missing_ok=True)
        self._file.close()


def held(home: Path) -> bool:
    """Whether a living process holds the home."""
    path = home / "desk.lock"
    if not path.exists():
        return False
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


def read(home: Path) -> RunningDesk | None:
    """The desk that runs on `home`, or None. A file left behind by a killed desk does not count."""
    if not held(home):
        return None
    try:
        return RunningDesk(**json.loads((home / "run.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None
