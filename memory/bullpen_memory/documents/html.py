"""HTML pages: what a reader sees of them, by headings, paragraphs and tables.

The rule it protects: scripts, styles and hidden parts are no text of the page, and nothing that
it points to is opened. It keeps no layout.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bullpen_memory.documents.items import About, File, Grid, Item, refusal
from bullpen_memory.documents.text import decoded, packed

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

_UNSEEN = ["script", "style", "noscript", "template", "svg", "iframe", "object", "head"]
_HIDDEN = "[hidden], [aria-hidden=true], [style*='display:none'], [style*='display: none']"
_BLOCK_TAGS = (
    "address article aside blockquote body br dd details div dl dt fieldset figcaption figure footer"
    " form header hr li main nav ol option p pre section summary table tbody td th tr ul"
    " h1 h2 h3 h4 h5 h6"
)
_BLOCKS = frozenset(_BLOCK_TAGS.split())
_CHARSET = re.compile(rb"""<meta[^>]{0,200}charset\s*=\s*["']?([\w-]+)""", re.IGNORECASE)


@dataclass(slots=True)
class _Page:
    """What has been seen on the way through a page."""

    path: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    lines: list[str] = field(default_factory=list[str])
    line: str = ""
    anchor: str = ""
    paragraphs: int = 0
    first: int = 1
    tables: int = 0

    @property
    def heading(self) -> str:
        return " › ".join(title for _, title in self.path)

    def end_line(self) -> None:
        text = " ".join(self.line.split())
        self.line = ""
        if text:
            self.paragraphs += 1
            self.lines.append(text)

    def flush(self) -> Iterator[Item]:
        self.end_line()
        # An anchor is a place that a click opens; else the paragraphs are counted.
        yield from packed(self.lines, self.heading, self.first, "paragraphs", self.anchor)
        self.lines, self.first = [], self.paragraphs + 1


def read_html(file: File) -> Iterator[Item]:
    """The visible text in passages under its headings."""
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(_text(file))
    titled = tree.css_first("title")
    title = " ".join(titled.text().split())[:200] if titled is not None else ""
    yield About("A web page", title)
    tree.strip_tags(_UNSEEN)
    for node in tree.css(_HIDDEN):
        node.decompose()
    root = tree.body or tree.root
    if root is None:
        raise refusal(file.name, "The page holds no text.", "Send one with content.")
    yield from _walked(root)


def _text(file: File) -> str:
    """The page's text: by the encoding that it states, if it states one."""
    stated = _CHARSET.search(file.data[:4096])
    if stated and not file.data.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        try:
            return file.data.decode(stated[1].decode())
        except (LookupError, UnicodeDecodeError):
            pass
    return decoded(file)


def _walked(root: LexborNode) -> Iterator[Item]:
    """Every text node in order. A stack of its own: a page may be nested a million deep."""
    page = _Page()
    waiting: list[tuple[LexborNode, bool]] = [(root, False)]
    while waiting:
        node, left = waiting.pop()
        tag = node.tag or ""
        if tag == "-text":
            page.line += node.text_content or ""
            continue
        if tag in _BLOCKS:
            page.end_line()
        if left:
            continue
        if re.fullmatch("h[1-6]", tag):
            yield from page.flush()
            _head(page, node, int(tag[1]))
            continue
        if tag == "table" and (grid := _grid(page, node)):
            yield from page.flush()
            yield grid
            continue
        waiting.append((node, True))
        waiting += reversed([(child, False) for child in node.iter(include_text=True)])
    yield from page.flush()


def _head(page: _Page, node: LexborNode, level: int) -> None:
    title = " ".join(node.text().split())
    if not title:
        return
    page.path = [*(one for one in page.path if one[0] < level), (level, title)]
    page.anchor = f"#{node.id}" if node.id else ""


def _grid(page: _Page, node: LexborNode) -> Grid | None:
    """A table of data; None for one that only lays out the page."""
    if node.css_first("table table, h1, h2, h3") is not None:
        return None
    rows = [
        tuple(" ".join(cell.text(separator=" ").split()) for cell in row.css("th, td"))
        for row in node.css("tr")
    ]
    rows = [row for row in rows if any(row)]
    if len(rows) < 2 or max(map(len, rows)) < 2:
        return None
    page.tables += 1
    width = max(map(len, rows))
    name = f"table {page.tables}"
    caption = node.css_first("caption")
    title = " ".join(caption.text().split()) if caption is not None else name
    even = tuple(row + ("",) * (width - len(row)) for row in rows)
    return Grid(f"{page.heading} › {title}" if page.heading else title, even, place=name)
