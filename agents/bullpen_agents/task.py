"""What a turn is given and what it gives back: agents, tasks, replies, and the two ports of a turn.

The rule it protects: a turn is fixed by its task. Everything it reads comes from here, so that a
second run of the same turn reads the same. These types hold no behaviour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from bullpen_agents.model import Completed, Image, Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """A colleague. `prompt` is the rendered charter; `icon` a Slack emoji name such as ":bar_chart:".

    `aliases` are further names a person may use; `model` overrides the desk's default.
    """

    id: str
    name: str
    title: str
    icon: str
    prompt: str
    tools: tuple[str, ...]
    aliases: tuple[str, ...] = ()
    model: str | None = None
    max_steps: int = 12
    max_tokens: int = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One message of the thread, as the agent reads it. `speaker` is a display name."""

    speaker: str
    text: str
    author: str
    at: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What an agent is to do now.

    `turn_id` is unique for ever (run, agent, step of the graph). `purpose` tells plan, work,
    reply (to a colleague) and answer (closing) apart. `history` is the thread so far, oldest
    first; `memories` what the store recalled, one line each, with ids; `reports` the colleagues'
    results when closing; `earlier` names the files that came before in the thread; `images` are those of `files` that are pictures. `today` is the date of the request (ISO), fixed with the task so that a
    replay on another day reads the same. `as_of` is the day (ISO) the request is pinned to, or "".
    """

    run_id: str
    turn_id: str
    purpose: Literal["answer", "plan", "work", "reply", "close"]
    text: str
    asked_by: str
    history: tuple[Line, ...] = ()
    memories: tuple[str, ...] = ()
    reports: tuple[Line, ...] = ()
    files: tuple[str, ...] = ()
    earlier: tuple[str, ...] = ()
    images: tuple[Image, ...] = ()
    channel: str = ""
    today: str = ""
    as_of: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came out of a turn. `text` is Markdown with figure references, not yet rendered.

    `receipts` are the ids this turn made or was given, in order; `meta` collects the `meta` of
    tool outcomes (assignments, proposals), keyed by tool name, in call order; under "fallback" it
    says which model answered instead of which.
    `ended` other than "done" means that the turn was cut, and `text` says so.
    """

    text: str
    receipts: tuple[str, ...] = ()
    artifacts: tuple[str, ...] = ()
    usage: Usage = field(default_factory=Usage)
    steps: int = 0
    meta: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    ended: Literal["done", "stopped", "steps", "budget", "failed"] = "done"


class Journal(Protocol):
    """Remembers what already happened in a turn. Keys are unique for ever; `put` is durable on return.

    `get` gives None for a key never put. `put` of a known key keeps the first value and returns it.
    """

    async def get(self, key: str) -> dict[str, Any] | None: ...

    async def put(self, key: str, value: dict[str, Any]) -> dict[str, Any]: ...


class Watch(Protocol):
    """Sees a turn as it happens and may end it. Nothing it is told is durable."""

    async def text(self, so_far: str) -> None:
        """The reply's text so far (the whole, not the delta); "" after a restart."""
        ...

    async def doing(self, tool: str, label: str) -> None:
        """A tool is about to run; `label` is a short present participle for people."""
        ...

    async def did(self, tool: str, label: str, *, failed: bool, receipts: Sequence[str]) -> None:
        """That tool has ended and left these receipts."""
        ...

    async def charge(self, completed: Completed, *, answered: bool = True) -> None:
        """A model call ended, now or (on a replay) before: nothing here is durable, so it is told again.

        Without an answer (broken off, refused) it was paid for all the same, and is made again.

        Raises nothing: the budget is checked in `may_go_on`.
        """
        ...

    async def may_go_on(self) -> Literal["yes", "stopped", "budget"]:
        """Asked before every model call and every tool call."""
        ...
