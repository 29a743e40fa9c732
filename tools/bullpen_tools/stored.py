"""Writing a text file that a tool made into the desk's artifacts, named by its content.

The rule it protects: the same content is one file, and no name comes from outside unchanged.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from bullpen_tools.context import Artifact

_TYPES = {".csv": "text/csv", ".json": "application/json", ".svg": "image/svg+xml", ".md": "text/markdown"}  # fmt: skip


def store_text(folder: Path, name: str, text: str, *, title: str, alt: str = "") -> Artifact:
    """The file `name` (its ending decides the type) under `folder`. Raises OSError."""
    path = Path(name)
    content = text.encode()
    digest = hashlib.sha256(content).hexdigest()
    stem = re.sub(r"[^a-z0-9]+", "-", path.stem.lower()).strip("-")[:60] or "file"
    folder.mkdir(parents=True, exist_ok=True)
    stored = folder / f"{stem}-{digest[:12]}{path.suffix}"
    stored.write_bytes(content)
    return Artifact(
        path=str(stored),
        name=stored.name,
        mimetype=_TYPES[path.suffix],
        title=title,
        alt=alt or title,
        sha256=digest,
    )
