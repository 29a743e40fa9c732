from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from bullpen_tools.context import LocalFile, ToolContext
from bullpen_tools.tool import Outcome

Call = Callable[..., Awaitable[Outcome]]
SHARED = Path(__file__).parents[3] / "shared/data/market"
COT = (
    '"Market and Exchange Names","As of Date in Form YYMMDD","As of Date in Form YYYY-MM-DD","CFTC Contract Market Code",'
    '"Open Interest (All)","Noncommercial Positions-Long (All)","Noncommercial Positions-Short (All)",'
    '"Commercial Positions-Long (All)","Commercial Positions-Short (All)","Nonreportable Positions-Long (All)",'
    '"Nonreportable Positions-Short (All)"\n'
)


def body(outcome: Outcome) -> dict[str, Any]:
    assert not outcome.error, outcome.text
    return json.loads(outcome.text)


def handed(ctx: ToolContext, name: str, content: bytes | str) -> ToolContext:
    data = content.encode() if isinstance(content, str) else content
    path = ctx.artifacts.parent / f"given-{name}"
    path.write_bytes(data)
    file = LocalFile(
        name=name, path=path, mimetype="", sha256=hashlib.sha256(data).hexdigest(), size=len(data)
    )
    return replace(ctx, files=(file,))


async def bring(
    call: Call, ctx: ToolContext, name: str, content: bytes | str, **args: Any
) -> dict[str, Any]:
    return body(await call(handed(ctx, name, content), "import_csv", name=name, **args))


def values(ctx: ToolContext, series: str) -> dict[str, float | None]:
    return {
        row.period: row.value for row in ctx.market.slice(series, scopes=ctx.scopes).observations
    }


def workbook(**sheets: list[list[Any]]) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    assert book.active is not None
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


class TestFormats:
    async def test_a_workbook_with_titles_above_the_table(
        self, ctx: ToolContext, call: Call
    ) -> None:
        rows = [["World Bank Commodity Price Data"], [], ["monthly prices in nominal US dollars"], [None, "Silver ($/troy oz)", "Gold ($/troy oz)"],
                ["2024M01", 22.91, 2034.04], ["2024M02", 22.66, 2023.24], ["2024M03", "…", 2158.01]]  # fmt: skip
        found = await bring(call, ctx, "pink.xlsx", workbook(Notes=[["read me"]], Prices=rows))
        series = [row[0] for row in found["table"][1:]]
        assert len(series) == 2
        assert values(ctx, series[0]) == {
            "2024-01-31": 22.91,
            "2024-02-29": 22.66,
            "2024-03-31": None,
        }
        assert found["table"][1][2] == "usd/troy_oz"
        assert found["table"][1][3] == "monthly"

    async def test_dates_of_a_workbook_stay_days(self, ctx: ToolContext, call: Call) -> None:
        rows = [["date", "price"], [datetime(2024, 1, 2), 1.5], [date(2024, 1, 3), 1.6]]
        found = await bring(call, ctx, "a.xlsx", workbook(One=rows))
        assert list(values(ctx, found["table"][1][0])) == ["2024-01-02", "2024-01-03"]

    async def test_json_rows(self, ctx: ToolContext, call: Call) -> None:
        held = [{"date": "2024-01-01", "v": 1.5}, {"date": "2024-01-02", "v": None}]
        found = await bring(call, ctx, "a.json", json.dumps(held))
        assert values(ctx, found["table"][1][0]) == {"2024-01-01": 1.5, "2024-01-02": None}

    async def test_parquet(self, ctx: ToolContext, call: Call, tmp_path: Path) -> None:
        import duckdb

        path = tmp_path / "t.parquet"
        duckdb.sql(
            f"COPY (SELECT DATE '2024-01-01' + i::INT AS day, i * 1.5 AS price FROM range(1, 4) t(i)) TO '{path}'"
        )
        found = await bring(call, ctx, "t.parquet", _bytes(path))
        assert values(ctx, found["table"][1][0]) == {
            "2024-01-02": 1.5,
            "2024-01-03": 3.0,
            "2024-01-04": 4.5,
        }


