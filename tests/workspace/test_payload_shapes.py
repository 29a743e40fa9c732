"""Payloads hold the keys that Slack's published samples hold, and no key that Slack leaves out."""

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient
from tests.workspace.test_page_live import Window

from bullpen_workspace.actions import Person
from bullpen_workspace.config import AppSpec
from bullpen_workspace.types import AppSettings

ENVELOPE = {
    *("token", "team_id", "context_team_id", "api_app_id", "event", "type", "event_id"),
    *("event_time", "authorizations", "is_ext_shared_channel", "event_context"),
}
VIEW = {
    *("id", "team_id", "type", "title", "submit", "close", "blocks", "private_metadata"),
    *("callback_id", "external_id", "state", "hash", "clear_on_close", "notify_on_close"),
    *("submit_disabled", "root_view_id", "previous_view_id", "app_id", "app_installed_team_id"),
    "bot_id",
}
MODAL = {
    "type": "modal",
    "title": {"type": "plain_text", "text": "Ask"},
    "submit": {"type": "plain_text", "text": "Go"},
    "notify_on_close": True,
    "blocks": [{"type": "divider"}],
}
BUTTON = {
    "type": "actions",
    "elements": [
        {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}}
    ],
}


class Heard:
    """Every envelope that an app was sent, by the type of its event."""

    def __init__(self, until) -> None:
        self.bodies: list[dict] = []
        self._until = until

    def listen(self, app) -> None:
        @app.middleware
        async def keep(body, next):
            self.bodies.append(body)
            await next()

    async def event(self, name: str, subtype: str = "") -> dict:
        def found() -> dict | None:
            for body in self.bodies:
                inner = body["event"]
                if inner["type"] == name and inner.get("subtype", "") == subtype:
                    return body
            return None

        body = await self._until(found)
        assert set(body) >= ENVELOPE
        return body["event"]


async def test_events_of_messages_have_the_keys_of_slacks_samples(
    start, connect, until, session
) -> None:
    settings = AppSettings(unfurl_domains=("example.org",))
    workspace = await start(app=AppSpec(settings=settings))
    person = Person(workspace.office, workspace.credentials.person_id)
    bot = AsyncWebClient(
        token=workspace.credentials.bot_token, base_url=f"{workspace.url}/api/", session=session
    )
    desk = workspace.rooms.channels.by_name("desk").id
    heard = Heard(until)
    await connect(workspace, heard.listen)
    mention = f"<@{workspace.credentials.bot_user_id}>"
    root = person.post(desk, f"{mention} look: https://example.org/a")
    assert set(await heard.event("message")) >= {
        *("type", "user", "text", "ts", "team", "channel", "channel_type", "event_ts")
    }
    told = await heard.event("app_mention")
    assert set(told) >= {"type", "user", "text", "ts", "team", "channel", "event_ts"}
    assert not set(told) & {"channel_type", "subtype"}
    assert set(await heard.event("link_shared")) >= {
        *("user", "channel", "message_ts", "links", "source", "is_bot_user_member", "event_ts")
    }
    heard.bodies.clear()
    await bot.chat_postMessage(channel=desk, thread_ts=root.ts, text="a reply")
    reply = await heard.event("message")
    assert (reply["thread_ts"], reply["parent_user_id"]) == (root.ts, person.user)
    assert set(reply["bot_profile"]) >= {"id", "app_id", "name", "deleted", "team_id"}
    typed = {"channel": desk, "text": "for all", "thread": root.ts, "broadcast": True, "key": "c-1"}
    await Window(workspace, session).do("send", **typed)
    shared = await heard.event("message", "thread_broadcast")
    assert shared["client_msg_id"] == "c-1"
    assert (shared["root"]["ts"], shared["root"]["reply_count"]) == (root.ts, 2)
    person.edit(desk, root.ts, "changed")
    assert set(await heard.event("message", "message_changed")) >= {
        *("hidden", "ts", "message", "previous_message", "channel", "channel_type", "event_ts")
    }


