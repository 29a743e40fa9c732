"""`bullpen memory write | edit | approve | …`: the commands with which a person changes records.

The rule it protects: help imports nothing of it, and every change that withdraws something asks why.
It does no work itself; `memory_verbs.py` does.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

Home = Annotated[
    Path | None, typer.Option("--home", help="Where everything is kept [BULLPEN_HOME, ~/.bullpen]")
]
Id = Annotated[str, typer.Argument(help="Id of the record; six characters of its end are enough")]
Ids = Annotated[list[str], typer.Argument(help="Ids of records")]
Why = Annotated[str, typer.Option("--reason", help="Kept in the history")]
AskedWhy = Annotated[str, typer.Option("--reason", prompt="Why", help="Kept in the history")]


def register(memory: typer.Typer) -> None:
    """Add the commands."""
    commands: dict[str, Callable[..., None]] = {
        "write": write, "edit": edit, "approve": approve, "merge": merge, "separate": separate,
        "pin": pin, "unpin": unpin, "dispute": dispute, "settle": settle, "retract": retract,
        "restore": restore, "expire": expire, "share": share, "history": history,
    }  # fmt: skip
    for name, command in commands.items():
        memory.command(name)(command)


def write(
    text: Annotated[str, typer.Argument(help="What to remember")],
    kind: Annotated[str, typer.Option(help="note, finding, decision, fact, task or idea")] = "note",
    title: Annotated[str, typer.Option(help="A headline")] = "",
    symbol: Annotated[str, typer.Option(help="Symbols it is about, with commas")] = "",
    tag: Annotated[str, typer.Option(help="Tags, with commas")] = "",
    scope: Annotated[
        str, typer.Option(help="Who may see it: workspace, channel:ID or person:ID")
    ] = "workspace",
    home: Home = None,
) -> None:
    """Write a record of your own."""
    from bullpen import memory_verbs, settings

    form = {
        "text": text, "kind": kind, "title": title, "symbols": symbol, "tags": tag,
        "scope": scope,
    }  # fmt: skip
    memory_verbs.write(settings.load(home=home), form)


def edit(
    record: Id,
    text: Annotated[str, typer.Option(help="The new text; without it your editor opens")] = "",
    title: Annotated[str, typer.Option(help="A new headline")] = "",
    reason: Why = "",
    home: Home = None,
) -> None:
    """Put a record in other words: a new version in your name, or in the place of a proposal."""
    from bullpen import memory_verbs, settings

    form = {"text": text, "title": title, "reason": reason}
    memory_verbs.edit(settings.load(home=home), record, form)


def approve(records: Ids, home: Home = None) -> None:
    """Put proposals in force."""
    _change("approve", records, home)


def merge(
    keep: Id,
    others: Annotated[list[str], typer.Argument(help="Those that say the same")],
    reason: Why = "",
    home: Home = None,
) -> None:
    """Let the first record stand for the others; it takes over their sources."""
    from bullpen import memory_verbs, settings

    memory_verbs.merge(settings.load(home=home), keep, others, reason)


def separate(records: Ids, home: Home = None) -> None:
    """Undo a merge for a record that was merged into another."""
    _change("separate", records, home)


def pin(records: Ids, home: Home = None) -> None:
    """Keep records as they are: nothing pushes them aside."""
    _change("pin", records, home)


def unpin(records: Ids, home: Home = None) -> None:
    """Release pinned records."""
    _change("unpin", records, home)


def dispute(records: Ids, reason: AskedWhy, home: Home = None) -> None:
    """Mark records as contradicted; they are found with the mark."""
    _change("dispute", records, home, reason)


def settle(records: Ids, reason: Why = "", home: Home = None) -> None:
    """Take the mark of a dispute away: they hold."""
    _change("settle", records, home, reason)


def retract(records: Ids, reason: AskedWhy, home: Home = None) -> None:
    """Withdraw records; their history is kept and `restore` brings them back."""
    _change("retract", records, home, reason)


def restore(records: Ids, reason: Why = "", home: Home = None) -> None:
    """Bring withdrawn records back."""
    _change("restore", records, home, reason)


def expire(
    record: Id,
    day: Annotated[
        str, typer.Argument(help="The last day on which it is true, such as 2026-12-31")
    ],
    reason: Why = "",
    home: Home = None,
) -> None:
    """State until when a record is true; after that it reads as no longer true."""
    from bullpen import memory_verbs, settings

    memory_verbs.expire(settings.load(home=home), record, day, reason)


def share(
    record: Id,
    scope: Annotated[str, typer.Argument(help="workspace, channel:ID or person:ID")],
    reason: Why = "",
    home: Home = None,
) -> None:
    """Let others see what a record says, from now on only there; its sources stay where they were."""
    from bullpen import memory_verbs, settings

    form = {"scope": scope, "reason": reason}
    memory_verbs.change(settings.load(home=home), "share", [record], form)


def history(record: Id, home: Home = None) -> None:
    """Show who did what to a record, and each text that it had."""
    from bullpen import memory_verbs, settings

    memory_verbs.history(settings.load(home=home), record)


def _change(action: str, records: list[str], home: Path | None, reason: str = "") -> None:
    from bullpen import memory_verbs, settings

    memory_verbs.change(settings.load(home=home), action, records, {"reason": reason})
