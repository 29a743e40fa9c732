"""The moment up to which a question may look.

The rule it protects: a pinned conversation stays pinned; an as-of in a call can only look further
back. It reads no data.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time

from bullpen_tools.context import ToolContext


def cutoff(ctx: ToolContext, day: date | None) -> datetime | None:
    """The end of `day` (UTC) or the context's own as-of, whichever is earlier; None for now."""
    if day is None:
        return ctx.as_of
    asked = datetime.combine(day, time.max, UTC)
    return asked if ctx.as_of is None else min(asked, ctx.as_of)


def pinned(ctx: ToolContext, day: date | None) -> ToolContext:
    """The context, pinned to `day` where one is given."""
    return replace(ctx, as_of=cutoff(ctx, day))
