"""What the offline colleagues do for one intent: which tools they call, and what they then say.

The rule it protects: every computed number in an answer is a reference to a receipt; when a tool
refuses, its own sentence is the answer. Each script is a plain function of the desk's view and is
run again from its beginning at every step. It does not decide who does the work.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from typing import Any

from bullpen_agents.grammar import reading
from bullpen_agents.grammar.ideas import HitRate, IdeaReport, OpenIdea, ResolveIdeas
from bullpen_agents.grammar.lookup import DataLookup
from bullpen_agents.grammar.options import Payoff
from bullpen_agents.offline.catalogue import catalogue
from bullpen_agents.offline.data import look
from bullpen_agents.offline.desk import Desk, Seen, as_notes, table
from bullpen_agents.offline.ideas import idea_report, judge_hits, open_idea, resolve_ideas
from bullpen_agents.offline.payoff import payoff
from bullpen_agents.offline.quant import compute
from bullpen_agents.offline.series import (
    calendar_days,
    capital,
    meant,
    proxies,
    settled,
    span,
    the,
    unknown_series,
)

WINDOW = 60
"""Returns in a rolling window when nobody asks for another: about a quarter of trading days."""
WINDOW_REASON = (
    f"a window of {WINDOW} returns, about a quarter of trading days: long enough for a steady "
    "estimate, short enough to show a crisis."
)


def _reason(window: int) -> str:
    return f"a window of {window} returns{'' if window == WINDOW else ', as asked'}."


def compare(desk: Desk, asked: reading.Compare) -> str:
    """Compare volatilities; the headline is the first paragraph."""
    period, refused = settled(desk, asked.series, asked.period)
    if refused:
        return refused
    series = [meant(name) for name in asked.series]
    found = desk.use(
        "compare_volatility",
        series=series,
        start=period.start,
        end=period.end,
        window=asked.window,
    )
    if found.error:
        return unknown_series(desk, asked.series, found.text)
    keys = [key for key in found.values if key.startswith("vol_")]
    names = dict(zip(keys, asked.series, strict=False))
    ranked = sorted(keys, key=found.number, reverse=True)
    rows = [
        [
            found.label(key).removeprefix("Volatility of "),
            *(
                found.cite(f"{head}_{key.removeprefix('vol_')}")
                for head in ("vol", "rolling_vol", "rolling_high", "rolling_high_date")
            ),
        ]
        for key in ranked
    ]
    header = ["annualised volatility", "whole span", "latest window", "highest window", "ending"]
    convention = f"Log returns on the dates the series share{span(found)}; rolling volatility over {_reason(asked.window)}"
    return "\n\n".join(
        [
            _compare_headline(found, ranked, names),
            table(header, rows),
            convention + proxies(asked.series) + ("" if desk.purpose == "work" else found.notes()),
        ]
    )


def _compare_headline(found: Seen, ranked: list[str], names: dict[str, str]) -> str:
    top, rest = ranked[0], ranked[1:]
    others = " and ".join(f"{found.cite(key)} for {the(names[key])}" for key in rest)
    text = (
        f"**{capital(names[top])} was the most volatile**"
        if len(rest) > 1
        else (f"**{capital(names[top])} was the more volatile**")
    )
    text += f": {found.cite(top)} a year against {others}"
    ratio = f"ratio_{top.removeprefix('vol_')}_{rest[0].removeprefix('vol_')}" if rest else ""
    if len(rest) == 1 and found.known(ratio):
        text += f", {found.cite(ratio)} as much"
    pairs = [key for key in found.values if key.startswith("correlation_") and found.known(key)]
    if len(pairs) == 1:
        text += f". Their returns correlate at {found.cite(pairs[0])}"
    return f"{text}. Data{span(found).replace(',', ':', 1)}."


def correlate(desk: Desk, asked: reading.Correlate) -> str:
    """Correlate every pair of the series."""
    period, refused = settled(desk, asked.series, asked.period)
    if refused:
        return refused
    pairs = list(combinations(asked.series, 2))
    calls = [
        ("correlation", {"a": meant(a), "b": meant(b), "start": period.start, "end": period.end})
        for a, b in pairs
    ]
    results = desk.use_all(*calls)
    failed = next((found for found in results if found.error), None)
    if failed:
        return unknown_series(desk, asked.series, failed.text)
    said: list[str] = []
    notes: list[str] = []
    for (a, b), found in zip(pairs, results, strict=True):
        text = f"**The returns of {the(a)} and {the(b)} correlate at {found.cite('correlation')}**"
        if found.known("correlation_low"):
            text += f" (95 % interval {found.cite('correlation_low')} to {found.cite('correlation_high')})"
        said.append(f"{text}, from {found.cite('n')} pairs of returns{span(found)}.")
        notes += found.warnings
    told = said[0] if len(said) == 1 else "\n".join(f"- {line}" for line in said)
    notes = [*calendar_days(asked.period), *dict.fromkeys(notes)]
    return told + "\n" + proxies(asked.series) + as_notes(notes)


_STATS_ROWS = (
    "last", "last_date", "total_return", "cagr", "volatility", "max_drawdown", "drawdown_peak_date",
    "drawdown_trough_date", "change", "change_volatility", "min", "max", "n",
)  # fmt: skip


_FOCUSED = {
    "volatility": ("volatility", "change_volatility", "total_return", "max_drawdown", "min", "max", "n"),
    "drawdown": ("max_drawdown", "drawdown_peak_date", "drawdown_trough_date", "total_return", "last", "n"),
    "return": ("total_return", "cagr", "volatility", "max_drawdown", "last", "n"),
    "max": ("max", "min", "last", "last_date", "n"),
    "min": ("min", "max", "last", "last_date", "n"),
}  # fmt: skip
"""What stands below an answer that was asked for one measure."""


def stats(desk: Desk, asked: reading.Stats) -> str:
    """Measure each series that was asked about; the figure asked for comes first."""
    names = (asked.series, *asked.also)
    period, refused = settled(desk, names, asked.period)
    if refused:
        return refused
    calls = [
        ("series_stats", {"series": meant(name), "start": period.start, "end": period.end})
        for name in names
    ]
    parts: list[str] = []
    for name, found in zip(names, desk.use_all(*calls), strict=True):
        if found.error:
            parts.append(unknown_series(desk, (name,), found.text))
            continue
        shown = _FOCUSED.get(asked.focus, _STATS_ROWS)
        rows = [[found.label(key), found.cite(key)] for key in shown if found.known(key)]
        parts += [
            f"{_stats_headline(found, replace(asked, series=name))} {_ends(found, asked)}".strip(),
            table([capital(name), ""], rows),
            found.summary
            + proxies((name,))
            + as_notes([*calendar_days(asked.period), *found.warnings]),
        ]
    return "\n\n".join(parts)


def _ends(found: Seen, asked: reading.Stats) -> str:
    """Where the data end, unless the person named the end."""
    return "" if asked.period.end else f"The data end on {found.cite('last_date')}."


def live(desk: Desk, asked: reading.Live) -> str:
    """There are no live prices: the last value that is held, with its day."""
    names = (asked.series, *asked.also)
    said: list[str] = []
    for name, found in zip(
        names,
        desk.use_all(*(("series_value", {"series": meant(name)}) for name in names)),
        strict=True,
    ):
        if found.error:
            said.append(f"I hold no live prices. {unknown_series(desk, (name,), found.text)}")
            continue
        said.append(
            f"**The latest value of {the(name)} that the desk holds is {found.cite('value')}, of {found.cite('date')}.** "
            f"I hold no live prices. Source: {found.summary.partition('Source: ')[2]}"
        )
    return "\n\n".join(said)


def _stats_headline(found: Seen, asked: reading.Stats) -> str:
    name = capital(the(asked.series))
    if asked.focus == "volatility" and found.known("volatility"):
        return (
            f"**{name} has an annualised volatility of {found.cite('volatility')}**{span(found)}."
        )
    if asked.focus == "drawdown" and found.known("max_drawdown"):
        return (
            f"**The worst drawdown of {the(asked.series)} was {found.cite('max_drawdown')}**: it began on "
            f"{found.cite('drawdown_peak_date')} and was deepest on {found.cite('drawdown_trough_date')}."
        )
    if asked.focus in ("max", "min") and found.known(asked.focus):
        word = "highest" if asked.focus == "max" else "lowest"
        day = found.cite(f"{asked.focus}_date")
        return f"**The {word} value of {the(asked.series)} was {found.cite(asked.focus)}**, on {day}{span(found)}."
    if asked.focus == "return" and found.known("total_return"):
        return f"**{name} returned {found.cite('total_return')}**{span(found)}, price only."
    if asked.focus == "volatility" and found.known("change_volatility"):
        return (
            f"**{name} is a rate: its changes deviate by {found.cite('change_volatility')} a year**"
            f"{span(found)}."
        )
    return f"**{name}** at a glance{span(found)}."


def chart(desk: Desk, asked: reading.Chart) -> str:
    """Draw series, and say what is drawn."""
    return chart_and_ids(desk, asked, asked.window)[0]


def chart_and_ids(desk: Desk, asked: reading.Chart, window: int) -> tuple[str, tuple[str, ...]]:
    """Draw series; what to say about it, and the ids of the series in it (from the file's name)."""
    what = "index" if asked.what == "level" and len(asked.series) > 1 else asked.what
    period, refused = settled(desk, asked.series, asked.period)
    if refused:
        return refused, ()
    found = desk.use(
        "series_chart",
        series=[meant(name) for name in asked.series],
        transform=what,
        window=window if what == "rolling_vol" else None,
        start=period.start,
        end=period.end,
    )
    if found.error and what == "index" and "has no returns" in found.text:
        # Rates are drawn as they stand, on one axis.
        what = "level"
        found = desk.use(
            "series_chart",
            series=[meant(name) for name in asked.series],
            transform=what,
            start=period.start,
            end=period.end,
        )
    if found.error:
        return unknown_series(desk, asked.series, found.text), ()
    names = " and ".join(the(name) for name in asked.series)
    words = {
        "level": f"the level of {names}",
        "index": f"{names}, rebased to a common start",
        "rolling_vol": f"the rolling volatility of {names} over {window} returns",
        "drawdown": f"the drawdown of {names}",
    }
    title = f"**The chart is attached**: {words[what]}{span(found)}."
    drawn = " ".join(str(item.get("name", "")) for item in found.artifacts)
    ids = tuple(re.findall(r"[a-z]\w*", drawn.lower()))
    return title + proxies(asked.series) + found.notes(), ids


_LINES_SHOWN = 20
_DOCUMENTS = (".pdf", ".docx", ".html", ".htm", ".eml", ".md")


def _cell(value: object) -> str:
    return "" if value is None else str(value)


def import_file(desk: Desk, asked: reading.Import) -> str:
    """Bring the attached CSV in."""
    if not desk.files:
        return "There is no file attached. Attach a CSV with a date column and write `import this`."
    parts: list[str] = []
    ids: list[str] = []
    stated = re.search(r"(?i)\bunit\b(?:\s+(?:is|in))?\s*[:=]?\s*([\w/%$€]+)", desk.text)
    for name in desk.files:
        if name.lower().endswith(_DOCUMENTS):
            parts.append(_own_words(desk, name))
            continue
        found = desk.use("import_csv", name=name, unit=stated[1] if stated else None)
        if found.error and not name.lower().endswith((".csv", ".tsv", ".txt")):
            parts.append(_own_words(desk, name))
            continue
        if found.error:
            parts.append(f"`{name}`: {found.text}")
            continue
        ids += [str(row[0]) for row in found.table[1:]]
        counts = ", ".join(f"{found.label(key).lower()} {found.cite(key)}" for key in found.values)
        parts.append(
            f"**`{name}`** is in. {found.summary}{f' ({counts})' if counts else ''}{found.notes()}"
        )
    if ids and asked.then:
        parts.insert(0, _with_these(desk, asked.then, tuple(ids[:6])))
    return "\n\n".join(parts)


def _with_these(desk: Desk, then: reading.Stats | reading.Chart, ids: tuple[str, ...]) -> str:
    """What was asked about the series that have just come in."""
    if isinstance(then, reading.Chart):
        return chart(desk, replace(then, series=ids))
    return stats(desk, replace(then, series=ids[0], also=ids[1:]))


def read_file(desk: Desk, asked: reading.ReadFile) -> str:
    """Show what a file says: without a language model, its own words and no summary."""
    del asked
    return "\n\n".join(_own_words(desk, name) for name in desk.files)


def _own_words(desk: Desk, name: str) -> str:
    found = desk.use("read_file", name=name)
    if found.error:
        return f"`{name}`: {found.text}"
    lines = _cell(found.table[1][1]).splitlines() if len(found.table) > 1 else []
    shown = "\n".join(lines[:_LINES_SHOWN])
    more = " The first lines:" if len(lines) > _LINES_SHOWN else ""
    kept = (
        " It is in memory: ask `what do we know about …` to get its passages."
        if name.lower().endswith(_DOCUMENTS)
        else ""
    )
    return (
        f"**`{name}`** has {found.cite('lines')} lines. I cannot summarise without a language "
        f"model, so here are its own words.{kept}{more}\n\n~~~\n{shown}\n~~~"
    )


def keep_document(desk: Desk, asked: reading.KeepDocument) -> str:
    """Keep the attached documents in memory."""
    del asked
    if not desk.files:
        return "There is no file attached. Attach a text and write `remember this file`."
    parts: list[str] = []
    for name in desk.files:
        found = desk.use("keep_document", name=name)
        parts.append(
            f"`{name}`: {found.text}"
            if found.error
            else f"**`{name}`** is in memory, in {found.cite('passages')} passages. "
            f"Ask `what do we know about …` to get them back.{found.notes()}"
        )
    return "\n\n".join(parts)


Script = Callable[[Desk, Any], str]
WORK: dict[type, tuple[str, tuple[str, ...], Script]] = {
    Payoff: ("quant", ("strategy_payoff", "payoff_chart"), payoff),
    OpenIdea: ("quant", ("idea_open",), open_idea),
    ResolveIdeas: ("quant", ("idea_resolve",), resolve_ideas),
    IdeaReport: ("quant", ("idea_report",), idea_report),
    HitRate: ("quant", ("hit_rate",), judge_hits),
    reading.Compare: ("quant", ("compare_volatility",), compare),
    reading.Correlate: ("quant", ("correlation",), correlate),
    reading.Stats: ("quant", ("series_stats",), stats),
    reading.Live: ("data_analyst", ("series_value",), live),
    reading.Chart: ("data_analyst", ("series_chart",), chart),
    reading.Catalogue: ("data_analyst", ("series_catalogue",), catalogue),
    reading.Import: ("data_analyst", ("import_csv",), import_file),
    reading.ReadFile: ("data_analyst", ("read_file",), read_file),
    DataLookup: ("data_analyst", (), look),
    reading.Compute: ("quant", (), compute),
    reading.KeepDocument: ("data_analyst", ("keep_document",), keep_document),
}
"""For each kind of work: whose it is, the tools it takes, and the script."""


def work_of(intent: Any) -> tuple[str, tuple[str, ...], Script]:
    """Whose work an intent is, the tools it takes, and the script."""
    owner, tools, script = WORK[type(intent)]
    return owner, (intent.tool,) if isinstance(intent, reading.Compute) else tools, script
