"""The rooms: everything the workspace knows, behind one door.

The rule it protects: workspace.db is touched only through these parts (`people`, `channels`,
`messages`, `files`, `surfaces`, `streams`, `deliveries`, `pinboard`, `schedule`, `sent`,
`canvases`, `addresses`), and every change reaches the feed.
It holds no rules of Slack's; those are in `web_api/`, `actions.py` and `delivery.py`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from bullpen_workspace.addresses import Addresses
from bullpen_workspace.canvases import Canvases
from bullpen_workspace.channels import Channels
from bullpen_workspace.database import Database, Listener
from bullpen_workspace.files import Files
from bullpen_workspace.messages import Messages
from bullpen_workspace.people import People
from bullpen_workspace.pinboard import Pinboard
from bullpen_workspace.queues import Deliveries, Streams
from bullpen_workspace.scheduled import Schedule
from bullpen_workspace.sent import Sent
from bullpen_workspace.surfaces import Surfaces
from bullpen_workspace.types import Change, File


class Rooms:
    """The parts of one workspace, over one database and one folder of files.

    Raises WorkspaceError when the database cannot be opened. Calls are synchronous and short;
    they may come from any thread.
    """

    def __init__(self, path: Path, files: Path, *, clock: Callable[[], float] = time.time) -> None:
        self._database = Database(path, clock=clock)
        self.clock = clock
        self.people = People(self._database)
        self.channels = Channels(self._database)
        self.messages = Messages(self._database)
        self.files = Files(self._database, files)
        self.surfaces = Surfaces(self._database)
        self.streams = Streams(self._database)
        self.deliveries = Deliveries(self._database)
        self.pinboard = Pinboard(self._database)
        self.schedule = Schedule(self._database, self.messages)
        self.sent = Sent(self._database)
        self.canvases = Canvases(self._database)
        self.addresses = Addresses(self._database)

    def subscribe(self, listener: Listener, *, inside: bool = False) -> Callable[[], None]:
        """Hear of every Change after it is on disk; returns the function that ends it.

        With `inside` the listener runs before the commit and its writes join the transaction.
        """
        return self._database.subscribe(listener, inside=inside)

    def announce(self, change: Change) -> None:
        """Tell the feed of something that is not a row, such as a pressed stop button."""
        with self._database.transaction():
            self._database.emit(change)

    def transaction(self) -> AbstractContextManager[None]:
        """All writes inside are stored together or not at all."""
        return self._database.transaction()

    def next_ts(self) -> str:
        """A ts later than any given before."""
        return self._database.next_ts()

    def secret(self, name: str, make: Callable[[], str]) -> str:
        """A value that is made once and kept (a session key, for one)."""
        with self.transaction():
            value = self._database.meta(name)
            if not value:
                value = make()
                self._database.set_meta(name, value)
        return value

    def knows(self, name: str) -> bool:
        """Whether `secret` has made the value of this name."""
        return bool(self._database.meta(name))

    def sees(self, user: str, file: File) -> bool:
        """Whether a file is open to a user: their own, or in a channel they are in or may enter."""
        if file.user == user:
            return True
        channels = (self.channels.get(channel) for channel in file.channels)
        return any(
            channel.kind == "public" or user in channel.members
            for channel in channels
            if channel is not None
        )

    def close(self) -> None:
        self._database.close()
