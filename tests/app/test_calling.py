"""“Open an idea from this” on a message, and “Run it again” at a receipt, in the local workspace."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
from tests.app.test_commands import modal, until

from bullpen.slack import calling
from bullpen.slack.manifest import IDEA_SHORTCUT
from bullpen.wiring import Bullpen
from bullpen_memory.ideas import Ideas
from bullpen_workspace.controls import Controls
from real_desk import Someone, bullpen, hands, keyless

__all__ = ["bullpen", "hands", "keyless"]


def filled(**given: str) -> dict[str, Any]:
    """The state of the form: `given` over what is left as it is."""
    text = {"thesis": "", "instrument": "", "size": "", "take_profit": "", "stop_loss": "",
            "probability": "", "base_rate": ""}  # fmt: skip
    days = {"horizon": "", "as_of": ""}
    state: dict[str, Any] = {
        "side": {"value": {"selected_option": {"value": given.pop("side", "long")}}},
        "hold": {"value": {"selected_options": [{"value": "hold"}] if given.pop("hold", "") else []}},
    }  # fmt: skip
    for name in text:
        state[name] = {"value": {"value": given.get(name) or None}}
    for name in days:
        state[name] = {"value": {"selected_date": given.get(name) or None}}
    return state


async def aside(bullpen: Bullpen, place: str, thread: str, words: str) -> str:
    """What the person alone was told that holds `words`."""
    assert bullpen.workspace is not None
    me = bullpen.workspace.credentials.person_id
    found = bullpen.workspace.office.rooms.messages.thread(place, thread, viewer=me)
    return next((m.text for m in found if m.visible_to == me and words in m.text), "")


async def test_a_message_becomes_an_idea_and_a_wrong_form_comes_back(
    bullpen: Bullpen, hands: Controls
) -> None:
    ada = Someone(bullpen)
    assert bullpen.workspace is not None
    app, place = bullpen.workspace.credentials.app_id, await ada.channel("desk")
    said = "Oil looks cheap after the slide, supply is being cut."
    ts = (await ada.client.chat_postMessage(channel=place, text=said))["ts"]
    hands.message_shortcut(app, IDEA_SHORTCUT, place, ts)
    view = await until(lambda: modal(bullpen))
    assert (view.body["callback_id"], view.body["blocks"][0]["element"]["initial_value"]) == (
        calling.FORM, said,
    )  # fmt: skip
    empty = (await hands.submit(view.id, filled())).errors
    assert {*empty} == {"thesis", "instrument", "size", "horizon", "probability", "take_profit"}
    terms = {
        "thesis": said, "instrument": "oil (<!here>)", "size": "2", "probability": "60", "take_profit": "60",
        "horizon": "2019-03-29", "as_of": "2018-12-28",
    }  # fmt: skip
    for wrong, block, words in (
        ({"probability": "160"}, "probability", "between 0 and 100"),
        ({"size": "much"}, "size", "Write a number"),
        ({"horizon": "2018-01-02"}, "horizon", "choose a later day"),
        ({"take_profit": "10"}, "take_profit", "wrong side"),
        ({"as_of": "", "horizon": "2199-01-04"}, "instrument", "nobody can enter at a price that old"),
        ({"instrument": "unobtainium"}, "instrument", "unobtainium"),
    ):  # fmt: skip
        errors = (await hands.submit(view.id, filled(**{**terms, **wrong}))).errors
        if not errors:
            # Slack waits three seconds for a form; what takes longer is told to its author alone.
            errors = {block: await until(lambda words=words: aside(bullpen, place, ts, words))}
            hands.message_shortcut(app, IDEA_SHORTCUT, place, ts)
            view = await until(lambda: modal(bullpen))
        assert [*errors] == [block], (wrong, errors)
        assert words in errors[block]
    assert not (await hands.submit(view.id, filled(**terms))).open

    async def told() -> Any:
        page = await ada.client.conversations_replies(channel=place, ts=ts)
        return [m for m in page["messages"][1:] if "opened an idea" in m["text"]]

    [message] = await until(told)
    assert "*Ada opened an idea from this.* Idea i1 is open and locked: long oil" in message["text"]
    # What somebody typed calls nobody.
    assert "long oil (&lt;!here&gt;)" in message["text"]
    assert "Take profit: $60" in message["text"]
    [idea] = Ideas(bullpen.store).listed(frozenset({"workspace"}))
    assert (idea.terms.author, idea.terms.take_profit, idea.terms.backdated) == (hands.user, 60.0, True)  # fmt: skip
    record = bullpen.store.get(idea.terms.record_id)
    assert record is not None
    assert (record.text, record.speaker) == (said, "Ada")
    assert record.source.permalink.endswith(f"/archives/{place}/p{ts.replace('.', '')}")
    hands.open_home(app)

    async def home() -> Any:
        view = bullpen.workspace.rooms.surfaces.home(hands.user, app) if bullpen.workspace else None
        return view and "Open ideas" in json.dumps(view.body) and json.dumps(view.body)

    shown = await until(home)
    assert "*i1* long oil (&lt;!here&gt;) at" in shown
    assert f"by <@{hands.user}>" in shown


async def test_a_receipt_is_run_again_in_slack_and_on_its_page(
    bullpen: Bullpen, hands: Controls
) -> None:
    ada = Someone(bullpen)
    assert bullpen.workspace is not None
    answer = (await ada.ask("desk", "quant: how volatile is oil since 2000?"))[-1]
    place = await ada.channel("desk")
    block = next(b for b in answer["blocks"] if b["type"] == "actions")
    hands.press(
        place, answer["ts"], block["elements"][0]["action_id"], block_id=block.get("block_id", "")
    )
    view = await until(lambda: modal(bullpen))
    button = next(e for b in view.body["blocks"] if b["type"] == "actions" for e in b["elements"])
    assert button["text"]["text"] == "Run it again"
    receipt = button["value"]
    hands.press_in_view(view.id, button["action_id"])

    async def again() -> Any:
        body = json.dumps((await modal(bullpen)).body)
        return "gives the same figures again." in body and body

    assert f"{receipt} (" in await until(again)
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as browser:
        await browser.get(bullpen.address)
        page = f"{bullpen.url}/receipts/{receipt}"
        async with browser.get(page) as response:
            assert "Run it again" in await response.text()
        async with browser.post(
            f"{page}/replay", headers={"origin": "http://elsewhere"}
        ) as response:
            assert response.status == 403
        async with browser.post(f"{page}/replay", headers={"origin": bullpen.url}) as response:
            assert f"{receipt} (" in (text := await response.text())
            assert "gives the same figures again." in text
