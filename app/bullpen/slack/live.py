"""Messages whose text grows while an agent writes them.

The rule it protects: a live message is decoration; whatever happens to the stream, the final post
replaces its text as a whole, so nothing is lost when it dies. Streams are native where one person
watches; when Slack ends one (it does after about five minutes, or at stop), the same message goes
on with chat.update. It never raises and never posts a result.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, field
from typing import Literal

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bullpen.slack.limits import Pace
from bullpen.slack.refusals import reason, retry_after

FLUSH_CHARS = 256
FLUSH_SECONDS = 1.0
UPDATE_SECONDS = 3.0
ROLL_SECONDS = 240.0
ROLL_CHARS = 10_000
log = logging.getLogger("bullpen.slack.live")


@dataclass(frozen=True, slots=True)
class Persona:
    """The name and icon a message is shown under; None leaves the app's own."""

    username: str | None = None
    icon_emoji: str | None = None


@dataclass(slots=True)
class _Stream:
    channel: str
    ts: str
    opened: float
    wanted: str = ""
    shown: str = ""
    mode: Literal["stream", "update", "done"] = "stream"
    flushed: float = 0.0
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None

    def pause(self, now: float) -> float:
        """Seconds until the next flush is due."""
        if self.mode == "stream":
            if len(self.wanted) - len(self.shown) >= FLUSH_CHARS:
                return 0.0
            return max(0.0, self.flushed + FLUSH_SECONDS - now)
        return max(0.0, self.flushed + UPDATE_SECONDS - now)


class LiveMessages:
    """The open live messages of this process."""

    def __init__(self, client: AsyncWebClient, pace: Pace, team_id: str) -> None:
        self._client = client
        self._pace = pace
        self._team = team_id
        self._open: dict[tuple[str, str], _Stream] = {}

    async def open(self, channel: str, thread_ts: str, user: str, persona: Persona) -> str | None:
        """Start a stream for `user` in a direct message; None where Slack does not let us."""
        if self._pace.claim("chat.startStream", channel, "progress") > 0:
            return None
        try:
            started = await self._client.chat_startStream(
                channel=channel,
                thread_ts=thread_ts,
                recipient_team_id=self._team,
                recipient_user_id=user,
                username=persona.username,
                icon_emoji=persona.icon_emoji,
            )
        except SlackApiError as error:
            self._refused("chat.startStream", error)
            return None
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            log.warning("no stream: %s", error)
            return None
        ts = str(started["ts"])
        now = time.monotonic()
        stream = _Stream(channel, ts, opened=now, flushed=now)
        stream.task = asyncio.create_task(self._grow(stream), name=f"live {channel} {ts}")
        self._open[channel, ts] = stream
        return ts

    def grow(self, channel: str, ts: str, text: str) -> None:
        """Show the whole `text` so far, soon."""
        stream = self._open.get((channel, ts))
        if stream is not None and stream.mode != "done":
            stream.wanted = text
            stream.wake.set()

    async def finish(self, channel: str, ts: str) -> None:
        """End the stream so that the message can be updated. Idempotent; a dead stream is fine."""
        stream = self._open.pop((channel, ts), None)
        if stream is not None:
            streaming, stream.mode = stream.mode == "stream", "done"
            await _cancelled(stream.task)
            if not streaming:
                return
        await self._stop(channel, ts)

    async def close(self) -> None:
        """Stop growing everything (the desk stops); open streams end by themselves at Slack."""
        for stream in list(self._open.values()):
            stream.mode = "done"
            await _cancelled(stream.task)
        self._open.clear()

    async def _grow(self, stream: _Stream) -> None:
        while stream.mode != "done":
            await stream.wake.wait()
            stream.wake.clear()
            wait = stream.pause(time.monotonic())
            while wait > 0:
                await asyncio.sleep(wait)
                wait = stream.pause(time.monotonic())
            if stream.wanted != stream.shown:
                await self._flush(stream)

    async def _flush(self, stream: _Stream) -> None:
        stream.flushed = time.monotonic()
        rolled = stream.flushed - stream.opened > ROLL_SECONDS or len(stream.wanted) > ROLL_CHARS
        if stream.mode == "stream" and (rolled or not stream.wanted.startswith(stream.shown)):
            # A stream can only grow; a restarted text, or one near Slack's limits, goes on as updates.
            await self._stop(stream.channel, stream.ts)
            stream.mode = "update"
        method = "chat.appendStream" if stream.mode == "stream" else "chat.update"
        if self._pace.claim(method, "", "progress") > 0:
            stream.wake.set()
            await asyncio.sleep(FLUSH_SECONDS)
            return
        text = stream.wanted
        try:
            if stream.mode == "stream":
                await self._client.chat_appendStream(
                    channel=stream.channel, ts=stream.ts, markdown_text=text[len(stream.shown) :]
                )
            else:
                await self._client.chat_update(
                    channel=stream.channel, ts=stream.ts, markdown_text=_head(text)
                )
            stream.shown = text
        except SlackApiError as error:
            self._fell(stream, error)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            log.warning("live text of %s not shown: %s", stream.ts, error)
            stream.wake.set()

    def _fell(self, stream: _Stream, error: SlackApiError) -> None:
        word = reason(error)
        if word == "stopped_by_user":
            stream.mode = "done"
        elif word in ("message_not_in_streaming_state", "streaming_state_conflict"):
            stream.mode = "update"
            stream.wake.set()
        elif stream.mode == "update" and retry_after(error) is None:
            log.warning("live text of %s ends: %s", stream.ts, word)
            stream.mode = "done"
        else:
            self._refused("chat.appendStream", error)
            stream.wake.set()

    async def _stop(self, channel: str, ts: str, text: str | None = None) -> None:
        try:
            await self._client.chat_stopStream(channel=channel, ts=ts, markdown_text=text)
        except SlackApiError as error:
            word = reason(error)
            if word == "no_text" and text is None:
                # A stream that showed nothing cannot be stopped without a word.
                await self._stop(channel, ts, "…")
            elif word != "message_not_in_streaming_state":
                self._refused("chat.stopStream", error)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            log.warning("the stream %s was not stopped: %s", ts, error)

    def _refused(self, method: str, error: SlackApiError) -> None:
        seconds = retry_after(error)
        if seconds is not None:
            self._pace.freeze(method, seconds)
        log.warning("%s refused: %s", method, reason(error))


def _head(text: str) -> str:
    return text if len(text) <= ROLL_CHARS else text[: ROLL_CHARS - 1] + "…"


async def _cancelled(task: asyncio.Task[None] | None) -> None:
    if task is not None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
