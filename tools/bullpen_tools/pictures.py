"""Pictures of one computation each: bars, histogram, scatter, heat map, curve, fan.

The rule it protects: what a picture shows stands in its CSV too, marks are labelled where they
are, and no colour alone carries meaning. It loads no data and writes no file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np

from bullpen_tools import plain_csv, style
from bullpen_tools.measures import Numbers
from bullpen_tools.style import Sheet


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The words around a picture, and the rows behind it."""

    title: str
    subtitle: str
    source: str
    alt: str
    header: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
    synthetic: bool = False

    def csv(self) -> str:
        """The rows behind the picture."""
        return plain_csv.write(self.header, self.rows)

    def sheet(self) -> Sheet:
        """An empty sheet with these words, stamped where the data are made up."""
        sheet = style.new_sheet(self.title, self.subtitle, self.source)
        if self.synthetic:
            style.stamp_synthetic(sheet)
        return sheet


def reading(number: float, unit: str) -> str:
    """A number with its unit, short enough to stand at a mark."""
    digits = 1 if abs(number) < 1000 else 0
    if unit == "pct":
        return f"{number:+,.1f}%"
    if unit.startswith("usd"):
        return f"${number:,.{max(digits, 2) if abs(number) < 1000 else 0}f}"
    return f"{number:,.{digits}f}"


def _tick(number: float, unit: str) -> str:
    return (
        f"${number:,.6g}"
        if unit.startswith("usd")
        else f"{number:,.4g}%"
        if unit == "pct"
        else f"{number:,.6g}"
    )


