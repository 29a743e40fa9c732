"""Retrieval sets in BEIR layout, and how their entries become records of the store.

A set is a folder with corpus.jsonl, queries.jsonl and qrels/test.tsv. A query is answered only from
entries of its own metadata.scope, unless the set is pooled. What the metadata says is used under
general names only: speaker, date, session, caption; doc (or document, file …), page, company.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from bullpen_memory.records import Draft, Source

POOLED = "pooled"
_DOCUMENT = ("doc", "doc_name", "document", "document_title", "document_name", "filing", "file",
             "filename", "file_name")  # fmt: skip
_PAGE = ("page", "page_num", "page_number", "evidence_page_num")
# The part of an id that names the document: "3M_2018_10K|p12", "a1b2|T", "report.pdf#3".
_ID = re.compile(r"(.+?)[|#:/](?:page|p)?[_-]?(\w+)$", re.IGNORECASE)
_PAGE_AT_END = re.compile(r"(.+?)[_-](?:page|p)[_-]?(\d+)$", re.IGNORECASE)
_DATES = ("%I:%M %p on %d %B %Y", "%d %B %Y", "%B %d %Y", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d")


@dataclass(frozen=True, slots=True)
class Entry:
    """One document of the corpus."""

    id: str
    scope: str
    text: str
    title: str
    metadata: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """One query with the ids of what answers it."""

    id: str
    scope: str
    text: str
    category: str
    right: frozenset[str]


@dataclass(slots=True)
class Dataset:
    """A whole set."""

    name: str
    corpus: list[Entry]
    queries: list[Asked]
    notes: str = ""
    scopes: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        self.scopes = sorted({entry.scope for entry in self.corpus})


def read(folder: Path, *, pooled: bool = False) -> Dataset:
    """The set in a folder; queries without a right answer are left out."""
    right: dict[str, set[str]] = defaultdict(set)
    for line in (folder / "qrels" / "test.tsv").read_text().splitlines()[1:]:
        query, document, score = line.split("\t")
        if float(score) > 0:
            right[query].add(document)
    corpus = [
        Entry(
            str(one["_id"]),
            POOLED if pooled else _scope(one),
            str(one.get("text", "")),
            str(one.get("title") or ""),
            one.get("metadata") or {},
        )
        for one in _lines(folder / "corpus.jsonl")
    ]
    queries = [
        Asked(
            str(one["_id"]),
            POOLED if pooled else _scope(one),
            str(one["text"]),
            str((one.get("metadata") or {}).get("category", "all")),
            frozenset(right[str(one["_id"])]),
        )
        for one in _lines(folder / "queries.jsonl")
        if right[str(one["_id"])]
    ]
    name = f"{folder.name}, pooled" if pooled else folder.name
    return Dataset(name, corpus, queries)


def drafts(dataset: Dataset) -> list[Draft]:
    """The corpus as the desk would have stored it: pages of a document in their order."""
    entries = list(dataset.corpus)
    if not any("speaker" in entry.metadata for entry in entries):
        entries.sort(key=lambda entry: (_document(entry)[0], _number(_document(entry)[1])))
    return [_draft(entry) for entry in entries]


def _draft(entry: Entry) -> Draft:
    about = entry.metadata
    speaker = str(about.get("speaker") or "")
    document, page = _document(entry)
    caption = str(about.get("caption") or "")
    text = f"{entry.text} [shares {caption}]" if caption else entry.text
    if speaker:
        thread = f"{entry.scope}/{about.get('session', '')}"
        source = Source(kind="message", ref=entry.id)
    else:
        thread = f"file:{document}" if document else ""
        source = Source(kind="file", ref=entry.id, title=_shown(document, about), locator=page)
    title = entry.title or ("" if text.strip() else "(empty)")
    return Draft(
        kind="message" if speaker else "passage",
        text=text or " ",
        title=title,
        author=speaker or "file",
        speaker=speaker,
        source=source,
        scope=f"channel:{entry.scope}",
        thread=thread,
        valid_from=_when(str(about.get("date") or about.get("timestamp") or "")),
    )


def _document(entry: Entry) -> tuple[str, str]:
    """The document and the page of an entry, as far as metadata or id say them."""
    about = entry.metadata
    page = next((str(about[key]) for key in _PAGE if about.get(key) is not None), "")
    for key in _DOCUMENT:
        if about.get(key):
            return str(about[key]), page
    match = _ID.match(entry.id) or _PAGE_AT_END.match(entry.id)
    if match:
        return match[1], page or match[2]
    return ("" if entry.scope == POOLED else entry.scope), page


def _shown(document: str, about: dict[str, Any]) -> str:
    """The document's title: its name, and the company where the name leaves that out."""
    # An id that is a hash or a UUID is no title.
    if re.fullmatch(r"[0-9a-f-]{16,}", document):
        document = ""
    known = [str(about[key]) for key in ("company", "period", "year", "form") if about.get(key)]
    flat = re.sub(r"\W|_", "", document).casefold()
    added = [one for one in known if re.sub(r"\W|_", "", one).casefold() not in flat]
    return " ".join([document, *added]).strip()


def _number(page: str) -> tuple[int, str]:
    found = re.search(r"\d+", page)
    return (int(found[0]) if found else -1), page


def _when(said: str) -> datetime | None:
    plain = re.sub(r"\s+", " ", said.replace(",", "")).strip()
    for pattern in _DATES:
        try:
            return datetime.strptime(plain, pattern).replace(tzinfo=UTC)
        except ValueError:
            continue
    try:
        moment = datetime.fromisoformat(plain)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _scope(one: dict[str, Any]) -> str:
    return str((one.get("metadata") or {}).get("scope") or POOLED)


def _lines(path: Path) -> list[dict[str, Any]]:
    with path.open() as file:
        return [cast("dict[str, Any]", json.loads(line)) for line in file if line.strip()]
