"""The orchestrator's `Chat` port on Slack's Web API.

The rule it protects: one post is one message, shown once. The key travels in the metadata of
every part; `find` answers only when all parts are there, and a repeated `post` sends only the
missing ones. The SDK's own retries are off. It decides nothing about what is said.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError

from bullpen import messages
from bullpen.slack import refusals
from bullpen.slack.answers import Json, answer, items, next_cursor
from bullpen.slack.connect import Connection
from bullpen.slack.inbound import link, reachable
from bullpen.slack.limits import Pace, Priority, Unpaced
from bullpen.slack.live import LiveMessages, Persona
from bullpen.slack.plans import UPDATE_SECONDS, Plans
from bullpen.slack.presence import Presence
from bullpen.slack.render import EVENT_TYPE, Part, in_words, part_key, parts, quiet
from bullpen.slack.uploads import UploadFailed, Uploads
from bullpen_agents.task import Agent
from bullpen_orchestrator.ports import Busy, Plan, Post, SessionState

PATIENCE = 1.5
"""Seconds that a post waits for its turn itself; a longer wait goes back to the outbox as Busy."""
PAGE = 200
LOOK_AGAIN = 5.0
"""Seconds until a thread is looked at again that could not be reached."""
log = logging.getLogger("bullpen.slack.chat")


class SlackChat:
    """Speaks in one workspace, under the names and icons of `agents`. `home` holds the pictures."""

    def __init__(
        self,
        connection: Connection,
        agents: Mapping[str, Agent],
        pace: Pace,
        *,
        home: Path = Path(),
    ) -> None:
        self._client = connection.client
        self._reader = connection.reader
        self._me = connection.identity
        self._agents = agents
        self._pace = pace
        self._home = home
        self._uploads = Uploads(connection.client, connection.session)
        self._live = LiveMessages(connection.client, pace, connection.identity.team_id)
        # Nobody limits the local workspace, so there the plans move with the work.
        beat = 0.3 if isinstance(pace, Unpaced) else UPDATE_SECONDS
        self._plans = Plans(connection.client, pace, connection.identity.team_id, beat=beat)
        self._presence = Presence(connection.client, pace, self._persona)
        self._personas = True

    async def post(self, post: Post) -> str:
        """Say `post`; the ts of its first message. Raises as `Chat.post` says."""
        post = self._reachable(post)
        images = await self._upload(post)
        post = _without_lost_pictures(post, images)
        name = "" if self._personas else self._name(post.agent)
        pieces = parts(post, images, name_in_text=name)
        there = await self._present(post) if len(pieces) > 1 else {}
        first = ""
        for i, piece in enumerate(pieces):
            ts = there.get(part_key(post.key, i), "")
            if not ts:
                ts = await self._say(post, piece, live_ts=post.live_ts if i == 0 else "")
            first = first or ts
        self._uploads.forget(post.key)
        await self._presence.said(post.channel, post.thread_ts)
        return first

    async def find(self, channel: str, thread_ts: str, key: str) -> str | None:
        """The ts of the post with `key`, if all of its parts are in the thread.

        Raises Busy without a network, and Undeliverable where channel or thread are gone.
        """
        try:
            return await self._find(channel, thread_ts, key)
        except SlackApiError as error:
            raise refusals.of_post(error) from error
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            log.warning("cannot look into %s: %s", channel, error)
            raise Busy(LOOK_AGAIN) from error

    async def _find(self, channel: str, thread_ts: str, key: str) -> str | None:
        found: dict[str, str] = {}
        wanted = 1
        async for message in self._thread(channel, thread_ts):
            payload = _payload(message)
            name = str(payload.get("key", ""))
            if name == key or name.startswith(f"{key}#"):
                found[name] = str(message["ts"])
                wanted = max(wanted, int(payload.get("parts", 1)))
        if all(part_key(key, i) in found for i in range(wanted)):
            return found[key]
        return None

    async def status(self, channel: str, thread_ts: str, agent: str, text: str) -> None:
        """Show that `agent` is busy; the same status is not sent twice, a paced one is dropped."""
        await self._presence.status(channel, thread_ts, agent, text)

    async def session(
        self, channel: str, thread_ts: str, state: SessionState, *, user: str = "", title: str = ""
    ) -> bool:
        """Show whether the thread is worked on, with Slack's own stop button while it is."""
        return await self._presence.session(channel, thread_ts, state, user, title)

    async def open_live(self, channel: str, thread_ts: str, agent: str, user: str) -> str | None:
        """A growing message in a direct conversation; None in channels, where others would not see it."""
        if not channel.startswith("D"):
            return None
        return await self._live.open(channel, thread_ts, user, self._persona(agent))

    async def grow_live(self, channel: str, ts: str, text: str) -> None:
        """Show the whole `text` so far, paced."""
        self._live.grow(channel, ts, quiet(text))

    async def show_plan(self, post: Post, ts: str) -> None:
        """Show the plan in its post, paced; a post of several messages keeps its first state."""
        name = "" if self._personas else self._name(post.agent)
        post = self._reachable(post)
        if post.plan is None or len(parts(post, {}, name_in_text=name)) > 1:
            return

        async def update(plan: Plan) -> object:
            [part] = parts(replace(post, plan=plan), {}, name_in_text=name)
            return await self._client.chat_update(
                channel=post.channel, ts=ts, text=part.text, blocks=part.blocks,
                metadata=part.metadata,
            )  # fmt: skip

        self._plans.show(post.channel, ts, post.plan, update)

    async def open_plan(
        self, channel: str, thread_ts: str, agent: str, user: str, plan: Plan
    ) -> str | None:
        """A message of steps that `user` sees as they go, in channels too; others see how it ended."""
        return await self._plans.open(channel, thread_ts, user, self._persona(agent), plan)

    async def grow_plan(self, channel: str, ts: str, plan: Plan, *, over: bool = False) -> None:
        """Show the steps as they are now, paced."""
        self._plans.grow(channel, ts, plan, over=over)

    async def direct(self, user: str) -> str | None:
        """The direct message with `user`; None where Slack does not let us open one."""
        try:
            opened = await self._client.conversations_open(users=user)
        except SlackApiError as error:
            log.warning("no direct message with %s: %s", user, refusals.reason(error))
            return None
        return str(answer(opened)["channel"]["id"])

    def permalink(self, channel: str, ts: str, thread_ts: str = "") -> str:
        """The address of a message, in the form Slack gives it."""
        return link(self._me, channel, ts, thread_ts)

    async def close(self) -> None:
        """Stop growing live messages."""
        await self._live.close()
        await self._plans.close()

    def _reachable(self, post: Post) -> Post:
        """The post with addresses that lead somewhere today."""
        notes = tuple(reachable(note, self._me) for note in post.footnotes)
        return replace(post, text=reachable(post.text, self._me), footnotes=notes)

    async def _say(self, post: Post, part: Part, *, live_ts: str) -> str:
        try:
            if live_ts:
                replaced = await self._replace(post, part, live_ts)
                if replaced:
                    return live_ts
            return await self._send(post, part)
        except SlackApiError as error:
            seconds = refusals.retry_after(error)
            if seconds is not None:
                self._pace.freeze("chat.postMessage", seconds)
            raise refusals.of_post(error) from error

    async def _replace(self, post: Post, part: Part, ts: str) -> bool:
        """Complete the live message; False where it is gone and the text must be posted anew."""
        await self._live.finish(post.channel, ts)
        await self._turn("chat.update")
        for shown in (part, in_words(part)):
            try:
                await self._client.chat_update(
                    channel=post.channel, ts=ts, text=shown.text, blocks=shown.blocks,
                    metadata=shown.metadata,
                )  # fmt: skip
            except SlackApiError as error:
                if refusals.reason(error) in ("message_not_found", "cant_update_message"):
                    return False
                if shown is not part or not refusals.of_form(error):
                    raise
            else:
                return True
        return True

    async def _send(self, post: Post, part: Part) -> str:
        await self._turn("chat.postMessage", post.channel, post.priority)
        mended = False
        while True:
            try:
                return await self._once(post, part)
            except SlackApiError as error:
                if not mended and await self._mended(error, part):
                    mended = True
                elif part.blocks and refusals.of_form(error):
                    log.warning("the form of %s is refused (%s): text only", post.key, error)
                    part = in_words(part)
                else:
                    raise

    async def _once(self, post: Post, part: Part) -> str:
        persona = self._persona(post.agent)
        sent = await self._client.chat_postMessage(
            channel=post.channel, thread_ts=post.thread_ts or None, text=part.text,
            blocks=part.blocks, metadata=part.metadata, unfurl_links=False, unfurl_media=False,
            username=persona.username, icon_emoji=persona.icon_emoji,
        )  # fmt: skip
        return str(sent["ts"])

    async def _mended(self, error: SlackApiError, part: Part) -> bool:
        """Whether the cause of a refusal is gone now, so that one more attempt makes sense."""
        word = refusals.reason(error)
        if word == "missing_scope" and "customize" in str(error.response.get("needed", "")):
            log.warning("the scope chat:write.customize is missing; agents speak as the app")
            self._personas = False
            return True
        if word in ("invalid_blocks", "invalid_blocks_format"):
            files = [b["slack_file"]["id"] for b in part.blocks if b["type"] == "image"]
            if files:
                return all([await self._uploads.ready(file) for file in files])
        return False

    async def _upload(self, post: Post) -> dict[str, str]:
        found: dict[str, str] = {}
        for path, alt in post.images:
            try:
                found[path] = await self._uploads.put(post.key, self._home / path, alt)
            except SlackApiError as error:
                raise refusals.of_post(error) from error
            except (aiohttp.ClientError, TimeoutError):
                raise  # the network, which comes back
            except (OSError, UploadFailed) as error:
                log.error("the picture %s is left out: %s", path, error)
        return found

    async def _turn(self, method: str, channel: str = "", priority: Priority = "answer") -> None:
        wait = self._pace.claim(method, channel, priority)
        while wait > 0:
            if wait > PATIENCE:
                raise Busy(wait)
            await asyncio.sleep(wait)
            wait = self._pace.claim(method, channel, priority)

    async def _present(self, post: Post) -> dict[str, str]:
        """The parts of a long post that an earlier attempt has already said."""
        found: dict[str, str] = {}
        async for message in self._thread(post.channel, post.thread_ts):
            name = str(_payload(message).get("key", ""))
            if name == post.key or name.startswith(f"{post.key}#"):
                found[name] = str(message["ts"])
        return found

    async def _thread(self, channel: str, thread_ts: str) -> AsyncIterator[Json]:
        cursor = ""
        while True:
            page = (
                await self._reader.conversations_replies(
                    channel=channel, ts=thread_ts, limit=PAGE, include_all_metadata=True,
                    cursor=cursor or None,
                )
                if thread_ts
                else await self._reader.conversations_history(
                    channel=channel, limit=PAGE, include_all_metadata=True, cursor=cursor or None
                )
            )  # fmt: skip
            for message in items(page, "messages"):
                yield message
            cursor = next_cursor(page)
            if not cursor:
                return

    def _name(self, agent: str) -> str:
        known = self._agents.get(agent)
        return known.name if known else agent

    def _persona(self, agent: str) -> Persona:
        known = self._agents.get(agent)
        if not self._personas or known is None:
            return Persona()
        return Persona(known.name, known.icon if known.icon.startswith(":") else None)


def _without_lost_pictures(post: Post, images: Mapping[str, str]) -> Post:
    kept = tuple(image for image in post.images if image[0] in images)
    if kept == post.images:
        return post
    return replace(post, images=kept, footnotes=(*post.footnotes, messages.CHART_LOST))


def _payload(message: Mapping[str, Any]) -> Json:
    metadata = message.get("metadata") or {}
    if metadata.get("event_type") != EVENT_TYPE:
        return {}
    return dict(metadata.get("event_payload") or {})
