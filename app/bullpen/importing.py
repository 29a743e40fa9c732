"""`bullpen memory import`: files and folders into memory, with progress and a summary.

The rule it protects: every file is told of: added, unchanged, or refused with the reason; one bad
file stops no other. It works beside a running desk, which then finds the passages by meaning too.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from bullpen.settings import Settings, prepare_home
from bullpen_memory.errors import InputError
from bullpen_memory.ingest import Ingested, ingest
from bullpen_memory.records import WORKSPACE, Draft, Source
from bullpen_memory.store import Store

AUTHOR = "operator"
_SCOPES = ("channel:", "person:")


@dataclass(frozen=True, slots=True)
class Order:
    """What the command was asked for."""

    paths: tuple[Path, ...]
    scope: str = WORKSPACE
    tags: tuple[str, ...] = ()


@dataclass(slots=True)
class _Summary:
    added: list[tuple[Path, Ingested]] = field(default_factory=list[tuple[Path, Ingested]])
    unchanged: list[Path] = field(default_factory=list[Path])
    refused: list[tuple[Path, InputError]] = field(default_factory=list[tuple[Path, InputError]])


def bring_in(settings: Settings, order: Order, *, as_json: bool) -> int:
    """Import and tell. Exit code 1 where a file was refused."""
    if order.scope != WORKSPACE and not order.scope.startswith(_SCOPES):
        raise _refusal(
            f"“{order.scope}” is not a scope.",
            "Use workspace, channel: with a channel's id, or person: with a user's id.",
        )
    files = list(_files(order.paths))
    if not files:
        raise _refusal(
            f"There is no file in {', '.join(map(str, order.paths))}; names that begin with a dot are"
            " left out.",
            "Name a file, or a folder that holds some.",
        )
    prepare_home(settings.home)
    # Vectors are left to the desk: the model would take longer than the reading.
    store = Store(settings.memory)
    summary = _Summary()
    console = Console(stderr=True)
    try:
        with _bar(console) as bar:
            every = bar.add_task("files", total=len(files))
            for path in files:
                _one(store, path, settings, order, summary, bar)
                bar.advance(every)
    finally:
        store.close()
    if as_json:
        print(json.dumps(_as_dict(summary), ensure_ascii=False, indent=2))
    else:
        _tell(summary)
    return 1 if summary.refused else 0


def _bar(console: Console) -> Progress:
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.completed:.0f} of {task.total:.0f}"),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=console, transient=True)


def _files(paths: tuple[Path, ...]) -> Iterator[Path]:
    """Every file meant, once, folders in the order of names; what begins with a dot is left out."""
    seen: set[Path] = set()
    for path in paths:
        if not path.exists():
            raise _refusal(f"There is no file or folder {path}.", "Check the path.")
        for one in sorted(_below(path)) if path.is_dir() else [path]:
            real = one.resolve()
            if real not in seen:
                seen.add(real)
                yield one


def _below(folder: Path) -> Iterator[Path]:
    for here, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(here, name) for name in names if not name.startswith("."))


def _one(
    store: Store, path: Path, settings: Settings, order: Order, summary: _Summary, bar: Progress
) -> None:
    source = Source(kind="file", ref="", permalink=path.resolve().as_uri(), title=path.name)
    draft = Draft(
        kind="document", title=path.name, text="", author=AUTHOR, source=source,
        scope=order.scope, tags=order.tags, speaker=settings.person,
    )  # fmt: skip
    pages: list[TaskID] = []

    def progress(done: int, total: int) -> None:
        if not pages:
            pages.append(bar.add_task(path.name[:40], total=total))
        bar.update(pages[0], completed=done, total=total)

    try:
        found = ingest(store, path, draft, progress=progress)
    except InputError as error:
        summary.refused.append((path, error))
    else:
        if found.known:
            summary.unchanged.append(path)
        else:
            summary.added.append((path, found))
    if pages:
        bar.remove_task(pages[0])


def _tell(summary: _Summary) -> None:
    console = Console(highlight=False)
    passages = sum(len(found.passages) for _, found in summary.added)
    for path, found in summary.added:
        count = _counted(len(found.passages), "passage")
        console.print(
            f"added      {path}: {count}, document {found.document.id}",
            markup=False,
            soft_wrap=True,
        )
        for remark in found.remarks:
            console.print(f"           {remark}", markup=False, soft_wrap=True)
    for path in summary.unchanged:
        console.print(f"unchanged  {path}: it was in memory already", markup=False, soft_wrap=True)
    for path, error in summary.refused:
        console.print(
            f"refused    {path}: {error.cause} {error.remedy}", markup=False, soft_wrap=True
        )
    console.print(
        f"{_counted(len(summary.added), 'file')} added"
        f" ({_counted(passages, 'passage')}), {len(summary.unchanged)} unchanged,"
        f" {len(summary.refused)} refused."
    )
    if summary.added:
        console.print(
            "Their words are found at once; their meaning when a desk runs on this home folder."
        )


def _as_dict(summary: _Summary) -> dict[str, object]:
    return {
        "added": [
            {
                "path": str(path),
                "document": found.document.id,
                "passages": len(found.passages),
                "remarks": found.remarks,
            }
            for path, found in summary.added
        ],
        "unchanged": [str(path) for path in summary.unchanged],
        "refused": [
            {"path": str(path), "cause": error.cause, "remedy": error.remedy}
            for path, error in summary.refused
        ],
    }


def _counted(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def _refusal(cause: str, remedy: str) -> InputError:
    return InputError("Nothing was imported.", cause, remedy)
