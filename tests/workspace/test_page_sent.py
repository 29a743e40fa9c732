"""What the page sends again after a lost answer happens once, also when the workspace restarted."""

import asyncio

import pytest
from tests.workspace.test_page_live import Window

from bullpen_workspace.config import Timing


@pytest.fixture
def window(workspace, session) -> Window:
    return Window(workspace, session)


async def test_a_message_sent_again_after_a_restart_is_posted_once(start, session):
    first = await start()
    desk = first.rooms.channels.by_name("desk").id
    asked = {"channel": desk, "text": "said once", "key": "k-restart"}
    status, said = await Window(first, session).do("send", **asked)
    assert status == 200
    await first.stop()
    second = await start()
    assert await Window(second, session).do("send", **asked) == (200, said)
    assert [m.text for m in second.rooms.messages.timeline(desk)] == ["said once"]
    # The page's own key comes back with the message, so the waiting copy of it disappears.
    assert second.rooms.sent.key_of(desk, said["ts"]) == "k-restart"


async def test_a_refused_message_leaves_its_key_free(window, desk, workspace):
    status, _ = await window.do("send", channel=desk, text="x", thread="1.000001", key="k")
    assert status == 409
    status, said = await window.do("send", channel=desk, text="now", key="k")
    assert status == 200
    assert workspace.rooms.messages.require(desk, said["ts"]).text == "now"


async def test_a_command_sent_again_runs_once(start, session, connect, until):
    ran: list[str] = []
    going, go_on = asyncio.Event(), asyncio.Event()

    def listen(app) -> None:
        @app.command("/bullpen")
        async def run(ack, command):
            ran.append(command["text"])
            going.set()
            await go_on.wait()
            await ack()

    first = await start()
    handler = await connect(first, listen)
    desk = first.rooms.channels.by_name("desk").id
    window = Window(first, session)
    asked = {"channel": desk, "text": "/bullpen status", "key": "k-command"}
    # Twice at the same time (two windows), and once more when it is done.
    both = [asyncio.create_task(window.do("send", **asked)) for _ in range(2)]
    await going.wait()
    go_on.set()
    assert await asyncio.gather(*both) == [(200, {"ts": ""})] * 2
    assert await window.do("send", **asked) == (200, {"ts": ""})
    assert ran == ["status"]
    await handler.close_async()
    await first.stop()
    second = await start()
    assert await Window(second, session).do("send", **asked) == (200, {"ts": ""})


async def test_a_command_that_did_not_reach_its_app_can_be_sent_again(window, desk, workspace):
    asked = {"channel": desk, "text": "/bullpen status", "key": "k-absent"}
    for _ in range(2):
        status, said = await window.do("send", **asked)
        assert status == 409
        assert "did not hear you" in said["error"]


async def test_what_became_of_a_command_cut_off_by_a_stop_is_said(start, session, connect):
    going = asyncio.Event()

    def listen(app) -> None:
        @app.command("/bullpen")
        async def run(ack):
            going.set()
            await asyncio.Event().wait()

    first = await start(timing=Timing(ack=60.0))
    await connect(first, listen)
    desk = first.rooms.channels.by_name("desk").id
    asked = {"channel": desk, "text": "/bullpen status", "key": "k-cut"}
    sending = asyncio.create_task(Window(first, session).do("send", **asked))
    await going.wait()
    await first.stop()
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    second = await start()
    status, said = await Window(second, session).do("send", **asked)
    assert status == 409
    assert "/bullpen ran is not known" in said["error"]
    assert second.rooms.messages.timeline(desk) == []
