"""Files: the upload in three steps, downloads, and who may see what."""

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator

import aiohttp
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bullpen_workspace.actions import Person
from bullpen_workspace.server import Workspace

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + struct.pack(">II", 640, 480) + b"\x08\x06"


async def refused(call) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value.response["error"]


async def test_upload_into_a_thread_as_an_agent(
    bot: AsyncWebClient, workspace: Workspace, person: Person, desk: str
) -> None:
    root = person.post(desk, "chart please").ts
    ticket = await bot.files_getUploadURLExternal(
        filename="payoff.png", length=len(PNG), alt_txt="The payoff"
    )
    async with bot.session.post(ticket["upload_url"], data=PNG) as response:
        assert response.status == 200
    done = await bot.files_completeUploadExternal(
        files=[{"id": ticket["file_id"], "title": "Payoff"}],
        channel_id=desk,
        thread_ts=root,
        initial_comment="Here it is",
        username="Quant",
        icon_emoji=":abacus:",
    )
    assert done["files"][0]["title"] == "Payoff"
    reply = (await bot.conversations_replies(channel=desk, ts=root))["messages"][1]
    assert (reply["text"], reply["username"]) == ("Here it is", "Quant")
    file = reply["files"][0]
    assert (file["original_w"], file["original_h"]) == (640, 480)
    assert (file["mimetype"], file["alt_txt"]) == ("image/png", "The payoff")


@pytest.mark.parametrize("client", ["sync", "async"])
async def test_upload_v2(bot: AsyncWebClient, sync_bot: WebClient, desk: str, client: str) -> None:
    uploads = [{"content": "a,b\n1,2\n", "filename": "a.csv"}, {"file": PNG, "filename": "b.png"}]
    if client == "sync":
        done = await asyncio.to_thread(
            lambda: sync_bot.files_upload_v2(file_uploads=uploads, channel=desk)
        )
    else:
        done = await bot.files_upload_v2(file_uploads=uploads, channel=desk)
    assert [file["name"] for file in done["files"]] == ["a.csv", "b.png"]
    message = (await bot.conversations_history(channel=desk))["messages"][0]
    assert [file["filetype"] for file in message["files"]] == ["csv", "png"]


async def test_private_download_needs_a_token(
    bot: AsyncWebClient, workspace: Workspace, desk: str, session: aiohttp.ClientSession
) -> None:
    done = await bot.files_upload_v2(content="secret", filename="näme.txt", channel=desk)
    url = done["file"]["url_private_download"]
    headers = {"Authorization": f"Bearer {workspace.credentials.bot_token}"}
    async with session.get(url, headers=headers) as response:
        assert (response.status, await response.read()) == (200, b"secret")
        assert response.headers["content-disposition"].startswith("attachment")
    async with session.get(url) as response:
        assert response.status == 403
    async with session.get(url, params={"token": workspace.credentials.bot_token}) as response:
        assert response.status == 403


async def test_a_download_needs_a_place_that_has_the_file(
    workspace: Workspace, person: Person, session: aiohttp.ClientSession
) -> None:
    rooms = workspace.rooms
    mine = rooms.channels.create("vault", creator=person.user, kind="private")
    file = person.upload("vault.txt", b"secret")
    person.post(mine.id, "look", files=[file.id])
    ann = rooms.people.add_person("Ann Okafor").id
    keys = workspace.credentials
    api = f"{workspace.url}/files-pri/{keys.team_id}/{file.id}/vault.txt"
    entrance = workspace.office.entrance

    async def get(url: str, **headers: str) -> int:
        async with session.get(url, headers=headers) as response:
            return response.status

    assert await get(api, Authorization=f"Bearer {keys.user_token}") == 200
    assert await get(api, Authorization=f"Bearer {keys.bot_token}") == 404
    page = f"{workspace.url}/files/{file.id}"
    assert await get(page, Cookie=entrance.cookie) == 200
    assert await get(page, Cookie=f"{entrance.cookie}; act_as={ann}") == 404
    rooms.channels.join(mine.id, keys.bot_user_id)
    assert await get(api, Authorization=f"Bearer {keys.bot_token}") == 200


