"""What a PostgreSQL server refuses, told to whoever runs Bullpen: fact, cause, remedy.

The rule it protects: no password and no query reaches a sentence. What is a fault of ours is not
explained away; it rises as it is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bullpen_memory.errors import OperatorError

if TYPE_CHECKING:
    import psycopg

SETTING = "BULLPEN_DATABASE_URL (or DATABASE_URL)"

# By what the server, or the library before it is reached, says. The first that fits counts.
_SAID: tuple[tuple[str, str, str], ...] = (
    (
        r"password authentication failed|no password supplied|authentication failed",
        "It did not accept the user name or the password.",
        f"Correct them in {SETTING}.",
    ),
    (
        r"role .* does not exist",
        "It does not know the user.",
        f"Create that role there, or correct the name in {SETTING}.",
    ),
    (
        r"database .* does not exist",
        "There is no database of that name.",
        f"Create it with `createdb`, or correct the name in {SETTING}.",
    ),
    (r"too many clients|remaining connection slots|too many connections",
     "It has no free connection left.",
     "Raise max_connections there, or end programs that hold connections."),
    (r"no pg_hba\.conf entry", "It does not let this machine, user or database in.",
     "Add a line for it to the server's pg_hba.conf."),
    (r"starting up|shutting down|in recovery mode", "It is starting or stopping.",
     "Wait a moment and try again."),
    (r"SSL|certificate", "The encrypted connection was not made.",
     f"Check sslmode and the certificates in {SETTING}."),
    (r"translate host name|Name or service not known|No address associated|resolve host",
     "There is no machine of that name.", f"Correct the host in {SETTING}."),
    (r"timeout expired|timed out", "Nothing answered in time.",
     f"Check that the server runs, that a firewall lets you through, and the host and port in {SETTING}."),
    (r"[Cc]onnection refused|No such file|could not connect|connection failed",
     "Nothing answers there.",
     f"Start the server, or correct the host and port in {SETTING}."),
)  # fmt: skip

# By SQLSTATE, whole or its class (https://www.postgresql.org/docs/current/errcodes-appendix.html).
_STATES: dict[str, tuple[str, str]] = {
    "53100": ("The server's disk is full.", "Free some space there; nothing was half-written."),
    "53200": ("The server is out of memory.", "Give it more, or ask for less at once."),
    "53300": ("It has no free connection left.", "Raise max_connections there."),
    "25006": ("The server takes no changes: it is a standby, or set to read only.",
              f"Name the primary in {SETTING}."),
    "42501": ("The user lacks a right there.",
              "Let it create a schema in that database (GRANT CREATE ON DATABASE … TO …), or make it"
              " the owner of the schema `bullpen`."),
    "55P03": ("Another worker held the lock for too long.",
              "Try again; if it stays so, look for a worker that hangs."),
    "57014": ("The server ended the query (its statement_timeout).",
              "Raise that limit for this user."),
}  # fmt: skip


def refused(error: psycopg.Error, place: str) -> OperatorError | None:
    """The operator's sentence for what the server refused, or None where the fault is ours."""
    import psycopg

    if error.sqlstate in _STATES:
        return OperatorError(
            f"The context store ({place}) cannot be used.", *_STATES[error.sqlstate]
        )
    if not isinstance(error, psycopg.OperationalError):
        return None
    said = str(error)
    for pattern, cause, remedy in _SAID:
        if error.sqlstate is None and re.search(pattern, said):
            return OperatorError(f"The context store ({place}) cannot be reached.", cause, remedy)
    return OperatorError(
        f"The context store ({place}) cannot be reached.",
        "The connection was lost.",
        "Nothing was half-written. It is made again by itself once the server is back; then try again.",
    )


def misread() -> OperatorError:
    """For an address that is none."""
    return OperatorError(
        "The context store was not opened.",
        f"The address in {SETTING} cannot be read.",
        "Write it as postgresql://user:password@host:5432/database, special characters in the"
        " password percent-encoded.",
    )


def missing_driver(place: str) -> OperatorError:
    """For an installation without the extra."""
    return OperatorError(
        f"The context store ({place}) cannot be used.",
        "The driver for PostgreSQL is not installed.",
        "Install it with: pip install 'bullpen[postgres]'",
    )


def too_old(place: str, version: str, oldest: int) -> OperatorError:
    """For a server that lacks what the store needs."""
    return OperatorError(
        f"The context store ({place}) cannot be used.",
        f"The server is PostgreSQL {version}.",
        f"Use PostgreSQL {oldest // 10_000} or newer.",
    )


def other_encoding(place: str, encoding: str) -> OperatorError:
    """For a database that cannot hold every character."""
    return OperatorError(
        f"The context store ({place}) cannot be used.",
        f"The database keeps its texts in {encoding}, which lacks most of the world's letters.",
        "Create it with: createdb --encoding UTF8 --template template0 NAME",
    )
