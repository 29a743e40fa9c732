"""Schedules, pins, bookmarks, upkeep of channels, search, tokens, contexts: what apps use less."""

import time

import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bullpen_workspace.actions import Person
from bullpen_workspace.config import AppSpec, Timing
from bullpen_workspace.errors import Refusal
from bullpen_workspace.server import Workspace
from bullpen_workspace.types import AppSettings


@pytest.fixture
def hear(connect):
    """hear(workspace, "pin_added", …) connects an app and returns the events it gets."""

    async def begin(workspace: Workspace, *names: str) -> list[dict]:
        events: list[dict] = []

        def listen(app: AsyncApp) -> None:
            for name in names:

                @app.event(name)
                async def _(event) -> None:
                    events.append(event)

        await connect(workspace, listen)
        return events

    return begin


async def refused(call) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value.response["error"]


async def test_scheduled_messages(start, session, until) -> None:
    workspace = await start(timing=Timing(sweep=0.1))
    bot = AsyncWebClient(
        token=workspace.credentials.bot_token, base_url=f"{workspace.url}/api/", session=session
    )
    channel = workspace.rooms.channels.by_name("desk")
    assert channel is not None
    now = int(time.time())

    def schedule(after: int, text: str):
        return bot.chat_scheduleMessage(channel=channel.id, post_at=now + after, text=text)

    soon = await schedule(2, "soon")
    late = await schedule(3600, "late")
    listed = (await bot.chat_scheduledMessages_list())["scheduled_messages"]
    assert [one["text"] for one in listed] == ["soon", "late"]
    assert soon["message"]["text"] == "soon"
    await bot.chat_deleteScheduledMessage(
        channel=channel.id, scheduled_message_id=late["scheduled_message_id"]
    )
    await until(lambda: workspace.rooms.messages.latest(channel.id))
    assert [m.text for m in workspace.rooms.messages.timeline(channel.id)] == ["soon"]
    assert (await bot.chat_scheduledMessages_list())["scheduled_messages"] == []
    assert await refused(schedule(-1, "x")) == "time_in_past"
    assert await refused(schedule(121 * 86_400, "x")) == "time_too_far"
    again = bot.chat_deleteScheduledMessage(
        channel=channel.id, scheduled_message_id=late["scheduled_message_id"]
    )
    assert await refused(again) == "invalid_scheduled_message_id"


async def test_pins(workspace: Workspace, bot: AsyncWebClient, hear, until, desk: str) -> None:
    events = await hear(workspace, "pin_added", "pin_removed")
    ts = (await bot.chat_postMessage(channel=desk, text="keep this"))["ts"]
    await bot.pins_add(channel=desk, timestamp=ts)
    items = (await bot.pins_list(channel=desk))["items"]
    assert [item["message"]["text"] for item in items] == ["keep this"]
    assert await refused(bot.pins_add(channel=desk, timestamp=ts)) == "already_pinned"
    await bot.pins_remove(channel=desk, timestamp=ts)
    assert await refused(bot.pins_remove(channel=desk, timestamp=ts)) == "no_pin"
    assert await refused(bot.pins_add(channel=desk)) == "no_item_specified"
    await until(lambda: len(events) == 2)
    assert [event["type"] for event in events] == ["pin_added", "pin_removed"]
    assert [event["pin_count"] for event in events] == [1, 0]
    await bot.pins_add(channel=desk, timestamp=ts)
    await bot.chat_delete(channel=desk, ts=ts)
    assert (await bot.pins_list(channel=desk))["items"] == []


async def test_bookmarks(bot: AsyncWebClient, desk: str) -> None:
    made = await bot.bookmarks_add(
        channel_id=desk, title="Prices", type="link", link="https://example.com/p"
    )
    bookmark = made["bookmark"]
    await bot.bookmarks_edit(channel_id=desk, bookmark_id=bookmark["id"], title="All prices")
    listed = (await bot.bookmarks_list(channel_id=desk))["bookmarks"]
    assert [(one["title"], one["link"]) for one in listed] == [
        ("All prices", "https://example.com/p")
    ]
    await bot.bookmarks_remove(channel_id=desk, bookmark_id=bookmark["id"])
    assert (await bot.bookmarks_list(channel_id=desk))["bookmarks"] == []
    wrong = bot.bookmarks_add(channel_id=desk, title="x", type="link", link="javascript:x")
    assert await refused(wrong) == "invalid_link"
    assert (
        await refused(bot.bookmarks_add(channel_id=desk, title="x", type="folder"))
        == "invalid_bookmark_type"
    )


