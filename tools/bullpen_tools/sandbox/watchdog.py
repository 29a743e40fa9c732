"""What a sandbox uses while it runs, counted from outside.

The rule it protects: memory, disk, files and processes of the whole sandbox are bounded, those
of a process that hid behind a second fork or in a deleted file too. It ends nothing itself.
"""

from __future__ import annotations

import contextlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from bullpen_tools.sandbox.port import Limits

_PAGE = os.sysconf("SC_PAGE_SIZE")


def descendants(pid: int) -> list[int]:
    """`pid` and everything below it. Orphans inside stay below the sandbox's own first process."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError, ValueError, IndexError):
                # The command's name stands in brackets and may hold anything, brackets too.
                line = Path(f"/proc/{name}/stat").read_text(errors="replace").rpartition(")")[2]
                children.setdefault(int(line.split()[1]), []).append(int(name))
    found = [pid]
    for parent in found:
        found += children.get(parent, [])
    return found


@dataclass(slots=True)
class Use:
    """Bytes of folder contents, number of entries and the deepest folder."""

    size: int = 0
    entries: int = 0
    depth: int = 0


def exceeded(pid: int, box: Path, limits: Limits) -> str:
    """The limit that the sandbox under `pid` with the workspace `box` has passed, or ""."""
    pids = descendants(pid)
    if len(pids) > limits.processes + 8:
        return "processes"
    if sum(_resident(one) for one in pids) > limits.memory:
        return "memory"
    use = _usage(box, limits)
    if use.entries > limits.files or use.depth > limits.depth:
        return "files"
    if use.size + sum(_deleted(one) for one in pids) > limits.disk:
        return "disk"
    return ""


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (OSError, ValueError, IndexError):
        return 0


def _usage(box: Path, limits: Limits) -> Use:
    use = Use()
    waiting = [(str(box), 0)]
    while waiting and use.entries <= limits.files and use.depth <= limits.depth:
        folder, depth = waiting.pop()
        use.depth = max(use.depth, depth)
        with contextlib.suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                use.entries += 1
                if use.entries > limits.files:
                    break
                with contextlib.suppress(OSError):
                    use.size += entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append((entry.path, depth + 1))
    return use


def _deleted(pid: int) -> int:
    """Bytes in open files that no folder names any more."""
    total = 0
    with contextlib.suppress(OSError):
        for name in os.listdir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                status = os.stat(f"/proc/{pid}/fd/{name}")
                if status.st_nlink == 0 and stat.S_ISREG(status.st_mode):
                    total += status.st_blocks * 512
    return total
