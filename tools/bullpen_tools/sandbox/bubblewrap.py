"""The local sandbox: bubblewrap with nothing visible but Python, its libraries and one folder.

The rule it protects: no network, no file of the host but an allow-list that cannot be written, no
new privileges, no device, no other process; root is given up before bubblewrap starts. What ends
a command is a limit of `port.Limits` or the command itself. It is Linux only and does not fall
back to anything.
"""

from __future__ import annotations

import json
import os
import random
import secrets
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from bullpen_memory.errors import OperatorError
from bullpen_tools.sandbox import seccomp, watchdog
from bullpen_tools.sandbox.beneath import files_beneath, read_beneath, write_beneath
from bullpen_tools.sandbox.port import (
    ExecuteResponse,
    FileDownloadResponse,
    FileError,
    FileUploadResponse,
    Limits,
)

BOX = "/box"
PYTHON = sys.executable
_HERE = Path(__file__).parent
INSIDE = _HERE / "inside"
"""What is shown inside under /desk."""
_POLL = 0.1
_UIDS = range(61184, 65520)
"""The uids that systemd gives to short-lived users; nothing else runs under them."""
_STAGES = ("/mnt", "/media", "/srv", "/opt", "/home")
_ENVIRONMENT = MappingProxyType({
    "PATH": f"{Path(sys.prefix) / 'bin'}:/usr/bin:/bin", "HOME": BOX, "TMPDIR": "/tmp", "LANG": "C.UTF-8",
    "MPLCONFIGDIR": "/tmp/matplotlib", "MPLBACKEND": "Agg", "PYTHONDONTWRITEBYTECODE": "1", "OPENBLAS_NUM_THREADS": "2",
    "OMP_NUM_THREADS": "2", "PYTHONPATH": "/desk",
})  # fmt: skip
_ADDRESS_SPACE = 4_000_000_000
_OPEN_FILES = 256
_DOWNLOAD = 20_000_000
_FAILURES: tuple[tuple[type[OSError], FileError], ...] = (
    (FileNotFoundError, "file_not_found"),
    (IsADirectoryError, "is_directory"),
    (PermissionError, "permission_denied"),
)


def program() -> str:
    """The path of bubblewrap. OperatorError, with what to install, where there is none."""
    if sys.platform != "linux":
        raise OperatorError(
            "Code cannot be run here.",
            f"The sandbox needs Linux; this is {sys.platform}.",
            "Run the desk on Linux, or in a Linux virtual machine.",
        )
    found = shutil.which("bwrap", path="/usr/bin:/usr/local/bin:/bin")
    if found is None:
        raise OperatorError(
            "Code cannot be run here.",
            "The program bubblewrap (bwrap) is not installed.",
            "Install it: `apt install bubblewrap` on Debian and Ubuntu, `dnf install bubblewrap` on Fedora.",
        )
    return found


