"""Socket Mode: the WebSocket over which an app receives its envelopes.

The rule it protects: a socket opens only with a ticket from apps.connections.open, once; every
frame an app sends is either an acknowledgement or ignored. It does not decide what is sent;
`delivery.py` does.
"""

from __future__ import annotations

import json
import secrets
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from bullpen_workspace.office import Office
from bullpen_workspace.types import Json

MAX_SOCKETS = 10
"""Slack allows an app ten connections at a time."""


class _Connection:
    """One open socket, as the courier uses it."""

    def __init__(self, websocket: WebSocket) -> None:
        self._websocket = websocket
        self._id = secrets.token_hex(8)

    @property
    def id(self) -> str:
        return self._id

    async def send(self, text: str) -> None:
        try:
            await self._websocket.send_text(text)
        except (WebSocketDisconnect, RuntimeError) as error:
            raise ConnectionError(str(error)) from error

    async def close(self) -> None:
        try:
            await self._websocket.close(code=1001)
        except (WebSocketDisconnect, RuntimeError):
            return  # The client went first; there is nothing left to close.


def open_address(office: Office, app_id: str) -> str:
    """A single-use address for apps.connections.open."""
    ticket = office.tickets.issue(app_id, now=office.now())
    host = office.url.removeprefix("http://")
    return f"ws://{host}/link/?ticket={ticket}&app_id={app_id}"


async def serve_socket(office: Office, websocket: WebSocket) -> None:
    """Hold one connection until either side ends it."""
    ticket = websocket.query_params.get("ticket", "")
    app_id, _ = office.tickets.redeem(ticket, now=office.now())
    if app_id is None:
        await websocket.close(code=1008, reason="the ticket is unknown, used or expired")
        return
    await websocket.accept()
    connection = _Connection(websocket)
    if len(office.courier.sockets(app_id)) >= MAX_SOCKETS:
        await connection.send(json.dumps({"type": "disconnect", "reason": "too_many_websockets"}))
        await connection.close()
        return
    await connection.send(json.dumps(_hello(office, app_id)))
    office.courier.attach(app_id, connection)
    try:
        while True:
            _read_frame(office, await websocket.receive_text())
    except (WebSocketDisconnect, RuntimeError):
        return  # Starlette raises the latter where we closed it ourselves while waiting.
    finally:
        office.courier.detach(app_id, connection)


def _hello(office: Office, app_id: str) -> Json:
    return {
        "type": "hello",
        "num_connections": len(office.courier.sockets(app_id)) + 1,
        "connection_info": {"app_id": app_id},
        "debug_info": {
            "host": "bullpen-workspace",
            "started": "",
            "build_number": 1,
            "approximate_connection_time": 3600,
        },
    }


def _read_frame(office: Office, text: str) -> None:
    try:
        frame: Any = json.loads(text)
    except ValueError:
        return  # Slack ignores frames it cannot read; so do we.
    if isinstance(frame, dict) and isinstance(frame.get("envelope_id"), str):
        payload = frame.get("payload")
        office.courier.acknowledge(
            frame["envelope_id"], payload if isinstance(payload, dict) else {}
        )
