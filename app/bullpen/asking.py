"""`bullpen ask`: one question from the command line, the same way as from the page.

The rule it protects: where a desk runs on this home, the question goes to it and stands in the
channel; where none runs, one is started for the question and stopped after it. A desk of a real Slack
workspace is never opened elsewhere. It answers nothing itself.
"""

from __future__ import annotations

import asyncio
import sys

import typer

from bullpen import messages, runfile
from bullpen.runfile import RunningDesk
from bullpen.settings import Settings
from bullpen_agents.task import Agent

MINUTES = 10.0


def ask(settings: Settings, question: str, *, agent: str, channel: str, debug: bool) -> None:
    """Ask and print the thread. Raises InputError for an empty question, a wrong name or channel."""
    if not question.strip():
        raise messages.nothing_asked()
    words = f"{colleague(settings, agent).id}: {question}" if agent else question
    running = runfile.read(settings.home)
    elsewhere = settings.slack_mode == "slack" if running is None else not running.user_token
    if elsewhere:
        raise messages.ask_in_slack()
    asyncio.run(_ask(settings, running, words, channel), debug=debug)


def colleague(settings: Settings, name: str) -> Agent:
    """The agent called `name`. Raises InputError naming those there are."""
    from bullpen_agents.roster import Roster

    roster = Roster.load(settings.home / "agents")
    found = roster.by_name(name)
    if found is None:
        raise messages.unknown_agent(name, list(roster.agents))
    return found


async def _ask(
    settings: Settings, running: RunningDesk | None, question: str, channel: str
) -> None:
    if running is not None:
        await _follow(running, question, channel)
        return
    from bullpen.wiring import build

    local = settings.model_copy(update={"port": 0})
    bullpen = await build(local)
    try:
        desk = runfile.read(local.home)
        assert desk is not None
        await _follow(desk, question, channel)
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


async def _follow(desk: RunningDesk, question: str, channel: str) -> None:
    from bullpen.slack.person import Person

    person = Person(desk.url, desk.user_token, desk.bot_user_id)
    place, ts, link = await person.ask(channel, question)
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
