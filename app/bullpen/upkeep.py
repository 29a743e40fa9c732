"""`bullpen memory doctor` and `consolidate`: what is wrong with the memory, and its upkeep.

The rule it protects: without `--fix` nothing is changed, with it only what can be undone; a secret
is never printed in full. A running desk does its upkeep by itself.
"""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections import Counter
from contextlib import closing
from dataclasses import asdict

from rich.console import Console

from bullpen import messages
from bullpen.settings import Settings
from bullpen_memory import consolidation
from bullpen_memory import doctor as checks
from bullpen_memory.store import Store

OPERATOR = "operator"
_HEADINGS = {
    "secret": "Secrets",
    "personal": "Personal data",
    "contradiction": "Contradictions",
    "duplicate": "Doubles",
    "orphan": "Loose ends",
    "stale": "No longer true",
    "waiting": "Waiting for a person",
    "similar": "Nearly the same",
}
_SHOWN = 10
EVERY = 3_600.0
"""Seconds between two rounds of a running desk; the first comes after as long."""
log = logging.getLogger("bullpen.upkeep")


async def keep_up(store: Store, every: float = EVERY) -> None:
    """Round after round within their budget, for as long as the desk runs."""
    stopped = threading.Event()
    budget = consolidation.Budget(stop=stopped.is_set)
    while True:
        await asyncio.sleep(every)
        going = asyncio.create_task(
            asyncio.to_thread(consolidation.consolidate, store, budget=budget)
        )
        try:
            done = await asyncio.shield(going)
        except asyncio.CancelledError:
            # The store closes next: the step under way is waited for.
            stopped.set()
            await asyncio.gather(going, return_exceptions=True)
            raise
        except Exception:
            # A round that fails loses nothing; the next one begins anew.
            log.exception("a round of upkeep failed")
        else:
            if done.summaries or done.merged:
                log.info("upkeep: %d summaries, %d merged", len(done.summaries), len(done.merged))


def doctor(settings: Settings, *, fix: bool, as_json: bool) -> int:
    """Print what was found. Exit code 1 where something is left to look at."""
    with closing(_opened(settings)) as store:
        found = checks.examine(store)
        done = checks.mend(store, found, by=OPERATOR) if fix else []
        left = checks.examine(store) if done else found
    if as_json:
        told = {
            "findings": [asdict(one) for one in left],
            "done": [{"what": one.what, "done": did} for one, did in done],
        }
        print(json.dumps(told, ensure_ascii=False, indent=2))
        return 1 if left else 0
    console = Console(highlight=False)
    for one, did in done:
        console.print(f"done: {one.what} {did}", markup=False, soft_wrap=True)
    _tell(console, left)
    return 1 if left else 0


def _tell(console: Console, found: list[checks.Finding]) -> None:
    if not found:
        console.print("The memory is in order.")
        return
    for kind, heading in _HEADINGS.items():
        these = [one for one in found if one.kind == kind]
        if not these:
            continue
        console.print(f"{heading} ({len(these):,})", style="bold")
        for one in these[:_SHOWN]:
            console.print(f"  {one.what} {one.proposal}", markup=False, soft_wrap=True)
        if len(these) > _SHOWN:
            console.print(f"  and {len(these) - _SHOWN:,} more: `--json` lists all.", markup=False)
    counts = Counter(one.safe for one in found)
    if counts[True]:
        console.print(f"`bullpen memory doctor --fix` mends {counts[True]:,} of them.")


def consolidate(settings: Settings, *, undo: str) -> None:
    """One round of upkeep with what it did, or one step back."""
    console = Console(highlight=False)
    with closing(_opened(settings)) as store:
        if undo:
            record = consolidation.undo(store, undo, by=OPERATOR)
            console.print(f"{record.id} is {record.status} again." if record.status == "active" else f"{record.id} was {record.status}.")  # fmt: skip
            return
        done = consolidation.consolidate(store, budget=consolidation.Budget(seconds=300.0, threads=1_000, merges=10_000))  # fmt: skip
    for record_id in done.summaries:
        console.print(f"summary  {record_id}")
    for record_id in done.merged:
        console.print(f"merged   {record_id}")
    console.print(
        f"{len(done.summaries)} threads summarised, {len(done.merged)} statements merged."
        " Take one back with: bullpen memory consolidate --undo ID"
        if done.summaries or done.merged
        else "There was nothing to do."
    )


def _opened(settings: Settings) -> Store:
    if not settings.has_memory:
        raise messages.no_memory(settings.home)
    return Store(settings.memory)
