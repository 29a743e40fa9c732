"""How the pages beside the chat are drawn: templates, Markdown, times, names.

The rule it protects: everything that came from a person, a model or a file is escaped or
sanitised before it reaches the page. It reads no store.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import nh3
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markdown_it import MarkdownIt
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from bullpen import messages
from bullpen.wording import bare, headline

HERE = Path(__file__).parent
_MARKDOWN = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("table")
_TAGS = {
    "p", "br", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a", "hr",
    "h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td", "mark",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks: the person's id and the complete set of scopes they may see.

    `names` maps user and agent ids to names; `channels` channel ids to names.
    """

    person: str
    scopes: frozenset[str]
    names: Mapping[str, str] = field(default_factory=dict[str, str])
    channels: Mapping[str, str] = field(default_factory=dict[str, str])

    def name(self, author: str) -> str:
        """The name of an author, or the id where nobody told the name."""
        return self.names.get(author, author)


def places(viewer: Viewer) -> list[tuple[str, str]]:
    """The scopes a person may see, with their names, the widest first."""
    order = {"workspace": 0, "channel": 1, "person": 2}
    known = sorted(viewer.scopes, key=lambda s: (order.get(s.partition(":")[0], 3), s))
    return [(scope, scope_text(scope, viewer)) for scope in known]


def scope_text(scope: str, viewer: Viewer) -> str:
    """Who may see it, in words."""
    kind, _, name = scope.partition(":")
    if kind == "channel":
        return f"only people in #{viewer.channels.get(name, name)}"
    return "only you" if kind == "person" else "everybody in this workspace"


class Eyes(Protocol):
    """Tells who looks at the page now; asked for every request."""

    async def __call__(self) -> Viewer: ...


@dataclass(frozen=True, slots=True)
class Link:
    """An entry of the rail."""

    label: str
    href: str
    icon: str = "page"


@dataclass(frozen=True, slots=True)
class Frame:
    """What is around the pages: the team's name and the links of the rail."""

    team: str
    links: tuple[Link, ...]


def markdown(text: str) -> Markup:
    """Markdown as sanitised HTML. Images are not loaded: the page talks to no other host."""
    dirty = _MARKDOWN.render(text)
    clean = nh3.clean(dirty, tags=_TAGS, attributes={"a": {"href"}}, url_schemes={"http", "https"})
    return Markup(clean.replace("<table>", '<div class="grid"><table>').replace(
        "</table>", "</table></div>"
    ))  # fmt: skip


def marked(snippet: str, query: str) -> Markup:
    """A snippet with the words of the query marked, other forms of them included.

    The store's own **marks** are not used: a record's bold text looks the same.
    """
    stems = [word[: max(3, len(word) - 3)] for word in re.findall(r"\w{3,}", query)]
    shown = str(escape(bare(snippet)))
    if not stems:
        return Markup(shown)
    pattern = rf"\b(?:{'|'.join(map(re.escape, stems))})\w*"
    return Markup(re.sub(pattern, r"<mark>\g<0></mark>", shown, flags=re.IGNORECASE))


def snippet(text: str, query: str, length: int = 200) -> str:
    """A line of a text around the first word that was asked for; its beginning without one."""
    line = bare(" ".join(text.split()))
    stems = [word[: max(3, len(word) - 3)] for word in re.findall(r"\w{3,}", query)]
    found = re.search("|".join(map(re.escape, stems)), line, re.IGNORECASE) if stems else None
    start = 0 if found is None or found.start() < length // 2 else found.start() - length // 3
    cut = line[start : start + length]
    return ("…" if start else "") + cut + ("…" if start + length < len(line) else "")


def moment(time: datetime | date | None) -> str:
    """A time for people, in the machine's own zone."""
    if time is None:
        return ""
    if isinstance(time, datetime):
        return f"{time.astimezone():%-d %b %Y, %H:%M}"
    return f"{time:%-d %b %Y}"


