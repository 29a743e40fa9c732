"""Templates, and the filters with which they turn what apps send into safe HTML.

The rule it protects: an app can send any JSON as a block; the worst that happens is a sentence
in its place. It decides nothing about who sees what; `present.py` does.
"""

import json
import logging
import re
import zlib
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, TemplateError
from markupsafe import Markup

from bullpen_workspace.inspector import readable
from bullpen_workspace.notices import NOTICES
from bullpen_workspace.page import emoji, markdown, mrkdwn, rich_text
from bullpen_workspace.page.mrkdwn import Names
from bullpen_workspace.types import Message

log = logging.getLogger(__name__)
HERE = Path(__file__).parent
_WHO = re.compile(r"^<@\w+> (?:has )?")
_ASKING = ("actions", "card", "carousel", "container", "input", "section")
SHORTCUTS = (
    ("Ctrl K", "Search messages, or jump to a channel"),
    ("Alt ↑ ↓", "The channel above or below"),
    ("Alt Shift ↑ ↓", "The unread channel above or below"),
    ("F6", "From the sidebar to the messages to the box"),
    ("↑ ↓ J K", "From message to message, once one has the focus"),
    ("Enter", "On a message: open its thread"),
    ("P", "On a message: pin it, or take its pin off"),
    ("R", "On a message: react"),
    ("E", "On a message: edit it"),
    ("U", "On a message: mark unread from here"),
    ("↑", "In an empty box: edit your last message"),
    ("Shift Enter", "In the box: a new line"),
    ("Ctrl B, I", "In the box: bold, italic; with Shift X strike, C code, 8 a list, 9 a quote"),
    ("@ # : /", "In the box: people, channels, emoji, commands"),
    ("Esc", "Close the thread, the dialog or the picker"),
    ("?", "This list"),
)
QUICK = ("white_check_mark", "eyes", "+1")


@lru_cache(maxsize=1)
def asset_version() -> str:
    """A short hash of the stylesheet and the scripts, so that a browser never keeps an old one."""
    files = sorted((*HERE.glob("*.js"), HERE / "style.css"))
    data = b"".join(file.read_bytes() for file in files)
    return f"{zlib.crc32(data):08x}"


def said(value: object) -> str:
    """The words of a text object, a plain string or nothing."""
    if isinstance(value, str):
        return mrkdwn.plain(value)
    if isinstance(value, Mapping):
        return mrkdwn.plain(str(value.get("text") or ""))
    return ""


