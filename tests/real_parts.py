"""A desk on real parts (SQLite, DBOS, LangGraph, the toolbox, the store) with a fake chat."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bullpen_agents.model import Event, Model, Request, TextDelta
from bullpen_agents.roster import Roster
from bullpen_memory.market import Market
from bullpen_memory.store import Store
from bullpen_orchestrator.desk import Desk, DeskParts
from bullpen_orchestrator.ports import Audience, Inbound, Plan, Post
from bullpen_tools.context import Artifact, Result, ToolContext, Value
from bullpen_tools.receipts import Receipts
from bullpen_tools.tool import tool
from bullpen_tools.toolbox import Toolbox

OpenDesk = Callable[..., Awaitable[Desk]]


@dataclass
class FakeChat:
    """Remembers what it is told; `trouble` is raised, oldest first, instead of posting."""

    posts: list[Post] = field(default_factory=list)
    shown: list[tuple[str, ...]] = field(default_factory=list)
    trouble: list[Exception] = field(default_factory=list)
    plans: list[tuple[str, Plan | None]] = field(default_factory=list)

    async def post(self, post: Post) -> str:
        if self.trouble:
            raise self.trouble.pop(0)
        self.posts.append(post)
        return post.live_ts or f"9.{len(self.posts):06d}"

    async def find(self, channel: str, thread_ts: str, key: str) -> str | None:
        return next((f"9.{n:06d}" for n, p in enumerate(self.posts, 1) if p.key == key), None)

    async def status(self, channel: str, thread_ts: str, agent: str, text: str) -> None:
        self.shown.append(("status", agent, text))

    async def session(
        self, channel: str, thread_ts: str, state: str, *, user: str = "", title: str = ""
    ) -> bool:
        self.shown.append(("session", thread_ts, state))
        return True

    async def open_live(self, channel: str, thread_ts: str, agent: str, user: str) -> str | None:
        return None

    async def grow_live(self, channel: str, ts: str, text: str) -> None:
        self.shown.append(("live", ts, text))

    async def show_plan(self, post: Post, ts: str) -> None:
        self.plans.append((ts, post.plan))

    async def open_plan(
        self, channel: str, thread_ts: str, agent: str, user: str, plan: Plan
    ) -> str | None:
        self.plans.append((f"opened by {agent}", plan))
        return "7.000001"

    async def grow_plan(self, channel: str, ts: str, plan: Plan, *, over: bool = False) -> None:
        self.plans.append((f"{ts} over" if over else ts, plan))

    async def direct(self, user: str) -> str | None:
        return f"D{user}"

    def permalink(self, channel: str, ts: str, thread_ts: str = "") -> str:
        return f"https://desk.test/{channel}/{ts}"


class Hanging:
    """A model that begins to write and never ends."""

    label, offline = "hanging model", False
    begun = False

    async def stream(self, request: Request) -> AsyncIterator[Event]:
        self.begun = True
        yield TextDelta("I am about to say")
        await asyncio.Event().wait()


@tool(risk="read", label="measuring", version="1")
def measure(ctx: ToolContext, value: float, chart: bool = False) -> Result:
    """Give a number back as a volatility of oil, with a picture when wanted.

    Args:
        value: the number
        chart: whether to draw it
    """
    picture = Artifact(
        path="v.png", name="v.png", mimetype="image/png", title="V", alt="A line", sha256="0"
    )
    known = Value(value=value, unit="pct", metric="volatility", entity="WTI", label="volatility")
    return Result(summary="Measured.", values={"vol": known}, artifacts=(picture,) if chart else ())


CHARTER = """---
id: {id}
name: {name}
title: tester
icon: ":robot_face:"
aliases: [{alias}]
tools: [{tools}]
---
You are $name. $house
"""


def write_charters(folder: Path) -> Path:
    """The five colleagues with the tools of these tests."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "_house.md").write_text("Be exact.\n")
    for agent, name, alias, tools in (
        ("architect", "Architect", "lead", "assign, ask, measure"),
        ("quant", "Quant", "quants", "ask, measure"),
        ("data_analyst", "Data Analyst", "analyst", "ask, measure"),
        ("developer", "Developer", "dev", "ask"),
        ("frontend", "Frontend", "designer", "ask"),
    ):
        (folder / f"{agent}.md").write_text(
            CHARTER.format(id=agent, name=name, alias=alias, tools=tools)
        )
    return folder


def make_parts(home: Path, chat: Any, model: Model, **changes: Any) -> DeskParts:
    """Real parts under `home`; the caller closes store and receipts."""
    receipts = Receipts(home / "receipts.db")
    store = Store(home / "context.db")
    given: dict[str, Any] = {
        "home": home,
        "roster": Roster.load(write_charters(home / "agents")),
        "model_for": lambda agent: model,
        "toolbox": Toolbox(receipts, [measure]),
        "receipts": receipts,
        "store": store,
        "market": Market(store),
        "chat": chat,
        "default_model": "scripted",
        "settle": 0.3,
        "polling": 0.02,
        "streaming": 0.0,
    }
    return DeskParts(**given | changes)


def close_parts(parts: DeskParts) -> None:
    """Close what `make_parts` opened."""
    parts.store.close()
    parts.receipts.close()


def said(text: str, *, ts: str = "1.000001", **changes: Any) -> Inbound:
    """A message in a public channel that mentions the desk."""
    audience: Audience = "public"
    given: dict[str, Any] = {
        "event_id": f"E{ts}",
        "team": "T",
        "channel": "C1",
        "channel_name": "desk",
        "audience": audience,
        "user": "U1",
        "user_name": "Ada",
        "text": text,
        "ts": ts,
        "thread_ts": ts,
        "addressed": True,
        "permalink": f"https://desk.test/C1/{ts}",
    }
    return Inbound(**given | changes)


async def until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    """Wait for a condition with a deadline."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the deadline passed"
        await asyncio.sleep(0.01)
