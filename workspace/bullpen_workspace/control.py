"""/_control: the API by which an app's tests order faults.

The rule it protects: it exists only in a workspace that was started with a control token, and
answers only to that token; the page's cookie does not open it. It does no harm of its own:
`faults.py` keeps the orders.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bullpen_workspace.args import Arguments, read_arguments
from bullpen_workspace.auth import bearer
from bullpen_workspace.errors import SlackError
from bullpen_workspace.faults import CallFault
from bullpen_workspace.office import Office
from bullpen_workspace.streams import expire_stream
from bullpen_workspace.types import Json

_REASONS = ("warning", "refresh_requested", "link_disabled")


async def order_faults(office: Office, args: Arguments) -> Json:
    """`refuse_acks`, `duplicate`, `reorder`, `delay` {times, seconds} and `calls` [{method, …}]."""
    faults = office.courier.faults
    faults.refuse_acks = args.number("refuse_acks", faults.refuse_acks)
    faults.duplicate = args.number("duplicate", faults.duplicate)
    faults.reorder = args.number("reorder", faults.reorder)
    delay = args.object("delay")
    if delay is not None:
        faults.delay = Arguments(delay).number("times", 1)
        faults.delay_seconds = float(delay.get("seconds", 1.0))
    for call in args.objects("calls"):
        _order_call(office, Arguments(call))
    office.courier.wake()
    return {"faults": faults.left()}


def _order_call(office: Office, call: Arguments) -> None:
    status, when = call.number("status", 500), call.text("when", "before")
    if status not in (429, 500) or when not in ("before", "after") or "method" not in call:
        message = "[ERROR] calls need method, status 429 or 500, and when before or after"
        raise SlackError("invalid_arguments", response_metadata={"messages": [message]})
    office.courier.faults.calls[call.text("method")] = CallFault(
        times=call.number("times", 1),
        status=status,
        when=when,
        retry_after=call.number("retry_after", 1),
    )


async def show_faults(office: Office, _: Arguments) -> Json:
    """What is still to go wrong."""
    return {"faults": office.courier.faults.left()}


async def clear_faults(office: Office, _: Arguments) -> Json:
    """Nothing goes wrong any more."""
    office.courier.faults.clear()
    office.courier.wake()
    return {"faults": office.courier.faults.left()}


async def drop_sockets(office: Office, args: Arguments) -> Json:
    """Close the sockets of `app_id` (default: the first app) without a word."""
    return {"dropped": await office.courier.drop(_app(office, args))}


async def mute_sockets(office: Office, args: Arguments) -> Json:
    """Leave the open sockets of `app_id` (default: the first app) open and send nothing over them."""
    return {"muted": office.courier.mute(_app(office, args))}


async def disconnect_sockets(office: Office, args: Arguments) -> Json:
    """Send "disconnect" with `reason`: warning, refresh_requested or link_disabled."""
    reason = args.text("reason", "refresh_requested")
    if reason not in _REASONS:
        messages = [f"[ERROR] reason must be one of {', '.join(_REASONS)}"]
        raise SlackError("invalid_arguments", response_metadata={"messages": messages})
    await office.courier.disconnect(_app(office, args), reason)
    return {}


async def end_stream(office: Office, args: Arguments) -> Json:
    """Let the stream of `channel` and `ts` expire now."""
    stream = office.rooms.streams.get(args.text("channel"), args.text("ts"))
    if stream is None or stream.state != "streaming":
        raise SlackError("message_not_in_streaming_state")
    expire_stream(office.rooms, stream)
    return {}


def _app(office: Office, args: Arguments) -> str:
    """The app whose sockets are meant. Raises SlackError when it has none by nature."""
    app = office.rooms.people.app(args.text("app_id", office.credentials.app_id))
    if app is None or app.settings.request_url:
        messages = ["[ERROR] app_id must name an app in Socket Mode"]
        raise SlackError("invalid_arguments", response_metadata={"messages": messages})
    return app.id


Order = Callable[[Office, Arguments], Awaitable[Json]]

_ORDERS: tuple[tuple[str, str, Order], ...] = (
    ("GET", "/_control/faults", show_faults),
    ("POST", "/_control/faults", order_faults),
    ("DELETE", "/_control/faults", clear_faults),
    ("POST", "/_control/sockets/drop", drop_sockets),
    ("POST", "/_control/sockets/mute", mute_sockets),
    ("POST", "/_control/sockets/disconnect", disconnect_sockets),
    ("POST", "/_control/streams/expire", end_stream),
)


def control_routes(office: Office) -> list[BaseRoute]:
    """The control API; [] when the workspace has no control token."""
    if not office.config.control_token:
        return []
    return [
        Route(path, _endpoint(office, order), methods=[method]) for method, path, order in _ORDERS
    ]


def _endpoint(office: Office, order: Order) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        wanted = office.config.control_token.encode()
        if not hmac.compare_digest(bearer(request).encode(), wanted):
            return JSONResponse({"ok": False, "error": "invalid_auth"}, 401)
        try:
            body = await order(office, await read_arguments(request))
        except SlackError as error:
            return JSONResponse({"ok": False, "error": error.code, **error.extra}, 400)
        return JSONResponse({"ok": True, **body})

    return answer
