"""Opening files in a folder that hostile code has written to.

The rule it protects: a path is resolved inside of the folder or not at all. Links, absolute
paths, `..`, pipes, devices and files with a second name are refused, by the kernel where it can
(openat2) and component by component where it cannot.
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_OPENAT2 = 437
_NO_SYMLINKS, _BENEATH, _NO_MAGICLINKS = 0x04, 0x08, 0x02
_MODE = 0o600


@dataclass(frozen=True, slots=True)
class Found:
    """A regular file below the folder: its path relative to it, and its size in bytes."""

    path: str
    size: int


def open_beneath(folder: int, path: str, flags: int) -> int:
    """A descriptor for `path` under the folder's descriptor.

    Raises OSError: EXDEV or ELOOP for a path that leaves the folder or meets a link, EINVAL for
    one that is empty, absolute, or holds a NUL.
    """
    if not path or "\0" in path or path.startswith("/"):
        raise OSError(errno.EINVAL, "not a path inside of the folder", path)
    flags |= os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_NOCTTY
    mode = _MODE if flags & os.O_CREAT else 0
    how = ctypes.create_string_buffer(
        struct.pack("<QQQ", flags, mode, _BENEATH | _NO_SYMLINKS | _NO_MAGICLINKS)
    )
    libc = ctypes.CDLL(None, use_errno=True)
    found = libc.syscall(_OPENAT2, folder, os.fsencode(path), how, 24)
    if found >= 0:
        return int(found)
    number = ctypes.get_errno()
    if number in (errno.ENOSYS, errno.EPERM):
        return _step_by_step(folder, path, flags)
    raise OSError(number, os.strerror(number), path)


def _step_by_step(folder: int, path: str, flags: int) -> int:
    """The same without openat2, which containers' filters may refuse."""
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if not parts or ".." in parts:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), path)
    at = os.dup(folder)
    try:
        for part in parts[:-1]:
            below = os.open(part, os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=at)
            os.close(at)
            at = below
        return os.open(parts[-1], flags, _MODE, dir_fd=at)
    finally:
        os.close(at)


def read_beneath(folder: Path, path: str, limit: int) -> bytes:
    """The content of a regular file with one name and at most `limit` bytes; OSError otherwise."""
    root = os.open(folder, os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        handle = open_beneath(root, path, os.O_RDONLY)
    finally:
        os.close(root)
    with os.fdopen(handle, "rb") as file:
        status = os.fstat(file.fileno())
        if stat.S_ISDIR(status.st_mode):
            raise OSError(errno.EISDIR, os.strerror(errno.EISDIR), path)
        if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1:
            raise OSError(errno.EPERM, "not a plain file with one name", path)
        content = file.read(limit + 1)
    if len(content) > limit:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), path)
    return content


def write_beneath(folder: Path, path: str, content: bytes, owner: int | None = None) -> None:
    """A new file, with the folders above it; an existing one, or a link, is an OSError."""
    root = os.open(folder, os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        parts = path.split("/")
        for depth in range(1, len(parts)):
            _make(root, "/".join(parts[:depth]), owner)
        handle = open_beneath(root, path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    finally:
        os.close(root)
    with os.fdopen(handle, "wb") as file:
        if owner is not None:
            os.fchown(file.fileno(), owner, owner)
        file.write(content)


def _make(root: int, path: str, owner: int | None) -> None:
    above, _, name = path.rpartition("/")
    parent = open_beneath(root, above, os.O_RDONLY | os.O_DIRECTORY) if above else os.dup(root)
    try:
        if name in ("", ".", ".."):
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), path)
        try:
            os.mkdir(name, 0o700, dir_fd=parent)
        except FileExistsError:
            return
        if owner is not None:
            os.chown(name, owner, owner, dir_fd=parent, follow_symlinks=False)
    finally:
        os.close(parent)


def files_beneath(folder: Path, *, depth: int) -> Iterator[Found]:
    """The regular files with one name, in order of their paths, down to `depth` folders."""
    for entry in sorted(os.scandir(folder), key=lambda item: item.name):
        yield from _files(entry, entry.name, depth)


def _files(entry: os.DirEntry[str], path: str, depth: int) -> Iterator[Found]:
    status = entry.stat(follow_symlinks=False)
    if stat.S_ISREG(status.st_mode) and status.st_nlink == 1:
        yield Found(path, status.st_size)
    elif stat.S_ISDIR(status.st_mode) and depth > 0:
        try:
            below = sorted(os.scandir(entry.path), key=lambda item: item.name)
        except OSError:
            # A folder closed to us was closed by the code inside; there is nothing to offer.
            return
        for item in below:
            yield from _files(item, f"{path}/{item.name}", depth - 1)
