"""The memory page: what the desk remembers, searched, read and reviewed by people.

The rule it protects: a person sees and changes exactly what their scopes allow, and every change
carries their name. Looking never changes anything; changes come from this page's own origin only.
It ranks nothing itself: the store searches.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, get_args
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route

from bullpen import messages
from bullpen.pages.look import Drawing, Eyes, Viewer, from_this_site, refused, static
from bullpen_memory.errors import BullpenError
from bullpen_memory.records import Kind, Query, Record, Status
from bullpen_memory.store import Store
from bullpen_tools.forgetting import forget
from bullpen_tools.receipts import Receipts

KINDS: tuple[Kind, ...] = get_args(Kind)
STATUSES: tuple[Status, ...] = get_args(Status)
PAGE = 30
DEFAULT_KINDS: frozenset[Kind] = frozenset(k for k in KINDS if k != "message")
"""What was said is searchable, but it is not what a person reviews: messages show when asked for."""


@dataclass(frozen=True, slots=True)
class Search:
    """What the filters of the page say."""

    text: str = ""
    kind: str = ""
    author: str = ""
    status: str = ""
    symbol: str = ""
    page: int = 1

    @classmethod
    def of(cls, request: Request) -> Search:
        """Read the address. Unknown kinds and statuses count as not given."""
        given = request.query_params
        number = given.get("page", "1")
        return cls(
            text=given.get("q", "").strip()[:500],
            kind=given.get("kind", "") if given.get("kind") in KINDS else "",
            author=given.get("author", "").strip(),
            status=given.get("status", "") if given.get("status") in STATUSES else "",
            symbol=given.get("symbol", "").strip().upper(),
            page=max(1, int(number)) if number.isdigit() and len(number) < 6 else 1,
        )

    def query(self, scopes: frozenset[str]) -> Query:
        kinds: Any = frozenset({self.kind}) if self.kind else DEFAULT_KINDS
        statuses: Any = (
            frozenset({self.status}) if self.status else frozenset({"active", "proposed"})
        )
        return Query(
            text=self.text,
            scopes=scopes,
            kinds=kinds,
            authors=frozenset({self.author}) if self.author else frozenset(),
            symbols=frozenset({self.symbol}) if self.symbol else frozenset(),
            statuses=statuses,
            limit=PAGE,
            offset=(self.page - 1) * PAGE,
        )

    def address(self, **changed: object) -> str:
        """This search as an address, with some parts changed."""
        parts: dict[str, object] = {
            "q": self.text, "kind": self.kind, "author": self.author, "status": self.status,
            "symbol": self.symbol,
        }  # fmt: skip
        return "?" + urlencode({k: v for k, v in (parts | changed).items() if v})


class MemoryPage:
    """Serves under /memory. `eyes` says who looks."""

    def __init__(
        self,
        store: Store,
        receipts: Receipts,
        drawing: Drawing,
        eyes: Eyes,
        prefix: str = "/memory",
    ) -> None:
        self._store = store
        self._receipts = receipts
        self._drawing = drawing
        self._eyes = eyes
        self._prefix = prefix

    def mount(self) -> Mount:
        return Mount(
            self._prefix,
            routes=[
                Route("/", self.listing),
                Route("/results", self.results),
                static(),
                Route("/{record_id}", self.record),
                Route("/{record_id}/{action}", self.change, methods=["POST"]),
            ],
        )

    async def listing(self, request: Request) -> Response:
        """The whole page, without an open record."""
        viewer = await self._eyes()
        values = await self._found(Search.of(request), viewer)
        return self._drawing.page("memory.html", record=None, **values)

    async def results(self, request: Request) -> Response:
        """Only the list, for searching while typing."""
        values = await self._found(Search.of(request), await self._eyes())
        return self._drawing.page("results.html", record=None, **values)

    async def record(self, request: Request) -> Response:
        """A record beside the list; only the record itself for the script."""
        viewer = await self._eyes()
        record_id = request.path_params["record_id"]
        shown = await self._shown(record_id, viewer)
        if shown is None:
            return refused(self._drawing, str(messages.no_record(record_id)), 404)
        if request.headers.get("x-fragment"):
            return self._drawing.page("record.html", viewer=viewer, prefix=self._prefix, **shown)
        values = await self._found(Search.of(request), viewer)
        return self._drawing.page("memory.html", **(values | shown))

    async def change(self, request: Request) -> Response:
        """Approve, retract, restore, pin, unpin or forget; then show the record again."""
        if not from_this_site(request):
            return refused(self._drawing)
        viewer = await self._eyes()
        record_id, action = request.path_params["record_id"], request.path_params["action"]
        if await asyncio.to_thread(self._store.get, record_id, scopes=viewer.scopes) is None:
            return refused(self._drawing, str(messages.no_record(record_id)), 404)
        form = await request.form()
        reason = str(form.get("reason", "")).strip()
        try:
            await asyncio.to_thread(self._do, action, record_id, viewer.person, reason)
        except BullpenError as error:
            return refused(self._drawing, str(error), 409)
        return RedirectResponse(f"{self._prefix}/{record_id}", status_code=303)

    def _do(self, action: str, record_id: str, by: str, reason: str) -> None:
        store = self._store
        if action == "approve":
            store.approve(record_id, by=by)
        elif action == "retract":
            store.retract(record_id, by=by, reason=reason)
        elif action == "restore":
            store.restore(record_id, by=by)
        elif action in ("pin", "unpin"):
            store.pin(record_id, by=by, pinned=action == "pin")
        elif action == "forget":
            forget(store, self._receipts, record_id, by=by, reason=reason)
        else:
            raise messages.bad_filter(
                "change", action, ("approve", "retract", "restore", "pin", "unpin", "forget")
            )

    async def _found(self, search: Search, viewer: Viewer) -> dict[str, Any]:
        found = await asyncio.to_thread(self._store.find, search.query(viewer.scopes))
        counts = await asyncio.to_thread(self._store.count, viewer.scopes)
        return {
            "search": search,
            "hits": found.hits,
            "total": found.total,
            "notes": found.notes,
            "pages": max(1, -(-found.total // PAGE)),
            "counts": counts,
            "remembered": sum(counts.get(kind, 0) for kind in DEFAULT_KINDS),
            "kinds": [kind for kind in KINDS if counts.get(kind)],
            "statuses": STATUSES,
            "viewer": viewer,
            "authors": sorted(viewer.names.items(), key=lambda item: item[1].lower()),
            "prefix": self._prefix,
        }

    async def _shown(self, record_id: str, viewer: Viewer) -> dict[str, Any] | None:
        record = await asyncio.to_thread(self._store.get, record_id, scopes=viewer.scopes)
        if record is None:
            return None
        changes = await asyncio.to_thread(self._store.changes, record_id, scopes=viewer.scopes)
        versions = await asyncio.to_thread(self._store.history, record_id, scopes=viewer.scopes)
        return {
            "record": record,
            "changes": list(reversed(changes)),
            "versions": list(reversed(versions))[1:],
            "actions": allowed(record, viewer.person),
            "scope": scope_text(record.scope, viewer),
        }


def allowed(record: Record, person: str) -> list[tuple[str, str, str]]:
    """What a person may do with a record: action, label, style. Nobody approves their own proposal."""
    if record.status == "forgotten":
        return []
    found: list[tuple[str, str, str]] = []
    if record.status == "proposed" and record.author != person:
        found.append(("approve", "Approve", "primary"))
    if record.status in ("active", "proposed"):
        found.append(("unpin", "Unpin", "") if record.pinned else ("pin", "Pin", ""))
        found.append(("retract", "Retract", "reason"))
    if record.status in ("retracted", "superseded"):
        found.append(("restore", "Restore", ""))
    found.append(("forget", "Forget for good", "danger"))
    return found


def scope_text(scope: str, viewer: Viewer) -> str:
    """Who may see it, in words."""
    kind, _, name = scope.partition(":")
    if kind == "channel":
        return f"only people in #{viewer.channels.get(name, name)}"
    return "only you" if kind == "person" else "everybody in this workspace"
