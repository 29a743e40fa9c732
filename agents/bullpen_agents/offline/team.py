"""How the offline colleagues share work: plan, work, reply to one another, close.

The rule it protects: work goes to whoever has the tools for it, visibly, and the closing answer
says nothing that the reports do not say. It decides who; `offline/work.py` decides how.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bullpen_agents.grammar import reading
from bullpen_agents.grammar.again import Again, Answered
from bullpen_agents.grammar.files import AskFile, ChartColumn
from bullpen_agents.grammar.follow import follow
from bullpen_agents.grammar.intents import Export
from bullpen_agents.grammar.options import Payoff
from bullpen_agents.grammar.several import each_day, each_year, parts_of, without_note
from bullpen_agents.grammar.unused import unused
from bullpen_agents.letter import Letter
from bullpen_agents.offline import letter
from bullpen_agents.offline.again import again
from bullpen_agents.offline.catalogue import COLUMNS, catalogue_rows
from bullpen_agents.offline.desk import Desk, Json, as_notes, receipts_in, table
from bullpen_agents.offline.export import export, tools_of
from bullpen_agents.offline.files import FILES, OWNER
from bullpen_agents.offline.talk import TALK, keep, not_read, refusal_of_colleague
from bullpen_agents.offline.work import (
    WINDOW,
    WINDOW_REASON,
    Script,
    chart_and_ids,
    work_of,
)

Wanted = reading.Intent | Again | AskFile | ChartColumn
_TITLES = {"quant": "Quant", "data_analyst": "Data Analyst"}


def respond(desk: Desk) -> str:
    """The text of this turn, once every call it needs was made."""
    parts = _questions(desk)
    if len(parts) > 1:
        return _several(desk, parts)
    intent = follow(desk.text, desk.said_before(), desk.files, desk.earlier)
    if isinstance(intent, Letter):
        return _the_letter(desk, intent)
    if desk.purpose == "close":
        return close(desk)
    if desk.purpose == "reply" and (text := _reply(desk)):
        return text
    if type(intent) in TALK:
        return TALK[type(intent)](desk, intent)
    if desk.purpose == "plan" and desk.has("assign"):
        return _plan(desk, intent)
    if (
        desk.purpose == "work"
        and isinstance(intent, reading.Chart)
        and intent.what == "rolling_vol"
        and intent.window == WINDOW
    ):
        return _chart_with_the_quants_window(desk, intent)
    return _do(desk, intent)


def _questions(desk: Desk) -> list[tuple[str, Wanted]]:
    """The questions of a message that holds several, each with its meaning; [] for one question.

    A message is taken apart where at least two parts are read; parts of one reading stay together.
    Only a computation is asked of each of two years: what somebody tells, or decides, stays whole.
    """
    if desk.files or desk.purpose not in ("plan", "answer"):
        return []
    read = _in_turn(desk, [one for part in parts_of(desk.text) for one in _each(desk, part)])
    if len(read) < 2:
        return []
    known = [intent for _, intent in read if not isinstance(intent, reading.Unknown | Letter)]
    whole = follow(desk.text, desk.said_before(), (), desk.earlier)
    if len(known) >= 2 or (len(known) == 1 and whole in (*known, reading.Unknown())):
        return read
    return []


def _each(desk: Desk, part: str) -> tuple[str, ...]:
    """A computation that is asked of two years or of two days, once for each; any other part as it is."""
    each = each_year(part) or each_day(part)
    meant = (follow(one, desk.said_before(), (), desk.earlier) for one in each)
    return each if each and all(isinstance(one, Answered) for one in meant) else (part,)


def _in_turn(desk: Desk, texts: Sequence[str]) -> list[tuple[str, Wanted]]:
    """Each text with its meaning after those before it."""
    said = list(desk.said_before())
    read: list[tuple[str, Wanted]] = []
    for text in texts:
        read.append((text, follow(text, tuple(said), (), desk.earlier)))
        said.append(text)
    return read


def _several(desk: Desk, parts: list[tuple[str, Wanted]]) -> str:
    """Every question of a message under its own words; what was not read is named."""
    working = [intent for _, intent in parts if type(intent) not in TALK]
    if desk.purpose == "plan" and desk.has("assign") and working:
        return _plan(desk, working[0])
    said: list[str] = []
    for text, intent in parts:
        if isinstance(intent, reading.Unknown):
            said.append(f"*{text}*\n\n{not_read(text)}")
            continue
        told = TALK[type(intent)](desk, intent) if type(intent) in TALK else _do(desk, intent, text)
        said.append(f"*{text}*\n\n{told}")
    return "\n\n".join(said)


def _the_letter(desk: Desk, asked: Letter) -> str:
    if desk.purpose == "close":
        return letter.close(desk)
    if desk.purpose == "plan" and desk.has("assign") and not asked.parts:
        return letter.plan(desk)
    return letter.letter(desk, asked)


def _do(desk: Desk, intent: Wanted, said: str = "") -> str:
    """Do the work if it is ours, else ask whose it is. `said`: the part of a message that asks for it."""
    said = said or desk.text
    owner, tools, script = _craft(intent)
    if desk.has(*tools):
        text = script(desk, intent)
        text = _with_unused(text, said, intent, desk.dropped)
        kept = _kept_if_asked(desk, intent, text) if desk.purpose == "answer" else ""
        return f"{text}\n\n{kept}" if kept else text
    if owner == desk.agent or not desk.has("ask") or desk.purpose == "reply":
        return refusal_of_colleague(desk, owner)
    asked = desk.use("ask", agent=owner, question=said)
    if asked.error:
        return asked.text
    name = _TITLES[owner]
    return f"That is the {name}'s field, so I asked. {name}'s answer:\n\n{_said(asked.text)}"


def _with_unused(text: str, said: str, intent: Wanted, dropped: list[str] | None = None) -> str:
    """The answer, and beside its first figure what of the request is not in it."""
    left = (*unused(said, intent), *dict.fromkeys(dropped or ()))
    if not left or not ("{{" in text or "is attached" in text):
        return text
    named = ", ".join(f"`{part}`" for part in left)
    head, gap, rest = text.partition("\n\n")
    if head.startswith("Read as: "):
        return f"{head} I did not use {named}.{gap}{rest}"
    return f"{head} **I did not use {named}.**{gap}{rest}"


def _craft(intent: Wanted) -> tuple[str, tuple[str, ...], Script]:
    """Whose work it is, the tools it takes, and the script."""
    if isinstance(intent, Export):
        return (*tools_of(intent), export)
    if isinstance(intent, Again):
        owner, tools, _ = work_of(intent.of)
        return owner, tools, again
    if isinstance(intent, AskFile | ChartColumn):
        return (OWNER, *FILES[type(intent)])
    return work_of(intent)


def _plan(desk: Desk, intent: Wanted) -> str:
    owner, tools, script = _craft(intent)
    # What takes one look is answered; what takes a colleague's craft is given to them.
    if isinstance(intent, reading.Catalogue) and desk.has(*tools):
        return script(desk, intent)
    if isinstance(intent, Payoff) and not intent.answerable:
        return script(desk, intent)
    if isinstance(intent, reading.Compute) and intent.missing:
        return intent.missing
    if isinstance(intent, reading.Compare) and (intent.chart or intent.remember):
        names = " and ".join(intent.series) if len(intent.series) == 2 else ", ".join(intent.series)
        when = intent.period.words()
        rolling = "" if intent.window == WINDOW else f"{intent.window} day "
        pieces: list[Json] = [
            {
                "agent": "data_analyst",
                "task": f"Chart the {rolling}rolling volatility of {names}{when}, and check the data behind it.",
            },
            {
                "agent": "quant",
                "task": f"Compare the {rolling}volatility of {names}{when}, and say which window the figures use.",
            },
        ]
        said = f"Two pieces of work, side by side: the chart and its data, and the figures for {names}."
    else:
        pieces = [{"agent": owner, "task": desk.text}]
        said = f"This is one for the {_TITLES[owner]}."
    given = desk.use_all(("assign", {"assignments": pieces}), said=said)[0]
    return given.text if given.error else said


def _chart_with_the_quants_window(desk: Desk, asked: reading.Chart) -> str:
    """The analyst's piece of a comparison: agree on the window, check the data, draw."""
    names = " and ".join(asked.series)
    window, agreed = WINDOW, "the desk's usual one"
    held = desk.use("series_catalogue") if desk.has("series_catalogue") else None
    if desk.agent != "quant" and desk.has("ask"):
        question = (
            f"Which rolling window do your volatility figures of {names} use? "
            "I want the chart to match them."
        )
        answer = desk.use("ask", agent="quant", question=question)
        found = re.search(r"window of `?(\d{1,3})", answer.text)
        if found and not answer.error:
            window, agreed = int(found[1]), "the one the Quant's figures use"
    drawn, ids = chart_and_ids(desk, asked, window)
    rows = catalogue_rows(held, ids or asked.series) if held and not held.error else []
    checked = table(COLUMNS, rows)
    line, _, notes = drawn.partition("\n\n")
    parts = [f"{line} The window is {agreed}." if "attached" in drawn else drawn]
    parts.append(f"The data behind it:\n\n{checked}" if checked else "")
    parts.append(notes if "attached" in drawn else "")
    return "\n\n".join(part for part in parts if part)


