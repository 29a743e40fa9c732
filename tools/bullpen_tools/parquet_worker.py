"""A Parquet file from standard input as CSV on standard output, in a bounded process.

The rule it protects: a broken or hostile file can end this process and nothing else. It is run
as a file and knows nothing of the desk.
"""

from __future__ import annotations

import csv
import resource
import sys
import tempfile
from pathlib import Path

_ADDRESS_SPACE, _SECONDS = 3_000_000_000, 60


def main() -> None:
    """argv: the most rows to write."""
    data = sys.stdin.buffer.read()
    # DuckDB seeks in the file, which a pipe does not allow.
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.parquet"
        path.write_bytes(data)
        resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE, _ADDRESS_SPACE))
        resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        _write(path, int(sys.argv[1]))


def _write(path: Path, most: int) -> None:
    import duckdb

    engine = duckdb.connect(":memory:")
    engine.execute("SET memory_limit='1GB'")
    engine.execute("SET temp_directory=''")
    engine.execute(f"SET allowed_paths=['{path}']")
    engine.execute("SET enable_external_access=false")
    engine.execute("SET lock_configuration=true")
    cursor = engine.execute(f"SELECT * FROM read_parquet('{path}') LIMIT {most}")
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow([item[0] for item in cursor.description or ()])
    while rows := cursor.fetchmany(10_000):
        writer.writerows([["" if cell is None else cell for cell in row] for row in rows])
    sys.stdout.flush()


if __name__ == "__main__":
    main()
