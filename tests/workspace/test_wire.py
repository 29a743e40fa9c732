"""The ways in which Slack's own clients send a call, each of which has broken a server before."""

import asyncio
from pathlib import Path

import aiohttp
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bullpen_workspace.server import Workspace


def _bearer(workspace: Workspace) -> dict[str, str]:
    return {"Authorization": f"Bearer {workspace.credentials.bot_token}"}


async def test_sync_client_without_arguments_sends_an_empty_json_body(
    sync_bot: WebClient, workspace: Workspace
) -> None:
    answer = await asyncio.to_thread(sync_bot.auth_test)
    assert answer["bot_id"] == workspace.credentials.bot_id
    assert answer["user_id"] == workspace.credentials.bot_user_id


async def test_empty_body_with_json_content_type(
    workspace: Workspace, session: aiohttp.ClientSession
) -> None:
    headers = {**_bearer(workspace), "Content-Type": "application/json"}
    async with session.post(f"{workspace.url}/api/auth.test", headers=headers) as response:
        assert response.status == 200
        assert (await response.json())["ok"] is True


async def test_async_client_sends_arguments_in_the_query_of_a_post(
    bot: AsyncWebClient, desk: str
) -> None:
    posted = await bot.chat_postMessage(channel=desk, text="react to me")
    await bot.reactions_add(channel=desk, timestamp=posted["ts"], name="eyes")
    message = (await bot.reactions_get(channel=desk, timestamp=posted["ts"]))["message"]
    assert message["reactions"] == [
        {"name": "eyes", "users": [posted["message"].get("user")], "count": 1}
    ]


async def test_sync_client_sends_arguments_as_a_form(sync_bot: WebClient, desk: str) -> None:
    posted = await asyncio.to_thread(lambda: sync_bot.chat_postMessage(channel=desk, text="a"))
    history = await asyncio.to_thread(
        lambda: sync_bot.conversations_history(channel=desk, limit=1, inclusive=True)
    )
    assert [message["ts"] for message in history["messages"]] == [posted["ts"]]


async def test_both_clients_read_the_same_with_get_and_post(
    bot: AsyncWebClient, sync_bot: WebClient, desk: str
) -> None:
    posted = await bot.chat_postMessage(channel=desk, text="one")
    by_get = await bot.conversations_replies(channel=desk, ts=posted["ts"])
    by_post = await asyncio.to_thread(
        lambda: sync_bot.conversations_replies(channel=desk, ts=posted["ts"])
    )
    assert by_get["messages"] == by_post["messages"]
    link = await bot.chat_getPermalink(channel=desk, message_ts=posted["ts"])
    assert link["permalink"].endswith(f"/archives/{desk}/p{posted['ts'].replace('.', '')}")


async def test_json_strings_inside_a_form(
    workspace: Workspace, session: aiohttp.ClientSession, desk: str
) -> None:
    form = {
        "channel": desk,
        "text": "with blocks",
        "blocks": '[{"type": "divider"}]',
        "metadata": '{"event_type": "t", "event_payload": {"a": 1}}',
    }
    url = f"{workspace.url}/api/chat.postMessage"
    async with session.post(url, data=form, headers=_bearer(workspace)) as response:
        message = (await response.json())["message"]
    assert message["blocks"][0]["type"] == "divider"
    assert message["metadata"]["event_payload"] == {"a": 1}


async def test_booleans_as_zero_and_one(
    bot: AsyncWebClient, sync_bot: WebClient, desk: str
) -> None:
    ts = (await bot.chat_postMessage(channel=desk, text="edge"))["ts"]
    with_it = await bot.conversations_history(channel=desk, latest=ts, inclusive=True)
    without = await asyncio.to_thread(
        lambda: sync_bot.conversations_history(channel=desk, latest=ts, inclusive=False)
    )
    assert [message["ts"] for message in with_it["messages"]] == [ts]
    assert without["messages"] == []


async def test_lists_as_comma_strings(
    bot: AsyncWebClient, sync_bot: WebClient, workspace: Workspace
) -> None:
    other = workspace.rooms.people.add_person("Ann")
    users = [workspace.credentials.person_id, other.id]
    first = await bot.conversations_open(users=users)
    second = await asyncio.to_thread(lambda: sync_bot.conversations_open(users=users))
    assert first["channel"]["id"] == second["channel"]["id"]
    assert second["already_open"] is True


