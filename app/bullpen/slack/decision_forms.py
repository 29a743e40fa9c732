"""The forms of a record's buttons: other words for it, or the reason for a dispute, a withdrawal, an erasure.

The rule it protects: what cannot be taken back says so before it is done, and nothing is withdrawn
without a reason for whoever reads it later. It changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from typing import Any

from bullpen_memory.records import Record

CALLBACK = "decision_form"
ASKING = frozenset({"edit", "dispute", "retract", "forget"})
LONGEST = 3_000
"""What Slack lets a text field hold."""
Json = dict[str, Any]

_TITLES = {"edit": "Edit a record", "dispute": "Dispute a record", "retract": "Withdraw a record", "forget": "Forget for good"}  # fmt: skip
_SUBMIT = {"edit": "Save", "dispute": "Dispute it", "retract": "Withdraw it", "forget": "Erase it"}
_ASKED = {
    "dispute": "What speaks against it?", "retract": "Why does it not hold?",
    "forget": "Why? The reason is kept.",
}  # fmt: skip
_SAYS = {
    "dispute": "It is still found, marked as disputed, until somebody settles, corrects or withdraws it.",
    "retract": "It is no longer found, keeps its history, and can be restored.",
    "forget": "Every version is erased from the memory, with the remembered messages and receipts that quote it. "
    "What it replaced in other words stays, on its own page. It cannot be undone. The conversation itself stays; the memory page can erase it there, too.",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Spot:
    """The record that somebody decides on, in the version they saw, and the message with its card."""

    record_id: str
    version: int
    channel: str
    thread_ts: str
    ts: str


def view(verb: str, record: Record, spot: Spot) -> Json:
    """The form for one verb of `ASKING`."""
    if verb == "edit":
        blocks = [_note(_editing(record)), _field("text", "What holds", record.text, multiline=True),
                  _field("title", "Headline", record.title, optional=True)]  # fmt: skip
    else:
        said = f"“{_short(record.title or record.text)}”\n{_SAYS[verb]}"
        blocks = [_note(said), _field("reason", _ASKED[verb], "", multiline=True)]
    return {
        "type": "modal", "callback_id": CALLBACK, "title": _plain(_TITLES[verb]),
        "submit": _plain(_SUBMIT[verb]), "close": _plain("Cancel"), "blocks": blocks,
        "private_metadata": json.dumps([verb, *astuple(spot)]),
    }  # fmt: skip


def more(record: Record, spot: Spot, blocks: list[Json]) -> Json:
    """The form with history and the rarer changes; its blocks are `more_form`'s."""
    until = f"{record.valid_to.astimezone():%Y-%m-%d}" if record.valid_to else ""
    return {
        "type": "modal", "callback_id": CALLBACK, "title": _plain("History and more"),
        "submit": _plain("Save"), "close": _plain("Close"),
        "blocks": [_note(f"“{_short(record.title or record.text)}”"), *blocks],
        "private_metadata": json.dumps([f"more {until}".strip(), *astuple(spot)]),
    }  # fmt: skip


def submitted(view: Mapping[str, Any]) -> tuple[str, Spot, dict[str, str]]:
    """The verb, what it is about, and what was written."""
    verb, record_id, version, channel, thread_ts, ts = json.loads(view["private_metadata"])
    values: Mapping[str, Any] = view["state"]["values"]
    given = {
        name: str(fields.get("value", {}).get("value") or "").strip()
        for name, fields in values.items()
    }
    return str(verb), Spot(record_id, int(version), channel, thread_ts, ts), given


def mistakes(verb: str, given: Mapping[str, str]) -> dict[str, str]:
    """What is missing, by field."""
    if verb == "edit":
        return {} if given.get("text") else {"text": "Write what holds."}
    if verb.startswith("more"):
        return {}
    return {} if given.get("reason") else {"reason": "Say why, for whoever reads it later."}


def _editing(record: Record) -> str:
    if record.status == "proposed":
        return "What you send holds at once, in your name; the proposal is kept as replaced."
    return (
        f"What you send becomes version {record.version + 1}, in your name; the one before is kept."
    )


def _field(block: str, label: str, value: str, *, multiline: bool = False, optional: bool = False) -> Json:  # fmt: skip
    element: Json = {"type": "plain_text_input", "action_id": "value", "multiline": multiline, "max_length": LONGEST}  # fmt: skip
    if value:
        element["initial_value"] = value[:LONGEST]
    return {"type": "input", "block_id": block, "optional": optional, "label": _plain(label), "element": element}  # fmt: skip


def _note(text: str) -> Json:
    return {"type": "context", "elements": [{"type": "plain_text", "text": text}]}


def _plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 200 else f"{flat[:199]}…"
