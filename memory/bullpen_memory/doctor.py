"""What is wrong with the memory: doubles, contradictions, loose ends, what has run out, what should not be there.

The rule it protects: it shows and proposes; only what loses nothing and can be undone is mended,
and a secret is never printed in full. It judges no statement true or false.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from bullpen_memory import rows
from bullpen_memory.errors import BullpenError
from bullpen_memory.listing import DISPUTED
from bullpen_memory.records import WORKSPACE, Record
from bullpen_memory.reviewing import Review, Seen
from bullpen_memory.store import Store

FindingKind = Literal[
    "duplicate", "similar", "contradiction", "orphan", "stale", "waiting", "secret", "personal"
]
BATCH = 1_000
WAITING_DAYS = 30
_EVERY = "v.ends IS NULL AND v.status IN ('active', 'proposed')"

_SECRETS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("a private key", re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----")),
    ("a Slack token", re.compile(r"\bxox[abeoprs]-[\w-]{10,}|\bxapp-[\w-]{10,}")),
    ("an Anthropic key", re.compile(r"\bsk-ant-[\w-]{16,}")),
    ("an API key", re.compile(r"\bsk-(?!ant-)(?:proj-)?[A-Za-z0-9_-]{20,}")),
    ("a GitHub token", re.compile(r"\b(?:gh[oprsu]_\w{30,}|github_pat_\w{30,})")),
    ("an AWS key", re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b")),
    ("a Google key", re.compile(r"\bAIza[\w-]{35}\b")),
    ("a signed token", re.compile(r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}")),
    (
        "a password",
        re.compile(r"(?i)\b(?:password|passwd|secret|api[_-]?key)\s*[:=]\s*[^\s,;]{8,}"),
    ),
)
_MAIL = re.compile(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b")
_PHONE = re.compile(r"(?<![\w.,/-])\+\d{1,3}(?:[ ().-]{0,2}\d){8,12}\b")
_ADDRESS = re.compile(r"https?://\S+|/archives/\S+|\b\d{10}\.\d{6}\b")
_CARD = re.compile(r"(?<![\d.,-])\d(?:[ -]?\d){12,18}(?![\d.,]*\d)")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing to look at. `safe` says that `mend` may do it: nothing is lost and it can be undone."""

    kind: FindingKind
    records: tuple[str, ...]
    what: str
    proposal: str
    safe: bool = False


def examine(store: Store) -> list[Finding]:
    """Everything that is wrong, the worst first."""
    found = [
        *_texts(store),
        *_doubles(store),
        *_linked(store),
        *_loose_ends(store),
        *_run_out(store, store.now()),
    ]
    order = ("secret", "personal", "contradiction", "duplicate", "orphan", "stale", "waiting", "similar")  # fmt: skip
    return sorted(found, key=lambda one: order.index(one.kind))


def mend(store: Store, findings: Sequence[Finding], *, by: str) -> list[tuple[Finding, str]]:
    """Do what is safe; for each such finding, what was done or why it was not."""
    done: list[tuple[Finding, str]] = []
    for finding in (one for one in findings if one.safe):
        try:
            done.append((finding, _mended(store, finding, by)))
        except BullpenError as error:
            done.append((finding, f"left as it is: {error}"))
    return done


def _mended(store: Store, finding: Finding, by: str) -> str:
    if finding.kind == "duplicate":
        seen = [_seen(store, record_id) for record_id in finding.records]
        Review(store, store.now).merge(seen[0], seen[1:], by=by, reason="they say the same")
        return f"merged into {finding.records[0]}; `separate` undoes it"
    with store.writing() as db:
        db.execute("DELETE FROM vector WHERE vid NOT IN (SELECT vid FROM version)")
        for table, column in (("norm", "id"), ("sketch", "id"), ("link", "source"), ("link", "target")):  # fmt: skip
            db.execute(f"DELETE FROM {table} WHERE {column} NOT IN (SELECT id FROM version)")
    return "removed"


