"""From an HTTP request under /api/ to a method and back.

The rule it protects: whatever is asked, the answer is HTTP 200 with JSON and `ok`, in Slack's
words; only too many calls are a 429 and a fault of ours a 500. It knows no method by name.
"""

from __future__ import annotations

import secrets

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bullpen_workspace.args import Arguments, read_arguments
from bullpen_workspace.auth import Caller, identify, require_scope
from bullpen_workspace.errors import RateLimited, SlackError
from bullpen_workspace.office import Office
from bullpen_workspace.types import App, Json, Token
from bullpen_workspace.web_api import (
    agents,
    canvases,
    chat,
    conversations,
    files,
    finding,
    keeping,
    oauth,
    reactions,
    response_url,
    scheduling,
    streaming,
    team,
    upkeep,
    users,
    validation,
    views,
)
from bullpen_workspace.web_api.table import Call, Method

METHODS: dict[str, Method] = {
    method.name: method
    for family in (
        team.METHODS,
        chat.METHODS,
        streaming.METHODS,
        agents.METHODS,
        conversations.METHODS,
        users.METHODS,
        reactions.METHODS,
        files.METHODS,
        views.METHODS,
        validation.METHODS,
        scheduling.METHODS,
        upkeep.METHODS,
        keeping.METHODS,
        finding.METHODS,
        oauth.METHODS,
        canvases.METHODS,
    )
    for method in family
}
"""Every Web API method that the workspace answers, by name."""

_NOBODY = Caller(
    token=Token(token="", kind="bot", user="", app_id=""),
    app=App(id="", name="", bot_user="", bot_id=""),
)


def api_routes(office: Office) -> list[BaseRoute]:
    """The Web API and the response addresses."""

    async def api(request: Request) -> Response:
        visit = _Visit(office, request)
        try:
            body = {"ok": True, **visit.answer(await read_arguments(request))}
        except SlackError as error:
            if isinstance(error, RateLimited):
                visit.headers["Retry-After"] = str(error.retry_after)
            body = {"ok": False, "error": error.code, **error.extra}
            return JSONResponse(body, error.status, headers=visit.headers)
        return JSONResponse(body, headers=visit.headers)

    async def respond(request: Request) -> Response:
        return await response_url.respond(office, request)

    return [
        Route("/api/{method}", api, methods=["GET", "POST"]),
        Route("/actions/{team}/{key}", respond, methods=["POST"]),
    ]


class _Visit:
    """One request to the API; `headers` grow as it becomes known who calls and what."""

    def __init__(self, office: Office, request: Request) -> None:
        self._office, self._request = office, request
        self.headers = {"x-slack-req-id": secrets.token_hex(8)}

    def answer(self, arguments: Arguments) -> Json:
        """Check token, scopes and arguments, in Slack's order, and run the method."""
        name = self._request.path_params["method"]
        method = METHODS.get(name)
        if method is None:
            raise SlackError("unknown_method", req_method=name)
        caller = self._caller(method, arguments)
        if self._office.config.strict_limits:
            self._office.limits.take(caller.app.id, name, method.tier)
        fault = self._office.courier.faults.take_call(name)
        if fault is not None and fault.when == "before":
            raise fault.error()
        method.check_needs(arguments)
        answer = method.handler(Call(self._office, caller, arguments, method.scopes))
        if fault is not None:
            raise fault.error()
        return answer

    def _caller(self, method: Method, arguments: Arguments) -> Caller:
        if not method.tokens:
            return _NOBODY
        caller = identify(self._office.rooms, self._request, arguments, method.tokens)
        self.headers["x-oauth-scopes"] = ",".join(caller.token.scopes)
        self.headers["x-accepted-oauth-scopes"] = ",".join(method.scopes)
        if self._office.config.strict_scopes:
            require_scope(caller, method.scopes)
        return caller
