"""A curve out of series: each delivery or maturity is a series of the desk, read on one day.

The rule it protects: all points of a curve are of the same day, the last on which every series has a value, and a day that
is not the one asked for is said. Tenors come from the request or from the names of the columns, never from a guess.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from pydantic import Field

from bullpen_memory.errors import InputError
from bullpen_tools.context import DataRef, ToolContext
from bullpen_tools.histories import Common, load_common
from bullpen_tools.tool import Arguments

_TENOR = re.compile(
    r"\b(?:(?P<count>\d{1,3}(?:\.\d+)?)[ _-]?(?P<unit>m|mo|mth|months?|y|yr|years?)|[mc](?P<number>\d{1,2})|(?P<code>[a-z]{2,3})(?P<nth>\d{1,2})|(?P<spot>spot|cash))\b",
    re.IGNORECASE,
)
_OLD = 7
"""Days by which a curve may be older than the day asked for; beyond them there is none."""


class Delivery(Arguments):
    """One point of a curve that is a series."""

    series: str = Field(description="Name, symbol or id of the series")
    months: float = Field(ge=0, description="Months to delivery or maturity; 0 is spot")


@dataclass(frozen=True, slots=True)
class Read:
    """A curve on one day: (months, value) ascending, its unit, and the data behind it."""

    day: date
    points: tuple[tuple[float, float], ...]
    unit: str
    refs: tuple[DataRef, ...]


def deliveries(ctx: ToolContext, family: str) -> list[Delivery]:
    """The series whose names hold all words of `family` and a tenor each (3M, 2Y, M1, CL2, spot).

    Raises InputError where fewer than two are found, or two have one tenor.
    """
    words = [re.compile(rf"\b{re.escape(word)}\b") for word in family.casefold().split()]
    found: dict[float, str] = {}
    for line in ctx.market.catalogue(ctx.scopes, ctx.as_of):
        info = line.info
        text = " ".join((info.title, info.id.replace("_", " "), *info.symbols))
        if not words or not all(word.search(text.casefold()) for word in words):
            continue
        months = next(
            (m for name in (*info.symbols, info.title) if (m := tenor(name)) is not None), None
        )
        if months is None:
            continue
        if months in found:
            raise InputError(
                f"“{family}” does not name one curve.",
                f"{found[months]} and {info.id} are both of {months:g} months.",
                "Add a word of the file's name, or list the series with their months.",
            )
        found[months] = info.id
    if len(found) < 2:
        raise InputError(
            f"“{family}” does not name a curve.",
            f"{len(found)} series have these words and a tenor in their name.",
            "Import the curve with a date column and a column for each tenor (1M, 2M, 2Y, CL1), or list the series with their months.",
        )
    return [Delivery(series=name, months=months) for months, name in sorted(found.items())]


def tenor(name: str) -> float | None:
    """Months in a name: 3M is 3, 2Y is 24, M2 and CL2 are 2 (the second delivery), spot is 0."""
    found = _TENOR.search(name.split("(")[0].replace("_", " "))
    if found is None:
        return None
    if found["spot"]:
        return 0.0
    if found["count"]:
        return float(found["count"]) * (12 if found["unit"].lower().startswith("y") else 1)
    return float(found["number"] or found["nth"])


def curves_on(
    ctx: ToolContext, wanted: Sequence[Delivery], days: Sequence[date | None]
) -> tuple[list[Read], tuple[str, ...]]:
    """The curve on each of the days (None: the latest), and the remarks on the series."""
    common = load_common(ctx, [one.series for one in wanted], None, None)
    units = {history.info.unit.lower() for history in common.histories}
    if len(units) > 1:
        listed = ", ".join(f"{h.info.id} in {h.info.unit or 'no unit'}" for h in common.histories)
        raise InputError(
            "These series are not one curve.",
            f"Their units differ: {listed}.",
            "Name series of one unit.",
        )
    return [_on(common, wanted, day) for day in days], common.warnings


def _on(common: Common, wanted: Sequence[Delivery], day: date | None) -> Read:
    held = [n for n, one in enumerate(common.dates) if day is None or one <= day]
    if not held or (day is not None and (day - common.dates[held[-1]]).days > _OLD):
        last = f"; the last before it is {common.dates[held[-1]]}" if held else ""
        raise InputError(
            f"There is no curve on {day}.",
            f"The series have values together from {common.dates[0]} to {common.dates[-1]}{last}.",
            "Choose another day.",
        )
    at = held[-1]
    points = sorted(
        (one.months, float(history.values[at]))
        for one, history in zip(wanted, common.histories, strict=True)
    )
    refs = tuple(
        replace(history.ref, end=common.dates[at].isoformat()) for history in common.histories
    )
    return Read(common.dates[at], tuple(points), common.histories[0].info.unit.lower(), refs)


def remark(asked: date | None, found: date) -> list[str]:
    """The sentence for a day that is not the one asked for."""
    if asked is None or asked == found:
        return []
    return [f"The curve has no values on {asked}; this is that of {found}, the last day before."]
