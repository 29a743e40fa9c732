"""What an executor of foreign code must offer, and the limits it must keep.

The rule it protects: code that a model wrote runs inside a sandbox or not at all. The shape is
that of deepagents' `SandboxBackendProtocol`, so that Docker, Kubernetes and hosted backends fit
without an adapter. It runs nothing itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

FileError = Literal["file_not_found", "permission_denied", "is_directory", "invalid_path"]


@dataclass(frozen=True, slots=True)
class ExecuteResponse:
    """What a command gave. `output` is stdout and stderr as they came.

    `exit_code` is None when the command was ended from outside; `truncated` says that output is
    missing; `stopped` names the limit that ended it ("time", "memory", "disk", "output",
    "processes", "files") or is "".
    """

    output: str
    exit_code: int | None = None
    truncated: bool = False
    stopped: str = ""


@dataclass(frozen=True, slots=True)
class FileUploadResponse:
    """One file that was put into the sandbox, or why not."""

    path: str
    error: FileError | None = None


@dataclass(frozen=True, slots=True)
class FileDownloadResponse:
    """One file that was taken out of the sandbox, or why not."""

    path: str
    content: bytes | None = None
    error: FileError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one command may use. Seconds of wall clock, bytes, numbers of processes and files."""

    seconds: float = 30.0
    memory: int = 1_000_000_000
    disk: int = 128_000_000
    output: int = 1_048_576
    processes: int = 64
    files: int = 2_000
    depth: int = 24


class Sandbox(Protocol):
    """One workspace with commands run inside of it; made for one call and closed after it.

    `execute` runs a shell command with the workspace as its folder and never raises for what the
    command does. `upload_files` and `download_files` take paths relative to the workspace, answer
    in the order asked, and refuse a path that leaves it, a link, and what is no regular file.
    """

    @property
    def id(self) -> str: ...

    def execute(self, command: str, *, timeout: int | None = None) -> ExecuteResponse: ...

    def upload_files(self, files: list[tuple[str, bytes]]) -> list[FileUploadResponse]: ...

    def download_files(self, paths: list[str]) -> list[FileDownloadResponse]: ...
