"""What a file is, by its content; its name only decides between kinds of text.

The rule it protects: a file under a wrong name is read as what it is or refused with the reason,
never parsed as what it pretends to be. It parses nothing.
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Literal

from bullpen_memory.documents.items import File, refusal
from bullpen_memory.documents.tables import tabular
from bullpen_memory.documents.text import decoded
from bullpen_memory.errors import InputError

Form = Literal[
    "text", "markdown", "csv", "json", "jsonl", "html", "mail", "pdf", "docx", "xlsx", "parquet"
]
HEAD = 8_192
"""So many bytes are enough for `unreadable`."""

READABLE = "PDF, Word (DOCX), Excel (XLSX), CSV, Parquet, JSON, HTML, Markdown, plain text and e-mail (EML)"

_SAID = f"Send it as one of: {READABLE}."
_FOREIGN: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"BM", "a bitmap image"),
    (b"II*\x00", "a TIFF image"),
    (b"MM\x00*", "a TIFF image"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"BZh", "a bzip2 archive"),
    (b"SQLite format 3", "a SQLite database"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"ORC", "an ORC file"),
    (b"ARROW1", "an Arrow file"),
    (b"\x89HDF", "an HDF5 file"),
    (b"ID3", "an audio file"),
    (b"OggS", "an audio file"),
    (b"RIFF", "an audio, image or video file"),
    (b"{\\rtf", "an RTF document"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MAIL = re.compile(
    r"(?:From|Received|Return-Path|MIME-Version|Date|Subject|Message-ID|Delivered-To|To): ",
    re.IGNORECASE,
)
_HTML = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html)\b", re.I | re.S
)
_BY_NAME: dict[str, Form] = {
    ".md": "markdown", ".markdown": "markdown", ".mdown": "markdown", ".csv": "csv", ".tsv": "csv",
    ".json": "json", ".jsonl": "jsonl", ".ndjson": "jsonl", ".htm": "html", ".html": "html",
    ".xhtml": "html",
}  # fmt: skip
# Under these names people send other things than text; a text in them was named wrongly.
_BINARY_NAMES = frozenset({".pdf", ".docx", ".xlsx", ".xlsm", ".parquet", ".doc", ".xls", ".pq"})


def form_of(file: File) -> Form:
    """The format; InputError says what the file is where it cannot be read."""
    head = file.data[:HEAD]
    if not file.data.strip():
        raise refusal(file.name, "The file is empty.", "Send one with content.")
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(b"PK\x03\x04"):
        return _packed(file)
    _refuse_foreign(file, head)
    return _of_text(file, decoded(file))


def picture(head: bytes) -> str:
    """The media type of a picture that a model can look at (PNG, JPEG, GIF, WebP); "" for another file."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    kinds = ((b"\x89PNG", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF8", "image/gif"))
    return next((kind for start, kind in kinds if head.startswith(start)), "")


def unreadable(head: bytes, name: str) -> str:
    """Why a file that begins so cannot be read, or "" where it may well be; a quick look only."""
    if b"%PDF-" in head[:1024] or head.startswith(
        (b"PAR1", b"PK\x03\x04", b"\xff\xfe", b"\xfe\xff")
    ):
        return ""
    try:
        _refuse_foreign(File(name, head), head)
    except InputError as error:
        return error.cause
    return "It is a binary file." if b"\x00" in head else ""


def _refuse_foreign(file: File, head: bytes) -> None:
    if head.startswith(_OLE):
        locked = "EncryptedPackage".encode("utf-16-le") in file.data
        what = (
            "It is an Office document that is encrypted with a password."
            if locked
            else "It is an Office document in the format of before 2007."
        )
        remedy = "Save a copy without a password" if locked else "Save it as DOCX, XLSX or PDF"
        raise refusal(file.name, what, f"{remedy} and send that.")
    # A text may well begin with "MZ" or "BM"; a file of these kinds has zero bytes.
    for magic, what in _FOREIGN:
        if head.startswith(magic) and (len(magic) > 3 or b"\x00" in head or magic[0] > 127):
            raise refusal(file.name, f"It is {what}.", _SAID)


def _packed(file: File) -> Form:
    try:
        with zipfile.ZipFile(file.stream()) as archive:
            names = set(archive.namelist()[:20_000])
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise refusal(
            file.name,
            f"It is damaged: a ZIP archive or Office document that cannot be opened ({error}).",
            "Save it again, or send another copy.",
        ) from error
    if "word/document.xml" in names:
        return "docx"
    if "xl/workbook.xml" in names:
        return "xlsx"
    if "xl/workbook.bin" in names:
        raise refusal(file.name, "It is a binary workbook (XLSB).", "Save it as XLSX.")
    if any(name.startswith("ppt/") for name in names):
        raise refusal(file.name, "It is a PowerPoint presentation.", "Save it as PDF.")
    if "mimetype" in names and "content.xml" in names:
        raise refusal(file.name, "It is an OpenDocument file.", "Save it as DOCX, XLSX or PDF.")
    raise refusal(
        file.name,
        f"It is a ZIP archive of {len(names):,} files.",
        "Unpack it and send the files themselves.",
    )


def _of_text(file: File, text: str) -> Form:
    suffix = file.suffix
    lines = text[:HEAD].splitlines()
    headers = sum(1 for line in lines[:30] if _MAIL.match(line))
    if suffix == ".eml" or (headers >= 3 and _MAIL.match(lines[0])):
        return "mail"
    if _HTML.match(text[:HEAD]):
        return "html"
    if suffix in _BY_NAME:
        return _BY_NAME[suffix]
    if suffix in _BINARY_NAMES and tabular(text):
        return "csv"
    return "text"


def misnamed(file: File, form: Form) -> str:
    """A sentence where the name says something else than the content, else ""."""
    suffix = Path(file.name).suffix.lower()
    meant = {".pdf": "pdf", ".docx": "docx", ".doc": "docx", ".xlsx": "xlsx", ".xlsm": "xlsx",
             ".xls": "xlsx", ".parquet": "parquet", ".pq": "parquet"} | _BY_NAME  # fmt: skip
    expected = meant.get(suffix)
    if expected is None or expected == form or (suffix == ".xls" and form == "xlsx"):
        return ""
    return f"The name ends in {suffix}, but the content is {_WORDS[form]} and was read as that."


_WORDS: dict[Form, str] = {
    "text": "plain text", "markdown": "Markdown", "csv": "a table of text (CSV)", "json": "JSON",
    "jsonl": "JSON lines", "html": "an HTML page", "mail": "an e-mail", "pdf": "a PDF",
    "docx": "a Word document", "xlsx": "a workbook", "parquet": "Parquet",
}  # fmt: skip
