"""A desk with a scripted model on a real connection to a workspace that outlives it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aiohttp

from bullpen.slack.app import Books
from bullpen.slack.attachments import Attachments
from bullpen.slack.connect import Connection
from bullpen.slack.health import Timing
from bullpen.slack.limits import Pace, Unpaced
from bullpen.slack.side import Access, SlackSide
from bullpen_agents.model import Model
from bullpen_agents.roster import Roster
from bullpen_agents.scripted import ScriptedModel
from bullpen_orchestrator.desk import Desk
from bullpen_workspace.server import Workspace
from real_parts import close_parts, make_parts

QUICK = Timing(look=0.1, deaf=30.0, probe=0.2)


class OpenOffice:
    """A desk with a scripted model on a connection of its own; `open` and `close` as one likes."""

    def __init__(
        self, home: Path, workspace: Workspace, model: Model | None = None, url: str = ""
    ) -> None:
        self.home, self.workspace = home, workspace
        self.url = url or workspace.url
        self.model = model or ScriptedModel(lambda request: "Yes.")

    async def open(self, timing: Timing = QUICK, pace: Pace | None = None) -> Connection:
        first, *own = ((keys.bot_token, keys.app_token) for keys in self.workspace.apps)
        roster = Roster.load()
        access = Access(
            api=f"{self.url}/api/",
            desk=first,
            agents=dict(zip(roster.agents, own, strict=False)),
        )
        self.side = await SlackSide.open(access, roster, lambda me: pace or Unpaced(), self.home)
        self.connection = self.side.connection
        self.parts = make_parts(self.home, self.side.chat, self.model)
        self.desk = Desk(self.parts)
        await self.desk.start()
        files = self.home / "files"
        files.mkdir(exist_ok=True)
        books = Books(self.parts.roster, self.parts.receipts, self.parts.store)
        await self.side.listen(
            self.desk, books, lambda line: Attachments(line.client, files, 99), timing
        )
        return self.connection

    async def close(self) -> None:
        await self.side.deafen()
        await self.desk.stop()
        await self.side.close()
        close_parts(self.parts)

    def lose_events(self) -> None:
        """What Slack does after its retries: the events that nobody took are gone."""
        rooms, app = self.workspace.office.rooms, self.workspace.credentials.app_id
        for delivery in rooms.deliveries.pending(app):
            rooms.deliveries.remove(delivery.id)


class Faults:
    """The control API of a workspace that was started with the control token "test"."""

    def __init__(self, workspace: Workspace, session: aiohttp.ClientSession) -> None:
        self._url, self._session = workspace.url, session

    async def order(self, what: str, **details: Any) -> dict[str, Any]:
        """`order("sockets/drop")`: the answer of POST /_control/sockets/drop."""
        headers = {"Authorization": "Bearer test"}
        url = f"{self._url}/_control/{what}"
        async with self._session.post(url, json=details, headers=headers, proxy=None) as answer:
            told = await answer.json()
            assert told["ok"], told
            return told
