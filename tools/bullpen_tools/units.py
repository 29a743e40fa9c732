"""Units of measure and the words for large numbers in English, Vietnamese and Chinese.

The rule it protects: a quantity is converted by a defined factor or not at all, and an amount that
a translation may have moved by a power of ten is raised with both readings, never decided. It
knows no exchange rate: those come from a series.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from types import MappingProxyType

from bullpen_memory.errors import InputError
from bullpen_tools.context import Result, ToolContext, Value
from bullpen_tools.tool import tool

_FACTORS: MappingProxyType[str, tuple[str, float]] = MappingProxyType({
    # mass in grams: NIST Handbook 44, appendix C
    "g": ("mass", 1.0), "kg": ("mass", 1000.0), "t": ("mass", 1e6), "troy_oz": ("mass", 31.1034768),
    "oz": ("mass", 28.349523125), "lb": ("mass", 453.59237), "short_ton": ("mass", 907184.74), "long_ton": ("mass", 1016046.9088),
    "tael": ("mass", 37.5), "luong": ("mass", 37.5), "jin": ("mass", 500.0),
    # volume in litres; a barrel is 42 US gallons
    "l": ("volume", 1.0), "gal": ("volume", 3.785411784), "bbl": ("volume", 158.987294928), "m3": ("volume", 1000.0),
    "bushel": ("volume", 35.23907016688),
    # energy in joules; the International Table British thermal unit
    "j": ("energy", 1.0), "kwh": ("energy", 3.6e6), "mwh": ("energy", 3.6e9), "mmbtu": ("energy", 1.05505585262e9),
    "therm": ("energy", 1.05505585262e8), "gj": ("energy", 1e9),
    # parts of one
    "ratio": ("share", 1.0), "pct": ("share", 0.01), "bp": ("share", 0.0001),
    # counts of money in the same currency
    "usc": ("usd", 0.01), "usd": ("usd", 1.0), "gbx": ("gbp", 0.01), "gbp": ("gbp", 1.0),
})  # fmt: skip
"""Unit: (what it measures, its size). The tael is Viet Nam's lượng of 37.5 g; Hong Kong's has 37.429 g."""
_NAMES = {
    "gram": "g", "grams": "g", "kilogram": "kg", "kilograms": "kg", "kilo": "kg", "kilos": "kg", "tonne": "t", "tonnes": "t",
    "mt": "t", "metric ton": "t", "metric tons": "t", "ton": "short_ton", "tons": "short_ton", "toz": "troy_oz", "ozt": "troy_oz",
    "troy ounce": "troy_oz", "troy ounces": "troy_oz", "troy oz": "troy_oz", "oz t": "troy_oz", "ounce": "oz", "ounces": "oz",
    "pound": "lb", "pounds": "lb", "lbs": "lb", "barrel": "bbl", "barrels": "bbl", "gallon": "gal", "gallons": "gal",
    "litre": "l", "liter": "l", "litres": "l", "percent": "pct", "%": "pct", "basis point": "bp", "basis points": "bp", "bps": "bp",
    "lượng": "luong", "$": "usd", "dollar": "usd", "dollars": "usd", "cents": "usc", "cent": "usc", "usd cents": "usc",
    "pence": "gbx", "£": "gbp", "€": "eur", "¥": "jpy", "fraction": "ratio", "cubic metre": "m3", "mmbtus": "mmbtu",
    "斤": "jin", "吨": "t", "千克": "kg", "公斤": "kg", "克": "g", "盎司": "troy_oz", "tấn": "t", "ký": "kg",
}  # fmt: skip
# Word: (power of ten, language)
_SCALES: dict[str, tuple[int, str]] = {
    "thousand": (3, "en"), "k": (3, "en"), "million": (6, "en"), "millions": (6, "en"), "mn": (6, "en"), "mm": (6, "en"), "m": (6, "en"),
    "billion": (9, "en"), "billions": (9, "en"), "bn": (9, "en"), "b": (9, "en"), "trillion": (12, "en"), "trillions": (12, "en"),
    "tn": (12, "en"), "trn": (12, "en"), "t": (12, "en"), "quadrillion": (15, "en"),
    "nghìn": (3, "vi"), "ngàn": (3, "vi"), "nghin": (3, "vi"), "ngan": (3, "vi"), "triệu": (6, "vi"), "trieu": (6, "vi"), "tr": (6, "vi"),
    "tỷ": (9, "vi"), "tỉ": (9, "vi"), "ty": (9, "vi"), "nghìn tỷ": (12, "vi"), "ngàn tỷ": (12, "vi"), "nghìn tỉ": (12, "vi"),
    "nghin ty": (12, "vi"), "triệu tỷ": (15, "vi"),
    "千": (3, "zh"), "万": (4, "zh"), "萬": (4, "zh"), "百万": (6, "zh"), "千万": (7, "zh"), "亿": (8, "zh"), "億": (8, "zh"),
    "百亿": (10, "zh"), "千亿": (11, "zh"), "万亿": (12, "zh"), "萬億": (12, "zh"), "兆": (12, "zh"),
}  # fmt: skip
_WORD = "|".join(
    re.escape(unicodedata.normalize("NFC", word)) for word in sorted(_SCALES, key=len, reverse=True)
)
_AMOUNT = re.compile(
    rf"(?P<number>[-−]?\d[\d.,  ]*\d|[-−]?\d)\s*(?P<word>(?:{_WORD})(?![^\W\d_])|(?<=\d)(?:千亿|百亿|万亿|萬億|千万|百万|[千万萬亿億兆]))?",
    re.IGNORECASE,
)
_LARGE_TY = 1000.0
"""A Vietnamese writer says 3,5 nghìn tỷ, not 3500 tỷ: from here on the word may stand for 亿."""


@dataclass(frozen=True, slots=True)
class Amount:
    """A number as it was written, and what it may mean. `other` is a second reading, with its reason."""

    text: str
    value: float
    language: str = ""
    other: float | None = None
    reason: str = ""


def canonical(unit: str) -> str:
    """The short name of one unit; the text itself, in lower case, where it is not known."""
    plain = " ".join(unicodedata.normalize("NFC", unit).strip().lower().replace("_", " ").split())
    joined = plain.replace(" ", "_")
    return joined if joined in _FACTORS else _NAMES.get(plain, plain)


def rescale(given: str, wanted: str, *, title: str = "") -> float:
    """The factor from one unit to another, prices such as usd/troy_oz included.

    Raises InputError where the two do not measure the same, or one is not known.
    """
    above, _, below = given.partition("/")
    target, _, per = wanted.partition("/")
    if bool(below) != bool(per):
        raise _mismatch(given, wanted, title, "One is a price for a quantity, the other is not.")
    factor = _plain(above, target, given, wanted, title)
    return factor / _plain(below, per, given, wanted, title) if below else factor


def _plain(one: str, other: str, given: str, wanted: str, title: str) -> float:
    a, b = canonical(one), canonical(other)
    if a == b:
        return 1.0
    if a not in _FACTORS or b not in _FACTORS:
        money = all(re.fullmatch(r"[a-z]{3}", unit) for unit in (a, b))
        why = (
            f"{a.upper()} and {b.upper()} are two currencies, and an exchange rate has a date."
            if money and not (a in _FACTORS and _FACTORS[a][0] == "mass")
            else f"“{one if a not in _FACTORS else other}” is no unit that is known here."
        )
        raise _mismatch(given, wanted, title, why)
    if _FACTORS[a][0] != _FACTORS[b][0]:
        raise _mismatch(
            given, wanted, title, f"{a} measures {_FACTORS[a][0]}, {b} measures {_FACTORS[b][0]}."
        )
    return _FACTORS[a][1] / _FACTORS[b][1]


def _mismatch(given: str, wanted: str, title: str, why: str) -> InputError:
    what = f"{title} in {given}" if title else given or "A number without a unit"
    return InputError(
        f"{what} cannot be converted to {wanted}.",
        why,
        "Known are troy_oz, oz, lb, g, kg, t, bbl, gal, l, mmbtu, mwh, pct, bp, ratio, usd and usc, alone or "
        "as a price (usd/troy_oz). For currencies divide or multiply by the series of the rate.",
    )


def read_amounts(text: str) -> list[Amount]:
    """Every number in `text` with its scale word, as written; ambiguous ones with a second reading."""
    found: list[Amount] = []
    clean = unicodedata.normalize("NFC", text)
    for match in _AMOUNT.finditer(clean):
        word = (match["word"] or "").lower()
        power, language = _SCALES.get(word, (0, ""))
        number = _number(match["number"], language)
        if number is None:
            continue
        other, reason = _second(number, word, language)
        found.append(Amount(match[0].strip(), number * 10.0**power, language, other, reason))
    return found


def _number(written: str, language: str) -> float | None:
    """A number in its language's notation: 3.500 is 3500 in Vietnamese and 3.5 in English."""
    plain = re.sub(r"[  ]", "", written).replace("−", "-").strip(".,")
    if language == "vi":
        if re.fullmatch(r"-?\d{1,3}(\.\d{3})+(,\d+)?", plain):
            plain = plain.replace(".", "").replace(",", ".")
        elif re.fullmatch(r"-?\d+,\d{1,2}", plain):
            plain = plain.replace(",", ".")
    plain = plain.replace(",", "")
    return float(plain) if re.fullmatch(r"-?\d+(\.\d+)?", plain) else None


