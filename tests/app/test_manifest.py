"""The manifests that people paste in: within what Slack's manifest schema 2.0.0 allows."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner

from bullpen.cli import app
from bullpen.slack import manifest, scopes
from bullpen_agents.roster import Roster
from bullpen_memory.errors import InputError
from bullpen_workspace.manifest import find_manifest_problems

AGENTS = list(Roster.load().agents.values())
LONG = replace(AGENTS[0], name="A Very Long Name Of Forty Characters Or So", title="t" * 300)
MADE: dict[str, dict[str, Any]] = {
    "full": manifest.manifest(),
    "minimal": manifest.manifest(minimal=True),
    **{agent.id: manifest.of_agent(agent) for agent in (*AGENTS, replace(LONG, id="long"))},
}
each = pytest.mark.parametrize("made", MADE.values(), ids=MADE.keys())


def keys(part: dict[str, Any], *required: str, also: tuple[str, ...] = ()) -> None:
    """Slack refuses what lacks a required key and what has one it does not know."""
    assert set(required) <= set(part) <= {*required, *also}, sorted(part)


@each
def test_names_and_texts_have_the_length_slack_allows(made: dict[str, Any]) -> None:
    shown, features = made["display_information"], made["features"]
    keys(shown, "name", also=("description", "background_color", "long_description"))
    assert 1 <= len(shown["name"]) <= 35
    assert 1 <= len(shown["description"]) <= 140
    assert re.fullmatch(r"#[0-9a-f]{6}", shown["background_color"])
    keys(features["bot_user"], "display_name", also=("always_online",))
    assert 1 <= len(features["bot_user"]["display_name"]) <= 80
    agent = features["agent_view"]
    keys(agent, also=("agent_description", "suggested_prompts", "actions"))
    assert len(agent["agent_description"]) <= 300
    assert 1 <= len(agent["suggested_prompts"]) <= 4
    for prompt in agent["suggested_prompts"]:
        keys(prompt, "title", "message")


@each
def test_commands_and_shortcuts_are_complete(made: dict[str, Any]) -> None:
    for command in made["features"].get("slash_commands", []):
        keys(command, "command", "description", also=("usage_hint", "should_escape", "url"))
        assert re.fullmatch(r"/\S{1,31}", command["command"])
        assert len(command["usage_hint"]) <= 1_000
    shortcuts = made["features"]["shortcuts"]
    assert 1 <= len(shortcuts) <= 10
    for shortcut in shortcuts:
        keys(shortcut, "name", "type", "callback_id", "description")
        assert 1 <= len(shortcut["name"]) <= 24
        assert shortcut["type"] in ("message", "global")
        assert len(shortcut["description"]) <= 150


@each
def test_settings_are_those_of_socket_mode(made: dict[str, Any]) -> None:
    keys(made, "display_information", also=("_metadata", "features", "oauth_config", "settings"))
    keys(made["_metadata"], "major_version", "minor_version")
    settings, events = made["settings"], made["settings"]["event_subscriptions"]["bot_events"]
    assert settings["socket_mode_enabled"] is True
    assert settings["interactivity"] == {"is_enabled": True}
    assert 1 <= len(events) == len(set(events)) <= 100
    granted = made["oauth_config"]["scopes"]["bot"]
    assert all(len(name) <= 50 for name in (*events, *granted))
    assert set(scopes.REQUIRED) <= set(granted)
    assert find_manifest_problems(made) == []


def test_every_event_has_the_scope_that_slack_asks_for_it() -> None:
    needed = {
        "agent_session_stopped": "assistant:write", "app_mention": "app_mentions:read",
        "message.channels": "channels:history", "message.groups": "groups:history",
        "message.im": "im:history", "message.mpim": "mpim:history",
        "reaction_added": "reactions:read", "file_shared": "files:read",
        "member_joined_channel": "channels:read",
    }  # fmt: skip
    for name, made in MADE.items():
        for event in made["settings"]["event_subscriptions"]["bot_events"]:
            scope = needed.get(event)
            assert scope is None or scope in made["oauth_config"]["scopes"]["bot"], (name, event)


def test_an_agents_own_app_has_its_face_and_no_override_and_no_command() -> None:
    for agent in AGENTS:
        made = MADE[agent.id]
        assert made["features"]["bot_user"]["display_name"] == agent.name
        assert "slash_commands" not in made["features"]
        assert "chat:write.customize" not in made["oauth_config"]["scopes"]["bot"]


def test_a_name_that_slack_would_refuse_is_told() -> None:
    run = CliRunner().invoke(app, ["slack", "manifest", "--name", "x" * 36])
    assert isinstance(run.exception, InputError)
    assert "35 characters" in run.exception.cause
    run = CliRunner().invoke(app, ["slack", "manifest", "--agent", "qaunt"])
    assert isinstance(run.exception, InputError)
    made = CliRunner().invoke(app, ["slack", "manifest", "--agent", "data analyst"]).stdout
    assert json.loads(made) == MADE["data_analyst"]


@each
def test_slacks_own_schema_takes_it(made: dict[str, Any]) -> None:
    path = os.environ.get("BULLPEN_SLACK_MANIFEST_SCHEMA", "")
    if not path:
        pytest.skip("BULLPEN_SLACK_MANIFEST_SCHEMA names no file with Slack's manifest schema")
    jsonschema.Draft7Validator(json.loads(Path(path).read_text())).validate(made)
