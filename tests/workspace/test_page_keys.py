"""The page by keyboard: formatting, the emoji picker, menus, the views across channels."""

import pytest
from playwright.async_api import expect
from tests.workspace.test_page_browser import (  # noqa: F401  (fixtures)
    agent_says,
    browser,
    chromium,
    page,
)

pytestmark = pytest.mark.browser


async def test_formatting_by_key_and_by_button(page, workspace, desk):  # noqa: F811
    box = page.get_by_test_id("composer")
    await box.fill("steep smile")
    await box.press("Control+a")
    await box.press("Control+b")
    await expect(box).to_have_value("*steep smile*")
    await box.press("Control+b")
    await expect(box).to_have_value("steep smile")
    await box.press("Control+Shift+X")
    await expect(box).to_have_value("~steep smile~")
    await box.fill("one\ntwo")
    await box.press("Control+a")
    await box.press("Control+Shift+8")
    await expect(box).to_have_value("- one\n- two")
    await box.fill("code")
    await box.press("Control+a")
    await page.get_by_role("button", name="Code").click()
    await expect(box).to_have_value("`code`")
    await box.press("Enter")
    await expect(page.locator("#messages code")).to_have_text("code")


async def test_an_emoji_is_found_by_its_name(page, workspace, desk, person):  # noqa: F811
    person.post(desk, "react to this")
    message = page.get_by_test_id("message").first
    await message.hover()
    await message.get_by_test_id("react").click()
    await page.get_by_test_id("emoji-search").fill("oil")
    await page.keyboard.press("ArrowDown")
    await expect(page.locator("#picker-name")).to_have_text(":oil_drum:")
    await page.keyboard.press("Enter")
    await expect(message.get_by_test_id("reaction")).to_contain_text("🛢️")
    # Who reacted by key goes on from that message.
    await expect(message.locator(".msg-in")).to_be_focused()
    await page.locator("#main [data-act=emoji]").click()
    await page.get_by_test_id("emoji-search").fill("no such thing")
    await expect(page.locator("#picker-name")).to_have_text("No emoji is called that.")
    await page.keyboard.press("Escape")
    await expect(page.locator("#picker")).to_be_hidden()


async def test_a_message_is_pinned_and_its_menu_walked_by_key(page, workspace, desk, person):  # noqa: F811
    person.post(desk, "keep this")
    await expect(page.get_by_test_id("message")).to_have_count(1)
    await page.keyboard.press("Shift+F6")
    await expect(page.locator(".msg-in").first).to_be_focused()
    await page.keyboard.press("p")
    await expect(page.get_by_test_id("pins")).to_be_visible()
    more = page.get_by_test_id("message").first.get_by_test_id("more")
    await more.focus()
    await page.keyboard.press("Enter")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowDown")
    focused = page.locator(":focus")
    await expect(focused).to_contain_text("Copy the text")
    await page.keyboard.press("Escape")
    await expect(more).to_be_focused()


async def test_j_and_k_walk_and_a_long_message_is_edited_whole(page, workspace, desk, person):  # noqa: F811
    person.post(desk, "first")
    person.post(desk, "\n".join(f"line {number}" for number in range(9)))
    messages = page.get_by_test_id("message")
    await expect(messages).to_have_count(2)
    await page.evaluate("document.activeElement.blur()")
    await page.keyboard.press("j")
    await expect(messages.nth(1).locator(".msg-in")).to_be_focused()
    await page.keyboard.press("k")
    await expect(messages.nth(0).locator(".msg-in")).to_be_focused()
    await page.keyboard.press("j")
    await page.keyboard.press("e")
    box = page.get_by_test_id("edit-box")
    await expect(box).to_be_focused()
    assert await box.evaluate("box => box.scrollHeight <= box.clientHeight + 2")


async def test_somebody_new_is_written_to_from_the_search(page, workspace, desk):  # noqa: F811
    workspace.rooms.people.add_person("Ann Okafor")
    await page.reload()
    await page.wait_for_selector("body.online")
    await page.keyboard.press("Control+k")
    await page.get_by_test_id("search").press_sequentially("okafor")
    await page.keyboard.press("Enter")
    await expect(page.locator("#main h1")).to_contain_text("Ann Okafor")
    await page.get_by_test_id("composer").fill("hello Ann")
    await page.get_by_test_id("composer").press("Enter")
    await expect(page.locator("#messages")).to_contain_text("hello Ann")


async def test_the_threads_view_is_walked_by_key(page, workspace, desk, person):  # noqa: F811
    for number in range(2):
        root = person.post(desk, f"question {number}")
        agent_says(workspace, desk, f"answer {number}", thread_ts=root.ts)
    await page.keyboard.press("Control+k")
    await page.get_by_test_id("search").press_sequentially("threads")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("feed-part")).to_have_count(2)
    await page.keyboard.press("F6")
    for _ in range(3):
        if await page.locator("#feed .msg-in").first.evaluate(
            "el => el === document.activeElement"
        ):
            break
        await page.keyboard.press("F6")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowDown")
    await expect(page.locator("#feed .msg-in").nth(2)).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("thread-pane")).to_contain_text("question 0")


async def test_a_file_that_is_too_large_is_refused_before_it_is_sent(page):  # noqa: F811
    await page.evaluate(
        """() => {
          const held = new DataTransfer();
          held.items.add(new File([new Blob([new ArrayBuffer(101 * 1048576)])], "tape.bin"));
          document.querySelector("#main").dispatchEvent(
            new DragEvent("drop", { dataTransfer: held, bubbles: true, cancelable: true }));
        }"""
    )
    await expect(page.get_by_test_id("composer-error")).to_contain_text("larger than 100 MB")
    await expect(page.get_by_test_id("upload")).to_have_count(0)
