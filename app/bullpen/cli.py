"""The command line.

The rule it protects: help answers at once, so nothing heavy is imported before a command runs;
an error is told as fact, cause and remedy, without a traceback. It does no work itself.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from bullpen import __version__, care_commands, memory_commands, workspace_command
from bullpen_memory.errors import BullpenError, InputError

app = typer.Typer(
    help="An open-plan office where people and agents work in the same Slack channels.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
memory = typer.Typer(help="What the desk remembers.", no_args_is_help=True)
slack = typer.Typer(help="The Slack app.", no_args_is_help=True)
data = typer.Typer(help="Series from where they are published.", no_args_is_help=True)
schedule = typer.Typer(help="What the desk asks itself by the clock.", no_args_is_help=True)
demo = typer.Typer(help="Shows of what the desk does.", no_args_is_help=True)
app.add_typer(memory, name="memory")
app.add_typer(data, name="data")
app.add_typer(demo, name="demo")
app.add_typer(schedule, name="schedule")
app.add_typer(slack, name="slack")
app.command()(workspace_command.workspace)

Home = Annotated[
    Path | None, typer.Option("--home", help="Where everything is kept [BULLPEN_HOME, ~/.bullpen]")
]
Debug = Annotated[bool, typer.Option("--debug", help="Show tracebacks, and log in detail")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs")]


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"bullpen {__version__}")
        raise typer.Exit


@app.callback()
def options(
    debug: Debug = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version")
    ] = False,
) -> None:
    del debug, version


@app.command()
def up(
    home: Home = None,
    port: Annotated[int | None, typer.Option(help="Port of the page [BULLPEN_PORT, 4747]")] = None,
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in a browser")] = False,
    debug: Debug = False,
) -> None:
    """Start the desk and print the address of its page."""
    from bullpen import serve, settings

    debug = debug or _debug()
    serve.up(settings.load(home=home, port=port), open_page=open_page, debug=debug)


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="What you want to know, in quotes")],
    agent: Annotated[str, typer.Option(help="Who should answer, such as quant")] = "",
    channel: Annotated[str, typer.Option(help="Where to ask")] = "desk",
    as_of: Annotated[
        str, typer.Option(help="Use nothing that became known after this day, such as 2026-03-05")
    ] = "",
    home: Home = None,
) -> None:
    """Ask the desk and follow the conversation until it answers."""
    from bullpen import asking, settings

    wanted = asking.Wanted(question=question, agent=agent, channel=channel.lstrip("#"), as_of=as_of)
    asking.ask(settings.load(home=home), wanted, debug=_debug())


@app.command()
def doctor(home: Home = None, as_json: AsJson = False) -> None:
    """Say what is set up, what is missing, and how to mend it."""
    from bullpen import doctor as checks

    raise typer.Exit(checks.show(home, as_json=as_json))


@demo.command("letter")
def demo_letter(
    channel: Annotated[str, typer.Option(help="Where to write the thread")] = "research",
    book: Annotated[
        list[Path] | None,
        typer.Option(
            help="CSV of your prices, or of your positions (series, weight_pct); may be given twice"
        ),
    ] = None,
    home: Home = None,
) -> None:
    """Check a real macro letter, claim by claim, in a thread of all five colleagues."""
    from bullpen import asking, settings

    wanted = asking.Wanted(
        question="run the letter", channel=channel.lstrip("#"), files=tuple(book or ())
    )
    asking.ask(settings.load(home=home), wanted, debug=_debug())


@app.command()
def ideas(
    author: Annotated[str, typer.Option(help="Only the calls of this person or agent, by id")] = "",
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Show the track record of the idea book."""
    from bullpen import ideabook, settings

    ideabook.show(settings.load(home=home), author, as_json=as_json)


@app.command()
def replay(
    receipt: Annotated[str, typer.Argument(help="Id of the receipt, such as r42")],
    home: Home = None,
) -> None:
    """Run a receipt again on the data it used: the same figures, or a named difference."""
    from bullpen import replaying, settings

    raise typer.Exit(replaying.replay(settings.load(home=home), receipt))


@data.command("sources")
def data_sources() -> None:
    """List the publishers, what their names look like, and their licences."""
    from bullpen import syncing

    syncing.sources()


@data.command("sync")
def data_sync(
    source: Annotated[str, typer.Argument(help="eia, worldbank, fred, cftc or sec")],
    name: Annotated[str, typer.Argument(help="The publisher's name of the series")],
    home: Home = None,
) -> None:
    """Fetch a series from its publisher and keep every vintage. Nothing is fetched otherwise."""
    from bullpen import settings, syncing

    syncing.sync(settings.load(home=home), source, name)


