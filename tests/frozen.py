"""A way to a server that can fall silent: bytes stop, and no connection is closed.

The rule it protects: what is behind it believes that the line stands, as behind a NAT that forgot
it. The server names its own address in what it says; the way puts its own in that place.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress


class Way:
    """Listens on `port`, leads to `to` (a port), both on 127.0.0.1."""

    def __init__(self, to: int) -> None:
        self.port = 0
        self._to = to
        self._live: set[asyncio.Task[None]] = set()
        self._lost: set[int] = set()
        self._number = 0
        self._ends: list[asyncio.StreamWriter] = []

    async def open(self) -> None:
        # A port of as many digits as the server's, so that no length in a header changes.
        for port in range(self._to + 1, 65_000):
            with suppress(OSError):
                self._server = await asyncio.start_server(self._join, "127.0.0.1", port)
                self.port = port
                return

    def lose_all(self) -> None:
        """What is open now carries nothing any more, for ever; new connections do."""
        self._lost |= set(range(self._number))

    async def close(self) -> None:
        self._server.close()
        for task in list(self._live):
            task.cancel()
        await asyncio.gather(*self._live, return_exceptions=True)
        for end in self._ends:
            end.close()
        for end in self._ends:
            with suppress(ConnectionError, OSError):
                await end.wait_closed()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number, self._number = self._number, self._number + 1
        there, back = await asyncio.open_connection("127.0.0.1", self._to)
        self._ends += [writer, back]
        ours, theirs = (f"127.0.0.1:{port}".encode() for port in (self.port, self._to))
        for pipe in (
            self._carry(number, reader, back, ours, theirs),
            self._carry(number, there, writer, theirs, ours),
        ):
            task = asyncio.create_task(pipe)
            self._live.add(task)
            task.add_done_callback(self._live.discard)

    async def _carry(
        self, number: int, source: asyncio.StreamReader, sink: asyncio.StreamWriter,
        old: bytes, new: bytes,
    ) -> None:  # fmt: skip
        try:
            while data := await source.read(65_536):
                if number in self._lost:
                    await asyncio.Event().wait()
                sink.write(data.replace(old, new))
                await sink.drain()
        except (ConnectionError, OSError):
            return
        finally:
            if number not in self._lost:
                sink.close()
