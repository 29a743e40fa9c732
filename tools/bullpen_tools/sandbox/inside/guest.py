"""The first program inside the sandbox: sets limits that cannot be raised again, then the command.

The rule it protects: limits are set in the sandbox's own user namespace, where they count only
its processes, and before any foreign code runs. Standard library only; it is run as a file.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import sys
from pathlib import Path


def main() -> None:
    """argv: the limits as JSON, then the command and its arguments."""
    limits: dict[str, int] = json.loads(sys.argv[1])
    os.closerange(3, 4096)
    # Matplotlib would search all fonts again in every new sandbox.
    cached, own = Path("/cache"), Path("/tmp/matplotlib")
    own.mkdir()
    if cached.is_dir():
        for file in cached.glob("fontlist*.json"):
            shutil.copy(file, own / file.name)
    for name, value in limits.items():
        kind = getattr(resource, f"RLIMIT_{name}")
        resource.setrlimit(kind, (value, value))
    os.execv(sys.argv[2], sys.argv[2:])


if __name__ == "__main__":
    main()
