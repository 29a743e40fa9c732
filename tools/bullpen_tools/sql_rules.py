"""Which SQL an agent may ask: one SELECT over four tables.

The rule it protects: a query is parsed and every part of it looked at; what is not plainly a
question about the tables of the desk is refused with the part that is not. It runs nothing; the
engine's own locks are in `sql_worker.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bullpen_memory.errors import InputError

if TYPE_CHECKING:
    from sqlglot import exp

TABLES = ("series", "observations", "vintages", "records")
LONGEST = 20_000
_TABLE_FUNCTIONS = frozenset({"unnest", "range", "generate_series", "values"})
_SCALARS = frozenset(
    {"getenv", "current_setting", "getvariable", "query", "query_table", "write_log", "nextval", "currval",
     "txid_current", "current_database", "current_schema", "current_schemas", "in_search_path", "add_parquet_key",
     "parse_duckdb_log_message", "enable_logging", "pg_get_viewdef", "version", "read_text", "read_blob"}
)  # fmt: skip
_REMEDY = f"Ask with one SELECT over {', '.join(TABLES)}."


def check(query: str) -> str:
    """The query, without a closing semicolon. Raises InputError for anything else than a SELECT."""
    text = query.strip().rstrip(";").strip()
    if not text or len(query) > LONGEST or "\0" in query:
        raise _refusal(f"A query has 1 to {LONGEST:,} characters.")
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    try:
        parsed = [one for one in sqlglot.parse(text, read="duckdb") if one is not None]
    except (SqlglotError, RecursionError) as error:
        raise _refusal(f"It is not SQL: {str(error).splitlines()[0][:300]}.") from error
    if len(parsed) != 1:
        raise _refusal(f"It holds {len(parsed)} statements.")
    root = parsed[0]
    if not isinstance(root, exp.Query):
        raise _refusal(f"It is a {root.key.upper()}, not a SELECT.")
    for node in root.walk():
        if isinstance(node, _banned()):
            raise _refusal(f"It holds a {node.key.upper()}.")
    _check_tables(root)
    _check_functions(root)
    return text


def _banned() -> tuple[type[exp.Expr], ...]:
    from sqlglot import exp

    return (exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Create, exp.Drop, exp.Alter, exp.TruncateTable,
            exp.Command, exp.Into, exp.Pragma, exp.Set, exp.Attach, exp.Detach, exp.Copy, exp.Use)  # fmt: skip


def _check_tables(root: exp.Query) -> None:
    from sqlglot import exp

    named = {str(cte.alias).lower() for cte in root.find_all(exp.CTE)}
    for table in root.find_all(exp.Table):
        inner = table.this
        if isinstance(inner, exp.Func):
            name = _name(inner)
            if name not in _TABLE_FUNCTIONS:
                raise _refusal(f"It reads from the function {name}.")
            continue
        name = str(table.name).lower()
        if table.db or table.catalog or name not in {*TABLES, *named}:
            raise _refusal(f"It reads from {table.sql('duckdb')[:100]}.")


def _check_functions(root: exp.Query) -> None:
    from sqlglot import exp

    for call in root.find_all(exp.Func):
        name = _name(call)
        if name in _SCALARS or name.startswith(
            ("duckdb_", "pragma_", "read_", "pg_", "sniff_", "parquet_")
        ):
            raise _refusal(f"It calls the function {name}.")


def _name(call: exp.Func) -> str:
    from sqlglot import exp

    return (str(call.this) if isinstance(call, exp.Anonymous) else call.sql_name()).lower()


def _refusal(cause: str) -> InputError:
    return InputError("The query was not run.", cause, _REMEDY)
