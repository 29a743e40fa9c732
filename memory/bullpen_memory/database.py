"""The database behind the store: what both kinds of it promise, and which kind an address names.

The rule it protects: the modules of the store speak one SQL, which SQLite and PostgreSQL both
understand; where the two differ, the difference is a method here and lives with its database.
It opens nothing before it is asked, and knows no table of ours; `migrations.py` makes them.

The shared SQL: parameters are question marks; texts compare byte by byte; times are the texts that
`rows.iso` writes; `json_each(column)` gives the values of a JSON list, `instr` a place in a text;
what exists already is passed over with ON CONFLICT; INDEXED BY and NOT INDEXED are for SQLite's
planner, and PostgreSQL is not told of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from bullpen_memory.fulltext import FullText

Params = Sequence[object]
Place = Path | str
"""Where a store is: the path of a SQLite file, or the address of a PostgreSQL database."""

SET_NAME = "bullpen_memory"
POSTGRES = ("postgresql://", "postgres://")


class Row(Protocol):
    """One row; its values by name or by position."""

    def __getitem__(self, key: str | int, /) -> Any: ...

    def __iter__(self) -> Iterator[Any]: ...

    def keys(self) -> Sequence[str]: ...


class Cursor(Protocol):
    """The answer to one statement."""

    def fetchone(self) -> Any: ...

    def fetchall(self) -> list[Any]: ...

    def __iter__(self) -> Iterator[Any]: ...


@dataclass(frozen=True, slots=True)
class Table:
    """A table of ours: its columns in their order, and those that order its rows."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]


class Connection(Protocol):
    """One conversation with the database, inside a transaction of `Database`.

    `define` runs a statement of `migrations.py`, whose column types are SQLite's. `lock_rows`
    makes the database refuse every update and delete in a table, with a sentence. `migrate` takes
    the steps that were not taken yet and returns the names of those that this Bullpen does not
    know, in which case it does nothing. `tables` lists ours, those that others refer to first.
    `loosen` looks at references between tables only at the commit; `renumber` is called after
    rows were written with numbers of their own. `words` finds rows by the words in them.

    For questions with thousands of rows: `plain` gives tuples without names, `numbers` one column
    of whole numbers, (n,).
    """

    @property
    def words(self) -> FullText: ...

    def execute(self, sql: str, params: Params = (), /) -> Cursor: ...

    def executemany(self, sql: str, params: Iterable[Params], /) -> object: ...

    def plain(self, sql: str, params: Params = (), /) -> list[Any]: ...

    def numbers(self, sql: str, params: Params = (), /) -> NDArray[np.int64]: ...

    def define(self, statement: str) -> None: ...

    def lock_rows(self, table: str, sentence: str) -> None: ...

    def migrate(self, steps: Sequence[Step]) -> list[str]: ...

    def steps(self) -> list[str]: ...

    def tables(self) -> list[Table]: ...

    def loosen(self) -> None: ...

    def renumber(self) -> None: ...


Step = Callable[[Connection], None]


class Database(Protocol):
    """All transactions of one store. Safe to share between threads.

    `place` is what people read of where it is; no password is in it. `read` answers one SELECT.
    `writing` is one transaction: writers of all processes follow one another, each sees all that
    those before it committed, and what raises inside leaves nothing behind. `reading` shows one
    unchanging moment. `scour` makes the freed space hold no byte of what was deleted, and answers
    False where somebody was in the way, for the caller to come back. What the machine, the server
    or the network refuses is an OperatorError.
    """

    @property
    def place(self) -> str: ...

    def read(self, sql: str, params: Params = ()) -> list[Row]: ...

    def writing(self) -> AbstractContextManager[Connection]: ...

    def reading(self) -> AbstractContextManager[Connection]: ...

    def scour(self) -> bool: ...

    def close(self) -> None: ...


def is_server(place: Place) -> bool:
    """Whether the store is in a PostgreSQL database, and not in a file of ours."""
    return isinstance(place, str) and place.startswith(POSTGRES)


def open_database(place: Place) -> Database:
    """The database at an address. Nothing is connected before the first statement."""
    if is_server(place):
        from bullpen_memory.postgres import PostgresDatabase

        return PostgresDatabase(str(place))
    from bullpen_memory.sqlite import SqliteDatabase

    return SqliteDatabase(Path(place))
