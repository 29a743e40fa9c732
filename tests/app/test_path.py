"""The whole way: a question in a channel, colleagues with tools, memory, and back. Keyless."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from bullpen import runfile
from bullpen.wiring import build
from bullpen_memory.errors import OperatorError
from real_desk import Someone, here, keyless, priority, words

__all__ = ["keyless"]


async def test_the_quant_prices_a_butterfly_with_receipts_and_a_chart(tmp_path: Path) -> None:
    bullpen = await build(here(tmp_path))
    try:
        ada = Someone(bullpen)
        thread = await ada.ask(
            "desk",
            "quant: what do I make on the SLV June 70-90-110 call butterfly bought at 2.50?",
        )
        answer = thread[-1]
        assert answer["username"] == "Quant"
        said = words(answer)
        for figure in ("20.00", "17.50", "72.50", "107.50", "7.0x", "8.0x"):
            assert figure in said, figure
        kinds = [block["type"] for block in answer["blocks"]]
        assert "image" in kinds
        notes = next(b for b in answer["blocks"] if b["type"] == "context")["elements"]
        assert re.search(r"r\d+ · strategy_payoff", notes[0]["text"])
        assert bullpen.receipts.by_run(answer["metadata"]["event_payload"]["run"])
        running = runfile.read(bullpen.settings.home)
        assert running is not None
        assert running.url == bullpen.url
        assert (bullpen.settings.home / "run.json").stat().st_mode & 0o777 == 0o600
        with pytest.raises(OperatorError, match="already runs"):
            await build(here(tmp_path))
    finally:
        await bullpen.stop()
    assert runfile.read(bullpen.settings.home) is None


async def test_colleagues_work_side_by_side_and_it_is_known_after_a_restart(
    tmp_path: Path,
) -> None:
    bullpen = await build(here(tmp_path))
    try:
        thread = await Someone(bullpen).ask(
            "desk",
            "compare the volatility of oil and the S&P 500 over the data you hold, chart it, "
            "and write up what we should remember",
        )
        speakers = {message["username"] for message in thread}
        assert {"Architect", "Quant", "Data Analyst"} <= speakers
        assert thread[-1]["username"] == "Architect"
        assert sum(priority(message) == "answer" for message in thread) == 1
        assert any(b["type"] == "image" for m in thread for b in m["blocks"])
        root = thread[0]["thread_ts"].replace(".", "")
    finally:
        await bullpen.stop()

    bullpen = await build(here(tmp_path))
    try:
        ada = Someone(bullpen)
        answer = (await ada.ask("research", "what do we know about oil volatility?"))[-1]
        assert f"/p{root}" in words(answer)
        assert "38.6" in words(answer)
        place = await ada.channel("desk")
        before = await ada.client.conversations_replies(channel=place, ts=thread[0]["thread_ts"])
        assert len(before["messages"]) == len(thread) + 1
    finally:
        await bullpen.stop()


async def test_bad_input_gets_a_sentence_where_the_person_looks(tmp_path: Path) -> None:
    bullpen = await build(here(tmp_path))
    try:
        ada = Someone(bullpen)
        empty = await ada.ask("desk", "")
        assert "without any text" in words(empty[-1])
        desk = await ada.channel("desk")
        sent = await ada.client.files_upload_v2(
            channel=desk,
            initial_comment=f"<@{ada.bot}> look at this",
            filename="tool.exe",
            content=b"MZ\0\0binary",
        )
        assert sent["ok"]
        found: list[dict[str, Any]] = []
        while not found:
            history = await ada.client.conversations_history(channel=desk)
            found = [m for m in history["messages"] if m.get("files") and m.get("reply_count")]
        said = "\n".join(words(m) for m in await ada.answers(desk, found[0]["ts"]))
        assert "“tool.exe”: it is a program" in said
        long = await ada.ask("desk", "quant: what is this? " + "word " * 7_500)
        assert words(long[-1])
        assert not list((bullpen.settings.home / "files").iterdir())
    finally:
        await bullpen.stop()
