"""How fast the local workspace is, with Slack's own clients against a process of its own.

Run `python -m benchmarks.workspace` from the checkout, with the packages on the path. It prints a
table: mention to reply with a trivial handler, events acknowledged a second, and what 10,000
messages cost in time and memory. Client and server share the machine, so both are in the figures.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path

import aiohttp
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from benchmarks.desk import percentile, resident_mb

AT_ONCE = 20
"""Calls on their way at a time while messages are posted in bulk."""


class Probe:
    """An app on Bolt and a person's client, both connected to one workspace."""

    def __init__(self, told: str, session: aiohttp.ClientSession) -> None:
        self._told, self._session = told, session
        self.bot, self.person = self.client("SLACK_BOT_TOKEN"), self.client("SLACK_USER_TOKEN")
        # The person's token is the same app's, so its posts carry the app's bot_id: Bolt would
        # take them for the app's own.
        self.app = AsyncApp(client=self.bot, ignoring_self_events_enabled=False)
        self.heard, self.wanted = 0, 0
        self.heard_all = asyncio.Event()
        self.replied = asyncio.Event()
        self.handler: AsyncSocketModeHandler | None = None

    def value(self, name: str) -> str:
        found = re.search(rf"^{name}=(.+)$", self._told, re.MULTILINE)
        if found is None:
            raise SystemExit(f"the workspace did not print {name}")
        return found[1]

    def client(self, name: str) -> AsyncWebClient:
        return AsyncWebClient(
            token=self.value(name), base_url=self.value("SLACK_API_URL"), session=self._session
        )

    async def connect(self) -> None:
        @self.app.event("app_mention")
        async def _(say) -> None:
            await say("here")
            self.replied.set()

        @self.app.event("message")
        async def _(event) -> None:
            self.heard += event["text"].startswith("message number")
            if self.heard == self.wanted:
                self.heard_all.set()

        @self.app.event("channel_created")
        async def _() -> None:
            return

        self.handler = AsyncSocketModeHandler(self.app, self.value("SLACK_APP_TOKEN"))
        await self.handler.connect_async()

    async def round_trips(self, channel: str, times: int) -> list[float]:
        """Seconds from a mention being posted to the app's reply being stored."""
        me = (await self.bot.auth_test())["user_id"]
        taken: list[float] = []
        for number in range(times):
            self.replied.clear()
            begun = time.perf_counter()
            await self.person.chat_postMessage(channel=channel, text=f"<@{me}> {number}")
            await self.replied.wait()
            taken.append(time.perf_counter() - begun)
        return taken[times // 10 :]

    async def post(self, client: AsyncWebClient, channel: str, times: int) -> float:
        """Seconds to post `times` messages, AT_ONCE at a time."""
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(number: int) -> None:
            async with gate:
                await client.chat_postMessage(channel=channel, text=f"message number {number}")

        begun = time.perf_counter()
        await asyncio.gather(*(one(number) for number in range(times)))
        return time.perf_counter() - begun

    async def events(self, channel: str, times: int) -> float:
        """Seconds from the first post until the listener has heard of all of them."""
        self.wanted = self.heard + times
        begun = time.perf_counter()
        await self.post(self.person, channel, times)
        await self.heard_all.wait()
        return time.perf_counter() - begun


async def measure(home: Path, trips: int, events: int, messages: int) -> dict[str, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bullpen", "workspace", "--port", "0"),
        env={**os.environ, "BULLPEN_HOME": str(home), "PYTHONUNBUFFERED": "1"},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    told = ""
    while "Ctrl-C stops it." not in told:
        told += (await process.stdout.readline()).decode()
    rows: dict[str, str] = {}
    async with aiohttp.ClientSession() as session:
        probe = Probe(told, session)
        idle = resident_mb(process.pid)
        rows["resident memory, idle"] = f"{idle:.0f} MB"
        posted = await probe.bot.chat_postMessage(channel="#general", text="warm-up")
        quiet = (await probe.person.conversations_create(name="bulk"))["channel"]["id"]
        seconds = await probe.post(probe.person, quiet, messages)
        rows[f"{messages:,} messages posted"] = f"{seconds:.1f} s"
        rows["messages a second"] = f"{messages / seconds:.0f}"
        rows[f"resident memory after {messages:,} messages"] = f"{resident_mb(process.pid):.0f} MB"
        await probe.connect()
        taken = await probe.round_trips(posted["channel"], trips)
        rows["mention to reply, p50"] = f"{statistics.median(taken) * 1000:.1f} ms"
        rows["mention to reply, p95"] = f"{percentile(taken, 0.95) * 1000:.1f} ms"
        seconds = await probe.events(posted["channel"], events)
        rows["events posted, delivered and acknowledged a second"] = f"{events / seconds:.0f}"
        assert probe.handler is not None
        await probe.handler.close_async()
    process.terminate()
    await process.wait()
    return rows


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--trips", type=int, default=300)
    options.add_argument("--events", type=int, default=2000)
    options.add_argument("--messages", type=int, default=10_000)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = asyncio.run(measure(Path(folder), chosen.trips, chosen.events, chosen.messages))
    for name, value in rows.items():
        print(f"{name:52} {value:>10}")
    print(json.dumps(rows))


if __name__ == "__main__":
    main()
