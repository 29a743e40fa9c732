"""Canvases with the real client, how people see them, and the small additions beside them."""

import json

import pytest
from slack_sdk.errors import SlackApiError
from tests.workspace.test_page_live import Window

TEXT = "# Oil\n\nWTI is **calm**.\n\n- one\n- two\n\n## Next\n\n| a | b |\n|---|---|\n| 1 | 2 |"


async def refused(call) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value.response["error"]


def doc(text: str) -> dict:
    return {"type": "markdown", "markdown": text}


async def test_a_canvas_is_written_in_sections(workspace, bot, desk, session, person):
    made = await bot.canvases_create(title="Notes", document_content=doc(TEXT), channel_id=desk)
    canvas = made["canvas_id"]

    async def ids(**criteria: object) -> list[str]:
        found = await bot.canvases_sections_lookup(canvas_id=canvas, criteria=criteria)
        return [section["id"] for section in found["sections"]]

    assert len(await ids(section_types=["any_header"])) == 2
    assert len(await ids(section_types=["h2"])) == 1
    (calm,) = await ids(contains_text="CALM")
    changes = [
        {"operation": "replace", "section_id": calm, "document_content": doc("WTI is wild.")},
        {"operation": "insert_after", "section_id": calm, "document_content": doc("After it.")},
        {"operation": "insert_before", "section_id": calm, "document_content": doc("Before it.")},
        {"operation": "insert_at_end", "document_content": doc("The end.")},
        {"operation": "insert_at_start", "document_content": doc("The start.")},
        {"operation": "rename", "title_content": doc("Oil notes")},
    ]
    await bot.canvases_edit(canvas_id=canvas, changes=changes)
    stored = workspace.rooms.canvases.get(canvas)
    said = [section.text for section in stored.sections]
    assert said[:5] == ["The start.", "# Oil", "Before it.", "WTI is wild.", "After it."]
    assert said[-1] == "The end."
    assert said[-2].startswith("| a | b |")
    assert await ids(contains_text="wild") == [calm]
    await bot.canvases_edit(canvas_id=canvas, changes=[{"operation": "delete", "section_id": calm}])
    assert await ids(contains_text="wild") == []
    # A call with one impossible change changes nothing at all.
    half = [
        {"operation": "insert_at_end", "document_content": doc("half")},
        {"operation": "delete", "section_id": "temp:C:gone"},
    ]
    assert (
        await refused(bot.canvases_edit(canvas_id=canvas, changes=half)) == "canvas_editing_failed"
    )
    assert "half" not in workspace.rooms.canvases.get(canvas).markdown
    window = Window(workspace, session)
    assert "Oil notes</button>" in await window.get(f"/archives/{desk}")
    shown = await window.get(f"/page/canvas?canvas={canvas}")
    assert "Oil</h" in shown
    assert ">1</td>" in shown
    await bot.canvases_delete(canvas_id=canvas)
    assert await refused(bot.canvases_delete(canvas_id=canvas)) == "canvas_not_found"


async def test_a_channel_has_one_canvas_of_its_own(workspace, bot, desk, session, person):
    made = await bot.conversations_canvases_create(channel_id=desk, document_content=doc("# Desk"))
    again = bot.conversations_canvases_create(channel_id=desk, document_content=doc("# Two"))
    assert await refused(again) == "channel_canvas_already_exists"
    plain = {"type": "html", "markdown": "x"}
    assert await refused(bot.canvases_create(document_content=plain)) == "canvas_creation_failed"
    # A canvas of a place that the caller is not in does not exist, on the page neither.
    workspace.rooms.channels.leave(desk, workspace.credentials.bot_user_id)
    change = [{"operation": "insert_at_end", "document_content": doc("x")}]
    edit = bot.canvases_edit(canvas_id=made["canvas_id"], changes=change)
    assert await refused(edit) == "canvas_not_found"
    ann = workspace.rooms.people.add_person("Ann Okafor").id
    theirs = workspace.rooms.channels.create("theirs", creator=ann, kind="private").id
    secret = workspace.rooms.canvases.create("Secret", "hidden", user=ann, channel=theirs)
    window = Window(workspace, session)
    assert "hidden" not in await window.get(f"/page/canvas?canvas={secret.id}")


async def test_small_additions(workspace, bot, desk, person):
    direct = (await bot.conversations_open(users=person.user))["channel"]["id"]
    assert (await bot.conversations_close(channel=direct))["already_closed"]
    wrong = "method_not_supported_for_channel_type"
    assert await refused(bot.conversations_close(channel=desk)) == wrong
    assert await refused(bot.usergroups_users_list(usergroup="S1")) == "no_such_subteam"
    for name in ("a.pdf", "b.png", "c.txt"):
        file = workspace.rooms.files.add(name, b"abc", user=workspace.credentials.bot_user_id)
    listed = await bot.files_list(types="images,pdfs")
    assert sorted(found["name"] for found in listed["files"]) == ["a.pdf", "b.png"]
    assert (await bot.files_list(ts_from=str(file.created + 10)))["files"] == []
    assert len((await bot.files_list(ts_to=str(file.created)))["files"]) == 3
    held = await bot.files_getUploadURLExternal(filename="d.txt", length=1)
    workspace.rooms.files.receive(held["upload_url"].rpartition("/")[2], b"x")
    blocks = [{"type": "divider"}]
    done = await bot.files_completeUploadExternal(
        files=[{"id": held["file_id"]}], channel_id=desk, blocks=json.dumps(blocks)
    )
    assert done["ok"]
    assert workspace.rooms.messages.timeline(desk)[-1].blocks[0]["type"] == "divider"
