"""Whether code may be run here: bubblewrap is there, starts, and lets no attempt through.

The rule it protects: the tools that run code are off until this was proved on this machine, and
they say why. The proof is made once for each process; it fixes nothing.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from bullpen_memory.errors import OperatorError
from bullpen_tools.sandbox import bubblewrap
from bullpen_tools.sandbox.port import Limits

_lock = threading.Lock()
_known: dict[Path, Finding] = {}


@dataclass(frozen=True, slots=True)
class Finding:
    """`ready` says whether code may run; `reason` is a sentence either way."""

    ready: bool
    reason: str
    tried: int = 0
    through: tuple[str, ...] = ()


def check(folder: Path) -> Finding:
    """The finding for sandboxes made in `folder`; the first call takes a part of a second."""
    with _lock:
        if folder not in _known:
            _known[folder] = _examine(folder)
        return _known[folder]


def require(folder: Path) -> None:
    """Raise OperatorError with the reason where code may not run."""
    finding = check(folder)
    if not finding.ready:
        raise OperatorError(
            "Running Python is off.", finding.reason, "`bullpen doctor` says so again."
        )


def _examine(folder: Path) -> Finding:
    try:
        return probe(folder)
    except OperatorError as error:
        return Finding(False, f"{error.cause} {error.remedy}".strip())
    except (OSError, subprocess.SubprocessError) as error:
        return Finding(False, f"The sandbox could not be made in {folder}: {error}.")


def probe(folder: Path) -> Finding:
    """Run the attempts of `probes.py` once, against live targets of this process."""
    with (
        tempfile.TemporaryDirectory(prefix="outside-") as outside,
        socket.create_server(("127.0.0.1", 0)) as listening,
        socket.socket(socket.AF_UNIX) as named,
        socket.socket(socket.AF_UNIX) as abstract,
        bubblewrap.Bubblewrap(folder, Limits(seconds=20), _shown()) as box,
        bubblewrap.Bubblewrap(folder, Limits(seconds=20)) as other,
    ):
        path = Path(outside) / "canary"
        path.write_text("PROBE_SECRET")
        named.bind(f"{outside}/s")
        named.listen()
        hidden = f"\0bullpen-probe-{os.getpid()}"
        abstract.bind(hidden)
        abstract.listen()
        host = {
            "paths": [str(path), str(other.box)],
            "port": listening.getsockname()[1],
            "socket": f"{outside}/s",
            "abstract": hidden,
            "pid": os.getpid(),
        }
        ran = box.run([bubblewrap.PYTHON, "-I", "-S", "/desk/probes.py", json.dumps(host)])
    return _read(ran.output, ran.exit_code)


def _shown() -> dict[str, Path]:
    return {"/desk": bubblewrap.INSIDE}


def _read(output: str, code: int | None) -> Finding:
    try:
        said: dict[str, list[str] | int] = json.loads(output.strip().splitlines()[-1])
    except (ValueError, IndexError):
        return Finding(
            False,
            f"bubblewrap could not start (exit code {code}): {output.strip()[-400:] or 'no words'}. "
            "In a container, allow user namespaces; on Ubuntu 24.04 set "
            "`sysctl kernel.apparmor_restrict_unprivileged_userns=0`.",
        )
    through = tuple(str(name) for name in said["through"]) if isinstance(said["through"], list) else ()  # fmt: skip
    tried = int(str(said["tried"]))
    if through:
        named = ", ".join(through)
        return Finding(
            False, f"The sandbox let attempts through: {named}.", tried=tried, through=through
        )
    return Finding(
        True, f"Code runs in bubblewrap; it stopped {tried} of {tried} attempts.", tried=tried
    )
