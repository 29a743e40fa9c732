"""axe-core over the views of the page, light and dark: nothing serious, nothing critical.

axe-core is not part of this project. Get it with `npm install axe-core` in a folder of your own
and say where: `AXE_CORE=/that/folder/node_modules/axe-core/axe.min.js`.
"""

import os
import tempfile
from pathlib import Path

import pytest
from playwright.async_api import Page
from tests.workspace.page_look import Morning, config
from tests.workspace.test_page_browser import browser, chromium  # noqa: F401  (fixtures)

from bullpen_workspace.server import Workspace

pytestmark = pytest.mark.browser

CHECK = """async () => {
  const found = await axe.run(document, { resultTypes: ["violations"] });
  return found.violations.filter((v) => ["serious", "critical"].includes(v.impact))
    .map((v) => `${v.id}: ${v.help} · ${v.nodes.slice(0, 4).map((n) => n.target.join(" ") + " " + (n.any[0]?.message || "")).join(" | ")}`);
}"""


def axe_source() -> str:
    places = [os.environ.get("AXE_CORE", "")]
    places += map(str, Path(tempfile.gettempdir()).glob("*/node_modules/axe-core/axe.min.js"))
    found = next((place for place in places if place and Path(place).is_file()), "")
    if not found:
        pytest.skip(
            "ACCESSIBILITY IS NOT TESTED: axe-core was not found. Run `npm install axe-core` in a "
            "folder of your own and set AXE_CORE to its axe.min.js."
        )
    return Path(found).read_text()


async def thread(page: Page, url: str, morning: Morning, root: str) -> None:
    await page.goto(f"{url}/archives/{morning.desk}/p{root.replace('.', '')}?thread=1")


async def search(page: Page, url: str, morning: Morning, _root: str) -> None:
    await page.goto(f"{url}/archives/{morning.desk}")
    await page.wait_for_selector("body.online")
    await page.keyboard.press("Control+k")
    await page.get_by_test_id("search").press_sequentially("oil")
    await page.wait_for_selector(".hit")


async def empty(page: Page, url: str, morning: Morning, _root: str) -> None:
    empty_channel = morning.rooms.channels.by_name("markets")
    assert empty_channel is not None
    await page.goto(f"{url}/archives/{empty_channel.id}")


async def home(page: Page, url: str, morning: Morning, _root: str) -> None:
    morning.home()
    await page.goto(f"{url}/home/{morning.who.app_id}")


async def modal(page: Page, url: str, morning: Morning, _root: str) -> None:
    morning.modal()
    await page.goto(f"{url}/archives/{morning.desk}")
    await page.wait_for_selector("#view")


async def inspector(page: Page, url: str, _morning: Morning, _root: str) -> None:
    await page.goto(f"{url}/inspector")


async def threads(page: Page, url: str, _morning: Morning, _root: str) -> None:
    await page.goto(f"{url}/threads")
    await page.wait_for_selector(".feed-part")


async def details(page: Page, url: str, morning: Morning, root: str) -> None:
    rooms = morning.rooms
    rooms.pinboard.pin(morning.desk, root, morning.who.person_id)
    rooms.pinboard.add_bookmark(
        morning.desk, title="A calendar", link="https://example.org/", emoji="", app=""
    )
    await page.goto(f"{url}/archives/{morning.desk}")
    await page.wait_for_selector("body.online")
    await page.get_by_test_id("members-button").click()
    await page.wait_for_selector("#topic-form")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", [thread, search, empty, home, modal, inspector, threads, details])
async def test_no_serious_violation(browser, tmp_path, view, scheme):  # noqa: F811
    source = axe_source()
    workspace = Workspace(config(tmp_path))
    await workspace.start()
    morning = Morning(workspace)
    root = morning.busy()
    context = await browser.new_context(
        viewport={"width": 1440, "height": 900}, color_scheme=scheme
    )
    page = await context.new_page()
    try:
        await page.goto(workspace.address("/inspector"))
        await view(page, workspace.url, morning, root)
        await page.wait_for_selector("body.online")
        await page.evaluate(source)
        assert await page.evaluate(CHECK) == []
    finally:
        await context.close()
        await workspace.stop()