def bars(frame: Frame, names: Sequence[str], values: Numbers, unit: str) -> Sheet:
    """One bar for each period; rises and falls in two colours, the extremes named."""
    sheet = frame.sheet()
    axes, at = sheet.axes, np.arange(len(values))
    colors = [style.GAIN if value >= 0 else style.LOSS for value in values]
    axes.bar(at, values, color=colors, width=0.78, zorder=3)
    axes.axhline(0, color=style.MUTED, linewidth=0.9, zorder=4)
    room = (float(values.max()) - min(0.0, float(values.min()))) * 0.17 or 1.0
    axes.set_ylim(min(0.0, float(values.min())) - room, max(0.0, float(values.max())) + room)
    axes.set_xlim(-0.7, len(values) - 0.3)
    every = max(1, -(-len(values) // 12))
    axes.set_xticks(at[::every], list(names)[::every])
    axes.yaxis.set_major_formatter(lambda y, _: f"{y:,.4g}%" if unit == "pct" else f"{y:,.6g}")
    shown = (
        range(len(values)) if len(values) <= 12 else {int(values.argmax()), int(values.argmin())}
    )
    for i in shown:
        up = values[i] >= 0
        text = (
            reading(float(values[i]), unit)
            if len(values) <= 12
            else f"{names[i]}\n{reading(float(values[i]), unit)}"
        )
        sheet.label(
            i,
            float(values[i]) + room * (0.12 if up else -0.12),
            text,
            ha="center",
            va="bottom" if up else "top",
            fontsize=9,
        )
    return sheet


def histogram(
    frame: Frame, values: Numbers, edges: Numbers, unit: str, marks: Sequence[tuple[str, float]]
) -> Sheet:
    """How often each range of values occurs, with `marks` (label, value) as lines."""
    sheet = frame.sheet()
    axes = sheet.axes
    counts, _, _ = axes.hist(
        values,
        bins=edges.tolist(),
        color=style.SERIES[0],
        alpha=0.85,
        zorder=3,
        edgecolor=style.PAPER,
        linewidth=0.5,
    )
    top = float(np.max(counts))
    axes.set_ylim(0, top * 1.22)
    axes.set_xlim(float(edges[0]), float(edges[-1]))
    for n, (label, value) in enumerate(marks):
        axes.axvline(value, color=style.INK, linewidth=1.1, linestyle=(0, (4, 3)), zorder=4)
        left = value < (edges[0] + edges[-1]) / 2
        gap = float(edges[-1] - edges[0]) * 0.008
        sheet.label(
            value + (-gap if left else gap),
            top * (1.16 - 0.1 * (n % 3)),
            label,
            ha="right" if left else "left",
            va="center",
            fontsize=9,
        )
    axes.xaxis.set_major_formatter(lambda x, _: f"{x:,.4g}%" if unit == "pct" else f"{x:,.6g}")
    return sheet


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    """Pairs with the line through them: y = intercept + slope * x."""

    x: Numbers
    y: Numbers
    x_label: str
    y_label: str
    slope: float
    intercept: float
    note: str
    unit: str = "pct"
    named: tuple[tuple[int, str], ...] = field(default=())


def scatter(frame: Frame, cloud: Cloud) -> Sheet:
    """The pairs, the fitted line with its equation, and the farthest points by name."""
    sheet = frame.sheet()
    axes = sheet.axes
    axes.scatter(
        cloud.x,
        cloud.y,
        s=13 if len(cloud.x) < 800 else 6,
        color=style.SERIES[0],
        alpha=0.45,
        linewidths=0,
        zorder=3,
    )
    ends = np.array([cloud.x.min(), cloud.x.max()])
    axes.plot(ends, cloud.intercept + cloud.slope * ends, color=style.LOSS, linewidth=2, zorder=4)
    axes.axhline(0, color=style.GRID, linewidth=0.9, zorder=1)
    axes.axvline(0, color=style.GRID, linewidth=0.9, zorder=1)
    axes.grid(axis="x", color=style.GRID, linewidth=0.8)
    for at, name in cloud.named:
        right = cloud.x[at] > np.median(cloud.x)
        sheet.label(
            float(cloud.x[at]),
            float(cloud.y[at]),
            f"  {name}  ",
            ha="right" if right else "left",
            va="bottom",
            fontsize=8.5,
            color=style.MUTED,
        )
    sheet.axes.text(
        0.015,
        0.915,
        cloud.note,
        transform=axes.transAxes,
        va="top",
        ha="left",
        fontsize=10,
        weight="bold",
        color=style.LOSS,
        family=sheet.family,
        parse_math=False,
        linespacing=1.4,
    )
    percent = "%" if cloud.unit == "pct" else ""
    axes.xaxis.set_major_formatter(lambda v, _: f"{v:,.4g}{percent}")
    axes.yaxis.set_major_formatter(lambda v, _: f"{v:,.4g}{percent}")
    for side, text in (("x", cloud.x_label), ("y", cloud.y_label)):
        where: dict[str, Any] = (
            {"x": 0.995, "y": 0.02, "ha": "right", "va": "bottom"}
            if side == "x"
            else {"x": 0.015, "y": 0.985, "ha": "left", "va": "top"}
        )
        axes.text(
            s=f"{text} →" if side == "x" else f"↑ {text}",
            transform=axes.transAxes,
            fontsize=9,
            color=style.MUTED,
            family=sheet.family,
            parse_math=False,
            **where,
        )
    return sheet


def heat_map(
    frame: Frame,
    rows: Sequence[str],
    columns: Sequence[str],
    values: Numbers,
    *,
    limit: float,
    percent: bool,
) -> Sheet:
    """A grid of numbers, coloured from orange (low) over white to blue (high); each cell says its number."""
    from matplotlib.colors import LinearSegmentedColormap

    sheet = frame.sheet()
    axes = sheet.axes
    colors = LinearSegmentedColormap.from_list("desk", [style.LOSS, "#ffffff", style.SERIES[0]])
    axes.imshow(np.ma.masked_invalid(values), cmap=colors, vmin=-limit, vmax=limit, aspect="auto")
    axes.grid(visible=False)
    axes.spines["bottom"].set_visible(False)
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), rows)
    axes.tick_params(axis="x", length=0, pad=4)
    widest = max(style.width(sheet, row, 9.5) for row in rows)
    left = 0.035 + widest + 0.01
    axes.set_position((left, 0.135, 0.965 - left, 0.675))
    size = 9.5 if len(columns) <= 8 and len(rows) <= 8 else 7.6 if len(rows) <= 14 else 6
    for i in range(len(rows)):
        for j in range(len(columns)):
            number = float(values[i, j])
            if np.isfinite(number):
                dark = abs(number) > 0.62 * limit
                axes.text(j, i, f"{number:.1f}" if percent else f"{number:.2f}", ha="center", va="center", fontsize=size,
                          color=style.PAPER if dark else style.INK, family=sheet.family)  # fmt: skip
    for edge in np.arange(-0.5, len(columns)):
        axes.axvline(edge, color=style.PAPER, linewidth=1.5)
    for edge in np.arange(-0.5, len(rows)):
        axes.axhline(edge, color=style.PAPER, linewidth=1.5)
    return sheet


