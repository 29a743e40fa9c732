"""Forward curves: their shape, what rolling earns, and how they changed.

The rule it protects: prices may be negative, and then nothing is told in percent; units and the way a
currency is quoted are part of every price. A curve is given, or read from series by `curve_data.py`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from pydantic import Field

from bullpen_tools.context import DataRef, Result, Scalar, ToolContext, Value
from bullpen_tools.quant import curve_data, pictures
from bullpen_tools.quant.answers import currency, figure, percent, refuse
from bullpen_tools.quant.curve_data import Delivery
from bullpen_tools.tool import Arguments, tool


class Tenor(Arguments):
    """One delivery of a curve."""

    months: float = Field(description="Months from now to delivery; 0 is spot")
    price: float = Field(description="Price for that delivery")


class Curve(Arguments):
    """A forward curve, and perhaps the same curve on an earlier day."""

    points: list[Tenor] = Field(
        default_factory=list[Tenor],
        description="Prices by delivery, at least two; or `series`, `family`",
    )
    series: list[Delivery] = Field(
        default_factory=list[Delivery], description="Instead: series of the desk with their months"
    )
    family: str = Field(
        default="",
        description="Instead: words that the names of the curve's series share, each with its tenor (1M, 2Y, CL1)",
    )
    on: date | None = Field(default=None, description="With series: the day. Default: the latest")
    earlier_on: date | None = Field(
        default=None, description="With series: an earlier day, for the change"
    )
    earlier: list[Tenor] = Field(
        default_factory=list[Tenor], description="The curve on an earlier day, for the change"
    )
    label: str = Field(default="now", description="Day of the curve, such as 5 March 2026")
    earlier_label: str = Field(default="before", description="Day of the earlier curve")
    name: str = Field(default="", description="What is delivered, such as WTI")
    unit: str = Field(default="USD", description="Currency and unit of the prices, such as USD/bbl")


@tool(risk="read", label="reading the curve", version="2")
def curve_shape(ctx: ToolContext, curve: Curve) -> Result:
    """The shape of a forward curve: contango, backwardation, flat or mixed; slope, roll yield a year
    from the first to the second delivery, convexity; and the change against an earlier curve, delivery
    by delivery. From prices given, or from series of the desk on two days. Draws the curve. Use it for "is oil in backwardation", "what does rolling earn".
    """
    refs: tuple[DataRef, ...] = ()
    notes: list[str] = []
    if curve.series or curve.family:
        curve, refs, notes = _from_series(ctx, curve)
    unit = "pct" if curve.unit.lower() in ("pct", "percent") else currency(curve.unit)
    points = _sorted(curve.points)
    values = _shape(points, unit, "", curve.label)
    rows: list[tuple[Scalar, ...]] = [("months", "price", "earlier", "change")]
    before = (
        {tenor.months: tenor.price for tenor in _sorted(curve.earlier)} if curve.earlier else {}
    )
    if curve.earlier:
        values |= _shape(_sorted(curve.earlier), unit, "earlier_", curve.earlier_label)
    for tenor in points:
        old = before.get(tenor.months)
        rows.append((tenor.months, tenor.price, old, None if old is None else tenor.price - old))
        if old is not None:
            key = f"change_{tenor.months:g}m".replace(".", "p")
            values[key] = figure(tenor.price - old, unit, f"Change of the {_delivery(tenor)}")
    what = curve.name or "The curve"
    return Result(
        summary=f"{what}, {curve.label}: {values['shape'].value}.",
        values=values,
        data=refs,
        warnings=(*notes, *_warnings(curve, points, before)),
        table=tuple(rows),
        artifacts=(pictures.draw(ctx, _picture(curve, points), name=f"curve {what}"),),
    )


def _from_series(ctx: ToolContext, curve: Curve) -> tuple[Curve, tuple[DataRef, ...], list[str]]:
    """The same order with the points that the series have on its days."""
    if curve.points or (curve.series and curve.family):
        raise refuse(
            "The curve is given twice.",
            "Prices, series and a family of series are three ways to say it.",
            "Give one of them.",
        )
    wanted = curve.series or curve_data.deliveries(ctx, curve.family)
    days = [curve.on, *([curve.earlier_on] if curve.earlier_on else [])]
    found, said = curve_data.curves_on(ctx, wanted, days)
    notes = [*said]
    for asked, one in zip(days, found, strict=True):
        notes += curve_data.remark(asked, one.day)
    lines = [[Tenor(months=m, price=v) for m, v in one.points] for one in found]
    update = {
        "points": lines[0], "earlier": lines[1] if len(lines) > 1 else [], "label": found[0].day.isoformat(),
        "earlier_label": found[-1].day.isoformat(), "unit": found[0].unit or curve.unit, "name": curve.name or curve.family,
    }  # fmt: skip
    return curve.model_copy(update=update), found[0].refs, notes


def _sorted(points: Sequence[Tenor]) -> list[Tenor]:
    if len(points) < 2:
        raise refuse(
            f"{len(points) or 'No'} deliver{'y is' if len(points) == 1 else 'ies are'} not a curve.",
            "At least two are needed.",
            "Give `points`, or `series` of the desk.",
        )
    ordered = sorted(points, key=lambda tenor: tenor.months)
    if any(a.months == b.months for a, b in pairwise(ordered)) or ordered[0].months < 0:
        raise refuse(
            "The curve is not clear.",
            "Two deliveries have one month, or one lies in the past.",
            "Give each delivery once, in months from now.",
        )
    return ordered


def _shape(points: Sequence[Tenor], unit: str, head: str, day: str) -> dict[str, Value]:
    first, second, last = points[0], points[1], points[-1]
    span = last.months - first.months
    plain = min(tenor.price for tenor in points) > 0 and unit != "pct"
    values = {
        f"{head}shape": figure(_word(points), "text", f"Shape, {day}"),
        f"{head}front": figure(first.price, unit, f"First delivery, {day}", kind="assumed"),
        f"{head}back": figure(last.price, unit, f"Last delivery, {day}", kind="assumed"),
        f"{head}spread": figure(last.price - first.price, unit, f"Last less first delivery, {day}"),
        f"{head}slope": figure(
            (last.price - first.price) / span, f"{unit.partition('/')[0]}/month", f"Slope, {day}"
        ),
        f"{head}roll": figure(
            (first.price - second.price) * 12 / (second.months - first.months),
            f"{unit.partition('/')[0]}/year",
            f"Roll of a long position, {day}",
        ),
    }
    if plain:
        per_year = 12 / (second.months - first.months)
        values[f"{head}roll_yield"] = percent(
            math.log(first.price / second.price) * per_year,
            f"Roll yield a year of a long position, {day}",
        )
        values[f"{head}slope_pct"] = percent(
            math.log(last.price / first.price) * 12 / span, f"Slope a year, first to last, {day}"
        )
    if len(points) > 2:
        values[f"{head}convexity"] = figure(
            _convexity(points), f"{unit.partition('/')[0]}/month²", f"Convexity, {day}"
        )
    return values


def _word(points: Sequence[Tenor]) -> str:
    steps = [b.price - a.price for a, b in pairwise(points)]
    scale = max(abs(tenor.price) for tenor in points) or 1.0
    moves = {0 if abs(step) <= 1e-9 * scale else math.copysign(1, step) for step in steps}
    if moves <= {0}:
        return "flat"
    if moves <= {0, 1.0}:
        return "contango"
    if moves <= {0, -1.0}:
        return "backwardation"
    front = "backwardation" if steps[0] < 0 else "contango"
    whole = "above" if points[-1].price > points[0].price else "below"
    return f"mixed: {front} at the front, the last delivery {whole} the first"


def _convexity(points: Sequence[Tenor]) -> float:
    """Second derivative of the parabola through first, middle and last delivery."""
    a, b, c = points[0], points[len(points) // 2], points[-1]
    right = (c.price - b.price) / (c.months - b.months)
    left = (b.price - a.price) / (b.months - a.months)
    return 2 * (right - left) / (c.months - a.months)


def _delivery(tenor: Tenor) -> str:
    return "spot price" if tenor.months == 0 else f"delivery in {tenor.months:g} months"


def _warnings(curve: Curve, points: Sequence[Tenor], before: dict[float, float]) -> list[str]:
    notes: list[str] = []
    prices = [*(tenor.price for tenor in points), *before.values()]
    if min(prices) < 0:
        notes.append(
            "A price is below zero, as WTI was on 20 April 2020: roll and slope are told in price, not in percent."
        )
    if 0.0 in prices:
        notes.append("A price is exactly 0: if it is not known, leave that delivery out.")
    if before and not {tenor.months for tenor in points} & set(before):
        notes.append("The two curves have no delivery in common: there is no change to tell.")
    if curve.earlier:
        notes.append(
            "Deliveries are compared at equal months from each day, not contract by contract."
        )
    return notes


def _picture(curve: Curve, points: Sequence[Tenor]) -> pictures.Picture:
    lines = [pictures.Line(curve.label, [t.months for t in points], [t.price for t in points])]
    if curve.earlier:
        old = _sorted(curve.earlier)
        lines.append(
            pictures.Line(curve.earlier_label, [t.months for t in old], [t.price for t in old])
        )
    return pictures.Picture(
        title=f"{curve.name or 'Forward'} curve: {_word(points)}",
        subtitle=f"Price in {curve.unit} by months to delivery",
        source="Source: curve_shape, prices as given by the requester"
        if not (curve.series or curve.family)
        else "Source: curve_shape, series of the desk",
        x_label="months to delivery",
        lines=lines,
    )
