"""`bullpen ask`: one question from the command line, the same way as from the page.

The rule it protects: where a desk runs on this home, the question goes to it and stands in the
channel; where none runs, one is started for the question and stopped after it. A desk of a real Slack
workspace is never opened elsewhere. It answers nothing itself.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import typer

from bullpen import messages, runfile
from bullpen.runfile import RunningDesk
from bullpen.settings import Settings
from bullpen_agents.task import Agent

MINUTES = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked, of whom ("" for the desk), where, pinned to which day ("" for none), with which files."""

    question: str
    agent: str = ""
    channel: str = "desk"
    as_of: str = ""
    files: tuple[Path, ...] = ()


def ask(settings: Settings, wanted: Wanted, *, debug: bool) -> None:
    """Ask and print the thread. Raises InputError for an empty question, a wrong name, channel or day."""
    if not wanted.question.strip():
        raise messages.nothing_asked()
    if missing := [path for path in wanted.files if not path.is_file()]:
        raise messages.no_such_file(missing[0])
    agent = f"{colleague(settings, wanted.agent).id}: " if wanted.agent else ""
    words = agent + _pinned(wanted)
    running = runfile.read(settings.home)
    elsewhere = settings.slack_mode == "slack" if running is None else not running.user_token
    if elsewhere:
        raise messages.ask_in_slack()
    asyncio.run(_ask(settings, running, replace(wanted, question=words)), debug=debug)


def _pinned(wanted: Wanted) -> str:
    """The question with the day it is pinned to, which the desk reads from its words."""
    if not wanted.as_of:
        return wanted.question
    from bullpen_agents.asof import read_as_of

    words = f"{wanted.question.rstrip()} (as of {wanted.as_of.strip()})"
    found = read_as_of(words, datetime.now(UTC).date())
    if found.problem or found.rest == words:
        raise messages.wrong_day(wanted.as_of, found.problem)
    return words


def colleague(settings: Settings, name: str) -> Agent:
    """The agent called `name`. Raises InputError naming those there are."""
    from bullpen_agents.roster import Roster

    roster = Roster.load(settings.home / "agents")
    found = roster.by_name(name)
    if found is None:
        raise messages.unknown_agent(name, list(roster.agents))
    return found


async def _ask(settings: Settings, running: RunningDesk | None, wanted: Wanted) -> None:
    if running is not None:
        await _follow(running, wanted)
        return
    from bullpen.wiring import build

    local = settings.model_copy(update={"port": 0})
    bullpen = await build(local)
    try:
        desk = runfile.read(local.home)
        assert desk is not None
        await _follow(desk, wanted)
        await bullpen.desk.idle(60)
    finally:
        await bullpen.stop()


def _show(markdown: str) -> None:
    """As it was written for programs, laid out for a person at a terminal."""
    if not sys.stdout.isatty():
        typer.echo(markdown)
        return
    from rich.console import Console
    from rich.markdown import Markdown

    Console().print(Markdown(markdown))


async def _follow(desk: RunningDesk, wanted: Wanted) -> None:
    from bullpen.slack.person import Person

    person = Person(desk.url, desk.user_token, desk.bot_user_id)
    place, ts, link = await person.ask(wanted.channel, wanted.question, wanted.files)
    try:
        async for said in person.follow(place, ts, seconds=MINUTES * 60):
            typer.secho(said.speaker, bold=True)
            _show(said.text)
            for image in said.images:
                typer.echo(f"[image: {image}]")
            for note in said.footnotes:
                typer.secho(note, dim=True)
            typer.echo()
    except TimeoutError:
        raise messages.answer_late(MINUTES, link) from None
    typer.secho(link, dim=True)
