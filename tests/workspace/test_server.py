"""The server's life: restart, a port in use, loopback only, and who may talk to it."""

import socket
from pathlib import Path

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bullpen_workspace.actions import Person
from bullpen_workspace.config import WorkspaceConfig
from bullpen_workspace.errors import Refusal, WorkspaceError
from bullpen_workspace.server import Workspace


async def test_everything_survives_a_restart(start, session) -> None:
    first: Workspace = await start()
    credentials = first.credentials
    person = Person(first.office, credentials.person_id)
    place = person.create_channel("curves")
    root = person.post(place.id, "remember me")
    person.react(place.id, root.ts, "eyes")
    file = person.upload("a.txt", b"bytes")
    person.post(place.id, "with a file", thread_ts=root.ts, files=[file.id])
    await first.stop()
    second: Workspace = await start()
    assert second.credentials == credentials
    bot = AsyncWebClient(
        token=credentials.bot_token, base_url=f"{second.url}/api/", session=session
    )
    thread = (await bot.conversations_replies(channel=place.id, ts=root.ts))["messages"]
    assert [message["text"] for message in thread] == ["remember me", "with a file"]
    assert thread[0]["reactions"][0]["name"] == "eyes"
    headers = {"Authorization": f"Bearer {credentials.bot_token}"}
    async with session.get(thread[1]["files"][0]["url_private"], headers=headers) as response:
        assert await response.read() == b"bytes"
    assert (await bot.chat_postMessage(channel=place.id, text="later"))["ts"] > thread[1]["ts"]


async def test_timestamps_increase_though_the_clock_stands_still(tmp_path: Path) -> None:
    from bullpen_workspace.rooms import Rooms

    first = Rooms(tmp_path / "w.db", tmp_path / "files", clock=lambda: 1_000_000.5)
    stamps = [first.next_ts() for _ in range(3)]
    first.close()
    second = Rooms(tmp_path / "w.db", tmp_path / "files", clock=lambda: 999_999.0)
    stamps.append(second.next_ts())
    second.close()
    assert stamps == sorted(set(stamps))
    assert stamps[0] == "1000000.500000"


async def test_new_names_reach_an_old_workspace(start) -> None:
    first: Workspace = await start(person_name="Ann Lee")
    person_id = first.credentials.person_id
    await first.stop()
    second: Workspace = await start(person_name="Ann Smith")
    person = second.rooms.people.get(person_id)
    assert person is not None
    assert (person.real_name, person.name) == ("Ann Smith", "ann.smith")


async def test_port_in_use_is_explained(start) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(WorkspaceError) as caught:
            await start(port=taken.getsockname()[1])
    assert "cannot listen on port" in caught.value.fact
    assert "another port" in caught.value.remedy


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.2", "example.org"])
def test_only_loopback(tmp_path: Path, host: str) -> None:
    config = WorkspaceConfig(path=tmp_path / "w.db", files=tmp_path / "f", host=host)
    with pytest.raises(WorkspaceError, match="will not listen"):
        Workspace(config)


def test_database_that_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "w.db").write_text("this is no database, and long enough to be told apart" * 40)
    config = WorkspaceConfig(path=tmp_path / "w.db", files=tmp_path / "f")
    with pytest.raises(WorkspaceError, match="cannot be opened"):
        Workspace(config)


async def test_foreign_host_names_are_refused(workspace: Workspace, session) -> None:
    for path in ("/", "/api/api.test"):
        async with session.get(workspace.url + path, headers={"Host": "evil.test"}) as response:
            assert response.status == 421
    port = workspace.url.rpartition(":")[2]
    headers = {"Host": f"localhost:{port}"}
    async with session.get(f"{workspace.url}/api/api.test", headers=headers) as response:
        assert response.status == 200


async def test_foreign_pages_are_refused(workspace: Workspace, session) -> None:
    credentials = workspace.credentials
    headers = {
        "Origin": "https://evil.test",
        "Authorization": f"Bearer {credentials.bot_token}",
    }
    async with session.post(f"{workspace.url}/api/auth.test", headers=headers) as response:
        assert response.status == 403
    async with session.post(f"{workspace.url}/anything") as response:
        assert response.status == 403


async def test_only_an_address_with_its_key_opens_the_page(workspace: Workspace) -> None:
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as browser:

        async def get(url: str) -> tuple[int, str, aiohttp.typedefs.LooseHeaders]:
            async with browser.get(url, allow_redirects=False) as response:
                return response.status, await response.text(), response.headers

        for path in ("/", "/archives/C1", "/page/style.css", "/inspector", "/?key=", "/?key=guess"):
            status, said, headers = await get(workspace.url + path)
            assert status == 403, path
            assert "?key=" in said
            assert "bullpen doctor" in said
            assert "Set-Cookie" not in headers
            assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        status, _, headers = await get(workspace.address("/inspector?a=1&b=2"))
        assert (status, headers["Location"]) == (303, "/inspector?a=1&b=2")
        for part in ("HttpOnly", "SameSite=Strict", "Path=/"):
            assert part in headers["Set-Cookie"]
        status, _, headers = await get(workspace.url + "/inspector")
        assert status == 200
        assert "Set-Cookie" not in headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        # A stale key in a bookmark does no harm to a browser that is in, and leaves the address.
        status, _, headers = await get(workspace.url + "/inspector?key=guess")
        assert (status, headers["Location"]) == (303, "/inspector")


