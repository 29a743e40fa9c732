"""What the offline data analyst says about a lookup: one sentence with the answer, then the figures.

The rule it protects: every number in the answer is a reference to the receipt of the tool, and the
tool's own warnings stand below it. Which words lead to which tool stands in the families of `grammar`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

from bullpen_agents.grammar.lookup import DataLookup
from bullpen_agents.offline.desk import Desk, Seen, as_notes, table
from bullpen_agents.offline.series import capital, meant, proxies, settled, the, unknown_series
from bullpen_agents.offline.spans import SPAN_TABLES, SPANS, monthly, telling

_MOST = 24
_CHARTS = frozenset({"plot_chart", "series_spread", "rolling_correlation"})
Headline = Callable[[Seen, DataLookup], str]


def look(desk: Desk, asked: DataLookup) -> str:
    """Call the tool for each series and tell its figures; what is missing, or its own refusal, otherwise."""
    if asked.missing:
        return asked.missing
    each = [replace(asked, series={**asked.series, "series": name}, also=()) for name in asked.also]
    return "\n\n".join(_look(desk, one) for one in (replace(asked, also=()), *each))


def _look(desk: Desk, asked: DataLookup) -> str:
    names = tuple(
        name
        for given in asked.series.values()
        for name in ((given,) if isinstance(given, str) else given)
    )
    period, refused = settled(desk, names, asked.period)
    if refused:
        return refused
    series: dict[str, Any] = {
        key: meant(given) if isinstance(given, str) else [meant(name) for name in given]
        for key, given in asked.series.items()
    }
    found = desk.use(
        asked.tool, **{"start": period.start, "end": period.end, **asked.args, **series}
    )
    if found.error and "frequencies differ" in found.text and (other := monthly(asked)):
        text = _look(desk, other)
        return (
            f"{text}\n> - Brent is held by the month here, so WTI is its monthly average, too."
            if "{{" in text
            else found.text
        )
    if found.error:
        return unknown_series(desk, names, found.text)
    head = _HEADLINES.get(asked.tool, _plain)(found, asked)
    if asked.tool == "series_rolling" and asked.focus == "against":
        head += _beside(desk, found, asked)
    body = _BODIES.get(asked.tool, _figures)(found, head)
    foot = "The file is attached." if found.artifacts and asked.tool not in _CHARTS else ""
    notes = (
        telling(found.warnings, asked)
        if asked.tool in SPANS or asked.tool == "series_value"
        else found.warnings
    )
    return (
        "\n\n".join(part for part in (head, body, foot) if part) + proxies(names) + as_notes(notes)
    )


def _plain(found: Seen, asked: DataLookup) -> str:
    del asked
    return found.summary


def _value(found: Seen, asked: DataLookup) -> str:
    name, on = the(str(asked.series["series"])), str(asked.args.get("on", ""))
    source = "".join(found.summary.partition("Source: ")[1:])
    held = str(found.values["date"]["value"])
    late = (date.fromisoformat(on) - date.fromisoformat(held)).days if on else 0
    change = next((found.cite(key) for key in ("change_pct", "change") if found.known(key)), "")
    before = f", {change} from the value before" if change else ""
    if late > 45:
        return (
            f"**The desk holds no value of {name} for `{on}`.** The last one before it is {found.cite('value')}, of "
            f"{found.cite('date')}. {source}"
        )
    text = f"**{capital(name)} was {found.cite('value')}** on {found.cite('date')}{before}"
    if late and asked.focus != "end":
        text += f"; there is none for `{on}` itself"
    return f"{text}. {source}"


def _rank(found: Seen, asked: DataLookup) -> str:
    side = asked.focus or "worst"
    grain, name = asked.args["grain"], the(str(asked.series["series"]))
    return (
        f"**The {side} {grain} of {name} was {found.cite(f'{side}_period')}, at {found.cite(side)}**, "
        f"of {found.cite('n')} {grain}s. {found.summary}"
    )


def _rolling(found: Seen, asked: DataLookup) -> str:
    name = the(str(asked.series["series"]))
    what = {"mean": "moving average", "zscore": "z-score", "deviation": "rolling deviation"}.get(
        asked.args["statistic"], asked.args["statistic"]
    )
    return (
        f"**The {asked.args['window']}-period {what} of {name} stands at {found.cite('now')}** ({found.cite('now_date')}), between "
        f"{found.cite('lowest')} on {found.cite('lowest_date')} and {found.cite('highest')} on {found.cite('highest_date')}."
    )


def _beside(desk: Desk, found: Seen, asked: DataLookup) -> str:
    """Where the series itself stands beside its average."""
    last = desk.use("series_value", series=meant(str(asked.series["series"])))
    if last.error:
        return ""
    side = "above" if last.number("value") > found.number("now") else "below"
    return (
        f" The series itself stood at {last.cite('value')} on {last.cite('date')}, **{side} it**."
    )


def _reconciled(found: Seen, asked: DataLookup) -> str:
    del asked
    text = f"**{found.summary.rstrip('.')}.** Of {found.cite('shared')} shared periods {found.cite('same')} are equal, "
    text += f"{found.cite('rounded')} differ only by rounding, and {found.cite('revised')} were revised."
    if found.known("largest_before"):
        text += f" The largest revision is in {found.cite('largest_period')}: {found.cite('largest_before')} became {found.cite('largest_after')}."
    return text


def _position(found: Seen, asked: DataLookup) -> str:
    group = "Hedgers" if asked.args.get("group") == "commercial" else "Speculators"
    return (
        f"**{group} hold {found.cite('net')} net in {asked.args['market']}**, {found.cite('share')} of open interest, "
        f"higher than or equal to {found.cite('percentile')} of the last {found.cite('weeks')} weeks. {found.summary}"
    )


def _session(found: Seen, asked: DataLookup) -> str:
    del asked
    if found.known("sessions"):
        return f"**{found.cite('sessions')} sessions.** {found.summary}"
    return f"**{found.summary}** The session before is {found.cite('previous_session')}, the one after {found.cite('next_session')}."


def _expiry(found: Seen, asked: DataLookup) -> str:
    del asked
    return f"**The next one is {found.cite('next')}**, in {found.cite('days')}. {found.summary}"


def _amount(found: Seen, asked: DataLookup) -> str:
    del asked
    if found.known("other_reading"):
        return (
            f"**As written it is {found.cite('as_written')} ({found.cite('in_words')}); it may have meant "
            f"{found.cite('other_reading')} ({found.cite('other_in_words')}).** I do not decide which."
        )
    return (
        f"**It is {found.cite('as_written')} ({found.cite('in_words')}).**"
        if found.known("as_written")
        else found.summary
    )


def _converted(found: Seen, asked: DataLookup) -> str:
    del asked
    return f"**{found.cite('amount')} is {found.cite('result')}.** {found.summary}"


def _replayed(found: Seen, asked: DataLookup) -> str:
    del asked
    return f"**{found.summary}**"


def _plotted(found: Seen, asked: DataLookup) -> str:
    del asked
    return f"**The chart is attached**: {found.summary.removeprefix('A chart: ')}"


def _figures(found: Seen, head: str) -> str:
    rows = [
        [found.label(key), found.cite(key)]
        for key in found.values
        if found.known(key) and f".{key}|" not in head and f".{key}}}" not in head
    ]
    return table(["", ""], rows[:_MOST])


def _ranking(found: Seen, head: str) -> str:
    del head
    pairs: list[list[str]] = []
    for n in range(1, 26):
        tail = "" if n == 1 else f"_{n}"
        if not found.known(f"best{tail}"):
            break
        pairs.append(
            [found.cite(f"{key}{tail}") for key in ("best_period", "best", "worst_period", "worst")]
        )
    return table(["best", "", "worst", ""], pairs)


def _queried(found: Seen, head: str) -> str:
    """The answer's rows, its numbers as references where they are figures."""
    del head
    header, *rows = found.table or [[]]
    shown: list[list[str]] = []
    for n, row in enumerate(rows[:_MOST], start=1):
        shown.append(
            [
                _cell(found, str(title), n, cell, alone=len(rows) == 1)
                for title, cell in zip(header, row, strict=True)
            ]
        )
    return table([str(title) for title in header], shown) or "No rows."


