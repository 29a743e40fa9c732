"""Sockets that drop, a server that goes quiet, and what was said meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bullpen.slack.health import Timing
from bullpen.slack.limits import Tiers
from bullpen.slack.rounds import Rounds
from bullpen_workspace.actions import Person
from bullpen_workspace.config import WorkspaceConfig
from bullpen_workspace.server import Workspace
from frozen import Way
from real_office import QUICK, Faults, OpenOffice


async def until(true: Callable[[], Awaitable[Any]], seconds: float = 20) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := await true()):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)
    return found


async def answers(person: AsyncWebClient, channel: str, ts: str) -> list[str]:
    page = await person.conversations_replies(channel=channel, ts=ts)
    return [m["text"] for m in page["messages"] if m.get("username")]


async def test_what_was_said_while_nobody_listened_is_answered_once(
    tmp_path: Path, workspace: Workspace, person: AsyncWebClient, desk_channel: str
) -> None:
    bot = workspace.credentials.bot_user_id
    office = OpenOffice(tmp_path / "home", workspace)
    office.home.mkdir()
    early = await person.chat_postMessage(channel=desk_channel, text=f"<@{bot}> before your time")
    office.lose_events()
    await office.open()
    root = (await person.chat_postMessage(channel=desk_channel, text=f"<@{bot}> first"))["ts"]
    await until(lambda: answers(person, desk_channel, root))
    await office.desk.idle(10)
    await office.close()
    direct = (await person.conversations_open(users=bot))["channel"]["id"]
    alone = (await person.chat_postMessage(channel=direct, text="hello?"))["ts"]
    await person.chat_postMessage(channel=desk_channel, text="and more", thread_ts=root)
    late = (await person.chat_postMessage(channel=desk_channel, text=f"<@{bot}> second"))["ts"]
    office.lose_events()
    await office.open()
    try:
        await until(lambda: answers(person, direct, alone))
        await until(lambda: answers(person, desk_channel, late))
        await workspace.office.courier.sockets(workspace.credentials.app_id)[0].close()
        await until(office.connection.connected)
        await office.desk.idle(10)
        assert len(await answers(person, desk_channel, root)) == 2
        assert len(await answers(person, desk_channel, late)) == 1
        assert await answers(person, desk_channel, early["ts"]) == []
    finally:
        await office.close()


async def test_dropped_sockets_lose_and_repeat_nothing(
    tmp_path: Path, workspace: Workspace, person: AsyncWebClient, desk_channel: str
) -> None:
    keys, courier = workspace.credentials, workspace.office.courier
    office = OpenOffice(tmp_path / "home", workspace)
    office.home.mkdir()
    await office.open()
    try:
        assert len(courier.sockets(keys.app_id)) == 2
        roots: list[str] = []
        for n in range(12):
            if n % 3 == 1:
                await courier.sockets(keys.app_id)[0].close()
            elif n == 5:
                await courier.disconnect(keys.app_id, "refresh_requested")
            sent = await person.chat_postMessage(
                channel=desk_channel, text=f"<@{keys.bot_user_id}> {n}"
            )
            roots.append(sent["ts"])
        for root in roots:
            await until(lambda root=root: answers(person, desk_channel, root))
        await office.desk.idle(10)
        said = [len(await answers(person, desk_channel, root)) for root in roots]
        assert said == [1] * 12
        await until(office.connection.connected)
    finally:
        await office.close()


async def test_a_server_that_goes_is_noticed_and_met_again(
    tmp_path: Path, workspace: Workspace
) -> None:
    office = OpenOffice(tmp_path / "home", workspace)
    office.home.mkdir()
    await office.open()
    watch = office.connection.watch
    assert watch is not None
    port = int(workspace.url.rpartition(":")[2])
    try:
        await workspace.stop()

        async def troubled() -> str:
            return watch.trouble

        assert await until(troubled)
        again = Workspace(
            WorkspaceConfig(path=tmp_path / "workspace.db", files=tmp_path / "wfiles", port=port)
        )
        await again.start()
        try:
            await until(office.connection.connected, 40)
        finally:
            await again.stop()
    finally:
        await office.close()


@pytest.fixture
async def faulty(tmp_path: Path) -> AsyncIterator[Workspace]:
    """A workspace that takes orders for faults, with a few channels."""
    made = Workspace(
        WorkspaceConfig(
            path=tmp_path / "w.db", files=tmp_path / "f", port=0, control_token="test",
            channels=("desk", *(f"room{n}" for n in range(9))),
        )
    )  # fmt: skip
    await made.start()
    yield made
    await made.stop()


async def dropped(tmp_path: Path, workspace: Workspace, events: int, drops: int) -> list[int]:
    """Ask `events` questions while the sockets drop `drops` times; the answers to each."""
    office = OpenOffice(tmp_path / "home", workspace)
    office.home.mkdir()
    await office.open()
    faults = Faults(workspace, office.connection.session)
    ada = Person(workspace.office, workspace.credentials.person_id)
    rooms, bot = workspace.office.rooms, workspace.credentials.bot_user_id
    places = [channel.id for channel in rooms.channels.all() if channel.kind == "public"]
    roots: list[tuple[str, str]] = []
    waiting: list[tuple[str, str]] = []

    def answered(place: str, ts: str) -> int:
        return len(rooms.messages.thread(place, ts)) - 1

    async def few_waiting(limit: int) -> bool:
        waiting[:] = [root for root in waiting if not answered(*root)]
        return len(waiting) < limit

    try:
        for n in range(events):
            place = places[n % len(places)]
            roots.append((place, ada.post(place, f"<@{bot}> {n}").ts))
            waiting.append(roots[-1])
            if n % (events // drops) == events // drops // 2:
                await faults.order("sockets/drop")
            # The sockets drop all along while it answers, not once before it begins.
            await until(lambda: few_waiting(20), 120)
        await until(lambda: few_waiting(1), 120)
        await office.desk.idle(60)
        await until(office.connection.connected)
        return [answered(*root) for root in roots]
    finally:
        await office.close()


async def told(fact: bool) -> bool:
    return fact


async def test_sockets_that_drop_under_load_lose_and_repeat_nothing(
    tmp_path: Path, faulty: Workspace
) -> None:
    assert await dropped(tmp_path, faulty, events=48, drops=6) == [1] * 48


@pytest.mark.slow
async def test_fifty_drops_during_two_thousand_events_lose_and_repeat_nothing(
    tmp_path: Path, faulty: Workspace
) -> None:
    begun = time.monotonic()
    found = await dropped(tmp_path, faulty, events=2_000, drops=50)
    lost, twice = found.count(0), sum(1 for n in found if n > 1)
    seconds = time.monotonic() - begun
    print(f"{len(found)} events, 50 drops: lost {lost}, answered twice {twice}, {seconds:.0f} s")
    assert (lost, twice) == (0, 0)


async def test_a_socket_that_is_open_and_brings_nothing_is_noticed(
    tmp_path: Path, faulty: Workspace
) -> None:
    office = OpenOffice(tmp_path / "home", faulty)
    office.home.mkdir()
    await office.open(Timing(look=0.1, deaf=30.0, probe=0.2, sample=0.2, settled=0.3))
    ada = Person(faulty.office, faulty.credentials.person_id)
    rooms, bot = faulty.office.rooms, faulty.credentials.bot_user_id
    [place] = [channel.id for channel in rooms.channels.all() if channel.name == "desk"]

    def thread(ts: str) -> list[str]:
        return [m.text for m in rooms.messages.thread(place, ts)[1:] if m.username]

    try:
        first = ada.post(place, f"<@{bot}> before").ts
        await until(lambda: told(len(thread(first)) == 1))
        faults = Faults(faulty, office.connection.session)
        assert (await faults.order("sockets/mute"))["muted"] == 2
        asked = ada.post(place, f"<@{bot}> is anybody there?").ts
        # Slack gives up after its retries; what is fetched must come from history.
        office.lose_events()
        await until(lambda: told(thread(asked)))
        inside = ada.post(place, "and here?", thread_ts=first).ts
        await until(lambda: told(len(thread(first)) == 2))
        await office.desk.idle(10)
        assert (len(thread(asked)), len(thread(first)), inside > asked) == (1, 2, True)
    finally:
        await office.close()


async def frozen(tmp_path: Path, workspace: Workspace, timing: Timing) -> float:
    """Seconds until a question is answered that was asked after the lines fell silent."""
    way = Way(int(workspace.url.rpartition(":")[2]))
    await way.open()
    office = OpenOffice(tmp_path / "home", workspace, url=f"http://127.0.0.1:{way.port}")
    office.home.mkdir()
    await office.open(timing)
    ada = Person(workspace.office, workspace.credentials.person_id)
    rooms, bot = workspace.office.rooms, workspace.credentials.bot_user_id
    [place] = [channel.id for channel in rooms.channels.all() if channel.name == "desk"]

    def said(ts: str) -> list[str]:
        return [m.text for m in rooms.messages.thread(place, ts)[1:] if m.username]

    try:
        first = ada.post(place, f"<@{bot}> before").ts
        await until(lambda: told(len(said(first)) == 1))
        await office.desk.idle(10)
        way.lose_all()
        asked = ada.post(place, f"<@{bot}> is anybody there?").ts
        begun = time.monotonic()
        await until(lambda: told(bool(said(asked))), 70)
        seconds = time.monotonic() - begun
        inside = ada.post(place, "and here?", thread_ts=first).ts
        await until(lambda: told(len(said(first)) == 2))
        await office.desk.idle(10)
        assert (len(said(asked)), len(said(first)), inside > asked) == (1, 2, True)
        return seconds
    finally:
        await office.close()
        await way.close()


async def test_lines_that_fall_silent_are_noticed_and_what_was_said_is_answered_once(
    tmp_path: Path, faulty: Workspace
) -> None:
    await frozen(tmp_path, faulty, QUICK)


@pytest.mark.slow
async def test_deafness_is_noticed_within_a_minute(tmp_path: Path, faulty: Workspace) -> None:
    seconds = await frozen(tmp_path, faulty, Timing())
    print(f"a line that fell silent: answered after {seconds:.1f} s")
    assert seconds <= 60
    office = OpenOffice(tmp_path / "second", faulty)
    office.home.mkdir()
    await office.open(Timing())
    ada = Person(faulty.office, faulty.credentials.person_id)
    rooms, bot = faulty.office.rooms, faulty.credentials.bot_user_id
    places = [c.id for c in rooms.channels.all() if c.kind == "public"]
    try:
        await asyncio.sleep(1)
        await Faults(faulty, office.connection.session).order("sockets/mute")
        asked = ada.post(places[-1], f"<@{bot}> is anybody there?").ts
        begun = time.monotonic()
        office.lose_events()
        answered = lambda: told(len(rooms.messages.thread(places[-1], asked)) > 1)  # noqa: E731
        await until(answered, 70)
        seconds = time.monotonic() - begun
        print(f"a line that answers pings and brings nothing: answered after {seconds:.1f} s")
        assert seconds <= 60
    finally:
        await office.close()


def test_every_place_has_its_turn_within_what_slack_allows() -> None:
    """Forty looks a minute: 27 places all have their turn within 55 s."""
    for places, most in ((27, 55.0), (200, 500.0)):
        now = [0.0]
        rounds = Rounds(lambda now=now: now[0])
        said = {(f"C{n}", ""): float(n) for n in range(places)}
        busy = set(sorted(said, key=lambda place: -said[place])[:6])
        tokens, looked = 4.0, dict.fromkeys(said, 0.0)
        gaps = dict.fromkeys(said, 0.0)
        for _ in range(400):
            for place in rounds.due(said, 5.0):
                if tokens < 1.75:
                    break
                tokens -= 1
                rounds.looked(place)
                gaps[place] = max(gaps[place], now[0] - looked[place])
                looked[place] = now[0]
            now[0] += 5.0
            tokens = min(4.0, tokens + 5 * 40 / 60)
        assert max(gaps[place] for place in busy) <= 45.0
        assert max(gaps.values()) <= most
        assert min(looked.values()) > 0


async def test_what_was_changed_and_deleted_meanwhile_is_caught_up(
    tmp_path: Path, faulty: Workspace
) -> None:
    office = OpenOffice(tmp_path / "home", faulty)
    office.home.mkdir()
    await office.open()
    ada = Person(faulty.office, faulty.credentials.person_id)
    rooms, bot = faulty.office.rooms, faulty.credentials.bot_user_id
    [place] = [channel.id for channel in rooms.channels.all() if channel.name == "desk"]

    def thread(ts: str) -> list[str]:
        return [m.text for m in rooms.messages.thread(place, ts)[1:] if m.username]

    async def current(ts: str) -> bool:
        return (place, ts) in (await office.desk.heard()).known

    asked = ada.post(place, f"<@{bot}> oil").ts
    kept = ada.post(place, f"<@{bot}> wheat").ts
    gone = ada.post(place, f"<@{bot}> gold").ts
    for ts in (asked, kept, gone):
        await until(lambda ts=ts: told(thread(ts)))
    reply = ada.post(place, "more?", thread_ts=kept).ts
    await until(lambda: told(len(thread(kept)) == 2))
    await office.desk.idle(10)
    await office.close()
    ada.edit(place, asked, f"<@{bot}> silver")
    ada.delete(place, gone)
    ada.delete(place, reply)
    office.lose_events()
    await office.open()
    try:
        await until(lambda: told(len(thread(asked)) > 1))
        for ts in (gone, reply):
            await until(lambda ts=ts: told_not(current(ts)))
        await office.desk.idle(10)
        assert await current(kept)
        before = thread(asked)
        await faulty.office.courier.drop(faulty.credentials.app_id)
        await until(office.connection.connected)
        await asyncio.sleep(0.5)
        await office.desk.idle(10)
        assert thread(asked) == before
        assert len(thread(kept)) == 2
    finally:
        await office.close()


async def told_not(fact: Awaitable[bool]) -> bool:
    return not await fact


class Counting(Tiers):
    """The real tiers; `refused` are the methods that a 429 came for."""

    def __init__(self) -> None:
        super().__init__()
        self.refused: list[str] = []

    def freeze(self, method: str, seconds: float) -> None:
        self.refused.append(method)
        super().freeze(method, seconds)


@pytest.mark.slow
async def test_a_burst_of_a_hundred_threads_meets_no_429(tmp_path: Path) -> None:
    names = tuple(f"room{n}" for n in range(10))
    made = Workspace(
        WorkspaceConfig(
            path=tmp_path / "w.db", files=tmp_path / "f", port=0, channels=names, strict_limits=True
        )
    )
    await made.start()
    office = OpenOffice(tmp_path / "home", made)
    office.home.mkdir()
    pace = Counting()
    await office.open(Timing(), pace)
    try:
        ada = Person(made.office, made.credentials.person_id)
        rooms = made.office.rooms
        places = [channel.id for channel in rooms.channels.all() if channel.name in names]
        begun = time.monotonic()
        roots = [
            (place, ada.post(place, f"<@{made.credentials.bot_user_id}> {n}").ts)
            for n in range(10)
            for place in places
        ]

        async def all_heard() -> bool:
            return len(office.desk.status()) == 0 and all(
                len(rooms.messages.thread(place, ts)) > 1 for place, ts in roots
            )

        await until(all_heard, 240)
        print(f"{len(roots)} threads answered in {time.monotonic() - begun:.1f} s")
        assert [len(rooms.messages.thread(place, ts)) for place, ts in roots] == [2] * 100
        assert pace.refused == []
    finally:
        await office.close()
        await made.stop()
