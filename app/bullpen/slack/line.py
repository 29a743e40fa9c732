"""One Slack app as the desk speaks through it: posts, live messages, status and files of one bot.

The rule it protects: an agent's name and icon are set per message only where the app stands for
nobody in particular; an app that is one colleague's own never shows another's face, and a guest
says its name in the text. The SDK's own retries are off. It does not choose the app.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path

import aiohttp
from slack_sdk.errors import SlackApiError

from bullpen.slack import messages, refusals
from bullpen.slack.answers import Json, items, next_cursor
from bullpen.slack.connect import Connection
from bullpen.slack.limits import Pace, Priority, Unpaced
from bullpen.slack.live import LiveMessages, Persona
from bullpen.slack.planbook import PlanBook
from bullpen.slack.plans import UPDATE_SECONDS, Plans
from bullpen.slack.presence import Presence
from bullpen.slack.render import EVENT_TYPE, Part, in_words, part_key, parts
from bullpen.slack.uploads import Place, UploadFailed, Uploads
from bullpen_agents.task import Agent
from bullpen_orchestrator.ports import Busy, Plan, Post, Undeliverable

PATIENCE = 1.5
"""Seconds that a post waits for its turn itself; a longer wait goes back to the outbox as Busy."""
PAGE = 200
log = logging.getLogger("bullpen.slack.line")


class NotHere(Exception):
    """The app is not in that channel; nothing was posted. `word` is Slack's."""

    def __init__(self, word: str) -> None:
        self.word = word
        super().__init__(word)


class Line:
    """One app. `agent` is the colleague whose own it is, "" for the desk's; `home` holds pictures.

    `apart` are the agents with an app of their own: their faces are never set on another app.
    `book` keeps which plans are open.
    """

    def __init__(
        self,
        connection: Connection,
        agents: Mapping[str, Agent],
        pace: Pace,
        *,
        home: Path = Path(),
        apart: frozenset[str] = frozenset(),
        book: PlanBook | None = None,
    ) -> None:
        self.connection = connection
        self.me = connection.identity
        self.agent = connection.identity.agent
        self.pace = pace
        self._client = connection.client
        self._reader = connection.reader
        self._agents = agents
        self._home = home
        self._apart = apart
        self._uploads = Uploads(connection.client, connection.session)
        self.live = LiveMessages(connection.client, pace, connection.identity.team_id)
        # Nobody limits the local workspace, so there the plans move with the work.
        beat = 0.3 if isinstance(pace, Unpaced) else UPDATE_SECONDS
        self.plans = Plans(connection.client, pace, self.me, beat=beat, book=book)
        self.presence = Presence(connection.client, pace, self.persona)
        self._personas = not self.agent

    def persona(self, agent: str) -> Persona:
        """The face that is set on a message of `agent`; none where the app's own is shown."""
        known = self._agents.get(agent)
        if not self._personas or known is None or agent in self._apart:
            return Persona()
        return Persona(known.name, known.icon if known.icon.startswith(":") else None)

    def spoken(self, agent: str) -> str:
        """The name that must stand in the text, because the face does not tell who speaks."""
        if agent == self.agent or self.persona(agent).username:
            return ""
        known = self._agents.get(agent)
        return known.name if known else agent

    async def post(self, post: Post, there: Mapping[str, str]) -> str:
        """Say `post` here; the ts of its first message. `there` are the parts already said, by key.

        Raises NotHere (nothing was posted), and otherwise as `Chat.post` does.
        """
        images = await self._upload(post)
        post = _without_lost_pictures(post, images)
        pieces = parts(post, images, name_in_text=self.spoken(post.agent))
        first = ""
        for i, piece in enumerate(pieces):
            ts = there.get(part_key(post.key, i), "")
            if not ts:
                ts = await self._say(post, piece, live_ts=post.live_ts if i == 0 else "")
            first = first or ts
        await self._share(post, there)
        self._uploads.forget(post.key)
        await self.presence.said(post.channel, post.thread_ts)
        return first

    def show_plan(self, post: Post, ts: str) -> None:
        """Show the plan of a post that this app made, paced; one of several messages stays as it is."""
        name = self.spoken(post.agent)
        if post.plan is None or len(parts(post, {}, name_in_text=name)) > 1:
            return

        async def update(plan: Plan) -> object:
            [part] = parts(replace(post, plan=plan), {}, name_in_text=name)
            return await self._client.chat_update(
                channel=post.channel, ts=ts, text=part.text, blocks=part.blocks,
                metadata=part.metadata,
            )  # fmt: skip

        self.plans.show(post.channel, ts, post.plan, update)

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
                self.pace.freeze("chat.postMessage", seconds)
            if refusals.reason(error) in refusals.ABSENT:
                raise NotHere(refusals.reason(error)) from error
            raise refusals.of_post(error) from error

    async def _replace(self, post: Post, part: Part, ts: str) -> bool:
        """Complete the live message; False where it is gone and the text must be posted anew."""
        await self.live.finish(post.channel, ts)
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
        persona = self.persona(post.agent)
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

    async def _share(self, post: Post, there: Mapping[str, str]) -> None:
        """Show the files of a post under it, apart from those that are there already."""
        persona = self.persona(post.agent)
        place = Place(post.channel, post.thread_ts, persona.username, persona.icon_emoji)
        for path, title in post.files:
            name = Path(path).name
            if file_key(name) in there or f"{post.key}#{name}" in there:
                continue
            try:
                await self._uploads.share(self._home / path, title, place)
            except SlackApiError as error:
                meant = refusals.of_post(error)
                if not isinstance(meant, Undeliverable):
                    raise meant from error
                await self._without_file(post, name, meant.reason)
            except (UploadFailed, FileNotFoundError) as error:
                await self._without_file(post, name, str(error))

    async def _without_file(self, post: Post, name: str, reason: str) -> None:
        log.error("the file %s is not attached: %s", name, reason)
        payload = {"key": f"{post.key}#{name}", "agent": post.agent}
        metadata = {"event_type": EVENT_TYPE, "event_payload": payload}
        await self._send(post, Part(messages.file_lost(name, reason), [], metadata))

    async def _turn(self, method: str, channel: str = "", priority: Priority = "answer") -> None:
        wait = self.pace.claim(method, channel, priority)
        while wait > 0:
            if wait > PATIENCE:
                raise Busy(wait)
            await asyncio.sleep(wait)
            wait = self.pace.claim(method, channel, priority)

    async def said(self, channel: str, thread_ts: str) -> AsyncIterator[Json]:
        """The payloads of the desk's own messages in a thread, each with its "ts".

        A file that this app has shown there is one, too, under its `file_key`.
        """
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
                metadata: Json = message.get("metadata") or {}
                if message.get("bot_id") == self.me.bot_id:
                    for file in message.get("files") or ():
                        yield {"key": file_key(str(file.get("name"))), "ts": str(message["ts"])}
                if metadata.get("event_type") == EVENT_TYPE:
                    yield {**(metadata.get("event_payload") or {}), "ts": str(message["ts"])}
            cursor = next_cursor(page)
            if not cursor:
                return


def file_key(name: str) -> str:
    """The key of a file in a thread: names hold the hash of the content, so one name is one file."""
    return f"file:{name}"


def _without_lost_pictures(post: Post, images: Mapping[str, str]) -> Post:
    kept = tuple(image for image in post.images if image[0] in images)
    if kept == post.images:
        return post
    return replace(post, images=kept, footnotes=(*post.footnotes, messages.CHART_LOST))
