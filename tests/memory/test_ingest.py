"""Files: read the same way twice, with their places, or refused with a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from bullpen_memory.documents.items import MAX_TEXT_BYTES as MAX_BYTES
from bullpen_memory.errors import InputError
from bullpen_memory.ingest import ingest_file
from bullpen_memory.records import WORKSPACE, Draft, Query, Record, Source
from bullpen_memory.store import Store

from .conftest import EVERYBODY, HashedEmbedder


def ingest(store: Store, folder: Path, name: str, data: str | bytes) -> list[Record]:
    path = folder / "upload"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    source = Source(kind="file", ref="", permalink="http://x/file")
    return ingest_file(store, path, name=name, author="ann", source=source, scope=WORKSPACE)


MARKDOWN = """# Outlook

Oil stays volatile.

## Risks

Tariffs and storage.

```python
# not a heading
```

# Method
Realised volatility over 21 days.
"""


def test_markdown_becomes_passages_under_their_headings(store: Store, tmp_path: Path) -> None:
    document, *passages = ingest(store, tmp_path, "outlook.md", MARKDOWN)
    assert [(p.title, p.source.locator) for p in passages] == [
        ("outlook.md › Outlook", "lines 3–3"),
        ("outlook.md › Outlook › Risks", "lines 7–11"),
        ("outlook.md › Method", "lines 14–14"),
    ]
    assert "# not a heading" in passages[1].text
    assert (document.kind, document.title) == ("document", "outlook.md")
    assert "Outlook › Risks" in document.text
    assert len(document.source.ref) == 64
    assert passages[0].source.permalink == "http://x/file"
    hit = store.find(Query(text="tariffs", scopes=EVERYBODY)).hits[0]
    assert hit.record == passages[1]


def test_the_same_file_twice_is_the_same_records(store: Store, tmp_path: Path) -> None:
    first = ingest(store, tmp_path, "outlook.md", MARKDOWN)
    assert ingest(store, tmp_path, "outlook.md", MARKDOWN) == first
    assert ingest(store, tmp_path, "renamed.md", MARKDOWN) == first
    store.forget(first[2].id, by="ann", reason="")
    left = [first[0].id, first[1].id, first[3].id]
    assert [r.id for r in ingest(store, tmp_path, "outlook.md", MARKDOWN)] == left


def test_a_document_whose_ingestion_was_cut_off_is_completed(store: Store, tmp_path: Path) -> None:
    """The document's record comes last, so that a file without it is read again."""
    whole = ingest(store, tmp_path, "outlook.md", MARKDOWN)
    store.database.close()
    cut = Store(tmp_path / "cut.db")
    cut.add_many([_again(record) for record in whole[1:3]])
    assert len(ingest(cut, tmp_path, "outlook.md", MARKDOWN)) == 4
    assert cut.count(None) == {"active": 4, "document": 1, "passage": 3}
    cut.close()


def _again(record: Record) -> Draft:
    return Draft(
        kind=record.kind, title=record.title, text=record.text, author=record.author,
        source=record.source, scope=record.scope, thread=record.thread,
    )  # fmt: skip


def test_a_large_document_is_found_by_words_before_its_vectors_are_made(tmp_path: Path) -> None:
    embedder = HashedEmbedder()
    store = Store(tmp_path / "context.db", embedder=embedder)
    text = "\n\n".join(f"Passage {i} about metal{i}. " + "filler " * 90 for i in range(700))
    _, *passages = ingest(store, tmp_path, "long.txt", text)
    assert len(passages) > 500
    assert embedder.texts == 1
    assert store.find(Query(text="metal650", scopes=EVERYBODY)).hits[0].record.id in {
        p.id for p in passages
    }
    store.close()


def test_a_series_in_a_table_is_described_and_not_copied(store: Store, tmp_path: Path) -> None:
    rows = "date,close\n" + "".join(f"2024-01-{d:02},{d}\n" for d in range(1, 29))
    assert [r.kind for r in ingest(store, tmp_path, "prices.csv", rows)] == ["document"]


def test_a_long_text_is_cut_into_passages_that_hold_all_of_it(store: Store, tmp_path: Path) -> None:
    text = (
        "\n\n".join(f"Paragraph {i}: " + "word " * (i % 90) for i in range(200))
        + "\n"
        + "x" * 9_000
    )
    _, *passages = ingest(store, tmp_path, "long.txt", text)
    assert max(len(p.text) for p in passages) <= 2_000
    joined = "".join("".join(p.text.split()) for p in passages)
    assert joined == "".join(text.split())


def test_a_csv_is_described(store: Store, tmp_path: Path) -> None:
    data = "date;close;name\n2020-01-02;61.5;WTI\n2020-01-03;;WTI\n2020-01-06;63;Brent\n"
    document, rows = ingest(store, tmp_path, "prices.csv", data)
    assert rows.source.locator == "rows 2–4"
    assert rows.text.splitlines()[1] == "2020-01-02 | 61.5 | WTI"
    assert document.text == (
        "A table of 3 rows and 3 columns. date (date, 2020-01-02 to 2020-01-06);"
        " close (number, 61.5 to 63, 1 missing); name (text, 2 distinct: WTI, Brent)."
    )


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_usual_encodings_are_read(store: Store, tmp_path: Path, encoding: str) -> None:
    records = ingest(store, tmp_path, "note.txt", "Größe – “naïve” café".encode(encoding))
    assert records[1].text == "Größe – “naïve” café"


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.md", b"\x89PNG\r\n\x1a\n", "a PNG image"),
        ("a.bin", bytes(range(256)) * 4, "binary file"),
        ("a.txt", b"abc \x81\x8d\x02", "not readable text"),
        ("a.txt", b" \n ", "The file is empty"),
        ("a.csv", b"a,b\n1,2\n3\n", "Row 3 has 1 cells, the header has 2"),
        ("a.csv", b"a,b\n", "a header and no rows"),
        ("a.csv", b"just a line\nand another\n", "not a table"),
        ("a.csv", b'a,b\n"open,2\n', "The table is broken"),
        ("a.txt", b"x" * (MAX_BYTES + 1), "up to 20 MB are read"),
    ],
)
def test_what_cannot_be_read_is_refused(
    store: Store, tmp_path: Path, name: str, data: bytes, said: str
) -> None:
    with pytest.raises(InputError, match=said) as refused:
        ingest(store, tmp_path, name, data)
    assert refused.value.fact == f"“{name}” was not stored."
    assert refused.value.remedy
    assert store.count(None) == {}


def test_a_missing_file_is_said(store: Store, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be opened"):
        ingest_file(
            store, tmp_path / "none", name="none.txt", author="ann",
            source=Source(kind="file", ref=""), scope=WORKSPACE,
        )  # fmt: skip
