"""Parts that the tests of turns share: a journal and a watch in memory, and a tool of plain Python."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from bullpen_agents.task import Agent, Task
from bullpen_tools.tool import Outcome, ToolSpec
from turn_parts import MemoryJournal, NotingWatch


@dataclass
class PlainTool:
    """A `BoundTool` around one async function; it counts its calls and keeps their keys."""

    name: str
    run: Callable[[dict[str, Any]], Awaitable[Outcome]]
    keys: list[str] = field(default_factory=list)

    @property
    def spec(self) -> ToolSpec:
        return ToolSpec(name=self.name, description=self.name, schema={"type": "object"})

    async def call(self, args: dict[str, Any], *, call_key: str) -> Outcome:
        self.keys.append(call_key)
        return await self.run(args)


def echo(name: str = "echo") -> PlainTool:
    """A tool that answers its input as JSON, and an error for {"fail": true}."""

    async def run(args: dict[str, Any]) -> Outcome:
        return Outcome(text=json.dumps(args), error=bool(args.get("fail")))

    return PlainTool(name, run)


@pytest.fixture
def journal() -> MemoryJournal:
    return MemoryJournal()


@pytest.fixture
def watch() -> NotingWatch:
    return NotingWatch()


@pytest.fixture
def quant() -> Agent:
    return Agent(
        id="quant",
        name="Quant",
        title="quantitative analyst",
        icon=":triangular_ruler:",
        prompt="You are Quant.",
        tools=("echo",),
        max_steps=8,
    )


@pytest.fixture
def task() -> Task:
    return Task(
        run_id="run1",
        turn_id="run1/quant/1",
        purpose="answer",
        text="how volatile is oil?",
        asked_by="Ada",
        channel="#desk",
        today="2026-11-22",
    )


@pytest.fixture
def make_echo() -> Callable[..., PlainTool]:
    return echo


@pytest.fixture
def make_tool() -> Callable[..., PlainTool]:
    return PlainTool


def sse(*events: dict[str, Any]) -> bytes:
    """Events in the wire form of the Messages API."""
    return b"".join(
        f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events
    )


class MessagesServer:
    """A raw HTTP server on 127.0.0.1 that plays one prepared answer per request, byte for byte.

    An answer is (status, headers, body pieces, how it ends): "close" ends the chunked body
    properly, "cut" drops the connection in the middle, "hang" stays silent until the server stops.
    The last answer repeats.
    """

    def __init__(self) -> None:
        self.answers: list[tuple[int, dict[str, str], list[bytes], str]] = []
        self.bodies: list[dict[str, Any]] = []
        self.url = ""
        self._stop = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    def play(
        self,
        *pieces: bytes,
        status: int = 200,
        end: str = "close",
        headers: dict[str, str] | None = None,
    ) -> None:
        kind = "text/event-stream" if status == 200 else "application/json"
        self.answers.append((status, {"content-type": kind} | (headers or {}), list(pieces), end))

    def fail(self, status: int, kind: str = "api_error", message: str = "no", **headers) -> None:
        body = json.dumps({"type": "error", "error": {"type": kind, "message": message}})
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.play(body.encode(), status=status, headers=named)

    async def start(self) -> str:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    async def stop(self) -> None:
        self._stop.set()
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = int(head.split("content-length: ")[1].split("\r\n")[0])
            self.bodies.append(json.loads(await reader.readexactly(length)))
            await self._answer(writer)
        finally:
            writer.close()

    async def _answer(self, writer: asyncio.StreamWriter) -> None:
        status, headers, pieces, end = self.answers[min(len(self.bodies), len(self.answers)) - 1]
        lines = [f"HTTP/1.1 {status} X", "transfer-encoding: chunked", "connection: close"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode())
        for piece in pieces:
            writer.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            await writer.drain()
        if end == "hang":
            await self._stop.wait()
        elif end == "close":
            writer.write(b"0\r\n\r\n")
        await writer.drain()


@pytest.fixture
async def server() -> AsyncIterator[MessagesServer]:
    server = MessagesServer()
    server.url = await server.start()
    yield server
    await server.stop()


@pytest.fixture
def make_watch() -> Callable[[], NotingWatch]:
    return NotingWatch
