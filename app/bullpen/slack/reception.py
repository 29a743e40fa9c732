"""The app's home at work: shown to each person, and what its buttons do.

The rule it protects: what is shown and what can be pressed follows from what the person may see
at that moment, and every decision is attributed to the person. It draws nothing; `home.py` does.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bullpen.slack import home, messages
from bullpen.slack.commands import Commands, Listening, Memory
from bullpen.slack.directory import Directory
from bullpen_agents.roster import Roster
from bullpen_memory.errors import InputError
from bullpen_memory.records import WORKSPACE, Query, Record, channel_scope, person_scope

Json = dict[str, Any]
Ack = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reception:
    """One desk's home tabs."""

    client: AsyncWebClient
    directory: Directory
    desk: Listening
    roster: Roster
    memory: Memory
    commands: Commands

    def register(self, app: AsyncApp) -> None:
        """Take the buttons of the home."""
        app.action(home.STOP)(self.stop)
        app.action(home.APPROVE)(self.approve)
        app.action(home.RETRACT)(self.retract)
        app.action(re.compile(rf"^{home.TURN}:"))(self.turn)

    async def show(self, user: str, pages: home.Pages | None = None, note: str = "") -> None:
        """Publish the home as `user` may see it now."""
        pages = pages or home.Pages()
        channels = {channel.id for channel in await self.directory.channels_of(user)}
        scopes = frozenset(
            {WORKSPACE, person_scope(user), *(channel_scope(channel) for channel in channels)}
        )
        running = [
            run
            for run in self.desk.status()
            if run.audience == "public" or run.user == user or run.channel in channels
        ]
        query = Query(
            scopes=scopes, statuses=frozenset({"proposed"}), limit=home.PAGE,
            offset=pages.inbox * home.PAGE,
        )  # fmt: skip
        found = await asyncio.to_thread(self.memory.find, query)
        if not found.hits and found.total:
            # The last record of the page was decided on: the page before is the last one now.
            await self.show(user, home.Pages(runs=pages.runs), note)
            return
        glimpse = home.Glimpse(
            running=running,
            proposed=[hit.record for hit in found.hits],
            waiting=found.total,
            kept=messages.slash_memory(await asyncio.to_thread(self.memory.count, scopes)),
            spend=self.commands.spend(),
            note=note,
        )
        await self.client.views_publish(user_id=user, view=home.view(self.roster, glimpse, pages))

    async def turn(self, ack: Ack, body: Json, action: Json) -> None:
        """Another page, or the same one as it is now."""
        await ack()
        await self.show(str(body["user"]["id"]), home.pages_of(str(action.get("value", ""))))

    async def stop(self, ack: Ack, body: Json, action: Json) -> None:
        """Stop one run from the home."""
        await ack()
        user = str(body["user"]["id"])
        channel, _, thread_ts = str(action["value"]).partition(":")
        person = await self.directory.person(user)
        runs = await self.desk.stop_thread(channel, thread_ts, person.name)
        await self.show(user, note=messages.home_stopped(runs))

    async def approve(self, ack: Ack, body: Json, action: Json) -> None:
        """A person takes a proposal into force."""
        await ack()
        await self._decide(
            body, action, messages.home_approved,
            lambda record, user: self.memory.approve(
                record.id, by=user, expected_version=record.version
            ),
        )  # fmt: skip

    async def retract(self, ack: Ack, body: Json, action: Json) -> None:
        """A person turns a proposal down."""
        await ack()
        await self._decide(
            body, action, messages.home_retracted,
            lambda record, user: self.memory.retract(
                record.id, by=user, reason=messages.RETRACTED_AT_HOME
            ),
        )  # fmt: skip

    async def _decide(
        self,
        body: Json,
        action: Json,
        done: Callable[[str], str],
        act: Callable[[Record, str], object],
    ) -> None:
        user = str(body["user"]["id"])
        record_id, _, version = str(action["value"]).partition(":")
        channels = await self.directory.channels_of(user)
        scopes = {WORKSPACE, person_scope(user), *(channel_scope(c.id) for c in channels)}
        try:
            record = await asyncio.to_thread(
                lambda: self.memory.get(record_id, scopes=frozenset(scopes))
            )
            if record is None or str(record.version) != version:
                note = messages.home_too_late(record_id)
            else:
                await asyncio.to_thread(act, record, user)
                note = done(record_id)
        except InputError as error:
            note = f"{error.fact} {error.cause} {error.remedy}"
        await self.show(user, note=note)
