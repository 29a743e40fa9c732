"""A PDF and a workbook that a person attaches: asked about, charted, and still there in the thread."""

from __future__ import annotations

import asyncio
import io
import time
from pathlib import Path
from typing import Any

from bullpen.wiring import build
from real_desk import Someone, here, keyless, priority, words

__all__ = ["keyless"]


def paper() -> bytes:
    """Two pages of text as a PDF."""
    from matplotlib.backends.backend_pdf import PdfPages
    from matplotlib.figure import Figure

    out = io.BytesIO()
    with PdfPages(out) as pages:
        for text in (
            "Copper outlook\n\nThe smelters in Chile run at half of their capacity this year.",
            "Cocoa outlook\n\nThe harmattan has hurt the main crop in Ghana, and grindings fall.",
        ):
            figure = Figure(figsize=(8, 4))
            figure.text(0.05, 0.5, text, fontsize=11)
            pages.savefig(figure)
    return out.getvalue()


def workbook() -> bytes:
    """A sheet with a date and two columns of numbers."""
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Date", "Copper (USD/t)", "Stocks"])
    for month in range(1, 13):
        sheet.append([f"2025-{month:02d}-28", 9000 + 50 * month, 200 - month])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


async def send(ada: Someone, name: str, content: bytes, text: str, thread: str = "") -> Any:
    """Attach a file with a question; the last answer in its thread, and the thread's ts."""
    place = await ada.channel("desk")
    await ada.client.files_upload_v2(
        channel=place, initial_comment=f"<@{ada.bot}> {text}", filename=name, content=content,
        thread_ts=thread or None,
    )  # fmt: skip
    deadline = time.monotonic() + 30
    while True:
        assert time.monotonic() < deadline
        page = await ada.client.conversations_history(channel=place, limit=5)
        found = [m for m in page["messages"] if any(f["name"] == name for f in m.get("files", []))]
        if found and found[0].get("reply_count"):
            return found[0]["ts"], (await ada.answers(place, found[0]["ts"]))
        await asyncio.sleep(0.1)


async def reply(ada: Someone, ts: str, text: str) -> dict[str, Any]:
    place = await ada.channel("desk")
    sent = await ada.client.chat_postMessage(channel=place, thread_ts=ts, text=text)
    deadline = time.monotonic() + 30
    while True:
        assert time.monotonic() < deadline
        await bullpen_idle(ada)
        page = await ada.client.conversations_replies(
            channel=place, ts=ts, include_all_metadata=True, limit=200
        )
        later = [m for m in page["messages"] if m["ts"] > sent["ts"] and priority(m) == "answer"]
        if later:
            return later[-1]
        await asyncio.sleep(0.1)


async def bullpen_idle(ada: Someone) -> None:
    await ada.bullpen.desk.idle(60)


async def test_a_pdf_and_a_workbook_are_worked_with(tmp_path: Path) -> None:
    bullpen = await build(here(tmp_path))
    try:
        ada = Someone(bullpen)
        ts, thread = await send(
            ada, "outlook.pdf", paper(), "what does it say about copper smelters?"
        )
        said = words(thread[-1])
        assert "half of their capacity" in said
        assert "harmattan" not in said
        assert "page 1" in said.casefold()
        later = words(await reply(ada, ts, "what does the pdf say about cocoa?"))
        assert "harmattan" in later
        none = words(await reply(ada, ts, "does it mention nickel?"))
        assert "says nothing about nickel" in none
        _, thread = await send(ada, "metals.xlsx", workbook(), "chart column copper")
        assert any(b["type"] == "image" for b in thread[-1]["blocks"]), words(thread[-1])
        assert "is now in the market" in words(thread[-1])
        assert "stocks" not in words(thread[-1]).casefold()
    finally:
        await bullpen.stop()