async def test_upkeep_of_a_channel(
    workspace: Workspace, bot: AsyncWebClient, person: Person, hear, until
) -> None:
    events = await hear(workspace, "channel_rename", "channel_archive", "channel_unarchive")
    made = await bot.conversations_create(name="first-name")
    channel = made["channel"]["id"]
    await bot.conversations_invite(channel=channel, users=person.user)
    await bot.conversations_setPurpose(channel=channel, purpose="To be cared for")
    renamed = await bot.conversations_rename(channel=channel, name="second-name")
    assert renamed["channel"]["name"] == "second-name"
    assert renamed["channel"]["purpose"]["value"] == "To be cared for"
    assert await refused(bot.conversations_rename(channel=channel, name="desk")) == "name_taken"
    await bot.conversations_kick(channel=channel, user=person.user)
    kick = bot.conversations_kick(channel=channel, user=person.user)
    assert await refused(kick) == "not_in_channel"
    me = workspace.credentials.bot_user_id
    assert await refused(bot.conversations_kick(channel=channel, user=me)) == "cant_kick_self"
    await bot.conversations_archive(channel=channel)
    assert await refused(bot.conversations_archive(channel=channel)) == "already_archived"
    assert await refused(bot.chat_postMessage(channel=channel, text="x")) == "is_archived"
    assert await refused(bot.conversations_setTopic(channel=channel, topic="x")) == "is_archived"
    person.join(channel)
    with pytest.raises(Refusal, match="archived"):
        person.post(channel, "x")
    await bot.conversations_unarchive(channel=channel)
    assert await refused(bot.conversations_unarchive(channel=channel)) == "not_archived"
    await until(lambda: len(events) == 3)
    assert [event["type"] for event in events] == [
        "channel_rename",
        "channel_archive",
        "channel_unarchive",
    ]


async def test_private_channels_have_their_own_events(
    workspace: Workspace, bot: AsyncWebClient, hear, until
) -> None:
    names = ["group_rename", "group_archive", "group_unarchive"]
    events = await hear(workspace, *names)
    made = await bot.conversations_create(name="quiet", is_private=True)
    channel = made["channel"]["id"]
    await bot.conversations_rename(channel=channel, name="quieter")
    await bot.conversations_archive(channel=channel)
    await bot.conversations_unarchive(channel=channel)
    await until(lambda: len(events) == 3)
    assert [event["type"] for event in events] == names


async def test_search_finds_what_the_person_may_read(
    workspace: Workspace, person: Person, bot: AsyncWebClient, session, desk: str
) -> None:
    client = AsyncWebClient(
        token=workspace.credentials.user_token, base_url=f"{workspace.url}/api/", session=session
    )
    person.post(desk, "Oil fell after the report")
    await bot.chat_postMessage(channel=desk, text="The oil report is late")
    secret = workspace.rooms.channels.create(
        "secret", creator=workspace.credentials.bot_user_id, kind="private"
    )
    await bot.chat_postMessage(channel=secret.id, text="oil report, not for you")

    async def found(query: str) -> list[str]:
        matches = (await client.search_messages(query=query))["messages"]["matches"]
        return [match["text"] for match in matches]

    assert await found("oil report") == ["The oil report is late", "Oil fell after the report"]
    assert await found('"oil report"') == ["The oil report is late"]
    assert await found("oil from:@you in:#desk") == ["Oil fell after the report"]
    assert await found("oil in:#secret") == []
    assert await refused(client.search_messages(query=" ")) == "no_query"
    assert await refused(bot.search_messages(query="oil")) == "not_allowed_token_type"


async def test_small_readers(bot: AsyncWebClient, person: Person) -> None:
    profile = (await bot.users_profile_get(user=person.user))["profile"]
    assert profile["email"] == "you@localhost"
    assert await refused(bot.users_profile_get(user="U0")) == "user_not_found"
    assert (await bot.usergroups_list())["usergroups"] == []


