"""Block Kit's limits: blocks.validate says what chat.* and views.* would refuse, and where."""

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bullpen_workspace.actions import Person
from bullpen_workspace.office import Trigger
from bullpen_workspace.server import Workspace


def plain(text: str) -> dict:
    return {"type": "plain_text", "text": text}


def button(action_id: str = "go", **more: object) -> dict:
    return {"type": "button", "action_id": action_id, "text": plain("Go"), **more}


def actions(*elements: dict, **more: object) -> dict:
    return {"type": "actions", "elements": list(elements), **more}


def option(value: str = "v", text: str = "t") -> dict:
    return {"text": plain(text), "value": value}


def select(**more: object) -> dict:
    return {"type": "static_select", "action_id": "s", "options": [option()], **more}


def confirm(**more: object) -> dict:
    parts = {key: plain("x") for key in ("title", "text", "confirm", "deny")}
    return {**parts, **more}


GOOD = [
    {"type": "divider"},
    {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3000}, "accessory": select()},
    {"type": "section", "fields": [plain("x")] * 10},
    {"type": "header", "text": plain("x" * 150)},
    {"type": "context", "elements": [plain("x"), {"type": "mrkdwn", "text": "y"}]},
    actions(*(button(str(n)) for n in range(25))),
    actions(button(confirm=confirm(), style="danger", value="v" * 2000)),
    actions({"type": "overflow", "options": [option()] * 5}),
    actions(select(options=None, option_groups=[{"label": plain("g"), "options": [option()]}])),
    actions({"type": "checkboxes", "options": [option()] * 10}),
    {"type": "markdown", "text": "**x**"},
    {"type": "table", "rows": [[{"type": "raw_text", "text": "a"}] * 20] * 9 + [[]] * 91},
    {"type": "card", "title": plain("x"), "actions": [button()]},
    {"type": "carousel", "elements": [{"type": "card", "body": plain("x")}] * 10},
    {"type": "container", "title": plain("x"), "child_blocks": [{"type": "divider"}] * 10},
    {"type": "alert", "text": plain("x"), "level": "warning"},
    {"type": "plan", "title": "P", "tasks": [{"type": "task_card", "task_id": "1", "title": "t"}]},
    {"type": "input", "label": plain("x"), "element": {"type": "plain_text_input"}},
    {
        "type": "context_actions",
        "elements": [
            {
                "type": "feedback_buttons",
                "positive_button": {"text": plain("+"), "value": "1"},
                "negative_button": {"text": plain("-"), "value": "0"},
            },
            {"type": "icon_button", "icon": "trash", "text": plain("Delete")},
        ],
    },
]

BAD = [
    ({"type": "marquee"}, "unsupported_type", "/blocks/0/type"),
    ({"type": "section"}, "missing_field", "/blocks/0"),
    ({"type": "section", "text": plain("x" * 3001)}, "too_long", "/blocks/0/text/text"),
    ({"type": "section", "fields": [plain("x")] * 11}, "too_many_items", "/blocks/0/fields"),
    ({"type": "section", "fields": [plain("x" * 2001)]}, "too_long", "/blocks/0/fields/0/text"),
    ({"type": "header", "text": plain("x" * 151)}, "too_long", "/blocks/0/text/text"),
    (
        {"type": "header", "text": {"type": "mrkdwn", "text": "x"}},
        "invalid_type",
        "/blocks/0/text",
    ),
    (actions(*(button(str(n)) for n in range(26))), "too_many_items", "/blocks/0/elements"),
    (actions(), "too_few_items", "/blocks/0/elements"),
    (actions(button(), button()), "duplicate_id", "/blocks/0/elements/1/action_id"),
    (actions(button("a" * 256)), "too_long", "/blocks/0/elements/0/action_id"),
    (actions(button(text=plain("x" * 76))), "too_long", "/blocks/0/elements/0/text/text"),
    (actions(button(style="loud")), "invalid_value", "/blocks/0/elements/0/style"),
    (actions(button(value="v" * 2001)), "too_long", "/blocks/0/elements/0/value"),
    (
        actions(button(confirm=confirm(deny=plain("x" * 31)))),
        "too_long",
        "/blocks/0/elements/0/confirm/deny/text",
    ),
    (actions(select(options=[])), "missing_field", "/blocks/0/elements/0"),
    (actions(select(options=[option()] * 101)), "too_many_items", "/blocks/0/elements/0/options"),
    (
        actions(select(options=[option(value="v" * 151)])),
        "too_long",
        "/blocks/0/elements/0/options/0/value",
    ),
    (
        actions({"type": "overflow", "options": [option()] * 6}),
        "too_many_items",
        "/blocks/0/elements/0/options",
    ),
    (actions({"type": "plain_text_input"}), "unsupported_type", "/blocks/0/elements/0/type"),
    ({"type": "divider", "block_id": "b" * 256}, "too_long", "/blocks/0/block_id"),
    ({"type": "context", "elements": [plain("x")] * 11}, "too_many_items", "/blocks/0/elements"),
    ({"type": "image", "image_url": "https://x.test/a.png"}, "missing_field", "/blocks/0/alt_text"),
    ({"type": "image", "alt_text": "x"}, "missing_field", "/blocks/0"),
    (
        {"type": "image", "alt_text": "x", "slack_file": {"id": "F0000000000"}},
        "invalid_slack_file",
        "/blocks/0/slack_file",
    ),
    ({"type": "markdown", "text": "x" * 12_001}, "too_long", "/blocks/0/text"),
    ({"type": "table", "rows": [[]] * 101}, "too_many_items", "/blocks/0/rows"),
    ({"type": "table", "rows": [[{}] * 21]}, "too_many_items", "/blocks/0/rows/0"),
    ({"type": "card", "body": plain("x" * 201)}, "too_long", "/blocks/0/body/text"),
    (
        {"type": "carousel", "elements": [{"type": "card", "title": plain("x")}] * 11},
        "too_many_items",
        "/blocks/0/elements",
    ),
    (
        {"type": "container", "child_blocks": [{"type": "divider"}] * 11},
        "too_many_items",
        "/blocks/0/child_blocks",
    ),
    (
        {"type": "container", "child_blocks": [{}]},
        "unsupported_type",
        "/blocks/0/child_blocks/0/type",
    ),
    ({"type": "input", "label": plain("x")}, "missing_field", "/blocks/0/element"),
    ({"type": "task_card", "task_id": "1", "status": "late"}, "invalid_value", "/blocks/0/status"),
]


