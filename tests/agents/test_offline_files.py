"""What the keyless colleagues do with the files that a person attaches."""

from __future__ import annotations

import asyncio
import hashlib

import pytest

from bullpen_memory.records import WORKSPACE
from bullpen_tools.context import LocalFile
from mini_desk import MiniDesk, desk, plain, seeded

__all__ = ["desk", "seeded"]


async def test_a_unit_that_is_said_is_imported(desk: MiniDesk) -> None:
    rows = "\n".join(f"2020-01-{day:02d},{day}" for day in range(1, 20))
    path = desk.home / "gold.csv"
    await asyncio.to_thread(path.write_text, f"date,close\n{rows}\n")
    desk.files = (
        LocalFile(name="gold.csv", path=path, mimetype="text/csv", sha256="a" * 64, size=9),
    )
    reply = await desk.turn("data_analyst", "answer", "import this, the unit is USD/oz")
    assert "states no unit" not in reply.text
    listed = {
        line.info.id: line.info.unit for line in desk.market.catalogue(frozenset({WORKSPACE}))
    }
    assert listed["gold_close"] == "usd/oz"


@pytest.mark.parametrize("words", ["remember this file", "Please keep this document in memory."])
async def test_a_document_is_kept_and_recalled(desk: MiniDesk, words: str) -> None:
    text = "# Cocoa\n\nThe Ghana crop fails when the Harmattan lasts into March.\n"
    path = desk.home / "cocoa.md"
    await asyncio.to_thread(path.write_text, text)
    digest = hashlib.sha256(text.encode()).hexdigest()
    desk.files = (
        LocalFile(
            name="cocoa.md", path=path, mimetype="text/markdown", sha256=digest, size=len(text)
        ),
    )
    reply = await desk.turn("data_analyst", "answer", words)
    assert "`cocoa.md`** is in memory" in reply.text
    desk.files = ()
    found = await desk.lead("what do we know about the Ghana crop?")
    assert "Harmattan lasts into March" in found.text
    assert "no file attached" in (await desk.turn("data_analyst", "answer", words)).text


async def test_a_file_is_imported_and_then_measured(desk: MiniDesk) -> None:
    rows = "\n".join(f"2024-{month:02d}-28,{100 + month}" for month in range(1, 13))
    good, bad = desk.home / "cocoa.csv", desk.home / "bad.csv"
    good.write_text(f"date,cocoa\n{rows}\n", encoding="utf-8")
    bad.write_text("nothing,here\nat,all\n", encoding="utf-8")
    for path in (good, bad):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        file = LocalFile(name=path.name, path=path, mimetype="text/csv", sha256=digest, size=9)
        desk.files = (file,)
        reply = await desk.ask("data_analyst", "what is the vol of this?")
        measured = "annualised volatility of" in reply.text
        assert measured is (path == good), reply.text
        assert "do not understand" not in reply.text


async def test_a_csv_is_imported_and_usable(desk: MiniDesk) -> None:
    rows = "\n".join(f"2024-{month:02d}-28,{100 + month}" for month in range(1, 13))
    path = desk.home / "cocoa.csv"
    path.write_text(f"date,cocoa\n{rows}\n", encoding="utf-8")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    size = path.stat().st_size
    file = LocalFile(name="cocoa.csv", path=path, mimetype="text/csv", sha256=digest, size=size)
    desk.files = (file,)
    reply = await desk.ask("data_analyst", "import this")
    assert "is in" in reply.text
    desk.files = ()
    text = plain(desk.read(await desk.ask("quant", "stats of cocoa")))
    assert "Cocoa at a glance" in text


async def test_a_missing_file_is_said(desk: MiniDesk) -> None:
    reply = await desk.ask("data_analyst", "import this csv file")
    assert "no file attached" in reply.text


async def test_a_file_is_shown_in_its_own_words(desk: MiniDesk) -> None:
    path = desk.home / "notes.md"
    path.write_text("# Silver\nBuy in May.\n", encoding="utf-8")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    desk.files = (
        LocalFile(name="notes.md", path=path, mimetype="text/markdown", sha256=digest, size=9),
    )
    reply = await desk.ask("developer", "what is in this file?")
    assert "Buy in May." in reply.text
    assert "language model" in reply.text
