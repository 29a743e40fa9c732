"""conversations.*, users.*, team and bots: who is where, and reading in pages."""

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bullpen_workspace.actions import Person
from bullpen_workspace.server import Workspace


async def refused(call) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value.response["error"]


async def test_first_channels_and_types(bot: AsyncWebClient, person: Person) -> None:
    listed = (await bot.conversations_list())["channels"]
    assert [channel["name"] for channel in listed] == ["desk", "research", "markets"]
    assert all(channel["is_member"] for channel in listed)
    person.open_direct([bot_id := (await bot.auth_test())["user_id"]])
    direct = (await bot.conversations_list(types="im"))["channels"]
    assert [channel["user"] for channel in direct] == [person.user]
    mine = await bot.users_conversations(types="public_channel,im", user=bot_id)
    assert len(mine["channels"]) == 4
    assert await refused(bot.conversations_list(types="song")) == "invalid_types"


async def test_private_places_of_others_do_not_exist(
    bot: AsyncWebClient, workspace: Workspace, person: Person
) -> None:
    secret = person.create_channel("secret", private=True, invite_apps=False)
    listed = await bot.conversations_list(types="public_channel,private_channel")
    assert secret.id not in [channel["id"] for channel in listed["channels"]]
    assert await refused(bot.conversations_info(channel=secret.id)) == "channel_not_found"
    assert await refused(bot.conversations_history(channel=secret.id)) == "channel_not_found"
    workspace.rooms.channels.join(secret.id, workspace.credentials.bot_user_id)
    assert (await bot.conversations_info(channel=secret.id))["channel"]["is_private"] is True


async def test_history_in_pages(bot: AsyncWebClient, person: Person, desk: str) -> None:
    stamps = [person.post(desk, f"message {number}").ts for number in range(7)]
    seen: list[str] = []
    async for page in await bot.conversations_history(channel=desk, limit=3):
        seen += [message["ts"] for message in page["messages"]]
    assert seen == stamps[::-1]


async def test_history_between_bounds(bot: AsyncWebClient, person: Person, desk: str) -> None:
    a, b, c, d = (person.post(desk, text).ts for text in "abcd")

    async def between(**bounds) -> list[str]:
        history = await bot.conversations_history(channel=desk, **bounds)
        return [message["ts"] for message in history["messages"]]

    assert await between(oldest=a, latest=d) == [c, b]
    assert await between(oldest=a, latest=d, inclusive=True) == [d, c, b, a]
    assert await between(oldest=b) == [d, c]
    assert await between(latest=b) == [a]
    assert await between(oldest="0") == [d, c, b, a]
    wrong = bot.conversations_history(channel=desk, oldest="yesterday")
    assert await refused(wrong) == "invalid_ts_oldest"
    assert await refused(bot.conversations_history(channel=desk, cursor="zz")) == "invalid_cursor"


async def test_replies_in_pages(bot: AsyncWebClient, person: Person, desk: str) -> None:
    root = person.post(desk, "root").ts
    replies = [person.post(desk, str(number), thread_ts=root).ts for number in range(5)]
    seen: list[str] = []
    async for page in await bot.conversations_replies(channel=desk, ts=root, limit=3):
        seen += [message["ts"] for message in page["messages"]]
    assert seen == [root, *replies]
    later = await bot.conversations_replies(channel=desk, ts=root, oldest=replies[2])
    assert [message["ts"] for message in later["messages"]] == [root, *replies[3:]]
    missing = bot.conversations_replies(channel=desk, ts="1.000001")
    assert await refused(missing) == "thread_not_found"


