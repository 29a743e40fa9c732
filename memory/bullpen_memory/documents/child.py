"""The process in which one foreign file is parsed: `python -m bullpen_memory.documents.child`.

The rule it protects: memory, processor time and written bytes are limited before the first byte
of the file is looked at. It answers in JSON lines on its standard output and does nothing else.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import resource
import sys
import warnings
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from bullpen_memory.documents.items import Described, File, Grid, Item, Part
from bullpen_memory.errors import InputError


def main(arguments: list[str]) -> None:
    """`path name mode memory_bytes cpu_seconds`; mode is "passages" or "tables"."""
    path, name, mode, memory, seconds = arguments
    # The parent reads this pipe alone; whatever a library prints goes nowhere.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="replace")
    os.dup2(2, 1)
    _limit(int(memory), int(seconds))
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    sys.setrecursionlimit(2_000)

    def say(what: str, /, **fields: object) -> None:
        out.write(json.dumps({"is": what, **fields}, ensure_ascii=False))
        out.write("\n")
        out.flush()

    try:
        data = Path(path).read_bytes()
        say("hash", sha256=hashlib.sha256(data).hexdigest())
        for item in _read(File(name, data, Path(path)), tables=mode == "tables"):
            say(type(item).__name__.lower(), **asdict(item))
    except InputError as error:
        say("refused", cause=error.cause, remedy=error.remedy)
    except MemoryError:
        say("refused", cause="Reading it needs more memory than one file may.",
            remedy="Split it and send the parts that matter.")  # fmt: skip
    say("end")


def _read(file: File, *, tables: bool) -> Iterator[Item]:
    """The items to hand over: tables in full, or else as passages and a description."""
    from bullpen_memory.documents import readers
    from bullpen_memory.documents.tables import described, passages

    for item in readers.read(file):
        if isinstance(item, Grid) and not tables:
            yield Described(described(item))
            yield from passages(item)
        elif not isinstance(item, Part) or not tables:
            yield item


def _limit(memory: int, seconds: int) -> None:
    for what, value in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        _, ceiling = resource.getrlimit(what)
        allowed = value if ceiling == resource.RLIM_INFINITY else min(value, ceiling)
        resource.setrlimit(what, (allowed, allowed))


if __name__ == "__main__":
    main(sys.argv[1:])
