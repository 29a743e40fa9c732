"""Who holds the futures: the CFTC's Commitments of Traders as net positions and percentiles.

The rule it protects: a position is known when the CFTC published it (Friday), not on the Tuesday
it is about; a percentile names its window and how much of it there is. It makes no forecast.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
from pydantic import Field

from bullpen_memory.errors import InputError
from bullpen_tools.asof import pinned
from bullpen_tools.context import Result, ToolContext, Value, ValueKind
from bullpen_tools.cot import series_id
from bullpen_tools.histories import History, load
from bullpen_tools.measures import Numbers
from bullpen_tools.tool import Arguments, tool

_YEAR = 52


@dataclass(frozen=True, slots=True)
class _Net:
    dates: tuple[date, ...]
    long: Numbers
    short: Numbers
    interest: Numbers

    @property
    def net(self) -> Numbers:
        return self.long - self.short


class Position(Arguments):
    """Whose positions in which market."""

    market: str = Field(
        description="silver, gold, copper, wti or another market whose report the desk holds"
    )
    group: Literal["noncommercial", "commercial", "nonreportable"] = Field(
        default="noncommercial", description="noncommercial: speculators; commercial: hedgers"
    )
    weeks: int = Field(default=156, ge=2, le=1560, description="Window of the percentile, in weeks")
    as_of: date | None = Field(default=None, description="See only what was published by this day")


@tool(risk="read", label="reading the positions", version="1")
def positioning(ctx: ToolContext, position: Position) -> Result:
    """Net futures position of a group in a market, from the CFTC's legacy Commitments of Traders: net
    contracts, share of open interest, change in a week, percentile in a window of weeks.
    """
    seen = pinned(ctx, position.as_of)
    sides = [
        _side(seen, position, name)
        for name in (f"{position.group}_long", f"{position.group}_short", "open_interest")
    ]
    held = _common(sides)
    net, interest = held.net, held.interest
    window = net[-position.weeks :]
    share = net / np.where(interest > 0, interest, np.nan) * 100
    made_up = any(side.kind == "synthetic" for side in sides)
    kind: ValueKind = "synthetic" if made_up else "derived"
    about = f"{position.market.lower()} {position.group}"
    values = {
        "net": Value(value=float(net[-1]), unit="contracts", kind=kind, label="Net position", metric="net_position", entity=about),
        "long": Value(value=float(held.long[-1]), unit="contracts", kind=kind, label="Long"),
        "short": Value(value=float(held.short[-1]), unit="contracts", kind=kind, label="Short"),
        "share": Value(value=_finite(float(share[-1])), unit="pct", kind=kind, label="Net, share of open interest"),
        "week_change": Value(value=float(net[-1] - net[-2]) if len(net) > 1 else None, unit="contracts", kind=kind, label="Change in a week"),
        "percentile": Value(value=float(np.mean(window <= net[-1]) * 100), unit="pct", kind=kind, label=f"Percentile of {len(window)} weeks",
                            metric=f"net_percentile_{position.weeks}", entity=about),
        "highest": Value(value=float(window.max()), unit="contracts", kind=kind, label="Highest net in the window"),
        "lowest": Value(value=float(window.min()), unit="contracts", kind=kind, label="Lowest net in the window"),
        "weeks": Value(value=len(window), unit="count", label="Weeks in the window"),
    }  # fmt: skip
    notes = [note for side in sides for note in side.warnings]
    if len(window) < position.weeks:
        notes.append(
            f"The window holds {len(window)} of {position.weeks} weeks: the desk has no more."
        )
    if len(window) < _YEAR:
        notes.append("A percentile of less than a year says little.")
    day = held.dates[-1]
    return Result(
        summary=f"{position.group.capitalize()} positions in {position.market} futures on Tuesday {day}, from the CFTC's report.",
        values=values,
        data=tuple(side.ref for side in sides),
        warnings=tuple(dict.fromkeys(notes)),
        as_of=day,
        known_at=max(side.known_at for side in sides),
    )


def _side(ctx: ToolContext, position: Position, name: str) -> History:
    wanted = series_id(position.market, name)
    if not any(line.info.id == wanted for line in ctx.market.catalogue(ctx.scopes)):
        there = sorted(
            {
                line.info.id.split("_")[1]
                for line in ctx.market.catalogue(ctx.scopes)
                if line.info.id.startswith("cot_")
            }
        )
        raise InputError(
            f"The desk holds no positions for “{position.market}”.",
            f"It holds those of {', '.join(there)}."
            if there
            else "No report of the CFTC was brought in.",
            "Attach the CFTC's report (annual.txt or a CSV of it) with `import this`, or sync it from the CFTC.",
        )
    return load(ctx, wanted, None, None, at_least=1)


def _common(sides: list[History]) -> _Net:
    shared = sorted(set.intersection(*(set(side.dates) for side in sides)))
    if not shared:
        raise InputError(
            "The positions cannot be read.",
            "Longs, shorts and open interest share no date.",
            "Import the report again.",
        )
    columns = [dict(zip(side.dates, side.values.tolist(), strict=True)) for side in sides]
    arrays = [np.array([column[day] for day in shared]) for column in columns]
    return _Net(tuple(shared), arrays[0], arrays[1], arrays[2])


def _finite(number: float) -> float | None:
    return number if np.isfinite(number) else None
