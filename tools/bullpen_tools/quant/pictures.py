"""The quant's line charts: a curve, a path, a smile, with the numbers behind it as CSV.

The rule it protects: a chart shows the numbers that its tool has just computed, with units on both axes
and a source line. It computes nothing and reads no data.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bullpen_tools import style
from bullpen_tools.context import Artifact, ToolContext


@dataclass(frozen=True, slots=True)
class Line:
    """One named line; `dots` draws its points instead."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    dots: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What to draw. `levels` are (height, words) of horizontal lines."""

    title: str
    subtitle: str
    source: str
    x_label: str
    lines: Sequence[Line]
    unit: str = ""
    levels: Sequence[tuple[float, str]] = field(default_factory=tuple)
    whole: bool = False
    """The x axis counts years, which need no label."""

    @property
    def alt(self) -> str:
        told = "; ".join(
            f"{line.name} from {line.y[0]:.4g} to {line.y[-1]:.4g}"
            for line in self.lines
            if len(line.y)
        )
        return f"{self.title}. {self.subtitle}. By {self.x_label}: {told}."


def draw(ctx: ToolContext, picture: Picture, *, name: str) -> Artifact:
    """The chart as a PNG with its CSV, under the desk's artifacts."""
    sheet = style.new_sheet(picture.title, picture.subtitle, picture.source)
    named = [line for line in picture.lines if len(picture.lines) > 1]
    sheet.make_room([line.name for line in named] or [""], 9.5)
    axes = sheet.axes
    for color, line in zip(style.SERIES * 3, picture.lines, strict=False):
        if line.dots:
            axes.plot(line.x, line.y, "o", color=color, markersize=4, zorder=4)
        else:
            mark = "o" if len(line.x) <= 14 else None
            axes.plot(
                line.x, line.y, color=color, linewidth=2.0, marker=mark, markersize=4, zorder=3
            )
    axes.margins(x=0.02, y=0.12)
    for height, words in picture.levels:
        axes.axhline(height, color=style.MUTED, linewidth=0.9, linestyle=(0, (4, 3)), zorder=2)
        sheet.label(axes.get_xlim()[0], height, f"  {words}", va="bottom", color=style.MUTED)
    if not picture.whole:
        label: dict[str, Any] = {"fontsize": 9, "color": style.MUTED, "family": sheet.family}
        axes.set_xlabel(picture.x_label, loc="right", **label)
    axes.yaxis.set_major_formatter(lambda y, _: f"{y:,.6g}{picture.unit}")
    axes.xaxis.set_major_formatter(lambda x, _: f"{x:.0f}" if picture.whole else f"{x:,.6g}")
    if picture.whole:
        from matplotlib.ticker import MaxNLocator

        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    _name_lines(sheet, named)
    return style.save(
        sheet, ctx.artifacts, name=name, title=picture.title, alt=picture.alt, rows=_rows(picture)
    )


def _name_lines(sheet: style.Sheet, named: Sequence[Line]) -> None:
    """Each line's name at its right end, none on top of another."""
    if not named:
        return
    axes = sheet.axes
    low, high = axes.get_ylim()
    heights = style.spread([float(line.y[-1]) for line in named], (high - low) * 0.055)
    right = axes.get_xlim()[1]
    for color, line, height in zip(style.SERIES * 3, named, heights, strict=False):
        sheet.label(
            right, height, f" {line.name}", color=color, weight="bold", va="center", clip_on=False
        )


def _rows(picture: Picture) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["line", picture.x_label, "value"])
    for line in picture.lines:
        writer.writerows([line.name, x, y] for x, y in zip(line.x, line.y, strict=True))
    return out.getvalue()
