"""The house style of charts: one sheet with title, subtitle, plot and source line.

The rule it protects: a chart can be read alone. It says what it shows, in which unit and span,
from which receipt or data, and whether the data are made up. Only matplotlib's object API is
used (no pyplot, no shared state), so that charts may be drawn in any thread.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bullpen_tools.context import Artifact

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, MUTED, GRID, PAPER = "#1b2430", "#66717f", "#e4e8ed", "#ffffff"
GAIN, LOSS, LINE = "#009e73", "#d55e00", "#12355b"
SERIES = ("#0072b2", "#d55e00", "#009e73", "#8f4f9e", "#b27d00", "#2b8fc4")
"""Okabe and Ito's colours, told apart by colour-blind readers; the yellows darkened for white paper."""

WIDTH, HEIGHT, DPI = 7.2, 4.5, 220
_LEFT, _BOTTOM, _TOP = 0.075, 0.135, 0.81


@dataclass(slots=True)
class Sheet:
    """A figure with one plot; its labels keep the fonts and never read `$` as mathematics."""

    figure: Figure
    axes: Axes
    family: list[str]

    def label(self, x: float, y: float, text: str, **how: Any) -> None:
        """A label in data coordinates, small and readable on top of lines."""
        from matplotlib.patheffects import withStroke

        options: dict[str, Any] = {"fontsize": 9.5, "color": INK, "zorder": 6}
        self.axes.text(
            x,
            y,
            text,
            family=self.family,
            parse_math=False,
            path_effects=[withStroke(linewidth=3, foreground=PAPER)],
            **(options | how),
        )

    def make_room(self, labels: Sequence[str], fontsize: float) -> None:
        """End the plot early enough for these labels to stand at its right."""
        widest = max(
            _width(self.figure, label, fontsize=fontsize, weight="bold", family=self.family)
            for label in labels
        )
        self.axes.set_position((_LEFT, _BOTTOM, 0.965 - 0.02 - widest - _LEFT, _TOP - _BOTTOM))


@lru_cache(maxsize=1)
def _families() -> tuple[str, ...]:
    # DejaVu Sans ships with matplotlib, so it is always there, also for glyphs Inter lacks.
    from matplotlib.font_manager import fontManager

    return tuple(name for name in ("Inter", "DejaVu Sans") if name in fontManager.get_font_names())


def new_sheet(title: str, subtitle: str, source: str) -> Sheet:
    """An empty sheet. A text too long for its line is set smaller, then cut with an ellipsis."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    family = list(_families())
    figure = Figure(figsize=(WIDTH, HEIGHT), dpi=DPI, facecolor=PAPER)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((_LEFT, _BOTTOM, 0.965 - _LEFT, _TOP - _BOTTOM))
    for y, text, sizes, color, weight in (
        (0.955, title, (15, 13.5, 12), INK, "bold"),
        (0.893, subtitle, (10, 9), MUTED, "normal"),
        (0.022, source, (8, 7), MUTED, "normal"),
    ):
        shown, size = _fitted(figure, text, sizes, weight=weight, family=family)
        figure.text(
            0.03,
            y,
            shown,
            fontsize=size,
            color=color,
            weight=weight,
            family=family,
            va="bottom" if y < 0.5 else "top",
            parse_math=False,
        )
    _dress(axes, family)
    return Sheet(figure, axes, family)


def _dress(axes: Axes, family: list[str]) -> None:
    axes.set_facecolor(PAPER)
    axes.grid(axis="y", color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color("#b6bec8")
    axes.tick_params(length=0, pad=6, labelsize=9.5, labelcolor=MUTED, labelfontfamily=family)
    axes.tick_params(axis="x", length=3.5, color="#b6bec8", pad=4)


def stamp_synthetic(sheet: Sheet) -> None:
    """Write SYNTHETIC across the plot."""
    sheet.axes.text(
        0.5,
        0.5,
        "SYNTHETIC",
        transform=sheet.axes.transAxes,
        fontsize=64,
        weight="bold",
        color="#c1272d",
        alpha=0.16,
        rotation=24,
        ha="center",
        va="center",
        family=sheet.family,
        zorder=9,
    )


def spread(heights: Sequence[float], gap: float) -> list[float]:
    """Positions at least `gap` apart, in the order of `heights` and near to them."""
    order = sorted(range(len(heights)), key=lambda i: heights[i])
    placed = [heights[i] for i in order]
    for _ in range(60):
        for low in range(len(placed) - 1):
            if (short := gap - (placed[low + 1] - placed[low])) > 1e-12:
                placed[low] -= short / 2
                placed[low + 1] += short / 2
    result = [0.0] * len(heights)
    for position, index in enumerate(order):
        result[index] = placed[position]
    return result


def save(sheet: Sheet, folder: Path, *, name: str, title: str, alt: str, rows: str) -> Artifact:
    """Write the PNG and, beside it with the same stem, its SVG and the CSV `rows` behind it.

    Both are named by the content of the picture, so the same chart is one file. Raises OSError
    when the folder cannot be written.
    """
    buffer = io.BytesIO()
    # No software version in the file: the same picture must have the same hash.
    sheet.figure.savefig(buffer, format="png", metadata={"Software": None})
    content = buffer.getvalue()
    digest = hashlib.sha256(content).hexdigest()
    stem = f"{_slug(name)}-{digest[:12]}"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{stem}.png"
    path.write_bytes(content)
    path.with_suffix(".svg").write_text(_svg(sheet.figure), encoding="utf-8")
    path.with_suffix(".csv").write_text(rows, encoding="utf-8")
    return Artifact(
        path=str(path),
        name=path.name,
        mimetype="image/png",
        title=title,
        alt=alt,
        sha256=digest,
    )


def _svg(figure: Figure) -> str:
    """The picture as SVG, its letters as outlines: it looks the same without our fonts."""
    import matplotlib

    buffer = io.StringIO()
    # Without a fixed salt and date the same picture would be another file each time. It is the same
    # for every thread, so it may be set for good.
    matplotlib.rcParams["svg.hashsalt"] = "bullpen"
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


def width(sheet: Sheet, text: str, fontsize: float) -> float:
    """How wide a text is at that size, as a share of the sheet."""
    return _width(sheet.figure, text, fontsize=fontsize, family=sheet.family)


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60] or "chart"


def _width(figure: Figure, text: str, **font: Any) -> float:
    """How wide a text is, as a share of the sheet: fonts differ too much to count letters."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    drawn = figure.text(0, 0, text, parse_math=False, **font)
    extent = drawn.get_window_extent(FigureCanvasAgg(figure).get_renderer())
    drawn.remove()
    return extent.width / (WIDTH * DPI)


def _fitted(figure: Figure, text: str, sizes: Sequence[float], **font: Any) -> tuple[str, float]:
    """The text on one line at the largest of the sizes that fits, else cut at the smallest."""
    line = " ".join(text.split())
    for size in sizes:
        wide = _width(figure, line, fontsize=size, **font)
        if wide <= 0.94:
            return line, size
    size = sizes[-1]
    keep = int(len(line) * 0.94 / _width(figure, line, fontsize=size, **font)) - 2
    return line[: max(keep, 1)].rstrip() + "…", size
