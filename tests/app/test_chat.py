"""The `Chat` port, by the real SDK, against the live local workspace."""

from __future__ import annotations

import asyncio
import struct
import time
import zlib
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from bullpen.slack.chat import SlackChat
from bullpen.slack.connect import Connection
from bullpen.slack.identity import OneApp
from bullpen.slack.limits import Unpaced
from bullpen.slack.line import Line
from bullpen_agents.roster import Roster
from bullpen_orchestrator.ports import Busy, Button, Post, Undeliverable
from bullpen_workspace.server import Workspace


def png(path: Path) -> Path:
    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 2, 8, 2, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(b"\0" + b"\xff" * 6 + b"\0" + b"\0" * 6))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + header + body + chunk(b"IEND", b""))
    return path


async def thread(client: AsyncWebClient, channel: str, ts: str) -> list[dict[str, Any]]:
    page = await client.conversations_replies(
        channel=channel, ts=ts, include_all_metadata=True, limit=200
    )
    return page["messages"]


async def test_a_post_has_its_agents_name_and_everything_in_one_message(
    chat: SlackChat,
    person: AsyncWebClient,
    connection: Connection,
    desk_channel: str,
    tmp_path: Path,
) -> None:
    root = (await person.chat_postMessage(channel=desk_channel, text="a question"))["ts"]
    image = png(tmp_path / "payoff.png")
    ts = await chat.post(
        Post(
            key="k1", channel=desk_channel, thread_ts=root, agent="quant",
            text="Maximum profit **17.50**", footnotes=("¹ r1 · strategy_payoff",),
            images=((str(image), "Payoff at expiry"),),
            buttons=(Button(action="receipts", label="Receipts", value="run1"),),
            priority="answer",
        )
    )  # fmt: skip
    _, said = await thread(person, desk_channel, root)
    assert (said["ts"], said["username"]) == (ts, "Quant")
    assert said["icons"]["emoji"].startswith(":")
    assert [b["type"] for b in said["blocks"]] == ["markdown", "image", "context", "actions"]
    shown = await connection.client.files_info(file=said["blocks"][1]["slack_file"]["id"])
    assert shown["file"]["mimetype"] == "image/png"
    assert await chat.find(desk_channel, root, "k1") == ts
    assert await chat.find(desk_channel, root, "k2") is None


async def test_a_long_post_that_broke_off_is_completed_not_repeated(
    chat: SlackChat, person: AsyncWebClient, connection: Connection, desk_channel: str
) -> None:
    root = (await person.chat_postMessage(channel=desk_channel, text="a question"))["ts"]
    text = "\n\n".join(f"Paragraph {i}. " + "word " * 150 for i in range(40))
    post = Post(key="long", channel=desk_channel, thread_ts=root, agent="architect", text=text)
    first = await chat.post(post)
    posted = (await thread(person, desk_channel, root))[1:]
    assert len(posted) == 4
    await connection.client.chat_delete(channel=desk_channel, ts=posted[2]["ts"])
    assert await chat.find(desk_channel, root, "long") is None
    assert await chat.post(post) == first
    assert await chat.find(desk_channel, root, "long") == first
    keys = [
        m["metadata"]["event_payload"]["key"]
        for m in (await thread(person, desk_channel, root))[1:]
    ]
    assert sorted(keys) == ["long", "long#2", "long#3", "long#4"]


async def test_a_post_is_found_beyond_the_first_page(
    chat: SlackChat, person: AsyncWebClient, desk_channel: str
) -> None:
    root = (await person.chat_postMessage(channel=desk_channel, text="a question"))["ts"]
    await asyncio.gather(
        *(
            person.chat_postMessage(channel=desk_channel, thread_ts=root, text=f"reply {i}")
            for i in range(210)
        )
    )
    ts = await chat.post(
        Post(key="late", channel=desk_channel, thread_ts=root, agent="quant", text="here")
    )
    assert await chat.find(desk_channel, root, "late") == ts


async def test_a_channel_that_is_gone_is_undeliverable(chat: SlackChat) -> None:
    with pytest.raises(Undeliverable) as refused:
        await chat.post(
            Post(key="k", channel="C0NOWHERE", thread_ts="1.000000", agent="quant", text="x")
        )
    assert refused.value.reason == "channel_not_found"