async def test_a_chunked_upload_is_counted_as_it_comes(
    workspace: Workspace, bot: AsyncWebClient, session: aiohttp.ClientSession
) -> None:
    taken = 0

    async def parts() -> AsyncIterator[bytes]:
        nonlocal taken
        for _ in range(400):
            taken += 1 << 20
            yield bytes(1 << 20)

    reserved = await bot.files_getUploadURLExternal(filename="big.bin", length=1)
    page = f"{workspace.url}/page/upload?name=big.bin"
    headers = {"Origin": workspace.url, "Cookie": workspace.office.entrance.cookie}
    for url in (page, reserved["upload_url"]):
        taken = 0
        with contextlib.suppress(aiohttp.ClientConnectionError):
            # The answer may come while the rest is still on its way.
            async with session.post(url, data=parts(), headers=headers) as response:
                assert response.status == 413
                assert "larger than 100 MB" in await response.text()
        assert taken < 200 << 20
    assert workspace.rooms.files.all() == []


async def test_page_download_needs_the_session(
    bot: AsyncWebClient, workspace: Workspace, desk: str
) -> None:
    done = await bot.files_upload_v2(content="x", filename="x.txt", channel=desk)
    url = f"{workspace.url}/files/{done['file']['id']}"
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as browser:
        async with browser.get(url) as response:
            assert response.status == 403
        async with browser.get(workspace.address()) as response:
            assert response.status == 200
        async with browser.get(url) as response:
            assert (response.status, await response.read()) == (200, b"x")


async def test_info_list_and_delete(
    bot: AsyncWebClient, workspace: Workspace, person: Person, desk: str
) -> None:
    file_id = (await bot.files_upload_v2(content="x", filename="x.txt", channel=desk))["file"]["id"]
    theirs = person.upload("mine.txt", b"mine")
    assert (await bot.files_info(file=file_id))["file"]["channels"] == [desk]
    # A file that was not shared anywhere is its owner's alone.
    assert await refused(bot.files_info(file=theirs.id)) == "file_not_found"
    person.post(desk, "", files=[theirs.id])
    assert (await bot.files_info(file=theirs.id))["file"]["name"] == "mine.txt"
    listed = await bot.files_list(channel=desk, count=1)
    assert listed["paging"] == {"count": 1, "total": 2, "page": 1, "pages": 2}
    assert await refused(bot.files_delete(file=theirs.id)) == "cant_delete_file"
    await bot.files_delete(file=file_id)
    assert await refused(bot.files_info(file=file_id)) == "file_not_found"
    assert not workspace.rooms.files.has_bytes(file_id)


async def test_upload_address_works_once(
    bot: AsyncWebClient, workspace: Workspace, desk: str
) -> None:
    ticket = await bot.files_getUploadURLExternal(filename="a.txt", length=1)
    early = bot.files_completeUploadExternal(files=[{"id": ticket["file_id"]}])
    assert await refused(early) == "file_not_found"
    for status in (200, 404):
        async with bot.session.post(ticket["upload_url"], data=b"a") as response:
            assert response.status == status
    wrong = bot.files_completeUploadExternal(files=[{"id": ticket["file_id"]}], channel_id="C0")
    assert await refused(wrong) == "channel_not_found"
    empty = bot.files_getUploadURLExternal(filename="a.txt", length=0)
    assert await refused(empty) == "missing_argument"
    huge = bot.files_getUploadURLExternal(filename="a.txt", length=10**12)
    assert await refused(huge) == "file_upload_size_restricted"


async def test_a_name_never_becomes_a_path(
    bot: AsyncWebClient, workspace: Workspace, desk: str
) -> None:
    done = await bot.files_upload_v2(content="x", filename="../../evil.html", channel=desk)
    file = workspace.rooms.files.require(done["file"]["id"])
    assert file.name == "evil.html"
    assert workspace.rooms.files.path(file.id).parent == workspace.config.files
    headers = {"Authorization": f"Bearer {workspace.credentials.bot_token}"}
    async with bot.session.get(done["file"]["url_private"], headers=headers) as response:
        assert response.headers["content-disposition"].startswith("attachment")
        assert "sandbox" in response.headers["content-security-policy"]
