"""The settings of one desk: one frozen object, and the only reader of the environment.

The rule it protects: a wrong value is told in a sentence that names the setting, before anything
starts; secrets never appear in a repr, a log or an error. It opens no connection and starts
nothing; `prepare_home` only makes the folder.
"""

from __future__ import annotations

import getpass
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bullpen import messages
from bullpen.slack import setup_messages
from bullpen_memory.database import Place, is_server

SLACK_API = "https://slack.com/api/"
STARTS = ("xoxb-", "xapp-")
LOCAL_MODEL_KEY = "local"
"""Local servers that speak the Messages API want a key but do not check it."""


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "you"


def _named(name: str) -> AliasChoices:
    """A setting that keeps the name the rest of the world gives it."""
    return AliasChoices(name, name.lower())


class Settings(BaseSettings):
    """What the desk is told from outside. Ours begin with BULLPEN_; tokens keep their usual names."""

    model_config = SettingsConfigDict(
        env_prefix="BULLPEN_",
        env_ignore_empty=True,
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,
        populate_by_name=True,
    )

    home: Path = Field(Path("~/.bullpen"), description="the folder that holds everything")
    port: int = Field(4747, ge=0, le=65535, description="the port of the page; 0 takes a free one")
    person: str = Field(
        default_factory=_login_name,
        min_length=1,
        max_length=80,
        description="your name in the local workspace",
    )
    model: str = Field("", description="the model the desk runs on; a charter may name another")
    fallback_model: str = Field(
        "", description="the model asked once when the first stays overloaded or does not exist"
    )
    model_pictures: bool = Field(
        False,
        description="whether the model of the server at ANTHROPIC_BASE_URL can look at pictures",
    )
    database_url: SecretStr | None = Field(
        None,
        validation_alias=AliasChoices("BULLPEN_DATABASE_URL", "DATABASE_URL", "database_url"),
        repr=False,
        description="postgresql://user:password@host:5432/name: one memory for many desks; SQLite"
        " under the home when empty; `DATABASE_URL` counts, too",
    )
    max_file_mb: float = Field(
        25.0, gt=0, le=1000, description="the largest file the desk reads, in megabytes"
    )
    max_model_calls: int = Field(
        80, ge=1, le=10_000, description="model calls that one request may cost"
    )
    max_tokens: int = Field(1_000_000, ge=1000, description="tokens that one request may cost")
    max_usd: float = Field(
        5.0, gt=0, description="US dollars that one request may cost, where prices are known"
    )
    anthropic_api_key: SecretStr | None = Field(
        None, validation_alias=_named("ANTHROPIC_API_KEY"), repr=False, description="selects Claude"
    )
    anthropic_base_url: str = Field(
        "",
        validation_alias=_named("ANTHROPIC_BASE_URL"),
        description="a local server that speaks the Messages API",
    )
    slack_bot_token: SecretStr | None = Field(
        None,
        validation_alias=_named("SLACK_BOT_TOKEN"),
        repr=False,
        description="the bot token of your Slack app, xoxb-…",
    )
    slack_app_token: SecretStr | None = Field(
        None,
        validation_alias=_named("SLACK_APP_TOKEN"),
        repr=False,
        description="its app-level token with connections:write, xapp-…",
    )
    slack_config_token: SecretStr | None = Field(
        None,
        validation_alias=_named("SLACK_CONFIG_TOKEN"),
        repr=False,
        description="an app configuration token, for `bullpen doctor` to compare the app's events",
    )
    slack_agent_tokens: Mapping[str, tuple[SecretStr, SecretStr]] = Field(
        default_factory=dict[str, tuple[SecretStr, SecretStr]],
        validation_alias=AliasChoices("SLACK_BOT_TOKEN_<AGENT>"),
        repr=False,
        description="with SLACK_APP_TOKEN_<AGENT>: an agent's own Slack app, such as _QUANT",
    )
    slack_apps: Literal["one", "per-agent"] = Field(
        "one",
        description="in the local workspace: one app for all agents, or `per-agent`",
    )
    eia_api_key: SecretStr | None = Field(
        None,
        repr=False,
        description="the key for `bullpen data sync eia`; free at eia.gov/opendata",
    )
    fred_api_key: SecretStr | None = Field(
        None,
        repr=False,
        description="the key for `bullpen data sync fred`; free at fred.stlouisfed.org",
    )
    sec_contact: str = Field(
        "", description="your name and e-mail address, which the SEC wants in every request"
    )
    yahoo_terms: Literal["", "accepted"] = Field(
        "", description="`accepted`: you have read Yahoo's terms (personal use) and want its prices"
    )
    sync: Literal["off", "on"] = Field(
        "off", description="`on`: agents may bring public series in from the listed publishers"
    )
    slack_api_url: str = Field(SLACK_API, description="the base address of Slack's Web API")

    @field_validator("home", mode="after")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @field_validator("anthropic_base_url", "slack_api_url", mode="after")
    @classmethod
    def _address(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("it is an address and must begin with http:// or https://")
        return value

    @field_validator("database_url", mode="after")
    @classmethod
    def _server(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not is_server(value.get_secret_value()):
            raise ValueError("The address there, or in DATABASE_URL, must begin with postgresql://")
        return value

    @property
    def memory(self) -> Place:
        """Where the records are: a file of the home, or a database that several desks share."""
        return (
            self.database_url.get_secret_value() if self.database_url else self.home / "context.db"
        )

    @property
    def has_memory(self) -> bool:
        """Whether there can be records already."""
        return self.database_url is not None or (self.home / "context.db").exists()

    @property
    def max_file_bytes(self) -> int:
        return int(self.max_file_mb * 1_000_000)

    @property
    def slack_mode(self) -> Literal["slack", "workspace"]:
        """Where people are: a real Slack workspace, or the local one."""
        if self.slack_bot_token or self.slack_app_token:
            return "slack"
        if self.slack_agent_tokens:
            raise setup_messages.agents_without_a_desk()
        return "workspace"

    @property
    def sees_pictures(self) -> bool:
        """Whether pictures that people attach are shown to the model."""
        return self.model_mode == "claude" or (self.model_mode == "server" and self.model_pictures)

    @property
    def model_mode(self) -> Literal["claude", "server", "offline"]:
        """What answers: Anthropic's API, a server named by its address, or the keyless model."""
        if self.anthropic_base_url:
            return "server"
        return "claude" if self.anthropic_api_key else "offline"

    def slack_tokens(self) -> tuple[str, str]:
        """Both tokens of the desk's app in the real workspace.

        Raises OperatorError where one is missing or looks like another kind of token.
        """
        return _pair("", self.slack_bot_token, self.slack_app_token)

    def own_tokens(self, agents: Sequence[str]) -> dict[str, tuple[str, str]]:
        """Both tokens of each app that is one agent's own, by agent id; `agents` are those there are.

        Raises OperatorError where a setting names no agent, or a token is missing or of another kind.
        """
        for agent in self.slack_agent_tokens:
            if agent not in agents:
                raise setup_messages.tokens_of_nobody(setup_messages.token_names(agent)[0], agents)
        return {agent: _pair(agent, *pair) for agent, pair in self.slack_agent_tokens.items()}


def _pair(agent: str, bot: SecretStr | None, app: SecretStr | None) -> tuple[str, str]:
    values = tuple(secret.get_secret_value().strip() if secret else "" for secret in (bot, app))
    for name, value, start in zip(setup_messages.token_names(agent), values, STARTS, strict=True):
        if not value:
            raise setup_messages.half_a_slack(name)
        if not value.startswith(start):
            raise setup_messages.wrong_kind_of_token(name, start)
    return values[0], values[1]


def _agent_tokens() -> dict[str, tuple[SecretStr, SecretStr]]:
    """The tokens of agents' own apps, from the environment; a missing half is empty."""
    found: dict[str, list[SecretStr]] = {}
    for index, kind in enumerate(("SLACK_BOT_TOKEN_", "SLACK_APP_TOKEN_")):
        for name, value in os.environ.items():
            if name.startswith(kind) and value.strip():
                agent = name.removeprefix(kind).lower()
                found.setdefault(agent, [SecretStr(""), SecretStr("")])[index] = SecretStr(value)
    return {agent: (bot, app) for agent, (bot, app) in sorted(found.items())}


def load(*, home: Path | None = None, port: int | None = None) -> Settings:
    """Read the environment once; arguments win over it. Raises OperatorError naming the setting."""
    given: dict[str, object] = {"slack_agent_tokens": _agent_tokens()}
    if home is not None:
        given["home"] = home
    if port is not None:
        given["port"] = port
    try:
        return Settings(**given)  # pyright: ignore[reportArgumentType]
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else "BULLPEN_HOME"
        shown = name if name.isupper() else f"BULLPEN_{name.upper()}"
        raise messages.wrong_setting(shown, first["msg"].removeprefix("Value error, ")) from None


def prepare_home(home: Path) -> None:
    """Make the folder, close it to others where it is ours, and prove that it can be written.

    Raises OperatorError where it cannot.
    """
    try:
        if not home.exists():
            home.mkdir(parents=True, mode=0o700)
        if home.stat().st_uid == os.geteuid():
            home.chmod(0o700)
        prove_writable(home)
        for name in ("logs", "files", "artifacts", "agents", "cache"):
            (home / name).mkdir(exist_ok=True, mode=0o700)
        # Matplotlib keeps its list of fonts there; everything of the desk is under its home.
        os.environ.setdefault("MPLCONFIGDIR", str(home / "cache"))
    except OSError as error:
        raise messages.home_unusable(home, error.strerror or str(error)) from None


def prove_writable(home: Path) -> None:
    """Raises OperatorError where nothing can be written in the folder."""
    try:
        with tempfile.TemporaryFile(dir=home):
            pass
    except OSError as error:
        raise messages.home_unusable(home, error.strerror or str(error)) from None
