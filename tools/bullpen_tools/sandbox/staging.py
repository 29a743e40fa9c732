"""Root's way into the sandbox: gather what may be seen, give root up, then start bubblewrap.

The rule it protects: bubblewrap never runs as root (it would leave /proc/sys writable). Folders
that only root can reach, such as a Python under /root, are mounted into a private place first,
while root still may. Standard library only; it is run as a file and replaces itself.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
from pathlib import Path

_NEW_MOUNTS, _BIND, _RECURSIVE, _PRIVATE = 0x20000, 4096, 16384, 1 << 18
_NO_NEW_PRIVILEGES = 38
_libc = ctypes.CDLL(None, use_errno=True)


def _mount(source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    done = _libc.mount(source.encode(), target.encode(), kind.encode(), flags, options.encode())
    if done != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{os.strerror(number)} while mounting {source}")


def main() -> None:
    """argv: {"uid", "stage", "sources"} as JSON, then the command; `{n}` in it is source n."""
    plan = json.loads(sys.argv[1])
    command: list[str] = sys.argv[2:]
    if _libc.unshare(_NEW_MOUNTS) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{os.strerror(number)} while making a mount namespace")
    _mount("none", "/", "", _RECURSIVE | _PRIVATE)
    stage = Path(plan["stage"])
    _mount("tmpfs", str(stage), "tmpfs", 0, "mode=0755,size=1m")
    for number, source in enumerate(plan["sources"]):
        place = stage / str(number)
        if os.path.isdir(source):
            place.mkdir(mode=0o755)
        else:
            place.touch()
        _mount(source, str(place), "", _BIND | _RECURSIVE)
        command = [str(place) if word == f"{{{number}}}" else word for word in command]
    os.setgroups([])
    os.setresgid(plan["uid"], plan["uid"], plan["uid"])
    os.setresuid(plan["uid"], plan["uid"], plan["uid"])
    _libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    os.execv(command[0], command)


if __name__ == "__main__":
    main()
