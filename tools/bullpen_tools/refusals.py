"""Why an argument was refused, as a clause that a person reads: no word of a programming language.

The rule it protects: the clause names the argument, what was given and what it takes. It decides nothing.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from types import MappingProxyType
from typing import Any

_TAKES = MappingProxyType({
    "int": "a whole number such as 20", "float": "a number such as 2.5", "finite": "a finite number", "string": "words",
    "bool": "true or false", "date": "a day such as 2026-03-20", "datetime": "a day such as 2026-03-20", "list": "a list", "tuple": "a list",
    "model": "named values in braces", "dict": "named values in braces", "decimal": "a number such as 2.5", "none": "nothing",
})  # fmt: skip
"""What an argument takes, by the first part of the name of the failed check."""
_BOUNDS = MappingProxyType({
    "greater_than": ("gt", "above"), "greater_than_equal": ("ge", "at least"), "less_than": ("lt", "below"),
    "less_than_equal": ("le", "at most"),
})  # fmt: skip


def explain(item: dict[str, Any], known: Sequence[str]) -> str:
    """One clause for one failed check of pydantic's; `known` are the tool's arguments."""
    path = [part for part in item["loc"] if not _internal(part)]
    where = ".".join(str(part + 1) if isinstance(part, int) else part for part in path)
    name = f"`{where}`" if where else "the arguments"
    kind, context = str(item["type"]), item.get("ctx") or {}
    if kind == "extra_forbidden":
        return f"{name} is not an argument{_meant(str(path[-1]) if path else '', known)}"
    if kind == "missing":
        return f"{name} is missing"
    if kind == "literal_error":
        return f"{name} is {_given(item)}; it takes {str(context.get('expected', '')).replace(chr(39), '')}"
    if kind in _BOUNDS:
        key, word = _BOUNDS[kind]
        return f"{name} is {_given(item)}; it must be {word} {context.get(key)}"
    if kind in ("too_short", "too_long"):
        bound = context.get("min_length" if kind == "too_short" else "max_length")
        side = "at least" if kind == "too_short" else "at most"
        return f"{name} has {context.get('actual_length')} entries; it takes {side} {bound}"
    if kind == "value_error":
        return f"{name}: {str(item['msg']).removeprefix('Value error, ')}".rstrip(".")
    takes = _TAKES.get(kind.split("_")[0])
    if takes:
        return f"{name} is {_given(item)}; it takes {takes}"
    return f"{name} is {_given(item)}, which it does not take"


def _internal(part: object) -> bool:
    """Whether a step of the path is the name of a check and not of an argument."""
    return isinstance(part, str) and bool(
        re.search(r"[\[\]()]|^(?:float|int|str|bool|date|none)$", part)
    )


def _given(item: dict[str, Any]) -> str:
    value = item.get("input")
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"{value:g}"
    if isinstance(value, str):
        return f"“{value[:60]}”"
    return "a list" if isinstance(value, list) else "a set of named values"


def _meant(name: str, known: Sequence[str]) -> str:
    """The argument whose name is nearest: `volatility` is volatility_pct, with its unit."""
    near = [one for one in known if one.startswith(name) or name.startswith(one.split("_")[0])]
    near = near or [one for one in known if name.endswith(f"_{one}")]
    near = near or difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    if not near:
        return ""
    unit = {"pct": " (25 means 25 %)", "bp": " (basis points)"}.get(near[0].rsplit("_", 1)[-1], "")
    return f" (perhaps `{near[0]}`{unit})"
