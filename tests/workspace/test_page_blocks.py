"""Every input that an app may put into a modal or a message, filled in by hand in a real Chromium."""

from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect
from tests.workspace.test_page_browser import (  # noqa: F401  (fixtures)
    agent_says,
    browser,
    chromium,
    page,
)

pytestmark = pytest.mark.browser


def text(words: str) -> dict:
    return {"type": "plain_text", "text": words}


def options(*values: str) -> list[dict]:
    return [{"text": text(value.title()), "value": value} for value in values]


def asked(block: str, element: dict, *, optional: bool = False) -> dict:
    return {
        "type": "input",
        "block_id": block,
        "label": text(block),
        "optional": optional,
        "element": {"action_id": "a", **element},
    }


FORM = {
    "type": "modal",
    "callback_id": "form",
    "title": text("Everything"),
    "submit": text("Send"),
    "blocks": [
        asked("line", {"type": "plain_text_input", "min_length": 3}),
        asked("number", {"type": "number_input", "is_decimal_allowed": True, "min_value": "1"}),
        asked("email", {"type": "email_text_input"}),
        asked("url", {"type": "url_text_input"}, optional=True),
        asked("day", {"type": "datepicker", "initial_date": "2026-11-22"}),
        asked("time", {"type": "timepicker"}),
        asked("moment", {"type": "datetimepicker", "initial_date_time": 1795368000}),
        asked("one", {"type": "static_select", "options": options("oil", "gold")}),
        asked(
            "many",
            {
                "type": "multi_static_select",
                "options": options("a", "b", "c"),
                "max_selected_items": 2,
            },
        ),
        asked("who", {"type": "multi_users_select"}),
        asked("where", {"type": "conversations_select"}),
        asked("tick", {"type": "checkboxes", "options": options("x", "y")}),
        asked("pick", {"type": "radio_buttons", "options": options("p", "q")}),
        asked("looked", {"type": "external_select", "min_query_length": 1}),
        asked("papers", {"type": "file_input", "filetypes": ["csv"], "max_files": 1}),
        asked("rich", {"type": "rich_text_input"}),
    ],
}


def block(tab: Page, name: str) -> Locator:
    return tab.get_by_test_id("modal").locator(f'[data-input-block="{name}"]')


async def fill_in(tab: Page, bot_user: str, paper: Path) -> None:
    for name, words in (("line", "silver"), ("number", "2.5"), ("email", "ann@example.com")):
        await block(tab, name).locator("input").fill(words)
    await block(tab, "time").locator("input").fill("09:30")
    await block(tab, "one").locator("select").select_option("gold")
    await block(tab, "many").locator("summary").click()
    for name in ("A", "C"):
        await block(tab, "many").get_by_label(name, exact=True).check()
    await expect(block(tab, "many").get_by_label("B", exact=True)).to_be_disabled()
    await expect(block(tab, "many").locator("summary")).to_have_text("A, C")
    await block(tab, "who").locator("summary").click()
    await block(tab, "who").locator(f'input[value="{bot_user}"]').check()
    await block(tab, "where").locator("select").select_option(label="#research")
    await block(tab, "tick").get_by_label("Y", exact=True).check()
    await block(tab, "pick").get_by_label("P", exact=True).check()
    await block(tab, "looked").locator("input").press_sequentially("co")
    await tab.get_by_test_id("suggestion").filter(has_text="Cobalt").click()
    await block(tab, "papers").locator("input").set_input_files(paper)
    await expect(block(tab, "papers").locator("[data-file]")).to_have_count(1)
    await block(tab, "rich").locator("textarea").fill("in full")


def said(state: dict) -> object:
    """What one element holds, without its type and the words of its options."""
    ((key, value),) = ((key, value) for key, value in state.items() if key != "type")
    if key == "selected_option":
        return value["value"]
    if key == "selected_options":
        return [one["value"] for one in value]
    if key == "files":
        return [one["name"] for one in value]
    if key == "rich_text_value":
        return value["elements"][0]["elements"][0]["text"]
    return value


