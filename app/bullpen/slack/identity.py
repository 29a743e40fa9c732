"""Which Slack app a colleague speaks through: one for all of them, or one for each.

The rule it protects: the choice is made in one place, behind one port, and the rest of the code
is the same for both; in a direct conversation only the app it is held with can speak. It posts
nothing.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from typing import Protocol

import aiohttp
from slack_sdk.errors import SlackApiError

from bullpen.slack.answers import Json, answer
from bullpen.slack.line import Line

ABSENT_SECONDS = 120.0
"""How long an app that was not in a channel is not tried there again: somebody may invite it."""
log = logging.getLogger("bullpen.slack.identity")


class AgentIdentity(Protocol):
    """Which app stands for an agent.

    `lines` are all apps, the desk's own first. `voices` are the apps through which `agent` may
    speak in `channel`, the best first, never empty. `host` is the app that holds what belongs to
    the thread and to no agent, such as its session, and that can read the channel. `absent` tells
    that an app turned out not to be in a channel.
    """

    @property
    def lines(self) -> Sequence[Line]: ...

    async def voices(self, agent: str, channel: str) -> Sequence[Line]: ...

    async def host(self, channel: str) -> Line: ...

    def absent(self, line: Line, channel: str) -> None: ...


class OneApp:
    """All agents in one app: name and icon are set on each message."""

    def __init__(self, line: Line) -> None:
        self.lines = (line,)

    async def voices(self, agent: str, channel: str) -> Sequence[Line]:
        del agent, channel
        return self.lines

    async def host(self, channel: str) -> Line:
        del channel
        return self.lines[0]

    def absent(self, line: Line, channel: str) -> None:
        log.info("%s is not in %s", line.me.bot_name, channel)


class OwnApps:
    """An app for the desk, and one for each of some agents, by agent id; the others share the desk's."""

    def __init__(self, desk: Line, own: Mapping[str, Line]) -> None:
        self.lines = (desk, *own.values())
        self._desk = desk
        self._own = dict(own)
        self._hosts: dict[str, Line] = {}
        self._absent: dict[tuple[str, str], float] = {}

    async def voices(self, agent: str, channel: str) -> Sequence[Line]:
        host = await self.host(channel)
        own = self._own.get(agent)
        if own is None or own is host or channel.startswith("D") or self._was_absent(own, channel):
            return (host,)
        return (own, host)

    async def host(self, channel: str) -> Line:
        """The app a direct conversation is held with; else the desk's, or whichever is a member."""
        known = self._hosts.get(channel)
        if known is not None and not self._was_absent(known, channel):
            return known
        for line in self.lines:
            if await _is_in(line, channel):
                self._hosts[channel] = line
                return line
        return self._desk

    def absent(self, line: Line, channel: str) -> None:
        log.info("%s is not in %s", line.me.bot_name, channel)
        self._absent[line.me.bot_id, channel] = time.monotonic()
        self._hosts.pop(channel, None)

    def _was_absent(self, line: Line, channel: str) -> bool:
        since = self._absent.get((line.me.bot_id, channel))
        return since is not None and time.monotonic() - since < ABSENT_SECONDS


async def _is_in(line: Line, channel: str) -> bool:
    try:
        found = await line.connection.reader.conversations_info(channel=channel)
    except (SlackApiError, aiohttp.ClientError, OSError, TimeoutError) as error:
        log.debug("%s does not see %s: %s", line.me.bot_name, channel, error)
        return False
    info: Json = answer(found)["channel"]
    return bool(info.get("is_member") or info.get("is_im") or info.get("is_mpim"))