class Renderer:
    """Jinja over the page's templates.

    `url` is the server's own address, without a slash; `size` the pixels of a stored image,
    (0, 0) when unknown, so that a list does not jump when it is loaded; `choices` the people and
    channels that elements offer.
    """

    def __init__(
        self,
        names: Callable[[], Names],
        *,
        url: str,
        size: Callable[[str], tuple[int, int]] = lambda _file: (0, 0),
        choices: Callable[[], Mapping[str, object]] = dict,
    ) -> None:
        self._names = names
        self._size = size
        self._choices = choices
        self._url = url
        self._env = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        cast("dict[str, object]", self._env.filters).update(
            {
                "rich": self.rich,
                "plain": said,
                "emoji": emoji.replace,
                "markdown": self.markdown,
                "rich_text": self.rich_text,
                "loose": self.loose,
                "cell": self.loose,
                "cell_text": _cell_text,
                "numeric": lambda text: bool(markdown.NUMBER.fullmatch(str(text))),
                "safe_url": lambda url: mrkdwn.safe_url(url) if isinstance(url, str) else None,
                "picture": self.picture,
                "pixels": lambda src: self._size(str(src).rpartition("/")[2]),
                "blocks": self.blocks,
                "readable": readable,
                "clock": lambda at: f"{datetime.fromtimestamp(at).astimezone():%H:%M:%S}",
            }
        )
        cast("dict[str, object]", self._env.globals).update(
            quick=[(name, emoji.TABLE[name]) for name in QUICK],
            picker=emoji.offered(),
            asset_version=asset_version(),
            shortcut_keys=SHORTCUTS,
        )

    def fragment(self, template: str, **values: object) -> Markup:
        """One template as HTML."""
        return Markup(self._env.get_template(template).render(**values))

    def versioned(self, template: str, **values: object) -> Markup:
        """One element whose first `data-v` carries a hash of its HTML, for comparing."""
        made = self.fragment(template, **values)
        return Markup(made.replace('data-v=""', f'data-v="{zlib.crc32(made.encode()):08x}"', 1))

    # -- texts ---------------------------------------------------------------------------

    def mrkdwn(self, text: str) -> Markup:
        return Markup(markdown.clean(mrkdwn.to_html(text, self._names())))

    def markdown(self, text: object) -> Markup:
        return Markup(markdown.to_html(str(text or ""), self._names()))

    def rich(self, value: object) -> Markup:
        """A text object: `mrkdwn` is formatted, `plain_text` is not; a string counts as mrkdwn."""
        if isinstance(value, Mapping) and value.get("type") == "plain_text":
            return Markup("<p>{}</p>").format(emoji.replace(said(value)))
        if isinstance(value, Mapping) and value.get("verbatim") is None and value.get("elements"):
            return self.rich_text(value)
        return self.mrkdwn(said(value))

    def rich_text(self, block: Mapping[str, Any]) -> Markup:
        return Markup(markdown.clean(rich_text.to_html(block, self._names())))

    def loose(self, value: object) -> Markup:
        """What may be a string, a text object or rich text (cells, task details)."""
        if isinstance(value, Mapping) and "elements" in value:
            return self.rich_text(value)
        if isinstance(value, Mapping) and value.get("type") == "raw_text":
            return Markup.escape(said(value))
        if isinstance(value, str):
            return self.markdown(value)
        return self.rich(value)

    def picture(self, block: Mapping[str, Any]) -> str | None:
        """The address of a block's image on this server; None when it is elsewhere or nowhere."""
        held = block.get("slack_file")
        if isinstance(held, Mapping):
            ref = str(held.get("id") or "")
            return f"/files/{ref}" if ref.isalnum() else self._own(str(held.get("url") or ""))
        return self._own(str(block.get("image_url") or ""))

    def _own(self, url: str) -> str | None:
        path = url.removeprefix(self._url)
        if not path.startswith("/") or mrkdwn.safe_url(path) is None:
            return None
        private = re.fullmatch(r"/files-pri/[^/]+/(\w+)(?:/.*)?", urlsplit(path).path)
        return f"/files/{private.group(1)}" if private else path

    # -- blocks --------------------------------------------------------------------------

    def blocks(self, blocks: object, **values: object) -> Markup:
        """Block Kit as HTML; a block that cannot be shown becomes a sentence that says so."""
        return Markup("").join(self._block(block, values) for block in rich_text.nodes(blocks))

    def _block(self, block: Mapping[str, Any], values: Mapping[str, object]) -> Markup:
        try:
            return self.fragment("block.html", b=block, **values)
        except (TemplateError, TypeError, ValueError, KeyError, AttributeError) as error:
            kind = block.get("type", "?")
            log.warning("a block of type %s could not be shown: %s", kind, error)
            return Markup(
                '<p class="blk unknown">A block of type “{}” could not be shown: '
                "its content is not what Slack defines. The app that sent it must mend it.</p>"
            ).format(kind)

    def content(self, message: Message) -> Markup:
        """The body of a message: its blocks, or its text where there are none."""
        if message.subtype in NOTICES:
            return self._notice(message)
        asks = any(block.get("type") in _ASKING for block in message.blocks)
        parts = [self.blocks(message.blocks, **(self._choices() if asks else {}))]
        # A streamed message's Markdown is among its blocks once it has any; a posted message's
        # `text` beside blocks is only the fallback for notifications.
        told = any(block.get("type") == "markdown" for block in message.blocks)
        if not message.blocks or (message.markdown and message.text and not told):
            text = self.markdown if message.markdown else self.mrkdwn
            parts.append(Markup('<div class="md">{}</div>').format(text(message.text)))
        parts.extend(self._attachment(attachment) for attachment in message.attachments)
        return Markup("").join(parts)

    def _notice(self, message: Message) -> Markup:
        """What a channel says of itself; its author stands above it, so the words begin with what."""
        words = self.mrkdwn(_WHO.sub("", message.text))
        by = str(message.notice.get("inviter") or "")
        invited = f"Invited by {self._names().user(by) or by}." if by else ""
        return Markup('<div class="md noticed" title="{}">{}</div>').format(invited, words)

    def _attachment(self, attachment: Mapping[str, Any]) -> Markup:
        inside = self.blocks(attachment.get("blocks"))
        text = "\n".join(
            str(attachment[key]) for key in ("pretext", "title", "text") if attachment.get(key)
        )
        if not inside:
            inside = self.mrkdwn(text or str(attachment.get("fallback") or ""))
        return Markup('<div class="attachment md">{}</div>').format(inside)


def _cell_text(cell: object) -> str:
    return rich_text.plain(cell) if isinstance(cell, Mapping) else str(cell)


def embedded(value: object) -> str:
    """JSON for an attribute of the page."""
    return json.dumps(value, ensure_ascii=False)
