"""`bullpen doctor`: what is set up, what is missing, and how to mend it.

The rule it protects: it says what is so without changing anything, shows no secret, and names a
remedy for everything that is not right. Exit code 1 means that something is broken, not that
something optional is absent.
"""

from __future__ import annotations

import asyncio
import json
import platform
import socket
import sqlite3
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import typer

from bullpen import __version__, messages, runfile, settings
from bullpen.log import redact
from bullpen.settings import Settings
from bullpen_memory.errors import BullpenError

State = Literal["ok", "note", "broken"]
MARKS = {"ok": "✓", "note": "•", "broken": "✗"}
OLD_SQLITE = (3, 37)


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report. `remedy` is empty where nothing is to be done."""

    topic: str
    state: State
    fact: str
    remedy: str = ""


def show(home: Path | None, *, as_json: bool) -> int:
    """Print the report; 1 where something is broken, else 0."""
    findings = examine(home)
    broken = any(finding.state == "broken" for finding in findings)
    if as_json:
        typer.echo(
            json.dumps({"ok": not broken, "findings": [asdict(f) for f in findings]}, indent=2)
        )
        return int(broken)
    for finding in findings:
        colour = {"broken": typer.colors.RED, "ok": typer.colors.GREEN}.get(finding.state)
        typer.secho(MARKS[finding.state], fg=colour, nl=False)
        typer.echo(f" {finding.topic:<9} {redact(finding.fact)}")
        if finding.remedy:
            typer.echo(f"            {redact(finding.remedy)}")
    typer.echo("Something is broken; see above." if broken else "The desk can run.")
    return int(broken)


def examine(home: Path | None) -> list[Finding]:
    """Look at everything, in the order in which a start would meet it."""
    found = [
        Finding("Bullpen", "ok", f"{__version__}, Python {platform.python_version()}"),
        _sqlite(),
    ]
    try:
        read = settings.load(home=home)
    except BullpenError as error:
        return [*found, _broken("Settings", error)]
    checks: tuple[tuple[str, Callable[[Settings], Finding | list[Finding]]], ...] = (
        ("Home", _home), ("Desk", _desk), ("Model", _model), ("Slack", _slack),
        ("Agents", _agents), ("Meaning", _embedder), ("Memory", _memory),
        ("Python", _sandbox),
    )  # fmt: skip
    for topic, check in checks:
        try:
            told = check(read)
            found += told if isinstance(told, list) else [told]
        except BullpenError as error:
            found.append(_broken(topic, error))
    return found


def _broken(topic: str, error: BullpenError) -> Finding:
    return Finding(topic, "broken", f"{error.fact} {error.cause}".strip(), error.remedy)


def _sqlite() -> Finding:
    if sqlite3.sqlite_version_info < OLD_SQLITE:
        return Finding("SQLite", "broken", f"{sqlite3.sqlite_version} is too old.", "Use a Python with SQLite 3.37 or newer.")  # fmt: skip
    return Finding("SQLite", "ok", sqlite3.sqlite_version)


def _home(read: Settings) -> Finding:
    if not read.home.exists():
        return Finding("Home", "ok", f"{read.home}, which the first start makes")
    settings.prove_writable(read.home)
    mode = read.home.stat().st_mode & 0o077
    if mode:
        return Finding("Home", "note", f"{read.home} can be read by others.", f"Close it with: chmod 700 {read.home}")  # fmt: skip
    return Finding("Home", "ok", str(read.home))


def _desk(read: Settings) -> Finding:
    running = runfile.read(read.home)
    if running is not None:
        where = running.address or "your Slack workspace"
        return Finding("Desk", "ok", f"runs at {where} (process {running.pid})")
    if read.port and _taken(read.port):
        error = messages.port_in_use(read.port)
        return Finding("Desk", "note", f"does not run. Port {read.port} is taken.", error.remedy)
    return Finding("Desk", "ok", "does not run.", "Start it with: bullpen up")


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _model(read: Settings) -> Finding:
    from bullpen.models import choose

    label = choose(read).label
    if read.model_mode == "offline":
        return Finding("Model", "note", f"{label}: no key and no server is set.",
                       "For a language model set ANTHROPIC_API_KEY, or ANTHROPIC_BASE_URL and BULLPEN_MODEL for a server of your own.")  # fmt: skip
    return Finding("Model", "ok", label)


def _slack(read: Settings) -> list[Finding]:
    if read.slack_mode == "workspace":
        return [Finding("Slack", "note", f"{messages.in_workspace()}.",
                        "For a real one: `bullpen slack manifest`, then set SLACK_BOT_TOKEN and SLACK_APP_TOKEN.")]  # fmt: skip
    from bullpen.slack.checkup import examine as look
    from bullpen_agents.roster import Roster

    agents = list(Roster.load(read.home / "agents").agents)
    config = read.slack_config_token.get_secret_value() if read.slack_config_token else ""
    found: list[Finding] = []
    for agent, tokens in (("", read.slack_tokens()), *read.own_tokens(agents).items()):
        try:
            symptoms = asyncio.run(look(read.slack_api_url, tokens, config, agent))
        except BullpenError as error:
            found.append(_broken("Slack", error))
        else:
            found += [Finding("Slack", one.state, one.fact, one.remedy) for one in symptoms]
    return found


def _agents(read: Settings) -> Finding:
    from bullpen_agents.roster import Roster

    names = [agent.name for agent in Roster.load(read.home / "agents").agents.values()]
    return Finding("Agents", "ok", ", ".join(names))


def _embedder(_read: Settings) -> Finding:
    from bullpen_memory.embed import embedder_state, local_embedder

    return Finding("Meaning", "ok" if local_embedder() else "note", embedder_state())


def _memory(read: Settings) -> Finding:
    if not read.has_memory:
        return Finding("Memory", "ok", "empty: no desk has run here yet")
    from bullpen_memory.store import Store

    store = Store(read.memory)
    try:
        counts = store.count(None)
        where = f" in the {store.database.place}" if read.database_url else ""
    finally:
        store.close()
    index = "with an index" if (read.home / "chroma").exists() else "without an index yet"
    remedy = "" if runfile.held(read.home) else "Prove that both agree with: bullpen memory verify"
    return Finding(
        "Memory", "ok", f"{counts.get('active', 0):,} records in force{where}, {index}", remedy
    )


def _sandbox(_read: Settings) -> Finding:
    from bullpen_tools.sandbox import selftest

    with tempfile.TemporaryDirectory(prefix="bullpen-") as folder:
        found = selftest.check(Path(folder))
    if found.ready:
        return Finding("Python", "ok", found.reason)
    return Finding("Python", "note", "The colleagues cannot run code here.", found.reason)
