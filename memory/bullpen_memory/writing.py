"""The steps of a write, each run inside the caller's one transaction.

The rule it protects: row, words, vector, history and the index's outbox change together or not
at all, and a version once written is never altered, save that `erase` takes its text away.
It opens no transaction and decides nothing about who may do what; `store.py` does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, cast

from bullpen_memory import lexemes, rows, sameness, tombstones
from bullpen_memory.echoes import repeats
from bullpen_memory.errors import InputError
from bullpen_memory.records import Draft, Kind, Record, Source

if TYPE_CHECKING:
    from bullpen_memory.database import Connection

NEAR_CHARACTERS = 600

# Kinds that stand in a sequence, where the neighbour helps to understand and to find.
SEQUENTIAL: frozenset[Kind] = frozenset({"message", "passage"})


@dataclass(frozen=True, slots=True)
class Vector:
    """An embedding as it is stored: the embedder's id and little-endian float32 bytes."""

    model: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Who does what, why and when; becomes one entry of the history."""

    action: str
    by: str
    reason: str
    at: datetime


def head(db: Connection, record_id: str) -> Record | None:
    """What holds now for this id."""
    row = db.execute("SELECT * FROM version WHERE id = ? AND ends IS NULL", (record_id,)).fetchone()
    return None if row is None else rows.to_record(row)


def known(db: Connection, identity: str) -> Record | None:
    """The head of the record that this identity was stored as, in whatever version."""
    row = db.execute(
        "SELECT id FROM version WHERE identity = ? ORDER BY vid LIMIT 1", (identity,)
    ).fetchone()
    return None if row is None else head(db, row["id"])


def same_statement(db: Connection, draft: Draft, content: str) -> Record | None:
    """A record of this scope and kind that says the same, from whatever source.

    A retracted one counts, whatever its title: what a person withdrew comes back by `restore`, not
    by saying it again. A superseded one does not: a price may well return to where it was. What
    carries a headline says the same only under the same: "it was the highest on record" is
    another statement about another thing.
    """
    if draft.kind not in rows.STATEMENTS:
        return None
    found = db.execute(
        "SELECT * FROM version WHERE content = ? AND scope = ? AND kind = ? AND ends IS NULL"
        " AND status IN ('active', 'proposed', 'retracted') ORDER BY status = 'retracted', vid",
        (content, draft.scope, draft.kind),
    ).fetchall()
    headline = rows.folded(draft.title)
    for record in map(rows.to_record, found):
        titled = draft.kind in rows.HEADED and record.status != "retracted"
        if not titled or rows.folded(record.title) == headline:
            return record
    return None


def forgotten(db: Connection, draft: Draft, content: str) -> Record | None:
    """The tombstone that this draft would raise from, in these words or with other punctuation."""
    for said in (content, spelled(draft.title, draft.text)):
        sealed = tombstones.subject(draft.kind, draft.source.ref, said)
        record_id = tombstones.buried(db, scope=draft.scope, sealed=sealed)
        if record_id is not None:
            return head(db, record_id)
    return None


def spelled(title: str, text: str) -> str:
    """What a tombstone seals beside the content: the letters and digits alone."""
    return sameness.norm_hash(title, text).hex()


def begin(db: Connection, record: Record, identity: str, vector: Vector | None) -> Record:
    """Write version 1."""
    act = Act(action="add", by=record.author, reason="", at=record.created_at)
    near_id, near = _neighbour(db, record)
    fields = {
        "begins": rows.iso(record.known_at),
        "near": near,
        "near_id": near_id,
        "identity": identity,
    }
    made = _insert(db, record, fields, vector, act)
    sameness.keep(db, made)
    sameness.link_similar(db, made, act.at)
    return made


def follow(db: Connection, record: Record, act: Act, vector: Vector | None = None) -> Record:
    """Write the version after the present one; without a new text its vector is kept."""
    old = db.execute(
        "SELECT vid, n, near, near_id, identity, text FROM version WHERE id = ? AND ends IS NULL",
        (record.id,),
    ).fetchone()
    db.execute("UPDATE version SET ends = ? WHERE vid = ?", (rows.iso(act.at), old["vid"]))
    made = replace(
        record,
        version=old["n"] + 1,
        reason=act.reason,
        updated_at=act.at,
        updated_by=act.by,
    )
    fields = {
        "begins": rows.iso(act.at),
        "near": old["near"],
        "near_id": old["near_id"],
        "identity": old["identity"],
    }
    kept = _insert(db, made, fields, vector, act)
    if vector is None:
        db.execute(
            "INSERT INTO vector (vid, model, data) SELECT (SELECT vid FROM version"
            " WHERE id = ? AND ends IS NULL), model, data FROM vector WHERE vid = ?",
            (record.id, old["vid"]),
        )
    if old["text"] != record.text:
        _retell_neighbours(db, record.id, record.text)
        if record.status != "forgotten":
            sameness.keep(db, made)
            sameness.link_similar(db, made, act.at)
    return kept


def corroborate(db: Connection, record: Record, draft: Draft, now: datetime) -> Record:
    """Add the draft's source to what speaks for the record; unchanged where it already does."""
    if record.status == "retracted":
        return record
    spoken = {_where(source) for source in (record.source, *record.evidence)}
    fresh = tuple(one for one in (draft.source, *draft.evidence) if _where(one) not in spoken)
    if not fresh:
        return record
    act = Act(action="corroborate", by=draft.author, reason="", at=now)
    return follow(db, replace(record, evidence=(*record.evidence, *fresh)), act)


