"""Strict scopes: what a token may do, told by headers and by missing_scope."""

import pytest
from slack_sdk.errors import SlackApiError

from bullpen_workspace.config import AppSpec
from bullpen_workspace.server import Workspace


@pytest.fixture
async def workspace(start) -> Workspace:
    spec = AppSpec(bot_scopes=("chat:write", "channels:history", "channels:read"))
    return await start(strict_scopes=True, app=spec)


async def refused(call) -> dict:
    with pytest.raises(SlackApiError) as caught:
        await call
    assert caught.value.response["error"] == "missing_scope"
    return caught.value.response.data


async def test_missing_scope_says_what_is_needed(workspace: Workspace, bot, desk) -> None:
    told = await refused(bot.reactions_add(channel=desk, timestamp="1.2", name="eyes"))
    assert told["needed"] == "reactions:write"
    assert told["provided"] == "chat:write,channels:history,channels:read"
    answer = await bot.chat_postMessage(channel=desk, text="hello")
    assert answer.headers["x-oauth-scopes"] == "chat:write,channels:history,channels:read"
    assert answer.headers["x-accepted-oauth-scopes"] == "chat:write"


async def test_a_scope_is_for_one_kind_of_conversation(workspace: Workspace, bot, desk) -> None:
    assert (await bot.conversations_history(channel=desk))["ok"]
    secret = workspace.rooms.channels.create(
        "secret", creator=workspace.credentials.bot_user_id, kind="private"
    )
    told = await refused(bot.conversations_history(channel=secret.id))
    assert told["needed"] == "groups:history"
    assert (await bot.conversations_list(types="public_channel"))["ok"]
    told = await refused(bot.conversations_list(types="public_channel,im"))
    assert told["needed"] == "im:read"


async def test_another_name_needs_its_own_scope(workspace: Workspace, bot, desk) -> None:
    told = await refused(bot.chat_postMessage(channel=desk, text="x", username="Quant"))
    assert told["needed"] == "chat:write.customize"


async def test_a_public_channel_may_be_written_to_from_outside(start, session) -> None:
    from slack_sdk.web.async_client import AsyncWebClient

    workspace = await start(app=AppSpec(bot_scopes=("chat:write", "chat:write.public")))
    there = workspace.rooms.channels.create("far", creator=workspace.credentials.person_id)
    bot = AsyncWebClient(
        token=workspace.credentials.bot_token, base_url=f"{workspace.url}/api/", session=session
    )
    assert (await bot.chat_postMessage(channel=there.id, text="hello"))["ok"]
    workspace.rooms.people.grant(workspace.credentials.bot_token, ("chat:write",))
    with pytest.raises(SlackApiError) as caught:
        await bot.chat_postMessage(channel=there.id, text="hello")
    assert caught.value.response["error"] == "not_in_channel"
