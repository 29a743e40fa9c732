"""One SQL query over given tables in a process of its own, with DuckDB locked to them.

The rule it protects: before the query is seen, reading and writing files, extensions and settings
are off for good, and the kernel bounds memory, processor time and files; whoever started it ends
it after its time. It is run as a file, reads its work from standard input and prints one JSON
object.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from datetime import date, datetime
from decimal import Decimal
from typing import Any

_ADDRESS_SPACE = 3_000_000_000
_LOCKED = (
    "SET temp_directory=''",
    "SET max_temp_directory_size='0KB'",
    "SET autoinstall_known_extensions=false",
    "SET autoload_known_extensions=false",
    "SET python_enable_replacements=false",
    "SET enable_external_access=false",
    "SET lock_configuration=true",
)


def main() -> None:
    """Standard input: eight bytes of length, that much JSON, then the vintages as CSV."""
    length = int.from_bytes(_exactly(8), "big")
    order: dict[str, Any] = json.loads(_exactly(length))
    _bound(int(order["seconds"]))
    try:
        answer = _answer(order)
    except MemoryError:
        answer = {"error": "It needs more memory than a query may use."}
    except Exception as error:  # noqa: BLE001
        # Whatever DuckDB says of the query is for who wrote the query.
        answer = {"error": f"{error}".splitlines()[0][:600] if f"{error}" else type(error).__name__}
    sys.stdout.write(json.dumps(answer, default=str))


def _exactly(count: int) -> bytes:
    held = bytearray()
    while len(held) < count:
        piece = os.read(0, count - len(held))
        if not piece:
            raise SystemExit("The work ended early.")
        held += piece
    return bytes(held)


def _bound(seconds: int) -> None:
    for kind, most in (
        (resource.RLIMIT_AS, _ADDRESS_SPACE),
        (resource.RLIMIT_CPU, 2 * seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))


def _answer(order: dict[str, Any]) -> dict[str, Any]:
    import duckdb

    engine = duckdb.connect(":memory:")
    engine.execute("SET threads=2")
    engine.execute(f"SET memory_limit='{int(order['memory_mb'])}MB'")
    engine.execute("SET TimeZone='UTC'")
    _load(engine, order)
    for statement in _LOCKED:
        engine.execute(statement)
    cursor = engine.execute(order["query"])
    columns = [str(item[0]) for item in cursor.description or ()]
    most = int(order["rows"])
    found = cursor.fetchmany(most + 1)
    rows = [[_plain(cell) for cell in row] for row in found[:most]]
    return {"columns": columns, "rows": rows, "more": len(found) > most}


def _load(engine: Any, order: dict[str, Any]) -> None:
    engine.execute(
        "CREATE TABLE vintages AS SELECT series, period, value, known_at[:19]::TIMESTAMP AS known_at FROM read_csv('/dev/stdin', header=false, nullstr='',"
        " auto_detect=false, columns={'series': 'VARCHAR', 'period': 'DATE', 'value': 'DOUBLE',"
        " 'known_at': 'VARCHAR'})"
    )
    engine.execute(
        "CREATE TABLE observations AS SELECT * FROM vintages"
        " QUALIFY row_number() OVER (PARTITION BY series, period ORDER BY known_at DESC) = 1"
        " ORDER BY series, period"
    )
    for name, columns in order["columns"].items():
        declared = ", ".join(f"{column} VARCHAR" for column in columns)
        engine.execute(f"CREATE TABLE {name} ({declared})")
        if order["tables"][name]:
            marks = ", ".join("?" * len(columns))
            engine.executemany(f"INSERT INTO {name} VALUES ({marks})", order["tables"][name])


def _plain(cell: object) -> object:
    """The cell as JSON holds it; NaN and infinity have no answer."""
    if isinstance(cell, Decimal):
        cell = float(cell)
    if isinstance(cell, float):
        return cell if cell - cell == 0 else None
    if isinstance(cell, datetime | date):
        return cell.isoformat()
    return cell if cell is None or isinstance(cell, bool | int | str) else str(cell)[:2000]


if __name__ == "__main__":
    main()
