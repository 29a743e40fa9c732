"""What the desk holds, and files that are to come in: list the data, import this, remember this file.

The rule it protects: a file comes in when somebody says so or attaches it without another word; what
a file says is its own. It opens no file.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bullpen_agents.grammar.family import Family
from bullpen_agents.grammar.intents import (
    Catalogue,
    Chart,
    Import,
    Intent,
    ReadFile,
    Stats,
)
from bullpen_agents.grammar.lookup import as_written
from bullpen_agents.grammar.measures import CHART, DRAWN, asked_for
from bullpen_agents.grammar.text import lists_data

_IMPORT = re.compile(
    r"\b(?:import|load|ingest|upload(?:ed)?|add|take|bring|read in|use)\b.{0,40}(?:\b(?:file|csv|data|this|it|attach\w*|sheet|table|series)\b|$)"
)


_THIS = re.compile(
    r"\b(?:this|these|it|the (?:file|attached|csv|data|series|attachment)|attached)\b"
)


_FILE_WANTED = re.compile(
    r"^(?:import|load|ingest|upload|read(?: in)?)\b.*\b(?:csv|file|attachment|sheet|spreadsheet|data)\b"
)


_KEEP_DOCUMENT = re.compile(
    r"^(?:remember|keep|store|save|memori[sz]e)\s+(?:this|that|the|these|my|attached|\s)*"
    r"(?:file|document|paper|attachment|memo)s?(?:\s+(?:in|into|for)\b.*)?[.! ]*$"
)


_READ = re.compile(
    r"\b(?:read|open|summari[sz]e|review|explain|what(?:'s| is) in|look at|check|show|describe)\b"
)


def keeps_document(lower: str) -> bool:
    """Whether an attached document is to be kept, with or without a file."""
    return bool(_KEEP_DOCUMENT.match(lower))


def about_files(lower: str, files: Sequence[str]) -> Intent | None:
    """What is wanted of attached files, or None where the words say something else."""
    asked = asked_for(lower)
    if asked in ("volatility", "drawdown", "return", "all", "max", "min") and _THIS.search(lower):
        return Import(then=Stats("", asked))
    if CHART.search(lower) and _THIS.search(lower):
        return Import(then=Chart((), DRAWN.get(asked, "level")))
    if len(lower.split()) <= 1 or _IMPORT.search(lower):
        return Import()
    tables = all(name.lower().endswith((".csv", ".tsv", ".xlsx", ".parquet")) for name in files)
    if tables and re.match(r"look at the attached files?\b", lower):
        return Import()
    return ReadFile() if _READ.search(lower) else None


_HELD = re.compile(
    r"^(?:do|does|did) (?:you|we|the desk) (?:have|hold|carry|cover|got|get) (?:any |some |the )?(?:(?:data|prices|series|figures|numbers|history) (?:on|for|of) )?(?P<of>(?!anything|something|a |an )[a-z&][\w&' ]{1,30}?)(?: (?:data|prices?|series|history|figures))?[?.! ]*$"
)


def _about_data(original: str, lower: str) -> Intent | None:
    """Whether the question is what data there are."""
    if found := _HELD.match(lower):
        return Catalogue(as_written(found["of"].strip(), original))
    return Catalogue() if lists_data(lower) else None


def _file_without_file(original: str, lower: str) -> Intent | None:
    del original
    return Import() if _FILE_WANTED.match(lower) else None


FILES = Family("files", _file_without_file, ("import the csv", "load a file of prices"))
HOLDINGS = Family(
    "holdings", _about_data, ("what data do you have?", "list the series", "data catalogue")
)
