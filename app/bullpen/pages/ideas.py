"""The ideas page: open market calls, how the others ended, and what the record proves.

The rule it protects: it shows what the idea book holds for the viewer's scopes and nothing that
the record cannot bear; it opens and resolves no call. The figures are `track_record.judged`'s.
"""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from bullpen.pages.look import Drawing, Eyes, Place
from bullpen.pages.receipts import value_text
from bullpen_memory.ideas import Ideas
from bullpen_memory.store import Store
from bullpen_tools.context import Value
from bullpen_tools.track_record import judged

TILES = ("hit_rate", "base_rate", "luck", "brier", "profit", "more")


class IdeasPage:
    """Serves under /ideas. `eyes` says who looks."""

    def __init__(self, store: Store, drawing: Drawing, eyes: Eyes) -> None:
        self._book = Ideas(store)
        self._place = Place(drawing, eyes, "/ideas")

    def mount(self) -> Mount:
        return self._place.mount([Route("/", self.listing)])

    async def listing(self, _request: Request) -> Response:
        """Every visible call, the newest first, under the record of those that count."""
        viewer = await self._place.eyes()
        ideas = await asyncio.to_thread(self._book.listed, viewer.scopes)
        record = judged(ideas)
        return self._place.page(
            "ideas.html",
            viewer,
            ideas=list(reversed(ideas)),
            values=record.values,
            tiles=[record.values[key] for key in TILES],
            warnings=record.warnings,
            value_text=value_text,
            figure=_figure,
        )


def _figure(value: float | None, unit: str) -> str:
    return "" if value is None else value_text(Value(value=value, unit=unit))
