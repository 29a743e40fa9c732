"""How a record becomes a row and a row a record.

The rule it protects: what is read back equals what was written: times aware and in UTC, lists
in their order, text free of characters that SQLite cannot hold. It runs no SQL.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import cast

from bullpen_memory.database import Row
from bullpen_memory.errors import InputError
from bullpen_memory.records import Draft, Kind, Record, Source, SourceKind, Status

MAX_TEXT = 1_000_000

# Sameness over sources: these say something about the world, so the same sentence from a second
# source is evidence for the first. A message or a passage is an event of its own.
STATEMENTS: frozenset[Kind] = frozenset({"note", "finding", "decision", "fact"})

# Of these the headline is a part of what is said; a fact stands for itself.
HEADED: frozenset[Kind] = frozenset({"note", "finding", "decision"})

# Scripts that write without spaces (Han, kana, Hangul, Thai, Lao, Khmer): their words are found
# by overlapping pairs of characters, as Lucene's CJK analyser does.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]+"
)


def iso(moment: datetime) -> str:
    """Fixed-width UTC text, so that comparing texts compares times."""
    if moment.tzinfo is None:
        raise InputError(
            f"The time {moment.isoformat()} cannot be stored.",
            "It has no time zone.",
            "Pass an aware datetime, for example datetime.now(UTC).",
        )
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def moment_of(text: str) -> datetime:
    """The aware UTC time that `iso` wrote."""
    return datetime.fromisoformat(text)


def clean(text: str) -> str:
    """Text that SQLite can hold and search: no NUL, no half surrogate pairs, canonical accents."""
    whole = text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
    return unicodedata.normalize("NFC", whole)


# Letters that people type without their stroke, and that no decomposition takes it from.
_STROKES = str.maketrans("đĐøØłŁ", "dDoOlL")


def unstroked(text: str) -> str:
    """The words of a text whose letters carry a stroke, written without it: "đồng" gives "dồng".

    SQLite's tokenizer takes accents away by itself ("ồ" is found by "o"), strokes it does not.
    """
    found = (word for word in re.findall(r"\w*[đĐøØłŁ]\w*", text))
    return " ".join(word.translate(_STROKES) for word in dict.fromkeys(found))


def grams(text: str) -> str:
    """The single characters and overlapping pairs of every run of an unspaced script."""
    found: list[str] = []
    for run in _UNSPACED.findall(text):
        found.extend(run)
        found.extend(run[i : i + 2] for i in range(len(run) - 1))
    return " ".join(found)


def content_hash(title: str, text: str) -> str:
    """Equal for texts that differ only in case, width and white space.

    The title counts only where there is no text; `same_statement` compares titles by itself, and
    a forgotten text stays forgotten under every title.
    """
    return hashlib.sha256(folded(text if text.strip() else title).encode()).hexdigest()


def folded(text: str) -> str:
    """The text without differences of case, width and white space."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def identity_hash(draft: Draft) -> str:
    """Equal for two drafts that are the same thing said by the same source."""
    parts = (
        draft.kind,
        draft.scope,
        draft.source.ref,
        draft.source.locator,
        draft.title,
        content_hash(draft.title, draft.text),
    )
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def accepted(draft: Draft) -> Draft:
    """The draft with its texts cleaned, or an InputError that says what is missing."""
    title, text = clean(draft.title), clean(draft.text)
    if not (title.strip() or text.strip()):
        raise InputError("Nothing was stored.", "The text is empty.", "Write what to remember.")
    if len(text) > MAX_TEXT:
        raise InputError(
            "Nothing was stored.",
            f"The text has {len(text):,} characters; one record holds up to {MAX_TEXT:,}.",
            "Hand it in as a file, which is stored in passages, or split it.",
        )
    for name, value in (("author", draft.author), ("scope", draft.scope)):
        if not value.strip():
            raise InputError("Nothing was stored.", f"The {name} is missing.", f"State the {name}.")
    if draft.confidence is not None and not 0.0 <= draft.confidence <= 1.0:
        raise InputError(
            "Nothing was stored.",
            f"The confidence {draft.confidence} is not between 0 and 1.",
            "State it as a share, for example 0.8, or leave it out.",
        )
    if draft.status not in ("proposed", "active"):
        raise InputError(
            "Nothing was stored.",
            f"A new record cannot begin as {draft.status}.",
            'Use "proposed" or "active".',
        )
    return replace(
        draft,
        title=title,
        text=text,
        speaker=clean(draft.speaker),
        thread=clean(draft.thread),
        source=_clean_source(draft.source),
        evidence=tuple(_clean_source(source) for source in draft.evidence),
        tags=_unique(draft.tags),
        symbols=_unique(symbol.upper() for symbol in draft.symbols),
    )


def first_version(draft: Draft, *, record_id: str, now: datetime) -> Record:
    """What an accepted draft becomes."""
    return Record(
        id=record_id,
        version=1,
        supersedes=None,
        superseded_by=None,
        reason="",
        created_at=now,
        updated_at=now,
        updated_by=draft.author,
        known_at=draft.known_at or now,
        **{name: getattr(draft, name) for name in _SHARED},
    )


