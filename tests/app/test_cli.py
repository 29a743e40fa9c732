"""The command line, as a person meets it: in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
PATHS = os.pathsep.join(
    str(ROOT / folder)
    for folder in ("agents", "orchestrator", "memory", "tools", "workspace", "app")
)
HEAVY = ("langgraph", "chromadb", "slack_sdk", "slack_bolt", "pandas", "dbos", "anthropic", "numpy")


def bullpen(*args: str, **env: str) -> subprocess.CompletedProcess[str]:
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("BULLPEN_", "SLACK_", "ANTHROPIC_"))
    }
    return subprocess.run(
        [sys.executable, "-m", "bullpen", *args],
        env={**clean, "PYTHONPATH": PATHS, **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_help_answers_at_once() -> None:
    times: list[float] = []
    for _ in range(3):
        start = time.perf_counter()
        assert "up" in bullpen("--help").stdout
        times.append(time.perf_counter() - start)
    assert min(times) < 0.5, times


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from bullpen import cli\n"
        "try: cli.app(['--help'])\n"
        "except SystemExit: pass\n"
        f"print([m for m in {HEAVY!r} if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": PATHS},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip().endswith("[]")


def test_a_wrong_setting_is_told_without_a_traceback(tmp_path: Path) -> None:
    done = bullpen("memory", "search", BULLPEN_HOME=str(tmp_path), BULLPEN_PORT="eighty")
    assert done.returncode == 1
    assert done.stderr.splitlines()[0] == "The setting BULLPEN_PORT cannot be used."
    assert "Traceback" not in done.stderr
    assert "Traceback" in bullpen("--debug", "memory", "search", BULLPEN_PORT="eighty").stderr


def test_the_manifest_can_be_pasted() -> None:
    made = json.loads(bullpen("slack", "manifest").stdout)
    assert made["settings"]["socket_mode_enabled"] is True
    assert {"chat:write.customize", "metadata.message:read", "files:write"} <= set(
        made["oauth_config"]["scopes"]["bot"]
    )
    assert "agent_session_stopped" in made["settings"]["event_subscriptions"]["bot_events"]
    assert "agent_view" in made["features"]
    assert all(len(s["name"]) <= 24 for s in made["features"]["shortcuts"])
    assert len(made["display_information"]["description"]) <= 140
    named = yaml.safe_load(
        bullpen("slack", "manifest", "--format", "yaml", "--name", "Desk").stdout
    )
    assert named["features"]["bot_user"]["display_name"] == "Desk"


def test_the_version_is_told() -> None:
    assert bullpen("--version").stdout.startswith("bullpen 0.")
