"""SIGKILL in the middle of a run of the whole product: it finishes after the start, and says nothing twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from desk_process import DeskProcess, until

COMPARE = "@Bullpen compare the volatility of oil and the S&P 500 over the data you hold, chart it, and write up what we should remember"


@pytest.mark.parametrize("visible", [0, 1, 3])
def test_a_killed_run_finishes_and_says_nothing_twice(tmp_path: Path, visible: int) -> None:
    desk = DeskProcess(tmp_path / "home").start()
    try:
        ada = desk.person()
        ts = ada.say("desk", COMPARE)
        until(lambda: len(ada.replies("desk", ts)) >= visible, what=f"{visible} replies")
        desk.kill()
        desk.start()
        ada = desk.person()

        def closed() -> bool:
            said = ada.replies("desk", ts)
            return len(said) >= 5 and said[-1].get("username") == "Architect"

        until(closed, what="the architect to close after the kill")
        replies = ada.replies("desk", ts)
        keys = [m["metadata"]["event_payload"]["key"] for m in replies]
        assert len(keys) == len(set(keys))
        texts = [m["text"] for m in replies]
        assert len(texts) == len(set(texts))
    finally:
        desk.kill()
