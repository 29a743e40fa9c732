"""The pace stays inside Slack's tiers."""

from __future__ import annotations

from bullpen.slack.limits import PER_MINUTE, SHARE, Tiers, Unpaced


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
