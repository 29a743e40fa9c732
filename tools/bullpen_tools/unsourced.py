"""Finds the numbers of a message that came from no receipt.

The rule it protects: a reader can tell a figure with a source from one without. Numbers that
claim nothing (dates, ordinals, list numbers, names such as "S&P 500", code, addresses) are not
figures. It marks and refuses nothing.
"""

from __future__ import annotations

import re

CODE = re.compile(
    r"(?P<fence>`{3,}|~{3,})[\s\S]*?(?:(?P=fence)|\Z)|(?P<tick>`{1,2})[^`\n]+(?P=tick)"
)

_MONTHS = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_INNOCENT = re.compile(
    "|".join(
        (
            r"<[@#!][^>\s]*>",  # mentions as Slack writes them
            r"(?:https?://|www\.|mailto:)[^\s)>\]]+",
            r"\]\([^)\n]*\)",  # the address of a Markdown link
            r"\b[\w.+-]+@[\w-]+\.[\w.]+",
            r"\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?\b",
            rf"\b\d{{1,2}}(?:st|nd|rd|th)?[ \-]{_MONTHS}\b\.?,?(?:[ \-]\d{{2,4}}\b)?",
            rf"\b{_MONTHS}\b\.?[ \-]\d{{1,2}}(?:st|nd|rd|th)?,? (?:19|20)\d\d\b",
            r"\b\d{1,2}[./]\d{1,2}[./]\d{2,4}\b",
            r"\b\d{1,2}:\d{2}(?::\d{2})?(?: ?[ap]m)?\b",
            r"(?<![\d.,$€£¥])\b(?:19|20)\d\d(?:s|\b)(?![.,]?\d| ?%|x\b)",  # a year
            r"\b\d+(?:st|nd|rd|th)\b",
            r"(?m:^[ \t>|]*(?:#{1,6}[ \t]*)?[*_]{0,2}(?:\d{1,3}\.)*\d{1,3}[.)](?=\s))",  # list and heading numbers
            r"\b(?:S&P|S&amp;P|SP|FTSE|Russell|Nikkei|CAC|DAX|ASX|TSX|Nasdaq|NASDAQ|CSI|IBEX|STOXX|Stoxx|Dow|Fortune)"
            r"[ -]?(?:\d{2,4})\b",
            r"\b[A-Z]+-\d+\b",  # COVID-19
            r"\b[0-9A-HJKMNP-TV-Z]{26}\b",  # record ids
            r"[+\-−]?[$€£¥]?\d[\d.,]*(?:%|x| bp)? \[r\d+\]",  # a stored figure beside its receipt
            r"\[r\d+\]",
            r"\b\d{2} ?% (?:confidence )?interval",
        )
    ),
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"(?<![\w.])[+\-−±~≈]?[$€£¥]?\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?"
    r"(?: ?(?:%|bps?\b|pp\b)|(?:x|k|m|mn|bn|tn)\b)?(?!\w)",
    re.IGNORECASE,
)


def bare_numbers(text: str, *, allow: str = "") -> tuple[str, ...]:
    """The numbers in `text` that claim something, as written, each once, in order.

    A plain number that occurs in `allow` is left out, and so is one with a sign, a currency or a
    unit that occurs there with the same: "90" in a question does not account for "$90".
    """
    sizes = {_size(match[0]) for match in re.finditer(r"\d[\d,]*(?:\.\d+)?", allow)}
    known = {(_marks(match[0]), _size(match[0])) for match in _NUMBER.finditer(allow)}
    searched = _INNOCENT.sub(" ", CODE.sub(" ", text))
    found = dict.fromkeys(match[0].strip().rstrip(",") for match in _NUMBER.finditer(searched))
    return tuple(
        number
        for number in found
        if (_marks(number), _size(number)) not in known
        and (_marks(number) or _size(number) not in sizes)
    )


def _marks(number: str) -> str:
    """What stands around the digits, one way of writing it: "-$" of "−$4", "%" of "5 %"."""
    bare = re.sub(r"e[+-]?\d+$", "", number.strip(), flags=re.IGNORECASE)
    return re.sub(r"[\d.,\s]", "", bare).replace("−", "-").lower()


def _size(number: str) -> str:
    digits = re.sub(r"[^\d.]", "", re.sub(r"e[+-]?\d+$", "", number, flags=re.IGNORECASE))
    if "." in digits:
        digits = digits.rstrip("0").rstrip(".")
    return digits.lstrip("0") or "0"
