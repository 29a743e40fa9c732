"""Bytes in and out: raw uploads by ticket, downloads by token or by the page's session.

The rule it protects: an upload is taken exactly as sent, whatever content type the client
claims, and not beyond the cap; a download needs a token (API clients) or the page's cookie (checked
by `security.py`), and a place that has the file; it is never run by the browser as a page of ours.
"""

from __future__ import annotations

from urllib.parse import quote

from starlette.exceptions import HTTPException
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
_PDF = "application/pdf"


def routes(office: Office) -> list[BaseRoute]:
    """Upload, download for API clients, download for the page."""

    async def upload(request: Request) -> Response:
        data = await body_within(request, MAX_UPLOAD)
        if data is None:
            return PlainTextResponse(f"file_upload_size_restricted: {too_large('The file')}", 413)
        file = office.rooms.files.receive(request.path_params["ticket"], data)
        if file is None:
            return PlainTextResponse("The upload address is unknown or was used.", 404)
        return PlainTextResponse(f"OK - {file.size}")

    async def private(request: Request) -> Response:
        try:
            who = caller(office.rooms, bearer(request), frozenset({"bot", "user"}))
        except SlackError as error:
            return PlainTextResponse(error.code, 403)
        file = _wanted(office, request)
        if file is None or not office.rooms.sees(who.user, file):
            raise _missing()
        return _answer(office, file)

    async def page(request: Request) -> Response:
        file = _wanted(office, request)
        # What is in no channel yet belongs to a view or a draft, and only its address leads to it.
        person = office.person_at(request.cookies)
        if file is None or (file.channels and not office.rooms.sees(person, file)):
            raise _missing()
        return _answer(office, file, shown=True)

    return [
        Route("/upload/v1/{ticket}", upload, methods=["POST"]),
        Route("/files-pri/{team}/{file_id}/{name}", private),
        Route("/files/{file_id}/{name}", page),
        Route("/files/{file_id}", page),
    ]


async def body_within(request: Request, most: int) -> bytes | None:
    """The body of a request; None, and no more of it is read, once it is larger than `most` bytes.

    It is counted as it comes, because a chunked request does not announce its length.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > most:
        return None
    held = bytearray()
    async for part in request.stream():
        held += part
        if len(held) > most:
            return None
    return bytes(held)


def too_large(name: str) -> str:
    """The sentence for a file above the cap."""
    most = MAX_UPLOAD // 1024 // 1024
    return f"{name} is larger than {most} MB. Send it in parts, or compress it."


def _wanted(office: Office, request: Request) -> File | None:
    file = office.rooms.files.get(request.path_params["file_id"])
    return file if file is not None and office.rooms.files.has_bytes(file.id) else None


def _missing() -> HTTPException:
    return HTTPException(404, "There is no such file, or it is not open to you.")


def _answer(office: Office, file: File, *, shown: bool = False) -> Response:
    """The bytes. On the page, a PDF is `shown` by the browser's own viewer, in a frame of ours.

    That viewer does not run in a sandboxed frame; it is one itself, with no access to the page.
    """
    viewed = shown and file.mimetype == _PDF
    policy = "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'"
    framed = {"content-security-policy": f"{policy}; frame-ancestors 'self'"}
    closed = {"content-security-policy": "default-src 'none'; sandbox"}
    return FileResponse(
        office.rooms.files.path(file.id),
        media_type=file.mimetype,
        headers={
            "content-disposition": _disposition(file, inline=viewed),
            **({**framed, "x-frame-options": "SAMEORIGIN"} if viewed else closed),
        },
    )


def _disposition(file: File, *, inline: bool) -> str:
    way = "inline" if inline or file.mimetype in _INLINE else "attachment"
    return f"{way}; filename*=UTF-8''{quote(file.name)}"
