"""OAuth v2: Bolt's own install flow, codes, uninstalling, and manifests."""

import json
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from slack_bolt.async_app import AsyncApp
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.errors import SlackApiError, SlackTokenRotationError
from slack_sdk.oauth.installation_store import FileInstallationStore, Installation
from slack_sdk.oauth.state_store import FileOAuthStateStore
from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator
from slack_sdk.web.async_client import AsyncWebClient

from bullpen_workspace.config import AppSpec
from bullpen_workspace.errors import WorkspaceError
from bullpen_workspace.manifest import read_manifest
from bullpen_workspace.server import Workspace
from bullpen_workspace.types import AppSettings

BACK = "http://127.0.0.1:9/slack/oauth_redirect"

OLD_BASIC_AUTH = pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")
"""slack_sdk's own use of aiohttp."""


@pytest.fixture
async def workspace(start) -> Workspace:
    return await start(app=AppSpec(settings=AppSettings(redirect_urls=(BACK,))))


async def allow(workspace: Workspace, session: aiohttp.ClientSession, **asked: str) -> str:
    """Click "Allow" as the person at the page would; where the browser is sent."""
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as browser:
        page = f"{workspace.url}/oauth/v2/authorize"
        async with browser.get(workspace.address()) as response:
            assert response.status == 200
        async with browser.get(page, params=asked) as response:
            assert response.status == 200, await response.text()
        headers = {"Origin": workspace.url}
        async with browser.post(page, data=asked, headers=headers) as response:
            assert response.status == 200
            return response.headers["Refresh"].removeprefix("0;url=")


@OLD_BASIC_AUTH
async def test_bolts_oauth_flow_installs_the_app(
    workspace: Workspace, session, bot: AsyncWebClient, tmp_path
) -> None:
    keys = workspace.credentials
    store = FileInstallationStore(base_dir=str(tmp_path), client_id=keys.client_id)
    app = AsyncApp(
        signing_secret=keys.signing_secret,
        client=AsyncWebClient(base_url=f"{workspace.url}/api/", session=session),
        installation_store=store,
        oauth_settings=AsyncOAuthSettings(
            client_id=keys.client_id,
            client_secret=keys.client_secret,
            scopes=["chat:write", "channels:read"],
            user_scopes=["search:read"],
            redirect_uri=BACK,
            authorization_url=f"{workspace.url}/oauth/v2/authorize",
            installation_store=store,
            state_store=FileOAuthStateStore(expiration_seconds=60, base_dir=str(tmp_path)),
            install_page_rendering_enabled=False,
        ),
    )
    flow = app.oauth_flow
    assert flow is not None
    begun = await flow.handle_installation(AsyncBoltRequest(body="", mode="http"))
    asked = parse_qs(urlsplit(begun.headers["location"][0]).query)
    back = await allow(workspace, session, **{name: found[0] for name, found in asked.items()})
    assert back.startswith(BACK)
    cookie = begun.headers["set-cookie"][0].split(";")[0]
    ended = await flow.handle_callback(
        AsyncBoltRequest(
            body="", query=urlsplit(back).query, headers={"cookie": cookie}, mode="http"
        )
    )
    assert ended.status == 200, ended.body
    made = await store.async_find_installation(enterprise_id=None, team_id=keys.team_id)
    assert made is not None
    assert (made.app_id, made.bot_user_id) == (keys.app_id, keys.bot_user_id)
    assert made.bot_scopes == ["chat:write", "channels:read"]
    assert (made.user_id, made.user_scopes) == (keys.person_id, ["search:read"])
    told = await bot.auth_test(token=made.bot_token)
    assert told["user_id"] == keys.bot_user_id
    assert told.headers["x-oauth-scopes"] == "chat:write,channels:read"


@OLD_BASIC_AUTH
async def test_codes_are_for_one_app_and_one_use(
    workspace: Workspace, session, bot: AsyncWebClient
) -> None:
    keys = workspace.credentials
    back = await allow(
        workspace, session, client_id=keys.client_id, scope="chat:write", redirect_uri=BACK
    )
    code = parse_qs(urlsplit(back).query)["code"][0]

    async def access(**changes: str) -> str:
        given = {"client_id": keys.client_id, "client_secret": keys.client_secret, "code": code}
        try:
            answer = await bot.oauth_v2_access(**{**given, **changes})
        except SlackApiError as error:
            return error.response["error"]
        return answer["token_type"]

    assert await access(client_id="1.2") == "invalid_client_id"
    assert await access(client_secret="guess") == "bad_client_secret"
    assert await access(code="guess") == "invalid_code"
    assert await access(redirect_uri=BACK) == "bot"
    assert await access() == "invalid_code"


