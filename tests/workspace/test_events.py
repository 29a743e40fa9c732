"""Events: which apps hear of what, in which shape, through Slack's own Bolt."""

from collections.abc import Callable

import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bullpen_workspace.actions import Person
from bullpen_workspace.server import Workspace

EVENTS = (
    "message",
    "app_mention",
    "app_home_opened",
    "reaction_added",
    "reaction_removed",
    "member_joined_channel",
    "member_left_channel",
    "file_shared",
    "channel_created",
)


def record(into: list[dict]) -> Callable[[AsyncApp], None]:
    def listen(app: AsyncApp) -> None:
        for name in EVENTS:

            @app.event(name)
            async def _(event: dict) -> None:
                into.append(event)

    return listen


def of(events: list[dict], type_: str, subtype: str | None = None) -> dict | None:
    for event in events:
        if event["type"] == type_ and event.get("subtype") == subtype:
            return event
    return None


async def test_mention_is_told_twice_with_one_ts(
    workspace: Workspace, person: Person, connect, until, desk: str
) -> None:
    events: list[dict] = []
    await connect(workspace, record(events))
    ts = person.post(desk, "@Bullpen quant: a < b & c").ts
    mention = await until(lambda: of(events, "app_mention"))
    message = await until(lambda: of(events, "message"))
    bot = workspace.credentials.bot_user_id
    assert mention["text"] == message["text"] == f"<@{bot}> quant: a &lt; b &amp; c"
    assert mention["ts"] == message["ts"] == ts
    assert (message["channel_type"], message["user"]) == ("channel", person.user)


async def test_channel_types(workspace: Workspace, person: Person, connect, until) -> None:
    events: list[dict] = []
    await connect(workspace, record(events))
    bot, other = workspace.credentials.bot_user_id, workspace.rooms.people.add_person("Ann").id
    places = {
        "group": person.create_channel("secret", private=True),
        "im": person.open_direct([bot]),
        "mpim": person.open_direct([bot, other]),
    }
    for kind, place in places.items():
        person.post(place.id, kind)

    def said() -> list[dict]:
        return [e for e in events if e["type"] == "message" and "subtype" not in e]

    await until(lambda: len(said()) == 3)
    assert {event["text"]: event["channel_type"] for event in said()} == {
        kind: kind for kind in places
    }


async def test_no_app_mention_in_a_direct_message_and_none_where_the_bot_is_not(
    workspace: Workspace, person: Person, connect, until, desk: str
) -> None:
    events: list[dict] = []
    await connect(workspace, record(events))
    direct = person.open_direct([workspace.credentials.bot_user_id])
    person.post(direct.id, "@Bullpen here")
    alone = person.create_channel("alone", invite_apps=False)
    person.post(alone.id, "@Bullpen hello?")
    person.post(desk, "last")
    await until(lambda: [event for event in events if event.get("text") == "last"])
    assert of(events, "app_mention") is None
    assert alone.id not in [event["channel"] for event in events if event["type"] == "message"]
    # The person is told why nobody will answer.
    notice = workspace.rooms.messages.timeline(alone.id, viewer=person.user)[-1]
    assert "not in this channel" in notice.text


async def test_subtypes(
    workspace: Workspace, person: Person, bot: AsyncWebClient, connect, until, desk: str
) -> None:
    events: list[dict] = []
    await connect(workspace, record(events))
    root = person.post(desk, "one")
    person.edit(desk, root.ts, "two")
    person.post(desk, "loud", thread_ts=root.ts, broadcast=True)
    person.post(desk, "", files=[person.upload("a.csv", b"1,2").id])
    await bot.chat_postMessage(channel=desk, text="as quant", username="Quant")
    gone = person.post(desk, "gone")
    person.delete(desk, gone.ts)
    deleted = await until(lambda: of(events, "message", "message_deleted"))
    changed = of(events, "message", "message_changed")
    assert deleted["deleted_ts"] == gone.ts
    assert changed["message"]["text"] == "two"
    assert changed["previous_message"]["text"] == "one"
    assert of(events, "message", "thread_broadcast")["thread_ts"] == root.ts
    assert of(events, "message", "file_share")["files"][0]["name"] == "a.csv"
    named = of(events, "message", "bot_message")
    assert (named["username"], named["bot_id"]) == ("Quant", workspace.credentials.bot_id)
    assert of(events, "file_shared")["channel_id"] == desk


