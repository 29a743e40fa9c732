"""A foreign file read in a child process: the one way in which the desk opens what people send.

The rule it protects: a parser that crashes, hangs or eats memory takes its child with it and
nothing else, and the person is told so in a sentence. It keeps nothing.
"""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bullpen_memory.documents.items import MAX_FILE_BYTES, Document, Grid, Part, refusal

OnProgress = Callable[[int, int], None]
_CHUNK = 1 << 16
_LEAVING = 5.0
"""Seconds in which a child that has closed its output has to be gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What reading one file may cost. Seconds of silence, of all, of processor; bytes of memory."""

    silence: float = 20.0
    seconds: float = 600.0
    cpu: int = 600
    memory: int = 1_500_000_000
    output: int = 200_000_000


DEFAULT = Limits()


class _Stopped(Exception):
    """The child was ended by us; the argument is the cause for the person."""


@dataclass(slots=True)
class _Heard:
    """What the child has said so far."""

    sha256: str = ""
    about: str = ""
    title: str = ""
    parts: list[Part] = field(default_factory=list[Part])
    tables: list[str] = field(default_factory=list[str])
    grids: list[Grid] = field(default_factory=list[Grid])
    remarks: list[str] = field(default_factory=list[str])
    refused: tuple[str, str] | None = None
    ended: bool = False


def read_document(
    path: Path,
    name: str,
    *,
    tables: bool = False,
    limits: Limits = DEFAULT,
    progress: OnProgress | None = None,
) -> Document:
    """A file's text and tables in passages with their places; with `tables`, these cell by cell.

    `progress` is told how many of how many pages or sheets are read. Raises InputError for what
    is empty, broken, encrypted, foreign, too large, or takes more than `limits` allow.
    """
    mode = "tables" if tables else "passages"
    _refuse_size(path, name)
    heard = _Heard()
    with _started(path, name, mode, limits) as child:
        try:
            for line in _lines(child, limits):
                _hear(heard, json.loads(line), progress)
            child.wait(_LEAVING)
        except subprocess.TimeoutExpired:
            # It has said all, or nothing more will come; either way it is judged by what it said.
            pass
        except _Stopped as stop:
            remedy = "Split it, or send it in another format, such as plain text."
            raise refusal(name, str(stop), remedy) from None
        finally:
            child.kill()
            child.wait()
    if heard.refused is not None:
        raise refusal(name, *heard.refused)
    if not heard.ended:
        raise refusal(
            name,
            f"The program that read it ended before its time ({_how(child.returncode)}); the file is"
            " damaged, or made to do that.",
            "Save it again from its source, or send it in another format.",
        )
    return Document(
        name=name, sha256=heard.sha256, about=heard.about, title=heard.title,
        parts=tuple(heard.parts), tables=tuple(heard.tables), grids=tuple(heard.grids),
        remarks=tuple(heard.remarks),
    )  # fmt: skip


def _refuse_size(path: Path, name: str) -> None:
    try:
        size = path.stat().st_size
        with path.open("rb"):
            pass
    except OSError as error:
        raise refusal(
            name, f"The file cannot be opened ({error.strerror}).", "Send it again."
        ) from error
    if size > MAX_FILE_BYTES:
        raise refusal(
            name,
            f"It has {size / 1e6:,.0f} MB; up to {MAX_FILE_BYTES / 1e6:,.0f} MB are read.",
            "Send the part that matters, or split it.",
        )


def _started(path: Path, name: str, mode: str, limits: Limits) -> subprocess.Popen[bytes]:
    # Nothing of our environment goes along: no token, no setting; only where the code lies.
    code = os.pathsep.join(entry for entry in sys.path if entry)
    return subprocess.Popen(
        [sys.executable, "-P", "-B", "-m", "bullpen_memory.documents.child",
         str(path.resolve()), name.replace("\x00", ""), mode, str(limits.memory), str(limits.cpu)],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env={"PYTHONPATH": code, "LANG": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1"},
        cwd="/", close_fds=True,
    )  # fmt: skip


def _lines(child: subprocess.Popen[bytes], limits: Limits) -> Iterator[bytes]:
    """The child's lines as they come, for as long as the limits allow."""
    assert child.stdout is not None
    begun = heard = time.monotonic()
    size, rest = 0, bytearray()
    with selectors.DefaultSelector() as waiting:
        waiting.register(child.stdout, selectors.EVENT_READ)
        while True:
            now = time.monotonic()
            left = min(heard + limits.silence, begun + limits.seconds) - now
            if left <= 0:
                raise _Stopped(f"Reading it took longer than {now - begun:.0f} seconds.")
            if not waiting.select(left):
                continue
            chunk = os.read(child.stdout.fileno(), _CHUNK)
            if not chunk:
                return
            heard, size = time.monotonic(), size + len(chunk)
            if size > limits.output:
                raise _Stopped(f"It holds more than {limits.output / 1e6:,.0f} MB of text.")
            rest += chunk
            *whole, last = rest.split(b"\n")
            rest = bytearray(last)
            yield from (bytes(line) for line in whole)


def _hear(heard: _Heard, said: dict[str, Any], progress: OnProgress | None) -> None:
    what = said.pop("is")
    if what == "part":
        heard.parts.append(Part(**said))
    elif what == "grid":
        rows = tuple(tuple(row) for row in said.pop("rows"))
        heard.grids.append(Grid(rows=rows, **said))
    elif what == "progress":
        if progress is not None:
            progress(said["done"], said["total"])
    elif what == "described":
        heard.tables.append(said["text"])
    elif what == "remark":
        heard.remarks.append(said["text"])
    elif what == "about":
        heard.about, heard.title = said["what"], said["title"]
    elif what == "refused":
        heard.refused = (said["cause"], said["remedy"])
    elif what == "hash":
        heard.sha256 = said["sha256"]
    else:
        heard.ended = True


def _how(code: int | None) -> str:
    if code is None:
        return "no reason is known"
    return f"signal {-code}" if code < 0 else f"exit code {code}"
