"""“Remember this” on a message, and a proposal edited in the app's home, in the local workspace."""

from __future__ import annotations

import json
from typing import Any

from tests.app.test_commands import modal, until

from bullpen.slack.manifest import REMEMBER_SHORTCUT
from bullpen.wiring import Bullpen
from bullpen_memory.records import Draft, Query, Source, channel_scope
from bullpen_workspace.controls import Controls
from real_desk import Someone, bullpen, hands, keyless

__all__ = ["bullpen", "hands", "keyless"]


def fields(text: str, title: str = "", kind: str = "Fact") -> dict[str, Any]:
    return {
        "text": {"value": {"value": text}}, "title": {"value": {"value": title}},
        "kind": {"value": {"selected_option": {"value": kind}}},
    }  # fmt: skip


async def test_a_message_is_remembered_by_the_person_who_says_so(
    bullpen: Bullpen, hands: Controls
) -> None:
    ada = Someone(bullpen)
    assert bullpen.workspace is not None
    app = bullpen.workspace.credentials.app_id
    private = (await ada.client.conversations_create(name="quiet", is_private=True))["channel"][
        "id"
    ]
    await ada.client.conversations_invite(channel=private, users=bullpen.workspace.credentials.bot_user_id)  # fmt: skip
    for place, scope in (
        (await ada.channel("desk"), "workspace"),
        (private, channel_scope(private)),
    ):
        text = f"Silver closed at 31.40 ({scope})."
        ts = (await ada.client.chat_postMessage(channel=place, text=text))["ts"]
        hands.message_shortcut(app, REMEMBER_SHORTCUT, place, ts)
        view = await until(lambda text=text: shown(bullpen, text))
        assert text in json.dumps(view.body)
        assert (await hands.submit(view.id, fields("  "))).errors == {"text": "Write what to remember."}  # fmt: skip
        assert not (await hands.submit(view.id, fields(text, "Silver"))).open

        async def kept(scope: str = scope) -> Any:
            query = Query(
                text="silver closed", scopes=frozenset({scope}), kinds=frozenset({"fact"})
            )
            return bullpen.store.find(query).hits

        [hit] = await until(kept)
        record = hit.record
        assert (record.author, record.speaker, record.title) == (hands.user, "Ada", "Silver")
        assert (record.status, record.scope) == ("active", scope)
        assert record.source.permalink.endswith(f"/archives/{place}/p{ts.replace('.', '')}")


async def shown(bullpen: Bullpen, part: str) -> Any:
    view = await modal(bullpen)
    return view if view and part in json.dumps(view.body) else None


async def test_a_proposal_is_edited_in_the_home(bullpen: Bullpen, hands: Controls) -> None:
    assert bullpen.workspace is not None
    app, rooms = bullpen.workspace.credentials.app_id, bullpen.workspace.office.rooms
    record = bullpen.store.add(
        Draft(kind="decision", text="Sell gold.", author="quant", status="proposed", title="Gold",
              source=Source(kind="person", ref="p"), scope="workspace")
    )  # fmt: skip
    hands.open_home(app)

    async def home_with(part: str) -> Any:
        view = rooms.surfaces.home(hands.user, app)
        return view if view and part in json.dumps(view.body, ensure_ascii=False) else None

    view = await until(lambda: home_with("Sell gold."))
    assert "decision by Quant" in json.dumps(view.body)
    block = next(b for b in view.body["blocks"] for e in b.get("elements", []) if e.get("action_id") == "home_edit")  # fmt: skip
    hands.press_in_view(view.id, "home_edit", block_id=block["block_id"])
    form = await until(lambda: shown(bullpen, "Sell gold."))
    assert not (await hands.submit(form.id, fields("Sell half the gold.", "Gold"))).open
    await until(lambda: home_with("holds in your words"))
    old = bullpen.store.get(record.id)
    assert old is not None
    assert old.status == "superseded"
    new = bullpen.store.get(old.superseded_by or "")
    assert new is not None
    assert (new.text, new.author, new.status) == ("Sell half the gold.", hands.user, "active")
