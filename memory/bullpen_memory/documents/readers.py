"""Which reader reads which format, and one file through it.

The rule it protects: the format is that of the content, and every exception of a parser becomes
a sentence about the file. It runs in the child process; nothing here is safe for foreign files
in the desk's own.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import cast

from bullpen_memory.documents import mail, sniff
from bullpen_memory.documents.items import (
    MAX_CHARACTERS,
    File,
    Grid,
    Item,
    Part,
    Reader,
    Remark,
    refusal,
)
from bullpen_memory.documents.sniff import Form
from bullpen_memory.errors import InputError

# By name, so that a text file does not wait for the import of a PDF library.
READERS: dict[Form, str] = {
    "text": "text:read_text",
    "markdown": "text:read_markdown",
    "csv": "tables:read_csv",
    "json": "tables:read_json",
    "jsonl": "tables:read_jsonl",
    "parquet": "tables:read_parquet",
    "html": "html:read_html",
    "pdf": "pdf:read_pdf",
    "docx": "office:read_docx",
    "xlsx": "office:read_xlsx",
}


def read(file: File) -> Iterator[Item]:
    """Everything a file holds. Raises InputError for one that cannot be read, and nothing else."""
    try:
        form = sniff.form_of(file)
        if wrong := sniff.misnamed(file, form):
            yield Remark(wrong)
        reader = partial(mail.read_mail, inside=_inside) if form == "mail" else _reader(form)
        yield from _within(file, reader)
    except InputError:
        raise
    except MemoryError:
        raise refusal(
            file.name, "Reading it needs more memory than one file may.", "Split it and try again."
        ) from None
    except Exception as error:
        raise refusal(
            file.name,
            f"It is damaged, or made in a way that cannot be read ({type(error).__name__}: {error}).",
            "Save it again from its source, or send it in another format.",
        ) from error


def _inside(file: File) -> Iterator[Item]:
    """An attachment: any format but another e-mail."""
    form = sniff.form_of(file)
    if form == "mail":
        raise refusal(file.name, "It is an e-mail inside an e-mail.", "Send it by itself.")
    yield from _reader(form)(file)


def _reader(form: Form) -> Reader:
    module, _, name = READERS[form].partition(":")
    found = getattr(importlib.import_module(f"bullpen_memory.documents.{module}"), name)
    return cast("Reader", found)


def _within(file: File, reader: Callable[[File], Iterator[Item]]) -> Iterator[Item]:
    """The reader's items, as long as they stay within what one document may hold."""
    characters, told = 0, False
    for item in reader(file):
        if isinstance(item, Part):
            characters += len(item.text)
            told = True
        elif isinstance(item, Grid):
            characters += sum(len(cell) for row in item.rows for cell in row)
            told = True
        if characters > MAX_CHARACTERS:
            raise refusal(
                file.name,
                f"It holds more than {MAX_CHARACTERS:,} characters.",
                "Split it and send the parts that matter.",
            )
        yield item
    if not told:
        raise refusal(file.name, "It holds no text.", "Send one with content.")
