"""A post of the desk as Slack payloads: pure functions.

The rule it protects: nothing that an agent says is cut, whatever its length; each part fits
Slack's limits, code fences and tables stay whole where they can, and every part carries the
post's key so that it can be found again. It uploads and sends nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bullpen.slack import messages
from bullpen.slack.plans import plan_block
from bullpen.slack.record_cards import record_blocks
from bullpen_orchestrator.ports import Button, Post

EVENT_TYPE = "bullpen_message"
FEEDBACK = "feedback"
PART_LIMIT = 9_000
"""Characters of Markdown per message. Slack allows 12,000 and refuses messages whose blocks hold
13,200 together; footnotes, image texts and buttons share that space."""
FALLBACK_LIMIT = 3_000
CONTEXT_LIMIT = 1_900
CONTEXT_ELEMENTS = 10
FENCE = re.compile(r"^(```+|~~~+)(.*)$")
CODE = re.compile(r"(```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|`[^`\n]+`)", re.DOTALL)
CALMED = "<\u200b!"

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """One message: `text` is for notifications and search, `blocks` for the eye."""

    text: str
    blocks: list[Json]
    metadata: Json


def split_markdown(text: str, limit: int = PART_LIMIT) -> list[str]:
    """Cut Markdown into pieces of at most `limit` characters.

    It cuts between paragraphs, else between lines, else within a line. A code fence that must be
    cut is closed and opened again; a table that must be cut repeats its header.
    """
    pieces: list[str] = []
    current = ""
    for block in _paragraphs(text):
        if current and len(current) + 2 + len(block) > limit:
            pieces.append(current)
            current = ""
        if len(block) > limit:
            *whole, block = _cut_block(block, limit)
            pieces.extend(whole)
        current = f"{current}\n\n{block}" if current else block
    return [*pieces, current] if current or not pieces else pieces


def _paragraphs(text: str) -> list[str]:
    """Blocks between blank lines; a fenced block is one, blank lines included."""
    blocks: list[list[str]] = [[]]
    fence = ""
    for line in text.strip("\n").split("\n"):
        mark = FENCE.match(line.strip())
        if fence:
            fence = "" if mark and mark[1].startswith(fence) else fence
        elif mark:
            fence = mark[1]
        if not line.strip() and not fence:
            blocks.append([])
        else:
            blocks[-1].append(line)
    return ["\n".join(lines) for lines in blocks if lines]


def _cut_block(block: str, limit: int) -> list[str]:
    lines = block.split("\n")
    mark = FENCE.match(lines[0].strip())
    if mark:
        head, tail, body = lines[0], mark[1], lines[1:]
        if body and body[-1].strip().startswith(mark[1]):
            body = body[:-1]
    elif len(lines) > 2 and set(lines[1].strip()) <= set("|-: ") and "-" in lines[1]:
        head, tail, body = "\n".join(lines[:2]), "", lines[2:]
    else:
        head, tail, body = "", "", lines
    room = max(200, limit - len(head) - len(tail) - 2)
    return ["\n".join(filter(None, (head, piece, tail))) for piece in _pack(body, room)]


def _pack(lines: Sequence[str], room: int) -> list[str]:
    pieces: list[str] = []
    current = ""
    for line in lines:
        for start in range(0, max(1, len(line)), room):
            bit = line[start : start + room]
            if current and len(current) + 1 + len(bit) > room:
                pieces.append(current)
                current = bit
            else:
                current = f"{current}\n{bit}" if current else bit
    return [*pieces, current]


def quiet(markdown: str) -> str:
    """`markdown` in which no `<!channel>` or the like calls anybody; code stays as it is.

    A mark that nobody sees stands between the signs, so the text only ever grows with its source.
    """
    pieces = CODE.split(markdown)
    return "".join(p if i % 2 else p.replace("<!", CALMED) for i, p in enumerate(pieces))


def plain(text: str) -> str:
    """What a notification shows: the text without Markdown's marks, cut to a few sentences."""
    bare = re.sub(r"(```+|~~~+)[^\n]*\n?|[*_`#>]|^\s*\|?[-: |]+\|?\s*$", "", text, flags=re.M)
    bare = re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", bare)
    bare = re.sub(r"\n{2,}", "\n", bare).strip()
    return bare if len(bare) <= FALLBACK_LIMIT else bare[: FALLBACK_LIMIT - 1] + "…"


def mrkdwn(markdown: str) -> str:
    """One line of Markdown in Slack's own mark-up, for the places that know nothing else."""
    escaped = markdown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    linked = re.sub(r"\[([^\]]+)\]\((https?://[^)\s]+)\)", r"<\2|\1>", escaped)
    return re.sub(r"\*\*(.+?)\*\*", r"*\1*", linked)


def mrkdwn_bare(text: str) -> str:
    """A line of Slack's mark-up without its emphasis, for places that show plain text."""
    return re.sub(r"(?<![\w*_])([*_])(\S(?:.*?\S)?)\1(?![\w*_])", r"\2", text)