async def test_channel_life(bot: AsyncWebClient, workspace: Workspace, person: Person) -> None:
    created = (await bot.conversations_create(name="curves"))["channel"]
    channel = created["id"]
    assert await refused(bot.conversations_create(name="curves")) == "name_taken"
    assert await refused(bot.conversations_create(name="Not this")) == "invalid_name_specials"
    assert await refused(bot.conversations_create(name="x" * 81)) == "invalid_name_maxlength"
    invited = await bot.conversations_invite(channel=channel, users=[person.user])
    assert invited["channel"]["num_members"] == 2
    again = bot.conversations_invite(channel=channel, users=person.user)
    assert await refused(again) == "already_in_channel"
    members = await bot.conversations_members(channel=channel, limit=1)
    assert len(members["members"]) == 1
    assert members["response_metadata"]["next_cursor"]
    topic = await bot.conversations_setTopic(channel=channel, topic="WTI")
    assert topic["channel"]["topic"]["value"] == "WTI"
    await bot.conversations_leave(channel=channel)
    assert (await bot.conversations_leave(channel=channel))["not_in_channel"] is True
    assert await refused(bot.conversations_history(channel=channel)) == "not_in_channel"
    await bot.conversations_join(channel=channel)
    assert (await bot.conversations_join(channel=channel))["warning"] == "already_in_channel"


async def test_mark_moves_the_read_mark(
    bot: AsyncWebClient, workspace: Workspace, person: Person, desk: str
) -> None:
    ts = person.post(desk, "read me").ts
    bot_user = workspace.credentials.bot_user_id
    assert workspace.rooms.channels.unread(bot_user, desk).messages == 1
    await bot.conversations_mark(channel=desk, ts=ts)
    assert workspace.rooms.channels.unread(bot_user, desk).messages == 0
    wrong = bot.conversations_mark(channel=desk, ts="now-ish")
    assert await refused(wrong) == "invalid_timestamp"


async def test_open_refuses_nobody_and_strangers(bot: AsyncWebClient) -> None:
    assert await refused(bot.api_call("conversations.open")) == "users_list_not_supplied"
    assert await refused(bot.conversations_open(users="U0")) == "user_not_found"


async def test_users(bot: AsyncWebClient, workspace: Workspace, person: Person) -> None:
    members = (await bot.users_list())["members"]
    assert {member["id"] for member in members} >= {person.user, workspace.credentials.bot_user_id}
    user = (await bot.users_info(user=person.user))["user"]
    assert (user["profile"]["real_name"], user["is_bot"]) == ("you", False)
    found = await bot.users_lookupByEmail(email="you@localhost")
    assert found["user"]["id"] == person.user
    assert await refused(bot.users_info(user="U0")) == "user_not_found"
    assert await refused(bot.users_lookupByEmail(email="no@one")) == "users_not_found"
    assert await refused(bot.users_conversations(user="U0")) == "invalid_arguments"


async def test_team_bots_and_emoji(bot: AsyncWebClient, workspace: Workspace) -> None:
    credentials = workspace.credentials
    assert (await bot.team_info())["team"]["id"] == credentials.team_id
    info = (await bot.bots_info(bot=credentials.bot_id))["bot"]
    assert (info["app_id"], info["user_id"]) == (credentials.app_id, credentials.bot_user_id)
    assert await refused(bot.bots_info(bot="B0")) == "bot_not_found"
    assert (await bot.emoji_list())["emoji"] == {}


async def test_user_token_acts_as_the_person(
    bot: AsyncWebClient, workspace: Workspace, desk: str
) -> None:
    """Slack stamps bot_id on what an app posts with a person's token; so do we."""
    answer = await bot.api_call(
        "chat.postMessage",
        json={"token": workspace.credentials.user_token, "channel": desk, "text": "as me"},
    )
    assert answer["message"]["user"] == workspace.credentials.person_id
    assert answer["message"]["bot_id"] == workspace.credentials.bot_id


async def test_reactions(bot: AsyncWebClient, person: Person, desk: str) -> None:
    item = {"channel": desk, "timestamp": person.post(desk, "x").ts}
    await bot.reactions_add(**item, name="eyes")
    assert await refused(bot.reactions_add(**item, name="eyes")) == "already_reacted"
    assert await refused(bot.reactions_add(**item, name="Bad name")) == "invalid_name"
    await bot.reactions_remove(**item, name="eyes")
    assert await refused(bot.reactions_remove(**item, name="eyes")) == "no_reaction"
    nowhere = bot.reactions_add(channel=desk, timestamp="1.000001", name="eyes")
    assert await refused(nowhere) == "message_not_found"
    assert await refused(bot.api_call("reactions.get")) == "no_item_specified"
