"""A throwaway PostgreSQL server of our own: one cluster for the whole test session, on 127.0.0.1.

A test asks `fresh_database()` for an address; the database behind it is empty but for the store's
tables. Where no server can be had the test is skipped, loudly; on CI it fails instead.
"""

from __future__ import annotations

import atexit
import functools
import glob
import itertools
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

PASSWORD = "s3cret-pa55"
_NUMBERS = itertools.count(1)
_IDLE: list[str] = []
_QUICK = {
    "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off",
    "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "32MB",
    "max_connections": "60", "autovacuum": "off",
}  # fmt: skip


class Server:
    """One cluster in a folder. `stop` and `start` keep its data and its port."""

    def __init__(self, binaries: Path) -> None:
        self._binaries = binaries
        self.folder = Path(tempfile.mkdtemp(prefix="bullpen-postgres-"))
        self._user = _other_user()
        if self._user:
            shutil.chown(self.folder, self._user)
        self.data = self.folder / "data"
        self.port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None
        password = self.folder / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)
        self._run(
            "initdb", "-D", str(self.data), "-U", "desk", "--auth=scram-sha-256", "--encoding=UTF8",
            "--locale=C.UTF-8", "--no-sync", f"--pwfile={password}",
        )  # fmt: skip

    def url(self, database: str = "postgres", *, password: str = PASSWORD) -> str:
        return f"postgresql://desk:{password}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        told = [f"-c{name}={value}" for name, value in (_QUICK | {"port": str(self.port)}).items()]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(self._binaries / "postgres"), "-D", str(self.data), *told],
                user=self._user, stdout=log, stderr=log,
            )  # fmt: skip
        deadline = time.monotonic() + 30
        while not self._answers():
            assert self._process.poll() is None, (self.folder / "log").read_text()[-2000:]
            assert time.monotonic() < deadline, "The server did not start."
            time.sleep(0.05)

    def stop(self) -> None:
        """Every connection is cut. What was committed is kept, for without fsync a crash would lose it."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(30)
            self._process = None

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def create(self, name: str, *, more: str = "") -> str:
        self.run_sql(f"CREATE DATABASE {name} {more}")
        return self.url(name)

    def run_sql(self, *statements: str, database: str = "postgres") -> list[tuple[object, ...]]:
        import psycopg

        with psycopg.connect(self.url(database), autocommit=True) as db:
            for statement in statements:
                made = db.execute(statement.encode())
            return made.fetchall() if made.description else []

    def files_of(self, url: str) -> Path:
        """The folder of a database's tables, everything written to it."""
        name = url.rsplit("/", 1)[1]
        self.run_sql("CHECKPOINT")
        oid = self.run_sql(f"SELECT oid FROM pg_database WHERE datname = '{name}'")[0][0]
        return self.data / "base" / str(oid)

    def _answers(self) -> bool:
        import psycopg

        try:
            psycopg.connect(self.url(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self._binaries / program), *arguments],
            user=self._user, capture_output=True, text=True, cwd=self.folder,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr


def new_server() -> Server:
    """A cluster for one test alone, started. The test removes it."""
    server = Server(_binaries())
    server.start()
    return server


@functools.cache
def server() -> Server:
    """The session's cluster."""
    made = new_server()
    atexit.register(made.remove)
    return made


@functools.cache
def _template() -> str:
    """A database with the store's tables in it; copying one is faster than making them."""
    from bullpen_memory.store import Store

    Store(server().create("ready")).close()
    return "ready"


def fresh_database() -> str:
    """The address of a database in which nothing is stored."""
    return _IDLE.pop() if _IDLE else server().create(f"t{next(_NUMBERS)}", more=f"TEMPLATE {_template()}")  # fmt: skip


def give_back(url: str) -> None:
    """Empty it for the next test; what still holds a connection to it loses that."""
    name = url.rsplit("/", 1)[1]
    server().run_sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")  # fmt: skip
    tables = server().run_sql(
        "SELECT string_agg('bullpen.' || relname, ', ') FROM pg_class WHERE relkind = 'r' AND"
        " relnamespace = 'bullpen'::regnamespace AND relname NOT IN ('_migrations', 'secret')",
        database=name,
    )[0][0]
    server().run_sql(f"TRUNCATE {tables} RESTART IDENTITY CASCADE", database=name)
    _IDLE.append(url)


def empty_database() -> str:
    """The same without any table."""
    return server().create(f"e{next(_NUMBERS)}")


def _binaries() -> Path:
    installed = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"), key=lambda p: int(p.split("/")[4]))  # fmt: skip
    found = shutil.which("initdb") or (installed[-1] if installed else None)
    if found is None:
        said = "POSTGRESQL IS NOT TESTED: no server is installed (apt-get install postgresql)."
        if os.environ.get("CI"):
            pytest.fail(said)
        pytest.skip(said)
    return Path(found).resolve().parent


def _other_user() -> str | None:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    import pwd

    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
