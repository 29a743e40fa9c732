"""A record of the memory under the message that wrote it: what it says, how it stands, its buttons.

The rule it protects: a card offers exactly what may be done with the record as it stands, and each
button carries the version that was shown. It draws; `deciding.py` acts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bullpen.wording import STANDS, bare
from bullpen_orchestrator.ports import Written

PREFIX = "record_"
"""Of the ids of a card's actions: `record_approve` and so on; `record_more` is the menu."""
MORE = f"{PREFIX}more"
MOST = 4
"""Cards under one message; the app's home and the memory page have the rest."""
_SHOWN = 160
Json = dict[str, Any]

LABELS: dict[str, str] = {
    "approve": "Approve", "edit": "Edit", "dispute": "Dispute", "settle": "Settle: it holds",
    "restore": "Restore", "pin": "Pin", "unpin": "Unpin", "retract": "Retract",
    "forget": "Forget for good", "more": "History and more", "open": "Open in memory",
}  # fmt: skip


def record_blocks(records: Sequence[Written]) -> list[Json]:
    """The cards of a message, with a line for those that have no room."""
    blocks = [block for record in records[:MOST] for block in card(record)]
    if len(records) > MOST:
        left = len(records) - MOST
        more = f"_{left} further record{'s' if left > 1 else ''}: see the app's home or the memory page._"
        blocks.append(_context("records:more", more))
    return blocks


def card(record: Written, said: str = "") -> list[Json]:
    """One record; `said` tells what was done last, such as `approved by Ada`."""
    head = f"*{record.kind.capitalize()}*"
    if record.status != "forgotten":
        head += f" · {_plain(record.headline)}"
    marks = [STANDS[record.status], *(["disputed"] if record.disputed else [])]
    marks += ["pinned"] if record.pinned else []
    line = f"{head} · _{', '.join(marks)}{f' ({_plain(said)})' if said else ''}_"
    blocks = [_context(f"record:{record.id}", line)]
    elements = [_button(record, verb) for verb in _first(record)]
    menu = _menu(record)
    if elements or menu:
        blocks.append(
            {"type": "actions", "block_id": f"decide:{record.id}", "elements": [*elements, *menu]}
        )
    return blocks


def replaced(blocks: Sequence[Json], record_id: str, new: Sequence[Json]) -> list[Json]:
    """The blocks of a message with another card in the place of this record's."""
    own = (f"record:{record_id}", f"decide:{record_id}")
    made: list[Json] = []
    for block in blocks:
        if block.get("block_id") == own[0]:
            made += new
        elif block.get("block_id") not in own:
            made.append(_sendable(block))
    return made


def pressed(action: Mapping[str, Any]) -> tuple[str, str, int]:
    """What was pressed: the verb, the record's id and the version that was shown."""
    chosen: Mapping[str, Any] = action.get("selected_option") or {}
    value = str(chosen.get("value") or action.get("value") or "")
    verb, _, rest = value.partition(":")
    record_id, _, version = rest.partition(":")
    return verb, record_id, int(version) if version.isdigit() else 0


def _first(record: Written) -> list[str]:
    if record.status == "retracted":
        return ["restore"]
    if record.status not in ("proposed", "active"):
        return []
    doubt = "settle" if record.disputed else "dispute"
    return [*(["approve"] if record.status == "proposed" else []), "edit", doubt]


def _menu(record: Written) -> list[Json]:
    """What is needed less often; a menu holds two to five entries, a single one is a button."""
    verbs = {
        "proposed": ["pin", "retract", "forget", "more"],
        "active": ["pin", "retract", "forget", "more"], "retracted": ["forget", "more"],
    }.get(record.status, [])  # fmt: skip
    verbs = ["unpin" if verb == "pin" and record.pinned else verb for verb in verbs]
    options = [_option(record, verb) for verb in verbs]
    if record.page and record.status != "forgotten":
        options.append(_option(record, "open") | {"url": record.page})
    if len(options) == 1:
        return [_button(record, verbs[0] if verbs else "open")]
    return [{"type": "overflow", "action_id": MORE, "options": options}] if options else []


def _option(record: Written, verb: str) -> Json:
    return {"text": {"type": "plain_text", "text": _label(record, verb)}, "value": _value(record, verb)}  # fmt: skip


def _button(record: Written, verb: str) -> Json:
    made: Json = {
        "type": "button", "action_id": f"{PREFIX}{verb}", "value": _value(record, verb),
        "text": {"type": "plain_text", "text": _label(record, verb)},
    }  # fmt: skip
    if verb == "open":
        made["url"] = record.page
    return made | {"style": "primary"} if verb == "approve" else made


def _label(record: Written, verb: str) -> str:
    return "Reject" if verb == "retract" and record.status == "proposed" else LABELS[verb]


def _value(record: Written, verb: str) -> str:
    return f"{verb}:{record.id}:{record.version}"


def _context(block_id: str, text: str) -> Json:
    # Verbatim: Slack makes no link of an address or a name that a record holds.
    words = {"type": "mrkdwn", "text": text, "verbatim": True}
    return {"type": "context", "block_id": block_id, "elements": [words]}


def _plain(text: str) -> str:
    """A line in Slack's mark-up in which nothing is a link or stands out."""
    short = text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
    return bare(short).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _sendable(block: Json) -> Json:
    """A block as Slack gave it back, without what Slack adds to a picture and does not take."""
    if block.get("type") != "image" or "slack_file" not in block:
        return block
    file: Json = block["slack_file"]
    kept = {
        name: block[name] for name in ("type", "block_id", "alt_text", "title") if name in block
    }
    return kept | {"slack_file": {"id": file["id"]} if "id" in file else file}
