"""The table of what can be done with a record names what there is, and all of it."""

from __future__ import annotations

import re
from pathlib import Path

import typer.main

from bullpen import cli
from bullpen.acts import Acts
from bullpen.pages.look import Drawing, Frame, Viewer
from bullpen.pages.memory import MemoryPage
from bullpen.slack import home, messages
from bullpen.slack.commands import VERBS as SLASHES
from bullpen.slack.manifest import manifest
from bullpen.slack.record_cards import LABELS
from bullpen.verbs import VERBS, table
from bullpen_agents.grammar.intents import Amend, Recall, Remember
from bullpen_agents.grammar.reading import parse
from bullpen_agents.roster import Roster
from bullpen_memory.store import Store
from bullpen_tools.receipts import Receipts
from bullpen_tools.toolbox import default_toolbox


def commands() -> set[str]:
    """Every command line there is, such as `memory show`."""
    found: set[str] = set()
    for name, command in typer.main.get_command(cli.app).commands.items():  # type: ignore[attr-defined]
        found |= {name} | {f"{name} {sub}" for sub in getattr(command, "commands", {})}
    return found


def named(kind: str) -> set[str]:
    refs = [ref for verb in VERBS for ref in (*verb.slack, *verb.page)]
    return {ref.partition(":")[2] for ref in refs if ref.startswith(f"{kind}:")}


def test_every_entry_is_there_and_nothing_is_left_out(tmp_path: Path) -> None:
    store, receipts = Store(tmp_path / "context.db"), Receipts(tmp_path / "receipts.db")

    async def eyes() -> Viewer:
        return Viewer("U1", frozenset({"workspace"}))

    mount = MemoryPage(store, receipts, Drawing(Frame("B", ())), eyes).mount()
    routes = {getattr(route, "path", "") for route in mount.routes}
    assert named("act") == set(Acts(store, receipts).names)
    assert named("route") <= routes
    assert named("card") == set(LABELS)
    asked = {command.removeprefix("memory ") for verb in VERBS for command in verb.command}
    memory = {name.removeprefix("memory ") for name in commands() if name.startswith("memory ")}
    assert memory <= asked
    assert {command for verb in VERBS for command in verb.command} <= commands()
    receipts.close()
    store.close()


def test_agents_have_the_tools_that_are_named(tmp_path: Path) -> None:
    receipts = Receipts(tmp_path / "receipts.db")
    tools = {tool for verb in VERBS for tool in verb.agent}
    assert tools <= set(default_toolbox(receipts).names())
    used = {tool for agent in Roster.load().agents.values() for tool in agent.tools}
    assert tools <= used
    receipts.close()


def test_what_is_said_in_slack_is_understood() -> None:
    assert named("slash") <= set(SLASHES)
    shortcuts = {one["name"] for one in manifest("Bullpen", minimal=False)["features"]["shortcuts"]}
    assert named("shortcut") <= shortcuts
    assert {home.APPROVE, home.RETRACT} == {"home_approve", "home_retract"}
    assert messages.MISLED in named("say")
    for said, intent in (
        ("remember that silver is cheap", Remember), ("what do we know about silver?", Recall),
        ("correct that: silver is cheap", Amend), ("forget that silver is cheap", Amend),
    ):  # fmt: skip
        assert isinstance(parse(said), intent), said
        assert any(said.startswith(re.split(r" …", phrase)[0]) for phrase in named("say"))


def test_the_table_has_a_row_for_each(tmp_path: Path) -> None:
    rows = table().splitlines()[2:]
    assert len(rows) == len(VERBS)
    for verb in VERBS:
        # Whatever an agent or a surface cannot do, another can.
        assert sum(map(bool, (verb.agent, verb.slack, verb.page, verb.command))) >= 2, verb.name