async def test_a_picture_that_is_lost_is_left_out_and_said(
    connection: Connection, person: AsyncWebClient, desk_channel: str, tmp_path: Path
) -> None:
    chat = SlackChat(OneApp(Line(connection, Roster.load().agents, Unpaced(), home=tmp_path)))
    root = (await person.chat_postMessage(channel=desk_channel, text="a question"))["ts"]
    png(tmp_path / "here.png")
    await chat.post(
        Post(
            key="k", channel=desk_channel, thread_ts=root, agent="quant", text="Look.",
            images=(("gone.png", "Lost"), ("here.png", "Kept")),
        )
    )  # fmt: skip
    await chat.close()
    _, said = await thread(person, desk_channel, root)
    assert [b["type"] for b in said["blocks"]] == ["markdown", "image", "context"]
    assert said["blocks"][1]["alt_text"] == "Kept"
    assert said["blocks"][2]["elements"][0]["text"] == "The chart could not be uploaded."


async def test_a_post_in_doubt_whose_thread_is_gone_is_undeliverable(
    chat: SlackChat, person: AsyncWebClient, desk_channel: str
) -> None:
    root = (await person.chat_postMessage(channel=desk_channel, text="a question"))["ts"]
    await person.chat_delete(channel=desk_channel, ts=root)
    with pytest.raises(Undeliverable, match="thread_not_found"):
        await chat.find(desk_channel, root, "k")
    with pytest.raises(Undeliverable, match="channel_not_found"):
        await chat.find("C0NOWHERE", root, "k")


@pytest.mark.parametrize("live", [False, True])
async def test_a_form_that_slack_refuses_is_posted_in_words(
    chat: SlackChat, person: AsyncWebClient, workspace: Workspace, live: bool, tmp_path: Path
) -> None:
    keys = workspace.credentials
    direct = await chat.direct(keys.person_id)
    assert direct is not None
    root = (await person.chat_postMessage(channel=direct, text="a question"))["ts"]
    growing = await chat.open_live(direct, root, "quant", keys.person_id) if live else ""
    too_many = ((str(png(tmp_path / "a.png")), "A line"),) * 60
    post = Post(
        key="k", channel=direct, thread_ts=root, agent="quant", text="It is **17.50**.",
        footnotes=("r1",), images=too_many, live_ts=growing or "",
    )  # fmt: skip
    ts = await chat.post(post)
    [said] = (await thread(person, direct, root))[1:]
    assert said["ts"] == ts
    assert said["text"] == "\n".join(["It is *17.50*.", *["[A line]"] * 60, "r1"])
    assert await chat.find(direct, root, "k") == ts


async def test_a_direct_message_outside_of_a_thread_is_found(
    chat: SlackChat, workspace: Workspace
) -> None:
    direct = await chat.direct(workspace.credentials.person_id)
    assert direct is not None
    ts = await chat.post(Post(key="k", channel=direct, thread_ts="", agent="quant", text="x"))
    assert await chat.find(direct, "", "k") == ts
    assert await chat.direct("U0NOBODY") is None


async def test_text_grows_in_a_direct_message_and_ends_as_the_whole_answer(
    chat: SlackChat, person: AsyncWebClient, workspace: Workspace
) -> None:
    keys = workspace.credentials
    direct = (await person.conversations_open(users=keys.bot_user_id))["channel"]["id"]
    root = (await person.chat_postMessage(channel=direct, text="hello"))["ts"]
    ts = await chat.open_live(direct, root, "quant", keys.person_id)
    assert ts is not None
    await chat.grow_live(direct, ts, "The profit is " + "far " * 80)
    until = time.monotonic() + 5
    while "far far" not in (await thread(person, direct, root))[1]["text"]:
        assert time.monotonic() < until
        await asyncio.sleep(0.05)
    await chat.grow_live(direct, ts, "Started <!channel> again.")
    while "again" not in (text := (await thread(person, direct, root))[1]["text"]):
        assert time.monotonic() < until
        await asyncio.sleep(0.05)
    assert "<!channel" not in text
    done = await chat.post(
        Post(
            key="k", channel=direct, thread_ts=root, agent="quant", text="It is 17.50.", live_ts=ts
        )
    )
    _, said = await thread(person, direct, root)
    assert (done, said["text"]) == (ts, "It is 17.50.")
    assert await chat.find(direct, root, "k") == ts


