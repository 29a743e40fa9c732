"""Names, spans and periods of series in the offline colleagues' answers.

The rule it protects: a period that cannot be read, or a name that nobody knows, is said, and no other
span or series is put in its place. Words that stand for a series (stocks) are named in the answer.
"""

from __future__ import annotations

import re

from bullpen_agents.grammar.series import KNOWN, Period
from bullpen_agents.offline.desk import Desk, Seen

_PROXIES = {
    "stocks": "S&P 500",
    "equities": "S&P 500",
    "shares": "S&P 500",
    "tech": "nasdaq",
    "tech stocks": "nasdaq",
    "us stocks": "S&P 500",
    "inflation": "core CPI",
}


def meant(name: str) -> str:
    """The name under which the market knows what a person calls `name`."""
    return _PROXIES.get(name.lower(), name)


def proxies(names: tuple[str, ...]) -> str:
    """Which words were taken for which series, as notes; "" for none."""
    lines = [
        f"> - I read “{name}” as {_PROXIES[name.lower()]}."
        for name in names
        if name.lower() in _PROXIES
    ]
    return "\n\n" + "\n".join(lines) if lines else ""


def settled(desk: Desk, names: tuple[str, ...], period: Period) -> tuple[Period, str]:
    """The period with its days, or a refusal: "the last 5 years" counts from where the data end."""
    if period.unread:
        return period, (
            f"I do not read “{period.unread}”, so I do not answer for another span. "
            "Name years, such as `since 2010`, `between 2008 and 2012` or `over the last 5 years`."
        )
    if not period.back:
        return period, ""
    calls = [("series_stats", {"series": meant(name)}) for name in names]
    results = desk.use_all(*calls)
    failed = next((name for name, found in zip(names, results, strict=True) if found.error), None)
    if failed is not None:
        text = next(found.text for found in results if found.error)
        return period, unknown_series(desk, (failed,), text)
    ends = [str(found.values["last_date"]["value"]) for found in results]
    return Period(start=period.first_day(min(ends))), ""


def calendar_days(period: Period) -> list[str]:
    """That "the last 60 days" were counted on the calendar, where days were asked for."""
    count, unit = period.back or (0, "")
    if unit != "day" or count < 5:
        return []
    return [
        f"“Last {count} days” are calendar days here. For the last {count} trading days ask for the {count} day rolling volatility."
    ]


def unknown_series(desk: Desk, names: tuple[str, ...], error: str) -> str:
    """The tool's own sentence, or a question when a known name stands inside of an unknown phrase."""
    del desk
    error = error.replace(
        "Choose series of one frequency from `series_catalogue`",
        "Choose series of one frequency: `what data do you have?` lists them",
    )
    error = error.replace(
        "Ask `series_catalogue` for the span that it covers",
        "`what data do you have?` shows the span that it covers",
    )
    if " has 0 values in this span" in error:
        title = error.partition(" has 0 values")[0]
        return (
            f"The desk holds nothing of {title} in that span, so there is no answer. "
            "Write `what data do you have?` to see which span it covers."
        )
    for name in names:
        if f"“{name}”" not in error and f"`{name}`" not in error and name not in error:
            continue
        words = name.lower()
        inside = next((k for k in KNOWN if re.search(rf"(?<!\w){re.escape(k)}(?!\w)", words)), "")
        if inside and inside != words:
            return f"I know no series called “{name}”. Did you mean **{inside}**?"
    return error


def span(found: Seen) -> str:
    days = re.search(r"(\d{4}-\d{2}-\d{2}) to (\d{4}-\d{2}-\d{2})", found.summary)
    return f", {days[1]} to {days[2]}" if days else ""


_NAMES = {
    "s&p": "S&P 500", "s&p 500": "S&P 500", "s&p500": "S&P 500", "sp500": "S&P 500", "sp 500": "S&P 500", "snp": "S&P 500", "nasdaq": "Nasdaq",
    "baa": "Baa", "aaa": "Aaa", "brent": "Brent", "baa yield": "Baa yield", "aaa yield": "Aaa yield", "core cpi": "core CPI", "wti_monthly": "WTI", "brent crude": "Brent",
}  # fmt: skip
"""How names are spelled, however a person wrote them."""
_ACRONYMS = {"vix", "wti", "dax", "spx", "ftse", "gdp", "cpi"}
_WITH_ARTICLE = re.compile(r"(?i)(?:s&p|sp ?500|nasdaq|vix|dow|dax|baa yield|aaa yield)\b")


def the(name: str) -> str:
    """A series' name as a sentence has it: indices read better with their article; commodities without."""
    lower = name.lower()
    name = _NAMES.get(lower, name.upper() if lower in _ACRONYMS else name)
    return f"the {name}" if _WITH_ARTICLE.match(name) else name


def capital(name: str) -> str:
    return name[:1].upper() + name[1:]