def erase(db: Connection, record: Record, act: Act) -> Record:
    """Take the text of every version away and leave a tombstone that says who and when."""
    versions = db.execute(
        "SELECT title, text, content FROM version WHERE id = ? AND content IS NOT NULL",
        (record.id,),
    ).fetchall()
    contents = {cast("str", row["content"]) for row in versions}
    contents |= {spelled(row["title"], row["text"]) for row in versions}
    _forget_questions(db, record)
    _forget_summaries(db, record, act)
    sameness.drop(db, record.id)
    db.execute("UPDATE misled SET note = '' WHERE record_id = ?", (record.id,))
    for content in sorted(contents):
        sealed = tombstones.subject(record.kind, record.source.ref, content)
        tombstones.bury(db, record_id=record.id, scope=record.scope, sealed=sealed)
    for table in ("vector", "lexeme"):
        db.execute(
            f"DELETE FROM {table} WHERE vid IN (SELECT vid FROM version WHERE id = ?)", (record.id,)
        )
    db.execute(
        "UPDATE version SET status = 'forgotten', text = '', title = '', context = '', near = '',"
        " near_id = NULL, grams = '', tags = '[]', symbols = '[]', evidence = '[]', speaker = '',"
        " thread = '', source_title = '', source_locator = '', reason = '', identity = NULL,"
        " content = NULL WHERE id = ?",
        (record.id,),
    )
    _retell_neighbours(db, record.id, "")
    db.execute("UPDATE change SET reason = '' WHERE id = ?", (record.id,))
    db.execute("DELETE FROM outbox WHERE id = ?", (record.id,))
    empty = replace(
        record,
        title="", text="", speaker="", thread="", tags=(), symbols=(), evidence=(),
        status="forgotten", pinned=False, source=replace(record.source, title="", locator=""),
    )  # fmt: skip
    left = follow(db, empty, act)
    db.words.keep("id = ?", (record.id,))
    db.words.tidy()
    return left


def _forget_summaries(db: Connection, record: Record, act: Act) -> None:
    """A summary quotes what it summarises; the thread gets another one without it."""
    found = db.execute(
        "SELECT source FROM link WHERE target = ? AND type = 'summarises'", (record.id,)
    ).fetchall()
    for row in found:
        summary = head(db, row["source"])
        if summary is not None and summary.status != "forgotten":
            erase(db, summary, act)


def _forget_questions(db: Connection, record: Record) -> None:
    """A question that quoted the text would keep it alive in the injection log."""
    found = db.execute("SELECT DISTINCT text FROM version WHERE id = ?", (record.id,))
    texts = [row["text"] for row in found.fetchall()]
    asked = db.execute("SELECT seq, query FROM recall WHERE query <> ''").fetchall()
    for row in asked:
        if repeats(row["query"], texts) or any(text and text in row["query"] for text in texts):
            db.execute("UPDATE recall SET query = '' WHERE seq = ?", (row["seq"],))


def _insert(
    db: Connection,
    record: Record,
    fields: Mapping[str, object],
    vector: Vector | None,
    act: Act,
) -> Record:
    gone = record.status == "forgotten"
    row = {**rows.to_row(record), **rows.index_columns(record), **fields}
    row["content"] = None if gone else rows.content_hash(record.title, record.text)
    if gone:
        row |= {"context": "", "near": "", "near_id": None, "grams": "", "identity": None}
    names = ", ".join(row)
    marks = ", ".join("?" * len(row))
    vid = db.execute(
        f"INSERT INTO version ({names}) VALUES ({marks}) RETURNING vid", tuple(row.values())
    ).fetchone()[0]
    db.words.keep("vid = ?", (vid,))
    if not gone:
        said = lexemes.made(record.title, record.text, str(row["context"]))
        db.execute("INSERT INTO lexeme (vid, data) VALUES (?, ?)", (vid, said))
    if vector is not None:
        db.execute(
            "INSERT INTO vector (vid, model, data) VALUES (?, ?, ?)",
            (vid, vector.model, vector.data),
        )
    db.execute(
        "INSERT INTO change (id, n, action, by, reason, at) VALUES (?, ?, ?, ?, ?, ?)",
        (record.id, record.version, act.action, act.by, act.reason, rows.iso(act.at)),
    )
    db.execute(
        "INSERT INTO outbox (id, scope, op) VALUES (?, ?, ?)",
        (record.id, record.scope, "drop" if gone else "put"),
    )
    return record


def _neighbour(db: Connection, record: Record) -> tuple[str | None, str]:
    """The text before this one in its thread: only from the same scope, whose words it lends."""
    if record.kind not in SEQUENTIAL or not record.thread:
        return None, ""
    row = db.execute(
        "SELECT id, text FROM version WHERE thread = ? AND scope = ? AND kind = ?"
        " AND ends IS NULL ORDER BY vid DESC LIMIT 1",
        (record.thread, record.scope, record.kind),
    ).fetchone()
    return (None, "") if row is None else (row["id"], row["text"][:NEAR_CHARACTERS])


def _retell_neighbours(db: Connection, record_id: str, text: str) -> None:
    changed = db.execute(
        "UPDATE version SET near = ?, near_id = ? WHERE near_id = ? RETURNING vid",
        (text[:NEAR_CHARACTERS], record_id if text else None, record_id),
    ).fetchall()
    vids = [row["vid"] for row in changed]
    db.words.keep(f"vid IN ({', '.join('?' * len(vids))})", vids)


def _where(source: Source) -> tuple[str, str, str]:
    return source.kind, source.ref, source.locator


def must_exist(record: Record | None, record_id: str) -> Record:
    """The record, or the sentence for a reader who asked for one that is not there."""
    if record is None:
        raise InputError(
            f"There is no record {record_id}.",
            "The id is mistyped, or the record is not visible here.",
            "Search for it, and use the id that the result shows.",
        )
    return record