async def test_a_live_message_that_showed_nothing_still_becomes_the_answer(
    chat: SlackChat, person: AsyncWebClient, workspace: Workspace
) -> None:
    keys = workspace.credentials
    direct = (await person.conversations_open(users=keys.bot_user_id))["channel"]["id"]
    root = (await person.chat_postMessage(channel=direct, text="hello"))["ts"]
    ts = await chat.open_live(direct, root, "quant", keys.person_id)
    assert ts is not None
    await chat.post(
        Post(key="k", channel=direct, thread_ts=root, agent="quant", text="Done.", live_ts=ts)
    )
    assert [m["text"] for m in (await thread(person, direct, root))[1:]] == ["Done."]


async def test_nothing_grows_in_a_channel(chat: SlackChat, desk_channel: str) -> None:
    assert await chat.open_live(desk_channel, "1.0", "quant", "U1") is None


async def test_a_live_message_that_is_gone_is_posted_anew(
    chat: SlackChat, person: AsyncWebClient, desk_channel: str
) -> None:
    root = (await person.chat_postMessage(channel=desk_channel, text="q"))["ts"]
    ts = await chat.post(
        Post(key="k", channel=desk_channel, thread_ts=root, agent="quant", text="x",
             live_ts="1.000001")
    )  # fmt: skip
    assert [m["ts"] for m in (await thread(person, desk_channel, root))[1:]] == [ts]


async def test_links_open_the_message(
    chat: SlackChat, person: AsyncWebClient, desk_channel: str
) -> None:
    ts = (await person.chat_postMessage(channel=desk_channel, text="q"))["ts"]
    known = await person.chat_getPermalink(channel=desk_channel, message_ts=ts)
    assert chat.permalink(desk_channel, ts, ts) == known["permalink"]


async def test_links_of_another_day_lead_to_the_workspace_of_today(
    chat: SlackChat, person: AsyncWebClient, workspace: Workspace, desk_channel: str
) -> None:
    root = (await person.chat_postMessage(channel=desk_channel, text="q"))["ts"]
    old = "[there](http://127.0.0.1:1/archives/C1/p1), and http://x.org:1/archives/C1/p1"
    post = Post(
        key="k", channel=desk_channel, thread_ts=root, agent="quant", text=old,
        footnotes=("http://localhost:4747/archives/C1/p2",),
    )  # fmt: skip
    await chat.post(post)
    blocks = (await thread(person, desk_channel, root))[1]["blocks"]
    assert blocks[0]["text"] == (
        f"[there]({workspace.url}/archives/C1/p1), and http://x.org:1/archives/C1/p1"
    )
    assert f"{workspace.url}/archives/C1/p2" in blocks[1]["elements"][0]["text"]


async def test_status_never_raises(chat: SlackChat) -> None:
    await chat.status("C0NOWHERE", "1.0", "quant", "is thinking")
    await chat.status("C0NOWHERE", "1.0", "quant", "")


async def test_a_429_becomes_busy_and_nothing_is_sent_again() -> None:
    calls: list[str] = []

    async def slack(request: web.Request) -> web.Response:
        calls.append(request.match_info["method"])
        if request.match_info["method"] == "chat.postMessage":
            return web.json_response(
                {"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": "17"}
            )
        return web.json_response(
            {"ok": True, "team_id": "T1", "user_id": "U1", "bot_id": "B1", "url": "https://x/"}
        )

    app = web.Application()
    app.router.add_route("*", "/api/{method}", slack)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    opened = await Connection.open(
        base_url=f"http://127.0.0.1:{port}/api/", bot_token="xoxb-1", app_token="xapp-1"
    )
    try:
        chat = SlackChat(OneApp(Line(opened, Roster.load().agents, Unpaced())))
        post = Post(key="k", channel="C1", thread_ts="1.0", agent="quant", text="x")
        with pytest.raises(Busy) as first:
            await chat.post(post)
        with pytest.raises(Busy) as second:
            await chat.post(post)
    finally:
        await opened.close()
        await runner.cleanup()
    assert first.value.seconds == 17
    assert 16 < second.value.seconds <= 17
    assert calls.count("chat.postMessage") == 1
