"""Slack's `rich_text` blocks as safe HTML.

The rule it protects: an element that is not known shows its text, never nothing. It deliberately
ignores what has no meaning in a page (colour swatches, borders of lists).
"""

import html
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from bullpen_workspace.page import emoji, mrkdwn
from bullpen_workspace.page.mrkdwn import Names

Node = Mapping[str, Any]


def nodes(value: object) -> Iterator[Node]:
    """The mappings in a JSON list; anything else an app may have put there is passed over."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        yield from (item for item in value if isinstance(item, Mapping))


def to_html(block: Node, names: Names) -> str:
    """A `rich_text` block (or the cell of a table) as HTML."""
    return "".join(_piece(piece, names) for piece in nodes(block.get("elements")))


def plain(block: Node) -> str:
    """The words of a `rich_text` block without formatting."""
    if "elements" in block:
        return "".join(plain(item) for item in nodes(block["elements"]))
    return str(block.get("text") or block.get("url") or "")


def _piece(piece: Node, names: Names) -> str:
    kind = piece.get("type")
    inside = "".join(_leaf(leaf, names) for leaf in nodes(piece.get("elements")))
    if kind == "rich_text_list":
        tag = "ol" if piece.get("style") == "ordered" else "ul"
        items = "".join(f"<li>{_piece(item, names)}</li>" for item in nodes(piece.get("elements")))
        offset = piece.get("offset")
        start = f' start="{offset + 1}"' if tag == "ol" and isinstance(offset, int) else ""
        made = f"<{tag}{start}>{items}</{tag}>"
        depth = piece.get("indent")
        # Slack sends nested lists one after the other, each with its depth.
        inner = min(depth, 8) if isinstance(depth, int) and depth > 0 else 0
        return f'<div class="in{inner}">{made}</div>' if inner else made
    if kind == "rich_text_preformatted":
        return f"<pre><code>{inside}</code></pre>"
    if kind == "rich_text_quote":
        return f"<blockquote>{inside}</blockquote>"
    if kind == "rich_text_section":
        return f"<p>{inside}</p>"
    return _leaf(piece, names)


def _leaf(leaf: Node, names: Names) -> str:
    kind = leaf.get("type")
    said = mrkdwn.plain(str(leaf.get("text", "")))
    if kind == "link":
        url = str(leaf.get("url", ""))
        made = mrkdwn.anchor(url, html.escape(said or url))
    elif kind == "user":
        made = mrkdwn.reference(f"@{leaf.get('user_id', '')}", names) or ""
    elif kind == "channel":
        made = mrkdwn.reference(f"#{leaf.get('channel_id', '')}", names) or ""
    elif kind == "broadcast":
        made = mrkdwn.reference(f"!{leaf.get('range', 'here')}", names) or ""
    elif kind == "usergroup":
        made = f'<span class="mention">@{html.escape(str(leaf.get("usergroup_id", "")))}</span>'
    elif kind == "date":
        made = html.escape(_date(leaf))
    elif kind == "color":
        made = f"<code>{html.escape(str(leaf.get('value', '')))}</code>"
    elif kind == "emoji":
        name = str(leaf.get("name", ""))
        made = emoji.glyph(name) or f":{html.escape(name)}:"
    else:
        made = html.escape(said, quote=False).replace("\n", "<br>")
    return _styled(made, leaf.get("style"))


def _date(leaf: Node) -> str:
    """A moment in the machine's own zone, or the words that the app gave for it."""
    stamp = leaf.get("timestamp")
    fallback = str(leaf.get("fallback") or "")
    try:
        at = datetime.fromtimestamp(float(str(stamp))).astimezone()
    except (ValueError, OverflowError, OSError):
        return fallback
    return fallback or f"{at.day} {at:%B %Y, %H:%M}"


def _styled(made: str, style: object) -> str:
    if isinstance(style, Mapping):
        for key, tag in (("code", "code"), ("bold", "strong"), ("italic", "em"), ("strike", "del")):
            if style.get(key):
                made = f"<{tag}>{made}</{tag}>"
    return made
