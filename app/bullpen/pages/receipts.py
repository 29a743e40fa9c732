"""The receipts page: how every figure was made.

The rule it protects: a receipt is shown to whoever may see the conversation it was made in, whole
and unchanged. Pictures are served from the desk's artifacts folder only. It computes nothing itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Protocol

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route

from bullpen import messages
from bullpen.pages.look import Drawing, Eyes, Place, from_this_site, moment, refused
from bullpen.wording import Rerun, data_text
from bullpen_tools import formats
from bullpen_tools.context import Receipt, Value

SHOWN = 100


class ReceiptBook(Protocol):
    """What the page needs of the receipts."""

    def get(self, receipt_id: str, scopes: frozenset[str] | None = None) -> Receipt | None: ...

    def latest(self, scopes: frozenset[str], limit: int = 50) -> list[Receipt]: ...


class Replaying(Protocol):
    """Runs a receipt again and says what that gave; it raises nothing."""

    async def again(self, receipt: Receipt) -> Rerun: ...


class ReceiptsPage:
    """Serves under /receipts. `eyes` says who looks."""

    def __init__(
        self,
        receipts: ReceiptBook,
        artifacts: Path,
        drawing: Drawing,
        eyes: Eyes,
        replays: Callable[[], Replaying | None],
    ) -> None:
        self._receipts = receipts
        self._replays = replays
        self._artifacts = artifacts
        self._place = Place(drawing, eyes, "/receipts")

    def mount(self) -> Mount:
        return self._place.mount(
            [
                Route("/", self.listing),
                Route("/{receipt_id}", self.receipt),
                Route("/{receipt_id}/replay", self.again, methods=["POST"]),
                Route("/{receipt_id}/artifact/{number:int}", self.artifact),
            ]
        )

    async def listing(self, _request: Request) -> Response:
        """The newest receipts."""
        viewer = await self._place.eyes()
        found = await asyncio.to_thread(self._receipts.latest, viewer.scopes, SHOWN)
        return self._place.page("receipts.html", viewer, receipts=found)

    async def receipt(self, request: Request) -> Response:
        """One receipt, whole."""
        return await self._shown(request)

    async def again(self, request: Request) -> Response:
        """The receipt, run again on the data it used; the desk's own pages alone may ask for it."""
        if not from_this_site(request):
            return refused(self._place.drawing)
        return await self._shown(request, again=True)

    async def _shown(self, request: Request, *, again: bool = False) -> Response:
        viewer = await self._place.eyes()
        receipt_id = request.path_params["receipt_id"]
        found = await asyncio.to_thread(self._receipts.get, receipt_id, viewer.scopes)
        if found is None:
            return refused(self._place.drawing, str(messages.no_receipt(receipt_id)), 404)
        replays = self._replays()
        return self._place.page(
            "receipt.html",
            viewer,
            receipt=found,
            rerun=await replays.again(found) if again and replays else None,
            ready=replays is not None and not found.error,
            inputs=json.dumps(found.inputs, indent=2, ensure_ascii=False, default=str),
            value_text=value_text,
            cell_text=cell_text,
            inputs_table=_flat(found.inputs),
            data_text=data_text,
        )

    async def artifact(self, request: Request) -> Response:
        """A picture or file that the call made."""
        viewer = await self._place.eyes()
        receipt_id, number = request.path_params["receipt_id"], request.path_params["number"]
        found = await asyncio.to_thread(self._receipts.get, receipt_id, viewer.scopes)
        if found is None or number >= len(found.result.artifacts):
            return refused(self._place.drawing, str(messages.no_receipt(receipt_id)), 404)
        item = found.result.artifacts[number]
        path = (self._artifacts / item.path).resolve()
        inside = path.is_relative_to(self._artifacts.resolve())
        if not inside or not await asyncio.to_thread(path.is_file):
            return refused(self._place.drawing, str(messages.no_receipt(receipt_id)), 404)
        return FileResponse(path, media_type=item.mimetype, filename=item.name,
                            content_disposition_type="inline")  # fmt: skip


def value_text(value: Value) -> str:
    """A value as messages write it (38.6%, 5,012, $17.50); a text stays as it is."""
    if isinstance(value.value, str) and value.unit != "date":
        return value.value
    return formats.show(value)


def cell_text(cell: object) -> str:
    """A cell of a receipt's table; a time without its zone's arithmetic."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, int):
        return f"{cell:,}" if abs(cell) >= 10_000 else str(cell)
    if isinstance(cell, float):
        return f"{cell:,.4g}" if abs(cell) < 10_000 else f"{cell:,.0f}"
    text = str(cell)
    if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d.*", text):
        with contextlib.suppress(ValueError):
            return moment(datetime.fromisoformat(text))
    return text


def _flat(inputs: Mapping[str, object]) -> list[tuple[str, str]] | None:
    """Inputs as name and value when each is one word or number; None when one holds more."""
    if any(isinstance(value, dict | list | tuple) for value in inputs.values()):
        return None
    return [(name, "" if value is None else str(value)) for name, value in inputs.items()]
