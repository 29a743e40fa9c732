"""Events, buttons and commands over HTTP: Bolt's AsyncApp with a signing secret and no socket."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack

import pytest
from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from bullpen_workspace.actions import Person
from bullpen_workspace.config import AppSpec, Timing
from bullpen_workspace.server import Workspace
from bullpen_workspace.types import AppSettings, Command

QUICK = Timing(ack=0.4, retries=(0.0, 0.1, 0.2), trigger=30.0)
BUTTON = {
    "type": "actions",
    "elements": [
        {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}}
    ],
}


class Site:
    """A web server on a free port; whoever is `handler` answers /slack/events."""

    def __init__(self) -> None:
        self.handler: Callable | None = None
        self.requests: list[tuple[dict, str]] = []

    async def receive(self, request: web.Request) -> web.StreamResponse:
        text = await request.text()
        self.requests.append((dict(request.headers), text))
        if self.handler is None:
            return web.Response(status=503)
        return await self.handler(request)


@pytest.fixture
async def site() -> AsyncIterator[tuple[Site, str]]:
    async with AsyncExitStack() as stack:
        served = Site()
        application = web.Application()
        application.router.add_post("/slack/events", served.receive)
        runner = web.AppRunner(application)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        yield served, f"http://{host}:{port}/slack/events"


@pytest.fixture
async def workspace(start, site) -> Workspace:
    address = site[1]
    settings = AppSettings(request_url=address, interactivity_url=address, options_url=address)
    return await start(
        timing=QUICK, app=AppSpec(settings=settings, commands=(Command(name="/go"),))
    )


def post(workspace: Workspace, text: str) -> None:
    desk = workspace.rooms.channels.by_name("desk")
    assert desk is not None
    Person(workspace.office, workspace.credentials.person_id).post(desk.id, text)


def events(served: Site) -> list[tuple[dict, dict]]:
    """Headers and body of the events that came, without the challenges."""
    bodies = [(headers, json.loads(text)) for headers, text in served.requests]
    return [(headers, body) for headers, body in bodies if body["type"] == "event_callback"]


def answering(status: int, **headers: str) -> Callable:
    """Pass the challenge, then answer every event with `status`."""

    async def handler(request: web.Request) -> web.Response:
        body = await request.json()
        if body["type"] == "url_verification":
            return web.json_response({"challenge": body["challenge"]})
        return web.Response(status=status, headers=headers)

    return handler


async def test_bolt_in_http_mode(
    workspace: Workspace, person: Person, bot: AsyncWebClient, site, until, desk: str
) -> None:
    served = site[0]
    app = AsyncApp(client=bot, signing_secret=workspace.credentials.signing_secret)
    seen: list[str] = []

    @app.event("app_mention")
    async def _(event, say) -> None:
        seen.append(event["text"])
        await say("Hello over HTTP", blocks=[BUTTON])

    @app.event("message")
    async def _() -> None:
        return

    @app.action("go")
    async def _(ack, body, respond) -> None:
        await ack()
        seen.append(body["user"]["id"])
        await respond("Pressed")

    @app.command("/go")
    async def _(ack, command) -> None:
        await ack(f"Going {command['text']}")

    served.handler = app.server(port=0).handle_post_requests
    person.post(desk, f"<@{workspace.credentials.bot_user_id}> hello")
    await until(lambda: len(workspace.rooms.messages.timeline(desk)) == 2)
    said = workspace.rooms.messages.timeline(desk)[-1]
    assert said.text == "Hello over HTTP"
    person.apps.press(desk, said.ts, "go")
    await until(lambda: person.user in seen)
    await person.apps.slash(desk, "/go there")
    shown = workspace.rooms.messages.timeline(desk, viewer=person.user)
    assert "Going there" in [message.text for message in shown]


async def test_requests_are_signed(workspace: Workspace, site, until) -> None:
    served = site[0]
    served.handler = answering(200)
    post(workspace, "hello")
    await until(lambda: events(served))
    verifier = SignatureVerifier(workspace.credentials.signing_secret)
    assert len(served.requests) == 2
    for headers, text in served.requests:
        assert verifier.is_valid_request(text, headers)
        assert not verifier.is_valid_request(text + " ", headers)
    assert "X-Slack-Retry-Num" not in events(served)[0][0]


async def test_retries_say_their_number_and_reason(workspace: Workspace, site, until) -> None:
    served = site[0]
    served.handler = answering(500)
    post(workspace, "hello")
    await until(lambda: not workspace.rooms.deliveries.pending(workspace.credentials.app_id))
    told = [
        (headers.get("X-Slack-Retry-Num"), headers.get("X-Slack-Retry-Reason"))
        for headers, _ in events(served)
    ]
    assert told == [(None, None), *((str(n), "http_error") for n in (1, 2, 3))]
    assert len({body["event_id"] for _, body in events(served)}) == 1


async def test_an_app_may_refuse_retries(workspace: Workspace, site, until) -> None:
    served = site[0]
    served.handler = answering(500, **{"X-Slack-No-Retry": "1"})
    post(workspace, "hello")
    await until(lambda: events(served))
    await until(lambda: not workspace.rooms.deliveries.pending(workspace.credentials.app_id))
    assert len(events(served)) == 1


async def test_an_address_must_answer_the_challenge(workspace: Workspace, site, until) -> None:
    served = site[0]
    post(workspace, "hello")
    await until(lambda: served.requests)
    assert json.loads(served.requests[0][1])["type"] == "url_verification"
    assert events(served) == []
    served.handler = answering(200)
    await until(lambda: events(served))
    assert events(served)[0][1]["event"]["text"] == "hello"