RAW = b"channel=C1&text=a%20b\x00\xff\xfe" * 50


async def test_upload_is_never_read_as_a_form(
    sync_bot: WebClient, workspace: Workspace, desk: str
) -> None:
    """The sync client declares its raw bytes to be application/x-www-form-urlencoded."""
    done = await asyncio.to_thread(
        lambda: sync_bot.files_upload_v2(file=RAW, filename="raw.bin", channel=desk)
    )
    assert workspace.rooms.files.path(done["file"]["id"]).read_bytes() == RAW


async def test_async_upload_keeps_every_byte(
    bot: AsyncWebClient, workspace: Workspace, desk: str, tmp_path: Path
) -> None:
    source = tmp_path / "raw.bin"
    source.write_bytes(RAW)
    done = await bot.files_upload_v2(file=str(source), channel=desk)
    assert workspace.rooms.files.path(done["file"]["id"]).read_bytes() == RAW


async def test_unknown_method_is_http_200(
    workspace: Workspace, session: aiohttp.ClientSession
) -> None:
    url = f"{workspace.url}/api/chat.sing"
    async with session.post(url, headers=_bearer(workspace)) as response:
        assert response.status == 200
        body = await response.json()
    assert (body["ok"], body["error"]) == (False, "unknown_method")


async def test_a_token_in_the_query_is_not_looked_at(
    workspace: Workspace, session: aiohttp.ClientSession
) -> None:
    query = {"token": workspace.credentials.bot_token}
    async with session.get(f"{workspace.url}/api/auth.test", params=query) as response:
        assert await response.json() == {"ok": False, "error": "not_authed"}
    async with session.post(f"{workspace.url}/api/auth.test", data=query) as response:
        assert (await response.json())["ok"] is True


@pytest.mark.parametrize(("body", "error"), [(b"{", "invalid_json"), (b"[1]", "json_not_object")])
async def test_broken_json(
    workspace: Workspace, session: aiohttp.ClientSession, body: bytes, error: str
) -> None:
    headers = {**_bearer(workspace), "Content-Type": "application/json; charset=utf-8"}
    url = f"{workspace.url}/api/chat.postMessage"
    async with session.post(url, data=body, headers=headers) as response:
        assert await response.json() == {"ok": False, "error": error}


async def test_wrong_tokens(bot: AsyncWebClient, workspace: Workspace, desk: str) -> None:
    async def error_with(token: str, method: str) -> str:
        with pytest.raises(SlackApiError) as caught:
            await bot.api_call(method, json={"token": token, "channel": desk, "text": "x"})
        return caught.value.response["error"]

    credentials = workspace.credentials
    assert await error_with("xoxb-nobody", "chat.postMessage") == "invalid_auth"
    assert await error_with(credentials.app_token, "chat.postMessage") == "not_allowed_token_type"
    assert await error_with(credentials.bot_token, "apps.connections.open") == (
        "not_allowed_token_type"
    )


async def test_timestamps_are_unique_and_increasing(bot: AsyncWebClient, desk: str) -> None:
    posts = [bot.chat_postMessage(channel=desk, text=str(number)) for number in range(40)]
    stamps = [answer["ts"] for answer in await asyncio.gather(*posts)]
    assert len(set(stamps)) == 40
    history = (await bot.conversations_history(channel=desk))["messages"]
    assert [message["ts"] for message in history] == sorted(stamps, reverse=True)


async def test_missing_argument_is_named(bot: AsyncWebClient) -> None:
    with pytest.raises(SlackApiError) as caught:
        await bot.api_call("conversations.history")
    assert caught.value.response["error"] == "invalid_arguments"
    assert "channel" in caught.value.response["response_metadata"]["messages"][0]


async def test_api_test_needs_no_token_and_echoes(bot: AsyncWebClient) -> None:
    client = AsyncWebClient(base_url=bot.base_url, session=bot.session)
    assert (await client.api_test(foo="bar"))["args"]["foo"] == "bar"
    with pytest.raises(SlackApiError) as caught:
        await client.api_test(error="my_error")
    assert caught.value.response["error"] == "my_error"