def _cell(found: Seen, title: str, n: int, cell: object, *, alone: bool) -> str:
    stem = "".join(c if c.isascii() and c.isalnum() else "_" for c in title.lower())
    while "__" in stem:
        stem = stem.replace("__", "_")
    key = stem.strip("_") if alone else f"{stem.strip('_')}_{n}"
    return found.cite(key) if found.known(key) else "" if cell is None else str(cell)


def _coefficients(found: Seen, head: str) -> str:
    names = [key.removeprefix("beta_") for key in found.values if key.startswith("beta_")]
    rows = [
        [name, *(found.cite(f"{key}_{name}") for key in ("beta", "se", "t", "p", "low", "high"))]
        for name in names
    ]
    fit = [
        [found.label(key), found.cite(key)]
        for key in ("r2", "durbin_watson", "lags", "n")
        if f".{key}|" not in head
    ]
    return "\n\n".join(
        (table(["", "coefficient", "error", "t", "p", "from", "to"], rows), table(["", ""], fit))
    )


def _regressed(found: Seen, asked: DataLookup) -> str:
    del asked
    names = [
        key.removeprefix("beta_")
        for key in found.values
        if key.startswith("beta_") and key != "beta_constant"
    ]
    said = [
        f"{found.cite(f'beta_{name}')} on {name} ({found.cite(f'low_{name}')} to {found.cite(f'high_{name}')})"
        for name in names
    ]
    return (
        f"**The coefficient is {', '.join(said)}, with R² of {found.cite('r2')}.** {found.summary}"
    )


