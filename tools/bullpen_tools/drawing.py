"""The pictures behind the chart tools: what is drawn, and the drawing.

The rule it protects: lines are labelled where they end and marks where they stand, so that no
legend must be decoded and no colour alone carries meaning. It loads no data and writes no file.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Literal

import numpy as np

from bullpen_memory.errors import InputError
from bullpen_tools import measures, plain_csv, style
from bullpen_tools.histories import Common, History
from bullpen_tools.structures import Payoff
from bullpen_tools.style import Sheet

_END_SIZE = 10.0
Transform = Literal["level", "index", "returns", "rolling_vol", "drawdown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoffPicture:
    """A payoff to draw; with a cost it is drawn as profit and loss."""

    payoff: Payoff
    cost: Fraction | None
    title: str
    subtitle: str
    source: str
    currency: str

    @property
    def offset(self) -> Fraction:
        return self.cost or Fraction(0)

    @property
    def strikes(self) -> tuple[float, ...]:
        return tuple(float(knot) for knot in self.payoff.knots[1:])

    @property
    def break_evens(self) -> tuple[float, ...]:
        if self.cost is None:
            return ()
        return tuple(float(price) for price in self.payoff.crossings(self.cost).prices())

    @property
    def span(self) -> tuple[float, float]:
        """The prices to show: all strikes and break-evens with room on both sides."""
        marks = [*self.strikes, *self.break_evens] or [100.0]
        low, high = min(marks), max(marks)
        room = 0.35 * (high - low) if high > low else 0.35 * high or 1.0
        left, right = max(0.0, low - room), high + room
        # Whole numbers at the ends read better than 58.1 and 81.9, where the scale allows.
        return (math.floor(left), math.ceil(right)) if right - left >= 8 else (left, right)

    def points(self) -> list[tuple[float, float]]:
        """The corners of the line within the span."""
        low, high = self.span
        inside = [x for x in (*self.strikes, *self.break_evens) if low < x < high]
        prices = sorted({low, *inside, high})
        return [(x, float(self.payoff.at(Fraction(x)) - self.offset)) for x in prices]

    @property
    def alt(self) -> str:
        """The chart in a sentence."""
        what = "Payoff" if self.cost is None else "Profit and loss"
        marks = ", ".join(f"{x:,.2f}" for x in self.break_evens)
        return (
            f"{what} at expiry by price of the underlying: {self.title}. Strikes "
            f"{', '.join(f'{x:g}' for x in self.strikes) or 'none'}."
            + (f" Break-even at {marks}." if marks else "")
        )


def payoff_csv(picture: PayoffPicture) -> str:
    """The corners of the line: price, payoff and, with a cost, profit."""
    offset = float(picture.offset)
    rows = [(x, y + offset, "" if picture.cost is None else y) for x, y in picture.points()]
    return plain_csv.write(("price", "payoff", "profit"), rows)


def draw_payoff(picture: PayoffPicture) -> Sheet:
    """Profit shaded green above zero, loss red below, corners and break-evens marked."""
    sheet = style.new_sheet(picture.title, picture.subtitle, picture.source)
    axes = sheet.axes
    points = picture.points()
    xs, ys = [x for x, _ in points], [y for _, y in points]
    low, high = min(*ys, 0.0), max(*ys, 0.0)
    room = (high - low) * 0.16 or 1.0
    axes.set_xlim(xs[0], xs[-1])
    axes.set_ylim(low - room, high + room)
    axes.fill_between(xs, ys, 0, where=[y >= 0 for y in ys], color=style.GAIN, alpha=0.17, lw=0)
    axes.fill_between(xs, ys, 0, where=[y <= 0 for y in ys], color=style.LOSS, alpha=0.17, lw=0)
    axes.axhline(0, color=style.MUTED, linewidth=1.0, zorder=2)
    axes.plot(xs, ys, color=style.LINE, linewidth=2.4, solid_joinstyle="round", zorder=4)
    _mark_strikes(sheet, picture)
    _mark_break_evens(sheet, picture, room)
    _mark_extremes(sheet, points, room, signed=picture.cost is not None)
    axes.yaxis.set_major_formatter(lambda y, _: f"{y:,.6g}")
    return sheet


def _mark_strikes(sheet: Sheet, picture: PayoffPicture) -> None:
    low, high = picture.span
    shown = [strike for strike in picture.strikes if low <= strike <= high]
    for strike in shown:
        sheet.axes.axvline(strike, color="#aeb7c2", linewidth=0.9, linestyle=(0, (2, 3)), zorder=1)
    crowded = any(b - a < (high - low) * 0.045 for a, b in pairwise(shown))
    if shown and not crowded:
        ends = [x for x in (low, high) if all(abs(x - k) > (high - low) * 0.07 for k in shown)]
        sheet.axes.set_xticks(sorted([*shown, *(round(x, 2) for x in ends)]))
    sheet.axes.xaxis.set_major_formatter(lambda x, _: f"{x:,.4g}" if x < 1000 else f"{x:,.0f}")


def _mark_break_evens(sheet: Sheet, picture: PayoffPicture, room: float) -> None:
    low, high = picture.span
    for price in picture.break_evens:
        if not low <= price <= high:
            continue
        sheet.axes.plot(
            [price], [0], "o", color=style.PAPER, markeredgecolor=style.LINE,
            markeredgewidth=1.8, markersize=7.5, zorder=5,
        )  # fmt: skip
        right = picture.payoff.at(Fraction(price) + 1) >= picture.offset
        sheet.label(
            price + (high - low) * (-0.012 if right else 0.012),
            room * 0.28,
            f"break-even\n{price:,.2f}",
            ha="right" if right else "left",
            va="bottom",
            linespacing=1.25,
        )


def _mark_extremes(
    sheet: Sheet, points: Sequence[tuple[float, float]], room: float, *, signed: bool
) -> None:
    """Write the highest and the lowest drawn amount where they are reached inside the chart."""
    ys = [y for _, y in points]
    for extreme, sign, color in ((max(ys), 1, "#00704f"), (min(ys), -1, "#a84600")):
        inner = [x for x, y in points[1:-1] if y == extreme]
        if not inner or extreme * sign <= 0:
            continue
        # Where the line is flat the amount stands over the middle of the flat.
        flat = [
            x for x, y in points if y == extreme and abs(x - inner[0]) <= _flat(points, inner[0])
        ]
        sheet.label(
            sum(flat) / len(flat),
            extreme + sign * room * 0.2,
            f"{'+' if signed and sign > 0 else ''}{_amount(extreme)}",
            ha="center",
            va="bottom" if sign > 0 else "top",
            fontsize=12,
            weight="bold",
            color=color,
        )


def _flat(points: Sequence[tuple[float, float]], x: float) -> float:
    """The length of the longest flat stretch that begins or ends at the corner `x`."""
    return max(
        (b[0] - a[0] for a, b in pairwise(points) if x in (a[0], b[0]) and a[1] == b[1]),
        default=0.0,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """Lines over one axis of dates, ready to draw."""

    title: str
    subtitle: str
    source: str
    unit: str
    lines: tuple[tuple[str, measures.Numbers], ...]
    dates: tuple[date, ...]
    transform: Transform
    synthetic: bool

    @classmethod
    def of(cls, common: Common, transform: Transform, window: int, title: str) -> Panel:
        """The histories as the transform shows them. InputError when nothing is left to draw."""
        lines = [(h.info.title, _transformed(h, transform, window)) for h in common.histories]
        length = len(lines[0][1])
        if length < 2:
            raise InputError(
                "There is nothing to draw.",
                f"The span holds {len(common.dates)} dates, fewer than the window of {window} "
                "returns needs.",
                "Choose a longer span or a shorter window.",
            )
        dates = common.dates[-length:]
        histories = common.histories
        names = _listed([_short(h.info.title) for h in histories])
        synthetic = any(h.info.kind == "synthetic" for h in histories)
        sources = "; ".join(dict.fromkeys(h.info.source for h in histories))
        return cls(
            title=title or _TITLES[transform].format(names),
            subtitle=f"{_unit_words(histories[0], transform, window)}, {histories[0].info.frequency}"
            f", {_long(dates[0])} to {_long(dates[-1])}",
            source=f"{'SYNTHETIC data. ' if synthetic else ''}Source: {sources}. "
            f"As of {_long(dates[-1])}",
            unit=histories[0].info.unit.lower() if transform == "level" else _UNITS[transform],
            lines=tuple(lines),
            dates=dates,
            transform=transform,
            synthetic=synthetic,
        )

    @property
    def alt(self) -> str:
        """The chart in a sentence."""
        ends = "; ".join(
            f"{name} ends at {_reading(float(line[-1]), self.unit)}, between "
            f"{_reading(float(line.min()), self.unit)} and {_reading(float(line.max()), self.unit)}"
            for name, line in self.lines
        )
        return (
            f"{'Synthetic data. ' if self.synthetic else ''}{self.title}. {self.subtitle}. {ends}."
        )


_TITLES: dict[Transform, str] = {
    "level": "{}",
    "index": "{}, rebased to 100",
    "returns": "Returns of {}",
    "rolling_vol": "Rolling volatility of {}",
    "drawdown": "Drawdown of {}",
}
_UNITS: dict[Transform, str] = {
    "level": "",
    "index": "index",
    "returns": "pct",
    "rolling_vol": "pct",
    "drawdown": "pct",
}


def _transformed(history: History, transform: Transform, window: int) -> measures.Numbers:
    values = history.values
    if transform == "index":
        return values / values[0] * 100
    if transform == "returns":
        return measures.log_returns(values) * 100
    if transform == "rolling_vol":
        returns = measures.log_returns(values)
        return measures.rolling_deviation(returns, window, history.per_year or 1) * 100
    if transform == "drawdown":
        return measures.drawdowns(values) * 100
    return values


def _unit_words(history: History, transform: Transform, window: int) -> str:
    unit = history.info.unit
    return {
        "level": {
            "": "Unit not stated",
            "index": "Index level",
            "pct": "Percent",
            "bp": "Basis points",
            "ratio": "Ratio",
        }.get(unit.lower(), unit.upper().replace("/BBL", " per barrel")),
        "index": "First date = 100",
        "returns": "Log returns in percent",
        "rolling_vol": f"Annualised volatility in percent over {window} returns",
        "drawdown": "Fall from the highest value so far, in percent",
    }[transform]


def panel_csv(panel: Panel) -> str:
    """One row for each date, one column for each line."""
    rows = zip(panel.dates, *(line.tolist() for _, line in panel.lines), strict=True)
    return plain_csv.write(("date", *(name for name, _ in panel.lines)), rows)


def draw_panel(panel: Panel) -> Sheet:
    """Lines over time, each labelled at its right end with its last value."""
    labels = [_end_label(name, line, panel.unit) for name, line in panel.lines]
    sheet = style.new_sheet(panel.title, panel.subtitle, panel.source)
    sheet.make_room(labels, _END_SIZE)
    axes = sheet.axes
    many = len(panel.dates) > 600
    for color, (_, line) in zip(style.SERIES, panel.lines, strict=False):
        if panel.transform == "drawdown" and len(panel.lines) == 1:
            axes.fill_between(np.array(panel.dates), line, 0, color=color, alpha=0.15, lw=0)
        width = 0.7 if panel.transform == "returns" and many else 1.3 if many else 2.0
        axes.plot(np.array(panel.dates), line, color=color, linewidth=width, zorder=3)
    _fit(sheet, panel)
    _end_labels(sheet, panel, labels)
    if panel.synthetic:
        style.stamp_synthetic(sheet)
    return sheet


def _fit(sheet: Sheet, panel: Panel) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num

    axes = sheet.axes
    axes.set_xlim(date2num(panel.dates[0]), date2num(panel.dates[-1]))
    low = min(float(line.min()) for _, line in panel.lines)
    high = max(float(line.max()) for _, line in panel.lines)
    room = (high - low) * 0.05 or abs(high) * 0.05 or 1.0
    # Volatility is read against zero; a level or an index is read against its own range.
    bottom = 0.0 if panel.transform == "rolling_vol" else low - room
    axes.set_ylim(bottom, 0.0 if panel.transform == "drawdown" else high + room)
    locator = AutoDateLocator(minticks=4, maxticks=9)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, show_offset=False))
    axes.yaxis.set_major_formatter(lambda y, _: _tick(y, panel.unit))
    if panel.transform in ("returns", "index"):
        axes.axhline(
            0 if panel.transform == "returns" else 100, color=style.MUTED, linewidth=0.9, zorder=2
        )


def _end_label(name: str, line: measures.Numbers, unit: str) -> str:
    """The series' name on one or two lines, and its last value under it."""
    words = textwrap.wrap(_short(name), 20, max_lines=2, placeholder="…")
    return "\n".join((*words, _reading(float(line[-1]), unit)))


