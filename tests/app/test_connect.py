"""The connection tells what is wrong before anything starts, and uses no proxy on loopback."""

from __future__ import annotations

from pathlib import Path

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bullpen.slack.connect import Connection
from bullpen.slack.scopes import missing
from bullpen_memory.errors import OperatorError
from bullpen_workspace.config import BOT_SCOPES, AppSpec, WorkspaceConfig
from bullpen_workspace.server import Workspace


async def test_a_wrong_bot_token_is_told(workspace: Workspace) -> None:
    with pytest.raises(OperatorError, match="SLACK_BOT_TOKEN") as told:
        await Connection.open(
            base_url=f"{workspace.url}/api/",
            bot_token="xoxb-wrong",
            app_token=workspace.credentials.app_token,
        )
    assert "invalid_auth" in told.value.cause
    assert "xoxb-wrong" not in str(told.value)


async def test_a_wrong_app_token_is_told_instead_of_retried_for_ever(workspace: Workspace) -> None:
    with pytest.raises(OperatorError, match="SLACK_APP_TOKEN"):
        await Connection.open(
            base_url=f"{workspace.url}/api/",
            bot_token=workspace.credentials.bot_token,
            app_token="xapp-wrong",
        )


async def test_a_missing_scope_is_told_with_what_it_is_for(tmp_path: Path) -> None:
    for lost, match in (("chat:write", "lacks a permission"), ("files:write", "")):
        scopes = tuple(scope for scope in BOT_SCOPES if scope != lost)
        made = Workspace(
            WorkspaceConfig(
                path=tmp_path / f"{lost}.db", files=tmp_path / "f", port=0,
                app=AppSpec(bot_scopes=scopes),
            )
        )  # fmt: skip
        await made.start()
        keys = made.credentials
        call = Connection.open(
            base_url=f"{made.url}/api/", bot_token=keys.bot_token, app_token=keys.app_token
        )
        try:
            if match:
                with pytest.raises(OperatorError, match=match) as told:
                    await call
                assert "chat:write (speaking)" in told.value.cause
                assert "Reinstall" in told.value.remedy
            else:
                opened = await call
                await opened.close()
                assert missing(opened.identity.scopes).other["files:write"] == "showing charts"
        finally:
            await made.stop()


async def test_no_server_is_told() -> None:
    with pytest.raises(OperatorError, match="does not answer"):
        await Connection.open(
            base_url="http://127.0.0.1:9/api/", bot_token="xoxb-1", app_token="xapp-1"
        )


async def test_a_proxy_of_the_environment_is_not_used_on_loopback(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    keys = workspace.credentials
    opened = await Connection.open(
        base_url=f"{workspace.url}/api/", bot_token=keys.bot_token, app_token=keys.app_token
    )
    heard: list[str] = []

    async def listener(event: dict[str, str], context: dict[str, AsyncWebClient]) -> None:
        answer = await context["client"].auth_test()
        heard.append(f"{event['text']} {answer['ok']}")

    opened.app.event("message")(listener)
    try:
        await opened.listen()
        assert await opened.connected()
        person = AsyncWebClient(
            keys.user_token, base_url=f"{workspace.url}/api/", session=opened.session
        )
        person.proxy = None
        channels = (await person.conversations_list())["channels"]
        desk = next(c["id"] for c in channels if c["name"] == "desk")
        await person.chat_postMessage(channel=desk, text="hello")
        await _until(lambda: heard)
    finally:
        await opened.close()
    assert heard == ["hello True"]


async def _until(true: object) -> None:
    import asyncio
    import time

    until = time.monotonic() + 5
    while not true():  # type: ignore[operator]
        assert time.monotonic() < until
        await asyncio.sleep(0.01)
