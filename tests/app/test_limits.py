"""The pace stays inside Slack's tiers."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from bullpen.slack.limits import CHANNEL_INTERVAL, PER_MINUTE, SHARE, Tiers, Unpaced
from bullpen.slack.pacebook import PaceBook


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_one_message_per_second_and_channel() -> None:
    clock = Clock()
    pace = Tiers(clock)
    assert pace.claim("chat.postMessage", "C1") == 0
    assert 0 < pace.claim("chat.postMessage", "C1") <= 1
    assert pace.claim("chat.postMessage", "C2") == 0
    clock.now = 1.0
    assert pace.claim("chat.postMessage", "C1") == 0


def test_no_minute_holds_more_calls_than_the_tier() -> None:
    clock = Clock()
    pace = Tiers(clock)
    made: list[float] = []
    while clock.now < 180:
        wait = pace.claim("chat.appendStream")
        if wait == 0:
            made.append(clock.now)
        clock.now += wait or 0.01
    limit = PER_MINUTE["chat.appendStream"]
    busiest = max(sum(1 for t in made if start <= t < start + 60) for start in range(120))
    assert limit * SHARE * 0.9 <= busiest <= limit


def test_a_refused_method_freezes_alone() -> None:
    clock = Clock()
    for pace in (Tiers(clock), Unpaced(clock)):
        pace.freeze("chat.update", 30)
        assert 29 < pace.claim("chat.update") <= 30
        assert pace.claim("chat.postMessage", "C1") == 0
        clock.now += 30
        assert pace.claim("chat.update") == 0


def test_a_workspace_without_limits_never_waits() -> None:
    pace = Unpaced(Clock())
    assert [pace.claim("chat.postMessage", "C1") for _ in range(1_000)] == [0.0] * 1_000


def test_what_was_used_is_known_after_a_restart(tmp_path: Path) -> None:
    clock = Clock()
    book = PaceBook(tmp_path / "pace.db", "T1:B1")
    first = Tiers(clock, book)
    while first.claim("chat.update") == 0:
        pass
    first.freeze("views.open", 30)
    first.claim("chat.postMessage", "C1")
    book.close()
    book = PaceBook(tmp_path / "pace.db", "T1:B1")
    again = Tiers(clock, book)
    other_book = PaceBook(tmp_path / "pace.db", "T2:B1")
    other = Tiers(clock, other_book)
    assert again.claim("chat.update") > 0
    assert again.claim("views.open") == 30
    assert again.claim("chat.postMessage", "C1") == 1
    assert other.claim("chat.update") == 0
    clock.now = 31
    assert again.claim("views.open") == 0
    book.close()
    other_book.close()


def test_what_is_urgent_finds_room_where_progress_waits() -> None:
    clock = Clock()
    pace = Tiers(clock)
    while pace.claim("chat.postMessage", priority="progress") == 0:
        pass
    assert pace.claim("chat.postMessage", priority="result") == 0
    while pace.claim("chat.postMessage", priority="result") == 0:
        pass
    assert pace.claim("chat.postMessage", priority="approval") == 0
    while pace.claim("chat.postMessage", priority="approval") == 0:
        pass
    assert pace.claim("chat.postMessage", priority="answer") == 0
    for method in PER_MINUTE:
        assert Tiers(clock).claim(method, priority="progress") == 0, method


def test_a_burst_of_a_hundred_threads_stays_inside_every_tier() -> None:
    clock = Clock()
    pace = Tiers(clock)
    waiting = [(f"C{n % 5}", n) for n in range(100)]
    posted: list[tuple[float, str]] = []
    while waiting:
        for item in list(waiting):
            if pace.claim("chat.postMessage", item[0]) == 0:
                posted.append((clock.now, item[0]))
                waiting.remove(item)
        clock.now += 0.05
    assert len(posted) == 100
    for channel in {c for _, c in posted}:
        times = [at for at, c in posted if c == channel]
        assert min(b - a for a, b in pairwise(times)) >= CHANNEL_INTERVAL - 1e-6
    assert clock.now < 60