def curves(
    frame: Frame, names: Sequence[str], lines: Sequence[tuple[str, Numbers]], unit: str
) -> Sheet:
    """One line for each date over the points of a curve, labelled at its right end."""
    sheet = frame.sheet()
    labels = [label for label, _ in lines]
    sheet.make_room(labels, 10)
    axes, at = sheet.axes, np.arange(len(names))
    for color, (_, line) in zip(style.SERIES, lines, strict=False):
        axes.plot(at, line, color=color, linewidth=2, marker="o", markersize=5.5, zorder=3)
    every = np.concatenate([line[np.isfinite(line)] for _, line in lines])
    room = (every.max() - every.min()) * 0.12 or abs(every.max()) * 0.05 or 1.0
    axes.set_ylim(every.min() - room, every.max() + room)
    axes.set_xlim(-0.2, len(names) - 0.8)
    axes.set_xticks(at, names)
    axes.yaxis.set_major_formatter(lambda y, _: _tick(y, unit))
    places = style.spread(
        [float(line[-1]) for _, line in lines], (every.max() - every.min() + 2 * room) * 0.085
    )
    for color, label, place in zip(style.SERIES, labels, places, strict=False):
        sheet.label(
            len(names) - 0.72,
            place,
            label,
            color=color,
            ha="left",
            va="center",
            weight="bold",
            fontsize=10,
        )
    return sheet


@dataclass(frozen=True, slots=True, kw_only=True)
class Cone:
    """A history and, after it, quantiles of what may follow: `bands` is (label, values ahead)."""

    dates: tuple[date, ...]
    values: Numbers
    ahead: tuple[date, ...]
    bands: tuple[tuple[str, Numbers], ...]
    unit: str


def fan(frame: Frame, cone: Cone) -> Sheet:
    """The last stretch of the history, and shaded bands from its last value on."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num

    sheet = frame.sheet()
    labels = [f"{label}  {reading(float(band[-1]), cone.unit)}" for label, band in cone.bands]
    sheet.make_room(labels, 9.5)
    axes = sheet.axes
    x = np.array([date2num(day) for day in (cone.dates[-1], *cone.ahead)])
    joined = [np.concatenate([[cone.values[-1]], band]) for _, band in cone.bands]
    half = len(joined) // 2
    for n in range(half):
        axes.fill_between(
            x,
            joined[n],
            joined[-1 - n],
            color=style.SERIES[0],
            alpha=0.16 + 0.12 * n,
            lw=0,
            zorder=2,
        )
    axes.plot(
        x, joined[half], color=style.SERIES[0], linewidth=1.6, linestyle=(0, (4, 2)), zorder=3
    )
    axes.plot(np.array(cone.dates), cone.values, color=style.LINE, linewidth=1.8, zorder=4)
    axes.plot([x[0]], [cone.values[-1]], "o", color=style.LINE, markersize=5, zorder=5)
    axes.set_xlim(date2num(cone.dates[0]), x[-1])
    low = min(float(cone.values.min()), *(float(line.min()) for line in joined))
    high = max(float(cone.values.max()), *(float(line.max()) for line in joined))
    room = (high - low) * 0.06
    axes.set_ylim(low - room, high + room)
    locator = AutoDateLocator(minticks=4, maxticks=8)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, show_offset=False))
    axes.yaxis.set_major_formatter(lambda y, _: _tick(y, cone.unit))
    places = style.spread([float(line[-1]) for line in joined], (high - low) * 0.062)
    for label, place in zip(labels, places, strict=True):
        sheet.label(
            x[-1] + (x[-1] - date2num(cone.dates[0])) * 0.012,
            place,
            label,
            ha="left",
            va="center",
            fontsize=9.5,
            weight="bold",
            color=style.SERIES[0],
        )
    return sheet
