"""Bytes in and out: raw uploads by ticket, downloads by token or by the page's session.

The rule it protects: an upload is taken exactly as sent, whatever content type the client
claims; a download needs a token (API clients) or the page's cookie (checked by `security.py`)
and is never run by the browser as a page of ours.
"""

from __future__ import annotations

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from bullpen_workspace.auth import bearer, caller
from bullpen_workspace.errors import SlackError
from bullpen_workspace.office import Office
from bullpen_workspace.types import File

MAX_UPLOAD = 100 * 1024 * 1024
"""Bytes of one file; Slack allows 1 GB, a laptop's memory should not."""

_INLINE = ("image/png", "image/jpeg", "image/gif", "image/webp")
"""What a browser may show in place; everything else is downloaded."""


def routes(office: Office) -> list[BaseRoute]:
    """Upload, download for API clients, download for the page."""

    async def upload(request: Request) -> Response:
        announced = int(request.headers.get("content-length") or 0)
        if announced > MAX_UPLOAD:
            return PlainTextResponse("file_upload_size_restricted", 413)
        data = await request.body()
        file = office.rooms.files.receive(request.path_params["ticket"], data)
        if file is None:
            return PlainTextResponse("The upload address is unknown or was used.", 404)
        return PlainTextResponse(f"OK - {file.size}")

    async def private(request: Request) -> Response:
        try:
            caller(office.rooms, bearer(request), frozenset({"bot", "user"}))
        except SlackError as error:
            return PlainTextResponse(error.code, 403)
        return _answer(office, request)

    async def page(request: Request) -> Response:
        return _answer(office, request)

    return [
        Route("/upload/v1/{ticket}", upload, methods=["POST"]),
        Route("/files-pri/{team}/{file_id}/{name}", private),
        Route("/files/{file_id}/{name}", page),
        Route("/files/{file_id}", page),
    ]


def _answer(office: Office, request: Request) -> Response:
    file = office.rooms.files.get(request.path_params["file_id"])
    if file is None or not office.rooms.files.has_bytes(file.id):
        return PlainTextResponse("There is no such file.", 404)
    return FileResponse(
        office.rooms.files.path(file.id),
        media_type=file.mimetype,
        headers={
            "content-disposition": _disposition(file),
            "content-security-policy": "default-src 'none'; sandbox",
        },
    )


def _disposition(file: File) -> str:
    way = "inline" if file.mimetype in _INLINE else "attachment"
    return f"{way}; filename*=UTF-8''{quote(file.name)}"
