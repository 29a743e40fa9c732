"""The records as a folder of Markdown files, for reading and for other tools.

The rule it protects: each file says where its text comes from and who may see it, and names that
people gave cannot leave the folder. It is a way out only; `archive.py` is the way out and back.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from bullpen_memory.database import Database
from bullpen_memory.errors import InputError
from bullpen_memory.records import Record, Source
from bullpen_memory.rows import to_record


def write(database: Database, folder: Path, *, messages: bool = False) -> int:
    """Write every record but the forgotten; returns how many. The folder must be new or empty."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(
            "Nothing was exported.", f"{folder} is not an empty folder.", "Choose another name."
        )
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    written = 0
    with database.reading() as db:
        heads = db.execute(
            "SELECT * FROM version WHERE ends IS NULL AND status <> 'forgotten'"
            + ("" if messages else " AND kind <> 'message'")
            + " ORDER BY vid"
        )
        for row in heads:
            record = to_record(row)
            older = db.execute(
                "SELECT * FROM version WHERE id = ? AND n < ? ORDER BY n DESC",
                (record.id, record.version),
            ).fetchall()
            place = folder / record.kind
            place.mkdir(exist_ok=True, mode=0o700)
            file = place / file_name(record)
            file.write_text(page(record, [to_record(one) for one in older]), encoding="utf-8")
            written += 1
    return written


def page(record: Record, older: list[Record]) -> str:
    """One record as Markdown with front matter (YAML whose values are JSON)."""
    front: dict[str, object] = {
        "id": record.id, "version": record.version, "kind": record.kind, "status": record.status,
        "title": record.title, "author": record.speaker or record.author, "visible_to": record.scope,
        "known_since": record.known_at.isoformat(), "changed": record.updated_at.isoformat(),
        "changed_by": record.updated_by, "source": _source(record.source),
        "evidence": [_source(one) for one in record.evidence],
        "symbols": list(record.symbols), "tags": list(record.tags),
        "valid_from": record.valid_from and record.valid_from.isoformat(),
        "valid_to": record.valid_to and record.valid_to.isoformat(),
        "confidence": record.confidence, "pinned": record.pinned,
        "supersedes": record.supersedes, "superseded_by": record.superseded_by,
    }  # fmt: skip
    lines = [f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in front.items() if value not in ("", None, [])]  # fmt: skip
    parts = ["---", *lines, "---", ""]
    if record.title:
        parts += [f"# {record.title}", ""]
    parts += [record.text, ""]
    for one in older:
        parts += [f"## Version {one.version}, until {record.updated_at:%Y-%m-%d}" if one is older[0]
                  else f"## Version {one.version}", "", one.text, ""]  # fmt: skip
    return "\n".join(parts)


def file_name(record: Record) -> str:
    """A name that says what the record is about and cannot leave its folder."""
    return f"{_slug(record.title or record.text)}-{record.id}.md"


def _source(source: Source) -> str:
    told = (source.title, source.permalink or source.ref, source.locator)
    return f"{source.kind}: " + " · ".join(part for part in told if part)


def _slug(text: str) -> str:
    words = re.findall(r"[^\W_]+", text.lower(), re.UNICODE)[:8]
    return "-".join(words)[:60].encode()[:120].decode(errors="ignore") or "record"
