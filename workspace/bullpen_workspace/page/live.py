"""The WebSocket of an open page: it says what it shows and is sent what changes there.

The rule it protects: whoever connects or wakes up is first brought fully up to date, then kept
so; nothing is remembered per page, so nothing can be missed. It does not decide what a change
looks like; `pushes.py` does.
"""

import asyncio
import json
import logging
from json import JSONDecodeError
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from bullpen_workspace.actions import Person
from bullpen_workspace.errors import Refusal
from bullpen_workspace.page.pushes import Op, Pushes
from bullpen_workspace.page.rail import Here
from bullpen_workspace.rooms import Rooms
from bullpen_workspace.types import Change

log = logging.getLogger(__name__)
GATHER_SECONDS = 0.03
"""Changes that come within this time go out together: a growing text is sent ~30 times a second."""


class Live:
    """One connection."""

    def __init__(self, socket: WebSocket, rooms: Rooms, person: Person, pushes: Pushes) -> None:
        self._socket = socket
        self._rooms = rooms
        self._person = person
        self._pushes = pushes
        self._here = Here()
        self._changes: asyncio.Queue[Change] = asyncio.Queue()

    async def serve(self) -> None:
        """Until the page goes away."""
        await self._socket.accept()
        loop = asyncio.get_running_loop()

        def hear(change: Change) -> None:
            # A writer may be in any thread, and may outlive this loop while the server stops.
            if not loop.is_closed():
                loop.call_soon_threadsafe(self._changes.put_nowait, change)

        unsubscribe = self._rooms.subscribe(hear)
        tasks = {asyncio.create_task(self._read()), asyncio.create_task(self._write())}
        try:
            # An error in either ends the connection; the page reconnects and catches up.
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            unsubscribe()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            if not isinstance(task.exception(), WebSocketDisconnect):
                task.result()

    async def _read(self) -> None:
        while True:
            try:
                said = json.loads(await self._socket.receive_text())
            except JSONDecodeError:
                continue
            if isinstance(said, dict):
                await self._obey(said)

    async def _obey(self, said: dict[str, Any]) -> None:
        if isinstance(see := said.get("see"), dict):
            words = {k: v for k, v in see.items() if isinstance(v, str)}
            self._here = Here(
                channel=words.get("channel", ""),
                thread=words.get("thread", ""),
                home=words.get("home", ""),
                page=words.get("page", ""),
                feed=words.get("feed", ""),
                window=words.get("window", ""),
            )
            await self._send(self._pushes.everything(self._here))
        if isinstance(read := said.get("read"), dict):
            words = {k: v for k, v in read.items() if isinstance(v, str)}
            try:
                self._person.mark_read(
                    words.get("channel", ""), words.get("ts", ""), thread_ts=words.get("thread", "")
                )
            except Refusal:
                # Reading along without being a member leaves no mark.
                log.debug("read mark outside of own channels")
        if "ping" in said:
            await self._send([])

    async def _write(self) -> None:
        while True:
            changes = [await self._changes.get()]
            await asyncio.sleep(GATHER_SECONDS)
            while not self._changes.empty():
                changes.append(self._changes.get_nowait())
            ops = self._pushes.of(changes, self._here)
            if ops:
                await self._send(ops)

    async def _send(self, ops: list[Op]) -> None:
        await self._socket.send_text(json.dumps({"ops": ops}))
