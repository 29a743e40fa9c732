"""Figures: numbers that a message cites by reference, rendered with value, unit and footnote.

The rule it protects: a rendered number is the receipt's number. What a message says without a
reference is left as it stands and listed as unsourced; a reference to nothing stays visible. It
refuses nothing, raises nothing, and changes no text outside of references.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from bullpen_tools.context import Receipt, Value
from bullpen_tools.formats import FORMATS, show
from bullpen_tools.unsourced import CODE, bare_numbers

Lookup = Callable[[str], Receipt | None]

# {{r42.max_profit|usd}}; inside a Markdown table a model may write the bar as \|.
REFERENCE = re.compile(
    r"\{\{[ \t]*(?P<receipt>r\d{1,18})(?:\.(?P<key>[A-Za-z0-9_.\-]{1,80}))?"
    r"[ \t]*(?:\\?\|[ \t]*(?P<format>[A-Za-z]{1,12})[ \t]*)?\}\}"
)
_LONGEST = 140
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message ready to be read. `unsourced` lists bare numbers, `missing` references to nothing."""

    text: str
    footnotes: tuple[str, ...] = ()
    receipts: tuple[str, ...] = ()
    unsourced: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two or more receipts that give one metric of one entity different values.

    `sides` are (receipt, key) in the order of the receipts; `differs` names the inputs in which
    their calls differ: usually the reason.
    """

    metric: str
    entity: str
    as_of: str
    sides: tuple[tuple[Receipt, str], ...]
    differs: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """The conflict as one sentence, with references that render to the two figures."""
        said = "; ".join(
            f"{receipt.agent} has {receipt.cite(key)} ({receipt.id}, {receipt.tool})"
            for receipt, key in self.sides
        )
        why = f" The calls differ in {', '.join(self.differs)}." if self.differs else ""
        about = f" of {self.entity}" if self.entity else ""
        return f"Two values for {self.metric.replace('_', ' ')}{about}: {said}.{why}"


@dataclass(slots=True)
class _Notes:
    """The footnotes as they gather: one number per receipt, in order of appearance."""

    lookup: Lookup
    cited: dict[str, tuple[Receipt, list[str]]] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    found: dict[str, Receipt | None] = field(default_factory=dict)

    def render(self, match: re.Match[str]) -> str:
        name, key = match["receipt"], match["key"] or ""
        if name not in self.found:
            self.found[name] = self.lookup(name)
        receipt = self.found[name]
        value = receipt.result.values.get(key) if receipt else None
        if receipt is None or value is None:
            reference = f"{name}.{key}" if key else name
            self.missing.append(reference)
            return f"[no receipt: {reference}]"
        _, keys = self.cited.setdefault(name, (receipt, []))
        if key not in keys:
            keys.append(key)
        mark = str(list(self.cited).index(name) + 1).translate(_SUPERSCRIPTS)
        wanted = (match["format"] or "").lower()
        figure = show(value, wanted if wanted in FORMATS else "")
        stamp = " (synthetic)" if value.kind == "synthetic" else ""
        return f"{figure}{stamp}{mark}"


def render(text: str, lookup: Lookup, *, allow: str = "") -> Rendered:
    """Replace every reference outside code by its figure.

    `lookup` gives the receipt that the reader may see, or None. `allow` is text whose numbers
    count as sourced, such as the person's question; so do the numbers that the cited receipts
    were called with. Never raises unless `lookup` does.
    """
    notes = _Notes(lookup)
    pieces: list[str] = []
    position = 0
    for code in CODE.finditer(text):
        pieces += [REFERENCE.sub(notes.render, text[position : code.start()]), code[0]]
        position = code.end()
    pieces.append(REFERENCE.sub(notes.render, text[position:]))
    receipts = [receipt for receipt, _ in notes.cited.values()]
    inputs = " ".join(number for receipt in receipts for number in _numbers(receipt.inputs))
    return Rendered(
        text="".join(pieces),
        footnotes=tuple(
            _footnote(number, receipt, keys)
            for number, (receipt, keys) in enumerate(notes.cited.values(), start=1)
        ),
        receipts=tuple(notes.cited),
        unsourced=bare_numbers(REFERENCE.sub(" ", text), allow=f"{allow} {inputs}"),
        missing=tuple(dict.fromkeys(notes.missing)),
    )


def _numbers(inputs: object) -> Iterator[str]:
    """The numbers among a call's arguments, however deep; not those inside of texts and dates."""
    if isinstance(inputs, Mapping):
        inputs = list(inputs.values())
    if isinstance(inputs, list):
        for item in inputs:
            yield from _numbers(item)
    elif isinstance(inputs, int | float) and not isinstance(inputs, bool):
        yield str(inputs)


