"""From an HTTP request under /api/ to a method and back.

The rule it protects: whatever is asked, the answer is HTTP 200 with JSON and `ok`, in Slack's
words; only a fault of ours is a 500. It knows no method by name.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bullpen_workspace.args import Arguments, read_arguments
from bullpen_workspace.auth import SCOPES, Caller, identify
from bullpen_workspace.errors import SlackError
from bullpen_workspace.office import Office
from bullpen_workspace.types import App, Json, Token
from bullpen_workspace.web_api import (
    agents,
    chat,
    conversations,
    files,
    reactions,
    response_url,
    streaming,
    team,
    users,
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
        try:
            arguments = await read_arguments(request)
            body = _answer(office, request, arguments)
        except SlackError as error:
            body = {"ok": False, "error": error.code, **error.extra}
        headers = {"x-oauth-scopes": SCOPES, "x-slack-req-id": "local"}
        return JSONResponse(body, headers=headers)

    async def respond(request: Request) -> Response:
        return await response_url.respond(office, request)

    return [
        Route("/api/{method}", api, methods=["GET", "POST"]),
        Route("/actions/{team}/{key}", respond, methods=["POST"]),
    ]


def _answer(office: Office, request: Request, arguments: Arguments) -> Json:
    method = METHODS.get(request.path_params["method"])
    if method is None:
        raise SlackError("unknown_method", req_method=request.path_params["method"])
    caller = _NOBODY
    if method.tokens:
        caller = identify(office.rooms, request, arguments, method.tokens)
    missing = [name for name in method.needs if name not in arguments]
    if missing:
        messages = [f"[ERROR] missing required field: {name}" for name in missing]
        raise SlackError("invalid_arguments", response_metadata={"messages": messages})
    return {"ok": True, **method.handler(Call(office, caller, arguments))}
