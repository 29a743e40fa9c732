"""The whole product as a child process, and a person who talks to it through Slack's own SDK."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from slack_sdk import WebClient

ROOT = Path(__file__).parents[1]
PACKAGES = ["agents", "orchestrator", "memory", "tools", "workspace", "app"]
PATIENCE = 30.0


def until(look: Callable[[], Any], seconds: float = PATIENCE, what: str = "it") -> Any:
    """Ask again until the answer is true; a test that waits too long says for what."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if seen := look():
            return seen
        time.sleep(0.05)
    raise AssertionError(f"waited {seconds:g} s for {what}")


def environment(home: Path) -> dict[str, str]:
    """A clean environment: no key, no token, no proxy of whoever runs the tests."""
    kept = {k: os.environ[k] for k in ("PATH", "HOME", "LANG", "TMPDIR") if k in os.environ}
    path = ":".join(str(ROOT / p) for p in PACKAGES)
    return kept | {"BULLPEN_HOME": str(home), "BULLPEN_PERSON": "Ada", "PYTHONPATH": path}


@dataclass
class Person:
    """Somebody in the workspace, with the real SDK and a user token."""

    client: WebClient
    channels: dict[str, str] = field(default_factory=dict)
    bullpen: str = ""

    def mention(self) -> str:
        """How Slack writes "@Bullpen" in a message's text."""
        if not self.bullpen:
            users = self.client.users_list()["members"]
            self.bullpen = next(u["id"] for u in users if u.get("is_bot"))
        return f"<@{self.bullpen}>"

    def channel(self, name: str) -> str:
        if name not in self.channels:
            listed = self.client.conversations_list(types="public_channel,private_channel")
            self.channels = {c["name"]: c["id"] for c in listed["channels"]}
        return self.channels[name]

    def say(self, channel: str, text: str, thread: str | None = None) -> str:
        posted = self.client.chat_postMessage(
            channel=self.channel(channel),
            text=text.replace("@Bullpen", self.mention()),
            thread_ts=thread,
        )
        return str(posted["ts"])

    def send_file(self, channel: str, name: str, content: bytes, text: str) -> str:
        """Start a thread, put a file with a comment into it, and return the thread's ts."""
        ts = self.say(channel, f"A file comes below: {name}")
        self.client.files_upload_v2(
            channel=self.channel(channel),
            content=content,
            filename=name,
            thread_ts=ts,
            initial_comment=text.replace("@Bullpen", self.mention()),
        )
        return ts

    def thread(self, channel: str, ts: str) -> list[dict[str, Any]]:
        found = self.client.conversations_replies(
            channel=self.channel(channel), ts=ts, limit=200, include_all_metadata=True
        )
        return list(found["messages"])

    def replies(self, channel: str, ts: str) -> list[dict[str, Any]]:
        """What colleagues said. (Slack stamps a bot_id on a person's API posts too.)"""
        return [m for m in self.thread(channel, ts) if m.get("bot_id") and m.get("username")]

    def answered(
        self, channel: str, ts: str, *words: str, seconds: float = PATIENCE
    ) -> dict[str, Any]:
        """The first reply of the desk that holds all of `words` (case ignored)."""

        def look() -> dict[str, Any] | None:
            for message in self.replies(channel, ts):
                text = readable(message).lower()
                if all(w.lower() in text for w in words):
                    return message
            return None

        try:
            return until(look, seconds, f"a reply with {words}")
        except AssertionError as missing:
            said = "\n---\n".join(readable(m) for m in self.replies(channel, ts))
            raise AssertionError(f"{missing}; the thread says:\n{said}") from None


def readable(message: dict[str, Any]) -> str:
    """All that a message shows, blocks included."""
    return (
        message.get("text", "") + "\n" + json.dumps(message.get("blocks", []), ensure_ascii=False)
    )


@dataclass
class DeskProcess:
    """`bullpen up` on a home of its own."""

    home: Path
    process: subprocess.Popen[str] | None = None
    url: str = ""
    address: str = ""
    settings: dict[str, str] = field(default_factory=dict)

    def start(self, *arguments: str) -> DeskProcess:
        log = (self.home.parent / f"{self.home.name}.out").open("a")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bullpen", "up", "--port", "0", *arguments],
            env=environment(self.home) | self.settings,
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
        )
        log.close()
        try:
            run = until(self.run_file, what="the desk to start")
        except AssertionError as late:
            raise AssertionError(f"{late}:\n{self.output()}") from None
        self.url, self.address = run["url"], run["address"]
        return self

    def run_file(self) -> dict[str, Any] | None:
        assert self.process is not None
        if self.process.poll() is not None:
            raise AssertionError(f"the desk ended with {self.process.returncode}")
        path = self.home / "run.json"
        if not path.exists():
            return None
        run = json.loads(path.read_text())
        return run if run.get("pid") == self.process.pid else None

    def output(self) -> str:
        return (self.home.parent / f"{self.home.name}.out").read_text()

    def person(self) -> Person:
        run = json.loads((self.home / "run.json").read_text())
        client = WebClient(token=run["user_token"], base_url=f"{self.url}/api/")
        client.proxy = None
        return Person(client)

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self, seconds: float = 30) -> int:
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(seconds)
