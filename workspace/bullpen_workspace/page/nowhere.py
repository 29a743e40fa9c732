"""The answer to an address that leads nowhere: a sentence and a way back, or the sentence alone.

The rule it protects: nobody is left on a bare "Not Found"; who asked for no page, a script say,
gets plain text. It looks nothing up.
"""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from bullpen_workspace.page.mrkdwn import NOBODY
from bullpen_workspace.page.render import Renderer

_BARE = "Not Found"


async def nowhere(request: Request, error: Exception) -> Response:
    """What Starlette calls for a 404."""
    detail = error.detail if isinstance(error, HTTPException) else ""
    sentence = detail if detail and detail != _BARE else "There is nothing at this address."
    if "text/html" not in request.headers.get("accept", ""):
        return PlainTextResponse(f"{sentence} The way back is /.", 404)
    page = Renderer(lambda: NOBODY, url="").fragment("nowhere.html", sentence=sentence)
    return HTMLResponse(page, 404)
