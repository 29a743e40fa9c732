"""“History and more” of a record: who did what, until when it is true, who sees it, what says the same.

The rule it protects: a person chooses only among the places that they may see, and what was left as it
was changes nothing. It draws and reads the form; `deciding.py` acts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bullpen_memory.records import Change, Record

STEPS = 12
"""Entries of the history that a form shows; the memory page has all."""
Json = dict[str, Any]


def blocks(record: Record, history: Sequence[str], places: Sequence[tuple[str, str]]) -> list[Json]:
    """The history as lines, and a field for each change; `places` are scopes with their names."""
    left = len(history) - STEPS
    lines = [*history[-STEPS:][::-1], *([f"and {left} earlier"] if left > 0 else [])]
    made: list[Json] = [
        {"type": "section", "text": {"type": "mrkdwn", "text": f"*What became of it*\n{_cut(lines)}"}},
        _input("until", "True until (last day)", {"type": "datepicker", "action_id": "value"} | (
            {"initial_date": f"{record.valid_to.astimezone():%Y-%m-%d}"} if record.valid_to else {}
        )),
    ]  # fmt: skip
    others = [(scope, name) for scope, name in places if scope != record.scope]
    if others:
        options = [{"text": _plain(name), "value": scope} for scope, name in others]
        element: Json = {"type": "static_select", "action_id": "value", "options": options, "placeholder": _plain("As it is")}  # fmt: skip
        made.append(_input("scope", "Visible to", element, hint="What it says moves there; its sources and history stay."))  # fmt: skip
    ids: Json = {"type": "plain_text_input", "action_id": "value"}
    hint = (
        "Ids of records, with commas: they step aside for this one, which takes over their sources."
    )
    made.append(_input("records", "Says the same as", ids, hint=hint))
    made.append(_input("reason", "Why", {"type": "plain_text_input", "action_id": "value"}))
    return made


def given(values: Mapping[str, Any], before: str) -> dict[str, str]:
    """What was filled in and is not as it was: `until`, `scope`, `records`, `reason`."""
    found: dict[str, str] = {}
    for name, fields in values.items():
        value: Mapping[str, Any] = fields.get("value") or {}
        chosen: Mapping[str, Any] = value.get("selected_option") or {}
        text = value.get("selected_date") or chosen.get("value") or value.get("value") or ""
        if str(text).strip():
            found[name] = str(text).strip()
    if found.get("until") == before:
        del found["until"]
    return found


def line(change: Change, did: str, who: str) -> str:
    """One entry of the history."""
    reason = f": {change.reason}" if change.reason else ""
    text = f"{change.at.astimezone():%-d %b %Y, %H:%M} · {who} {did}{reason}"
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _cut(lines: Sequence[str]) -> str:
    text = "\n".join(lines)
    return text if len(text) <= 2_900 else f"{text[:2_899]}…"


def _input(block: str, label: str, element: Json, *, hint: str = "") -> Json:
    made: Json = {"type": "input", "block_id": block, "optional": True, "label": _plain(label), "element": element}  # fmt: skip
    return made | {"hint": _plain(hint)} if hint else made


def _plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}
