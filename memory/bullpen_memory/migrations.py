"""The tables of the context store, as numbered steps that are only ever appended to.

The rule it protects: a store written by any earlier Bullpen opens in this one, and a step that
has been released never changes. It moves no data between files.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from bullpen_memory.errors import OperatorError
from bullpen_memory.lexemes import fill
from bullpen_memory.sameness import backfill

if TYPE_CHECKING:
    from bullpen_memory.database import Connection, Database

# Every change of a record is a new row; the row with `ends` NULL is what holds now. `begins` and
# `ends` bound the time in which the desk knew the record so, which is what as-of looks at.
_VERSION = """
CREATE TABLE version (
    vid INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL, n INTEGER NOT NULL,
    kind TEXT NOT NULL, title TEXT NOT NULL, text TEXT NOT NULL,
    author TEXT NOT NULL, speaker TEXT NOT NULL, thread TEXT NOT NULL,
    source_kind TEXT NOT NULL, source_ref TEXT NOT NULL, source_permalink TEXT NOT NULL,
    source_title TEXT NOT NULL, source_locator TEXT NOT NULL,
    scope TEXT NOT NULL, tags TEXT NOT NULL, symbols TEXT NOT NULL, language TEXT NOT NULL,
    valid_from TEXT, valid_to TEXT, known_at TEXT NOT NULL, moment TEXT NOT NULL,
    confidence REAL, evidence TEXT NOT NULL, status TEXT NOT NULL, pinned INTEGER NOT NULL,
    supersedes TEXT, superseded_by TEXT, reason TEXT NOT NULL,
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL, updated_by TEXT NOT NULL,
    begins TEXT NOT NULL, ends TEXT,
    context TEXT NOT NULL, near TEXT NOT NULL, near_id TEXT, grams TEXT NOT NULL,
    identity TEXT, content TEXT,
    UNIQUE (id, n)
)
"""

_INDEXES = (
    "CREATE UNIQUE INDEX version_head ON version (id) WHERE ends IS NULL",
    # Over all versions: replaying a source that was edited since must find the edited record.
    "CREATE INDEX version_identity ON version (identity) WHERE identity IS NOT NULL",
    "CREATE INDEX version_content ON version (content, scope, kind) WHERE ends IS NULL",
    "CREATE INDEX version_visible ON version (scope, status, moment) WHERE ends IS NULL",
    "CREATE INDEX version_thread ON version (thread, scope, kind, vid)",
    "CREATE INDEX version_near ON version (near_id) WHERE near_id IS NOT NULL",
)

_REST = (
    """
    CREATE TABLE vector (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, vid INTEGER NOT NULL REFERENCES version (vid),
        model TEXT NOT NULL, data BLOB NOT NULL, UNIQUE (vid, model)
    )
    """,
    """
    CREATE TABLE change (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, n INTEGER NOT NULL,
        action TEXT NOT NULL, by TEXT NOT NULL, reason TEXT NOT NULL, at TEXT NOT NULL
    )
    """,
    "CREATE INDEX change_id ON change (id, seq)",
    """
    CREATE TABLE tombstone (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, scope TEXT NOT NULL,
        hint BLOB NOT NULL, salt BLOB NOT NULL, seal BLOB NOT NULL
    )
    """,
    "CREATE INDEX tombstone_hint ON tombstone (hint)",
    "CREATE TABLE secret (name TEXT PRIMARY KEY, value BLOB NOT NULL)",
    # `op` is 'put' or 'drop'; `scope` is kept because a dropped record has none to look up.
    """
    CREATE TABLE outbox (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, scope TEXT NOT NULL,
        op TEXT NOT NULL
    )
    """,
    "CREATE TABLE index_state (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    """
    CREATE TABLE recall (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, run_id TEXT NOT NULL, agent TEXT NOT NULL,
        query TEXT NOT NULL, record_ids TEXT NOT NULL, at TEXT NOT NULL
    )
    """,
    "CREATE INDEX recall_run ON recall (run_id, seq)",
    """
    CREATE TABLE series (
        key INTEGER PRIMARY KEY, id TEXT NOT NULL, title TEXT NOT NULL, unit TEXT NOT NULL, frequency TEXT NOT NULL,
        source TEXT NOT NULL, licence TEXT NOT NULL, kind TEXT NOT NULL, symbols TEXT NOT NULL,
        scope TEXT NOT NULL, url TEXT NOT NULL, notes TEXT NOT NULL, UNIQUE (id, scope)
    )
    """,
    """
    CREATE TABLE observation (
        series INTEGER NOT NULL REFERENCES series (key), period TEXT NOT NULL,
        known_at TEXT NOT NULL, value REAL, PRIMARY KEY (series, period, known_at)
    ) WITHOUT ROWID
    """,
)


def apply(database: Database) -> None:
    """Bring the store up to this Bullpen's tables; refuse one written by a newer Bullpen."""
    with database.writing() as db:
        newer = db.migrate(STEPS)
    if newer:
        raise OperatorError(
            f"The context store {database.place} cannot be opened.",
            f"A newer Bullpen wrote it (steps {', '.join(newer)}).",
            "Install that newer version, or choose another home folder.",
        )


