"""What apps hear from the page: the state around a button, options for messages, modals in place."""

import pytest
from tests.workspace.test_page_live import Window, until_op

OPTION = {"text": {"type": "plain_text", "text": "WTI"}, "value": "wti"}
MODAL = {
    "type": "modal",
    "title": {"type": "plain_text", "text": "Ask"},
    "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "the form"}}],
}
BLOCKS = [
    {
        "type": "actions",
        "block_id": "row",
        "elements": [
            {"type": "external_select", "action_id": "series", "min_query_length": 1},
            {"type": "datepicker", "action_id": "day"},
            {
                "type": "button",
                "action_id": "go",
                "text": {"type": "plain_text", "text": "Go"},
            },
        ],
    }
]


@pytest.fixture
def window(workspace, session) -> Window:
    return Window(workspace, session)


async def test_a_press_tells_what_everything_around_it_holds(
    window, workspace, desk, bot, connect, until
):
    heard: list[dict] = []

    def listen(app) -> None:
        @app.action("go")
        async def went(ack, body):
            await ack()
            heard.append(body)

    await connect(workspace, listen)
    posted = await bot.chat_postMessage(channel=desk, text="choose", blocks=BLOCKS)
    values = {"row": {"day": {"type": "datepicker", "selected_date": "2026-11-20"}}}
    action = {"action_id": "go", "block_id": "row"}
    await window.do("block", channel=desk, ts=posted["ts"], action=action, values=values)
    await until(lambda: heard)
    assert heard[0]["state"]["values"] == values
    home = await bot.views_publish(
        user_id=workspace.credentials.person_id, view={"type": "home", "blocks": BLOCKS}
    )
    await window.do("block", view=home["view"]["id"], action=action, values=values)
    await until(lambda: len(heard) == 2)
    assert heard[1]["view"]["state"]["values"] == values
    assert heard[1]["container"] == {"type": "view", "view_id": home["view"]["id"]}


async def test_options_are_looked_up_for_a_message(window, workspace, desk, bot, connect):
    asked: list[dict] = []

    def listen(app) -> None:
        @app.options("series")
        async def offer(ack, body):
            asked.append(body)
            if body["value"] == "g":
                label = {"type": "plain_text", "text": "Oil"}
                await ack(option_groups=[{"label": label, "options": [OPTION]}])
            else:
                await ack(options=[OPTION])

    await connect(workspace, listen)
    posted = await bot.chat_postMessage(channel=desk, text="choose", blocks=BLOCKS)
    where = {"channel": desk, "ts": posted["ts"], "block_id": "row", "action_id": "series"}
    for typed in ("w", "g"):
        status, said = await window.do("suggest", value=typed, **where)
        assert (status, said) == (200, {"options": [OPTION]})
    assert asked[0]["container"]["message_ts"] == posted["ts"]
    assert asked[0]["channel"]["id"] == desk
    assert asked[0]["message"]["ts"] == posted["ts"]
    assert (asked[0]["action_id"], asked[0]["block_id"]) == ("series", "row")


async def test_a_modal_shows_only_where_it_was_asked_for(window, workspace, desk, bot, connect):
    def listen(app) -> None:
        @app.shortcut("new_task")
        async def opened(ack, body, client):
            await ack()
            await client.views_open(trigger_id=body["trigger_id"], view=MODAL)

    await connect(workspace, listen)
    mine = await window.look(channel=desk, window="w-1")
    await until_op(mine, "modal")
    other = await window.look(channel=desk, window="w-2")
    await until_op(other, "modal")
    window.headers["X-Window"] = "w-1"
    app = workspace.credentials.app_id
    assert (await window.do("shortcut", app=app, callback="new_task"))[0] == 200
    assert "the form" in (await until_op(mine, "modal", "the form"))["html"]
    # The other window, and a browser that comes later, have nothing to fill in.
    assert (await until_op(other, "modal"))["html"] == ""
    later = await window.look(channel=desk, window="w-3")
    assert (await until_op(later, "modal"))["html"] == ""
    # The window itself has it again after a reload.
    again = await window.look(channel=desk, window="w-1")
    assert "the form" in (await until_op(again, "modal"))["html"]
    for socket in (mine, other, later, again):
        await socket.close()


async def test_a_pdf_is_shown_in_a_frame_and_everything_else_is_not(window, session, desk, person):
    for name, inline in (("report.pdf", True), ("page.html", False)):
        file = person.upload(name, b"%PDF-1.4 <script>alert(1)</script>")
        person.post(desk, "", files=[file.id])
        url = f"{window.url}/files/{file.id}"
        async with session.get(url, headers=window.headers) as answer:
            assert answer.headers["content-disposition"].startswith("inline") == inline
            assert ("sandbox" in answer.headers["content-security-policy"]) is not inline
            assert (answer.headers["x-frame-options"] == "SAMEORIGIN") == inline
            assert answer.headers["x-content-type-options"] == "nosniff"
    assert (await window.get(f"/archives/{desk}")).count('data-testid="pdf"') == 1
