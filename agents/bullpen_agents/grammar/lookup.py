"""A lookup by one of the data analyst's tools, and the days that a question names.

The rule it protects: names of series are passed on as written, by the argument that they belong to.
It reads no request.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bullpen_agents.grammar.intents import Compute
from bullpen_agents.grammar.series import EVERYTHING, MONTHS, Period, read_names, read_period

_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))


DAY = re.compile(
    rf"(?P<iso>\d{{4}}-\d{{2}}-\d{{2}})|(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<m>{_MONTH})\.?,? (?P<y>\d{{4}})"
    rf"|(?P<m2>{_MONTH})\.? (?P<d2>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<y2>\d{{4}})"
)


@dataclass(frozen=True, slots=True)
class DataLookup(Compute):
    """A lookup by one of the data analyst's tools. `series` are names by argument; `period` is settled later."""

    series: Mapping[str, str | tuple[str, ...]] = field(
        default_factory=dict[str, str | tuple[str, ...]]
    )
    period: Period = EVERYTHING


def lookup(
    tool: str,
    args: Mapping[str, Any],
    missing: str = "",
    focus: str = "",
    series: Mapping[str, str | tuple[str, ...]] | None = None,
    period: Period = EVERYTHING,
) -> DataLookup:
    """A lookup, with its parts in the order in which the families read them."""
    return DataLookup(
        tool=tool, args=args, missing=missing, focus=focus, series=series or {}, period=period
    )


def days_in(text: str) -> list[tuple[str, str]]:
    """The days that `text` (lower case) names: (as ISO, as written)."""
    found: list[tuple[str, str]] = []
    for match in DAY.finditer(text):
        if match["iso"]:
            found.append((match["iso"], match[0]))
            continue
        month = MONTHS[(match["m"] or match["m2"])]
        found.append(
            (
                f"{match['y'] or match['y2']}-{month:02d}-{int(match['d'] or match['d2']):02d}",
                match[0],
            )
        )
    return found


def about_one(tool: str, text: str, args: dict[str, Any], focus: str = "") -> DataLookup | None:
    """A lookup of the series that `text` names, over its period; None where it names none."""
    period, rest = read_period(text)
    names = read_names(rest)
    return several(tool, names, args, focus, period) if names else None


def several(
    tool: str, names: tuple[str, ...], args: Mapping[str, Any], focus: str, period: Period
) -> DataLookup:
    """A lookup of the first of `names`, and of the others beside it."""
    found = lookup(tool, args, "", focus, {"series": names[0]}, period)
    return replace(found, also=names[1:4])


_AS_OF = re.compile(
    rf"\b(?:as of|as known on|as at|known by)\s+(?P<day>{DAY.pattern})", re.IGNORECASE
)


def as_written(name: str, original: str) -> str:
    """A name in the capitals of the request, where it stands there."""
    at = original.lower().find(name.lower())
    return original[at : at + len(name)] if at >= 0 else name


def _written(
    series: Mapping[str, str | tuple[str, ...]], original: str
) -> dict[str, str | tuple[str, ...]]:
    return {
        key: as_written(named, original)
        if isinstance(named, str)
        else tuple(as_written(name, original) for name in named)
        for key, named in series.items()
    }


def dated(
    read: Callable[[str, str], DataLookup | None],
) -> Callable[[str, str], DataLookup | None]:
    """`read` for requests that may say `as of 5 March 2026`: what was known then is all that counts."""

    def reader(original: str, lower: str) -> DataLookup | None:
        said = _AS_OF.search(lower)
        day = next((iso for iso, _ in days_in(said["day"])), "") if said else ""
        found = read(original, _AS_OF.sub(" ", lower))
        if found is None:
            return None
        also = tuple(as_written(name, original) for name in found.also)
        found = replace(found, series=_written(found.series, original), also=also)
        if not day or "as_of_a" in found.args:
            return found
        return replace(found, args={**found.args, "as_of": day})

    return reader
