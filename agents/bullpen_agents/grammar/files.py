"""What is asked about a file: what it says about something, or a chart of one of its columns.

The rule it protects: a question is about a file only where one is attached to it, or was attached
earlier in the thread and is plainly meant. Names of columns stay as written. It opens no file.

Grammar (F is: it, this, the file, the pdf, report.pdf …):
    what does F say about X | does F mention X | find X in F | what is X in F / according to F
    chart column Y | plot the Y column [of F] | chart Y from F
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_FILE = (
    r"(?:it|this|that|they|these|(?:the|this|that|my|our|attached|\s)+(?:file|pdf|report|document|paper|memo|sheet|workbook|"
    r"spreadsheet|article|attachment|text|letter|excel|xlsx|csv|table)s?|[\w() -]+\.(?:pdf|docx|xlsx|xls|md|txt|html?|csv|eml))"
)
_ABOUT = tuple(
    re.compile(pattern, re.IGNORECASE | re.DOTALL)
    for pattern in (
        rf"^(?:and |so |now )?what (?:does|do|did) {_FILE} (?:say|says|write|state|mention|report|tell (?:us|me)|conclude|find)s?"
        r" (?:about|on|of|regarding|for|concerning) (?P<topic>.+?)[?.!\s]*$",
        rf"^(?:and )?(?:does|do|did) {_FILE} (?:say anything about|say something about|mention|discuss|talk about|cover) "
        r"(?P<topic>.+?)[?.!\s]*$",
        rf"^(?:find|look for|look up|search for) (?P<topic>.+?) in {_FILE}[?.!\s]*$",
        rf"^(?:what|where|who|when|how much|how many)(?:'s| is| are| was| were| did| does) (?P<topic>.+?) (?:in|according to) {_FILE}[?.!\s]*$",
    )
)
_DRAW = r"^(?:please |and |now )*(?:chart|plot|graph|draw|show)(?: me| us)?\s+"
_COLUMN = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        _DRAW + rf"(?:the\s+)?columns?\s+(?P<names>.+?)(?:\s+(?:of|from|in)\s+{_FILE})?[?.!\s]*$",
        _DRAW + rf"(?:the\s+)?(?P<names>.+?)\s+columns?(?:\s+(?:of|from|in)\s+{_FILE})?[?.!\s]*$",
        _DRAW + rf"(?:the\s+)?(?P<names>.+?)\s+(?:of|from|in)\s+{_FILE}[?.!\s]*$",
    )
)


@dataclass(frozen=True, slots=True)
class AskFile:
    """What the files say about `topic`."""

    topic: str
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChartColumn:
    """A chart of columns of a file, by their names as written."""

    columns: tuple[str, ...]
    files: tuple[str, ...]


def read_about_file(
    text: str, files: Sequence[str], earlier: Sequence[str]
) -> AskFile | ChartColumn | None:
    """What is asked about the attached `files`, or else about those sent `earlier` in the thread."""
    words = re.sub(r"\s+", " ", text.replace("’", "'")).strip().strip('“”"')
    if files or earlier:
        for pattern in _ABOUT:
            if found := pattern.match(words):
                return AskFile(found["topic"].strip(), _meant(words, files or earlier))
        for pattern in _COLUMN[: 3 if files else 2]:
            if found := pattern.match(words):
                names = re.split(r"\s*,\s*|\s+and\s+", found["names"].strip("“”\"'` "))
                columns = tuple(name.strip("“”\"'` ") for name in names if name.strip())
                return ChartColumn(columns, _meant(words, files or earlier)) if columns else None
    return None


def _meant(words: str, files: Sequence[str]) -> tuple[str, ...]:
    """The files that are named, else all of them."""
    lower = words.casefold()
    return tuple(name for name in files if name.casefold() in lower) or tuple(files)