def footnote_blocks(footnotes: Sequence[str]) -> list[Json]:
    """Footnotes, small, as `context` blocks of at most ten elements."""
    packed: list[str] = []
    for note in footnotes:
        line = mrkdwn(note)[:CONTEXT_LIMIT]
        if packed and len(packed[-1]) + 1 + len(line) <= CONTEXT_LIMIT:
            packed[-1] += "\n" + line
        else:
            packed.append(line)
    return [
        {
            "type": "context",
            "elements": [
                {"type": "mrkdwn", "text": line} for line in packed[i : i + CONTEXT_ELEMENTS]
            ],
        }
        for i in range(0, len(packed), CONTEXT_ELEMENTS)
    ]


def image_block(file_id: str, alt: str) -> Json:
    return {"type": "image", "slack_file": {"id": file_id}, "alt_text": (alt or "Chart")[:1_900]}


def alert_block(text: str) -> Json:
    """A card that warns."""
    shown = mrkdwn(text)[:CONTEXT_LIMIT]
    return {"type": "alert", "level": "warning", "text": {"type": "mrkdwn", "text": shown}}


def button_block(buttons: Sequence[Button]) -> Json:
    elements: list[Json] = []
    for i, button in enumerate(buttons[:25]):
        element: Json = {
            "type": "button",
            "action_id": f"{button.action}" if i == 0 else f"{button.action}:{i}",
            "text": {"type": "plain_text", "text": button.label[:75], "emoji": True},
            "value": button.value[:2_000],
        }
        if button.style:
            element["style"] = button.style
        elements.append(element)
    return {"type": "actions", "elements": elements}


def feedback_block(key: str) -> Json:
    """“Helpful” and “This misled us” under an answer; the value names verdict and message."""
    sides = {
        side: {
            "text": {"type": "plain_text", "text": label},
            "value": f"{verdict}|{key}",
            "accessibility_label": label,
        }
        for side, verdict, label in (
            ("positive_button", "helpful", messages.HELPFUL),
            ("negative_button", "misleading", messages.MISLED),
        )
    }
    element: Json = {"type": "feedback_buttons", "action_id": FEEDBACK, **sides}
    return {"type": "context_actions", "elements": [element]}


def part_key(key: str, index: int) -> str:
    """The key of the nth message of a post; the first carries the post's own."""
    return key if index == 0 else f"{key}#{index + 1}"


def parts(post: Post, images: Mapping[str, str], *, name_in_text: str = "") -> list[Part]:
    """The messages that say `post`. `images` maps an image's path to its Slack file id.

    `name_in_text` puts the speaker's name into the text, where Slack does not let us set it.
    """
    pieces = split_markdown(quiet(post.text))
    found: list[Part] = []
    for i, piece in enumerate(pieces):
        shown = f"**{name_in_text}:** {piece}" if name_in_text and i == 0 else piece
        blocks: list[Json] = [{"type": "markdown", "text": shown}] if shown.strip() else []
        if i == len(pieces) - 1:
            blocks += [plan_block(post.plan)] if post.plan else []
            blocks += [alert_block(alert) for alert in post.alerts]
            blocks += [image_block(images[path], alt) for path, alt in post.images]
            blocks += footnote_blocks(post.footnotes)
            blocks += record_blocks(post.records)
            if post.buttons:
                blocks.append(button_block(post.buttons))
            if post.judged:
                blocks.append(feedback_block(post.key))
        # Without its code marks: here, what was code would call people, too.
        text = plain(shown).replace("<!", CALMED) or next((alt for _, alt in post.images), "")
        text = text or (post.plan.title if post.plan else "")
        text = text or "\n".join(plain(alert) for alert in post.alerts) or " "
        found.append(Part(text, blocks, _metadata(post, i, len(pieces))))
    return found


def in_words(part: Part) -> Part:
    """The same message without blocks, for when Slack refuses them."""
    lines: list[str] = []
    for block in part.blocks:
        if block["type"] == "markdown":
            lines.append(mrkdwn(block["text"]))
        elif block["type"] == "image":
            lines.append(f"[{block['alt_text']}]")
        elif block["type"] == "alert":
            lines.append(block["text"]["text"])
        elif block["type"] == "plan":
            lines += [f"• {mrkdwn(task['title'])}" for task in block["tasks"]]
        elif block["type"] == "context":
            lines += [element["text"] for element in block["elements"]]
    return Part("\n".join(lines) or part.text, [], part.metadata)


def _metadata(post: Post, index: int, count: int) -> Json:
    payload: Json = {
        name: value
        for name, value in post.meta.items()
        if isinstance(value, str | int | float | bool)
    }
    payload |= {
        "key": part_key(post.key, index),
        "part": index + 1,
        "parts": count,
        "agent": post.agent,
        "priority": post.priority,
    }
    if post.files:
        payload["files"] = "|".join(Path(path).name for path, _ in post.files)
    return {"event_type": EVENT_TYPE, "event_payload": payload}
