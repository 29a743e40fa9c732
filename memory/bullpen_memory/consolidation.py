"""Upkeep in the background: long threads get a summary, recurring statements become one.

The rule it protects: nothing is dropped: a summary links to every message that it summarises,
which all stay, a merged statement keeps the sources of all, and each step can be undone. It works
within a budget and writes nothing that it has written before.
"""

from __future__ import annotations

import math
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from bullpen_memory import rows, sameness
from bullpen_memory.errors import BullpenError, InputError
from bullpen_memory.policy import Case
from bullpen_memory.records import Draft, Record, Source
from bullpen_memory.reviewing import Review, Seen
from bullpen_memory.store import Store
from bullpen_memory.words import STOP_WORDS

AUTHOR = "desk"
SUMMARY = "summary"
LEAST_MESSAGES, LEAST_CHARACTERS = 20, 4_000
GROWTH = 1.5
"""A thread is summarised again when it has grown by this factor."""
LENGTH = 900
MERGED_FROM = 0.95
_SENTENCE = re.compile(r"(?<=[.!?。！？])\s+|\n+")


class Summariser(Protocol):
    """Says in a few sentences what a thread came to.

    `lines` are "speaker: text" in order, `length` the most characters to give back. An empty
    answer means that there is nothing to say; what cannot be done raises BullpenError.
    """

    def __call__(self, lines: Sequence[str], length: int) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What one round may cost: seconds, threads to summarise, statements to merge.

    `stop` is asked before each step; True ends the round.
    """

    seconds: float = 20.0
    threads: int = 10
    merges: int = 50
    stop: Callable[[], bool] = bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one round did; `left` says that the budget ended it."""

    summaries: tuple[str, ...]
    merged: tuple[str, ...]
    left: bool


def extract(lines: Sequence[str], length: int = LENGTH) -> str:
    """The most central sentences, word for word and in their order: the summariser without a model.

    A sentence counts by the mean of its words' weights (Luhn, 1958, with the inverse document
    frequency of Sparck Jones, 1972 over the thread's lines), and the later ones a little more.
    """
    sentences = [
        (number, part.strip())
        for number, line in enumerate(lines)
        for part in _SENTENCE.split(line)
        if len(part.strip()) >= 20
    ]
    words = [_telling(text) for _, text in sentences]
    spread = Counter(word for telling in words for word in set(telling))
    total = len(sentences) or 1

    def weight(i: int) -> float:
        telling = words[i]
        if not telling:
            return 0.0
        central = sum(
            math.log1p(spread[w]) * math.log((total + 1) / spread[w]) for w in set(telling)
        )
        return central / (len(telling) + 3) * (1 + 0.2 * sentences[i][0] / len(lines))

    chosen: list[int] = []
    used = 0
    for i in sorted(range(len(sentences)), key=weight, reverse=True):
        text = sentences[i][1]
        marks = sameness.shingles(text)
        again = any(sameness.alike(marks, sameness.shingles(sentences[j][1])) > 0.5 for j in chosen)
        if not again and used + len(text) + 3 <= length:
            chosen.append(i)
            used += len(text) + 3
    return "\n".join(f"- {sentences[i][1]}" for i in sorted(chosen))


def consolidate(
    store: Store, *, summarise: Summariser = extract, budget: Budget | None = None
) -> Round:
    """One round of upkeep. What is left over when the budget ends comes in the next round."""
    allowed = budget or Budget()
    until = time.monotonic() + allowed.seconds

    def ended() -> bool:
        return time.monotonic() > until or allowed.stop()

    summaries: list[str] = []
    left = False
    for thread, scope in _long_threads(store):
        if len(summaries) >= allowed.threads or ended():
            left = True
            break
        made = _summarised(store, thread, scope, summarise)
        summaries += [made.id] if made else []
    merged: list[str] = []
    for newer, older in _recurring(store):
        if len(merged) >= allowed.merges or ended():
            left = True
            break
        merged += [newer.id] if _merged(store, newer, older) else []
    return Round(summaries=tuple(summaries), merged=tuple(merged), left=left)


def undo(store: Store, record_id: str, *, by: str) -> Record:
    """Take one step back: a summary is retracted, a merged statement stands for itself again."""
    record = store.get(record_id)
    if record is not None and record.author == AUTHOR and SUMMARY in record.tags:
        return store.retract(record_id, by=by, reason="the summary was undone")
    if record is None or record.status != "superseded":
        raise InputError(
            f"Nothing was undone for {record_id}.",
            "It is neither a summary of the desk's nor a merged record.",
            "Use the id that `bullpen memory consolidate` printed.",
        )
    return Review(store, store.now).separate(record_id, by=by, reason="the merge was undone")


def summarised(store: Store, summary_id: str) -> list[str]:
    """The ids of what a summary summarises."""
    found = store.database.read(
        "SELECT target FROM link WHERE source = ? AND type = 'summarises' ORDER BY target",
        (summary_id,),
    )
    return [row["target"] for row in found]


