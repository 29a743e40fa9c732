"""The receipts of an answer, as a modal.

The rule it protects: every figure can be traced by the person who reads it: tool, inputs, data
and its hash, as-of and warnings. It filters nothing; the caller shows only what may be seen.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from bullpen.slack import messages
from bullpen.slack.render import mrkdwn
from bullpen.wording import data_text, value_text
from bullpen_tools.context import Receipt

BLOCKS = 98
REPLAY = "replay"
PRIVATE = 3_000
"""Characters of its own that a view may keep."""
FIELD = 2_900
SECTIONS = 6
"""Sections that the values of one receipt may fill."""
ELEMENTS = 10
Json = dict[str, Any]


def view(
    receipts: Sequence[Receipt],
    *,
    replays: bool = False,
    again: Mapping[str, str] | None = None,
    private: str = "",
) -> Json:
    """A modal listing `receipts`; Slack shows at most 100 blocks, what is left out is said.

    With `replays` each has a button to run it again; `again` holds what that gave, by receipt.
    """
    blocks: list[Json] = []
    for receipt in receipts:
        shown = _receipt(receipt, (again or {}).get(receipt.id, ""), replays=replays)
        if len(blocks) + len(shown) > BLOCKS:
            blocks.append(_section("_Further receipts are on the receipts page._"))
            break
        blocks += shown
    return {
        "type": "modal",
        "title": {"type": "plain_text", "text": "Receipts"},
        "private_metadata": private,
        "close": {"type": "plain_text", "text": "Close"},
        "blocks": blocks or [_section(messages.NO_RECEIPTS)],
    }


def _receipt(receipt: Receipt, again: str, *, replays: bool) -> list[Json]:
    result = receipt.result
    lines = [f"*{receipt.id}* · `{receipt.tool}` v{receipt.version} · {receipt.agent}"]
    if receipt.error:
        lines.append(f"Failed: {mrkdwn(receipt.error)}")
    elif result.summary:
        lines.append(mrkdwn(result.summary))
    lines.append(f"Inputs: {mrkdwn(_inputs(receipt.inputs)[:900])}")
    blocks = [_section("\n".join(lines))]
    values = [
        f"• {mrkdwn(value.label or key)}: *{mrkdwn(value_text(value))}* ({value.kind})"
        for key, value in result.values.items()
    ]
    blocks += _packed(values)
    notes = [f"Data: {mrkdwn(data_text(ref))}" for ref in result.data]
    if result.as_of:
        notes.append(f"As of {result.as_of:%Y-%m-%d}")
    notes += [f"⚠️ {mrkdwn(warning)}" for warning in result.warnings]
    if notes:
        elements = [{"type": "mrkdwn", "text": text} for text in _pages(notes)[:ELEMENTS]]
        blocks.append({"type": "context", "elements": elements})
    if again:
        blocks.append(_section(mrkdwn(again)))
    elif replays and not receipt.error:
        button = {
            "type": "button", "action_id": f"{REPLAY}:{receipt.id}", "value": receipt.id,
            "text": {"type": "plain_text", "text": "Run it again"},
        }  # fmt: skip
        blocks.append({"type": "actions", "elements": [button]})
    return [*blocks, {"type": "divider"}]


def _inputs(inputs: Mapping[str, object]) -> str:
    """What the tool was given, without what was left empty."""
    given = [f"{name} {_given(value)}" for name, value in inputs.items() if value not in ("", [], {}, None)]  # fmt: skip
    return " · ".join(given) or "none"


def _given(value: object) -> str:
    if isinstance(value, list) and all(isinstance(part, str | int | float) for part in value):
        return ", ".join(_given(part) for part in value)
    if isinstance(value, float):
        return f"{value:g}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _packed(values: Sequence[str]) -> list[Json]:
    """Whole lines in as few sections as hold them; what has no room is counted."""
    pages = _pages(values)
    left = sum(page.count("\n") + 1 for page in pages[SECTIONS:])
    blocks = [_section(page) for page in pages[:SECTIONS]]
    if left:
        what = "1 further value" if left == 1 else f"{left} further values"
        blocks.append(_section(f"_{what} on the receipts page._"))
    return blocks


def _pages(lines: Sequence[str]) -> list[str]:
    pages: list[str] = []
    for line in map(_fitting, lines):
        if pages and len(pages[-1]) + 1 + len(line) <= FIELD:
            pages[-1] += "\n" + line
        else:
            pages.append(line)
    return pages


def _fitting(text: str) -> str:
    return text if len(text) <= FIELD else text[: FIELD - 1] + "…"


def _section(text: str) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": _fitting(text)}}