def told(receipts: Iterable[Receipt]) -> str:
    """For `allow`: what the tools were given, warn of, or found written. Results need a reference."""
    return " ".join(
        " ".join((*_numbers(receipt.inputs), *receipt.result.warnings, *_texts(receipt)))
        for receipt in receipts
    )


def _texts(receipt: Receipt) -> Iterator[str]:
    """The words of a table, such as the records that a recall quotes; not its numbers."""
    return (cell for row in receipt.result.table for cell in row if isinstance(cell, str))


def plain(text: str, lookup: Lookup) -> str:
    """The text with each reference replaced by its figure and the receipt in brackets: `$17.50 [r42]`.

    For text that is kept without its footnotes, such as a record of the store.
    """

    def one(match: re.Match[str]) -> str:
        notes = _Notes(lookup)
        shown = notes.render(match)
        if notes.missing:
            return shown
        return f"{shown.rstrip('¹')} [{match['receipt']}]"

    return REFERENCE.sub(one, text)


def cited(text: str) -> tuple[str, ...]:
    """The receipt ids that a text refers to, in order, each once."""
    return tuple(dict.fromkeys(match["receipt"] for match in REFERENCE.finditer(text)))


def partial(text: str) -> str:
    """The longest prefix that may be shown while the rest is still being written.

    It ends before a reference that is not closed yet, and before a lone `{` at the end.
    """
    start = text.rfind("{{")
    if start >= 0:
        tail = text[start:]
        if "}}" not in tail and "\n" not in tail and len(tail) <= _LONGEST:
            # "{{{r1.x" opens at its last two braces, but the first one is not safe either.
            return text[:start].rstrip("{")
    return text[:-1] if text.endswith("{") else text


def conflicts(receipts: Iterable[Receipt]) -> list[Conflict]:
    """Where the receipts contradict each other: same metric, entity and as-of, other value.

    Only values that name their entity are compared, and None is no value to compare. Numbers
    that agree within one part in a billion are the same. One agent that asks the same tool for
    several spans does not contradict itself; one call that gives two results does.
    """
    groups: dict[tuple[str, str, str], list[tuple[Receipt, str]]] = {}
    for receipt in receipts:
        as_of = receipt.result.as_of
        for key, value in receipt.result.values.items():
            if value.entity and value.value is not None:
                about = (value.metric or key, value.entity, as_of.isoformat() if as_of else "")
                groups.setdefault(about, []).append((receipt, key))
    found: list[Conflict] = []
    for (metric, entity, as_of), sides in groups.items():
        apart = _apart(sides)
        if len(apart) > 1 and _contradict(apart):
            found.append(Conflict(metric, entity, as_of, tuple(apart), _differing(apart)))
    return found


def _apart(sides: list[tuple[Receipt, str]]) -> list[tuple[Receipt, str]]:
    """One side for each different value, the first that said it."""
    kept: list[tuple[Receipt, str]] = []
    for receipt, key in sides:
        value = receipt.result.values[key]
        if not any(_same(value, other.result.values[name]) for other, name in kept):
            kept.append((receipt, key))
    return kept


def _contradict(sides: list[tuple[Receipt, str]]) -> bool:
    agents = {receipt.agent for receipt, _ in sides}
    return len(agents) > 1 or not _differing(sides)


def _same(one: Value, other: Value) -> bool:
    a, b = one.value, other.value
    if one.unit.lower() != other.unit.lower():
        return False
    if isinstance(a, int | float) and isinstance(b, int | float):
        return abs(a - b) <= 1e-9 * max(abs(a), abs(b))
    return a == b


def _differing(sides: list[tuple[Receipt, str]]) -> tuple[str, ...]:
    names: dict[str, None] = {}
    for (one, _), (other, _) in pairwise(sides):
        if one.tool != other.tool:
            names["tool"] = None
        for name in sorted({*one.inputs, *other.inputs}):
            if one.inputs.get(name) != other.inputs.get(name):
                names[name] = None
    return tuple(names)


def _footnote(number: int, receipt: Receipt, keys: list[str]) -> str:
    # What the tool computed or read is the rule; what was given to it or made up is named.
    other: dict[str, list[str]] = {}
    for key in keys:
        if (kind := receipt.result.values[key].kind) in ("assumed", "synthetic"):
            other.setdefault(kind, []).append(key)
    parts = [f"{str(number).translate(_SUPERSCRIPTS)} {receipt.id}", receipt.tool]
    words = {"assumed": "as given"}
    parts += [f"{words.get(kind, kind)}: {', '.join(names)}" for kind, names in other.items()]
    if receipt.result.as_of is not None:
        parts.append(f"as of {receipt.result.as_of.isoformat()[:10]}")
    return " · ".join(parts)
