"""A document that a person drops into a thread is in memory before the answer, in its own scope."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from bullpen_agents.model import Image
from bullpen_agents.scripted import ScriptedModel
from bullpen_memory.records import WORKSPACE, Query, channel_scope
from bullpen_tools.context import LocalFile
from real_parts import FakeChat, OpenDesk, said


def dropped(folder: Path, name: str, data: bytes) -> LocalFile:
    path = folder / name
    path.write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    return LocalFile(
        name=name, path=path, mimetype="text/plain", sha256=digest, size=len(data), permalink="p"
    )


NOTE = b"# Vaults\n\nThe London vaults hold 830 million ounces of silver.\n"


async def test_it_is_found_in_the_answer_and_kept_once(open_desk: OpenDesk, tmp_path: Path) -> None:
    model = ScriptedModel(["Read.", "Read again."])
    desk = await open_desk(FakeChat(), model)
    file = dropped(tmp_path, "vaults.md", NOTE)
    await desk.receive(said("quant: what of the London vaults?", ts="1.0", files=(file,)))
    await desk.idle(10)
    assert "830 million ounces" in str(model.requests[0].messages)
    await desk.receive(said("quant: and the London vaults?", ts="2.0", files=(file,)))
    await desk.idle(10)
    store = desk.parts.store
    found = store.find(Query(text="London vaults", scopes=frozenset({WORKSPACE})))
    (passage,) = [hit.record for hit in found.hits if hit.record.kind == "passage"]
    assert (passage.source.kind, passage.source.permalink) == ("file", "p")
    assert passage.source.locator == "lines 3–3"
    assert store.count(None)["document"] == 1


async def test_in_a_private_channel_it_stays_there(open_desk: OpenDesk, tmp_path: Path) -> None:
    desk = await open_desk(FakeChat(), ScriptedModel(["Read."]))
    file = dropped(tmp_path, "vaults.md", NOTE)
    await desk.receive(said("quant: read it", audience="private", files=(file,)))
    await desk.idle(10)
    store = desk.parts.store
    seen = {record.scope for record in store.members(f"file:{file.sha256}", channel_scope("C1"))}
    assert seen == {channel_scope("C1")}
    assert not store.find(Query(text="London vaults", scopes=frozenset({WORKSPACE}))).hits


async def test_one_that_cannot_be_read_is_said(open_desk: OpenDesk, tmp_path: Path) -> None:
    chat = FakeChat()
    desk = await open_desk(chat, ScriptedModel(["I looked."]))
    await desk.receive(said("quant: look", files=(dropped(tmp_path, "a.pdf", b"%PDF-1.7 x"),)))
    await desk.idle(10)
    assert "“a.pdf” was not stored. The PDF is damaged" in chat.posts[0].text
    assert chat.posts[1].text == "I looked."


async def test_a_picture_is_shown_to_the_model_and_is_no_document(
    open_desk: OpenDesk, tmp_path: Path
) -> None:
    chat, model = FakeChat(), ScriptedModel(["It falls."])
    desk = await open_desk(chat, model)
    file = replace(dropped(tmp_path, "chart.png", b"\x89PNG pixels"), mimetype="image/png")
    await desk.receive(said("quant: what does it show?", files=(file,)))
    await desk.idle(10)
    shown = model.requests[0].messages[0].content[0]
    assert isinstance(shown, Image)
    assert (shown.name, shown.mimetype, shown.path) == ("chart.png", "image/png", file.path)
    assert [post.text for post in chat.posts] == ["It falls."]
    assert desk.parts.store.count(None).get("document", 0) == 0
