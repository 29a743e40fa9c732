"""The commands that keep a memory safe: backup, restore, and export, import, forget under `memory`.

The rule it protects: help imports nothing of it. It does no work itself; `care.py` does.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

Home = Annotated[
    Path | None, typer.Option("--home", help="Where everything is kept [BULLPEN_HOME, ~/.bullpen]")
]


def register(app: typer.Typer, memory: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command()(backup)
    app.command()(restore)
    memory.command("export")(export)
    memory.command("import-archive")(import_archive)
    memory.command("forget")(forget)


def backup(
    folder: Annotated[Path, typer.Argument(help="A new folder, best on another disk")],
    home: Home = None,
) -> None:
    """Copy everything the desk keeps; it may go on working meanwhile."""
    from bullpen import care, settings

    care.save(settings.load(home=home), folder)


def restore(
    folder: Annotated[Path, typer.Argument(help="What `bullpen backup` made")],
    home: Home = None,
    index: Annotated[
        bool, typer.Option("--index/--no-index", help="Build the search index now and verify it")
    ] = True,
) -> None:
    """Put a backup into an empty home, proving every file."""
    from bullpen import care, settings

    raise typer.Exit(care.restore(settings.load(home=home), folder, index=index))


def export(
    path: Annotated[Path, typer.Argument(help="A new file (.jsonl, .db) or folder (Markdown)")],
    form: Annotated[
        Literal["jsonl", "sqlite", "markdown", ""],
        typer.Option("--as", help="jsonl, sqlite or markdown, where the name does not say it"),
    ] = "",
    vectors: Annotated[
        bool, typer.Option("--vectors", help="With the vectors, which can be made again (jsonl)")
    ] = False,
    messages: Annotated[
        bool, typer.Option("--messages", help="With what was said, too (markdown)")
    ] = False,
    home: Home = None,
) -> None:
    """Write the memory to a file for another Bullpen, or to Markdown."""
    from bullpen import care, settings

    care.export(settings.load(home=home), path, form, vectors=vectors, said=messages)


def import_archive(
    path: Annotated[Path, typer.Argument(help="A .jsonl or .db file of `bullpen memory export`")],
    home: Home = None,
) -> None:
    """Take an exported memory into an empty home."""
    from bullpen import care, settings

    care.import_archive(settings.load(home=home), path)


def forget(
    record: Annotated[str, typer.Argument(help="Id of the record")],
    reason: Annotated[str, typer.Option(prompt="Why", help="Kept with who and when")],
    everywhere: Annotated[
        bool,
        typer.Option(
            "--everywhere", help="Also from the conversation and the logs; stop the desk first"
        ),
    ] = False,
    home: Home = None,
) -> None:
    """Erase a record for good, and search every file for it."""
    from bullpen import care, settings

    raise typer.Exit(
        care.forget(settings.load(home=home), record, reason=reason, everywhere=everywhere)
    )
