"""Whether a series is a rate: by its unit, else by its name, and how many basis points its numbers are.

The rule it protects: a yield or a spread moves in basis points and has no returns; where neither unit
nor name says whether 0.04 is a fraction or a percentage, nothing is assumed. It reads no data.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from bullpen_memory.errors import InputError
from bullpen_memory.records import SeriesInfo
from bullpen_tools.measures import Numbers

# Basis points in one of the unit.
_UNITS: MappingProxyType[str, float] = MappingProxyType({
    "pct": 100.0, "percent": 100.0, "%": 100.0, "per cent": 100.0, "percentage": 100.0, "percentage points": 100.0, "pp": 100.0,
    "bp": 1.0, "bps": 1.0, "basis points": 1.0, "basis point": 1.0,
})  # fmt: skip
_PER_YEAR = re.compile(r"\s*(?:/|per|p\.?)\s*(?:a\.?|y|yr|year|annum)\.?$", re.IGNORECASE)
_FRACTIONS = ("", "ratio", "fraction", "decimal", "num", "number")
_NOT_RATES = re.compile(
    r"exchange rate|fx rate|high[- ]yield|yield (?:etf|fund|index)|total return|\betf\b|bond (?:price|fund|index)",
    re.IGNORECASE,
)
_RATES = re.compile(
    r"\byields?\b|\b(?:interest|policy|repo|deposit|discount|funds|swap|overnight|mortgage|unemployment|inflation|lending|base|bank)[ _-]rates?\b"
    r"|\b(?:libor|sofr|sonia|estr|euribor|tibor|shibor|hibor|effr|fed[ _]?funds|oas|cds)\b|\bcredit spread\b"
    r"|\b(?:us|ust|dgs|de|uk|gb|jp|fr|it|es|ca|au|cn|ch|bund|jgb|gilt|btp|oat)_?\d{1,2}_?y(?:r|ear)?s?\b"
    r"|\bd?gs\d{1,2}\b|\bt(?:bill|b)?\d{1,2}m\b|\bt\d{1,2}y\d{1,2}[ym]\b|\b\d{1,2}[- ]?(?:y|yr|year|month)s?[- ](?:treasury|gilt|bund|jgb|government|swap)\b",
    re.IGNORECASE,
)  # fmt: skip
_SPREADS = re.compile(r"spread|\boas\b|\bcds\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Rate:
    """A series that is a rate: `per_unit` basis points in one of its units, and what says so.

    `per_unit` None: its name says that it is a rate, and nothing says whether in percent.
    """

    per_unit: float | None
    why: str

    def scale(self, info: SeriesInfo) -> float:
        """Basis points in one unit of the series; InputError where that is not known."""
        if self.per_unit is None:
            raise InputError(
                f"{info.title} ({info.id}) is a rate of unknown size.",
                f"{self.why} No unit was stated with its numbers, which may be fractions or percentages.",
                "Import it again and say the unit: `pct` (4.25), `ratio` (0.0425) or `bp` (425); "
                "`usd` or `index` if it is a price.",
            )
        return self.per_unit


def rate_of(info: SeriesInfo, values: Numbers) -> Rate | None:
    """The rate that a series is, or None for a price or a level."""
    unit = _PER_YEAR.sub("", info.unit.strip().lower())
    if unit in _UNITS:
        return Rate(_UNITS[unit], f"Its unit is {info.unit}.")
    said = _named(info)
    if unit not in _FRACTIONS or not said:
        return None
    if unit in ("ratio", "fraction", "decimal"):
        return Rate(10_000.0, f"“{said}” names a rate and its unit is {info.unit}.")
    return Rate(_guessed(said, values), f"“{said}” names a rate.")


def _named(info: SeriesInfo) -> str:
    """The word in title, id or symbols that names a rate."""
    for text in (info.title, *info.symbols, info.id):
        plain = text.replace("_", " ")
        if _NOT_RATES.search(plain):
            return ""
        if found := _RATES.search(plain) or _RATES.search(text):
            return found[0]
    return ""


def _guessed(said: str, values: Numbers) -> float | None:
    """Percent for numbers like 4.25, basis points for a spread like 350; None for 0.04."""
    size = float(np.median(np.abs(values))) if len(values) else 0.0
    if size < 0.3:
        return None
    return 1.0 if size > 30 and _SPREADS.search(said) else 100.0


def unit_note(info: SeriesInfo, rate: Rate | None) -> str:
    """The sentence that says as what a series without a unit is taken; "" where its unit says it."""
    if info.unit.strip():
        return ""
    if rate is None:
        return (
            f"{info.id} has no unit and is taken as a price: its changes are returns. If it is a yield "
            "or a rate, import it again with the unit pct."
        )
    if rate.per_unit is None:
        return ""
    told = "percent" if rate.per_unit > 1 else "basis points"
    return (
        f"{info.id} has no unit; it is taken as a rate in {told} ({rate.why.rstrip('.')}), so its changes "
        "are in basis points. If it is a price, import it again with its currency."
    )
