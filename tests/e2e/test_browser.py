"""Steps a new user takes in a real Chromium: ask the quant, then the whole desk, then the memory page."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from desk_process import DeskProcess

BUTTERFLY = (
    "@Bullpen quant: what do I make on the SLV June 70-90-110 call butterfly bought at 2.50?"
)
COMPARE = (
    "@Bullpen compare the volatility of oil and the S&P 500 over the data you hold, chart it, "
    "and write up what we should remember"
)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        CHROMIUM is None,
        reason="no chromium on this machine: the page was NOT tested (apt install chromium)",
    ),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser, shared_desk: DeskProcess) -> Iterator[Page]:
    """A fresh visitor; an error in the page's script fails the test."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    visited = context.new_page()
    broken: list[str] = []
    visited.on("pageerror", lambda error: broken.append(str(error)))
    visited.goto(shared_desk.address)
    yield visited
    context.close()
    assert broken == []


def say(page: Page, channel: str, text: str) -> None:
    page.get_by_test_id("channel-link").filter(has_text=channel).first.click()
    expect(page.get_by_role("heading", name=channel).first).to_be_visible()
    composer = page.get_by_test_id("composer")
    composer.fill(text)
    composer.press("Escape")
    composer.press("Enter")


def test_the_quant_answers_in_its_thread(page: Page, tmp_path: Path) -> None:
    say(page, "desk", BUTTERFLY)
    asked = (
        page.locator("#messages")
        .get_by_test_id("message")
        .filter(has_text="SLV June 70-90-110")
        .last
    )
    asked.get_by_test_id("replies").click()
    answer = page.get_by_test_id("thread-pane").get_by_test_id("message").filter(has_text="17.50")
    for figure in ("20", "72.50", "107.50", "7.0x", "8.0x"):
        expect(answer.first).to_contain_text(figure)
    expect(answer.first.get_by_test_id("author")).to_have_text("Quant")
    chart = answer.first.get_by_test_id("image").first
    expect(chart).to_be_visible()
    assert (
        chart.evaluate("el => (el.matches('img') ? el : el.querySelector('img')).naturalWidth")
        > 300
    )
    expect(answer.first).to_contain_text("strategy_payoff")


def test_the_desk_works_together(page: Page, shared_desk: DeskProcess) -> None:
    say(page, "research", COMPARE)
    asked = (
        page.locator("#messages")
        .get_by_test_id("message")
        .filter(has_text="compare the volatility")
        .last
    )
    asked.get_by_test_id("replies").click()
    pane = page.get_by_test_id("thread-pane")
    for speaker in ("Architect", "Data Analyst", "Quant"):
        expect(pane.get_by_test_id("author").filter(has_text=speaker).first).to_be_visible(
            timeout=30_000
        )
    expect(pane.get_by_test_id("image").first).to_be_visible(timeout=30_000)
    expect(pane.get_by_test_id("message").last.get_by_test_id("author")).to_have_text(
        "Architect", timeout=30_000
    )

    page.goto(f"{shared_desk.url}/memory/")
    page.get_by_role("searchbox").fill("oil volatility")
    found = page.get_by_role("link", name=re.compile("volatil", re.IGNORECASE)).first
    expect(found).to_be_visible()
    found.click()
    expect(page.locator("main")).to_contain_text("Architect")
    source = page.get_by_role("link", name=re.compile("research: compare", re.IGNORECASE)).first
    source.click()
    expect(page.get_by_test_id("thread-pane")).to_contain_text("compare the volatility")


def test_the_page_fits_a_phone(browser: Browser, shared_desk: DeskProcess) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    phone = context.new_page()
    phone.goto(shared_desk.address)
    expect(phone.get_by_test_id("composer")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()
