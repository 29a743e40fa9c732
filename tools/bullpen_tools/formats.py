"""How one value reads: the eight formats of a figure and the default of each unit.

The rule it protects: a figure's unit comes from its receipt. A format that would misstate the
unit (dollars on a percentage) is ignored in favour of the unit's own. It resolves no references.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date
from types import MappingProxyType
from typing import Literal

from bullpen_tools.context import Value

Format = Literal["usd", "pct", "x", "num", "bp", "int", "date", "raw"]
FORMATS: tuple[Format, ...] = ("usd", "pct", "x", "num", "bp", "int", "date", "raw")

NO_VALUE = "no value"

_SYMBOLS = MappingProxyType({"usd": "$", "eur": "€", "gbp": "£", "jpy": "¥"})
_CODES = frozenset({
    "aud", "brl", "cad", "chf", "clp", "cny", "czk", "dkk", "hkd", "huf", "idr", "ils", "inr", "krw",
    "mxn", "myr", "nok", "nzd", "php", "pln", "rub", "sar", "sek", "sgd", "thb", "try", "twd", "zar",
})  # fmt: skip
# Characters that Markdown would read as markup when they come out of a stored text.
_ESCAPES = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_|~[]<"})


def is_currency(unit: str) -> bool:
    """True for a currency code, also as a price per something (`usd/bbl`)."""
    head = unit.lower().partition("/")[0]
    return head in _SYMBOLS or head in _CODES


def show(value: Value, wanted: str = "") -> str:
    """The figure as a person reads it; "no value" for None. Never raises.

    `wanted` is one of FORMATS; anything else, or one that contradicts the value's unit, gives
    way to the unit's default.
    """
    raw = value.value
    if raw is None or (isinstance(raw, float) and not math.isfinite(raw)):
        return NO_VALUE
    if isinstance(raw, bool):
        return "yes" if raw else "no"
    if isinstance(raw, str):
        return _words(raw, value.unit, wanted)
    unit = value.unit.lower()
    if value.kind == "assumed" and unit == "pct" and wanted in ("", "pct", "usd"):
        return _as_given(raw)
    if wanted in ("num", "int", "raw"):
        return _PLAIN[wanted](raw)
    if wanted in _SCALED and (unit, wanted) in _FACTORS:
        return _SCALED[wanted](raw * _FACTORS[unit, wanted])
    return _by_unit(raw, unit)


def _words(text: str, unit: str, wanted: str) -> str:
    if unit == "date" or wanted == "date":
        try:
            day = date.fromisoformat(text[:10])
        except ValueError:
            pass
        else:
            return f"{day.day} {day:%b %Y}"
    return " ".join(text.split()).translate(_ESCAPES)


def _by_unit(number: float, unit: str) -> str:
    if is_currency(unit):
        return _money(number, unit)
    if unit in _SCALED:
        return _SCALED[unit](number)
    if unit in ("count", "int"):
        return _integer(number) if float(number).is_integer() else _number(number)
    if unit in ("", "ratio", "index", "num", "text", "date"):
        return _number(number)
    return f"{_number(number)} {_spelt(unit)}"


def _spelt(unit: str) -> str:
    """A unit as people read it: troy_oz is troy oz."""
    return " ".join(unit.replace("_", " ").split()).translate(_ESCAPES)


def _sign(number: float, shown: str) -> str:
    # A figure that rounds to zero carries no sign: "-0.00" reads like a mistake.
    return "-" if number < 0 and any(digit in "123456789" for digit in shown) else ""


def _grouped(number: float, places: int) -> str:
    return f"{abs(number):,.{places}f}"


def _small(number: float, places: int) -> str:
    """`places` decimals, but three significant digits where these would show only zeros."""
    if number and abs(number) < 0.5 * 10**-places:
        return f"{abs(number):.3g}"
    return _grouped(number, places)


def _money(number: float, unit: str) -> str:
    head, _, per = unit.partition("/")
    shown = _large(number) or _cents(number)
    prefix = _SYMBOLS.get(head, f"{head.upper()} ")
    return f"{_sign(number, shown)}{prefix}{shown}" + (f"/{_spelt(per)}" if per else "")


def _cents(number: float) -> str:
    """Two decimals; below ten cents three significant digits, as option prices on currencies need."""
    size = abs(number)
    if not 1e-6 <= size < 0.1:
        return _small(number, 2)
    text = f"{size:.{2 - math.floor(math.log10(size))}f}".rstrip("0")
    return text if len(text.partition(".")[2]) > 1 else _grouped(size, 2)


def _large(number: float) -> str:
    """From a billion upwards in billions or trillions, two decimals; "" below."""
    for size, word in ((1e12, "trn"), (1e9, "bn")):
        if abs(number) >= size:
            return f"{abs(number) / size:,.2f} {word}"
    return ""


def _number(number: float) -> str:
    whole = isinstance(number, int) or (abs(number) >= 1e15)
    shown = _grouped(number, 0) if whole else _small(number, 2)
    return _sign(number, shown) + shown


def _integer(number: float) -> str:
    shown = _grouped(number, 0)
    return _sign(number, shown) + shown


def _greek(number: float) -> str:
    """Three significant digits: a delta of 0.522, a gamma of 0.0655."""
    shown = f"{abs(number):.3g}" if abs(number) < 1000 else _grouped(number, 0)
    return f"{_sign(number, shown)}{shown}"


def _percent(number: float) -> str:
    shown = _small(number, 2) if abs(number) < 10 else _grouped(number, 1)
    return f"{_sign(number, shown)}{shown}%"


def _as_given(number: float) -> str:
    """A percentage that a person gave keeps its digits, up to four decimals: 1.098%, not 1.10%."""
    shown = f"{abs(number):,.4f}".rstrip("0")
    plain = _percent(number)
    lost = len(shown.partition(".")[2]) > len(plain.rstrip("%").partition(".")[2])
    exact = abs(round(number, 4) - number) < 1e-9
    return f"{_sign(number, shown)}{shown}%" if lost and exact else plain


def _times(number: float) -> str:
    shown = _grouped(number, 1) if abs(number) >= 1 or number == 0 else _small(number, 2)
    return f"{_sign(number, shown)}{shown}x"


def _points(number: float) -> str:
    shown = _grouped(number, 0) if float(number).is_integer() else _small(number, 1)
    return f"{_sign(number, shown)}{shown} bp"


_PLAIN: MappingProxyType[str, Callable[[float], str]] = MappingProxyType(
    {"num": _number, "int": _integer, "raw": str}
)
_SCALED: MappingProxyType[str, Callable[[float], str]] = MappingProxyType(
    {
        "pct": _percent,
        "x": _times,
        "bp": _points,
        "greek": _greek,
        "usd": lambda number: _money(number, "usd"),
    }
)
# What a format may be applied to, and by how much the number must be scaled for it.
_FACTORS: MappingProxyType[tuple[str, str], float] = MappingProxyType(
    {
        ("pct", "pct"): 1,
        ("ratio", "pct"): 100,
        ("bp", "pct"): 0.01,
        ("", "pct"): 1,
        ("x", "x"): 1,
        ("ratio", "x"): 1,
        ("", "x"): 1,
        ("bp", "bp"): 1,
        ("pct", "bp"): 100,
        ("ratio", "bp"): 10_000,
        ("", "bp"): 1,
        ("", "usd"): 1,
    }
)
