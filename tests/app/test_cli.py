"""The command line, as a person meets it: in a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import subprocess
import sys
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
    named = yaml.safe_load(
        bullpen("slack", "manifest", "--format", "yaml", "--name", "Desk").stdout
    )
    assert named["features"]["bot_user"]["display_name"] == "Desk"
    least = json.loads(bullpen("slack", "manifest", "--minimal").stdout)
    assert set(least["oauth_config"]["scopes"]["bot"]) < set(made["oauth_config"]["scopes"]["bot"])
    events = least["settings"]["event_subscriptions"]["bot_events"]
    assert {"app_mention", "message.im", "agent_session_stopped"} <= set(events)


def test_a_desk_on_claude_has_its_library_before_the_first_question(tmp_path: Path) -> None:
    code = (
        "import asyncio, sys, threading\n"
        "from bullpen.settings import load\n"
        "from bullpen.wiring import build\n"
        "seen = []\n"
        "class Watch:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'anthropic': seen.append(threading.current_thread())\n"
        "sys.meta_path.insert(0, Watch())\n"
        "async def main():\n"
        "    desk = await build(load(port=0))\n"
        "    print([thread is threading.main_thread() for thread in seen])\n"
        "    await desk.stop()\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={
            **os.environ, "PYTHONPATH": PATHS, "BULLPEN_HOME": str(tmp_path / "home"),
            "ANTHROPIC_API_KEY": "sk-ant-none",
        },
        capture_output=True,
        text=True,
        check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "[False]"


def test_the_version_is_told() -> None:
    assert bullpen("--version").stdout.startswith("bullpen 0.")


def test_ask_starts_a_desk_and_prints_the_thread(tmp_path: Path) -> None:
    home = str(tmp_path / "home")
    (tmp_path / "home").mkdir(mode=0o755)
    done = bullpen(
        "ask", "quant: what do I make on a 70-90-110 call butterfly bought at 2.50?", "--home", home
    )
    assert done.returncode == 0, done.stderr
    assert "Quant" in done.stdout
    assert "17.50" in done.stdout
    assert "[image: " in done.stdout
    found = bullpen("memory", "search", "butterfly", "--home", home, "--json")
    hits = json.loads(found.stdout)["hits"]
    assert hits
    shown = bullpen("memory", "show", hits[0]["id"], "--home", home)
    assert hits[0]["id"] in shown.stdout
    assert "Source" in shown.stdout
    assert bullpen("memory", "verify", "--home", home).returncode == 0
    assert not (tmp_path / "home/run.json").exists()
    files = [(tmp_path / "home"), *(tmp_path / "home").rglob("*")]
    assert [str(f) for f in files if f.stat().st_mode & 0o077] == []


def test_wrong_questions_are_told(tmp_path: Path) -> None:
    home = str(tmp_path)
    for args, word in (
        (("ask", " "), "nothing to ask"),
        (("ask", "x", "--agent", "bob"), "no agent called “bob”"),
        (("ask", "x", "--as-of", "soon"), "“soon” pins no question"),
        (("ask", "x", "--as-of", "2026-02-31"), "cannot tell which day"),
        (("memory", "show", "nothing"), "no memory"),
        (("memory", "search", "x", "--kind", "odd"), "no memory"),
    ):
        done = bullpen(*args, "--home", home)
        assert (done.returncode, word in done.stderr) == (2, True), done.stderr


def test_a_terminal_shows_the_answer_laid_out(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    question = "quant: what do I make on a 70-90-110 call butterfly bought at 2.50?"
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("SLACK_", "ANTHROPIC_"))}
    process = subprocess.Popen(
        [sys.executable, "-m", "bullpen", "ask", question, "--home", str(tmp_path)],
        env={**clean, "PYTHONPATH": PATHS, "COLUMNS": "100", "TERM": "xterm"},
        stdout=theirs,
        stderr=subprocess.PIPE,
    )
    os.close(theirs)
    shown = b""
    # The end of a terminal is an error to whoever reads it.
    with contextlib.suppress(OSError):
        while piece := os.read(ours, 4096):
            shown += piece
    os.close(ours)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert b"17.50" in shown
    assert b"**" not in shown
    assert b"|--" not in shown


def test_ask_never_opens_the_home_of_a_real_workspace_elsewhere(tmp_path: Path) -> None:
    done = bullpen(
        "ask", "hello", "--home", str(tmp_path), SLACK_BOT_TOKEN="xoxb-1", SLACK_APP_TOKEN="xapp-1"
    )
    assert (done.returncode, "real Slack workspace" in done.stderr) == (2, True), done.stderr
    assert not list(tmp_path.iterdir())


def test_doctor_says_what_is_active_and_never_a_secret(tmp_path: Path) -> None:
    home = str(tmp_path / "home")
    plain = bullpen("doctor", "--home", home)
    assert plain.returncode == 0, plain.stdout
    assert "ANTHROPIC_API_KEY" in plain.stdout
    assert "local workspace" in plain.stdout
    assert not (tmp_path / "home").exists()
    (tmp_path / "home").mkdir(mode=0o755)
    assert "can be read by others" in bullpen("doctor", "--home", home).stdout
    broken = bullpen(
        "doctor", "--home", home, "--json",
        ANTHROPIC_API_KEY="sk-ant-top-secret", SLACK_BOT_TOKEN="xoxb-top-secret",
    )  # fmt: skip
    assert broken.returncode == 1
    assert "top-secret" not in broken.stdout + broken.stderr
    told = {finding["topic"]: finding for finding in json.loads(broken.stdout)["findings"]}
    assert told["Model"]["state"] == "ok"
    assert told["Slack"]["state"] == "broken"
    assert "SLACK_APP_TOKEN" in told["Slack"]["remedy"]
