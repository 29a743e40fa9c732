"""What keeps forgotten content from coming back, without keeping the content.

The rule it protects: the same content is refused for ever, yet nobody who holds the file can
cheaply test a guess: each tombstone is a salted scrypt seal, and only 16 bits of a keyed hash
stand beside it so that an ordinary write rarely pays for the slow one. A tombstone of one scope
says nothing in another; one of the whole workspace holds everywhere.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING, cast

from bullpen_memory.records import WORKSPACE, Kind

if TYPE_CHECKING:
    from bullpen_memory.database import Connection

HINT_BYTES = 2
# About 50 ms and 16 MB for each guess.
SCRYPT_N, SCRYPT_R, SCRYPT_P = 2**14, 8, 1


def subject(kind: Kind, source_ref: str, content: str) -> str:
    """What is sealed. "Thanks" may be said again after one "thanks" was forgotten, a fact not."""
    return f"{source_ref}\x1f{content}" if kind == "message" else content


def bury(db: Connection, *, record_id: str, scope: str, sealed: str) -> None:
    """Seal one subject under the id of the record that held it."""
    salt = secrets.token_bytes(16)
    db.execute(
        "INSERT INTO tombstone (id, scope, hint, salt, seal) VALUES (?, ?, ?, ?, ?)",
        (record_id, scope, _hint(db, sealed), salt, _seal(sealed, salt)),
    )


def buried(db: Connection, *, scope: str, sealed: str) -> str | None:
    """The id of the forgotten record that this subject was, or None."""
    rows = db.execute(
        "SELECT id, salt, seal FROM tombstone WHERE hint = ? AND scope IN (?, ?)",
        (_hint(db, sealed), scope, WORKSPACE),
    ).fetchall()
    for row in rows:
        if hmac.compare_digest(_seal(sealed, row["salt"]), row["seal"]):
            return str(row["id"])
    return None


def _hint(db: Connection, sealed: str) -> bytes:
    row = db.execute("SELECT value FROM secret WHERE name = 'hint_key'").fetchone()
    key = cast("bytes", row["value"])
    return hmac.digest(key, sealed.encode(), "sha256")[:HINT_BYTES]


def _seal(sealed: str, salt: bytes) -> bytes:
    return hashlib.scrypt(sealed.encode(), salt=salt, n=SCRYPT_N, r=SCRYPT_R, p=SCRYPT_P, dklen=32)
