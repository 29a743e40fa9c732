"""The frozen rows of the workspace: who is there, what was said, what is shown.

The rule they protect: whatever leaves the database is immutable and typed; a change is a new
row and a `Change` in the feed. They hold no behaviour and know no Slack JSON; `wire.py` turns
them into what API clients receive.

Times: `ts` strings are Slack's ("1732272000.000100", unique and increasing in the workspace);
`created` and `updated` are Unix seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Json = dict[str, Any]
"""A JSON object of Slack's own: a block, a view, metadata. Its shape is Slack's, not ours."""

ChannelKind = Literal["public", "private", "im", "mpim"]
TokenKind = Literal["bot", "app", "user"]
SessionStatus = Literal["", "active", "processing", "suspended", "closed"]
StreamState = Literal["streaming", "stopped", "stopped_by_user", "expired"]

ChangeKind = Literal[
    "message",  # posted; ts, thread_ts ("" for a root), user
    "message_changed",  # edited, or a stream grew; detail {"previous": Message | None, "stream": bool}
    "message_deleted",  # detail {"previous": Message}
    "ephemeral",  # shown to `user` only
    "reaction_added",  # detail {"name", "author"}
    "reaction_removed",
    "channel_created",
    "channel_changed",  # topic, purpose (detail {"topic"} or {"purpose"}) or bookmarks
    "channel_renamed",  # detail {"old_name"}
    "channel_archived",
    "channel_unarchived",
    "pinned",
    "unpinned",
    "session_renamed",  # `user` renamed a session; detail {"app", "title"}
    "member_joined",
    "member_left",
    "read",  # `user` has read `channel` (or its thread) up to `ts`
    "status",  # status line, session or suggested prompts of a thread
    "file_shared",  # detail {"file": id}
    "home",  # App Home of `user` was published
    "modal",  # a modal of `user` was opened, updated, pushed or closed; detail {"view": id}
    "stopped",  # `user` pressed the stop button; detail {"app": id, "streams": [ts]}
    "app",  # an app or its agents changed
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that happened. `user` is who did it, or whose state changed ("" for none)."""

    kind: ChangeKind
    channel: str = ""
    ts: str = ""
    thread_ts: str = ""
    user: str = ""
    detail: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    id: str
    name: str
    domain: str


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person or an app's bot. `image` is an address or an emoji name like ":robot_face:"."""

    id: str
    name: str
    real_name: str
    is_bot: bool = False
    bot_id: str = ""
    app_id: str = ""
    email: str = ""
    image: str = ""
    created: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentFace:
    """A name and icon that an app posts under, offered by the page's completion."""

    name: str
    icon: str = ""
    aliases: tuple[str, ...] = ()
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A slash command of an app: `name` with its slash, a usage hint and what it does.

    `url` is where it is sent over HTTP, "" for the app's interactivity URL.
    """

    name: str
    usage: str = ""
    description: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortcut:
    """A global or message shortcut of an app."""

    callback_id: str
    label: str
    kind: Literal["global", "message"] = "global"


@dataclass(frozen=True, slots=True, kw_only=True)
class AppSettings:
    """How an app is wired, as its manifest says.

    `events` are the events it hears in Slack's names ("message.channels"); () means all.
    `rotation` gives it tokens that expire, with one to refresh each. `assistant` is the legacy view with assistant_thread_started. `unfurl_domains` are those it is
    told of with link_shared. With a `request_url` its events come over HTTP, signed with
    `signing_secret`; without, over Socket Mode. The secrets are made by the workspace.
    """

    events: tuple[str, ...] = ()
    assistant: bool = False
    rotation: bool = False
    unfurl_domains: tuple[str, ...] = ()
    request_url: str = ""
    interactivity_url: str = ""
    options_url: str = ""
    redirect_urls: tuple[str, ...] = ()
    client_id: str = ""
    client_secret: str = ""
    signing_secret: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    id: str
    name: str
    bot_user: str
    bot_id: str
    icon: str = ""
    agents: tuple[AgentFace, ...] = ()
    commands: tuple[Command, ...] = ()
    shortcuts: tuple[Shortcut, ...] = ()
    settings: AppSettings = AppSettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """`user` is the bot user or the person the token acts as; "" for an app-level token.

    `scopes` are what it was granted. It `expires` at a Unix time, 0 for never.
    """

    token: str
    kind: TokenKind
    user: str
    app_id: str
    scopes: tuple[str, ...] = ()
    expires: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A place where messages are. `name` is "" for direct messages; see `members`."""

    id: str
    name: str
    kind: ChannelKind
    creator: str
    created: int
    topic: str = ""
    purpose: str = ""
    archived: bool = False
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    name: str
    users: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """Who a message shows as its author: the user, or the name and icon an app chose."""

    user: str
    username: str = ""
    icon_emoji: str = ""
    icon_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message. `thread_ts` is "" for a root and the root's ts for a reply.

    `streaming` is True while chat.appendStream may still add to it: `text` is then the Markdown
    so far, and `blocks` all pieces in order (markdown, task cards, plan) once there is more than
    text. `visible_to` is set on ephemeral ones.
    `markdown` says that `text` is standard Markdown rather than Slack's mrkdwn. `files` are ids.
    `notice` is what Slack adds to a notice of the channel (see notices.py).
    """

    channel: str
    ts: str
    user: str
    text: str
    thread_ts: str = ""
    subtype: str = ""
    bot_id: str = ""
    app_id: str = ""
    username: str = ""
    icon_emoji: str = ""
    icon_url: str = ""
    blocks: tuple[Json, ...] = ()
    attachments: tuple[Json, ...] = ()
    metadata: Json | None = None
    files: tuple[str, ...] = ()
    notice: Json = field(default_factory=dict)
    edited_by: str = ""
    edited_ts: str = ""
    broadcast: bool = False
    markdown: bool = False
    streaming: bool = False
    visible_to: str = ""
    reply_count: int = 0
    latest_reply: str = ""
    reply_faces: tuple[Face, ...] = ()
    reactions: tuple[Reaction, ...] = ()

    @property
    def face(self) -> Face:
        return Face(
            user=self.user,
            username=self.username,
            icon_emoji=self.icon_emoji,
            icon_url=self.icon_url,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """A message that `user` pinned to its channel."""

    channel: str
    ts: str
    user: str
    created: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bookmark:
    """A link at the head of a channel."""

    id: str
    channel: str
    title: str
    link: str
    emoji: str
    app_id: str
    created: int
    updated: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheduled:
    """A message to be posted at `post_at`, in Unix seconds."""

    id: str
    channel: str
    app_id: str
    post_at: int
    created: int
    message: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """What a person has not seen in a channel: messages, those that mention the person, replies."""

    messages: int = 0
    mentions: int = 0
    last_read: str = "0000000000.000000"


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """An uploaded file; its bytes are at `rooms.files.path(file.id)`. `size` in bytes.

    `ready` is False between files.getUploadURLExternal and files.completeUploadExternal.
    `width` and `height` are 0 unless it is an image whose size could be read.
    """

    id: str
    name: str
    title: str
    mimetype: str
    filetype: str
    size: int
    user: str
    created: int
    ready: bool = False
    alt: str = ""
    username: str = ""
    width: int = 0
    height: int = 0
    channels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """An App Home or a modal of one person. `body` is the view as the app sent it.

    A modal shows in the browser window that it was asked for in; "" means in every one.
    """

    id: str
    kind: Literal["home", "modal"]
    user: str
    app_id: str
    hash: str
    body: Json
    root_id: str = ""
    previous_id: str = ""
    external_id: str = ""
    closed: bool = False
    window: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """The state of a streamed message. `parts` are its ordered pieces (see streams.py)."""

    channel: str
    ts: str
    app_id: str
    state: StreamState
    mode: Literal["timeline", "plan"]
    recipient: str
    started: float
    touched: float
    parts: tuple[Json, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadStatus:
    """What the line under a thread says while an app works, and its session.

    `text` and `loading` come from assistant.threads.setStatus, `session` and `title` from
    agents.sessions.*: Slack shows both in one slot, the last writer wins. `prompts` are the
    suggested prompts, each {"title", "message"}. `thread_ts` is "" for a whole DM.
    """

    channel: str
    thread_ts: str
    app_id: str
    text: str = ""
    loading: tuple[str, ...] = ()
    username: str = ""
    icon_emoji: str = ""
    icon_url: str = ""
    session: SessionStatus = ""
    title: str = ""
    initiator: str = ""
    prompts_title: str = ""
    prompts: tuple[Json, ...] = ()
    updated: float = 0.0

    @property
    def busy(self) -> bool:
        return bool(self.text) or self.session == "processing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One envelope for an app, kept until it is acknowledged or given up.

    `attempt` counts the sends so far; `due` is the Unix time of the next one.
    """

    id: str
    app_id: str
    type: Literal["events_api", "interactive", "slash_commands"]
    payload: Json
    attempt: int
    due: float
    reason: str = ""
