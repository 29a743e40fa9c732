"""Running a receipt again: from the command line, from its page, and from the form in Slack.

The rule it protects: all three say the same, the same figures or the named difference, and write
nothing. It can run beside a running desk.
"""

from __future__ import annotations

import asyncio
import logging
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from bullpen import messages
from bullpen.settings import Settings
from bullpen.wording import Rerun
from bullpen_memory.errors import BullpenError, InputError
from bullpen_memory.records import WORKSPACE

if TYPE_CHECKING:
    from bullpen_memory.market import Market
    from bullpen_memory.store import Store
    from bullpen_tools.context import Receipt
    from bullpen_tools.replay import Replayed
    from bullpen_tools.toolbox import Toolbox

log = logging.getLogger("bullpen.replaying")


class Replays:
    """Runs receipts of one home again."""

    def __init__(self, toolbox: Toolbox, store: Store, market: Market) -> None:
        self._toolbox = toolbox
        self._store = store
        self._market = market

    async def again(self, receipt: Receipt) -> Rerun:
        """Run it; that it cannot be run again, or that it fails, is told in the sentence."""
        from bullpen_tools.formats import show

        try:
            made = await self.replayed(receipt)
        except BullpenError as error:
            return Rerun(same=False, sentence=str(error))
        except Exception:
            # Who pressed the button must hear that nothing came of it.
            log.exception("%s was not run again", receipt.id)
            return Rerun(same=False, sentence=messages.not_rerun(receipt.id))
        changes = tuple(
            f"{(change.before or change.now).label or change.key}: "  # type: ignore[union-attr]
            f"{show(change.before) if change.before else 'absent'}, "
            f"now {show(change.now) if change.now else 'absent'}"
            for change in made.changes
        )
        return Rerun(same=made.same, sentence=made.sentence, differences=changes)

    async def replayed(self, receipt: Receipt) -> Replayed:
        """The same as the tools give it. Raises InputError with the reason where it cannot be run."""
        from bullpen_tools.context import ToolContext
        from bullpen_tools.replay import run_again

        with tempfile.TemporaryDirectory() as folder:
            ctx = ToolContext(
                run_id="replay", agent=receipt.agent, requester="operator", scopes=frozenset({WORKSPACE, receipt.scope}),
                home=receipt.scope, thread_link="", thread_title="", store=self._store, market=self._market,
                receipts=self._toolbox.receipts, artifacts=Path(folder) / "artifacts",
            )  # fmt: skip
            return await run_again(self._toolbox, ctx, receipt)


def replay(settings: Settings, receipt_id: str) -> int:
    """Print the outcome; 0 for the same figures, 1 for others. InputError for an unknown receipt."""
    from bullpen_memory.market import Market
    from bullpen_memory.store import Store
    from bullpen_tools.formats import show
    from bullpen_tools.receipts import Receipts
    from bullpen_tools.toolbox import default_toolbox

    path = settings.home / "receipts.db"
    if not path.exists():
        raise InputError(
            "There are no receipts yet.",
            f"{path} does not exist: no desk has run here.",
            "Ask the desk something first.",
        )
    with closing(Receipts(path)) as receipts, closing(Store(settings.memory)) as store:
        found = receipts.get(receipt_id)
        if found is None:
            raise InputError(
                f"There is no receipt {receipt_id}.",
                "Ids read like r42.",
                "See the receipts page for those there are.",
            )
        replays = Replays(default_toolbox(receipts), store, Market(store))
        again = asyncio.run(replays.replayed(found))
    typer.echo(again.sentence)
    for key, value in found.result.values.items():
        change = next((one for one in again.changes if one.key == key), None)
        now = (
            "" if change is None else f"  now {show(change.now)}" if change.now else "  now absent"
        )
        typer.echo(f"  {'≠' if change else '='} {value.label or key}: {show(value)}{now}")
    return 0 if again.same else 1