class TestLongTables:
    async def test_each_name_becomes_a_series_with_its_unit(
        self, ctx: ToolContext, call: Call
    ) -> None:
        text = "month,commodity,unit,value\n" + "".join(
            f"2024-0{m},{name},{unit},{m}\n" for m in (1, 2, 3) for name, unit in (("Gold", "$/troy oz"), ("Copper", "$/mt"))
        )  # fmt: skip
        found = await bring(call, ctx, "long.csv", text)
        assert {row[1].split(" [")[0]: row[2] for row in found["table"][1:]} == {
            "Gold": "usd/troy_oz",
            "Copper": "usd/t",
        }

    async def test_every_vintage_is_kept(self, ctx: ToolContext, call: Call) -> None:
        text = (
            "vintage,month,commodity,unit,value\n"
            "2026-06-02,2026-03,Silver,$/troy oz,78.01\n2026-06-02,2026-04,Silver,$/troy oz,76.50\n"
            "2026-07-02,2026-03,Silver,$/troy oz,78.0\n2026-07-02,2026-04,Silver,$/troy oz,76.5\n"
            "2026-06-02,2026-03,Gold,$/troy oz,4000\n2026-06-02,2026-04,Gold,$/troy oz,4100\n"
            "2026-07-02,2026-03,Gold,$/troy oz,4000\n2026-07-02,2026-04,Gold,$/troy oz,4111\n"
        )
        found = await bring(call, ctx, "v.csv", text)
        assert found["values"]["vintages"]["value"] == 2
        silver = next(row[0] for row in found["table"][1:] if "silver" in row[0])
        seen = ctx.market.vintages(silver, "2026-03-31", scopes=ctx.scopes)
        assert [one.value for one in seen] == [78.01, 78.0]
        early = ctx.market.slice(silver, scopes=ctx.scopes, as_of=datetime(2026, 6, 15, tzinfo=UTC))
        assert early.observations[0].value == 78.01

    async def test_exchange_rates_quoted_both_ways_are_said(
        self, ctx: ToolContext, call: Call
    ) -> None:
        text = "Date,Country,Exchange rate\n" + "".join(
            f"2024-0{m}-01,{name},{rate}\n" for m in (1, 2, 3) for name, rate in (("Australia", 0.66), ("Japan", 148.2))
        )  # fmt: skip
        found = await bring(call, ctx, "fx rates.csv", text)
        assert len(found["table"]) == 3
        notes = [note for note in found["warnings"] if "US dollars for one unit" in note]
        assert len(notes) == 1
        assert "australia" in notes[0]


class TestSuspicions:
    async def test_oil_below_zero_is_kept(self, ctx: ToolContext, call: Call) -> None:
        text = "Date,WTI ($/bbl)\n2020-04-17,18.31\n2020-04-20,-36.98\n2020-04-21,8.91\n"
        found = await bring(call, ctx, "wti.csv", text)
        assert any(
            "1 prices lie below zero, the first on 2020-04-20" in note for note in found["warnings"]
        )
        stats = body(await call(ctx, "series_stats", series=found["table"][1][0]))
        assert stats["values"]["min"]["value"] == -36.98
        assert "volatility" not in stats["values"]

    @pytest.mark.parametrize("header", ["Gold ($/oz)", "S&P 500 index", "VIX close"])
    async def test_what_cannot_be_below_zero_is_refused_whole(
        self, ctx: ToolContext, call: Call, header: str
    ) -> None:
        text = f"Date,Fine,{header}\n2020-04-17,1,18.31\n2020-04-20,2,-3\n"
        outcome = await call(handed(ctx, "x.csv", text), "import_csv", name="x.csv")
        assert outcome.error
        assert "cannot be below zero" in outcome.text
        assert ctx.market.catalogue(ctx.scopes) == []

    async def test_zeros_that_mean_missing_are_said(self, ctx: ToolContext, call: Call) -> None:
        text = "Date,PE10\n" + "".join(
            f"20{y}-01-01,{0.0 if y > 21 else 20 + y / 10}\n" for y in range(10, 24)
        )
        found = await bring(call, ctx, "pe.csv", text)
        assert any("look like missing values written as 0" in note for note in found["warnings"])

    @pytest.mark.parametrize(
        ("cells", "numbers"),
        [
            (["1.234,5", "2.345,6"], [1234.5, 2345.6]),
            (["1,234.5", "2,345.6"], [1234.5, 2345.6]),
            (["5.1%", "6.2%"], [5.1, 6.2]),
            (["(5.1)", "6.2"], [-5.1, 6.2]),
            (["…", "6.2"], [None, 6.2]),
            (["...", "6.2"], [None, 6.2]),
        ],
    )
    async def test_notations(
        self, ctx: ToolContext, call: Call, cells: list[str], numbers: list[float | None]
    ) -> None:
        rows = "\n".join(f"2024-01-0{n};{cell}" for n, cell in enumerate(cells, 1))
        found = await bring(call, ctx, "n.csv", f"date;value\n{rows}\n")
        assert list(values(ctx, found["table"][1][0]).values()) == numbers

    @pytest.mark.parametrize(
        ("cells", "days"),
        [
            (["2024M01", "2024M02"], ["2024-01-31", "2024-02-29"]),
            (["2024Q1", "2024Q2"], ["2024-03-31", "2024-06-30"]),
            (["Q1 2024", "Q2 2024"], ["2024-03-31", "2024-06-30"]),
            (["Jan 2024", "Feb 2024"], ["2024-01-31", "2024-02-29"]),
            (["March 1, 2024", "March 2, 2024"], ["2024-03-01", "2024-03-02"]),
            (["31.12.2023", "01.01.2024"], ["2023-12-31", "2024-01-01"]),
            (["20240102", "20240103"], ["2024-01-02", "2024-01-03"]),
        ],
    )
    async def test_dates(
        self, ctx: ToolContext, call: Call, cells: list[str], days: list[str]
    ) -> None:
        rows = "\n".join(f"{cell};{n}" for n, cell in enumerate(cells, 1))
        found = await bring(call, ctx, "d.csv", f"date;value\n{rows}\n")
        assert list(values(ctx, found["table"][1][0])) == days


