"""From the rooms to what a person sees: lists of entries, the sidebar, threads, status lines.

The rule it protects: the page shows exactly what is in the database, for one person, and one
message looks the same whether it is loaded, pushed or caught up. It renders no HTML but the
content of a message, and it writes nothing.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from markupsafe import Markup

from bullpen_workspace.notices import NOTICES
from bullpen_workspace.page import emoji
from bullpen_workspace.page.faces import Faces, portrait
from bullpen_workspace.page.views import Chip, Entry, Place, Replies, StatusLine
from bullpen_workspace.rooms import Rooms
from bullpen_workspace.types import Message, Reaction, ThreadStatus

GROUP_SECONDS = 300.0
Content = Callable[[Message], Markup]


def when(ts: str) -> datetime:
    """The local time of a ts; the page is served to the machine it runs on."""
    try:
        return datetime.fromtimestamp(float(ts)).astimezone()
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0).astimezone()


def day_label(day: datetime, today: datetime) -> str:
    """Today, Yesterday, or the date with the year when it is another one."""
    if day.date() == today.date():
        return "Today"
    if day.date() == (today - timedelta(days=1)).date():
        return "Yesterday"
    year = f" {day.year}" if day.year != today.year else ""
    return f"{day:%A}, {day.day} {day:%B}{year}"


def ago(then: datetime, now: datetime) -> str:
    """How long ago, in the words of the reply line."""
    seconds = max(0.0, (now - then).total_seconds())
    if seconds < 60:
        return "just now"
    for size, word in ((86400.0, "day"), (3600.0, "hour"), (60.0, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {word}{'' if count == 1 else 's'} ago"
    return "just now"


def dom_id(place: str, ts: str) -> str:
    """The id of a message's element: m-… in the channel, t-… in the thread pane."""
    return f"{place}-{ts.replace('.', '-')}"


def permalink(channel: str, ts: str, thread_ts: str = "") -> str:
    """The page's own address of a message."""
    path = f"/archives/{channel}/p{ts.replace('.', '')}"
    return f"{path}?thread_ts={thread_ts}" if thread_ts and thread_ts != ts else path


