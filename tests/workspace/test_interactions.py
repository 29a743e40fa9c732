"""Buttons, forms, shortcuts and commands, through Slack's own Bolt."""

import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bullpen_workspace.actions import Person
from bullpen_workspace.errors import Refusal
from bullpen_workspace.server import Workspace

BUTTON = {
    "type": "actions",
    "block_id": "choices",
    "elements": [
        {
            "type": "button",
            "action_id": "approve",
            "text": {"type": "plain_text", "text": "Approve"},
            "value": "run-1",
        }
    ],
}
FORM = {
    "type": "modal",
    "callback_id": "form",
    "title": {"type": "plain_text", "text": "Form"},
    "submit": {"type": "plain_text", "text": "Send"},
    "notify_on_close": True,
    "blocks": [
        {
            "type": "input",
            "block_id": "name",
            "label": {"type": "plain_text", "text": "Name"},
            "element": {"type": "plain_text_input", "action_id": "typed"},
        }
    ],
}


async def test_button_press_and_response_url(
    workspace: Workspace, person: Person, bot: AsyncWebClient, connect, until, desk: str
) -> None:
    pressed: list[dict] = []

    def listen(app: AsyncApp) -> None:
        @app.action("approve")
        async def _(ack, body, respond) -> None:
            await ack()
            pressed.append(body)
            await respond(text="Approved.", replace_original=True)

    await connect(workspace, listen)
    ts = (await bot.chat_postMessage(channel=desk, text="May I?", blocks=[BUTTON]))["ts"]
    person.apps.press(desk, ts, "approve", block_id="choices")
    await until(lambda: workspace.rooms.messages.require(desk, ts).text == "Approved.")
    body = pressed[0]
    assert (body["type"], body["user"]["id"]) == ("block_actions", person.user)
    assert body["actions"][0]["value"] == "run-1"
    assert body["container"]["message_ts"] == body["message"]["ts"] == ts
    assert body["channel"] == {"id": desk, "name": "desk"}


async def test_press_that_nobody_can_hear(
    workspace: Workspace, person: Person, bot: AsyncWebClient, desk: str
) -> None:
    ts = (await bot.chat_postMessage(channel=desk, text="May I?", blocks=[BUTTON]))["ts"]
    with pytest.raises(Refusal, match="not connected"):
        person.apps.press(desk, ts, "approve")
    with pytest.raises(Refusal, match="no longer there"):
        person.apps.press(desk, ts, "vanished")


async def test_modal_from_shortcut_to_answer(
    workspace: Workspace, person: Person, connect, until
) -> None:
    done: list[str] = []

    def listen(app: AsyncApp) -> None:
        @app.shortcut("new_task")
        async def _(ack, body, client) -> None:
            await ack()
            await client.views_open(trigger_id=body["trigger_id"], view=FORM)
            with pytest.raises(SlackApiError) as caught:
                await client.views_open(trigger_id=body["trigger_id"], view=FORM)
            done.append(caught.value.response["error"])

        @app.view("form")
        async def _(ack, view) -> None:
            typed = view["state"]["values"]["name"]["typed"]["value"]
            if typed == "update":
                await ack(response_action="update", view={**FORM, "private_metadata": "two"})
            elif not typed:
                await ack(response_action="errors", errors={"name": "Write a name"})
            else:
                await ack()
                done.append(typed)

        @app.view_closed("form")
        async def _(ack, view) -> None:
            await ack()
            done.append("closed")

    await connect(workspace, listen)
    modals = workspace.rooms.surfaces.modals
    person.apps.shortcut(workspace.credentials.app_id, "new_task")
    await until(lambda: modals(person.user))
    view = modals(person.user)[0]

    def typed(value: str) -> dict:
        return {"name": {"typed": {"type": "plain_text_input", "value": value}}}

    refused = await person.apps.submit(view.id, typed(""))
    assert (refused.errors, refused.open) == ({"name": "Write a name"}, True)
    assert (await person.apps.submit(view.id, typed("update"))).open is True
    assert modals(person.user)[0].body["private_metadata"] == "two"
    assert (await person.apps.submit(view.id, typed("Ann"))).open is False
    assert modals(person.user) == []
    with pytest.raises(Refusal, match="no longer open"):
        await person.apps.submit(view.id, typed("late"))
    person.apps.shortcut(workspace.credentials.app_id, "new_task")
    await until(lambda: modals(person.user))
    person.apps.close(modals(person.user)[0].id)
    await until(lambda: {"closed", "Ann", "exchanged_trigger_id"} <= set(done))


