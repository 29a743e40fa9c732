"""Several apps and several people in one workspace."""

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bullpen_workspace.actions import Person
from bullpen_workspace.config import AppSpec, Credentials
from bullpen_workspace.types import Command


def listen(app: AsyncApp, keys: Credentials, heard: list[str]) -> None:
    """Keep what the app with these credentials hears."""

    @app.event("app_mention")
    async def _(event) -> None:
        heard.append(f"mention {event['text']}")

    @app.event("message")
    async def _(body) -> None:
        assert body["api_app_id"] == keys.app_id
        assert body["authorizations"][0]["user_id"] == keys.bot_user_id
        heard.append(body["event"]["text"])


async def test_each_app_hears_only_where_it_is(start, session, until) -> None:
    other = AppSpec(name="Other", display_name="Other", commands=(Command(name="/other"),))
    workspace = await start(more_apps=(other,))
    first, second = workspace.apps
    assert first == workspace.credentials
    heard: dict[str, list[str]] = {first.app_id: [], second.app_id: []}
    handlers = []
    for keys in workspace.apps:
        client = AsyncWebClient(
            token=keys.bot_token, base_url=f"{workspace.url}/api/", session=session
        )
        app = AsyncApp(client=client)
        listen(app, keys, heard[keys.app_id])
        handlers.append(AsyncSocketModeHandler(app, keys.app_token))
        await handlers[-1].connect_async()
    person = Person(workspace.office, workspace.credentials.person_id)
    desk = workspace.rooms.channels.by_name("desk")
    assert desk is not None
    call = f"<@{second.bot_user_id}> hello"
    person.post(desk.id, call)
    alone = person.create_channel("alone", invite_apps=False)
    person.invite(alone.id, first.bot_user_id)
    person.post(alone.id, "for one")
    private = person.open_direct([second.bot_user_id])
    person.post(private.id, "between us")
    await until(lambda: {len(texts) for texts in heard.values()} == {2, 3})
    assert sorted(heard[first.app_id]) == sorted([call, "for one"])
    assert sorted(heard[second.app_id]) == sorted([call, f"mention {call}", "between us"])
    for handler in handlers:
        await handler.close_async()


async def test_an_app_hears_what_another_says(start, session, until) -> None:
    workspace = await start(more_apps=(AppSpec(name="Other", display_name="Other"),))
    heard: list[dict] = []
    first, second = (
        AsyncWebClient(token=keys.bot_token, base_url=f"{workspace.url}/api/", session=session)
        for keys in workspace.apps
    )
    app = AsyncApp(client=first)

    @app.event("message")
    async def _(event) -> None:
        heard.append(event)

    handler = AsyncSocketModeHandler(app, workspace.credentials.app_token)
    await handler.connect_async()
    await second.chat_postMessage(channel="#desk", text="from the other")
    await first.chat_postMessage(channel="#desk", text="from myself")
    await second.chat_postMessage(channel="#desk", text="again")
    await until(lambda: len(heard) == 2)
    assert [event["text"] for event in heard] == ["from the other", "again"]
    assert {event["app_id"] for event in heard} == {workspace.apps[1].app_id}
    await handler.close_async()


async def test_each_person_has_a_token(start, session) -> None:
    workspace = await start(more_people=("Ann Lee", "Bo"))
    ann, bo = workspace.people["Ann Lee"], workspace.people["Bo"]
    client = AsyncWebClient(token=ann.token, base_url=f"{workspace.url}/api/", session=session)
    told = await client.auth_test()
    assert (told["user_id"], told["user"]) == (ann.user, "ann.lee")
    posted = await client.chat_postMessage(channel="#desk", text="It is Ann")
    message = workspace.rooms.messages.require(posted["channel"], posted["ts"])
    assert message.user == ann.user != bo.user
    found = await client.users_lookupByEmail(email="bo@localhost")
    assert found["user"]["id"] == bo.user
    talk = await client.conversations_open(users=bo.user)
    Person(workspace.office, bo.user).post(talk["channel"]["id"], "Hello Ann")
    history = await client.conversations_history(channel=talk["channel"]["id"])
    assert [message["text"] for message in history["messages"]] == ["Hello Ann"]


async def test_a_restart_changes_nobody(start) -> None:
    changes = {"more_apps": (AppSpec(name="Other"),), "more_people": ("Ann",)}
    workspace = await start(**changes)
    before = (workspace.apps, workspace.people)
    await workspace.stop()
    again = await start(**changes)
    assert (again.apps, again.people) == before
