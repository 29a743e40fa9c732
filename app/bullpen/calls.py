"""The idea book as the Slack side uses it: a person's own call, opened by the desk's own tool.

The rule it protects: a call opened from a form goes the way of every other, through the tool that
refuses a bad one and leaves a receipt; its author is the person. It knows no form.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from bullpen.slack.calling import Author, Opened
from bullpen.wording import value_text
from bullpen_memory.errors import InputError
from bullpen_memory.ideas import Idea, Ideas
from bullpen_memory.market import Market
from bullpen_memory.store import Store
from bullpen_tools.context import Receipt, ToolContext
from bullpen_tools.toolbox import Toolbox

TOOL = "idea_open"


class Calls:
    """Opens and lists calls of one home."""

    def __init__(self, toolbox: Toolbox, store: Store, market: Market, artifacts: Path) -> None:
        self._toolbox = toolbox
        self._store = store
        self._market = market
        self._artifacts = artifacts

    async def open(self, terms: dict[str, Any], as_of: date | None, author: Author) -> Opened:
        """Lock a call. Raises InputError with the tool's own sentence where it is refused."""
        ctx = ToolContext(
            run_id=author.key, agent=author.user, requester=author.user,
            requester_name=author.name, scopes=author.scopes, home=author.scope,
            thread_link=author.permalink, thread_title=author.title, store=self._store,
            market=self._market, receipts=self._toolbox.receipts, artifacts=self._artifacts,
            as_of=datetime.combine(as_of, time.max, UTC) if as_of else None,
        )  # fmt: skip
        bound = self._toolbox.bind(ctx, (TOOL,))[TOOL]
        outcome = await bound.call(terms, call_key=author.key)
        if outcome.error or outcome.receipt is None:
            raise InputError(outcome.text)
        return _told(outcome.receipt)

    def standing(self, scopes: frozenset[str]) -> list[Idea]:
        """The open calls, the newest first."""
        found = Ideas(self._store).listed(scopes)
        return [idea for idea in reversed(found) if idea.outcome is None]


def _told(receipt: Receipt) -> Opened:
    result = receipt.result
    figures = [
        f"• {value.label}: {value_text(value)}"
        for key, value in result.values.items()
        if key != "idea" and value.value is not None
    ]
    lines = [result.summary, *figures, *(f"_{note}_" for note in result.warnings)]
    return Opened(said="\n".join(lines), receipt=receipt.id)