_SHARED = (
    "kind", "title", "text", "author", "source", "scope", "tags", "symbols", "language",
    "valid_from", "valid_to", "confidence", "evidence", "status", "pinned", "thread", "speaker",
)  # fmt: skip


def to_row(record: Record) -> dict[str, object]:
    """The columns that hold the record itself; those for finding it are `index_columns`."""
    source = record.source
    return {
        "id": record.id,
        "n": record.version,
        "kind": record.kind,
        "title": record.title,
        "text": record.text,
        "author": record.author,
        "speaker": record.speaker,
        "thread": record.thread,
        "source_kind": source.kind,
        "source_ref": source.ref,
        "source_permalink": source.permalink,
        "source_title": source.title,
        "source_locator": source.locator,
        "scope": record.scope,
        "tags": dump(record.tags),
        "symbols": dump(record.symbols),
        "language": record.language,
        "valid_from": iso(record.valid_from) if record.valid_from else None,
        "valid_to": iso(record.valid_to) if record.valid_to else None,
        "known_at": iso(record.known_at),
        "moment": iso(record.valid_from or record.known_at),
        "confidence": record.confidence,
        "evidence": dump([asdict(one) for one in record.evidence]),
        "status": record.status,
        "pinned": int(record.pinned),
        "supersedes": record.supersedes,
        "superseded_by": record.superseded_by,
        "reason": record.reason,
        "created_at": iso(record.created_at),
        "updated_at": iso(record.updated_at),
        "updated_by": record.updated_by,
    }


def index_columns(record: Record) -> dict[str, object]:
    """The columns that help to find the record but are not part of it."""
    return {
        "context": context_of(record),
        "grams": " ".join(
            part
            for part in (
                grams(f"{record.title} {record.text}"),
                unstroked(f"{record.title} {record.text}"),
            )
            if part
        ),
    }


def context_of(record: Record) -> str:
    """Who, when (in figures and in words), where, and under which names."""
    when = record.valid_from or record.known_at
    spelled = f"{when.date().isoformat()} {when.day} {when.strftime('%B %Y %A')}"
    parts = (record.speaker or record.author, spelled, record.source.title,
             *record.symbols, *record.tags)  # fmt: skip
    return " · ".join(part for part in parts if part)


def embedded_text(record: Record) -> str:
    """What the embedder reads: a message with who and when, anything else with its title."""
    if record.kind == "message":
        when = record.valid_from or record.known_at
        return f"{record.speaker or record.author} ({when.day} {when:%B %Y}): {record.text}"
    return f"{record.title}\n{record.text}" if record.title else record.text


def to_record(row: Row) -> Record:
    """The record that a row of `version` holds."""
    evidence = cast("list[dict[str, str]]", json.loads(str(row["evidence"])))
    return Record(
        id=str(row["id"]),
        version=int(cast("int", row["n"])),
        kind=cast("Kind", row["kind"]),
        title=str(row["title"]),
        text=str(row["text"]),
        author=str(row["author"]),
        speaker=str(row["speaker"]),
        thread=str(row["thread"]),
        source=Source(
            kind=cast("SourceKind", row["source_kind"]),
            ref=str(row["source_ref"]),
            permalink=str(row["source_permalink"]),
            title=str(row["source_title"]),
            locator=str(row["source_locator"]),
        ),
        scope=str(row["scope"]),
        tags=load(row["tags"]),
        symbols=load(row["symbols"]),
        language=str(row["language"]),
        valid_from=_when(row["valid_from"]),
        valid_to=_when(row["valid_to"]),
        known_at=moment_of(str(row["known_at"])),
        confidence=cast("float | None", row["confidence"]),
        evidence=tuple(_source(one) for one in evidence),
        status=cast("Status", row["status"]),
        pinned=bool(row["pinned"]),
        supersedes=cast("str | None", row["supersedes"]),
        superseded_by=cast("str | None", row["superseded_by"]),
        reason=str(row["reason"]),
        created_at=moment_of(str(row["created_at"])),
        updated_at=moment_of(str(row["updated_at"])),
        updated_by=str(row["updated_by"]),
    )


def _source(fields: dict[str, str]) -> Source:
    return Source(
        kind=cast("SourceKind", fields["kind"]),
        ref=fields["ref"],
        permalink=fields["permalink"],
        title=fields["title"],
        locator=fields["locator"],
    )


def _clean_source(source: Source) -> Source:
    return replace(
        source,
        ref=clean(source.ref),
        permalink=clean(source.permalink),
        title=clean(source.title),
        locator=clean(source.locator),
    )


def _unique(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(clean(value).strip() for value in values if value.strip()))


def dump(value: object) -> str:
    """A list as JSON text."""
    return json.dumps(value, ensure_ascii=False)


def load(value: object) -> tuple[str, ...]:
    """The list of texts that `dump` wrote."""
    return tuple(cast("list[str]", json.loads(str(value))))


def _when(value: object) -> datetime | None:
    return None if value is None else moment_of(str(value))


def threaded(draft: Draft) -> Draft:
    """A message without a thread stands in that of its place."""
    if draft.thread or draft.kind != "message":
        return draft
    return replace(draft, thread=draft.source.title)


def words_of(record: Record) -> tuple[object, ...]:
    """What of a record is embedded or looked for: with these the same, its vector stays."""
    return (record.title, record.text, record.tags, record.symbols)
