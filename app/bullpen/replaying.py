"""`bullpen replay r42`: run a receipt again from the command line.

The rule it protects: it prints the same figures or the named difference, writes nothing, and ends
with 1 where figures differ. It can run beside a running desk.
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import typer

from bullpen.settings import Settings
from bullpen_memory.errors import InputError
from bullpen_memory.records import WORKSPACE


def replay(settings: Settings, receipt_id: str) -> int:
    """Print the outcome; 0 for the same figures, 1 for others. InputError for an unknown receipt."""
    from bullpen_memory.market import Market
    from bullpen_memory.store import Store
    from bullpen_tools.context import ToolContext
    from bullpen_tools.receipts import Receipts
    from bullpen_tools.replay import run_again
    from bullpen_tools.toolbox import default_toolbox

    path = settings.home / "receipts.db"
    if not path.exists():
        raise InputError(
            "There are no receipts yet.",
            f"{path} does not exist: no desk has run here.",
            "Ask the desk something first.",
        )
    receipts, store = Receipts(path), Store(settings.memory)
    try:
        found = receipts.get(receipt_id)
        if found is None:
            raise InputError(
                f"There is no receipt {receipt_id}.",
                "Ids read like r42.",
                "See the receipts page for those there are.",
            )
        with tempfile.TemporaryDirectory() as folder:
            ctx = ToolContext(
                run_id="replay", agent=found.agent, requester="operator", scopes=frozenset({WORKSPACE, found.scope}),
                home=found.scope, thread_link="", thread_title="", store=store, market=Market(store), receipts=receipts,
                artifacts=Path(folder) / "artifacts",
            )  # fmt: skip
            again = asyncio.run(run_again(default_toolbox(receipts), ctx, found))
    finally:
        store.close()
        receipts.close()
    from bullpen_tools.formats import show

    typer.echo(again.sentence)
    for key, value in found.result.values.items():
        change = next((one for one in again.changes if one.key == key), None)
        now = (
            "" if change is None else f"  now {show(change.now)}" if change.now else "  now absent"
        )
        typer.echo(f"  {'≠' if change else '='} {value.label or key}: {show(value)}{now}")
    return 0 if again.same else 1
