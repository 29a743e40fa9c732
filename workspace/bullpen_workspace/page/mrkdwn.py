"""Text as people and agents write it in Slack, turned into safe HTML.

The rule it protects: nothing in a message is ever live except links to http, https and mailto and
the formatting Slack knows; every other character is text. It deliberately does not trust the
server's own escaping: `&amp;`, `&lt;` and `&gt;` are undone once, and everything is escaped again.
"""

import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from bullpen_workspace.page import emoji

# Embedding, override and isolate controls can make text read differently from what it is.
_BIDI = {
    code: "\N{REPLACEMENT CHARACTER}" for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
}
# Private marks used below to set finished HTML aside; removed from what people send.
_OPEN, _CLOSE = "\ue000", "\ue001"
_UNSAFE = {**_BIDI, 0xE000: None, 0xE001: None, 0: None}
LONGEST = 40_000


@dataclass(frozen=True)
class Names:
    """How ids inside a text become names: a user id, a channel id, and what counts as oneself."""

    user: Callable[[str], str | None]
    channel: Callable[[str], str | None]
    me: str = ""


NOBODY = Names(user=lambda _id: None, channel=lambda _id: None)


def plain(text: str) -> str:
    """`text` without control characters that could disguise it, cut to Slack's 40,000."""
    # Half of a surrogate pair (a cut emoji in an app's JSON) cannot be sent to a browser.
    whole = text[:LONGEST].encode("utf-8", "replace").decode("utf-8")
    return whole.translate(_UNSAFE)


def safe_url(url: str) -> str | None:
    """`url` when a click on it can only leave to a page or a mail; None for anything else."""
    cleaned = url.strip()
    if any(ord(ch) < 33 for ch in cleaned):
        return None
    if cleaned.startswith("/") and not cleaned.startswith(("//", "/\\")):
        return cleaned
    try:
        scheme = urlsplit(cleaned).scheme.lower()
    except ValueError:
        return None
    return cleaned if scheme in ("http", "https", "mailto") else None


def anchor(url: str, label_html: str) -> str:
    """A link that carries no referrer and no opener; the label alone when the URL is unsafe."""
    good = safe_url(url)
    if good is None:
        return label_html
    here = ' data-here=""' if good.startswith("/") else ' target="_blank"'
    return (
        f'<a href="{html.escape(good)}"{here} rel="noopener noreferrer nofollow">{label_html}</a>'
    )


def reference(inner: str, names: Names) -> str | None:
    """HTML for what stands between `<` and `>` in Slack's text; None when it is not a reference."""
    body, _, label = inner.partition("|")
    if body.startswith("@"):
        name = names.user(body[1:]) or label or body[1:]
        mine = " me" if body[1:] == names.me else ""
        return f'<span class="mention{mine}">@{html.escape(name)}</span>'
    if body.startswith("#"):
        name = html.escape(names.channel(body[1:]) or label or body[1:])
        if not body[1:].isalnum():
            return f'<span class="mention">#{name}</span>'
        return f'<a class="mention" data-here="" href="/archives/{body[1:]}">#{name}</a>'
    if body.startswith("!"):
        return _special(body[1:], label)
    if re.match(r"(?i)(https?://|mailto:)", body):
        return anchor(body, html.escape(label or body.removeprefix("mailto:")))
    return None


def _special(body: str, label: str) -> str:
    command = body.split("^", 1)[0]
    if command in ("here", "channel", "everyone"):
        return f'<span class="mention me">@{command}</span>'
    if command == "date":
        return html.escape(label or body)
    return f'<span class="mention">{html.escape(label or "@" + body)}</span>'


class _Shelf:
    """Finished HTML set aside under a mark, so that later rules cannot touch it."""

    def __init__(self) -> None:
        self._kept: list[str] = []

    def put(self, finished: str) -> str:
        self._kept.append(finished)
        return f"{_OPEN}{len(self._kept) - 1}{_CLOSE}"

    def take(self, text: str) -> str:
        mark = re.compile(f"{_OPEN}(\\d+){_CLOSE}")
        # Kept pieces may hold marks themselves (a link inside bold): depth is bounded by nesting.
        while mark.search(text):
            text = mark.sub(lambda found: self._kept[int(found.group(1))], text)
        return text


_FENCE = re.compile(r"```\n?(.+?)\n?```", re.S)
_CODE = re.compile(r"`([^`\n]+)`")
_TOKEN = re.compile(r"<([^<>\n]{1,3000})>")
BARE_URL = re.compile(r"(?<![\w/])https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]}]")
_STYLES = (
    (re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])"), "strong"),
    (re.compile(r"(?<![\w_])_(?=\S)([^_\n]+?)(?<=\S)_(?![\w_])"), "em"),
    (re.compile(r"(?<![\w~])~(?=\S)([^~\n]+?)(?<=\S)~(?![\w~])"), "del"),
)


def _unescape(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def inline(text: str, names: Names = NOBODY) -> str:
    """One stretch of mrkdwn as HTML without line structure. Never raises on any string."""
    shelf = _Shelf()

    def code(match: re.Match[str]) -> str:
        return shelf.put(f"<code>{html.escape(_unescape(match.group(1)))}</code>")

    def token(match: re.Match[str]) -> str:
        made = reference(_unescape(match.group(1)), names)
        return match.group(0) if made is None else shelf.put(made)

    def bare(match: re.Match[str]) -> str:
        url = _unescape(match.group(0))
        return shelf.put(anchor(url, html.escape(url)))

    text = _CODE.sub(code, text)
    text = _TOKEN.sub(token, text)
    text = BARE_URL.sub(bare, text)
    text = emoji.replace(html.escape(_unescape(text), quote=False))
    for pattern, tag in _STYLES:
        text = pattern.sub(rf"<{tag}>\1</{tag}>", text)
    return shelf.take(text)


def to_html(text: str, names: Names = NOBODY) -> str:
    """A whole message in mrkdwn as HTML: code fences, quotes, lines. Never raises on any string."""
    out: list[str] = []
    for index, part in enumerate(_FENCE.split(plain(text))):
        if index % 2:
            out.append(f"<pre><code>{html.escape(_unescape(part))}</code></pre>")
        elif part.strip():
            out.append(_paragraphs(part.strip("\n"), names))
    return "".join(out)


def _paragraphs(text: str, names: Names) -> str:
    out: list[str] = []
    quoted: list[str] = []
    lines: list[str] = []

    def close(kind: str, held: list[str]) -> None:
        if held:
            joined = "<br>".join(held)
            out.append(f"<{kind} dir='auto'>{joined}</{kind}>")
            held.clear()

    for line in text.split("\n"):
        mark = re.match(r"(?:&gt;|>) ?(.*)", line)
        if mark:
            close("p", lines)
            quoted.append(inline(mark.group(1), names))
            continue
        close("blockquote", quoted)
        if line.strip():
            lines.append(inline(line, names))
        else:
            close("p", lines)
    close("blockquote", quoted)
    close("p", lines)
    return "".join(out)
