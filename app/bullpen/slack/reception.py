"""The app's home at work: shown to each person, and what its buttons do.

The rule it protects: what is shown and what can be pressed follows from what the person may see
at that moment, and every decision is attributed to the person. It draws nothing; `home.py` does.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import aiohttp
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bullpen.slack import home, messages
from bullpen.slack.calling import Calls
from bullpen.slack.commands import Commands, Listening, Memory
from bullpen.slack.directory import Directory
from bullpen.slack.limits import Pace, Unpaced
from bullpen_agents.roster import Roster
from bullpen_memory.errors import InputError
from bullpen_memory.records import WORKSPACE, Query, Record, channel_scope, person_scope

Json = dict[str, Any]
Ack = Callable[..., Awaitable[Any]]
BEAT = 5.0
LATELY = 900.0
"""Seconds after which a home that nobody opened or pressed is no longer kept up to date."""
log = logging.getLogger("bullpen.slack.reception")


class Duties(Protocol):
    """The schedule: what is on it, and taking one away (False where there is none of that name)."""

    def due(self) -> Sequence[home.Due]: ...

    def cancel(self, name: str) -> bool: ...


@dataclass(slots=True)
class Opened:
    """A home that somebody looks at: which pages, since when, and what it shows without a note."""

    pages: home.Pages
    at: float
    shown: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Reception:
    """One desk's home tabs."""

    client: AsyncWebClient
    directory: Directory
    desk: Listening
    roster: Roster
    memory: Memory
    commands: Commands
    pace: Pace = field(default_factory=Unpaced)
    duties: Duties | None = None
    calls: Calls | None = None
    opened: dict[str, Opened] = field(default_factory=dict[str, Opened])

    def register(self, app: AsyncApp) -> None:
        """Take the buttons of the home."""
        app.action(home.STOP)(self.stop)
        app.action(home.CANCEL)(self.cancel)
        app.action(home.APPROVE)(self.approve)
        app.action(home.RETRACT)(self.retract)
        app.action(re.compile(rf"^{home.TURN}:"))(self.turn)

    async def show(self, user: str, pages: home.Pages | None = None, note: str = "") -> None:
        """Publish the home as `user` may see it now."""
        pages = pages or home.Pages()
        glimpse = await self._glimpse(user, pages)
        if not glimpse.proposed and glimpse.waiting:
            # The last record of the page was decided on: the page before is the last one now.
            pages = home.Pages(runs=pages.runs)
            glimpse = await self._glimpse(user, pages)
        bare = home.view(self.roster, glimpse, pages)
        view = home.view(self.roster, replace(glimpse, note=note), pages) if note else bare
        self.opened[user] = Opened(pages, time.monotonic(), bare)
        await self.client.views_publish(user_id=user, view=view)

    async def refresh(self) -> bool:
        """Publish the homes that were opened lately and would show something else now, paced.

        False where one has to wait for the pace and for the next call.
        """
        done = True
        for user, seen in list(self.opened.items()):
            if time.monotonic() - seen.at > LATELY:
                self.opened.pop(user, None)
                continue
            bare = home.view(self.roster, await self._glimpse(user, seen.pages), seen.pages)
            if bare == seen.shown:
                continue
            if self.pace.claim("views.publish", "", "progress") > 0:
                done = False
                continue
            seen.shown = bare
            await self.client.views_publish(user_id=user, view=bare)
        return done

    async def _glimpse(self, user: str, pages: home.Pages) -> home.Glimpse:
        shared = await self.directory.channels_of(user)
        channels = {channel.id for channel in shared}
        names = {channel.name for channel in shared}
        due = await asyncio.to_thread(self.duties.due) if self.duties else ()
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
        calls = await asyncio.to_thread(self.calls.standing, scopes) if self.calls else []
        return home.Glimpse(
            ideas=calls,
            running=running,
            proposed=[hit.record for hit in found.hits],
            waiting=found.total,
            kept=messages.slash_memory(await asyncio.to_thread(self.memory.count, scopes)),
            spend=self.commands.spend(),
            due=[one for one in due if one.channel in names],
        )

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

    async def cancel(self, ack: Ack, body: Json, action: Json) -> None:
        """Take a duty off the schedule; only one of a channel that the person is in."""
        await ack()
        user, name = str(body["user"]["id"]), str(action["value"])
        names = {channel.name for channel in await self.directory.channels_of(user)}
        duties = self.duties
        mine = duties is not None and any(
            one.name == name and one.channel in names for one in await asyncio.to_thread(duties.due)
        )
        gone = mine and duties is not None and await asyncio.to_thread(duties.cancel, name)
        await self.show(user, note=messages.home_cancelled(name, gone=gone))

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


async def keep_up(
    receptions: Sequence[Reception], desk: Listening, memory: Memory, *, beat: float = BEAT
) -> None:
    """Keep opened homes true until cancelled: look every `beat` seconds whether anything changed.

    Nothing is asked of Slack while nobody looks, or while runs, records and spending stay the same.
    """
    before: object = None
    while True:
        await asyncio.sleep(beat)
        if not any(reception.opened for reception in receptions):
            continue
        try:
            counts = await asyncio.to_thread(memory.count, None)
            now = (desk.status(), counts, desk.spending())
            if now == before:
                continue
            if all([await reception.refresh() for reception in receptions]):
                before = now
        except (SlackApiError, aiohttp.ClientError, OSError, TimeoutError) as error:
            log.info("the home is not brought up to date: %s", error or type(error).__name__)
        except Exception:
            # The homes go stale for a beat; the desk itself must not notice.
            log.exception("the home is not brought up to date")
