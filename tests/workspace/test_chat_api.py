"""chat.*: what is posted, under which name, within which limits."""

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bullpen_workspace.actions import Person
from bullpen_workspace.server import Workspace


async def refused(call) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value.response["error"]


async def test_plain_post_is_the_bots(bot: AsyncWebClient, workspace: Workspace, desk: str) -> None:
    message = (await bot.chat_postMessage(channel="#desk", text="hello"))["message"]
    credentials = workspace.credentials
    assert message["user"] == credentials.bot_user_id
    assert message["bot_id"] == message["bot_profile"]["id"] == credentials.bot_id
    assert "subtype" not in message


async def test_post_under_an_agents_name(bot: AsyncWebClient, desk: str) -> None:
    answer = await bot.chat_postMessage(
        channel=desk, text="hello", username="Quant", icon_emoji=":abacus:"
    )
    message = answer["message"]
    assert message["subtype"] == "bot_message"
    assert (message["username"], message["icons"]) == ("Quant", {"emoji": ":abacus:"})


async def test_markdown_post_and_its_limits(
    bot: AsyncWebClient, workspace: Workspace, desk: str
) -> None:
    answer = await bot.chat_postMessage(channel=desk, markdown_text="**bold**")
    stored = workspace.rooms.messages.require(desk, answer["ts"])
    assert (stored.text, stored.markdown) == ("**bold**", True)
    too_long = bot.chat_postMessage(channel=desk, markdown_text="x" * 12_001)
    assert await refused(too_long) == "msg_blocks_too_long"
    both = bot.api_call(
        "chat.postMessage", json={"channel": desk, "markdown_text": "a", "text": "b"}
    )
    assert await refused(both) == "markdown_text_conflict"


async def test_long_text_is_cut_with_a_warning(bot: AsyncWebClient, desk: str) -> None:
    answer = await bot.chat_postMessage(channel=desk, text="x" * 40_001)
    assert len(answer["message"]["text"]) == 40_000
    assert answer["warning"] == "message_truncated"


async def test_what_is_refused(bot: AsyncWebClient, workspace: Workspace, desk: str) -> None:
    post = bot.chat_postMessage
    divider = {"type": "divider"}
    empty = bot.api_call("chat.postMessage", json={"channel": desk, "text": " "})
    assert await refused(empty) == "no_text"
    assert await refused(post(channel="C0", text="x")) == "channel_not_found"
    assert await refused(post(channel=desk, text="x", blocks=[divider] * 51)) == "invalid_blocks"
    assert await refused(post(channel=desk, text="x", blocks=[{"type": "?"}])) == "invalid_blocks"
    header = {"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}
    assert await refused(post(channel=desk, text="x", blocks=[header])) == "invalid_blocks"
    no_reply = post(channel=desk, text="x", thread_ts="1.000001")
    assert await refused(no_reply) == "cannot_reply_to_message"
    other = workspace.rooms.channels.create("other", creator=workspace.credentials.person_id)
    assert await refused(post(channel=other.id, text="x")) == "not_in_channel"
    secret = workspace.rooms.channels.create(
        "secret", creator=workspace.credentials.person_id, kind="private"
    )
    assert await refused(post(channel=secret.id, text="x")) == "channel_not_found"
    metadata = {"event_type": "", "event_payload": {}}
    assert await refused(post(channel=desk, text="x", metadata=metadata)) == (
        "invalid_metadata_schema"
    )


async def test_thread_reply_and_broadcast(bot: AsyncWebClient, desk: str) -> None:
    root = (await bot.chat_postMessage(channel=desk, text="root"))["ts"]
    reply = (await bot.chat_postMessage(channel=desk, text="reply", thread_ts=root))["ts"]
    # A reply to a reply lands in the same thread.
    await bot.chat_postMessage(channel=desk, text="loud", thread_ts=reply, reply_broadcast=True)
    thread = (await bot.conversations_replies(channel=desk, ts=root))["messages"]
    assert [message["text"] for message in thread] == ["root", "reply", "loud"]
    assert thread[0]["reply_count"] == 2
    assert {message["thread_ts"] for message in thread} == {root}
    history = (await bot.conversations_history(channel=desk))["messages"]
    assert [message["text"] for message in history] == ["loud", "root"]


async def test_update_changes_and_marks_edited(bot: AsyncWebClient, desk: str) -> None:
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "b"}}]
    ts = (await bot.chat_postMessage(channel=desk, text="one", blocks=blocks))["ts"]
    kept = (await bot.chat_update(channel=desk, ts=ts, text="two"))["message"]
    assert (kept["text"], len(kept["blocks"])) == ("two", 1)
    assert "edited" in kept
    gone = (await bot.chat_update(channel=desk, ts=ts, text="three", blocks=[]))["message"]
    assert "blocks" not in gone
    assert await refused(bot.chat_update(channel=desk, ts=ts, text="x" * 40_001)) == "msg_too_long"


