"""How far a long piece of work on the index is: building it anew, or embedding everything anew.

The rule it protects: who searches meanwhile is told, in whichever process, and what a killed process
left is not taken for work that goes on. It does no work.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

from bullpen_memory.database import Database

NAME = "progress"
STALE_SECONDS = 120.0
"""Without a sign of life for so long, the work is taken to have ended with its process."""
EVERY_SECONDS = 0.5
LOGGED_SECONDS = 10.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `total` records; `embedding` where their vectors are made anew, by `model`."""

    done: int
    total: int
    model: str
    embedding: bool
    at: float

    @property
    def sentence(self) -> str:
        """The fact, what it means for a search, and when it ends."""
        share = f"{self.done:,} of {self.total:,} records"
        if self.embedding:
            return (
                f"The records are being embedded anew for another model ({share}); until that is done,"
                " the others are found by their words, and by the former model where it is installed."
            )
        return (
            f"The vector index is being rebuilt ({share}); until that is done, every search compares"
            " all records itself: it finds the same and takes longer."
        )


class Reporter:
    """Writes how far it is, at most twice a second, and to the log now and then; the owner of the index has one."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database, self._clock = database, clock
        self._last = self._logged = 0.0

    def tell(self, done: int, total: int, model: str, *, embedding: bool) -> None:
        """So many of so many; cheap to call often."""
        now = self._clock()
        if 0 < done < total and now - self._last < EVERY_SECONDS:
            return
        self._last = now
        told = Progress(done, total, model, embedding, now)
        if done == total or now - self._logged >= LOGGED_SECONDS:
            self._logged = now
            log.info("%s", told.sentence)
        value = json.dumps(asdict(told))
        with self._database.writing() as db:
            db.execute(
                "INSERT INTO index_state (name, value) VALUES (?, ?)"
                " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                (NAME, value),
            )

    def over(self) -> None:
        """Nothing is under way any more."""
        if present(self._database, self._clock, stale=True) is not None:
            with self._database.writing() as db:
                db.execute("DELETE FROM index_state WHERE name = ?", (NAME,))


def present(
    database: Database, clock: Callable[[], float] = time.time, *, stale: bool = False
) -> Progress | None:
    """What is under way now, or None; what stopped giving signs of life counts only with `stale`."""
    found = database.read("SELECT value FROM index_state WHERE name = ?", (NAME,))
    if not found:
        return None
    told = Progress(**json.loads(found[0]["value"]))
    return told if stale or clock() - told.at < STALE_SECONDS else None
