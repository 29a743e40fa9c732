"""Answers from a file that was handed in: its passages about a topic, a chart of its columns.

The rule it protects: without a language model a file answers in its own words, with the place they
stand at; what it does not say is said to be missing. It summarises nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from bullpen_agents.grammar.files import AskFile, ChartColumn
from bullpen_agents.grammar.intents import Chart
from bullpen_agents.offline.desk import Desk
from bullpen_agents.offline.work import chart

OWNER = "data_analyst"
SHOWN = 3
WINDOWS = 8
_SMALL = frozenset(
    [
        "a",
        "about",
        "all",
        "an",
        "and",
        "any",
        "are",
        "as",
        "at",
        "by",
        "do",
        "does",
        "for",
        "from",
        "has",
        "have",
        "how",
        "in",
        "is",
        "it",
        "its",
        "more",
        "of",
        "on",
        "or",
        "our",
        "so",
        "that",
        "the",
        "their",
        "there",
        "this",
        "to",
        "was",
        "were",
        "what",
        "when",
        "which",
        "who",
        "will",
        "with",
    ]
)


def ask_file(desk: Desk, asked: AskFile) -> str:
    """Quote what the files say about the topic."""
    parts: list[str] = []
    for name in asked.files:
        passages, refused = _passages(desk, name)
        if refused:
            parts.append(f"`{name}`: {refused}")
            continue
        near = _nearest(passages, asked.topic)
        if near:
            parts.append("\n\n".join([f"**`{name}` on {asked.topic}**, in its own words:", *near]))
        else:
            parts.append(
                f"`{name}` says nothing about {asked.topic}: none of its passages has these words."
            )
    return "\n\n".join(parts)


def _passages(desk: Desk, name: str) -> tuple[list[tuple[str, str]], str]:
    """(place, paragraph) of the whole file, and why it could not be read."""
    found: list[tuple[str, str]] = []
    first, place = 1, ""
    for _ in range(WINDOWS):
        seen = desk.use("read_file", name=name, first_line=first, lines=1000)
        if seen.error:
            return found, "" if found else seen.text
        span, text = (str(cell) for cell in seen.table[1][:2])
        number, paragraph = first, list[str]()
        for line in [*text.splitlines(), ""]:
            head = re.fullmatch(r"\[(.{1,60})\]", line.strip())
            if head or not line.strip() or line.lstrip().startswith("#"):
                found += (
                    [(place or f"line {number - len(paragraph)}", "\n".join(paragraph))]
                    if paragraph
                    else []
                )
                paragraph = [line] if line.lstrip().startswith("#") else []
                place = head[1] if head else place
            else:
                paragraph.append(line)
            number += 1
        if not any("more follows" in warning for warning in seen.warnings):
            return found, ""
        first = int(span.partition("-")[2]) + 1
    return found, ""


def _nearest(passages: list[tuple[str, str]], topic: str) -> list[str]:
    wanted = _words(topic)
    scored = [
        (len(wanted & _words(text)), -index, place, text)
        for index, (place, text) in enumerate(passages)
    ]
    # Most of the telling words, as for recall; the first of equals.
    best = sorted((s for s in scored if 3 * s[0] >= 2 * len(wanted) > 0), reverse=True)[:SHOWN]
    best.sort(key=lambda one: -one[1])
    return [_quoted(text, place) for _, _, place, text in best]


def _quoted(text: str, place: str) -> str:
    lines = text.splitlines()
    shown = "\n".join(f"> {line}" for line in lines[:12])
    more = "\n> …" if len(lines) > 12 else ""
    return f"{shown}{more}\n>\n> — {place}"


def _words(text: str) -> set[str]:
    found = (word for word in re.findall(r"[\w&]+", text.lower()) if word not in _SMALL)
    return {re.sub(r"ie$", "y", word.removesuffix("s")) for word in found}


def chart_column(desk: Desk, asked: ChartColumn) -> str:
    """Import the columns and draw them."""
    parts: list[str] = []
    for name in asked.files:
        found = desk.use("import_csv", name=name, columns=list(asked.columns))
        if found.error and (meant := _columns(found.text, asked.columns)):
            found = desk.use("import_csv", name=name, columns=meant)
        if found.error:
            parts.append(f"`{name}`: {found.text}")
            continue
        ids = tuple(str(row[0]) for row in found.table[1:])
        parts.append(f"{chart(desk, Chart(ids))}\n\n{found.summary}{found.notes()}")
    return "\n\n".join(parts)


def _columns(refusal: str, wanted: tuple[str, ...]) -> list[str]:
    """The columns that the refusal lists and that contain what was written, if each is plain."""
    listed = re.search(r"Those with numbers are: (.+?)\. ", refusal + " ")
    names = [name.strip() for name in listed[1].split(",")] if listed else []
    meant = [[n for n in names if one.casefold() in n.casefold()] for one in wanted]
    return [one[0] for one in meant] if meant and all(len(one) == 1 for one in meant) else []


FILES: dict[type, tuple[tuple[str, ...], Callable[[Desk, Any], str]]] = {
    AskFile: (("read_file",), ask_file),
    ChartColumn: (("import_csv", "series_chart"), chart_column),
}
"""For each question about a file: the tools it takes, and the script."""
