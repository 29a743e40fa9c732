"""The whole desk on a home of its own, and a person who talks to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bullpen import settings
from bullpen.wiring import Bullpen, build
from bullpen_memory.records import Query
from bullpen_workspace.controls import Controls


class Someone:
    """A person in the local workspace."""

    def __init__(self, bullpen: Bullpen) -> None:
        assert bullpen.workspace is not None
        keys = bullpen.workspace.credentials
        self.bullpen, self.me, self.bot = bullpen, keys.person_id, keys.bot_user_id
        self.client = AsyncWebClient(
            keys.user_token,
            base_url=f"{bullpen.url}/api/",
            session=bullpen.connection.session,
        )
        self.client.proxy = None

    async def channel(self, name: str) -> str:
        found = (await self.client.conversations_list())["channels"]
        return next(c["id"] for c in found if c["name"] == name)

    async def ask(self, channel: str, text: str, **more: Any) -> list[dict[str, Any]]:
        """Post, wait until the desk has nothing left to do, and read the thread."""
        place = await self.channel(channel)
        sent = await self.client.chat_postMessage(
            channel=place, text=f"<@{self.bot}> {text}", **more
        )
        return await self.answers(place, more.get("thread_ts") or sent["ts"])

    async def answers(self, place: str, ts: str) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = []
        while not any(priority(m) == "answer" for m in messages):
            await self.bullpen.desk.idle(60)
            page = await self.client.conversations_replies(
                channel=place, ts=ts, include_all_metadata=True, limit=200
            )
            messages = page["messages"][1:]
        return messages


def priority(message: dict[str, Any]) -> str:
    payload = (message.get("metadata") or {}).get("event_payload") or {}
    return str(payload.get("priority", ""))


def words(message: dict[str, Any]) -> str:
    return "\n".join(b["text"] for b in message["blocks"] if b["type"] == "markdown")


def here(tmp_path: Path) -> settings.Settings:
    return settings.Settings(home=tmp_path / "home", port=0, person="Ada")


@pytest.fixture(autouse=True)
def keyless(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
async def bullpen(tmp_path: Path) -> AsyncIterator[Bullpen]:
    running = await build(here(tmp_path))
    # The first embedding of a process loads the model, which is not what is tested here.
    await asyncio.to_thread(running.store.find, Query(text="warm", scopes=frozenset({"workspace"})))
    yield running
    await running.stop()


@pytest.fixture
def hands(bullpen: Bullpen) -> Controls:
    assert bullpen.workspace is not None
    return Controls(bullpen.workspace.office, bullpen.workspace.credentials.person_id)
