"""What was said while nobody listened, fetched from Slack's history and heard once.

The rule it protects: a message goes the same way as a live one, through the same claim, so that
what an event brought as well is a duplicate and nothing is answered twice. Edits and deletions
made meanwhile are not fetched: a message is heard as it stands now.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Protocol

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bullpen.slack.answers import Json, items, next_cursor
from bullpen.slack.connect import Identity
from bullpen.slack.limits import Pace, turn
from bullpen.slack.refusals import reason
from bullpen_orchestrator.ports import Heard

OVERLAP = 300.0
"""Seconds before the last message heard: events overtake each other, and Slack repeats them that long."""
LOOK_BACK = 86_400.0
"""Older requests (seconds) are left alone: who asked yesterday has asked again by now."""
PAGE = 200
GONE = frozenset({"channel_not_found", "not_in_channel", "thread_not_found", "is_archived"})


class Hearing(Protocol):
    """What the desk has heard so far."""

    async def heard(self) -> Heard: ...


class CatchUp:
    """Reads with `client`; `said` takes an event's body as a listener does.

    `scanned` are the channels that the desk's own app reads; the apps of single agents, which
    share it, leave these out.
    """

    def __init__(
        self,
        client: AsyncWebClient,
        pace: Pace,
        me: Identity,
        desk: Hearing,
        said: Callable[[Json], Awaitable[None]],
        scanned: set[str] | None = None,
    ) -> None:
        self._client = client
        self._pace = pace
        self._me = me
        self._desk = desk
        self._said = said
        self._scanned = scanned if scanned is not None else set()

    async def __call__(self) -> int:
        """Fetch and hear what is missing; how many messages were read that were not known."""
        heard = await self._desk.heard()
        latest = max([heard.since, *heard.channels.values()])
        missed = 0
        async for channel, kind in self._channels():
            if self._me.agent and channel in self._scanned:
                continue
            if not self._me.agent:
                self._scanned.add(channel)
            since = self._since(heard, heard.channels.get(channel, latest))
            threads = {ts: at for (place, ts), at in heard.threads.items() if place == channel}
            try:
                missed += await self._channel(channel, kind, since, heard, threads)
            except SlackApiError as error:
                if reason(error) not in GONE:
                    raise
        return missed

    def _since(self, heard: Heard, last: float) -> float:
        return max(heard.since, last - OVERLAP, time.time() - LOOK_BACK)

    async def _channel(
        self, channel: str, kind: str, since: float, heard: Heard, threads: dict[str, float]
    ) -> int:
        found: dict[str, Json] = {}
        async for message in self._history(channel, since):
            found[str(message["ts"])] = message
            if float(message.get("latest_reply") or 0) > since:
                threads.setdefault(str(message["ts"]), since)
        for root, last in threads.items():
            async for reply in self._replies(channel, root, self._since(heard, last)):
                found[str(reply["ts"])] = reply
        missed = 0
        for ts in sorted(found):
            if (channel, ts) in heard.known or found[ts].get("user") == self._me.bot_user_id:
                continue
            missed += 1
            event = {**found[ts], "type": "message", "channel": channel, "channel_type": kind}
            await self._said(
                {"event": event, "event_id": f"missed:{channel}:{ts}", "team_id": self._me.team_id}
            )
        return missed

    async def _channels(self) -> AsyncIterator[tuple[str, str]]:
        async for info in self._pages(
            "channels",
            "users.conversations",
            lambda cursor: self._client.users_conversations(
                types="public_channel,private_channel,mpim,im", limit=PAGE, cursor=cursor
            ),
        ):
            kind = "im" if info.get("is_im") else "mpim" if info.get("is_mpim") else ""
            yield str(info["id"]), kind or ("group" if info.get("is_private") else "channel")

    def _history(self, channel: str, since: float) -> AsyncIterator[Json]:
        return self._pages(
            "messages",
            "conversations.history",
            lambda cursor: self._client.conversations_history(
                channel=channel, oldest=f"{since:.6f}", limit=PAGE, cursor=cursor
            ),
        )

    def _replies(self, channel: str, root: str, since: float) -> AsyncIterator[Json]:
        return self._pages(
            "messages",
            "conversations.replies",
            lambda cursor: self._client.conversations_replies(
                channel=channel, ts=root, oldest=f"{since:.6f}", limit=PAGE, cursor=cursor
            ),
        )

    async def _pages(
        self, name: str, method: str, call: Callable[[str | None], Awaitable[AsyncSlackResponse]]
    ) -> AsyncIterator[dict[str, Any]]:
        cursor: str | None = None
        while True:
            await turn(self._pace, method)
            page = await call(cursor)
            for item in items(page, name):
                yield item
            cursor = next_cursor(page) or None
            if cursor is None:
                return
