"""The memory page: what the desk remembers, searched, read and reviewed by people.

The rule it protects: a person sees and changes exactly what their scopes allow, and every change
carries their name. Looking never changes anything; changes come from this page's own origin only.
It ranks nothing itself: the store searches.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Mount, Route

from bullpen import acts, messages
from bullpen.acts import Acts, Form
from bullpen.pages import belief, export, pictures
from bullpen.pages.look import (
    Drawing,
    Eyes,
    Place,
    Viewer,
    from_this_site,
    places,
    refused,
    scope_text,
)
from bullpen.pages.shelf import KINDS, LABELS, MEANINGS, STATUSES, Search
from bullpen_memory import progress
from bullpen_memory.errors import BullpenError, ConflictError
from bullpen_memory.listing import Listing, Order
from bullpen_memory.records import Query, Record
from bullpen_memory.reviewing import Seen
from bullpen_memory.store import Store
from bullpen_memory.ties import linked
from bullpen_memory.usage import Use, used
from bullpen_tools.forgetting import reach
from bullpen_tools.receipts import Receipts

PAGE = 50
"""Records of one window of the list; the script asks for one after the other as a person scrolls."""
BEST = 200
PICTURED = 160
RELATED = 6
FORMS = ("edit", "retract", "dispute", "share", "forget")


class MemoryPage:
    """Serves under /memory. `eyes` says who looks."""

    def __init__(self, store: Store, receipts: Receipts, drawing: Drawing, eyes: Eyes) -> None:
        self._store = store
        self._receipts = receipts
        self._place = Place(drawing, eyes, "/memory")
        self._listing = Listing(store.database)
        self._acts = Acts(store, receipts)

    def mount(self) -> Mount:
        return self._place.mount(
            [
                Route("/", self.listing),
                Route("/rows", self.rows),
                Route("/ids", self.ids),
                Route("/timeline", self.timeline),
                Route("/map", self.map),
                Route("/export", self.export),
                Route("/write", self.write),
                Route("/add", self.add, methods=["POST"]),
                Route("/bulk/{action}", self.bulk, methods=["POST"]),
                Route("/{record_id}", self.record),
                Route("/{record_id}/{form}", self.form),
                Route("/{record_id}/{action}", self.change, methods=["POST"]),
            ]
        )

    async def listing(self, request: Request) -> Response:
        """The whole page, without an open record."""
        viewer = await self._place.eyes()
        start = _number(request.query_params.get("from", ""))
        values = await self._listed(Search.of(request.query_params), viewer, start)
        return self._place.page("memory.html", viewer, record=None, form="", **values)

    async def rows(self, request: Request) -> Response:
        """A window of the list from `from` on; with `first` also how many there are, in words."""
        viewer = await self._place.eyes()
        start = _number(request.query_params.get("from", ""))
        best = request.query_params.get("best") == "1"
        stamp = _number(request.query_params.get("list", ""))
        values = await self._listed(
            Search.of(request.query_params), viewer, start, best=best, stamp=stamp
        )
        part = "results.html" if values["total"] else "nothing.html"
        if start or not request.query_params.get("first"):
            return self._place.page(part, viewer, record=None, **values)
        return self._place.page("first.html", viewer, record=None, part=part, **values)

    async def ids(self, request: Request) -> Response:
        """The first records of the list with their versions, for choosing all of them."""
        viewer = await self._place.eyes()
        order, _ = await self._order(Search.of(request.query_params), viewer, best=False)
        records = await asyncio.to_thread(self._listing.window, order, 0, acts.BULK_LIMIT)
        chosen = [f"{record.id}:{record.version}" for record in records]
        return JSONResponse({"chosen": chosen, "total": len(order)})

    async def record(self, request: Request) -> Response:
        """A record beside the list; only the record itself for the script."""
        return await self._opened(request, request.path_params["record_id"])

    async def form(self, request: Request) -> Response:
        """A record with one of its forms open."""
        form = request.path_params["form"]
        if form not in FORMS:
            return refused(self._place.drawing, str(messages.bad_filter("form", form, FORMS)), 404)
        return await self._opened(request, request.path_params["record_id"], form=form)

    async def write(self, request: Request) -> Response:
        """The form for a record of one's own."""
        viewer = await self._place.eyes()
        values: dict[str, Any] = {
            "form": "write", "writable": acts.WRITABLE, "error": "", "given": {},
            "places": places(viewer),
        }  # fmt: skip
        if request.headers.get("x-fragment"):
            return self._place.page("write.html", viewer, **values)
        listed = await self._listed(Search.of(request.query_params), viewer, 0)
        return self._place.page("memory.html", viewer, record=None, **(listed | values))

    async def add(self, request: Request) -> Response:
        """Write a person's own record."""
        if not from_this_site(request):
            return refused(self._place.drawing)
        viewer, form = await self._place.eyes(), await _form(request)
        name = viewer.name(viewer.person)
        try:
            record = await asyncio.to_thread(
                self._acts.add, viewer.person, name, form, viewer.scopes
            )
        except BullpenError as error:
            return self._place.page(
                "write.html", viewer, 409, writable=acts.WRITABLE, error=str(error), given=form,
                places=places(viewer),
            )  # fmt: skip
        return await self._after(request, record)

    async def change(self, request: Request) -> Response:
        """Change one record; then show it again, or what stood in the way."""
        if not from_this_site(request):
            return refused(self._place.drawing)
        viewer, form = await self._place.eyes(), await _form(request)
        record_id, action = request.path_params["record_id"], request.path_params["action"]
        present = await asyncio.to_thread(self._store.get, record_id, scopes=viewer.scopes)
        if present is None:
            return refused(self._place.drawing, str(messages.no_record(record_id)), 404)
        others = acts.chosen(form) if action == "merge" else []
        hidden = [one for one in others if self._store.get(one.id, scopes=viewer.scopes) is None]
        if hidden or _elsewhere(action, form, viewer):
            return refused(self._place.drawing, str(messages.no_record(record_id)), 404)
        version = form.get("version", "")
        seen = Seen(record_id, int(version) if version.isdigit() else present.version)
        try:
            made = await asyncio.to_thread(self._acts.do, action, seen, viewer.person, form)
        except BullpenError as error:
            return await self._refused(request, record_id, action, form, error)
        return await self._after(request, made)

    async def bulk(self, request: Request) -> Response:
        """Change many records; says what came of it as JSON."""
        if not from_this_site(request):
            return refused(self._place.drawing)
        viewer, form = await self._place.eyes(), await _form(request)
        chosen = acts.chosen(form)
        visible = [
            one
            for one in chosen
            if await asyncio.to_thread(self._store.get, one.id, scopes=viewer.scopes)
        ]
        action = request.path_params["action"]
        if _elsewhere(action, form, viewer):
            refusal = messages.bad_filter("place", form.get("scope", ""), sorted(viewer.scopes))
            return JSONResponse({"done": 0, "said": str(refusal)}, 404)
        try:
            came = await asyncio.to_thread(self._acts.bulk, action, visible, viewer.person, form)
        except BullpenError as error:
            return JSONResponse({"done": 0, "said": str(error)}, 409)
        first = f" {len(came.refused)} not: {came.refused[0][1]}" if came.refused else ""
        said = f"{came.done} {'record' if came.done == 1 else 'records'} done.{first}"
        return JSONResponse({"done": came.done, "said": said})

    async def timeline(self, request: Request) -> Response:
        """The list as points in time."""
        return await self._pictured(request, "timeline")

    async def map(self, request: Request) -> Response:
        """The list as a net of what belongs together."""
        return await self._pictured(request, "map")

    async def export(self, request: Request) -> Response:
        """The list as a file: `form` says which."""
        form = request.query_params.get("form", "jsonl")
        if form not in export.FORMS:
            said = str(messages.bad_filter("form", form, tuple(export.FORMS)))
            return refused(self._place.drawing, said, 404)
        viewer = await self._place.eyes()
        order, _ = await self._order(Search.of(request.query_params), viewer, best=False)
        make = export.lines if form == "jsonl" else export.archive
        parts = make(self._store, partial(self._listing.window, order), viewer.scopes)
        name = (
            f"memory-{datetime.now().astimezone():%Y-%m-%d}.{'jsonl' if form == 'jsonl' else 'zip'}"
        )
        return StreamingResponse(
            parts, media_type=export.FORMS[form],
            headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
        )  # fmt: skip

    async def _pictured(self, request: Request, which: str) -> Response:
        viewer, search = await self._place.eyes(), Search.of(request.query_params)
        order, _ = await self._order(search, viewer, best=bool(search.text))
        records = await asyncio.to_thread(self._listing.window, order, 0, PICTURED)
        draw = pictures.timeline if which == "timeline" else pictures.net
        drawn = await asyncio.to_thread(draw, records, viewer, self._place.prefix)
        return self._place.page(
            "picture.html", viewer, which=which, search=search, drawn=drawn,
            shown=len(records), total=len(order), views=LABELS,
        )  # fmt: skip

    async def _opened(
        self, request: Request, record_id: str, status: int = 200, **more: Any
    ) -> Response:
        viewer = await self._place.eyes()
        moment = None if more else Search.of(request.query_params).moment
        values = await asyncio.to_thread(self._gathered, record_id, viewer, moment)
        if values is None:
            return refused(self._place.drawing, str(messages.no_record(record_id)), 404)
        values |= {"form": "", "error": "", "theirs": None} | more
        if values["form"] == "forget":
            values["reach"] = await asyncio.to_thread(
                reach, self._store, self._receipts, record_id, viewer.scopes
            )
        if request.headers.get("x-fragment"):
            return self._place.page("record.html", viewer, status, **values)
        listed = await self._listed(Search.of(request.query_params), viewer, 0)
        return self._place.page("memory.html", viewer, status, **(listed | values))

    async def _after(self, request: Request, made: Record) -> Response:
        if not request.headers.get("x-fragment"):
            return RedirectResponse(f"{self._place.prefix}/{made.id}", status_code=303)
        return await self._opened(request, made.id)

    async def _refused(
        self,
        request: Request,
        record_id: str,
        action: str,
        form: Form,
        error: BullpenError,
    ) -> Response:
        """The record as it is now, with the sentence; what a person typed is not lost."""
        more: dict[str, Any] = {"error": str(error)}
        if action in ("revise", *FORMS):
            more["form"] = "edit" if action == "revise" else action
        present = await asyncio.to_thread(self._store.get, record_id)
        if action == "revise" and present is not None:
            more["theirs"] = present if isinstance(error, ConflictError) else None
            try:
                more["draft"] = acts.merged_form(present, form)
            except BullpenError:
                more["draft"] = present
        return await self._opened(request, record_id, 409, **more)

    async def _order(
        self, search: Search, viewer: Viewer, *, best: bool, stamp: int = 0
    ) -> tuple[Order, str]:
        shelf = search.shelf(viewer.scopes)
        if not (best and search.text and search.view == "all"):
            order = await asyncio.to_thread(self._listing.order, shelf, datetime.now(UTC), stamp)
            return order, order.note
        found = await asyncio.to_thread(self._store.find, search.query(viewer.scopes, limit=BEST))
        records = [hit.record for hit in found.hits]
        order = await asyncio.to_thread(self._listing.of, records)
        return order, " ".join(found.notes)

    async def _listed(
        self, search: Search, viewer: Viewer, start: int, *, best: bool = False, stamp: int = 0
    ) -> dict[str, Any]:
        order, note = await self._order(search, viewer, best=best, stamp=stamp)
        under_way = await asyncio.to_thread(progress.present, self._store.database)
        note = note or (under_way.sentence if under_way else "")
        records, counts = await asyncio.gather(
            asyncio.to_thread(self._listing.window, order, start, PAGE),
            asyncio.to_thread(
                self._listing.counts, viewer.scopes, search.kinds, datetime.now(UTC), search.moment
            ),
        )
        return {
            "search": search,
            "records": records,
            "start": start,
            "total": len(order),
            "stamp": order.stamp,
            "note": note,
            "best": best,
            "counts": counts,
            "views": LABELS,
            "meanings": MEANINGS,
            "kinds": KINDS,
            "statuses": STATUSES,
            "authors": sorted(viewer.names.items(), key=lambda item: item[1].lower()),
            "places": places(viewer),
        }

    def _gathered(
        self, record_id: str, viewer: Viewer, as_of: datetime | None
    ) -> dict[str, Any] | None:
        """What is shown of a record: as it is, or as it was known at an earlier time."""
        store, scopes = self._store, viewer.scopes
        record = store.get(record_id, scopes=scopes, as_of=as_of)
        if record is None:
            return None
        changes = store.changes(record_id, scopes=scopes, as_of=as_of)
        versions = store.history(record_id, scopes=scopes, as_of=as_of)
        ties = linked(store.database, record, scopes, as_of=as_of)
        seen = used(store.database, record_id, scopes, as_of=as_of)
        merged = bool(changes) and changes[-1].action == "merge"
        offers = acts.offers(record, viewer.person, merged=merged, places=len(scopes))
        return {
            "record": record,
            "draft": record,
            "as_of": as_of,
            "why": belief.why(record, versions, changes, seen, viewer),
            "history": belief.history(changes, versions, viewer),
            "seen": self._openable(seen, viewer),
            "ties": ties,
            "related": self._related(record, viewer, ties, as_of),
            "offers": offers if as_of is None else [],
            "scope": scope_text(record.scope, viewer),
            "places": places(viewer),
            "source_link": belief.link,
        }

    def _openable(self, seen: Sequence[Use], viewer: Viewer) -> list[dict[str, Any]]:
        """Where it was used, those answers first that name it; receipts only where they may be seen."""
        found: list[dict[str, Any]] = []
        for one in sorted(seen, key=lambda use: not use.cited)[:12]:
            made = [r for r in self._receipts.by_run(one.run_id) if r.scope in viewer.scopes]
            receipt = next((r for r in made if r.tool == "recall"), None)
            found.append(
                {
                    "who": viewer.name(one.agent),
                    "use": one,
                    "question": one.question or (one.query if made else ""),
                    "receipt": receipt.id if receipt else "",
                }
            )
        return found

    def _related(
        self,
        record: Record,
        viewer: Viewer,
        ties: dict[str, list[Record]],
        as_of: datetime | None,
    ) -> list[Record]:
        """Records about the same, by words and meaning; those tied to it already are left out."""
        words = f"{record.title} {record.text}".strip()[:300]
        if record.status == "forgotten" or not words:
            return []
        found = self._store.find(
            Query(
                text=words,
                scopes=viewer.scopes,
                kinds=Search().kinds,
                as_of=as_of,
                limit=RELATED + 8,
            )
        )
        tied = {record.id, *(one.id for some in ties.values() for one in some)}
        near = [hit.record for hit in found.hits if hit.record.id not in tied and hit.score > 0.15]
        return near[:RELATED]


def _elsewhere(action: str, form: Form, viewer: Viewer) -> bool:
    """Whether records would be moved to where the viewer does not see them."""
    return action == "share" and form.get("scope") not in viewer.scopes


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


async def _form(request: Request) -> Form:
    return {name: str(value) for name, value in (await request.form()).items()}
