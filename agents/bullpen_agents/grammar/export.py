"""Files that are asked for: "give me the CSV", "… as an HTML report".

The rule it protects: a file is asked for by its kind; what it holds is said in the rest of the
message or in the thread. It reads no thread and writes no file.

Grammar (X is any request for figures or a chart; without it, what the thread was about):
    give / send / export / download (me) (the) (data as a) CSV | csv please | X as (a) CSV |
    X as an HTML report | X and give me the CSV | as a table
"""

from __future__ import annotations

import re

_KIND = r"(?P<{0}>csv|spreadsheet|excel|html|web ?page|report|table)"
_WHAT = (
    r"(?:(?:the|a|an|this|that|it|them|all|my|whole|as|in|into|to|of|file|files|report|page|format|table|html|csv|data|"
    r"figures?|numbers?|results?|values?|chart)\b[\s,/]*)*"
)
_ALONE = re.compile(
    r"^(?:(?:and|ok|okay|please|now|then|also|just|can i have|can you|could you|i(?:'d| would) like|i want)\b[\s,]*)*"
    r"(?:(?:give|send|get|show|export|download|attach|make|save|turn|put|have|write)\s+)?(?:(?:me|us)\s+)?"
    + _WHAT
    + _KIND.format("kind")
    + r"\b[\s/]*"
    + _WHAT
    + r"(?:please|too|for me|for it)?[\s?.!]*$"
)
_TAIL = re.compile(
    r"[\s,;]*(?:(?:and|then)\s+)?(?:(?:give|send|get|export|download|attach|save)\s+(?:(?:me|us|it|them|that)\s+)*)?"
    r"(?:(?:as|in|to|into)\s+(?:an?\s+|the\s+)?|the\s+|a\s+)"
    + _KIND.format("kind")
    + r"(?:[\s/]+(?:file|report|page|format|table|html|csv))*(?:\s+please)?[\s?.!]*$"
)
_HTML = frozenset({"html", "report", "table", "webpage", "web page"})


def read_export(lower: str) -> tuple[str, str] | None:
    """The form (csv or html) and what is left of the request, "" for what the thread was about."""
    if found := _ALONE.match(lower):
        return _form(lower, found["kind"]), ""
    if found := _TAIL.search(lower):
        rest = lower[: found.start()].strip()
        return (_form(found[0], found["kind"]), rest) if rest else None
    return None


def _form(words: str, kind: str) -> str:
    if re.search(r"\bcsv\b|\bspreadsheet\b|\bexcel\b", words):
        return "csv"
    return "html" if kind in _HTML else "csv"
