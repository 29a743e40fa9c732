"""What `bullpen memory verify` asks a running desk: whether its index and its records agree.

The rule it protects: the index has one owner, so the desk that holds it gives the proof; only who
can read the run file, which holds the token, gets an answer. It changes nothing.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable
from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from bullpen import messages
from bullpen_memory.errors import BullpenError
from bullpen_memory.records import Agreement

Verify = Callable[[], Agreement]


class Proof:
    """Serves under /desk. `verify` gives the desk's own check, None while there is no index."""

    def __init__(self, verify: Callable[[], Verify | None], token: Callable[[], str]) -> None:
        self._verify = verify
        self._token = token

    def mount(self) -> Mount:
        return Mount("/desk", routes=[Route("/verify", self.verify)])

    async def verify(self, request: Request) -> Response:
        """The agreement as JSON; 403 without the token, 503 where there is nothing to compare."""
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), self._token().encode()):
            return _refused(messages.not_the_owner(), 403)
        verify = self._verify()
        if verify is None:
            return _refused(messages.no_index(), 503)
        try:
            return JSONResponse(asdict(await asyncio.to_thread(verify)))
        except BullpenError as error:
            return _refused(error, 503)


def _refused(error: BullpenError, status: int) -> Response:
    told = {"fact": error.fact, "cause": error.cause, "remedy": error.remedy}
    return JSONResponse(told, status_code=status)
