"""The whole Slack side of a desk: every app of it opened, listened to and closed together.

The rule it protects: the desk's own app and the apps of single agents are opened in one way; a
token of another workspace, or of an app that is in use already, is told before anything listens.
It decides nothing about messages.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bullpen.slack import setup_messages
from bullpen.slack.app import Books, Listeners
from bullpen.slack.attachments import Attachments
from bullpen.slack.catchup import CatchUp, Hearing
from bullpen.slack.chat import SlackChat
from bullpen.slack.commands import Listening
from bullpen.slack.connect import Connection, Identity
from bullpen.slack.directory import Directory
from bullpen.slack.health import Timing
from bullpen.slack.identity import AgentIdentity, OneApp, OwnApps
from bullpen.slack.inbound import Reader
from bullpen.slack.limits import Pace
from bullpen.slack.line import Line
from bullpen.slack.listening import Ears
from bullpen.slack.planbook import PlanBook
from bullpen.slack.reception import Reception, keep_up
from bullpen_agents.roster import Roster

Tokens = tuple[str, str]
"""A bot token and an app-level token."""


class Desk(Listening, Hearing, Protocol):
    """What the Slack side needs of the desk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Where Slack is, and the tokens of the desk's app and of agents' own apps, by agent id."""

    api: str
    desk: Tokens
    agents: Mapping[str, Tokens]


class SlackSide:
    """Open it with `SlackSide.open`, let it hear with `listen`, end it with `close`."""

    def __init__(self, identity: AgentIdentity) -> None:
        self.identity = identity
        self.connection = identity.lines[0].connection
        first, *others = (line.connection.reader for line in identity.lines)
        self.directory = Directory(first, others)
        self.chat = SlackChat(identity)
        self._refreshing: asyncio.Task[None] | None = None

    @classmethod
    async def open(
        cls, access: Access, roster: Roster, pace: Callable[[Identity], Pace], home: Path
    ) -> SlackSide:
        """Connect every app. Raises OperatorError with nothing left open."""
        opened: list[Connection] = []
        agents, apart = roster.agents, frozenset(access.agents)
        try:
            for agent, (bot, app) in (("", access.desk), *access.agents.items()):
                made = await Connection.open(
                    base_url=access.api, bot_token=bot, app_token=app, agent=agent
                )
                opened.append(made)
                _require_its_own(made.identity, [other.identity for other in opened[:-1]])
        except BaseException:
            for made in opened:
                await made.close()
            raise
        book = PlanBook(home / "plans.db")
        desk, *own = [
            Line(made, agents, pace(made.identity), home=home, apart=apart, book=book)
            for made in opened
        ]
        for line in (desk, *own):
            await line.plans.mend()
        return cls(OwnApps(desk, {line.agent: line for line in own}) if own else OneApp(desk))

    async def listen(
        self,
        desk: Desk,
        books: Books,
        attachments: Callable[[Connection], Attachments],
        timing: Timing | None = None,
    ) -> None:
        """Hear people from here on, through every app, each message once."""
        ears = Ears(desk)
        scanned: set[str] = set()
        receptions: list[Reception] = []
        for line in self.identity.lines:
            others = [other.me for other in self.identity.lines if other is not line]
            connection = line.connection
            reader = Reader(line.me, self.directory, attachments(connection), others)
            listeners = Listeners(connection, reader, self.directory, desk, books, ears, line.pace)
            receptions.append(listeners.reception)
            catch_up = CatchUp(connection, line.pace, reader, desk, listeners.said, scanned)
            await connection.listen(catch_up, timing=timing)
        self._refreshing = asyncio.create_task(keep_up(receptions, desk, books.memory))

    async def deafen(self) -> None:
        """Hear nothing any more: before the desk stops, so that no message meets a closed desk."""
        for line in self.identity.lines:
            await line.connection.deafen()

    async def close(self) -> None:
        """Close every app."""
        if self._refreshing is not None:
            self._refreshing.cancel()
            await asyncio.gather(self._refreshing, return_exceptions=True)
        await self.chat.close()
        for line in self.identity.lines:
            await line.connection.close()


def _require_its_own(new: Identity, known: list[Identity]) -> None:
    if not known:
        return
    name = setup_messages.token_names(new.agent)[0]
    if new.team_id != known[0].team_id:
        raise setup_messages.app_elsewhere(name, new.team, known[0].team)
    for other in known:
        if other.bot_user_id == new.bot_user_id:
            raise setup_messages.app_used_twice(name, other.agent or "the desk")
