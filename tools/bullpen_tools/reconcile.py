"""Two sources, or two vintages of one: where they agree, where one is rounded, where it was revised.

The rule it protects: a number that was only printed with fewer decimals is not called a revision,
and a revision is never explained away as rounding. It changes nothing and prefers neither side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from pydantic import Field

from bullpen_memory.errors import InputError
from bullpen_memory.records import SeriesSlice
from bullpen_tools.asof import cutoff
from bullpen_tools.context import DataRef, Result, Scalar, ToolContext, Value, ValueKind
from bullpen_tools.tool import Arguments, tool

_SHOWN = 40
_SLACK = 1e-9
"""Room for binary fractions, as a share of the last printed digit."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How two printed numbers relate: same, rounded (one is the other with fewer digits), revised."""

    kind: str
    difference: float


def decimals(values: Sequence[float]) -> int:
    """The digits after the point that a column is printed with: the most that any value needs."""
    return max((_needed(value) for value in values), default=0)


def _needed(value: float) -> int:
    exponent = Decimal(repr(value)).normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def judge(a: float, b: float, places_a: int, places_b: int) -> Verdict:
    """Compare two values printed with so many decimals in their columns.

    They differ by rounding when one column has fewer decimals and the values lie within half of
    its last digit of one another.
    """
    difference = b - a
    if a == b:
        return Verdict("same", 0.0)
    unit = 10.0 ** -min(places_a, places_b)
    if places_a != places_b and abs(difference) <= unit * (0.5 + _SLACK):
        return Verdict("rounded", difference)
    return Verdict("revised", difference)


class Sides(Arguments):
    """What to compare."""

    a: str = Field(description="Name, symbol or id of the series")
    b: str = Field(default="", description="The other series. Default: the same one")
    as_of_a: date | None = Field(default=None, description="Read `a` as known on this day")
    as_of_b: date | None = Field(default=None, description="Read `b` as known on this day")
    start: date | None = Field(default=None, description="First period")
    end: date | None = Field(default=None, description="Last period")


@tool(risk="read", label="reconciling", version="1")
def reconcile(ctx: ToolContext, sides: Sides) -> Result:
    """Compare two series of one unit, or one series as known on two days, period by period: how many
    values agree, differ only by rounding, were revised, or are on one side alone. Use it before
    trusting a second source, and when somebody says that a number was revised.
    """
    one = _read(ctx, sides.a, sides.as_of_a, sides)
    other = _read(ctx, sides.b or sides.a, sides.as_of_b, sides)
    _check(one, other, sides)
    a, b = _values(one), _values(other)
    shared = sorted(a.keys() & b.keys())
    if not shared:
        raise InputError(
            "There is nothing to reconcile.",
            f"The two sides share no period: {_span(a)} and {_span(b)}.",
            "Choose another span or other days.",
        )
    places = decimals(list(a.values())), decimals(list(b.values()))
    verdicts = {period: judge(a[period], b[period], *places) for period in shared}
    return _told(one, other, verdicts, places)


def _read(ctx: ToolContext, name: str, day: date | None, sides: Sides) -> SeriesSlice:
    info = ctx.market.resolve(name, ctx.scopes)
    return ctx.market.slice(
        info.id, scopes=ctx.scopes, start=sides.start, end=sides.end, as_of=cutoff(ctx, day)
    )


def _check(one: SeriesSlice, other: SeriesSlice, sides: Sides) -> None:
    same = one.info.id == other.info.id
    if same and sides.as_of_a == sides.as_of_b:
        raise InputError(
            "There is nothing to reconcile.",
            f"Both sides are {one.info.id} as known on the same day.",
            "Name a second series, or two days with as_of_a and as_of_b.",
        )
    if one.info.unit.lower() != other.info.unit.lower():
        raise InputError(
            "These series cannot be reconciled.",
            f"{one.info.id} is in {one.info.unit or 'no stated unit'}, {other.info.id} in "
            f"{other.info.unit or 'no stated unit'}.",
            "Convert one of them first.",
        )
    if one.info.frequency != other.info.frequency:
        raise InputError(
            "These series cannot be reconciled.",
            f"{one.info.id} is {one.info.frequency}, {other.info.id} is {other.info.frequency}: an average of a "
            "month is not the price of a day.",
            "Compare series of one frequency.",
        )


