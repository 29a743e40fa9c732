"""A long channel in a real Chromium: the document stays short, and nothing is lost from it."""

import pytest
from playwright.async_api import expect
from tests.workspace.test_page_browser import (  # noqa: F401  (fixtures)
    agent_says,
    browser,
    chromium,
    page,
)

pytestmark = pytest.mark.browser


async def test_a_long_channel_keeps_the_document_short_and_whole(page, workspace, desk):  # noqa: F811
    with workspace.rooms.transaction():
        for number in range(700):
            agent_says(workspace, desk, f"message {number}")
    await page.reload()
    await page.wait_for_selector("body.online")
    shown = page.locator("#messages > .msg")
    await expect(shown.last).to_contain_text("message 699")
    box = page.locator("#scroll")
    for _ in range(60):
        await box.evaluate("box => { box.scrollTop = 0; }")
        await page.wait_for_timeout(40)
        if await page.get_by_text("message 0", exact=True).count():
            break
    await expect(shown.first).to_contain_text("message 0")
    assert await shown.count() <= 300
    await expect(page.get_by_text("message 699", exact=True)).to_have_count(0)

    agent_says(workspace, desk, "the newest")
    await expect(page.locator(".jump-down")).to_be_visible()
    for _ in range(60):
        await box.evaluate("box => { box.scrollTop = box.scrollHeight; }")
        await page.wait_for_timeout(40)
        if await page.get_by_text("the newest", exact=True).count():
            break
    texts = await page.locator("#messages > .msg .content").all_inner_texts()
    numbers = [int(text.split()[1]) for text in texts if text.startswith("message")]
    assert numbers == list(range(numbers[0], 700))
    assert texts[-1] == "the newest"
    assert len(texts) <= 301


async def test_new_messages_brings_one_from_far_above_to_the_end(page, workspace, desk):  # noqa: F811
    with workspace.rooms.transaction():
        for number in range(500):
            agent_says(workspace, desk, f"message {number}")
    await page.reload()
    await page.wait_for_selector("body.online")
    box = page.locator("#scroll")
    shown = page.locator("#messages > .msg")
    for _ in range(40):
        await box.evaluate("box => { box.scrollTop = 0; }")
        await page.wait_for_timeout(40)
        if await page.get_by_text("message 499", exact=True).count() == 0:
            break
    agent_says(workspace, desk, "the newest")
    await page.locator(".jump-down").click()
    await expect(shown.last).to_contain_text("the newest")
    await expect(page.get_by_text("the newest", exact=True)).to_be_in_viewport()
    assert await shown.count() <= 200
