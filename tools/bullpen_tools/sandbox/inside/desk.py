"""What code in the sandbox imports to reach the desk's data and to hand back figures.

    import desk
    wti = desk.series("wti")                    # a pandas Series by date, as known at the as-of
    desk.value("beta", 0.8, unit="ratio", label="Beta of WTI")
    figure.savefig("picture.png")               # files in the working folder are handed over

The rule it protects: a figure leaves with a key and a unit. It can only read what was asked for,
and it is no part of the desk's own process.
"""

from __future__ import annotations

import csv
import json
import math
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas

DATA = Path("/data")
_VALUES = Path("/box/values.json")
_KEY = re.compile(r"[a-z][a-z0-9_]{0,59}")


def catalogue() -> list[dict[str, str]]:
    """The series at hand: id, title, unit, frequency, source, kind."""
    return json.loads((DATA / "catalogue.json").read_text())


def series(name: str) -> pandas.Series:
    """One series by its id, as a pandas Series of floats by date; holes are NaN."""
    import pandas

    path = DATA / f"{name}.csv"
    if not re.fullmatch(r"[\w.-]+", name) or not path.is_file():
        held = ", ".join(item["id"] for item in catalogue()) or "none"
        raise KeyError(f"The series {name!r} was not asked for; at hand: {held}.")
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    values = [float(row["value"]) if row["value"] else math.nan for row in rows]
    return pandas.Series(values, index=pandas.to_datetime([r["period"] for r in rows]), name=name)


def value(key: str, number: float | str | None, *, unit: str = "", label: str = "") -> None:
    """Hand back one figure, to be cited by its key. None or NaN means "has no answer"."""
    if not _KEY.fullmatch(key):
        raise ValueError(f"{key!r} is no key: write lower-case letters, digits and _.")
    if number is not None and not isinstance(number, str):
        number = float(number)
        number = None if math.isnan(number) else number
        if number is not None and math.isinf(number):
            raise ValueError(f"{key} is infinite; hand back None and say why.")
    held = json.loads(_VALUES.read_text()) if _VALUES.exists() else {}
    held[key] = {"value": number, "unit": unit, "label": label}
    _VALUES.write_text(json.dumps(held))