def _second(number: float, word: str, language: str) -> tuple[float | None, str]:
    if language == "vi" and word in ("tỷ", "tỉ", "ty") and abs(number) >= _LARGE_TY:
        return number * 1e8, (
            f"a Vietnamese text would write {number / 1000:,.6g} nghìn tỷ; a translation of {number:,.6g}亿 "
            "(亿 is a hundred million) gives these words at a tenth of the amount"
        )
    if word in ("兆",):
        return number * 1e6, "兆 is 10^12 in Taiwan and Japan, and 10^6 in some mainland texts"
    if word == "t" and number >= 100:
        return number, "“t” may be tonnes and not trillions"
    return None, ""


def in_words(number: float) -> str:
    """An amount with its English scale word: 3.5 trillion."""
    for size, word in ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"), (1e3, "thousand")):
        if abs(number) >= size:
            return f"{number / size:,.6g} {word}"
    return f"{number:,.6g}"


@tool(risk="read", label="reading the amount", version="1")
def read_amount(ctx: ToolContext, text: str, unit: str = "") -> Result:
    """Read amounts with scale words in English, Vietnamese or Chinese (1.7 trillion, 3500 tỷ, 2,5 nghìn
    tỷ, 350亿, 1.2万亿) as plain numbers, and raise those that a translation may have moved by a power
    of ten. Use it on every large amount of a foreign or translated text before computing with it.

    Args:
        text: The words with the amounts, as written.
        unit: Unit of the amounts, such as usd or vnd. Default: none.
    """
    del ctx
    amounts = read_amounts(text)
    if not amounts:
        raise InputError(
            "There is no amount in that text.",
            f"It reads “{text[:80]}”.",
            "Give the number with its words.",
        )
    values: dict[str, Value] = {}
    warnings: list[str] = []
    for n, amount in enumerate(amounts[:12], start=1):
        tail = "" if len(amounts) == 1 else f"_{n}"
        values[f"as_written{tail}"] = Value(
            value=amount.value,
            unit=unit.lower(),
            kind="assumed",
            label=f"{amount.text}, as written",
        )
        values[f"in_words{tail}"] = Value(
            value=in_words(amount.value), unit="text", kind="assumed", label="In words"
        )
        if amount.other is not None:
            values[f"other_in_words{tail}"] = Value(
                value=in_words(amount.other),
                unit="text",
                kind="assumed",
                label="The other in words",
            )
            values[f"other_reading{tail}"] = Value(
                value=amount.other,
                unit=unit.lower(),
                kind="assumed",
                label=f"{amount.text}, the other reading",
            )
            warnings.append(
                f"“{amount.text}” has two readings: {amount.reason}. Ask whoever wrote it; nothing was decided."
            )
    rows = [(a.text, a.value, a.other, a.reason) for a in amounts[:12]]
    return Result(
        summary="The amounts as plain numbers."
        if not warnings
        else "The amounts, of which some have two readings.",
        values=values,
        warnings=tuple(warnings),
        table=(("written", "as written", "other reading", "why"), *rows),
    )


