"""Who is who in the workspace: display names and channels, cached.

The rule it protects: a name costs one call in ten minutes, not one per message, and a failing
look-up never holds up a message: the id stands in. It knows no conversation.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bullpen.slack.answers import Json, answer, items, next_cursor
from bullpen_memory.records import WORKSPACE, channel_scope, person_scope
from bullpen_orchestrator.ports import Audience

KEEP_SECONDS = 600.0
log = logging.getLogger("bullpen.slack.directory")
_FAILURES = (SlackApiError, aiohttp.ClientError, OSError, TimeoutError)


@dataclass(frozen=True, slots=True)
class Person:
    """A member of the workspace; `bot` marks programs."""

    id: str
    name: str
    bot: bool = False


@dataclass(frozen=True, slots=True)
class Channel:
    """A conversation and who reads it. A direct one has no name of its own."""

    id: str
    name: str
    audience: Audience

    @property
    def place(self) -> str:
        """How a sentence names it."""
        return "a direct message" if self.audience == "direct" else f"#{self.name or self.id}"

    def scope(self, user: str) -> str:
        """Who may see what `user` writes down here."""
        if self.audience == "public":
            return WORKSPACE
        return channel_scope(self.id) if self.audience == "private" else person_scope(user)


class Directory:
    """Looks names up through `client`, and where that app does not see a channel, through `others`."""

    def __init__(self, client: AsyncWebClient, others: Sequence[AsyncWebClient] = ()) -> None:
        self._client = client
        self._all = (client, *others)
        self._people: dict[str, tuple[float, Person]] = {}
        self._channels: dict[str, tuple[float, Channel]] = {}

    async def person(self, user_id: str) -> Person:
        """The member, or one named by the bare id where Slack does not tell."""
        known = self._people.get(user_id)
        if known and time.monotonic() - known[0] < KEEP_SECONDS:
            return known[1]
        try:
            user: Json = answer(await self._client.users_info(user=user_id))["user"]
        except _FAILURES as error:
            log.warning("no name for %s: %s", user_id, error)
            return Person(user_id, user_id)
        profile: Json = user.get("profile") or {}
        name = (
            profile.get("display_name") or profile.get("real_name")
            or user.get("real_name") or user.get("name") or user_id
        )  # fmt: skip
        person = Person(user_id, str(name), bool(user.get("is_bot", False)))
        self._people[user_id] = (time.monotonic(), person)
        return person

    async def channel(self, channel_id: str, channel_type: str = "") -> Channel:
        """The conversation. Unknown ones count as private: what cannot be checked is not shared."""
        known = self._channels.get(channel_id)
        if known and time.monotonic() - known[0] < KEEP_SECONDS:
            return known[1]
        if channel_type == "im" or channel_id.startswith("D"):
            return Channel(channel_id, "", "direct")
        info = await self._info(channel_id)
        if info is None:
            return Channel(channel_id, "", "public" if channel_type == "channel" else "private")
        if info.get("is_im"):
            audience: Audience = "direct"
        elif info.get("is_private") or info.get("is_mpim") or channel_type in ("group", "mpim"):
            audience = "private"
        else:
            audience = "public"
        channel = Channel(channel_id, str(info.get("name", "")), audience)
        self._channels[channel_id] = (time.monotonic(), channel)
        return channel

    async def _info(self, channel_id: str) -> Json | None:
        for client in self._all:
            try:
                return answer(await client.conversations_info(channel=channel_id))["channel"]
            except _FAILURES as error:
                log.warning("nothing known about %s: %s", channel_id, error)
        return None

    async def channels_of(self, user_id: str) -> list[Channel]:
        """The channels (public and private) that a person and one of the apps share."""
        shared: dict[str, Channel] = {}
        for channels in await asyncio.gather(*(self._shared(c, user_id) for c in self._all)):
            for channel in channels:
                shared.setdefault(channel.id, channel)
        return list(shared.values())

    async def _shared(self, client: AsyncWebClient, user_id: str) -> list[Channel]:
        found: list[Channel] = []
        cursor = ""
        while True:
            page = await client.users_conversations(
                user=user_id, types="public_channel,private_channel", limit=200,
                cursor=cursor or None,
            )  # fmt: skip
            for info in items(page, "channels"):
                audience: Audience = "private" if info.get("is_private") else "public"
                found.append(Channel(str(info["id"]), str(info.get("name", "")), audience))
            cursor = next_cursor(page)
            if not cursor:
                return found