async def test_only_ones_own_messages_change(
    bot: AsyncWebClient, person: Person, desk: str
) -> None:
    theirs = person.post(desk, "mine").ts
    assert await refused(bot.chat_update(channel=desk, ts=theirs, text="x")) == (
        "cant_update_message"
    )
    assert await refused(bot.chat_delete(channel=desk, ts=theirs)) == "cant_delete_message"
    assert await refused(bot.chat_delete(channel=desk, ts="1.000001")) == "message_not_found"


async def test_delete_leaves_a_tombstone_over_replies(bot: AsyncWebClient, desk: str) -> None:
    root = (await bot.chat_postMessage(channel=desk, text="root"))["ts"]
    reply = (await bot.chat_postMessage(channel=desk, text="r", thread_ts=root))["ts"]
    await bot.chat_delete(channel=desk, ts=root)
    thread = (await bot.conversations_replies(channel=desk, ts=reply))["messages"]
    assert [message.get("subtype", "") for message in thread] == ["tombstone", ""]
    await bot.chat_delete(channel=desk, ts=reply)
    assert (await bot.conversations_replies(channel=desk, ts=root))["messages"][0][
        "subtype"
    ] == "tombstone"


async def test_ephemeral_is_seen_by_one_person_only(
    bot: AsyncWebClient, workspace: Workspace, person: Person, desk: str
) -> None:
    answer = await bot.chat_postEphemeral(channel=desk, user=person.user, text="psst")
    rooms = workspace.rooms
    assert rooms.messages.timeline(desk, viewer=person.user)[-1].ts == answer["message_ts"]
    assert (await bot.conversations_history(channel=desk))["messages"] == []
    stranger = rooms.people.add_person("Stranger").id
    assert await refused(bot.chat_postEphemeral(channel=desk, user=stranger, text="x")) == (
        "user_not_in_channel"
    )


async def test_metadata_is_shown_when_asked_for(bot: AsyncWebClient, desk: str) -> None:
    metadata = {"event_type": "bullpen_message", "event_payload": {"msg_id": "m1"}}
    await bot.chat_postMessage(channel=desk, text="x", metadata=metadata)
    plain = (await bot.conversations_history(channel=desk))["messages"][0]
    full = await bot.conversations_history(channel=desk, include_all_metadata=True)
    assert "event_payload" not in plain["metadata"]
    assert full["messages"][0]["metadata"] == metadata


async def test_image_block_of_an_uploaded_file(
    bot: AsyncWebClient, workspace: Workspace, desk: str
) -> None:
    ticket = await bot.files_getUploadURLExternal(filename="chart.png", length=4)
    async with bot.session.post(ticket["upload_url"], data=b"\x89PNG") as response:
        assert response.status == 200
    block = {"type": "image", "slack_file": {"id": ticket["file_id"]}, "alt_text": "chart"}
    unfinished = bot.chat_postMessage(channel=desk, text="x", blocks=[block])
    assert await refused(unfinished) == "invalid_blocks"
    await bot.files_completeUploadExternal(files=[{"id": ticket["file_id"], "title": "Chart"}])
    posted = await bot.chat_postMessage(channel=desk, text="see", blocks=[block])
    assert posted["message"]["blocks"][0]["slack_file"] == {"id": ticket["file_id"]}
    assert workspace.rooms.files.has_bytes(ticket["file_id"])


async def test_permalink_of_a_reply_names_its_thread(bot: AsyncWebClient, desk: str) -> None:
    root = (await bot.chat_postMessage(channel=desk, text="root"))["ts"]
    reply = (await bot.chat_postMessage(channel=desk, text="r", thread_ts=root))["ts"]
    link = (await bot.chat_getPermalink(channel=desk, message_ts=reply))["permalink"]
    assert link.endswith(f"?thread_ts={root}&cid={desk}")
    missing = bot.chat_getPermalink(channel=desk, message_ts="1.000001")
    assert await refused(missing) == "message_not_found"


async def test_post_to_a_person_opens_the_direct_message(
    bot: AsyncWebClient, person: Person
) -> None:
    first = await bot.chat_postMessage(channel=person.user, text="hi")
    opened = await bot.conversations_open(users=person.user, return_im=True)
    assert first["channel"] == opened["channel"]["id"]
    assert opened["channel"]["is_im"] is True
    assert opened["channel"]["user"] == person.user