async def test_every_input_arrives_in_slacks_shape(page, workspace, connect, tmp_path):  # noqa: F811
    got: list[dict] = []
    typed: list[str] = []

    def listen(app) -> None:
        @app.options("a")
        async def offer(ack, payload):
            typed.append(payload["value"])
            await ack(options=options("copper", "cobalt"))

        @app.view("form")
        async def sent(ack, view):
            got.append(view["state"]["values"])
            if len(got) == 1:
                await ack(response_action="errors", errors={"line": "Already taken"})
                return
            done = {"type": "modal", "title": text("Done"), "close": text("Fine")}
            done["blocks"] = [{"type": "section", "text": text("All is well.")}]
            await ack(response_action="update", view=done)

    await connect(workspace, listen)
    who = workspace.credentials
    workspace.rooms.surfaces.open_modal(who.person_id, who.app_id, FORM)
    await page.get_by_test_id("modal-submit").click()
    await expect(block(page, "line").locator(".err")).to_have_text("Please fill this in.")
    await expect(block(page, "url").locator(".err")).to_be_hidden()
    assert got == []

    paper = tmp_path / "q.csv"
    paper.write_text("a,b\n1,2\n")
    await fill_in(page, who.bot_user_id, paper)
    await page.get_by_test_id("modal-submit").click()
    await expect(block(page, "line").locator(".err")).to_have_text("Already taken")
    await block(page, "line").locator("input").fill("silver 2")
    await page.get_by_test_id("modal-submit").click()
    await expect(page.get_by_test_id("modal")).to_contain_text("All is well.")
    await page.get_by_test_id("modal").get_by_role("button", name="Fine").click()
    await expect(page.locator("#modal")).not_to_be_visible()

    assert typed[-1] == "co"
    assert {name: said(held["a"]) for name, held in got[1].items()} == {
        "line": "silver 2",
        "number": "2.5",
        "email": "ann@example.com",
        "url": None,
        "day": "2026-11-22",
        "time": "09:30",
        "moment": 1795368000,
        "one": "gold",
        "many": ["a", "c"],
        "who": [who.bot_user_id],
        "where": workspace.rooms.channels.by_name("research").id,
        "tick": ["y"],
        "pick": "p",
        "looked": "cobalt",
        "papers": ["q.csv"],
        "rich": "in full",
    }


async def test_a_pushed_modal_lies_over_and_what_was_typed_stays(page, workspace):  # noqa: F811
    who, surfaces = workspace.credentials, workspace.rooms.surfaces
    body = {**FORM, "blocks": [FORM["blocks"][0], FORM["blocks"][11]]}
    first = surfaces.open_modal(who.person_id, who.app_id, body)
    form = page.get_by_test_id("modal")
    await form.locator('[data-input-block="line"] input').fill("kept")
    await form.get_by_label("X", exact=True).check()
    note = {"type": "section", "text": text("A new line above.")}
    surfaces.update_modal(first.id, {**body, "blocks": [note, *body["blocks"]]})
    await expect(form).to_contain_text("A new line above.")
    await expect(form.locator('[data-input-block="line"] input')).to_have_value("kept")
    await expect(form.get_by_label("X", exact=True)).to_be_checked()
    over = {"type": "modal", "title": text("On top"), "blocks": [note]}
    top = surfaces.open_modal(who.person_id, who.app_id, over, over=first)
    await expect(form).to_contain_text("On top")
    surfaces.close_modal(top.id)
    await expect(form).to_contain_text("Everything")
    surfaces.close_modal(first.id, all_of_stack=True)
    await expect(page.locator("#modal")).not_to_be_visible()


