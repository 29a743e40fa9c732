"""What was said, changed or deleted while nobody listened, fetched from Slack's history and heard once.

The rule it protects: a message goes the same way as a live one, through the same claim, so that
what an event brought as well is a duplicate and nothing is answered twice. What was said longer
ago than a day, and replies in threads of which the desk is no part, are left alone.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Protocol

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bullpen.slack.answers import Json, items, next_cursor
from bullpen.slack.connect import Connection
from bullpen.slack.inbound import SPOKEN, Reader
from bullpen.slack.limits import Pace, turn
from bullpen.slack.refusals import reason
from bullpen.slack.rounds import Rounds
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
    """Reads as the app of `connection`; `said` takes an event's body as a listener does.

    `scanned` are the channels that the desk's own app reads; the apps of single agents, which
    share it, leave these out.
    """

    def __init__(
        self,
        connection: Connection,
        pace: Pace,
        reader: Reader,
        desk: Hearing,
        said: Callable[[Json], Awaitable[None]],
        scanned: set[str] | None = None,
    ) -> None:
        self._client = connection.reader
        self._me = connection.identity
        self._pace = pace
        self._reader = reader
        self._desk = desk
        self._said = said
        self._scanned = scanned if scanned is not None else set()
        self._kinds: dict[str, str] = {}
        self._edits: dict[str, frozenset[str]] = {}
        self._rounds = Rounds()

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
            self._kinds[channel] = kind
            since = self._since(heard, heard.channels.get(channel, latest))
            try:
                missed += await self._channel(channel, since, heard)
            except SlackApiError as error:
                if reason(error) not in GONE:
                    raise
        return missed

    async def unheard(self, settled: float, beat: float) -> bool:
        """Whether a person said something, more than `settled` seconds ago, that no event brought.

        One sample looks at the channels, and then at the threads, whose turn it is, for as long as
        Slack's limits leave room; the next one, `beat` seconds later, goes on where it ended.
        """
        heard = await self._desk.heard()
        before = time.time() - settled
        for channel in () if self._me.agent else heard.channels:
            self._kinds.setdefault(channel, "")  # one that it has come to since it connected
        rooms = {(c, ""): heard.channels.get(c, 0.0) for c in self._kinds}
        threads = {at: last for at, last in heard.threads.items() if at[0] in self._kinds}
        for method, said in (("conversations.history", rooms), ("conversations.replies", threads)):
            for place in self._rounds.due(said, beat):
                if self._pace.claim(method, "", "result") > 0:
                    break
                self._rounds.looked(place)
                last = max(said[place], heard.since, before - LOOK_BACK)
                if await self._sampled(*place, last, before, heard):
                    return True
        return False

    async def _sampled(
        self, channel: str, root: str, last: float, before: float, heard: Heard
    ) -> bool:
        oldest, latest = f"{last:.6f}", f"{before:.6f}"
        try:
            page = (
                await self._client.conversations_replies(
                    channel=channel, ts=root, oldest=oldest, latest=latest, limit=20
                )
                if root
                else await self._client.conversations_history(
                    channel=channel, oldest=oldest, latest=latest, limit=20
                )
            )
        except SlackApiError as error:
            if reason(error) in GONE:
                return False
            raise
        for message in items(page, "messages"):
            ts = str(message["ts"])
            is_new = last < float(ts) <= before and (channel, ts) not in heard.known
            if is_new and await self._reader.by_person(message):
                return True
        return False

    def _since(self, heard: Heard, last: float) -> float:
        return max(heard.since, last - OVERLAP, time.time() - LOOK_BACK)

    def _window(self, channel: str, heard: Heard) -> float:
        """Where reading begins, so that it covers every message of the last day that is known."""
        known = [float(ts) - 2.0 for place, ts in heard.known if place == channel]
        return max(min([heard.since, *known]), time.time() - LOOK_BACK)

    async def _channel(self, channel: str, since: float, heard: Heard) -> int:
        """Hear what is new in one channel, then what was changed, then what is gone."""
        window = self._window(channel, heard)
        threads = {ts: at for (place, ts), at in heard.threads.items() if place == channel}
        found: dict[str, Json] = {}
        late: set[str] = set()
        async for message in self._history(channel, window):
            ts = str(message["ts"])
            found[ts] = message
            if float(ts) > since:
                late.add(ts)
            if float(message.get("latest_reply") or 0) > since:
                threads.setdefault(ts, since)
        complete = {""}
        for root, last in threads.items():
            replies = await self._thread(channel, root, window)
            if replies is None:
                continue
            complete.add(root)
            found |= replies
            late |= {ts for ts in replies if float(ts) > self._since(heard, last)}
        missed = await self._hear_new(channel, {ts: found[ts] for ts in sorted(late)}, heard)
        await self._hear_edits(channel, found, heard)
        await self._hear_deletions(channel, found, complete, heard)
        return missed

    async def _thread(self, channel: str, root: str, window: float) -> dict[str, Json] | None:
        """The replies by ts; None where the thread is gone."""
        try:
            return {str(reply["ts"]): reply async for reply in self._replies(channel, root, window)}
        except SlackApiError as error:
            if reason(error) != "thread_not_found":
                raise
            return None

    async def _hear_new(self, channel: str, late: dict[str, Json], heard: Heard) -> int:
        missed = 0
        for ts, message in late.items():
            if (channel, ts) in heard.known or message.get("user") == self._me.bot_user_id:
                continue
            if str(message.get("subtype", "")) not in SPOKEN:
                continue
            missed += 1
            await self._tell(channel, f"missed:{channel}:{ts}", {**message, "type": "message"})
        return missed

    async def _hear_edits(self, channel: str, found: dict[str, Json], heard: Heard) -> None:
        edits: dict[str, Json] = {}
        for ts, message in found.items():
            at = str((message.get("edited") or {}).get("ts", ""))
            if at and (channel, ts) in heard.known:
                edits[f"missed:{channel}:{ts}:edited:{at}"] = message
        for event_id, message in edits.items():
            if event_id not in self._edits.get(channel, ()):
                event = {"type": "message", "subtype": "message_changed", "message": message}
                await self._tell(channel, event_id, event | {"ts": event_id})
        self._edits[channel] = frozenset(edits)

    async def _hear_deletions(
        self, channel: str, found: dict[str, Json], complete: set[str], heard: Heard
    ) -> None:
        """`complete` are the threads that were read as a whole, "" the channel itself."""
        window = self._window(channel, heard) + 1.0
        for (place, ts), root in heard.known.items():
            there = found.get(ts, {"subtype": "tombstone"}).get("subtype") != "tombstone"
            judged = ("" if root in ("", ts) else root) in complete
            if place != channel or there or not judged or float(ts) < window:
                continue
            event_id = f"missed:{channel}:{ts}:deleted"
            event = {"type": "message", "subtype": "message_deleted", "deleted_ts": ts}
            await self._tell(channel, event_id, event | {"ts": event_id, "thread_ts": root or ts})

    async def _tell(self, channel: str, event_id: str, event: Json) -> None:
        event |= {"channel": channel, "channel_type": self._kinds[channel]}
        await self._said({"event": event, "event_id": event_id, "team_id": self._me.team_id})

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
