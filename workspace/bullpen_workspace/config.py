"""What a workspace is started with, and the credentials it hands out.

The rule it protects: everything that can differ between two workspaces is named here, with a
default that suits a laptop. It reads no environment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from starlette.routing import BaseRoute

from bullpen_workspace.types import AgentFace, AppSettings, Command, Shortcut


@dataclass(frozen=True, slots=True, kw_only=True)
class NavLink:
    """A further page of the product, shown in the chat page's rail."""

    label: str
    href: str
    icon: str = ""


BOT_SCOPES = (
    *("app_mentions:read", "assistant:write", "bookmarks:read", "bookmarks:write"),
    *("canvases:read", "canvases:write"),
    *("links:read", "links:write"),
    *("channels:history", "channels:join", "channels:manage", "channels:read"),
    *("chat:write", "chat:write.customize", "commands", "emoji:read"),
    *("files:read", "files:write", "groups:history", "groups:read", "groups:write"),
    *("im:history", "im:read", "im:write", "metadata.message:read"),
    *("mpim:history", "mpim:read", "mpim:write", "pins:read", "pins:write"),
    *("reactions:read", "reactions:write", "team:read", "usergroups:read"),
    *("users.profile:read", "users:read", "users:read.email"),
)
"""What a bot token is granted unless the app asks for less."""
USER_SCOPES = (*BOT_SCOPES, "channels:write", "search:read")
"""What a person's token is granted unless the app asks for less."""
APP_SCOPES = ("authorizations:read", "connections:write")


@dataclass(frozen=True, slots=True, kw_only=True)
class AppSpec:
    """The app that lives in the workspace: its names, what it offers people, what it may do."""

    name: str = "Bullpen"
    display_name: str = "Bullpen"
    icon: str = ":office:"
    agents: tuple[AgentFace, ...] = ()
    commands: tuple[Command, ...] = ()
    shortcuts: tuple[Shortcut, ...] = ()
    bot_scopes: tuple[str, ...] = BOT_SCOPES
    user_scopes: tuple[str, ...] = USER_SCOPES
    settings: AppSettings = field(default_factory=AppSettings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How long the workspace waits, in seconds; the defaults are Slack's.

    `status` is how long a status line stays that its app does not renew.
    `retries` are the delays before the second, third and fourth delivery of an event that was
    not acknowledged within `ack`. `sweep` is the time between two looks at what is due. `stream` is the life of a streamed message (None: no limit).
    """

    ack: float = 3.0
    retries: tuple[float, ...] = (0.0, 60.0, 300.0)
    trigger: float = 3.0
    ticket: float = 30.0
    stream: float | None = 300.0
    response_url: float = 1800.0
    status: float = 120.0
    sweep: float = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceConfig:
    """Where the workspace keeps its state, where it listens and who is in it.

    `port` 0 means any free port. `mounts` are further pages of the product under the same
    origin and the same protection, except below `client_paths`, which ask for tokens of their own;
    `more_apps` and `more_people` live there beside the first; `nav` their links. `host` must be a loopback address.
    `strict_scopes` refuses what a token was not granted, `strict_limits` more calls than Slack's
    rate limits allow. With a `control_token` tests may order faults by /_control.
    """

    path: Path
    files: Path
    host: str = "127.0.0.1"
    port: int = 4747
    team_name: str = "Bullpen"
    person_name: str = "you"
    app: AppSpec = field(default_factory=AppSpec)
    more_apps: tuple[AppSpec, ...] = ()
    more_people: tuple[str, ...] = ()
    channels: tuple[str, ...] = ("desk", "research", "markets")
    mounts: Sequence[BaseRoute] = ()
    client_paths: Sequence[str] = ()
    nav: Sequence[NavLink] = ()
    timing: Timing = field(default_factory=Timing)
    strict_scopes: bool = False
    strict_limits: bool = False
    control_token: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What a client of one app needs: made at the first start, the same ever after.

    `user_token` acts as `person_id`, the workspace's first person.
    """

    bot_token: str
    app_token: str
    user_token: str
    bot_user_id: str
    bot_id: str
    app_id: str
    team_id: str
    person_id: str
    client_id: str
    client_secret: str
    signing_secret: str
