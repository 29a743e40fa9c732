"""Photographs the six main views of the real product: `python tests/workspace/page_views.py OUT`.

Channel, thread, search, App Home, memory and inspector, light and dark, at desk and phone width.
It starts a desk on an empty temporary home with the offline model, on this machine only, asks two
questions and stops it again. Nothing is drawn or retouched. It is not a test.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page, async_playwright

ROOT = Path(__file__).parents[2]
FOLDERS = ("agents", "orchestrator", "memory", "tools", "workspace", "app")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
FLAGS += ["--disable-background-networking", "--disable-component-update"]
QUESTIONS = (
    "@Bullpen quant: what do I make on the SLV June 70-90-110 call butterfly bought at 2.50?",
    "@Bullpen compare the volatility of oil and the S&P 500 over the data you hold, chart it, "
    "and write up what we should remember",
)
DESK: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
}


def start(home: str) -> tuple[subprocess.Popen[str], str]:
    """The desk as a process of its own, and its address once it is ready."""
    path = os.pathsep.join(str(ROOT / folder) for folder in FOLDERS)
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("ANTHROPIC", "SLACK"))}
    environment |= {"PYTHONPATH": path, "BULLPEN_HOME": home, "BULLPEN_PERSON": "Maya Lindqvist"}
    process = subprocess.Popen(
        [sys.executable, "-m", "bullpen", "up", "--port", "0"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    said, url = "", ""
    for line in process.stdout:
        said += line
        if found := re.search(r"http://127\.0\.0\.1:\d+/\?key=\S+", line):
            url = found.group()
        if "ready" in line and url:
            return process, url
    sys.exit(f"The desk did not start. It says:\n{said}")


async def opened(
    browser: Browser, entrance: str, address: str, **how: Any
) -> tuple[BrowserContext, Page]:
    context = await browser.new_context(**how)
    page = await context.new_page()
    await page.goto(entrance)
    await page.goto(address)
    await page.wait_for_selector("body.online")
    return context, page


async def ask(page: Page, question: str) -> None:
    """Send a question and wait until its thread is answered and quiet."""
    await page.get_by_test_id("composer").fill(question)
    await page.get_by_test_id("composer").press("Escape")
    await page.get_by_test_id("send").click()
    last = page.locator("#messages").get_by_test_id("message").last
    await last.get_by_test_id("replies").wait_for(timeout=60_000)
    quiet, deadline = 0, time.monotonic() + 120
    while quiet < 6 and time.monotonic() < deadline:
        await page.wait_for_timeout(500)
        busy = await page.get_by_test_id("status-line").inner_text()
        quiet = 0 if busy.strip() else quiet + 1


async def thread_of(page: Page, number: int) -> str:
    """Open the thread of a question and return its address."""
    root = page.locator("#messages").get_by_test_id("message").nth(number)
    await root.get_by_test_id("replies").click()
    await page.get_by_test_id("thread-pane").locator("img").first.wait_for()
    await page.mouse.move(2, 2)
    await page.wait_for_timeout(900)
    return page.url


async def views(browser: Browser, entrance: str, thread: str, folder: Path) -> None:
    """The six main views: channel, thread, search, App Home, memory, inspector."""
    url = entrance.partition("/?")[0]
    home = f"{url}/home/{await app_of(browser, entrance)}"
    places = {
        "channel": f"{url}/",
        "thread": thread,
        "search": f"{url}/#jump",
        "home": home,
        "memory": f"{url}/memory/",
        "inspector": f"{url}/inspector",
    }
    for scheme in ("light", "dark"):
        for size, how in (("desk", DESK), ("phone", PHONE)):
            for name, address in places.items():
                context, page = await opened(browser, entrance, address, color_scheme=scheme, **how)
                if name == "search":
                    await page.get_by_test_id("search").press_sequentially("volatility")
                    await page.get_by_test_id("hit").first.wait_for()
                await page.wait_for_timeout(1300)
                await page.screenshot(path=folder / f"{name}-{size}-{scheme}.png")
                await context.close()


async def app_of(browser: Browser, entrance: str) -> str:
    """The id of the app, read from the tab of its direct message."""
    context, page = await opened(browser, entrance, entrance, **DESK)
    await page.locator("#side").get_by_text("Bullpen", exact=True).last.click()
    address = await page.locator(".tabs a").last.get_attribute("href")
    await context.close()
    return (address or "").rpartition("/")[2]


async def main(folder: Path) -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if not chromium:
        sys.exit("No Chromium was found on PATH. Install it (Debian: chromium) and run this again.")
    with tempfile.TemporaryDirectory() as home:
        process, entrance = start(home)
        try:
            async with async_playwright() as driver:
                browser = await driver.chromium.launch(executable_path=chromium, args=FLAGS)
                context, page = await opened(browser, entrance, entrance, **DESK)
                for question in QUESTIONS:
                    await ask(page, question)
                thread = await thread_of(page, 1)
                await context.close()
                await views(browser, entrance, thread, folder)
                await browser.close()
        finally:
            process.terminate()
            process.wait(timeout=20)


if __name__ == "__main__":
    options = argparse.ArgumentParser(description="Photograph the views of the page.")
    options.add_argument("out", type=Path)
    given = options.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(given.out))