def _seen(store: Store, record_id: str) -> Seen:
    record = store.get(record_id)
    return Seen(record_id, record.version if record else 0)


def _texts(store: Store) -> Iterator[Finding]:
    after = 0
    while True:
        page = store.database.read(
            f"SELECT v.* FROM version v WHERE {_EVERY} AND v.vid > ? ORDER BY v.vid LIMIT {BATCH}",
            (after,),
        )
        if not page:
            return
        for row in page:
            yield from _in_text(rows.to_record(row))
        after = page[-1]["vid"]


def _in_text(record: Record) -> Iterator[Finding]:
    text = f"{record.title}\n{record.text}"
    for name, pattern in _SECRETS:
        if found := pattern.search(text):
            yield Finding(
                kind="secret", records=(record.id,),
                what=f"{record.kind} {record.id} holds {name} ({masked(found[0])}).",
                proposal="Forget the record, and change the secret: it was readable here.",
            )  # fmt: skip
            break
    told = sorted({name for name, _ in personal(text)})
    if told:
        where = "everybody" if record.scope == WORKSPACE else record.scope
        yield Finding(
            kind="personal", records=(record.id,),
            what=f"{record.kind} {record.id} holds {', '.join(told)}, visible to {where}.",
            proposal="Keep it only if it is meant to be here; else forget the record.",
        )  # fmt: skip


def personal(text: str) -> list[tuple[str, str]]:
    """The personal data in a text: what it is, and the words. Numbers are checked by their digits."""
    found = [("an e-mail address", one) for one in _MAIL.findall(text)]
    found += [("a phone number", one) for one in _PHONE.findall(text)]
    # The digits of an address, a message's time among them, are no card.
    plain = _ADDRESS.sub(" ", text)
    found += [("a card number", one) for one in _CARD.findall(plain) if _is_card(one)]
    found += [("an IBAN", one) for one in _IBAN.findall(text) if _is_iban(one)]
    return found


def masked(secret: str) -> str:
    """The beginning of a secret, enough to know which one it is."""
    return f"{secret[:6]}…, {len(secret)} characters"


