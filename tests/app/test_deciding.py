"""The buttons of a record under the message that wrote it, in the real local workspace."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from tests.app.test_commands import modal

from bullpen.slack import record_cards
from bullpen.wiring import Bullpen, build
from bullpen_memory.policy import Policy, Rule
from bullpen_memory.records import Draft, Query, Record, Source
from bullpen_memory.reviewing import Review, Seen
from bullpen_orchestrator.written import as_written
from bullpen_workspace.controls import Controls
from real_desk import Someone, here, keyless

__all__ = ["keyless"]


async def until(true: Callable[[], Awaitable[Any]]) -> Any:
    """What it gives once it gives something: a busy machine loads the model meanwhile."""
    deadline = time.monotonic() + 60
    while not (found := await true()):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
    return found


class Card:
    """A record under the last answer of a thread, as a person sees and presses it."""

    def __init__(self, bullpen: Bullpen, channel: str, message: dict[str, Any]) -> None:
        assert bullpen.workspace is not None
        self.bullpen, self.channel, self.ts = bullpen, channel, message["ts"]
        self.hands = Controls(bullpen.workspace.office, bullpen.workspace.credentials.person_id)
        ids = [
            b["block_id"] for b in message["blocks"] if b.get("block_id", "").startswith("record:")
        ]
        self.id = ids[0].partition(":")[2]

    def blocks(self) -> list[Any]:
        assert self.bullpen.workspace is not None
        message = self.bullpen.workspace.office.rooms.messages.get(self.channel, self.ts)
        assert message is not None
        return list(message.blocks)

    def line(self) -> str:
        found = [b for b in self.blocks() if str(b.get("block_id", "")).startswith("record:")]
        return str(found[0]["elements"][0]["text"])

    def offers(self) -> list[str]:
        """The labels of the buttons and of the menu."""
        said: list[str] = []
        for block in self.blocks():
            if str(block.get("block_id", "")).startswith("decide:"):
                for element in block["elements"]:
                    options = element.get("options", [element])
                    said += [option["text"]["text"] for option in options]
        return said

    def press(self, label: str) -> None:
        """Press a button, or choose the entry of the menu, by what it is called."""
        for block in self.blocks():
            for element in block.get("elements", []) if block["type"] == "actions" else []:
                if element.get("text", {}).get("text") == label:
                    self.hands.press(self.channel, self.ts, element["action_id"], block_id=block["block_id"])  # fmt: skip
                    return
                for option in element.get("options", []):
                    if option["text"]["text"] == label:
                        self.hands.press(
                            self.channel, self.ts, element["action_id"], block_id=block["block_id"],
                            choice={"selected_option": option},
                        )  # fmt: skip
                        return
        raise AssertionError(f"no {label} among {self.offers()}")

    async def shows(self, part: str) -> str:
        deadline = time.monotonic() + 60
        while part not in self.line():
            assert time.monotonic() < deadline, f"{part!r} is not in {self.line()!r}"
            await asyncio.sleep(0.05)
        return self.line()

    async def fill(self, **fields: str) -> Any:
        """Send the form that opened."""
        view = await until(lambda: modal(self.bullpen))
        values = {name: {"value": {"value": text}} for name, text in fields.items()}
        return await self.hands.submit(view.id, values)

    async def told(self, part: str) -> None:
        """Wait until the person alone is told so."""
        assert self.bullpen.workspace is not None
        rooms = self.bullpen.workspace.office.rooms

        async def said() -> bool:
            found = rooms.messages.timeline(self.channel, viewer=self.hands.user)
            found += rooms.messages.thread(self.channel, self.thread(), viewer=self.hands.user)
            return any(part in m.text for m in found if m.visible_to)

        await until(said)

    def thread(self) -> str:
        assert self.bullpen.workspace is not None
        message = self.bullpen.workspace.office.rooms.messages.get(self.channel, self.ts)
        assert message is not None
        return message.thread_ts or self.ts

    def record(self, record_id: str = "") -> Record:
        found = self.bullpen.store.get(record_id or self.id)
        assert found is not None
        return found


@pytest.fixture
async def bullpen(tmp_path: Path) -> AsyncIterator[Bullpen]:
    running = await build(here(tmp_path))
    await asyncio.to_thread(running.store.find, Query(text="warm", scopes=frozenset({"workspace"})))
    # What is imported behind the start would keep a busy machine from answering a form in time.
    warming = [t for t in asyncio.all_tasks() if getattr(t.get_coro(), "__name__", "") == "warm_up"]
    await asyncio.gather(*warming)
    yield running
    await running.stop()


async def kept(bullpen: Bullpen, said: str) -> Card:
    ada = Someone(bullpen)
    answers = await ada.ask("desk", said)
    return Card(bullpen, await ada.channel("desk"), answers[-1])


async def test_a_record_is_decided_on_where_it_was_said(bullpen: Bullpen) -> None:
    card = await kept(bullpen, "remember that silver is cheap below 20 dollars")
    ada = card.hands.user
    assert card.line() == "*Note* · Silver is cheap below 20 dollars · _in force_"
    assert card.offers() == ["Edit", "Dispute", "Pin", "Retract", "Forget for good", "History and more", "Open in memory"]  # fmt: skip
    card.press("Pin")
    assert "pinned (pinned by Ada)" in await card.shows("pinned")
    card.press("Unpin")
    await card.shows("unpinned by Ada")
    card.press("Dispute")
    assert (await card.fill(reason="  ")).errors == {"reason": "Say why, for whoever reads it later."}  # fmt: skip
    await card.fill(reason="it was 18 for years")
    await card.shows("in force, disputed (disputed by Ada)")
    card.press("Settle: it holds")
    await card.shows("settled by Ada")
    card.press("Edit")
    await card.fill(text="Silver is cheap below 18 dollars", title=card.record().title)
    assert "Silver is cheap below 18 dollars" in await card.shows("corrected by Ada")
    now = card.record()
    assert (now.title, now.author, now.updated_by) == ("Silver is cheap below 18 dollars", ada, ada)
    card.press("Retract")
    await card.fill(reason="nobody knows")
    await card.shows("withdrawn by Ada")
    card.press("Restore")
    await card.shows("restored by Ada")
    card.press("Forget for good")
    await card.fill(reason="asked to")
    assert "Silver" not in await card.shows("erased for good")
    assert card.record().status == "forgotten"
    assert card.offers() == []
    by = {change.by for change in bullpen.store.changes(card.id)}
    assert by == {ada}


async def test_history_and_the_rarer_changes_have_a_form(bullpen: Bullpen) -> None:
    card = await kept(bullpen, "remember that tin is dear above 50000 dollars")
    double = await kept(bullpen, "remember that the price of tin is high")
    card.press("History and more")
    view = await until(lambda: modal(bullpen))
    assert "Ada wrote it" in json.dumps(view.body)
    await card.hands.submit(
        view.id,
        {"until": {"value": {"selected_date": "2027-01-31"}}, "records": {"value": {"value": double.id}},
         "scope": {"value": {"selected_option": None}}, "reason": {"value": {"value": "the same"}}},
    )  # fmt: skip
    await card.shows("merged by Ada")
    assert double.record().superseded_by == card.id
    assert f"{card.record().valid_to:%Y-%m}" == "2027-01"
    card.press("History and more")
    mine = f"person:{card.hands.user}"
    view = await until(lambda: modal(bullpen))
    await card.hands.submit(view.id, {"scope": {"value": {"selected_option": {"value": mine}}}})
    await card.shows("Tin is dear")

    async def moved() -> str:
        return card.record().superseded_by or ""

    assert card.record(await until(moved)).scope == mine


async def test_a_proposal_is_approved_under_its_message(bullpen: Bullpen) -> None:
    bullpen.store.policy = Policy((Rule(standing="proposed", why="All is reviewed."),))
    card = await kept(bullpen, "remember that gold is dear above 4000 dollars")
    assert "waits for somebody's approval" in card.line()
    assert card.offers()[:3] == ["Approve", "Edit", "Dispute"]
    card.press("Approve")
    await card.shows("in force (approved by Ada)")
    assert card.record().status == "active"
    other = await kept(bullpen, "remember that tin is dear above 50000 dollars")
    other.press("Edit")
    await other.fill(text="Tin is dear above 60000 dollars", title="")
    await other.shows("Tin is dear above 60000 dollars")
    after = other.record(other.record().superseded_by or "")
    assert (after.status, after.author) == ("active", other.hands.user)
    assert after.id in json.dumps(other.blocks())


async def test_who_comes_too_late_or_may_not_is_told(bullpen: Bullpen) -> None:
    card = await kept(bullpen, "remember that copper follows housing")
    bullpen.store.pin(card.id, by="U0OTHER")
    card.press("Pin")
    await card.told("somebody changed")
    await card.shows("pinned")
    assert "Unpin" in card.offers()
    now = card.record()
    moved = Review(bullpen.store).share(Seen(now.id, now.version), "person:U0OTHER", by="U0OTHER")
    assert moved.scope == "person:U0OTHER"
    with bullpen.store.writing() as db:
        db.execute("UPDATE version SET scope = 'person:U0OTHER' WHERE id = ?", (card.id,))
    card.press("Unpin")
    await card.told("is not visible to you here")
    assert card.record().pinned


async def test_what_somebody_asks_to_have_forgotten_has_its_buttons_below(bullpen: Bullpen) -> None:
    first = await kept(bullpen, "remember that lead is a poison of the tropics")
    again = await kept(bullpen, "forget that lead is a poison of the tropics")
    assert again.id == first.id
    assert "Forget for good" in again.offers()


async def test_two_cards_of_one_message_are_decided_on_at_once(bullpen: Bullpen) -> None:
    card = await kept(bullpen, "remember that zinc is dull below 2000 dollars")
    draft = Draft(
        kind="note", author="quant", text="Nickel is dull below 9000 dollars.",
        source=Source(kind="person", ref="quant"), scope="workspace",
    )  # fmt: skip
    other = bullpen.store.add(draft)
    blocks = [*card.blocks(), *record_cards.card(as_written(other))]
    await bullpen.connection.client.chat_update(
        channel=card.channel, ts=card.ts, text="two", blocks=blocks
    )
    done = ("pinned by Ada", "unpinned by Ada")
    for verb, said in (("pin", done[0]), ("unpin", done[1])) * 3:
        menus = [
            block for block in card.blocks() if block.get("block_id", "").startswith("decide:")
        ]
        for menu in menus:
            choice = next(o for o in menu["elements"][-1]["options"] if o["value"].startswith(f"{verb}:"))  # fmt: skip
            card.hands.press(
                card.channel, card.ts, record_cards.MORE, block_id=menu["block_id"],
                choice={"selected_option": choice},
            )  # fmt: skip

        async def both(said: str = said) -> bool:
            return json.dumps(card.blocks()).count(f"({said})") == 2

        await until(both)