async def test_an_address_for_a_single_use_opens_once(workspace: Workspace) -> None:
    address = workspace.address(once=True)
    for expected in (303, 403):
        async with (
            aiohttp.ClientSession() as browser,
            browser.get(address, allow_redirects=False) as response,
        ):
            assert response.status == expected


async def test_a_browser_stays_in_over_a_restart_and_the_old_key_does_not(start) -> None:
    first = await start()
    old = first.address()
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as browser:
        async with browser.get(old) as response:
            assert response.status == 200
        await first.stop()
        second = await start(port=int(first.url.rpartition(":")[2]))
        async with browser.get(f"{second.url}/inspector") as response:
            assert response.status == 200
    async with aiohttp.ClientSession() as stranger, stranger.get(old) as response:
        assert response.status == 403
        assert "earlier start" in await response.text()


async def test_what_a_person_cannot_do_is_explained(
    workspace: Workspace, person: Person, bot: AsyncWebClient, desk: str
) -> None:
    theirs = (await bot.chat_postMessage(channel=desk, text="x"))["ts"]
    mine = person.post(desk, "mine").ts
    for deed in (
        lambda: person.post(desk, "  "),
        lambda: person.post(desk, "x" * 40_001),
        lambda: person.post("C0", "x"),
        lambda: person.post(desk, "x", thread_ts="1.000001"),
        lambda: person.edit(desk, theirs, "not mine"),
        lambda: person.edit(desk, mine, ""),
        lambda: person.delete(desk, theirs),
        lambda: person.upload("empty.txt", b""),
        lambda: person.open_direct(["U0"]),
        lambda: person.create_channel("desk"),
        lambda: person.create_channel("?!"),
        lambda: person.join("C0"),
        lambda: person.invite(desk, "U0"),
    ):
        with pytest.raises(Refusal) as caught:
            deed()
        assert caught.value.fact.endswith(".")
        assert caught.value.remedy.endswith(".")


async def test_unread_marks(
    workspace: Workspace, person: Person, bot: AsyncWebClient, desk: str
) -> None:
    channels = workspace.rooms.channels
    root = person.post(desk, "question").ts
    await bot.chat_postMessage(channel=desk, text=f"<@{person.user}> look")
    await bot.chat_postMessage(channel=desk, text="answer", thread_ts=root)
    unread = channels.unread(person.user, desk)
    assert (unread.messages, unread.mentions) == (1, 1)
    assert channels.unread_replies(person.user, desk) == {root: 1}
    person.mark_read(desk)
    person.mark_read(desk, thread_ts=root)
    assert channels.unread(person.user, desk).messages == 0
    assert channels.unread_replies(person.user, desk) == {}


async def test_an_address_that_leads_nowhere_says_so_and_shows_the_way_back(
    workspace: Workspace,
) -> None:
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as browser:
        async with browser.get(workspace.address("/")) as response:
            assert response.status == 200
        for path, sentence in (
            ("/nothing/here", "There is nothing at this address."),
            ("/files/F123", "There is no such file, or it is not open to you."),
        ):
            headers = {"accept": "text/html"}
            async with browser.get(workspace.url + path, headers=headers) as response:
                page = await response.text()
                assert (response.status, response.content_type) == (404, "text/html")
            assert sentence in page
            assert '<a href="/">Go to your channels</a>' in page
            async with browser.get(workspace.url + path) as response:
                assert (response.status, await response.text()) == (
                    404, f"{sentence} The way back is /.",
                )  # fmt: skip


async def test_what_a_person_posts_by_the_api_is_theirs_on_the_page(
    workspace: Workspace, session
) -> None:
    keys = workspace.credentials
    ada = AsyncWebClient(keys.user_token, base_url=f"{workspace.url}/api/", session=session)
    desk = workspace.rooms.channels.by_name("desk")
    assert desk is not None
    sent = await ada.chat_postMessage(channel=desk.id, text="from a terminal")
    assert sent["message"]["bot_id"] == keys.bot_id
    Person(workspace.office, keys.person_id).edit(desk.id, sent["ts"], "from my terminal")
    jar, address = aiohttp.CookieJar(unsafe=True), workspace.address(f"/archives/{desk.id}")
    async with aiohttp.ClientSession(cookie_jar=jar) as browser, browser.get(address) as response:
        page = await response.text()
    head = page.partition("from my terminal")[0].rpartition('data-testid="author"')[2]
    assert head.startswith(">you<")
    assert "APP" not in head
    assert 'class="edited"' in page
