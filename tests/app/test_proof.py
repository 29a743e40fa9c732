"""`bullpen memory verify` while a desk runs: the desk itself gives the proof, to its owner only."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from bullpen import remembered, runfile
from bullpen.pages.proof import Proof
from bullpen.runfile import HomeLock, RunningDesk
from bullpen.settings import Settings
from bullpen.wiring import build
from bullpen_memory.errors import OperatorError


async def test_a_running_desk_compares_its_own_index(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    here = Settings(home=tmp_path / "home", port=0)  # pyright: ignore[reportCallIssue]
    bullpen = await build(here)
    try:
        assert await asyncio.to_thread(remembered.verify, here, as_json=False) == 0
        assert "Records and index agree: " in capsys.readouterr().out
        assert await asyncio.to_thread(remembered.verify, here, as_json=True) == 0
        assert json.loads(capsys.readouterr().out)["missing"] == []
        desk = runfile.read(here.home)
        assert desk is not None
    finally:
        await bullpen.stop()
    lock = HomeLock(here.home)
    try:
        lock.publish(replace(desk, url="http://127.0.0.1:9"))
        with pytest.raises(OperatorError, match="did not answer"):
            remembered.verify(here, as_json=False)
    finally:
        lock.release()
    assert remembered.verify(here, as_json=True) == 0


def test_only_the_owner_is_answered_and_what_is_missing_is_told() -> None:
    client = TestClient(Starlette(routes=[Proof(lambda: None, lambda: "xoxp-1").mount()]))
    for headers in ({}, {"Authorization": "Bearer xoxp-2"}):
        refused = client.get("/desk/verify", headers=headers)
        assert (refused.status_code, "run file" in refused.json()["cause"]) == (403, True)
    waiting = client.get("/desk/verify", headers={"Authorization": "Bearer xoxp-1"})
    assert (waiting.status_code, waiting.json()["fact"]) == (503, "There is no index to compare.")


def test_a_desk_in_a_real_workspace_has_no_page_to_ask(tmp_path: Path) -> None:
    lock = HomeLock(tmp_path)
    try:
        lock.publish(RunningDesk(1, "", "", "U1"))
        with pytest.raises(OperatorError, match="already runs"):
            remembered.verify(Settings(home=tmp_path), as_json=False)  # pyright: ignore[reportCallIssue]
    finally:
        lock.release()
