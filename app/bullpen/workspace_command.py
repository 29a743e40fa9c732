"""`bullpen workspace`: the local Slack on its own, for whoever writes a Slack app.

The rule it protects: it starts nothing of the desk and needs no account; what it prints is all
that an app in any language needs to connect. It hosts what manifests describe and reads no
manifest of ours.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer
import yaml

from bullpen_memory.errors import InputError, OperatorError

if TYPE_CHECKING:
    from bullpen_workspace.config import AppSpec
    from bullpen_workspace.server import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What the command line says. `manifests` are files; `home` is where the state is kept."""

    home: Path
    port: int
    manifests: Sequence[Path]
    people: Sequence[str]
    strict_limits: bool
    strict_scopes: bool
    control_token: str


def workspace(
    app: Annotated[
        list[Path] | None, typer.Option("--app", help="Manifest of an app to host; repeatable")
    ] = None,
    person: Annotated[
        list[str] | None, typer.Option("--person", help="Somebody who is there; repeatable")
    ] = None,
    port: Annotated[int, typer.Option(help="Port of the page and the API; 0 takes any")] = 4747,
    strict_limits: Annotated[
        bool, typer.Option("--strict-limits", help="Enforce Slack's rate limits")
    ] = False,
    strict_scopes: Annotated[
        bool, typer.Option("--strict-scopes", help="Refuse what the manifest does not ask for")
    ] = False,
    control_token: Annotated[
        str, typer.Option(help="Let tests order faults under /_control with this token")
    ] = "",
    home: Annotated[
        Path | None, typer.Option(help="Where everything is kept [BULLPEN_HOME, ~/.bullpen]")
    ] = None,
) -> None:
    """A local Slack without the desk, for writing Slack apps in any language."""
    from bullpen import settings

    folder = settings.load(home=home).home / "standalone"
    settings.prepare_home(folder)
    choices = Choices(
        home=folder,
        port=port,
        manifests=app or (),
        people=person or (),
        strict_limits=strict_limits,
        strict_scopes=strict_scopes,
        control_token=control_token,
    )
    asyncio.run(_serve(choices))


async def _serve(choices: Choices) -> None:
    from bullpen_workspace.config import AppSpec, WorkspaceConfig
    from bullpen_workspace.errors import WorkspaceError
    from bullpen_workspace.server import Workspace

    specs = [_read(path) for path in choices.manifests]
    first = specs[0] if specs else AppSpec(name="My app", display_name="My app", icon="")
    me, *others = choices.people or ("you",)
    config = WorkspaceConfig(
        path=choices.home / "workspace.db",
        files=choices.home / "workspace-files",
        port=choices.port,
        team_name="Local workspace",
        person_name=me,
        app=first,
        more_apps=tuple(specs[1:]),
        more_people=tuple(others),
        channels=("general", "random"),
        strict_limits=choices.strict_limits,
        strict_scopes=choices.strict_scopes,
        control_token=choices.control_token,
    )
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stopping.set)
    try:
        workspace = Workspace(config)
        await workspace.start()
    except WorkspaceError as error:
        raise OperatorError(error.fact, error.cause, error.remedy) from error
    try:
        typer.echo(_text(workspace))
        await stopping.wait()
    finally:
        await workspace.stop()


def _read(path: Path) -> AppSpec:
    from bullpen_workspace.errors import WorkspaceError
    from bullpen_workspace.manifest import read_manifest

    try:
        manifest: Any = yaml.safe_load(path.read_text())  # JSON is YAML, too.
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise InputError(
            f"The manifest {path} cannot be read.",
            f"The system says: {reason}.",
            "Name a manifest in YAML or JSON, as Slack's “App Manifest” page shows it.",
        ) from error
    if not isinstance(manifest, dict):
        raise InputError(
            f"{path} is no manifest.",
            "It does not hold an object.",
            "Name a manifest in YAML or JSON, as Slack's “App Manifest” page shows it.",
        )
    try:
        return read_manifest(cast("dict[str, Any]", manifest))
    except WorkspaceError as error:
        raise InputError(f"{path}: {error.fact}", error.cause, error.remedy) from error


def _text(workspace: Workspace) -> str:
    """Everything that a client needs, as lines that a shell's environment file takes."""
    lines = [
        f"Open {workspace.address()} to talk to your app.",
        f"SLACK_API_URL={workspace.url}/api/",
        f"SLACK_AUTHORIZE_URL={workspace.url}/oauth/v2/authorize",
    ]
    for keys in workspace.apps:
        app = workspace.rooms.people.app(keys.app_id)
        lines += [
            "",
            f"# {app.name if app else keys.app_id}",
            f"SLACK_BOT_TOKEN={keys.bot_token}",
            f"SLACK_APP_TOKEN={keys.app_token}",
            f"SLACK_SIGNING_SECRET={keys.signing_secret}",
            f"SLACK_USER_TOKEN={keys.user_token}",
            f"SLACK_CLIENT_ID={keys.client_id}",
            f"SLACK_CLIENT_SECRET={keys.client_secret}",
        ]
    for name, token in workspace.people.items():
        lines += ["", f"# {name}", f"SLACK_USER_TOKEN={token.token}"]
    return "\n".join([*lines, "", "Ctrl-C stops it."])