def day(time: datetime | None) -> str:
    """A time as the date that a form's field holds."""
    return "" if time is None else f"{time.astimezone():%Y-%m-%d}"


def ago(time: datetime, now: datetime | None = None) -> str:
    """How long ago, roughly; a date after a week."""
    seconds = ((now or datetime.now(UTC)) - time).total_seconds()
    for limit, size, word in ((90, 1, ""), (5_400, 60, "min"), (129_600, 3_600, "h")):
        if seconds < limit:
            return "just now" if size == 1 else f"{round(seconds / size)} {word} ago"
    return f"{round(seconds / 86_400)} days ago" if seconds < 604_800 else f"{time:%-d %b %Y}"


def safe_link(address: str) -> str:
    """An address that may be a link: http, https, or a path of this site; else ""."""
    if address.startswith("/") and not address.startswith("//"):
        return address
    there = urlsplit(address)
    if there.scheme not in ("http", "https"):
        return ""
    if there.hostname in ("127.0.0.1", "localhost") and there.path.startswith("/archives/"):
        # A message of this very workspace: the port may have changed since it was written down.
        return there.path + (f"?{there.query}" if there.query else "")
    return address


class Drawing:
    """The templates of the pages, in one frame."""

    def __init__(self, frame: Frame) -> None:
        self._env = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=select_autoescape(),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        filters: dict[str, Callable[..., str]] = {
            "markdown": markdown, "marked": marked, "moment": moment, "ago": ago,
            "safe_link": safe_link, "bare": bare, "day": day, "headline": headline, "changed": changed,
            "snippet": snippet, "lower_first": lambda text: text[:1].lower() + text[1:],
            "capitalize_first": lambda text: text[:1].upper() + text[1:],
        }  # fmt: skip
        self._env.filters.update(filters)
        self._frame = frame

    def page(self, template: str, status: int = 200, **values: Any) -> Response:
        """A whole page or a fragment of one."""
        html = self._env.get_template(template).render(frame=self._frame, **values)
        return HTMLResponse(html, status, headers={"Cache-Control": "no-store"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page lives: how it is drawn, who looks at it, and under which path."""

    drawing: Drawing
    eyes: Eyes
    prefix: str

    def mount(self, routes: Sequence[Route]) -> Mount:
        """The page's routes, with our own style sheet and script."""
        files = Mount("/static", StaticFiles(directory=HERE / "static"))
        return Mount(self.prefix, routes=[files, *routes])

    def page(self, template: str, viewer: Viewer, status: int = 200, **values: Any) -> Response:
        """A page or a fragment that knows who looks and where it is."""
        return self.drawing.page(template, status, viewer=viewer, prefix=self.prefix, **values)


def from_this_site(request: Request) -> bool:
    """Whether a change was asked for by a page of this very origin."""
    origin = request.headers.get("origin")
    if origin is not None:
        return urlsplit(origin).netloc == request.headers.get("host", "")
    return request.headers.get("sec-fetch-site", "same-origin") == "same-origin" and (
        "sec-fetch-site" in request.headers
    )


def refused(drawing: Drawing, text: str = messages.OTHER_SITE, status: int = 403) -> Response:
    """A page that says why nothing was done."""
    return drawing.page("notice.html", status, title="Not done", text=text)


def changed(before: str, after: str) -> Markup:
    """Two texts as one, word by word: what went is struck out, what came is underlined."""
    old, new = re.findall(r"\s+|[^\s]+", before), re.findall(r"\s+|[^\s]+", after)
    parts: list[str] = []
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        gone, come = escape("".join(old[a:b])), escape("".join(new[c:d]))
        if kind == "equal":
            parts.append(_shortened(str(gone)))
            continue
        parts.append(f"<del>{gone}</del>" if gone else "")
        parts.append(f"<ins>{come}</ins>" if come else "")
    return Markup("".join(parts))


def _shortened(same: str) -> str:
    """Long unchanged passages between two changes, shown by their ends."""
    return same if len(same) <= 600 else f"{same[:280]} <span class=muted>[…]</span> {same[-280:]}"
