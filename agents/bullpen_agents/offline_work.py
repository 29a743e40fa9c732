"""What the offline colleagues do for one intent: which tools they call, and what they then say.

The rule it protects: every computed number in an answer is a reference to a receipt; when a tool
refuses, its own sentence is the answer. Each script is a plain function of the desk's view and is
run again from its beginning at every step. It does not decide who does the work.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from bullpen_agents import grammar
from bullpen_agents.grammar_options import Payoff
from bullpen_agents.grammar_series import Period
from bullpen_agents.offline_desk import Desk, Seen, as_notes, table

WINDOW = 60
"""Returns in a rolling window when nobody asks for another: about a quarter of trading days."""
WINDOW_REASON = (
    f"a window of {WINDOW} returns, about a quarter of trading days: long enough for a steady "
    "estimate, short enough to show a crisis."
)


def payoff(desk: Desk, asked: Payoff) -> str:
    """Price a structure at expiry and draw it."""
    if asked.missing:
        return (
            f"I cannot price that yet: {asked.missing}. Write the strikes together, "
            "for instance `70-90-110 call butterfly bought at 2.50`."
        )
    legs = [{"kind": k, "quantity": q, "strike": strike} for k, q, strike in asked.legs]
    shape: dict[str, Any] = (
        {"legs": legs} if legs else {"structure": asked.structure, "strikes": list(asked.strikes)}
    )
    found = desk.use(
        "strategy_payoff",
        **shape,
        cost=asked.cost,
        underlying=asked.underlying or None,
        currency=asked.currency if asked.currency != "USD" else None,
    )
    if found.error:
        return found.text
    drawn = desk.use("payoff_chart", receipt=found.receipt)
    parts = [
        _payoff_sentence(found, asked),
        _payoff_table(found),
        _payoff_notes(found, drawn, asked),
    ]
    return "\n\n".join(part for part in parts if part)


def _payoff_sentence(found: Seen, asked: Payoff) -> str:
    strikes = "-".join(f"{strike:g}" for strike in asked.strikes)
    kind = asked.structure.replace("_", " ")
    name = f"**{asked.underlying} {strikes} {kind}**".replace("** ", "**")
    verb = "sold" if asked.legs and (asked.cost or 0) <= 0 else ""
    head = f"At expiry the {verb} {name}".replace("  ", " ")
    if asked.cost is None:
        return f"{head} pays at most {found.cite('max_payoff')} per unit."
    ends = [key for key in found.values if key.startswith("break_even_")]
    even = " and ".join(found.cite(key) for key in ends)
    even = f", and breaks even at {even}" if even else ""
    return (
        f"{head} pays at most {found.cite('max_payoff')} and makes at most "
        f"{found.cite('max_profit')} per unit{even}."
    )


def _payoff_table(found: Seen) -> str:
    rows = [
        ("Maximum payoff", "max_payoff"),
        ("Maximum profit", "max_profit"),
        ("Maximum loss", "max_loss"),
        ("Net multiple (maximum profit / cost)", "net_multiple"),
        ("Gross multiple (maximum payoff / cost)", "gross_multiple"),
    ]
    credit = found.number("cost") < 0
    rows.insert(0, ("Net premium (negative: received)" if credit else "Cost", "cost"))
    shown = [[label, found.cite(key)] for label, key in rows if found.known(key)]
    ends = [key for key in found.values if key.startswith("break_even_")]
    if ends:
        label = "Break-even" if len(ends) == 1 else "Break-evens"
        shown.insert(4 if len(shown) > 4 else len(shown), [label, ", ".join(map(found.cite, ends))])
    return table(["per unit of the underlying", ""], shown)


def _payoff_notes(found: Seen, drawn: Seen, asked: Payoff) -> str:
    lines = ["The payoff chart is attached." if not drawn.error else f"No chart: {drawn.text}"]
    if asked.cost is None:
        lines.append("Add the premium, such as `for 2.50`, and I give profit and break-evens.")
    else:
        lines.append("A payoff at expiry says nothing about how likely it is.")
    if asked.counted:
        lines.append(
            "All figures are per unit of the underlying, whatever the number of contracts."
        )
    warnings = [w for w in found.warnings if asked.cost is not None or "cost" not in w.lower()]
    return " ".join(lines) + as_notes(warnings)


def compare(desk: Desk, asked: grammar.Compare) -> str:
    """Compare volatilities; the headline is the first paragraph."""
    found = desk.use(
        "compare_volatility",
        series=list(asked.series),
        start=asked.period.start,
        end=asked.period.end,
        window=WINDOW,
    )
    if found.error:
        return found.text
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
    convention = f"Log returns on the dates the series share{_span(found)}; rolling volatility over {WINDOW_REASON}"
    return "\n\n".join(
        [
            _compare_headline(found, ranked, names),
            table(header, rows),
            convention + _unread(asked.period) + found.notes(),
        ]
    )


def _compare_headline(found: Seen, ranked: list[str], names: dict[str, str]) -> str:
    top, rest = ranked[0], ranked[1:]
    others = " and ".join(f"{found.cite(key)} for {_the(names[key])}" for key in rest)
    text = (
        f"**{_capital(names[top])} was the most volatile**"
        if len(rest) > 1
        else (f"**{_capital(names[top])} was the more volatile**")
    )
    text += f": {found.cite(top)} a year against {others}"
    ratio = f"ratio_{top.removeprefix('vol_')}_{rest[0].removeprefix('vol_')}" if rest else ""
    if len(rest) == 1 and found.known(ratio):
        text += f", {found.cite(ratio)} as much"
    pairs = [key for key in found.values if key.startswith("correlation_") and found.known(key)]
    if len(pairs) == 1:
        text += f". Their returns correlate at {found.cite(pairs[0])}"
    return text + "."


def correlate(desk: Desk, asked: grammar.Correlate) -> str:
    """Correlate two series."""
    a, b = asked.series[:2]
    found = desk.use("correlation", a=a, b=b, start=asked.period.start, end=asked.period.end)
    if found.error:
        return found.text
    text = f"**The returns of {_the(a)} and {_the(b)} correlate at {found.cite('correlation')}**"
    if found.known("correlation_low"):
        text += (
            f" (95 % interval {found.cite('correlation_low')} to {found.cite('correlation_high')})"
        )
    text += f", from {found.cite('n')} pairs of returns{_span(found)}."
    return text + "\n" + _unread(asked.period) + found.notes()


_STATS_ROWS = (
    "last", "last_date", "total_return", "cagr", "volatility", "max_drawdown", "drawdown_peak_date",
    "drawdown_trough_date", "change", "change_volatility", "min", "max", "n",
)  # fmt: skip


def stats(desk: Desk, asked: grammar.Stats) -> str:
    """Measure one series; the figure asked for comes first."""
    found = desk.use(
        "series_stats", series=asked.series, start=asked.period.start, end=asked.period.end
    )
    if found.error:
        return found.text
    rows = [[found.label(key), found.cite(key)] for key in _STATS_ROWS if found.known(key)]
    return "\n\n".join(
        [
            _stats_headline(found, asked),
            table([_capital(asked.series), ""], rows),
            found.summary + _unread(asked.period) + found.notes(),
        ]
    )


def _stats_headline(found: Seen, asked: grammar.Stats) -> str:
    name = _capital(_the(asked.series))
    if asked.focus == "volatility" and found.known("volatility"):
        return (
            f"**{name} has an annualised volatility of {found.cite('volatility')}**{_span(found)}."
        )
    if asked.focus == "drawdown" and found.known("max_drawdown"):
        return (
            f"**The worst drawdown of {_the(asked.series)} was {found.cite('max_drawdown')}**: it began on "
            f"{found.cite('drawdown_peak_date')} and was deepest on {found.cite('drawdown_trough_date')}."
        )
    if asked.focus == "return" and found.known("total_return"):
        return f"**{name} returned {found.cite('total_return')}**{_span(found)}, price only."
    if asked.focus == "volatility" and found.known("change_volatility"):
        return (
            f"**{name} is a rate: its changes deviate by {found.cite('change_volatility')} a year**"
            f"{_span(found)}."
        )
    return f"**{name}** at a glance{_span(found)}."


def chart(desk: Desk, asked: grammar.Chart) -> str:
    """Draw series, and say what is drawn."""
    return chart_and_ids(desk, asked, WINDOW)[0]


def chart_and_ids(desk: Desk, asked: grammar.Chart, window: int) -> tuple[str, tuple[str, ...]]:
    """Draw series; what to say about it, and the ids of the series in it (from the file's name)."""
    what = "index" if asked.what == "level" and len(asked.series) > 1 else asked.what
    found = desk.use(
        "series_chart",
        series=list(asked.series),
        transform=what,
        window=window if what == "rolling_vol" else None,
        start=asked.period.start,
        end=asked.period.end,
    )
    if found.error:
        return found.text, ()
    names = " and ".join(_the(name) for name in asked.series)
    words = {
        "level": f"the level of {names}",
        "index": f"{names}, rebased to a common start",
        "rolling_vol": f"the rolling volatility of {names} over {window} returns",
        "drawdown": f"the drawdown of {names}",
    }
    title = f"**The chart is attached**: {words[what]}{_span(found)}."
    drawn = " ".join(str(item.get("name", "")) for item in found.artifacts)
    ids = tuple(re.findall(r"[a-z]\w*", drawn.lower()))
    return title + _unread(asked.period) + found.notes(), ids


_LINES_SHOWN = 20
COLUMNS = ["series", "title", "unit", "frequency", "from", "to"]


def catalogue(desk: Desk, asked: grammar.Catalogue) -> str:
    """List what the desk holds."""
    del asked
    found = desk.use("series_catalogue")
    if found.error:
        return found.text
    rows = catalogue_rows(found)
    if not rows:
        return (
            "The desk holds no series yet. Attach a CSV with a date column and write `import this`."
        )
    head = "The desk holds these series. Ask for any of them by name or symbol."
    return f"{head}\n\n{table(COLUMNS, rows)}{found.notes()}"


def catalogue_rows(found: Seen, names: tuple[str, ...] = ()) -> list[list[str]]:
    """The catalogue's rows (id, title, unit, frequency, first, last), those that fit `names` if any."""
    if not found.table:
        return []
    header = [str(cell).lower() for cell in found.table[0]]
    wanted = ("id", "title", "unit", "frequency", "first", "last")
    synonyms = {"id": ("series",), "first": ("start", "from"), "last": ("end", "to")}
    columns = [
        next((header.index(n) for n in (name, *synonyms.get(name, ())) if n in header), None)
        for name in wanted
    ]
    rows: list[list[str]] = []
    key = columns[0] or 0
    exact = {name for name in names if any(str(line[key]) == name for line in found.table[1:])}
    for line in found.table[1:]:
        everything = " ".join(str(cell) for cell in line).lower()
        fits = str(line[key]) in exact if exact else any(_fits(n, everything) for n in names)
        if fits or not names:
            rows.append([_cell(line[at]) if at is not None else "" for at in columns])
    return rows


def _fits(name: str, text: str) -> bool:
    squeezed = re.sub(r"[^a-z0-9]", "", text)
    return name.lower() in text or re.sub(r"[^a-z0-9]", "", name.lower()) in squeezed


def _cell(value: object) -> str:
    return "" if value is None else str(value)


def import_file(desk: Desk, asked: grammar.Import) -> str:
    """Bring the attached CSV in."""
    del asked
    if not desk.files:
        return "There is no file attached. Attach a CSV with a date column and write `import this`."
    parts: list[str] = []
    stated = re.search(r"(?i)\bunit\b(?:\s+(?:is|in))?\s*[:=]?\s*([\w/%$€]+)", desk.text)
    for name in desk.files:
        found = desk.use("import_csv", name=name, unit=stated[1] if stated else None)
        if found.error and not name.lower().endswith((".csv", ".tsv", ".txt")):
            found = desk.use("read_file", name=name)
        if found.error:
            parts.append(f"`{name}`: {found.text}")
            continue
        counts = ", ".join(f"{found.label(key).lower()} {found.cite(key)}" for key in found.values)
        parts.append(
            f"**`{name}`** is in. {found.summary}{f' ({counts})' if counts else ''}{found.notes()}"
        )
    return "\n\n".join(parts)


def read_file(desk: Desk, asked: grammar.ReadFile) -> str:
    """Show what a file says: without a language model, its own words and no summary."""
    del asked
    parts: list[str] = []
    for name in desk.files:
        found = desk.use("read_file", name=name)
        if found.error:
            parts.append(f"`{name}`: {found.text}")
            continue
        lines = _cell(found.table[1][1]).splitlines() if len(found.table) > 1 else []
        shown = "\n".join(lines[:_LINES_SHOWN])
        more = " The first lines:" if len(lines) > _LINES_SHOWN else ""
        parts.append(
            f"**`{name}`** has {found.cite('lines')} lines. I cannot summarise without a language "
            f"model, so here are its own words.{more}\n\n~~~\n{shown}\n~~~"
        )
    return "\n\n".join(parts)


def keep_document(desk: Desk, asked: grammar.KeepDocument) -> str:
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


def _span(found: Seen) -> str:
    days = re.search(r"(\d{4}-\d{2}-\d{2}) to (\d{4}-\d{2}-\d{2})", found.summary)
    return f", {days[1]} to {days[2]}" if days else ""


def _unread(period: Period) -> str:
    if not period.unread:
        return ""
    return (
        f"\n\n> - I do not read “{period.unread}”, so this is the whole span. "
        "Name years instead, such as `since 2010` or `between 2008 and 2012`."
    )


def _the(name: str) -> str:
    # Indices read better with their article; commodities without.
    name = name.upper() if name.lower() in _ACRONYMS else name
    name = "Nasdaq" if name == "nasdaq" else name
    return f"the {name}" if re.match(r"(?i)(?:s&p|sp ?500|nasdaq|vix|dow|dax)\b", name) else name


_ACRONYMS = {"vix", "wti", "dax", "spx", "ftse", "gdp", "cpi"}


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]


Script = Callable[[Desk, Any], str]
WORK: dict[type, tuple[str, tuple[str, ...], Script]] = {
    Payoff: ("quant", ("strategy_payoff", "payoff_chart"), payoff),
    grammar.Compare: ("quant", ("compare_volatility",), compare),
    grammar.Correlate: ("quant", ("correlation",), correlate),
    grammar.Stats: ("quant", ("series_stats",), stats),
    grammar.Chart: ("data_analyst", ("series_chart",), chart),
    grammar.Catalogue: ("data_analyst", ("series_catalogue",), catalogue),
    grammar.Import: ("data_analyst", ("import_csv",), import_file),
    grammar.ReadFile: ("data_analyst", ("read_file",), read_file),
    grammar.KeepDocument: ("data_analyst", ("keep_document",), keep_document),
}
"""For each kind of work: whose it is, the tools it takes, and the script."""
