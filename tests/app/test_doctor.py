"""`bullpen doctor` on an installed app: every lack with its exact remedy, in a workspace with strict scopes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bullpen import doctor
from bullpen.installed import apps
from bullpen.slack import manifest
from bullpen.slack.checkup import compared
from bullpen_agents.roster import Roster
from bullpen_workspace.config import AppSpec, WorkspaceConfig
from bullpen_workspace.server import Workspace

ROSTER = Roster.load()
DESK, *OWN = apps(ROSTER, per_agent=True)
QUANT = OWN[list(ROSTER.agents).index("quant")]
Examine = Callable[..., list[doctor.Finding]]


@pytest.fixture
async def strict(tmp_path: Path) -> AsyncIterator[Callable[..., Workspace]]:
    """strict(desk, quant): a workspace with strict scopes in which these are installed."""
    made: list[Workspace] = []

    def open_with(desk: AppSpec, *more: AppSpec) -> Workspace:
        made.append(
            Workspace(
                WorkspaceConfig(
                    path=tmp_path / "w.db", files=tmp_path / "f", port=0, app=desk,
                    more_apps=more, strict_scopes=True,
                )
            )
        )  # fmt: skip
        return made[-1]

    yield open_with
    for workspace in made:
        await workspace.stop()


async def examined(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, home: Path, config: str = "xoxe-any"
) -> list[doctor.Finding]:
    await workspace.start()
    monkeypatch.setenv("SLACK_API_URL", f"{workspace.url}/api/")
    monkeypatch.setenv("BULLPEN_SLACK_API_URL", f"{workspace.url}/api/")
    desk, *own = workspace.apps
    monkeypatch.setenv("SLACK_BOT_TOKEN", desk.bot_token)
    monkeypatch.setenv("SLACK_APP_TOKEN", desk.app_token)
    for keys in own:
        monkeypatch.setenv("SLACK_BOT_TOKEN_QUANT", keys.bot_token)
        monkeypatch.setenv("SLACK_APP_TOKEN_QUANT", keys.app_token)
    if config:
        monkeypatch.setenv("SLACK_CONFIG_TOKEN", desk.user_token)
    found = await asyncio.to_thread(doctor.examine, home)
    return [finding for finding in found if finding.topic == "Slack"]


async def test_apps_as_the_manifest_makes_them_lack_nothing(
    strict: Callable[..., Workspace], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = await examined(strict(DESK, QUANT), monkeypatch, tmp_path)
    assert [(one.state, one.remedy) for one in found] == [("ok", ""), ("ok", "")]
    assert "The app connects to the Slack workspace" in found[0].fact
    assert "The app of quant connects" in found[1].fact


async def test_every_lack_is_told_with_what_mends_it(
    strict: Callable[..., Workspace], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    events = tuple(e for e in DESK.settings.events if e not in ("message.groups", "reaction_added"))
    desk = replace(
        DESK,
        bot_scopes=tuple(s for s in DESK.bot_scopes if s != "files:write"),
        settings=replace(DESK.settings, events=events),
        commands=(),
    )
    quant = replace(QUANT, bot_scopes=tuple(s for s in QUANT.bot_scopes if s != "im:history"))
    found = await examined(strict(desk, quant), monkeypatch, tmp_path)
    lacks = {one.fact: one for one in found if one.remedy}
    assert {(one.fact.split(";")[0], one.state) for one in lacks.values()} == {
        ("The app was not granted files:write", "note"),
        ("The app did not subscribe to message.groups", "broken"),
        ("The app did not subscribe to reaction_added", "note"),
        ("The app has no command /bullpen.", "note"),
        ("The Slack app of quant lacks a permission. It needs im:history (reading direct messages).", "broken"),
    }  # fmt: skip
    told = " ".join(one.remedy for one in lacks.values())
    for part in (
        "under “Bot Token Scopes”, add files:write",
        "under “Subscribe to bot events”, add message.groups",
        "`bullpen slack manifest --agent quant`",
        "Create /bullpen",
    ):
        assert part in told, part


async def test_without_a_configuration_token_the_events_are_said_to_be_unknown(
    strict: Callable[..., Workspace], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    [connects, unknown] = await examined(strict(DESK), monkeypatch, tmp_path, config="")
    assert (connects.state, unknown.state) == ("ok", "note")
    assert "SLACK_CONFIG_TOKEN" in unknown.remedy


def test_each_of_our_manifests_lacks_nothing_and_an_empty_one_almost_everything() -> None:
    assert list(compared(manifest.manifest())) == []
    for agent in ROSTER.agents.values():
        assert list(compared(manifest.of_agent(agent), agent.id)) == []
    minimal = [one.state for one in compared(manifest.manifest(minimal=True))]
    assert set(minimal) == {"note"}
    bare = list(compared({}))
    assert all(one.remedy for one in bare)
    assert {"broken", "note"} == {one.state for one in bare}
