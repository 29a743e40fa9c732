"""The outbox and the ledger on a real file: order, doubt, patience, refusal, withdrawal, restart."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from bullpen_agents.model import Usage
from bullpen_memory.errors import OperatorError
from bullpen_orchestrator.entries import Entry
from bullpen_orchestrator.ledger import Ledger
from bullpen_orchestrator.outbox import Outbox
from bullpen_orchestrator.ports import Busy, Post, Undeliverable
from bullpen_orchestrator.routing import Route, Thread
from real_parts import FakeChat, said, until


def words(key: str, text: str = "", *, channel: str = "C1", run: str = "r") -> tuple[Post, Entry]:
    text = text or f"text of {key}"
    post = Post(key=key, channel=channel, thread_ts="1.0", agent="quant", text=text)
    entry = Entry(
        id=key,
        kind="work",
        team="T",
        channel=channel,
        channel_name="desk",
        audience="public",
        thread_ts="1.0",
        author="quant",
        author_name="Quant",
        text=text,
        shown=text,
        run_id=run,
    )
    return post, entry


def lead(thread: Thread) -> Route:
    return Route(decision="lead", agents=("quant",), text="hello")


OpenOutbox = Callable[..., Outbox]


@pytest.fixture
async def outbox(tmp_path: Path) -> AsyncIterator[OpenOutbox]:
    async with AsyncExitStack() as stack:

        def start(chat: FakeChat, **changes: float) -> Outbox:
            box = Outbox(tmp_path / "ledger.db", chat, **{"settle": 0.3} | changes)  # type: ignore[arg-type]
            stack.push_async_callback(box.stop)
            box.start()
            return box

        yield start


async def test_posts_go_out_in_the_order_of_their_channel_and_once_per_key(
    outbox: OpenOutbox,
) -> None:
    box = outbox(chat := FakeChat())
    for key in ("a", "b", "c", "b"):
        await box.say(*words(key))
    await until(lambda: box.pending() == 0)
    assert [post.key for post in chat.posts] == ["a", "b", "c"]
    assert (box.row("b") or pytest.fail("no row")).ts == "9.000002"


async def test_a_known_key_keeps_its_first_text(outbox: OpenOutbox) -> None:
    chat = FakeChat(trouble=[Busy(0.2)])
    box = outbox(chat)
    await box.say(*words("a", "first"))
    await box.say(*words("a", "second"))
    await until(lambda: box.pending() == 0)
    assert [post.text for post in chat.posts] == ["first"]


async def test_a_busy_channel_waits_and_another_does_not(outbox: OpenOutbox) -> None:
    chat = FakeChat(trouble=[Busy(0.4)])
    box = outbox(chat)
    await box.say(*words("a"))
    await until(lambda: not chat.trouble)
    await box.say(*words("b"))
    await box.say(*words("c", channel="C2"))
    await until(lambda: [post.key for post in chat.posts] == ["c"], 0.3)
    await until(lambda: box.pending() == 0)
    assert [post.key for post in chat.posts] == ["c", "a", "b"]


async def test_a_refusal_is_kept_with_its_reason_and_the_next_goes_out(outbox: OpenOutbox) -> None:
    box = outbox(chat := FakeChat(trouble=[Undeliverable("channel_not_found")]))
    await box.say(*words("a"))
    await box.say(*words("b"))
    await until(lambda: box.pending() == 0)
    row = box.row("a")
    assert row is not None
    assert (row.state, row.reason) == ("failed", "channel_not_found")
    assert [post.key for post in chat.posts] == ["b"]


async def test_a_post_in_doubt_that_was_applied_is_not_sent_again(outbox: OpenOutbox) -> None:
    class LostAnswer(FakeChat):
        async def post(self, post: Post) -> str:
            await super().post(post)
            raise ConnectionError("the answer was lost")

    box = outbox(chat := LostAnswer())
    before = time.monotonic()
    await box.say(*words("a"))
    await until(lambda: box.pending() == 0)
    assert time.monotonic() - before >= 0.3
    assert [post.key for post in chat.posts] == ["a"]
    assert (box.row("a") or pytest.fail("no row")).ts == "9.000001"


async def test_a_post_in_doubt_that_was_not_applied_is_sent_as_stored(outbox: OpenOutbox) -> None:
    box = outbox(chat := FakeChat(trouble=[ConnectionError("lost"), ConnectionError("lost")]))
    await box.say(*words("a", "as stored"))
    await until(lambda: box.pending() == 0)
    assert [post.text for post in chat.posts] == ["as stored"]


async def test_what_fails_the_same_way_each_time_does_not_hold_up_its_channel(
    outbox: OpenOutbox,
) -> None:
    class Broken(FakeChat):
        async def post(self, post: Post) -> str:
            if post.key == "a":
                raise ValueError("no such picture")
            return await super().post(post)

    box = outbox(chat := Broken(), settle=0.01)
    await box.say(*words("a"))
    await box.say(*words("b"))
    await until(lambda: box.pending() == 0)
    row = box.row("a")
    assert row is not None
    assert (row.state, row.reason) == ("failed", "6 attempts failed: no such picture")
    assert [post.key for post in chat.posts] == ["b"]


async def test_without_a_network_a_post_waits_as_long_as_it_takes(outbox: OpenOutbox) -> None:
    looks = 0

    class Offline(FakeChat):
        async def find(self, channel: str, thread_ts: str, key: str) -> str | None:
            nonlocal looks
            looks += 1
            if looks <= 20:
                raise Busy(0.0)
            return await super().find(channel, thread_ts, key)

    box = outbox(chat := Offline(trouble=[ConnectionError("no network")]), settle=0.01)
    await box.say(*words("a"))
    await until(lambda: box.pending() == 0)
    assert [post.key for post in chat.posts] == ["a"]


async def test_a_restart_looks_before_it_sends(tmp_path: Path, outbox: OpenOutbox) -> None:
    class Hanging(FakeChat):
        async def post(self, post: Post) -> str:
            await super().post(post)
            await asyncio.Event().wait()
            return ""

    hanging = Hanging()
    first = Outbox(tmp_path / "ledger.db", hanging, settle=0.2)
    first.start()
    await first.say(*words("a"))
    await first.say(*words("b"))
    await until(lambda: hanging.posts)
    await first.stop(patience=0.05)

    chat = FakeChat(posts=hanging.posts)
    second = outbox(chat, settle=0.2)
    await until(lambda: second.pending() == 0)
    assert [post.key for post in chat.posts] == ["a", "b"]


async def test_a_stopped_run_says_nothing_more(tmp_path: Path, outbox: OpenOutbox) -> None:
    chat = FakeChat(trouble=[Busy(0.3)])
    box = outbox(chat)
    ledger = Ledger(tmp_path / "ledger.db")
    run_id = ledger.claim(said("hello"), lead).run_id
    await box.say(*words("waiting", run=run_id))
    await box.say(*words("other", run="another run"))
    await until(lambda: not chat.trouble)
    assert ledger.stop("C1", "1.000001", "Ada") == [run_id]
    assert ledger.stop("C1", "1.000001", "Ada") == []
    assert box.withdraw(run_id) == ["waiting"]
    assert await box.say(*words("late", run=run_id)) is False
    await until(lambda: box.pending() == 0)
    assert [post.key for post in chat.posts] == ["other"]
    ledger.close()


def test_a_message_is_claimed_by_event_and_by_identity(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.db")
    assert ledger.claim(said("hello"), lead).outcome == "new"
    assert ledger.claim(said("hello", event_id="mention"), lead).outcome == "duplicate"
    assert ledger.claim(said("hello", event_id="mention", ts="7.0"), lead).outcome == "duplicate"
    assert [run.inbound.text for run in ledger.open_runs()] == ["hello"]
    ledger.close()
    again = Ledger(tmp_path / "ledger.db")
    assert again.claim(said("hello"), lead).outcome == "duplicate"
    assert again.open_runs()[0].inbound == said("hello")
    again.close()


def test_a_claim_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.db")

    def breaks(thread: Thread) -> Route:
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError):
        ledger.claim(said("hello"), breaks)
    assert ledger.claim(said("hello"), lead).outcome == "new"
    ledger.close()


def test_what_was_said_cannot_be_changed(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.db")
    ledger.claim(said("hello"), lead)
    ledger.close()
    db = sqlite3.connect(tmp_path / "ledger.db")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        db.execute("UPDATE messages SET text = 'something else'")
    db.close()


async def test_the_journal_keeps_its_first_value_and_charges_count_once(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.db")
    assert await ledger.get("k") is None
    assert await ledger.put("k", {"a": 1}) == {"a": 1}
    assert await ledger.put("k", {"a": 2}) == {"a": 1}
    for _ in range(2):
        usage = Usage(input_tokens=3, cost_usd=0.5)
        ledger.charge("t:c0", run_id="r", agent="quant", model="m", usage=usage)
    assert (ledger.spent("r").calls, ledger.spent("r").usd) == (1, 0.5)
    ledger.close()


def test_a_ledger_of_a_newer_bullpen_or_in_a_bad_place_is_refused_in_words(tmp_path: Path) -> None:
    Ledger(tmp_path / "ledger.db").close()
    db = sqlite3.connect(tmp_path / "ledger.db")
    db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(OperatorError, match="newer Bullpen"):
        Ledger(tmp_path / "ledger.db")
    (tmp_path / "file").write_text("")
    with pytest.raises(OperatorError, match="cannot be opened"):
        Ledger(tmp_path / "file" / "ledger.db")


async def test_answers_overtake_progress_of_other_threads_but_never_their_own(
    outbox: OpenOutbox,
) -> None:
    chat = FakeChat(trouble=[Busy(0.3)])
    box = outbox(chat)
    for key, thread, priority in (
        ("first", "1.0", "progress"), ("talk", "2.0", "progress"), ("reply", "3.0", "result"),
        ("answer", "4.0", "answer"), ("own", "1.0", "answer"),
    ):  # fmt: skip
        post, entry = words(key)
        await box.say(replace(post, thread_ts=thread, priority=priority), entry)
    await until(lambda: box.pending() == 0)
    said = [post.key for post in chat.posts]
    assert said.index("answer") < said.index("reply") < said.index("talk")
    assert said.index("first") < said.index("own")
