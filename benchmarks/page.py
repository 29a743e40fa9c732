"""How the chat page bears a full channel: load, scrolling, a long thread, a streamed answer.

Run `python -m benchmarks.page --messages 10000`. It fills a workspace in a temporary folder,
opens the page in the system's Chromium and prints a table. Frames are counted by the browser's
own requestAnimationFrame; a shared machine makes every figure worse, never better.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path

import aiohttp
from playwright.async_api import Page, async_playwright
from slack_sdk.web.async_client import AsyncWebClient

sys.path.insert(0, str(Path(__file__).parents[1] / "workspace"))

from bullpen_workspace.config import AppSpec, WorkspaceConfig
from bullpen_workspace.server import Workspace
from bullpen_workspace.types import AgentFace, Message

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
FLAGS += ["--disable-background-networking", "--disable-component-update"]
REPLIES = 1_200
TEXT = "Message {n}: WTI ran at **{n}.5%** a year, see `r{n}`.\n\n- one\n- two"
# Scrolls up until `most` messages have gone by; tells frames, the longest pause and nodes held.
SCROLL = """async ([most, where, list]) => {
  const box = document.querySelector(where), gaps = []; let held = 0, last = performance.now();
  const seen = new Set(), began = last;
  while (seen.size < most && performance.now() - began < 60000) {
    box.scrollTop -= 900;
    await new Promise(requestAnimationFrame);
    const now = performance.now(); gaps.push(now - last); last = now;
    const all = document.querySelectorAll(`${list} > .msg`); held = Math.max(held, all.length);
    for (const li of all) seen.add(li.id);
  }
  gaps.sort((a, b) => a - b);
  return { seen: seen.size, held, seconds: (last - began) / 1000, fps: 1000 * gaps.length / (last - began),
    p99: gaps[Math.floor(gaps.length * 0.99)] };
}"""
WATCH = """() => {
  window.grown = 0; window.frames = 0;
  new MutationObserver(() => { window.grown++; }).observe(document.querySelector("#replies"), { subtree: true, childList: true, characterData: true });
  const count = () => { window.frames++; requestAnimationFrame(count); }; requestAnimationFrame(count);
}"""


def workspace_in(folder: Path) -> Workspace:
    agents = (AgentFace(name="Quant", icon=":abacus:"),)
    return Workspace(
        WorkspaceConfig(
            path=folder / "workspace.db", files=folder / "files", port=0, app=AppSpec(agents=agents)
        )
    )


def fill(workspace: Workspace, channel: str, count: int, *, thread: str = "") -> None:
    """Post as the app, in one transaction per 500."""
    who = workspace.credentials
    for start in range(0, count, 500):
        with workspace.rooms.transaction():
            for number in range(start, min(start + 500, count)):
                workspace.rooms.messages.post(
                    Message(
                        channel=channel,
                        ts="",
                        thread_ts=thread,
                        user=who.bot_user_id,
                        bot_id=who.bot_id,
                        app_id=who.app_id,
                        username="Quant",
                        icon_emoji=":abacus:",
                        text=TEXT.format(n=number),
                        markdown=True,
                    )
                )


async def loaded(page: Page, address: str, wait_for: str) -> float:
    """Milliseconds from asking to the last of the wanted elements being there."""
    began = time.perf_counter()
    await page.goto(address)
    await page.wait_for_selector(wait_for)
    return (time.perf_counter() - began) * 1000


async def streamed(page: Page, workspace: Workspace, channel: str, thread: str) -> dict[str, float]:
    """An answer that grows for some seconds, as the real SDK sends it."""
    who = workspace.credentials
    await page.evaluate(WATCH)
    async with aiohttp.ClientSession() as session:
        client = AsyncWebClient(
            token=who.bot_token, base_url=f"{workspace.url}/api/", session=session
        )
        client.proxy = None
        begun = await client.chat_startStream(
            channel=channel,
            thread_ts=thread,
            recipient_user_id=who.person_id,
            recipient_team_id=who.team_id,
        )
        start, sent = time.perf_counter(), 0
        while time.perf_counter() - start < 4:
            await client.chat_appendStream(
                channel=channel, ts=begun["ts"], markdown_text="The smile is steep. "
            )
            sent += 1
            await asyncio.sleep(0.02)
        seconds = time.perf_counter() - start
        grown, frames = await page.evaluate("[window.grown, window.frames]")
        await client.chat_stopStream(channel=channel, ts=begun["ts"])
    return {"sent": sent / seconds, "grown": grown / seconds, "frames": frames / seconds}


def smooth(went: dict[str, float]) -> str:
    """What a scroll was like."""
    return (
        f"{went['fps']:.0f} frames/s, slowest 1% {went['p99']:.0f} ms, "
        f"at most {went['held']} messages in the document, {went['seconds']:.1f} s"
    )


def show(name: str, value: str) -> None:
    print(f"| {name} | {value} |")


async def main(messages: int, scroll: int) -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if not chromium:
        sys.exit("No Chromium was found on PATH. Install it, then run this again.")
    with tempfile.TemporaryDirectory() as folder:
        workspace = workspace_in(Path(folder))
        await workspace.start()
        desk = workspace.rooms.channels.by_name("desk")
        assert desk is not None
        began = time.perf_counter()
        fill(workspace, desk.id, messages)
        posting = time.perf_counter() - began
        root = workspace.rooms.messages.latest(desk.id)
        fill(workspace, desk.id, REPLIES, thread=root)
        address = f"{workspace.url}/archives/{desk.id}"
        print("| what | figure |\n|---|---|")
        show(f"{messages:,} messages stored", f"{posting:.1f} s")
        async with async_playwright() as driver:
            browser = await driver.chromium.launch(executable_path=chromium, args=FLAGS)
            page = await browser.new_page(viewport={"width": 1440, "height": 900})
            await page.goto(workspace.address("/inspector"))
            cold = await loaded(page, address, "body.online")
            warm = await loaded(page, address, "body.online")
            show("page load, first and again", f"{cold:.0f} ms, {warm:.0f} ms")
            await page.wait_for_timeout(500)
            went = await page.evaluate(SCROLL, [scroll, "#scroll", "#messages"])
            show(f"scrolling up through {went['seen']:,} messages", smooth(went))
            long = f"{address}/p{root.replace('.', '')}?thread=1"
            opened = await loaded(page, long, "#replies > .msg:nth-child(100)")
            show(f"a thread of {REPLIES:,} opened", f"{opened:.0f} ms")
            await page.wait_for_selector("body.online")
            await page.wait_for_timeout(500)
            went = await page.evaluate(SCROLL, [REPLIES, "#thread-scroll", "#replies"])
            show(f"scrolling up through {went['seen']:,} replies", smooth(went))
            await loaded(page, long, "body.online")
            flow = await streamed(page, workspace, desk.id, root)
            show(
                "an answer streamed into that thread",
                f"{flow['sent']:.0f} appends/s sent, {flow['grown']:.0f} growths/s seen, "
                f"{flow['frames']:.0f} frames/s",
            )
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            show("memory of the workspace, most", f"{memory:.0f} MB")
            await browser.close()
        await workspace.stop()


if __name__ == "__main__":
    options = argparse.ArgumentParser(description="Measure the chat page.")
    options.add_argument("--messages", type=int, default=10_000)
    options.add_argument("--scroll", type=int, default=5_000)
    given = options.parse_args()
    asyncio.run(main(given.messages, given.scroll))
