"""Arguments as people write them: "25 %", "700 bp", "3m", "20 March 2026", "10 million", by the field they are for.

The rule it protects: the name of a field says which unit it takes, and a text is converted into it only when it
can be read in one way; everything else is left for the schema to refuse. It validates nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, cast

from bullpen_memory.errors import InputError

Schema = Mapping[str, Any]

_NUMBER = r"[-+−]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?(?:[eE][-+]?\d+)?"
_PLAIN = re.compile(
    rf"(?P<sign>[-−])?[$€£¥]?\s*(?P<number>{_NUMBER})\s*(?P<scale>[a-z]*)", re.IGNORECASE
)
_MEASURED = re.compile(rf"(?P<number>{_NUMBER})\s*(?P<unit>[a-z%]+(?: [a-z]+)*)?", re.IGNORECASE)
_SCALES = MappingProxyType({
    "": 1.0, "k": 1e3, "thousand": 1e3, "m": 1e6, "mm": 1e6, "mn": 1e6, "mio": 1e6, "million": 1e6, "b": 1e9, "bn": 1e9, "billion": 1e9,
    "tn": 1e12, "trn": 1e12, "trillion": 1e12, "usd": 1.0, "eur": 1.0, "gbp": 1.0, "jpy": 1.0, "x": 1.0,
})  # fmt: skip
_PERCENT = frozenset({"", "%", "pct", "percent", "per cent", "vol", "vols", "vol points", "points"})
_POINTS = frozenset({"bp", "bps", "basis points", "basis point"})
_YEARS = MappingProxyType({
    "d": 1 / 365, "day": 1 / 365, "days": 1 / 365, "calendar days": 1 / 365, "w": 7 / 365, "wk": 7 / 365, "week": 7 / 365, "weeks": 7 / 365,
    "m": 1 / 12, "mo": 1 / 12, "mth": 1 / 12, "month": 1 / 12, "months": 1 / 12, "y": 1.0, "yr": 1.0, "yrs": 1.0, "year": 1.0, "years": 1.0,
})  # fmt: skip
_DATES = (
    "%d %B %Y", "%d %b %Y", "%B %d, %Y", "%b %d, %Y", "%B %d %Y", "%b %d %Y", "%d-%b-%Y", "%d-%B-%Y", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%d.%m.%Y",
)  # fmt: skip
_ALIASES = MappingProxyType({
    "option_type": "kind", "type": "kind", "call_put": "kind", "right": "kind", "underlying_price": "spot", "stock_price": "spot",
    "spot_price": "spot", "s": "spot", "s0": "spot", "strike_price": "strike", "exercise_price": "strike", "k": "strike", "x": "strike",
    "futures_price": "forward", "future": "forward", "forward_price": "forward", "f": "forward", "time_to_expiry": "years",
    "time_to_maturity": "years", "t": "years", "maturity_years": "years", "tenor_years": "years", "expiry_years": "years", "style": "exercise",
    "face_value": "face", "par": "face", "settlement_date": "settlement", "maturity_date": "maturity", "valuation_date": "valued_on",
    "expiry_date": "expiry", "expiration": "expiry", "contracts": "lots", "contract_size": "multiplier", "quantity_lots": "lots",
})  # fmt: skip
"""Other names of arguments that have no unit, or whose name says it. `vol` and `rate` are not here: 0.25 or 25?"""


def read(args: Mapping[str, Any], schema: Schema, today: date) -> dict[str, Any]:
    """The arguments with every text that stands for a number or a day of the schema's field read as one.

    An `expiry` becomes the calendar days from `valued_on`, or else from `today`; both stay in the arguments.
    Raises InputError for a date that can be read in two ways and for an expiry that is past or given twice.
    """
    fields = cast("Mapping[str, Schema]", schema.get("properties", {}))
    known: dict[str, Any] = {}
    for name, value in args.items():
        other = _renamed(name, fields, args)
        # Of two names for one argument the second stays as it is, for the schema to refuse.
        known[name if other in known else other] = value
    for name in ("days", "years"):
        # A day where a length is asked for is the day of expiry.
        if "expiry" in fields and "expiry" not in known and _is_day(known.get(name)):
            known["expiry"] = known.pop(name)
    made = {name: _value(value, fields.get(name, {}), name) for name, value in known.items()}
    if made.get("expiry") is not None and "days" in fields and "expiry" in fields:
        return _expiring(made, today)
    return made


def _renamed(name: str, fields: Mapping[str, Schema], args: Mapping[str, Any]) -> str:
    if name in fields:
        return name
    other = _ALIASES.get(name.lower(), name.lower())
    return other if other in fields and other not in args else name


def _value(value: Any, field: Schema, name: str) -> Any:
    if isinstance(value, list):
        inner = _of_type(field, "array").get("items", {})
        return [_value(item, inner, name) for item in cast("list[Any]", value)]
    if isinstance(value, dict):
        inner = cast("Mapping[str, Schema]", _of_type(field, "object").get("properties", {}))
        given = cast("dict[str, Any]", value)
        return {key: _value(item, inner.get(key, {}), key) for key, item in given.items()}
    if not isinstance(value, str):
        return value
    if _kinds(field) & {"number", "integer"} and "string" not in _kinds(field):
        found = _reader(name)(value.strip())
        if found is None:
            return value
        return int(found) if "number" not in _kinds(field) and found.is_integer() else found
    if any(option.get("format") == "date" for option in _options(field)):
        return _day(value.strip(), name)
    if "enum" in field or any("enum" in option for option in _options(field)):
        return _choice(value, field)
    return value


def _options(field: Schema) -> list[Schema]:
    return [field, *cast("list[Schema]", field.get("anyOf", []))]


def _kinds(field: Schema) -> set[str]:
    return {str(option["type"]) for option in _options(field) if "type" in option} - {"null"}


def _of_type(field: Schema, kind: str) -> Schema:
    return next((option for option in _options(field) if option.get("type") == kind), {})


def _choice(value: str, field: Schema) -> str:
    """A word of a list, whatever its case and its hyphens."""
    plain = value.strip().lower().replace("-", "_").replace(" ", "_")
    words = [word for option in _options(field) for word in option.get("enum", [])]
    same = [word for word in words if isinstance(word, str) and word.lower() == plain]
    return same[0] if same else value


def _reader(name: str) -> Callable[[str], float | None]:
    if name.endswith("_pct"):
        return lambda text: _measured(text, _PERCENT, _POINTS, 0.01)
    if name.endswith("_bp"):
        return lambda text: _measured(text, _POINTS | {""}, _PERCENT - {""}, 100.0)
    if name == "years" or name.endswith("_years"):
        return lambda text: _time(text, 1.0)
    if name in ("days", "at_days"):
        return lambda text: _time(text, 365.0)
    return _plain


def _measured(text: str, own: frozenset[str], other: frozenset[str], factor: float) -> float | None:
    found = _MEASURED.fullmatch(text)
    number = _float(found["number"]) if found else None
    if found is None or number is None:
        return None
    unit = (found["unit"] or "").lower()
    return number if unit in own else number * factor if unit in other else None


def _time(text: str, year: float) -> float | None:
    """Years or days of "3m", "90 days", "2y"; a number without a unit is in the field's own."""
    found = _MEASURED.fullmatch(text)
    number = _float(found["number"]) if found else None
    if found is None or number is None:
        return None
    unit = (found["unit"] or "").lower()
    if not unit:
        return number
    size = _YEARS.get(unit)
    return None if size is None else round(number * size * year, 12)


