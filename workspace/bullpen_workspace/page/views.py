"""What the templates are given: small frozen rows that say what a person sees.

The rule they protect: a template decides nothing. They hold no Slack JSON beyond the message
itself and know no database; `present.py` fills them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup

from bullpen_workspace.types import Message

Place = Literal["m", "t", "f"]
_NOTHING = Markup("")


@dataclass(frozen=True, slots=True, kw_only=True)
class Portrait:
    """A name with its tile: an emoji, a picture's address, or the first letter."""

    name: str
    glyph: str
    kind: Literal["emoji", "image", "letter"]
    hue: int
    app: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A line of the sidebar. `unread` and `mentions` count messages."""

    id: str
    name: str
    href: str
    icon: str = "hash"
    glyph: str = ""
    face: Portrait | None = None
    unread: int = 0
    mentions: int = 0
    current: bool = False
    inside: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Colleague:
    """An agent in the sidebar and in completion; `address` is what addresses it in a message."""

    face: Portrait
    title: str
    address: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sidebar:
    """The whole sidebar; `beside` on a page that is not the chat."""

    team: str
    me: Portrait
    channels: tuple[Link, ...]
    directs: tuple[Link, ...]
    agents: tuple[Colleague, ...]
    pages: tuple[Link, ...]
    views: tuple[Link, ...] = ()
    beside: bool = False
    people: tuple[Member, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """An example question of an empty channel and what it shows."""

    text: str
    why: str
    face: Portrait


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """The head of a channel and what its composer needs. `label` is "#desk" or a name.

    `absent` is the app when it is not in the channel and so does not hear it.
    """

    id: str
    name: str
    label: str
    href: str
    topic: str
    purpose: str
    direct: bool
    joined: bool
    home_href: str = ""
    archived: bool = False
    private: bool = False
    members: int = 0
    absent: Portrait | None = None
    face: Portrait | None = None
    asks: tuple[Ask, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FileCard:
    """A file under a message. `kind` is "image" or a short type; `href` is "" when it is gone.

    `preview` holds the first rows of a table, `text` the first lines of a text.
    """

    name: str
    title: str
    size: str
    kind: str
    href: str
    alt: str = ""
    width: int = 0
    height: int = 0
    preview: tuple[tuple[str, ...], ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """One reaction under a message; `who` is the list of names for the tooltip."""

    name: str
    glyph: str
    count: int
    mine: bool
    who: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Replies:
    """The line under a root: how many replies, whose faces, when the last, who is working."""

    count: int
    faces: tuple[Portrait, ...]
    last: str
    href: str
    working: str = ""
    unread: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One message as it stands in a list.

    `place` is "m" in the channel, "t" in a thread, "f" in a view across channels.
    """

    place: Place
    dom: str
    message: Message
    who: Portrait
    content: Markup
    iso: str
    clock: str
    stamp: str
    link: str
    own: bool
    notice: bool = False
    day: str = ""
    cont: bool = False
    new: bool = False
    flash: bool = False
    from_thread: bool = False
    sep: str = ""
    files: tuple[FileCard, ...] = ()
    reactions: tuple[Chip, ...] = ()
    replies: Replies | None = None
    pinned: bool = False
    large: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPart:
    """A thread (`ts` is its root's) or a channel in a view across channels.

    `first` and `rest` are rendered list items; `hidden` is how many between them are left out.
    """

    channel: str
    label: str
    channel_href: str
    href: str
    face: Portrait | None = None
    ts: str = ""
    unread: int = 0
    hidden: int = 0
    first: Markup = _NOTHING
    rest: Markup = _NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class BookmarkLink:
    """A link kept at the head of a channel."""

    id: str
    title: str
    link: str
    glyph: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """What is kept at the head of a channel: how many pins, the bookmarks, (id, title) of canvases."""

    pins: int = 0
    canvases: tuple[tuple[str, str], ...] = ()
    bookmarks: tuple[BookmarkLink, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A message that a search found."""

    face: Portrait
    place: str
    when: str
    stamp: str
    href: str
    snippet: Markup
    threaded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody in a channel, or somebody who could be."""

    id: str
    face: Portrait
    handle: str
    me: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusLine:
    """An app at work: `text` follows the name ("is pricing the legs…")."""

    face: Portrait
    text: str
    channel: str
    thread_ts: str
    stoppable: bool
    href: str = ""