def _values(piece: SeriesSlice) -> dict[str, float]:
    return {row.period: row.value for row in piece.observations if row.value is not None}


def _span(values: Mapping[str, float]) -> str:
    return f"{min(values)} to {max(values)}" if values else "no values"


def _told(
    one: SeriesSlice, other: SeriesSlice, verdicts: Mapping[str, Verdict], places: tuple[int, int]
) -> Result:
    a, b = _values(one), _values(other)
    counts = {
        kind: sum(v.kind == kind for v in verdicts.values())
        for kind in ("same", "rounded", "revised")
    }
    apart = [period for period, verdict in verdicts.items() if verdict.kind == "revised"]
    largest = max(apart, key=lambda p: abs(verdicts[p].difference / (a[p] or 1)), default=None)
    made_up = "synthetic" in (one.info.kind, other.info.kind)
    kind: ValueKind = "synthetic" if made_up else "derived"
    unit = one.info.unit.lower()
    values = {
        "shared": _count(len(verdicts), "Shared periods"),
        "same": _count(counts["same"], "Equal"),
        "rounded": _count(counts["rounded"], "Differ only by rounding"),
        "revised": _count(counts["revised"], "Revised"),
        "only_a": _count(len(a.keys() - b.keys()), "Only in the first"),
        "only_b": _count(len(b.keys() - a.keys()), "Only in the second"),
        "largest_period": Value(value=largest, unit="date", label="Largest revision in"),
        "largest_before": Value(value=a[largest] if largest else None, unit=unit, kind=kind, label="First side there"),
        "largest_after": Value(value=b[largest] if largest else None, unit=unit, kind=kind, label="Second side there"),
    }  # fmt: skip
    shown = sorted(
        verdicts, key=lambda p: (verdicts[p].kind != "revised", verdicts[p].kind == "same", p)
    )
    rows: list[tuple[Scalar, ...]] = [
        (period, a[period], b[period], verdicts[period].kind)
        for period in shown[:_SHOWN] if verdicts[period].kind != "same"
    ]  # fmt: skip
    return Result(
        summary=_sentence(one, other, counts, places),
        values=values,
        data=(_reference(one), _reference(other)),
        warnings=_warnings(one, other),
        table=(("period", "first", "second", "verdict"), *rows) if rows else (),
        as_of=date.fromisoformat(max(verdicts)),
        known_at=max(row.known_at for piece in (one, other) for row in piece.observations),
    )  # fmt: skip


def _sentence(
    one: SeriesSlice, other: SeriesSlice, counts: Mapping[str, int], places: tuple[int, int]
) -> str:
    same = one.info.id == other.info.id
    what = f"Two vintages of {one.info.id}" if same else f"{one.info.id} and {other.info.id}"
    if counts["revised"] and counts["rounded"]:
        said = "differ by revision in some periods and by rounding alone in others"
    elif counts["revised"]:
        said = "differ by revision"
    elif counts["rounded"]:
        said = "differ by rounding alone, which is not a revision"
    else:
        said = "agree in every period that they share"
    finer = "" if places[0] == places[1] else f"; the {'second' if places[1] < places[0] else 'first'} is printed with fewer decimals"  # fmt: skip
    return f"{what} {said}{finer}."


def _warnings(one: SeriesSlice, other: SeriesSlice) -> tuple[str, ...]:
    notes = [
        f"{piece.info.id} is synthetic: somebody made it up."
        for piece in (one, other)
        if piece.info.kind == "synthetic"
    ]
    averages = ["average" in f"{p.info.title} {p.info.notes}".lower() for p in (one, other)]
    if averages[0] != averages[1]:
        mean, spot = (one, other) if averages[0] else (other, one)
        notes.append(
            f"{mean.info.id} holds averages and {spot.info.id} does not say that it does: an average "
            "of a month and its last price differ without either being revised."
        )
    return tuple(notes)


def _count(number: int, label: str) -> Value:
    return Value(value=number, unit="count", label=label)


def _reference(piece: SeriesSlice) -> DataRef:
    rows = piece.observations
    return DataRef(
        dataset=piece.info.id,
        vintage=piece.vintage,
        sha256=piece.sha256,
        rows=len(rows),
        start=rows[0].period if rows else "",
        end=rows[-1].period if rows else "",
        kind=piece.info.kind,
    )
