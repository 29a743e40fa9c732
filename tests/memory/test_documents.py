"""Every format is read with its places; what is damaged, locked or hostile is refused with the reason."""

from __future__ import annotations

import io
import random
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from bullpen_memory.documents.confined import DEFAULT, Limits, read_document
from bullpen_memory.documents.items import Document
from bullpen_memory.documents.sniff import unreadable
from bullpen_memory.errors import InputError

from . import papers

Read = Callable[..., Document]

TWO_PAGES = papers.pdf(
    [
        papers.text_ops(["Silver outlook", "Mine supply fell."]),
        papers.text_ops(["Balance"])
        + papers.table_ops([["Item", "2023"], ["Supply", "830"], ["Demand", "1219"]]),
        "",
    ],
    title="Outlook",
    bookmarks=[("Intro", 1), ("Numbers", 2)],
)


@pytest.fixture
def read(tmp_path: Path) -> Read:
    # A name with what a shell or a database would take for a pattern.
    def one(data: bytes, name: str, *, limits: Limits = DEFAULT, tables: bool = False) -> Document:
        path = tmp_path / "upload [1]*"
        path.write_bytes(data)
        return read_document(path, name, limits=limits, tables=tables)

    return one


def places(found: Document) -> list[tuple[str, str, str]]:
    return [(part.locator, part.heading, part.text) for part in found.parts]


def test_a_pdf_gives_its_pages_tables_and_bookmarks(read: Read) -> None:
    found = read(TWO_PAGES, "outlook.pdf")
    assert (found.about, found.title) == ("A PDF of 3 pages", "Outlook")
    assert places(found) == [
        ("page 1", "Intro", "Silver outlook\nMine supply fell."),
        ("page 2", "Numbers", "Balance\nItem 2023\nSupply 830\nDemand 1219"),
        ("page 2, table 1, rows 2–3", "Numbers › page 2, table 1", "Item | 2023\nSupply | 830\nDemand | 1219"),
    ]  # fmt: skip
    assert found.remarks == ("No text on page 3: empty, or a picture.",)
    (grid,) = read(TWO_PAGES, "outlook.pdf", tables=True).grids
    assert grid.rows == (("Item", "2023"), ("Supply", "830"), ("Demand", "1219"))


def test_a_pdf_locked_with_an_empty_password_is_read(read: Read) -> None:
    assert read(papers.locked_pdf(TWO_PAGES, ""), "a.pdf").parts[0].locator == "page 1"


