"""The port to full-text search: which rows hold which words, whatever the database.

The rule it protects: a row's words are found from the moment its transaction is in force, and no
word of a forgotten row is kept. It ranks for the pool only; `rerank.py` takes the second look.
"""

from __future__ import annotations

from typing import Protocol

from bullpen_memory.database import Params


class FullText(Protocol):
    """The words of `version`, over one connection.

    `create` makes its tables. `keep` takes in the words of the versions that a condition names,
    after they were written or changed; without a condition, of all. `tidy` leaves no word of what
    was taken out since.
    """

    def create(self) -> None: ...

    def keep(self, condition: str = "", params: Params = ()) -> None: ...

    def tidy(self) -> None: ...