def m001_records(db: Connection) -> None:
    """Versions, their words and vectors, history, tombstones, the index's outbox and series."""
    for statement in (_VERSION, *_INDEXES):
        db.define(statement)
    db.words.create()
    for statement in _REST:
        db.define(statement)
    db.execute(
        "INSERT INTO secret (name, value) VALUES (?, ?)", ("hint_key", secrets.token_bytes(32))
    )


_IDEAS = (
    """
    CREATE TABLE idea (
        n INTEGER PRIMARY KEY AUTOINCREMENT, record_id TEXT NOT NULL UNIQUE, scope TEXT NOT NULL,
        author TEXT NOT NULL, instrument TEXT NOT NULL, series TEXT NOT NULL, unit TEXT NOT NULL,
        measure TEXT NOT NULL, side TEXT NOT NULL, size REAL NOT NULL, opened_at TEXT NOT NULL,
        entry_day TEXT NOT NULL, entry REAL NOT NULL, horizon TEXT NOT NULL,
        probability REAL NOT NULL, base_rate REAL NOT NULL, base_rate_from TEXT NOT NULL,
        take_profit REAL, stop_loss REAL, backdated INTEGER NOT NULL, sha256 TEXT NOT NULL,
        receipts TEXT NOT NULL
    )
    """,
    """
    CREATE TABLE idea_outcome (
        n INTEGER PRIMARY KEY REFERENCES idea (n), day TEXT NOT NULL, value REAL NOT NULL,
        reason TEXT NOT NULL, profit REAL NOT NULL, resolved_at TEXT NOT NULL, by TEXT NOT NULL,
        vintage TEXT NOT NULL, sha256 TEXT NOT NULL
    )
    """,
)


def ideas(db: Connection) -> None:
    """Market calls, locked when they are opened, and how they ended."""
    for statement in _IDEAS:
        db.define(statement)
    for table in ("idea", "idea_outcome"):
        db.lock_rows(table, "an idea is locked when it is opened")


_SAMENESS = (
    "CREATE TABLE norm (id TEXT PRIMARY KEY, hash BLOB NOT NULL, scope TEXT NOT NULL,"
    " kind TEXT NOT NULL) WITHOUT ROWID",
    "CREATE INDEX norm_hash ON norm (hash, scope, kind)",
    "CREATE TABLE sketch (band INTEGER NOT NULL, id TEXT NOT NULL, PRIMARY KEY (band, id))"
    " WITHOUT ROWID",
    "CREATE INDEX sketch_id ON sketch (id)",
    # An edge from a newer record to an older one.
    "CREATE TABLE link (source TEXT NOT NULL, target TEXT NOT NULL, type TEXT NOT NULL,"
    " weight REAL NOT NULL, at TEXT NOT NULL, PRIMARY KEY (source, target, type)) WITHOUT ROWID",
    "CREATE INDEX link_target ON link (target)",
    """
    CREATE TABLE cited (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, run_id TEXT NOT NULL, agent TEXT NOT NULL,
        answer TEXT NOT NULL, record_id TEXT NOT NULL, at TEXT NOT NULL,
        UNIQUE (answer, record_id)
    )
    """,
    "CREATE INDEX cited_run ON cited (run_id)",
    """
    CREATE TABLE misled (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, run_id TEXT NOT NULL, record_id TEXT NOT NULL,
        by TEXT NOT NULL, note TEXT NOT NULL, at TEXT NOT NULL, UNIQUE (run_id, record_id, by)
    )
    """,
)


def sameness(db: Connection) -> None:
    """What says the same, how records relate, what answers cited and which of it misled."""
    for statement in _SAMENESS:
        db.define(statement)
    backfill(db)


def lexemes(db: Connection) -> None:
    """What each version says as numbers, so that ranking reads no text; messages' own marks."""
    db.define(
        "CREATE TABLE lexeme (vid INTEGER PRIMARY KEY REFERENCES version (vid), data BLOB NOT NULL)"
    )
    fill(db)
    backfill(db)


_LISTS = (
    # Narrow: a list and its counts are answered from these alone, without reading any text.
    "CREATE INDEX version_listed ON version"
    " (scope, kind, status, n, pinned, valid_to, created_at, updated_at, ends) WHERE ends IS NULL",
    "CREATE INDEX version_disputed ON version (scope, kind, status)"
    " WHERE ends IS NULL AND instr(tags, '\"disputed\"') > 0",
    "CREATE INDEX version_source ON version (source_ref, source_kind) WHERE ends IS NULL",
    "CREATE INDEX cited_record ON cited (record_id)",
)


def lists(db: Connection) -> None:
    """What long lists, their counts, and the ties between records are read from."""
    for statement in _LISTS:
        db.define(statement)


def readers(db: Connection) -> None:
    """Several indexes may follow one store, each from where it is."""
    db.define(
        "CREATE TABLE reader (name TEXT PRIMARY KEY, model TEXT NOT NULL, seq INTEGER NOT NULL,"
        " seen_at TEXT NOT NULL)"
    )


STEPS = (m001_records, ideas, sameness, lexemes, readers, lists)