def _reply(desk: Desk) -> str:
    """An answer to a colleague's question that needs no tool, or ""."""
    lower = desk.text.lower()
    if "window" in lower and re.search(r"\bwhich\b|\bwhat\b|\bhow long\b", lower):
        said = WINDOW_REASON.replace(f" {WINDOW} ", f" `{WINDOW}` ")
        return f"{said[0].upper()}{said[1:]} Please use the same for the chart."
    return ""


def close(desk: Desk) -> str:
    """One answer from the colleagues' reports, and what is worth keeping."""
    reports = [report for report in desk.reports if report.get("text", "").strip()]
    if not reports:
        return "No colleague reported, so there is nothing to answer with. Ask again, or name one of them."
    disputed = [report for report in reports if report.get("author") == "review"]
    reports = [report for report in reports if report not in disputed] or reports
    by_figures = sorted(reports, key=lambda report: -len(receipts_in(_headline(report["text"]))))
    lead, others = by_figures[0], by_figures[1:]
    intent = follow(desk.text, desk.said_before(), desk.files, desk.earlier)
    lead = {**lead, "text": _with_unused(lead["text"], desk.text, intent)}
    kept = _kept_if_asked(desk, intent, lead["text"])
    said = _headline(lead["text"])
    parts = [
        said,
        *(_in_one_line(report) for report in others if _headline(report["text"]) != said),
        kept,
    ]
    if disputed:
        parts.append("**Their figures disagree**: the card below names the receipts of both sides.")
    parts.append(_caveats("\n".join(report["text"] for report in (lead, *others))))
    return "\n\n".join(part for part in parts if part)


