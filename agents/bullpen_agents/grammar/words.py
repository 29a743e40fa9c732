"""Labelled numbers in a question about a computation: spot, strike, volatility, time, rates, amounts.

The rule it protects: a number is taken only with the word that says what it is, and is then gone
from the text, so that no number is used twice and what is left over can be seen. It knows no tool.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

NUM = r"(?P<n>[-−]?\d{1,3}(?:,\d{3})+(?:\.\d+)?|[-−]?\d+(?:\.\d+)?)"
_LINK = (
    r"(?:\s*(?:price|level)?\s*(?:of|is|at|are|=|:|@|to|about|around|a|the|was|were|now)?){0,2}\s*"
)
_MONEY = r"(?:usd|eur|us\$|[$€£])?\s*"
_NOT_THIS = r"(?!\s*%?[\s-]*(?:days?|weeks?|months?|years?|dte|yrs?|[dwmy]|vols?|rates?|calls?|puts?)\b)(?![\d.]*\d)"
"""Behind a labelled number nothing stands that would make it another's: `vol 162 days`."""
_UNIT_DAYS = {"d": 1.0, "w": 7.0, "m": 365 / 12, "y": 365.0}
_SCALES = {
    "k": 1e3, "thousand": 1e3, "m": 1e6, "mn": 1e6, "million": 1e6, "bn": 1e9, "b": 1e9, "billion": 1e9,
    "tn": 1e12, "trn": 1e12, "trillion": 1e12,
}  # fmt: skip
SCALE = r"(?:\s*(?P<scale>thousand|million|billion|trillion|mn|bn|trn|tn|k|m|b)\b)?"


def number(text: str) -> float:
    """The number that a person wrote: `1,000`, `−37.63`."""
    return float(text.replace(",", "").replace("−", "-"))


@dataclass(slots=True)
class Words:
    """The lower-case text of a question, from which labelled numbers are taken one by one."""

    text: str

    @staticmethod
    def of(lower: str) -> Words:
        return Words(re.sub(r"\s+", " ", lower.replace("per cent", "%").replace("percent", "%")))

    def has(self, pattern: str) -> bool:
        """Whether the pattern is there; nothing is taken."""
        return bool(re.search(pattern, self.text))

    def take(self, pattern: str) -> re.Match[str] | None:
        """The first match, which then leaves the text."""
        found = re.search(pattern, self.text)
        if found:
            self.text = f"{self.text[: found.start()]} ; {self.text[found.end() :]}"
        return found

    def labelled(self, *labels: str, unit: str = "") -> float | None:
        """The number behind one of these words: `spot at 70`; else before it, with `unit`: `25 vol`."""
        words = "|".join(labels)
        behind = self.take(rf"\b(?:{words})\b{_LINK}{_MONEY}{NUM}{_NOT_THIS}\s*(?:{unit or '%'})?")
        if behind:
            return number(behind["n"])
        before = self.take(rf"(?<![\d.-]){NUM}\s*(?:{unit or '%'})?[\s-]*(?:{words})\b")
        return number(before["n"]) if before else None

    def behind(self, *labels: str) -> float | None:
        """The number behind one of these words, and never before it."""
        found = self.take(rf"\b(?:{'|'.join(labels)})\b{_LINK}{_MONEY}{NUM}{SCALE}\s*%?")
        if not found:
            return None
        return number(found["n"]) * _SCALES.get(found["scale"] or "", 1.0)

    def days(self) -> float | None:
        """A stretch of time in calendar days: `162 days`, `3-month`, `1.5 years`."""
        found = self.take(
            rf"(?<![\d.]){NUM}[\s-]*(?P<u>days?|weeks?|months?|mths?|mos?|years?|yrs?|dte|[dwmy])\b(?!\s*vol)"
        )
        if not found:
            return None
        return number(found["n"]) * _UNIT_DAYS["d" if found["u"] == "dte" else found["u"][0]]

    def numbers(self) -> list[float]:
        """All numbers that are left, in order."""
        return [number(found["n"]) for found in re.finditer(rf"(?<![\w.]){NUM}(?![\w])", self.text)]


def amount(found: re.Match[str]) -> float:
    """The number of a match of NUM and SCALE, in full: `16 bn` is 16,000,000,000."""
    return number(found["n"]) * _SCALES.get(found["scale"] or "", 1.0)


def years_of(days: float) -> float:
    """Calendar days as years, exact for whole months and years."""
    return days / 365