def _listing(found: Seen, head: str) -> str:
    del head
    keys = [key for key in found.values if key.startswith("row_")]
    return table(["period", "value"], [[f"`{found.label(key)}`", found.cite(key)] for key in keys])


def _oddities(found: Seen, head: str) -> str:
    odd = table(
        ["kind", "where", "what"], [[str(cell) for cell in row] for row in found.table[1:_MOST]]
    )
    return "\n\n".join(part for part in (odd, _figures(found, head)) if part)


def _closed(found: Seen, head: str) -> str:
    days = table(
        ["closed on", "weekday"], [[str(cell) for cell in row] for row in found.table[1:_MOST]]
    )
    return "\n\n".join(part for part in (_figures(found, head), days) if part)


def _readings(found: Seen, head: str) -> str:
    """Nothing beside one amount; all of them otherwise. Why there are two readings, the warnings say."""
    return _figures(found, head) if len(found.table) > 2 else ""


def _printed(found: Seen, head: str) -> str:
    text = str(found.values.get("output", {}).get("value", ""))
    rows = [
        [found.label(key), found.cite(key)]
        for key in found.values
        if key != "output" and found.known(key)
    ]
    said = f"~~~\n{text[:3000]}\n~~~" if text else ""
    return "\n\n".join(part for part in (table(["", ""], rows[:_MOST]), said) if part) or head * 0


_HEADLINES: dict[str, Headline] = {
    **SPANS,
    "series_value": _value, "series_rank": _rank, "series_rolling": _rolling, "reconcile": _reconciled, "positioning": _position,
    "trading_sessions": _session, "expiries": _expiry, "read_amount": _amount, "convert_unit": _converted, "plot_chart": _plotted, "replay": _replayed, "regression": _regressed,
}  # fmt: skip
_BODIES: dict[str, Callable[[Seen, str], str]] = {
    "series_rank": _ranking, "regression": _coefficients, "series_rows": _listing, "sql_query": _queried, "series_profile": _oddities, "trading_sessions": _closed,
    "read_amount": _readings, "run_python": _printed, **SPAN_TABLES,
}  # fmt: skip
