"""What a person does in the workspace: the one surface the page works through.

The rule it protects: a person's deed and an API call have the same effects and events, and what
cannot be done is refused in a sentence that says why and what to do instead. It renders nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from bullpen_workspace.controls import Controls
from bullpen_workspace.errors import Refusal
from bullpen_workspace.notices import NOTICES
from bullpen_workspace.office import Office
from bullpen_workspace.people import SLACKBOT
from bullpen_workspace.types import Channel, File, Message

MAX_TEXT = 40_000
"""Characters of one message as typed, as in Slack; mentions may make the stored text longer."""
MAX_TOPIC, MAX_TITLE, MAX_LINK = 250, 80, 3000

_CHANNEL_NAME = re.compile(r"[a-z0-9_\-]{1,80}")
_ENCODED = re.compile(r"<(?:@[UW][A-Z0-9]+|#C[A-Z0-9]+(?:\|[^>]*)?|![a-z]+|https?://[^>\s]+)>")


class Person:
    """A person at the page; `apps` is how they use apps. Methods raise Refusal when in vain."""

    def __init__(self, office: Office, user: str) -> None:
        self._office = office
        self._rooms = office.rooms
        self.user = user
        self.apps = Controls(office, user)

    # -- messages ------------------------------------------------------------------------

    def post(
        self,
        channel: str,
        text: str,
        *,
        thread_ts: str = "",
        broadcast: bool = False,
        files: Sequence[str] = (),
    ) -> Message:
        """Say something, with files uploaded before. "@Name" and "#channel" become mentions."""
        place = self._place(channel)
        if not text.strip() and not files:
            raise Refusal("Nothing was sent.", "The message is empty.", "Write something first.")
        if place.archived:
            raise Refusal(
                "Nothing was sent.", "The channel is archived.", "Unarchive it, or use another."
            )
        encoded = self._encode(_fitting(text.strip(), "The message was not sent."))
        if thread_ts:
            self._message(channel, thread_ts)
        with self._rooms.transaction():
            message = self._rooms.messages.post(
                Message(
                    channel=channel,
                    ts="",
                    user=self.user,
                    text=encoded,
                    thread_ts=thread_ts,
                    broadcast=bool(thread_ts and broadcast),
                    files=tuple(files),
                )
            )
            for file_id in files:
                self._rooms.files.share(file_id, channel)
            self._rooms.channels.mark_read(self.user, channel, message.ts, thread_ts=thread_ts)
            self._mind_absent_apps(place, message)
        return message

    def edit(self, channel: str, ts: str, text: str) -> Message:
        """Change one's own message."""
        message = self._own(channel, ts)
        if not text.strip():
            raise Refusal(
                "The message was not changed.", "The new text is empty.", "Delete it instead."
            )
        edited = replace(
            message,
            text=self._encode(_fitting(text.strip(), "The message was not changed.")),
            edited_by=self.user,
            edited_ts=f"{self._office.now():.6f}",
        )
        return self._rooms.messages.change(edited)

    def delete(self, channel: str, ts: str) -> None:
        """Delete one's own message."""
        self._own(channel, ts)
        self._rooms.messages.delete(channel, ts)

    def react(self, channel: str, ts: str, name: str) -> bool:
        """Give or take back a reaction; True when it is now given."""
        self._message(channel, ts)
        name = name.strip(":")
        if self._rooms.messages.unreact(channel, ts, name, self.user):
            return False
        return self._rooms.messages.react(channel, ts, name, self.user)

    def upload(self, name: str, data: bytes) -> File:
        """Store a file to be sent with `post(files=[file.id])`."""
        if not data:
            raise Refusal(f"{name} was not uploaded.", "The file is empty.", "Choose another.")
        return self._rooms.files.add(name, data, user=self.user)

    def mark_read(self, channel: str, ts: str = "", *, thread_ts: str = "") -> None:
        """Everything up to `ts` (default: all there is) has been seen."""
        self._place(channel)
        if not ts and thread_ts:
            replies = self._rooms.messages.thread(channel, thread_ts)
            ts = replies[-1].ts if replies else ""
        ts = ts or self._rooms.messages.latest(channel)
        seen = self._rooms.channels.last_read(self.user, channel, thread_ts=thread_ts)
        if ts > seen:
            self._rooms.channels.mark_read(self.user, channel, ts, thread_ts=thread_ts)

    # -- places --------------------------------------------------------------------------

    def open_direct(self, users: Sequence[str]) -> Channel:
        """The direct message with these users."""
        unknown = [user for user in users if self._rooms.people.get(user) is None]
        if unknown or not users:
            raise Refusal(
                "The conversation was not opened.", "Nobody has that id.", "Choose from the list."
            )
        return self._rooms.channels.direct(tuple(users), creator=self.user)

    def create_channel(
        self, name: str, *, private: bool = False, invite_apps: bool = True
    ) -> Channel:
        """A new channel with the person, and the apps unless told otherwise, in it."""
        name = name.strip().lstrip("#").lower().replace(" ", "-")
        if not _CHANNEL_NAME.fullmatch(name):
            raise Refusal(
                "The channel was not made.",
                f'"{name}" cannot be a channel\'s name.',
                "Use small letters, digits, - and _, at most 80.",
            )
        if self._rooms.channels.by_name(name) is not None:
            raise Refusal(
                "The channel was not made.", f"#{name} exists already.", "Open it, or pick a name."
            )
        apps = [app.bot_user for app in self._rooms.people.apps()] if invite_apps else []
        kind = "private" if private else "public"
        return self._rooms.channels.create(name, creator=self.user, kind=kind, members=tuple(apps))

    def join(self, channel: str) -> None:
        """Become a member of a public channel."""
        place = self._rooms.channels.get(channel)
        if place is None or place.kind != "public":
            raise Refusal("You did not join.", "There is no such channel.", "Choose another.")
        self._rooms.channels.join(channel, self.user)

    def leave(self, channel: str) -> None:
        self._place(channel)
        self._rooms.channels.leave(channel, self.user)

    def invite(self, channel: str, user: str) -> None:
        """Bring a person or an app's bot into a channel one is in."""
        self._place(channel)
        if self._rooms.people.get(user) is None:
            raise Refusal("Nobody was invited.", "Nobody has that id.", "Choose from the list.")
        self._rooms.channels.join(channel, user, inviter=self.user)

    def describe(self, channel: str, *, topic: str) -> None:
        """Say in a line at the head of a channel what it is about now; "" for nothing."""
        self._place(channel)
        if len(topic) > MAX_TOPIC:
            raise Refusal(
                "The topic was not changed.",
                f"It has {len(topic)} characters; a topic holds {MAX_TOPIC}.",
                "Shorten it.",
            )
        topic = self._encode(topic.strip())
        self._rooms.channels.describe(channel, user=self.user, topic=topic)

    def archive(self, channel: str, *, archived: bool = True) -> None:
        """Lay a channel to rest, or wake it; the page of a direct message is never laid to rest."""
        place = self._rooms.channels.get(channel)
        if place is None or (place.kind == "private" and self.user not in place.members):
            raise Refusal("Nothing was changed.", "There is no such channel.", "Choose another.")
        if not place.name:
            raise Refusal(
                "Nothing was archived.", "This is a direct message.", "Archive channels only."
            )
        if place.archived != archived:
            self._rooms.channels.archive(channel, user=self.user, archived=archived)

    def pin(self, channel: str, ts: str) -> bool:
        """Pin a message to its channel, or take its pin off; True when it is now pinned."""
        self._message(channel, ts)
        if self._rooms.pinboard.unpin(channel, ts, self.user):
            return False
        return self._rooms.pinboard.pin(channel, ts, self.user)

    def bookmark(self, channel: str, title: str, link: str) -> None:
        """Keep a link at the head of a channel."""
        self._place(channel)
        if not re.match(r"https?://[^\s/]+", link) or len(link) > MAX_LINK:
            raise Refusal(
                "The bookmark was not added.",
                "Its link is not a web address.",
                "Begin it with https:// or http://.",
            )
        name = title.strip()[:MAX_TITLE] or link.split("//", 1)[1].rstrip("/")[:MAX_TITLE]
        self._rooms.pinboard.add_bookmark(channel, title=name, link=link, emoji="", app="")

    def unbookmark(self, channel: str, bookmark: str) -> None:
        """Remove a link from the head of a channel."""
        self._place(channel)
        found = self._rooms.pinboard.bookmark(channel, bookmark)
        if found is None:
            raise Refusal("Nothing was removed.", "The bookmark is gone.", "Reload the page.")
        self._rooms.pinboard.remove_bookmark(found)

    # -- looking things up ---------------------------------------------------------------

    def _place(self, channel: str) -> Channel:
        place = self._rooms.channels.get(channel)
        if place is None or self.user not in place.members:
            raise Refusal(
                "That did not work.",
                "You are not in that channel, or it does not exist.",
                "Join it first.",
            )
        return place

    def _message(self, channel: str, ts: str) -> Message:
        self._place(channel)
        message = self._rooms.messages.get(channel, ts)
        if message is None:
            raise Refusal(
                "That did not work.", "The message is no longer there.", "Reload the page."
            )
        return message

    def _own(self, channel: str, ts: str) -> Message:
        message = self._message(channel, ts)
        if message.user != self.user or message.username or message.subtype in NOTICES:
            raise Refusal(
                "The message was not changed.", "It is not yours.", "Answer it in its thread."
            )
        return message

    def _encode(self, text: str) -> str:
        """What a person typed as Slack stores it: escaped, with mentions by id."""
        kept = [match.group() for match in _ENCODED.finditer(text)]
        pieces = [self._encode_plain(piece) for piece in _ENCODED.split(text)]
        encoded = pieces[0]
        for mention, piece in zip(kept, pieces[1:], strict=True):
            encoded += mention + piece
        return encoded

    def _encode_plain(self, text: str) -> str:
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        for user in self._rooms.people.all():
            for name in {user.real_name, user.name}:
                pattern = rf"(?<![\w@])@{re.escape(name)}(?![\w-])"
                text = re.sub(pattern, f"<@{user.id}>", text, flags=re.IGNORECASE)
        for channel in self._rooms.channels.all():
            if channel.name:
                pattern = rf"(?<![\w#])#{re.escape(channel.name)}(?![\w-])"
                text = re.sub(pattern, f"<#{channel.id}|{channel.name}>", text)
        return re.sub(r"(?<![\w@])@(here|channel|everyone)\b", r"<!\1>", text)

    def _mind_absent_apps(self, place: Channel, message: Message) -> None:
        """Say so when an app was mentioned that is not in the channel and cannot hear it."""
        for app in self._rooms.people.apps():
            if f"<@{app.bot_user}>" in message.text and app.bot_user not in place.members:
                self._rooms.messages.post(
                    Message(
                        channel=place.id,
                        ts="",
                        user=SLACKBOT,
                        text=f"{app.name} did not hear this: it is not in this channel. "
                        f"Invite it from the channel's members, then mention it again.",
                        thread_ts=message.thread_ts,
                        visible_to=self.user,
                    )
                )


def _fitting(text: str, fact: str) -> str:
    """The text, when a message holds it. It is counted as typed, before mentions become ids."""
    if len(text) > MAX_TEXT:
        raise Refusal(
            fact,
            f"It has {len(text):,} characters; a message holds {MAX_TEXT:,}.",
            "Send it as a file, or in parts.",
        )
    return text