def _long_threads(store: Store) -> list[tuple[str, str]]:
    """Threads worth a summary that have none, or have outgrown theirs. A retracted one stands."""
    found = store.database.read(
        "SELECT thread, scope, count(*) AS many FROM version WHERE kind = 'message' AND thread <> ''"
        " AND ends IS NULL AND status = 'active' GROUP BY thread, scope"
        " HAVING count(*) >= ? AND sum(length(text)) >= ? ORDER BY max(moment) DESC",
        (LEAST_MESSAGES, LEAST_CHARACTERS),
    )
    chosen: list[tuple[str, str]] = []
    for row in found:
        last = _summary_of(store, row["thread"], row["scope"])
        known = len(summarised(store, last.id)) if last else 0
        withdrawn = last is not None and last.status == "retracted"
        if not withdrawn and row["many"] >= GROWTH * known:
            chosen.append((row["thread"], row["scope"]))
    return chosen


def _summary_of(store: Store, thread: str, scope: str) -> Record | None:
    """The newest summary of a thread, whatever became of it."""
    found = store.database.read(
        "SELECT * FROM version WHERE source_ref = ? AND scope = ? AND author = ? AND ends IS NULL"
        " AND kind = 'note' ORDER BY created_at DESC, vid DESC LIMIT 1",
        (f"thread:{thread}", scope, AUTHOR),
    )
    return rows.to_record(found[0]) if found else None


def _summarised(store: Store, thread: str, scope: str, summarise: Summariser) -> Record | None:
    said = [r for r in store.members(thread, scope) if r.kind == "message" and r.status == "active"]
    text = summarise([f"{r.speaker or r.author}: {r.text}" for r in said], LENGTH).strip()
    if not text:
        return None
    first, last = said[0], said[-1]
    rule = store.policy.judge(Case(kind="note", author="agent", scope=scope))
    draft = Draft(
        kind="note",
        title=f"Summary of {len(said)} messages: {first.text[:80]}",
        text=text,
        author=AUTHOR,
        source=Source(
            kind="message", ref=f"thread:{thread}", permalink=first.source.permalink,
            title=first.source.title, locator=f"{len(said)} messages",
        ),
        scope=scope,
        tags=(SUMMARY,),
        valid_from=first.known_at,
        known_at=last.known_at,
        status=rule.standing,
    )  # fmt: skip
    old = _summary_of(store, thread, scope)
    if old is not None and old.status == "active" and not old.pinned:
        try:
            made = store.supersede(old.id, draft, by=AUTHOR, reason="the thread went on")
        except InputError:
            # It says the same as before: the old one is enough, and now covers all of it.
            made = old
    else:
        made = store.add(draft)
    if made.status == "forgotten":
        return None
    with store.writing() as db:
        for record in said:
            sameness.connect(db, made.id, record.id, "summarises", 1.0, store.now())
    return made


def _recurring(store: Store) -> list[tuple[Record, Record]]:
    """Pairs of statements that say the same in nearly the same words, the newer first."""
    found = store.database.read(
        "SELECT l.source, l.target FROM link l WHERE l.type = 'duplicates' AND l.weight >= ?"
        " ORDER BY l.weight DESC, l.source",
        (MERGED_FROM,),
    )
    pairs: list[tuple[Record, Record]] = []
    for row in found:
        newer, older = store.get(row["source"]), store.get(row["target"])
        if newer is not None and older is not None and _mergeable(newer, older):
            pairs.append((newer, older))
    return pairs


def _mergeable(newer: Record, older: Record) -> bool:
    alive = newer.status == "active" and older.status == "active"
    plain = newer.kind == older.kind and newer.kind in ("fact", "finding") and not newer.pinned
    titled = rows.folded(newer.title) == rows.folded(older.title)
    return alive and plain and titled and newer.scope == older.scope


def _merged(store: Store, newer: Record, older: Record) -> bool:
    """Whether the newer now stands behind the older; a person's separation is not undone."""
    if any(change.action == "separate" for change in store.changes(newer.id)):
        return False
    fresh = store.get(older.id), store.get(newer.id)
    if any(one is None or one.status != "active" for one in fresh):
        return False
    seen = [Seen(one.id, one.version) for one in fresh if one is not None]
    try:
        Review(store, store.now).merge(seen[0], seen[1:], by=AUTHOR, reason="they say the same")
    except BullpenError:
        # Somebody changed one of them meanwhile; the next round looks again.
        return False
    return True


def _telling(text: str) -> list[str]:
    folded = rows.folded(text)
    words = [word for word in re.findall(r"\w+", folded) if not rows.grams(word)]
    pairs = [pair for pair in rows.grams(folded).split() if len(pair) == 2]
    return [word for word in (*words, *pairs) if word not in STOP_WORDS]
