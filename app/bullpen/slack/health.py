"""The watch over the sockets: notices that the desk is deaf, reconnects, and asks for a catch-up.

The rule it protects: no socket stays deaf for more than a minute unnoticed, whatever the SDK
believes of it: neither one on which nothing arrives at all, nor one that answers pings and brings
no events; and after every (re)connection what was missed meanwhile is fetched. It reads no
message itself.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.web.async_client import AsyncWebClient

from bullpen.slack.refusals import reason

LOOK_SECONDS = 5.0
DEAF_SECONDS = 30.0
PROBE_SECONDS = 60.0
SAMPLE_SECONDS = 5.0
SETTLED_SECONDS = 10.0
RECONNECT_SECONDS = 10.0
log = logging.getLogger("bullpen.slack.health")


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Seconds: between two looks, of silence that counts as deafness, between two auth.tests, between
    two samples of what people said, and after which what no event brought is no latecomer."""

    look: float = LOOK_SECONDS
    deaf: float = DEAF_SECONDS
    probe: float = PROBE_SECONDS
    sample: float = SAMPLE_SECONDS
    settled: float = SETTLED_SECONDS


class Missed(Protocol):
    """What was missed: a call fetches and hears it, `unheard` tells from a sample whether there is any."""

    async def __call__(self) -> int: ...

    async def unheard(self, settled: float, beat: float) -> bool: ...


class Watch:
    """Watches `sockets`; `catch_up` is awaited after every connection, one at a time."""

    def __init__(
        self,
        sockets: list[SocketModeClient],
        client: AsyncWebClient,
        catch_up: Missed,
        timing: Timing | None = None,
    ) -> None:
        self._sockets = sockets
        self._client = client
        self._catch_up = catch_up
        self._timing = timing or Timing()
        self._connected = asyncio.Event()
        self._heard = [time.time()] * len(sockets)
        self._probed = self._sampled = time.monotonic()
        self.trouble = ""
        for index, socket in enumerate(sockets):
            socket.on_message_listeners.append(self._listener(index))

    def _listener(self, index: int) -> Callable[[aiohttp.WSMessage], Awaitable[None]]:
        async def listener(message: aiohttp.WSMessage) -> None:
            self._heard[index] = time.time()
            if '"hello"' in str(message.data) and json.loads(message.data).get("type") == "hello":
                self._connected.set()

        return listener

    async def run(self) -> None:
        """Watch until cancelled."""
        self._connected.set()
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._connected.wait(), self._timing.look)
            for index, socket in enumerate(self._sockets):
                if await self._deaf(index, socket):
                    await self._reconnect(index, socket)
            await self._sample()
            await self._probe()
            if self._connected.is_set():
                self._connected.clear()
                await self._fetch_missed()

    async def _deaf(self, index: int, socket: SocketModeClient) -> bool:
        if not await socket.is_connected():
            return True
        heard = max(self._heard[index], socket.last_ping_pong_time or 0.0)
        return time.time() - heard > max(self._timing.deaf, 2.5 * socket.ping_interval)

    async def _sample(self) -> None:
        """Connect anew where a person was not heard although every socket answers."""
        if time.monotonic() - self._sampled < self._timing.sample:
            return
        self._sampled = time.monotonic()
        try:
            async with asyncio.timeout(RECONNECT_SECONDS):
                unheard = await self._catch_up.unheard(self._timing.settled, self._timing.sample)
        except (SlackApiError, aiohttp.ClientError, OSError, TimeoutError) as error:
            log.info("no sample of what was said: %s", error or type(error).__name__)
            return
        if unheard:
            log.warning("a person said something that no socket brought")
            for index, socket in enumerate(self._sockets):
                await self._reconnect(index, socket)

    async def _reconnect(self, index: int, socket: SocketModeClient) -> None:
        if socket.closed:
            return
        log.warning("socket %s hears nothing; it is connected anew", index + 1)
        try:
            # The SDK's own connect() tries for ever; a look that hangs would watch nothing.
            async with asyncio.timeout(RECONNECT_SECONDS):
                await socket.connect_to_new_endpoint(force=True)
        except (SlackApiError, aiohttp.ClientError, OSError, TimeoutError) as error:
            self._tell(f"socket {index + 1} cannot be connected: {error or type(error).__name__}")
        else:
            self._heard[index] = time.time()

    async def _probe(self) -> None:
        if time.monotonic() - self._probed < self._timing.probe:
            return
        self._probed = time.monotonic()
        try:
            async with asyncio.timeout(RECONNECT_SECONDS):
                await self._client.auth_test()
        except SlackApiError as error:
            self._tell(f"Slack refuses the bot token: {reason(error)}")
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            self._tell(f"Slack does not answer: {error or type(error).__name__}")
        else:
            self.trouble = ""

    async def _fetch_missed(self) -> None:
        try:
            missed = await self._catch_up()
        except (SlackApiError, aiohttp.ClientError, OSError, TimeoutError) as error:
            self._tell(f"what was missed cannot be fetched yet: {error or type(error).__name__}")
            self._connected.set()
            await asyncio.sleep(self._timing.look)
        else:
            if missed:
                log.info("%s messages were fetched that no event had brought", missed)

    def _tell(self, trouble: str) -> None:
        self.trouble = trouble
        log.error("%s", trouble)
