"""The first sentence of an answer about a span, a level, a spread or a rolling correlation.

The rule it protects: the figure that was asked for comes first, with its day. It calls no tool.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bullpen_agents.grammar.lookup import DataLookup
from bullpen_agents.offline.desk import Seen, table
from bullpen_agents.offline.series import capital, span, the

_NAMED = {"average": "average", "median": "median", "max": "highest value", "min": "lowest value", "deviation": "standard deviation"}  # fmt: skip


def _name(asked: DataLookup) -> str:
    return the(str(asked.series["series"]))


def figures(found: Seen, asked: DataLookup) -> str:
    """The figure of a span that was asked for."""
    name, over = _name(asked), span(found)
    if asked.focus == "percentile":
        return (
            f"**{capital(name)} stands at {found.cite('last')}, at or above {found.cite('percentile')} of its values**{over}: "
            f"between {found.cite('min')} and {found.cite('max')}."
        )
    if asked.focus == "range":
        return (
            f"**{capital(name)} was between {found.cite('min')} ({found.cite('min_date')}) and {found.cite('max')} "
            f"({found.cite('max_date')})**{over}."
        )
    if asked.focus == "all" and found.number("n") == 1:
        return f"**{capital(name)} was {found.cite('last')}** on {found.cite('last_date')}, the one value of that span."
    if asked.focus == "all":
        return (
            f"**{capital(name)} averaged {found.cite('average')}**{over}: between {found.cite('min')} ({found.cite('min_date')}) and "
            f"{found.cite('max')} ({found.cite('max_date')}), {found.cite('last')} at the end."
        )
    if asked.focus == "change":
        return _change(found, name, over)
    day = f", on {found.cite(f'{asked.focus}_date')}" if asked.focus in ("max", "min") else ""
    return f"**The {_NAMED[asked.focus]} of {name} was {found.cite(asked.focus)}**{day}{over}."


def _change(found: Seen, name: str, over: str) -> str:
    by = found.cite("change")
    by = f"{found.cite('change_pct')} ({by})" if found.known("change_pct") else by
    return f"**{capital(name)} changed by {by}**, to {found.cite('last')}{over}."


def crossing(found: Seen, asked: DataLookup) -> str:
    """When it was last, first or ever there, or how often."""
    name, side, level = _name(asked), asked.args["side"], found.cite("level")
    now = f"it stood at {found.cite('now')} on {found.cite('now_date')}, the last day held"
    if not found.known("last_date"):
        return f"**{capital(name)} was never {side} {level}**{span(found)}; {now}."
    last = f"{found.cite('last_date')}, at {found.cite('last')}"
    if asked.focus == "share":
        return (
            f"**{capital(name)} was {side} {level} on {found.cite('days')} of {found.cite('n')} days ({found.cite('share')})**"
            f"{span(found)}, in {found.cite('spells')} separate spells; the last was on {last}."
        )
    if asked.focus == "first":
        return f"**{capital(name)} was first {side} {level} on {found.cite('first_date')}**{span(found)}; last on {last}."
    yes = "Yes. " if asked.focus == "ever" else ""
    return f"{yes}**{capital(name)} was last {side} {level} on {last}**; {now}."


def spread(found: Seen, asked: DataLookup) -> str:
    """Where the spread stands, or the figure of it that was asked for."""
    a, b = (the(str(asked.series[side])) for side in ("a", "b"))
    what = f"{a} over {b}" if asked.args.get("how") == "ratio" else f"{a} less {b}"
    stands = f"{found.cite('last')} on {found.cite('last_date')}"
    if asked.focus in ("average", "max", "min"):
        day = f", on {found.cite(f'{asked.focus}_date')}" if asked.focus != "average" else ""
        return f"**{capital(what)}: {_NAMED[asked.focus]} {found.cite(asked.focus)}**{day}{span(found)}; it stood at {stands}."
    return (
        f"**{capital(what)} stood at {stands}**, against an average of {found.cite('average')}{span(found)}: at or above "
        f"{found.cite('percentile')} of that span."
    )


def rolled(found: Seen, asked: DataLookup) -> str:
    """The correlation of the latest window, beside the whole span's and the extremes."""
    a, b = (the(str(asked.series[side])) for side in ("a", "b"))
    window = asked.args.get("window")
    how = f"over {window} returns" if window else "over `60` returns, as no window was named"
    return (
        f"**{capital(a)} and {b} correlate at {found.cite('last')} {how}**, to {found.cite('last_date')}; {found.cite('whole')} over the "
        f"whole span. Lowest {found.cite('min')} ({found.cite('min_date')}), highest {found.cite('max')} ({found.cite('max_date')})."
    )


SPANS: dict[str, Callable[[Seen, DataLookup], str]] = {
    "series_span": figures,
    "series_crossing": crossing,
    "series_spread": spread,
    "rolling_correlation": rolled,
}


_ROWS = {
    "series_span": ("average", "median", "min", "max", "last", "change", "percentile"),
    "series_crossing": ("first_date", "last_date", "days", "share", "spells", "longest", "longest_from", "longest_to"),
    "series_spread": ("average", "min", "max", "first", "change"),
    "rolling_correlation": ("average", "whole"),
}  # fmt: skip


def _rows(tool: str) -> Callable[[Seen, str], str]:
    def shown(found: Seen, head: str) -> str:
        keys = [key for key in _ROWS[tool] if found.known(key) and f".{key}|" not in head and f".{key}}}" not in head]  # fmt: skip
        return table(["", ""], [[found.label(key), _dated(found, key)] for key in keys])

    return shown


def _dated(found: Seen, key: str) -> str:
    """The figure, with its day where it has one."""
    day = f"{key}_date"
    return f"{found.cite(key)}, {found.cite(day)}" if found.known(day) else found.cite(key)


SPAN_TABLES: dict[str, Callable[[Seen, str], str]] = {tool: _rows(tool) for tool in _ROWS}


def telling(warnings: list[str], asked: DataLookup) -> list[str]:
    """The warnings that bear on the figure that was asked for."""
    idle = [
        "this is the last one before it",
        "is itself a measure of volatility",
        "have no value and were left out",
        "within the common span were left out",
    ]
    if asked.focus != "change":
        idle.append("the change counts from the value of")
    return [note for note in warnings if not any(words in note for words in idle)]


_DAILY_OIL = frozenset({"wti", "oil", "crude", "crude oil", "wti crude", "wti oil"})


def monthly(asked: DataLookup) -> DataLookup | None:
    """A pair with the monthly average of WTI in the place of its daily price, beside monthly Brent; or None."""
    sides = {key: str(name) for key, name in asked.series.items()}
    oil = [key for key, name in sides.items() if name.lower() in _DAILY_OIL]
    if len(oil) != 1 or not any("brent" in name.lower() for name in sides.values()):
        return None
    return replace(asked, series={**sides, oil[0]: "wti_monthly"})
