"""Duties by the clock: each time is asked once, whatever dies in between."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bullpen_memory.errors import InputError
from bullpen_orchestrator.ledger import Ledger
from bullpen_orchestrator.ports import Inbound, Post, Undeliverable
from bullpen_orchestrator.schedule import Duty, Schedule, Venue, checked, last_due, next_due

MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
DUTY = Duty(name="ideas", cron="0 8 * * mon", channel="research", ask="track record")


class Wall:
    """A place that keeps what is posted, and may die after or refuse before."""

    def __init__(self) -> None:
        self.posts: dict[str, str] = {}
        self.dies = self.refuses = False

    async def find(self, channel: str, thread_ts: str, key: str) -> str | None:
        return self.posts.get(key)

    async def post(self, post: Post) -> str:
        if self.refuses:
            raise Undeliverable("is_archived")
        self.posts[post.key] = f"{len(self.posts) + 1}.0"
        if self.dies:
            raise OSError("gone")
        return self.posts[post.key]

    def permalink(self, channel: str, ts: str, thread_ts: str = "") -> str:
        return f"http://127.0.0.1/archives/{channel}/p{ts}"


class Clerk:
    """A schedule over a ledger of its own, and what was handed to the desk."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger, self.wall = ledger, Wall()
        self.heard: list[Inbound] = []
        self.there: Venue | None = Venue(
            team="T1", channel="C1", name="research", audience="public"
        )
        self.duties = [DUTY]

    async def look(self, now: datetime) -> list[str]:
        schedule = Schedule(
            lambda: self.duties, self.ledger, self.wall, "architect", self._place, self._receive, UTC  # type: ignore[arg-type]
        )  # fmt: skip
        return await schedule.look(now)

    async def _place(self, name: str) -> Venue | None:
        return self.there if name == "research" else None

    async def _receive(self, inbound: Inbound) -> str:
        self.heard.append(inbound)
        return "new"


@pytest.fixture
def clerk(tmp_path: Path) -> Iterator[Clerk]:
    ledger = Ledger(tmp_path / "ledger.db")
    yield Clerk(ledger)
    ledger.close()


async def test_a_time_is_asked_once(clerk: Clerk) -> None:
    assert await clerk.look(MONDAY - timedelta(days=1)) == []
    assert await clerk.look(MONDAY - timedelta(seconds=1)) == []
    assert await clerk.look(MONDAY) == ["ideas"]
    assert await clerk.look(MONDAY + timedelta(seconds=20)) == []
    assert await clerk.look(MONDAY + timedelta(days=7)) == ["ideas"]
    assert [said.text for said in clerk.heard] == ["track record"] * 2
    assert len({said.event_id for said in clerk.heard}) == 2
    assert clerk.heard[0].ts == clerk.heard[0].thread_ts == "1.0"


async def test_what_lies_before_the_duty_was_made_is_not_due(clerk: Clerk) -> None:
    assert await clerk.look(MONDAY + timedelta(days=2)) == []
    clerk.duties = [Duty(name="ideas", cron="0 9 * * wed", channel="research", ask="ideas")]
    assert await clerk.look(MONDAY + timedelta(days=2, hours=4)) == []
    assert await clerk.look(MONDAY + timedelta(days=9, hours=4)) == ["ideas"]


async def test_a_machine_that_slept_asks_the_last_time_only(clerk: Clerk) -> None:
    await clerk.look(MONDAY - timedelta(days=1))
    assert await clerk.look(MONDAY + timedelta(days=23)) == ["ideas"]
    assert await clerk.look(MONDAY + timedelta(days=23, minutes=1)) == []
    assert len(clerk.heard) == 1


async def test_a_post_that_was_made_before_a_crash_is_found_again(clerk: Clerk) -> None:
    await clerk.look(MONDAY - timedelta(days=1))
    clerk.wall.dies = True
    with pytest.raises(OSError, match="gone"):
        await clerk.look(MONDAY)
    clerk.wall.dies = False
    assert await clerk.look(MONDAY + timedelta(minutes=1)) == ["ideas"]
    assert len(clerk.wall.posts) == 1
    assert clerk.heard[0].ts == "1.0"


async def test_a_missing_channel_leaves_the_duty_due(clerk: Clerk) -> None:
    await clerk.look(MONDAY - timedelta(days=1))
    there, clerk.there = clerk.there, None
    assert await clerk.look(MONDAY) == []
    clerk.there, clerk.wall.refuses = there, True
    assert await clerk.look(MONDAY) == []
    clerk.wall.refuses = False
    assert await clerk.look(MONDAY) == ["ideas"]


def test_times_are_of_five_fields() -> None:
    assert next_due("30 7 * * mon-fri", MONDAY) == MONDAY + timedelta(hours=23, minutes=30)
    assert last_due("0 8 * * mon", MONDAY) == MONDAY
    assert last_due("0 8 * * mon", MONDAY - timedelta(seconds=1)) == MONDAY - timedelta(days=7)
    for wrong in ("", "monday", "0 8 * *", "99 8 * * mon", "0 8 * * mon 2026 1"):
        with pytest.raises(InputError, match="five fields"):
            checked(wrong)