def _plain(text: str) -> float | None:
    found = _PLAIN.fullmatch(text)
    number = _float(found["number"]) if found else None
    if found is None or number is None:
        return None
    scale = _SCALES.get(found["scale"].lower())
    return None if scale is None else number * scale * (-1 if found["sign"] else 1)


def _float(text: str) -> float | None:
    try:
        return float(text.replace(",", "").replace("−", "-"))
    except ValueError:
        return None


def _is_day(value: Any) -> bool:
    return isinstance(value, str) and bool(
        re.fullmatch(r"\d{4}-\d{2}-\d{2}", _day(value, "expiry"))
    )


def _day(text: str, name: str) -> str:
    """The day as YYYY-MM-DD; the text itself where it is none. InputError where it may be two days."""
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        return text
    plain = re.sub(r"(?<=\d)(?:st|nd|rd|th)\b", "", text)
    for pattern in _DATES:
        try:
            return datetime.strptime(plain, pattern).date().isoformat()
        except ValueError:
            continue
    if found := re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", text):
        a, b, year = (int(part) for part in found.groups())
        if a <= 12 and b <= 12 and a != b:
            raise InputError(
                f"`{name}` is {text}, which may be two days.",
                "Some write the day first, others the month.",
                f"Write {year}-{a:02d}-{b:02d} or {year}-{b:02d}-{a:02d}.",
            )
        month, day = (a, b) if a <= 12 else (b, a)
        return f"{year}-{month:02d}-{day:02d}"
    return text


def _expiring(args: dict[str, Any], today: date) -> dict[str, Any]:
    try:
        end = date.fromisoformat(str(args["expiry"]))
        start = date.fromisoformat(str(args.get("valued_on") or today.isoformat()))
    except ValueError:
        return args
    days = (end - start).days
    if days <= 0:
        raise InputError(
            f"The option expired on {end}.",
            f"It is valued on {start}.",
            "Give a later `expiry`, or an earlier day as `valued_on`.",
        )
    if args.get("years") is not None or args.get("days") not in (None, days):
        raise InputError(
            "The time to expiry is given twice.",
            f"From {start} to {end} are {days} days.",
            "Give `expiry`, `days` or `years`.",
        )
    return {**args, "days": days, "valued_on": start.isoformat()}
