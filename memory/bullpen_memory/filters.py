"""Which rows a question may see, as one SQL condition.

The rule it protects: scope, status, time and every other filter hold inside SQLite, before
anything is counted, ranked or returned. It ranks nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bullpen_memory import rows
from bullpen_memory.errors import InputError
from bullpen_memory.records import Query

MAX_LIMIT = 1_000


@dataclass(frozen=True, slots=True)
class Eligible:
    """A condition over `version v` and the values of its question marks, in order."""

    sql: str
    params: tuple[object, ...]


def checked(query: Query) -> Query:
    """The query itself, or an InputError for a page that cannot be."""
    if not 1 <= query.limit <= MAX_LIMIT or query.offset < 0:
        raise InputError(
            "The search was not run.",
            f"A page of {query.limit} hits from {query.offset} was asked for.",
            f"Ask for 1 to {MAX_LIMIT:,} hits from 0 or later.",
        )
    return query


def standing(as_of: datetime | None) -> Eligible:
    """The version that holds: now, or as it was known at a time."""
    if as_of is None:
        return Eligible("v.ends IS NULL", ())
    at = rows.iso(as_of)
    return Eligible(
        "v.begins <= ? AND v.known_at <= ? AND (v.ends IS NULL OR v.ends > ?)", (at, at, at)
    )


def seen(scopes: frozenset[str] | None, as_of: datetime | None = None) -> Eligible:
    """The version that holds, for a reader of these scopes; None sees all, an empty set nothing."""
    holds = standing(as_of)
    if scopes is None:
        return holds
    wanted = sorted(scopes)
    return Eligible(
        f"{holds.sql} AND v.scope IN ({', '.join('?' * len(wanted))})", (*holds.params, *wanted)
    )


def eligible(query: Query) -> Eligible:
    """The condition for this query."""
    parts: list[str] = []
    params: list[object] = []

    def among(column: str, values: Iterable[str]) -> None:
        wanted = sorted(values)
        parts.append(f"v.{column} IN ({', '.join('?' * len(wanted))})")
        params.extend(wanted)

    def listed(column: str, values: Iterable[str]) -> None:
        wanted = sorted({value.casefold() for value in values})
        marks = ", ".join("?" * len(wanted))
        # lower() folds ASCII alone, which is what symbols and tags are compared by.
        parts.append(
            f"EXISTS (SELECT 1 FROM json_each(v.{column}) WHERE lower(value) IN ({marks}))"
        )
        params.extend(wanted)

    holds = standing(query.as_of)
    parts.append(holds.sql)
    params.extend(holds.params)
    among("scope", query.scopes)
    among("status", query.statuses)
    if query.kinds:
        among("kind", query.kinds)
    if query.authors:
        among("author", query.authors)
    if query.symbols:
        listed("symbols", query.symbols)
    if query.tags:
        listed("tags", query.tags)
    if query.since is not None:
        parts.append("v.moment >= ?")
        params.append(rows.iso(query.since))
    if query.until is not None:
        parts.append("v.moment <= ?")
        params.append(rows.iso(query.until))
    return Eligible(" AND ".join(parts), tuple(params))