async def test_events_of_places_have_the_keys_of_slacks_samples(
    workspace, person, bot, connect, until
) -> None:
    heard = Heard(until)
    await connect(workspace, heard.listen)
    created = person.create_channel("curves")
    assert set((await heard.event("channel_created"))["channel"]) >= {
        *("id", "is_channel", "name", "name_normalized", "created", "creator"),
        *("is_shared", "is_org_shared"),
    }
    workspace.rooms.channels.rename(created.id, "curves-two", user=person.user)
    assert set((await heard.event("channel_rename"))["channel"]) == {
        *("id", "is_channel", "is_mpim", "name", "name_normalized", "created")
    }
    person.archive(created.id)
    assert set(await heard.event("channel_archive")) == {
        *("type", "channel", "user", "is_moved", "event_ts")
    }
    view = {"type": "home", "blocks": [{"type": "divider"}]}
    await bot.views_publish(user_id=person.user, view=view)
    person.apps.open_home(workspace.credentials.app_id)
    home = (await heard.event("app_home_opened"))["view"]
    assert set(home) >= VIEW - {"title"}


async def test_interactions_have_the_keys_of_slacks_samples(
    workspace, person, bot, desk, connect, until
) -> None:
    bodies: list[dict] = []

    def listen(app) -> None:
        @app.action("go")
        async def acted(ack, body):
            await ack()
            bodies.append(body)

        @app.shortcut("ask_agent")
        async def asked(ack, body, client):
            await ack()
            bodies.append(body)
            await client.views_open(trigger_id=body["trigger_id"], view=MODAL)

        @app.view("")
        async def sent(ack, body):
            await ack(response_action="errors", errors={"x": "Not yet."})
            bodies.append(body)

        @app.view_closed("")
        async def closed(ack, body):
            await ack()
            bodies.append(body)

        @app.command("/bullpen")
        async def commanded(ack, body):
            await ack()
            bodies.append(body)

    await connect(workspace, listen)
    posted = await bot.chat_postMessage(channel=desk, text="x", blocks=[BUTTON])
    person.apps.press(desk, posted["ts"], "go")
    pressed = (await until(lambda: bodies and bodies))[0]
    common = {
        *("type", "team", "user", "api_app_id", "token", "enterprise", "is_enterprise_install")
    }
    assert set(pressed) >= common | {
        *("container", "trigger_id", "channel", "message", "state", "response_url", "actions")
    }
    assert set(pressed["user"]) == {"id", "username", "name", "team_id"}
    assert set(pressed["container"]) == {"type", "message_ts", "channel_id", "is_ephemeral"}
    assert set(pressed["actions"][0]) >= {"action_id", "block_id", "text", "type", "action_ts"}
    person.apps.message_shortcut(workspace.credentials.app_id, "ask_agent", desk, posted["ts"])
    await until(lambda: len(bodies) == 2)
    assert set(bodies[1]) >= common | {
        *("callback_id", "trigger_id", "message_ts", "response_url", "message", "channel"),
        "action_ts",
    }
    view = (await until(lambda: workspace.rooms.surfaces.modals(person.user)))[0]
    await person.apps.submit(view.id, {})
    assert set(bodies[2]) >= common | {"trigger_id", "view", "response_urls"}
    assert set(bodies[2]["view"]) >= VIEW
    person.apps.close(view.id)
    await until(lambda: len(bodies) == 4)
    assert set(bodies[3]) >= common | {"view", "is_cleared"}
    await person.apps.slash(desk, "/bullpen hello")
    assert set(bodies[4]) >= {
        *("token", "api_app_id", "team_id", "team_domain", "channel_id", "channel_name"),
        *("user_id", "user_name", "command", "text", "response_url", "trigger_id"),
    }


async def test_a_response_address_outlives_a_restart(start, session, connect) -> None:
    kept: list[str] = []

    def listen(app) -> None:
        @app.command("/bullpen")
        async def commanded(ack, body):
            await ack()
            kept.append(body["response_url"])

    first = await start()
    handler = await connect(first, listen)
    desk = first.rooms.channels.by_name("desk").id
    person = Person(first.office, first.credentials.person_id)
    await person.apps.slash(desk, "/bullpen hello")
    await handler.close_async()
    await first.stop()
    second = await start(port=int(first.url.rpartition(":")[2]))
    for number in range(6):
        async with aiohttp.ClientSession() as client:
            said = {"text": f"answer {number}", "response_type": "in_channel"}
            async with client.post(kept[0], json=said) as answer:
                assert answer.status == (200 if number < 5 else 404)
    told = [m.text for m in second.rooms.messages.timeline(desk)]
    assert told == [f"answer {n}" for n in range(5)]
