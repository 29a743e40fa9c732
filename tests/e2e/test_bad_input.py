"""Bad input gets a clear sentence in the place where the person is looking, and nothing is lost."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from desk_process import DeskProcess, environment, until


def test_an_unknown_colleague_is_named_and_a_near_one_offered(shared_desk: DeskProcess) -> None:
    ada = shared_desk.person()
    ts = ada.say("desk", "@Bullpen quand: what is the payoff of a 100-110 call spread for 3?")
    ada.answered("desk", ts, "quand", "quant")


def test_an_empty_mention_is_answered_with_what_to_write(shared_desk: DeskProcess) -> None:
    ada = shared_desk.person()
    ts = ada.say("desk", "@Bullpen")
    ada.answered("desk", ts, "without any text", "@Bullpen compare the volatility")


def test_a_message_of_40000_characters_is_answered_once(shared_desk: DeskProcess) -> None:
    ada = shared_desk.person()
    ts = ada.say("desk", "@Bullpen quant: " + "volatility " * 3_600)
    until(lambda: ada.replies("desk", ts), what="any answer")
    assert len(ada.replies("desk", ts)) == 1


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("photo.bin", bytes(range(256)) * 40, ("photo.bin",)),
        ("broken.csv", b"date,price\n2024-01-01,1\n2024-01-02,1,2,3\n", ("broken.csv", "3")),
        ("empty.csv", b"date,price\n", ("empty.csv", "no table")),
    ],
)
def test_a_bad_file_is_refused_with_the_reason(
    shared_desk: DeskProcess, name: str, content: bytes, words: tuple[str, ...]
) -> None:
    ada = shared_desk.person()
    ts = ada.send_file("desk", name, content, "@Bullpen data analyst: import this")
    ada.answered("desk", ts, *words)


def test_a_good_csv_becomes_a_series(shared_desk: DeskProcess) -> None:
    ada = shared_desk.person()
    rows = "date,silver\n" + "\n".join(f"2024-01-{d:02d},{20 + d / 10}" for d in range(1, 31))
    ts = ada.send_file("desk", "silver.csv", rows.encode(), "@Bullpen data analyst: import this")
    ada.answered("desk", ts, "silver", "30")


def test_a_port_in_use_is_explained(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = up(tmp_path / "home", "--port", str(port))
    assert done.returncode == 1
    assert str(port) in done.stderr
    assert "--port" in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


def test_a_home_that_is_a_file_is_explained(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("not a folder")
    done = up(tmp_path / "home")
    assert done.returncode == 1
    assert "BULLPEN_HOME" in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


def test_a_wrong_slack_token_is_explained(tmp_path: Path) -> None:
    extra = {"SLACK_BOT_TOKEN": "nonsense", "SLACK_APP_TOKEN": "xapp-1"}
    done = up(tmp_path / "home", extra=extra)
    assert done.returncode == 1
    assert "SLACK_BOT_TOKEN" in done.stderr
    assert re.search(r"xoxb-", done.stderr)
    assert "Traceback" not in done.stderr + done.stdout


def test_a_second_desk_on_one_home_is_refused(shared_desk: DeskProcess) -> None:
    done = up(shared_desk.home)
    assert done.returncode == 1
    assert shared_desk.url in done.stderr or "already" in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


def up(
    home: Path, *arguments: str, extra: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bullpen", "up", *(arguments or ("--port", "0"))],
        env=environment(home) | (extra or {}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
