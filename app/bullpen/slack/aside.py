"""A sentence for one person only, said where Slack lets us say it.

The rule it protects: whoever asked hears when something failed, also in a channel that the app is
not in: by the command's response address, else beside the conversation, else directly. It never
raises.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bullpen.slack.answers import answer

log = logging.getLogger("bullpen.slack.aside")


async def tell(
    client: AsyncWebClient,
    user: str,
    text: str,
    *,
    channel: str = "",
    thread_ts: str = "",
    response_url: str = "",
) -> bool:
    """Say `text` to `user` alone; False where Slack refused every way (the log says why)."""

    async def respond() -> None:
        assert client.session is not None
        body = {"response_type": "ephemeral", "text": text}
        async with client.session.post(response_url, json=body, proxy=client.proxy) as told:
            told.raise_for_status()

    async def beside() -> None:
        await client.chat_postEphemeral(
            channel=channel, user=user, text=text, thread_ts=thread_ts or None
        )

    async def direct() -> None:
        opened = answer(await client.conversations_open(users=user))["channel"]["id"]
        await client.chat_postMessage(channel=str(opened), text=text)

    ways: list[Callable[[], Awaitable[None]]] = [direct]
    if channel:
        ways.insert(0, beside)
    if response_url:
        ways.insert(0, respond)
    for way in ways:
        try:
            await way()
        except (SlackApiError, aiohttp.ClientError, OSError, TimeoutError) as error:
            log.warning("%s could not be told (%s): %s", user, way.__name__, error)
        else:
            return True
    return False
