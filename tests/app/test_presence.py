"""The slot under a thread: who is at what, Slack's own stop button, and the end of both."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from bullpen.slack.chat import SlackChat
from bullpen.slack.limits import Unpaced
from bullpen.slack.live import Persona
from bullpen.slack.presence import Presence
from bullpen.wiring import build
from bullpen_workspace.controls import Controls
from bullpen_workspace.server import Workspace
from bullpen_workspace.types import ThreadStatus
from real_desk import Someone, here, keyless

__all__ = ["keyless"]


async def until(true: Callable[[], object], seconds: float = 8) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


async def test_colleagues_side_by_side_do_not_clear_each_other(
    chat: SlackChat, person: AsyncWebClient, workspace: Workspace, desk_channel: str
) -> None:
    root = (await person.chat_postMessage(channel=desk_channel, text="q"))["ts"]

    def slot() -> ThreadStatus:
        [found] = workspace.office.rooms.surfaces.statuses(desk_channel)
        return found

    me = workspace.credentials.person_id
    assert await chat.session(desk_channel, root, "processing", user=me, title="Oil")
    assert (slot().session, slot().initiator, slot().title) == ("processing", me, "Oil")
    await chat.status(desk_channel, root, "quant", "reading data")
    await chat.status(desk_channel, root, "developer", "writing code")
    assert (slot().text, slot().username) == ("writing code", "Developer")
    await chat.status(desk_channel, root, "developer", "")
    assert (slot().text, slot().username) == ("reading data", "Quant")
    await chat.status(desk_channel, root, "quant", "")
    assert slot().session == "processing"
    assert await chat.session(desk_channel, root, "active")
    assert (slot().session, slot().text) == ("active", "")


async def test_an_app_that_is_no_agent_falls_back_to_the_text() -> None:
    calls: list[str] = []

    async def slack(request: web.Request) -> web.Response:
        calls.append(request.match_info["method"])
        no_agent = calls[-1] == "agents.sessions.setStatus"
        return web.json_response({"ok": not no_agent, "error": "not_authorized"})

    app = web.Application()
    app.router.add_route("*", "/api/{method}", slack)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    client = AsyncWebClient("xoxb-1", base_url=f"http://127.0.0.1:{runner.addresses[0][1]}/api/")
    client.proxy = None
    presence = Presence(client, Unpaced(), lambda _agent: Persona())
    try:
        assert await presence.session("C1", "1.0", "processing", "U1", "")
        await presence.status("C1", "1.0", "quant", "thinking")
        assert await presence.session("C1", "1.0", "active", "", "")
    finally:
        await runner.cleanup()
    assert calls == ["agents.sessions.setStatus", *["assistant.threads.setStatus"] * 2]


async def test_slacks_own_stop_button_ends_the_run(tmp_path: Path) -> None:
    bullpen = await build(here(tmp_path))
    try:
        ada = Someone(bullpen)
        place = await ada.channel("desk")
        assert bullpen.workspace is not None
        rooms = bullpen.workspace.office.rooms
        sent = await ada.client.chat_postMessage(
            channel=place,
            text=f"<@{ada.bot}> compare the volatility of oil and the S&P 500 and chart it",
        )
        await until(
            lambda: any(s.session == "processing" for s in rooms.surfaces.statuses(place)), 20
        )
        begun = time.monotonic()
        Controls(bullpen.workspace.office, ada.me).stop(place, sent["ts"])
        await until(lambda: not bullpen.desk.status())
        assert time.monotonic() - begun < 2
        await bullpen.desk.idle(10)
        assert [s.session for s in rooms.surfaces.statuses(place)] == ["active"]
        thread = (await ada.client.conversations_replies(channel=place, ts=sent["ts"]))["messages"]
        assert thread[-1]["text"].startswith("Stopped by")
    finally:
        await bullpen.stop()
