"""What the offline quant says about a computation: one sentence with the answer, then the figures.

The rule it protects: every number in the answer is a reference to the receipt of the tool; the tool's
own warnings stand below it. Which words lead to which tool stands in the families of `grammar`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from bullpen_agents.grammar.intents import Compute
from bullpen_agents.offline.desk import Desk, Seen, table
from bullpen_agents.offline.quant_credit import CREDIT
from bullpen_agents.offline.quant_growth import GROWTH
from bullpen_agents.offline.quant_pricing import PRICING
from bullpen_agents.offline.quant_risk import RISK
from bullpen_agents.offline.series import meant, settled, unknown_series

Headline = Callable[[Seen, Compute], str]
_HEADLINES: dict[str, Headline] = {**PRICING, **CREDIT, **GROWTH, **RISK}
_HIDDEN = ("_textbook",)
_MOST = 24


def compute(desk: Desk, asked: Compute) -> str:
    """Call the tool, for each series, and tell its figures; what is missing, or its own refusal, otherwise."""
    if asked.missing:
        return asked.missing
    each = [replace(asked, args={**asked.args, "series": name}, also=()) for name in asked.also]
    return "\n\n".join(_compute(desk, one) for one in (replace(asked, also=()), *each))


def _compute(desk: Desk, asked: Compute) -> str:
    names = _series(asked)
    period, refused = settled(desk, names, asked.period)
    if refused:
        return refused
    args, timed, refused = _until_expiry(desk, _known(asked.args))
    if refused:
        return refused
    found = desk.use(asked.tool, **args, start=period.start, end=period.end)
    if found.error:
        return unknown_series(desk, names, found.text) if names else found.text
    head = _HEADLINES.get(asked.tool, _plain)(found, asked)
    told = set(_cited(head, found))
    rows = [
        [found.label(key), found.cite(key)]
        for key in found.values
        if found.known(key) and key not in told and not key.endswith(_HIDDEN)
    ]
    more = f"{len(rows) - _MOST} more figures are in the receipt." if len(rows) > _MOST else ""
    drawn = "The chart is attached." if found.artifacts else ""
    shown = table([asked.tool.replace("_", " "), ""], rows[:_MOST])
    foot = " ".join(part for part in (drawn, more, timed) if part)
    return "\n\n".join(part for part in (head, shown, foot) if part) + found.notes()


def _until_expiry(desk: Desk, args: dict[str, Any]) -> tuple[dict[str, Any], str, str]:
    """The arguments with the days until a named expiry, how they were counted, and a refusal or ""."""
    expiry = args.pop("expiry", None)
    if expiry is None:
        return args, "", ""
    if not desk.today:
        return (
            args,
            "",
            f"I do not know what day it is: write the days to {expiry}, such as `90 days`.",
        )
    days = (date.fromisoformat(expiry) - date.fromisoformat(desk.today)).days
    if days <= 0:
        return (
            args,
            "",
            f"{expiry} is not after {desk.today}: an option that has expired is worth what it pays. Which expiry is meant?",
        )
    return {**args, "days": days}, f"Time: `{days}` days, from {desk.today} to {expiry}.", ""


def _series(asked: Compute) -> tuple[str, ...]:
    """The names of series in the arguments, as written."""
    args = asked.args
    given = args.get("series", ())
    names = [given] if isinstance(given, str) else list(given)
    names += [holding["series"] for holding in args.get("holdings", ())]
    return tuple(name for name in (*names, args.get("factor", "")) if name)


def _known(args: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments with the names under which the market knows the series."""
    known = dict(args)
    for key in ("series", "factor"):
        if isinstance(known.get(key), str):
            known[key] = meant(known[key])
        elif key in known:
            known[key] = [meant(name) for name in known[key]]
    if "holdings" in known:
        known["holdings"] = [
            {**line, "series": meant(line["series"])} for line in known["holdings"]
        ]
    return known


def _plain(found: Seen, asked: Compute) -> str:
    del asked
    return found.summary


def _cited(text: str, found: Seen) -> list[str]:
    return [key for key in found.values if found.cite(key) in text]
