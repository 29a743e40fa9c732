"""Where a record was used: the questions for which it was shown, the answers that name it.

The rule it protects: a question and an answer are somebody's words: they are told, with their
addresses, only to who may see them where they were said. It reads the injection log and writes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bullpen_memory import filters, rows
from bullpen_memory.database import Database
from bullpen_memory.filters import Eligible

_SHOWN = 160


@dataclass(frozen=True, slots=True)
class Use:
    """One run in which a record was put before a model; `cited` tells whether an answer names it.

    `question` and both addresses are "" where the reader may not see them. `query` is what was
    searched for: somebody's words, which the caller shows only to who may see the run.
    """

    run_id: str
    agent: str
    at: datetime
    cited: bool
    query: str
    question: str
    asked_at: str
    answered_at: str


def used(
    database: Database,
    record_id: str,
    scopes: frozenset[str],
    *,
    as_of: datetime | None = None,
    limit: int = 50,
) -> list[Use]:
    """The runs that were shown a record, the newest first, each once; past `limit` the oldest that
    do not cite it are left out first."""
    until = "9999" if as_of is None else rows.iso(as_of)
    shown = database.read(
        "SELECT run_id, agent, min(query) AS query, max(at) AS at FROM recall"
        " WHERE instr(record_ids, ?) > 0 AND at <= ? GROUP BY run_id, agent"
        " ORDER BY EXISTS (SELECT 1 FROM cited c WHERE c.run_id = recall.run_id"
        " AND c.agent = recall.agent AND c.record_id = ? AND c.at <= ?) DESC, 4 DESC LIMIT ?",
        (f'"{record_id}"', until, record_id, until, limit),
    )
    cited = database.read(
        "SELECT run_id, agent, answer FROM cited WHERE record_id = ? AND at <= ? ORDER BY seq",
        (record_id, until),
    )
    answers = {(row["run_id"], row["agent"]): str(row["answer"]) for row in cited}
    ids = [*(row["run_id"] for row in shown), *answers.values()]
    said = _said(database, ids, filters.seen(scopes, as_of))
    found: list[Use] = []
    for row in sorted(shown, key=lambda one: str(one["at"]), reverse=True):
        question, asked_at = said.get(row["run_id"], ("", ""))
        answer = answers.get((row["run_id"], row["agent"]), "")
        found.append(
            Use(
                run_id=row["run_id"], agent=row["agent"], at=rows.moment_of(row["at"]),
                cited=bool(answer), query=str(row["query"]), question=question, asked_at=asked_at,
                answered_at=said.get(answer, ("", ""))[1],
            )
        )  # fmt: skip
    return found


def _said(database: Database, ids: list[str], seen: Eligible) -> dict[str, tuple[str, str]]:
    """The visible messages among these: their beginning and their address, by the message's id."""
    wanted = list(dict.fromkeys(ids))
    found = database.read(
        "SELECT v.source_ref, v.text, v.source_permalink FROM version v"
        f" WHERE v.source_kind = 'message' AND v.source_ref IN ({', '.join('?' * len(wanted))})"
        f" AND {seen.sql} AND v.kind = 'message' AND v.status <> 'forgotten'",
        (*wanted, *seen.params),
    )
    return {
        str(row["source_ref"]): (
            " ".join(str(row["text"]).split())[:_SHOWN],
            row["source_permalink"],
        )
        for row in found
    }