class TestPositions:
    async def test_the_report_is_recognised_and_known_from_friday(
        self, ctx: ToolContext, call: Call
    ) -> None:
        rows = "".join(
            f'"SILVER - COMMODITY EXCHANGE INC.",2401{d:02},2024-01-{d:02},084691,150000,{50000 + 1000 * n},30000,40000,60000,10000,9000\n'
            for n, d in enumerate((2, 9, 16))
        )  # fmt: skip
        await bring(call, ctx, "annual.csv", COT + rows)
        found = body(await call(ctx, "positioning", market="silver"))
        assert found["values"]["net"]["value"] == 22000
        assert found["values"]["week_change"]["value"] == 1000
        assert found["values"]["percentile"]["value"] == 100
        assert any("3 of 156 weeks" in note for note in found["warnings"])
        for day, net in (("2024-01-18", 21000), ("2024-01-19", 22000)):
            seen = body(await call(ctx, "positioning", market="SLV", as_of=day))
            assert seen["values"]["net"]["value"] == net, day

    async def test_a_market_without_a_report(self, ctx: ToolContext, call: Call) -> None:
        outcome = await call(ctx, "positioning", market="cocoa")
        assert outcome.error
        assert "Attach the CFTC's report" in outcome.text

    async def test_the_published_file(self, ctx: ToolContext, call: Call) -> None:
        path = SHARED / "cftc_cot_legacy_2024_metals_oil.csv"
        if not _there(path):
            pytest.skip(f"the CFTC's report is not at {path}")
        found = await bring(call, ctx, path.name, _bytes(path))
        assert len(found["table"]) - 1 == 28
        copper = body(await call(ctx, "positioning", market="copper", as_of="2024-01-06"))
        assert copper["values"]["net"]["value"] == 70594 - 61977


class TestRealFiles:
    @pytest.mark.parametrize(
        ("name", "series"),
        [
            ("pinksheet_monthly_wide.csv", 17), ("gold_monthly_1833.csv", 1), ("wti_daily.csv", 1), ("brent_daily.csv", 1),
            ("henryhub_daily.csv", 1), ("vix_daily.csv", 4), ("sp500_shiller_monthly.csv", 9), ("us10y_monthly.csv", 1),
            ("us_cpi_monthly.csv", 2), ("pinksheet_vintages_long.csv", 17),
        ],
    )  # fmt: skip
    async def test_they_come_in_whole(
        self, ctx: ToolContext, call: Call, name: str, series: int
    ) -> None:
        path = SHARED / name
        if not _there(path):
            pytest.skip(f"{path} is not on this machine")
        found = await bring(call, ctx, name, _bytes(path))
        assert len(found["table"]) - 1 == series


def _bytes(path: Path) -> bytes:
    return path.read_bytes()


def _there(path: Path) -> bool:
    return path.exists()