async def test_reactions_members_and_channels(
    workspace: Workspace, person: Person, connect, until, desk: str
) -> None:
    events: list[dict] = []
    await connect(workspace, record(events))
    ts = person.post(desk, "x").ts
    assert person.react(desk, ts, "eyes") is True
    assert person.react(desk, ts, "eyes") is False
    ann = workspace.rooms.people.add_person("Ann").id
    person.invite(desk, ann)
    Person(workspace.office, ann).leave(desk)
    person.create_channel("curves")
    created = await until(lambda: of(events, "channel_created"))
    assert created["channel"]["name"] == "curves"
    added = of(events, "reaction_added")
    assert (added["reaction"], added["item"]["ts"], added["item_user"]) == (
        "eyes",
        ts,
        person.user,
    )
    assert of(events, "reaction_removed")["reaction"] == "eyes"
    joined = of(events, "member_joined_channel")
    assert (joined["user"], joined["inviter"], joined["channel"]) == (ann, person.user, desk)
    assert of(events, "member_left_channel")["user"] == ann


async def test_app_home_opened_and_published(
    workspace: Workspace, person: Person, bot: AsyncWebClient, connect, until
) -> None:
    events: list[dict] = []
    await connect(workspace, record(events))
    app_id = workspace.credentials.app_id
    assert person.apps.open_home(app_id) is None
    await until(lambda: of(events, "app_home_opened"))
    view = {"type": "home", "blocks": [{"type": "divider"}]}
    await bot.views_publish(user_id=person.user, view=view)
    home = person.apps.open_home(app_id, tab="messages")
    assert home is not None
    assert home.body["blocks"][0]["type"] == "divider"
    await until(lambda: len(events) == 2)
    assert [event["tab"] for event in events] == ["home", "messages"]
    assert events[0]["channel"].startswith("D")


async def test_a_channel_tells_what_becomes_of_it(
    workspace: Workspace, person: Person, bot: AsyncWebClient, connect, until
) -> None:
    events: list[dict] = []
    await connect(workspace, record(events))
    me, desk = person.user, workspace.credentials.bot_user_id
    place = person.create_channel("silver").id
    await bot.conversations_setTopic(channel=place, topic="before the close")
    await bot.conversations_setPurpose(channel=place, purpose="silver only")
    await bot.conversations_rename(channel=place, name="metals")
    ann = workspace.rooms.people.add_person("Ann").id
    person.invite(place, ann)
    await bot.conversations_kick(channel=place, user=ann)
    person.archive(place)
    person.archive(place, archived=False)
    found = (await bot.conversations_history(channel=place))["messages"][::-1]
    told = [(m["subtype"], m["user"], m["text"]) for m in found]
    assert told == [
        ("channel_join", me, f"<@{me}> has joined the channel"),
        ("channel_join", desk, f"<@{desk}> has joined the channel"),
        ("channel_topic", desk, f"<@{desk}> set the channel topic: before the close"),
        ("channel_purpose", desk, f"<@{desk}> set the channel description: silver only"),
        ("channel_name", desk, f'<@{desk}> has renamed the channel from "silver" to "metals"'),
        ("channel_join", ann, f"<@{ann}> has joined the channel"),
        ("channel_leave", ann, f"<@{ann}> has left the channel"),
        ("channel_archive", me, f"<@{me}> archived the channel"),
        ("channel_unarchive", me, f"<@{me}> un-archived the channel"),
    ]
    assert [m.get("inviter") for m in found[:2]] == [None, me]
    assert (found[2]["topic"], found[4]["old_name"], found[4]["name"]) == (
        *("before the close", "silver", "metals"),
    )
    assert sorted(found[7]["members"]) == sorted([me, desk])
    await until(lambda: of(events, "message", "channel_unarchive"))
    assert of(events, "message", "channel_join")["channel"] == place
    # A notice names people, and is nobody's word: it mentions no app and makes nothing unread.
    assert of(events, "app_mention") is None
    assert workspace.rooms.channels.unread(me, place).messages == 0
    with pytest.raises(SlackApiError, match="cant_delete_message"):
        await bot.chat_delete(channel=place, ts=found[1]["ts"])