def _end_labels(sheet: Sheet, panel: Panel, labels: Sequence[str]) -> None:
    from matplotlib.dates import date2num

    bottom, top = sheet.axes.get_ylim()
    ends = [float(line[-1]) for _, line in panel.lines]
    places = style.spread(
        ends, (top - bottom) * (0.02 + 0.058 * max(label.count("\n") + 1 for label in labels))
    )
    first, last = date2num(panel.dates[0]), date2num(panel.dates[-1])
    for color, label, end, place in zip(style.SERIES, labels, ends, places, strict=False):
        sheet.axes.plot([last], [end], "o", color=color, markersize=5, clip_on=False, zorder=5)
        sheet.label(
            last + (last - first) * 0.018, place, label, color=color, va="center", ha="left",
            weight="bold", linespacing=1.3, fontsize=_END_SIZE,
        )  # fmt: skip


def _reading(number: float, unit: str) -> str:
    if unit == "pct":
        return f"{number:,.1f}%"
    if unit.startswith("usd"):
        return f"${number:,.2f}"
    return f"{number:,.1f}" if abs(number) < 1000 else f"{number:,.0f}"


def _tick(number: float, unit: str) -> str:
    shown = f"{number:,.6g}" if abs(number) < 1000 else f"{number:,.0f}"
    if unit == "pct":
        return f"{shown}%"
    return f"${shown}" if unit.startswith("usd") else shown


def _amount(number: float) -> str:
    whole = float(number).is_integer() and abs(number) >= 10
    return f"{number:,.0f}" if whole else f"{number:,.2f}"


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _short(name: str) -> str:
    return name.split(",")[0].split(" (")[0]


def _long(day: date) -> str:
    return f"{day.day} {day:%b %Y}"
