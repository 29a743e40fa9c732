"""Strict limits: tiers per app and method, one message a second per channel, and when to retry."""

import asyncio

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bullpen_workspace.errors import RateLimited
from bullpen_workspace.limits import CHANNEL_BURST, PER_MINUTE, RateLimits
from bullpen_workspace.server import Workspace


@pytest.fixture
async def workspace(start) -> Workspace:
    return await start(strict_limits=True)


async def test_a_tier_is_a_number_of_calls_a_minute(workspace: Workspace, bot) -> None:
    for _ in range(20):
        await bot.conversations_list()
    with pytest.raises(SlackApiError) as caught:
        await bot.conversations_list()
    response = caught.value.response
    assert (response.status_code, response["error"]) == (429, "ratelimited")
    assert 50 <= int(response.headers["Retry-After"]) <= 60
    assert (await bot.team_info())["ok"]


async def test_a_channel_takes_one_message_a_second(workspace: Workspace, bot, desk) -> None:
    for number in range(CHANNEL_BURST):
        await bot.chat_postMessage(channel=desk, text=str(number))
    with pytest.raises(SlackApiError) as caught:
        await bot.chat_postMessage(channel=desk, text="too fast")
    assert caught.value.response.headers["Retry-After"] == "1"
    research = workspace.rooms.channels.by_name("research")
    assert research is not None
    assert (await bot.chat_postMessage(channel=research.id, text="elsewhere"))["ok"]


async def test_the_clients_own_retry_handler_gets_through(
    workspace: Workspace, session, desk: str
) -> None:
    client = AsyncWebClient(
        token=workspace.credentials.bot_token,
        base_url=f"{workspace.url}/api/",
        session=session,
        retry_handlers=[AsyncRateLimitErrorRetryHandler(max_retry_count=5)],
    )
    texts = [str(number) for number in range(CHANNEL_BURST + 1)]
    await asyncio.gather(*(client.chat_postMessage(channel=desk, text=text) for text in texts))
    said = workspace.rooms.messages.timeline(desk)
    assert sorted(message.text for message in said) == texts


def test_allowance_comes_back_with_time() -> None:
    now = 1000.0
    limits = RateLimits(lambda: now)
    for _ in range(PER_MINUTE["t3"]):
        limits.take("A1", "chat.update", "t3")
    limits.take("A2", "chat.update", "t3")
    with pytest.raises(RateLimited) as caught:
        limits.take("A1", "chat.update", "t3")
    assert caught.value.retry_after == 60
    now += 60
    limits.take("A1", "chat.update", "t3")
    for _ in range(CHANNEL_BURST):
        limits.post("A1", "C1")
    with pytest.raises(RateLimited):
        limits.post("A1", "C1")
    now += 1
    limits.post("A1", "C1")