@memory.command("search")
def memory_search(
    text: Annotated[str, typer.Argument(help="Words to look for; empty lists the newest")] = "",
    kind: Annotated[str, typer.Option(help="Only this kind, such as finding")] = "",
    author: Annotated[str, typer.Option(help="Only what this agent or user id wrote")] = "",
    symbol: Annotated[str, typer.Option(help="Only about this symbol")] = "",
    limit: Annotated[int, typer.Option(min=1, max=200, help="At most so many")] = 15,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Search what is remembered."""
    from bullpen import remembered, settings

    filters = remembered.Filters(text=text, kind=kind, author=author, symbol=symbol, limit=limit)
    raise typer.Exit(remembered.search(settings.load(home=home), filters, as_json=as_json))


@memory.command("next")
def memory_next(
    cursor: Annotated[str, typer.Argument(help="What a search printed after “More:”")],
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Show the next page of a search, after what was last shown, whatever was written meanwhile."""
    from bullpen import remembered, settings

    filters = remembered.Filters.resumed(cursor)
    raise typer.Exit(remembered.search(settings.load(home=home), filters, as_json=as_json))


@memory.command("show")
def memory_show(
    record: Annotated[str, typer.Argument(help="Id of the record")],
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Show one record with its source and history."""
    from bullpen import account, settings

    account.show(settings.load(home=home), record, as_json=as_json)


@memory.command("import")
def memory_import(
    paths: Annotated[list[Path], typer.Argument(help="Files, or folders with all below them")],
    scope: Annotated[
        str, typer.Option(help="Who may see them: workspace, channel:ID or person:ID")
    ] = "workspace",
    tag: Annotated[list[str] | None, typer.Option(help="A tag for each; repeatable")] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Put files into memory: PDF, Word, Excel, CSV, Parquet, JSON, HTML, Markdown, text, e-mail."""
    from bullpen import importing, settings

    wanted = importing.Order(tuple(paths), scope=scope, tags=tuple(tag or ()))
    raise typer.Exit(importing.bring_in(settings.load(home=home), wanted, as_json=as_json))


@memory.command("doctor")
def memory_doctor(
    fix: Annotated[
        bool, typer.Option("--fix", help="Do what loses nothing and can be undone")
    ] = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Find doubles, contradictions, loose ends, what ran out, secrets and personal data."""
    from bullpen import settings, upkeep

    raise typer.Exit(upkeep.doctor(settings.load(home=home), fix=fix, as_json=as_json))


@memory.command("consolidate")
def memory_consolidate(
    undo: Annotated[str, typer.Option(help="Take back this summary or merge, by its id")] = "",
    home: Home = None,
) -> None:
    """Summarise long threads and merge recurring statements, or take such a step back."""
    from bullpen import settings, upkeep

    upkeep.consolidate(settings.load(home=home), undo=undo)


@memory.command("status")
def memory_status(home: Home = None, as_json: AsJson = False) -> None:
    """Count what is remembered, what waits for a review, and how far the index is."""
    from bullpen import account, settings

    account.status(settings.load(home=home), as_json=as_json)


@memory.command("rebuild")
def memory_rebuild(home: Home = None) -> None:
    """Build the search index anew from the records."""
    from bullpen import remembered, settings

    remembered.rebuild(settings.load(home=home))


@memory.command("verify")
def memory_verify(home: Home = None, as_json: AsJson = False) -> None:
    """Prove that the index and the records agree; name every difference."""
    from bullpen import remembered, settings

    raise typer.Exit(remembered.verify(settings.load(home=home), as_json=as_json))


@schedule.command("list")
def schedule_list(home: Home = None) -> None:
    """Show every duty with its next time."""
    from datetime import datetime

    from bullpen import duties, settings

    found = duties.lines(settings.load(home=home).home, datetime.now().astimezone())
    typer.echo("\n".join(found) or "Nothing is scheduled. `bullpen schedule add --help` says how.")


@schedule.command("add")
def schedule_add(
    name: Annotated[str, typer.Argument(help="What to call it, such as ideas")],
    ask: Annotated[str, typer.Argument(help="What the desk is asked, such as “track record”")],
    every: Annotated[
        str, typer.Option(help="monday 08:00, weekday 17:30, day 7:00, or five cron fields")
    ] = "monday 08:00",
    channel: Annotated[str, typer.Option(help="Where it is asked and answered")] = "research",
    home: Home = None,
) -> None:
    """Let the desk ask itself something by the clock, or change that. A running desk takes it over."""
    from bullpen import duties, settings

    made = duties.add(settings.load(home=home).home, name, every, channel, ask)
    typer.echo(f"{made.name}: {made.ask} · #{made.channel} · {made.cron}")


@schedule.command("remove")
def schedule_remove(
    name: Annotated[str, typer.Argument(help="Which duty")], home: Home = None
) -> None:
    """Take a duty away."""
    from bullpen import duties, settings

    duties.remove(settings.load(home=home).home, name)
    typer.echo(f"{name} is no longer scheduled.")


@slack.command("manifest")
def slack_manifest(
    form: Annotated[
        Literal["json", "yaml"], typer.Option("--format", help="json or yaml")
    ] = "json",
    name: Annotated[str, typer.Option(help="How the app is called")] = "Bullpen",
    minimal: Annotated[bool, typer.Option("--minimal", help="Only what is needed to work")] = False,
    agent: Annotated[
        str, typer.Option("--agent", help="For this agent's own app, beside the desk's")
    ] = "",
    home: Home = None,
) -> None:
    """Print the manifest to paste into Slack's “Create an app from a manifest”."""
    from bullpen import settings
    from bullpen.slack import manifest

    if agent:
        from bullpen.asking import colleague

        made = manifest.of_agent(colleague(settings.load(home=home), agent))
    else:
        made = manifest.manifest(name, minimal=minimal)
    typer.echo(manifest.as_json(made) if form == "json" else manifest.as_yaml(made).rstrip())


memory_commands.register(memory)
memory_commands.register(memory)
care_commands.register(app, memory)


def _debug() -> bool:
    return "--debug" in sys.argv[1:]


def main() -> None:
    """The entry point. Exit codes: 0 done, 1 a failure the operator can mend, 2 a wrong request."""
    # Everything that is written is private: conversations, tokens, files that people sent.
    os.umask(0o077)
    try:
        app()
    except BullpenError as error:
        if _debug():
            raise
        _tell(error)
        raise SystemExit(2 if isinstance(error, InputError) else 1) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None


def _tell(error: BullpenError) -> None:
    colour = typer.colors.RED if sys.stderr.isatty() else None
    typer.secho(error.fact, fg=colour, bold=colour is not None, err=True)
    for part in (error.cause, error.remedy):
        if part:
            typer.echo(f"  {part}", err=True)
