"""Files that the desk makes, in the thread, under the colleague's name, once."""

from __future__ import annotations

import asyncio
import csv
import io
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bullpen.slack.chat import SlackChat
from bullpen.wiring import Bullpen, build
from bullpen_orchestrator.ports import Post
from real_desk import Someone, here, keyless, words

__all__ = ["keyless"]


def shared(thread: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [file | {"by": m.get("username")} for m in thread for file in m.get("files", [])]


async def files(ada: Someone, place: str, root: str) -> list[dict[str, Any]]:
    return shared(await ada.answers(place, root))


async def body(bullpen: Bullpen, file: dict[str, Any]) -> str:
    token = bullpen.workspace.credentials.user_token  # type: ignore[union-attr]
    session = bullpen.connection.session
    headers = {"Authorization": f"Bearer {token}"}
    async with session.get(file["url_private_download"], headers=headers) as answer:
        assert answer.status == 200
        return await answer.text()


async def eventually(look: Callable[[], Awaitable[Any]], seconds: float) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := await look()):
        assert time.monotonic() < deadline, "the deadline passed"
        await asyncio.sleep(0.1)
    return found


async def test_a_person_gets_the_csv_and_the_report(tmp_path: Path) -> None:
    bullpen = await build(here(tmp_path))
    try:
        ada = Someone(bullpen)
        asked = await ada.ask("desk", "how volatile is oil since 1990?")
        root, place = asked[0]["thread_ts"], await ada.channel("desk")
        await ada.client.chat_postMessage(channel=place, thread_ts=root, text="give me the CSV")
        [file] = await eventually(lambda: files(ada, place, root), 30)
        assert (file["by"], file["filetype"]) == ("Quant", "csv")
        rows = list(csv.DictReader(io.StringIO(await body(bullpen, file))))
        assert {row["key"] for row in rows} >= {"volatility", "last"}
        thread = await ada.ask(
            "desk", "quant: payoff of a 70-90-110 call butterfly for 2.50 as an HTML report"
        )
        [report] = shared(thread)
        assert report["by"] == "Quant"
        text = await body(bullpen, report)
        assert "17.50" in text
        assert "data:image/png;base64," in text
        assert any("The HTML report is attached" in words(m) for m in thread)
        nothing = await ada.ask("research", "give me the CSV")
        assert "A file of what?" in words(nothing[-1])
    finally:
        await bullpen.stop()


async def test_a_file_is_shown_once_however_often_the_post_is_repeated(
    chat: SlackChat, person: AsyncWebClient, desk_channel: str, tmp_path: Path
) -> None:
    root = (await person.chat_postMessage(channel=desk_channel, text="q"))["ts"]
    path = tmp_path / "oil-r1-0123456789ab.csv"
    path.write_text("date,oil\n2020-04-20,-36.98\n")
    post = Post(
        key="k", channel=desk_channel, thread_ts=root, agent="quant", text="Here.",
        files=((str(path), "Oil"),),
    )  # fmt: skip
    assert await chat.find(desk_channel, root, "k") is None
    first = await chat.post(post)
    assert await chat.find(desk_channel, root, "k") == first
    assert await chat.post(post) == first
    page = await person.conversations_replies(channel=desk_channel, ts=root)
    assert [m["text"] for m in page["messages"][1:]] == ["Here.", ""]
    assert [file["title"] for file in shared(page["messages"])] == ["Oil"]


async def test_a_file_that_died_between_post_and_upload_is_still_shown(
    chat: SlackChat, person: AsyncWebClient, desk_channel: str, tmp_path: Path
) -> None:
    root = (await person.chat_postMessage(channel=desk_channel, text="q"))["ts"]
    missing = tmp_path / "gone-r1-0123456789ab.csv"
    post = Post(
        key="k", channel=desk_channel, thread_ts=root, agent="quant", text="Here.",
        files=((str(missing), "Oil"),),
    )  # fmt: skip
    await chat.post(post)
    page = await person.conversations_replies(channel=desk_channel, ts=root)
    assert "could not be attached" in page["messages"][-1]["text"]
    assert await chat.find(desk_channel, root, "k") is not None
    await chat.post(post)
    again = await person.conversations_replies(channel=desk_channel, ts=root)
    assert len(again["messages"]) == len(page["messages"])
