"""SQL over what the desk holds: series, every vintage of their values, and its records.

The rule it protects: a query sees what this conversation may see, as known at the as-of, and
nothing else exists for it; it changes nothing, opens no file, and ends in time. It is checked
twice: the parsed query by `sql_rules.py`, the engine's locks by `sql_worker.py`.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, cast

from pydantic import Field

from bullpen_memory.errors import InputError
from bullpen_memory.market import Ledger
from bullpen_memory.records import Query
from bullpen_tools import sql_rules
from bullpen_tools.asof import cutoff
from bullpen_tools.context import DataRef, Result, Scalar, ToolContext, Value, ValueKind
from bullpen_tools.tool import Arguments, tool

SECONDS, MOST_ROWS, SHOWN, MEMORY_MB = 20, 10_000, 200, 512
_FIGURES = 60
_TIMES = frozenset({"y", "yr", "year", "m", "month", "quarter", "q", "week", "day"})
_MOST_RECORDS = 1_000
_COLUMNS = {
    "series": ("id", "title", "unit", "frequency", "source", "licence", "kind", "notes"),
    "records": ("id", "kind", "title", "text", "author", "about", "known_at", "symbols", "tags"),
}


class Question(Arguments):
    """One query."""

    query: str = Field(description="One SELECT, in DuckDB's dialect", min_length=1)
    units: dict[str, str] = Field(
        default_factory=dict[str, str],
        description="Unit of each numeric column of the answer, such as {'avg_price': 'usd/bbl'}",
    )
    as_of: date | None = Field(
        default=None, description="See only what was known on this day. Default: now"
    )
    seconds: int = Field(default=SECONDS, ge=1, le=60, description="Longest running time")


@tool(risk="read", label="querying the store", version="1")
def sql_query(ctx: ToolContext, question: Question) -> Result:
    """Answer a question with one SQL SELECT (DuckDB) over the desk's store. Tables:
    series(id, title, unit, frequency, source, licence, kind, notes);
    observations(series, period, value, known_at): the newest known value of each period;
    vintages(series, period, value, known_at): every value ever published;
    records(id, kind, title, text, author, about, known_at, symbols, tags): what is remembered.
    Each number of a short answer becomes a figure to cite: column name, or column_row.
    """
    query = sql_rules.check(question.query)
    at = cutoff(ctx, question.as_of)
    ledger = ctx.market.ledger(scopes=ctx.scopes, as_of=at)
    found = answer(query, ledger, _records(ctx, at), seconds=question.seconds)
    columns, rows = [str(one) for one in found["columns"]], found["rows"]
    used = _used(query, ledger)
    made_up = [info.id for info in used if info.kind == "synthetic"]
    warnings = [f"{name} is synthetic: somebody made it up." for name in made_up]
    if found["more"]:
        warnings.append(f"The answer was cut at {MOST_ROWS:,} rows.")
    if len(rows) > SHOWN:
        warnings.append(f"The first {SHOWN} of {len(rows):,} rows are shown.")
    kind: ValueKind = "synthetic" if made_up else "derived"
    known = max((line.known_at for line in ledger.lines), default="")
    return Result(
        summary="The answer to the query" + (f", as known on {at.date()}." if at else "."),
        values={"rows": Value(value=len(rows), unit="count", label="Rows")}
        | _figures(columns, rows, question.units, kind),
        data=(_reference(ledger),),
        warnings=tuple(warnings),
        table=(tuple(columns), *(tuple(row) for row in rows[:SHOWN])),
        as_of=at.date() if at else None,
        known_at=datetime.fromisoformat(known) if known else None,
    )


def answer(
    query: str, ledger: Ledger, records: Sequence[Sequence[str]], *, seconds: int = SECONDS
) -> dict[str, Any]:
    """Columns, rows and whether there are more, from the locked engine in its own process.

    `query` is one that `sql_rules.check` let pass. Raises InputError with the engine's words, or
    with the limit that ended it.
    """
    infos = [[getattr(info, name) for name in _COLUMNS["series"]] for info in ledger.infos]
    order = {
        "query": query, "rows": MOST_ROWS, "seconds": seconds, "memory_mb": MEMORY_MB, "columns": _COLUMNS,
        "tables": {"series": infos, "records": records},
    }  # fmt: skip
    head = json.dumps(order).encode()
    command = [sys.executable, "-I", "-B", str(Path(__file__).with_name("sql_worker.py"))]
    work = len(head).to_bytes(8, "big") + head + _csv(ledger)
    try:
        ran = subprocess.run(command, input=work, capture_output=True, timeout=seconds, env={})
    except subprocess.TimeoutExpired:
        raise InputError(
            "The query was stopped.",
            f"It ran longer than {seconds} seconds.",
            "Ask for less: a shorter span, fewer joins.",
        ) from None
    try:
        said = cast("dict[str, Any]", json.loads(ran.stdout))
    except ValueError:
        raise InputError(
            "The query was stopped.",
            "It needs more memory or time than a query may use.",
            "Ask for less at once.",
        ) from None
    if "error" in said:
        raise InputError("The query failed.", str(said["error"]), "Mend it and ask again.")
    return said


def _csv(ledger: Ledger) -> bytes:
    buffer = io.StringIO()
    # csv writes None as an empty cell and a float by its repr, which reads back unchanged.
    csv.writer(buffer, lineterminator="\n").writerows(ledger.lines)
    return buffer.getvalue().encode()


def _records(ctx: ToolContext, at: datetime | None) -> list[list[str]]:
    found = ctx.store.find(Query(scopes=ctx.scopes, as_of=at, limit=_MOST_RECORDS)).hits
    records = [hit.record for hit in found]
    return [
        [
            one.id, one.kind, one.title, one.text, one.author, (one.valid_from or one.known_at).date().isoformat(),
            one.known_at.isoformat(), " ".join(one.symbols), " ".join(one.tags),
        ]
        for one in records
    ]  # fmt: skip


def _used(query: str, ledger: Ledger) -> list[Any]:
    """The series that the query names; all of them where it names none."""
    quoted = {text.lower() for text in re.findall(r"'([^']*)'", query)}
    named = [info for info in ledger.infos if info.id.lower() in quoted]
    return named or list(ledger.infos)


def _figures(
    columns: Sequence[str],
    rows: Sequence[Sequence[Scalar]],
    units: Mapping[str, str],
    kind: ValueKind,
) -> dict[str, Value]:
    """The numbers of a short answer by column, and by row where there are several."""
    if len(rows) * len(columns) > _FIGURES * 3:
        return {}
    values: dict[str, Value] = {}
    for number, row in enumerate(rows, start=1):
        name = next((str(cell) for cell in row if isinstance(cell, str)), "")
        for column, cell in zip(columns, row, strict=True):
            if isinstance(cell, bool) or not isinstance(cell, int | float) or len(values) >= _FIGURES:  # fmt: skip
                continue
            stem = re.sub(r"[^a-z0-9]+", "_", column.lower()).strip("_") or "column"
            key = stem if len(rows) == 1 else f"{stem}_{number}"
            label = f"{column} ({name})" if name else column
            if stem in _TIMES and isinstance(cell, int):
                # 2,008 is no year.
                values[key] = Value(value=str(cell), unit="text", kind=kind, label=label)
                continue
            values[key] = Value(value=cell, unit=units.get(column, ""), kind=kind, label=label)
    return values


def _reference(ledger: Ledger) -> DataRef:
    periods = [line.period for line in ledger.lines]
    return DataRef(
        dataset="store",
        vintage=max((line.known_at for line in ledger.lines), default=""),
        sha256=hashlib.sha256(_csv(ledger)).hexdigest(),
        rows=len(ledger.lines),
        start=min(periods, default=""),
        end=max(periods, default=""),
    )