def test_progress_is_told_page_by_page(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(TWO_PAGES)
    told: list[tuple[int, int]] = []
    read_document(path, "a.pdf", progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_a_word_document_gives_paragraphs_under_headings_and_tables(read: Read) -> None:
    found = read(papers.docx(), "memo.docx")
    assert found.title == "Silver memo"
    assert [part.heading for part in found.parts] == [
        "Silver", "Silver › Balance", "Silver › Balance › table 1",
    ]  # fmt: skip
    assert found.parts[2].text == "Item | Moz\nMine supply | 830\nDemand | 1219"


def test_a_workbook_gives_cells_as_they_are_seen(read: Read) -> None:
    found = read(papers.xlsx(), "balance.xlsx")
    told = {part.locator: part.text for part in found.parts}
    assert told["Balance!B2"] == "Supply and demand of silver"
    assert told["Balance!B5:D6"] == "Item | 2023 | Share\nMine supply | 830.5 | 81%\nRecycling | 178 | 19%"  # fmt: skip
    assert told["Notes!A2:B2"] == "Who | What\nAnn | Check the vault figures"
    assert "“Prices” of 10 rows and 2 columns. Date (date, 2024-01-01 to 2024-01-10)" in found.tables[1]  # fmt: skip
    assert found.remarks == ("Hidden in the workbook: Notes.", "Without any cell: Empty.")


def test_formulas_without_a_stored_value_are_said(read: Read) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    assert book.active is not None
    book.active["A1"] = "=1+1"
    book.create_sheet("Words").append(["Name", "Note"])
    out = io.BytesIO()
    book.save(out)
    assert "1 formulas have no stored value" in read(out.getvalue(), "f.xlsx").remarks[0]


def test_parquet_is_described_and_read(read: Read, tmp_path: Path) -> None:
    data = papers.parquet(
        tmp_path, "SELECT DATE '2024-01-01' + i::INT d, i * 1.5 v, 'n' || i n FROM range(3) t(i)"
    )
    found = read(data, "p.parquet")
    assert found.tables == (
        "A table of 3 rows and 3 columns. d (date, 2024-01-01 to 2024-01-03);"
        " v (number, 0 to 3); n (text, 3 distinct: n0, n1, n2).",
    )
    assert found.parts[0].text.splitlines()[1] == "2024-01-01 | 0.0 | n0"


PAGE = b"""<!doctype html><html><head><title>Vaults</title><style>x</style></head><body>
hello <b>world</b><script>steal()</script><h1 id=a>Stocks</h1><p>para</p><div>loose
<span>text</span><ul><li>one<li>two</ul></div><p hidden>secret</p>
<table><tr><th>A<th>B<tr><td>x<td>2</table></body></html>"""


def test_a_web_page_gives_what_is_seen(read: Read) -> None:
    found = read(PAGE, "p.html")
    assert found.title == "Vaults"
    assert places(found) == [
        ("paragraphs 1–1", "", "hello world"),
        ("#a", "Stocks", "para\nloose text\none\ntwo"),
        ("table 1, rows 2–2", "Stocks › table 1", "A | B\nx | 2"),
    ]


def test_a_letter_is_read_with_its_attachments_one_level_deep(read: Read) -> None:
    inner = papers.mail([])
    found = read(
        papers.mail([("a.pdf", TWO_PAGES), ("z.docx", b"PK\3\4zz"), ("x.eml", inner)]), "m.eml"
    )
    assert found.title == "Vault stocks"
    told = {part.locator: part.text for part in found.parts}
    assert "From: Ann Lee <ann@example.com>" in told["headers"]
    assert told["body lines 1–4"].startswith("The London vaults hold less silver.")
    assert told["attachment a.pdf, page 1"] == "Silver outlook\nMine supply fell."
    assert "“z.docx” was not read. It is damaged" in found.remarks[1]
    assert found.remarks[2].endswith("It is an e-mail inside an e-mail.")


def test_json_is_a_table_or_read_key_by_key(read: Read) -> None:
    rows = read(b'[{"a": 1, "b": "x"}, {"a": 2, "b": null}]', "a.json")
    assert rows.parts[0].text == "a | b\n1 | x\n2 | "
    lines = read(b'{"a": 1, "b": "x"}\n{"a": 2, "b": "y"}\n', "a.jsonl")
    assert lines.tables[0].startswith("A table of 2 rows and 2 columns.")
    tree = read(b'{"a": {"b": [1, 2]}, "c": "text"}', "a.json")
    assert places(tree) == [("$.a", "", "$.a.b[0]: 1\n$.a.b[1]: 2"), ("$.c", "", "$.c: text")]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("report.pdf", PAGE, "The name ends in .pdf, but the content is an HTML page"),
        ("data.xls", b"a;b\n1;x\n2;y\n3;z\n", "the content is a table of text (CSV)"),
        ("memo.docx", b"Just words, no Word.\n", "the content is plain text"),
        ("notes.txt", TWO_PAGES, ""),
        ("table.csv", papers.xlsx(), "the content is a workbook"),
    ],
)
def test_a_file_under_a_wrong_name_is_read_as_what_it_is(
    read: Read, name: str, data: bytes, said: str
) -> None:
    found = read(data, name)
    assert found.parts
    assert said in " ".join(found.remarks)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("銀の需給は逼迫している。ロンドンの在庫は減少した。", "shift_jis"),
        ("白银的供应是在下降的，我们的库存也在减少，这是一个大问题。", "gb18030"),
        ("白銀的供應是在下降的，我們的庫存也在減少，這是一個大問題。", "big5"),
        ("은 공급이 감소하고 있습니다", "euc_kr"),
        ("Größe und Überschuß an der Börse", "cp1252"),
        ("Giá bạc tăng mạnh", "utf-16"),
    ],
)
def test_older_encodings_are_recognised(read: Read, text: str, encoding: str) -> None:
    assert read(text.encode(encoding), "a.txt").parts[0].text == text


def bomb(inner: bytes, name: str = "xl/workbook.xml") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, inner)
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 60_000_000)
    return out.getvalue()


LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "%b">' % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(9))
    + b"]><l>&j;</l>"
)