@tool(risk="read", label="converting the unit", version="1")
def convert_unit(ctx: ToolContext, amount: float, given: str, wanted: str) -> Result:
    """Convert an amount or a price between units: troy ounces, ounces, pounds, grams, kilograms, tonnes,
    taels, barrels, gallons, mmBtu, MWh, percent, basis points, cents; usd/lb to usd/t, usd/troy_oz
    to usd/kg. It knows no exchange rate.

    Args:
        amount: The number.
        given: Its unit, such as usd/troy_oz.
        wanted: The unit to convert to, such as usd/kg.
    """
    del ctx
    factor = rescale(given, wanted)
    shown = "/".join(canonical(part) for part in wanted.split("/"))
    plain, exact = (
        [canonical(part) for unit in (given, wanted) for part in unit.split("/")].count(name)
        for name in ("oz", "troy_oz")
    )
    # Only one side in ounces, and no word of which: the two readings differ by a tenth.
    ounces = plain == 1 and not exact
    return Result(
        summary=f"From {given} to {wanted}, by a defined factor.",
        values={
            "result": Value(
                value=amount * factor, unit=shown, kind="derived", label=f"In {wanted}"
            ),
            "amount": Value(
                value=amount,
                unit="/".join(canonical(p) for p in given.split("/")),
                kind="assumed",
                label="As given",
            ),
            "factor": Value(value=factor, unit="ratio", kind="derived", label="Factor"),
            **({"result_troy": _troy(amount, given, wanted, shown)} if ounces else {}),
        },
        warnings=(_OUNCES,) if ounces else (),
    )


_OUNCES = (
    "An ounce is read as the avoirdupois one of 28.35 g. Gold, silver, platinum and palladium trade in troy "
    "ounces of 31.10 g, and that figure stands beside it: write troy_oz."
)


def _troy(amount: float, given: str, wanted: str, shown: str) -> Value:
    """The same with every plain ounce taken for a troy ounce."""
    one, other = (
        "/".join("troy_oz" if canonical(p) == "oz" else p for p in unit.split("/"))
        for unit in (given, wanted)
    )
    return Value(
        value=amount * rescale(one, other),
        unit="/".join("troy_oz" if p == "oz" else p for p in shown.split("/")),
        kind="derived",
        label=f"In {wanted}, if troy ounces are meant",
    )
