"""The inspector: what went over the wire is shown, and no token with it."""

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from tests.workspace.test_page_live import Window

from bullpen_workspace.inspector import Tape, redacted


async def test_envelopes_and_calls_are_shown_without_tokens(
    workspace, session, connect, bot, sync_bot, desk, person, until
):
    heard: list[dict] = []

    def listen(app) -> None:
        @app.event("app_mention")
        async def mentioned(event, say):
            heard.append(event)
            await say("I am here")

    await connect(workspace, listen)
    person.post(desk, f"<@{workspace.credentials.bot_user_id}> hello inspector")
    await until(lambda: heard)
    with pytest.raises(SlackApiError):
        await bot.chat_postMessage(channel="C0", text="nowhere")
    await bot.files_getUploadURLExternal(filename="a.txt", length=3)
    window = Window(workspace, session)
    shown = ""
    for _ in range(400):
        shown = await window.get("/page/tape")
        if "I am here" in shown:
            break
    for part in ("app_mention", "hello inspector", "ack", "chat.postMessage", "channel_not_found"):
        assert part in shown, part
    who = workspace.credentials
    for secret in (who.bot_token, who.app_token):
        assert secret not in shown
    assert "ticket=…" in shown
    assert "/upload/v1/…" in shown
    newest = max(int(part.split('"')[0]) for part in shown.split('data-number="')[1:])
    assert "data-number" not in await window.get(f"/page/tape?after={newest + 50}")
    page = await window.get("/inspector")
    assert 'href="/inspector" data-name="Inspector" aria-current="page"' in page


async def test_another_site_reads_nothing(workspace, session: aiohttp.ClientSession):
    headers = {"Origin": "http://evil.example"}
    for path in ("/inspector", "/page/tape", "/page/search?q=x"):
        async with session.get(workspace.url + path, headers=headers) as answer:
            assert answer.status == 403


def test_the_ring_is_bounded_and_secrets_are_cut():
    tape = Tape(kept=3)
    for number in range(5):
        tape.keep("to the app", str(number), "xoxb-1-secret xapp-1-other")
    assert [record.name for record in tape.after(0)] == ["2", "3", "4"]
    assert tape.after(4)[0].said == "xoxb-… xapp-…"
    assert redacted("http://h/actions/T1/abc-_9") == "http://h/actions/T1/…"
