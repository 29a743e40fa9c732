"""The memory page in a real Chromium: keys, windows, typing, a conflict, and axe-core."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect
from tests.workspace.test_page_accessible import CHECK, axe_source
from tests.workspace.test_page_browser import browser, chromium  # noqa: F401  (fixtures)

from bullpen.pages.look import Drawing, Frame, Link, Viewer
from bullpen.pages.memory import MemoryPage
from bullpen.pages.receipts import ReceiptsPage
from bullpen_memory.records import Draft, Source
from bullpen_memory.store import Store
from bullpen_tools.receipts import Receipts
from bullpen_workspace.config import WorkspaceConfig
from bullpen_workspace.server import Workspace

pytestmark = pytest.mark.browser


@dataclass
class Desk:
    page: Page
    store: Store
    url: str

    def row(self, text: str):
        return self.page.locator(".hits a", has_text=text)


def note(text: str, **more: object) -> Draft:
    source = Source(kind="person", ref="U1", title="Written by Ada")
    fields = {"kind": "note", "author": "quant", "scope": "workspace", "source": source} | more
    return Draft(text=text, **fields)  # type: ignore[arg-type]


@pytest.fixture
async def desk(browser: Browser, tmp_path: Path) -> AsyncIterator[Desk]:  # noqa: F811
    store, receipts = Store(tmp_path / "context.db"), Receipts(tmp_path / "receipts.db")

    async def eyes() -> Viewer:
        return Viewer("U1", frozenset({"workspace", "person:U1"}), {"U1": "Ada", "quant": "Quant"})

    drawing = Drawing(Frame("Bullpen", (Link("Channels", "/"), Link("Memory", "/memory/"))))
    workspace = Workspace(
        WorkspaceConfig(
            path=tmp_path / "w.db", files=tmp_path / "f", port=0, person_name="Ada",
            mounts=(
                MemoryPage(store, receipts, drawing, eyes).mount(),
                ReceiptsPage(receipts, tmp_path, drawing, eyes, lambda: None).mount(),
            ),
        )
    )  # fmt: skip
    await workspace.start()
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    await page.goto(workspace.address("/memory/"))
    yield Desk(page, store, workspace.url)
    assert errors == []
    await context.close()
    await workspace.stop()
    receipts.close()
    store.close()


async def test_a_review_by_keyboard_alone(desk: Desk) -> None:
    made = [
        desk.store.add(note(f"Proposal {n}", title=f"Title {n}", status="proposed"))
        for n in range(4)
    ]
    page = desk.page
    await page.goto(f"{desk.url}/memory/?view=proposed")
    await page.keyboard.press("j")
    await expect(page.locator(".rec h2")).to_have_text("Title 3")
    await page.keyboard.press("a")
    await expect(page.locator(".rec .history")).to_contain_text("Ada approved it")
    await expect(desk.row("Title 3")).to_have_count(0)
    await page.keyboard.press("j")
    await page.keyboard.press("x")
    await page.keyboard.press("j")
    await page.keyboard.press("x")
    await expect(page.locator("#bulk")).to_contain_text("2 chosen")
    await page.keyboard.press("a")
    await expect(page.locator("#toast")).to_contain_text("2 records done")
    await expect(page.locator(".hits a")).to_have_count(1)
    assert [desk.store.get(record.id).status for record in made] == [
        "proposed",
        "active",
        "active",
        "active",
    ]  # type: ignore[union-attr]
    await page.keyboard.press("/")
    await page.keyboard.type("prop")
    await expect(page.locator(".hits mark").first).to_have_text("Proposal")
    await page.keyboard.press("Escape")
    await page.keyboard.press("?")
    await expect(page.locator("#keys")).to_be_visible()


async def test_ten_thousand_records_need_few_rows(desk: Desk) -> None:
    for start in range(0, 10_000, 1000):
        desk.store.add_many([note(f"Number {n}") for n in range(start, start + 1000)])
    page = desk.page
    await page.goto(f"{desk.url}/memory/")
    await expect(page.locator("#tally")).to_contain_text("10,000 records")
    await page.evaluate("document.getElementById('results').scrollTop = 5000 * 76")
    await expect(desk.row("Number 4999").first).to_be_visible()
    assert await page.locator(".hits li").count() <= 250
    await page.evaluate("document.getElementById('results').scrollTop = 1e9")
    await expect(desk.row("Number 0").first).to_be_visible()


async def test_a_conflict_shows_both_texts_and_loses_neither(desk: Desk) -> None:
    record = desk.store.add(note("Silver is at 30 dollars", title="Silver"))
    page = desk.page
    await page.goto(f"{desk.url}/memory/{record.id}")
    await page.keyboard.press("e")
    field = page.locator("textarea[name=text]")
    await field.fill("Silver is at 30 dollars an ounce")
    desk.store.revise(
        record.id, expected_version=1, by="quant", reason="", text="Silver is at 31 dollars"
    )
    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".clash")).to_contain_text("Quant changed it while you were writing")
    await expect(page.locator(".clash del")).to_have_text("31")
    await expect(field).to_have_value("Silver is at 30 dollars an ounce")
    await field.fill("Silver is at 31 dollars an ounce")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".said")).to_have_text("Silver is at 31 dollars an ounce")
    await expect(page.locator(".history li").first).to_contain_text("Ada edited it")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_no_serious_violation(desk: Desk, scheme: str) -> None:
    source = axe_source()
    record = desk.store.add(
        note("Silver is at 30", title="Silver", symbols=("SLV",), tags=("metal",))
    )
    desk.store.add(note("Sell", status="proposed", symbols=("SLV",)))
    desk.store.revise(record.id, expected_version=1, by="U1", reason="rose", text="Silver is at 31")
    await desk.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    for width, path in ((1280, f"{record.id}"), (1280, f"{record.id}/edit"), (1280, f"{record.id}/forget"),
                        (1280, "write"), (1280, "timeline"), (1280, "map"), (390, ""), (390, record.id)):  # fmt: skip
        await desk.page.set_viewport_size({"width": width, "height": 844})
        await desk.page.goto(f"{desk.url}/memory/{path}")
        await desk.page.wait_for_selector("body.online")
        await desk.page.evaluate(source)
        assert await desk.page.evaluate(CHECK) == [], path
