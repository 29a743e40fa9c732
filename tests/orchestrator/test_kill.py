"""SIGKILL at commits and effects: the run finishes, nothing is lost, nothing is said twice."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent

POINTS = [
    ["claimed:1", "run.begun:1", "graph.step:2"],
    ["turn.done:2", "outbox.row:3"],
    ["outbox.sending:1", "chat.applied:1"],
    ["chat.applied:3", "outbox.posted:2"],
    ["outbox.sent:4", "remember.stored:3", "run.ended:1"],
]
EVERY = [
    [f"{point}:{number}"]
    for point, last in {
        "claimed": 1,
        "enqueued": 1,
        "run.begun": 1,
        "turn.done": 5,
        "graph.step": 7,
        "outbox.row": 6,
        "outbox.sending": 6,
        "chat.applied": 6,
        "outbox.posted": 6,
        "outbox.sent": 6,
        "remember.stored": 7,
        "remember.done": 1,
        "run.ended": 1,
    }.items()
    for number in range(1, last + 1)
]


def live(home: Path, points: list[str]) -> list[dict[str, str]]:
    """Let a desk live and be killed at each point; what people saw in the end."""
    home.mkdir()
    path = os.pathsep.join(filter(None, sys.path))
    done = subprocess.run(
        [sys.executable, str(HERE / "worker.py"), str(home), *points],
        env={"PYTHONPATH": path, "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"life {done.returncode} of {points}: {done.stderr[-3000:]}"
    return [json.loads(line) for line in (home / "chat.jsonl").read_text().splitlines()]


def lives(home: Path, points: list[str]) -> None:
    """Kill a desk, and check what people saw against what the ledger holds."""
    posts = live(home, points)
    keys = [post["key"] for post in posts]
    assert len(keys) == len(set(keys)), f"said twice: {keys}"
    speakers = sorted(post["agent"] for post in posts)
    assert speakers == [
        *["architect", "architect", "data_analyst", "developer", "quant", "quant"]
    ], posts
    assert posts[-1]["text"].startswith("architect close")
    with sqlite3.connect(home / "ledger.db") as ledger:
        stored = dict(ledger.execute("SELECT key, json_extract(post, '$.text') FROM outbox"))
        runs = ledger.execute("SELECT status FROM runs").fetchall()
        remembered = ledger.execute("SELECT count(*) FROM remembered").fetchone()
    ledger.close()
    assert {post["key"]: post["text"] for post in posts} == stored
    assert runs == [("done",)]
    assert remembered == (7,)


@pytest.mark.parametrize("points", POINTS, ids="+".join)
def test_a_killed_desk_finishes_and_says_everything_once(tmp_path: Path, points: list[str]) -> None:
    lives(tmp_path / "home", points)


@pytest.mark.slow
@pytest.mark.parametrize("points", EVERY, ids="+".join)
def test_a_desk_killed_at_any_commit_says_everything_once(
    tmp_path: Path, points: list[str]
) -> None:
    lives(tmp_path / "home", points)


def test_a_run_that_takes_its_worker_down_three_times_is_set_aside(tmp_path: Path) -> None:
    posts = live(tmp_path / "home", ["turn.done:1", "turn.done:1", "turn.done:1"])
    [post] = posts
    assert post["text"].startswith("I set this request aside: it took the desk down 3 times.")
    assert "T:C1:1.000001" in post["text"]