@dataclass(slots=True)
class Bubblewrap:
    """One workspace; a `Sandbox`. `seen` are folders of the host to show, read-only, under a name.

    Use it as a context manager: leaving it removes the workspace.
    """

    folder: Path
    limits: Limits = field(default_factory=Limits)
    seen: dict[str, Path] = field(default_factory=dict[str, Path])
    id: str = field(default_factory=lambda: f"box-{secrets.token_hex(6)}")
    box: Path = field(init=False)
    _uid: int | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.box = Path(tempfile.mkdtemp(prefix=f"{self.id}-", dir=self.folder))
        if os.geteuid() == 0:
            self._uid = random.SystemRandom().choice(_UIDS)
            os.chown(self.box, self._uid, self._uid)

    def __enter__(self) -> Bubblewrap:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove the workspace, whatever the code made of it."""
        # rm, unlike shutil.rmtree, neither follows links nor recurses on the depth of the tree.
        subprocess.run(["chmod", "-R", "u+rwX", "--", str(self.box)], capture_output=True)
        subprocess.run(["rm", "-rf", "--", str(self.box)], capture_output=True, check=True)

    def execute(self, command: str, *, timeout: int | None = None) -> ExecuteResponse:
        """Run a shell command in the workspace; `timeout` in seconds may only shorten the limit."""
        return self.run(["/bin/sh", "-c", command], timeout=timeout)

    def run(self, command: Sequence[str], *, timeout: float | None = None) -> ExecuteResponse:
        """Run a program with its arguments. OperatorError where the sandbox cannot be built."""
        limits = self.limits
        if timeout is not None:
            limits = replace(limits, seconds=min(timeout, limits.seconds))
        rules = os.memfd_create("seccomp")
        try:
            os.write(rules, seccomp.program())
            os.lseek(rules, 0, os.SEEK_SET)
            process = subprocess.Popen(
                self._command(command, rules, limits),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=(rules,),
                start_new_session=True,
                env={},
                cwd="/",
            )
        finally:
            os.close(rules)
        try:
            return self._follow(process, limits)
        finally:
            _end(process)

    def upload_files(self, files: list[tuple[str, bytes]]) -> list[FileUploadResponse]:
        """Put files into the workspace; one that is there already is not replaced."""
        done: list[FileUploadResponse] = []
        for path, content in files:
            try:
                write_beneath(self.box, path, content, self._uid)
                done.append(FileUploadResponse(path))
            except OSError as error:
                done.append(FileUploadResponse(path, _failure(error)))
        return done

    def download_files(self, paths: list[str]) -> list[FileDownloadResponse]:
        """Take files out of the workspace, each at most 20 MB."""
        done: list[FileDownloadResponse] = []
        for path in paths:
            try:
                content = read_beneath(self.box, path, _DOWNLOAD)
                done.append(FileDownloadResponse(path, content))
            except OSError as error:
                done.append(FileDownloadResponse(path, None, _failure(error)))
        return done

    def files(self) -> list[str]:
        """The paths of the plain files in the workspace."""
        return [found.path for found in files_beneath(self.box, depth=self.limits.depth)]

    def _command(self, command: Sequence[str], rules: int, limits: Limits) -> list[str]:
        binds = self._binds()
        arguments = [
            program(), "--unshare-all", "--unshare-user", "--disable-userns", "--cap-drop", "ALL", "--die-with-parent",
            "--new-session", "--clearenv", "--hostname", "sandbox", "--proc", "/proc", "--dev", "/dev",
            "--size", "64000000", "--tmpfs", "/tmp", "--size", "64000000", "--tmpfs", "/dev/shm",
        ]  # fmt: skip
        sources = list(dict.fromkeys(source for _, source, _ in binds))
        for option, source, target in binds:
            place = source if self._uid is None else f"{{{sources.index(source)}}}"
            arguments += [option, place, target]
        for link in ("bin", "lib", "lib64", "sbin"):
            if Path(f"/{link}").is_symlink():
                arguments += ["--symlink", f"usr/{link}", f"/{link}"]
        for name, value in _ENVIRONMENT.items():
            arguments += ["--setenv", name, value]
        arguments += [
            "--remount-ro",
            "/dev",
            "--remount-ro",
            "/",
            "--chdir",
            BOX,
            "--seccomp",
            str(rules),
            "--",
        ]
        inside = [PYTHON, "-I", "-S", "/run/guest.py", json.dumps(_resources(limits)), *command]
        if self._uid is None:
            return arguments + inside
        plan = {"uid": self._uid, "stage": _stage(sources), "sources": sources}
        root = [PYTHON, "-I", "-S", str(_HERE / "staging.py"), json.dumps(plan)]
        return root + arguments + inside

    def _binds(self) -> list[tuple[str, str, str]]:
        """(option, on the host, inside): what can be seen at all."""
        shown = ["/usr", sys.base_prefix, sys.prefix]
        shown += [f"/{name}" for name in ("bin", "lib", "lib64") if not Path(f"/{name}").is_symlink()]  # fmt: skip
        etc = [f"/etc/{name}" for name in ("ld.so.cache", "ld.so.conf", "localtime", "alternatives")]  # fmt: skip
        kept: list[str] = []
        for path in [*shown, *etc]:
            inside = any(Path(path).is_relative_to(above) for above in kept)
            if not inside and Path(path).exists():
                kept.append(path)
        binds = [("--ro-bind", path, path) for path in kept]
        binds.append(("--ro-bind", str(INSIDE / "guest.py"), "/run/guest.py"))
        binds += [("--ro-bind", str(path), name) for name, path in self.seen.items()]
        return [*binds, ("--bind", str(self.box), BOX)]

    def _follow(self, process: subprocess.Popen[bytes], limits: Limits) -> ExecuteResponse:
        assert process.stdout is not None
        output, stopped, end = bytearray(), "", time.monotonic() + limits.seconds
        checked = 0.0
        with selectors.DefaultSelector() as ready:
            ready.register(process.stdout, selectors.EVENT_READ)
            open_ = True
            while not stopped and (open_ or process.poll() is None):
                if not open_:
                    time.sleep(_POLL / 5)
                elif ready.select(_POLL):
                    piece = os.read(process.stdout.fileno(), 65536)
                    output += piece
                    open_ = bool(piece)
                now = time.monotonic()
                if len(output) > limits.output:
                    stopped = "output"
                elif now > end:
                    stopped = "time"
                elif now - checked >= _POLL:
                    stopped, checked = watchdog.exceeded(process.pid, self.box, limits), now
        if stopped:
            _end(process)
        code = None if stopped else process.wait()
        text = bytes(output[: limits.output]).decode(errors="replace")
        return ExecuteResponse(text, code, truncated=len(output) > limits.output, stopped=stopped)


def _resources(limits: Limits) -> dict[str, int]:
    seconds = max(1, round(limits.seconds))
    return {
        "CPU": seconds * 2, "FSIZE": limits.disk, "NOFILE": _OPEN_FILES, "NPROC": limits.processes, "CORE": 0,
        "AS": _ADDRESS_SPACE, "MEMLOCK": 0, "MSGQUEUE": 0,
    }  # fmt: skip


def _stage(sources: Sequence[str]) -> str:
    """A folder of the host that everybody may enter and that no source lies in, to mount over."""
    free = (
        place
        for place in _STAGES
        if Path(place).is_dir() and not any(Path(s).is_relative_to(place) for s in sources)
    )
    found = next(free, None)
    if found is None:
        raise OperatorError(
            "Code cannot be run here.",
            f"Everything under {', '.join(_STAGES)} is in use by Python itself.",
            "Run the desk as an ordinary user, not as root.",
        )
    return found


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the whole sandbox: its first process takes the namespace with it."""
    if process.poll() is None:
        for pid in reversed(watchdog.descendants(process.pid)[:2]):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _failure(error: OSError) -> FileError:
    for kind, name in _FAILURES:
        if isinstance(error, kind):
            return name
    return "invalid_path"
