"""The chat page in a real Chromium: what a person does with keyboard and mouse, and sees."""

import re
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from bullpen_workspace.types import Message, ThreadStatus

pytestmark = pytest.mark.browser

FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
CHROMIUM = next(
    filter(
        None, (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
    ),
    "",
)


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One Chromium for all tests of this file; the address of its debugging port."""
    if not CHROMIUM:
        pytest.skip(
            "THE CHAT PAGE IS NOT TESTED: no Chromium was found on PATH. "
            "Install it (Debian: apt-get install chromium) and run the tests again."
        )
    profile = tmp_path_factory.mktemp("chromium")
    command = [CHROMIUM, *FLAGS, "--headless=new", "--remote-debugging-port=0"]
    with subprocess.Popen(
        [*command, f"--user-data-dir={profile}", "about:blank"], stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        said = ""
        for line in process.stderr:
            said += line
            if found := re.search(r"DevTools listening on (ws://\S+)", line):
                yield found.group(1)
                break
        else:
            pytest.fail(f"Chromium did not start. It says: {said}")
        process.terminate()
        process.stderr.read()


@pytest.fixture
async def browser(chromium: str) -> AsyncIterator[Browser]:
    async with async_playwright() as driver:
        opened = await driver.chromium.connect_over_cdp(chromium)
        yield opened
        await opened.close()


@pytest.fixture
async def page(browser: Browser, workspace, desk) -> AsyncIterator[Page]:
    """A page on #desk, connected; an error in its script fails the test."""
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    opened = await context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    await opened.goto(workspace.address(f"/archives/{desk}"))
    await opened.wait_for_selector("body.online")
    yield opened
    assert errors == []
    await context.close()


def agent_says(workspace, desk: str, text: str, **more: object) -> Message:
    who = workspace.credentials
    made = Message(
        channel=desk,
        ts="",
        user=who.bot_user_id,
        bot_id=who.bot_id,
        app_id=who.app_id,
        username="Quant",
        icon_emoji=":abacus:",
        text=text,
        markdown=not more.get("blocks"),
    )
    return workspace.rooms.messages.post(replace(made, **more))


async def test_send_with_completion_see_reply_and_react(page, workspace, desk):
    composer = page.get_by_test_id("composer")
    await composer.press_sequentially("@Bu")
    await expect(page.get_by_test_id("option").first).to_contain_text("Bullpen")
    await composer.press("Enter")
    await page.get_by_test_id("option").filter(has_text="Quant").click()
    await expect(composer).to_have_value("@Bullpen quant: ")
    await composer.press_sequentially("price it")
    await composer.press("Shift+Enter")
    await composer.press_sequentially("please")
    await composer.press("Enter")
    first = page.locator("#messages").get_by_test_id("message")
    await expect(first).to_have_count(1)
    await expect(first.locator(".mention")).to_have_text("@Bullpen")
    await expect(composer).to_have_value("")
    stored = workspace.rooms.messages.timeline(desk)[0]
    assert stored.text == f"<@{workspace.credentials.bot_user_id}> quant: price it\nplease"

    await first.hover()
    await first.get_by_test_id("reply").click()
    await page.get_by_test_id("thread-composer").fill("and the Greeks?")
    await page.get_by_test_id("thread-send").click()
    pane = page.get_by_test_id("thread-pane")
    await expect(pane.get_by_test_id("message")).to_have_count(2)
    await expect(first.get_by_test_id("replies")).to_contain_text("1 reply")

    await first.hover()
    await first.get_by_test_id("react").click()
    await page.get_by_role("button", name="rocket").click()
    await expect(first.get_by_test_id("reaction")).to_contain_text("🚀")
    await first.get_by_test_id("reaction").click()
    await expect(first.get_by_test_id("reaction")).to_have_count(0)
    await page.keyboard.press("Escape")
    await expect(pane).to_have_count(0)


async def test_edit_with_the_arrow_key_and_delete(page, person, workspace, desk):
    composer = page.get_by_test_id("composer")
    await composer.fill("frist")
    await composer.press("Enter")
    message = page.locator("#messages").get_by_test_id("message")
    await expect(message.locator("[data-act=edit]")).to_have_count(1)
    await composer.press("ArrowUp")
    box = page.get_by_test_id("edit-box")
    await expect(box).to_have_value("frist")
    await box.fill("first")
    await box.press("Enter")
    await expect(message.get_by_test_id("content")).to_contain_text("first (edited)")
    await message.hover()
    await message.get_by_test_id("more").click()
    await message.get_by_test_id("delete").click()
    await page.get_by_role("button", name="Delete", exact=True).last.click()
    await expect(message).to_have_count(0)
    assert workspace.rooms.messages.timeline(desk) == []


async def test_a_file_goes_up_and_an_image_opens(page, tmp_path: Path):
    picture = tmp_path / "dot.png"
    picture.write_bytes(
        bytes.fromhex(
            "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d4944415478"
            "9c63606060f80f0001040100ff7ea4a90000000049454e44ae426082"
        )
    )
    await page.get_by_test_id("composer-file").set_input_files(str(picture))
    await expect(page.get_by_test_id("upload").locator("progress")).to_have_count(0)
    await page.get_by_test_id("send").click()
    image = page.locator("#messages").get_by_test_id("image")
    await expect(image).to_have_count(1)
    await image.get_by_role("button").click()
    await expect(page.locator("#lightbox")).to_be_visible()


async def test_a_pressed_button_reaches_the_app_and_asks_first(
    page, workspace, desk, connect, until
):
    pressed: list[dict] = []

    async def approve(ack, body):
        await ack()
        pressed.append(body["actions"][0])

    await connect(workspace, lambda app: app.action("approve")(approve))
    plain = {"type": "plain_text", "text": "Approve"}
    confirm = {
        "title": {"type": "plain_text", "text": "Really?"},
        "text": {"type": "plain_text", "text": "It is posted for all."},
        "confirm": {"type": "plain_text", "text": "Do it"},
        "deny": {"type": "plain_text", "text": "No"},
    }
    button = {
        "type": "button",
        "action_id": "approve",
        "value": "r42",
        "text": plain,
        "confirm": confirm,
    }
    agent_says(
        workspace, desk, "", blocks=({"type": "actions", "block_id": "b", "elements": [button]},)
    )
    await page.get_by_test_id("block-button").click()
    await expect(page.locator("#ask")).to_contain_text("It is posted for all.")
    await page.get_by_role("button", name="Do it").click()
    await until(lambda: pressed)
    assert pressed[0]["value"] == "r42"


async def test_a_form_keeps_what_was_filled_in_until_the_app_takes_it(
    page, workspace, connect, until
):
    taken: list[dict] = []

    async def submitted(ack, view):
        values = view["state"]["values"]
        if values["title"]["v"]["value"] == "x":
            await ack(response_action="errors", errors={"title": "Say a little more."})
            return
        await ack()
        taken.append(values)

    await connect(workspace, lambda app: app.view("remember")(submitted))

    def text(words: str) -> dict:
        return {"type": "plain_text", "text": words}

    finding, idea = ({"text": text(word), "value": word} for word in ("finding", "idea"))
    title = {"type": "plain_text_input", "action_id": "v"}
    kind = {"type": "static_select", "action_id": "k", "options": [finding, idea]}
    pin = {"type": "checkboxes", "action_id": "p", "options": [{"text": text("Pin"), "value": "y"}]}
    named = (("title", title, "Title"), ("kind", kind, "Kind"), ("pin", pin, "Also"))
    body = {
        "type": "modal",
        "callback_id": "remember",
        "title": text("Remember this"),
        "submit": text("Save"),
        "blocks": [
            {"type": "input", "block_id": block, "label": text(label), "element": element}
            for block, element, label in named
        ],
    }
    who = workspace.credentials
    workspace.rooms.surfaces.open_modal(who.person_id, who.app_id, body)
    modal = page.get_by_test_id("modal")
    await modal.get_by_label("Title").fill("x")
    await modal.get_by_role("combobox").select_option("idea")
    await modal.get_by_label("Pin").check()
    await page.get_by_test_id("modal-submit").click()
    await expect(modal).to_contain_text("Say a little more.")
    await expect(modal.get_by_role("combobox")).to_have_value("idea")
    await modal.get_by_label("Title").fill("oil is volatile")
    await page.get_by_test_id("modal-submit").click()
    await expect(modal).to_have_count(0)
    await until(lambda: taken)
    assert taken[0]["title"]["v"]["value"] == "oil is volatile"
    assert taken[0]["kind"]["k"]["selected_option"]["value"] == "idea"
    assert [o["value"] for o in taken[0]["pin"]["p"]["selected_options"]] == ["y"]


async def test_pasting_and_dropping_files_and_switching_the_light(page, workspace, desk):
    give = """(kind) => {
        const data = new DataTransfer();
        data.items.add(new File(['a,b\\n1,2\\n'], kind + '.csv', { type: 'text/csv' }));
        const box = document.querySelector('#composer');
        const event = kind === 'pasted'
            ? new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true })
            : new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true });
        box.dispatchEvent(event);
    }"""
    await page.evaluate(give, "pasted")
    await page.evaluate(give, "dropped")
    await expect(page.get_by_test_id("upload")).to_have_count(2)
    await expect(page.get_by_test_id("upload").locator("progress")).to_have_count(0)
    await page.get_by_test_id("composer").press("Enter")
    await expect(page.locator("#messages").get_by_test_id("file")).to_have_count(2)
    await page.get_by_role("button", name="Switch between light and dark").click()
    chosen = await page.locator("html").get_attribute("data-theme")
    await page.reload()
    await expect(page.locator("html")).to_have_attribute("data-theme", chosen or "")


async def test_an_agents_text_grows_in_the_open_thread(page, workspace, desk, person):
    root = person.post(desk, "price it")
    workspace.rooms.surfaces.set_status(
        ThreadStatus(
            channel=desk,
            thread_ts=root.ts,
            app_id=workspace.credentials.app_id,
            text="is pricing the legs…",
            username="Quant",
            session="processing",
        )
    )
    await expect(page.get_by_test_id("status-line")).to_contain_text("Quant is pricing the legs…")
    await page.get_by_test_id("replies").click()
    pane = page.get_by_test_id("thread-pane")
    await expect(pane.get_by_test_id("stop")).to_be_visible()
    growing = agent_says(workspace, desk, "You make", thread_ts=root.ts, streaming=True)
    reply = pane.get_by_test_id("message").nth(1)
    await expect(reply).to_contain_text("You make")
    text = "You make **$17.50**\n\n| At | Profit |\n|---|---|\n| 90 | 17.50 |"
    workspace.rooms.messages.change(replace(growing, text=text))
    await expect(reply.locator("strong")).to_have_text("$17.50")
    await expect(reply.locator("table td.right")).to_have_count(2)
    workspace.rooms.messages.change(replace(growing, text=text, streaming=False))
    await expect(pane.locator(".streaming")).to_have_count(0)


async def test_what_was_missed_and_what_was_written_survive_a_lost_connection(
    page, workspace, desk, person
):
    await page.context.set_offline(True)
    await page.evaluate("dispatchEvent(new Event('offline'))")
    composer = page.get_by_test_id("composer")
    await composer.fill("written in the tunnel")
    await composer.press("Enter")
    await expect(page.locator(".msg.pending")).to_contain_text("Waiting for the connection")
    person.post(desk, "said meanwhile")
    await page.context.set_offline(False)
    shown = page.locator("#messages").get_by_test_id("message")
    await expect(shown.filter(has_text="written in the tunnel")).to_have_count(1, timeout=15_000)
    await expect(shown.filter(has_text="said meanwhile")).to_have_count(1)
    await expect(page.locator(".msg.pending")).to_have_count(0)
    assert len(workspace.rooms.messages.timeline(desk)) == 2


async def test_the_page_lives_on_when_the_workspace_restarts(page, workspace, desk, start, until):
    port = int(workspace.url.rpartition(":")[2])
    await workspace.stop()
    await expect(page.locator("#offline")).to_contain_text(
        "The connection to the workspace is lost"
    )
    await page.get_by_test_id("composer").fill("into the dark")
    await page.get_by_test_id("composer").press("Enter")
    again = await start(port=port)
    agent_says(again, desk, "I am back")
    shown = page.locator("#messages").get_by_test_id("message")
    await expect(shown.filter(has_text="I am back")).to_have_count(1, timeout=15_000)
    await expect(shown.filter(has_text="into the dark")).to_have_count(1, timeout=15_000)
    await expect(page.locator("#offline")).not_to_be_visible()


async def test_a_message_shortcut_reaches_the_app(page, workspace, desk, connect, until, person):
    asked: list[str] = []

    async def ask(ack, shortcut):
        await ack()
        asked.append(shortcut["message"]["text"])

    await connect(workspace, lambda app: app.shortcut("ask_agent")(ask))
    person.post(desk, "is this right?")
    message = page.locator("#messages").get_by_test_id("message")
    await message.hover()
    await message.get_by_test_id("more").click()
    await message.get_by_test_id("shortcut").click()
    await until(lambda: asked)
    assert asked == ["is this right?"]


async def test_earlier_messages_come_when_scrolled_to_and_new_ones_do_not_pull_away(
    page, workspace, desk, person
):
    for number in range(120):
        person.post(desk, f"line {number}")
    await page.reload()
    shown = page.locator("#messages").get_by_test_id("message")
    await expect(shown).to_have_count(50)
    scroll = page.get_by_test_id("channel-scroll")
    await scroll.hover()
    await page.mouse.wheel(0, -6000)
    await expect(shown).to_have_count(100)
    before = await scroll.evaluate("el => el.scrollTop")
    agent_says(workspace, desk, "something new")
    await expect(page.get_by_role("button", name="New messages")).to_be_visible()
    assert abs(await scroll.evaluate("el => el.scrollTop") - before) < 40
    await page.get_by_role("button", name="New messages").click()
    await expect(shown.filter(has_text="something new")).to_be_in_viewport()


async def test_a_draft_stays_and_a_refused_text_comes_back(page, workspace, desk):
    composer = page.get_by_test_id("composer")
    await composer.fill("half a thought")
    await page.keyboard.press("Control+k")
    await page.keyboard.type("research")
    await page.keyboard.press("Enter")
    await expect(page.locator("h1")).to_contain_text("research")
    await expect(page.get_by_test_id("composer")).to_have_value("")
    await page.get_by_test_id("channel-link").filter(has_text="desk").click()
    await expect(page.get_by_test_id("composer")).to_have_value("half a thought")
    await page.get_by_test_id("composer").fill("/unknown thing")
    await page.get_by_test_id("composer").press("Enter")
    await expect(page.get_by_test_id("composer-error")).to_contain_text("No app in this workspace")
    await expect(page.get_by_test_id("composer")).to_have_value("/unknown thing")


async def test_on_a_phone_one_pane_at_a_time(browser, workspace, desk, person):
    root = person.post(desk, "root")
    person.post(desk, "reply", thread_ts=root.ts)
    context = await browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    phone = await context.new_page()
    await phone.goto(workspace.address(f"/archives/{desk}"))
    await phone.get_by_test_id("replies").click()
    await expect(phone.get_by_test_id("thread-pane")).to_be_visible()
    await expect(phone.get_by_test_id("channel-pane")).not_to_be_visible()
    await phone.get_by_role("button", name="Back to the channel").click()
    await expect(phone.get_by_test_id("channel-pane")).to_be_visible()
    await phone.get_by_role("link", name="Back to the channel list").click()
    await phone.get_by_test_id("channel-link").filter(has_text="markets").click()
    await expect(phone.locator("h1")).to_contain_text("markets")
    wide = await phone.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert not wide
    await context.close()


async def test_a_finger_shows_the_tools_of_a_message_and_presses_none(
    browser, workspace, desk, person
):
    person.post(desk, "tap me")
    context = await browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    phone = await context.new_page()
    await phone.goto(workspace.address(f"/archives/{desk}"))
    message = phone.get_by_test_id("message").first
    await expect(message.locator(".tools")).not_to_be_visible()
    await message.locator(".msg-in").tap()
    await expect(message.locator(".tools")).to_be_visible()
    await expect(phone.locator("#picker")).to_be_hidden()
    await message.get_by_test_id("more").tap()
    await message.get_by_test_id("edit").tap()
    await expect(phone.get_by_test_id("edit-box")).to_have_value("tap me")
    await context.close()