class Presenter:
    """Everything the page shows to `faces.me`. `content` renders the body of a message."""

    def __init__(self, rooms: Rooms, faces: Faces, content: Content) -> None:
        self._rooms = rooms
        self._faces = faces
        self._content = content

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._rooms.clock()).astimezone()

    def entries(
        self,
        messages: Sequence[Message],
        *,
        place: Place,
        before: Message | None = None,
        last_read: str = "",
        flash: str = "",
    ) -> list[Entry]:
        """Entries for messages in order; `before` is the one above the first (for grouping).

        With `last_read` the first unread message of others carries the line "New".
        """
        statuses = self.working(messages[0].channel) if messages and place == "m" else {}
        replies = (
            self._rooms.channels.unread_replies(self._faces.me, messages[0].channel)
            if messages and place == "m"
            else {}
        )
        pinned = self._rooms.pinboard.pinned(messages[0].channel) if messages else frozenset()
        entries: list[Entry] = []
        marked = not last_read
        for message in messages:
            new = not marked and message.ts > last_read and message.user != self._faces.me
            new = new and message.subtype not in NOTICES
            marked = marked or new
            entries.append(
                self._entry(
                    message,
                    place=place,
                    before=before,
                    new=new,
                    flash=message.ts == flash,
                    pinned=message.ts in pinned,
                    replies=self._replies(message, statuses, replies) if place == "m" else None,
                )
            )
            before = message
        return entries

    def _entry(
        self,
        message: Message,
        *,
        place: Place,
        before: Message | None,
        new: bool,
        flash: bool,
        pinned: bool,
        replies: Replies | None,
    ) -> Entry:
        at = when(message.ts)
        new_day = before is None or when(before.ts).date() != at.date()
        root = place == "t" and not message.thread_ts
        return Entry(
            place=place,
            dom=dom_id(place, message.ts),
            message=message,
            who=self._faces.of(message.face, app=self._by_app(message)),
            content=self._content(message),
            iso=at.isoformat(timespec="seconds"),
            clock=f"{at:%H:%M}",
            stamp=f"{at:%A}, {at.day} {at:%B %Y, %H:%M:%S}",
            link=permalink(message.channel, message.ts, message.thread_ts),
            own=message.user == self._faces.me
            and not message.username
            and message.subtype not in NOTICES,
            notice=message.subtype in NOTICES,
            day=day_label(at, self._now()) if new_day and place == "m" else "",
            cont=not new_day
            and not new
            and not pinned
            and before is not None
            and _continues(before, message, place),
            new=new,
            flash=flash,
            pinned=pinned,
            large=not message.blocks and emoji.alone(message.text),
            from_thread=place == "m" and bool(message.thread_ts),
            sep=_replies_word(message.reply_count) if root else "",
            files=tuple(self._faces.card(file) for file in message.files),
            reactions=tuple(self._chip(reaction) for reaction in message.reactions),
            replies=replies,
        )

    def _by_app(self, message: Message) -> bool:
        """What a person posts with their own token, from a terminal say, is theirs."""
        user = self._rooms.people.get(message.user)
        if user is not None and not message.username:
            return user.is_bot
        return bool(message.bot_id or message.app_id)

    def _chip(self, reaction: Reaction) -> Chip:
        names = [
            "You" if user == self._faces.me else (self._faces.user_name(user) or user)
            for user in reaction.users
        ]
        return Chip(
            name=reaction.name,
            glyph=emoji.glyph(reaction.name) or f":{reaction.name}:",
            count=len(reaction.users),
            mine=self._faces.me in reaction.users,
            who=f"{', '.join(names)} reacted with :{reaction.name}:",
        )

    def _replies(
        self, message: Message, statuses: dict[str, StatusLine], unread: dict[str, int]
    ) -> Replies | None:
        working = statuses.get(message.ts)
        if message.thread_ts or not (message.reply_count or working):
            return None
        faces = [self._faces.of(face, app=False) for face in message.reply_faces]
        if working and all(face.name != working.face.name for face in faces):
            faces.append(working.face)
        return Replies(
            count=message.reply_count,
            faces=tuple(faces[-5:]),
            last=ago(when(message.latest_reply or message.ts), self._now()),
            href=permalink(message.channel, message.ts) + "?thread=1",
            working=f"{working.face.name} {working.text}" if working else "",
            unread=message.ts in unread,
        )

    # -- status lines --------------------------------------------------------------------

    def working(self, channel: str) -> dict[str, StatusLine]:
        """Who works where in a channel: thread ts ("" for a whole DM) -> status line."""
        lines: dict[str, StatusLine] = {}
        for status in self._rooms.surfaces.statuses(channel):
            if status.busy and status.thread_ts not in lines:
                lines[status.thread_ts] = self._line(status)
        return lines

    def _line(self, status: ThreadStatus) -> StatusLine:
        app = self._rooms.people.app(status.app_id)
        name = status.username or (app.name if app else "The desk")
        icon = (
            status.icon_emoji
            or status.icon_url
            or ("" if status.username else app.icon if app else "")
        )
        said = status.text or (status.loading[0] if status.loading else "") or "is working…"
        if not said.startswith(("is ", "are ", "has ", "waits", "was ")):
            said = f"· {said}"
        link = permalink(status.channel, status.thread_ts) if status.thread_ts else ""
        return StatusLine(
            face=portrait(name, icon=icon, app=True),
            text=emoji.replace(said),
            channel=status.channel,
            thread_ts=status.thread_ts,
            stoppable=status.session == "processing",
            href=f"{link}?thread=1" if link else "",
        )

    def prompts(self, channel: str, thread_ts: str) -> list[dict[str, str]]:
        """The suggested prompts of a thread or a DM, as title and message."""
        for status in self._rooms.surfaces.statuses(channel):
            if status.thread_ts == thread_ts and status.prompts:
                return [
                    {"title": str(p.get("title", "")), "message": str(p.get("message", ""))}
                    for p in status.prompts
                ]
        return []


def _continues(before: Message, message: Message, place: str) -> bool:
    """Whether `message` stands under `before` without repeating the name."""
    if place == "m" and (before.reply_count or message.thread_ts):
        return False
    if place == "t" and not before.thread_ts:
        return False
    same = before.face == message.face and before.bot_id == message.bot_id
    same = same and (before.subtype in NOTICES) == (message.subtype in NOTICES)
    gap = float(message.ts) - float(before.ts)
    return same and gap < GROUP_SECONDS and before.visible_to == message.visible_to


def _replies_word(count: int) -> str:
    if not count:
        return ""
    return "1 reply" if count == 1 else f"{count} replies"