@OLD_BASIC_AUTH
async def test_tokens_that_expire_are_rotated(start, session) -> None:
    now = [1_800_000_000.0]
    settings = AppSettings(redirect_urls=(BACK,), rotation=True)
    workspace = await start(app=AppSpec(settings=settings))
    keys, url = workspace.credentials, f"{workspace.url}/api/"
    scopes = {"scope": "chat:write,channels:read", "user_scope": "search:read"}
    back = await allow(workspace, session, client_id=keys.client_id, redirect_uri=BACK, **scopes)
    code = parse_qs(urlsplit(back).query)["code"][0]
    client = AsyncWebClient(base_url=url, session=session)
    given = await client.oauth_v2_access(
        client_id=keys.client_id, client_secret=keys.client_secret, code=code, redirect_uri=BACK
    )
    assert given["expires_in"] == 43_200
    assert given["access_token"].startswith("xoxe.xoxb-1-")
    assert given["authed_user"]["access_token"].startswith("xoxe.xoxp-1-")
    old = given["access_token"]
    installed = Installation(
        user_id=given["authed_user"]["id"],
        bot_token=old,
        bot_refresh_token=given["refresh_token"],
        bot_token_expires_in=given["expires_in"],
        user_token=given["authed_user"]["access_token"],
        user_refresh_token=given["authed_user"]["refresh_token"],
        user_token_expires_in=given["authed_user"]["expires_in"],
    )
    rotator = AsyncTokenRotator(
        client_id=keys.client_id, client_secret=keys.client_secret, client=client
    )
    soon = {"installation": installed, "minutes_before_expiration": 24 * 60}
    fresh = await rotator.perform_token_rotation(**soon)
    assert fresh is not None
    assert len({old, fresh.bot_token, fresh.user_token, installed.user_token}) == 4
    for token in (old, fresh.bot_token, fresh.user_token):
        assert (await client.auth_test(token=token))["ok"]
    # A refresh token is worth one token, and not for another app's secret.
    with pytest.raises(SlackTokenRotationError):
        await rotator.perform_token_rotation(**soon)
    now[0] = workspace.office.now() + 43_201
    workspace.rooms.clock = lambda: now[0]
    with pytest.raises(SlackApiError) as caught:
        await client.auth_test(token=fresh.bot_token)
    assert caught.value.response["error"] == "token_expired"
    assert (await client.auth_test(token=keys.bot_token))["ok"]


async def test_a_verifier_stands_in_for_the_secret(workspace: Workspace, session) -> None:
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"  # RFC 7636, appendix B
    asked = {
        "client_id": workspace.credentials.client_id,
        "redirect_uri": BACK,
        "user_scope": "search:read",
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256",
    }
    client = AsyncWebClient(base_url=f"{workspace.url}/api/", session=session)

    async def access(**sent: str) -> dict:
        back = await allow(workspace, session, **asked)
        code = parse_qs(urlsplit(back).query)["code"][0]
        held = {"client_id": asked["client_id"], "code": code, "redirect_uri": BACK}
        answer = await client.api_call("oauth.v2.access", data={**held, **sent})
        return answer.data

    with pytest.raises(SlackApiError) as caught:
        await access(code_verifier="guess")
    assert caught.value.response["error"] == "invalid_code_verifier"
    with pytest.raises(SlackApiError) as caught:
        await access()
    assert caught.value.response["error"] == "bad_client_secret"
    secret = workspace.credentials.client_secret
    with pytest.raises(SlackApiError) as caught:
        await access(client_secret=secret)
    assert caught.value.response["error"] == "invalid_code_verifier"
    given = await access(code_verifier=verifier)
    assert given["authed_user"]["token_type"] == "user"