async def test_elements_of_a_message_act_at_once(page, workspace, desk, connect, until):  # noqa: F811
    pressed: list[dict] = []

    def listen(app) -> None:
        @app.action("more")
        async def more(ack, action):
            await ack()
            pressed.append(action)

        @app.action("days")
        async def days(ack, action):
            await ack()
            pressed.append(action)

        @app.action("teams")
        async def teams(ack, action):
            await ack()
            pressed.append(action)

    await connect(workspace, listen)
    elements = [
        {"type": "overflow", "action_id": "more", "options": options("archive", "share")},
        {"type": "datepicker", "action_id": "days"},
        {"type": "multi_channels_select", "action_id": "teams"},
    ]
    agent_says(
        workspace, desk, "", blocks=({"type": "actions", "block_id": "b", "elements": elements},)
    )
    await page.get_by_test_id("overflow").click()
    await page.get_by_role("button", name="Share").click()
    await page.locator('[data-type="datepicker"]').fill("2026-12-24")
    await page.locator('[data-type="multi_channels_select"] summary').click()
    await page.get_by_label("#markets").check()
    await until(lambda: len(pressed) == 3)
    found = {action["action_id"]: action for action in pressed}
    assert found["more"]["selected_option"]["value"] == "share"
    assert found["days"]["selected_date"] == "2026-12-24"
    markets = workspace.rooms.channels.by_name("markets").id
    assert found["teams"]["selected_channels"] == [markets]


async def test_cards_containers_and_lists_are_shown(page, workspace, desk):  # noqa: F811
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": "deep"}]}
    card = {"type": "card", "title": {"type": "mrkdwn", "text": "*SLV*"}, "body": text("Butterfly")}
    blocks = (
        {"type": "alert", "level": "warning", "text": text("Data are stale.")},
        {"type": "carousel", "elements": [card, card]},
        {
            "type": "container",
            "title": text("Details"),
            "is_collapsible": True,
            "default_collapsed": True,
            "child_blocks": [{"type": "section", "text": text("Inside the box")}],
        },
        {
            "type": "rich_text",
            "elements": [
                {
                    "type": "rich_text_list",
                    "style": "ordered",
                    "offset": 2,
                    "indent": 1,
                    "elements": [section],
                }
            ],
        },
    )
    agent_says(workspace, desk, "", blocks=blocks)
    message = page.get_by_test_id("message").last
    await expect(message.locator(".blk-alert.warning")).to_contain_text("Data are stale.")
    await expect(message.locator(".carousel .blk-card")).to_have_count(2)
    await expect(message.get_by_text("Inside the box")).to_be_hidden()
    await message.get_by_text("Details").click()
    await expect(message.get_by_text("Inside the box")).to_be_visible()
    await expect(message.locator(".in1 ol[start='3']")).to_have_text("deep")
    await expect(message.locator(".unknown")).to_have_count(0)


async def test_a_file_dropped_beside_the_messages_still_lands_in_the_box(page, workspace, desk):  # noqa: F811
    await page.evaluate("""() => {
      const data = new DataTransfer(); data.items.add(new File(["a,b"], "far.csv", { type: "text/csv" }));
      document.querySelector("#side").dispatchEvent(
        new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
    }""")
    await expect(page.get_by_test_id("upload")).to_contain_text("far.csv")


async def test_keys_move_between_places_and_messages(page, workspace, desk):  # noqa: F811
    agent_says(workspace, desk, "one")
    agent_says(workspace, desk, "two")
    await expect(page.get_by_test_id("message")).to_have_count(2)
    await page.keyboard.press("Alt+ArrowDown")
    await expect(page.get_by_test_id("channel-pane").locator("h1")).to_contain_text("research")
    await page.keyboard.press("Alt+ArrowUp")
    await expect(page.get_by_test_id("message")).to_have_count(2)
    await page.get_by_test_id("message").last.locator(".msg-in").focus()
    await page.keyboard.press("?")
    await expect(page.locator("#keys")).to_be_visible()
    await page.keyboard.press("Escape")
    await page.get_by_test_id("message").last.locator(".msg-in").focus()
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("thread-pane").get_by_test_id("message")).to_contain_text(
        "one"
    )


async def test_search_opens_what_it_found_with_the_keyboard(page, workspace, desk):  # noqa: F811
    research = workspace.rooms.channels.by_name("research").id
    agent_says(workspace, research, "Backwardation is back")
    await page.keyboard.press("Control+k")
    await page.get_by_test_id("search").press_sequentially("backward")
    await expect(page.get_by_test_id("hit")).to_have_count(1)
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("channel-pane").locator("h1")).to_contain_text("research")
    await expect(page.locator(".msg.flash")).to_contain_text("Backwardation is back")