async def test_views_push_update_and_hash(
    workspace: Workspace, person: Person, bot: AsyncWebClient, connect, until
) -> None:
    button = {**FORM, "blocks": [BUTTON], "external_id": "first"}

    def listen(app: AsyncApp) -> None:
        @app.shortcut("new_task")
        async def _(ack, body, client) -> None:
            await ack()
            await client.views_open(trigger_id=body["trigger_id"], view=button)

        @app.action("approve")
        async def _(ack, body, client) -> None:
            await ack()
            await client.views_push(trigger_id=body["trigger_id"], view=FORM)

    await connect(workspace, listen)
    surfaces = workspace.rooms.surfaces
    person.apps.shortcut(workspace.credentials.app_id, "new_task")
    await until(lambda: surfaces.modals(person.user))
    person.apps.press_in_view(surfaces.modals(person.user)[0].id, "approve")
    await until(lambda: len(surfaces.modals(person.user)) == 2)
    first, second = surfaces.modals(person.user)
    assert (second.root_id, second.previous_id) == (first.id, first.id)
    updated = await bot.views_update(external_id="first", view=FORM, hash=first.hash)
    assert updated["view"]["id"] == first.id
    with pytest.raises(SlackApiError) as caught:
        await bot.views_update(view_id=first.id, view=FORM, hash=first.hash)
    assert caught.value.response["error"] == "hash_conflict"
    with pytest.raises(SlackApiError) as caught:
        await bot.views_open(trigger_id="1.2.3", view=FORM)
    assert caught.value.response["error"] == "invalid_trigger_id"


async def test_slash_command_answers_and_replies(
    workspace: Workspace, person: Person, connect, until, desk: str
) -> None:
    def listen(app: AsyncApp) -> None:
        @app.command("/bullpen")
        async def _(ack, command, respond) -> None:
            await ack(f"heard {command['text']} in {command['channel_name']}")
            await respond("later, for all", response_type="in_channel")

    await connect(workspace, listen)
    await person.apps.slash(desk, "/bullpen ask quant: hello")
    messages = workspace.rooms.messages
    await until(lambda: len(messages.timeline(desk, viewer=person.user)) == 2)
    texts = {
        message.text: message.visible_to for message in messages.timeline(desk, viewer=person.user)
    }
    assert texts == {"heard ask quant: hello in desk": person.user, "later, for all": ""}
    with pytest.raises(Refusal, match="No app"):
        await person.apps.slash(desk, "/unknown")


async def test_message_shortcut(
    workspace: Workspace, person: Person, connect, until, desk: str
) -> None:
    seen: list[dict] = []

    def listen(app: AsyncApp) -> None:
        @app.shortcut({"type": "message_action", "callback_id": "ask_agent"})
        async def _(ack, body) -> None:
            await ack()
            seen.append(body)

    await connect(workspace, listen)
    ts = person.post(desk, "look at this").ts
    person.apps.message_shortcut(workspace.credentials.app_id, "ask_agent", desk, ts)
    await until(lambda: seen)
    assert (seen[0]["message"]["text"], seen[0]["message_ts"]) == ("look at this", ts)


async def test_external_select_asks_for_options(
    workspace: Workspace, person: Person, bot: AsyncWebClient, connect
) -> None:
    def listen(app: AsyncApp) -> None:
        @app.options("symbol")
        async def _(ack, payload) -> None:
            text = {"type": "plain_text", "text": payload["value"].upper()}
            await ack(options=[{"text": text, "value": "1"}])

    await connect(workspace, listen)
    select = {"type": "external_select", "action_id": "symbol"}
    block = {"type": "actions", "block_id": "b", "elements": [select]}
    await bot.views_publish(user_id=person.user, view={"type": "home", "blocks": [block]})
    home = workspace.rooms.surfaces.home(person.user, workspace.credentials.app_id)
    assert home is not None
    options = await person.apps.suggest(home.id, "b", "symbol", "slv")
    assert options[0]["text"]["text"] == "SLV"


async def test_buttons_inside_cards_are_pressed(
    workspace: Workspace, person: Person, bot: AsyncWebClient, connect, until, desk: str
) -> None:
    pressed: list[dict] = []

    def listen(app: AsyncApp) -> None:
        @app.action("approve")
        async def _(ack, action) -> None:
            await ack()
            pressed.append(action)

    await connect(workspace, listen)
    card = {
        "type": "card",
        "title": {"type": "mrkdwn", "text": "A trade"},
        "actions": BUTTON["elements"],
    }
    carousel = {"type": "carousel", "block_id": "trades", "elements": [card]}
    for block in ({**card, "block_id": "trade"}, carousel):
        ts = (await bot.chat_postMessage(channel=desk, text="May I?", blocks=[block]))["ts"]
        person.apps.press(desk, ts, "approve", block_id=block["block_id"])
    await until(lambda: len(pressed) == 2)
    assert [action["block_id"] for action in pressed] == ["trade", "trades"]
    assert {action["value"] for action in pressed} == {"run-1"}