async def problems(bot: AsyncWebClient, **given: object) -> list[dict]:
    try:
        return (await bot.blocks_validate(**given))["errors"]
    except SlackApiError as error:
        return error.response.get("errors") or [error.response["error"]]


async def test_validate_passes_what_is_within_the_limits(bot: AsyncWebClient) -> None:
    for block in GOOD:
        assert await problems(bot, blocks=[block]) == [], block


@pytest.mark.parametrize(("block", "code", "pointer"), BAD)
async def test_validate_names_each_problem_by_pointer(
    bot: AsyncWebClient, desk: str, block: dict, code: str, pointer: str
) -> None:
    found = await problems(bot, blocks=[block])
    assert (code, pointer) in [(problem["code"], problem["pointer"]) for problem in found]
    with pytest.raises(SlackApiError) as caught:
        await bot.chat_postMessage(channel=desk, text="x", blocks=[block])
    assert caught.value.response["error"] in ("invalid_blocks", "msg_blocks_too_long")
    told = caught.value.response["response_metadata"]["messages"]
    assert any(f"[json-pointer:{pointer}]" in message for message in told)


async def test_limits_of_the_whole_message(bot: AsyncWebClient, desk: str) -> None:
    divider = {"type": "divider"}
    found = await problems(bot, blocks=[divider] * 51)
    assert (found[0]["pointer"], found[0]["constraint"]) == ("/blocks", {"max_items": 50})
    table = {"type": "table", "rows": [[{"type": "raw_text", "text": "a"}]]}
    assert (await problems(bot, blocks=[table, table]))[0]["pointer"] == "/blocks/1"
    named = {"type": "divider", "block_id": "same"}
    assert (await problems(bot, blocks=[named, named]))[0]["code"] == "duplicate_id"
    long = {"type": "markdown", "text": "x" * 7000}
    with pytest.raises(SlackApiError) as caught:
        await bot.chat_postMessage(channel=desk, text="x", blocks=[long, long])
    assert caught.value.response["error"] == "msg_blocks_too_long"


async def test_validate_takes_one_of_three(bot: AsyncWebClient) -> None:
    assert await problems(bot) == ["invalid_arguments"]
    assert await problems(bot, blocks=[], view={}) == ["invalid_arguments"]
    assert await problems(bot, blocks="{") == ["invalid_blocks"]
    assert await problems(bot, message={"blocks": GOOD[:3]}) == []
    wrong = await problems(bot, message={"blocks": [{"type": "?"}]})
    assert wrong[0]["pointer"] == "/message/blocks/0/type"
    home = {"type": "home", "blocks": [{"type": "divider"}] * 100}
    assert await problems(bot, view=home) == []
    home["blocks"].append({"type": "divider"})
    assert (await problems(bot, view=home))[0]["constraint"] == {"max_items": 100}


async def test_views_are_checked_when_they_are_opened(
    workspace: Workspace, person: Person, bot: AsyncWebClient
) -> None:
    async def refused(view: dict) -> list[str]:
        grant = Trigger(user=person.user, app_id=workspace.credentials.app_id)
        trigger = workspace.office.triggers.issue(grant, now=workspace.office.now())
        with pytest.raises(SlackApiError) as caught:
            await bot.views_open(trigger_id=trigger, view=view)
        assert caught.value.response["error"] == "invalid_arguments"
        return caught.value.response["response_metadata"]["messages"]

    modal = {"type": "modal", "title": plain("Title"), "blocks": [GOOD[-2]]}
    told = await refused(modal)
    assert told == ["[ERROR] missing required field: submit [json-pointer:/view/submit]"]
    told = await refused({**modal, "title": plain("x" * 25), "submit": plain("Send")})
    assert "less than 25 characters [json-pointer:/view/title/text]" in told[0]
    told = await refused({"type": "modal", "title": plain("x")})
    assert "json-pointer:/view/blocks" in told[0]
