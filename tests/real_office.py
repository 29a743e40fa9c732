"""A desk with a scripted model on a real connection to a workspace that outlives it."""

from __future__ import annotations

from pathlib import Path

from bullpen.slack.app import Books, Listeners
from bullpen.slack.attachments import Attachments
from bullpen.slack.catchup import CatchUp
from bullpen.slack.chat import SlackChat
from bullpen.slack.connect import Connection
from bullpen.slack.directory import Directory
from bullpen.slack.health import Timing
from bullpen.slack.inbound import Reader
from bullpen.slack.limits import Pace, Unpaced
from bullpen_agents.roster import Roster
from bullpen_agents.scripted import ScriptedModel
from bullpen_orchestrator.desk import Desk
from bullpen_workspace.server import Workspace
from real_parts import close_parts, make_parts

QUICK = Timing(look=0.1, deaf=30.0, probe=0.2)


class OpenOffice:
    """A desk with a scripted model on a connection of its own; `open` and `close` as one likes."""

    def __init__(self, home: Path, workspace: Workspace) -> None:
        self.home, self.workspace = home, workspace

    async def open(self, timing: Timing = QUICK, pace: Pace | None = None) -> Connection:
        keys, url = self.workspace.credentials, self.workspace.url
        self.connection = connection = await Connection.open(
            base_url=f"{url}/api/", bot_token=keys.bot_token, app_token=keys.app_token
        )
        pace = pace or Unpaced()
        chat = SlackChat(connection, Roster.load().agents, pace)
        self.parts = make_parts(self.home, chat, ScriptedModel(lambda request: "Yes."))
        self.desk = Desk(self.parts)
        await self.desk.start()
        directory = Directory(connection.reader)
        (self.home / "files").mkdir(exist_ok=True)
        reader = Reader(
            connection.identity, directory, Attachments(connection.client, self.home / "files", 99)
        )
        books = Books(self.parts.roster, self.parts.receipts, self.parts.store)
        said = Listeners(connection, reader, directory, self.desk, books).said
        catch_up = CatchUp(connection.reader, pace, connection.identity, self.desk, said)
        await connection.listen(catch_up, timing=timing)
        return connection

    async def close(self) -> None:
        await self.desk.stop()
        await self.connection.close()
        close_parts(self.parts)

    def lose_events(self) -> None:
        """What Slack does after its retries: the events that nobody took are gone."""
        rooms, app = self.workspace.office.rooms, self.workspace.credentials.app_id
        for delivery in rooms.deliveries.pending(app):
            rooms.deliveries.remove(delivery.id)
