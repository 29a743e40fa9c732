"""What every chart of a computation needs: the order, the words around it, the series behind it.

The rule it protects: the source line names the series with the first letters of the hash of the
rows that were drawn. It draws nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
from pydantic import Field

from bullpen_memory.errors import InputError
from bullpen_tools import measures
from bullpen_tools.context import ToolContext, Value
from bullpen_tools.histories import History, load
from bullpen_tools.measures import Numbers
from bullpen_tools.pictures import Frame
from bullpen_tools.readings import Grain
from bullpen_tools.style import Sheet
from bullpen_tools.tool import Arguments

Kind = Literal["bar", "histogram", "scatter", "correlation_map", "calendar_map", "curve", "fan"]


class Plot(Arguments):
    """What to draw."""

    kind: Kind = Field(
        description="bar: return of each period; histogram: distribution of returns; scatter: returns of two series with "
        "the line through them; correlation_map: correlations of two to eight series; calendar_map: monthly returns by "
        "year; curve: values of several series (such as maturities, in order) on one to four dates; fan: range that the "
        "past volatility implies from the last value on"
    )
    series: list[str] = Field(
        description="Names, symbols or ids, in the order to draw", min_length=1, max_length=12
    )
    grain: Grain = Field(default="year", description="Periods of the bars")
    dates: list[date] = Field(
        default_factory=list[date], description="Dates of the curves", max_length=4
    )
    horizon: int = Field(default=120, ge=5, le=1000, description="Observations ahead in the fan")
    start: date | None = Field(default=None, description="First day")
    end: date | None = Field(default=None, description="Last day")
    as_of: date | None = Field(default=None, description="See only what was known on this day")
    title: str = Field(default="", description="Title of the chart. Default: what it shows")


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture with its words, its series, its figures and what to warn of."""

    sheet: Sheet
    frame: Frame
    histories: tuple[History, ...]
    values: dict[str, Value]
    notes: tuple[str, ...] = ()


def frame_of(
    plot: Plot,
    histories: Sequence[History],
    title: str,
    subtitle: str,
    table: tuple[tuple[str, ...], Sequence[tuple[object, ...]]],
) -> Frame:
    """The words around a picture; `table` is the header and the rows behind it."""
    synthetic = any(history.kind == "synthetic" for history in histories)
    sources = "; ".join(dict.fromkeys(history.info.source for history in histories))
    data = ", ".join(f"{history.info.id}@{history.ref.sha256[:8]}" for history in histories[:4])
    last = max(history.dates[-1] for history in histories)
    return Frame(
        title=plot.title or title,
        subtitle=subtitle,
        source=f"{'SYNTHETIC data. ' if synthetic else ''}Source: {sources}. As of {long_day(last)}. Data {data}",
        alt=f"{plot.title or title}. {subtitle}.",
        header=table[0],
        rows=tuple(table[1]),
        synthetic=synthetic,
    )


def long_day(day: date) -> str:
    """3 July 2008, short: 3 Jul 2008."""
    return f"{day.day} {day:%b %Y}"


def short_name(history: History) -> str:
    """The title without what follows a comma or a bracket."""
    return history.info.title.split(",")[0].split(" (")[0]


def span_of(history: History) -> str:
    """From the first to the last day."""
    return f"{long_day(history.dates[0])} to {long_day(history.dates[-1])}"


def the_one(ctx: ToolContext, plot: Plot) -> History:
    """The history of the only series; InputError where several were named."""
    if len(plot.series) != 1:
        raise InputError(
            f"A {plot.kind} shows one series.",
            f"{len(plot.series)} were named.",
            "Draw one chart for each.",
        )
    return load(ctx, plot.series[0], plot.start, plot.end, at_least=12)


def changes_of(history: History) -> tuple[Numbers, str]:
    """Log returns in percent, or differences of what has none; with the unit."""
    if history.positive:
        return measures.log_returns(history.values) * 100, "pct"
    scale, unit = history.step
    return np.diff(history.values) * scale, unit
