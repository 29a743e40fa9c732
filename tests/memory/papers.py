"""Files as people send them, made in memory: PDF by hand, Office by the libraries that read it."""

from __future__ import annotations

import io
import zlib
from collections.abc import Sequence
from pathlib import Path


def text_ops(lines: Sequence[str], top: int = 760) -> str:
    """Drawing operators that put these lines one under the other."""
    said = [line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)") for line in lines]
    shown = " T* ".join(f"({line}) Tj" for line in said)
    return f"BT /F1 11 Tf 14 TL 60 {top} Td {shown} ET"


def table_ops(rows: Sequence[Sequence[str]], top: int = 500) -> str:
    """A table with drawn lines: cells of 120 by 20 points."""
    width, height = 120, 20
    right, bottom = 60 + width * len(rows[0]), top - height * len(rows)
    ops = ["0.5 w"]
    ops += [f"60 {top - height * i} m {right} {top - height * i} l S" for i in range(len(rows) + 1)]
    ops += [f"{60 + width * i} {top} m {60 + width * i} {bottom} l S" for i in range(len(rows[0]) + 1)]  # fmt: skip
    for i, row in enumerate(rows):
        for j, cell in enumerate(row):
            ops.append(
                f"BT /F1 10 Tf {64 + width * j} {top - height * (i + 1) + 6} Td ({cell}) Tj ET"
            )
    return "\n".join(ops)


def pdf(
    pages: Sequence[str], *, title: str = "", bookmarks: Sequence[tuple[str, int]] = ()
) -> bytes:
    """A PDF whose pages hold these drawing operators. Bookmarks are (title, page from 1)."""
    objects: list[bytes] = [b"", b"", b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    kids: list[int] = []
    for ops in pages:
        stream = zlib.compress(ops.encode("latin-1", "replace"))
        objects.append(
            b"<< /Length %d /Filter /FlateDecode >>\nstream\n%b\nendstream" % (len(stream), stream)
        )
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R"
            b" /Resources << /Font << /F1 3 0 R >> >> >>" % len(objects)
        )
        kids.append(len(objects))
    root = b"<< /Type /Catalog /Pages 2 0 R"
    if bookmarks:
        first = len(objects) + 2
        last = first + len(bookmarks) - 1
        root += b" /Outlines %d 0 R" % (first - 1)
        objects.append(b"<< /Type /Outlines /First %d 0 R /Last %d 0 R /Count %d >>" % (first, last, len(bookmarks)))  # fmt: skip
        for i, (name, page) in enumerate(bookmarks):
            follow = b" /Next %d 0 R" % (first + i + 1) if first + i < last else b""
            objects.append(b"<< /Title (%b) /Parent %d 0 R /Dest [%d 0 R /Fit]%b >>" % (name.encode(), first - 1, kids[page - 1], follow))  # fmt: skip
    objects[0] = root + b" >>"
    objects[1] = b"<< /Type /Pages /Count %d /Kids [%b] >>" % (
        len(kids),
        b" ".join(b"%d 0 R" % kid for kid in kids),
    )
    objects.append(b"<< /Title (%b) >>" % title.encode())
    return _assembled(objects)


def _assembled(objects: Sequence[bytes]) -> bytes:
    out = io.BytesIO()
    out.write(b"%PDF-1.7\n")
    places: list[int] = []
    for number, body in enumerate(objects, start=1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%b\nendobj\n" % (number, body))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.writelines(b"%010d 00000 n \n" % place for place in places)
    out.write(
        b"trailer\n<< /Size %d /Root 1 0 R /Info %d 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        % (len(objects) + 1, len(objects), start)
    )
    return out.getvalue()


def locked_pdf(data: bytes, password: str) -> bytes:
    """The same PDF, encrypted."""
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(data)))
    writer.encrypt(password, algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def docx() -> bytes:
    """A memo with a heading, paragraphs and a table."""
    import docx

    memo = docx.Document()
    memo.core_properties.title = "Silver memo"
    memo.add_heading("Silver", level=1)
    memo.add_paragraph("Mine supply fell for the third year.")
    memo.add_heading("Balance", level=2)
    memo.add_paragraph("The deficit is met from London vaults.")
    table = memo.add_table(rows=0, cols=2)
    for row in (("Item", "Moz"), ("Mine supply", "830"), ("Demand", "1219")):
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    out = io.BytesIO()
    memo.save(out)
    return out.getvalue()


def xlsx() -> bytes:
    """A workbook: a table of words below a caption, a series, an empty and a hidden sheet."""
    from datetime import datetime

    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Balance"
    sheet["B2"] = "Supply and demand of silver"
    for row, cells in enumerate((("Item", "2023", "Share"), ("Mine supply", 830.5, 0.81), ("Recycling", 178, 0.19)), start=4):  # fmt: skip
        for column, value in enumerate(cells, start=2):
            sheet.cell(row, column, value)
    sheet["D5"].number_format = sheet["D6"].number_format = "0.0%"
    prices = book.create_sheet("Prices")
    prices.append(["Date", "Close (USD)"])
    for day in range(1, 11):
        prices.append([datetime(2024, 1, day), 20 + day / 4])
    book.create_sheet("Empty")
    secret = book.create_sheet("Notes")
    secret.append(["Who", "What"])
    secret.append(["Ann", "Check the vault figures"])
    secret.sheet_state = "hidden"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def parquet(folder: Path, query: str) -> bytes:
    """The rows of a DuckDB query."""
    import duckdb

    path = folder / "made.parquet"
    with duckdb.connect(":memory:") as database:
        database.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
    return path.read_bytes()


def mail(attachments: Sequence[tuple[str, bytes]]) -> bytes:
    """A letter with these files attached."""
    from email.message import EmailMessage

    letter = EmailMessage()
    letter["From"] = "Ann Lee <ann@example.com>"
    letter["To"] = "desk@example.com"
    letter["Date"] = "Mon, 05 Jan 2026 09:00:00 +0000"
    letter["Subject"] = "Vault stocks"
    letter.set_content("The London vaults hold less silver.\n\nRegards\nAnn\n")
    for name, data in attachments:
        letter.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return letter.as_bytes()
