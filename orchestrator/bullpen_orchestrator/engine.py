"""Durable runs: a queue with one order per thread, recovery after a crash, one owner per home.

The rule it protects: a run that was enqueued is conducted until it ends, once at a time and in
the order of its thread, whatever dies in between. DBOS keeps the queue; the work itself is ONE
step that is handed to the desk's own event loop, so nothing loop-bound ever meets a second loop.
It knows no agents, posts nothing, and does not notice that another machine died.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import sqlite3
import threading
import time
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import IO

import sqlalchemy as sa
from dbos import DBOS, DBOSConfig, SetEnqueueOptions, SetWorkflowID
from sqlalchemy import event

from bullpen_memory.errors import DefectError, OperatorError

Conduct = Callable[[str], Awaitable[str]]

QUEUE = "runs"
WORKFLOW = "conduct"
# Not the package's version: DBOS never recovers runs of another application version, and an
# upgrade must not strand them. It changes only when old runs can no longer be continued.
APPLICATION_VERSION = "1"
# DBOS keeps its one instance in a module; a second engine would end the first one's.
_SINGLETON = threading.Lock()


class Engine:
    """One per process (DBOS is a singleton) and one per home folder (a lock file says so).

    `conduct` is awaited in the loop that called `start`; it must be repeatable, and its return
    value is only a word for the record. `polling` is the pause (seconds) between looks at the
    queue, `workers` how many threads of conversation run side by side.
    """

    def __init__(
        self,
        home: Path,
        conduct: Conduct,
        *,
        database_url: str | None = None,
        executor_id: str = "desk",
        polling: float = 0.1,
        workers: int = 16,
    ) -> None:
        self._home = home
        self._conduct = conduct
        self._url = database_url or f"sqlite:///{home / 'engine.db'}"
        self._executor_id = executor_id
        self._polling = polling
        self._workers = workers
        # DBOS never runs a workflow id again once it has failed. Each life gives its own ids, so
        # that a run that is still open is conducted again after a restart, whatever happened.
        self._life = uuid.uuid4().hex[:12]
        self._lock: IO[str] | None = None
        self._mine = False
        self._launched = False
        self._database: sa.Engine | None = None

    def own(self) -> None:
        """Take the home folder for this process; OperatorError when another one holds it."""
        if self._lock is None:
            self._lock = _own(self._home / "engine.lock")

    async def start(self) -> None:
        """Own the home folder, recover what was running, begin to look at the queue.

        OperatorError when another process holds this home folder or the database is out of reach.
        """
        self.own()
        if not _SINGLETON.acquire(blocking=False):
            raise DefectError(
                "The engine was not started.",
                "Another desk runs in this process, and there can be one only.",
                "Stop that desk first.",
            )
        self._mine = True
        loop = asyncio.get_running_loop()
        try:
            # In a thread without a loop: DBOS adopts the loop it is launched in, and its own
            # blocking pool with it, and both would outlive this desk.
            await asyncio.to_thread(self._launch, loop)
        except Exception as error:
            await self.stop()
            if isinstance(error, OperatorError):
                raise
            raise OperatorError(
                "The engine could not be started.",
                f"Its database said: {error}.",
                "Check that the database is reachable and the home folder writable.",
            ) from error

    async def stop(self) -> None:
        """End the threads, cancel the runs that are under way (they are recovered at the next start)."""
        if self._mine:
            await asyncio.to_thread(self._close)
            _SINGLETON.release()
            self._mine = False
        if self._database is not None:
            self._database.dispose()
            self._database = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    async def enqueue(self, run_id: str, *, thread: str) -> None:
        """Queue a run behind the others of its thread; this engine queues each id once.

        A run that an earlier engine left may be conducted once more after it ended.
        """
        await asyncio.to_thread(self._enqueue, run_id, thread)

    def _enqueue(self, run_id: str, thread: str) -> None:
        with SetWorkflowID(f"{run_id}#{self._life}"), SetEnqueueOptions(queue_partition_key=thread):
            DBOS.enqueue_workflow(QUEUE, self._workflow, run_id)

    def _launch(self, loop: asyncio.AbstractEventLoop) -> None:
        config: DBOSConfig = {
            "name": "bullpen",
            "system_database_url": self._url,
            "application_version": APPLICATION_VERSION,
            "executor_id": self._executor_id,
            "log_level": "ERROR",
            "scheduler_polling_interval_sec": 3600.0,
            "notification_listener_polling_interval_sec": 0.2,
        }
        if self._url.startswith("sqlite"):
            self._database = _sqlite(self._url)
            config["system_database_engine"] = self._database
        DBOS(config=config)
        self._workflow = DBOS.workflow(name=WORKFLOW)(self._in_loop(loop))
        DBOS.launch()
        DBOS.register_queue(
            QUEUE,
            partition_concurrency=1,
            worker_concurrency=self._workers,
            polling_interval_sec=self._polling,
            on_conflict="always_update",
        )
        self._launched = True

    def _close(self) -> None:
        """End DBOS, and let the queue hand out nothing more before its loop ends.

        DBOS ends its loop before its queue threads: a run taken in between meets a closed loop.
        A look at the queue that has begun still uses the old setting, hence the wait.
        """
        queue = DBOS.retrieve_queue(QUEUE) if self._launched else None
        if queue is not None:
            queue.set_worker_concurrency(0)
            time.sleep(2.2 * self._polling + 0.05)
        DBOS.destroy(destroy_registry=True)
        self._launched = False

    def _in_loop(self, loop: asyncio.AbstractEventLoop) -> Callable[[str], Awaitable[str]]:
        async def step(run_id: str) -> str:
            task = asyncio.run_coroutine_threadsafe(_awaited(self._conduct(run_id)), loop)
            return await asyncio.wrap_future(task)

        async def workflow(run_id: str) -> str:
            return await DBOS.run_step_async({"name": "graph"}, step, run_id)

        return workflow


async def _awaited(work: Awaitable[str]) -> str:
    return await work


def _own(path: Path) -> IO[str]:
    """Lock `path` for this process until it ends or closes the file."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.open("a+", encoding="utf-8")
    except OSError as error:
        raise OperatorError(
            f"The home folder {path.parent} cannot be used.",
            f"The system says: {error}.",
            "Make it writable, or choose another with BULLPEN_HOME.",
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.seek(0)
        owner = lock.read().strip() or "unknown"
        lock.close()
        raise OperatorError(
            f"The desk in {path.parent} is already running.",
            f"The process with id {owner} holds it.",
            "Stop that one first, or choose another home folder with BULLPEN_HOME.",
        ) from error
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def _sqlite(url: str) -> sa.Engine:
    """DBOS's own SQLite settings, with WAL and without the fsync of every commit.

    As shipped it uses the rollback journal, 3-6 times slower; WAL with NORMAL survives a killed
    process, and at a power loss the ledger still holds the runs that must be enqueued again.
    """
    engine = sa.create_engine(url, pool_size=20, max_overflow=0, pool_timeout=30)

    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = "IMMEDIATE"
        connection.execute("PRAGMA busy_timeout = 30000")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        if sqlite3.sqlite_version_info < (3, 42):
            connection.create_function("unixepoch", -1, _unixepoch)

    event.listen(engine, "connect", prepare)
    return engine


def _unixepoch(*arguments: object) -> float | int:
    """SQLite 3.42's `unixepoch('subsec')`, which older versions lack."""
    now = time.time()
    return round(now, 3) if "subsec" in arguments else int(now)
