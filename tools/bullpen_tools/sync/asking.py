"""Bringing a public series in when an agent asks: the tool around the recipes.

The rule it protects: an agent reaches the listed publishers only, by names that look like a series', at the publishers'
pace, and only on a desk whose operator switched it on, and never after text from outside; otherwise it says so and
fetches nothing. It schedules nothing.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Literal

from bullpen_memory.errors import InputError, OperatorError
from bullpen_memory.records import WORKSPACE
from bullpen_tools.context import DataRef, Result, Scalar, ToolContext, Value
from bullpen_tools.recall import tainted_run
from bullpen_tools.sync.fetching import Fetching
from bullpen_tools.tool import Tool, tool

Publisher = Literal["eia", "worldbank", "fred", "cftc", "sec", "yahoo"]
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/=-]{0,58}|\^[A-Za-z0-9.]{1,12}")
"""What a series may be called: a name, and no sentence."""


def sync_tool(fetching: Fetching | None) -> Tool:
    """The tool `sync_series`; without a `fetching` it is off and says how to switch it on."""

    @tool(risk="write", label="asking the publisher", version="1")
    def sync_series(ctx: ToolContext, source: Publisher, name: str) -> Result:
        """Bring one public series up to date from its publisher (EIA, World Bank, FRED, CFTC, SEC, Yahoo),
        every vintage kept. Use it when a person asks for data that the desk does not hold or that is
        stale, and they know the publisher's name of the series.

        Args:
            source: Which publisher.
            name: The publisher's name of the series: PET.RWTC.D (eia), US/NY.GDP.MKTP.CD (worldbank),
                CPIAUCSL (fred), 084691 (cftc), 320193/Revenues (sec), SI=F or SLV (yahoo).
        """
        if fetching is None:
            raise OperatorError(
                "Nothing was fetched: this desk does not ask publishers by itself.",
                "Its operator has not switched that on.",
                f"Ask them to run `bullpen data sync {source} {name.strip()[:60]}`, or to set BULLPEN_SYNC=on.",
            )
        if ctx.as_of is not None:
            raise InputError(
                "Nothing was fetched: this conversation is pinned to a day.",
                f"What comes in now was not known on {ctx.as_of.date()}.",
                "Ask in a conversation that is not pinned.",
            )
        if tainted_run(ctx):
            raise InputError(
                "Nothing was fetched.",
                "This run has read text from outside, which may have chosen the name to carry words out.",
                "Say so; a person can ask for the series in a message of its own.",
            )
        if not _NAME.fullmatch(name.strip()):
            raise InputError(
                "That is no name of a series.",
                "It has letters, digits, dots, slashes, dashes and at most 59 characters.",
                "Use the publisher's name, such as PET.RWTC.D.",
            )
        brought = fetching.sync(ctx.market, source, name.strip())
        rows: list[tuple[Scalar, ...]] = [("id", "title", "periods", "new values")]
        rows += [(one.id, one.title, one.periods, one.new) for one in brought]
        new = sum(one.new for one in brought)
        return Result(
            summary=f"{source} was asked for {name.strip()}: {', '.join(one.id for one in brought)}.",
            values={
                "series": Value(value=len(brought), unit="count", label="Series"),
                "new_values": Value(value=new, unit="count", label="New values"),
            },
            data=tuple(_reference(ctx, one.id) for one in brought),
            warnings=() if new else ("The publisher had nothing new.",),
            table=tuple(rows),
        )

    return sync_series


def _reference(ctx: ToolContext, series_id: str) -> DataRef:
    piece = ctx.market.slice(series_id, scopes=ctx.scopes | {WORKSPACE})
    made = DataRef(
        dataset=series_id, vintage=piece.vintage, sha256=piece.sha256, rows=len(piece.observations)
    )
    if not piece.observations:
        return made
    return replace(made, start=piece.observations[0].period, end=piece.observations[-1].period)