def _is_card(text: str) -> bool:
    """Luhn's check."""
    digits = [int(char) for char in text if char.isdigit()]
    if len(set(digits)) == 1:
        return False
    doubled = [d * 2 - 9 * (d > 4) for d in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _is_iban(text: str) -> bool:
    """ISO 13616: the rearranged number is 1 modulo 97."""
    bare = text.replace(" ", "")
    if not 15 <= len(bare) <= 34:
        return False
    turned = bare[4:] + bare[:4]
    return int("".join(str(int(char, 36)) for char in turned)) % 97 == 1


def _doubles(store: Store) -> Iterator[Finding]:
    """Statements of one scope and headline with the same letters and digits; an older store has some."""
    kinds = ", ".join(f"'{kind}'" for kind in sorted(rows.STATEMENTS))
    found = store.database.read(
        "SELECT v.id, v.title, n.hash, n.scope, n.kind FROM norm n JOIN version v ON v.id = n.id"
        f" WHERE v.ends IS NULL AND v.status = 'active' AND n.kind IN ({kinds})"
        f" AND EXISTS (SELECT 1 FROM norm o WHERE o.hash = n.hash AND o.id <> n.id"
        " AND o.scope = n.scope AND o.kind = n.kind) ORDER BY v.created_at, v.vid"
    )
    groups: dict[tuple[object, ...], list[str]] = defaultdict(list)
    for row in found:
        headline = rows.folded(row["title"]) if row["kind"] in rows.HEADED else ""
        groups[(row["hash"], row["scope"], row["kind"], headline)].append(row["id"])
    for ids in groups.values():
        if len(ids) > 1:
            yield Finding(
                kind="duplicate", records=tuple(ids), safe=True,
                what=f"{len(ids)} records say the same: {', '.join(ids)}.",
                proposal=f"Merge them into {ids[0]}, with all their sources.",
            )  # fmt: skip


def _linked(store: Store) -> Iterator[Finding]:
    found = store.database.read(
        "SELECT l.source, l.target, l.type, l.weight, a.title AS newer, b.title AS older"
        " FROM link l JOIN version a ON a.id = l.source AND a.ends IS NULL AND a.status = 'active'"
        " JOIN version b ON b.id = l.target AND b.ends IS NULL AND b.status = 'active'"
        " WHERE l.type IN ('duplicates', 'contradicts') ORDER BY l.weight DESC"
    )
    for row in found:
        pair = (row["target"], row["source"])
        if row["type"] == "contradicts":
            yield Finding(
                kind="contradiction", records=pair,
                what=f"{pair[0]} and {pair[1]} say nearly the same with other numbers.",
                proposal="Read both; supersede the one that no longer holds, or give it an end.",
            )  # fmt: skip
        else:
            yield Finding(
                kind="similar", records=pair,
                what=f"{pair[0]} and {pair[1]} share {row['weight']:.0%} of their neighbouring words.",
                proposal="Merge them if they mean the same.",
            )  # fmt: skip
    disputed = store.database.read(
        f"SELECT v.id FROM version v WHERE {_EVERY} AND EXISTS"
        " (SELECT 1 FROM json_each(v.tags) WHERE value = ?)",
        (DISPUTED,),
    )
    for row in disputed:
        yield Finding(
            kind="contradiction", records=(row["id"],), what=f"{row['id']} is disputed.",
            proposal="Settle it, correct it or retract it.",
        )  # fmt: skip


def _loose_ends(store: Store) -> Iterator[Finding]:
    alone = store.database.read(
        f"SELECT v.thread, v.scope, count(*) AS many, min(v.id) AS first FROM version v WHERE {_EVERY}"
        " AND v.kind = 'passage' AND v.thread LIKE 'file:%' AND NOT EXISTS (SELECT 1 FROM version d"
        " WHERE d.thread = v.thread AND d.scope = v.scope AND d.kind = 'document'"
        " AND d.ends IS NULL) GROUP BY v.thread, v.scope"
    )
    for row in alone:
        yield Finding(
            kind="orphan", records=(row["first"],),
            what=f"{row['many']} passages (the first is {row['first']}) have no document.",
            proposal="Import the file again: that completes it. Or forget the passages.",
        )  # fmt: skip
    lost = store.database.read(
        "SELECT (SELECT count(*) FROM vector WHERE vid NOT IN (SELECT vid FROM version))"
        " + (SELECT count(*) FROM norm WHERE id NOT IN (SELECT id FROM version))"
        " + (SELECT count(*) FROM link WHERE source NOT IN (SELECT id FROM version)"
        "    OR target NOT IN (SELECT id FROM version)) AS many"
    )[0]["many"]
    if lost:
        yield Finding(
            kind="orphan", records=(), safe=True, proposal="Remove them.",
            what=f"{lost} entries (vectors, hashes, links) belong to no record.",
        )  # fmt: skip


def _run_out(store: Store, now: datetime) -> Iterator[Finding]:
    ended = store.database.read(
        f"SELECT v.id, v.valid_to FROM version v WHERE {_EVERY} AND v.valid_to < ?",
        (rows.iso(now),),
    )
    for row in ended:
        yield Finding(
            kind="stale", records=(row["id"],),
            what=f"{row['id']} was true only until {row['valid_to'][:10]}.",
            proposal="Supersede it by what holds now, or leave it as history.",
        )  # fmt: skip
    since = rows.iso(now - timedelta(days=WAITING_DAYS))
    waiting = store.database.read(
        "SELECT v.id, v.created_at FROM version v WHERE v.ends IS NULL AND v.status = 'proposed'"
        " AND v.created_at < ?",
        (since,),
    )
    for row in waiting:
        yield Finding(
            kind="waiting", records=(row["id"],),
            what=f"{row['id']} has waited for a person since {row['created_at'][:10]}.",
            proposal="Approve or retract it.",
        )  # fmt: skip
