"""What the orchestrator needs from the place where people are: the `Chat` port and its types.

The rule it protects: the orchestrator knows no Slack. Ids are opaque strings; text is Markdown
with its figures already rendered; the adapter fits it to the platform's limits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from bullpen_tools.context import LocalFile

Audience = Literal["public", "private", "direct"]
SessionState = Literal["processing", "suspended", "active", "closed"]
"""Worked on; waiting until the desk goes on; not worked on; taken back by who asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """What a person said, as the platform delivered it (possibly more than once).

    `event_id` is the platform's; `team`+`channel`+`ts` identify the message itself.
    `thread_ts` is the thread's root and equals `ts` for a new conversation. `addressed` is True
    when the desk was mentioned or the message is direct. `to` are the agents whom the platform
    itself addresses, by a mention of their own app or a direct message to it; a name in the text
    wins. `text` has the desk's own mention removed and other mentions as @names.
    """

    event_id: str
    team: str
    channel: str
    channel_name: str
    audience: Audience
    user: str
    user_name: str
    text: str
    ts: str
    thread_ts: str
    addressed: bool
    to: tuple[str, ...] = ()
    permalink: str = ""
    files: tuple[LocalFile, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What the desk has heard, in platform times (seconds), so that the rest can be fetched.

    `since` is when it first listened; `channels` and `threads` (channel, root) hold the latest
    message of a person; `known` the (channel, ts) of the last day, with the thread's root, without
    what was taken back.
    """

    since: float
    channels: dict[str, float]
    threads: dict[tuple[str, str], float]
    known: Mapping[tuple[str, str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """A button under a message; `value` comes back to the adapter's handler for `action`."""

    action: str
    label: str
    value: str
    style: Literal["", "primary", "danger"] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A record of the memory that a message is about, as it stood then; people decide on it there.

    `page` is its address on the memory page, "" where there is none.
    """

    id: str
    version: int
    kind: str
    headline: str
    status: str
    disputed: bool = False
    pinned: bool = False
    page: str = ""


StepStatus = Literal["pending", "in_progress", "complete", "error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a plan, in plain text. `detail` is what is being done, `output` what came out."""

    id: str
    title: str
    status: StepStatus = "pending"
    detail: str = ""
    output: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The steps of a run as they are at one moment, under a title."""

    title: str
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One message that an agent says. `key` is fixed before the effect and unique for ever.

    `images` are paths of PNG files, relative to the home folder, shown inside the message, with
    their alt texts, `files` those of other files, shown under it, with their titles; `footnotes` are Markdown lines set small under the text. `live_ts` is the
    message that already streams this text, when there is one: it is completed instead of posting
    another. `judged` asks the readers whether it helped. `plan` is shown under the text, and so is
    each of `alerts`, as a card that warns. `records` are what it wrote into the memory, or asks people
    to look at there.
    """

    key: str
    channel: str
    thread_ts: str
    agent: str
    text: str
    footnotes: tuple[str, ...] = ()
    images: tuple[tuple[str, str], ...] = ()
    files: tuple[tuple[str, str], ...] = ()
    buttons: tuple[Button, ...] = ()
    priority: Literal["answer", "approval", "result", "progress"] = "result"
    live_ts: str = ""
    judged: bool = False
    plan: Plan | None = None
    alerts: tuple[str, ...] = ()
    records: tuple[Written, ...] = ()
    meta: dict[str, Any] = field(default_factory=dict)


class Undeliverable(Exception):
    """The platform refuses this post for good (channel gone, not a member). `reason` is its word."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class Busy(Exception):
    """The platform asks for patience; try again after `seconds`."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(f"retry after {seconds:g} s")


class Chat(Protocol):
    """The place where people are.

    `post` returns the message's ts. It raises Busy (nothing was posted), Undeliverable (nothing
    was posted, nothing will be), and lets anything else rise (in doubt: the outbox asks `find`).
    A post longer than the platform allows is split by the adapter; the first part carries the key.
    """

    async def post(self, post: Post) -> str: ...

    async def find(self, channel: str, thread_ts: str, key: str) -> str | None:
        """The ts of the message that carries `key` in its metadata, or None if there is none.

        Raises Busy where nobody can tell now (no network, say) and Undeliverable where nobody
        ever will, because the place is gone.
        """
        ...

    async def status(self, channel: str, thread_ts: str, agent: str, text: str) -> None:
        """Show that `agent` is busy ("" clears). Best effort: never raises, may be dropped."""
        ...

    async def session(
        self, channel: str, thread_ts: str, state: SessionState, *, user: str = "", title: str = ""
    ) -> bool:
        """Show the state of the work in a thread that `user` began. Never raises.

        False where the platform does not show it yet and it is worth another attempt.
        """
        ...

    async def open_live(self, channel: str, thread_ts: str, agent: str, user: str) -> str | None:
        """Begin a message whose text grows, and return its ts; None where this must not be done."""
        ...

    async def grow_live(self, channel: str, ts: str, text: str) -> None:
        """Show the whole `text` so far in the live message. Best effort: never raises."""
        ...

    async def show_plan(self, post: Post, ts: str) -> None:
        """Show `post.plan` as it is now in the message that says `post`. Best effort: never raises."""
        ...

    async def open_plan(
        self, channel: str, thread_ts: str, agent: str, user: str, plan: Plan
    ) -> str | None:
        """Begin a message that shows `user` the steps as they go; None where there must be none."""
        ...

    async def grow_plan(self, channel: str, ts: str, plan: Plan, *, over: bool = False) -> None:
        """Show the plan as it is now; `over` closes the message. Best effort: never raises."""
        ...

    async def direct(self, user: str) -> str | None:
        """The channel in which only `user` reads the desk; None where there cannot be one."""
        ...

    def permalink(self, channel: str, ts: str, thread_ts: str = "") -> str:
        """The address of a message."""
        ...


def pass_by(name: str) -> None:
    """The checkpoint of a desk that nobody crashes on purpose."""