def laughing_docx() -> bytes:
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(papers.docx())) as whole,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made,
    ):
        for member in whole.namelist():
            made.writestr(member, LAUGHS if member == "word/document.xml" else whole.read(member))
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.pdf", b"%PDF-1.7 ...", "The PDF is damaged"),
        ("a.pdf", TWO_PAGES[: len(TWO_PAGES) // 3], "damaged"),
        ("a.pdf", papers.locked_pdf(TWO_PAGES, "secret"), "encrypted with a password"),
        ("a.pdf", papers.pdf(["", ""]), "pictures of pages and no text"),
        ("a.xlsx", bomb(b"<x/>"), "60 MB in 2 pieces"),
        ("a.docx", laughing_docx(), "damaged"),
        ("a.xlsx", b"PK\x03\x04" + bytes(range(256)), "ZIP archive or Office document that cannot be"),
        ("a.zip", bomb(b"x", "readme.txt"), "It is a ZIP archive of 2 files"),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "format of before 2007"),
        ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "encrypted"),
        ("a.png", b"\x89PNG\r\n\x1a\n\x00", "a PNG image"),
        ("a.parquet", b"PAR1" + bytes(50) + b"PAR1", "The Parquet file cannot be read"),
        ("a.json", b'{"a": ', "not valid JSON"),
        ("a.json", b"[" * 100_000, "nested too deeply"),
        ("a.jsonl", b'{"a": 1}\n{"a"\n', "Line 2 is not valid JSON"),
        ("a.csv", b",".join([b"x"] * 3_000) + b"\n" + b",".join([b"1"] * 3_000), "3,000 columns"),
        ("a.html", b"<!doctype html><html><body></body></html>", "It holds no text"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(read: Read, name: str, data: bytes, said: str) -> None:
    with pytest.raises(InputError, match="was not stored") as refused:
        read(data, name)
    assert said in refused.value.cause
    assert refused.value.remedy


def test_a_deeply_nested_page_does_not_exhaust_the_stack(read: Read) -> None:
    page = b"<!doctype html><html><body>" + b"<div>" * 5_000 + b"deep"
    assert read(page, "a.html").parts[0].text == "deep"


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (Limits(silence=0.01), "took longer than"),
        (Limits(seconds=0.01), "took longer than"),
        (Limits(output=100), "holds more than"),
        (Limits(memory=40_000_000), "memory|ended before its time"),
    ],
)
def test_a_reader_that_hangs_or_grows_is_ended_and_the_desk_goes_on(
    read: Read, limits: Limits, said: str
) -> None:
    rows = b"name,value\n" + b"".join(b"row %d,%d\n" % (i, i) for i in range(200_000))
    with pytest.raises(InputError, match=said):
        read(rows, "a.csv", limits=limits)
    assert read(b"still here", "a.txt").parts[0].text == "still here"


def test_a_file_made_to_cost_time_is_ended_by_the_processor_limit(read: Read) -> None:
    page = b"<!doctype html><html><body>" + b"<div>" * 60_000
    with pytest.raises(InputError, match="ended before its time"):
        read(page, "a.html", limits=Limits(cpu=1))


def test_a_pdf_of_thirty_thousand_pages_is_refused_by_their_number(read: Read) -> None:
    with pytest.raises(InputError, match="It has 30,000 pages"):
        read(papers.pdf([""] * 30_000), "a.pdf")


@pytest.mark.parametrize("seed", range(8))
def test_damaged_bytes_are_read_or_refused_never_more(read: Read, seed: int) -> None:
    """Whatever happens to a file on its way, the answer is text or a sentence."""

    def outcome(data: bytes, name: str) -> str:
        try:
            return read(data, name).sha256
        except InputError as error:
            return f"{error.fact} {error.remedy}"

    chance = random.Random(seed)
    data = bytearray([TWO_PAGES, papers.xlsx(), papers.docx(), papers.mail([("a.pdf", TWO_PAGES)])][seed % 4])  # fmt: skip
    for _ in range(1 + seed * 8):
        data[chance.randrange(len(data))] = chance.randrange(256)
    name = ["a.pdf", "a.xlsx", "a.docx", "a.eml"][seed % 4]
    assert re.fullmatch(f"[0-9a-f]{{64}}|“{name}” was not stored[.] .+", outcome(bytes(data), name))


def test_the_door_lets_documents_in_and_says_what_others_are() -> None:
    for data in (TWO_PAGES, papers.xlsx(), b"text", "тест".encode("utf-16")):
        assert unreadable(data[:8192], "a") == ""
    assert unreadable(b"\x89PNG\r\n\x1a\n\0", "a") == "It is a PNG image."
    assert unreadable(b"abc\0def", "a") == "It is a binary file."
