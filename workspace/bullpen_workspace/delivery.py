"""Delivery of envelopes to apps: to one of the open sockets, until acknowledged.

The rule it protects: an envelope is written before it is sent and removed only when it was
acknowledged or its retries are used up; nothing is lost while no socket is open or the workspace
restarts. Each send goes to ONE socket, in turn; a retry goes to another one when there is one.
It does not build payloads; `events.py` and `interactions.py` do.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import sqlite3
import uuid
from dataclasses import replace
from typing import Literal, Protocol

from bullpen_workspace.config import Timing
from bullpen_workspace.faults import Faults
from bullpen_workspace.rooms import Rooms
from bullpen_workspace.types import Delivery, Json

EnvelopeType = Literal["events_api", "interactive", "slash_commands"]

_IDLE = 30.0
"""Seconds between two looks at the queue when nothing wakes the courier earlier."""
_AGAIN = 1.0
"""Seconds until a round that the database refused is tried again."""
_log = logging.getLogger(__name__)


class Socket(Protocol):
    """An open Socket Mode connection. `send` raises ConnectionError when it is gone."""

    @property
    def id(self) -> str: ...

    async def send(self, text: str) -> None: ...

    async def close(self) -> None: ...


class Unconnected(Exception):
    """No app holds a socket, or none answered in time."""


class Courier:
    """The queue of every app and the sockets it leads to."""

    def __init__(self, rooms: Rooms, timing: Timing) -> None:
        self._rooms = rooms
        self._timing = timing
        self.faults = Faults()
        self._sockets: dict[str, list[Socket]] = {}
        self._sent_to: dict[str, str] = {}
        self._muted: set[str] = set()
        self._answers: dict[str, asyncio.Future[Json]] = {}
        self._wake = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None

    # -- life ----------------------------------------------------------------------------

    async def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.create_task(self._run(), name="courier")

    async def stop(self) -> None:
        """Stop sending and close every socket; the queue stays on disk."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        for answer in self._answers.values():
            answer.cancel()
        for sockets in tuple(self._sockets.values()):
            for socket in tuple(sockets):
                await socket.close()

    # -- sockets -------------------------------------------------------------------------

    def sockets(self, app_id: str) -> tuple[Socket, ...]:
        return tuple(self._sockets.get(app_id, ()))

    def attach(self, app_id: str, socket: Socket) -> None:
        self._sockets.setdefault(app_id, []).append(socket)
        self.wake()

    def detach(self, app_id: str, socket: Socket) -> None:
        """Forget a socket; what it had not acknowledged is due again at once.

        That is not a retry: retries count what an app let lie, and run out; a fallen socket is
        no reason to lose anything.
        """
        sockets = self._sockets.get(app_id, [])
        self._muted.discard(socket.id)
        if socket in sockets:
            sockets.remove(socket)
        for envelope_id, socket_id in tuple(self._sent_to.items()):
            delivery = self._rooms.deliveries.get(envelope_id) if socket_id == socket.id else None
            if delivery is not None:
                attempt = max(delivery.attempt - 1, 0)
                self._postpone(replace(delivery, attempt=attempt), 0.0)
        self.wake()

    async def drop(self, app_id: str) -> int:
        """Close every open socket of the app without a word; how many there were."""
        sockets = self.sockets(app_id)
        for socket in sockets:
            self.detach(app_id, socket)
            await socket.close()
        return len(sockets)

    def mute(self, app_id: str) -> int:
        """From now on nothing is sent over the app's open sockets, which stay open; how many."""
        sockets = self.sockets(app_id)
        self._muted |= {socket.id for socket in sockets}
        return len(sockets)

    async def disconnect(
        self, app_id: str, reason: Literal["warning", "refresh_requested", "link_disabled"]
    ) -> None:
        """Ask every open socket of the app to go, as Slack does before it recycles one."""
        text = json.dumps({"type": "disconnect", "reason": reason, "debug_info": {"host": "local"}})
        for socket in self.sockets(app_id):
            await socket.send(text)
            if reason != "warning" and socket in self._sockets.get(app_id, ()):
                # It gets nothing new, but may still acknowledge what it holds until it closes.
                self._sockets[app_id].remove(socket)

    # -- envelopes -----------------------------------------------------------------------

    def enqueue(self, app_id: str, type_: EnvelopeType, payload: Json) -> str:
        """Write an envelope to the queue (joining the caller's transaction); its id."""
        envelope_id = str(uuid.uuid4())
        self._rooms.deliveries.add(envelope_id, app_id=app_id, type_=type_, payload=payload)
        self.wake()
        return envelope_id

    async def request(self, app_id: str, type_: EnvelopeType, payload: Json) -> Json:
        """Send an envelope and wait for its acknowledgement; the ack's payload ({} for none).

        Raises Unconnected when no socket is open or nothing came within the ack time.
        """
        if not self.sockets(app_id):
            raise Unconnected("no socket is open")
        envelope_id = str(uuid.uuid4())
        answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._answers[envelope_id] = answer
        try:
            self._rooms.deliveries.add(envelope_id, app_id=app_id, type_=type_, payload=payload)
            self.wake()
            async with asyncio.timeout(self._timing.ack):
                return await answer
        except TimeoutError:
            raise Unconnected("no acknowledgement in time") from None
        finally:
            self._answers.pop(envelope_id, None)
            self._rooms.deliveries.remove(envelope_id)

    def acknowledge(self, envelope_id: str, payload: Json) -> None:
        """An app has taken an envelope."""
        if self.faults.ignores_ack():
            return
        self._sent_to.pop(envelope_id, None)
        self._rooms.deliveries.remove(envelope_id)
        answer = self._answers.get(envelope_id)
        if answer is not None and not answer.done():
            answer.set_result(payload)

    def wake(self) -> None:
        """Look at the queue soon; may be called from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake.set)

    # -- the pump ------------------------------------------------------------------------

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            try:
                wait = await self._round()
            except sqlite3.Error:
                # A full or locked disk passes; a courier that ends would leave the apps deaf.
                _log.exception("a round of deliveries failed and is tried again")
                wait = _AGAIN
            # asyncio.timeout, not wait_for: Python 3.11's wait_for loses a cancellation that
            # comes together with the wake-up, and `stop` would wait for ever.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(wait, 0.001)):
                    await self._wake.wait()

    async def _round(self) -> float:
        """Send every connected app what is due; the seconds until the next round."""
        wait = _IDLE
        for app_id in tuple(self._sockets):
            if self._sockets[app_id]:
                wait = min(wait, await self._send_due(app_id))
        return wait

    async def _send_due(self, app_id: str) -> float:
        """Send what is due; the seconds until more will be."""
        for delivery in self.faults.ordered(self._rooms.deliveries.due(app_id)):
            if not await self._send(delivery):
                break
        if self.faults.reorder > 1:
            return _IDLE  # Held back until enough wait; the next one wakes the courier.
        next_due = self._rooms.deliveries.next_due(app_id)
        return _IDLE if next_due is None else next_due - self._rooms.clock()

    async def _send(self, delivery: Delivery) -> bool:
        """Send one envelope, or give it up; False when no socket took it."""
        retries = self._timing.retries if delivery.type == "events_api" else ()
        if delivery.attempt > len(retries):
            self._sent_to.pop(delivery.id, None)
            self._rooms.deliveries.remove(delivery.id)
            return True
        pause = self.faults.postpones(delivery.id)
        if pause:
            self._postpone(delivery, pause)
            return True
        socket = self._next_socket(delivery)
        if socket is None:
            return False
        pause = retries[delivery.attempt] if delivery.attempt < len(retries) else 0.0
        self._rooms.deliveries.reschedule(
            delivery.id,
            attempt=delivery.attempt + 1,
            due=self._rooms.clock() + self._timing.ack + pause,
            reason="timeout",
        )
        self._sent_to[delivery.id] = socket.id
        try:
            for _ in range(0 if socket.id in self._muted else self.faults.copies()):
                await socket.send(json.dumps(_envelope(delivery)))
        except ConnectionError:
            self.detach(delivery.app_id, socket)
        return True

    def _postpone(self, delivery: Delivery, seconds: float) -> None:
        due = self._rooms.clock() + seconds
        self._rooms.deliveries.reschedule(
            delivery.id, attempt=delivery.attempt, due=due, reason=delivery.reason
        )

    def _next_socket(self, delivery: Delivery) -> Socket | None:
        """The socket whose turn it is, but not the one that let this envelope lie."""
        sockets = self._sockets.get(delivery.app_id, [])
        if not sockets:
            return None
        last = self._sent_to.get(delivery.id)
        chosen = next((socket for socket in sockets if socket.id != last), sockets[0])
        sockets.remove(chosen)
        sockets.append(chosen)
        return chosen


def _envelope(delivery: Delivery) -> Json:
    envelope: Json = {
        "envelope_id": delivery.id,
        "type": delivery.type,
        "payload": delivery.payload,
        "accepts_response_payload": delivery.type != "events_api",
    }
    if delivery.type == "events_api":
        envelope["retry_attempt"] = delivery.attempt
        envelope["retry_reason"] = delivery.reason
    return envelope
