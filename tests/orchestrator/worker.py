"""A desk in a process of its own that is killed where a test says, and started again.

    worker.py HOME POINT:N [POINT:N …]

Each life but the last is ended by SIGKILL at the N-th passing of a point; the last one runs until
the desk is idle. The parent imports once and forks each life, so that a life costs no import.
The chat is a file: one line for each post that the platform has applied.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from bullpen_agents.model import Request
from bullpen_agents.scripted import Answer, ScriptedModel, calls
from bullpen_orchestrator.desk import Desk
from bullpen_orchestrator.ports import Post
from real_parts import FakeChat, close_parts, make_parts, said

Checkpoint = Callable[[str], None]


class FileChat(FakeChat):
    """A platform that outlives its callers."""

    def __init__(self, path: Path, checkpoint: Checkpoint) -> None:
        super().__init__()
        self._path, self._checkpoint = path, checkpoint

    async def post(self, post: Post) -> str:
        line = {"key": post.key, "agent": post.agent, "text": post.text, "life": os.getpid()}
        with self._path.open("a") as file:
            file.write(json.dumps(line) + "\n")
        self._checkpoint("chat.applied")
        return f"9.{len(self._path.read_text().splitlines()):06d}"

    async def find(self, channel: str, thread_ts: str, key: str) -> str | None:
        lines = self._path.read_text().splitlines() if self._path.exists() else []
        keys = [json.loads(line)["key"] for line in lines]
        return f"9.{keys.index(key) + 1:06d}" if key in keys else None


def answer(request: Request) -> Answer:
    """A plan, two colleagues side by side, one ask, a closing; never the same words twice."""
    word = f"{random.SystemRandom().getrandbits(64):016x}"
    match (request.agent, request.meta["purpose"], request.meta["step"]):
        case (_, "plan", 0):
            work = [{"agent": a, "task": f"measure {word}"} for a in ("quant", "data_analyst")]
            return calls(("assign", {"assignments": work}), text=f"plan {word}")
        case (_, "work", 0):
            return calls(("measure", {"value": random.SystemRandom().random()}))
        case ("quant", "work", 1):
            return calls(("ask", {"agent": "developer", "question": f"sure {word}?"}))
        case (agent, purpose, _):
            return f"{agent} {purpose} {word}"


async def live(home: Path, checkpoint: Checkpoint) -> None:
    """One life: the platform delivers the message again, and the desk does what is left."""
    chat = FileChat(home / "chat.jsonl", checkpoint)
    parts = make_parts(home, chat, ScriptedModel(answer), checkpoint=checkpoint)
    desk = Desk(parts)
    await desk.start()
    await desk.receive(said("how volatile is oil?"))
    await desk.idle(30)
    await desk.stop()
    close_parts(parts)


def killer(point: str) -> Checkpoint:
    """Ends the process at the n-th passing of "name:n"; "" never does."""
    name, _, number = point.partition(":")
    passed: Counter[str] = Counter()

    def checkpoint(at: str) -> None:
        passed[at] += 1
        if at == name and passed[at] == int(number):
            os.kill(os.getpid(), signal.SIGKILL)

    return checkpoint


def main(home: Path, points: list[str]) -> int:
    """Live once per point and once more; the exit code says in which life something else happened."""
    for number, point in enumerate([*points, ""], start=1):
        child = os.fork()
        if child == 0:
            asyncio.run(live(home, killer(point)))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        if killed != bool(point) or (not point and status != 0):
            return number
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
