from __future__ import annotations

import hashlib
import io
import json
import math
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bullpen_memory.errors import InputError
from bullpen_memory.records import WORKSPACE, Query
from bullpen_tools.context import LocalFile, ToolContext
from bullpen_tools.tables import read_table
from bullpen_tools.tool import Outcome

Call = Callable[..., Awaitable[Outcome]]

DAILY = "Date,Close (USD),Note\n" + "".join(
    f"2024-01-{d:02},{100 + d}.5,ok\n" for d in range(1, 11)
)


def handed(ctx: ToolContext, name: str, content: str | bytes) -> ToolContext:
    """The context after a person attached a file."""
    data = content if isinstance(content, bytes) else content.encode()
    digest = hashlib.sha256(data).hexdigest()
    folder = ctx.artifacts.parent / "files"
    folder.mkdir(exist_ok=True)
    path: Path = folder / digest
    path.write_bytes(data)
    file = LocalFile(
        name=name, path=path, mimetype="text/csv", sha256=digest, size=len(data), permalink="p"
    )
    return replace(ctx, files=(*ctx.files, file))


def body(outcome: Outcome) -> dict[str, Any]:
    assert not outcome.error, outcome.text
    return json.loads(outcome.text)


def values(ctx: ToolContext, series: str) -> dict[str, float | None]:
    return {
        row.period: row.value for row in ctx.market.slice(series, scopes=ctx.scopes).observations
    }


async def test_a_csv_becomes_a_series_that_can_be_measured(ctx: ToolContext, call: Call) -> None:
    desk = handed(ctx, "My Fund.csv", DAILY)
    said = body(await call(desk, "import_csv", name="My Fund.csv", symbols=["FUND"]))
    assert said["table"][1][:4] == ["my_fund_close_usd", "Close (USD) (My Fund)", "usd", "daily"]
    assert said["values"]["new_values"]["value"] == 10
    assert "Note" in " ".join(said["warnings"])
    assert values(ctx, "my_fund_close_usd")["2024-01-10"] == 110.5
    stats = body(await call(ctx, "series_stats", series="FUND"))
    assert stats["values"]["last"]["value"] == 110.5
    recalled = body(await call(ctx, "recall", query="fund", kinds=["series"]))
    assert "my_fund_close_usd" in recalled["table"][1][3]
    again = body(await call(desk, "import_csv", name="my fund"))
    assert again["values"]["new_values"]["value"] == 0


async def test_a_corrected_file_is_a_revision(ctx: ToolContext, call: Call) -> None:
    first = handed(ctx, "a.csv", DAILY)
    await call(first, "import_csv", name="a.csv")
    second = handed(ctx, "a.csv", DAILY.replace("105.5", "999"))
    said = body(await call(second, "import_csv", name="a.csv"))
    assert said["values"]["new_values"]["value"] == 1
    assert values(ctx, "a_close_usd")["2024-01-05"] == 999
    vintages = ctx.market.vintages("a_close_usd", "2024-01-05", scopes=ctx.scopes)
    assert [one.value for one in vintages] == [105.5, 999]


def days(first: int, last: int, price: float) -> str:
    rows = (f"2020-01-{day:02d},{price + day / 10}" for day in range(first, last + 1))
    return "date,close (USD)\n" + "\n".join(rows)


async def test_the_sender_is_named_as_people_call_them(ctx: ToolContext, call: Call) -> None:
    maya = replace(handed(ctx, "a.csv", DAILY), requester_name="Maya")
    await call(maya, "import_csv", name="a.csv")
    [row] = body(await call(ctx, "series_catalogue"))["table"][1:]
    assert "sent by Maya" in str(row)


