"""Photographs the page on a busy morning: `python tests/workspace/page_shots.py OUT`.

The rule it protects: the look of the page is judged on pictures of the real thing, at desk and
phone width, light and dark. It is not a test; `test_page_browser.py` is.
"""

import asyncio
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from page_look import Morning, config
from playwright.async_api import Browser, Page, async_playwright

from bullpen_workspace.server import Workspace

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
FLAGS += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]


async def shoot(browser: Browser, out: Path, name: str, url: str, **how: Any) -> None:
    """One picture; `act` does something on the page first."""
    act = how.pop("act", None)
    context = await browser.new_context(
        viewport=how.pop("viewport", {"width": 1440, "height": 900}), **how
    )
    page = await context.new_page()
    page.on("pageerror", lambda error: print("page error:", error))
    page.on(
        "console",
        lambda said: print("console:", said.text) if said.type in ("error", "warning") else None,
    )
    await page.goto(url)
    await page.wait_for_selector("body.online")
    if act:
        await act(page)
    await page.wait_for_timeout(350)
    await page.screenshot(path=out / f"{name}.png")
    await context.close()


async def type_at(page: Page) -> None:
    await page.get_by_test_id("composer").type("@Bullpen ")


async def main(out: Path) -> None:
    phone = {
        "viewport": {"width": 390, "height": 844},
        "has_touch": True,
        "is_mobile": True,
        "device_scale_factor": 2,
    }
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(config(Path(folder)))
        await workspace.start()
        morning = Morning(workspace)
        async with async_playwright() as driver:
            browser = await driver.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
            at = workspace.address
            desk = at(f"/archives/{morning.desk}")
            await shoot(browser, out, "empty", desk)
            await shoot(browser, out, "empty-phone", desk, **phone)
            root = morning.busy()
            morning.elsewhere()
            thread = at(f"/archives/{morning.desk}/p{root.replace('.', '')}?thread=1")
            for scheme in ("light", "dark"):
                await shoot(browser, out, f"busy-{scheme}", thread, color_scheme=scheme)
                await shoot(
                    browser, out, f"phone-thread-{scheme}", thread, color_scheme=scheme, **phone
                )
            await shoot(browser, out, "channel", desk)
            await shoot(browser, out, "phone-channel", desk, **phone)
            await shoot(browser, out, "complete", desk, act=type_at)
            await shoot(
                browser,
                out,
                "phone-side",
                desk,
                act=lambda page: page.locator(".back").click(),
                **phone,
            )
            streaming = morning.agent(
                "Quant",
                "Working it out. The June smile is steep on the call side, so the",
                thread_ts=root,
                streaming=True,
                blocks=(
                    {
                        "type": "plan",
                        "title": "Pricing",
                        "tasks": [
                            {"title": "Load the June chain", "status": "complete"},
                            {"title": "Fit the smile", "status": "in_progress"},
                            {"title": "Price the legs", "status": "pending"},
                        ],
                    },
                ),
            )
            morning.rooms.messages.change(replace(streaming, markdown=True))
            await shoot(browser, out, "stream", thread)
            morning.modal()
            await shoot(browser, out, "modal", desk)
            await shoot(browser, out, "modal-dark", desk, color_scheme="dark")
            for view in morning.rooms.surfaces.modals(morning.who.person_id):
                morning.rooms.surfaces.close_modal(view.id)
            morning.home()
            await shoot(browser, out, "home", at(f"/home/{morning.who.app_id}"))
            await browser.close()
        await workspace.stop()


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(folder))
