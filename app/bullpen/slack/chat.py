"""The orchestrator's `Chat` port on Slack's Web API.

The rule it protects: one post is one message, shown once. The key travels in the metadata of
every part; `find` answers only when all parts are there, and a repeated `post` sends only the
missing ones. It decides nothing about what is said, and knows apps only by `AgentIdentity`.
"""

from __future__ import annotations

import logging
from dataclasses import replace

import aiohttp
from slack_sdk.errors import SlackApiError

from bullpen.slack import refusals
from bullpen.slack.answers import answer
from bullpen.slack.identity import AgentIdentity
from bullpen.slack.inbound import link, reachable
from bullpen.slack.line import Line, NotHere, file_key
from bullpen.slack.render import part_key, quiet, split_markdown
from bullpen_orchestrator.ports import Busy, Plan, Post, SessionState, Undeliverable

LOOK_AGAIN = 5.0
"""Seconds until a thread is looked at again that could not be reached."""
REMEMBERED = 2_000
log = logging.getLogger("bullpen.slack.chat")


class SlackChat:
    """Speaks in one workspace, through the apps of `identity`."""

    def __init__(self, identity: AgentIdentity) -> None:
        self._identity = identity
        self._desk = identity.lines[0]
        self._me = self._desk.me
        self._streamed: dict[tuple[str, str], dict[str, Line]] = {}
        self._posted: dict[tuple[str, str], Line] = {}

    async def post(self, post: Post) -> str:
        """Say `post`; the ts of its first message. Raises as `Chat.post` says."""
        post = self._reachable(post)
        there = await self._present(post)
        refused = ""
        for line in await self._identity.voices(post.agent, post.channel):
            try:
                ts = await line.post(post, there)
            except NotHere as error:
                self._identity.absent(line, post.channel)
                refused = error.word
            else:
                self._remember(post.channel, ts, line)
                return ts
        raise Undeliverable(refused)

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
        wanted, promised = 1, set[str]()
        host = await self._identity.host(channel)
        async for payload in host.said(channel, thread_ts):
            name = str(payload.get("key", ""))
            if name.startswith("file:"):
                found[name] = payload["ts"]
            elif name == key or name.startswith(f"{key}#"):
                found[name] = payload["ts"]
                promised |= {n for n in str(payload.get("files", "")).split("|") if n}
                wanted = max(wanted, int(payload.get("parts", 1)))
        for file in promised:
            # Either the file is there, or the sentence that says why it is not.
            if file_key(file) not in found and f"{key}#{file}" not in found:
                return None
        if all(part_key(key, i) in found for i in range(wanted)):
            return found[key]
        return None

    async def status(self, channel: str, thread_ts: str, agent: str, text: str) -> None:
        """Show that `agent` is busy; the same status is not sent twice, a paced one is dropped."""
        line = (await self._identity.voices(agent, channel))[0]
        await line.presence.status(channel, thread_ts, agent, text)

    async def session(
        self, channel: str, thread_ts: str, state: SessionState, *, user: str = "", title: str = ""
    ) -> bool:
        """Show the state of a thread's work, and Slack's stop button while it goes on."""
        host = await self._identity.host(channel)
        lines = {host.me.bot_id: host}
        if state != "processing":
            lines |= self._streamed.pop((channel, thread_ts), {})
        done = True
        for line in lines.values():
            done &= await line.presence.session(channel, thread_ts, state, user, title)
        return done

    async def open_live(self, channel: str, thread_ts: str, agent: str, user: str) -> str | None:
        """A growing message in a direct conversation; None in channels, where others would not see it."""
        if not channel.startswith("D"):
            return None
        host = await self._identity.host(channel)
        return await host.live.open(channel, thread_ts, user, host.persona(agent))

    async def grow_live(self, channel: str, ts: str, text: str) -> None:
        """Show the whole `text` so far, paced."""
        for line in self._identity.lines:
            line.live.grow(channel, ts, quiet(text))

    async def show_plan(self, post: Post, ts: str) -> None:
        """Show the plan in its post, paced; a post of several messages keeps its first state."""
        said_by = self._posted.get((post.channel, ts))
        line = said_by or (await self._identity.voices(post.agent, post.channel))[0]
        line.show_plan(self._reachable(post), ts)

    async def open_plan(
        self, channel: str, thread_ts: str, agent: str, user: str, plan: Plan
    ) -> str | None:
        """A message of steps that `user` sees as they go, in channels too; others see how it ended."""
        line = (await self._identity.voices(agent, channel))[0]
        ts = await line.plans.open(channel, thread_ts, user, line.persona(agent), plan)
        if ts is not None:
            # A stream makes its app busy in the thread; the end of the work must release it, too.
            self._streamed.setdefault((channel, thread_ts), {})[line.me.bot_id] = line
        return ts

    async def grow_plan(self, channel: str, ts: str, plan: Plan, *, over: bool = False) -> None:
        """Show the steps as they are now, paced."""
        for line in self._identity.lines:
            line.plans.grow(channel, ts, plan, over=over)

    async def direct(self, user: str) -> str | None:
        """The direct message with `user`; None where Slack does not let us open one."""
        try:
            opened = await self._desk.connection.client.conversations_open(users=user)
        except SlackApiError as error:
            log.warning("no direct message with %s: %s", user, refusals.reason(error))
            return None
        return str(answer(opened)["channel"]["id"])

    def permalink(self, channel: str, ts: str, thread_ts: str = "") -> str:
        """The address of a message, in the form Slack gives it."""
        return link(self._me, channel, ts, thread_ts)

    async def close(self) -> None:
        """Stop growing live messages."""
        for line in self._identity.lines:
            await line.live.close()
            await line.plans.close()

    def _reachable(self, post: Post) -> Post:
        """The post with addresses that lead somewhere today."""
        notes = tuple(reachable(note, self._me) for note in post.footnotes)
        return replace(post, text=reachable(post.text, self._me), footnotes=notes)

    def _remember(self, channel: str, ts: str, line: Line) -> None:
        """Only the app that posted a message can update it."""
        self._posted[channel, ts] = line
        while len(self._posted) > REMEMBERED:
            del self._posted[next(iter(self._posted))]

    async def _present(self, post: Post) -> dict[str, str]:
        """The parts of a long post, and the files of one, that an earlier attempt has said, by key."""
        found: dict[str, str] = {}
        if len(split_markdown(quiet(post.text))) < 2 and not post.files:
            return found
        host = await self._identity.host(post.channel)
        async for payload in host.said(post.channel, post.thread_ts):
            name = str(payload.get("key", ""))
            if name == post.key or name.startswith((f"{post.key}#", "file:")):
                found[name] = payload["ts"]
        return found
