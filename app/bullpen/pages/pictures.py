"""A list of records as a picture: points in time, or a net of what belongs together.

The rule it protects: every point is a link to its record with a name that a screen reader says,
and the same records give the same picture. Drawn here as SVG; the browser loads no library.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from markupsafe import Markup, escape

from bullpen.pages.look import Viewer, bare, moment
from bullpen_memory.records import Record

WIDTH, LANE, LEFT, TOP = 1100, 64, 118, 34
NET = 660
HUBS = 14
ROUNDS = 220
LABELLED = 30
"""Of so many records each has its name beside it; of more, where one points."""


def timeline(records: Sequence[Record], viewer: Viewer, prefix: str) -> Markup:
    """A lane for each kind; a point where the time is that a record is about."""
    if not records:
        return Markup("")
    moments = [_when(record) for record in records]
    first, last = min(moments), max(moments)
    if last - first < timedelta(hours=2):
        first, last = first - timedelta(hours=1), last + timedelta(hours=1)
    kinds = [kind for kind, _ in Counter(record.kind for record in records).most_common()]
    height = TOP + LANE * len(kinds) + 8
    parts = [_ticks(first, last, height)]
    for lane, kind in enumerate(kinds):
        y = TOP + LANE * lane
        parts.append(
            f'<text class="lane" x="0" y="{y + LANE / 2 + 4:.0f}">{escape(kind.capitalize())}</text>'
            f'<line class="rule" x1="0" x2="{WIDTH}" y1="{y}" y2="{y}"/>'
        )
    taken: dict[tuple[int, int], int] = {}
    for record, at in sorted(zip(records, moments, strict=True), key=lambda pair: pair[1]):
        x = _across(at, first, last)
        lane = kinds.index(record.kind)
        # Points of one moment stand above each other instead of hiding each other.
        place = (lane, round(x / 9))
        level = taken[place] = taken.get(place, -1) + 1
        step = (level + 1) // 2 * (1 if level % 2 else -1) * 11
        y = TOP + LANE * lane + LANE / 2 + max(-24, min(24, step))
        parts.append(_point(record, x, y, 5.5, viewer, prefix))
    return _picture("".join(parts), WIDTH, height, "The records by the time they are about")


def net(records: Sequence[Record], viewer: Viewer, prefix: str) -> Markup:
    """Records around the symbols and tags they share; a line where one stands for another."""
    if not records:
        return Markup("")
    hubs = _hubs(records)
    names = [f"#{hub}" for hub in hubs] + [record.id for record in records]
    at = {name: place for place, name in enumerate(names)}
    lines = _ties(records, hubs, at)
    spots = _laid_out(len(names), [(a, b) for a, b, _ in lines])
    drawn = [
        f'<line class="tie t-{kind}" x1="{spots[a][0]:.1f}" y1="{spots[a][1]:.1f}"'
        f' x2="{spots[b][0]:.1f}" y2="{spots[b][1]:.1f}"/>'
        for a, b, kind in lines
    ]
    for record in records:
        x, y = spots[at[record.id]]
        drawn.append(_point(record, x, y, 7, viewer, prefix))
        if len(records) <= LABELLED:
            drawn.append(
                f'<text class="name" x="{x:.1f}" y="{y + 22:.1f}">{escape(_name(record, 30))}</text>'
            )
    for hub in hubs:
        x, y = spots[at[f"#{hub}"]]
        half = 4.1 * len(hub) + 9
        drawn.append(
            f'<g class="hub"><rect x="{x - half:.1f}" y="{y - 12:.1f}" width="{2 * half:.1f}"'
            f' height="24" rx="12"/><text x="{x:.1f}" y="{y + 4.5:.1f}">{escape(hub)}</text></g>'
        )
    return _picture("".join(drawn), WIDTH, NET, "The records and what they share")


def _ties(
    records: Sequence[Record], hubs: Sequence[str], at: dict[str, int]
) -> list[tuple[int, int, str]]:
    """What is joined to what, by place, and why."""
    lines: list[tuple[int, int, str]] = []
    for record in records:
        marks = _marks(record)
        lines += [(at[record.id], at[f"#{hub}"], "shares") for hub in hubs if hub in marks]
        for other in (record.supersedes, record.superseded_by):
            if other in at:
                lines.append((at[record.id], at[other], "replaces"))
    by_source: dict[str, int] = {}
    for record in records:
        if record.source.kind in ("message", "file", "url") and record.source.ref:
            near = by_source.setdefault(record.source.ref, at[record.id])
            if near != at[record.id]:
                lines.append((at[record.id], near, "source"))
    return lines


def _hubs(records: Sequence[Record]) -> list[str]:
    counted = Counter(mark for record in records for mark in _marks(record))
    return [mark for mark, number in counted.most_common(HUBS) if number > 1]


def _marks(record: Record) -> set[str]:
    """Symbols and tags; a tag that is a symbol in small letters is that symbol."""
    return {*record.symbols} | {
        tag if tag.upper() not in record.symbols else tag.upper() for tag in record.tags
    }


def _laid_out(count: int, lines: Sequence[tuple[int, int]]) -> list[tuple[float, float]]:
    """Places by Fruchterman and Reingold (1991), from a fixed start, so that nothing jumps about."""
    import numpy as np

    golden = math.pi * (3 - math.sqrt(5))
    turn = np.arange(count) * golden
    far = np.sqrt((np.arange(count) + 0.5) / count)
    spots = np.stack([far * np.cos(turn), far * np.sin(turn)], axis=1)
    ideal = math.sqrt(3.0 / max(count, 1))
    a = np.array([line[0] for line in lines], int)
    b = np.array([line[1] for line in lines], int)
    for heat in np.linspace(0.12, 0.004, ROUNDS):
        apart = spots[:, None, :] - spots[None, :, :]
        distance = np.maximum(np.sqrt((apart**2).sum(-1)), 0.01)
        push = (apart / distance[..., None] * (ideal**2 / distance)[..., None]).sum(1)
        if len(lines):
            along = spots[a] - spots[b]
            length = np.maximum(np.sqrt((along**2).sum(-1, keepdims=True)), 0.01)
            pull = along * length / ideal
            np.add.at(push, a, -pull)
            np.add.at(push, b, pull)
        push -= spots * 0.9
        force = np.maximum(np.sqrt((push**2).sum(-1, keepdims=True)), 1e-9)
        spots = spots + push / force * np.minimum(force, heat)
    low, high = spots.min(0), spots.max(0)
    # A few points are not torn apart to fill the picture.
    room = np.maximum(high - low, (2.4, 1.6) if count < 12 else (1e-6, 1e-6))
    scaled = (spots - (low + high) / 2) / room * np.array([WIDTH - 180, NET - 90])
    scaled += np.array([WIDTH / 2, NET / 2 - 8])
    return [(float(x), float(y)) for x, y in scaled]


def _point(record: Record, x: float, y: float, size: float, viewer: Viewer, prefix: str) -> str:
    name = _name(record, 80)
    who = record.speaker or viewer.name(record.author)
    state = "" if record.status == "active" else f", {record.status}"
    said = f"{name} ({record.kind}{state}, {who}, {moment(_when(record))})"
    return (
        f'<a href="{escape(prefix)}/{escape(record.id)}" class="pt s-{record.status}'
        f'{" pin" if record.pinned else ""}" aria-label="{escape(said)}"><title>{escape(said)}</title>'
        f'<circle class="grip" cx="{x:.1f}" cy="{y:.1f}" r="{size + 6:.1f}"/>'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size}"/></a>'
    )


def _name(record: Record, length: int) -> str:
    name = bare(record.title) or bare(" ".join(record.text.split())) or record.kind
    return name if len(name) <= length else name[: length - 1].rstrip() + "…"


def _ticks(first: datetime, last: datetime, height: int) -> str:
    """Years, months, days or hours: whatever gives a handful of lines."""
    span = last - first
    step, form = next((one for one in _STEPS if span / one[0] >= 4), _STEPS[-1])
    count = max(1, math.floor(span / step))
    every = step * math.ceil(count / 10)
    parts: list[str] = []
    at = first + every / 2
    while at < last:
        x = _across(at, first, last)
        parts.append(
            f'<line class="rule" x1="{x:.1f}" x2="{x:.1f}" y1="24" y2="{height}"/>'
            f'<text class="tick" x="{x:.1f}" y="16">{at.astimezone():{form}}</text>'
        )
        at += every
    return "".join(parts)


_STEPS = (
    (timedelta(days=365.25), "%Y"), (timedelta(days=30.44), "%b %Y"), (timedelta(days=7), "%-d %b"),
    (timedelta(days=1), "%-d %b"), (timedelta(hours=6), "%-d %b %H:%M"),
    (timedelta(hours=1), "%H:%M"), (timedelta(minutes=15), "%H:%M"),
)  # fmt: skip


def _across(at: datetime, first: datetime, last: datetime) -> float:
    return LEFT + (WIDTH - LEFT - 20) * ((at - first) / (last - first))


def _when(record: Record) -> datetime:
    return record.valid_from or record.known_at


def _picture(inside: str, width: int, height: int, name: str) -> Markup:
    return Markup(
        f'<svg class="drawn" viewBox="0 0 {width} {height}" role="group"'
        f' aria-label="{escape(name)}">{inside}</svg>'
    )