async def test_only_the_persons_click_makes_a_code(workspace: Workspace) -> None:
    asked = {"client_id": workspace.credentials.client_id, "redirect_uri": BACK}
    page = f"{workspace.url}/oauth/v2/authorize"
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as browser:
        async with browser.post(page, data=asked, headers={"Origin": workspace.url}) as response:
            assert response.status == 403
        async with browser.get(workspace.address()) as response:
            assert response.status == 200
        async with browser.get(page, params=asked) as response:
            assert response.status == 200
        async with browser.post(page, data=asked, headers={"Origin": "http://x.test"}) as response:
            assert response.status == 403
        for back in (
            "https://evil.test/",
            f"{BACK.replace('127.0.0.1', '127.0.0.1.evil.test')}",
            "javascript://127.0.0.1:9/slack/oauth_redirect",
        ):
            async with browser.get(page, params={**asked, "redirect_uri": back}) as response:
                assert response.status == 400
        async with browser.get(page, params={"client_id": "1.2"}) as response:
            assert response.status == 400


async def test_uninstalled_app_is_told_and_gone(
    workspace: Workspace, bot: AsyncWebClient, connect, until
) -> None:
    told: list[dict] = []

    def listen(app: AsyncApp) -> None:
        @app.event("tokens_revoked")
        async def _(event) -> None:
            told.append(event)

        @app.event("app_uninstalled")
        async def _(event) -> None:
            told.append(event)

    await connect(workspace, listen)
    await bot.auth_test()
    keys = workspace.credentials
    with pytest.raises(SlackApiError) as caught:
        await bot.apps_uninstall(client_id=keys.client_id, client_secret="guess")
    assert caught.value.response["error"] == "bad_client_secret"
    await bot.apps_uninstall(client_id=keys.client_id, client_secret=keys.client_secret)
    with pytest.raises(SlackApiError) as caught:
        await bot.auth_test()
    assert caught.value.response["error"] == "invalid_auth"
    assert not workspace.rooms.channels.of(keys.bot_user_id)
    pending = workspace.rooms.deliveries.pending(keys.app_id)
    sent = {delivery.payload["event"]["type"] for delivery in pending} | {
        event["type"] for event in told
    }
    assert sent >= {"tokens_revoked", "app_uninstalled"}


async def test_an_installed_app_is_exported_as_a_manifest(
    bot: AsyncWebClient, workspace: Workspace
) -> None:
    exported = await bot.apps_manifest_export(app_id=workspace.credentials.app_id)
    manifest = exported["manifest"]
    assert "chat:write" in manifest["oauth_config"]["scopes"]["bot"]
    assert manifest["settings"]["socket_mode_enabled"] is True
    assert read_manifest(manifest).name == manifest["display_information"]["name"]
    with pytest.raises(SlackApiError) as caught:
        await bot.apps_manifest_export(app_id="A0NOBODY")
    assert caught.value.response["error"] == "app_not_found"


async def test_manifest_problems_are_named(bot: AsyncWebClient) -> None:
    good = {
        "display_information": {"name": "Weather"},
        "features": {
            "bot_user": {"display_name": "weather"},
            "slash_commands": [{"command": "/rain", "usage_hint": "where", "description": "d"}],
            "shortcuts": [{"name": "Ask", "type": "message", "callback_id": "ask"}],
        },
        "oauth_config": {"scopes": {"bot": ["chat:write", "commands"]}},
        "settings": {
            "event_subscriptions": {"bot_events": ["message.channels"]},
            "socket_mode_enabled": True,
        },
    }
    assert (await bot.apps_manifest_validate(manifest=json.dumps(good)))["ok"]
    spec = read_manifest(good)
    assert (spec.name, spec.display_name) == ("Weather", "weather")
    assert spec.commands[0].name == "/rain"
    assert (spec.shortcuts[0].label, spec.shortcuts[0].kind) == ("Ask", "message")
    assert spec.bot_scopes == ("chat:write", "commands")
    assert spec.settings.events == ("message.channels",)
    far = {"event_subscriptions": {"request_url": "https://example.com/slack", "bot_events": []}}
    bad = {
        "display_information": {"name": "x" * 36},
        "features": {"slash_commands": [{"command": "rain"}]},
        "settings": far,
    }
    with pytest.raises(SlackApiError) as caught:
        await bot.apps_manifest_validate(manifest=json.dumps(bad))
    assert caught.value.response["error"] == "invalid_manifest"
    assert [problem["pointer"] for problem in caught.value.response["errors"]] == [
        "/display_information/name",
        "/features/slash_commands/0/command",
        "/settings/event_subscriptions/request_url",
    ]
    with pytest.raises(WorkspaceError, match="must begin with /"):
        read_manifest(bad)