def _kept_if_asked(desk: Desk, intent: Wanted, report: str) -> str:
    """Store what came out, if the person wanted that; what they read about it, or ""."""
    cited = receipts_in(report)
    if not reading.wants_memory(without_note(desk.text)) or not desk.has("remember"):
        return ""
    if not cited:
        failed = desk.purpose == "close" and isinstance(intent, reading.Compare)
        return "Nothing was kept: nothing was measured." if failed else ""
    if isinstance(intent, reading.Compare):
        return _kept(desk, intent, report, cited)
    stored = keep(desk, desk.text[:80], _headline(report), receipts=cited)
    return stored.text if stored.error else "I have stored that for the desk."


def _caveats(text: str) -> str:
    """What the reports warn of, which the closing answer must not lose; how dates were matched, they say."""
    lines = dict.fromkeys(line for line in text.splitlines() if line.startswith("> - "))
    return as_notes([line.removeprefix("> - ") for line in lines if "left out" not in line]).strip()


def _in_one_line(report: dict[str, str]) -> str:
    """A colleague's result as the lead passes it on: the chart hangs on their message, not on this."""
    text, speaker = _headline(report["text"]), report["speaker"]
    drawn = text.removeprefix("**The chart is attached**: ")
    return f"The {speaker}'s chart above shows {drawn}" if drawn != text else f"{speaker}: {text}"


def _kept(desk: Desk, intent: reading.Compare, report: str, cited: list[str]) -> str:
    """Store the finding of a comparison; what the person reads about it."""
    convention = _convention(report)
    finding = _headline(report).replace("**", "")
    stored = keep(
        desk,
        f"Volatility of {' and '.join(intent.series)}",
        f"{finding} {convention}".strip(),
        symbols=[name.upper() for name in intent.series],
        tags=["volatility"],
        receipts=cited,
    )
    if stored.error:
        return f"Not remembered: {stored.text}"
    lines = ["**What we should remember**, now in the store with its receipt:"]
    days = re.search(r"\d{4}-\d{2}-\d{2} to (\d{4}-\d{2}-\d{2})", convention)
    span = (
        f" for {days[0]}; the data end there, so it says nothing about later years" if days else ""
    )
    lines.append(f"- The finding above holds{span}.")
    lines += (
        [f"- How it was measured: {convention[0].lower()}{convention[1:]}"] if convention else []
    )
    return "\n".join(lines)


def _headline(text: str) -> str:
    paragraphs = text.strip().split("\n\n")
    # How a position was read stands above the answer, and is none.
    told = [part for part in paragraphs if not part.startswith("Read as: ")] or paragraphs
    return told[0].split("\n>", 1)[0].strip()


def _convention(text: str) -> str:
    found = re.search(r"^Log returns .*$", text, re.MULTILINE)
    return found[0] if found else ""


def _said(text: str) -> str:
    """What a colleague said, without the lines that only carry it."""
    text = re.sub(r"\A[^\n]{0,60} replies:\n", "", text)
    text = re.sub(r"\nReceipts: [r\d, ]+\Z", "", text).strip()
    # Charts hang on the colleague's own message.
    return re.sub(r"\bchart is attached\b", "chart is above", text)
