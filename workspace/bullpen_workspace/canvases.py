"""Canvases: documents that apps write beside the messages, in sections that can be edited one by one.

The rule it protects: a canvas is its sections in order, each a block of Markdown with an id that
an edit does not change. It does not check who may edit; the API does. It renders nothing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from markdown_it import MarkdownIt

from bullpen_workspace.database import Database, new_id
from bullpen_workspace.types import Change

_BLOCKS = MarkdownIt("commonmark").enable("table")


@dataclass(frozen=True, slots=True)
class Section:
    """One block of Markdown. `kind` is h1 to h6 for a heading, "" for anything else."""

    id: str
    text: str
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Canvas:
    """A document of an app or person; `channel` is "" for one that stands alone."""

    id: str
    title: str
    user: str
    channel: str = ""
    tab: bool = False
    sections: tuple[Section, ...] = ()
    updated: int = 0

    @property
    def markdown(self) -> str:
        return "\n\n".join(section.text for section in self.sections)


def sections(markdown: str) -> tuple[Section, ...]:
    """The blocks of a Markdown text, with fresh ids."""
    lines = markdown.splitlines()
    found: list[Section] = []
    for token in _BLOCKS.parse(markdown):
        if token.level == 0 and token.map is not None and token.nesting >= 0:
            text = "\n".join(lines[token.map[0] : token.map[1]]).strip("\n")
            kind = token.tag if token.type == "heading_open" else ""
            found.append(Section(new_id("temp:C:"), text, kind))
    return tuple(found)


class Canvases:
    """The canvases of a workspace."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def create(
        self, title: str, markdown: str, *, user: str, channel: str = "", tab: bool = False
    ) -> Canvas:
        """A new canvas, shown at the head of `channel` when given; `tab`: as the channel's own."""
        return self.put(
            Canvas(
                id=new_id("F"),
                title=title,
                user=user,
                channel=channel,
                tab=tab,
                sections=sections(markdown),
            )
        )

    def put(self, canvas: Canvas) -> Canvas:
        """Store a canvas over the one of the same id."""
        canvas = replace(canvas, updated=int(self._db.clock()))
        with self._db.transaction():
            self._db.insert(
                "canvases",
                {
                    "id": canvas.id,
                    "title": canvas.title,
                    "user": canvas.user,
                    "channel": canvas.channel,
                    "tab": int(canvas.tab),
                    "sections": json.dumps([[s.id, s.text, s.kind] for s in canvas.sections]),
                    "updated": canvas.updated,
                },
                replace=True,
            )
            self._db.emit(Change(kind="channel_changed", channel=canvas.channel))
        return canvas

    def delete(self, canvas: Canvas) -> None:
        with self._db.transaction():
            self._db.run("DELETE FROM canvases WHERE id = ?", (canvas.id,))
            self._db.emit(Change(kind="channel_changed", channel=canvas.channel))

    def get(self, canvas_id: str) -> Canvas | None:
        found = self._read("WHERE id = ?", (canvas_id,))
        return found[0] if found else None

    def of(self, channel: str) -> list[Canvas]:
        """The canvases of a channel, its own first, then the oldest first."""
        return self._read("WHERE channel = ? ORDER BY tab DESC, rowid", (channel,))

    def _read(self, where: str, given: Sequence[str]) -> list[Canvas]:
        return [
            Canvas(
                id=row["id"],
                title=row["title"],
                user=row["user"],
                channel=row["channel"],
                tab=bool(row["tab"]),
                sections=tuple(Section(*one) for one in json.loads(row["sections"])),
                updated=row["updated"],
            )
            for row in self._db.rows(f"SELECT * FROM canvases {where}", given)
        ]