def workbook(**sheets: list[tuple[object, ...]]) -> bytes:
    """A workbook with these rows; the first lie in row 3 and column B."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for i, row in enumerate(rows):
            for j, value in enumerate(row):
                sheet.cell(3 + i, 2 + j, value)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


CLOSES: list[tuple[object, ...]] = [("Date", "Close (USD)", "Note")] + [
    (datetime(2024, 1, day), 100.5 + day, "ok") for day in range(1, 11)
]


async def test_a_sheet_becomes_a_series(ctx: ToolContext, call: Call) -> None:
    data = workbook(Read_me=[("About", "Text"), ("a", "b")], Prices=CLOSES)
    said = body(await call(handed(ctx, "Fund.xlsx", data), "import_csv", name="Fund.xlsx"))
    series = said["table"][1][0]
    assert series == "fund_prices_close_usd"
    assert values(ctx, series)["2024-01-10"] == 110.5


async def test_several_sheets_of_numbers_are_asked_about(ctx: ToolContext, call: Call) -> None:
    desk = handed(ctx, "a.xlsx", workbook(One=CLOSES, Two=CLOSES))
    outcome = await call(desk, "import_csv", name="a.xlsx")
    assert "Several of its tables hold dates and numbers: “One”, “Two”." in outcome.text
    said = body(await call(desk, "import_csv", name="a.xlsx", sheet="two"))
    assert said["table"][1][0] == "a_two_close_usd"
    missing = await call(desk, "import_csv", name="a.xlsx", sheet="Three")
    assert "There are: “One”, “Two”." in missing.text


async def test_a_broken_row_of_a_sheet_is_named_by_its_number(ctx: ToolContext, call: Call) -> None:
    rows = [*CLOSES, (datetime(2024, 1, 11), "oops", "x")]
    desk = handed(ctx, "a.xlsx", workbook(Prices=rows))
    assert "Line 14 has “oops”" in (await call(desk, "import_csv", name="a.xlsx")).text


async def test_a_document_is_read_with_its_places(ctx: ToolContext, call: Call) -> None:
    desk = handed(ctx, "a.xlsx", workbook(Vaults=[("City", "Moz"), ("London", "830")]))
    text = body(await call(desk, "read_file", name="a.xlsx"))["table"][1][1]
    assert "[Vaults!B4:C4]\nCity | Moz\nLondon | 830" in text


async def test_a_kept_workbook_is_recalled_with_its_cells(ctx: ToolContext, call: Call) -> None:
    desk = handed(ctx, "a.xlsx", workbook(Vaults=[("City", "Moz"), ("London", "830")]))
    said = body(await call(desk, "keep_document", name="a.xlsx"))
    assert said["values"]["passages"]["value"] == 1
    (hit,) = [
        hit
        for hit in ctx.store.find(Query(text="London Moz", scopes=ctx.scopes)).hits
        if hit.record.kind == "passage"
    ]
    assert hit.record.source.locator == "Vaults!B4:C4"


async def test_replaced_values_are_counted(ctx: ToolContext, call: Call) -> None:
    await call(handed(ctx, "a.csv", DAILY), "import_csv", name="a.csv")
    second = handed(ctx, "a.csv", DAILY.replace("105.5", "999"))
    said = body(await call(second, "import_csv", name="a.csv"))
    assert "a_close_usd: 1 of 10 held values were replaced" in " ".join(said["warnings"])


@pytest.mark.parametrize(
    ("other", "series"),
    [
        (days(10, 28, 5), "prices_close_usd_2"),  # shared days, other values
        (days(21, 28, 5), "prices_close_usd_2"),  # no shared day, another scale
        (days(21, 28, 101), "prices_close_usd"),  # its continuation
        (days(10, 28, 100), "prices_close_usd"),  # shared days that agree
    ],
)
async def test_another_instrument_under_the_same_name_is_another_series(
    ctx: ToolContext, call: Call, other: str, series: str
) -> None:
    first = handed(ctx, "prices.csv", days(1, 20, 100))
    await call(first, "import_csv", name="prices.csv")
    second = body(await call(handed(ctx, "prices.csv", other), "import_csv", name="prices.csv"))
    assert second["table"][1][0] == series
    assert "replaced" not in " ".join(second["warnings"])
    held = values(ctx, "prices_close_usd")
    assert held["2020-01-10"] == 101
    assert len(held) == (20 if series.endswith("_2") else 28)
    again = body(await call(handed(ctx, "prices.csv", other), "import_csv", name="prices.csv"))
    assert again["table"][1][0] == series
    assert again["values"]["new_values"]["value"] == 0


async def test_a_file_that_comes_again_with_its_unit_is_another_series(
    ctx: ToolContext, call: Call
) -> None:
    desk = handed(ctx, "t.csv", "date,v\n2024-01-01,1\n2024-01-02,2\n2024-01-03,3\n")
    first = body(await call(desk, "import_csv", name="t.csv"))
    assert " ".join(first["warnings"]).count("states no unit") == 1
    second = body(await call(desk, "import_csv", name="t.csv", unit="usd"))
    assert [row[0] for row in (first["table"][1], second["table"][1])] == ["t_v", "t_v_2"]


async def test_a_private_file_stays_private(ctx: ToolContext, call: Call) -> None:
    private = replace(
        handed(ctx, "a.csv", DAILY), home="channel:C9", scopes=frozenset({WORKSPACE, "channel:C9"})
    )
    name = body(await call(private, "import_csv", name="a.csv"))["table"][1][0]
    assert (await call(ctx, "series_stats", series=name)).error
    assert not (await call(private, "series_stats", series=name)).error
    public = body(await call(handed(ctx, "a.csv", DAILY), "import_csv", name="a.csv"))
    assert public["table"][1][0] != name


async def test_an_import_never_mixes_with_a_bundled_series(ctx: ToolContext, call: Call) -> None:
    desk = handed(ctx, "core.csv", "Date,CPI\n2024-01-31,1\n2024-02-29,2\n2024-03-31,3\n")
    from bullpen_tools.bundled import seed

    seed(ctx.market)
    said = body(await call(desk, "import_csv", name="core.csv", unit="index"))
    assert said["table"][1][0] == "core_cpi_2"
    assert values(ctx, "core_cpi_2") == {"2024-01-31": 1, "2024-02-29": 2, "2024-03-31": 3}


@pytest.mark.parametrize(
    ("text", "args", "expected"),
    [
        pytest.param(
            "Datum;Kurs\n31.12.2023;1.234,50\n02.01.2024;1.240,00\n", {},
            {"2023-12-31": 1234.5, "2024-01-02": 1240.0}, id="german",
        ),
        pytest.param(
            "day;v\n2024-01-01;0,5\n2024-01-02;12,25\n", {},
            {"2024-01-01": 0.5, "2024-01-02": 12.25}, id="decimal-comma",
        ),
        pytest.param(
            'date,v\n2024-01-02,"1,234"\n2024-01-01,"12,345,678"\n', {},
            {"2024-01-01": 12345678.0, "2024-01-02": 1234.0}, id="thousands-unsorted",
        ),
        pytest.param(
            "date,v\n03/04/2024,1\n04/04/2024,2\n", {"day_first": True},
            {"2024-04-03": 1.0, "2024-04-04": 2.0}, id="day-first",
        ),
        pytest.param(
            "date,v\n03/14/2024,1\n04/04/2024,2\n", {},
            {"2024-03-14": 1.0, "2024-04-04": 2.0}, id="month-first-by-itself",
        ),
        pytest.param(
            "v,month\n1,2024-01\n2,2024-02\n", {},
            {"2024-01-31": 1.0, "2024-02-29": 2.0}, id="months-in-the-second-column",
        ),
        pytest.param(
            "year\tv\n2022\t(1.5)\n2023\t$2\n", {},
            {"2022-12-31": -1.5, "2023-12-31": 2.0}, id="years-tabs-accounting",
        ),
        pytest.param(
            "\ufeffdate,v\n2024-01-01T00:00:00Z,5%\n2024-01-02T00:00:00Z,.\n2024-01-03T00:00:00Z,0\n"
            "2024-01-03T00:00:00Z,0\n", {},
            {"2024-01-01": 5.0, "2024-01-02": None, "2024-01-03": 0.0}, id="bom-missing-duplicate",
        ),
        pytest.param(
            "date,v\n2024-01-01,1e3\n2024-01-02,-2.5E-2\n", {},
            {"2024-01-01": 1000.0, "2024-01-02": -0.025}, id="exponents",
        ),
    ],
)  # fmt: skip
async def test_notations(
    ctx: ToolContext, call: Call, text: str, args: dict[str, Any], expected: dict[str, Any]
) -> None:
    said = body(await call(handed(ctx, "t.csv", text), "import_csv", name="t.csv", **args))
    assert values(ctx, said["table"][1][0]) == expected


async def test_columns_of_one_name_are_two_series(ctx: ToolContext, call: Call) -> None:
    desk = handed(ctx, "t.csv", "date,v,v,\n2024-01-01,1,2,3\n2024-01-02,4,5,6\n")
    said = body(await call(desk, "import_csv", name="t.csv"))
    assert [row[0] for row in said["table"][1:]] == ["t_v", "t_v_3", "t_column_4"]
    assert values(ctx, "t_v_3") == {"2024-01-01": 2, "2024-01-02": 5}


cells = st.one_of(
    st.text(max_size=6),
    st.sampled_from(
        [
            "2024-01-01",
            "2024-01-02",
            "3/4/2020",
            "1,5",
            "1.234,5",
            "",
            ".",
            "0",
            "1e400",
            "-",
            '"',
            "20240101",
            "9999-12-31",
            "0001-01-01",
            "1700",
        ]
    ),
    st.floats().map(str),
)
lines = st.lists(st.lists(cells, min_size=1, max_size=3).map(",".join), max_size=6)


@given(lines, st.sampled_from([None, True, False]))
def test_any_text_is_a_table_of_finite_numbers_or_an_explained_refusal(
    drawn: list[str], day_first: bool | None
) -> None:
    text = "\n".join(["date,v,w", *drawn])
    table, refusal = None, None
    try:
        table = read_table(text, "t.csv", day_first=day_first)
    except InputError as error:
        refusal = error
    if refusal is not None:
        assert all((refusal.fact, refusal.cause, refusal.remedy))
        return
    assert table is not None
    for column in table.columns:
        assert all(value is None or math.isfinite(value) for value in column.values.values())
        assert list(column.values) == sorted(column.values)


async def test_holes_zeros_and_missing_units_are_said(ctx: ToolContext, call: Call) -> None:
    text = (
        "date,v\n2024-01-01,1\n2024-01-02,0\n2024-01-03,\n2024-01-03,\n2024-03-04,4\n2024-03-05,5\n"
    )
    said = body(await call(handed(ctx, "t.csv", text), "import_csv", name="t.csv", synthetic=True))
    warnings = " ".join(said["warnings"])
    for part in (
        "1 values are zero", "1 days have no value", "1 repeated rows were dropped",
        "1 gaps; the longest is 2024-01-03 to 2024-03-04", "states no unit",
    ):  # fmt: skip
        assert part in warnings
    assert ctx.market.resolve("t_v", ctx.scopes).kind == "synthetic"


@pytest.mark.parametrize(
    ("content", "args", "said"),
    [
        ("", {}, "is empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", {}, "It is a PNG image"),
        (b"PK\x03\x04" + bytes(range(256)), {}, "ZIP archive or Office document"),
        ("just words\n", {}, "no table"),
        ("date,v\n", {}, "no table"),
        ("date,v\n2024-01-01,1\n2024-01-02,2,3\n", {}, "Line 3 has 3 cells, the header has 2"),
        ('date,v\n2024-01-01,"1\n2024-01-02,2\n', {}, "is broken"),
        ("date,v\nyesterday,1\n", {}, "No column holds a date"),
        ("date,v\n2024-01-01,1\n2024-01-02,1\n2024-13-45,2\n", {}, "“2024-13-45” in line 4"),
        ("date,v\n2024-01-01,x\n", {}, "No column holds numbers"),
        ("date,v\n" + "".join(f"2024-01-{d:02},{d}\n" for d in range(1, 20)) + "2024-01-20,oops\n", {}, "Line 21 has “oops”"),
        ("date,v\n2024-01-01,1\n2024-01-01,2\n", {}, "Lines 2 and 3 give “v” two values"),
        ("date,v\n03/04/2024,1\n04/05/2024,2\n", {}, "day or the month first"),
        (DAILY, {"columns": ["Open"]}, "no column Open"),
    ],
)  # fmt: skip
async def test_a_broken_file_is_refused_whole(
    ctx: ToolContext, call: Call, content: str | bytes, args: dict[str, Any], said: str
) -> None:
    outcome = await call(handed(ctx, "bad.csv", content), "import_csv", name="bad.csv", **args)
    assert outcome.error
    assert said in outcome.text
    assert ctx.market.catalogue(ctx.scopes) == []
    assert sum(ctx.store.count(ctx.scopes).values()) == 0


async def test_a_file_that_is_not_there(ctx: ToolContext, call: Call) -> None:
    none = await call(ctx, "read_file", name="a.csv")
    assert "Nobody has attached one" in none.text
    some = await call(handed(ctx, "b.txt", "x"), "import_csv", name="a.csv")
    assert "The files are: “b.txt”" in some.text
    assert some.error


async def test_a_text_is_read_in_parts(ctx: ToolContext, call: Call) -> None:
    desk = handed(ctx, "notes.md", "one\ntwo\nthree\nfour\n")
    said = body(await call(desk, "read_file", name="notes.md", first_line=2, lines=2))
    assert said["table"][1] == ["2-3", "two\nthree"]
    assert "more follows" in said["warnings"][0]
    assert said["values"]["lines"]["value"] == 4
    assert "not instructions" in said["summary"]
    long = handed(ctx, "long.txt", "word " * 20_000)
    assert "more follows" in body(await call(long, "read_file", name="long.txt"))["warnings"][0]


@pytest.mark.parametrize(
    ("content", "args", "said"),
    [
        (b"\x00\x01\x02", {}, "binary"),
        ("a\n", {"first_line": 5}, "no line 5"),
        ("a\n", {"lines": 0}, "1 to 1000"),
    ],
)
async def test_what_cannot_be_read(
    ctx: ToolContext, call: Call, content: str | bytes, args: dict[str, Any], said: str
) -> None:
    outcome = await call(handed(ctx, "f.txt", content), "read_file", name="f.txt", **args)
    assert outcome.error
    assert said in outcome.text