async def test_links_are_shared_and_unfurled(start, session, hear, until) -> None:
    settings = AppSettings(unfurl_domains=("example.com",))
    workspace = await start(app=AppSpec(settings=settings))
    bot = AsyncWebClient(
        token=workspace.credentials.bot_token, base_url=f"{workspace.url}/api/", session=session
    )
    events = await hear(workspace, "link_shared")
    channel = workspace.rooms.channels.by_name("desk")
    assert channel is not None
    person = Person(workspace.office, workspace.credentials.person_id)
    person.post(channel.id, "see https://elsewhere.test/x")
    ts = person.post(channel.id, "see https://www.example.com/a?b=1&c=2 please").ts
    await until(lambda: events)
    url = "https://www.example.com/a?b=1&c=2"
    assert events[0]["links"] == [{"url": url, "domain": "example.com"}]
    await bot.chat_unfurl(channel=channel.id, ts=ts, unfurls={url: {"text": "A page"}})
    shown = workspace.rooms.messages.require(channel.id, ts).attachments
    assert (shown[0]["text"], shown[0]["from_url"]) == ("A page", url)
    wrong = bot.chat_unfurl(channel=channel.id, ts=ts, unfurls={"https://x.test": {"text": "x"}})
    assert await refused(wrong) == "cannot_unfurl_url"
    assert len(events) == 1


async def test_revoked_token_is_gone(workspace: Workspace, session, hear, until) -> None:
    events = await hear(workspace, "tokens_revoked")
    client = AsyncWebClient(
        token=workspace.credentials.user_token, base_url=f"{workspace.url}/api/", session=session
    )
    assert (await client.auth_revoke(test=True))["revoked"] is False
    assert (await client.auth_revoke())["revoked"] is True
    assert await refused(client.auth_test()) == "invalid_auth"
    await until(lambda: events)
    assert events[0]["tokens"]["oauth"] == [workspace.credentials.person_id]


async def test_for_whom_an_event_was_sent(
    workspace: Workspace, person: Person, session, connect, until, desk: str
) -> None:
    bodies: list[dict] = []

    def listen(app: AsyncApp) -> None:
        @app.event("message")
        async def _(body) -> None:
            bodies.append(body)

    await connect(workspace, listen)
    person.post(desk, "hello")
    await until(lambda: bodies)
    client = AsyncWebClient(base_url=f"{workspace.url}/api/", session=session)

    def ask(context: str):
        return client.apps_event_authorizations_list(
            event_context=context, token=workspace.credentials.app_token
        )

    told = (await ask(bodies[0]["event_context"]))["authorizations"]
    assert told == bodies[0]["authorizations"]
    assert await refused(ask("4-nonsense")) == "invalid_arguments"


async def test_person_renames_a_session(
    workspace: Workspace, person: Person, bot: AsyncWebClient, hear, until, desk: str
) -> None:
    events = await hear(workspace, "agent_session_title_changed")
    ts = person.post(desk, "work on this").ts
    await bot.agents_sessions_setStatus(channel_id=desk, thread_ts=ts, status="processing")
    person.apps.rename_session(desk, ts, "The work")
    await until(lambda: events)
    assert (events[0]["title"], events[0]["thread_ts"]) == ("The work", ts)
    with pytest.raises(Refusal):
        person.apps.rename_session(desk, "1.2", "Nothing")


async def test_agent_is_told_where_the_person_looks(start, hear, until) -> None:
    settings = AppSettings(events=("app_context_changed",))
    workspace = await start(app=AppSpec(settings=settings))
    events = await hear(workspace, "app_context_changed", "message")
    channel = workspace.rooms.channels.by_name("research")
    assert channel is not None
    person = Person(workspace.office, workspace.credentials.person_id)
    person.post(channel.id, "not subscribed to")
    person.apps.look_at(channel.id)
    await until(lambda: events)
    assert [event["type"] for event in events] == ["app_context_changed"]
    assert events[0]["context"]["channel_id"] == channel.id


async def test_legacy_assistant_thread(start, hear, until) -> None:
    workspace = await start(app=AppSpec(settings=AppSettings(assistant=True)))
    names = ["assistant_thread_started", "assistant_thread_context_changed"]
    events = await hear(workspace, *names)
    person = Person(workspace.office, workspace.credentials.person_id)
    person.apps.open_home(workspace.credentials.app_id, tab="messages")
    channel = workspace.rooms.channels.by_name("desk")
    assert channel is not None
    person.apps.look_at(channel.id)
    await until(lambda: len(events) == 2)
    assert [event["type"] for event in events] == names
    started, changed = (event["assistant_thread"] for event in events)
    assert started["thread_ts"] == changed["thread_ts"]
    assert started["user_id"] == person.user
    assert changed["context"]["channel_id"] == channel.id
